r"""SimCLR: views, NT-Xent, the network and its published sizes, labels that data bring along, measures, and the miniature.

Tolerances: NT-Xent and its twins sum the same numbers in another order, 1e-6 in float64. Views interpolate between pixels in float32: 1e-5.
"""

import math
from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F
from torch.testing import assert_close

from deepbook.components.data import SceneConfig, make_scenes
from deepbook.components.model import count_multiply_adds, count_parameters
from deepbook.milestones import self_supervised as book
from deepbook.milestones.self_supervised import CONFIGS, PUBLISHED_PARAMETERS, SimCLR, Views, nt_xent
from deepbook.start.reading_papers.printed import rounds_to
from deepbook.training import initialize, predict

PLAIN = Views(crop=1.0, flip=0.0, color=0.0, gray=0.0, blur=0.0)


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def pictures(count=6, size=12, seed=0):
    return torch.rand(count, 3, size, size, generator=seeded(seed))


# --- value by hand ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "temperature", "by_hand"),
    [
        # views agree, pictures at right angles: similarities 1, 0, 0
        ([[1.0, 0], [0, 1]], [[1.0, 0], [0, 1]], 1.0, math.log(1 + 2 / math.e)),
        ([[1.0, 0], [0, 1]], [[1.0, 0], [0, 1]], 0.5, math.log(1 + 2 / math.e**2)),
        # the wrong partner agrees: similarities 0 with the right one, 1 and 0 with the others
        ([[1.0, 0], [0, 1]], [[0.0, 1], [1, 0]], 1.0, math.log(2 + math.e)),
        # everything in one point: a guess among 2N - 1 = 5
        ([[2.0, 0]] * 3, [[5.0, 0]] * 3, 0.1, math.log(5)),
    ],
)
def test_nt_xent_by_hand(first, second, temperature, by_hand):
    assert nt_xent(torch.tensor(first), torch.tensor(second), temperature).item() == pytest.approx(by_hand, rel=1e-5)


def test_similarities_by_hand():
    s = book.similarities(torch.tensor([[3.0, 0.0], [0.0, 2.0]]), torch.tensor([[1.0, 1.0], [0.0, -1.0]]))
    half = 0.5**0.5
    assert_close(s, torch.tensor([[1, 0, half, 0], [0, 1, half, -1], [half, half, 1, -half], [0, -1, -half, 1]]))


def test_turn_hue_by_hand():
    x = torch.tensor([[1.0, 0, 0], [0.5, 0.5, 0.5], [0.2, 0.4, 0.9]]).view(3, 3, 1, 1)
    out = book.turn_hue(x, torch.tensor([2 / 3, 0.123, 1 / 3]))[:, :, 0, 0]
    assert_close(
        out, torch.tensor([[0, 0, 1], [0.5, 0.5, 0.5], [0.9, 0.2, 0.4]]), atol=1e-6, rtol=0
    )  # red to blue; grey stays; channels move on


def test_rotations_by_hand():
    turned, quarters = book.rotations(torch.tensor([[[[1, 2], [3, 4]]], [[[5, 6], [7, 8]]]]))
    assert quarters.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert turned[4].tolist() == [[[4, 3], [2, 1]]] and turned[7].tolist() == [[[7, 5], [8, 6]]]


def test_alignment_and_uniformity_by_hand():
    square = torch.tensor([[1.0, 0], [0, 1], [-1, 0], [0, -1]])
    assert book.alignment(square, -3 * square) == pytest.approx(4)
    # of six pairs four at squared distance 2 and two at 4
    assert book.uniformity(5 * square) == pytest.approx(math.log((4 * math.exp(-4) + 2 * math.exp(-8)) / 6), rel=1e-5)
    assert book.uniformity(torch.ones(4, 2)) == pytest.approx(0, abs=1e-5)


def test_neighbours_go_by_angle():
    features = torch.tensor([[1.0, 0.0], [100.0, 90.0], [0.0, 0.1]])
    assert book.nearest_by_angle(features, torch.tensor([[0.0, 7.0], [3.0, 0.1]]), 2).tolist() == [[2, 1], [0, 1]]


