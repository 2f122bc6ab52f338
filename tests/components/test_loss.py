r"""The losses of `deepbook.components.loss`.

Tolerances: float64 comparisons use `torch.testing.assert_close` defaults (1e-7 relative), since both sides round a
handful of operations; minimizers on a grid are good to the step of the grid.
"""

from __future__ import annotations

import math
import warnings
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from deepbook.components.loss import (
    binary_cross_entropy_with_logits,
    cross_entropy,
    focal_loss,
    huber_loss,
    kl_divergence,
    mean_absolute_error,
    mean_squared_error,
    quantile_loss,
)
from deepbook.components.loss.classification import softplus

B, C, T = 7, 5, 3
"""Batch, classes and a trailing dimension (time, or pixels); all different, so that no swap goes unseen."""


def numbers(seed: int, *shape: int) -> torch.Tensor:
    return 3 * torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def probabilities(seed: int, *shape: int) -> torch.Tensor:
    return numbers(seed, *shape).softmax(dim=1)


def labels(seed: int, *shape: int) -> torch.Tensor:
    return torch.randint(C, shape, generator=torch.Generator().manual_seed(seed))


def zeros_and_ones(seed: int, *shape: int) -> torch.Tensor:
    return torch.randint(2, shape, generator=torch.Generator().manual_seed(seed)).double()


def kl_of_logits(logits: torch.Tensor, target: torch.Tensor, reduction: str) -> torch.Tensor:
    return kl_divergence(logits.log_softmax(dim=1), target, reduction=reduction)


def reference_kl_of_logits(logits: torch.Tensor, target: torch.Tensor, reduction: str) -> torch.Tensor:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch warns that "mean" also divides by C
        return F.kl_div(logits.log_softmax(dim=1), target, reduction=reduction)


# --- slow literal twins: one number at a time, straight from the formula ---------------------------------------------


def slow_square(p, t):
    return (p - t) ** 2


def slow_absolute(p, t):
    return abs(p - t)


def slow_huber(p, t, delta=1.0):
    return 0.5 * (p - t) ** 2 if abs(p - t) <= delta else delta * (abs(p - t) - 0.5 * delta)


def slow_quantile(p, t, quantile):
    return quantile * (t - p) if t > p else (1 - quantile) * (p - t)


def slow_binary(z, t, pos_weight=1.0):
    p = 1 / (1 + math.exp(-z))
    return -pos_weight * t * math.log(p) - (1 - t) * math.log(1 - p)


def slow_focal(z, t, gamma=2.0, alpha=None):
    p = 1 / (1 + math.exp(-z))
    p_t = p if t == 1 else 1 - p
    alpha_t = 1 if alpha is None else alpha if t == 1 else 1 - alpha
    return -alpha_t * (1 - p_t) ** gamma * math.log(p_t)


