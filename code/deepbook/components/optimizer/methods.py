r"""Four update rules. `change` returns what is subtracted from a parameter."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from deepbook.checks import check_not_negative, check_number
from deepbook.components.optimizer.base import Optimizer


class SGD(Optimizer):
    r"""Gradient descent, with momentum and Nesterov's look ahead.

    It is stochastic if the gradients are: whoever computes them from a
    mini-batch gets SGD, from the whole data plain gradient descent.

    Args:
        params: Parameters, or groups of them.
        lr: Learning rate.
        momentum: Share of the last velocity that is kept, in [0, 1).
        dampening: Share of the new gradient that is left out.
        weight_decay: Pull toward zero, added to the gradient.
        nesterov: Whether to step from where momentum will have led.
        maximize: Whether to climb instead of descend.

    Raises:
        ValueError: If a setting is out of range, or `nesterov` is asked
            for without momentum or with dampening.

    Examples:
        Gradient 1, twice: velocity 1, then 0.5 * 1 + 1 = 1.5.

        >>> w = torch.tensor([0.0], requires_grad=True)
        >>> w.grad = torch.ones(1)
        >>> sgd = SGD([w], lr=1.0, momentum=0.5)
        >>> sgd.step()
        >>> sgd.step()
        >>> w.item()
        -2.5

    References:
        Robbins and Monro, A Stochastic Approximation Method (1951).
        Polyak, Some Methods of Speeding Up the Convergence of Iteration
        Methods (1964), for momentum. Sutskever et al., On the Importance
        of Initialization and Momentum (2013), for Nesterov's form.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        check_not_negative(lr=lr, weight_decay=weight_decay)
        good = 0 <= momentum < 1
        check_number("momentum", momentum, good, "in [0, 1)")
        good = 0 <= dampening <= 1
        check_number("dampening", dampening, good, "in [0, 1]")
        if nesterov and (momentum == 0 or dampening != 0):
            raise ValueError(
                "nesterov must have momentum above 0 and dampening 0, "
                f"got momentum {momentum} and dampening {dampening}; "
                "try momentum=0.9"
            )
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def change(self, grad: Tensor, state: dict, group: dict) -> Tensor:
        r"""Add the gradient to the velocity and follow it."""
        beta = group["momentum"]
        if beta == 0:
            return group["lr"] * grad
        if state.get("momentum_buffer") is None:
            velocity = grad.clone()  # the first gradient in full
        else:
            fresh = (1 - group["dampening"]) * grad
            velocity = beta * state["momentum_buffer"] + fresh
        state["momentum_buffer"] = velocity
        if group["nesterov"]:
            velocity = grad + beta * velocity  # one step ahead
        return group["lr"] * velocity


