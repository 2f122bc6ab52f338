r"""Adam, AMSGrad, AdamW, and the sweep of many runs at once.

Tolerances: PyTorch multiplies and adds in another order, so float64 runs of 100 steps are held to 1e-9 absolute (measured: below
1e-14). Runs side by side in float32 are held to 1e-4 relative to a run alone in the loss and 1e-3 in the
parameters: matrices are multiplied in another order.
"""

import math
from functools import partial

import pytest
import torch
from torch.testing import assert_close

from deepbook.components.optimizer import SGD, CosineAnnealingLR, RMSprop
from deepbook.components.optimizer.schedules import rates
from deepbook.milestones import adam as book
from deepbook.milestones.adam import PROBLEMS, Problem, measure, sweep
from deepbook.milestones.adam.problems import dense, forward, nats, yes_or_no

# name -> (class, settings); each class stands in torch.optim as well
FAMILY = {
    "Adam": ("Adam", {"lr": 0.05}),
    "Adam, L2": ("Adam", {"lr": 0.05, "weight_decay": 0.1}),
    "AMSGrad": ("Adam", {"lr": 0.05, "amsgrad": True}),
    "AMSGrad, short memory": ("Adam", {"lr": 0.05, "betas": (0.0, 0.3), "amsgrad": True}),
    "Adam, climbing": ("Adam", {"lr": 0.01, "maximize": True, "weight_decay": 0.1}),
    "Adam, all": (
        "Adam",
        {"lr": 0.05, "betas": (0.5, 0.9), "eps": 1e-2, "weight_decay": 0.1, "amsgrad": True, "maximize": True},
    ),
    "AdamW": ("AdamW", {"lr": 0.05}),
    "AdamW, strong": ("AdamW", {"lr": 0.05, "weight_decay": 2.0}),
    "AdamW, all": (
        "AdamW",
        {"lr": 0.05, "betas": (0.5, 0.9), "eps": 1e-2, "weight_decay": 0.3, "amsgrad": True, "maximize": True},
    ),
}
everyone = pytest.mark.parametrize("name", FAMILY)
every_problem = pytest.mark.parametrize("name", PROBLEMS)


def make(library, name, params):
    kind, settings = FAMILY[name]
    return getattr(library, kind)(params, **settings)


class Landscape:
    r"""A random smooth loss of a matrix and a vector, with a parameter that gets no gradient."""

    def __init__(self, seed):
        generator = torch.Generator().manual_seed(seed)
        self.a, self.b = (torch.randn(n, 4, generator=generator, dtype=torch.float64) for n in (6, 3))
        self.w = torch.randn(4, 2, generator=generator, dtype=torch.float64).requires_grad_()
        self.v = torch.randn(4, generator=generator, dtype=torch.float64).requires_grad_()
        self.idle = torch.ones(2, dtype=torch.float64, requires_grad=True)
        self.params = [self.w, self.v, self.idle]

    def walk(self, optimizer, steps):
        path = []
        for _ in range(steps):
            optimizer.zero_grad()
            bowl = (1 + (self.a @ self.w).square()).sqrt().sum() + (self.b @ self.v - 1).square().mean()
            (bowl + (self.w.sum() + self.v.sum()).sin()).backward()
            optimizer.step()
            path.append(torch.cat([p.detach().flatten() for p in self.params]))
        return path


def steps_of(optimizer_class, gradients, **settings):
    w = torch.ones(1, dtype=torch.float64, requires_grad=True)
    optimizer, steps = optimizer_class([w], **settings), []
    for g in gradients:
        before = w.item()
        w.grad = torch.tensor([g], dtype=torch.float64)
        optimizer.step()
        steps.append(before - w.item())
    return steps


# --- value by hand ---------------------------------------------------------------------------------------------------

HALVES = {"lr": 1.0, "betas": (0.5, 0.75), "eps": 0.0}


