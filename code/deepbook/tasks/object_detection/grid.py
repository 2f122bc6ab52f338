r"""From boxes to what each cell of a grid should answer, and back."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from deepbook.checks import check_floating, check_number
from deepbook.tasks.object_detection.boxes import check_labelled
from deepbook.tasks.object_detection.detections import Detections


@dataclass(frozen=True)
class Grid:
    r"""Cells that lie over an image, each of which may answer for an object.

    A cell answers with K numbers, one for each class, and four distances
    from its center to the edges of a box, in cells.

    Args:
        height, width: Size of the image in pixels.
        stride: Side of a cell in pixels; divides height and width.
        classes: Number of classes K.

    Raises:
        ValueError: If a number is below 1, or the stride does not divide.

    Examples:
        >>> grid = Grid(height=32, width=32, stride=2, classes=4)
        >>> grid.shape, grid.centers[0, :3].tolist()
        ((16, 16), [[1.0, 1.0], [3.0, 1.0], [5.0, 1.0]])

    References:
        Tian et al., FCOS (2019); Zhou et al., Objects as Points (2019).
    """

    height: int = 32
    width: int = 32
    stride: int = 2
    classes: int = 4

    def __post_init__(self) -> None:
        for name in ("height", "width", "stride", "classes"):
            value = getattr(self, name)
            check_number(name, value, value >= 1, "1 or more")
        if self.height % self.stride or self.width % self.stride:
            raise ValueError(
                f"stride must divide height and width, got {self.stride} for "
                f"{self.height} x {self.width}; choose 1, 2 or 4"
            )

    @property
    def shape(self) -> tuple[int, int]:
        r"""Rows and columns of cells."""
        return self.height // self.stride, self.width // self.stride

    @property
    def centers(self) -> Tensor:
        r"""Centers of the cells `(h, w, 2)`, x and y in pixels."""
        y, x = (self.stride * (torch.arange(n) + 0.5) for n in self.shape)
        return torch.stack(torch.meshgrid(x, y, indexing="xy"), 2)

    def encode(
        self, boxes: Tensor, labels: Tensor, core: float = 0.5
    ) -> Tensor:
        r"""Write down what each cell should answer.

        Cells whose centers lie in the core of a box answer for it; where
        cores meet, the smallest box wins.

        Args:
            boxes: `(N, M, 4)` floating point, in pixels.
            labels: `(N, M)` int64, -1 where there is no object.
            core: Side of the core as a share of the box's, in (0, 1]; it
                is at least one cell wide, so that small objects get one.

        Returns:
            `(N, K + 4, h, w)`: 1 at the class of the cell's object, else 0;
            then the distances to its left, top, right and bottom edge, in
            cells, 0 where the cell answers for nothing. They may be
            negative in small objects, and are cut at 0.

        Raises:
            TypeError: If boxes are no floating-point tensor.
            ValueError: If shapes do not fit, a label is K or more, or core
                is not in (0, 1].

        Examples:
            >>> grid = Grid(height=8, width=8, stride=2, classes=1)
            >>> box = torch.tensor([[[0.0, 0.0, 8.0, 4.0]]])
            >>> target = grid.encode(box, torch.tensor([[0]]))
            >>> target[0, 0].int()
            tensor([[0, 1, 1, 0],
                    [0, 1, 1, 0],
                    [0, 0, 0, 0],
                    [0, 0, 0, 0]], dtype=torch.int32)
            >>> target[0, 1:, 0, 1]  # from (3, 1): 3, 1, 5 and 3 pixels
            tensor([1.5000, 0.5000, 2.5000, 1.5000])
        """
        check_labelled(boxes, labels)
        if labels.numel() and int(labels.max()) >= self.classes:
            raise ValueError(
                f"labels must be below {self.classes}, got "
                f"{int(labels.max())}; give the grid more classes"
            )
        check_number("core", core, 0 < core <= 1, "above 0, at most 1")
        points = self.centers.view(-1, 2)  # (P, 2)
        low, high = boxes[:, :, None].split(2, 3)  # (N, M, 1, 2)
        reach = (core * (high - low) / 2).clamp(min=self.stride / 2)
        inside = ((points - (low + high) / 2).abs() <= reach).all(3)
        inside &= (labels >= 0)[:, :, None]  # (N, M, P)
        size = (high - low).prod(3).where(inside, torch.inf)
        owner = size.argmin(1)  # (N, P)
        taken = inside.any(1)[:, :, None]
        k = labels.gather(1, owner).clamp(min=0)
        heat = F.one_hot(k, self.classes) * taken
        edges = torch.cat([points - low, high - points], 3)  # (N, M, P, 4)
        edges = edges.gather(1, owner[:, None, :, None].expand(-1, 1, -1, 4))
        edges = edges[:, 0].clamp(min=0) / self.stride * taken
        answer = torch.cat([heat.to(boxes.dtype), edges], 2)
        return answer.transpose(1, 2).unflatten(2, self.shape)

    def decode(
        self, outputs: Tensor, floor: float = 0.02, most: int = 50
    ) -> Detections:
        r"""Read the answers of the cells as a list of boxes.

        Args:
            outputs: `(N, K + 4, h, w)` floating point: logits of the
                classes, distances in cells.
            floor: Least score in [0, 1] that is listed.
            most: Greatest number of boxes for each image, the best ones.

        Returns:
            `Detections`, those of an image together, best first, cut at the
            border of the image.

        Raises:
            TypeError: If the outputs are no floating-point tensor.
            ValueError: If their shape is not that of this grid, or floor or
                most is out of range.

        Examples:
            >>> grid = Grid(height=8, width=8, stride=2, classes=1)
            >>> outputs = torch.full((1, 5, 4, 4), -9.0)
            >>> outputs[0, :, 0, 1] = torch.tensor([0.0, 1.5, 0.5, 2.5, 1.5])
            >>> found = grid.decode(outputs.clamp(min=-9))
            >>> found.boxes, found.scores
            (tensor([[0., 0., 8., 4.]]), tensor([0.5000]))
        """
        check_floating("outputs", outputs)
        wanted = (self.classes + 4, *self.shape)
        if outputs.ndim != 4 or outputs.shape[1:] != wanted:
            raise ValueError(
                f"outputs must have shape (N, {', '.join(map(str, wanted))}) "
                f"for this grid, got {tuple(outputs.shape)}"
            )
        check_number("floor", floor, 0 <= floor <= 1, "in [0, 1]")
        check_number("most", most, most >= 1, "1 or more")
        heat, edges = outputs.flatten(2).split([self.classes, 4], 1)
        scores = heat.flatten(1).sigmoid()  # (N, K P)
        scores, place = scores.topk(min(most, scores.shape[1]), 1)
        image, rank = (scores >= floor).nonzero(as_tuple=True)
        place, points = place[image, rank], self.centers.view(-1, 2)
        label, cell = place // len(points), place % len(points)
        reach = self.stride * edges[image, :, cell].clamp(min=0)  # (D, 4)
        boxes = torch.cat(
            [points[cell] - reach[:, :2], points[cell] + reach[:, 2:]], 1
        )
        border = torch.tensor([self.width, self.height]).repeat(2)
        boxes = boxes.clamp(min=0).minimum(border.to(boxes.dtype))
        return Detections(image, label, boxes, scores[image, rank])
