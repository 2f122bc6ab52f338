r"""How good a pose is: PCK for one object whose place is known, OKS and its average precision for several."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from deepbook.checks import check_floating, check_number
from deepbook.tasks.object_detection.metrics import (
    average_precision as area_under_curve,
)
from deepbook.tasks.object_detection.metrics import precision_recall


def relative_errors(predicted: Tensor, target: Tensor, size: Tensor) -> Tensor:
    r"""Measure how far keypoints are off, in sizes of the object.

    Args:
        predicted, target: `(N, K, 2)`, floating point, in pixels.
        size: `(N,)`, positive, in pixels.

    Returns:
        `(N, K)`.

    Raises:
        TypeError: If an argument is no floating-point tensor.
        ValueError: If shapes do not fit together or a size is not positive.

    Examples:
        3 to the right and 4 down of an object of 10 pixels:

        >>> here, there = torch.zeros(1, 1, 2), torch.tensor([[[3.0, 4.0]]])
        >>> relative_errors(there, here, torch.tensor([10.0]))
        tensor([[0.5000]])
    """
    for name, value in (
        ("predicted", predicted),
        ("target", target),
        ("size", size),
    ):
        check_floating(name, value)
    if target.ndim != 3 or target.shape[2] != 2 or 0 in target.shape:
        raise ValueError(
            f"target must have shape (N, K, 2), got {tuple(target.shape)}"
        )
    if predicted.shape != target.shape or size.shape != target.shape[:1]:
        raise ValueError(
            f"predicted must have the shape of target {tuple(target.shape)} "
            f"and size the shape ({len(target)},), got "
            f"{tuple(predicted.shape)} and {tuple(size.shape)}"
        )
    if not bool((size > 0).all()):
        raise ValueError(
            f"size must be positive, got {size.min().item():g}; leave out "
            "objects of which nothing is seen"
        )
    return (predicted - target).norm(dim=2) / size[:, None]


def pck(errors: Tensor, counted: Tensor, thresholds: Tensor) -> Tensor:
    r"""Count the share of correct keypoints.

    Args:
        errors: `(N, K)`, floating point, as `relative_errors` gives them.
        counted: `(N, K)` bool: which keypoints count.
        thresholds: `(T,)`, floating point: up to which error a keypoint is
            correct.

    Returns:
        `(T,)`, in [0, 1].

    Raises:
        TypeError: If errors or thresholds are no floating-point tensors.
        ValueError: If counted is no bool tensor of the shape of errors, or
            counts nothing, or thresholds are not one axis.

    Examples:
        >>> errors = torch.tensor([[0.05, 0.1, 0.3, 9.0]])
        >>> counted = torch.tensor([[True, True, True, False]])
        >>> pck(errors, counted, torch.tensor([0.1, 0.2]))  # 2 of 3
        tensor([0.6667, 0.6667])

    References:
        Y. Yang and D. Ramanan, Articulated Human Detection with Flexible
        Mixtures of Parts (2013).
    """
    check_floating("thresholds", thresholds)
    if thresholds.ndim != 1:
        raise ValueError(
            f"thresholds must have shape (T,), got {tuple(thresholds.shape)}"
        )
    right = _counted(errors, counted)[:, None] <= thresholds  # (M, T)
    return right.float().mean(0)


def pck_area(errors: Tensor, counted: Tensor, limit: float) -> float:
    r"""Compute the area under the PCK curve from 0 to a limit, over the limit.

    A keypoint with error e is correct for thresholds from e on, so that its
    share of the area is max(0, 1 - e / limit).

    Args:
        errors: `(N, K)`, floating point, as `relative_errors` gives them.
        counted: `(N, K)` bool: which keypoints count.
        limit: Largest threshold, positive.

    Returns:
        A float in [0, 1]; 1 where all errors are 0.

    Raises:
        TypeError: If errors are no floating-point tensor.
        ValueError: If counted does not fit or counts nothing, or limit is
            not positive.

    Examples:
        >>> errors = torch.tensor([[0.0, 0.1, 0.5]])
        >>> pck_area(errors, torch.ones(1, 3, dtype=torch.bool), 0.2)
        0.5
    """
    check_number("limit", limit, 0 < limit < float("inf"), "positive")
    share = 1 - _counted(errors, counted) / limit
    return share.clamp(min=0).mean().item()


def object_keypoint_similarity(
    predicted: Tensor,
    target: Tensor,
    counted: Tensor,
    area: Tensor,
    falloff: Tensor,
) -> Tensor:
    r"""Compare each predicted pose with each true one.

    For one pair it is the mean of exp(-d_i^2 / (2 s^2 k_i^2)) over the
    keypoints i that count, where d_i is the distance, s^2 the area of the
    true object and k_i the falloff.

    Args:
        predicted: `(D, K, 2)`, floating point, in pixels.
        target: `(G, K, 2)`, floating point, in pixels.
        counted: `(G, K)` bool: keypoints of the true objects that count; at
            least one for each object.
        area: `(G,)`, positive, in square pixels.
        falloff: `(K,)`, positive. COCO takes twice the standard deviation
            of human labels, relative to s.

    Returns:
        `(D, G)` in [0, 1].

    Raises:
        TypeError: If an argument but counted is no floating-point tensor.
        ValueError: If shapes do not fit together, an area or a falloff is
            not positive, or an object has no keypoint that counts.

    Examples:
        One of two keypoints is right, the other off by s k:

        >>> target = torch.tensor([[[10.0, 10.0], [20.0, 10.0]]])
        >>> predicted = torch.tensor([[[10.0, 10.0], [20.0, 12.0]]])
        >>> counted = torch.ones(1, 2, dtype=torch.bool)
        >>> object_keypoint_similarity(
        ...     predicted, target, counted,
        ...     torch.tensor([400.0]), torch.tensor([0.1, 0.1]),
        ... )  # (1 + exp(-1 / 2)) / 2
        tensor([[0.8033]])

    References:
        The page of the COCO keypoint task on its evaluation; `computeOks`
        of pycocotools.
    """
    for name, value in (
        ("predicted", predicted),
        ("target", target),
        ("area", area),
        ("falloff", falloff),
    ):
        check_floating(name, value)
    objects, keypoints = target.shape[0], target.shape[1:2]
    shape = target.shape[1:]
    if target.ndim != 3 or shape[1] != 2 or predicted.shape[1:] != shape:
        raise ValueError(
            "predicted and target must have shapes (D, K, 2) and (G, K, 2), "
            f"got {tuple(predicted.shape)} and {tuple(target.shape)}"
        )
    if counted.dtype != torch.bool or counted.shape != target.shape[:2]:
        raise ValueError(
            f"counted must be bool of shape {tuple(target.shape[:2])}, got "
            f"{counted.dtype} {tuple(counted.shape)}"
        )
    if area.shape != (objects,) or falloff.shape != keypoints:
        raise ValueError(
            f"area must have shape ({objects},) and falloff "
            f"{tuple(keypoints)}, got {tuple(area.shape)} and "
            f"{tuple(falloff.shape)}"
        )
    if not bool((area > 0).all() & (falloff > 0).all()):
        raise ValueError("area and falloff must be positive")
    if not bool(counted.any(1).all()):
        raise ValueError(
            "each object must have a keypoint that counts; leave the others "
            "out, as COCO does"
        )
    gap = (predicted[:, None] - target).square().sum(3)  # (D, G, K)
    scale = 2 * area[:, None] * falloff.square()  # (G, K)
    near = (-gap / scale).exp() * counted
    return near.sum(2) / counted.sum(1)


def average_precision(
    similarities: Sequence[Tensor],
    scores: Sequence[Tensor],
    threshold: float,
) -> float:
    r"""Compute the area under the curve of precision over recall.

    In each picture the predictions, highest score first, take the most
    similar object that is still free, if its similarity reaches the
    threshold. Then all predictions are put in order of their scores. As in
    COCO, the precision at a recall is the best at that recall or above, and
    is averaged over the recalls 0, 0.01, ..., 1.

    Args:
        similarities: For each picture `(D, G)`, floating point: predictions
            by objects; D or G may be 0.
        scores: For each picture `(D,)`, floating point.
        threshold: Least similarity of a hit.

    Returns:
        A float in [0, 1].

    Raises:
        TypeError: If a similarity or score is no floating-point tensor.
        ValueError: If they do not fit together, a similarity or score is no
            number, or there is no object.

    Examples:
        Two objects; the best prediction hits one, the second misses, the
        third hits the other: precision 1 up to recall 1/2, then 2/3.

        >>> hits = torch.tensor([[0.9, 0.1], [0.2, 0.3], [0.1, 0.8]])
        >>> scores = torch.tensor([0.9, 0.8, 0.7])
        >>> average_precision([hits], [scores], 0.5)  # (51 + 50 * 2/3) / 101
        0.8349834983498351

    References:
        `evaluateImg` and `accumulate` of pycocotools.
    """
    if len(similarities) != len(scores):
        raise ValueError(
            f"similarities and scores must be as many, got "
            f"{len(similarities)} and {len(scores)}"
        )
    hits, objects = [], 0
    for similarity, score in zip(similarities, scores, strict=True):
        check_floating("similarities", similarity)
        check_floating("scores", score)
        if similarity.ndim != 2 or score.shape != similarity.shape[:1]:
            raise ValueError(
                "similarities must be (D, G) and scores (D,) for each "
                f"picture, got {tuple(similarity.shape)} and "
                f"{tuple(score.shape)}"
            )
        if bool(similarity.isnan().any() | score.isnan().any()):
            raise ValueError(
                "similarities and scores must be numbers, got nan; look for "
                "where the network diverged"
            )
        objects += similarity.shape[1]
        free = similarity.clone()
        hit = torch.zeros_like(score, dtype=torch.bool)
        for i in score.argsort(descending=True, stable=True).tolist():
            if free.shape[1] and free[i].max() >= threshold:
                hit[i] = True
                free[:, free[i].argmax()] = -torch.inf
        hits.append(hit)
    if objects == 0:
        raise ValueError("there must be at least one object to be found")
    curve = precision_recall(torch.cat(hits), torch.cat(list(scores)), objects)
    return area_under_curve(*curve)


def _counted(errors: Tensor, counted: Tensor) -> Tensor:
    check_floating("errors", errors)
    if counted.dtype != torch.bool or counted.shape != errors.shape:
        raise ValueError(
            f"counted must be bool of shape {tuple(errors.shape)}, got "
            f"{counted.dtype} {tuple(counted.shape)}"
        )
    if not bool(counted.any()):
        raise ValueError("counted must count at least one keypoint")
    return errors[counted]
