r"""Deep Q-networks: tables, targets, the memory, the game, real Atari, and a long run that survives a kill.

Targets and values by hand are exact in float32 but for rounding (1e-6). Q-learning with a rate of n^-0.7 forgets its start slowly;
after 40,000 steps on five cells three seeds were within 0.02 of value iteration, and 0.06 is allowed.
"""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
import torch
from torch.nn import functional
from torch.testing import assert_close

from deepbook.components.model import count_multiply_adds, count_parameters
from deepbook.milestones.dqn import (
    CONFIGS,
    PUBLISHED_PARAMETERS,
    Agent,
    Atari,
    Batch,
    QConfig,
    QNetwork,
    ReplayBuffer,
    Settings,
    Squash,
    World,
    command,
    corridor,
    gray,
    gymnasium_squash,
    preprocess,
    q_learning,
    scores,
    td_targets,
    train,
    value_iteration,
)
from deepbook.training import initialize

NO, YES = torch.tensor([False]), torch.tensor([True])


def source(seed=0):
    return torch.Generator().manual_seed(seed)


def agent_of(settings, seed=0, config=CONFIGS["miniature"], lr=1e-3):
    network = initialize(QNetwork(config), source(seed))
    optimizer = torch.optim.Adam(network.parameters(), lr=lr)
    return Agent(network, optimizer, settings, source(100 + seed))


def filled(moments, capacity=50, games=1, stack=2, ends=(), folder=None):
    r"""A memory whose frames are single pixels that count the moments; games end at the moments in `ends`."""
    memory = ReplayBuffer(capacity, games, (1, 1), stack, folder)
    first = torch.ones(games, dtype=torch.bool)
    for moment in range(moments):
        memory.observe(torch.full((games, 1, 1), moment, dtype=torch.uint8), first)
        ended = torch.full((games,), moment in ends)
        memory.record(torch.full((games,), moment), torch.full((games,), float(moment)), ended)
        first = torch.full((games,), moment - 1 in ends)
    return memory


# --- value by hand ---------------------------------------------------------------------------------------------------


def test_targets_by_hand():
    # 1 + 0.9 * 5, 2 + 0.9 * (-1), and 3 alone, since the game ended
    values = torch.tensor([[5.0, -7.0], [-1.0, -2.0], [9.0, 9.0]])
    ended = torch.tensor([False, False, True])
    found = td_targets(torch.tensor([1.0, 2.0, 3.0]), values, ended, 0.9)
    assert_close(found, torch.tensor([5.5, 1.1, 3.0]), atol=1e-6, rtol=0)


def test_double_targets_by_hand():
    # the other network likes action 1 best, whose value here is -7
    values, choose = torch.tensor([[5.0, -7.0]]), torch.tensor([[0.0, 1.0]])
    assert td_targets(torch.ones(1), values, NO, 0.5, choose).item() == pytest.approx(-2.5)


def test_values_of_a_corridor_by_hand():
    # k steps from the end the best value is 0.9^(k - 1); going left costs two steps more, at the wall one
    values = value_iteration(corridor(4), 0.9)
    right = [[0.9**3, 0.9**2], [0.9**3, 0.9], [0.9**2, 1.0], [0.0, 0.0]]
    assert_close(values, torch.tensor(right, dtype=torch.float64))


def test_a_world_with_luck_by_hand():
    # one state, one action: half of the time the game ends; Q = 1 + 0.5 * 0.5 * Q, so Q = 4 / 3
    chances = torch.tensor([[[0.5, 0.5]], [[0.0, 1.0]]])
    world = World(chances, torch.tensor([[1.0], [0.0]]), torch.tensor([False, True]))
    assert value_iteration(world, 0.5, 1e-7)[0].item() == pytest.approx(4 / 3, abs=1e-6)


def test_gray_by_hand():
    colors = torch.tensor([[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 9, 9]], dtype=torch.uint8)
    assert_close(gray(colors), torch.tensor([76.245, 149.685, 29.07, 9.0]), atol=1e-3, rtol=0)


