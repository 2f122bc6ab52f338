r"""A small detector without anchors, and its loss."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from deepbook.checks import check_number
from deepbook.components.loss import focal_loss


class Detector(nn.Module):
    r"""A convolutional network with one answer for each cell of 2 x 2 pixels.

    It looks closely at half the size of the image, widely at a quarter, adds
    both, and reads class and box off the sum. Parameters are drawn by
    `deepbook.training.initialize`.

    Args:
        classes: Number of classes K.
        width: Channels of the first layer.
        prior: Score in (0, 1) that every cell gives before it has learned.

    Shape:
        `(N, 3, H, W)` to `(N, K + 4, H / 2, W / 2)`; H and W are multiples
        of 4. Logits of the classes, then four distances in cells, none
        negative.

    Raises:
        ValueError: If classes or width is below 1, or prior is not between
            0 and 1.

    Examples:
        >>> model = Detector(classes=4)
        >>> model(torch.zeros(2, 3, 32, 32)).shape
        torch.Size([2, 8, 16, 16])
        >>> sum(p.numel() for p in model.parameters())
        40892

    References:
        Tian et al., FCOS (2019); Lin et al., Feature Pyramid Networks
        (2017), for the sum of two sizes; Lin et al., Focal Loss (2017), for
        the prior.
    """

    def __init__(
        self, classes: int, width: int = 12, prior: float = 0.01
    ) -> None:
        super().__init__()
        check_number("classes", classes, classes >= 1, "1 or more")
        check_number("width", width, width >= 1, "1 or more")
        check_number("prior", prior, 0 < prior < 1, "between 0 and 1")
        self.classes = classes
        self.start = math.log(prior / (1 - prior))
        self.near = nn.Sequential(
            _layer(3, width, stride=2), _layer(width, 2 * width)
        )
        self.far = nn.Sequential(
            _layer(2 * width, 4 * width, stride=2),
            _layer(4 * width, 4 * width),
            nn.Conv2d(4 * width, 2 * width, 1),
        )
        self.head = nn.Sequential(
            _layer(2 * width, 2 * width),
            nn.Conv2d(2 * width, classes + 4, 1),
        )

    def forward(self, images: Tensor) -> Tensor:
        r"""Answer for every cell."""
        near = self.near(images)
        far = F.interpolate(self.far(near), scale_factor=2.0)
        heat, edges = self.head(near + far).split([self.classes, 4], 1)
        return torch.cat([heat + self.start, 2 * F.softplus(edges)], 1)


def detection_loss(
    outputs: Tensor,
    targets: Tensor,
    gamma: float = 0.0,
    balance: float = 0.25,
) -> Tensor:
    r"""Loss of the classes over all cells, and of the boxes where there are.

    Args:
        outputs: `(N, K + 4, h, w)`, as `Detector` gives them.
        targets: The same shape, as `Grid.encode` gives them.
        gamma: Focus of the focal loss; 0 is the binary cross-entropy.
        balance: Weight of the classes; that of the boxes is 1.

    Returns:
        Scalar: `balance` times the sum of the focal losses, divided by the
        number of cells with an object (at least 1), and the mean of 1 - IoU
        over these cells.

    Raises:
        TypeError: If one is no floating-point tensor.
        ValueError: If shapes differ, gamma or balance is out of range, or a
            class target is not 0 or 1.

    Examples:
        A cell that is sure of its class but whose box is twice as wide:

        >>> outputs = torch.tensor([99.0, 2.0, 1.0, 2.0, 1.0])
        >>> targets = torch.tensor([1.0, 1.0, 1.0, 1.0, 1.0])
        >>> detection_loss(outputs.view(1, 5, 1, 1), targets.view(1, 5, 1, 1))
        tensor(0.5000)

    References:
        Lin et al., Focal Loss for Dense Object Detection (2017);
        Yu et al., UnitBox (2016), for a loss made of the IoU.
    """
    check_number(
        "balance", balance, 0 < balance < math.inf, "positive and finite"
    )
    if outputs.ndim != 4 or outputs.shape[1] < 5:
        raise ValueError(
            "outputs must have shape (N, K + 4, h, w), K at least 1, got "
            f"{tuple(outputs.shape)}"
        )
    sizes = [outputs.shape[1] - 4, 4]
    heat, edges = outputs.split(sizes, 1)
    if targets.shape != outputs.shape:
        raise ValueError(
            f"targets must have the shape of outputs, {tuple(outputs.shape)},"
            f" got {tuple(targets.shape)}; encode them with the same grid"
        )
    true_heat, true_edges = targets.split(sizes, 1)
    cells = true_heat.amax(1) > 0  # (N, h, w)
    count = cells.sum().clamp(min=1)
    total = focal_loss(heat, true_heat, gamma=gamma, reduction="sum")
    guess = edges.movedim(1, 3)[cells]  # (C, 4)
    truth = true_edges.movedim(1, 3)[cells]
    # Both boxes hold the center of the cell, so that what they share reaches
    # to the nearer of the two edges on each side
    shared = _spread(torch.minimum(guess, truth))
    union = _spread(guess) + _spread(truth) - shared
    misfit = (1 - shared / union.clamp(min=1e-9)).sum()
    return (balance * total + misfit) / count


def _layer(inside: int, outside: int, stride: int = 1) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, stride, padding=1, bias=False),
        nn.BatchNorm2d(outside),
        nn.ReLU(),
    )


def _spread(edges: Tensor) -> Tensor:
    # Area of boxes given by their distances left, top, right, bottom
    return (edges[:, :2] + edges[:, 2:]).prod(1)
