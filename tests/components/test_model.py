r"""The models of `deepbook.components.model` and what counts them.

Tolerances: float64 against PyTorch's own code needs 1e-10, since both sides round some thousand operations; float32 needs 1e-5.
"""

from __future__ import annotations

import math
from itertools import product

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.testing import assert_close

from deepbook.components.model import (
    CNN,
    GRU,
    LSTM,
    MLP,
    RNN,
    AttentionClassifier,
    SelfAttention,
    SequenceClassifier,
    conv2d,
    count_multiply_adds,
    count_parameters,
    gru_cell,
    layer_costs,
    lstm_cell,
    rnn_cell,
    scaled_dot_product_attention,
)
from deepbook.components.model.problems import (
    corridor_problem,
    linear_problem,
    lookup_problem,
    shifted_digits,
    shuffle_pixels,
    spiral_problem,
)
from deepbook.components.model.recurrent import Recurrent
from deepbook.training import accuracy, initialize, predict, train

B, T, D, H = 3, 7, 5, 4
"""Batch, time, features and hidden size; all different, so that no swap goes unseen."""


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def numbers(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=seeded(seed), dtype=torch.float64)


def double(model: nn.Module, seed: int = 0) -> nn.Module:
    return initialize(model, seeded(seed)).double()


MODELS = {
    "linear": (lambda: MLP([12 * 12, 10], activation=None), (B, 12, 12)),
    "MLP": (lambda: MLP([12 * 12, 8, 10]), (B, 12, 12)),
    "CNN": (lambda: CNN([1, 4, 6], 10), (B, 12, 12)),
    "RNN": (lambda: SequenceClassifier(RNN(D, H), 10), (B, T, D)),
    "GRU": (lambda: SequenceClassifier(GRU(D, H), 10), (B, T, D)),
    "LSTM": (lambda: SequenceClassifier(LSTM(D, H, num_layers=2), 10), (B, T, D)),
    "attention": (lambda: AttentionClassifier(T, D, 8, 10, num_heads=2), (B, T, D)),
    "set": (lambda: AttentionClassifier(T, D, 8, 10, positions=False), (B, T, D)),
}
every_model = pytest.mark.parametrize("name", MODELS)
RECURRENT = {"RNN": (RNN, nn.RNN), "GRU": (GRU, nn.GRU), "LSTM": (LSTM, nn.LSTM)}
every_cell = pytest.mark.parametrize("name", RECURRENT)


# --- value by hand ---------------------------------------------------------------------------------------------------


def test_two_units_compute_xor():
    net = MLP([2, 2, 1])
    with torch.no_grad():
        net.layers[0].weight.fill_(1.0)
        net.layers[0].bias.copy_(torch.tensor([0.0, -1.0]))
        net.layers[1].weight.copy_(torch.tensor([[1.0, -2.0]]))
        net.layers[1].bias.zero_()
    corners = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    assert net(corners).flatten().tolist() == [0, 1, 1, 0]  # relu(s) - 2 relu(s - 1) at s = 0, 1, 1, 2


def test_an_edge_found_by_hand():
    picture = torch.tensor([[[[0.0, 0.0, 1.0], [0.0, 0.0, 1.0], [0.0, 1.0, 1.0]]]])
    edge = torch.tensor([[[[-1.0, 1.0], [-1.0, 1.0]]]])
    assert conv2d(picture, edge, torch.tensor([10.0]))[0, 0].tolist() == [[10, 12], [11, 11]]


def test_cells_by_hand():
    one, zero = torch.ones(1, 1), torch.zeros(1, 1)
    assert rnn_cell(one, one, lambda x: 2 * x, lambda h: h).item() == pytest.approx(math.tanh(3))
    # gates sigma(0) = 1/2; candidate tanh(2 + 1/2 * 4) = tanh(4); halfway between it and the old state
    of_x, of_h = (lambda x: torch.tensor([[0.0, 0.0, 2.0]])), (lambda h: torch.tensor([[0.0, 0.0, 4.0]]))
    assert gru_cell(one, one, of_x, of_h).item() == pytest.approx(0.5 * math.tanh(4) + 0.5)
    # input gate open, forget gate shut, cell tanh(1), output gate open: the old memory is gone
    h, c = lstm_cell(one, (zero, 5 * one), lambda x: torch.tensor([[100.0, -100.0, 1.0, 100.0]]), lambda h: torch.zeros(1, 4))
    assert c.item() == pytest.approx(math.tanh(1)) and h.item() == pytest.approx(math.tanh(math.tanh(1)))


