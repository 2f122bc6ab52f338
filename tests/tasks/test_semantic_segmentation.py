r"""U-Net, upsampling, losses of overlap and metrics of `deepbook.tasks.semantic_segmentation`.

Tolerances: float64 comparisons use the defaults of `torch.testing.assert_close` (1e-7 relative), since both sides round a handful of
operations; float32 networks 1e-5.
"""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, f1_score, jaccard_score
from torch import nn
from torch.nn import functional as F
from torch.testing import assert_close

import deepbook.tasks.semantic_segmentation as book
from deepbook.components.data import CROWD, make_scenes
from deepbook.components.model import conv2d, count_parameters, layer_costs
from deepbook.tasks.semantic_segmentation import CONFIGS, UNet, UNetConfig
from deepbook.training import initialize, predict

SMALL = UNetConfig((2, 3, 4), channels=2, classes=3)
B, C, H, W, K = 2, 3, 5, 4, 6
"""All different, so that no swap goes unseen."""


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def numbers(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=seeded(seed), dtype=torch.float64)


def classes(seed: int, *shape: int, count: int = K) -> torch.Tensor:
    return torch.randint(count, shape, generator=seeded(seed))


# --- values by hand --------------------------------------------------------------------------------------------------


def test_a_stamp_by_hand():
    x = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    stamp = torch.tensor([[[[1.0, 10.0], [100.0, 1000.0]]]])
    out = book.transposed_conv2d(x, stamp, stride=2)
    assert out[0, 0].tolist() == [[1, 10, 2, 20], [100, 1000, 200, 2000], [3, 30, 4, 40], [300, 3000, 400, 4000]]
    overlapping = book.transposed_conv2d(torch.ones(1, 1, 1, 3), torch.ones(1, 1, 1, 3), stride=2)
    assert overlapping.flatten().tolist() == [1, 1, 2, 1, 2, 1, 1]  # the checkerboard in one row


def test_bilinear_by_hand():
    assert book.upsample_bilinear(torch.tensor([[[[0.0, 3.0]]]]), 3)[0, 0, 0].tolist() == pytest.approx([0, 0, 1, 2, 3, 3])


def test_receptive_field_by_hand():
    pair = [(3, 1), (3, 1)]
    # two convolutions 5, a pooling 6 (step 2), two more 6 + 2 * 2 * 2 = 14
    assert book.receptive_field([*pair, (2, 2), *pair])[-1] == (14, 2)
    # the bottom of the network of 2015: 5, 6, 14, 16, 32, 36, 68, 76, 140
    assert book.receptive_field([*pair, *4 * [(2, 2), *pair]])[-1] == (140, 16)


def test_metrics_by_hand():
    truth = torch.tensor([[[0, 0, 0], [0, 1, 1]]])
    guess = torch.tensor([[[0, 0, 1], [0, 1, 0]]])
    table = book.confusion_matrices(guess, truth, 3)
    assert table.tolist() == [[[3, 1, 0], [1, 1, 0], [0, 0, 0]]]
    assert book.class_iou(table)[0, :2].tolist() == [3 / 5, 1 / 3] and math.isnan(book.class_iou(table)[0, 2])
    assert book.class_dice(table)[0, :2].tolist() == [6 / 8, 2 / 4]
    assert book.mean_iou(table).tolist() == pytest.approx([(3 / 5 + 1 / 3) / 2])


def test_ignored_pixels_are_not_counted():
    truth = torch.tensor([[0, 255, 1, 255]])
    guess = torch.tensor([[0, 77, 0, 1]])  # what is predicted there does not matter, not even that it is no class
    assert book.confusion_matrices(guess, truth, 2, ignore=255).tolist() == [[[1, 0], [1, 0]]]
    nothing = book.confusion_matrices(guess, torch.full_like(truth, 255), 2, ignore=255)
    assert nothing.sum() == 0 and book.mean_iou(nothing).isnan().all()


