r"""Code of the sample's first chapter."""


def square(x: float) -> float:
    r"""Return the square."""
    return x * x
