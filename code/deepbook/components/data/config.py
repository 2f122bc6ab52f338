r"""The distribution that scenes are drawn from: names, ranges, and three settings that many chapters use."""

from __future__ import annotations

from dataclasses import dataclass

SHAPES = ("circle", "square", "triangle", "star")
"""Class names; the label of a scene is a position in `SceneConfig.shapes`."""
TEXTURES = ("plain", "stripes", "dots")
BACKGROUNDS = ("plain", "gradient", "waves")
COLORS = ("red", "orange", "yellow", "green", "blue", "purple")
"""Names of colours that a question can ask for; see `SceneConfig.colors`."""
KEYPOINTS = (
    "center", "top", "left", "bottom", "right", "left_eye", "right_eye",
)  # fmt: skip
"""Landmarks of every shape; top, left, bottom and right lie on its outline. They turn with the shape."""
SKELETON = ((1, 0), (2, 0), (3, 0), (4, 0), (5, 6))
"""Pairs of positions in `KEYPOINTS` to be joined by a line in a drawing."""


@dataclass(frozen=True)
class SceneConfig:
    r"""A distribution of scenes; each pair is the lowest and the highest value of a uniform draw.

    Args:
        height, width: Size of the images in pixels, 16 or more.
        shapes: Names of the classes out of `SHAPES`, equally likely.
        angle: Rotation in degrees, counter-clockwise; at 0 a square stands on a side and the other shapes point up.
        position: Largest distance of the centre from the middle of the image along x and y, as a fraction of the shorter side.
        scale: Radius of the circle that has the shape's area, as a fraction of the shorter side. All classes have the same
            area at the same scale, so that area does not give the class away.
        hue: Hue of the shape in degrees around the OKLCH colour wheel (30 is red, 140 green, 260 blue).
        contrast: 1 is the full difference in colour between shape and ground, 0 is none.
        texture: Patterns of the shape out of `TEXTURES`, equally likely.
        occlusion: Width of a band in front of the shape, as a fraction of the shape's equal-area diameter; 0 is no band.
        background: Patterns of the ground out of `BACKGROUNDS`, equally likely.
        light_background: Probability in [0, 1] that the ground is light and the shape dark instead of the reverse.
        noise: Standard deviation of Gaussian noise added to the colours before they are clipped to [0, 1].
        objects: Least and greatest number of objects, 1 to 8. The first lies in front. The others are placed where they are
            hardly covered; one that finds no room is left out.
        colors: Names out of `COLORS`, equally likely, that take the place of `hue`; () leaves the hue free. Questions name
            colours only where they are given.
        faces: Whether each shape has two eyes, which tell where its top is even for a circle.

    Raises:
        ValueError: If a field is outside its range; the message says what was wanted and what came.

    Examples:
        >>> from dataclasses import replace
        >>> rotated = replace(SceneConfig(), angle=(45.0, 45.0))  # the data shift in one field
        >>> rotated.angle
        (45.0, 45.0)
        >>> replace(SceneConfig(), contrast=(0.5, 2.0))
        Traceback (most recent call last):
        ValueError: contrast must be a pair low <= high in [0.0, 1.0], got (0.5, 2.0); choose both ends inside that interval
    """

    height: int = 32
    width: int = 32
    shapes: tuple[str, ...] = SHAPES
    angle: tuple[float, float] = (0.0, 0.0)
    position: float = 0.06
    scale: tuple[float, float] = (0.2, 0.26)
    hue: tuple[float, float] = (0.0, 360.0)
    contrast: tuple[float, float] = (1.0, 1.0)
    texture: tuple[str, ...] = ("plain",)
    occlusion: tuple[float, float] = (0.0, 0.0)
    background: tuple[str, ...] = ("plain",)
    light_background: float = 0.0
    noise: tuple[float, float] = (0.0, 0.0)
    objects: tuple[int, int] = (1, 1)
    colors: tuple[str, ...] = ()
    faces: bool = False

    def __post_init__(self) -> None:
        for name in ("height", "width"):
            if getattr(self, name) < 16:
                raise ValueError(
                    f"{name} must be 16 pixels or more, got {getattr(self, name)}; shapes are not told apart below that"
                )
        for name, known in (
            ("shapes", SHAPES),
            ("texture", TEXTURES),
            ("background", BACKGROUNDS),
            ("colors", COLORS),
        ):
            got = getattr(self, name)
            if name == "colors" and got == ():
                continue
            if isinstance(got, str) or not got or not set(got) <= set(known):
                raise ValueError(
                    f"{name} must be a tuple of names out of {known}, got {got!r}; for one name write (name,)"
                )
        limits = {
            "angle": (-360.0, 360.0),
            "scale": (0.05, 0.5),
            "hue": (-360.0, 720.0),
            "contrast": (0.0, 1.0),
        }
        limits |= {"occlusion": (0.0, 0.9), "noise": (0.0, 1.0)}
        for name, (low, high) in limits.items():
            got = getattr(self, name)
            if not (
                isinstance(got, tuple)
                and len(got) == 2
                and low <= got[0] <= got[1] <= high
            ):
                raise ValueError(
                    f"{name} must be a pair low <= high in [{low}, {high}], got {got}; choose both ends inside that interval"
                )
        for name, high in (("position", 0.5), ("light_background", 1.0)):
            if not 0.0 <= getattr(self, name) <= high:
                raise ValueError(
                    f"{name} must be in [0, {high}], got {getattr(self, name)}; choose a number inside that interval"
                )
        few, many = self.objects
        if not 1 <= few <= many <= 8:
            raise ValueError(
                f"objects must be a pair low <= high in [1, 8], got {self.objects}; write (3, 3) for always three"
            )
        if many > 1 and self.position < 0.2:
            raise ValueError(
                f"position must be 0.2 or more where a scene has several objects, got {self.position}; they need room"
            )


MESSY = SceneConfig(
    position=0.12,
    angle=(0.0, 360.0),
    texture=TEXTURES,
    background=BACKGROUNDS,
    occlusion=(0.0, 0.3),
    light_background=0.5,
    noise=(0.0, 0.06),
)
"""One object, anyhow turned, with textures, grounds, a band in front and some noise: for classification."""
CROWD = SceneConfig(
    objects=(1, 4),
    position=0.34,
    scale=(0.1, 0.17),
    angle=(0.0, 360.0),
    colors=COLORS,
    texture=TEXTURES,
    background=("plain", "gradient"),
    noise=(0.0, 0.03),
)
"""One to four objects of named colours: for segmentation, detection and questions."""
FACES = SceneConfig(
    position=0.1,
    scale=(0.22, 0.28),
    angle=(-180.0, 180.0),
    occlusion=(0.0, 0.35),
    background=("plain", "gradient"),
    noise=(0.0, 0.03),
    faces=True,
)
"""One turned object with eyes and a band in front: for pose estimation."""