def test_pictures_and_the_whole_set_differ_by_hand():
    # a large object found, a small one missed
    truth, guess = torch.zeros(2, 1, 100, dtype=torch.int64), torch.zeros(2, 1, 100, dtype=torch.int64)
    truth[0, 0, :50] = guess[0, 0, :50] = 1
    truth[1, 0, :2] = 1
    tables = book.confusion_matrices(guess, truth, 2)
    assert book.class_iou(tables)[:, 1].tolist() == [1, 0]
    assert book.class_iou(tables.sum(0))[1].item() == pytest.approx(50 / 52)


def test_boundary_by_hand():
    square = torch.zeros(1, 7, 9, dtype=torch.int64)
    square[0, 2:5, 2:5] = 1
    assert book.boundary_band(square, 1)[0].sum() == 25 - 1  # all of 5 x 5 but the middle
    moved = square.roll(1, 2)
    assert book.boundary_f(moved, square, 2, 1).tolist() == [[1, 1]]
    far = square.roll(2, 2)  # of eight outline pixels, three are two away
    precision = recall = 5 / 8
    assert book.boundary_f(far, square, 2, 1)[0, 1].item() == pytest.approx(2 * precision * recall / (precision + recall))
    assert book.boundary_f(torch.zeros_like(square), square, 2, 1).tolist() == [[0, 0]]
    assert book.boundary_f(square, square, 3, 1)[0, 2].isnan()


@pytest.mark.parametrize(("loss", "wanted"), [(book.dice_loss, 1 - 2 * 4 / 10), (book.jaccard_loss, 1 - 4 / 6)])
def test_overlap_losses_by_hand(loss, wanted):
    # class 1: p = 0.8 on five pixels of the class and 0.2 on five others: overlap 4, areas 5 and 5; class 0 is its mirror
    logits = torch.zeros(1, 2, 10, dtype=torch.float64)
    logits[0, 1, :5], logits[0, 1, 5:] = math.log(4), -math.log(4)
    target = torch.tensor([[1] * 5 + [0] * 5])
    assert loss(logits, target, smooth=1e-12).item() == pytest.approx(wanted)
    assert loss(logits, target, first=1, smooth=1e-12).item() == pytest.approx(wanted)


# --- slow literal twins ----------------------------------------------------------------------------------------------


def slow_boundary_f(guess, truth, k, tolerance):
    def outline(picture):
        found = []
        for i in range(len(picture)):
            for j in range(len(picture[0])):
                around = [
                    picture[a][b]
                    for a in range(max(0, i - 1), min(len(picture), i + 2))
                    for b in range(max(0, j - 1), min(len(picture[0]), j + 2))
                ]
                if picture[i][j] == k and any(other != k for other in around):
                    found.append((i, j))
        return found

    a, b = outline(guess.tolist()), outline(truth.tolist())
    if not a and not b:
        return float("nan")

    def share(these, those):
        near = [any(max(abs(i - m), abs(j - n)) <= tolerance for m, n in those) for i, j in these]
        return sum(near) / len(near) if near else 0.0

    p, r = share(a, b), share(b, a)
    return 2 * p * r / (p + r) if p + r else 0.0


@pytest.mark.parametrize("tolerance", [1, 2])
def test_boundary_f_equals_its_twin(tolerance):
    guess, truth = classes(1, 3, 9, 7, count=3), classes(2, 3, 9, 7, count=3)
    truth[0] = 0
    truth[0, 2:4, 2:4] = 1
    ours = book.boundary_f(guess, truth, 4, tolerance)
    slow = [[slow_boundary_f(g, t, k, tolerance) for k in range(4)] for g, t in zip(guess, truth, strict=True)]
    assert_close(ours, torch.tensor(slow, dtype=torch.float64), equal_nan=True)


def test_band_equals_its_twin():
    picture = classes(3, 1, 6, 8, count=2)
    for width in (1, 2):
        band = book.boundary_band(picture, width)[0]
        for i in range(6):
            for j in range(8):
                around = picture[0, max(0, i - width) : i + width + 1, max(0, j - width) : j + width + 1]
                assert band[i, j] == (around != picture[0, i, j]).any()


