r"""Precision, recall, and the mean average precision of detections."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from deepbook.checks import check_number
from deepbook.tasks.object_detection.boxes import iou
from deepbook.tasks.object_detection.detections import Detections

COCO_THRESHOLDS = tuple(np.linspace(0.5, 0.95, 10).tolist())
"""IoU from .50 to .95 in steps of .05, over which COCO averages."""


def match(
    found: Detections, truths: Detections, thresholds: Sequence[float]
) -> Tensor:
    r"""Match detections with objects, one to one, the surest first.

    From the highest score down, a detection takes, of the objects of its
    image and class that nobody has taken, the one it overlaps most. It is a
    hit where that IoU is at least the threshold.

    Args:
        found: D detections.
        truths: What is there.
        thresholds: T numbers in (0, 1].

    Returns:
        `(T, D)` int64: position in `truths` of the object that was hit, -1
        for none.

    Raises:
        ValueError: If a threshold is not in (0, 1], or there is none.

    Examples:
        Two boxes on one object: the surer one is the hit.

        >>> boxes = torch.tensor([[[0.0, 0, 8, 8]]])
        >>> truths = Detections.of(boxes, torch.tensor([[0]]))
        >>> twice = truths[torch.tensor([0, 0])]
        >>> twice.scores[1] = 2.0
        >>> match(twice, truths, [0.5])
        tensor([[-1,  0]])

    References:
        COCO's official code, `COCOeval.evaluateImg`.
    """
    if len(thresholds) == 0:
        raise ValueError("thresholds must hold at least one number, got none")
    for threshold in thresholds:
        check_number("thresholds", threshold, 0 < threshold <= 1, "in (0, 1]")
    levels = torch.tensor(thresholds, dtype=torch.float64)
    hits = torch.full((len(levels), len(found)), -1)
    if len(found) == 0 or len(truths) == 0:
        return hits
    objects = _by_group(truths)
    for group, mine in _by_group(found).items():
        if group not in objects:
            continue
        there = objects[group]
        overlap = iou(found.boxes[mine].double(), truths.boxes[there].double())
        free = torch.ones(len(levels), len(there), dtype=torch.bool)
        for row, d in zip(overlap, mine.tolist(), strict=True):
            best, place = row.where(free, -1.0).max(1)  # (T,)
            hit = (best >= levels).nonzero()[:, 0]
            hits[hit, d] = there[place[hit]]
            free[hit, place[hit]] = False
            if not free.any():
                break
    return hits


def precision_recall(
    hits: Tensor, scores: Tensor, count: int
) -> tuple[Tensor, Tensor]:
    r"""Precision and recall when the list is cut after each detection.

    Args:
        hits: `(D,)` bool, whether a detection hit an object.
        scores: `(D,)` floating point; the list is sorted by it.
        count: Number of objects that are there, 1 or more.

    Returns:
        Precision `(D,)` and recall `(D,)`, float64, from the surest on.

    Raises:
        ValueError: If the lengths differ or count is below 1.

    Examples:
        >>> hits = torch.tensor([True, False, True])
        >>> scores = torch.tensor([0.9, 0.8, 0.7])
        >>> precision_recall(hits, scores, count=4)[1]
        tensor([0.2500, 0.2500, 0.5000], dtype=torch.float64)
    """
    if hits.ndim != 1 or hits.shape != scores.shape:
        raise ValueError(
            "hits and scores must have one and the same shape (D,), got "
            f"{tuple(hits.shape)} and {tuple(scores.shape)}"
        )
    check_number("count", count, count >= 1, "1 or more")
    order = scores.argsort(descending=True, stable=True)
    right = hits[order].double().cumsum(0)
    return right / torch.arange(1, len(hits) + 1), right / count


def average_precision(
    precision: Tensor, recall: Tensor, points: int | None = 101
) -> float:
    r"""Area under the curve of precision over recall, its teeth filled in.

    Args:
        precision, recall: `(D,)` each, as `precision_recall` gives them.
        points: Number of levels of recall, from 0 to 1, whose precision is
            averaged: 11 as PASCAL VOC did until 2009, 101 as COCO does. None
            takes the whole area, as VOC did from 2010 on.

    Returns:
        A float in [0, 1].

    Raises:
        ValueError: If the shapes differ or points is below 2.

    Examples:
        >>> recall = torch.tensor([0.25, 0.25, 0.5])
        >>> precision = torch.tensor([1.0, 1 / 2, 2 / 3])
        >>> round(average_precision(precision, recall, None), 4)  # (1 + 2/3)/4
        0.4167
        >>> round(average_precision(precision, recall, 11), 4)  # (3 + 2)/11
        0.4545

    References:
        Everingham et al., The PASCAL VOC Challenge (2010), section 4.2;
        COCO's official code, `COCOeval.accumulate`.
    """
    if precision.ndim != 1 or precision.shape != recall.shape:
        raise ValueError(
            "precision and recall must have one and the same shape (D,), "
            f"got {tuple(precision.shape)} and {tuple(recall.shape)}"
        )
    # The best precision at this recall or any higher one
    filled = precision.double().flip(0).cummax(0).values.flip(0)
    recall = recall.double().contiguous()
    if points is None:
        steps = recall.diff(prepend=recall.new_zeros(1))
        return float((steps * filled).sum())
    check_number("points", points, points >= 2, "2 or more, or None")
    levels = torch.from_numpy(np.linspace(0, 1, points))
    place = torch.searchsorted(recall, levels)  # first that reaches it
    filled = torch.cat([filled, filled.new_zeros(1)])  # 0 beyond the last
    return float(filled[place].mean())


def average_precisions(
    found: Detections,
    truths: Detections,
    classes: int,
    thresholds: Sequence[float] = COCO_THRESHOLDS,
    points: int | None = 101,
) -> Tensor:
    r"""Average precision for each threshold and class; the mean is the mAP.

    Args:
        found: What a detector found in some images.
        truths: What is there.
        classes: Number of classes K.
        thresholds: T numbers in (0, 1], IoU from which on a box is right.
        points: See `average_precision`.

    Returns:
        `(T, K)` float64; NaN for a class that is nowhere, so that
        `.nanmean()` is the mAP.

    Raises:
        ValueError: If a label is K or more, or a threshold out of range.

    Examples:
        Half of the objects found, and nothing else:

        >>> boxes = torch.tensor([[[0.0, 0, 8, 8]], [[0.0, 0, 8, 8]]])
        >>> truths = Detections.of(boxes, torch.tensor([[0], [0]]))
        >>> found = truths[:1]
        >>> average_precisions(found, truths, 1, [0.5], points=None).item()
        0.5
    """
    for name, some in (("found", found), ("truths", truths)):
        if len(some) and int(some.labels.max()) >= classes:
            raise ValueError(
                f"{name} must have labels below {classes}, got "
                f"{int(some.labels.max())}; give more classes"
            )
    hits = match(found, truths, thresholds) >= 0  # (T, D)
    table = torch.full((len(hits), classes), torch.nan, dtype=torch.float64)
    for k in range(classes):
        count = int((truths.labels == k).sum())
        mine = found.labels == k
        if count:
            for t, row in enumerate(hits[:, mine]):
                curve = precision_recall(row, found.scores[mine], count)
                table[t, k] = average_precision(*curve, points)
    return table


def _by_group(some: Detections) -> dict[int, Tensor]:
    # For each image and class, in one number: positions, the surest first
    order = some.scores.argsort(descending=True, stable=True)
    group = (some.images << 32 | some.labels)[order]
    sort = group.argsort(stable=True)
    names, sizes = group[sort].unique_consecutive(return_counts=True)
    parts = order[sort].split(sizes.tolist())
    return dict(zip(names.tolist(), parts, strict=True))