def test_preprocess_takes_the_brightest_of_two_screens():
    screens = torch.zeros(2, 168, 168, 3, dtype=torch.uint8)
    screens[0, :2, :2], screens[1, 2:4, :2] = 100, 50  # each becomes one pixel of 84 x 84
    small = preprocess(screens)
    assert small[:3, 0].tolist() == [100, 50, 0] and small.sum() == 150


def test_stacks_stop_at_the_start_of_a_game():
    memory = filled(6, stack=3, ends={3})  # the action at moment 3 ends the game
    stacks = [memory.at(torch.tensor([t]), torch.tensor([0])).states.flatten().tolist() for t in (0, 1, 3, 4)]
    assert stacks == [[0, 0, 0], [0, 0, 1], [1, 2, 3], [2, 3, 4]]
    # moment 4 is the screen on which the game is over, moment 5 begins the next one
    assert memory.state().flatten().tolist() == [0, 0, 5]


def test_epsilon_falls_in_a_line():
    settings = Settings(epsilon=(1.0, 0.2), explore=100)
    assert [settings.epsilon_at(t) for t in (0, 50, 100, 900)] == pytest.approx([1.0, 0.6, 0.2, 0.2])


# --- the game --------------------------------------------------------------------------------------------------------


def test_a_rally_by_hand():
    game = Squash(1)
    game.reset(seed=0)
    game.row[:], game.column[:], game.down[:], game.slide[:], game.paddle[:] = 5, 1, 1, -2, 2
    # the ball bounces off the left wall (1 - 2 = -1, so 1) and comes down on column 3, above the paddle on 2 and 3
    _, rewards, ended, cut, _ = game.step(torch.tensor([1]))
    assert (game.row.item(), game.column.item(), game.slide.item(), rewards.item()) == (6, 1, 2, 0)
    _, rewards, ended, cut, _ = game.step(torch.tensor([1]))
    assert (game.row.item(), game.column.item(), rewards.item(), ended.item()) == (7, 3, 1, False)
    game.step(torch.tensor([1]))
    assert game.row.item() == 6  # on its way up


def test_a_miss_ends_the_game_and_a_new_one_starts():
    game = Squash(1)
    game.reset(seed=0)
    game.row[:], game.column[:], game.down[:], game.slide[:], game.paddle[:] = 6, 1, 1, 1, 5
    frames, rewards, ended, cut, _ = game.step(torch.tensor([1]))
    assert rewards.item() == -1 and ended and not cut
    frames, rewards, ended, cut, _ = game.step(torch.tensor([1]))
    assert rewards.item() == 0 and not ended and game.row.item() == 0


def test_limit_cuts_the_game_off():
    game = Squash(1, limit=1)
    game.reset(seed=0)
    game.row[:], game.column[:], game.down[:], game.slide[:], game.paddle[:] = 6, 3, 1, 1, 4
    _, rewards, ended, cut, _ = game.step(torch.tensor([1]))
    assert rewards.item() == 1 and cut and not ended


def test_a_player_that_knows_the_rules_gets_every_point():
    # the column on a line without walls, folded at 0 and 7, is where the ball comes down; so 20 points can be had
    game = Squash(300)

    def act(states):
        steps = torch.where(game.down > 0, 7 - game.row, 7 + game.row)
        lands = 7 - (7 - (game.column + steps * game.slide) % 14).abs()
        away = lands - game.paddle
        return torch.where(away < 0, 0, torch.where(away >= 2, 2, 1))

    game.reset(seed=0)
    assert (scores(act, game, 2) == 20).all()


def test_games_depend_on_the_seed_alone_and_stay_on_the_screen():
    def play(seed):
        game, actions = Squash(64), source(9)
        frames, _ = game.reset(seed=seed)
        seen = [frames]
        for _ in range(60):
            seen.append(game.step(torch.randint(3, (64,), generator=actions))[0])
        return torch.stack(seen)

    games = play(0)
    lit = (games > 0).sum((2, 3))
    assert ((lit == 3) | (lit == 2)).all()  # ball and paddle, which may overlap
    assert torch.equal(games, play(0)) and not torch.equal(games, play(1))


def test_gymnasium_accepts_the_game():
    from gymnasium.utils.env_checker import check_env

    check_env(gymnasium_squash(), skip_render_check=True)