@pytest.mark.parametrize(
    ("kind", "settings", "gradients", "by_hand"),
    [
        # m 2, 3, -0.5 over 1/2, 3/4, 7/8; v 4, 7, 9.25 over 1/4, 7/16, 37/64: means 4, 4, -4/7 and squares 16
        ("Adam", HALVES, [4.0, 4.0, -4.0], [1.0, 1.0, -1 / 7]),
        # eps 1 beside the root 4
        ("Adam", HALVES | {"eps": 1.0}, [4.0, 4.0], [0.8, 0.8]),
        # w = 1 joins the gradient: 3 + 1 = 4
        ("Adam", HALVES | {"eps": 1.0, "weight_decay": 1.0}, [3.0], [0.8]),
        ("Adam", HALVES | {"maximize": True}, [4.0], [-1.0]),
        # v 4, then 3: mean 1 over 3/4, and 3 over 7/16
        ("Adam", HALVES, [4.0, 0.0], [1.0, (4 / 3) / math.sqrt(48 / 7)]),
        # AMSGrad stays at v = 4, over 7/16
        ("Adam", HALVES | {"amsgrad": True}, [4.0, 0.0], [1.0, (4 / 3) / math.sqrt(64 / 7)]),
        # a tenth of w = 1 goes, then a step of 0.5; the next tenth is of 0.4
        ("AdamW", HALVES | {"lr": 0.5, "weight_decay": 0.2}, [4.0, 4.0], [0.6, 0.54]),
    ],
)
def test_first_steps_by_hand(kind, settings, gradients, by_hand):
    assert steps_of(getattr(book, kind), gradients, **settings) == pytest.approx(by_hand, abs=1e-12)


def test_losses_by_hand():
    logits = torch.tensor([[math.log(3.0), 0.0], [0.0, 0.0]])
    assert nats(logits, torch.tensor([0, 1])).item() == pytest.approx((math.log(4 / 3) + math.log(2)) / 2)
    yes = yes_or_no(torch.tensor([math.log(3.0), 0.0]), torch.tensor([1.0, 0.0]))
    assert yes.item() == pytest.approx((math.log(4 / 3) + math.log(2)) / 2)


# --- shape and dtype -------------------------------------------------------------------------------------------------


@everyone
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
def test_shape_and_dtype_stay(name, dtype, shape):
    w = torch.ones(shape, dtype=dtype, requires_grad=True)
    optimizer = make(book, name, [w])
    for _ in range(2):
        w.grad = torch.full(shape, 0.5, dtype=dtype)
        optimizer.step()
    assert w.shape == shape and w.dtype == dtype and w.isfinite().all() and (w != 1).all()


# --- equal to the reference ------------------------------------------------------------------------------------------


@everyone
@pytest.mark.parametrize("seed", [0, 1])
def test_equal_to_torch_step_by_step(name, seed):
    ours, theirs = Landscape(seed), Landscape(seed)
    a = ours.walk(make(book, name, ours.params), 100)
    b = theirs.walk(make(torch.optim, name, theirs.params), 100)
    assert_close(torch.stack(a), torch.stack(b), atol=1e-9, rtol=1e-9)
    assert (a[-1] - a[0]).abs().max() > 1e-2, "nothing moved, so nothing was compared"


@pytest.mark.parametrize("kind", ["Adam", "AdamW"])
def test_defaults_are_those_of_torch(kind):
    theirs = getattr(torch.optim, kind)([torch.zeros(1, requires_grad=True)]).defaults
    ours = getattr(book, kind)([torch.zeros(1, requires_grad=True)]).defaults
    assert ours == {name: theirs[name] for name in ours}
    left_out = set(theirs) - set(ours)
    assert left_out <= {"foreach", "fused", "capturable", "differentiable", "decoupled_weight_decay"}


def test_groups_keep_their_own_settings():
    ours, theirs = Landscape(0), Landscape(0)
    a, b = (
        lib.AdamW([{"params": [p.w], "weight_decay": 0.0}, {"params": [p.v], "lr": 0.1}], weight_decay=0.5)
        for lib, p in ((book, ours), (torch.optim, theirs))
    )
    assert_close(ours.walk(a, 10)[-1], theirs.walk(b, 10)[-1], atol=1e-12, rtol=0)


@everyone
@pytest.mark.parametrize(("first", "second"), [(book, book), (book, torch.optim), (torch.optim, book)])
def test_state_saves_and_loads(name, first, second, tmp_path):
    whole, halves = Landscape(0), Landscape(0)
    straight = whole.walk(make(book, name, whole.params), 20)
    before = make(first, name, halves.params)
    halves.walk(before, 10)
    torch.save(before.state_dict(), tmp_path / "state.pt")
    after = make(second, name, halves.params)
    after.load_state_dict(torch.load(tmp_path / "state.pt"))
    assert_close(halves.walk(after, 10)[-1], straight[-1], atol=1e-9, rtol=1e-9)


