r"""Sums of exponentials that do not overflow, and code lengths."""

from __future__ import annotations

import heapq
import math
from collections.abc import Hashable, Mapping

import torch
from torch import Tensor

from deepbook.checks import check_filled, check_floating, check_number
from deepbook.components.loss.checks import check_probabilities


def log_sum_exp(x: Tensor, dim: int = -1) -> Tensor:
    r"""Logarithm of a sum of exponentials, without overflow, in nats.

    Args:
        x: Any shape, floating point.
        dim: Dimension to sum over.

    Returns:
        `x` without `dim`.

    Raises:
        TypeError: If `x` is no floating-point tensor.
        ValueError: If `x` is empty.

    Examples:
        >>> log_sum_exp(torch.tensor([100.0, 100.0])) - 100  # log 2
        tensor(0.6931)

    References:
        Goodfellow et al., Deep Learning (2016), section 4.1.
    """
    check_floating("x", x)
    check_filled("x", x)
    top = x.detach().amax(dim=dim, keepdim=True)
    top = torch.where(top.isfinite(), top, 0.0)  # inf - inf would be NaN
    total = (x - top).exp().sum(dim=dim)  # largest term is e^0
    return total.log() + top.squeeze(dim)


def softmax(x: Tensor, dim: int = -1) -> Tensor:
    r"""Positive numbers in proportion to e^x that sum to 1.

    Args:
        x: Any shape, floating point, finite or minus infinity.
        dim: Dimension over which they sum to 1.

    Returns:
        Shape of `x`, probabilities.

    Raises:
        TypeError: If `x` is no floating-point tensor.
        ValueError: If `x` is empty.

    Examples:
        >>> softmax(torch.tensor([1000.0, 1000.0, -1000.0]))
        tensor([0.5000, 0.5000, 0.0000])

    References:
        Goodfellow et al., Deep Learning (2016), section 4.1.
    """
    check_floating("x", x)
    check_filled("x", x)
    # x - log_sum_exp(x) would lose digits where x is large
    z = (x - x.detach().amax(dim=dim, keepdim=True)).exp()
    return z / z.sum(dim=dim, keepdim=True)


def entropy(p: Tensor, base: float = math.e) -> Tensor:
    r"""Mean surprise -log p, in nats, or in bits for base 2.

    Args:
        p: `(..., K)`, floating point, probabilities over K outcomes.
        base: Of the logarithm; the unit of the result.

    Returns:
        `(...)`, from 0 (certain) to log K (uniform).

    Raises:
        TypeError: If `p` is no floating-point tensor.
        ValueError: If it is no distribution, or `base` is not above 1.

    Examples:
        >>> entropy(torch.tensor([0.5, 0.25, 0.25]), base=2)
        tensor(1.5000)

    References:
        Shannon, A Mathematical Theory of Communication (1948).
    """
    return cross_entropy(p, p, base)


def cross_entropy(p: Tensor, q: Tensor, base: float = math.e) -> Tensor:
    r"""Mean surprise -log q where p is true, in nats, or bits for base 2.

    The loss of the same name in `deepbook.components.loss` takes logits.

    Args:
        p: `(..., K)`, floating point, the true probabilities.
        q: Same shape, the believed ones.
        base: Of the logarithm; the unit of the result.

    Returns:
        `(...)`; infinite where q is 0 and p is not.

    Raises:
        TypeError: If an argument is no floating-point tensor.
        ValueError: If shapes differ, one is no distribution, or `base`
            is not above 1.

    Examples:
        >>> p = torch.tensor([0.5, 0.25, 0.25])
        >>> q = torch.tensor([0.25, 0.25, 0.5])
        >>> cross_entropy(p, q, base=2)  # (2 + 2 / 2 + 1 / 2) / 2
        tensor(1.7500)

    References:
        Goodfellow et al., Deep Learning (2016), section 3.13.
    """
    check_distributions(p, q)
    check_base(base)
    # xlogy(p, q) is p log q, and 0 where p is 0; 0 - 0 is no -0.0
    return 0.0 - torch.xlogy(p, q).sum(dim=-1) / math.log(base)