def test_attention_by_hand():
    # scores (0, ln 3) after division by sqrt(4) = 2: weights 1/4 and 3/4
    query, key = torch.tensor([[2 * math.log(3), 0.0, 0.0, 0.0]]), torch.tensor([[0.0] * 4, [1.0, 0, 0, 0]])
    out, weights = scaled_dot_product_attention(query, key, torch.tensor([[8.0], [4.0]]))
    assert_close(weights, torch.tensor([[0.25, 0.75]]))
    assert out.item() == pytest.approx(5.0)


# --- shape -----------------------------------------------------------------------------------------------------------


@every_model
def test_scores_of_ten_classes(name):
    make, shape = MODELS[name]
    scores = make()(torch.zeros(shape))
    assert scores.shape == (B, 10) and scores.dtype == torch.float32
    assert make().double()(torch.zeros(shape, dtype=torch.float64)).dtype == torch.float64


def test_problems_have_one_shape():
    makers = [linear_problem, spiral_problem, shifted_digits, corridor_problem, lookup_problem]
    for make, classes in zip(makers, [10, 3, 10, 5, 6], strict=True):
        x, y = make(400, seeded())
        assert x.shape == (400, 12, 12) and x.dtype == torch.float32 and y.shape == (400,) and y.dtype == torch.int64
        assert sorted(set(y.tolist())) == list(range(classes))


# --- gradient, and slow literal twins --------------------------------------------------------------------------------


def test_gradients_agree_with_differences():
    x, weight, bias = numbers(0, 2, 2, 4, 5).requires_grad_(), numbers(1, 3, 2, 3, 2).requires_grad_(), numbers(2, 3).requires_grad_()
    assert torch.autograd.gradcheck(lambda *a: conv2d(*a, stride=2, padding=1), (x, weight, bias))
    q, k, v = (numbers(s, 3, 4).requires_grad_() for s in range(3))
    mask = torch.ones(3, 3).tril(-1).bool()  # the first query may look nowhere
    assert torch.autograd.gradcheck(lambda *a: scaled_dot_product_attention(*a, mask)[0], (q, k, v))


@every_model
def test_every_parameter_is_used(name):
    make, shape = MODELS[name]
    model = double(make())
    if not name.startswith("set"):
        F.cross_entropy(model(numbers(1, *shape)), torch.arange(B)).backward()
        idle = [n for n, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
        # a constant added to all keys changes no softmax: the bias has a gradient of rounding size alone
        assert not idle


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 1), (3, 2)])
def test_convolution_written_out(stride, padding):
    x, weight, bias = numbers(0, 2, 3, 6, 7), numbers(1, 4, 3, 3, 2), numbers(2, 4)
    ours = conv2d(x, weight, bias, stride, padding)
    framed = torch.zeros(2, 3, 6 + 2 * padding, 7 + 2 * padding, dtype=torch.float64)
    framed[:, :, padding : padding + 6, padding : padding + 7] = x
    slow = torch.zeros_like(ours)
    for n, k, r, c in product(*map(range, ours.shape)):
        window = framed[n, :, r * stride : r * stride + 3, c * stride : c * stride + 2]
        slow[n, k, r, c] = (window * weight[k]).sum() + bias[k]
    assert_close(ours, slow)