def test_takes_a_schedule():
    optimizer = book.Adam([torch.zeros(1, requires_grad=True)], lr=0.3)
    assert rates(CosineAnnealingLR(optimizer, 2, eta_min=0.1), 3) == pytest.approx([0.3, 0.2, 0.1])


# --- properties ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_steps_do_not_see_the_scale(factor):
    gradients = [1.0, -0.5, 2.0, 0.1]
    plain = steps_of(book.Adam, gradients, lr=0.1, eps=0.0)
    scaled = steps_of(book.Adam, [factor * g for g in gradients], lr=0.1, eps=0.0)
    assert plain == pytest.approx(scaled, rel=1e-9)


def test_correction_is_all_that_rmsprop_lacks():
    r"""With beta1 = 0 the step is RMSprop's times sqrt(1 - beta2^t)."""
    gradients = [1.0, -0.5, 2.0, 0.1]
    ours = steps_of(book.Adam, gradients, lr=0.1, betas=(0.0, 0.9), eps=0.0)
    theirs = steps_of(RMSprop, gradients, lr=0.1, alpha=0.9, eps=0.0)
    assert ours == pytest.approx([s * (1 - 0.9 ** (t + 1)) ** 0.5 for t, s in enumerate(theirs)], rel=1e-12)


def test_largest_step():
    r"""Cauchy and Schwarz: growing by beta2 / beta1 reaches (1 - beta1) / sqrt((1 - beta2) (1 - beta1^2 / beta2)), as t grows."""
    betas, bound = (0.5, 0.75), 0.5 / math.sqrt(0.25 * (1 - 0.25 / 0.75))
    steps = steps_of(book.Adam, [1.5**t for t in range(80)], lr=1.0, betas=betas, eps=0.0)
    assert steps[-1] == pytest.approx(bound, rel=1e-6)


def test_decay_of_adamw_is_even():
    r"""Gradients a thousand times apart shrink alike: both keep (1 - 0.1)^5 and walk 5 steps of 0.01."""
    w = torch.ones(2, dtype=torch.float64, requires_grad=True)
    optimizer = book.AdamW([w], lr=0.01, weight_decay=10.0, eps=0.0)
    for _ in range(5):
        w.grad = torch.tensor([1.0, 1e-3], dtype=torch.float64)
        optimizer.step()
    walked = sum(0.01 * 0.9**k for k in range(5))
    assert w.tolist() == pytest.approx([0.9**5 - walked] * 2, abs=1e-12)


@pytest.mark.parametrize(("settings", "right"), [({}, False), ({"amsgrad": True}, True)])
def test_goes_the_wrong_way_without_long_memory(settings, right):
    r"""Reddi et al.: 4x once, then -x twice; the best point is -1."""
    x = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = book.Adam([x], lr=0.5, betas=(0.0, 1 / 17), **settings)
    for t in range(1, 601):
        optimizer.param_groups[0]["lr"] = 0.5 / t**0.5
        x.grad = torch.full_like(x, 4.0 if t % 3 == 1 else -1.0)
        optimizer.step()
        x.data.clamp_(-1, 1)
    assert x.item() < -0.9 if right else x.item() > 0.9


def test_large_signal_counts_for_one_step_without_long_memory():
    r"""In the same problem v settles into a cycle of three: 4 is divided by nearly 4, unless the largest v divides every step."""
    after_4 = (256 / 17 + 16 / 17**2 + 16 / 17**3) / (1 - 1 / 17**3)
    after_1 = (after_4 + 16) / 17
    after_2 = (after_1 + 16) / 17
    settings = {"lr": 1.0, "betas": (0.0, 1 / 17), "eps": 0.0}
    swinging, steady = (steps_of(book.Adam, [4.0, -1.0, -1.0] * 20, **settings, amsgrad=a)[-3:] for a in (False, True))
    assert swinging == pytest.approx([4 / after_4**0.5, -1 / after_1**0.5, -1 / after_2**0.5])
    assert 1 < swinging[0] < 1.1 and max(swinging[1:]) < -0.7
    assert steady == pytest.approx([4 / after_4**0.5, -1 / after_4**0.5, -1 / after_4**0.5])


