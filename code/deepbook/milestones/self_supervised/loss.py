r"""NT-Xent: of all other views, which one belongs to mine?"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from deepbook.checks import check_filled, check_floating, check_number


def similarities(first: Tensor, second: Tensor) -> Tensor:
    r"""Compute the cosine similarity of every pair of views.

    Args:
        first: `(N, D)` float, one row a picture.
        second: `(N, D)`, the other view of the same pictures.

    Returns:
        `(2N, 2N)` in [-1, 1]; rows and columns are the N first views and
        then the N second ones.

    Raises:
        TypeError: If one is no floating-point tensor.
        ValueError: If they are no two equal shapes `(N, D)`, or N is 0.

    Examples:
        >>> x = torch.tensor([[2.0, 0.0]])
        >>> similarities(x, torch.tensor([[0.0, 1.0]]))
        tensor([[1., 0.],
                [0., 1.]])
    """
    for name, value in (("first", first), ("second", second)):
        check_floating(name, value)
    if first.ndim != 2 or first.shape != second.shape:
        raise ValueError(
            "first and second must have one shape (N, D), got"
            f" {tuple(first.shape)} and {tuple(second.shape)}; give the two"
            " views of the same pictures"
        )
    check_filled("first", first)
    z = F.normalize(torch.cat([first, second]), dim=1)  # (2N, D)
    return z @ z.T


def nt_xent(first: Tensor, second: Tensor, temperature: float = 0.5) -> Tensor:
    r"""Compute the normalized temperature-scaled cross-entropy, in nats.

    Each of the 2N views is asked which of the other 2N - 1 shows the same
    picture.

    Args:
        first: `(N, D)` float, one row a picture, any length.
        second: `(N, D)`, the other view of the same pictures.
        temperature: Divides the similarities.

    Returns:
        Mean over the 2N views, a scalar.

    Raises:
        TypeError: If one is no floating-point tensor.
        ValueError: If they are no two equal shapes `(N, D)`, N is below 2,
            so that there is nothing to choose from, or the temperature is
            not above 0.

    Examples:
        Two pictures whose views agree, at right angles to one another: each
        view chooses among similarities 1, 0, 0.

        >>> z = torch.eye(2)
        >>> round(nt_xent(z, z, temperature=1.0).item(), 4)  # log(1 + 2 / e)
        0.5514

    References:
        T. Chen et al., A Simple Framework for Contrastive Learning (2020),
        equation 1.
    """
    check_number(
        "temperature", temperature, 0 < temperature < float("inf"),
        "above 0 and finite",
    )  # fmt: skip
    scores = similarities(first, second) / temperature
    n = len(first)
    if n < 2:
        raise ValueError(
            f"first must hold 2 pictures or more, got {n}; a view needs"
            " others to be told from"
        )
    partner = (torch.arange(2 * n, device=scores.device) + n) % (2 * n)
    right = scores.gather(1, partner[:, None])[:, 0]
    itself = torch.eye(2 * n, dtype=torch.bool, device=scores.device)
    others = scores.masked_fill(itself, -torch.inf)
    return (others.logsumexp(1) - right).mean()