class Adagrad(Optimizer):
    r"""Divide each gradient by the root of the sum of all its squares.

    Args:
        params: Parameters, or groups of them.
        lr: Learning rate.
        lr_decay: The rate falls as 1 / (1 + t lr_decay).
        weight_decay: Pull toward zero, added to the gradient.
        initial_accumulator_value: What the sum begins with.
        eps: Keeps the division from 0 / 0.
        maximize: Whether to climb instead of descend.

    Raises:
        ValueError: If a setting is negative or not finite.

    Examples:
        Gradients 3 and 4: steps 3 / sqrt(9) and 4 / sqrt(9 + 16).

        >>> w = torch.tensor([0.0], requires_grad=True)
        >>> adagrad = Adagrad([w], lr=1.0)
        >>> for g in (3.0, 4.0):
        ...     w.grad = torch.tensor([g])
        ...     adagrad.step()
        >>> round(w.item(), 4)
        -1.8

    References:
        Duchi, Hazan and Singer, Adaptive Subgradient Methods (2011).
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "lr_decay": lr_decay,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "eps": eps,
        }
        check_not_negative(**defaults)
        super().__init__(params, {**defaults, "maximize": maximize})

    def change(self, grad: Tensor, state: dict, group: dict) -> Tensor:
        r"""Scale by all squares so far, which only grow."""
        if not state:
            start = group["initial_accumulator_value"]
            state["step"] = torch.tensor(0.0)
            state["sum"] = torch.full_like(grad, start)
        late = 1 + state["step"].item() * group["lr_decay"]
        state["step"] = state["step"] + 1
        state["sum"] = state["sum"] + grad.square()
        scale = state["sum"].sqrt() + group["eps"]
        return group["lr"] / late * grad / scale


class RMSprop(Optimizer):
    r"""Divide each gradient by the root of a running mean of its squares.

    Args:
        params: Parameters, or groups of them.
        lr: Learning rate.
        alpha: Share of the mean that is kept at a step, in [0, 1).
        eps: Keeps the division from 0 / 0.
        weight_decay: Pull toward zero, added to the gradient.
        momentum: Share of the last velocity that is kept, in [0, 1).
        centered: Whether to divide by the standard deviation instead.
        maximize: Whether to climb instead of descend.

    Raises:
        ValueError: If a setting is out of range.

    Examples:
        The first mean is a hundredth of the square: a step of 10 lr.

        >>> w = torch.tensor([0.0], requires_grad=True)
        >>> w.grad = torch.tensor([7.0])
        >>> RMSprop([w], lr=0.1).step()
        >>> round(w.item(), 4)
        -1.0

    References:
        Hinton, Neural Networks for Machine Learning, lecture on RMSprop.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        check_not_negative(lr=lr, eps=eps, weight_decay=weight_decay)
        check_number("alpha", alpha, 0 <= alpha < 1, "in [0, 1)")
        good = 0 <= momentum < 1
        check_number("momentum", momentum, good, "in [0, 1)")
        defaults = {
            "lr": lr,
            "alpha": alpha,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum": momentum,
            "centered": centered,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def change(self, grad: Tensor, state: dict, group: dict) -> Tensor:
        r"""Scale by the squares of late; older ones fade."""
        if not state:
            state["step"] = torch.tensor(0.0)
            for name in ("square_avg", "grad_avg", "momentum_buffer"):
                state[name] = torch.zeros_like(grad)
        state["step"] = state["step"] + 1
        old, new = group["alpha"], 1 - group["alpha"]
        state["square_avg"] = old * state["square_avg"] + new * grad.square()
        square = state["square_avg"]
        if group["centered"]:
            state["grad_avg"] = old * state["grad_avg"] + new * grad
            square = square - state["grad_avg"].square()
        step = grad / (square.sqrt() + group["eps"])
        if group["momentum"] > 0:
            step = group["momentum"] * state["momentum_buffer"] + step
            state["momentum_buffer"] = step
        return group["lr"] * step


class Adadelta(Optimizer):
    r"""RMSprop in the units of the parameter, by the size of past steps.

    Args:
        params: Parameters, or groups of them.
        lr: Factor on the step; 1 in the paper.
        rho: Share of the running means that is kept, in [0, 1).
        eps: Starts the first steps, which would be 0.
        weight_decay: Pull toward zero, added to the gradient.
        maximize: Whether to climb instead of descend.

    Raises:
        ValueError: If a setting is out of range.

    Examples:
        >>> w = torch.tensor([0.0], requires_grad=True)
        >>> w.grad = torch.tensor([1.0])
        >>> Adadelta([w], rho=0.75, eps=0.25).step()
        >>> round(w.item(), 4)  # sqrt(0.25) / sqrt(0.25 * 1 + 0.25)
        -0.7071

    References:
        Zeiler, ADADELTA: An Adaptive Learning Rate Method (2012).
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        check_not_negative(lr=lr, eps=eps, weight_decay=weight_decay)
        check_number("rho", rho, 0 <= rho < 1, "in [0, 1)")
        defaults = {
            "lr": lr,
            "rho": rho,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def change(self, grad: Tensor, state: dict, group: dict) -> Tensor:
        r"""Scale by the size of past steps over that of past gradients."""
        if not state:
            state["step"] = torch.tensor(0.0)
            state["square_avg"] = torch.zeros_like(grad)
            state["acc_delta"] = torch.zeros_like(grad)
        state["step"] = state["step"] + 1
        old, new, eps = group["rho"], 1 - group["rho"], group["eps"]
        state["square_avg"] = old * state["square_avg"] + new * grad.square()
        size_of_grad = (state["square_avg"] + eps).sqrt()
        step = (state["acc_delta"] + eps).sqrt() / size_of_grad * grad
        state["acc_delta"] = old * state["acc_delta"] + new * step.square()
        return group["lr"] * step