# --- many runs at once -----------------------------------------------------------------------------------------------


def alone(problem, optimizer_class, settings, seed, steps):
    r"""A slow literal twin of one run of `sweep`."""
    params = [p.clone().requires_grad_() for p in problem.start(torch.Generator().manual_seed(seed))]
    optimizer = optimizer_class(params, **settings)
    order = torch.Generator().manual_seed(1000 + seed)
    for _ in range(steps):
        rows = torch.randint(len(problem.data[0]), (problem.batch_size,), generator=order)
        optimizer.zero_grad()
        problem.loss(tuple(params), *(d[rows] for d in problem.data)).backward()
        optimizer.step()
    with torch.no_grad():
        return problem.loss(tuple(params), *problem.data).item(), params


@pytest.mark.parametrize("name", ["digits_relu", "digits_convolution", "attention", "cancer_raw"])
def test_side_by_side_as_if_alone(name):
    problem = PROBLEMS[name]()
    contestants = {
        "SGD": (partial(SGD, momentum=0.9), {"lr": [1e-5, 1e-3]}),
        "AdamW": (book.AdamW, {"lr": [0.01, 0.003, 0.01], "weight_decay": [0.0, 0.1, 1.0]}),
    }
    runs = sweep(problem, contestants, seeds=[3, 5], steps=6, records=2)
    assert runs["AdamW"].steps == (0, 3, 6)
    assert runs["SGD"].losses.shape == (3, 2, 2) and runs["AdamW"].losses.shape == (3, 2, 3)
    for s, seed in enumerate((3, 5)):
        for method, kind, keys in (("SGD", partial(SGD, momentum=0.9), ["lr"]), ("AdamW", book.AdamW, ["lr", "weight_decay"])):
            for r in range(len(contestants[method][1]["lr"])):
                settings = {key: contestants[method][1][key][r] for key in keys}
                loss, params = alone(problem, kind, settings, seed, 6)
                assert runs[method].losses[-1, s, r].item() == pytest.approx(loss, rel=1e-4)
                for ours, theirs in zip(runs[method].parameters, params, strict=True):
                    assert_close(ours[s, r], theirs.detach(), rtol=1e-3, atol=1e-5)


def test_measure_each_copy():
    problem = PROBLEMS["rare_words"]()
    runs = sweep(problem, {"Adam": (book.Adam, {"lr": [0.01, 0.1]})}, seeds=[0, 1], steps=3)["Adam"]
    assert_close(measure(problem.loss, runs.parameters, *problem.data), runs.losses[-1])


def test_one_diverged_run_leaves_the_others_alone():
    bowl = Problem(lambda g: (torch.ones(2),), lambda p: p[0].square().sum() ** 2)
    runs = sweep(bowl, {"SGD": (SGD, {"lr": [1e9, 0.05]})}, seeds=[0], steps=20)["SGD"]
    assert not runs.losses[-1, 0, 0].isfinite() and runs.losses[-1, 0, 1] < 1


@every_problem
def test_problems_start_finite_and_fall(name):
    r"""The best of a few rates of either method takes off at least half of the loss above the best in 200 steps, from each of two seeds."""
    problem = PROBLEMS[name]()
    tried = [1e-5, 1e-4, 1e-3, 0.01, 0.1, 1.0]
    contestants = {"SGD": (partial(SGD, momentum=0.9), {"lr": tried}), "Adam": (book.Adam, {"lr": tried})}
    runs = sweep(problem, contestants, seeds=[0, 1], steps=200)
    first = runs["Adam"].losses[0]
    assert first.isfinite().all()
    last = torch.cat([r.losses[-1] for r in runs.values()], dim=1).nan_to_num(nan=math.inf)
    assert (last.min(dim=1).values < 0.5 * first[:, 0]).all()


@pytest.mark.parametrize("seed", range(3))
def test_default_learns_digits(seed):
    r"""600 steps of 16 digits with the default of Adam: at least 90% right (measured: 93% to 95%; chance is 10%)."""
    problem = PROBLEMS["digits_relu"]()
    runs = sweep(problem, {"Adam": (book.Adam, {"lr": [0.001]})}, seeds=[seed], steps=600)["Adam"]

    def right(p, x, y):
        return (forward(p, x, torch.relu).argmax(1) == y).float().mean()

    assert measure(right, runs.parameters, *problem.data).item() > 0.9


