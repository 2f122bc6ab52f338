r"""What a representation is worth: a linear probe, neighbours, alignment and uniformity."""

from __future__ import annotations

import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor
from torch.nn import functional as F

from deepbook.checks import check_filled, check_floating


def linear_probe(
    features: Tensor,
    labels: Tensor,
    test_features: Tensor,
    test_labels: Tensor,
) -> float:
    r"""Fit a linear classifier on frozen features and score it.

    Logistic regression of scikit-learn on features brought to mean 0 and
    variance 1, with its default L2 penalty.

    Args:
        features: `(N, D)` float, of the samples with labels.
        labels: `(N,)` int64, two classes or more.
        test_features: `(M, D)` float.
        test_labels: `(M,)` int64.

    Returns:
        Accuracy on the test samples, in [0, 1].

    Raises:
        TypeError: If features are no floating-point tensors.
        ValueError: If shapes do not fit, or the labels are all of one class.

    Examples:
        >>> features = torch.tensor([[-2.0], [-1.0], [1.0], [2.0]])
        >>> labels = torch.tensor([0, 0, 1, 1])
        >>> linear_probe(features, labels, torch.tensor([[3.0]]), torch.tensor([1]))
        1.0
    """
    for name, x, y in (
        ("features", features, labels),
        ("test_features", test_features, test_labels),
    ):
        check_floating(name, x)
        if x.ndim != 2 or y.shape != x.shape[:1]:
            raise ValueError(
                f"{name} must have shape (N, D) and as many labels, got"
                f" {tuple(x.shape)} and {tuple(y.shape)}"
            )
        check_filled(name, x)
    if len(labels.unique()) < 2:
        raise ValueError(
            f"labels must hold two classes or more, got only {labels[0]}; add"
            " samples of another class"
        )
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    probe.fit(features.numpy(), labels.numpy())
    return float(probe.score(test_features.numpy(), test_labels.numpy()))


def nearest_by_angle(features: Tensor, queries: Tensor, count: int) -> Tensor:
    r"""Find the features that point most nearly the way of each query.

    Args:
        features: `(N, D)` float.
        queries: `(Q, D)` float.
        count: Number of neighbours, 1 to N.

    Returns:
        Positions in `features`, `(Q, count)` int64, the nearest first.

    Raises:
        TypeError: If one is no floating-point tensor.
        ValueError: If the widths differ, or there are fewer than `count`.

    Examples:
        >>> features = torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
        >>> nearest_by_angle(features, torch.tensor([[0.0, 5.0]]), 2)
        tensor([[2, 1]])
    """
    for name, value in (("features", features), ("queries", queries)):
        check_floating(name, value)
    if features.ndim != 2 or features.shape[1:] != queries.shape[1:]:
        raise ValueError(
            "features and queries must have one width D, got"
            f" {tuple(features.shape)} and {tuple(queries.shape)}"
        )
    if not 1 <= count <= len(features):
        raise ValueError(
            f"count must be 1 to {len(features)}, the number of features, got"
            f" {count}"
        )
    cosine = F.normalize(queries, dim=1) @ F.normalize(features, dim=1).T
    return cosine.topk(count, dim=1).indices


def alignment(first: Tensor, second: Tensor) -> float:
    r"""Compute how far apart the two views of a picture lie on the sphere.

    Args:
        first: `(N, D)` float, brought to length 1 here.
        second: `(N, D)`, the other view.

    Returns:
        Mean squared distance, 0 where the views agree, 2 where they are at
        right angles.

    Raises:
        TypeError: If one is no floating-point tensor.
        ValueError: If the shapes differ or N is 0.

    Examples:
        >>> alignment(torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 3.0]]))
        2.0

    References:
        T. Wang and P. Isola, Understanding Contrastive Representation
        Learning through Alignment and Uniformity (2020).
    """
    _check_pair(first, second)
    apart = F.normalize(first, dim=1) - F.normalize(second, dim=1)
    return apart.square().sum(1).mean().item()


def uniformity(features: Tensor) -> float:
    r"""Compute how evenly features are spread over the sphere.

    The logarithm of the mean of exp(-2 d^2) over all pairs, d their
    distance: 0 where all lie in one point, lower where they are spread.

    Args:
        features: `(N, D)` float, brought to length 1 here; N 2 or more.

    Returns:
        A number from -8 to 0.

    Raises:
        TypeError: If the features are no floating-point tensor.
        ValueError: If there is no pair.

    Examples:
        Two opposite points: d^2 = 4.

        >>> uniformity(torch.tensor([[1.0, 0.0], [-2.0, 0.0]]))
        -8.0

    References:
        T. Wang and P. Isola (2020), t = 2.
    """
    _check_pair(features, features)
    if len(features) < 2:
        raise ValueError(
            f"features must hold 2 rows or more, got {len(features)}; one"
            " point has no distances"
        )
    distance = torch.pdist(F.normalize(features, dim=1))
    return (-2 * distance.square()).exp().mean().log().item()


def _check_pair(first: Tensor, second: Tensor) -> None:
    check_floating("first", first)
    check_floating("second", second)
    if first.ndim != 2 or first.shape != second.shape:
        raise ValueError(
            "features must have one shape (N, D), got"
            f" {tuple(first.shape)} and {tuple(second.shape)}"
        )
    check_filled("first", first)