# name -> (ours, reference or None, slow twin or None, prediction, target); the shapes (B, T) and (B, C, T)
FAMILY = {
    "mean_squared_error": (mean_squared_error, F.mse_loss, slow_square, numbers(1, B, T), numbers(2, B, T)),
    "mean_absolute_error": (mean_absolute_error, F.l1_loss, slow_absolute, numbers(1, B, T), numbers(2, B, T)),
    "huber_loss": (huber_loss, F.huber_loss, slow_huber, numbers(1, B, T), numbers(2, B, T)),
    "huber_loss, delta": (
        partial(huber_loss, delta=2.5),
        partial(F.huber_loss, delta=2.5),
        partial(slow_huber, delta=2.5),
        numbers(1, B, T),
        numbers(2, B, T),
    ),
    "quantile_loss": (
        partial(quantile_loss, quantile=0.3),
        None,
        partial(slow_quantile, quantile=0.3),
        numbers(1, B, T),
        numbers(2, B, T),
    ),
    "cross_entropy, labels": (cross_entropy, F.cross_entropy, None, numbers(1, B, C, T), labels(2, B, T)),
    "cross_entropy, probabilities": (cross_entropy, F.cross_entropy, None, numbers(1, B, C, T), probabilities(2, B, C, T)),
    "cross_entropy, labels, smoothed": (
        partial(cross_entropy, label_smoothing=0.2),
        partial(F.cross_entropy, label_smoothing=0.2),
        None,
        numbers(1, B, C, T),
        labels(2, B, T),
    ),
    "cross_entropy, probabilities, smoothed": (
        partial(cross_entropy, label_smoothing=0.2),
        partial(F.cross_entropy, label_smoothing=0.2),
        None,
        numbers(1, B, C, T),
        probabilities(2, B, C, T),
    ),
    "binary_cross_entropy": (
        binary_cross_entropy_with_logits,
        F.binary_cross_entropy_with_logits,
        slow_binary,
        numbers(1, B, T),
        torch.rand(B, T, generator=torch.Generator().manual_seed(2), dtype=torch.float64),
    ),
    "binary_cross_entropy, weighted": (
        partial(binary_cross_entropy_with_logits, pos_weight=4.0),
        partial(F.binary_cross_entropy_with_logits, pos_weight=torch.tensor(4.0).double()),
        partial(slow_binary, pos_weight=4.0),
        numbers(1, B, T),
        zeros_and_ones(2, B, T),
    ),
    "focal_loss": (focal_loss, None, slow_focal, numbers(1, B, T), zeros_and_ones(2, B, T)),
    "focal_loss, weighted": (
        partial(focal_loss, gamma=0.5, alpha=0.25),
        None,
        partial(slow_focal, gamma=0.5, alpha=0.25),
        numbers(1, B, T),
        zeros_and_ones(2, B, T),
    ),
    "kl_divergence": (kl_of_logits, reference_kl_of_logits, None, numbers(1, B, C, T), probabilities(2, B, C, T)),
}

everyone = pytest.mark.parametrize("name", FAMILY)
with_reference = pytest.mark.parametrize("name", [name for name, row in FAMILY.items() if row[1] is not None])
with_twin = pytest.mark.parametrize("name", [name for name, row in FAMILY.items() if row[2] is not None])


# --- value by hand ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "prediction", "target", "by_hand"),
    [
        (mean_squared_error, [4.0, 4, 4], [1.0, 2, 9], 38 / 3),  # 9 + 4 + 25
        (mean_absolute_error, [4.0, 4, 4], [1.0, 2, 9], 10 / 3),  # 3 + 2 + 5
        (partial(huber_loss, delta=2.0), [0.0, 0, 0], [1.0, 2, 4], (0.5 + 2 + 6) / 3),
        (partial(quantile_loss, quantile=0.9), [5.0, 5], [7.0, 3], (0.9 * 2 + 0.1 * 2) / 2),
        (binary_cross_entropy_with_logits, [0.0, 0], [1.0, 0], math.log(2)),
        (binary_cross_entropy_with_logits, [math.log(3)], [1.0], math.log(4 / 3)),  # p = 3 / 4
        (partial(focal_loss, gamma=2.0), [math.log(3)], [1.0], math.log(4 / 3) / 16),  # (1 - p) ** 2 = 1 / 16
        (partial(focal_loss, gamma=2.0, alpha=0.25), [math.log(3)], [0.0], 0.75 * (9 / 16) * math.log(4)),
    ],
)
def test_value_by_hand(loss, prediction, target, by_hand):
    value = loss(torch.tensor(prediction, dtype=torch.float64), torch.tensor(target, dtype=torch.float64))
    assert value.item() == pytest.approx(by_hand, rel=1e-12)


def test_cross_entropy_of_equal_logits_is_log_of_the_number_of_classes():
    assert cross_entropy(torch.zeros(3, 10), torch.tensor([0, 4, 9])).item() == pytest.approx(math.log(10))


def test_kl_divergence_by_hand_is_not_symmetric():
    p = torch.tensor([[0.5, 0.5]], dtype=torch.float64)
    q = torch.tensor([[0.75, 0.25]], dtype=torch.float64)
    assert kl_divergence(q.log(), p).item() == pytest.approx(0.5 * math.log(4 / 3))
    assert kl_divergence(p.log(), q).item() == pytest.approx(0.75 * math.log(1.5) + 0.25 * math.log(0.5))


# --- shape and dtype -------------------------------------------------------------------------------------------------


