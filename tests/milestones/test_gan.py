r"""Generative adversarial nets: losses, the game's optimum, the measures, and runs side by side.

Tolerances: formulas in float64 are held to 1e-10 (rounding), integrals on grids to 1e-6 (cells of 0.001). Runs side by side use
other products of matrices than a run alone; after ten steps in float32 they are held to 1e-4.
"""

import math

import pytest
import scipy.linalg
import torch
from torch import nn
from torch.nn import functional
from torch.testing import assert_close

from deepbook.milestones.gan import (
    CONFIGS,
    GENERATOR_LOSSES,
    Discriminator,
    GANConfig,
    Generator,
    Networks,
    discriminator_loss,
    frechet_distance,
    generator_loss,
    gradient_penalty,
    jensen_shannon,
    mode_coverage,
    optimal_discriminator,
    parzen_log_likelihood,
    play,
    ring,
    ring_centers,
)

RING = CONFIGS["ring"]
every_loss = pytest.mark.parametrize("kind", GENERATOR_LOSSES)
every_config = pytest.mark.parametrize("name", CONFIGS)


def source(seed=0):
    return torch.Generator().manual_seed(seed)


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=source(seed), dtype=torch.float64)


# --- value by hand ---------------------------------------------------------------------------------------------------


def test_losses_by_hand():
    # D(x) = 3/4 and 1/2, D(G(z)) = 1/4: -(log 3/4 + log 1/2) / 2 - log 3/4
    real, fake = torch.tensor([math.log(3.0), 0.0]), torch.tensor([-math.log(3.0)])
    by_hand = -(math.log(3 / 4) + math.log(1 / 2)) / 2 - math.log(3 / 4)
    assert discriminator_loss(real, fake).item() == pytest.approx(by_hand)
    assert generator_loss(fake, "saturating").item() == pytest.approx(math.log(3 / 4))
    assert generator_loss(fake, "non_saturating").item() == pytest.approx(-math.log(1 / 4))


def test_penalty_by_hand():
    # the logit a^2 + b at (1, 0) and (2, 0): slopes (2, 1) and (4, 1), so (5 + 17) / 2 / 2
    found = gradient_penalty(lambda x: x[:, 0].square() + x[:, 1], torch.tensor([[1.0, 0.0], [2.0, 0.0]]))
    assert found.item() == pytest.approx(5.5)


def test_divergence_by_hand():
    # p = (1, 0), q = (1/2, 1/2), m = (3/4, 1/4)
    found = jensen_shannon(torch.tensor([1.0, 0.0]), torch.tensor([0.5, 0.5]))
    by_hand = 0.5 * math.log(4 / 3) + 0.5 * (0.5 * math.log(2 / 3) + 0.5 * math.log(2))
    assert found.item() == pytest.approx(by_hand)


def test_coverage_by_hand():
    centers = ring_centers(4, radius=1.0)
    points = torch.cat([centers[:2], centers[:1] + 0.29, centers[2:3] * 2])  # 0.29 sqrt 2 is beyond 3 x 0.1
    assert mode_coverage(points, centers, 0.1) == (2, 0.5)


def test_parzen_by_hand():
    # one point at 1, samples at 0 and 1, width 1: log((phi(0) + phi(1)) / 2)
    found = parzen_log_likelihood(torch.ones(1, 1), torch.tensor([[0.0], [1.0]]), 1.0)
    phi = [math.exp(-x * x / 2) / math.sqrt(2 * math.pi) for x in (0.0, 1.0)]
    assert found == pytest.approx(math.log(sum(phi) / 2))


def test_frechet_in_one_dimension():
    a, b = normal(40, 1), 3 * normal(50, 1, seed=1) + 2
    by_hand = (a.mean() - b.mean()) ** 2 + (a.std() - b.std()) ** 2
    assert frechet_distance(a, b) == pytest.approx(by_hand.item(), rel=1e-10)


# --- shape and dtype -------------------------------------------------------------------------------------------------


@every_config
def test_shapes(name):
    config, sources = CONFIGS[name], [source(s) for s in range(3)]
    samples = Generator(config, sources)(torch.zeros(3, 5, config.latent_size))
    assert samples.shape == (3, 5, config.data_size)
    assert Discriminator(config, sources)(samples).shape == (3, 5)
    assert not config.bounded or (samples >= 0).all() and (samples <= 1).all()


@every_loss
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_losses_keep_runs_and_dtype(kind, dtype):
    logits = torch.zeros(3, 5, dtype=dtype)
    assert generator_loss(logits, kind).shape == discriminator_loss(logits, logits).shape == (3,)
    assert generator_loss(logits, kind).dtype == discriminator_loss(logits, logits).dtype == dtype