# --- equal to the reference ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("stride", "padding", "bias"), list(product([1, 2, 3], [0, 1, 2], [True, False])))
def test_convolution_equals_pytorch(stride, padding, bias):
    x, weight = numbers(0, 2, 3, 8, 9).requires_grad_(), numbers(1, 4, 3, 3, 5).requires_grad_()
    b = numbers(2, 4) if bias else None
    ours, reference = conv2d(x, weight, b, stride, padding), F.conv2d(x, weight, b, stride, padding)
    assert_close(ours, reference, atol=1e-10, rtol=1e-10)
    pairs = zip(
        torch.autograd.grad(ours.square().sum(), (x, weight)), torch.autograd.grad(reference.square().sum(), (x, weight)), strict=True
    )
    for a, b in pairs:
        assert_close(a, b, atol=1e-9, rtol=1e-10)


@every_cell
@pytest.mark.parametrize(("layers", "bias"), list(product([1, 3], [True, False])))
def test_recurrence_equals_pytorch(name, layers, bias):
    ours, reference = RECURRENT[name]
    twin = double(reference(D, H, num_layers=layers, bias=bias, batch_first=True))
    own = ours(D, H, num_layers=layers, bias=bias).double()
    own.load_state_dict(twin.state_dict())
    twin.load_state_dict(own.state_dict())  # in both directions
    x = numbers(1, B, T, D).requires_grad_()
    start = numbers(2, layers, B, H)
    start = (start, numbers(3, layers, B, H)) if name == "LSTM" else start
    for state in (None, start):
        (a, end_a), (b, end_b) = own(x, state), twin(x, state)
        assert_close(a, b, atol=1e-10, rtol=1e-10)
        assert_close(end_a, end_b, atol=1e-10, rtol=1e-10)
        assert_close(torch.autograd.grad(a.square().sum(), x), torch.autograd.grad(b.square().sum(), x), atol=1e-10, rtol=1e-9)


@every_cell
def test_reading_in_two_parts_is_reading_at_once(name):
    own = double(RECURRENT[name][0](D, H, num_layers=2))
    x = numbers(1, B, T, D)
    first, state = own(x[:, :3])
    last, end = own(x[:, 3:], state)
    whole, whole_end = own(x)
    assert_close(torch.cat([first, last], dim=1), whole)
    assert_close(end, whole_end)


@pytest.mark.parametrize("masked", [False, True])
def test_attention_equals_pytorch(masked):
    q, k, v = numbers(0, B, 2, T, D), numbers(1, B, 2, 9, D), numbers(2, B, 2, 9, H)
    mask = torch.rand(T, 9, generator=seeded(3)) < 0.5 if masked else None
    out, weights = scaled_dot_product_attention(q, k, v, mask)
    assert_close(out, F.scaled_dot_product_attention(q, k, v, attn_mask=mask), atol=1e-10, rtol=1e-10)
    assert_close(weights.sum(-1), torch.ones(B, 2, T, dtype=torch.float64))
    if masked:
        assert (weights[:, :, ~mask] == 0).all()


@pytest.mark.parametrize(("heads", "bias"), list(product([1, 2, 4], [True, False])))
def test_self_attention_equals_pytorch(heads, bias):
    own = double(SelfAttention(8, heads, bias=bias))
    twin = nn.MultiheadAttention(8, heads, bias=bias, batch_first=True).double()
    twin.load_state_dict(own.state_dict())
    own.load_state_dict(twin.state_dict())
    x = numbers(1, B, T, 8)
    out, weights = twin(x, x, x, average_attn_weights=False)
    assert_close(own(x)[0], out, atol=1e-10, rtol=1e-10)
    assert_close(own(x)[1], weights, atol=1e-10, rtol=1e-10)
    causal = torch.ones(T, T).tril().bool()
    assert_close(own(x, causal)[0], twin(x, x, x, attn_mask=~causal)[0], atol=1e-10, rtol=1e-10)  # there, True hides


# --- properties ------------------------------------------------------------------------------------------------------


def test_without_activation_depth_adds_nothing():
    net = double(MLP([6, 5, 4, 3], activation=None))
    x = numbers(1, B, 6)
    zero = net(torch.zeros(1, 6, dtype=torch.float64))
    assert_close(net(2 * x) - zero, 2 * (net(x) - zero))


