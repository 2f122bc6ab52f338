r"""The generated world of shapes: values known by hand first, then what must hold for every scene."""

from __future__ import annotations

import math
import time
from dataclasses import replace

import pytest
import torch

from deepbook.components.data import BACKGROUNDS, SHAPES, TEXTURES, SceneConfig, boxes_from_masks, make_scenes

MESSY = SceneConfig(
    angle=(0.0, 360.0),
    position=0.12,
    contrast=(0.5, 1.0),
    texture=TEXTURES,
    occlusion=(0.0, 0.3),
    background=BACKGROUNDS,
    light_background=0.5,
    noise=(0.0, 0.1),
)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def still(shape: str, **changes) -> SceneConfig:
    return SceneConfig(height=128, width=128, shapes=(shape,), position=0.0, scale=(0.25, 0.25), **changes)


# -- value by hand ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_has_the_area_that_its_scale_promises(shape):
    area = make_scenes(1, still(shape), seeded()).masks.sum().item()
    # pi * (0.25 * 128) ** 2 = 3217; an upright square of side 56.7 is drawn with sides of 56 to 58 whole pixels
    assert area == pytest.approx(math.pi * 32**2, rel=0.05)


@pytest.mark.parametrize(
    ("shape", "fill"),
    [
        ("circle", math.pi / 4),
        ("square", 1.0),
        ("triangle", 0.5),
        # five triangles of sides 1 and notch at 36 degrees, twice: 5 * notch * sin 36; box 2 sin 72 by 1 + cos 36
        ("star", 5 * (3 - 5**0.5) / 2 * math.sin(math.pi / 5) / (2 * math.sin(math.radians(72)) * (1 + math.cos(math.radians(36))))),
    ],
)
def test_an_upright_shape_fills_its_box_as_geometry_says(shape, fill):
    scene = make_scenes(1, still(shape), seeded())
    left, top, right, bottom = scene.boxes[0].tolist()
    assert scene.masks.sum().item() / ((right - left) * (bottom - top)) == pytest.approx(fill, abs=0.02)


def test_a_square_turned_by_45_degrees_reaches_out_by_half_its_diagonal():
    # equal-area radius 32: side 32 sqrt(pi) = 56.7, half its diagonal 40.1, around the centre 64
    box = make_scenes(1, still("square", angle=(45.0, 45.0)), seeded()).boxes[0]
    assert box.tolist() == pytest.approx([64 - 40.1, 64 - 40.1, 64 + 40.1, 64 + 40.1], abs=1.5)


def test_turning_is_counter_clockwise_and_a_triangle_points_up():
    upright = make_scenes(1, still("triangle"), seeded()).masks[0]
    turned = make_scenes(1, still("triangle", angle=(90.0, 90.0)), seeded()).masks[0]
    rows, columns = upright.any(1).nonzero(), turned.any(0).nonzero()
    assert upright[rows[0]].sum() < 4 < 50 < upright[rows[-1]].sum()  # tip above, side below
    assert turned[:, columns[0]].sum() < 4 < 50 < turned[:, columns[-1]].sum()  # tip now on the left


def test_the_colour_of_the_ground_is_that_of_oklch():
    # OKLCH (1, 0, .) is white and (0, 0, .) black; (0.5, 0, .) has linear value 0.125, in sRGB 1.055 * 0.125^(1/2.4) - 0.055 = 0.3886
    from deepbook.components.data.drawing import _rgb

    grey = _rgb(torch.tensor([0.0, 0.5, 1.0]), 0.0, torch.zeros(3))
    assert grey == pytest.approx(torch.tensor([[0.0] * 3, [0.3886] * 3, [1.0] * 3]), abs=1e-3)


def test_box_of_a_mask_by_hand():
    masks = torch.zeros(2, 4, 6, dtype=torch.bool)
    masks[0, 1:3, 2:5] = True
    assert boxes_from_masks(masks).tolist() == [[2, 1, 5, 3], [0, 0, 0, 0]]


# -- shape and dtype -------------------------------------------------------------------------------------------------


def test_shapes_and_dtypes():
    scenes = make_scenes(7, replace(MESSY, height=20, width=28), seeded())
    assert scenes.images.shape == (7, 3, 20, 28) and scenes.images.dtype == torch.float32
    assert scenes.labels.shape == (7,) and scenes.labels.dtype == torch.int64
    assert scenes.masks.shape == (7, 20, 28) and scenes.masks.dtype == torch.bool
    assert scenes.boxes.shape == (7, 4) and scenes.boxes.dtype == torch.float32
    assert all(value.shape == (7,) for value in scenes.factors.values())
    assert len(scenes) == 7


def test_a_part_of_the_scenes_keeps_its_labels_together():
    scenes = make_scenes(10, MESSY, seeded())
    part = scenes[scenes.labels == 1]
    assert len(part) == int((scenes.labels == 1).sum()) > 0
    assert (part.labels == 1).all() and len(part.boxes) == len(part.masks) == len(part.factors["x"]) == len(part)
    assert torch.equal(scenes[2:4].images, scenes.images[2:4])


# -- property --------------------------------------------------------------------------------------------------------


def test_values_stay_in_range_and_all_classes_appear():
    scenes = make_scenes(400, MESSY, seeded())
    assert scenes.images.min() >= 0 and scenes.images.max() <= 1
    counts = torch.bincount(scenes.labels, minlength=4)
    assert counts.min() > 60  # 100 expected, standard deviation sqrt(400 * 3 / 16) = 8.7
    for name in ("angle", "contrast", "occlusion", "noise"):
        low, high = getattr(MESSY, name)
        value = scenes.factors[name]
        assert low <= value.min() < low + 0.1 * (high - low) and high - 0.1 * (high - low) < value.max() <= high


