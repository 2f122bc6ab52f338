r"""The tools of `deepbook.start.mathematics`.

Tolerances: float64 comparisons use `torch.testing.assert_close` defaults (1e-7 relative), since both sides round a handful
of operations. Central differences in float64 err by about eps^(2/3), 4e-11, times third derivatives and sizes of order 1 to 10.
"""

from __future__ import annotations

import math
from collections import Counter
from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from torch.testing import assert_close

from deepbook.components import loss
from deepbook.start.mathematics import (
    condition_number,
    cross_entropy,
    entropy,
    gaussian_log_density,
    gradient_error,
    huffman_code,
    kl_divergence,
    least_squares,
    log_sum_exp,
    low_rank,
    normal_equations,
    numerical_gradient,
    numerical_jacobian,
    posterior,
    principal_components,
    softmax,
    standard_error,
    vector_jacobian_product,
)

N, D, K = 11, 5, 3
"""Samples, dimensions and a smaller number; all different, so that no swap goes unseen."""


def numbers(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def distributions(seed: int, *shape: int) -> torch.Tensor:
    return numbers(seed, *shape).softmax(dim=-1)


def close(number: float):
    return pytest.approx(number, rel=1e-12, abs=1e-15)


# --- value by hand ---------------------------------------------------------------------------------------------------


def test_slopes_by_hand():
    x = torch.tensor([2.0, 3.0], dtype=torch.float64)
    # outputs x0^2 x1 and x0: slopes (2 x0 x1, x0^2) and (1, 0)
    rows = numerical_jacobian(lambda x: torch.stack([x[0] ** 2 * x[1], x[0]]), x)
    assert_close(rows, torch.tensor([[12.0, 4.0], [1.0, 0.0]], dtype=torch.float64), rtol=0, atol=1e-8)
    assert_close(numerical_gradient(lambda x: x[0] ** 2 * x[1], x), torch.tensor([12.0, 4.0], dtype=torch.float64), rtol=0, atol=1e-8)


def test_a_gradient_that_is_wrong_by_a_factor():
    x = numbers(0, 4)
    # |g - g / 2| / |g| and |g - 3 g| / |3 g|
    for factor, error in ((0.5, 0.5), (3.0, 2 / 3), (-1.0, 2.0)):
        found = gradient_error(lambda x: x.square().sum(), x, lambda x, f=factor: 2 * f * x)
        assert found == pytest.approx(error, abs=1e-8)


def test_gradient_of_a_constant_has_no_error():
    assert gradient_error(lambda x: 0 * x.sum(), numbers(0, 3)) == 0.0


def test_matrices_by_hand():
    diagonal = torch.diag(torch.tensor([1.0, 5.0, 2.0], dtype=torch.float64))
    assert condition_number(diagonal) == close(5)
    assert condition_number(torch.ones(2, 2, dtype=torch.float64)) > 1e15
    assert condition_number(torch.zeros(2, 2)) == math.inf
    assert_close(low_rank(diagonal, 2), torch.diag(torch.tensor([0.0, 5.0, 2.0], dtype=torch.float64)))
    assert_close(low_rank(diagonal, 0), torch.zeros(3, 3, dtype=torch.float64))


def test_principal_components_by_hand():
    # along (3, 4) / 5 at -5, 0, 5, so variance 25; across it at 1, -2, 1, so variance 3
    along, across = torch.tensor([[0.6, 0.8], [-0.8, 0.6]], dtype=torch.float64)
    steps, sides = torch.tensor([-5.0, 0, 5]).double(), torch.tensor([1.0, -2, 1]).double()
    data = steps[:, None] * along + sides[:, None] * across + 7
    found = principal_components(data, 2)
    assert_close(found.mean, torch.tensor([7.0, 7.0]).double())
    assert_close(found.variance, torch.tensor([25.0, 3.0]).double())
    assert_close(found.share, torch.tensor([25 / 28, 3 / 28], dtype=torch.float64))
    assert_close((found.directions @ torch.stack([along, across]).T).abs(), torch.eye(2).double(), atol=1e-12, rtol=0)


@pytest.mark.parametrize("solve", [least_squares, normal_equations])
def test_least_squares_by_hand(solve):
    # points (0, 1), (1, 3), (2, 2): slope 1 / 2, bias 3 / 2
    design = torch.tensor([[0.0, 1], [1, 1], [2, 1]], dtype=torch.float64)
    assert_close(solve(design, torch.tensor([1.0, 3, 2]).double()), torch.tensor([0.5, 1.5]).double())


def test_probabilities_by_hand():
    assert standard_error(torch.tensor([1.0, 3.0])).item() == close(1.0)  # sqrt(2) / sqrt(2)
    half = torch.tensor([0.01, 0.99], dtype=torch.float64)
    after = posterior(half, torch.tensor([0.9, 0.09], dtype=torch.float64))
    assert after[0].item() == close(0.009 / 0.0981)
    top = gaussian_log_density(torch.zeros(1, dtype=torch.float64), 0.0, 2.0)
    assert top.item() == close(-0.5 * math.log(2 * math.pi) - math.log(2))


@pytest.mark.parametrize(
    ("p", "bits"),
    [
        ([0.5, 0.5], 1.0),
        ([0.5, 0.25, 0.125, 0.125], 1.75),
        ([0.5] + [0.1] * 5, 0.5 + 0.5 * math.log2(10)),
        ([1.0, 0.0], 0.0),
        ([1 / 6] * 6, math.log2(6)),
    ],
)
def test_entropy_by_hand(p, bits):
    p = torch.tensor(p, dtype=torch.float64)
    assert entropy(p, base=2).item() == close(bits)
    assert entropy(p).item() == close(bits * math.log(2))  # nats
    assert math.copysign(1, entropy(p).item()) == 1  # no -0.0 on a page


def test_belief_by_hand():
    p = torch.tensor([0.5, 0.25, 0.125, 0.125], dtype=torch.float64)
    assert cross_entropy(p, p.flip(0), base=2).item() == close(2.625)
    assert kl_divergence(p, p.flip(0), base=2).item() == close(0.875)
    certain, other = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    assert kl_divergence(certain, other).item() == math.inf
    assert kl_divergence(certain, certain).item() == 0
    assert log_sum_exp(torch.tensor([0.0, math.log(3)], dtype=torch.float64)).item() == close(math.log(4))


def test_huffman_by_hand():
    words = huffman_code({"a": 4, "b": 2, "c": 1, "d": 1})
    assert {symbol: len(word) for symbol, word in words.items()} == {"a": 1, "b": 2, "c": 3, "d": 3}
    assert huffman_code({"only": 3}) == {"only": ""}


# --- shape and dtype -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_shape_and_dtype(dtype):
    x = numbers(0, N, D).to(dtype)
    assert numerical_jacobian(lambda x: x[:K], x).shape == (K * D, N * D)
    for value, shape in [
        (numerical_gradient(lambda x: x.square().sum(), x), (N, D)),
        (vector_jacobian_product(lambda x: x[:K], x, x[:K]), (N, D)),
        (low_rank(x, K), (N, D)),
        (principal_components(x, K).encode(x), (N, K)),
        (principal_components(x, K).decode(x[:, :K]), (N, D)),
        (principal_components(x, K).share, (K,)),
        (least_squares(x, x[:, 0]), (D,)),
        (normal_equations(x, x[:, 0]), (D,)),
        (gaussian_log_density(x, x[0], 2.0), (N, D)),
        (standard_error(x, dim=1), (N,)),
        (posterior(x.softmax(1), x.exp()), (N, D)),
        (log_sum_exp(x), (N,)),
        (log_sum_exp(x, dim=0), (D,)),
        (softmax(x, dim=0), (N, D)),
        (entropy(x.softmax(1)), (N,)),
        (cross_entropy(x.softmax(1), x.softmax(1)), (N,)),
        (kl_divergence(x.softmax(1), x.softmax(1)), (N,)),
    ]:
        assert value.shape == shape and value.dtype == dtype


# --- gradient --------------------------------------------------------------------------------------------------------

SMOOTH = {
    "gaussian_log_density": lambda x: gaussian_log_density(x, 0.3, 1.7),
    "log_sum_exp": log_sum_exp,
    "softmax": softmax,
    "entropy": lambda x: entropy(x.softmax(-1)),
    "cross_entropy": lambda x: cross_entropy(x.softmax(-1), (2 * x).softmax(-1)),
    "kl_divergence": lambda x: kl_divergence(x.softmax(-1), (2 * x).softmax(-1)),
    "posterior": lambda x: posterior(x.softmax(-1), x.exp()),
    "standard_error": standard_error,
    "least_squares": lambda x: least_squares(x.T, x[0].exp()),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_gradient(name):
    x = numbers(1, K, D)
    assert torch.autograd.gradcheck(SMOOTH[name], x.clone().requires_grad_())
    assert gradient_error(lambda x: SMOOTH[name](x).square().sum(), x) < 1e-7


def test_extreme_logits_have_the_gradient_of_softmax():
    x = torch.tensor([1000.0, 999.0, -1000.0], dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(log_sum_exp(x), x)
    assert_close(slope, torch.softmax(x.detach(), dim=0))


# --- equal to a slow literal twin ------------------------------------------------------------------------------------


def test_information_equals_its_sums():
    p, q = distributions(1, N, K), distributions(2, N, K)
    rows = [list(zip(a, b, strict=True)) for a, b in zip(p.tolist(), q.tolist(), strict=True)]
    assert_close(entropy(p), torch.tensor([-sum(a * math.log(a) for a, _ in row) for row in rows], dtype=torch.float64))
    assert_close(cross_entropy(p, q), torch.tensor([-sum(a * math.log(b) for a, b in row) for row in rows], dtype=torch.float64))
    assert_close(kl_divergence(p, q), torch.tensor([sum(a * math.log(a / b) for a, b in row) for row in rows], dtype=torch.float64))


def test_huffman_equals_the_best_of_all_codes():
    # lengths that fit into one tree are those with sum 2^-length <= 1 (Kraft); five symbols need at most length 4
    for counts in ([5, 4, 2, 1, 1], [1, 1, 1, 1, 1], [16, 8, 4, 2, 2], [9, 7, 6, 5, 3], [3, 3, 2, 2, 2]):
        best = min(
            sum(c * length for c, length in zip(counts, lengths, strict=True))
            for lengths in product((1, 2, 3, 4), repeat=5)
            if sum(2.0**-length for length in lengths) <= 1
        )
        words = huffman_code(dict(enumerate(counts)))
        assert sum(c * len(words[i]) for i, c in enumerate(counts)) == best


# --- equal to the reference ------------------------------------------------------------------------------------------


def test_slopes_equal_autograd():
    weight = numbers(3, D, K)

    def layer(x):
        return torch.tanh(x @ weight)

    x, v = numbers(1, 2, D), numbers(2, 2, K)
    exact = torch.autograd.functional.jacobian(layer, x).reshape(2 * K, 2 * D)
    assert_close(numerical_jacobian(layer, x), exact, rtol=0, atol=1e-9)
    assert_close(vector_jacobian_product(layer, x, v), (v.flatten() @ exact).view(2, D))


def test_principal_components_equal_scikit_learn():
    data = load_digits().data
    ours, theirs = principal_components(torch.tensor(data), 12), PCA(12, svd_solver="full").fit(data)
    sign = np.sign((ours.directions.numpy() * theirs.components_).sum(axis=1, keepdims=True))  # free in both
    np.testing.assert_allclose(sign * ours.directions.numpy(), theirs.components_, atol=1e-9)
    np.testing.assert_allclose(ours.variance, theirs.explained_variance_, rtol=1e-9)
    np.testing.assert_allclose(ours.share, theirs.explained_variance_ratio_, rtol=1e-9)
    np.testing.assert_allclose(sign.T * ours.encode(torch.tensor(data)).numpy(), theirs.transform(data), atol=1e-8)


def test_linear_algebra_equals_numpy():
    matrix, target = numbers(1, N, D), numbers(2, N)
    assert condition_number(matrix) == pytest.approx(np.linalg.cond(matrix.numpy()), rel=1e-10)
    reference = torch.tensor(np.linalg.lstsq(matrix.numpy(), target.numpy())[0])
    assert_close(least_squares(matrix, target), reference)
    assert_close(normal_equations(matrix, target), reference)
    assert_close(least_squares(matrix, target), torch.linalg.lstsq(matrix, target[:, None]).solution[:, 0])
    # more weights than samples, and a column twice: the shortest of the best
    for wide in (matrix.T, torch.cat([matrix, matrix[:, :1]], dim=1)):
        y = numbers(3, len(wide))
        assert_close(least_squares(wide, y), torch.linalg.pinv(wide) @ y)


def test_probabilities_equal_torch():
    x = numbers(1, N, D)
    assert_close(gaussian_log_density(x, 0.5, 2.0), torch.distributions.Normal(0.5, 2.0).log_prob(x))
    assert_close(gaussian_log_density(x, x[0], x[1].exp()), torch.distributions.Normal(x[0], x[1].exp()).log_prob(x))
    for dim in (0, 1):
        assert_close(log_sum_exp(50 * x, dim=dim), torch.logsumexp(50 * x, dim=dim))
        assert_close(softmax(50 * x, dim=dim), torch.softmax(50 * x, dim=dim))
    assert_close(entropy(x.softmax(1)), torch.distributions.Categorical(logits=x).entropy())


def test_information_equals_the_losses():
    p, q = distributions(1, N, K), distributions(2, N, K)
    assert_close(cross_entropy(p, q).mean(), loss.cross_entropy(q.log(), p))
    assert_close(kl_divergence(p, q).mean(), loss.kl_divergence(q.log(), p))


# --- property --------------------------------------------------------------------------------------------------------


def test_no_matrix_of_the_rank_is_closer():
    matrix = numbers(1, N, D)
    s = torch.linalg.svdvals(matrix)
    for rank in range(D + 1):
        close_one = low_rank(matrix, rank)
        off = (matrix - close_one).square().sum()
        assert_close(off, s[rank:].square().sum())
        assert int((torch.linalg.svdvals(close_one) > 1e-9).sum()) == rank
        for seed in range(20):
            other = numbers(seed, N, rank) @ numbers(seed + 50, rank, D)
            assert (matrix - other).square().sum() >= off


def test_condition_number_bounds_the_error():
    matrix, answer = numbers(1, D, D), numbers(2, D)
    right = matrix @ answer
    for seed in range(50):
        slip = 1e-3 * numbers(seed, D)
        off = (torch.linalg.solve(matrix, right + slip) - answer).norm() / answer.norm()
        assert off <= condition_number(matrix) * slip.norm() / right.norm() * (1 + 1e-9)


def test_what_is_left_is_at_right_angles():
    design, target = numbers(1, N, D), numbers(2, N)
    left = target - design @ least_squares(design, target)
    assert (design.T @ left).abs().max() < 1e-12


def test_decoding_all_components_gives_the_data_back():
    data = numbers(1, N, D)
    found = principal_components(data, D)
    assert_close(found.decode(found.encode(data)), data)
    assert found.share.sum().item() == close(1)


probabilities = st.lists(st.floats(0.01, 1), min_size=4, max_size=4).map(lambda x: torch.tensor(x, dtype=torch.float64) / sum(x))


@settings(deadline=None, max_examples=60, derandomize=True)
@given(probabilities, probabilities)
def test_bounds_of_information(p, q):
    h = entropy(p).item()
    assert -1e-12 <= h <= math.log(4) + 1e-12
    assert kl_divergence(p, q).item() >= -1e-12  # rounding of four terms
    assert cross_entropy(p, q).item() == pytest.approx(h + kl_divergence(p, q).item(), abs=1e-12)


@settings(deadline=None, max_examples=60, derandomize=True)
@given(st.text("abcdefgh", min_size=2, max_size=60).filter(lambda text: len(set(text)) > 1))
def test_huffman_words_are_short_and_none_begins_another(text):
    counts = Counter(text)
    words = huffman_code(counts)
    p = torch.tensor(list(counts.values())).double() / counts.total()
    mean = sum(counts[s] * len(word) for s, word in words.items()) / counts.total()
    h = entropy(p, base=2).item()
    assert h - 1e-9 <= mean < h + 1
    assert not any(a != b and b.startswith(a) for a in words.values() for b in words.values())


def test_posterior_of_two_observations_in_either_order():
    prior, first, second = distributions(1, N, K), numbers(2, N, K).exp(), numbers(3, N, K).exp()
    both = posterior(prior, first * second)
    assert_close(posterior(posterior(prior, first), second), both)
    assert_close(posterior(posterior(prior, second), first), both)


def test_log_sum_exp_at_the_ends():
    x = torch.tensor([[1e4, 1e4], [-1e4, -1e4], [-math.inf, 0.0], [-math.inf, -math.inf], [math.inf, 0.0]])
    expected = torch.tensor([1e4, -1e4, 0.0, -math.inf, math.inf])
    assert_close(log_sum_exp(x), expected, rtol=0, atol=0.7)  # log 2 is lost beside 1e4 in no dtype but float16
    assert_close(log_sum_exp(x), torch.logsumexp(x, dim=1))
    assert softmax(x[:3]).tolist() == [[0.5, 0.5], [0.5, 0.5], [0.0, 1.0]]


def test_the_gradient_check_tells_right_from_wrong():
    w = numbers(1, D, K)
    x, y = numbers(2, N, D), numbers(3, N, K)

    def energy(w):
        return (torch.tanh(x @ w) - y).square().sum()

    def slope(w, power):
        h = torch.tanh(x @ w)
        return x.T @ (2 * (h - y) * (1 - h**power))

    assert gradient_error(energy, w, lambda w: slope(w, 2)) < 1e-8
    assert gradient_error(energy, w, lambda w: slope(w, 1)) > 0.05
    assert gradient_error(energy, w.float().double(), lambda w: slope(w, 2), step=0.3) > 1e-3  # truncation


# --- rejection messages ----------------------------------------------------------------------------------------------

X = torch.zeros(3, dtype=torch.float64)
M = torch.eye(3)
P = torch.tensor([0.5, 0.5])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: numerical_jacobian(torch.sin, [1.0]), TypeError, "x must be a tensor, got list"),
        (lambda: numerical_jacobian(torch.sin, X.long()), TypeError, "x must be floating point, got torch.int64"),
        (lambda: numerical_jacobian(torch.sin, X[:0]), ValueError, "x must have at least one element"),
        (lambda: numerical_jacobian(torch.sin, X, step=0.0), ValueError, "step must be positive and finite, got 0.0"),
        (lambda: numerical_jacobian(torch.sin, X + 1, step=1e-20), ValueError, "step must move x, but 1e-20 is lost beside 1 in torch.float64; take a larger"),
        (lambda: numerical_gradient(torch.sin, X), ValueError, "function must return a scalar, got 3 numbers; take numerical_jacobian"),
        (lambda: gradient_error(lambda x: x.sum(), X, lambda x: x[:2]), ValueError, r"gradient must have the shape of x, \(3,\), got \(2,\); one slope"),
        (lambda: vector_jacobian_product(torch.sin, X, X[:2]), ValueError, r"vector must have the shape of the output, \(3,\), got \(2,\)"),
        (lambda: vector_jacobian_product(torch.sin, X, 1.0), TypeError, "vector must be a tensor, got float"),
        (lambda: low_rank(M, 4), ValueError, "rank must be a whole number from 0 to 3, got 4"),
        (lambda: low_rank(M, 1.5), ValueError, "rank must be a whole number from 0 to 3, got 1.5"),
        (lambda: low_rank(X, 1), ValueError, r"matrix must have shape \(N, D\), got \(3,\); one column needs matrix.unsqueeze\(1\)"),
        (lambda: condition_number(M[:0]), ValueError, r"matrix must have at least one element, got shape \(0, 3\)"),
        (lambda: condition_number(M.long()), TypeError, "matrix must be floating point, got torch.int64"),
        (lambda: principal_components(M[:1], 1), ValueError, "data must hold two samples or more, got 1"),
        (lambda: principal_components(M, 0), ValueError, "count must be a whole number from 1 to 3, got 0"),
        (lambda: principal_components(torch.ones(4, 2), 1), ValueError, "data must vary, got equal samples only"),
        (lambda: principal_components(M, 1).encode(M[:, :2]), ValueError, r"x must have 3 columns, got shape \(3, 2\)"),
        (lambda: principal_components(M, 1).decode(M), ValueError, r"code must have 1 columns, got shape \(3, 3\)"),
        (lambda: principal_components(M, 1).encode(X), ValueError, r"x must have shape \(N, D\), got \(3,\)"),
        (lambda: least_squares(M, X[:2].float()), ValueError, r"target must have shape \(3,\), one number for each row of design, got \(2,\); check the order"),
        (lambda: normal_equations(M, M), ValueError, r"target must have shape \(3,\), .*, got \(3, 3\)"),
        (lambda: least_squares(M, [0.0]), TypeError, "target must be a tensor, got list"),
        (lambda: gaussian_log_density(X, 0.0, 0.0), ValueError, "spread must hold positive finite numbers, got 0"),
        (lambda: gaussian_log_density(X.long()), TypeError, "x must be floating point, got torch.int64"),
        (lambda: standard_error(torch.ones(1, 5)), ValueError, "number of draws must be 2 or more, got 1"),
        (lambda: standard_error(torch.tensor(1.0)), ValueError, "number of draws must be 2 or more, got 1"),
        (lambda: posterior(P, P[:1]), ValueError, r"likelihood must have the shape of prior, \(2,\), got \(1,\); one number"),
        (lambda: posterior(2 * P, P), ValueError, "prior must sum to 1 over dimension -1, got 2"),
        (lambda: posterior(P, -P), ValueError, "likelihood must hold finite numbers, 0 or more, got -0.5"),
        (lambda: posterior(P, 0 * P), ValueError, "got an observation that is impossible under all of them"),
        (lambda: log_sum_exp([1.0]), TypeError, "x must be a tensor, got list"),
        (lambda: softmax(X[:0]), ValueError, "x must have at least one element"),
        (lambda: entropy(2 * P), ValueError, "p must sum to 1 over dimension -1, got 2; normalize it"),
        (lambda: entropy(P, base=1), ValueError, "base must be above 1 and finite, got 1"),
        (lambda: entropy(torch.tensor([1.5, -0.5])), ValueError, "p must hold probabilities, none negative, got -0.5"),
        (lambda: cross_entropy(P, P[:1]), ValueError, r"q must have the shape of p, \(2,\), got \(1,\)"),
        (lambda: cross_entropy(P, 2 * P), ValueError, "q must sum to 1"),
        (lambda: kl_divergence(P, [0.5, 0.5]), TypeError, "q must be a tensor, got list"),
        (lambda: kl_divergence(P, P, base=math.inf), ValueError, "base must be above 1 and finite, got inf"),
        (lambda: huffman_code({}), ValueError, "counts must hold at least one symbol, got none; count the symbols"),
        (lambda: huffman_code({"a": 0}), ValueError, "count of 'a' must be positive and finite, got 0"),
    ],
)  # fmt: skip
def test_refuses(call, error, message):
    with pytest.raises(error, match=message):
        call()


