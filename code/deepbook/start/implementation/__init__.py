r"""Engines of automatic differentiation for numbers and arrays, a picture of the graph, and a checkup of training programs."""

from deepbook.start.implementation.array import Array, unbroadcast
from deepbook.start.implementation.checkup import (
    Checkup,
    check_up,
    gradient_error,
    slopes_along,
)
from deepbook.start.implementation.data import NoisyRows, reseed_worker
from deepbook.start.implementation.drawing import draw_graph, layout
from deepbook.start.implementation.scalar import Value, topological

__all__ = [
    "Array",
    "Checkup",
    "NoisyRows",
    "Value",
    "check_up",
    "draw_graph",
    "gradient_error",
    "layout",
    "reseed_worker",
    "slopes_along",
    "topological",
    "unbroadcast",
]
