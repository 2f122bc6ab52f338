r"""What a model costs: parameters to store and multiply-adds to compute.

Both are counted from the model itself, never from a formula that somebody
typed. On the `meta` device, tensors have shapes and no content, so that a
model of any published size is counted in a moment and without memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from math import prod

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.parameter import is_lazy
from torch.utils.flop_counter import FlopCounterMode

aten = torch.ops.aten


def _rnn_layer(x, w_ih, w_hh, *rest, out_shape=None, **options) -> int:
    return 2 * prod(x[:-1]) * (prod(w_ih) + prod(w_hh))  # x: (T, B, D)


def _pairs(a, b, *rest, out_shape=None, **options) -> int:
    return 2 * prod(a)  # one product for each element of the larger


def _add_pairs(bias, a, b, *rest, out_shape=None, **options) -> int:
    return 2 * prod(a)


def _trilinear(a, weight, b, *rest, out_shape=None, **options) -> int:
    return 2 * prod(a[:-1]) * prod(weight)


MORE = {
    aten.mkldnn_rnn_layer: _rnn_layer,
    aten.mv: _pairs,
    aten.dot: _pairs,
    aten.addmv: _add_pairs,
    aten._trilinear: _trilinear,
}
"""Operations that PyTorch's counter passes over without a word."""


@dataclass(frozen=True)
class LayerCost:
    r"""One layer of a model: what it holds and what it computes.

    Args:
        name: Dotted name, as in `model.named_modules()`.
        kind: Name of its class.
        shape: Shape of its output; None where that is no tensor.
        parameters: Numbers that it learns.
        multiply_adds: Multiply-adds of one pass.
    """

    name: str
    kind: str
    shape: tuple[int, ...] | None
    parameters: int
    multiply_adds: int


def count_parameters(model: nn.Module, trainable: bool = False) -> int:
    r"""Count the numbers that a model learns.

    A parameter that is used in several places is counted once; buffers, such
    as the running averages of batch normalization, are not counted.

    Args:
        model: Any module, on any device, `meta` too.
        trainable: Leave out parameters that are frozen.

    Returns:
        Number of parameters.

    Raises:
        TypeError: If `model` is no module.
        ValueError: If a parameter has no shape yet (lazy modules).

    Examples:
        >>> count_parameters(nn.Linear(3, 2))  # 3 * 2 weights, 2 biases
        8
        >>> with torch.device("meta"):
        ...     count_parameters(nn.Linear(50_000, 100_000))
        5000100000
    """
    _check_module(model)
    total = 0
    for name, parameter in model.named_parameters():
        if is_lazy(parameter):
            raise ValueError(
                f"every parameter must have a shape, got {name} without one;"
                " call the model once first"
            )
        if parameter.requires_grad or not trainable:
            total += parameter.numel()
    return total


def count_multiply_adds(model: nn.Module, *inputs: Tensor) -> int:
    r"""Count the multiply-adds of one forward pass.

    A multiply-add is one product added to a running sum: the unit in which
    matrix products and convolutions are made. Biases, activations, softmax,
    normalization, pooling and products element by element are not counted;
    two floating-point operations (FLOP) make one multiply-add.

    The counter is PyTorch's own, `FlopCounterMode`. By itself it reports 0
    for `nn.LSTM`, attention and transformer layers where they are computed
    in one fused operation; here these are taken apart or added.

    Args:
        model: Called once as `model(*inputs)`, in evaluation mode, without
            gradients; its modes are put back. A plain function will do.
        inputs: As the model wants them; put model and inputs on the `meta`
            device to count without computing.

    Returns:
        Multiply-adds for the whole batch given.

    Raises:
        TypeError: If `model` cannot be called or an input is no tensor.

    Examples:
        >>> count_multiply_adds(nn.Linear(3, 2), torch.zeros(1, 3))
        6

        A 3 x 3 filter over 2 channels, at 4 * 4 places, for 5 maps:

        >>> count_multiply_adds(nn.Conv2d(2, 5, 3), torch.zeros(1, 2, 6, 6))
        1440
    """
    with _counting(model, inputs) as counter:
        model(*inputs)
    return counter.get_total_flops() // 2


