r"""The library beside its references, on one thread; run by ``make bench``. What a gap comes from is said where it is measured.

Each group holds what computes the same, and the test says so before it is timed.
"""

import powerboxes
import pytest
import torch

from deepbook.components.data import SceneConfig, make_scenes
from deepbook.components.model import scaled_dot_product_attention
from deepbook.components.optimizer import SGD, Adadelta, Adagrad, RMSprop
from deepbook.milestones.adam import Adam, AdamW
from deepbook.milestones.gpt import CONFIGS, GPT, generate
from deepbook.tasks.object_detection import nms

OURS = {"SGD": SGD, "Adagrad": Adagrad, "RMSprop": RMSprop, "Adadelta": Adadelta, "Adam": Adam, "AdamW": AdamW}
SHAPES = [(256, 256)] * 20 + [(256,)] * 20  # 1.3 million numbers in forty tensors


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)
    torch.manual_seed(0)


def parameters() -> list[torch.Tensor]:
    drawn = torch.Generator().manual_seed(0)
    made = [torch.randn(shape, generator=drawn).requires_grad_() for shape in SHAPES]
    for parameter in made:
        parameter.grad = torch.randn(parameter.shape, generator=drawn)
    return made


@pytest.mark.parametrize("way", ["ours", "torch", "torch, foreach"])
@pytest.mark.parametrize("name", OURS)
def test_a_step_of_the_optimizer(benchmark, name, way):
    r"""Ours reads as the formula does, with a new tensor for each intermediate result; torch writes over its own. ``foreach`` makes one call for all tensors."""
    benchmark.group = f"a step of {name}"
    settings = {"lr": 1e-3} | ({"momentum": 0.9} if name == "SGD" else {})
    made, reference = parameters(), parameters()
    theirs = getattr(torch.optim, name)(reference, foreach="foreach" in way, **settings)
    ours = OURS[name](made, **settings)
    ours.step()
    theirs.step()
    for one, other in zip(made, reference, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)
    benchmark((ours if way == "ours" else theirs).step)


@pytest.mark.parametrize("length", [64, 512])
@pytest.mark.parametrize("way", ["ours", "torch"])
def test_attention(benchmark, way, length):
    r"""Ours keeps the table of weights, which the chapters look at; torch works it off in tiles and keeps none."""
    benchmark.group = f"attention over {length} places"
    q, k, v = torch.randn(3, 8, 4, length, 32).unbind()
    mask = torch.ones(length, length, dtype=torch.bool).tril()
    reference = torch.nn.functional.scaled_dot_product_attention
    torch.testing.assert_close(scaled_dot_product_attention(q, k, v, mask)[0], reference(q, k, v, attn_mask=mask), rtol=1e-4, atol=1e-5)
    with torch.no_grad():
        if way == "ours":
            benchmark(scaled_dot_product_attention, q, k, v, mask)
        else:
            benchmark(reference, q, k, v, attn_mask=mask)


@pytest.mark.parametrize("side", [32, 128])
def test_a_hundred_scenes(benchmark, side):
    benchmark.group = "a hundred scenes"
    config = SceneConfig(height=side, width=side)
    benchmark(lambda: make_scenes(100, config, torch.Generator().manual_seed(0)))


@pytest.mark.parametrize("use_cache", [True, False], ids=["with", "without"])
def test_writing_48_tokens(benchmark, use_cache):
    r"""Without the cache every token is computed again for each one that follows."""
    benchmark.group = "48 tokens of GPT, cache"
    model = GPT(CONFIGS["miniature"]).eval()
    start = torch.zeros(1, 8, dtype=torch.long)
    write = lambda cache: generate(model, start, 48, generator=torch.Generator().manual_seed(0), use_cache=cache)  # noqa: E731
    assert torch.equal(write(True), write(False))
    benchmark(write, use_cache)


@pytest.mark.parametrize(("count", "groups"), [(100, 1), (1000, 1), (4000, 1), (10_000, 500)])
@pytest.mark.parametrize("way", ["ours", "powerboxes"])
def test_nms(benchmark, way, count, groups):
    r"""Ours makes some thirty calls of torch for each box that a group keeps, and powerboxes, which is compiled, none; but ours works on all groups at once.

    Boxes lie as a detector's do, twenty around each object. powerboxes knows no groups: they are put far from one another beforehand.
    """
    benchmark.group = f"non-maximum suppression of {count} boxes in {groups} groups"
    drawn = torch.Generator().manual_seed(0)
    centers = 600 * torch.rand(count // 20, 1, 2, generator=drawn, dtype=torch.float64)
    sides = 40 + 40 * torch.rand(count // 20, 1, 2, generator=drawn, dtype=torch.float64)
    corners = centers + 6 * torch.randn(count // 20, 20, 2, generator=drawn, dtype=torch.float64)
    boxes = torch.cat([corners, corners + sides], 2).flatten(0, 1)
    scores = torch.rand(count, generator=drawn, dtype=torch.float64)
    group = torch.arange(count) * groups // count
    theirs = (boxes + 1000.0 * group[:, None]).numpy(), scores.numpy(), 0.5, 0.0
    assert nms(boxes, scores, 0.5, group).tolist() == powerboxes.nms(*theirs).tolist()
    if way == "ours":
        benchmark(nms, boxes, scores, 0.5, group)
    else:
        benchmark(powerboxes.nms, *theirs)