def test_an_mlp_does_not_see_the_order_of_its_inputs():
    net, twin = double(MLP([144, 8, 10])), double(MLP([144, 8, 10]))
    order = shuffle_pixels(torch.arange(144).view(1, 144))[0]
    with torch.no_grad():
        twin.layers[0].weight.copy_(net.layers[0].weight[:, order])
    x = numbers(1, B, 12, 12)
    assert_close(twin(shuffle_pixels(x)), net(x))


def test_convolution_moves_with_the_picture():
    x = torch.zeros(1, 2, 12, 12, dtype=torch.float64)
    x[:, :, 3:8, 3:8] = numbers(0, 2, 5, 5)  # far enough from the edge for a 3 x 3 filter and one step
    weight = numbers(1, 3, 2, 3, 3)
    assert_close(conv2d(x.roll((1, -1), (2, 3)), weight, padding=1), conv2d(x, weight, padding=1).roll((1, -1), (2, 3)))


def test_attention_without_places_sees_a_set():
    order = torch.randperm(T - 1, generator=seeded(5))
    x = numbers(1, B, T, D)
    mixed = torch.cat([x[:, order], x[:, -1:]], dim=1)  # the last row asks and stays
    blind, placed = double(MODELS["set"][0]()), double(MODELS["attention"][0]())
    assert_close(blind(mixed), blind(x))
    assert (placed(mixed) - placed(x)).abs().max() > 1e-3


def test_a_query_that_may_look_nowhere_gets_zeros():
    out, weights = scaled_dot_product_attention(numbers(0, 2, D), numbers(1, 3, D), numbers(2, 3, H), torch.zeros(2, 3).bool())
    assert out.abs().sum() == 0 and weights.abs().sum() == 0


def test_shuffling_loses_nothing():
    x = torch.randn(5, 12, 12, generator=seeded())
    order = shuffle_pixels(torch.arange(144).view(1, 144))[0]
    assert torch.equal(shuffle_pixels(x).flatten(1)[:, order.argsort()].view_as(x), x)
    assert not torch.equal(shuffle_pixels(x), x)


def test_digits_are_whole_and_those_for_testing_are_others():
    trained, _ = shifted_digits(1200, seeded(0), shift=0)
    tested, _ = shifted_digits(597, seeded(0), test=True, shift=0)
    rows = {tuple(row) for row in trained.flatten(1).tolist()}
    assert len(rows) > 1190  # all but a few twins differ
    assert not any(tuple(row) in rows for row in tested.flatten(1).tolist())
    moved, _ = shifted_digits(1200, seeded(0))
    assert_close(moved.sum((1, 2)).sort().values, trained.sum((1, 2)).sort().values)  # nothing is cut off
    assert trained[:, :2].sum() == 0 and moved[:, :2].sum() > 0


def test_the_corridor_walked_by_hand():
    x, y = corridor_problem(200, seeded())
    for table, end in zip(x, y, strict=True):
        place = 2
        for left, right in table[:, :2].tolist():
            place = min(4, max(0, place + int(right) - int(left)))
        assert place == end
    assert (x[:, :, :2].sum(2) == 1).all() and x[:, :, 2:].sum() == 0


def test_the_lookup_done_by_hand():
    x, y = lookup_problem(200, seeded())
    for table, value in zip(x, y, strict=True):
        key = table[-1, :6].argmax()
        entries = [row for row in table[:-1] if row.sum() == 2]
        assert len(entries) == 6
        assert [int(row[6:].argmax()) for row in entries if row[key] == 1] == [value]


# --- what a model costs ----------------------------------------------------------------------------------------------

