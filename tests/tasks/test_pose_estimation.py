r"""Heat maps, decoding, PCK, OKS and average precision, crops and peaks, losses, and the networks of the chapter on pose.

Tolerances: float64 twins sum the same numbers in another order, 1e-12; crops interpolate in float32, 1e-5.
"""

import math
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from deepbook.components.data import FACES, PoseDataset, make_scenes
from deepbook.tasks import pose_estimation as book
from deepbook.training import initialize, predict, train

N, K, H, W = 3, 5, 8, 12
"""Pictures, keypoints, rows and columns; all different, so that no swap goes unseen."""


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def numbers(seed, *shape):
    return torch.rand(shape, generator=seeded(seed), dtype=torch.float64)


def inside(seed, *shape):
    r"""Points of a picture of H x W, 2 pixels or more from its border."""
    return 2 + numbers(seed, *shape, 2) * torch.tensor([W - 4.0, H - 4.0])


# --- value by hand ---------------------------------------------------------------------------------------------------


def test_heatmap_by_hand():
    # stride 2: centers at 1, 3, 5 and 1, 3; the point at (3, 2) is 2, 0, 2 and 1, 1 away
    one = math.exp(-(4 + 1) / 8)
    assert_close(book.make_heatmaps(torch.tensor([3.0, 2.0]), 4, 6, 2, 2.0), torch.tensor([[one, math.exp(-1 / 8), one]] * 2))


@pytest.mark.parametrize(
    ("row", "by_hand"),
    [
        ([0.0, 0.9, 0.1, 0.0], 3 * 1.75),  # the right neighbor is higher
        ([0.3, 0.9, 0.1, 0.0], 3 * 1.25),  # the left one
        ([0.2, 0.9, 0.2, 0.0], 3 * 1.5),  # neither
        ([0.9, 0.3, 0.1, 0.0], 3 * 0.5),  # on the edge: stays
        ([0.0, 0.1, 0.3, 0.9], 3 * 3.5),
    ],
)
@pytest.mark.parametrize("upright", [False, True])
def test_quarter_by_hand(row, by_hand, upright):
    maps = torch.tensor([row])
    wanted = torch.tensor([by_hand, 1.5])
    if upright:
        maps, wanted = maps.T, wanted.flip(0)
    assert_close(book.quarter_points(maps, 3), wanted)


def test_metrics_by_hand():
    errors = torch.tensor([[0.0, 0.1], [0.25, 0.4]])
    counted = torch.tensor([[True, True], [True, False]])
    assert book.pck(errors, counted, torch.tensor([0.0, 0.1, 0.2, 0.3])).tolist() == pytest.approx([1 / 3, 2 / 3, 2 / 3, 1])
    assert book.pck_area(errors, counted, 0.2) == pytest.approx((1 + 0.5 + 0) / 3)
    # distances 0, 3 and 4 of an object with s = 10: 9 / (2 * 100 * 0.09) = 1 / 2, 16 / (2 * 100 * 0.04) = 2
    target = torch.zeros(1, 3, 2, dtype=torch.float64)
    predicted = torch.tensor([[[0.0, 0], [3, 0], [0, 4]]], dtype=torch.float64)
    falloff = torch.tensor([0.1, 0.3, 0.2], dtype=torch.float64)
    area = torch.tensor([100.0], dtype=torch.float64)
    oks = partial(book.object_keypoint_similarity, predicted, target, area=area, falloff=falloff)
    assert oks(counted=torch.tensor([[True] * 3])).item() == pytest.approx((1 + math.exp(-0.5) + math.exp(-2)) / 3)
    assert oks(counted=torch.tensor([[False, True, False]])).item() == pytest.approx(math.exp(-0.5))