# --- equal to the reference ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kernel", "stride"), [((2, 2), 2), ((3, 3), 2), ((4, 3), 1), ((1, 5), 3)])
def test_transposed_convolution_equals_torch(kernel, stride):
    x, weight = numbers(1, B, C, H, W).requires_grad_(), numbers(2, C, K, *kernel).requires_grad_()
    bias = numbers(3, K)
    ours = book.transposed_conv2d(x, weight, bias, stride)
    theirs = F.conv_transpose2d(x, weight, bias, stride)
    assert_close(ours, theirs)
    upstream = numbers(4, *theirs.shape)
    assert_close(torch.autograd.grad(ours, (x, weight), upstream), torch.autograd.grad(theirs, (x, weight), upstream))


def test_it_is_the_transpose_of_convolution():
    # <conv(x), y> = <x, transposed(y)>, which is what transposed means
    weight = numbers(1, K, C, 3, 3)
    x, y = numbers(2, B, C, 9, 9), numbers(3, B, K, 4, 4)
    left = (conv2d(x, weight, stride=2) * y).sum()
    right = (x * book.transposed_conv2d(y, weight, stride=2)).sum()
    assert_close(left, right)


@pytest.mark.parametrize("factor", [1, 2, 3, 8])
def test_upsampling_equals_torch(factor):
    x = numbers(1, B, C, H, W)
    assert_close(book.upsample_nearest(x, factor), F.interpolate(x, scale_factor=factor, mode="nearest"))
    assert_close(book.upsample_bilinear(x, factor), F.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False))


def test_metrics_equal_scikit_learn():
    guess, truth = classes(1, 3, 8, 8), classes(2, 3, 8, 8)
    tables = book.confusion_matrices(guess, truth, K)
    flat = truth.flatten().numpy(), guess.flatten().numpy()
    assert tables.sum(0).tolist() == confusion_matrix(*flat).tolist()
    assert_close(book.class_iou(tables.sum(0)), torch.tensor(jaccard_score(*flat, average=None)))
    assert_close(book.class_dice(tables.sum(0)), torch.tensor(f1_score(*flat, average=None)))
    assert book.mean_iou(tables.sum(0)).item() == pytest.approx(jaccard_score(*flat, average="macro"))
    each = [jaccard_score(t.flatten(), g.flatten(), average="macro") for g, t in zip(guess, truth, strict=True)]
    assert book.mean_iou(tables).tolist() == pytest.approx(each)


# --- properties ------------------------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), count=st.integers(2, 5))
def test_dice_and_iou_say_the_same(seed, count):
    guess, truth = classes(seed, 1, 30, count=count), classes(seed + 1, 1, 30, count=count)
    table = book.confusion_matrices(guess, truth, count)[0]
    iou, dice = book.class_iou(table), book.class_dice(table)
    assert_close(dice, 2 * iou / (1 + iou), equal_nan=True)
    assert (iou <= dice)[~iou.isnan()].all()


@pytest.mark.parametrize("loss", [book.dice_loss, book.jaccard_loss])
def test_losses_of_a_certain_net_are_the_metric(loss):
    guess, truth = classes(1, 3, 50), classes(2, 3, 50)
    logits = 100 * F.one_hot(guess, K).movedim(2, 1).double()
    table = book.confusion_matrices(guess, truth, K).sum(0)
    score = book.class_dice(table) if loss is book.dice_loss else book.class_iou(table)
    assert loss(logits, truth, smooth=1e-9).item() == pytest.approx(1 - score.mean().item())
    assert loss(logits, truth, first=2, smooth=1e-9).item() == pytest.approx(1 - score[2:].mean().item())


@pytest.mark.parametrize("loss", [book.dice_loss, book.jaccard_loss])
def test_gradients_of_losses(loss):
    logits = numbers(1, 2, 3, 4).requires_grad_()
    target = classes(2, 2, 4, count=3)
    assert torch.autograd.gradcheck(lambda z: loss(z, target), logits)
    absent = torch.zeros(2, 4, dtype=torch.int64)
    assert loss(logits, absent).isfinite()