# --- the memory ------------------------------------------------------------------------------------------------------


def literal_transitions(moments, capacity, stack, ends):
    r"""Every transition that may be drawn, written out: (state, action, next state, ended)."""
    begins = {0} | {e + 2 for e in ends}  # the screen after the end is kept, the one after that is new
    game_of = [max(b for b in begins if b <= t) for t in range(moments)]

    def stack_at(t, size):
        return tuple(k if k >= 0 and k >= game_of[t] else 0 for k in range(t - size + 1, t + 1))

    oldest = max(0, moments - capacity)
    oldest = oldest + stack - 1 if oldest else 0
    return {(stack_at(t, stack), t, stack_at(t + 1, stack), t in ends) for t in range(oldest, moments - 1) if t + 1 not in begins}


@pytest.mark.parametrize(("moments", "capacity", "ends"), [(12, 50, {4, 8}), (30, 12, {20, 25}), (30, 12, set())])
def test_samples_are_all_whole_transitions_and_no_others(moments, capacity, ends):
    memory = filled(moments, capacity, stack=3, ends=ends)
    batch = memory.sample(2000, source())
    found = {
        (tuple(s.flatten().tolist()), a.item(), tuple(n.flatten().tolist()), d.item())
        for s, a, n, d in zip(batch.states, batch.actions, batch.next_states, batch.terminated, strict=True)
    }
    assert found == literal_transitions(moments, capacity, 3, ends)


def test_latest_is_in_order():
    assert filled(20).latest(4).actions.tolist() == [15, 16, 17, 18]
    assert filled(20, games=2).latest(4).actions.tolist() == [17, 17, 18, 18]


def test_memory_in_files_outlives_the_process_and_forgets_what_was_overwritten(tmp_path):
    filled(30, capacity=12, folder=tmp_path)
    again = ReplayBuffer(12, 1, (1, 1), 2, tmp_path)
    again.resume(27)  # moments 27 to 29 are forgotten, and took the places of 15 to 17
    drawn = again.sample(500, source()).actions
    assert set(drawn.tolist()) == set(range(19, 26))


# --- learning --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("slip", [0.0, 0.2])
def test_q_learning_comes_to_the_values_of_value_iteration(seed, slip):
    world = corridor(5, slip)
    found = q_learning(world, 0.8, 40_000, source(seed))
    assert (found - value_iteration(world, 0.8)).abs().max() < 0.06


def test_q_learning_with_rate_one_is_exact_without_luck():
    # in a world without luck every update with rate 1 writes the right side of Bellman's equation
    found = q_learning(corridor(4), 0.5, 2_000, source(), rate=1.0)
    assert_close(found, value_iteration(corridor(4), 0.5))


def test_a_step_is_that_of_a_literal_twin():
    # two updates: the target network keeps the old values through both, and is copied after the second
    settings = Settings(discount=0.9, target_every=2, squared=True)
    agent = agent_of(settings, lr=0.01)
    twin = initialize(QNetwork(CONFIGS["miniature"]), source())
    frozen = initialize(QNetwork(CONFIGS["miniature"]), source())
    adam = torch.optim.Adam(twin.parameters(), lr=0.01)
    frames = torch.randint(256, (2, 6, 2, 8, 8), generator=source(1), dtype=torch.uint8)
    rewards, ended = torch.tensor([0.0, 5.0, -5.0, 1.0, 0.0, 0.5]), torch.tensor([False, True] * 3)
    batch = Batch(frames[0], torch.tensor([0, 1, 2, 0, 1, 2]), rewards, frames[1], ended)
    for _ in range(2):
        agent.learn(batch)
        total = 0.0
        for s, a, r, n, d in zip(*batch, strict=True):
            best = 0.0 if d else frozen(n[None]).max().item()
            total = total + (twin(s[None])[0, a] - (r.clamp(-1, 1) + 0.9 * best)) ** 2 / 6
        adam.zero_grad()
        total.backward()
        adam.step()
    for mine, right in zip(agent.network.parameters(), twin.parameters(), strict=True):
        assert_close(mine, right, atol=1e-5, rtol=1e-4)
    assert all(torch.equal(a, b) for a, b in zip(agent.target.parameters(), agent.network.parameters(), strict=True))