@pytest.mark.parametrize(
    "change",
    [
        {"angle": (30.0, 60.0)},
        {"hue": (0.0, 40.0)},
        {"contrast": (0.4, 0.6)},
        {"texture": ("stripes",)},
        {"background": ("waves",)},
        {"light_background": 1.0},
        {"noise": (0.05, 0.1)},
        {"occlusion": (0.2, 0.2)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_changing_one_field_changes_one_factor_of_the_same_scenes(change):
    before = make_scenes(30, SceneConfig(), seeded(3))
    after = make_scenes(30, replace(SceneConfig(), **change), seeded(3))
    assert torch.equal(before.labels, after.labels)
    name = next(iter(change))
    for factor, value in before.factors.items():
        if factor != name and not (factor == "texture" or factor == "background"):
            assert torch.equal(value, after.factors[factor]), factor
    assert not torch.equal(before.images, after.images)
    if name not in ("angle", "occlusion"):
        assert torch.equal(before.masks, after.masks)


def test_the_mask_is_where_the_shape_differs_from_the_ground():
    scenes = make_scenes(20, SceneConfig(), seeded())
    ground = scenes.images[:, :, :1, :1]
    unlike = (scenes.images - ground).abs().amax(1)
    assert (unlike[scenes.masks] > 0.05).all()
    # a pixel that is not in the mask is less than half covered
    inside = (unlike * scenes.masks).amax((1, 2), keepdim=True)
    assert (unlike <= 0.51 * inside + scenes.masks * 2).all()


def test_the_band_hides_a_part_of_the_mask():
    whole = make_scenes(50, SceneConfig(), seeded())
    hidden = make_scenes(50, replace(SceneConfig(), occlusion=(0.3, 0.3)), seeded())
    assert (hidden.masks <= whole.masks).all()
    left = hidden.masks.sum((1, 2)) / whole.masks.sum((1, 2))
    assert 0.5 < left.mean() < 0.85


def test_no_contrast_leaves_nothing_to_see():
    scenes = make_scenes(5, replace(SceneConfig(), contrast=(0.0, 0.0)), seeded())
    assert scenes.images.std((2, 3)).max() < 1e-6


def test_a_light_ground_is_lighter_than_its_shape():
    for probability, lighter in ((1.0, True), (0.0, False)):
        scenes = make_scenes(20, replace(SceneConfig(), light_background=probability), seeded())
        corner, middle = scenes.images[:, :, 0, 0].mean(1), scenes.images[:, :, 16, 16].mean(1)
        assert bool((corner > middle).all()) is lighter and bool((corner < middle).all()) is not lighter


def test_two_sizes_show_the_same_scene():
    small = make_scenes(10, SceneConfig(), seeded())
    large = make_scenes(10, SceneConfig(height=64, width=64), seeded())
    assert torch.equal(small.labels, large.labels)
    shrunk = torch.nn.functional.avg_pool2d(large.images, 2)
    assert (shrunk - small.images).abs().mean() < 0.01


# -- rejection -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"height": 15}, "height must be 16 pixels or more, got 15"),
        ({"shapes": ("hexagon",)}, "shapes must be a tuple of names out of"),
        ({"texture": "plain"}, r"got 'plain'; for one name write \(name,\)"),
        ({"background": ()}, r"background must be a tuple of names .* got \(\)"),
        ({"angle": (10.0, 5.0)}, r"angle must be a pair low <= high in \[-360.0, 360.0\], got \(10.0, 5.0\)"),
        ({"noise": (0.0, 1.5)}, r"noise must be a pair low <= high in \[0.0, 1.0\]"),
        ({"occlusion": 0.3}, "occlusion must be a pair"),
        ({"position": 0.6}, r"position must be in \[0, 0.5\], got 0.6"),
        ({"light_background": -0.1}, r"light_background must be in \[0, 1.0\], got -0.1"),
    ],
)
def test_a_config_out_of_range_is_refused_with_the_cure(change, message):
    with pytest.raises(ValueError, match=message):
        replace(SceneConfig(), **change)


def test_no_scenes_are_refused():
    with pytest.raises(ValueError, match="count must be 1 or more, got 0"):
        make_scenes(0, SceneConfig(), seeded())


# -- determinism and speed -------------------------------------------------------------------------------------------


def test_equal_seeds_give_equal_scenes_and_leave_global_state_alone():
    before = torch.get_rng_state()
    first, second = (make_scenes(20, MESSY, seeded(5)) for _ in range(2))
    assert torch.equal(first.images, second.images) and torch.equal(first.boxes, second.boxes)
    assert torch.equal(torch.get_rng_state(), before)
    assert not torch.equal(first.images, make_scenes(20, MESSY, seeded(6)).images)


def test_scenes_do_not_depend_on_how_many_are_drawn_at_once(monkeypatch):
    whole = make_scenes(40, MESSY, seeded())
    monkeypatch.setattr("deepbook.components.data.scenes._PIXELS_AT_ONCE", 32 * 32 * 16)
    pieces = make_scenes(40, MESSY, seeded())
    assert torch.equal(whole.labels, pieces.labels) and torch.equal(whole.masks, pieces.masks)


def test_scenes_are_drawn_fast_enough_to_be_made_while_training():
    make_scenes(10, MESSY, seeded())
    start = time.process_time()
    make_scenes(1000, MESSY, seeded())
    assert time.process_time() - start < 2.5  # measured 0.3 s; a loop over scenes would take more than 5 s