def test_deterministic_and_leaves_random_state_alone():
    before = torch.get_rng_state()
    problem = PROBLEMS["embeddings"]()
    a, b = (sweep(problem, {"Adam": (book.Adam, {"lr": [0.01]})}, seeds=[7], steps=5)["Adam"].losses for _ in range(2))
    assert torch.equal(a, b) and torch.equal(torch.get_rng_state(), before)


def test_dense_draws_the_promised_variance():
    weight, bias = dense(torch.Generator().manual_seed(0), 400, 300, gain=2**0.5)
    assert weight.var().item() * 400 == pytest.approx(2.0, abs=0.05)  # 120,000 draws: standard error 0.008
    assert not bias.any()


# --- rejection messages ----------------------------------------------------------------------------------------------

W = torch.zeros(2, requires_grad=True)
BOWL = Problem(lambda g: (torch.ones(1),), lambda p: p[0].square().sum())
ONE = {"Adam": (book.Adam, {"lr": [0.1]})}


@pytest.mark.parametrize("kind", ["Adam", "AdamW"])
@pytest.mark.parametrize(
    ("params", "settings", "error", "message"),
    [
        ([W], {"lr": -0.1}, ValueError, "lr must be 0 or more and finite, got -0.1"),
        ([W], {"lr": math.nan}, ValueError, "lr must be 0 or more and finite, got nan"),
        ([W], {"eps": -1e-8}, ValueError, "eps must be 0 or more and finite, got -1e-08"),
        ([W], {"weight_decay": -1.0}, ValueError, "weight_decay must be 0 or more and finite, got -1.0"),
        ([W], {"betas": (1.0, 0.9)}, ValueError, r"betas\[0\] must be in \[0, 1\), got 1.0"),
        ([W], {"betas": (0.9, -0.1)}, ValueError, r"betas\[1\] must be in \[0, 1\), got -0.1"),
        ([W], {"betas": 0.9}, ValueError, r"betas must be two numbers, got 0.9; try \(0.9, 0.999\)"),
        ([W], {"betas": (0.9,)}, ValueError, "betas must be two numbers, got"),
        ([], {}, ValueError, "params must hold at least one parameter, got none"),
        (W, {}, TypeError, r"params must be an iterable of tensors or groups, got a Tensor; write \[w\]"),
    ],
)
def test_refuses_settings_out_of_range(kind, params, settings, error, message):
    with pytest.raises(error, match=message):
        getattr(book, kind)(params, **settings)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (partial(sweep, BOWL, {}, seeds=[0], steps=1), "contestants and seeds must hold at least one each, got 0 and 1"),
        (partial(sweep, BOWL, ONE, seeds=[], steps=1), r"got 1 and 0; try seeds=range\(3\)"),
        (partial(sweep, BOWL, {"Adam": (book.Adam, {})}, seeds=[0], steps=1), "settings of Adam must be one or more .* got {}"),
        (partial(sweep, BOWL, {"Adam": (book.Adam, {"lr": []})}, seeds=[0], steps=1), "settings of Adam must be one or more"),
        (
            partial(sweep, BOWL, {"A": (book.Adam, {"lr": [0.1], "eps": [0.0, 1.0]})}, seeds=[0], steps=1),
            "settings of A must be .* equally many numbers, got {'lr': 1, 'eps': 2}; repeat a number that stays",
        ),
        (partial(sweep, BOWL, ONE, seeds=[0], steps=10, records=3), "steps must be a multiple of records, got 10 steps and 3 records"),
        (partial(sweep, BOWL, ONE, seeds=[0], steps=0), "steps must be a multiple of records, got 0 steps and 1 records"),
        (partial(sweep, BOWL, ONE, seeds=[0], steps=2, records=0), "got 2 steps and 0 records; try records=1"),
    ],
)
def test_refuses_a_sweep_of_nothing(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_refuses_a_sparse_gradient():
    table = torch.nn.Embedding(3, 2, sparse=True)
    table(torch.tensor([1])).sum().backward()
    with pytest.raises(TypeError, match="gradients must be dense, got a sparse one; use sparse=False"):
        book.AdamW(table.parameters()).step()