def test_without_target_network_the_targets_move_and_get_no_gradient():
    agent = agent_of(Settings(target_every=0))
    assert agent.target is agent.network
    targets = td_targets(torch.ones(1), torch.ones(1, 2, requires_grad=True), NO, 0.9)
    assert not targets.requires_grad


def test_huber_loss_cuts_the_gradient():
    # errors of 3 and 0.5: the slopes of the loss are 1 and 0.5, over two transitions
    values = torch.tensor([3.0, 0.5], requires_grad=True)
    functional.huber_loss(values, torch.zeros(2)).backward()
    assert values.grad.tolist() == [0.5, 0.25]


def test_random_actions_are_as_many_as_epsilon_says():
    agent = agent_of(Settings())
    states = torch.zeros(6000, 2, 8, 8, dtype=torch.uint8)
    best = agent.act(states[:1]).item()
    share = (agent.act(states, 0.3) != best).float().mean().item()
    assert share == pytest.approx(0.2, abs=0.02)  # a third of the random actions are the best one; sd 0.005


@pytest.mark.parametrize("seed", range(3))
def test_the_miniature_solves_the_game(seed):
    # 2,400 moments of 32 games, as in the chapter. Solved: 18 of 20 points, the mean of 200 games; random play loses 0.6.
    # Of eight seeds the worst had 18.95, since it lost the first ball from 7 of the 224 starts; the others had 19.7 or more
    settings = Settings(
        discount=0.95, batch_size=128, target_every=50, warm_up=100, update_every=1, explore=600, epsilon=(1.0, 0.05)
    )  # fmt: skip
    agent, steps, lr = agent_of(settings, seed), 2400, 2e-3

    def lower(step, rewards, over):
        agent.optimizer.param_groups[0]["lr"] = lr * (1 - step / steps)

    train(agent, Squash(32, generator=source(200 + seed)), ReplayBuffer(steps, 32, (8, 8), 2), steps, lower)
    points = scores(agent.act, Squash(200, generator=source(6)), 2).mean().item()
    assert agent.updates == 2300 and points >= 18


def test_training_depends_on_the_seeds_alone():
    def run():
        agent = agent_of(Settings(warm_up=20, update_every=1, explore=50, target_every=10))
        train(agent, Squash(2, generator=source(3)), ReplayBuffer(100, 2, (8, 8), 2), 60)
        return torch.cat([p.flatten() for p in agent.network.parameters()])

    assert torch.equal(run(), run())


def test_double_learning_lowers_the_targets():
    # the largest of noisy values is too large; chosen by another network it is not. 4,000 rows of three, sd of the mean 0.016
    noise, other = torch.randn(2, 4000, 3, generator=source())
    zeros, never = torch.zeros(4000), torch.zeros(4000, dtype=torch.bool)
    single, double = td_targets(zeros, noise, never, 1.0).mean(), td_targets(zeros, noise, never, 1.0, other).mean()
    assert single > 0.8 and abs(double) < 0.1  # the mean of the largest of three is 0.846


# --- published sizes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PUBLISHED_PARAMETERS)
def test_published_sizes(name):
    with torch.device("meta"):
        network = QNetwork(CONFIGS[name])
    assert count_parameters(network) == PUBLISHED_PARAMETERS[name]
    layers = [m for m in network.modules() if isinstance(m, torch.nn.Conv2d)]
    assert len(layers) == (2 if "2013" in name else 3)


def test_multiply_adds_by_hand():
    # 20 x 20 x 16 x 256, 9 x 9 x 32 x 256, 2592 x 256, 256 x 4
    with torch.device("meta"):
        found = count_multiply_adds(QNetwork(CONFIGS["dqn-2013"]), torch.zeros(1, 4, 84, 84, dtype=torch.uint8))
    assert found == 400 * 16 * 256 + 81 * 32 * 256 + 2592 * 256 + 256 * 4


