r"""Automatic differentiation of NumPy arrays: an edge holds the function that takes a gradient back."""

from __future__ import annotations

from numbers import Real

import numpy as np

from deepbook.start.implementation.scalar import Operators, topological


def unbroadcast(grad, shape):
    r"""Sum a gradient over the axes along which broadcasting made copies.

    Examples:
        >>> unbroadcast(np.ones((4, 3)), (3,)).tolist()
        [4.0, 4.0, 4.0]
    """
    if np.broadcast_shapes(grad.shape, shape) != grad.shape:
        raise ValueError(
            f"shape must broadcast to {grad.shape}, got {tuple(shape)}"
        )
    grad = grad.sum(axis=tuple(range(grad.ndim - len(shape))))
    copied = tuple(i for i, size in enumerate(shape) if size == 1)
    return grad.sum(axis=copied, keepdims=True)


class Array(Operators):
    r"""An array of float64 that knows how it was made.

    Args:
        data: Numbers of any shape; copied.
        edges: Pairs of an input and the function that turns the gradient
            at this result into its part of the gradient at the input.
        op: The operation, for drawings.

    Examples:
        >>> w, b = Array([[1.0], [2.0]]), Array([0.0])
        >>> (Array([[3.0, 4.0], [5.0, 6.0]]) @ w + b).sum().backward()
        >>> w.grad.tolist(), b.grad.tolist()
        ([[8.0], [10.0]], [2.0])
    """

    __array_ufunc__ = None  # leave `ndarray * Array` to this class

    def __init__(self, data, edges=(), op=""):
        self.data = np.array(data)
        if self.data.dtype.kind not in "fiub":
            raise TypeError(f"data must hold numbers, got {self.data.dtype}")
        self.data = self.data.astype(np.float64, copy=False)
        self.grad = np.zeros_like(self.data)
        self.edges, self.op = tuple(edges), op

    def __add__(self, other):
        other = self._lift(other)
        here, there = self.data.shape, other.data.shape
        edges = [
            (self, lambda g: unbroadcast(g, here)),
            (other, lambda g: unbroadcast(g, there)),
        ]
        return Array(self.data + other.data, edges, "+")

    def __mul__(self, other):
        other = self._lift(other)
        a, b = self.data, other.data
        edges = [
            (self, lambda g: unbroadcast(g * b, a.shape)),
            (other, lambda g: unbroadcast(g * a, b.shape)),
        ]
        return Array(a * b, edges, "×")

    def __matmul__(self, other):
        other = self._lift(other)
        a, b = self.data, other.data
        if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[0]:
            raise ValueError(
                f"@ wants (N, D) and (D, K), got {a.shape} and {b.shape}"
            )
        edges = [(self, lambda g: g @ b.T), (other, lambda g: a.T @ g)]
        return Array(a @ b, edges, "@")

    def __rmatmul__(self, other):
        return self._lift(other) @ self

    def __getitem__(self, index):
        def pull(g):
            spread = np.zeros_like(self.data)
            np.add.at(spread, index, g)  # an element may be taken twice
            return spread

        return Array(self.data[index], [(self, pull)], "[]")

    def sum(self, axis=None, keepdims=False):
        def pull(g):
            if axis is not None and not keepdims:
                g = np.expand_dims(g, axis)
            return np.broadcast_to(g, self.data.shape)

        total = self.data.sum(axis=axis, keepdims=keepdims)
        return Array(total, [(self, pull)], "sum")

    def mean(self):
        return self.sum() / self.data.size

    def _each(self, result, slope, op):
        return Array(result, [(self, lambda g: g * slope)], op)

    def __pow__(self, n):
        x = self.data
        if not isinstance(n, Real) or (n % 1 and (x < 0).any()):
            raise ValueError(f"power must be a number with a root, got {n}")
        if n < 1 and (x == 0).any():
            raise ValueError(f"power of 0 must be 1 or more, got {n}")
        return self._each(x**n, n * x ** (n - 1), f"^{n:g}")

    def exp(self):
        y = np.exp(self.data)
        return self._each(y, y, "exp")

    def log(self):
        if not (self.data > 0).all():
            least = self.data.min()
            raise ValueError(f"log wants positive numbers, got {least}")
        return self._each(np.log(self.data), 1 / self.data, "log")

    def tanh(self):
        y = np.tanh(self.data)
        return self._each(y, 1 - y * y, "tanh")

    def relu(self):
        positive = self.data > 0
        return self._each(self.data * positive, positive, "ReLU")

    def backward(self):
        r"""Add to the `grad` of each leaf the gradient of this number."""
        if self.data.size != 1:
            raise ValueError(
                f"backward starts at one number, got {self.data.shape}; "
                "take sum() or mean() first"
            )
        order = topological(self)
        for node in order:
            node.grad = node.grad * (not node.edges)  # leaves collect
        self.grad = self.grad + 1.0
        for node in reversed(order):
            for source, pull in node.edges:
                source.grad = source.grad + pull(node.grad)