# --- shape, dtype, gradient ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("head", ["mlp", "linear", "none"])
def test_shapes_and_gradients(head):
    config = replace(CONFIGS["miniature"], head=head, projection=7)
    model = initialize(SimCLR(config), seeded(0))
    z = model(pictures(4, 24))
    assert model.encoder(pictures(4, 24)).shape == (4, config.features) and z.shape == (4, config.features if head == "none" else 7)
    nt_xent(*z.chunk(2)).backward()
    assert all(
        p.grad is not None and p.grad.isfinite().all() and p.grad.abs().sum() > 0 for n, p in model.named_parameters() if "bias" not in n
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_views_keep_shape_dtype_and_range(dtype):
    x = pictures().to(dtype)
    before = x.clone()
    out = Views()(x, seeded(1))
    assert out.shape == x.shape and out.dtype == dtype and out.min() >= 0 and out.max() <= 1
    assert torch.equal(x, before)


def test_nt_xent_gradcheck():
    first, second = (torch.randn(3, 4, dtype=torch.float64, generator=seeded(s), requires_grad=True) for s in (0, 1))
    assert torch.autograd.gradcheck(lambda a, b: nt_xent(a, b, 0.3), (first, second))


# --- equal to a slow literal twin, and to the reference --------------------------------------------------------------


def literal(first, second, temperature):
    r"""Algorithm 1 of the paper, one pair after the other: views 2k - 1 and 2k (here 2k and 2k + 1) belong together."""
    z = [v.tolist() for pair in zip(first, second, strict=True) for v in pair]

    def similarity(u, v):
        dot = sum(a * b for a, b in zip(u, v, strict=True))
        return dot / math.sqrt(sum(a * a for a in u)) / math.sqrt(sum(b * b for b in v))

    def ell(i, j):
        below = sum(math.exp(similarity(z[i], z[k]) / temperature) for k in range(len(z)) if k != i)
        return -math.log(math.exp(similarity(z[i], z[j]) / temperature) / below)

    return sum(ell(2 * k, 2 * k + 1) + ell(2 * k + 1, 2 * k) for k in range(len(first))) / len(z)


@pytest.mark.parametrize("temperature", [0.05, 0.5, 2.0])
@pytest.mark.parametrize("n", [2, 5])
def test_nt_xent_equals_its_twins(n, temperature):
    first, second = (torch.randn(n, 3, dtype=torch.float64, generator=seeded(s)) for s in (2, 3))
    value = nt_xent(first, second, temperature).item()
    assert value == pytest.approx(literal(first, second, temperature), rel=1e-6)
    masked = book.similarities(first, second).fill_diagonal_(-math.inf) / temperature
    partner = torch.arange(2 * n).roll(n)
    assert value == pytest.approx(F.cross_entropy(masked, partner).item(), rel=1e-6)


def test_hue_keeps_lightness_of_greys_and_turns_add_up():
    x, turn = pictures(), torch.linspace(-0.5, 0.5, 6)
    assert_close(book.turn_hue(book.turn_hue(x, turn), -turn), x, atol=1e-5, rtol=0)
    assert_close(book.turn_hue(x, turn).mean(1), x.mean(1), atol=1e-5, rtol=0)


# --- properties ------------------------------------------------------------------------------------------------------


def test_nothing_asked_nothing_done():
    assert torch.equal(PLAIN(pictures(), seeded(0)), pictures())


def test_each_change_alone():
    x = pictures(64, 16)
    mirrored = replace(PLAIN, flip=1.0)(x, seeded(0))
    assert_close(mirrored, x.flip(3), atol=1e-5, rtol=0)
    some = replace(PLAIN, flip=0.5)(x, seeded(0))
    turned = ((some - x.flip(3)).abs().amax((1, 2, 3)) < 1e-4).sum()
    assert 16 < turned < 48  # half of 64, standard deviation 4
    gray = replace(PLAIN, gray=1.0)(x, seeded(0))
    luma = (x * torch.tensor([0.299, 0.587, 0.114]).view(3, 1, 1)).sum(1, keepdim=True)
    assert_close(gray, luma.expand_as(x), atol=1e-5, rtol=0)
    hazy = replace(PLAIN, blur=1.0)(x, seeded(0))
    assert_close(hazy.mean((1, 2, 3)), x.mean((1, 2, 3)), atol=0.02, rtol=0)
    assert (hazy.std((2, 3)) <= x.std((2, 3)) + 1e-4).all() and hazy.std() < 0.9 * x.std()


def test_a_turn_is_a_rotation():
    x = torch.zeros(1, 3, 9, 9)
    x[..., 1, 4] = 1  # a dot at the top, three pixels and a half from the border, four from the middle
    seen = torch.cat([replace(PLAIN, turn=180.0)(x, seeded(s)) for s in range(200)]).mean((0, 1))
    rows, columns = torch.meshgrid(torch.arange(9) - 4.0, torch.arange(9) - 4.0, indexing="ij")
    radius = (rows**2 + columns**2).sqrt()
    assert seen[(radius > 4.1) | (radius < 1.9)].max() < 0.02  # it stays three pixels from the middle
    sides = torch.stack([seen[:3].sum(), seen[6:].sum(), seen[:, :3].sum(), seen[:, 6:].sum()])
    assert sides.min() > 0.5 * sides.max()  # and gets everywhere
    wide = torch.zeros(1, 3, 9, 21)
    wide[..., 4, 10 - 3] = 1
    spread = torch.cat([replace(PLAIN, turn=180.0)(wide, seeded(s)) for s in range(100)]).amax((0, 1))
    assert spread[:, :6].max() < 0.02 and spread[:, 15:].max() < 0.02 and spread[1].max() > 0.2  # a circle, not an ellipse


def test_a_crop_is_a_part_made_large():
    ramp = torch.linspace(0, 1, 32).expand(200, 3, 32, 32)  # brightness tells the column
    out = replace(PLAIN, crop=0.25)(ramp, seeded(0))
    width = out[:, 0, 0, -1] - out[:, 0, 0, 0]
    share = width / (ramp[0, 0, 0, -1] - ramp[0, 0, 0, 0])
    assert 0.4 < share.min() < 0.55 and share.max() > 0.95  # sqrt(0.25 * 3 / 4) = 0.43 at least
    assert out.min() >= 0
    assert_close(out[:, 0, 0], out[:, 0, -1], atol=1e-5, rtol=0)


def test_color_needs_its_strength():
    x = pictures(32)
    moved = [(replace(PLAIN, color=c, jitter=1.0)(x, seeded(0)) - x).abs().mean().item() for c in (0.1, 0.5, 1.0)]
    assert 0 < moved[0] < moved[1] < moved[2]
    assert_close(replace(PLAIN, color=1.0, jitter=0.0)(x, seeded(0)), x, atol=1e-5, rtol=0)  # a probability of 0


def test_length_does_not_matter_and_order_does_not():
    first, second = (torch.randn(5, 3, generator=seeded(s)) for s in (4, 5))
    value = nt_xent(first, second)
    assert_close(nt_xent(7 * first, 0.1 * second), value)
    assert_close(nt_xent(second, first), value)
    order = torch.tensor([3, 1, 4, 0, 2])
    assert_close(nt_xent(first[order], second[order]), value)


def test_probe_sees_what_is_linear():
    features = torch.randn(200, 3, generator=seeded(0))
    labels = (features[:, 1] > 0).long()
    assert book.linear_probe(features[:100], labels[:100], features[100:], labels[100:]) > 0.9
    ring = (features.norm(dim=1) > 1.5).long()
    assert book.linear_probe(features[:100], ring[:100], features[100:], ring[100:]) < 0.75  # no plane cuts a shell


# --- rejection messages ----------------------------------------------------------------------------------------------


def quick(model=None, **changes):
    given = {"steps": 1, "generator": seeded(0)} | changes
    return book.pretrain(model or SimCLR(CONFIGS["miniature"]), given.pop("pictures", pictures(4, 24)), PLAIN, **given)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: Views(crop=0.0), "crop must be above 0 and at most 1"),
        (lambda: Views(gray=1.5), r"gray must be in \[0, 1\], got 1.5"),
        (lambda: Views(turn=270.0), r"turn must be in \[0, 180\] degrees, got 270.0"),
        (lambda: Views(color=-0.1), r"color must be in \[0, 1\]"),
        (lambda: Views()(torch.zeros(3, 8, 8), seeded(0)), r"pictures must have shape \(N, 3, H, W\), got \(3, 8, 8\)"),
        (lambda: Views()(torch.zeros(2, 1, 8, 8), seeded(0)), r"got \(2, 1, 8, 8\)"),
        (lambda: Views()(torch.zeros(0, 3, 8, 8), seeded(0)), "pictures must have at least one element"),
        (lambda: Views()(torch.zeros(1, 3, 8, 8, dtype=torch.int64), seeded(0)), "pictures must be floating point"),
        (lambda: book.turn_hue(pictures(), torch.zeros(2)), r"turn must have shape \(6,\)"),
        (lambda: book.turn_hue(pictures()[0], torch.zeros(3)), r"pictures must have shape \(N, 3, H, W\)"),
        (lambda: nt_xent(torch.zeros(2, 3), torch.zeros(3, 3)), r"first and second must have one shape \(N, D\)"),
        (lambda: nt_xent(torch.zeros(3), torch.zeros(3)), r"one shape \(N, D\), got \(3,\)"),
        (lambda: nt_xent(torch.ones(1, 3), torch.ones(1, 3)), "first must hold 2 pictures or more, got 1"),
        (lambda: nt_xent(torch.ones(2, 3), torch.ones(2, 3), 0.0), "temperature must be above 0 and finite, got 0.0"),
        (lambda: book.similarities(torch.ones(2, 3).long(), torch.ones(2, 3)), "first must be floating point"),
        (lambda: book.similarities(torch.ones(0, 3), torch.ones(0, 3)), "first must have at least one element"),
        (lambda: replace(CONFIGS["miniature"], head="cnn"), "head must be one of .* got 'cnn'"),
        (lambda: replace(CONFIGS["miniature"], projection=0), "projection must be 1 or more, got 0"),
        (lambda: quick(batch_size=1), "batch_size must be 2 or more, got 1"),
        (lambda: quick(steps=0), "steps must be a whole number from 1 on, got 0"),
        (lambda: quick(pictures=torch.zeros(0, 3, 24, 24)), r"pictures must have shape \(N, C, H, W\), none of them 0"),
        (lambda: quick(lr=-1.0), "lr must be above 0 and finite, got -1.0"),
        (lambda: book.train_on(SimCLR(CONFIGS["miniature"]), None, steps=0, generator=seeded(0)), "steps must be a whole number"),
        (lambda: book.rotations(torch.zeros(2, 3, 4, 5)), r"pictures must have shape \(N, C, S, S\), got \(2, 3, 4, 5\)"),
        (lambda: book.rotations(torch.zeros(0, 3, 4, 4)), "pictures must have at least one element"),
        (lambda: book.linear_probe(torch.zeros(3, 2), torch.zeros(2), torch.zeros(1, 2), torch.zeros(1)), "features must have shape"),
        (
            lambda: book.linear_probe(torch.zeros(3, 2), torch.zeros(3), torch.zeros(0, 2), torch.zeros(0)),
            "test_features must have at least",
        ),
        (lambda: book.linear_probe(torch.zeros(3, 2), torch.zeros(3), torch.zeros(1, 2), torch.zeros(1)), "labels must hold two classes"),
        (lambda: book.nearest_by_angle(torch.zeros(3, 2), torch.zeros(1, 4), 1), "must have one width D"),
        (lambda: book.nearest_by_angle(torch.zeros(3, 2), torch.zeros(1, 2), 4), "count must be 1 to 3"),
        (lambda: book.nearest_by_angle(torch.zeros(3, 2), torch.zeros(1, 2).long(), 1), "queries must be floating point"),
        (lambda: book.alignment(torch.zeros(3, 2), torch.zeros(3, 2).long()), "second must be floating point"),
        (lambda: book.alignment(torch.zeros(3, 2), torch.zeros(2, 2)), r"features must have one shape \(N, D\)"),
        (lambda: book.uniformity(torch.zeros(1, 2)), "features must hold 2 rows or more, got 1"),
        (lambda: book.uniformity(torch.zeros(0, 2)), "must have at least one element"),
    ],
)
def test_bad_input_is_refused(call, said):
    with pytest.raises((ValueError, TypeError), match=said):
        call()