# --- real Atari ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("network", ["dqn-2013", "dqn-2015"])
def test_an_agent_plays_and_learns_real_atari(network):
    # 120 moments of four screens: 480 frames of Breakout
    game = Atari("Breakout", life_ends=True, seed=1)
    config = replace(CONFIGS[network], actions=game.actions)
    settings = Settings(warm_up=40, explore=80, target_every=10 * (network == "dqn-2015"), update_every=8)
    agent, memory = agent_of(settings, config=config, lr=1e-4), ReplayBuffer(200, 1, (84, 84), 4)
    before = torch.cat([p.flatten().clone() for p in agent.network.parameters()])
    points, ends = [], []
    train(agent, game, memory, 120, lambda t, r, over: (points.append(r.item()), ends.append(over.item())))
    game.close()
    after = torch.cat([p.flatten() for p in agent.network.parameters()])
    assert len(points) == 120 and agent.updates == 10 and not torch.equal(before, after)
    frames = memory.frames[:120].float()
    assert frames.amax() > 100 and (frames[1:] != frames[:-1]).any((1, 2, 3)).float().mean() > 0.5  # something moves


def test_a_lost_life_ends_a_transition_but_not_the_game():
    # without serving (FIRE) no ball comes, so serve and stand still: a ball of Breakout is lost in some 60 moments
    game = Atari("Breakout", life_ends=True, no_ops=0, seed=0)
    game.reset()
    lives, ended = game.lives, False
    for moment in range(400):
        _, _, ended, cut, info = game.step(torch.tensor([1 if moment % 5 == 0 else 3]))
        if ended:
            break
    assert lives == 5 and ended and info["lives"] == 4 and not game.over and not cut
    game.close()


def test_after_a_whole_game_the_next_one_begins():
    game = Atari("Breakout", no_ops=0, seed=0)
    first, _ = game.reset()
    moment = 0
    while not game.over:  # some 250 moments for five balls
        _, _, ended, cut, info = game.step(torch.tensor([1 if moment % 5 == 0 else 3]))
        moment += 1
    assert ended and not cut and info["lives"] == 0
    frames, rewards, ended, cut, info = game.step(torch.tensor([3]))
    assert torch.equal(frames, first) and rewards.item() == 0 and not ended and not cut
    assert info["lives"] == 5 and not game.over
    game.close()


def test_a_seed_at_the_start_decides_the_game():
    def opening(game, **seed):
        frames = [game.reset(**seed)[0]]
        frames += [game.step(torch.tensor([0]))[0] for _ in range(30)]  # the ball is where the waiting before has left it
        return torch.cat(frames)

    one, other = Atari("Pong", seed=1), Atari("Pong", seed=2)
    wanted = opening(one)
    assert not torch.equal(opening(other), wanted) and torch.equal(opening(other, seed=1), wanted)
    for game in (one, other):
        game.close()


def test_pong_loses_points_at_random_and_depends_on_the_seed_alone():
    def play(seed):
        game = Atari("Pong", seed=seed)
        frames, _ = game.reset()
        seen, total = [frames], 0.0
        for _ in range(75):
            frames, rewards, *_ = game.step(torch.tensor([0]))
            seen.append(frames)
            total += rewards.item()
        game.close()
        return torch.cat(seen), total

    frames, total = play(0)
    assert frames.shape == (76, 84, 84) and frames.dtype == torch.uint8 and total < 0
    assert torch.equal(frames, play(0)[0])


def test_without_the_extra_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ale_py", None)
    with pytest.raises(ModuleNotFoundError, match=r"ale_py is not installed.*deepbook\[atari\]"):
        Atari("Pong")


def test_deepbook_itself_needs_no_gymnasium():
    program = "import sys; import deepbook.milestones.dqn, deepbook.milestones.dqn.command; print('gymnasium' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "False\n"


# --- the long run ----------------------------------------------------------------------------------------------------