@pytest.mark.parametrize(
    ("similarities", "scores", "by_hand"),
    [
        ([[[0.9]]], [[0.1]], 1.0),
        ([[[0.4]]], [[0.1]], 0.0),
        ([[[0.9], [0.95]]], [[0.9, 0.8]], 1.0),  # the second finds the object taken: a false alarm after all recall
        ([[[0.2], [0.95]]], [[0.9, 0.8]], 0.5),  # a false alarm first
        ([[[0.6, 0.9], [0.0, 0.8]]], [[0.9, 0.8]], 51 / 101),  # the first takes the better one, which the second wanted
        ([[[0.9]], [[0.9]]], [[0.5], [0.4]], 1.0),  # two pictures
        ([[[0.9]], [[], []]], [[0.5], [0.9, 0.1]], 0.5),  # false alarms in a picture without objects
        ([[[0.9]], []], [[0.5], []], 1.0),  # a picture with neither
    ],
)
def test_average_precision_by_hand(similarities, scores, by_hand):
    similarities = [torch.tensor(s).reshape(len(q), -1 if q and s[0] else 0) for s, q in zip(similarities, scores, strict=True)]
    assert book.average_precision(similarities, [torch.tensor(q) for q in scores], 0.5) == pytest.approx(by_hand)


def test_losses_by_hand():
    keypoints = torch.tensor([[[0.5, 0.5, 1.0], [1.5, 0.5, 0.0]]])  # one seen, one hidden; 1 x 2 pixels
    near = math.exp(-0.5)
    maps = torch.tensor([[[[0.5, 0.0]], [[0.0, 0.0]]]])
    squared = (0.25 + near**2) / 2, (near**2 + 1) / 2  # of the seen one, of the hidden one
    heat = partial(book.HeatmapLoss, 1, 2, stride=1, sigma=1.0)
    assert heat(kind="squared")(maps, keypoints).item() == pytest.approx(squared[0])
    assert heat(kind="squared", hidden=True)(maps, keypoints).item() == pytest.approx(sum(squared) / 2)
    share = 1 / (1 + near)  # bumps 1 and near, made to sum to 1
    logs = math.log(1 + math.exp(0.5))
    entropy = share * (logs - 0.5) + (1 - share) * logs, math.log(2)
    assert heat()(maps, keypoints).item() == pytest.approx(entropy[0])
    assert heat(hidden=True)(maps, keypoints).item() == pytest.approx(sum(entropy) / 2)
    points = torch.tensor([[[3.5, 4.5], [1.5, 2.5]]])  # 3 and 4 off, 0 and 2 off
    for kind, hidden, by_hand in (("squared", False, 25), ("absolute", False, 7), ("squared", True, 14.5), ("absolute", True, 4.5)):
        assert book.CoordinateLoss(kind, hidden)(points, keypoints).item() == pytest.approx(by_hand)