HAND = {
    "linear": (lambda: nn.Linear(D, H), (B, D), D * H + H, B * D * H),
    "linear, over time": (lambda: nn.Linear(D, H, bias=False), (B, T, D), D * H, B * T * D * H),
    # 9 x 9 with stride 2 and padding 1: (9 + 2 - 3) // 2 + 1 = 5
    "convolution": (lambda: nn.Conv2d(4, 6, 3, stride=2, padding=1), (B, 4, 9, 9), 9 * 4 * 6 + 6, B * 9 * 4 * 6 * 25),
    "in groups": (lambda: nn.Conv2d(4, 6, 3, padding=1, groups=2), (B, 4, 9, 9), 9 * 2 * 6 + 6, B * 9 * 2 * 6 * 81),
    "dilated": (lambda: nn.Conv2d(4, 6, 3, dilation=2), (B, 4, 9, 9), 9 * 4 * 6 + 6, B * 9 * 4 * 6 * 25),
    "transposed": (lambda: nn.ConvTranspose2d(4, 6, 3, stride=2), (B, 4, 9, 9), 9 * 4 * 6 + 6, B * 9 * 4 * 6 * 81),
    "RNN": (lambda: nn.RNN(D, H, batch_first=True), (B, T, D), H * (D + H + 2), B * T * H * (D + H)),
    "GRU": (lambda: nn.GRU(D, H, batch_first=True), (B, T, D), 3 * H * (D + H + 2), B * T * 3 * H * (D + H)),
    "LSTM": (lambda: nn.LSTM(D, H, batch_first=True), (B, T, D), 4 * H * (D + H + 2), B * T * 4 * H * (D + H)),
    "LSTM, two layers, both ways": (
        lambda: nn.LSTM(D, H, 2, batch_first=True, bidirectional=True, bias=False),
        (B, T, D),
        2 * 4 * H * (D + H) + 2 * 4 * H * (2 * H + H),
        B * T * (2 * 4 * H * (D + H) + 2 * 4 * H * (2 * H + H)),
    ),
    "our LSTM": (lambda: LSTM(D, H), (B, T, D), 4 * H * (D + H + 2), B * T * 4 * H * (D + H)),
    "self-attention": (lambda: SelfAttention(8, 2), (B, T, 8), 4 * 64 + 32, B * (T * 4 * 64 + 2 * T * T * 8)),
    # attention, and two layers 8 -> 16 -> 8
    "transformer layer": (
        lambda: nn.TransformerEncoderLayer(8, 2, 16, batch_first=True),
        (B, T, 8),
        4 * 64 + 32 + 2 * 128 + 16 + 8 + 4 * 8,
        B * (T * 4 * 64 + 2 * T * T * 8 + T * 2 * 128),
    ),
    "batch norm": (lambda: nn.BatchNorm1d(D), (B, D), 2 * D, 0),
}


@pytest.mark.parametrize("device", ["cpu", "meta"])
@pytest.mark.parametrize("name", HAND)
def test_costs_counted_by_hand(name, device):
    make, shape, parameters, multiply_adds = HAND[name]
    with torch.device(device):
        model, x = make(), torch.zeros(shape)
    assert count_parameters(model) == parameters
    assert count_multiply_adds(model, x) == multiply_adds
    assert sum(row.multiply_adds for row in layer_costs(model, x)) <= multiply_adds


def test_functions_of_several_inputs_are_counted():
    q, k, v = torch.zeros(B, T, D), torch.zeros(B, 9, D), torch.zeros(B, 9, H)
    both = B * T * 9 * (D + H)
    assert count_multiply_adds(scaled_dot_product_attention, q, k, v) == both
    assert count_multiply_adds(F.scaled_dot_product_attention, q, k, v) == both
    assert count_multiply_adds(torch.mv, torch.zeros(3, 4), torch.zeros(4)) == 12
    assert count_multiply_adds(torch.dot, torch.zeros(4), torch.zeros(4)) == 4
    assert count_multiply_adds(nn.Bilinear(3, 4, 5), torch.zeros(B, 3), torch.zeros(B, 4)) == B * 3 * 4 * 5


def test_shared_and_frozen_parameters():
    layer = nn.Linear(3, 3)
    assert count_parameters(nn.Sequential(layer, nn.ReLU(), layer)) == 12
    layer.bias.requires_grad_(False)
    assert count_parameters(layer) == 12 and count_parameters(layer, trainable=True) == 9


