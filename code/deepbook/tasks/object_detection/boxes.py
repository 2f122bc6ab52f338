r"""Boxes: how much two of them overlap, and which of many to keep.

A box is four numbers: left, top, right and bottom edge, in pixels.
"""

from __future__ import annotations

import torch
from torch import Tensor

from deepbook.checks import check_floating, check_number, check_range


def iou(first: Tensor, second: Tensor) -> Tensor:
    r"""Intersection over union of every pair of boxes.

    Args:
        first: `(N, 4)` floating point.
        second: `(M, 4)` floating point.

    Returns:
        `(N, M)` in [0, 1]; 0 where both boxes are empty.

    Raises:
        TypeError: If boxes are no floating-point tensor.
        ValueError: If they are not `(N, 4)`, or an edge is out of order.

    Examples:
        Two squares of 4 x 4, one moved by 2: they share 8 of 24.

        >>> a = torch.tensor([[0.0, 0.0, 4.0, 4.0]])
        >>> iou(a, a + torch.tensor([2.0, 0.0, 2.0, 0.0]))
        tensor([[0.3333]])

    References:
        Everingham et al., The PASCAL VOC Challenge (2010).
    """
    check_boxes("first", first)
    check_boxes("second", second)
    return _overlap(first[:, None], second)


def area(boxes: Tensor) -> Tensor:
    r"""Area of boxes `(..., 4)`, in square pixels.

    Examples:
        >>> area(torch.tensor([1.0, 2.0, 4.0, 4.0]))
        tensor(6.)
    """
    return (boxes[..., 2:] - boxes[..., :2]).prod(-1)


def nms(
    boxes: Tensor,
    scores: Tensor,
    threshold: float,
    groups: Tensor | None = None,
) -> Tensor:
    r"""Non-maximum suppression: keep the best box, drop what overlaps it.

    Round by round, the best box left in each group is kept and those of its
    group that overlap it by more than the threshold are dropped.

    Args:
        boxes: `(N, 4)` floating point.
        scores: `(N,)` floating point; of equal ones the earlier wins.
        threshold: IoU in [0, 1] above which the lower score is dropped; at
            1 all are kept.
        groups: `(N,)` int64, such as image and class in one number; boxes
            of different groups do not meet. None is one group.

    Returns:
        Positions of the kept boxes, best first, int64.

    Raises:
        TypeError: If boxes or scores are no floating-point tensors.
        ValueError: If shapes do not fit, an edge is out of order, or the
            threshold is not in [0, 1].

    Examples:
        >>> boxes = torch.tensor(
        ...     [[0.0, 0, 4, 4], [1, 0, 5, 4], [9, 0, 13, 4]]
        ... )
        >>> scores = torch.tensor([0.8, 0.9, 0.3])
        >>> nms(boxes, scores, 0.5)  # the first two share 12 of 20
        tensor([1, 2])
        >>> nms(boxes, scores, 0.5, groups=torch.tensor([0, 1, 1]))
        tensor([1, 0, 2])
    """
    check_boxes("boxes", boxes)
    check_scores(scores, len(boxes))
    check_number("threshold", threshold, 0 <= threshold <= 1, "in [0, 1]")
    if groups is None:
        groups = torch.zeros(len(boxes), dtype=torch.int64)
    if groups.shape != scores.shape:
        raise ValueError(
            f"groups must have shape {tuple(scores.shape)}, one for each "
            f"box, got {tuple(groups.shape)}; give each box its number"
        )
    left = scores.argsort(descending=True, stable=True)
    names, groups = groups.unique(return_inverse=True)
    kept = [left[:0]]
    while len(left):
        group, place = groups[left], torch.arange(len(left))
        best = place.new_full((len(names),), len(left)).scatter_reduce(
            0, group, place, "amin"
        )[group]  # place of the best box of each one's group
        kept.append(left[best == place])
        far = _overlap(boxes[left[best]], boxes[left]) <= threshold
        left = left[far & (best != place)]
    kept = torch.cat(kept)
    return kept[scores[kept].argsort(descending=True, stable=True)]


def check_boxes(name: str, boxes: Tensor) -> None:
    r"""Refuse what is no tensor of boxes.

    Args:
        name: Name of the argument, for the message.
        boxes: What the caller gave.

    Raises:
        TypeError: If it is no floating-point tensor.
        ValueError: If it is not `(N, 4)`, or an edge is out of order.

    Examples:
        >>> check_boxes("boxes", torch.zeros(4))
        Traceback (most recent call last):
        ValueError: boxes must have shape (N, 4), got (4,); for one box write
        box[None]
    """
    check_floating(name, boxes)
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ValueError(
            f"{name} must have shape (N, 4), got {tuple(boxes.shape)}; for "
            "one box write box[None]"
        )
    sides = boxes[:, 2:] - boxes[:, :2]
    check_range(
        name,
        sides,
        (sides >= 0) & sides.isfinite(),
        "left, top, right, bottom, no side shorter than 0 or endless",
    )


def check_labelled(boxes: Tensor, labels: Tensor) -> None:
    r"""Refuse what are no places for boxes with a label for each.

    Args:
        boxes: `(N, M, 4)` floating point.
        labels: `(N, M)` int64, -1 where there is no box.

    Raises:
        TypeError: If boxes are no floating-point tensor.
        ValueError: If the shapes or the dtype of the labels are others, or
            an edge is out of order.

    Examples:
        >>> check_labelled(torch.zeros(2, 3, 4), torch.zeros(2, 2))
        Traceback (most recent call last):
        ValueError: boxes and labels must have shapes (N, M, 4) and (N, M),
        got (2, 3, 4) and (2, 2); take those of DetectionDataset.tensors
    """
    check_floating("boxes", boxes)
    if labels.ndim != 2 or boxes.shape != (*labels.shape, 4):
        raise ValueError(
            "boxes and labels must have shapes (N, M, 4) and (N, M), got "
            f"{tuple(boxes.shape)} and {tuple(labels.shape)}; take those of "
            "DetectionDataset.tensors"
        )
    if labels.dtype != torch.int64:
        raise ValueError(f"labels must be int64, got {labels.dtype}")
    check_boxes("boxes", boxes[labels >= 0])


def check_scores(scores: Tensor, count: int) -> None:
    r"""Refuse scores that are not one number for each of `count` boxes.

    Raises:
        TypeError: If they are no floating-point tensor.
        ValueError: If their shape is another, or one is NaN.

    Examples:
        >>> check_scores(torch.zeros(3), 2)
        Traceback (most recent call last):
        ValueError: scores must have shape (2,), one for each box, got (3,)
    """
    check_floating("scores", scores)
    if scores.shape != (count,):
        raise ValueError(
            f"scores must have shape ({count},), one for each box, got "
            f"{tuple(scores.shape)}"
        )
    check_range("scores", scores, ~scores.isnan(), "numbers that compare")


def _overlap(first: Tensor, second: Tensor) -> Tensor:
    low = torch.maximum(first[..., :2], second[..., :2])
    high = torch.minimum(first[..., 2:], second[..., 2:])
    shared = (high - low).clamp(min=0).prod(-1)  # 0 where they are apart
    union = area(first) + area(second) - shared
    return shared / union.clamp(min=torch.finfo(union.dtype).tiny)