@everyone
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_shape_and_dtype(name, dtype):
    loss, _, _, prediction, target = FAMILY[name]
    target = target.to(dtype) if target.is_floating_point() else target
    whole = loss(prediction.to(dtype), target, reduction="none")
    assert whole.shape == (prediction.shape if name == "kl_divergence" else (B, T))
    for reduction in ("mean", "sum"):
        value = loss(prediction.to(dtype), target, reduction=reduction)
        assert value.shape == () and value.dtype == whole.dtype == dtype


# --- gradient --------------------------------------------------------------------------------------------------------


@everyone
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_gradient_against_finite_differences(name, reduction):
    loss, _, _, prediction, target = FAMILY[name]
    assert torch.autograd.gradcheck(lambda p: loss(p, target, reduction=reduction), (prediction.clone().requires_grad_(),))


def test_binary_gradient_at_zero_logit():
    # The textbook form max(z, 0) - z t + log(1 + e^-|z|) gives -t here, since its two kinks do not cancel in autograd.
    logit = torch.zeros(2, requires_grad=True)
    binary_cross_entropy_with_logits(logit, torch.tensor([1.0, 0.0]), reduction="sum").backward()
    assert_close(logit.grad, torch.tensor([-0.5, 0.5]))


@pytest.mark.parametrize("loss", [binary_cross_entropy_with_logits] + [partial(focal_loss, gamma=g) for g in (0.0, 0.5, 1.0, 2.0)])
def test_extreme_logits_stay_finite(loss):
    logits = torch.tensor([-1e4, -100.0, 0.0, 100.0, 1e4]).repeat(2).requires_grad_()
    target = torch.tensor([0.0, 1.0]).repeat_interleave(5)
    value = loss(logits, target, reduction="none")
    value.sum().backward()
    assert value.isfinite().all() and logits.grad.isfinite().all()
    assert value[4].item() == 1e4 and value[0].item() == 0  # wrong by ten thousand nats; right beyond doubt


def test_extreme_logits_of_cross_entropy():
    logits = torch.tensor([[1000.0, 0.0, 0.0], [1000.0, 0.0, 0.0]], requires_grad=True)
    value = cross_entropy(logits, torch.tensor([0, 1]), reduction="none")
    value.sum().backward()
    assert value.tolist() == [0.0, 1000.0]
    assert_close(logits.grad, torch.tensor([[0.0, 0.0, 0.0], [1.0, -1.0, 0.0]]))


@pytest.mark.parametrize(
    ("dtype", "height", "tolerance"),
    # eps 1.2e-7, 9.8e-4 and 7.8e-3; a handful of roundings of a value below 3, but none of a number as large as `height`,
    # whose rounding alone would be up to 5e-4, 0.25 and 4
    [(torch.float32, 1e4, 1e-6), (torch.float16, 1e3, 5e-3), (torch.bfloat16, 1e3, 5e-2)],
)
def test_height_of_the_logits_does_not_cost_cross_entropy_its_digits(dtype, height, tolerance):
    logits = torch.tensor([[0.0, -8.0, -16.0], [-8.0, 0.0, 0.0]], dtype=dtype) + height  # exact in each dtype
    for target in (torch.tensor([0, 2]), torch.tensor([[0.5, 0.25, 0.25], [0.0, 0.5, 0.5]], dtype=dtype)):
        exact = cross_entropy(logits.double(), target.double() if target.is_floating_point() else target)
        assert_close(cross_entropy(logits, target).double(), exact, atol=0, rtol=tolerance)


def test_gradient_of_cross_entropy_is_probability_minus_target():
    logits = numbers(1, B, C).requires_grad_()
    target = probabilities(2, B, C)
    cross_entropy(logits, target, reduction="sum").backward()
    assert_close(logits.grad, logits.detach().softmax(dim=1) - target)


# --- equal to a slow literal twin ------------------------------------------------------------------------------------


