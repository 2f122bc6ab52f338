r"""Two layers of AlexNet from their formulas: response normalization across maps, and pooling whose windows may overlap."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from deepbook.checks import check_not_negative, check_number
from deepbook.components.model.checks import check_axes, check_whole


def local_response_norm(
    x: Tensor,
    size: int = 5,
    alpha: float = 1e-4,
    beta: float = 0.75,
    k: float = 2.0,
) -> Tensor:
    r"""Divide each number by what its neighbors in other maps do there.

    b_i = a_i / (k + alpha * sum of a_j^2)^beta, where j runs over `size` maps
    around map i, as far as there are any, at the same place of the picture.
    PyTorch's `local_response_norm` divides alpha by the size; give it
    `alpha * size` for the same result.

    Args:
        x: `(B, C, H, W)`, floating point.
        size: Maps in the window, an odd number; n in the paper.
        alpha: Weight of the squares, 0 or more.
        beta: Power of the divisor.
        k: The divisor, before its power, where all maps are silent;
            positive.

    Returns:
        `(B, C, H, W)`.

    Raises:
        TypeError: If x is no floating-point tensor.
        ValueError: If x has another shape, size is even or below 1, or
            another setting is out of range.

    Examples:
        Two neighbors that both say 2 share one divisor:

        >>> import torch
        >>> x = torch.tensor([2.0, 2.0, 0.0]).view(1, 3, 1, 1)
        >>> y = local_response_norm(x, size=3, alpha=1.0, beta=0.5, k=1.0)
        >>> y.flatten()  # 2 / sqrt(1 + 4 + 4)
        tensor([0.6667, 0.6667, 0.0000])

    References:
        Krizhevsky et al. (2012), section 3.3.
    """
    check_axes("x", x, "B, C, H, W")
    _check_norm(size, alpha, beta, k)
    reach, count = size // 2, x.shape[1]
    squares = F.pad(x.square(), (0, 0, 0, 0, reach, reach))
    total = squares[:, :count]
    for shift in range(1, size):
        total = total + squares[:, shift : shift + count]
    # exp and log are several times faster than a power
    return x * (-beta * (k + alpha * total).log()).exp()


class LocalResponseNorm(nn.Module):
    r"""`local_response_norm` as a layer; it learns nothing.

    Args:
        size, alpha, beta, k: As there; the defaults are the paper's.

    Examples:
        >>> import torch
        >>> LocalResponseNorm()(torch.ones(1, 1, 1, 1)).item() * 2**0.75
        0.99996...
    """

    def __init__(
        self,
        size: int = 5,
        alpha: float = 1e-4,
        beta: float = 0.75,
        k: float = 2.0,
    ) -> None:
        super().__init__()
        _check_norm(size, alpha, beta, k)
        self.settings = size, alpha, beta, k

    def forward(self, x: Tensor) -> Tensor:
        r"""Normalize `(B, C, H, W)`."""
        return local_response_norm(x, *self.settings)

    def extra_repr(self) -> str:
        return "size={}, alpha={}, beta={}, k={}".format(*self.settings)


def max_pool(x: Tensor, size: int = 3, stride: int = 2) -> Tensor:
    r"""Keep the largest number of each window of size x size.

    Windows overlap where the stride is smaller than the size; where they are
    equal, this is the pooling of before.

    Args:
        x: `(B, C, H, W)`, floating point.
        size: Side of a window, z in the paper.
        stride: Pixels from one window to the next, s in the paper.

    Returns:
        `(B, C, H', W')` with H' = (H - size) // stride + 1.

    Raises:
        TypeError: If x is no floating-point tensor.
        ValueError: If a setting is below 1, or a picture smaller than a
            window.

    Examples:
        >>> import torch
        >>> x = torch.tensor([1.0, 2.0, 9.0, 4.0, 5.0]).expand(1, 1, 5, 5)
        >>> max_pool(x)[0, 0, 0], max_pool(x, 2)[0, 0, 0]
        (tensor([9., 9.]), tensor([2., 9.]))

    References:
        Krizhevsky et al. (2012), section 3.4.
    """
    check_axes("x", x, "B, C, H, W")
    check_whole(size=size, stride=stride)
    if min(x.shape[2:]) < size:
        raise ValueError(
            f"a window of {size} x {size} must fit into the picture, got"
            f" {x.shape[2]} x {x.shape[3]}; take smaller windows"
        )
    windows = x.unfold(2, size, stride).unfold(3, size, stride)
    return windows.amax((4, 5))


def _check_norm(size: int, alpha: float, beta: float, k: float) -> None:
    check_whole(size=size)
    check_number("size", size, size % 2 == 1, "an odd number of maps")
    check_not_negative(alpha=alpha, beta=beta, k=k)
    check_number("k", k, k > 0, "positive")