def test_a_killed_run_goes_on_where_it_was(tmp_path):
    options = ["--game", "Squash", "--frames", "800", "--warm-up", "50", "--memory", "300", "--save-every", "0.2"]
    alone = {**os.environ, "OMP_NUM_THREADS": "1"}  # two threads on a net of this size only wait for each other
    call = [sys.executable, "-m", "deepbook.milestones.dqn", *options, "--folder", str(tmp_path)]
    run = subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=alone)
    deadline, kept = time.monotonic() + 120, tmp_path / "checkpoint.pt"
    while not kept.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    run.send_signal(signal.SIGKILL)
    assert run.wait() == -signal.SIGKILL, "the run ended before it could be killed"
    saved = torch.load(kept, weights_only=True)["time"]
    assert 0 < saved < 800
    end = subprocess.run([*call, "--save-every", "30"], capture_output=True, text=True, check=True, env=alone)
    assert f"going on at frame {saved:,}" in end.stdout and "800 frames" in end.stdout and "100%" in end.stderr
    final = torch.load(kept, weights_only=True)
    assert final["time"] == 800 and final["updates"] == 750
    frames = [int(line.split(",")[0]) for line in (tmp_path / "scores.csv").read_text().splitlines()[1:]]
    assert frames == sorted(set(frames)) and frames[0] < frames[-1] <= 800
    assert (tmp_path / "score.png").read_bytes()[:4] == b"\x89PNG"


def test_checkpoints_are_less_than_a_minute_apart():
    assert command.parser().parse_args([]).save_every < 60


def test_the_command_plays_pong(tmp_path, capsys):
    command.main(["--game", "Pong", "--frames", "160", "--warm-up", "20", "--memory", "60", "--folder", str(tmp_path), "--device", "cpu"])
    kept = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert kept["time"] == 40 and kept["updates"] == 5
    assert "160 frames, 5 updates: no game has ended yet" in capsys.readouterr().out


def test_on_the_command_line_an_error_is_one_line_and_leaves_nothing_behind(tmp_path):
    call = [sys.executable, "-m", "deepbook.milestones.dqn", "--game", "Chess", "--folder", str(tmp_path / "run")]
    end = subprocess.run(call, capture_output=True, text=True)
    assert end.returncode == 1 and not (tmp_path / "run").exists()
    assert end.stderr == "dqn: name must be an Atari game such as Pong or SpaceInvaders, got 'Chess'\n"


# --- rejections ------------------------------------------------------------------------------------------------------

