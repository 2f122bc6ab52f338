r"""What kind of mistakes a detector makes."""

from __future__ import annotations

import torch

from deepbook.checks import check_number
from deepbook.tasks.object_detection.boxes import iou
from deepbook.tasks.object_detection.detections import Detections
from deepbook.tasks.object_detection.metrics import match

KINDS = (
    "right", "doubled", "wrong class", "misplaced", "nothing there", "missed",
)  # fmt: skip
"""What a detection can be, and what an object that nobody hit is."""


def count_errors(
    found: Detections,
    truths: Detections,
    right: float = 0.5,
    near: float = 0.1,
) -> dict[str, int]:
    r"""Sort detections into kinds, and count the objects that none hit.

    A detection that is no hit is, the first that applies: doubled, if it
    overlaps an object of its class by `right` or more; of the wrong class,
    if it does one of another class; misplaced, if it overlaps one of its
    class by `near` or more. Else nothing is there.

    Args:
        found: What a detector found, those below its working score left out.
        truths: What is there.
        right: IoU from which on a box is right.
        near: IoU from which on it is meant for an object, below `right`.

    Returns:
        A count for each of `KINDS`.

    Raises:
        ValueError: If not 0 < near < right <= 1.

    Examples:
        >>> boxes = torch.tensor([[[0.0, 0, 8, 8], [20, 20, 28, 28]]])
        >>> truths = Detections.of(boxes, torch.tensor([[0, 1]]))
        >>> found = truths[torch.tensor([0, 0])]
        >>> {kind: n for kind, n in count_errors(found, truths).items() if n}
        {'right': 1, 'doubled': 1, 'missed': 1}

    References:
        Bolya et al., TIDE (2020), which has one kind more, for what is of
        the wrong class and misplaced at once.
    """
    check_number("right", right, 0 < right <= 1, "above 0, at most 1")
    check_number("near", near, 0 < near < right, f"between 0 and {right}")
    hit = match(found, truths, [right])[0]
    same = torch.zeros(len(found))
    other = torch.zeros(len(found))
    for image in found.images.unique().tolist():
        mine = (found.images == image).nonzero()[:, 0]
        there = (truths.images == image).nonzero()[:, 0]
        if not len(there):
            continue
        overlap = iou(found.boxes[mine], truths.boxes[there])
        agree = found.labels[mine][:, None] == truths.labels[there]
        same[mine] = overlap.where(agree, 0).amax(1).to(same.dtype)
        other[mine] = overlap.where(~agree, 0).amax(1).to(same.dtype)
    left = hit < 0
    counts = {"right": int((~left).sum())}
    for kind, applies in (
        ("doubled", same >= right),
        ("wrong class", other >= right),
        ("misplaced", same >= near),
        ("nothing there", torch.ones_like(left)),
    ):
        counts[kind] = int((left & applies).sum())
        left = left & ~applies
    counts["missed"] = len(truths) - len(hit[hit >= 0].unique())
    return counts