@with_twin
def test_equal_to_slow_twin(name):
    loss, _, twin, prediction, target = FAMILY[name]
    one_by_one = [twin(p, t) for p, t in zip(prediction.flatten().tolist(), target.flatten().tolist(), strict=True)]
    slow = torch.tensor(one_by_one, dtype=torch.float64).view(B, T)
    assert_close(loss(prediction, target, reduction="none"), slow)
    assert_close(loss(prediction, target, reduction="mean"), slow.sum() / (B * T))
    assert_close(loss(prediction, target, reduction="sum"), slow.sum())


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_cross_entropy_equal_to_slow_twin(smoothing):
    logits, target = numbers(1, B, C), labels(2, B)
    for b in range(B):
        scores = [math.exp(z) for z in logits[b].tolist()]
        wanted = [smoothing / C + (1 - smoothing) * (k == target[b].item()) for k in range(C)]
        slow = -sum(w * math.log(s / sum(scores)) for w, s in zip(wanted, scores, strict=True))
        value = cross_entropy(logits[b : b + 1], target[b : b + 1], label_smoothing=smoothing)
        assert value.item() == pytest.approx(slow, rel=1e-12)


def test_kl_divergence_equal_to_slow_twin():
    p, q = probabilities(1, B, C), probabilities(2, B, C)
    slow = sum(p[b, k].item() * math.log(p[b, k] / q[b, k]) for b in range(B) for k in range(C))
    assert kl_divergence(q.log(), p, reduction="sum").item() == pytest.approx(slow, rel=1e-12)
    assert kl_divergence(q.log(), p).item() == pytest.approx(slow / B, rel=1e-12)
    assert kl_divergence(q.log(), p, reduction="mean").item() == pytest.approx(slow / (B * C), rel=1e-12)


# --- equal to the reference ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "reduction"),
    [(name, reduction) for name, row in FAMILY.items() if row[1] for reduction in ("none", "mean", "sum")]
    + [("kl_divergence", "batchmean")],
)
def test_equal_to_torch_in_value_and_gradient(name, reduction):
    loss, reference, _, prediction, target = FAMILY[name]
    ours, theirs = prediction.clone().requires_grad_(), prediction.clone().requires_grad_()
    a, b = loss(ours, target, reduction=reduction), reference(theirs, target, reduction=reduction)
    assert_close(a, b)
    weights = numbers(3, *a.shape)  # not ones, so that a wrong place of a right gradient shows
    (a * weights).sum().backward()
    (b * weights).sum().backward()
    assert_close(ours.grad, theirs.grad)


@with_reference
def test_equal_to_torch_in_single_precision(name):
    loss, reference, _, prediction, target = FAMILY[name]
    if "weighted" in name:
        reference = partial(F.binary_cross_entropy_with_logits, pos_weight=torch.tensor(4.0))
    target = target.float() if target.is_floating_point() else target
    assert_close(loss(prediction.float(), target, reduction="none"), reference(prediction.float(), target, reduction="none"))


# --- properties ------------------------------------------------------------------------------------------------------

sample = st.lists(st.floats(-100, 100), min_size=1, max_size=12).map(lambda xs: torch.tensor(xs, dtype=torch.float64))


@settings(deadline=None, max_examples=60, derandomize=True)
@given(sample, st.floats(0.01, 50))
def test_huber_lies_between_its_limits(error, delta):
    zero = torch.zeros_like(error)
    value = huber_loss(error, zero, delta=delta, reduction="none")
    half_square = 0.5 * mean_squared_error(error, zero, reduction="none")
    line = delta * mean_absolute_error(error, zero, reduction="none")
    room = 1e-9 * (1 + half_square)  # rounding
    assert (value <= half_square + room).all() and (value <= line + room).all()
    assert (value >= line - 0.5 * delta**2 - room).all()


def test_huber_limits():
    error, zero = numbers(1, B, T), torch.zeros(B, T, dtype=torch.float64)
    assert_close(huber_loss(error, zero, delta=1e3), 0.5 * mean_squared_error(error, zero))
    # the line lies delta / 2 below the absolute error: 5e-7 for delta = 1e-6
    assert_close(huber_loss(error, zero, delta=1e-6) / 1e-6, mean_absolute_error(error, zero), atol=1e-6, rtol=0)