# --- determinism, learning, sizes ------------------------------------------------------------------------------------


def test_the_seed_decides():
    x = pictures()
    assert torch.equal(Views()(x, seeded(3)), Views()(x, seeded(3)))
    assert not torch.equal(Views()(x, seeded(3)), Views()(x, seeded(4)))


WORLD = SceneConfig(height=24, width=24, angle=(0.0, 360.0), position=0.1, scale=(0.28, 0.36))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_miniature_learns_without_labels(seed):
    r"""In 250 steps of 64 pictures without labels, the loss falls by more than 0.5 nats below a guess, and a probe with 32 labels gets more than
    70% of new pictures right, 25 points more than before.
    """
    unlabelled = make_scenes(2000, WORLD, seeded(0)).images
    few, fresh = make_scenes(32, WORLD, seeded(1)), make_scenes(500, WORLD, seeded(2))
    model = initialize(SimCLR(CONFIGS["miniature"]), seeded(seed)).eval()

    def probe():
        return book.linear_probe(predict(model, [few.images]), few.labels, predict(model, [fresh.images]), fresh.labels)

    before = probe()
    views = Views(crop=0.5, turn=180.0, blur=0.0)
    losses = book.pretrain(model, unlabelled, views, steps=250, generator=seeded(100 + seed), temperature=0.2, lr=6e-3)
    after, last = probe(), sum(losses[-20:]) / 20
    assert last < math.log(127) - 0.5  # 127 is what a guess among the other views costs
    assert after > before + 0.25 and after > 0.7