def test_layers_in_the_order_of_their_use():
    model = AttentionClassifier(T, D, 8, 10, num_heads=2)
    rows = layer_costs(model, torch.zeros(1, T, D))
    assert [row.name for row in rows] == ["embed", "attention", "hidden", "head"]
    assert [row.shape for row in rows] == [(1, T, 8), (1, T, 8), (1, 8), (1, 10)]
    assert sum(row.multiply_adds for row in rows) == count_multiply_adds(model, torch.zeros(1, T, D))
    # the table of places is read, not called: it is in no row
    assert sum(row.parameters for row in rows) == count_parameters(model) - T * 8


def test_counting_leaves_the_model_alone():
    model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Dropout())
    model[2].eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    for count in (count_multiply_adds, layer_costs):
        count(model, torch.ones(5, 4))
    assert [m.training for m in model.modules()] == [True, True, True, False]
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(p.grad is None for p in model.parameters()) and not model[0]._forward_hooks and not model[0]._forward_pre_hooks


# --- rejection messages ----------------------------------------------------------------------------------------------

X = torch.zeros(B, T, D)
PICTURE, FILTER = torch.zeros(1, 2, 5, 5), torch.zeros(4, 2, 3, 3)
MAPS = nn.Identity(), nn.Identity()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: MLP([3]), ValueError, r"sizes must be 2 or more whole numbers from 1 on, got \[3\]"),
        (lambda: MLP([3, 0]), ValueError, r"sizes must be 2 or more .*, got \[3, 0\]"),
        (lambda: MLP([15, 2])(torch.zeros(B, 4, 4)), ValueError, r"x must have 15 numbers along its last axis, got shape \(3, 16\)"),
        (
            lambda: MLP([4, 2])(torch.zeros(B, 4).long()),
            TypeError,
            r"x must be floating point, got torch.int64; convert it with .float\(\)",
        ),
        (lambda: conv2d(PICTURE[0], FILTER), ValueError, r"x must have shape \(B, C, H, W\), none of them 0, got \(2, 5, 5\)"),
        (lambda: conv2d(PICTURE[:0], FILTER), ValueError, r"none of them 0, got \(0, 2, 5, 5\)"),
        (
            lambda: conv2d(PICTURE, FILTER[:, :1]),
            ValueError,
            r"weight must have the channels of x, 2, got 1; its shape is \(K, C, kH, kW\)",
        ),
        (lambda: conv2d(PICTURE, FILTER, stride=0), ValueError, "stride must be a whole number from 1 on, got 0"),
        (lambda: conv2d(PICTURE, FILTER, padding=-1), ValueError, "padding must be 0 or more, got -1"),
        (lambda: conv2d(PICTURE[:, :, :2], FILTER), ValueError, "a filter of 3 x 3 and a picture of 2 x 5; pad more"),
        (lambda: conv2d(PICTURE.long(), FILTER), TypeError, "x must be floating point, got torch.int64"),
        (lambda: CNN([1], 3), ValueError, r"sizes must be 2 or more .*, got \[1\]"),
        (lambda: CNN([1, 4], 0), ValueError, "classes must be a whole number from 1 on, got 0"),
        (lambda: CNN([1, 4], 3)(torch.zeros(4, 4)), ValueError, r"x must have shape \(B, C, H, W\), .*, got \(4, 4\)"),
        (lambda: CNN([2, 4], 3)(X), ValueError, r"x must have 2 channels and 1 pixels or more a side, got shape \(3, 1, 7, 5\)"),
        (lambda: CNN([1, 4, 4, 4, 4], 3)(X), ValueError, "x must have 1 channels and 8 pixels or more a side"),
        (lambda: CNN([1, 4], 3)(X.long()), TypeError, "x must be floating point, got torch.int64"),
        (lambda: rnn_cell(X, X[0], *MAPS), ValueError, r"x must have shape \(B, D\), none of them 0, got \(3, 7, 5\)"),
        (lambda: gru_cell(X[0], X[0, :0], *MAPS), ValueError, r"h must have shape \(B, H\), none of them 0, got \(0, 5\)"),
        (lambda: lstm_cell(X[0], (X[1, :2], X[1]), *MAPS), ValueError, "batch of h must be 7, got 2"),
        (lambda: lstm_cell(X[0].long(), (X[1], X[1]), *MAPS), TypeError, "x must be floating point, got torch.int64"),
        (lambda: shuffle_pixels(X[:0]), ValueError, r"x must have shape \(N, ...\), none of them 0, got \(0, 7, 5\)"),
        (lambda: RNN(D, 0), ValueError, "hidden_size must be a whole number from 1 on, got 0"),
        (lambda: GRU(D, H)(X[0]), ValueError, r"x must have shape \(B, T, D\), none of them 0, got \(7, 5\)"),
        (lambda: LSTM(D, H)(X[:, :0]), ValueError, r"none of them 0, got \(3, 0, 5\)"),
        (lambda: LSTM(H, H)(X), ValueError, r"x must have 4 numbers along its last axis, got shape \(3, 7, 5\)"),
        (lambda: Recurrent(D, H)(X), NotImplementedError, "use RNN, GRU or LSTM"),
        (lambda: SelfAttention(8, 3), ValueError, "num_heads must divide size, 8, got 3"),
        (lambda: SelfAttention(8)(X), ValueError, r"x must have 8 numbers along its last axis, got shape \(3, 7, 5\)"),
        (lambda: scaled_dot_product_attention(X, X[..., :2], X), ValueError, "query must have 2 numbers along its last axis"),
        (lambda: scaled_dot_product_attention(X, X, X[:, 1:]), ValueError, "one row each a place, got 7 keys and 6 values"),
        (lambda: scaled_dot_product_attention(X, X, [1]), TypeError, "value must be a tensor, got list"),
        (
            lambda: scaled_dot_product_attention(X, X, X, torch.ones(T, T)),
            TypeError,
            "mask must be bool, True where a query may look, got torch.float32",
        ),
        (lambda: SequenceClassifier(nn.LSTM(D, H), 2), ValueError, r"recurrent must read \(B, T, D\), .*; make it with batch_first=True"),
        (lambda: SequenceClassifier(LSTM(D, H), 0), ValueError, "classes must be a whole number from 1 on, got 0"),
        (lambda: AttentionClassifier(0, D, 8, 2), ValueError, "rows must be a whole number from 1 on, got 0"),
        (lambda: AttentionClassifier(6, D, 8, 2)(X), ValueError, "x must have 6 rows, got 7; the model has a place for each"),
        (lambda: count_parameters([1]), TypeError, "model must be a module, got list; give the model itself"),
        (lambda: count_parameters(nn.LazyLinear(3)), ValueError, "got weight without one; call the model once first"),
        (lambda: count_multiply_adds(X), TypeError, "model must be a module or a function, got Tensor; give the model before its inputs"),
        (lambda: count_multiply_adds(nn.Identity(), (3, 4)), TypeError, r"input 0 must be a tensor, got tuple; give an example batch"),
        (lambda: layer_costs(torch.relu, X), TypeError, "model must be a module, got builtin_function_or_method"),
        (lambda: linear_problem(0, seeded()), ValueError, "count must be a whole number from 1 on, got 0"),
        (lambda: spiral_problem(0, seeded()), ValueError, "count must be a whole number from 1 on, got 0"),
        (lambda: corridor_problem(0, seeded()), ValueError, "count must be a whole number from 1 on, got 0"),
        (lambda: lookup_problem(0, seeded()), ValueError, "count must be a whole number from 1 on, got 0"),
        (lambda: shifted_digits(0, seeded()), ValueError, "count must be a whole number from 1 on, got 0"),
        (lambda: shifted_digits(5, seeded(), shift=3), ValueError, "shift must be 0, 1 or 2, got 3"),
    ],
)
def test_refuses(call, error, message):
    with pytest.raises(error, match=message):
        call()