# --- determinism, and what the caller keeps --------------------------------------------------------------------------


def test_same_bits_twice_and_nothing_changed():
    x = numbers(1, N, D)
    before = x.clone()
    calls = [
        lambda: numerical_jacobian(torch.sin, x),
        lambda: vector_jacobian_product(torch.sin, x, x),
        lambda: low_rank(x, K),
        lambda: principal_components(x, K).directions,
        lambda: least_squares(x, x[:, 0]),
        lambda: log_sum_exp(x),
        lambda: softmax(x),
    ]
    for call in calls:
        assert torch.equal(call(), call())
    assert torch.equal(x, before) and not x.requires_grad
    assert huffman_code({"a": 1, "b": 1, "c": 1}) == huffman_code({"a": 1, "b": 1, "c": 1})


def test_gradients_of_gradients_pass_through():
    # the Hessian of |X w - y|^2 / 2 N, as the Jacobian of autograd's gradient, is X' X / N
    design, target = numbers(1, N, D), numbers(2, N)

    def gradient(w):
        w = w.detach().requires_grad_()
        return torch.autograd.grad((design @ w - target).square().mean() / 2, w)[0]

    assert_close(numerical_jacobian(gradient, numbers(3, D)), design.T @ design / N, rtol=0, atol=1e-8)