# --- gradient --------------------------------------------------------------------------------------------------------


def test_gradients_of_the_two_losses():
    # with s the logit, d log(1 - D) / ds = -D and d (-log D) / ds = -(1 - D)
    logits = torch.linspace(-12, 12, 25, dtype=torch.float64).requires_grad_()
    for kind, right in (("saturating", -logits.sigmoid()), ("non_saturating", -(1 - logits.sigmoid()))):
        (slope,) = torch.autograd.grad(generator_loss(logits, kind), logits)
        assert_close(slope * len(logits), right.detach(), atol=1e-10, rtol=1e-10)


def test_penalty_can_be_differentiated():
    weight = torch.tensor([3.0, 4.0], dtype=torch.float64, requires_grad=True)
    gradient_penalty(lambda x: x @ weight, torch.zeros(7, 2, dtype=torch.float64)).backward()
    assert_close(weight.grad, weight.detach())  # half a square


# --- equal to a slow literal twin and to the reference ----------------------------------------------------------------


def test_losses_equal_cross_entropy():
    real, fake = normal(4, 9), normal(4, 9, seed=1)
    bce = functional.binary_cross_entropy_with_logits
    both = bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake))
    assert_close(discriminator_loss(real, fake).mean(), both)
    assert_close(generator_loss(fake).mean(), bce(fake, torch.ones_like(fake)))


def test_frechet_equals_scipy():
    a = normal(60, 5) @ normal(5, 5, seed=1)
    b = normal(70, 5, seed=2) @ normal(5, 5, seed=3) + 1
    cov_a, cov_b = torch.cov(a.T), torch.cov(b.T)
    root = scipy.linalg.sqrtm((cov_a @ cov_b).numpy()).real
    right = (a.mean(0) - b.mean(0)).square().sum() + cov_a.trace() + cov_b.trace() - 2 * root.trace()
    assert frechet_distance(a, b) == pytest.approx(right.item(), rel=1e-8)


def test_parzen_equals_a_mixture():
    points, samples = normal(6, 3), normal(8, 3, seed=1)
    kernel = torch.distributions.MultivariateNormal(samples, 0.09 * torch.eye(3, dtype=torch.float64))
    logs = kernel.log_prob(points[:, None]).logsumexp(1) - math.log(8)
    assert parzen_log_likelihood(points, samples, 0.3) == pytest.approx(logs.mean().item(), rel=1e-10)


@every_config
def test_networks_equal_linear_layers(name):
    config = CONFIGS[name]
    networks = Discriminator(config, [source(0), source(1)])
    x = torch.rand(2, 4, config.data_size, generator=source(2))
    for run in range(2):
        h = x[run]
        for i, (weight, bias) in enumerate(zip(networks.weights, networks.biases, strict=True)):
            h = functional.linear(h, weight[run].T, bias[run, 0])
            h = h if i == len(networks.weights) - 1 else functional.leaky_relu(h, 0.2)
        assert_close(networks(x)[run], h[:, 0])


def test_play_equals_the_algorithm():
    r"""Algorithm 1 with torch's own layers, loss and optimizer, and R1 written out; from the same weights, batches and noise."""
    match = play(RING, ring, [0], 5, batch_size=16, penalty=0.5)
    g = source(0)

    def plain(networks, activation):
        layers = []
        for weight, bias in zip(networks.weights, networks.biases, strict=True):
            layers += [nn.Linear(*weight.shape[1:]), activation]
            layers[-2].load_state_dict({"weight": weight[0].T, "bias": bias[0, 0]})
        return nn.Sequential(*layers[:-1])

    forger = plain(Generator(RING, [g]), nn.ReLU())
    police = plain(Discriminator(RING, [g]), nn.LeakyReLU(0.2))
    steppers = [torch.optim.Adam(net.parameters(), lr=0.003, betas=(0.5, 0.999)) for net in (police, forger)]
    fixed = torch.randn(500, 8, generator=g)
    for _ in range(5):
        real = ring(16, g).requires_grad_()
        fake = forger(torch.randn(16, 8, generator=g)).detach()
        logits = torch.cat([police(real), police(fake)])
        (slope,) = torch.autograd.grad(logits.sum(), real, create_graph=True)
        right = torch.cat([torch.ones(16, 1), torch.zeros(16, 1)])
        cost = 2 * functional.binary_cross_entropy_with_logits(logits, right) + 0.5 / 2 * slope.square().sum(1).mean()
        steppers[0].zero_grad()
        cost.backward()
        steppers[0].step()
        fooled = functional.logsigmoid(police(forger(torch.randn(16, 8, generator=g)))).mean()
        steppers[1].zero_grad()
        (-fooled).backward()
        steppers[1].step()
    assert_close(match.samples[-1, 0], forger(fixed), atol=1e-4, rtol=1e-4)


