r"""Losses for coordinates and for heat maps that pass over what cannot be seen."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from deepbook.checks import check_floating, check_number
from deepbook.tasks.pose_estimation.heatmaps import make_heatmaps


@dataclass(frozen=True)
class CoordinateLoss:
    r"""Distance between predicted and true coordinates, in pixels.

    Args:
        kind: "squared" or "absolute", of x and y by themselves.
        hidden: Whether keypoints count that cannot be seen.

    Raises:
        ValueError: If kind is another word.

    Examples:
        3 to the right and 4 down, a second keypoint that is hidden:

        >>> import torch
        >>> points = torch.tensor([[[3.0, 4.0], [9.0, 9.0]]])
        >>> keypoints = torch.tensor([[[0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]])
        >>> CoordinateLoss("squared")(points, keypoints)  # 9 + 16
        tensor(25.)
        >>> CoordinateLoss("absolute")(points, keypoints)
        tensor(7.)

    References:
        Squared: A. Toshev and C. Szegedy, DeepPose (2014).
    """

    kind: str = "squared"
    hidden: bool = False

    def __post_init__(self) -> None:
        _check_kind(self.kind, ("squared", "absolute"))

    def __call__(self, points: Tensor, keypoints: Tensor) -> Tensor:
        r"""Compute the mean over the keypoints that count.

        Args:
            points: `(B, K, 2)`, floating point, x and y in pixels.
            keypoints: `(B, K, 3)`: x, y, and 1 where it can be seen, else 0.

        Returns:
            A scalar; 0 where no keypoint counts.

        Raises:
            TypeError: If an argument is no floating-point tensor.
            ValueError: If shapes do not fit together, or a third number is
                neither 0 nor 1.
        """
        _check_pair("points", points, keypoints, 3)
        error = points - keypoints[..., :2]
        size = error.square() if self.kind == "squared" else error.abs()
        return _mean_of_counted(size.sum(2), keypoints, self.hidden)


@dataclass(frozen=True)
class HeatmapLoss:
    r"""Distance between maps and bumps at the keypoints.

    Args:
        height, width: Size of the pictures in pixels.
        stride: Pixels a cell of the maps.
        sigma: Width of the bumps in pixels.
        kind: "cross-entropy" takes each map for logits of where its keypoint
            is, and the bump, made to sum to 1, for the probabilities;
            "squared" compares cell by cell, the mean over the cells.
        hidden: Whether keypoints count that cannot be seen.

    Raises:
        ValueError: If kind is another word, sigma is not positive, or stride
            does not divide height and width.

    Examples:
        Two cells, the keypoint far to the left: log 2 nats for equal logits.

        >>> import torch
        >>> loss = HeatmapLoss(1, 2, stride=1, sigma=0.1)
        >>> loss(torch.zeros(1, 1, 1, 2), torch.tensor([[[0.5, 0.5, 1.0]]]))
        tensor(0.6931)

    References:
        Squared: J. Tompson et al., Joint Training of a Convolutional Network
        and a Graphical Model for Human Pose Estimation (2014). Cross-entropy
        over the cells, with one cell for the truth: K. He et al., Mask R-CNN
        (2017).
    """

    height: int
    width: int
    stride: int = 2
    sigma: float = 1.0
    kind: str = "cross-entropy"
    hidden: bool = False

    def __post_init__(self) -> None:
        _check_kind(self.kind, ("cross-entropy", "squared"))
        good = 0 < self.sigma < float("inf")
        check_number("sigma", self.sigma, good, "positive and finite")
        if (
            self.stride < 1
            or self.height % self.stride
            or self.width % self.stride
        ):
            raise ValueError(
                f"stride must divide height and width, got {self.stride} for "
                f"{self.height} x {self.width}; choose a divisor of both"
            )

    def __call__(self, maps: Tensor, keypoints: Tensor) -> Tensor:
        r"""Compute the mean over the keypoints that count.

        Args:
            maps: `(B, K, height / stride, width / stride)`, floating point.
            keypoints: `(B, K, 3)`: x, y, and 1 where it can be seen, else 0.

        Returns:
            A scalar; 0 where no keypoint counts.

        Raises:
            TypeError: If an argument is no floating-point tensor.
            ValueError: If shapes do not fit together, or a third number is
                neither 0 nor 1.
        """
        _check_pair("maps", maps, keypoints, 4)
        wanted = self.height // self.stride, self.width // self.stride
        if maps.shape[2:] != wanted:
            raise ValueError(
                f"maps must have {wanted[0]} x {wanted[1]} cells, got "
                f"{tuple(maps.shape)}"
            )
        bumps = make_heatmaps(
            keypoints[..., :2],
            self.height,
            self.width,
            self.stride,
            self.sigma,
        )
        if self.kind == "squared":
            error = (maps - bumps).square().mean((2, 3))
        else:
            bumps = bumps.flatten(2)
            # far outside of the picture all bumps may round to 0
            share = bumps / bumps.sum(2, keepdim=True).clamp(min=1e-30)
            error = -(share * maps.flatten(2).log_softmax(2)).sum(2)
        return _mean_of_counted(error, keypoints, self.hidden)


def _mean_of_counted(value: Tensor, keypoints: Tensor, hidden: bool) -> Tensor:
    weight = keypoints[..., 2]
    if hidden:
        weight = weight.new_ones(weight.shape)
    return (weight * value).sum() / weight.sum().clamp(min=1)


def _check_kind(kind: str, known: tuple[str, str]) -> None:
    if kind not in known:
        raise ValueError(
            f"kind must be {known[0]!r} or {known[1]!r}, got {kind!r}"
        )


def _check_pair(
    name: str, outputs: Tensor, keypoints: Tensor, axes: int
) -> None:
    check_floating(name, outputs)
    check_floating("keypoints", keypoints)
    if keypoints.ndim != 3 or keypoints.shape[2] != 3:
        raise ValueError(
            "keypoints must have shape (B, K, 3), x, y and whether it is "
            f"seen, got {tuple(keypoints.shape)}"
        )
    seen = keypoints[..., 2]
    if not bool(((seen == 0) | (seen == 1)).all()):
        raise ValueError(
            "the last number of a keypoint must be 1 (seen) or 0; of COCO's "
            "0, 1 and 2, make 2 a 1 and the others 0"
        )
    right = outputs.ndim == axes and outputs.shape[:2] == keypoints.shape[:2]
    if not right or (axes == 3 and outputs.shape[2] != 2):
        raise ValueError(
            f"{name} must go with keypoints {tuple(keypoints.shape)}, got "
            f"shape {tuple(outputs.shape)}"
        )
