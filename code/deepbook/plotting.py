r"""The look of the book's figures: one font for Hangul and Latin, one colour-blind-safe palette."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.scale import LogScale, register_scale
from matplotlib.ticker import LogFormatterSciNotation

FONT = Path(__file__).parent / "fonts" / "NanumGothic.ttf"

INK = "#24292f"
"""Text, axes and outlines."""
GRID = "#d0d7de"
"""Grid lines and quiet fills."""
PALETTE = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#e69f00",
    "#56b4e9",
    "#666666",
)
"""Series colours after Okabe and Ito: told apart by readers with colour-blindness, and in grey with `LINES`."""
LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)))
"""Line styles that go with `PALETTE`, so that no series depends on colour alone."""


class _Powers(LogFormatterSciNotation):
    r"""Powers in the font of mathematics: NanumGothic has no minus sign (U+2212)."""

    def __call__(self, x, pos=None):
        return super().__call__(x, pos).replace(r"\mathdefault", r"\mathrm")


class _Log(LogScale):
    def __init__(
        self, *given, **options
    ):  # matplotlib before 3.11 gives the axis
        super().__init__(None, **options)

    def set_default_locators_and_formatters(self, axis):
        super().set_default_locators_and_formatters(axis)
        axis.set_major_formatter(_Powers(self.base))
        axis.set_minor_formatter(
            _Powers(self.base, labelOnlyBase=self.subs is not None)
        )


def use_book_style() -> None:
    r"""Set matplotlib's defaults to the style of the book.

    Examples:
        >>> use_book_style()
        >>> import matplotlib as mpl
        >>> mpl.rcParams["font.family"]
        ['NanumGothic', 'DejaVu Sans']

    References:
        Palette: M. Okabe and K. Ito, Color Universal Design (2008).
    """
    fontManager.addfont(str(FONT))
    register_scale(_Log)
    mpl.rcParams.update(
        {
            "font.family": ["NanumGothic", "DejaVu Sans"],
            "font.size": 10,
            "mathtext.fontset": "dejavusans",
            "axes.unicode_minus": False,
            "axes.prop_cycle": cycler(color=PALETTE, linestyle=LINES),
            "axes.edgecolor": INK,
            "axes.labelcolor": INK,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "grid.color": GRID,
            "grid.linewidth": 0.6,
            "text.color": INK,
            "xtick.color": INK,
            "ytick.color": INK,
            "lines.linewidth": 1.8,
            "legend.frameon": False,
            "figure.figsize": (5.5, 3.2),
            "figure.constrained_layout.use": True,
            "figure.facecolor": "none",
            "axes.facecolor": "none",
            "savefig.facecolor": "none",
            "image.cmap": "cividis",
        }
    )


def image_grid(
    images,
    columns: int,
    titles: Sequence[str] | None = None,
    size: float = 0.9,
) -> tuple[Figure, list[Axes]]:
    r"""Draw images side by side, without axes.

    Args:
        images: Sequence of N images, each `(H, W)` in [0, 1], `(3, H, W)` or `(H, W, 3)` in [0, 1]; tensors or arrays.
        columns: Number of images in a row.
        titles: N titles, or None.
        size: Side of one image in inches.

    Returns:
        The figure and its N axes, row by row.

    Raises:
        ValueError: If the number of titles is not the number of images.

    Examples:
        >>> import torch
        >>> fig, axes = image_grid(torch.zeros(6, 3, 8, 8), columns=3)
        >>> len(axes), axes[0].images[0].get_array().shape
        (6, (8, 8, 3))
        >>> plt.close(fig)
    """
    if titles is not None and len(titles) != len(images):
        raise ValueError(
            f"titles must be as many as images ({len(images)}), got {len(titles)}; give one title an image or None"
        )
    rows = -(-len(images) // columns)
    title_height = 0.25 if titles is not None else 0.0
    fig, grid = plt.subplots(
        rows,
        columns,
        figsize=(columns * size, rows * (size + title_height)),
        squeeze=False,
    )
    axes = list(grid.flat)
    for ax in axes:
        ax.set_axis_off()
    for i, (ax, image) in enumerate(zip(axes, images, strict=False)):
        pixels = (
            image.detach().cpu().numpy() if hasattr(image, "detach") else image
        )
        if pixels.ndim == 3 and pixels.shape[0] == 3:
            pixels = pixels.transpose(1, 2, 0)  # (C, H, W) -> (H, W, C)
        ax.imshow(
            pixels, cmap="gray", vmin=0.0, vmax=1.0, interpolation="nearest"
        )
        if titles is not None:
            ax.set_title(titles[i], fontsize=9)
    return fig, axes[: len(images)]