@pytest.mark.parametrize("skips", [(True, True), (True, False), (False, True), (False, False)])
def test_which_skips_carry(skips):
    net = initialize(UNet(replace(SMALL, skips=skips)), seeded(0)).eval()
    x = torch.rand(1, 2, 8, 8, generator=seeded(1))
    first_convolution = [net.merge[i][0].weight.shape[1] for i in range(2)]
    assert first_convolution == [4, 6]  # twice the width, whether half of it comes across or all from below
    hooks, seen = [], []
    for i in range(2):
        hooks.append(net.merge[i].register_forward_pre_hook(lambda m, given: seen.append(given[0])))
    known = net.down[0](x)
    net(x)
    for hook in hooks:
        hook.remove()
    top = seen[-1]  # what is merged at full size
    assert torch.equal(top[:, :2], known) == skips[0]


def test_skips_cost_no_parameters_elsewhere():
    with_skips, without = (count_parameters(UNet(replace(SMALL, skips=s))) for s in (None, (False, False)))
    # each skip saves the up-convolution half of its channels: (below * width * 4 + width) numbers
    assert without - with_skips == (4 * 3 * 4 + 3) + (3 * 2 * 4 + 2)


def test_no_padding_gives_the_middle_of_padding():
    # far from the border, padded and unpadded networks with the same weights compute the same, as long as both pool the same pairs of
    # pixels: with one halving, since the first two convolutions shift them by two
    config = UNetConfig((2, 3), channels=2, classes=3, normalized=False)
    net = initialize(UNet(config), seeded(0))
    twin = UNet(replace(config, padded=False))
    twin.load_state_dict(net.state_dict())
    x = torch.rand(1, 2, 60, 60, generator=seeded(1))
    inner = twin(x)
    side = twin.config.output_side(60)
    assert inner.shape == (1, 3, side, side)
    cut = (60 - side) // 2
    middle = net(x)[:, :, cut : cut + side, cut : cut + side]
    assert_close(inner, middle, rtol=1e-4, atol=1e-5)


def test_a_dense_layer_slides():
    classifier = nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(3 * 3 * 3, K))
    sliding = nn.Conv2d(3, K, 3)
    with torch.no_grad():
        sliding.weight.copy_(classifier[3].weight.view(K, 3, 3, 3))
        sliding.bias.copy_(classifier[3].bias)
    x = torch.rand(1, 2, 9, 7, generator=seeded(1))
    dense = sliding(classifier[1](classifier[0](x)))
    patches = F.unfold(x, 5).transpose(1, 2).reshape(-1, 2, 5, 5)
    assert_close(dense.flatten(2)[0].T, classifier(patches), rtol=1e-5, atol=1e-5)


# --- rejection messages ----------------------------------------------------------------------------------------------

