r"""Recurrent cells from their equations, and the networks that repeat them.

The weights have the names, shapes and gate order of `torch.nn.RNN`, `GRU`
and `LSTM`, so that `load_state_dict` carries them over in both directions.
The batch always comes first: sequences are `(B, T, D)`.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn

from deepbook.checks import check_number
from deepbook.components.model.checks import (
    check_axes,
    check_last,
    check_whole,
)

State = Tensor | tuple[Tensor, Tensor]
Linear = Callable[[Tensor], Tensor]


def rnn_cell(x: Tensor, h: Tensor, of_x: Linear, of_h: Linear) -> Tensor:
    r"""One step of a plain recurrent network.

    Args:
        x: Input `(B, D)`.
        h: State before `(B, H)`.
        of_x: Affine map D -> H.
        of_h: Affine map H -> H.

    Returns:
        State after `(B, H)`.

    Raises:
        TypeError, ValueError: If input and state are no `(B, ...)`.

    Examples:
        >>> x, h = torch.tensor([[0.5]]), torch.tensor([[1.0]])
        >>> rnn_cell(x, h, lambda x: 2 * x, lambda h: -h)  # tanh(1 - 1)
        tensor([[0.]])

    References:
        Elman, Finding Structure in Time (1990).
    """
    _check_cell(x, h)
    return torch.tanh(of_x(x) + of_h(h))


def gru_cell(x: Tensor, h: Tensor, of_x: Linear, of_h: Linear) -> Tensor:
    r"""One step of a gated recurrent unit.

    Args:
        x: Input `(B, D)`.
        h: State before `(B, H)`.
        of_x: Affine map D -> 3 H, for reset, update and candidate.
        of_h: Affine map H -> 3 H, likewise.

    Returns:
        State after `(B, H)`.

    Raises:
        TypeError, ValueError: If input and state are no `(B, ...)`.

    Examples:
        With all maps 0 both gates are 1/2 and the candidate is 0:

        >>> h = torch.tensor([[1.0]])
        >>> zero = lambda value: torch.zeros(1, 3)
        >>> gru_cell(torch.zeros(1, 1), h, zero, zero)
        tensor([[0.5000]])

    References:
        Cho et al., Learning Phrase Representations using RNN
        Encoder-Decoder for Statistical Machine Translation (2014).
    """
    _check_cell(x, h)
    x_reset, x_update, x_new = of_x(x).chunk(3, dim=1)
    h_reset, h_update, h_new = of_h(h).chunk(3, dim=1)
    reset = torch.sigmoid(x_reset + h_reset)
    update = torch.sigmoid(x_update + h_update)
    candidate = torch.tanh(x_new + reset * h_new)
    return (1 - update) * candidate + update * h


def lstm_cell(
    x: Tensor, state: tuple[Tensor, Tensor], of_x: Linear, of_h: Linear
) -> tuple[Tensor, Tensor]:
    r"""One step of a long short-term memory.

    Args:
        x: Input `(B, D)`.
        state: Output h and memory c before, `(B, H)` each.
        of_x: Affine map D -> 4 H, for the input, forget, cell and output
            gates.
        of_h: Affine map H -> 4 H, likewise.

    Returns:
        Output and memory after, `(B, H)` each.

    Raises:
        TypeError, ValueError: If input and state are no `(B, ...)`.

    Examples:
        With all maps 0 the gates are 1/2 and nothing new is written:

        >>> zero = lambda value: torch.zeros(1, 4)
        >>> state = torch.zeros(1, 1), torch.ones(1, 1)
        >>> h, c = lstm_cell(torch.zeros(1, 1), state, zero, zero)
        >>> c
        tensor([[0.5000]])

    References:
        Hochreiter and Schmidhuber, Long Short-Term Memory (1997); the forget
        gate: Gers et al., Learning to Forget (2000).
    """
    h, c = state
    _check_cell(x, h)
    write, keep, new, show = (of_x(x) + of_h(h)).chunk(4, dim=1)
    c = torch.sigmoid(keep) * c + torch.sigmoid(write) * torch.tanh(new)
    return torch.sigmoid(show) * torch.tanh(c), c


def _check_cell(x: Tensor, h: Tensor) -> None:
    check_axes("x", x, "B, D")
    check_axes("h", h, "B, H")
    check_number("batch of h", len(h), len(h) == len(x), f"{len(x)}")


class Recurrent(nn.Module):
    r"""A cell repeated over time, in one or more layers.

    Not used by itself: `RNN`, `GRU` and `LSTM` say which cell.

    Args:
        input_size: Numbers a time step, D.
        hidden_size: Numbers of the state, H.
        num_layers: Layers, each reading the outputs of the one below.
        bias: Whether the affine maps have biases.

    Raises:
        ValueError: If a size is below 1.

    Examples:
        >>> RNN(3, 4)(torch.zeros(2, 5, 3))[0].shape
        torch.Size([2, 5, 4])
    """

    maps = 1  # affine maps in the cell

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__()
        check_whole(
            input_size=input_size,
            hidden_size=hidden_size,
            num_layers=num_layers,
        )
        self.input_size, self.hidden_size = input_size, hidden_size
        self.num_layers, self.bias = num_layers, bias
        widths = [input_size] + [hidden_size] * num_layers
        rows = self.maps * hidden_size
        for layer, (below, here) in enumerate(pairwise(widths)):
            shapes = {"weight_ih": (rows, below), "weight_hh": (rows, here)}
            if bias:
                shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
            for name, shape in shapes.items():
                parameter = nn.Parameter(torch.empty(shape))
                self.register_parameter(f"{name}_l{layer}", parameter)
        self.draw_parameters()

    @torch.no_grad()
    def draw_parameters(self, generator: torch.Generator | None = None):
        r"""Draw all parameters anew: uniform, up to 1 / sqrt(H) either way.

        Args:
            generator: Source of randomness; None for the global one.
        """
        bound = self.hidden_size**-0.5
        for parameter in self.parameters():
            parameter.uniform_(-bound, bound, generator=generator)

    def cell(self, x: Tensor, state: State, of_x: Linear, of_h: Linear):
        r"""One step; what it is, `RNN`, `GRU` and `LSTM` say."""
        raise NotImplementedError("use RNN, GRU or LSTM")

    def start(self, x: Tensor) -> State:
        r"""State of one layer before the first step, `(B, H)`: zeros."""
        return x.new_zeros(len(x), self.hidden_size)

    def forward(
        self, x: Tensor, state: State | None = None
    ) -> tuple[Tensor, State]:
        r"""Read sequences from the first step to the last.

        Args:
            x: `(B, T, D)`.
            state: State before the first step, `(layers, B, H)`, for LSTM a
                pair of such; None for zeros.

        Returns:
            Outputs of the last layer `(B, T, H)`, and the state after the
            last step, like `state`.
        """
        check_axes("x", x, "B, T, D")
        check_last("x", x, self.input_size)
        ends = []
        for layer in range(self.num_layers):
            of_x, of_h = self._affine("ih", layer), self._affine("hh", layer)
            now = self.start(x) if state is None else _of(state, layer)
            outputs = []
            for x_t in x.unbind(dim=1):  # (B, D), one step after another
                now = self.cell(x_t, now, of_x, of_h)
                outputs.append(now[0] if isinstance(now, tuple) else now)
            x = torch.stack(outputs, dim=1)
            ends.append(now)
        if isinstance(now, tuple):
            return x, tuple(
                torch.stack(part) for part in zip(*ends, strict=True)
            )
        return x, torch.stack(ends)

    def _affine(self, name: str, layer: int) -> Linear:
        weight = getattr(self, f"weight_{name}_l{layer}")
        bias = getattr(self, f"bias_{name}_l{layer}", None)
        return lambda value: nn.functional.linear(value, weight, bias)


def _of(state: State, layer: int) -> State:
    if isinstance(state, tuple):
        return state[0][layer], state[1][layer]
    return state[layer]


class RNN(Recurrent):
    r"""Plain recurrent network with tanh, as `torch.nn.RNN`, batch first.

    Args and outputs: see `Recurrent`.

    Examples:
        >>> twin = nn.RNN(3, 4, batch_first=True)
        >>> ours = RNN(3, 4)
        >>> _ = ours.load_state_dict(twin.state_dict())
        >>> x = torch.ones(2, 5, 3)
        >>> torch.allclose(ours(x)[0], twin(x)[0], atol=1e-6)
        True
    """

    def cell(self, x: Tensor, state: Tensor, of_x: Linear, of_h: Linear):
        r"""`rnn_cell`."""
        return rnn_cell(x, state, of_x, of_h)


class GRU(Recurrent):
    r"""Gated recurrent units, as `torch.nn.GRU`, batch first.

    Args and outputs: see `Recurrent`.

    Examples:
        >>> sum(p.numel() for p in GRU(3, 4).parameters())  # 3 (12+16+4+4)
        108
    """

    maps = 3

    def cell(self, x: Tensor, state: Tensor, of_x: Linear, of_h: Linear):
        r"""`gru_cell`."""
        return gru_cell(x, state, of_x, of_h)


class LSTM(Recurrent):
    r"""Long short-term memory, as `torch.nn.LSTM`, batch first.

    Args and outputs: see `Recurrent`; the state is the pair (h, c).

    Examples:
        >>> outputs, (h, c) = LSTM(3, 4, num_layers=2)(torch.zeros(6, 5, 3))
        >>> tuple(outputs.shape), tuple(c.shape)
        ((6, 5, 4), (2, 6, 4))
    """

    maps = 4

    def cell(self, x: Tensor, state: State, of_x: Linear, of_h: Linear):
        r"""`lstm_cell`."""
        return lstm_cell(x, state, of_x, of_h)

    def start(self, x: Tensor) -> State:
        r"""Output and memory before the first step, `(B, H)` each."""
        zero = super().start(x)
        return zero, zero
