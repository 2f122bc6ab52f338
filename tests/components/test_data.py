r"""The generated world of shapes: values known by hand first, then what must hold for every scene."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader

from deepbook.components.data import (
    ANSWERS,
    ANSWERS_KO,
    BACKGROUNDS,
    COLORS,
    CROWD,
    FACES,
    KEYPOINTS,
    KINDS,
    SHAPES,
    SKELETON,
    TEXTURES,
    Augmentation,
    AugmentInTraining,
    ClassificationDataset,
    DetectionDataset,
    PoseDataset,
    QuestionDataset,
    SceneConfig,
    SegmentationDataset,
    ask,
    balanced_accuracy,
    boxes_from_masks,
    class_weights,
    make_digits,
    make_scenes,
    nearest,
    oversample,
    split,
    tokenize,
)
from deepbook.components.data.drawing import render
from deepbook.components.data.landmarks import locate
from deepbook.components.data.palette import NAMED, rgb
from deepbook.components.data.sampling import draw_factors

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
    grey = rgb(torch.tensor([0.0, 0.5, 1.0]), 0.0, torch.zeros(3))
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
        ({"objects": (0, 2)}, r"objects must be a pair low <= high in \[1, 8\], got \(0, 2\)"),
        ({"objects": (1, 3)}, "position must be 0.2 or more where a scene has several objects, got 0.0"),
        ({"colors": ("pink",)}, "colors must be a tuple of names out of"),
    ],
)
def test_a_config_out_of_range_is_refused_with_the_cure(change, message):
    with pytest.raises(ValueError, match=message):
        replace(SceneConfig(position=0.05), **change)


def test_no_scenes_are_refused():
    with pytest.raises(ValueError, match="count must be 1 or more, got 0"):
        make_scenes(0, SceneConfig(), seeded())


# -- determinism -----------------------------------------------------------------------------------------------------


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


# == the world as later chapters know it =============================================================================

OLD = {
    # written down before scenes could hold several objects: weighted sums of pixels, of positions in the masks, of labels, of boxes
    "tidy": (SceneConfig(24, 24), 200, 45355.829610, 1102031433, 31719, 378.833651),
    "messy": (MESSY, 300, 247895.302440, 6496397467, 72991, 1169.489121),
    "wide": (replace(MESSY, height=20, width=28), 100, 46992.870323, 155668402, 7741, 98.295999),
}


@pytest.mark.parametrize("name", OLD)
def test_scenes_of_one_object_are_those_of_the_first_edition(name):
    config, count, pixels, places, labels, boxes = OLD[name]
    scenes = make_scenes(count, config, seeded(7))
    values = scenes.images.double().flatten()
    weights = (torch.arange(len(values)) % 9973).double() / 9973
    # another machine rounds sines differently in the last digit: 1e-6 of the sum; one pixel of a mask may then turn
    assert (values * weights).sum().item() == pytest.approx(pixels, rel=1e-6)
    assert scenes.masks.flatten().nonzero().sum().item() == pytest.approx(places, rel=1e-4)
    assert (scenes.labels * torch.arange(count)).sum().item() == labels
    assert (scenes.boxes.double().flatten() * weights[: 4 * count]).sum().item() == pytest.approx(boxes, rel=1e-3)


# -- several objects: values by hand ---------------------------------------------------------------------------------


def test_a_nearer_object_hides_what_lies_behind_it():
    config = SceneConfig(64, 64, shapes=("square",), objects=(2, 2), position=0.2, scale=(0.2, 0.2))
    f = draw_factors(1, config, seeded())
    f["present"][:] = True
    f["x"][:], f["y"][:] = torch.tensor([[32.0, 40.0]]), torch.tensor([[32.0, 32.0]])
    _, masks = render(f, config)
    # sides of sqrt(pi) * 12.8 = 22.7 pixels cover 22 whole ones; the one behind is moved by 8, so a strip of 8 is left of it
    assert masks[0, 0].sum().item() == 22 * 22
    assert masks[0, 1].sum().item() == 22 * 8
    assert not (masks[0, 0] & masks[0, 1]).any()
    points, seen = locate(f, config)
    assert seen[0, 0].all()
    behind = dict(zip(KEYPOINTS, seen[0, 1].tolist(), strict=True))
    # its center lies at 40, the one in front ends at 32 + 11.3
    assert not behind["center"] and not behind["left"] and behind["right"]


def test_keypoints_of_an_upright_square():
    # side 32 sqrt(pi) = 56.7: its top is 28.4 above the center at 64, and its eyes are at 0.27 and 0.14 of the radius 32
    points = dict(zip(KEYPOINTS, make_scenes(1, still("square"), seeded()).keypoints[0], strict=True))
    wanted = {"center": (64, 64), "top": (64, 35.6), "bottom": (64, 92.4), "left": (35.6, 64), "right": (92.4, 64)}
    wanted |= {"left_eye": (64 - 8.64, 64 - 4.48), "right_eye": (64 + 8.64, 64 - 4.48)}
    for name, place in wanted.items():
        assert points[name].tolist() == pytest.approx(place, abs=0.1), name


@pytest.mark.parametrize("shape", SHAPES)
def test_landmarks_of_the_outline_lie_on_it_at_any_angle(shape):
    scenes = make_scenes(20, still(shape, angle=(0.0, 360.0)), seeded())
    for points, mask in zip(scenes.keypoints, scenes.masks, strict=True):
        near = F.max_pool2d(mask[None].float(), 5, 1, 2)[0] - (1 - F.max_pool2d(1 - mask[None].float(), 5, 1, 2)[0])
        for name in ("top", "left", "bottom", "right"):
            x, y = points[KEYPOINTS.index(name)].long().tolist()
            assert near[y, x] == 1, name  # within two pixels of the border of the mask


def test_a_keypoint_behind_the_band_cannot_be_seen():
    scenes = make_scenes(200, replace(FACES, occlusion=(0.3, 0.3), noise=(0.0, 0.0), height=64, width=64), seeded())
    center = KEYPOINTS.index("center")
    x, y = scenes.keypoints[:, center].long().unbind(1)
    uncovered = scenes.masks[torch.arange(200), y, x]
    assert (uncovered == scenes.visible[:, center]).float().mean() > 0.94  # but for a pixel on the border of the band
    assert 0.3 < scenes.visible[:, center].float().mean() < 0.9


def test_every_color_has_the_hue_of_its_name():
    red, green, blue = (rgb(*(torch.tensor([v]) for v in NAMED[name]))[0] for name in ("red", "green", "blue"))
    assert red.argmax() == 0 and green.argmax() == 1 and blue.argmax() == 2
    scenes = make_scenes(50, replace(CROWD, colors=("yellow",)), seeded())
    assert (scenes.objects.colors[scenes.objects.present] == 0).all()
    assert (scenes.objects.factors["hue"] == NAMED["yellow"][2]).all()


# -- several objects: properties -------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(16, 16), (32, 32), (24, 40)])
def test_all_labels_of_a_crowd_agree(size):
    scenes = make_scenes(60, replace(CROWD, height=size[0], width=size[1]), seeded())
    objects, (height, width) = scenes.objects, size
    assert scenes.images.shape == (60, 3, height, width) and scenes.images.min() >= 0 and scenes.images.max() <= 1
    assert objects.masks.shape == (60, 4, height, width) and objects.masks.sum(1).max() == 1  # disjoint
    assert objects.keypoints.shape == (60, 4, len(KEYPOINTS), 2)
    assert torch.equal(objects.present, objects.labels >= 0) and torch.equal(objects.present, objects.colors >= 0)
    assert not objects.masks[~objects.present].any() and not objects.visible[~objects.present].any()
    assert set(objects.count.tolist()) == {1, 2, 3, 4}
    for j in range(4):
        there = objects.masks[:, j]
        assert torch.equal(boxes_from_masks(there), objects.boxes[:, j])
        classes = (1 + objects.labels[:, j])[:, None, None].expand_as(there)
        assert (scenes.semantic[there] == classes[there]).all()
    assert ((scenes.semantic > 0) == objects.masks.any(1)).all()
    assert torch.equal(scenes.labels, objects.labels[:, 0]) and torch.equal(scenes.boxes, objects.boxes[:, 0])
    # what is placed can be seen: at least a quarter of its area, or what the border of the image leaves of it
    area = math.pi * objects.factors["radius"] ** 2
    share = (objects.masks.sum((2, 3)) / area)[objects.present]
    assert share.min() > 0.15 and share.median() > 0.9


def test_the_first_object_does_not_depend_on_the_others():
    one = make_scenes(30, replace(CROWD, objects=(1, 1), noise=(0.0, 0.0)), seeded(1))
    many = make_scenes(30, replace(CROWD, objects=(3, 3), noise=(0.0, 0.0)), seeded(1))
    assert torch.equal(one.labels, many.labels) and torch.equal(one.masks, many.masks)
    assert torch.equal(one.keypoints, many.keypoints)


def test_faces_change_the_picture_and_no_label():
    plain, faces = (make_scenes(10, replace(FACES, faces=f), seeded()) for f in (False, True))
    assert torch.equal(plain.masks, faces.masks) and not torch.equal(plain.images, faces.images)
    assert all(0 <= a < len(KEYPOINTS) and 0 <= b < len(KEYPOINTS) for a, b in SKELETON)


# -- questions -------------------------------------------------------------------------------------------------------


def answer_of(text: str, scene, k: int) -> str:
    r"""The answer to an English question, found by reading the question: a slow literal twin of the programs."""
    objects, words = scene.objects, text.rstrip("?").split()
    shapes = [SHAPES[i] if i >= 0 else None for i in objects.labels[k].tolist()]
    colors = [COLORS[i] if i >= 0 else None for i in objects.colors[k].tolist()]

    def value(name, shape):
        return objects.factors[name][k, shapes.index(shape)].item()

    if text.startswith("What color"):
        return colors[shapes.index(words[-1])]
    if text.startswith("What shape"):
        return shapes[colors.index(words[-2])]
    if text.startswith("What pattern"):
        return TEXTURES[int(value("texture", words[4]))]
    if text.startswith("How many"):
        return str(shapes.count(words[2].rstrip("s")))
    if text.startswith("Is there"):
        return "yes" if (words[-2], words[-1]) in zip(colors, shapes, strict=True) else "no"
    first, second = words[2], words[-1]
    name = {"left": "x", "above": "y", "larger": "radius"}[next(w for w in words if w in ("left", "above", "larger"))]
    less = value(name, first) < value(name, second)
    return "yes" if less != (name == "radius") else "no"


@pytest.mark.parametrize("balanced", [True, False])
def test_answers_are_those_of_a_reader_of_the_question(balanced):
    scenes = make_scenes(300, CROWD, seeded(4))
    questions = ask(scenes, 4, seeded(5), balanced=balanced)
    assert set(questions.kinds.tolist()) == set(range(len(KINDS)))
    for text, k, answer in zip(questions.english, questions.scenes.tolist(), questions.answers.tolist(), strict=True):
        assert ANSWERS[answer] == answer_of(text, scenes, k), text


def test_both_languages_ask_the_same():
    questions = ask(make_scenes(400, CROWD, seeded()), 4, seeded())
    pairs = set(zip(questions.english, questions.korean, strict=True))
    assert len(pairs) == len({e for e, _ in pairs}) == len({k for _, k in pairs})  # one to one
    assert len(ANSWERS) == len(ANSWERS_KO) == len(set(ANSWERS_KO))
    assert ("Is there a red star?", "빨간색 별이 있나요?") in pairs
    assert dict(zip(ANSWERS, ANSWERS_KO, strict=True))["triangle"] == "삼각형"
    assert not any(" a orange" in text for text in questions.english)


def test_balanced_questions_cannot_be_answered_from_their_kind():
    scenes = make_scenes(2000, replace(CROWD, height=16, width=16), seeded())
    for balanced, limit in ((True, 0.56), (False, 0.99)):
        questions = ask(scenes, 3, seeded(), balanced=balanced)
        yes = questions.answers[questions.kinds == KINDS.index("exists")].float().mean().item()
        assert max(yes, 1 - yes) < limit
        if not balanced:
            assert yes < 0.2  # a scene shows about 2.4 of 24 kinds of things


def test_a_simple_world_is_asked_simple_questions():
    questions = ask(make_scenes(30, SceneConfig(), seeded()), 8, seeded())
    assert {KINDS[k] for k in questions.kinds.tolist()} == {"exists"} and len(questions) == 30
    assert len(questions[torch.arange(30) < 7]) == 7 and questions[:3].korean == questions.korean[:3]


def test_tokens_go_back_to_words():
    tokens, words = tokenize(["Is there a star?", "How many stars are there?"])
    assert [words[t] for t in tokens[1]] == ["how", "many", "stars", "are", "there"]
    again, _ = tokenize(["Is there a fish?"], words)
    assert again.tolist() == [[*tokens[0, :3].tolist(), 1]]


# -- datasets --------------------------------------------------------------------------------------------------------


def test_each_dataset_gives_the_labels_of_its_task():
    scenes = make_scenes(6, CROWD, seeded())
    questions = ask(scenes, 2, seeded())
    assert torch.equal(ClassificationDataset(scenes)[2][1], scenes.labels[2])
    assert torch.equal(SegmentationDataset(scenes)[2][1], scenes.semantic[2])
    pose = PoseDataset(scenes)[2][1]
    assert torch.equal(pose[:, :2], scenes.keypoints[2]) and torch.equal(pose[:, 2].bool(), scenes.visible[2])
    target = DetectionDataset(scenes)[2][1]
    assert len(target["boxes"]) == len(target["labels"]) == scenes.objects.count[2]
    for language, texts in (("ko", questions.korean), ("en", questions.english)):
        dataset = QuestionDataset(scenes, questions, language)
        (image, tokens), answer = dataset[3]
        assert torch.equal(image, scenes.images[questions.scenes[3]]) and answer == questions.answers[3]
        said = " ".join(dataset.words[t] for t in tokens.tolist() if t)
        assert said == texts[3].lower().rstrip("?")
        assert [len(t) for t in dataset.tensors] == [len(questions)] * 3


@pytest.mark.parametrize("make", [ClassificationDataset, SegmentationDataset, PoseDataset])
def test_a_loader_gives_what_the_tensors_hold(make):
    dataset = make(make_scenes(5, FACES, seeded()))
    parts = list(DataLoader(dataset, batch_size=2))
    assert len(dataset) == 5 and len(parts) == 3
    for column, whole in zip(zip(*parts, strict=True), dataset.tensors, strict=True):
        assert torch.equal(torch.cat(column), whole)


def test_boxes_are_filled_up_in_tensors_and_listed_by_the_loader():
    dataset = DetectionDataset(make_scenes(8, CROWD, seeded()))
    images, targets = next(iter(DataLoader(dataset, batch_size=8, collate_fn=DetectionDataset.collate)))
    assert images.shape == (8, 3, 32, 32)
    assert [len(t["labels"]) for t in targets] == (dataset.tensors[2] >= 0).sum(1).tolist()


def test_digits_have_the_interface_of_scenes():
    digits = make_digits()
    assert digits.images.shape == (1797, 1, 8, 8) and 0 <= digits.images.min() and digits.images.max() == 1
    assert torch.equal(digits.masks, digits.images[:, 0] >= 0.5)
    assert torch.equal(boxes_from_masks(digits.masks), digits.boxes)
    assert ((digits.semantic > 0) == digits.masks).all() and digits.semantic.max() == 10
    large = make_digits(16)[digits.labels == 3]
    assert large.images.shape[1:] == (1, 16, 16) and (large.labels == 3).all()


# -- splits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("labels", [None, torch.arange(100) % 3])
@pytest.mark.parametrize("groups", [None, torch.arange(100) // 7])
@pytest.mark.parametrize("fractions", [(0.8, 0.2), (0.6, 0.2, 0.2)])
def test_every_sample_lands_on_exactly_one_side(labels, groups, fractions):
    sides = split(100, fractions, seeded(), labels=labels, groups=groups)
    assert torch.equal(torch.cat(sides).sort().values, torch.arange(100))
    for side, fraction in zip(sides, fractions, strict=True):
        assert abs(len(side) - 100 * fraction) <= (7 if groups is not None else 1.5)  # a group has 7
    again = split(100, fractions, seeded(), labels=labels, groups=groups)
    assert all(torch.equal(a, b) for a, b in zip(sides, again, strict=True))


def test_a_stratified_split_keeps_the_shares_of_the_classes():
    labels = torch.tensor([0] * 700 + [1] * 250 + [2] * 50)
    train, test = split(1000, (0.8, 0.2), seeded(), labels=labels)
    assert labels[test].bincount().tolist() == [140, 50, 10]


@pytest.mark.parametrize(("count", "sizes"), [(3, [1, 1, 1]), (4, [2, 1, 1])])
def test_of_few_samples_each_side_gets_one(count, sizes):
    sides = split(count, (0.9, 0.05, 0.05), seeded())
    assert [len(side) for side in sides] == sizes and torch.cat(sides).sort().values.tolist() == list(range(count))


def test_a_grouped_split_parts_no_group_and_balances_classes_as_it_can():
    groups, labels = torch.arange(1000) // 10, (torch.arange(1000) // 10) % 4
    for seed in range(5):
        train, test = split(1000, (0.7, 0.3), seeded(seed), labels=labels, groups=groups)
        assert not set(groups[train].tolist()) & set(groups[test].tolist())
        assert (labels[test].bincount() / 250 - 0.3).abs().max() <= 0.05  # whole groups of 10 of 250


def test_each_side_gets_a_group_even_if_one_group_is_large():
    groups = torch.tensor([0] * 90 + [1] * 5 + [2] * 5)
    sides = split(100, (0.4, 0.3, 0.3), seeded(), groups=groups)
    assert sorted(len(side) for side in sides) == [5, 5, 90]


def test_nearest_finds_the_copy():
    known = torch.rand(30, 3, 4, 4, generator=seeded())
    distance, position = nearest(known, known[[4, 9]] + 0.01)
    assert position.tolist() == [4, 9] and distance.tolist() == pytest.approx([0.01, 0.01], abs=1e-5)


# -- rare classes ----------------------------------------------------------------------------------------------------


def test_rare_classes_count_as_scikit_learn_counts_them():
    from sklearn.metrics import balanced_accuracy_score
    from sklearn.utils.class_weight import compute_class_weight

    labels = torch.multinomial(torch.tensor([0.7, 0.2, 0.1]), 300, True, generator=seeded())
    guess = torch.randint(3, (300,), generator=seeded(1))
    assert balanced_accuracy(guess, labels) == pytest.approx(balanced_accuracy_score(labels, guess))
    wanted = compute_class_weight("balanced", classes=np.arange(3), y=labels.numpy())
    assert class_weights(labels, 3).tolist() == pytest.approx(wanted.tolist())
    drawn = labels[oversample(labels, 3, seeded())].bincount()
    assert (drawn - 100).abs().max() < 40  # standard deviation sqrt(300 * 2 / 9) = 8


# -- augmentation ----------------------------------------------------------------------------------------------------


def test_a_mirror_reverses_columns_and_swaps_left_and_right():
    scenes = make_scenes(8, replace(FACES, objects=(2, 2), position=0.25), seeded())
    mirrored = Augmentation(flip=1.0)(scenes, seeded())
    assert torch.allclose(mirrored.images, scenes.images.flip(3), atol=1e-5)
    assert torch.equal(mirrored.objects.masks, scenes.objects.masks.flip(3))
    left, right = KEYPOINTS.index("left_eye"), KEYPOINTS.index("right_eye")
    assert torch.allclose(mirrored.keypoints[:, left, 0], 32 - scenes.keypoints[:, right, 0], atol=1e-4)
    assert torch.allclose(mirrored.keypoints[:, left, 1], scenes.keypoints[:, right, 1], atol=1e-4)
    assert torch.equal(mirrored.visible[:, left], scenes.visible[:, right])


@pytest.mark.parametrize("size", [(32, 32), (24, 40)])
def test_keypoints_move_as_the_world_says(size):
    # moved factors (x, y, angle, radius), put into the formula of landmarks, must give the moved keypoints
    config = replace(FACES, height=size[0], width=size[1], objects=(1, 2), position=0.2)
    factors = draw_factors(20, config, seeded(3))
    moved = Augmentation(flip=0.5, turn=90, shift=0.1, zoom=(0.7, 1.4))(make_scenes(20, config, seeded(3)), seeded())
    factors |= {name: moved.objects.factors[name] for name in ("x", "y", "angle", "radius")}
    points, _ = locate(factors, config)
    assert torch.allclose(points, moved.objects.keypoints, atol=1e-3)


def test_masks_move_with_the_picture():
    scenes = make_scenes(20, replace(SceneConfig(64, 64), position=0.1), seeded())
    moved = Augmentation(flip=0.5, turn=60, shift=0.1)(scenes, seeded())
    ground = moved.images[:, :, :1, :1]
    unlike = (moved.images - ground).abs().amax(1) > 0.15
    agree = (unlike == moved.masks).float().mean((1, 2))
    assert agree.min() > 0.97 and torch.equal(boxes_from_masks(moved.masks), moved.boxes)


def test_a_shift_by_whole_pixels_repeats_the_border():
    images = torch.rand(1, 1, 4, 4, generator=seeded())
    for seed in range(20):
        moved = Augmentation(shift=0.5)(images, seeded(seed))
        assert moved.min() >= images.min() - 1e-5 and moved.max() <= images.max() + 1e-5


def test_colors_change_without_moving_anything_and_nothing_changes_by_default():
    scenes = make_scenes(5, MESSY, seeded())
    assert torch.equal(Augmentation()(scenes.images, seeded()), scenes.images)
    tinted = Augmentation(brightness=0.1, contrast=0.2, color=0.2, noise=0.02)(scenes, seeded())
    assert torch.equal(tinted.masks, scenes.masks) and torch.allclose(tinted.keypoints, scenes.keypoints)
    assert not torch.equal(tinted.images, scenes.images)
    assert tinted.images.min() >= 0 and tinted.images.max() <= 1


def test_augmentation_is_seeded_and_leaves_evaluation_alone():
    images = make_scenes(5, MESSY, seeded()).images
    change = Augmentation(flip=0.5, turn=30, noise=0.1)
    before = images.clone(), torch.get_rng_state()
    assert torch.equal(change(images, seeded(2)), change(images, seeded(2)))
    assert not torch.equal(change(images, seeded(2)), change(images, seeded(3)))
    layer = AugmentInTraining(change, seeded())
    assert not torch.equal(layer(images), images) and layer.eval()(images) is images
    assert torch.equal(images, before[0]) and torch.equal(torch.get_rng_state(), before[1])


# -- rejection -------------------------------------------------------------------------------------------------------

SOME = torch.arange(10)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ask(make_scenes(2, CROWD, seeded()), 0, seeded()), ValueError, "per_scene must be 1 to 8.*got 0"),
        (lambda: tokenize([]), ValueError, "texts must hold at least one text, got none"),
        (lambda: make_digits(7), ValueError, "size must be 8 pixels or more, got 7"),
        (
            lambda: QuestionDataset(make_scenes(2, CROWD, seeded()), ask(make_scenes(2, CROWD, seeded()), 1, seeded()), "fr"),
            ValueError,
            "language must be 'ko' or 'en', got 'fr'",
        ),
        (lambda: split(10, (0.8, 0.3), seeded()), ValueError, r"fractions must be .* add up to 1, got \(0.8, 0.3\)"),
        (lambda: split(10, (1.0,), seeded()), ValueError, "fractions must be two or more"),
        (lambda: split(10, (0.5, 0.5), seeded(), labels=SOME[:9]), ValueError, r"labels must have shape \(10,\).*got \(9,\)"),
        (lambda: split(10, (0.5, 0.5), seeded(), groups=SOME[:9]), ValueError, r"groups must have shape \(10,\).*got \(9,\)"),
        (lambda: split(10, (0.5, 0.5), seeded(), labels=SOME), ValueError, "class 0 must have at least 2 samples.*got 1"),
        (lambda: split(1, (0.5, 0.5), seeded()), ValueError, "count must have at least 2 samples.*got 1"),
        (lambda: split(10, (0.5, 0.5), seeded(), groups=0 * SOME), ValueError, "groups must be at least 2.*got 1"),
        (lambda: nearest(torch.zeros(2, 3), torch.zeros(2, 4)), ValueError, r"one shape, got \(2, 3\) and \(2, 4\)"),
        (lambda: balanced_accuracy(SOME[:2], SOME[:3]), ValueError, r"as many as labels \(3, at least 1\), got 2"),
        (lambda: class_weights(torch.tensor([0, 2]), 3), ValueError, "every class must have a sample, got none of class 1"),
        (lambda: oversample(torch.tensor([0, 2]), 2, seeded()), ValueError, r"labels must hold classes 0 to 1.*got \[0, 2\]"),
        (lambda: Augmentation(flip=1.5), ValueError, r"flip must be in \[0, 1.0\], got 1.5"),
        (lambda: Augmentation(zoom=(0.1, 1.0)), ValueError, r"zoom must be a pair low <= high in \[0.25, 4\], got \(0.1, 1.0\)"),
        (lambda: Augmentation()(SOME, seeded()), TypeError, "pictures must be floating point, got torch.int64"),
        (lambda: Augmentation()(torch.zeros(3, 8, 8), seeded()), ValueError, r"shape \(N, C, H, W\), got \(3, 8, 8\)"),
        (lambda: boxes_from_masks(torch.ones(4, 4) > 0), ValueError, r"masks must be bool \(N, H, W\), got torch.bool \(4, 4\)"),
        (lambda: boxes_from_masks(torch.ones(2, 4, 4)), ValueError, "got torch.float32.*compare with a threshold"),
        (lambda: ClassificationDataset(SOME), TypeError, "scenes must be Scenes or Digits, got Tensor"),
        (lambda: SegmentationDataset(None), TypeError, "scenes must be Scenes or Digits, got NoneType"),
        (lambda: DetectionDataset(make_digits()), TypeError, "scenes must be Scenes, got Digits; make_scenes makes them"),
        (lambda: PoseDataset(make_digits()), TypeError, "scenes must be Scenes, got Digits"),
        (lambda: QuestionDataset(make_digits(), None, "ko"), TypeError, "scenes must be Scenes, got Digits"),
    ],
)
def test_bad_input_is_refused_with_what_was_wanted_and_what_came(call, error, message):
    with pytest.raises(error, match=message):
        call()
