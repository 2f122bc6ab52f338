r"""Three ways to name a shape: written rules, features, pixels.

Classes are numbered as in `deepbook.components.data.SHAPES`.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from deepbook.checks import check_floating, check_number
from deepbook.components.data import boxes_from_masks

CIRCLE, SQUARE, TRIANGLE, STAR = range(4)


def foreground(images: Tensor) -> Tensor:
    r"""Find the pixels that are more unlike the border than like it.

    Args:
        images: `(N, 3, H, W)` float in [0, 1].

    Returns:
        `(N, H, W)` bool: True where the difference from the median
        colour of the border is over half of the largest difference.

    Raises:
        TypeError: If the images are no floating-point tensor.
        ValueError: If they are not `(N, 3, H, W)`.

    Examples:
        >>> images = torch.zeros(1, 3, 16, 16)
        >>> images[0, :, 4:8, 5:9] = 1.0  # a white square, 4 by 4
        >>> int(foreground(images).sum())
        16
    """
    _check_images(images)
    top, bottom = images[:, :, 0], images[:, :, -1]
    left, right = images[:, :, :, 0], images[:, :, :, -1]
    border = torch.cat([top, bottom, left, right], 2)  # (N, 3, 2H + 2W)
    ground = border.median(2).values[:, :, None, None]
    difference = (images - ground).abs().amax(1)  # (N, H, W)
    return difference > 0.5 * difference.amax((1, 2), keepdim=True)


def _check_images(images: Tensor, least: int = 1) -> None:
    check_floating("images", images)
    wrong = images.ndim != 4 or images.shape[1] != 3
    if wrong or min(images.shape[2:]) < least:
        raise ValueError(
            f"images must be (N, 3, H, W), {least} pixels or more a side, got"
            f" {tuple(images.shape)}; for one image write image[None]"
        )


def box_fill(masks: Tensor) -> Tensor:
    r"""Compute the share of its tight box that a mask fills, in [0, 1].

    Args:
        masks: `(N, H, W)` bool.

    Returns:
        `(N,)` float32; 0 for an empty mask.

    Raises:
        ValueError: If the masks are no bool tensor `(N, H, W)`.

    Examples:
        >>> box_fill(torch.tensor([[[True, False], [True, True]]]))
        tensor([0.7500])
    """
    left, top, right, bottom = boxes_from_masks(masks).unbind(1)
    area = (right - left) * (bottom - top)
    return masks.sum((1, 2)) / area.clamp(min=1)


def classify_by_rules(images: Tensor) -> Tensor:
    r"""Name shapes by how much of its box each one fills.

    Args:
        images: `(N, 3, H, W)` float in [0, 1].

    Returns:
        Classes `(N,)` int64.

    Examples:
        >>> images = torch.zeros(1, 3, 16, 16)
        >>> images[0, :, 4:8, 5:9] = 1.0
        >>> classify_by_rules(images) == SQUARE
        tensor([True])
    """
    fill = box_fill(foreground(images))
    answers = torch.full(fill.shape, STAR)
    answers[fill > 0.46] = TRIANGLE
    answers[fill > 0.65] = CIRCLE
    answers[fill > 0.90] = SQUARE
    return answers


def edge_symmetry(images: Tensor, orders=(2, 3, 4, 5, 6)) -> Tensor:
    r"""Measure how strongly edges repeat every 1/k of a turn, in [0, 1].

    The edge at a pixel has a strength m and a direction t. For each k,
    the feature is the length of the mean of exp(i k t), weighted by m.
    Turning the shape by an angle a turns every exp(i k t) by k a and
    leaves the length as it is.

    Args:
        images: `(N, 3, H, W)` float.
        orders: The K values of k.

    Returns:
        `(N, K)` float32. A shape whose sides look in k directions, evenly
        spread, has 1 at order k; a circle has 0 at every order.

    Raises:
        TypeError: If the images are no floating-point tensor.
        ValueError: If they are not `(N, 3, H, W)` of 3 pixels or more.

    Examples:
        Left half black, right half white: all edges look one way.

        >>> images = torch.zeros(1, 3, 16, 16)
        >>> images[..., 8:] = 1.0
        >>> edge_symmetry(images, orders=(1, 2))
        tensor([[1., 1.]])

    References:
        I. Sobel's 3 x 3 operator gives strength and direction.
    """
    _check_images(images, least=3)
    sobel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / 8
    kernels = torch.stack([sobel, sobel.T])[:, None]  # (2, 1, 3, 3)
    grey = images.mean(1, keepdim=True)  # (N, 1, H, W)
    dx, dy = F.conv2d(grey, kernels).unbind(1)  # (N, H - 2, W - 2) each
    strength = torch.sqrt(dx**2 + dy**2)
    total = strength.sum((1, 2), keepdim=True).clamp(min=1e-6)
    weight, direction = strength / total, torch.atan2(dy, dx)
    lengths = []
    for k in orders:
        cosine = (weight * torch.cos(k * direction)).sum((1, 2))
        sine = (weight * torch.sin(k * direction)).sum((1, 2))
        lengths.append(torch.sqrt(cosine**2 + sine**2))
    return torch.stack(lengths, 1)


def hand_features(images: Tensor) -> Tensor:
    r"""Describe each image by six numbers in [0, 1].

    Args:
        images: `(N, 3, H, W)` float in [0, 1].

    Returns:
        `(N, 6)` float32: box fill, then edge symmetry of orders 2 to 6.

    Examples:
        >>> hand_features(torch.rand(5, 3, 16, 16)).shape
        torch.Size([5, 6])
    """
    fill = box_fill(foreground(images))
    return torch.cat([fill[:, None], edge_symmetry(images)], 1)


@dataclass(frozen=True)
class LinearClassifier:
    r"""Scores that are linear in standardized features.

    Args:
        mean, scale: `(D,)`, taken off and divided by.
        weight: `(D, K)`.
        bias: `(K,)`.

    Examples:
        >>> one = torch.ones(1)
        >>> line = LinearClassifier(one, 2 * one, one[:, None], one)
        >>> line(torch.tensor([[5.0]]))  # (5 - 1) / 2 * 1 + 1
        tensor([[3.]])
    """

    mean: Tensor
    scale: Tensor
    weight: Tensor
    bias: Tensor

    def __call__(self, features: Tensor) -> Tensor:
        standardized = (features - self.mean) / self.scale  # (N, D)
        return standardized @ self.weight + self.bias  # (N, K)


def fit_logistic_regression(
    features: Tensor,
    labels: Tensor,
    classes: int,
    *,
    steps: int = 500,
    learning_rate: float = 1.0,
    weight_decay: float = 1e-2,
) -> LinearClassifier:
    r"""Fit softmax regression by gradient descent on all samples.

    The loss is the mean cross-entropy plus weight_decay / 2 times the sum
    of squared weights.

    Args:
        features: `(N, D)` float32.
        labels: `(N,)` int64 in 0 ... classes - 1.
        classes: Number of classes K.
        steps: Number of steps.
        learning_rate: Size of a step along the negative gradient.
        weight_decay: Pull of the weights towards 0.

    Returns:
        The classifier.

    Raises:
        ValueError: If features and labels differ in length, or a label is
            not below `classes`.

    Examples:
        Class 1 lies to the right of class 0.

        >>> x = torch.tensor([[-2.0], [-1.0], [1.0], [2.0]])
        >>> y = torch.tensor([0, 0, 1, 1])
        >>> fit_logistic_regression(x, y, classes=2)(x).argmax(1)
        tensor([0, 0, 1, 1])
    """
    if len(features) != len(labels) or len(labels) == 0:
        raise ValueError(
            f"features and labels must be equally many and at least 1, "
            f"got {len(features)} and {len(labels)}; pair them up"
        )
    if not 0 <= int(labels.min()) <= int(labels.max()) < classes:
        raise ValueError(
            f"labels must lie in 0 ... {classes - 1}, got "
            f"{int(labels.min())} ... {int(labels.max())}; raise classes"
        )
    mean, scale = features.mean(0), features.std(0, correction=0) + 1e-6
    x = (features - mean) / scale  # (N, D)
    target = F.one_hot(labels, classes).float()  # (N, K)
    weight = torch.zeros(x.shape[1], classes)
    bias = torch.zeros(classes)
    for _ in range(steps):
        probability = torch.softmax(x @ weight + bias, dim=1)  # (N, K)
        error = (probability - target) / len(x)  # gradient of the scores
        weight = weight - learning_rate * (x.T @ error + weight_decay * weight)
        bias = bias - learning_rate * error.sum(0)
    return LinearClassifier(mean, scale, weight, bias)


class SmallCNN(nn.Module):
    r"""Three convolutions and one linear layer, from pixels to scores.

    Args:
        size: Height and width of the images in pixels.
        classes: Number of classes K.
        channels: Feature maps after each convolution.

    Raises:
        ValueError: If a size is below 1.

    Examples:
        >>> model = SmallCNN(size=24, classes=4)
        >>> model(torch.zeros(5, 3, 24, 24)).shape
        torch.Size([5, 4])
    """

    def __init__(self, size=24, classes=4, channels=(8, 32, 64)):
        super().__init__()
        for name, value in (("size", size), ("classes", classes)):
            check_number(name, value, value >= 1, "1 or more")
        for value in channels:
            check_number("channels", value, value >= 1, "1 or more")
        c1, c2, c3 = channels
        self.conv1 = nn.Conv2d(3, c1, 5, stride=2, padding=2)
        self.conv2 = nn.Conv2d(c1, c2, 3, stride=2, padding=1)
        self.conv3 = nn.Conv2d(c2, c3, 3, stride=2, padding=1)
        side = -(-size // 8)  # each stride of 2 halves the side, rounded up
        self.head = nn.Linear(c3 * side * side, classes)

    def features(self, images: Tensor) -> Tensor:
        x = 2 * images - 1  # (B, 3, 24, 24), now in [-1, 1]
        h = torch.relu(self.conv1(x))  # (B, 8, 12, 12)
        h = torch.relu(self.conv2(h))  # (B, 32, 6, 6)
        h = torch.relu(self.conv3(h))  # (B, 64, 3, 3)
        return h.flatten(1)  # (B, 576)

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.features(images))  # (B, K)