ZEROS = torch.zeros(1, 4, 4, dtype=torch.int64)
LOGITS = torch.zeros(1, 2, 4)
TARGET = torch.zeros(1, 4, dtype=torch.int64)


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: UNetConfig((8,)), ValueError, "widths must be two or more"),
        (lambda: UNetConfig((8, 0)), ValueError, "widths must be two or more"),
        (lambda: UNetConfig((8, 16), classes=0), ValueError, "classes must be a whole number"),
        (lambda: UNetConfig((8, 16), skips=(True, True)), ValueError, "skips must be 1 of True or False"),
        (lambda: SMALL.output_side(30), ValueError, "got 15 on the way from 30; use a multiple of 4"),
        (lambda: SMALL.output_side(0), ValueError, "even side to halve, got 0"),
        (lambda: CONFIGS["unet-2015"].output_side(570), ValueError, "sides that work are 16 pixels apart"),
        (lambda: CONFIGS["unet-2015"].output_side(124), ValueError, "pixels left"),
        (lambda: CONFIGS["unet-2015"].output_side(172), ValueError, "pixels must be left at the end"),
        (lambda: UNet(SMALL)(torch.zeros(2, 8, 8)), ValueError, r"x must have shape \(B, C, H, W\)"),
        (lambda: UNet(SMALL)(torch.zeros(1, 2, 8, 8).int()), TypeError, "x must be floating point"),
        (lambda: UNet(SMALL)(torch.zeros(1, 3, 8, 8)), ValueError, "x must have 2 channels"),
        (lambda: UNet(SMALL)(torch.zeros(1, 2, 8, 6)), ValueError, "got 3 on the way from 6"),
        (lambda: book.UpConvolution(0, 1), ValueError, "inside must be a whole number"),
        (lambda: book.transposed_conv2d(torch.zeros(1, 2, 3), torch.zeros(2, 1, 1, 1)), ValueError, "x must have shape"),
        (lambda: book.transposed_conv2d(torch.zeros(1, 2, 3, 3), torch.zeros(3, 1, 1, 1)), ValueError, "channels of x, 2"),
        (lambda: book.transposed_conv2d(torch.zeros(1, 2, 3, 3), torch.zeros(2, 1, 1, 1), torch.zeros(2)), ValueError, "bias"),
        (lambda: book.transposed_conv2d(torch.zeros(1, 2, 3, 3), torch.zeros(2, 1, 1, 1), stride=0), ValueError, "stride"),
        (lambda: book.upsample_nearest(torch.zeros(2, 3, 3), 2), ValueError, "x must have shape"),
        (lambda: book.upsample_bilinear(torch.zeros(1, 2, 3, 3), 0), ValueError, "factor must be a whole number"),
        (lambda: book.receptive_field([(3, 0)]), ValueError, "stride must be a whole number"),
        (lambda: book.confusion_matrices(ZEROS.float(), ZEROS, 2), TypeError, "prediction must hold classes of int64"),
        (lambda: book.confusion_matrices(ZEROS[0], ZEROS, 2), ValueError, "shape of target"),
        (lambda: book.confusion_matrices(ZEROS[:0], ZEROS[:0], 2), ValueError, "at least one pixel"),
        (lambda: book.confusion_matrices(ZEROS[0, 0], ZEROS[0, 0], 2), ValueError, r"target must have shape \(N, \.\.\.\)"),
        (lambda: book.confusion_matrices(ZEROS, ZEROS, 0), ValueError, "classes must be a whole number"),
        (lambda: book.confusion_matrices(ZEROS, ZEROS + 255, 2), ValueError, "target must hold classes 0 to 1, got 255; give ignore"),
        (lambda: book.confusion_matrices(ZEROS - 1, ZEROS, 2), ValueError, "prediction must hold classes 0 to 1, got -1"),
        (lambda: book.class_iou(torch.zeros(2, 3)), ValueError, r"matrices must have shape \(..., K, K\)"),
        (lambda: book.class_dice(torch.zeros(3)), ValueError, "matrices must have shape"),
        (lambda: book.mean_iou(torch.zeros(3)), ValueError, "matrices must have shape"),
        (lambda: book.boundary_band(ZEROS.bool(), 1), TypeError, "classes must be int64"),
        (lambda: book.boundary_band(ZEROS[0], 1), ValueError, "classes must have shape"),
        (lambda: book.boundary_band(ZEROS, 0), ValueError, "width must be a whole number"),
        (lambda: book.boundary_f(ZEROS, ZEROS[:, :2], 2, 1), ValueError, "shape of target"),
        (lambda: book.boundary_f(ZEROS, ZEROS, 2, 0), ValueError, "tolerance must be a whole number"),
        (lambda: book.boundary_f(ZEROS, ZEROS.float(), 2, 1), TypeError, "classes must be int64"),
        (lambda: book.boundary_f(ZEROS, ZEROS + 7, 2, 1), ValueError, "classes must hold 0 to 1, got 7"),
        (lambda: book.dice_loss(LOGITS, TARGET.float()), ValueError, "target must"),
        (lambda: book.dice_loss(LOGITS, LOGITS.softmax(1)), TypeError, "target must be classes"),
        (lambda: book.dice_loss(LOGITS, TARGET + 2), ValueError, "labels 0 to 1"),
        (lambda: book.dice_loss(LOGITS, TARGET, first=2), ValueError, "first must be 0 to 1"),
        (lambda: book.jaccard_loss(LOGITS, TARGET, smooth=0.0), ValueError, "smooth must be positive"),
    ],
)
def test_bad_input_is_refused(call, error, said):
    with pytest.raises(error, match=said):
        call()