# --- determinism -----------------------------------------------------------------------------------------------------


@every_model
def test_a_seed_decides_a_model_and_global_state_is_left_alone(name):
    make, _ = MODELS[name]
    first, second = make(), make()
    before = torch.get_rng_state()
    initialize(first, seeded(1)), initialize(second, seeded(1))
    assert torch.equal(torch.get_rng_state(), before)
    for (key, a), b in zip(first.state_dict().items(), second.state_dict().values(), strict=True):
        assert torch.equal(a, b), key
    other = initialize(make(), seeded(2)).state_dict()
    assert any(not torch.equal(a, other[key]) for key, a in first.state_dict().items())


@pytest.mark.parametrize("make", [linear_problem, spiral_problem, shifted_digits, corridor_problem, lookup_problem])
def test_a_seed_decides_a_problem(make):
    (x, y), (same_x, same_y), (other, _) = make(50, seeded(1)), make(50, seeded(1)), make(50, seeded(2))
    assert torch.equal(x, same_x) and torch.equal(y, same_y) and not torch.equal(x, other)


def test_twins_are_drawn_alike():
    # uniform within 1 / sqrt(H), ours and PyTorch's; a module that draws its own parameters is not drawn twice
    for model in (LSTM(D, 100), nn.LSTM(D, 100)):
        weight = initialize(model, seeded()).weight_hh_l0
        assert 0.099 < weight.abs().max() <= 0.1
        assert weight.var().item() == pytest.approx(0.01 / 3, rel=0.03)  # 40,000 draws: 0.5 % one sigma
    attention = initialize(SelfAttention(100), seeded())
    assert attention.out_proj.weight.var().item() == pytest.approx(0.01, rel=0.06)  # 10,000 draws: 1.4 % one sigma
    table = initialize(nn.Embedding(100, 20, padding_idx=3), seeded()).weight
    assert table[3].abs().sum() == 0 and table.var().item() == pytest.approx(0.99, rel=0.15)