@settings(deadline=None, max_examples=60, derandomize=True)
@given(sample, st.floats(0.01, 0.99))
def test_quantile_loss_at_the_other_end_is_its_mirror(error, quantile):
    zero = torch.zeros_like(error)
    assert_close(quantile_loss(error, zero, quantile), quantile_loss(-error, zero, 1 - quantile))
    assert_close(quantile_loss(error, zero, 0.5), 0.5 * mean_absolute_error(error, zero))


@pytest.mark.parametrize(
    ("loss", "statistic"),
    [
        (mean_squared_error, lambda x: x.mean()),
        (mean_absolute_error, lambda x: x.median()),
        (partial(quantile_loss, quantile=0.8), lambda x: x.quantile(0.8)),
        (partial(quantile_loss, quantile=0.1), lambda x: x.quantile(0.1)),
    ],
)
def test_what_the_best_constant_is(loss, statistic):
    data = numbers(5, 101)  # odd, and 0.1 and 0.8 of the 100 steps between: each quantile is one of the numbers
    grid = torch.linspace(-9, 9, 1801, dtype=torch.float64)  # step 0.01
    values = torch.stack([loss(c.expand(101), data) for c in grid])
    assert abs(grid[values.argmin()] - statistic(data)) <= 0.01


def test_focal_loss_without_focus_is_cross_entropy():
    logits, target = numbers(1, B, T), zeros_and_ones(2, B, T)
    plain = binary_cross_entropy_with_logits(logits, target, reduction="none")
    assert_close(focal_loss(logits, target, gamma=0.0, reduction="none"), plain)
    assert_close(focal_loss(logits, target, gamma=0.0, alpha=0.5, reduction="none"), 0.5 * plain)
    assert (focal_loss(logits, target, gamma=2.0, reduction="none") < plain).all()


def test_kl_divergence_is_cross_entropy_minus_entropy_and_never_negative():
    p, logits = probabilities(1, B, C), numbers(2, B, C)
    entropy = -(p * p.log()).sum(dim=1)
    gap = cross_entropy(logits, p, reduction="none") - entropy
    assert_close(kl_divergence(logits.log_softmax(dim=1), p), gap.mean())
    assert (gap > 0).all()
    assert_close(kl_divergence(p.log(), p), torch.zeros((), dtype=torch.float64))


def test_kl_divergence_of_certain_labels_is_cross_entropy():
    logits, target = numbers(1, B, C), labels(2, B)
    certain = F.one_hot(target, C).double()  # holds zeros: 0 log 0 counts as 0
    assert_close(kl_divergence(logits.log_softmax(dim=1), certain), cross_entropy(logits, target))


def test_kl_divergence_where_both_are_zero():
    # F.kl_div gives NaN here: 0 times -inf
    log_q = torch.tensor([[math.log(0.5), math.log(0.5), -math.inf]], dtype=torch.float64, requires_grad=True)
    p = torch.tensor([[1.0, 0.0, 0.0]], dtype=torch.float64)
    value = kl_divergence(log_q, p)
    value.backward()
    assert_close(value, torch.tensor(math.log(2), dtype=torch.float64))
    assert_close(log_q.grad, -p)
    impossible = torch.tensor([[0.0, 0.0, 1.0]], dtype=torch.float64)  # q holds impossible what p holds certain
    assert kl_divergence(log_q, impossible).item() == math.inf


def test_binary_is_two_class_cross_entropy():
    logits, target = numbers(1, B), zeros_and_ones(2, B)
    two = torch.stack([torch.zeros(B, dtype=torch.float64), logits], dim=1)
    assert_close(binary_cross_entropy_with_logits(logits, target), cross_entropy(two, target.long()))


@everyone
def test_batch_order_does_not_matter(name):
    loss, _, _, prediction, target = FAMILY[name]
    order = torch.randperm(B, generator=torch.Generator().manual_seed(0))
    whole = loss(prediction, target, reduction="none")
    assert_close(loss(prediction[order], target[order], reduction="none"), whole[order])


# --- rejection messages ----------------------------------------------------------------------------------------------