def test_nothing_seen_costs_nothing():
    keypoints = torch.zeros(2, K, 3)
    assert book.CoordinateLoss()(torch.ones(2, K, 2), keypoints).item() == 0
    assert book.HeatmapLoss(H, W)(torch.ones(2, K, H // 2, W // 2), keypoints).item() == 0


def test_boxes_and_peaks_by_hand():
    assert_close(book.square_boxes(torch.tensor([[0.0, 0, 10, 4]]), 1.0), torch.tensor([[0.0, -3, 10, 7]]))
    maps = torch.tensor([[0.9, 0.2, 0.0], [0.2, 0.1, 0.0], [0.0, 0.0, 0.6]])
    points, heights = book.find_peaks(maps, 2, 0.5)
    assert points.tolist() == [[1, 1], [5, 5]] and heights.tolist() == pytest.approx([0.9, 0.6])
    assert len(book.find_peaks(maps, 2, 0.7)[0]) == 1 and len(book.find_peaks(maps, 2, 1.0)[0]) == 0


# --- shape and dtype -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("lead", [(), (K,), (N, K)])
def test_shape_and_dtype(lead, dtype):
    points = inside(1, *lead).to(dtype)
    maps = book.make_heatmaps(points, H, W, 2, 1.5)
    assert maps.shape == (*lead, H // 2, W // 2) and maps.dtype == dtype
    for way in (book.quarter_points, book.mean_points, book.soft_argmax, lambda m, s: book.argmax_points(m, s)[0]):
        found = way(maps, 2)
        assert found.shape == points.shape and found.is_floating_point()
    assert book.argmax_points(maps, 2)[1].shape == lead


# --- gradient --------------------------------------------------------------------------------------------------------


def test_gradients():
    maps = numbers(1, 2, H, W).requires_grad_()
    assert torch.autograd.gradcheck(partial(book.soft_argmax, stride=2), (maps,))
    assert torch.autograd.gradcheck(lambda p: book.make_heatmaps(p, H, W, 2, 1.5), (inside(2, 3).requires_grad_(),))
    keypoints = torch.cat([inside(3, N, K), (numbers(4, N, K, 1) > 0.4).double()], 2)
    for kind in ("squared", "cross-entropy"):
        loss = partial(book.HeatmapLoss(H, W, 2, 1.5, kind), keypoints=keypoints)
        assert torch.autograd.gradcheck(loss, (numbers(5, N, K, H // 2, W // 2).requires_grad_(),))


def test_hidden_keypoints_have_no_gradient():
    keypoints = torch.tensor([[[3.0, 3.0, 1.0], [5.0, 5.0, 0.0]]])
    for loss, shape in ((book.CoordinateLoss(), (1, 2, 2)), (book.HeatmapLoss(H, W), (1, 2, H // 2, W // 2))):
        outputs = torch.randn(shape, generator=seeded(0)).requires_grad_()
        loss(outputs, keypoints).backward()
        assert outputs.grad[:, 0].abs().sum() > 0 and outputs.grad[:, 1].abs().sum() == 0


def test_every_parameter_gets_a_gradient():
    for model in (book.HeatmapNet(K, 4), book.CoordinateNet(K, 16, 4)):
        initialize(model, seeded(0))
        model(torch.rand(2, 3, 16, 16, generator=seeded(1))).square().sum().backward()
        assert all(p.grad.abs().sum() > 0 for p in model.parameters())


# --- equal to a slow literal twin ------------------------------------------------------------------------------------


def test_heatmaps_equal_to_twin():
    points = inside(1, K)
    maps = book.make_heatmaps(points, H, W, 4, 1.7)
    for k, (x, y) in enumerate(points.tolist()):
        for i in range(H // 4):
            for j in range(W // 4):
                gap = (4 * (j + 0.5) - x) ** 2 + (4 * (i + 0.5) - y) ** 2
                assert maps[k, i, j].item() == pytest.approx(math.exp(-gap / (2 * 1.7**2)), rel=1e-12)


def test_soft_argmax_equal_to_twin():
    maps = 3 * numbers(1, H, W)
    total = x = y = 0.0
    for i, row in enumerate(maps.tolist()):
        for j, score in enumerate(row):
            total, x, y = total + math.exp(score), x + math.exp(score) * (j + 0.5) * 2, y + math.exp(score) * (i + 0.5) * 2
    assert book.soft_argmax(maps, 2).tolist() == pytest.approx([x / total, y / total], rel=1e-12)


def test_pck_and_area_equal_to_twins():
    errors, counted = numbers(1, N, K), numbers(2, N, K) > 0.3
    kept = [e for e, c in zip(errors.flatten().tolist(), counted.flatten().tolist(), strict=True) if c]
    fine = torch.linspace(0, 0.6, 6001, dtype=torch.float64)
    curve = book.pck(errors, counted, fine)
    assert curve[1500].item() == pytest.approx(sum(e <= 0.15 for e in kept) / len(kept))
    # the sum over steps of 1e-4 is off by at most a step for each keypoint
    assert book.pck_area(errors, counted, 0.6) == pytest.approx(torch.trapezoid(curve, fine).item() / 0.6, abs=2e-4)


def test_oks_equal_to_twin():
    predicted, target, counted = inside(1, 4, K), inside(2, N, K), numbers(3, N, K) > 0.3
    area, falloff = 20 + 50 * numbers(4, N), 0.05 + 0.1 * numbers(5, K)
    ours = book.object_keypoint_similarity(predicted, target, counted, area, falloff)
    for d in range(4):
        for g in range(N):
            terms = [
                math.exp(-(math.dist(predicted[d, k], target[g, k]) ** 2) / (2 * area[g] * falloff[k] ** 2))
                for k in range(K)
                if counted[g, k]
            ]
            assert ours[d, g].item() == pytest.approx(sum(terms) / len(terms), rel=1e-12)


def literal_average_precision(pictures, threshold):
    r"""COCO's rules, one pair at a time; `pictures` holds scores and rows of similarities."""
    objects, calls = 0, []
    for scores, rows, count in pictures:
        objects += count
        taken = set()
        for score, row in sorted(zip(scores, rows, strict=True), key=lambda call: -call[0]):
            best, match = threshold, None
            for g, s in enumerate(row):
                if g not in taken and s >= best:
                    best, match = s, g
            taken.add(match) if match is not None else None
            calls.append((score, match is not None))
    calls.sort(key=lambda call: -call[0])
    curve, hits = [], 0
    for n, (_, hit) in enumerate(calls, 1):
        hits += hit
        curve.append((hits / objects, hits / n))
    return sum(max((p for r, p in curve if r >= step), default=0.0) for step in np.linspace(0, 1, 101)) / 101


@pytest.mark.parametrize("seed", range(5))
def test_average_precision_equal_to_twin(seed):
    counts = torch.randint(0, 5, (12, 2), generator=seeded(seed)).tolist()
    counts[0] = [3, 2]
    tables = [numbers(100 * seed + i, d, g) for i, (d, g) in enumerate(counts)]
    scores = [numbers(100 * seed + 50 + i, d) for i, (d, _) in enumerate(counts)]
    pictures = [(q.tolist(), t.tolist(), t.shape[1]) for q, t in zip(scores, tables, strict=True)]
    for threshold in (0.3, 0.5, 0.8):
        ours = book.average_precision(tables, scores, threshold)
        assert ours == pytest.approx(literal_average_precision(pictures, threshold), abs=1e-12)


# --- equal to the reference ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_oks_and_average_precision_equal_to_pycocotools(seed, capsys):
    r"""The evaluation of COCO itself, on its ten thresholds; it sums the same terms in another order."""
    coco = pytest.importorskip("pycocotools.coco").COCO()
    evaluation = pytest.importorskip("pycocotools.cocoeval").COCOeval
    spread = 0.02 + 0.06 * numbers(seed, K)  # of the labels; COCO's falloff is twice that
    truths, calls, tables, scores = [], [], [], []
    for image in range(1, 13):
        draw = seeded(1000 * seed + image)
        there, found = (int(torch.randint(*span, (1,), generator=draw)) for span in ((1, 4), (0, 5)))
        target = 100 + 100 * torch.rand(there, K, 2, generator=draw, dtype=torch.float64)
        counted = torch.rand(there, K, generator=draw) > 0.3
        counted[:, 0] = True
        area = 2000 + 3000 * torch.rand(there, generator=draw, dtype=torch.float64)
        noise = 12 * torch.rand(found, 1, 1, generator=draw) * torch.randn(found, K, 2, generator=draw, dtype=torch.float64)
        predicted = target[torch.randint(0, there, (found,), generator=draw)] + noise
        sure = torch.rand(found, generator=draw, dtype=torch.float64)
        for points, seen, size in zip(target, counted, area, strict=True):
            triples = torch.cat([points, 2.0 * seen[:, None]], 1).flatten().tolist()
            row = {"id": len(truths) + 1, "keypoints": triples, "num_keypoints": int(seen.sum()), "area": float(size)}
            truths.append(row | {"image_id": image, "category_id": 1, "bbox": [0, 0, 9, 9], "iscrowd": 0})
        for points, score in zip(predicted, sure, strict=True):
            triples = torch.cat([points, torch.ones(K, 1)], 1).flatten().tolist()
            calls.append({"image_id": image, "category_id": 1, "keypoints": triples, "score": float(score)})
        tables.append(book.object_keypoint_similarity(predicted, target, counted, area, 2 * spread))
        scores.append(sure)
    coco.dataset = {"images": [{"id": i} for i in range(1, 13)], "annotations": truths, "categories": [{"id": 1}]}
    coco.createIndex()
    run = evaluation(coco, coco.loadRes(calls), "keypoints")
    run.params.kpt_oks_sigmas = spread.numpy()
    run.params.areaRng, run.params.areaRngLbl = [[0, 1e9]], ["all"]
    run.evaluate()
    run.accumulate()
    theirs = run.eval["precision"][:, :, 0, 0, 0].mean(1)
    ours = [book.average_precision(tables, scores, t) for t in run.params.iouThrs]
    assert 0.05 < ours[0] < 0.95 and ours == pytest.approx(theirs.tolist(), abs=1e-12)


# --- properties ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stride", [1, 2, 4])
def test_errors_of_perfect_maps(stride):
    points = 16 + 16 * torch.rand(4000, 2, generator=seeded(0))  # four widths from the border
    maps = book.make_heatmaps(points, 48, 48, stride, stride)
    unit = (math.sqrt(2) + math.asinh(1)) / 6  # mean distance from the middle of a unit square
    for found, factor in ((book.argmax_points(maps, stride)[0], 1), (book.quarter_points(maps, stride), 0.5)):
        gap = (found - points).norm(dim=1)
        # the spread of the distance is 0.37 of its mean: three standard errors of 4,000 are 1.8%
        assert gap.mean().item() == pytest.approx(factor * unit * stride, rel=0.02)
        assert gap.max() <= factor * stride / 2**0.5 + 1e-3
    assert (book.mean_points(maps, stride) - points).norm(dim=1).max() < 0.01 * stride


def test_a_mirror_image_moves_all_points_exactly():
    points = inside(1, 50).float()
    mirrored = points.clone()
    mirrored[:, 0] = W - points[:, 0]
    maps = book.make_heatmaps(points, H, W, 2, 1.5)
    assert_close(book.make_heatmaps(mirrored, H, W, 2, 1.5), maps.flip(2))


def test_crops_and_points_stay_together():
    r"""The center of a bright disk is found where `into_crop` says, and comes back."""
    rows, columns = torch.arange(40) + 0.5, torch.arange(40) + 0.5
    middle = torch.tensor([21.3, 17.6])
    image = torch.exp(-((columns - middle[0]) ** 2 + (rows[:, None] - middle[1]) ** 2) / 18)
    boxes = torch.tensor([[9.0, 5.0, 33.0, 29.0], [11.0, 8.0, 31.0, 28.0]])
    crops = book.crop(image.expand(2, 1, 40, 40), boxes, 32)
    wanted = book.into_crop(middle.expand(2, 1, 2), boxes, 32)
    brightest = crops.clamp(min=0.3) - 0.3  # the middle of what is bright; 0.05 for the bilinear grid
    assert_close(book.mean_points(brightest, 1), wanted, atol=0.05, rtol=0)
    assert_close(book.out_of_crop(wanted, boxes, 32), middle.expand(2, 1, 2))


def test_crop_of_the_whole_picture_is_the_picture():
    images = torch.rand(2, 3, 8, 8, generator=seeded(0))
    whole = torch.tensor([[0.0, 0.0, 8.0, 8.0]]).expand(2, 4)
    assert_close(book.crop(images, whole, 8), images, atol=1e-5, rtol=0)


def test_flip_average_of_a_mirrored_picture_is_mirrored():
    model = initialize(book.HeatmapNet(3, 4), seeded(0)).eval()
    images = torch.rand(2, 3, 16, 16, generator=seeded(1))
    swap = [0, 2, 1]
    once = book.flip_average(model, images, swap)
    assert_close(book.flip_average(model, images.flip(3), swap), once[:, swap].flip(3), atol=1e-5, rtol=0)


def test_the_heatmap_net_takes_any_size():
    model = book.HeatmapNet(K, 4)
    assert model(torch.zeros(1, 3, 48, 64)).shape == (1, K, 24, 32)


# --- rejection -------------------------------------------------------------------------------------------------------

MAPS, POINTS, KEYPOINTS = torch.zeros(N, K, 4, 6), torch.zeros(N, K, 2), torch.ones(N, K, 3)
ERRORS, COUNTED, BOX = torch.zeros(N, K), torch.ones(N, K, dtype=torch.bool), torch.tensor([[0.0, 0.0, 4.0, 4.0]])
AREA, FALLOFF = torch.ones(N), torch.ones(K)
oks = book.object_keypoint_similarity


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: book.make_heatmaps(POINTS.int(), H, W, 2, 1.0), "points must be floating point"),
        (lambda: book.make_heatmaps(torch.zeros(3), H, W, 2, 1.0), "x and y along its last axis"),
        (lambda: book.make_heatmaps(POINTS, H, W, 3, 1.0), "stride must divide"),
        (lambda: book.make_heatmaps(POINTS, H, W, 2, 0.0), "sigma must be positive"),
        (lambda: book.make_heatmaps(POINTS, H, W, 2, float("nan")), "sigma must be positive"),
        (lambda: book.argmax_points(MAPS.int(), 2), "maps must be floating point"),
        (lambda: book.argmax_points(torch.zeros(4), 2), "maps must have shape"),
        (lambda: book.quarter_points(torch.zeros(2, 0, 3), 2), "maps must have shape"),
        (lambda: book.soft_argmax(MAPS, 0), "stride must be 1 or more"),
        (lambda: book.mean_points(MAPS, 2), "not all 0"),
        (lambda: book.mean_points(MAPS - 1, 2), "0 or more"),
        (lambda: book.relative_errors(POINTS[0], POINTS[0], AREA), "target must have shape"),
        (lambda: book.relative_errors(POINTS[:1], POINTS, AREA), "shape of target"),
        (lambda: book.relative_errors(POINTS, POINTS, AREA[:1]), "and size the shape"),
        (lambda: book.relative_errors(POINTS, POINTS, 0 * AREA), "size must be positive"),
        (lambda: book.relative_errors(POINTS.int(), POINTS, AREA), "predicted must be floating"),
        (lambda: book.pck(ERRORS, COUNTED, torch.tensor(0.1)), "thresholds must have shape"),
        (lambda: book.pck(ERRORS, COUNTED.float(), AREA), "counted must be bool"),
        (lambda: book.pck(ERRORS, COUNTED[:1], AREA), "counted must be bool of shape"),
        (lambda: book.pck(ERRORS, ~COUNTED, AREA), "at least one keypoint"),
        (lambda: book.pck_area(ERRORS, COUNTED, 0.0), "limit must be positive"),
        (lambda: oks(POINTS[:, :1], POINTS, COUNTED, AREA, FALLOFF), "must have shapes"),
        (lambda: oks(KEYPOINTS, KEYPOINTS, COUNTED, AREA, FALLOFF), "must have shapes"),  # x, y and whether it is seen
        (lambda: oks(POINTS, POINTS, COUNTED.int(), AREA, FALLOFF), "counted must be bool"),
        (lambda: oks(POINTS, POINTS, COUNTED, AREA[:1], FALLOFF), "area must have shape"),
        (lambda: oks(POINTS, POINTS, COUNTED, AREA, FALLOFF[:1]), "falloff"),
        (lambda: oks(POINTS, POINTS, COUNTED, AREA, 0 * FALLOFF), "must be positive"),
        (lambda: oks(POINTS, POINTS, ~COUNTED, AREA, FALLOFF), "a keypoint that counts"),
        (lambda: book.average_precision([ERRORS], [], 0.5), "must be as many"),
        (lambda: book.average_precision([ERRORS], [AREA[:1]], 0.5), "must be \\(D, G\\)"),
        (lambda: book.average_precision([torch.zeros(1, 0)], [torch.zeros(1)], 0.5), "at least one object"),
        (lambda: book.average_precision([ERRORS.int()], [AREA], 0.5), "similarities must be floating"),
        (lambda: book.average_precision([ERRORS / 0], [AREA], 0.5), "must be numbers"),
        (lambda: book.average_precision([ERRORS], [AREA * float("nan")], 0.5), "must be numbers"),
        (lambda: book.CoordinateLoss("cubic"), "kind must be 'squared' or 'absolute'"),
        (lambda: book.CoordinateLoss()(POINTS, POINTS), "keypoints must have shape"),
        (lambda: book.CoordinateLoss()(POINTS, 2 * KEYPOINTS), "1 \\(seen\\) or 0"),
        (lambda: book.HeatmapLoss(H, W)(MAPS, 2 * KEYPOINTS), "1 \\(seen\\) or 0"),
        (lambda: book.CoordinateLoss()(POINTS[:1], KEYPOINTS), "points must go with"),
        (lambda: book.HeatmapLoss(H, W, kind="focal"), "kind must be 'cross-entropy' or 'squared'"),
        (lambda: book.HeatmapLoss(H, W, 5), "stride must divide"),
        (lambda: book.HeatmapLoss(H, W, sigma=-1.0), "sigma must be positive"),
        (lambda: book.HeatmapLoss(H, W)(MAPS[:, :1], KEYPOINTS), "maps must go with"),
        (lambda: book.HeatmapLoss(H, W, 4)(MAPS, KEYPOINTS), "must have 2 x 3 cells"),
        (lambda: book.square_boxes(BOX[0], 1.0), "boxes must have shape"),
        (lambda: book.square_boxes(0 * BOX, 1.0), "left < right"),
        (lambda: book.square_boxes(BOX, 0.0), "margin must be positive"),
        (lambda: book.crop(torch.zeros(2, 3, 8, 8), BOX, 4), "one for each box"),
        (lambda: book.crop(torch.zeros(1, 3, 8, 8), BOX, 0), "size must be 1 or more"),
        (lambda: book.into_crop(POINTS, BOX, 8), "points must have shape"),
        (lambda: book.into_crop(POINTS[:1], BOX, 0), "size must be 1 or more"),
        (lambda: book.out_of_crop(POINTS[:1], BOX, 0), "size must be 1 or more"),
        (lambda: book.out_of_crop(POINTS[0], BOX, 8), "points must have shape"),
        (lambda: book.find_peaks(MAPS, 2, 0.5), "heatmap must have shape"),
        (lambda: book.find_peaks(MAPS[0, 0], 0, 0.5), "stride must be 1 or more"),
        (lambda: book.HeatmapNet(0), "keypoints must be a whole number"),
        (lambda: book.HeatmapNet(3, 0), "channels must be a whole number"),
        (lambda: book.HeatmapNet(3)(torch.zeros(1, 3, 30, 32)), "divisible by 4"),
        (lambda: book.HeatmapNet(3)(torch.zeros(1, 1, 32, 32)), "3 channels"),
        (lambda: book.CoordinateNet(3, 32)(torch.zeros(1, 3, 16, 16)), "images must be 32 x 32"),
        (lambda: book.flip_average(book.HeatmapNet(3), torch.zeros(1, 3, 8, 8), [1, 2, 0]), "swap must trade"),
        (lambda: book.flip_average(book.HeatmapNet(3), torch.zeros(1, 3, 8, 8), [0]), "each of 3 maps"),
    ],
)
def test_bad_input_is_refused(call, said):
    with pytest.raises((TypeError, ValueError), match=said):
        call()


# --- determinism, and the miniature learns ---------------------------------------------------------------------------


def fit(model, seed, steps):
    r"""Train on 640 scenes of the chapter; return the area under PCK up to 0.2 on 200 others."""
    world = replace(FACES, angle=(-45.0, 45.0))
    data = PoseDataset(make_scenes(640, world, seeded(seed))).tensors
    initialize(model, seeded(seed))
    heat = isinstance(model, book.HeatmapNet)
    loss, rate = (book.HeatmapLoss(32, 32), 1e-2) if heat else (book.CoordinateLoss(), 3e-3)
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    train(model, loss, optimizer, data, epochs=steps // 20, batch_size=32, generator=seeded(seed))
    test = make_scenes(200, world, seeded(1000))
    outputs = predict(model, [test.images])
    points = book.quarter_points(outputs, 2) if heat else outputs
    size = (test.boxes[:, 2:] - test.boxes[:, :2]).amax(1)
    return book.pck_area(book.relative_errors(points, test.keypoints, size), test.visible, 0.2)


def test_the_seed_decides():
    one, two = (fit(book.HeatmapNet(7, 4), 0, 20) for _ in range(2))
    assert one == two


@pytest.mark.parametrize("seed", range(3))
def test_the_miniature_learns(seed):
    r"""200 steps: heat maps reach an area of 0.6 (0.69 to 0.70 seen), above coordinates by 0.12 (0.21 to 0.24 seen)."""
    heat = fit(book.HeatmapNet(7), seed, 200)
    points = fit(book.CoordinateNet(7, 32), seed, 200)
    assert heat > 0.6 and heat > points + 0.12
