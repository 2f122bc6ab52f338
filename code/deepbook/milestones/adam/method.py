r"""Adam, with AMSGrad's long memory as a switch, and AdamW."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from deepbook.checks import check_not_negative, check_number
from deepbook.components.optimizer import Optimizer


class Adam(Optimizer):
    r"""Follow the running mean of the gradient, in units of its own size.

    Args:
        params: Parameters, or groups of them.
        lr: Learning rate, about the size of one step.
        betas: Shares of the running means of the gradient and of its
            square that are kept at a step, each in [0, 1).
        eps: Keeps the division from 0 / 0.
        weight_decay: Pull toward zero, added to the gradient.
        amsgrad: Whether to divide by the largest mean square so far.
        maximize: Whether to climb instead of descend.

    Raises:
        ValueError: If a setting is out of range.

    Examples:
        The first step is lr, whatever the size of the gradient.

        >>> w = torch.tensor([1.0, 1.0], requires_grad=True)
        >>> w.grad = torch.tensor([500.0, -0.002])
        >>> Adam([w], lr=0.25).step()
        >>> [round(x, 4) for x in w.tolist()]
        [0.75, 1.25]

    References:
        Kingma and Ba, Adam: A Method for Stochastic Optimization (2015),
        algorithm 1. Reddi, Kale and Kumar, On the Convergence of Adam and
        Beyond (2018), for `amsgrad`; like PyTorch, and unlike the paper,
        it corrects the bias of what it divides by.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        check_not_negative(lr=lr, eps=eps, weight_decay=weight_decay)
        if not isinstance(betas, tuple | list) or len(betas) != 2:
            raise ValueError(
                f"betas must be two numbers, got {betas}; try (0.9, 0.999)"
            )
        for i, beta in enumerate(betas):
            good = 0 <= beta < 1
            check_number(f"betas[{i}]", beta, good, "in [0, 1)")
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def change(self, grad: Tensor, state: dict, group: dict) -> Tensor:
        r"""Algorithm 1 of the paper, line by line."""
        beta1, beta2 = group["betas"]
        if not state:
            state["step"] = torch.tensor(0.0)
            state["exp_avg"] = torch.zeros_like(grad)  # m
            state["exp_avg_sq"] = torch.zeros_like(grad)  # v
        state["step"] = state["step"] + 1
        t = state["step"].item()
        m = beta1 * state["exp_avg"] + (1 - beta1) * grad
        v = beta2 * state["exp_avg_sq"] + (1 - beta2) * grad.square()
        state["exp_avg"], state["exp_avg_sq"] = m, v
        if group["amsgrad"]:
            v = torch.maximum(state.get("max_exp_avg_sq", v), v)
            state["max_exp_avg_sq"] = v
        m_hat = m / (1 - beta1**t)  # both began at zero
        v_hat = v / (1 - beta2**t)
        return group["lr"] * m_hat / (v_hat.sqrt() + group["eps"])


class AdamW(Adam):
    r"""Adam whose weight decay goes past the division by size.

    Args:
        params: Parameters, or groups of them.
        lr: Learning rate, about the size of one step.
        betas: Shares of the running means that are kept, as in `Adam`.
        eps: Keeps the division from 0 / 0.
        weight_decay: A step shrinks parameters to 1 - lr weight_decay
            of what they were.
        amsgrad: Whether to divide by the largest mean square so far.
        maximize: Whether to climb instead of descend.

    Raises:
        ValueError: If a setting is out of range.

    Examples:
        Half of the parameter goes, then a step of 0.25.

        >>> w = torch.tensor([1.0], requires_grad=True)
        >>> w.grad = torch.tensor([500.0])
        >>> AdamW([w], lr=0.25, weight_decay=2.0).step()
        >>> round(w.item(), 4)
        0.25

    References:
        Loshchilov and Hutter, Decoupled Weight Decay Regularization
        (2019), algorithm 2, whose decay is not multiplied by the
        learning rate but by a schedule; the product is PyTorch's way.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize
        )

    def decay(self, p: Tensor, grad: Tensor, group: dict) -> Tensor:
        r"""Shrink the parameter itself; leave the gradient alone."""
        p *= 1 - group["lr"] * group["weight_decay"]
        return grad
