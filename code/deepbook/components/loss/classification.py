r"""Losses for labels and distributions, computed from logits.

`B` is the batch and `C` the number of classes. Every logarithm is taken of
a sum of exponentials, never of a probability, so that no real logit
overflows or gives log 0.
"""

from __future__ import annotations

import torch
from torch import Tensor

from deepbook.checks import check_floating, check_number, check_range
from deepbook.components.loss.checks import (
    check_classes,
    check_pair,
    check_probabilities,
    check_reduction,
    reduce,
    sum_tolerance,
)


def cross_entropy(
    logits: Tensor,
    target: Tensor,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
) -> Tensor:
    r"""Softmax cross-entropy, in nats per sample.

    Args:
        logits: `(B, C, ...)`, floating point.
        target: Labels 0 to C - 1, `(B, ...)`, int64; or probabilities
            over C, `(B, C, ...)`, floating point.
        label_smoothing: Share of the uniform distribution in the target.
        reduction: "none", "mean" or "sum".

    Returns:
        Scalar, or `(B, ...)` for "none"; nats.

    Raises:
        TypeError: If `logits` is no floating-point tensor, or `target`
            is neither int64 nor floating point.
        ValueError: If shapes do not fit, the batch is empty, a label is
            out of range, probabilities do not sum to 1, `reduction` is
            unknown, or `label_smoothing` is not in [0, 1].

    Examples:
        >>> logits = torch.zeros(1, 4)  # four classes, 1 / 4 each
        >>> cross_entropy(logits, torch.tensor([2])).exp()
        tensor(4.)

    References:
        Goodfellow et al., Deep Learning (2016), section 6.2.2.3.
        Szegedy et al., Rethinking the Inception Architecture (2016),
        section 7, for label smoothing.
    """
    check_target(logits, target)
    share = label_smoothing
    check_number("label_smoothing", share, 0 <= share <= 1, "in [0, 1]")
    # With the largest logit at 0, few digits are lost to rounding.
    z = logits - logits.detach().amax(dim=1, keepdim=True)
    log_p = z - z.logsumexp(dim=1, keepdim=True)  # (B, C, ...)
    if target.is_floating_point():
        loss = -(target * log_p).sum(dim=1)
    else:
        loss = -log_p.gather(1, target.unsqueeze(1)).squeeze(1)
    if share > 0:
        loss = (1 - share) * loss - share * log_p.mean(dim=1)
    return reduce(loss, reduction)


def binary_cross_entropy_with_logits(
    logits: Tensor,
    target: Tensor,
    pos_weight: float = 1.0,
    reduction: str = "mean",
) -> Tensor:
    r"""Sigmoid cross-entropy, in nats per entry.

    Args:
        logits: `(B, ...)`, floating point.
        target: Same shape, floating point, probabilities in [0, 1].
        pos_weight: Factor on the loss of the positive part.
        reduction: "none", "mean" or "sum".

    Returns:
        Scalar, or `(B, ...)` for "none"; nats.

    Raises:
        TypeError: If an argument is no floating-point tensor.
        ValueError: If shapes differ, the batch is empty, `target` leaves
            [0, 1], `reduction` is unknown, or `pos_weight` is not
            positive and finite.

    Examples:
        >>> logit = torch.zeros(1)  # probability 1 / 2
        >>> binary_cross_entropy_with_logits(logit, torch.ones(1)).exp()
        tensor(2.)

    References:
        Goodfellow et al., Deep Learning (2016), section 6.2.2.2.
    """
    check_pair(logits, target, "logits")
    good = 0 < pos_weight < float("inf")
    check_number("pos_weight", pos_weight, good, "positive and finite")
    inside = (target >= 0) & (target <= 1)
    check_range("target", target, inside, "probabilities in [0, 1]")
    # -log sigmoid(z) = softplus(-z)  and  -log(1 - sigmoid(z)) = softplus(z)
    positive = pos_weight * target * softplus(-logits)
    negative = (1 - target) * softplus(logits)
    return reduce(positive + negative, reduction)


def focal_loss(
    logits: Tensor,
    target: Tensor,
    gamma: float = 2.0,
    alpha: float | None = None,
    reduction: str = "mean",
) -> Tensor:
    r"""Binary focal loss, in nats per entry times a factor of at most 1.

    Args:
        logits: `(B, ...)`, floating point.
        target: Same shape, floating point, each 0 or 1.
        gamma: Focus on hard samples; 0 leaves the cross-entropy.
        alpha: Factor on positives, with 1 - alpha on negatives; None for
            1 on both.
        reduction: "none", "mean" or "sum".

    Returns:
        Scalar, or `(B, ...)` for "none"; nats.

    Raises:
        TypeError: If an argument is no floating-point tensor.
        ValueError: If shapes differ, the batch is empty, `target` is not
            0 or 1, `reduction` is unknown, `gamma` is negative, or
            `alpha` is not between 0 and 1.

    Examples:
        >>> logit = torch.zeros(1)  # p_t = 1 / 2, so the factor is 1 / 4
        >>> focal_loss(logit, torch.ones(1), gamma=2.0).mul(4).exp()
        tensor(2.)

    References:
        Lin et al., Focal Loss for Dense Object Detection (2017).
    """
    check_pair(logits, target, "logits")
    good = 0 <= gamma < float("inf")
    check_number("gamma", gamma, good, "0 or more and finite")
    check_range("target", target, (target == 0) | (target == 1), "0 or 1")
    margin = torch.where(target == 1, logits, -logits)  # p_t = sigmoid(margin)
    factor = torch.exp(-gamma * softplus(margin))  # (1 - p_t) ** gamma
    loss = factor * softplus(-margin)
    if alpha is not None:
        check_number("alpha", alpha, 0 < alpha < 1, "between 0 and 1")
        loss = torch.where(target == 1, alpha * loss, (1 - alpha) * loss)
    return reduce(loss, reduction)


