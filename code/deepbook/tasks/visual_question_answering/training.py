r"""Train a network on questions, and have it answer."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from deepbook.components.model.checks import check_whole
from deepbook.tasks.visual_question_answering.network import Answerer
from deepbook.training import batches


def fit(
    model: Answerer,
    places: Tensor,
    scenes: Tensor,
    tokens: Tensor,
    answers: Tensor,
    generator: torch.Generator,
    *,
    epochs: int = 5,
    batch_size: int = 256,
    rate: float = 0.02,
) -> list[float]:
    r"""Adjust a network to questions whose answers are known.

    Adam; the learning rate rises over the first three tenths of the steps
    and falls to zero. The places of a picture are looked up for each of its
    questions, so that pictures are described once.

    Args:
        model: Trained in place and left in evaluation mode.
        places: `(N, S, 18)`, of `describe`.
        scenes: `(Q,)` int64, which of the N pictures a question is about.
        tokens: `(Q, T)` int64.
        answers: `(Q,)` int64.
        generator: Decides the order of the questions.
        epochs: Passes over the questions.
        batch_size: Questions a step.
        rate: Highest learning rate.

    Returns:
        The loss of each step, in nats.

    Raises:
        ValueError: If scenes, tokens and answers differ in length, or a
            number is below 1.
    """
    check_whole(epochs=epochs, batch_size=batch_size)
    adam = torch.optim.Adam(model.parameters(), lr=rate, fused=True)
    steps = epochs * -(-len(answers) // batch_size)
    cycle = torch.optim.lr_scheduler.OneCycleLR(
        adam, rate, total_steps=max(steps, 4)
    )
    losses = []
    model.train()
    for _ in range(epochs):
        data = (scenes, tokens, answers)
        for scene, question, answer in batches(data, batch_size, generator):
            loss = F.cross_entropy(model(places[scene], question), answer)
            adam.zero_grad()
            loss.backward()
            adam.step()
            cycle.step()
            losses.append(loss.item())
    model.eval()
    return losses


@torch.no_grad()
def answer(
    model: Answerer, places: Tensor, scenes: Tensor, tokens: Tensor
) -> Tensor:
    r"""Answer questions.

    Args:
        model: Trained.
        places: `(N, S, 18)`.
        scenes: `(Q,)` int64, which picture each question is about.
        tokens: `(Q, T)` int64.

    Returns:
        `(Q,)` int64, positions in `deepbook.components.data.ANSWERS`.

    Raises:
        ValueError: If there are not as many questions as scenes, or none.
    """
    if len(scenes) != len(tokens) or len(scenes) == 0:
        raise ValueError(
            f"tokens must have a row for each scene ({len(scenes)}, at least "
            f"1), got {len(tokens)}; one row a question"
        )
    parts = zip(scenes.split(1024), tokens.split(1024), strict=True)
    return torch.cat([model(places[s], t).argmax(1) for s, t in parts])