def layer_costs(model: nn.Module, *inputs: Tensor) -> list[LayerCost]:
    r"""List what each layer of a model costs, in the order of their use.

    A layer is a module without modules inside, or the outermost one with
    parameters of its own. Work done in between is in none of the rows.

    Args:
        model: Called once as `model(*inputs)`, as in `count_multiply_adds`.
        inputs: As the model wants them.

    Returns:
        One `LayerCost` for each layer that was used. A layer used twice has
        one row, with the work of both uses.

    Raises:
        TypeError: If `model` is no module or an input is no tensor.

    Examples:
        >>> net = nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 1))
        >>> for row in layer_costs(net, torch.zeros(1, 3)):
        ...     print(row.kind, row.shape, row.parameters, row.multiply_adds)
        Linear (1, 2) 8 6
        ReLU (1, 2) 0 0
        Linear (1, 1) 3 2
    """
    _check_module(model)
    shapes: dict[str, tuple[int, ...] | None] = {}
    work: dict[str, int] = {}
    started: dict[str, int] = {}

    def before(name, module, args):
        started[name] = counter.get_total_flops()

    def after(name, module, args, output):
        done = counter.get_total_flops() - started[name]
        work[name] = work.get(name, 0) + done // 2
        first = output[0] if isinstance(output, tuple) else output
        tensor = isinstance(first, Tensor)
        shapes[name] = tuple(first.shape) if tensor else None

    layers = dict(_layers("", model))
    with ExitStack() as stack:
        for name, module in layers.items():
            hook = module.register_forward_pre_hook(partial(before, name))
            stack.callback(hook.remove)
            hook = module.register_forward_hook(partial(after, name))
            stack.callback(hook.remove)
        counter = stack.enter_context(_counting(model, inputs))
        model(*inputs)
    return [
        LayerCost(
            name or "model",
            type(layers[name]).__name__,
            shapes[name],
            count_parameters(layers[name]),
            work[name],
        )
        for name in sorted(work, key=list(started).index)
    ]


def _layers(name: str, module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    own = next(module.parameters(recurse=False), None)
    children = list(module.named_children())
    if own is not None or not children:
        yield name, module
        return
    for part, child in children:
        yield from _layers(f"{name}.{part}" if name else part, child)


@contextmanager
def _counting(model, inputs) -> Iterator[FlopCounterMode]:
    if not callable(model):
        raise TypeError(
            f"model must be a module or a function, got"
            f" {type(model).__name__}; give the model before its inputs"
        )
    for position, x in enumerate(inputs):
        if not isinstance(x, Tensor):
            raise TypeError(
                f"input {position} must be a tensor, got {type(x).__name__};"
                " give an example batch, torch.zeros(shape) will do"
            )
    modules = list(model.modules()) if isinstance(model, nn.Module) else []
    modes = [module.training for module in modules]
    counter = FlopCounterMode(display=False, custom_mapping=MORE)
    with ExitStack() as stack:
        stack.enter_context(torch.no_grad())
        stack.enter_context(sdpa_kernel(SDPBackend.MATH))
        stack.enter_context(torch.backends.cudnn.flags(enabled=False))
        fused = torch.backends.mha.get_fastpath_enabled()
        stack.callback(torch.backends.mha.set_fastpath_enabled, fused)
        torch.backends.mha.set_fastpath_enabled(False)
        try:
            for module in modules:
                module.training = False
            with counter:
                yield counter
        finally:
            for module, mode in zip(modules, modes, strict=True):
                module.training = mode


def _check_module(model) -> None:
    if not isinstance(model, nn.Module):
        raise TypeError(
            f"model must be a module, got {type(model).__name__}; give the"
            " model itself, not its parameters or its outputs"
        )
