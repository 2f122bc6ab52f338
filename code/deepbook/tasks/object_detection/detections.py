r"""Boxes of many images in one list: what was found, or what is there."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from deepbook.checks import check_range
from deepbook.tasks.object_detection.boxes import (
    check_boxes,
    check_labelled,
    check_scores,
    nms,
)


@dataclass(frozen=True)
class Detections:
    r"""D boxes, each with the image it lies in, a class and a score.

    Args:
        images: `(D,)` int64, number of the image.
        labels: `(D,)` int64, class from 0.
        boxes: `(D, 4)` floating point: left, top, right, bottom in pixels.
        scores: `(D,)` floating point, higher for surer.

    Raises:
        TypeError: If boxes or scores are no floating-point tensors.
        ValueError: If the lengths differ, an edge is out of order, a score is
            NaN, or a number of an image or class is below 0.

    Examples:
        >>> found = Detections(
        ...     images=torch.tensor([0, 0]),
        ...     labels=torch.tensor([2, 2]),
        ...     boxes=torch.tensor([[0.0, 0, 4, 4], [1, 0, 5, 4]]),
        ...     scores=torch.tensor([0.6, 0.9]),
        ... )
        >>> len(found), len(found[found.scores > 0.7])
        (2, 1)
        >>> found.suppress(0.5).scores
        tensor([0.9000])
    """

    images: Tensor
    labels: Tensor
    boxes: Tensor
    scores: Tensor

    def __post_init__(self) -> None:
        check_boxes("boxes", self.boxes)
        check_scores(self.scores, len(self.boxes))
        for name in ("images", "labels"):
            value = getattr(self, name)
            if value.dtype != torch.int64 or value.shape != self.scores.shape:
                raise ValueError(
                    f"{name} must be int64 ({len(self.scores)},), one for "
                    f"each box, got {value.dtype} {tuple(value.shape)}"
                )
            check_range(name, value, value >= 0, "numbers from 0 on")

    @classmethod
    def of(cls, boxes: Tensor, labels: Tensor) -> Detections:
        r"""Make the list of what is there, each with score 1.

        Args:
            boxes: `(N, M, 4)` floating point, M places for each image.
            labels: `(N, M)` int64, -1 where a place is empty.

        Raises:
            TypeError: If boxes are no floating-point tensor.
            ValueError: If the shapes or the dtype of the labels are others,
                or an edge is out of order.

        Examples:
            >>> labels = torch.tensor([[1, -1], [0, 3]])
            >>> Detections.of(torch.zeros(2, 2, 4), labels).images
            tensor([0, 1, 1])
        """
        check_labelled(boxes, labels)
        image, place = (labels >= 0).nonzero(as_tuple=True)
        there = boxes[image, place]
        ones = there.new_ones(len(there))
        return cls(image, labels[image, place], there, ones)

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, index: slice | Tensor) -> Detections:
        return Detections(
            self.images[index],
            self.labels[index],
            self.boxes[index],
            self.scores[index],
        )

    def suppress(
        self, threshold: float, across_classes: bool = False
    ) -> Detections:
        r"""Leave, of boxes that overlap in an image, only the best.

        Args:
            threshold: IoU in [0, 1]; see `nms`.
            across_classes: Whether boxes of different classes drop one
                another as well.

        Returns:
            Those kept, best first.

        Raises:
            ValueError: If the threshold is not in [0, 1].
        """
        groups = self.images
        if not across_classes:
            groups = groups * (
                self.labels.max().item() + 1 if len(self) else 1
            )
            groups = groups + self.labels
        return self[nms(self.boxes, self.scores, threshold, groups)]