def kl_divergence(p: Tensor, q: Tensor, base: float = math.e) -> Tensor:
    r"""What believing q costs where p is true, in nats, or bits for base 2.

    The loss of the same name in `deepbook.components.loss` takes log q.

    Args:
        p: `(..., K)`, floating point, the true probabilities.
        q: Same shape, the believed ones.
        base: Of the logarithm; the unit of the result.

    Returns:
        `(...)`, 0 where p is q, otherwise more.

    Raises:
        TypeError: If an argument is no floating-point tensor.
        ValueError: If shapes differ, one is no distribution, or `base`
            is not above 1.

    Examples:
        >>> p = torch.tensor([0.5, 0.25, 0.25])
        >>> q = torch.tensor([0.25, 0.25, 0.5])
        >>> kl_divergence(p, q, base=2)  # 1.75 - 1.5
        tensor(0.2500)

    References:
        Kullback and Leibler, On Information and Sufficiency (1951).
    """
    check_distributions(p, q)
    check_base(base)
    gap = torch.xlogy(p, p) - torch.xlogy(p, q)
    return gap.sum(dim=-1) / math.log(base)


def huffman_code(counts: Mapping[Hashable, float]) -> dict[Hashable, str]:
    r"""Code words of 0 and 1 with the smallest mean length, in bits.

    Args:
        counts: How often each symbol occurs, positive.

    Returns:
        A word for each symbol; none is the beginning of another. A
        single symbol gets the empty word.

    Raises:
        ValueError: If there is no symbol, or a count is not positive
            and finite.

    Examples:
        >>> huffman_code({"a": 4, "b": 2, "c": 1, "d": 1})
        {'a': '1', 'b': '01', 'c': '001', 'd': '000'}

    References:
        Huffman, A Method for the Construction of Minimum-Redundancy
        Codes (1952).
    """
    if not counts:
        raise ValueError(
            "counts must hold at least one symbol, got none; "
            "count the symbols of a text with collections.Counter(text)"
        )
    for symbol, count in counts.items():
        good = 0 < count < float("inf")
        name = f"count of {symbol!r}"
        check_number(name, count, good, "positive and finite")
    # (count, age, words): the age settles ties, so that the code is fixed
    heap = [
        (count, age, {symbol: ""})
        for age, (symbol, count) in enumerate(counts.items())
    ]
    heapq.heapify(heap)
    for age in range(len(heap), 2 * len(heap) - 1):
        low, _, rare = heapq.heappop(heap)
        high, _, common = heapq.heappop(heap)
        words = {symbol: "0" + word for symbol, word in common.items()}
        words |= {symbol: "1" + word for symbol, word in rare.items()}
        heapq.heappush(heap, (low + high, age, words))
    words = heap[0][2]
    return {symbol: words[symbol] for symbol in counts}


def check_base(base: float) -> None:
    r"""Refuse a base of logarithms that is not above 1.

    Args:
        base: What the caller gave.

    Raises:
        ValueError: If `base` is 1 or less, infinite or NaN.

    Examples:
        >>> check_base(1)
        Traceback (most recent call last):
        ValueError: base must be above 1 and finite, got 1
    """
    good = 1 < base < float("inf")
    check_number("base", base, good, "above 1 and finite")


def check_distributions(p: Tensor, q: Tensor) -> None:
    r"""Refuse what are no two distributions over the same outcomes.

    Args:
        p: `(..., K)`, floating point.
        q: Same shape, floating point.

    Raises:
        TypeError: If one is no floating-point tensor.
        ValueError: If shapes differ, or one is no distribution.

    Examples:
        >>> check_distributions(torch.tensor([0.5, 0.5]), torch.ones(1))
        Traceback (most recent call last):
        ValueError: q must have the shape of p, (2,), got (1,); both need one probability for each outcome
    """
    for name, value in (("p", p), ("q", q)):
        check_floating(name, value)
        check_filled(name, value)
    if p.shape != q.shape or p.dim() == 0:
        raise ValueError(
            f"q must have the shape of p, {tuple(p.shape)}, "
            f"got {tuple(q.shape)}; "
            "both need one probability for each outcome"
        )
    check_probabilities("p", p, dim=-1)
    check_probabilities("q", q, dim=-1)