# --- determinism, learning, sizes ------------------------------------------------------------------------------------


def test_the_seed_decides():
    torch.manual_seed(1)
    first = initialize(UNet(SMALL), seeded(4)).state_dict()
    torch.manual_seed(2)
    second = initialize(UNet(SMALL), seeded(4)).state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_signals_keep_their_size():
    up = book.UpConvolution(64, 32)
    up.draw_parameters(seeded(0))
    x = torch.randn(4, 64, 8, 8, generator=seeded(1)).relu()
    # E[x^2] = 1/2 over 64 channels times variance 2 / 64 gives variance 1; 8192 outputs share 64 x 128 weights
    assert up(x).var().item() == pytest.approx(1.0, rel=0.1)
    assert up.bias.abs().sum() == 0


def learn(skips, seed):
    world = replace(
        CROWD,
        height=24,
        width=24,
        shapes=("square", "triangle", "star"),
        objects=(2, 4),
        position=0.36,
        scale=(0.16, 0.21),
        texture=("plain",),
    )
    known, fresh = make_scenes(300, world, seeded(0)), make_scenes(100, world, seeded(1000))
    net = initialize(UNet(replace(CONFIGS["miniature"], skips=skips)), seeded(seed))
    adam, generator = torch.optim.AdamW(net.parameters(), 0.02), seeded(100 + seed)
    rate = torch.optim.lr_scheduler.OneCycleLR(adam, 0.02, total_steps=80, pct_start=0.2)
    for _ in range(80):
        k = torch.randint(300, (8,), generator=generator)
        adam.zero_grad()
        F.cross_entropy(net(known.images[k]), known.semantic[k]).backward()
        adam.step()
        rate.step()
    guess = predict(net, [fresh.images]).argmax(1)
    table = book.confusion_matrices((guess > 0).long(), (fresh.semantic > 0).long(), 2).sum(0)
    return book.class_iou(table)[1].item()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_miniature_learns_where(seed):
    # IoU of objects with the ground after 80 steps, measured: 0.86, 0.89, 0.85 with skips, 0.64, 0.50, 0.35 without; all ground gives 0
    with_skips, without = learn(None, seed), learn((False, False), seed)
    assert with_skips > 0.75 and with_skips > without + 0.1


@pytest.mark.parametrize("name", book.PUBLISHED_PARAMETERS)
def test_published_sizes(name):
    with torch.device("meta"):
        net = UNet(CONFIGS[name])
        assert net(torch.zeros(1, 1, 572, 572)).shape == (1, 2, 388, 388)  # figure 1
        rows = layer_costs(net, torch.zeros(1, 1, 572, 572))
    assert count_parameters(net) == book.PUBLISHED_PARAMETERS[name]
    convolutions = [row for row in rows if "Conv" in row.kind]
    assert len(convolutions) == 23 and sum(row.kind == "UpConvolution" for row in rows) == 4  # section 2
    assert (1, 1024, 28, 28) in [row.shape for row in rows]  # figure 1, the bottom
    # from the figure alone: 3 x 3 pairs down, 2 x 2 up and pairs of 3 x 3, 1 x 1 at the end, biases everywhere
    w, count = (1, 64, 128, 256, 512, 1024), 0
    for a, b in zip(w, w[1:], strict=False):
        count += 9 * a * b + b + 9 * b * b + b
    for a, b in zip(w[1:], w[2:], strict=False):
        count += 4 * b * a + a + 9 * 2 * a * a + a + 9 * a * a + a
    assert count_parameters(net) == count + 64 * 2 + 2