PIXELS = torch.zeros(1, 2, 8, 8, dtype=torch.uint8)
ROW = torch.zeros(1, 2)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: td_targets(torch.ones(1), ROW, NO, 1.5), ValueError, "discount must be from 0 to 1, got 1.5"),
        (lambda: td_targets(torch.ones(1, dtype=torch.long), ROW, NO, 0.9), TypeError, "rewards must be floating point"),
        (lambda: td_targets(torch.ones(1), ROW, torch.zeros(1), 0.9), TypeError, "terminated must be bool"),
        (lambda: td_targets(torch.ones(2), ROW, NO, 0.9), ValueError, r"values \(B, A\), got \(2,\)"),
        (lambda: td_targets(torch.ones(0), ROW[:0], NO[:0], 0.9), ValueError, "at least one element"),
        (lambda: QConfig(0), ValueError, "actions must be a whole number, at least 1, got 0"),
        (lambda: QConfig(3, size=4, convolutions=((8, 8, 4),)), ValueError, "size must leave a pixel"),
        (lambda: QConfig(3, convolutions=((8, 8),)), ValueError, "triples"),
        (lambda: QNetwork(CONFIGS["linear"])(PIXELS.float()), TypeError, "uint8 from 0 to 255, got torch.float32"),
        (lambda: QNetwork(CONFIGS["linear"])(PIXELS[:, :1]), ValueError, r"\(B, 2, 8, 8\), got \(1, 1, 8, 8\)"),
        (lambda: Settings(batch_size=0), ValueError, "batch_size must be 1 or more, got 0"),
        (lambda: Settings(epsilon=(1.0, 2.0)), ValueError, "epsilon must be from 0 to 1, got 2.0"),
        (lambda: Settings(target_every=-1), ValueError, "target_every must be 0 or more, got -1"),
        (lambda: agent_of(Settings()).act(PIXELS, -0.1), ValueError, "epsilon must be from 0 to 1"),
        (lambda: ReplayBuffer(3, 1, (8, 8), 2), ValueError, "capacity must exceed stack"),
        (lambda: ReplayBuffer(9, 0, (8, 8), 2), ValueError, "games must be 1 or more, got 0"),
        (lambda: filled(1).sample(4, source()), ValueError, "must hold a transition, got 1 moments"),
        (lambda: filled(1).latest(4), ValueError, "must hold a transition, got 1 moments"),
        (lambda: filled(9).sample(0, source()), ValueError, "batch_size must be 1 or more, got 0"),
        (lambda: filled(9).resume(10), ValueError, "time must be from 0 to 9"),
        (lambda: filled(9).observe(torch.zeros(1, 1, 1), NO), ValueError, "frames must be uint8"),
        (lambda: filled(0).record(NO, NO, NO), ValueError, "call observe before"),
        (lambda: Squash(0), ValueError, "games must be 1 or more, got 0"),
        (lambda: Squash(2).step(torch.tensor([1])), ValueError, "actions must be 2 numbers from 0 to 2"),
        (lambda: Squash(1).step(torch.tensor([3])), ValueError, "actions must be 1 numbers from 0 to 2, got"),
        (lambda: gray(torch.zeros(3)), ValueError, "screens must be uint8"),
        (lambda: preprocess(torch.zeros(210, 160, 3, dtype=torch.uint8)), ValueError, r"screens must be \(T, H, W, 3\)"),
        (lambda: Atari("Chess"), ValueError, "name must be an Atari game such as Pong"),
        (lambda: Atari("Pong", skip=0), ValueError, "skip must be 1 or more"),
        (lambda: Atari("Pong").step(torch.tensor([6])), ValueError, "actions must be from 0 to 5, got 6"),
        (lambda: World(torch.ones(2, 1, 2), torch.zeros(2, 1), torch.zeros(2)), ValueError, "sum to 1"),
        (lambda: World(torch.ones(2, 2), torch.zeros(2, 1), torch.zeros(2)), ValueError, r"chances must be \(S, A, S\)"),
        (
            lambda: World(torch.ones(1, 1, 1), torch.zeros(2, 1), torch.zeros(1)),
            ValueError,
            r"rewards must be \(1, 1\) and ends \(1,\), got \(2, 1\)",
        ),
        (lambda: corridor(1), ValueError, "length must be 2 or more"),
        (lambda: corridor(3, 2.0), ValueError, "slip must be from 0 to 1"),
        (lambda: value_iteration(corridor(3), 1.0), ValueError, "discount must be from 0 to less than 1, got 1.0"),
        (lambda: q_learning(corridor(3), 0.5, 0, source()), ValueError, "steps must be 1 or more, got 0"),
        (lambda: q_learning(corridor(3), 0.5, 9, source(), rate=2.0), ValueError, r"rate must be in \(0, 1\], got 2.0"),
        (lambda: command.main(["--frames", "0"]), ValueError, "frames and save-every must be positive"),
        (lambda: command.main(["--device", "cuda:99"]), ValueError, "device must be .*got cuda:99"),
    ],
)
def test_rejections(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_checkpoint_of_another_run_is_refused(tmp_path):
    options = ["--game", "Squash", "--warm-up", "20", "--folder", str(tmp_path), "--frames", "30"]
    command.main([*options, "--memory", "60"])
    with pytest.raises(ValueError, match="a memory of 80 moments, got 60"):
        command.main([*options, "--memory", "80"])
    wider = agent_of(Settings(), config=replace(CONFIGS["miniature"], hidden=9))
    with pytest.raises(ValueError, match="must hold the same network, got another; use another --folder"):
        command.load(tmp_path / "checkpoint.pt", wider, filled(0, capacity=60))


def test_a_loss_that_is_not_finite_stops_the_run():
    agent = agent_of(Settings())
    with torch.no_grad():
        agent.network.layers[-1].bias.fill_(float("nan"))
    batch = Batch(PIXELS, torch.tensor([0]), torch.zeros(1), PIXELS, YES)
    with pytest.raises(FloatingPointError, match="lower the learning rate"):
        agent.learn(batch)