PAIRED = {
    "mean_squared_error": mean_squared_error,
    "mean_absolute_error": mean_absolute_error,
    "huber_loss": huber_loss,
    "quantile_loss": partial(quantile_loss, quantile=0.5),
    "binary_cross_entropy_with_logits": binary_cross_entropy_with_logits,
    "focal_loss": focal_loss,
}
paired = pytest.mark.parametrize("loss", PAIRED.values(), ids=PAIRED)


@paired
def test_refuses_to_broadcast(loss):
    with pytest.raises(ValueError, match=r"target must have the shape of \w+, \(3, 1\), got \(3,\); reshape one of them"):
        loss(torch.zeros(3, 1), torch.zeros(3))


@paired
def test_refuses_integers(loss):
    with pytest.raises(TypeError, match=r"target must be floating point, got torch.int64; convert it with .float\(\)"):
        loss(torch.zeros(3), torch.zeros(3, dtype=torch.int64))
    with pytest.raises(TypeError, match=r"(prediction|logits) must be floating point, got torch.int64"):
        loss(torch.zeros(3, dtype=torch.int64), torch.zeros(3))


@paired
def test_refuses_what_is_no_tensor(loss):
    with pytest.raises(TypeError, match=r"target must be a tensor, got list; wrap it in torch.tensor"):
        loss(torch.zeros(3), [0.0, 0.0, 0.0])


@paired
def test_refuses_an_empty_batch(loss):
    with pytest.raises(ValueError, match=r"at least one element, got shape \(0, 2\); skip empty batches"):
        loss(torch.zeros(0, 2), torch.zeros(0, 2))


@everyone
def test_refuses_an_unknown_reduction(name):
    loss, _, _, prediction, target = FAMILY[name]
    with pytest.raises(ValueError, match=r"reduction must be one of none, mean, sum.*, got 'average'"):
        loss(prediction, target, reduction="average")


