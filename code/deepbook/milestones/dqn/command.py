r"""The long run: ``python -m deepbook.milestones.dqn --game Pong --frames 10000000``."""

from __future__ import annotations

import argparse
import csv
import os
import sys
import time
from pathlib import Path

import matplotlib.pyplot as plt
import torch
from torch import Tensor

from deepbook.milestones.dqn.atari import Atari
from deepbook.milestones.dqn.learning import Agent, Settings
from deepbook.milestones.dqn.networks import (
    CONFIGS,
    NATURE,
    NIPS,
    QConfig,
    QNetwork,
)
from deepbook.milestones.dqn.play import train
from deepbook.milestones.dqn.replay import ReplayBuffer
from deepbook.milestones.dqn.squash import Squash

SCREENS = 4
"""Screens of an Atari game in one moment; `--frames` counts screens. The 50
million frames of the paper of 2015 are moments: 38 days at 60 screens a
second are 200 million screens."""


def parser() -> argparse.ArgumentParser:
    r"""Return the parser of the command line.

    Examples:
        >>> parser().parse_args(["--game", "Pong"]).frames
        1000000
    """
    made = argparse.ArgumentParser(
        prog="python -m deepbook.milestones.dqn",
        description="Train DQN on an Atari game (needs deepbook[atari]) or on Squash; started again, it goes on where it was.",
    )
    add = made.add_argument
    add("--game", default="Pong", help="Pong, Breakout, ... or Squash")
    add(
        "--frames",
        type=int,
        default=1_000_000,
        help="screens of the game to play in all; four a moment in Atari, one in Squash",
    )
    add(
        "--network",
        choices=("2013", "2015"),
        default="2015",
        help="which paper's network and learning",
    )
    add(
        "--memory",
        type=int,
        default=100_000,
        help="moments in the replay buffer, 7 kB each for Atari",
    )
    add(
        "--warm-up",
        type=int,
        default=20_000,
        help="moments of random play before learning",
    )
    add("--folder", type=Path, help="where to keep everything (runs/dqn-GAME)")
    add(
        "--save-every",
        type=float,
        default=30.0,
        help="seconds between checkpoints",
    )
    add("--seed", type=int, default=0)
    add("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    return made


def build(options: argparse.Namespace) -> tuple[Agent, object, ReplayBuffer]:
    r"""Make the agent, the game and the memory that the options name.

    Args:
        options: What `parser` read.

    Returns:
        Agent, game and replay buffer.
    """
    generator = torch.Generator().manual_seed(options.seed)
    torch.manual_seed(options.seed)
    old = options.network == "2013"
    shared = {
        "target_every": 0 if old else 2_500,
        "squared": old,
        "warm_up": options.warm_up,
        "explore": max(1, min(1_000_000, options.frames // 4 // SCREENS)),
    }
    if options.game == "Squash":
        game: Squash | Atari = Squash(
            generator=torch.Generator().manual_seed(options.seed)
        )
        config = CONFIGS["miniature"]
        settings = Settings(**shared | {"discount": 0.95, "update_every": 1})
    else:
        game = Atari(options.game, life_ends=True, seed=options.seed)
        config = QConfig(
            game.actions,
            convolutions=NIPS if old else NATURE,
            hidden=256 if old else 512,
        )
        settings = Settings(**shared)
    network = QNetwork(config).to(options.device)
    optimizer = torch.optim.Adam(
        network.parameters(), lr=1e-4 if config.size > 50 else 1e-3
    )
    agent = Agent(network, optimizer, settings, generator)
    size = config.size
    memory = ReplayBuffer(
        options.memory,
        1,
        (size, size),
        config.stack,
        options.folder / "memory",
    )
    return agent, game, memory


def save(
    path: Path, agent: Agent, memory: ReplayBuffer, seconds: float
) -> None:
    r"""Write a checkpoint; a kill in the middle leaves the one before whole.

    Args:
        path: The file.
        agent: What has been learned.
        memory: Its frames are in files already; how far it is goes here.
        seconds: Time spent so far.
    """
    part = path.with_suffix(".part")
    torch.save(
        {
            "network": agent.network.state_dict(),
            "target": agent.target.state_dict(),
            "optimizer": agent.optimizer.state_dict(),
            "generator": agent.generator.get_state(),
            "updates": agent.updates,
            "time": memory.time,
            "capacity": memory.capacity,
            "seconds": seconds,
        },
        part,
    )
    os.replace(part, path)


def load(path: Path, agent: Agent, memory: ReplayBuffer) -> float:
    r"""Read a checkpoint into agent and memory.

    Args:
        path: The file that `save` wrote.
        agent: Changed in place.
        memory: Its time is set; its frames are in its files.

    Returns:
        Seconds spent before.

    Raises:
        ValueError: If the checkpoint is of another network or memory.
    """
    kept = torch.load(path, weights_only=True)
    if kept["capacity"] != memory.capacity:
        raise ValueError(
            f"{path} must hold a memory of {memory.capacity} moments, got {kept['capacity']}; use the same --memory or another --folder"
        )
    try:
        agent.network.load_state_dict(kept["network"])
        agent.target.load_state_dict(kept["target"])
    except RuntimeError as misfit:
        raise ValueError(
            f"{path} must hold the same network, got another; use another --folder or the same --game and --network"
        ) from misfit
    agent.optimizer.load_state_dict(kept["optimizer"])
    agent.generator.set_state(kept["generator"])
    agent.updates = kept["updates"]
    memory.resume(kept["time"])
    return kept["seconds"]


def plot(table: Path, picture: Path) -> None:
    r"""Draw the score of every game and the mean of the last 20.

    Nothing is drawn where no game has ended.

    Args:
        table: CSV with the columns `frames` and `score`.
        picture: Where the drawing goes.
    """
    with table.open() as file:
        rows = list(csv.DictReader(file))
    if not rows:
        return
    frames = [int(row["frames"]) for row in rows]
    points = torch.tensor([float(row["score"]) for row in rows])
    means = [
        points[max(0, i - 19) : i + 1].mean().item()
        for i in range(len(points))
    ]
    figure, axes = plt.subplots(figsize=(6, 3.5), layout="constrained")
    axes.plot(frames, points, ".", color="0.7", markersize=3, label="one game")
    axes.plot(frames, means, label="mean of the last 20")
    axes.set(xlabel="frames", ylabel="score")
    axes.legend()
    figure.savefig(picture)
    plt.close(figure)


def main(arguments: list[str] | None = None) -> None:
    r"""Train, or go on training, until the wanted number of frames has been played.

    Args:
        arguments: As on the command line; that of the process if None.
    """
    options = parser().parse_args(arguments)
    if options.frames < 1 or options.save_every <= 0:
        raise ValueError(
            f"frames and save-every must be positive, got {options.frames} and {options.save_every}"
        )
    try:
        torch.empty(0, device=options.device)
    except (AssertionError, RuntimeError) as missing:
        raise ValueError(
            "device must be one that PyTorch has here, such as cpu, got"
            f" {options.device}"
        ) from missing
    options.folder = options.folder or Path("runs") / f"dqn-{options.game}"
    checkpoint, table, picture = (
        options.folder / name
        for name in ("checkpoint.pt", "scores.csv", "score.png")
    )
    agent, game, memory = build(options)  # makes the folder
    each = 1 if options.game == "Squash" else SCREENS
    before = load(checkpoint, agent, memory) if checkpoint.exists() else 0.0
    _forget_after(table, memory.time * each)
    started = saved = time.monotonic()
    total = 0.0

    def on_moment(moment: int, rewards: Tensor, over: Tensor) -> None:
        nonlocal total, saved
        total += float(rewards)
        bar.update(each)
        if bool(over) and getattr(game, "over", True):
            with table.open("a") as file:
                file.write(f"{moment * each},{total:g}\n")
            bar.set_postfix(score=f"{total:g}", refresh=False)
            total = 0.0
        now = time.monotonic()
        if (
            now - saved >= options.save_every
            or moment * each >= options.frames
        ):
            save(checkpoint, agent, memory, before + now - started)
            plot(table, picture)
            saved = now

    with _bar(options.frames, memory.time * each) as bar:
        if memory.time:
            bar.write(f"going on at frame {memory.time * each:,}")
        train(agent, game, memory, -(-options.frames // each), on_moment)
    played, learned = memory.time * each, agent.updates
    seen = picture if picture.exists() else "no game has ended yet"
    bar.write(f"{played:,} frames, {learned:,} updates: {seen}")


def _bar(total, done):
    try:
        from tqdm import tqdm
    except ModuleNotFoundError as missing:
        raise ModuleNotFoundError(
            "the progress bar needs tqdm; install it with: pip install 'deepbook[atari]'"
        ) from missing
    return tqdm(
        total=total, initial=done, unit="frame", file=sys.stderr, mininterval=1
    )


def _forget_after(table: Path, frames: int) -> None:
    r"""Drop the games that were played after the checkpoint: they will be played again."""
    rows = table.read_text().splitlines()[1:] if table.exists() else []
    kept = [
        row
        for row in rows
        if row.count(",") == 1 and int(row.split(",")[0]) <= frames
    ]
    table.write_text("\n".join(["frames,score", *kept]) + "\n")
