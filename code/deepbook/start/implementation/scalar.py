r"""Automatic differentiation of numbers: each result remembers its inputs and its slopes."""

from __future__ import annotations

import math
from numbers import Real


def topological(root):
    r"""List the nodes that a result is made of, each one after its inputs.

    Examples:
        >>> x = Value(2.0)
        >>> [node.op for node in topological((x + 1.0) * x)]
        ['', '', '+', '×']
    """
    if not hasattr(root, "edges"):
        kind = type(root).__name__
        raise TypeError(f"root must be a Value or an Array, got {kind}")
    order, seen, stack = [], set(), [(root, False)]
    while stack:
        node, inputs_done = stack.pop()
        if inputs_done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((source, False) for source, _ in node.edges)
    return order


class Operators:
    r"""What follows from addition, multiplication and powers."""

    def _lift(self, other):
        return other if isinstance(other, type(self)) else type(self)(other)

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return self + -self._lift(other)

    def __rsub__(self, other):
        return self._lift(other) - self

    def __truediv__(self, other):
        return self * self._lift(other) ** -1.0

    def __rtruediv__(self, other):
        return self._lift(other) / self


class Value(Operators):
    r"""A number that knows how it was made.

    Args:
        data: The number.
        edges: Pairs of an input and the slope of this result along it.
        op: The operation, for drawings.

    Examples:
        >>> x, y = Value(3.0), Value(4.0)
        >>> z = x * y + x
        >>> z.backward()
        >>> z.data, x.grad, y.grad
        (15.0, 5.0, 3.0)
    """

    def __init__(self, data, edges=(), op=""):
        if not isinstance(data, Real):
            raise TypeError(
                f"data must be a number, got {type(data).__name__}; "
                "arrays of numbers go into Array"
            )
        self.data, self.grad = float(data), 0.0
        self.edges, self.op = tuple(edges), op

    def __add__(self, other):
        other = self._lift(other)
        total = self.data + other.data
        return Value(total, [(self, 1.0), (other, 1.0)], "+")

    def __mul__(self, other):
        other = self._lift(other)
        product = self.data * other.data
        return Value(product, [(self, other.data), (other, self.data)], "×")

    def __pow__(self, n):
        x = self.data
        if not isinstance(n, Real) or (x < 0 and n % 1) or (x == 0 and n < 1):
            raise ValueError(
                f"power must be a number with a slope at {x}, got {n}"
            )
        return Value(x**n, [(self, n * x ** (n - 1))], f"^{n:g}")

    def exp(self):
        if self.data > 709.78:  # e to this is the largest float
            raise OverflowError(f"exp wants at most 709.78, got {self.data}")
        y = math.exp(self.data)
        return Value(y, [(self, y)], "exp")

    def log(self):
        if self.data <= 0:
            raise ValueError(f"log wants a positive number, got {self.data}")
        return Value(math.log(self.data), [(self, 1 / self.data)], "log")

    def tanh(self):
        y = math.tanh(self.data)
        return Value(y, [(self, 1 - y * y)], "tanh")

    def relu(self):
        x = self.data
        return Value(max(x, 0.0), [(self, float(x > 0))], "ReLU")

    def backward(self):
        r"""Add the slope of this result along each leaf to its `grad`."""
        order = topological(self)
        for node in order:
            node.grad = 0.0 if node.edges else node.grad  # leaves collect
        self.grad += 1.0
        for node in reversed(order):
            for source, slope in node.edges:
                source.grad += slope * node.grad