ONE, YES = torch.zeros(2), torch.ones(2)
LOGITS = torch.zeros(2, 3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: huber_loss(ONE, YES, delta=0.0), "delta must be positive and finite, got 0.0"),
        (lambda: huber_loss(ONE, YES, delta=math.inf), "delta must be positive and finite, got inf"),
        (lambda: huber_loss(ONE, YES, delta=math.nan), "delta must be positive and finite, got nan"),
        (lambda: quantile_loss(ONE, YES, quantile=1.0), "quantile must be between 0 and 1, got 1.0"),
        (lambda: quantile_loss(ONE, YES, quantile=90), "quantile must be between 0 and 1, got 90"),
        (lambda: focal_loss(ONE, YES, gamma=-1.0), "gamma must be 0 or more and finite, got -1.0"),
        (lambda: focal_loss(ONE, YES, alpha=1.0), "alpha must be between 0 and 1, got 1.0"),
        (lambda: focal_loss(ONE, 0.5 * YES), "target must hold 0 or 1, got 0.5"),
        (lambda: binary_cross_entropy_with_logits(ONE, 2 * YES), r"target must hold probabilities in \[0, 1\], got 2"),
        (lambda: binary_cross_entropy_with_logits(ONE, math.nan * YES), r"target must hold probabilities in \[0, 1\], got nan"),
        (lambda: binary_cross_entropy_with_logits(ONE, YES, pos_weight=0.0), "pos_weight must be positive and finite, got 0.0"),
        (lambda: cross_entropy(LOGITS, torch.tensor([0, 1]), label_smoothing=1.5), r"label_smoothing must be in \[0, 1\], got 1.5"),
    ],
)
def test_refuses_settings_out_of_range(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_softplus_refuses_integers():
    with pytest.raises(TypeError, match="x must be floating point, got torch.int64"):
        softplus(torch.arange(3))


@pytest.mark.parametrize(
    ("logits", "target", "error", "message"),
    [
        (torch.zeros(3), torch.tensor([0]), ValueError, r"logits must have shape \(B, C, ...\), got \(3,\); one sample needs logits.uns"),
        (torch.zeros(0, 3), torch.zeros(0).long(), ValueError, r"logits must have at least one element, got shape \(0, 3\)"),
        (LOGITS.long(), torch.tensor([0, 1]), TypeError, "logits must be floating point, got torch.int64"),
        (LOGITS, torch.tensor([0, 1]).int(), TypeError, r"target must be int64 labels or floating-point .*, got torch.int32; .*long\(\)"),
        (LOGITS, [0, 1], TypeError, "target must be a tensor, got list"),
        (LOGITS, torch.tensor([0, 3]), ValueError, "target must hold labels 0 to 2, got 3"),
        (LOGITS, torch.tensor([-100, 0]), ValueError, "target must hold labels 0 to 2, got -100"),
        (LOGITS, torch.tensor([[0], [1]]), ValueError, r"labels must have shape \(2,\) .*, got \(2, 1\); .*squeeze\(1\)"),
        (LOGITS, torch.tensor([0.0, 1.0]), ValueError, r"target must have the shape of logits, \(2, 3\), got \(2,\)"),
        (LOGITS, torch.full((2, 3), 0.5), ValueError, r"target must sum to 1 over dimension 1, got 1.5; normalize it"),
        (LOGITS, torch.tensor([[2.0, -1.0, 0.0]] * 2), ValueError, "target must hold probabilities, none negative, got -1"),
    ],
)
def test_cross_entropy_refuses(logits, target, error, message):
    with pytest.raises(error, match=message):
        cross_entropy(logits, target)


HALF = torch.full((2, 2), 0.5)


@pytest.mark.parametrize(
    ("prediction", "target", "error", "message"),
    [
        # the classic mistake: a probability where its logarithm belongs; exp(0.5) * 2 = 3.297
        (HALF, HALF, ValueError, r"log_prediction must hold log-probabilities .*, got a total probability of 3.297.*; pass logits"),
        # the message names the row that is wrong, not the largest
        (torch.tensor([[0.5, 0.5], [0.1, 0.1]]).log(), HALF, ValueError, "got a total probability of 0.2;"),
        (HALF.log(), HALF[:, :1], ValueError, r"target must have the shape of log_prediction, \(2, 2\), got \(2, 1\)"),
        (HALF.log(), 2 * HALF, ValueError, "target must sum to 1 over dimension 1, got 2"),
        (HALF.log(), HALF.log(), ValueError, "target must hold probabilities, none negative, got -0.693"),
        (HALF[0].log(), HALF[0], ValueError, r"log_prediction must have shape \(B, C, ...\), got \(2,\)"),
        (HALF.log(), HALF.long(), TypeError, "target must be floating point, got torch.int64"),
    ],
)
def test_kl_divergence_refuses(prediction, target, error, message):
    with pytest.raises(error, match=message):
        kl_divergence(prediction, target)


def test_kl_divergence_names_its_own_reduction():
    with pytest.raises(ValueError, match="reduction must be one of none, mean, sum, batchmean, got 'average'"):
        kl_divergence(HALF.log(), HALF, reduction="average")


# --- determinism, and what the caller keeps --------------------------------------------------------------------------


@everyone
def test_same_bits_twice_and_nothing_changed(name):
    loss, _, _, prediction, target = FAMILY[name]
    before = prediction.clone(), target.clone()
    first, second = loss(prediction, target, reduction="none"), loss(prediction, target, reduction="none")
    assert torch.equal(first, second)
    assert torch.equal(prediction, before[0]) and torch.equal(target, before[1])


# --- the miniature learns --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "wanted"),
    [
        (mean_squared_error, 15.0),  # mean of 0, 1, 2, 57
        (partial(quantile_loss, quantile=0.6), 2.0),  # 60 % of four numbers: the third
        (partial(huber_loss, delta=1.0), 1.5),  # slopes (c - 0 clipped to 1) + (c - 1) + (c - 2) - 1 = 0 at c = 1.5
    ],
)
def test_gradient_descent_finds_the_answer_in_400_steps(loss, wanted):
    data = torch.tensor([0.0, 1.0, 2.0, 57.0])
    c = torch.zeros(1, requires_grad=True)
    for step in range(400):
        (grad,) = torch.autograd.grad(loss(c.expand(4), data), c)
        c.data -= 0.4 * (1 - step / 400) * grad
    assert c.item() == pytest.approx(wanted, abs=0.05)  # the last step moves less than 0.4 / 400
