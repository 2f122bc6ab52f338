r"""Slopes by finite differences, and the check of a gradient by them."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from deepbook.checks import check_filled, check_floating, check_number

Function = Callable[[Tensor], Tensor]
"""From a tensor to a tensor."""


def numerical_jacobian(
    function: Function, x: Tensor, step: float | None = None
) -> Tensor:
    r"""Jacobian by central differences, in units of output per unit of x.

    Args:
        function: From a tensor of the shape of `x` to a tensor.
        x: Any shape with N elements, floating point.
        step: Distance to each side; None for the cube root of the
            machine epsilon, which balances truncation and rounding.

    Returns:
        `(M, N)` for M elements of output; row i, column j holds the
        slope of output i along x_j.

    Raises:
        TypeError: If `x` is no floating-point tensor.
        ValueError: If `x` is empty, or `step` is not positive and
            finite, or so small that x + step rounds to x.

    Examples:
        >>> x = torch.tensor([3.0, 4.0], dtype=torch.float64)
        >>> swap = lambda x: torch.stack([2 * x[1], x[0] * x[1]])
        >>> numerical_jacobian(swap, x).round(decimals=6)
        tensor([[0., 2.],
                [4., 3.]], dtype=torch.float64)

    References:
        Goodfellow et al., Deep Learning (2016), section 4.3.
    """
    check_floating("x", x)
    check_filled("x", x)
    if step is None:
        step = torch.finfo(x.dtype).eps ** (1 / 3)
    good = 0 < step < float("inf")
    check_number("step", step, good, "positive and finite")
    columns = []
    for i in range(x.numel()):
        right, left = x.detach().flatten().clone(), x.detach().flatten()
        left = left.clone()
        right[i] += step
        left[i] -= step
        width = right[i] - left[i]  # what rounding left of 2 * step
        if width == 0:
            raise ValueError(
                f"step must move x, but {step:g} is lost beside "
                f"{right[i].item():g} in {x.dtype}; take a larger step"
            )
        rise = function(right.view_as(x)) - function(left.view_as(x))
        columns.append(rise.detach().reshape(-1) / width)
    return torch.stack(columns, dim=1)


def numerical_gradient(
    function: Function, x: Tensor, step: float | None = None
) -> Tensor:
    r"""Gradient by central differences, in units of output per unit of x.

    Args:
        function: From a tensor of the shape of `x` to a scalar.
        x: Any shape, floating point.
        step: As in `numerical_jacobian`.

    Returns:
        Shape of `x`.

    Raises:
        TypeError: If `x` is no floating-point tensor.
        ValueError: As in `numerical_jacobian`, or if the output is no
            scalar.

    Examples:
        >>> x = torch.tensor([3.0, 4.0], dtype=torch.float64)
        >>> numerical_gradient(lambda x: x.square().sum(), x)  # 2 x
        tensor([6.0000, 8.0000], dtype=torch.float64)
    """
    rows = numerical_jacobian(function, x, step)
    if len(rows) != 1:
        raise ValueError(
            f"function must return a scalar, got {len(rows)} numbers; "
            "take numerical_jacobian for those"
        )
    return rows[0].view_as(x)


def gradient_error(
    function: Function,
    x: Tensor,
    gradient: Function | None = None,
    step: float | None = None,
) -> float:
    r"""Relative distance of a gradient from finite differences, no unit.

    Args:
        function: From a tensor of the shape of `x` to a scalar.
        x: Any shape, floating point; take float64.
        gradient: From `x` to the gradient; None for autograd's.
        step: As in `numerical_jacobian`.

    Returns:
        Largest difference of two entries, divided by the largest entry:
        about 1e-9 for a right gradient in float64, 0 where both are 0.

    Raises:
        TypeError: If `x` is no floating-point tensor.
        ValueError: As in `numerical_gradient`, or if the gradient does
            not have the shape of `x`.

    Examples:
        >>> x = torch.tensor([3.0, 4.0], dtype=torch.float64)
        >>> energy = lambda x: x.square().sum()
        >>> gradient_error(energy, x) < 1e-8
        True
        >>> round(gradient_error(energy, x, lambda x: x), 6)  # forgot the 2
        0.5
    """
    numeric = numerical_gradient(function, x, step)
    if gradient is None:
        leaf = x.detach().clone().requires_grad_()
        (given,) = torch.autograd.grad(function(leaf).reshape(()), leaf)
    else:
        given = gradient(x).detach()
    if given.shape != x.shape:
        raise ValueError(
            f"gradient must have the shape of x, {tuple(x.shape)}, "
            f"got {tuple(given.shape)}; one slope for each entry of x"
        )
    scale = max(given.abs().max().item(), numeric.abs().max().item())
    gap = (given - numeric).abs().max().item()
    return gap / scale if scale > 0 else 0.0


def vector_jacobian_product(
    function: Function, x: Tensor, vector: Tensor
) -> Tensor:
    r"""Vector times Jacobian, without the Jacobian; units as the product.

    Args:
        function: From a tensor of the shape of `x` to a tensor.
        x: Any shape, floating point.
        vector: Shape of the output; how much each output counts.

    Returns:
        Shape of `x`: the slope of `(vector * function(x)).sum()`.

    Raises:
        TypeError: If `x` or `vector` is no floating-point tensor.
        ValueError: If `vector` does not have the shape of the output.

    Examples:
        >>> x, v = torch.tensor([3.0, 4.0]), torch.tensor([1.0, 10.0])
        >>> swap = lambda x: torch.stack([2 * x[1], x[0] * x[1]])
        >>> vector_jacobian_product(swap, x, v)  # (10 * 4, 2 + 10 * 3)
        tensor([40., 32.])
    """
    check_floating("x", x)
    check_floating("vector", vector)
    leaf = x.detach().clone().requires_grad_()
    output = function(leaf)
    if vector.shape != output.shape:
        raise ValueError(
            "vector must have the shape of the output, "
            f"{tuple(output.shape)}, got {tuple(vector.shape)}; "
            "one number for each output"
        )
    (product,) = torch.autograd.grad(output, leaf, vector)
    return product