# --- property --------------------------------------------------------------------------------------------------------


def densities():
    x = torch.arange(-12, 12, 0.001, dtype=torch.float64)
    bell = torch.distributions.Normal
    p = bell(-1.0, 1.0).log_prob(x).exp()
    q = 0.5 * bell(1.0, 0.5).log_prob(x).exp() + 0.5 * bell(3.0, 1.5).log_prob(x).exp()
    return p.double(), q.double()


def value(p, q, d):
    return ((p * d.log() + q * (1 - d).log()).sum() * 0.001).item()


def test_optimum_beats_its_neighbors():
    p, q = densities()
    best = optimal_discriminator(p, q).clamp(1e-12, 1 - 1e-12)
    for push in (-0.1, 0.1):
        assert value(p, q, (best.logit() + push).sigmoid()) < value(p, q, best) - 1e-4


def test_value_at_the_optimum_is_the_divergence():
    p, q = densities()
    best = optimal_discriminator(p, q).clamp(1e-300, 1 - 1e-16)
    assert value(p, q, best) == pytest.approx(2 * jensen_shannon(p, q, 0.001).item() - math.log(4), abs=1e-6)


def test_divergence_is_symmetric_and_bounded():
    p, q = densities()
    found = jensen_shannon(p, q, 0.001)
    assert_close(found, jensen_shannon(q, p, 0.001))
    assert 0 < found < math.log(2) and jensen_shannon(p, p, 0.001).abs() < 1e-12


def test_frechet_is_symmetric_and_zero_at_home():
    a, b = normal(30, 4), normal(40, 4, seed=1)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-10)
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, a), rel=1e-9)


def test_ring_is_a_ring():
    x = ring(8000, source(), std=0.05)
    modes, share = mode_coverage(x, ring_centers(), 0.05)
    # within 3 sigma in two dimensions: 1 - exp(-9 / 2) = 0.9889, with an error of 0.0012
    assert modes == 8 and share == pytest.approx(1 - math.exp(-4.5), abs=0.006)
    counts = torch.cdist(x, ring_centers()).argmin(1).bincount()
    assert counts.min() > 850  # 1000 expected, 30 its standard deviation


def test_a_run_does_not_see_its_neighbors():
    together = play(RING, ring, [3, 4], 10, penalty=0.1)
    alone = play(RING, ring, [4], 10, penalty=0.1)
    assert_close(together.samples[:, 1:], alone.samples, atol=1e-4, rtol=1e-4)
    assert (together.samples[:, 0] - together.samples[:, 1]).abs().max() > 0.1


def test_head_start_moves_the_discriminator_alone():
    match = play(RING, ring, [0], 1, rates=(0.0, 0.01), head_start=100)
    sources = [source(0)]
    assert_close(match.generator.weights[0], Generator(RING, sources).weights[0])
    assert match.discriminator_losses[-1] < 1.0 < math.log(4)


def test_average_trails_the_generator():
    now = play(RING, ring, [0], 5, average=0.0)
    late = play(RING, ring, [0], 5, average=0.99)
    assert_close(now.averaged.weights[0], now.generator.weights[0])
    start = Generator(RING, [source(0)]).weights[0]
    moved = (late.averaged.weights[0] - start).norm() / (late.generator.weights[0] - start).norm()
    assert 0 < moved < 0.05  # at most 1 - 0.99^5 of the way


def test_what_is_kept():
    match = play(RING, ring, [0, 1], 4, keep=[1, 3, 9], shown=7)
    assert match.steps == [1, 3, 4] and match.samples.shape == (3, 2, 7, 2)
    assert match.discriminator_losses.shape == match.generator_losses.shape == (4, 2)


# --- rejection messages ----------------------------------------------------------------------------------------------