def kl_divergence(
    log_prediction: Tensor,
    target: Tensor,
    reduction: str = "batchmean",
) -> Tensor:
    r"""KL divergence of the prediction from the target, in nats.

    Args:
        log_prediction: `(B, C, ...)`, floating point, log-probabilities
            over C, such as `log_softmax(dim=1)` gives.
        target: Same shape, floating point, probabilities over C.
        reduction: "none", "mean", "sum" or "batchmean". Only the last,
            a sum divided by B, is the divergence per sample.

    Returns:
        Scalar, or `(B, C, ...)` for "none"; nats.

    Raises:
        TypeError: If an argument is no floating-point tensor.
        ValueError: If shapes differ, the batch is empty, the arguments
            are no (log-)probabilities over C, or `reduction` is unknown.

    Examples:
        >>> p = torch.tensor([[1.0, 0.0]])
        >>> q = torch.tensor([[0.25, 0.75]])
        >>> kl_divergence(q.log(), p).exp()  # 1 * log(1 / 0.25) = log 4
        tensor(4.)

    References:
        Kullback and Leibler, On Information and Sufficiency (1951).
    """
    check_reduction(reduction, "batchmean")
    check_classes("log_prediction", log_prediction)
    check_pair(log_prediction, target, "log_prediction")
    total = log_prediction.detach().logsumexp(dim=1).exp()
    room = sum_tolerance(log_prediction)
    if not bool(((total - 1).abs() <= room).all()):
        worst = total.flatten()[(total - 1).abs().argmax()].item()
        raise ValueError(
            "log_prediction must hold log-probabilities over dimension 1, "
            f"got a total probability of {worst:g}; "
            "pass logits.log_softmax(dim=1)"
        )
    check_probabilities("target", target)
    # 0 log 0 counts as 0, also where the prediction is 0 as well
    cross = torch.where(target > 0, target * log_prediction, 0.0)
    loss = torch.xlogy(target, target) - cross
    if reduction == "batchmean":
        return loss.sum() / loss.shape[0]
    return reduce(loss, reduction)


def softplus(x: Tensor) -> Tensor:
    r"""Softplus log(1 + e^x), without overflow, in nats.

    Args:
        x: Any shape, floating point.

    Returns:
        Same shape; nats.

    Raises:
        TypeError: If `x` is no floating-point tensor.

    Examples:
        >>> softplus(torch.tensor([-200.0, 0.0, 200.0]))
        tensor([  0.0000,   0.6931, 200.0000])

    References:
        Goodfellow et al., Deep Learning (2016), section 3.10.
    """
    check_floating("x", x)
    # The form max(x, 0) + log(1 + e^-|x|) has the wrong gradient at x = 0.
    return torch.logaddexp(torch.zeros_like(x), x)


def check_target(logits: Tensor, target: Tensor) -> None:
    r"""Refuse labels or probabilities that do not fit the logits.

    Args:
        logits: `(B, C, ...)`, floating point.
        target: `(B, ...)` int64, or `(B, C, ...)` floating point.

    Raises:
        TypeError: If a dtype is wrong.
        ValueError: If a shape or a value is wrong.

    Examples:
        >>> check_target(torch.zeros(2, 3), torch.tensor([0, 3]))
        Traceback (most recent call last):
        ValueError: target must hold labels 0 to 2, got 3
    """
    check_classes("logits", logits)
    if isinstance(target, Tensor) and target.dtype == torch.int64:
        wanted = (logits.shape[0], *logits.shape[2:])
        if tuple(target.shape) != wanted:
            raise ValueError(
                f"labels must have shape {wanted} for logits of shape "
                f"{tuple(logits.shape)}, got {tuple(target.shape)}; "
                "a column of labels needs target.squeeze(1)"
            )
        last = logits.shape[1] - 1
        inside = (target >= 0) & (target <= last)
        check_range("target", target, inside, f"labels 0 to {last}")
        return
    if isinstance(target, Tensor) and not target.is_floating_point():
        raise TypeError(
            f"target must be int64 labels or floating-point probabilities, got {target.dtype}; convert labels with .long()"
        )
    check_floating("target", target)
    check_pair(logits, target, "logits")
    check_probabilities("target", target)
