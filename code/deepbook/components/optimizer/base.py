r"""What all optimizers share: the walk over the parameters, and what they demand of their arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor


class Optimizer(torch.optim.Optimizer):
    r"""An optimizer whose children say only how far a parameter moves.

    PyTorch's base class keeps the parameter groups and saves and loads the state; whatever takes a
    `torch.optim.Optimizer`, a schedule or a training loop, takes this one.

    Args:
        params: Parameters, or groups of them, as for `torch.optim`.
        defaults: Settings of every group that does not bring its own; `weight_decay` and `maximize` among them.

    Raises:
        TypeError: If `params` is a tensor instead of a collection of tensors.
        ValueError: If `params` is empty.

    Examples:
        >>> class Sign(Optimizer):
        ...     def change(self, grad, state, group):
        ...         return group["lr"] * grad.sign()
        >>> w = torch.tensor([1.0, -2.0], requires_grad=True)
        >>> (w * w).sum().backward()
        >>> Sign([w], {"lr": 0.5, "weight_decay": 0.0, "maximize": False}).step()
        >>> w
        tensor([ 0.5000, -1.5000], requires_grad=True)
    """

    def __init__(
        self, params: Iterable[Any], defaults: dict[str, Any]
    ) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                "params must be an iterable of tensors or groups, got a Tensor; write [w] for one parameter w"
            )
        params = list(params)
        if not params:
            raise ValueError(
                "params must hold at least one parameter, got none; an iterator such as model.parameters() runs out after one use"
            )
        super().__init__(params, defaults)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        r"""Move every parameter that has a gradient.

        Args:
            closure: Computes the loss and its gradients anew; optional.

        Returns:
            What `closure` returned, or None.

        Raises:
            TypeError: If a gradient is sparse.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                if p.grad.is_sparse:
                    raise TypeError(
                        "gradients must be dense, got a sparse one; use sparse=False in the embedding"
                    )
                grad = -p.grad if group["maximize"] else p.grad
                grad = self.decay(p, grad, group)
                p -= self.change(grad, self.state[p], group)
        return loss

    def decay(self, p: Tensor, grad: Tensor, group: dict[str, Any]) -> Tensor:
        r"""Pull a parameter toward zero by way of its gradient, as a penalty on its square would.

        Args:
            p: Parameter; a child may change it in place instead.
            grad: Its gradient.
            group: Settings, such as `weight_decay`.

        Returns:
            The gradient with the pull in it; same shape as `grad`.
        """
        return grad + group["weight_decay"] * p

    def change(
        self, grad: Tensor, state: dict[str, Any], group: dict[str, Any]
    ) -> Tensor:
        r"""Compute what is subtracted from a parameter.

        Args:
            grad: Gradient, weight decay included; the shape of the parameter.
            state: What this parameter remembers; empty at first, changed in place.
            group: Settings, such as `lr`.

        Returns:
            Same shape as `grad`.
        """
        raise NotImplementedError
