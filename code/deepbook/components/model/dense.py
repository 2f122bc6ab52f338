r"""Models that see their input as a list of numbers: linear, and with hidden layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from deepbook.checks import check_floating
from deepbook.components.model.checks import check_last, check_sizes

Activation = Callable[[Tensor], Tensor]


class MLP(nn.Module):
    r"""Linear layers with an activation between them.

    The input is flattened, whatever its shape: the model does not know which
    numbers are neighbours. Without an activation the whole model is linear,
    however deep; with two sizes alone it is one linear layer.

    Args:
        sizes: Number of inputs, of units in each hidden layer, of outputs.
        activation: Between the layers; None for a linear model.

    Raises:
        ValueError: If there are fewer than two sizes, or one is below 1.

    Examples:
        >>> from deepbook.components.model import count_parameters
        >>> mlp = MLP([64, 10, 3])
        >>> count_parameters(mlp)  # 64 * 10 + 10 and 10 * 3 + 3
        683
        >>> mlp(torch.zeros(5, 8, 8)).shape
        torch.Size([5, 3])

    References:
        Goodfellow et al., Deep Learning (2016), chapter 6.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activation: Activation | None = torch.relu,
    ) -> None:
        super().__init__()
        check_sizes(sizes, least=2)
        pairs = zip(sizes[:-1], sizes[1:], strict=True)
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairs)
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        r"""Compute the outputs.

        Args:
            x: `(B, ...)` with as many numbers a sample as inputs.

        Returns:
            `(B, K)`.
        """
        check_floating("x", x)
        x = x.flatten(1)  # (B, D)
        check_last("x", x, self.layers[0].in_features)
        for layer in self.layers[:-1]:
            x = layer(x)
            if self.activation is not None:
                x = self.activation(x)
        return self.layers[-1](x)