Z = torch.zeros(3)
ROWS = torch.zeros(4, 2)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: GANConfig(0, 2, (4,), (4,)), ValueError, "latent_size must be 1 or more, got 0"),
        (lambda: GANConfig(1, 2, (4,), (0,)), ValueError, "discriminator_hidden must be widths of 1 or more, got 0"),
        (lambda: Networks([3], [source()]), ValueError, r"sizes must be two numbers or more, got \[3\]"),
        (lambda: Networks([3, 2], []), ValueError, "generators must be one for each run, got none"),
        (lambda: discriminator_loss(Z, torch.zeros(0)), ValueError, "fake must have at least one element"),
        (lambda: discriminator_loss(Z.long(), Z), TypeError, "real must be floating point, got torch.int64"),
        (lambda: generator_loss(Z, "minimax"), ValueError, "kind must be one of saturating, non_saturating, got 'minimax'"),
        (lambda: gradient_penalty(lambda x: x, torch.zeros(0, 2)), ValueError, "real must have at least one element"),
        (lambda: optimal_discriminator(Z - 1, Z), ValueError, "real must hold densities of 0 or more, got -1"),
        (lambda: jensen_shannon(Z, Z - 1), ValueError, "fake must hold densities of 0 or more, got -1"),
        (lambda: play(RING, ring, [0], 0), ValueError, "steps must be 1 or more, got 0"),
        (lambda: play(RING, ring, [], 1), ValueError, "seeds must be one or more of them, got 0"),
        (lambda: play(RING, ring, [0], 1, penalty=-1.0), ValueError, "penalty must be 0 or more and finite, got -1.0"),
        (lambda: play(RING, ring, [0], 1, average=1.0), ValueError, r"average must be in \[0, 1\), got 1.0"),
        (lambda: play(RING, ring, [0], 1, loss="hinge"), ValueError, "kind must be one of"),
        (lambda: ring_centers(0), ValueError, "modes must be 1 or more, got 0"),
        (lambda: ring(0, source()), ValueError, "count must be 1 or more, got 0"),
        (lambda: ring(1, source(), modes=0), ValueError, "modes must be 1 or more, got 0"),
        (lambda: ring(1, source(), std=-1.0), ValueError, "std must be 0 or more and finite, got -1.0"),
        (lambda: Generator(RING, [source()])(ROWS), ValueError, r"x must have shape \(R, B, in\), here \(1, B, 8\), got \(4, 2\)"),
        (lambda: Discriminator(RING, [source()])(ROWS.expand(2, 4, 2)), ValueError, r"got \(2, 4, 2\); give every run a batch"),
        (lambda: optimal_discriminator(Z, Z[:1]), ValueError, r"same points, got shapes \(3,\) and \(1,\)"),
        (lambda: jensen_shannon(Z, Z, 0.0), ValueError, "width must be positive, got 0.0"),
        (lambda: play(RING, ring, [0], 1, shown=0), ValueError, "shown must be 1 or more, got 0"),
        (lambda: mode_coverage(ROWS, torch.zeros(4, 3), 0.1), ValueError, r"must be \(N, D\) and \(M, D\).*flatten"),
        (lambda: mode_coverage(ROWS, ROWS, 0.0), ValueError, "std must be positive, got 0.0"),
        (lambda: frechet_distance(ROWS[:1], ROWS), ValueError, "samples in a must be 2 or more, got 1"),
        (lambda: frechet_distance(ROWS, ROWS[:0]), ValueError, "must hold one row or more, got 4 and 0"),
        (lambda: parzen_log_likelihood(ROWS, ROWS, -1.0), ValueError, "width must be positive, got -1.0"),
    ],
)
def test_refuses(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_stops_where_a_loss_is_not_finite():
    def descend(parameters, lr):
        return torch.optim.SGD(parameters, lr=lr)

    with pytest.raises(FloatingPointError, match="losses must be finite, got .* lower the learning rates"):
        play(RING, ring, [0], 50, rates=(1e4, 1e4), optimizer=descend)


# --- determinism -----------------------------------------------------------------------------------------------------


def test_deterministic_and_leaves_random_state_alone():
    before = torch.get_rng_state()
    first, second = (play(RING, ring, [0], 5).samples for _ in range(2))
    assert torch.equal(first, second) and torch.equal(before, torch.get_rng_state())


# --- the miniature learns --------------------------------------------------------------------------------------------


def test_miniature_finds_the_ring():
    # measured after 1,000 steps, with R1: eight modes from each of seeds 0 to 4, one sample in five within 3 sigma
    match = play(RING, ring, range(3), 1000, rates=(0.005, 0.005), penalty=0.1)
    for samples in match.samples[-1]:
        modes, share = mode_coverage(samples, ring_centers(), 0.05)
        assert modes >= 7 and share > 0.1


def test_miniature_collapses_where_the_discriminator_lags():
    # the paper's Helvetica scenario; measured after 600 steps: no more than one mode
    match = play(RING, ring, range(3), 600, rates=(0.003, 0.0001))
    covered = [mode_coverage(samples, ring_centers(), 0.05)[0] for samples in match.samples[-1]]
    assert max(covered) <= 3