# --- the miniature learns --------------------------------------------------------------------------------------------


def test_attention_learns_to_look_up_in_200_steps():
    data, held_out = lookup_problem(1000, seeded(0)), lookup_problem(300, seeded(1))
    right = {}
    for name, model in [("attention", AttentionClassifier(12, 12, 28, 10)), ("MLP", MLP([144, 32, 10]))]:
        model = initialize(model, seeded(0))
        adam = torch.optim.Adam(model.parameters(), lr=1e-2)
        train(model, F.cross_entropy, adam, data, epochs=10, batch_size=50, generator=seeded(0))
        right[name] = accuracy(predict(model, held_out[:1]), held_out[1])
    assert right["attention"] > 0.9 and right["MLP"] < 0.6  # chance is 1/6


# --- published sizes -------------------------------------------------------------------------------------------------


def alexnet() -> nn.Module:
    relu, pool = nn.ReLU(), nn.MaxPool2d(3, 2)
    features = [nn.Conv2d(3, 64, 11, 4, 2), relu, pool, nn.Conv2d(64, 192, 5, padding=2), relu, pool]
    features += [nn.Conv2d(192, 384, 3, padding=1), relu, nn.Conv2d(384, 256, 3, padding=1), relu]
    features += [nn.Conv2d(256, 256, 3, padding=1), relu, pool, nn.Flatten()]
    return nn.Sequential(*features, nn.Linear(9216, 4096), relu, nn.Linear(4096, 4096), relu, nn.Linear(4096, 1000))


def test_alexnet_in_one_tower():
    with torch.device("meta"):
        model, photo = alexnet(), torch.zeros(1, 3, 224, 224)
    assert count_parameters(model) == 61_100_840  # torchvision's documentation of alexnet
    # by hand: the outputs are 55, 27 and thrice 13 pixels wide
    convolutions = 55**2 * 64 * 3 * 121 + 27**2 * 192 * 64 * 25 + 13**2 * 9 * (384 * 192 + 256 * 384 + 256 * 256)
    assert count_multiply_adds(model, photo) == convolutions + 9216 * 4096 + 4096 * 4096 + 4096 * 1000 == 714_188_480
