r"""What the singular values of a matrix are good for."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from deepbook.checks import check_filled, check_floating


def low_rank(matrix: Tensor, rank: int) -> Tensor:
    r"""Closest matrix of a given rank, in units of the matrix.

    Args:
        matrix: `(N, D)`, floating point.
        rank: How many singular values to keep, 0 to min(N, D).

    Returns:
        `(N, D)`; no matrix of this rank has a smaller sum of squared
        differences from `matrix`.

    Raises:
        TypeError: If `matrix` is no floating-point tensor.
        ValueError: If it has not two dimensions, is empty, or `rank` is
            out of range.

    Examples:
        >>> low_rank(torch.tensor([[3.0, 0.0], [0.0, 2.0]]), rank=1)
        tensor([[3., 0.],
                [0., 0.]])

    References:
        Eckart and Young, The Approximation of One Matrix by Another of
        Lower Rank.
    """
    check_matrix("matrix", matrix)
    check_count("rank", rank, 0, min(matrix.shape))
    u, s, vt = torch.linalg.svd(matrix, full_matrices=False)
    return (u[:, :rank] * s[:rank]) @ vt[:rank]


def condition_number(matrix: Tensor) -> float:
    r"""Largest singular value by the smallest, without unit.

    Args:
        matrix: `(N, D)`, floating point.

    Returns:
        1 or more; infinite where the smallest is 0.

    Raises:
        TypeError: If `matrix` is no floating-point tensor.
        ValueError: If it has not two dimensions or is empty.

    Examples:
        >>> condition_number(torch.tensor([[3.0, 0.0], [0.0, 2.0]]))
        1.5

    References:
        Goodfellow et al., Deep Learning (2016), section 4.2, for
        symmetric matrices.
    """
    check_matrix("matrix", matrix)
    s = torch.linalg.svdvals(matrix)
    return (s[0] / s[-1]).item() if s[-1] > 0 else float("inf")


@dataclass(frozen=True)
class PrincipalComponents:
    r"""Directions along which data spread most, K of D dimensions.

    Args:
        mean: `(D,)`, the middle of the data.
        directions: `(K, D)`, of length 1 and at right angles.
        variance: `(K,)`, spread along each, squared units of the data.
        share: `(K,)`, of the whole variance, in [0, 1].
    """

    mean: Tensor
    directions: Tensor
    variance: Tensor
    share: Tensor

    def encode(self, x: Tensor) -> Tensor:
        r"""Coordinates along the directions, `(N, D)` to `(N, K)`."""
        _check_columns("x", x, self.directions.shape[1])
        return (x - self.mean) @ self.directions.T

    def decode(self, code: Tensor) -> Tensor:
        r"""Data with these coordinates, `(N, K)` to `(N, D)`."""
        _check_columns("code", code, self.directions.shape[0])
        return code @ self.directions + self.mean


def _check_columns(name: str, value: Tensor, columns: int) -> None:
    check_matrix(name, value)
    if value.shape[1] != columns:
        raise ValueError(
            f"{name} must have {columns} columns, got shape"
            f" {tuple(value.shape)}"
        )


def principal_components(data: Tensor, count: int) -> PrincipalComponents:
    r"""Principal component analysis by singular values.

    Args:
        data: `(N, D)`, floating point, two samples or more.
        count: K, how many directions to keep, 1 to min(N, D).

    Returns:
        The directions with the largest variance, largest first.

    Raises:
        TypeError: If `data` is no floating-point tensor.
        ValueError: If it has not two dimensions or fewer than two
            samples, if all samples are equal, or `count` is out of range.

    Examples:
        >>> data = torch.tensor([[0.0, 1.0], [4.0, 1.0], [8.0, 1.0]])
        >>> found = principal_components(data, count=1)
        >>> found.mean, found.directions.abs()
        (tensor([4., 1.]), tensor([[1., 0.]]))
        >>> found.variance.round(decimals=4), found.share
        (tensor([16.]), tensor([1.]))

    References:
        Goodfellow et al., Deep Learning (2016), section 2.12.
    """
    check_matrix("data", data)
    n = data.shape[0]
    if n < 2:
        raise ValueError(
            f"data must hold two samples or more, got {n}; "
            "one sample has no spread"
        )
    check_count("count", count, 1, min(data.shape))
    mean = data.mean(dim=0)
    _, s, vt = torch.linalg.svd(data - mean, full_matrices=False)
    variance = s.square() / (n - 1)
    if variance.sum() == 0:
        raise ValueError(
            "data must vary, got equal samples only; "
            "without spread there is no direction"
        )
    share = variance / variance.sum()
    return PrincipalComponents(
        mean, vt[:count], variance[:count], share[:count]
    )


def least_squares(design: Tensor, target: Tensor) -> Tensor:
    r"""Weights with the smallest squared error, by singular values.

    Args:
        design: `(N, D)`, floating point, one sample a row.
        target: `(N,)`, same dtype.

    Returns:
        `(D,)`, units of target per unit of design; the shortest where
        many weights are equally good.

    Raises:
        TypeError: If an argument is no floating-point tensor.
        ValueError: If shapes do not fit or nothing is in them.

    Examples:
        >>> design = torch.tensor([[1.0, 0.0], [0.0, 2.0], [0.0, 0.0]])
        >>> least_squares(design, torch.tensor([3.0, 4.0, 5.0]))
        tensor([3., 2.])
    """
    check_system(design, target)
    u, s, vt = torch.linalg.svd(design, full_matrices=False)
    noise = torch.finfo(s.dtype).eps * max(design.shape) * s[0]
    inverse = torch.where(s > noise, 1 / s, 0.0)  # 1 / 0 counts as 0
    return vt.T @ (inverse * (u.T @ target))


def normal_equations(design: Tensor, target: Tensor) -> Tensor:
    r"""Weights with the smallest squared error, by one linear system.

    Args:
        design: `(N, D)`, floating point, independent columns.
        target: `(N,)`, same dtype.

    Returns:
        `(D,)`, units of target per unit of design; with half the digits
        of `least_squares`, since the condition number is squared.

    Raises:
        TypeError: If an argument is no floating-point tensor.
        ValueError: If shapes do not fit or nothing is in them.

    Examples:
        >>> design = torch.tensor([[1.0, 0.0], [0.0, 2.0], [0.0, 0.0]])
        >>> normal_equations(design, torch.tensor([3.0, 4.0, 5.0]))
        tensor([3., 2.])

    References:
        Goodfellow et al., Deep Learning (2016), section 5.1.
    """
    check_system(design, target)
    return torch.linalg.solve(design.T @ design, design.T @ target)


def check_matrix(name: str, value: Tensor) -> None:
    r"""Refuse what is no filled matrix of floating-point numbers.

    Args:
        name: Name of the argument, for the message.
        value: What the caller gave.

    Raises:
        TypeError: If `value` is no floating-point tensor.
        ValueError: If it has not two dimensions or no elements.

    Examples:
        >>> check_matrix("data", torch.zeros(4))
        Traceback (most recent call last):
        ValueError: data must have shape (N, D), got (4,); one column needs data.unsqueeze(1)
    """
    check_floating(name, value)
    if value.dim() != 2:
        raise ValueError(
            f"{name} must have shape (N, D), got {tuple(value.shape)}; "
            f"one column needs {name}.unsqueeze(1)"
        )
    check_filled(name, value)


def check_count(name: str, value: int, low: int, high: int) -> None:
    r"""Refuse a number of dimensions that a matrix does not have.

    Args:
        name: Name of the argument, for the message.
        value: What the caller gave.
        low: Smallest that will do.
        high: Largest that will do.

    Raises:
        ValueError: If `value` is no whole number from `low` to `high`.

    Examples:
        >>> check_count("rank", 9, 0, 8)
        Traceback (most recent call last):
        ValueError: rank must be a whole number from 0 to 8, got 9
    """
    if not isinstance(value, int) or not low <= value <= high:
        raise ValueError(
            f"{name} must be a whole number from {low} to {high}, got {value}"
        )


def check_system(design: Tensor, target: Tensor) -> None:
    r"""Refuse a design and a target that do not fit row by row.

    Args:
        design: `(N, D)`, floating point.
        target: `(N,)`, floating point.

    Raises:
        TypeError: If one is no floating-point tensor.
        ValueError: If shapes do not fit or nothing is in them.

    Examples:
        >>> check_system(torch.zeros(3, 2), torch.zeros(2))
        Traceback (most recent call last):
        ValueError: target must have shape (3,), one number for each row of design, got (2,); check the order of the arguments
    """
    check_matrix("design", design)
    check_floating("target", target)
    if target.shape != design.shape[:1]:
        raise ValueError(
            f"target must have shape {tuple(design.shape[:1])}, one number "
            f"for each row of design, got {tuple(target.shape)}; "
            "check the order of the arguments"
        )