def test_labels_made_by_a_rule():
    # what can be told is learned: a triangle and a star show how they are turned, a circle and a square do not
    model = initialize(SimCLR(replace(CONFIGS["miniature"], head="linear", projection=4)), seeded(0))
    scenes = make_scenes(1000, replace(WORLD, angle=(0.0, 0.0)), seeded(0))

    def sample(generator):
        return book.rotations(scenes.images[torch.randint(1000, (16,), generator=generator)])

    book.train_on(model, sample, steps=100, generator=seeded(1))
    scenes = make_scenes(1000, scenes.config, seeded(5))
    turned, quarters = book.rotations(scenes.images)
    right = (predict(model, [turned]).argmax(1) == quarters).view(4, -1).float().mean(0)
    shares = [right[scenes.labels == k].mean().item() for k in range(4)]
    assert abs(shares[0] - 0.25) < 0.1 and abs(shares[1] - 0.25) < 0.1 and min(shares[2:]) > 0.9, shares


@pytest.mark.parametrize("name", PUBLISHED_PARAMETERS)
def test_published_sizes(name):
    count, printed = PUBLISHED_PARAMETERS[name]
    with torch.device("meta"):
        encoder = SimCLR(CONFIGS[name]).encoder
        assert encoder(torch.zeros(1, 3, 224, 224)).shape == (1, CONFIGS[name].features)
    assert count_parameters(encoder) == count and rounds_to(printed, count)


def test_multiply_adds():
    with torch.device("meta"):
        costs = [count_multiply_adds(SimCLR(CONFIGS[f"resnet-50-{k}x"]).encoder, torch.zeros(1, 3, 224, 224)) for k in (1, 2, 4)]
    # without its classifier of 2,048,000 a ResNet-50 that halves in the 3 x 3 costs torchvision's 4,089,184,256 - 2,048,000
    assert costs[0] == 4_087_136_256
    stem = 112 * 112 * 7 * 7 * 3 * 64  # the only layer whose input does not widen
    assert costs[1] == 4 * (costs[0] - stem) + 2 * stem and costs[2] == 16 * (costs[0] - stem) + 4 * stem
