r"""The training loop that all chapters share."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from deepbook.training import accuracy, batches, initialize, predict, train


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def line_data(count: int = 64) -> tuple[torch.Tensor, torch.Tensor]:
    x = torch.randn(count, 2, generator=seeded(1))
    return x, x @ torch.tensor([[2.0], [-1.0]]) + 0.5


def fit(epochs=3, seed=0, data=None, **options):
    model = initialize(nn.Linear(2, 1), seeded(7))
    sgd = torch.optim.SGD(model.parameters(), lr=0.1)
    history = train(model, F.mse_loss, sgd, data or line_data(), epochs=epochs, batch_size=16, generator=seeded(seed), **options)
    return model, history


# -- value by hand ---------------------------------------------------------------------------------------------------


def test_two_steps_of_gradient_descent_by_hand():
    # loss (w x - y)^2 with x = 1, y = 2, w = 0: loss 4, gradient -4, w = 0 + 0.25 * 4 = 1; loss 1, gradient -2, w = 1.5
    model = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(model.weight)
    sgd = torch.optim.SGD(model.parameters(), lr=0.25)
    pair = torch.tensor([[1.0]]), torch.tensor([[2.0]])
    history = train(model, F.mse_loss, sgd, pair, epochs=2, batch_size=1, generator=seeded())
    assert history.train_loss == [4.0, 1.0] and model.weight.item() == 1.5


def test_the_mean_loss_weighs_samples_not_batches():
    # outputs stay 0 with learning rate 0; losses 1, 1, 16 in batches of two and one have the mean 6 in any order
    model = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(model.weight)
    sgd = torch.optim.SGD(model.parameters(), lr=0.0)
    data = torch.ones(3, 1), torch.tensor([[1.0], [1.0], [4.0]])
    for seed in range(4):
        history = train(model, F.mse_loss, sgd, data, epochs=1, batch_size=2, generator=seeded(seed))
        assert history.train_loss == [6.0]


def test_accuracy_by_hand_from_scores_and_from_classes():
    labels = torch.tensor([0, 1, 1, 0])
    assert accuracy(torch.tensor([[2.0, 1.0], [0.0, 3.0], [5.0, 4.0], [1.0, 0.0]]), labels) == 0.75
    assert accuracy(torch.tensor([0, 1, 0, 1]), labels) == 0.5


# -- shape -----------------------------------------------------------------------------------------------------------


def test_each_sample_is_met_once_an_epoch_and_pairs_stay_together():
    x = torch.arange(10)
    met = list(batches((x, x * 10), 4, seeded()))
    assert [len(a) for a, _ in met] == [4, 4, 2]
    assert sorted(torch.cat([a for a, _ in met]).tolist()) == list(range(10))
    assert all(torch.equal(b, 10 * a) for a, b in met)


def test_history_has_one_number_an_epoch():
    _, history = fit(4, validation=line_data(), metric=lambda outputs, targets: (outputs - targets).abs().max())
    assert len(history.train_loss) == len(history.validation_loss) == len(history.validation_metric) == 4
    _, history = fit(2)
    assert history.validation_loss == history.validation_metric == []


def test_models_of_several_inputs():
    class Both(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(2))

        def forward(self, a, b):
            return self.weight[0] * a + self.weight[1] * b

    model = Both()
    a, b = torch.randn(2, 50, 1, generator=seeded())
    adam = torch.optim.Adam(model.parameters(), lr=0.1)
    train(model, F.mse_loss, adam, (a, b, 3 * a - b), epochs=40, batch_size=10, generator=seeded())
    assert model.weight.tolist() == pytest.approx([3.0, -1.0], abs=0.05)
    assert predict(model, [a, b]).shape == (50, 1)


# -- twins -----------------------------------------------------------------------------------------------------------


def test_one_full_batch_equals_steps_written_out():
    model, history = fit(3, data=line_data(16))
    twin = initialize(nn.Linear(2, 1), seeded(7))
    x, y = line_data(16)
    losses = []
    for _ in range(3):
        value = ((twin(x) - y) ** 2).mean()
        gradients = torch.autograd.grad(value, list(twin.parameters()))
        with torch.no_grad():
            for parameter, gradient in zip(twin.parameters(), gradients, strict=True):
                parameter -= 0.1 * gradient
        losses.append(value.item())
    assert history.train_loss == pytest.approx(losses, rel=1e-5)  # float32, another order of the samples in the sum
    assert torch.allclose(model.weight, twin.weight, atol=1e-6)


def test_predict_does_not_depend_on_the_batch_size():
    model = initialize(nn.Linear(2, 1), seeded())
    x, _ = line_data(33)
    assert torch.allclose(predict(model, [x], batch_size=5), predict(model, [x], batch_size=100), atol=1e-6)


# -- property --------------------------------------------------------------------------------------------------------


def test_modes_training_while_it_learns_evaluation_elsewhere():
    modes = []

    class Watch(nn.Linear):
        def forward(self, x):
            modes.append((self.training, torch.is_grad_enabled()))
            return super().forward(x)

    model = Watch(2, 1).eval()
    sgd = torch.optim.SGD(model.parameters(), lr=0.01)
    train(model, F.mse_loss, sgd, line_data(16), epochs=2, batch_size=16, generator=seeded(), validation=line_data(4))
    assert modes == [(True, True), (False, False)] * 2
    assert not model.training
    model.train()
    predict(model, line_data(4)[:1])
    assert model.training


def test_the_callback_sees_each_epoch_and_can_end_training():
    seen = []

    def on_epoch(epoch, history):
        seen.append((epoch, len(history.train_loss)))
        return epoch == 3

    _, history = fit(10, on_epoch=on_epoch)
    assert seen == [(1, 1), (2, 2), (3, 3)] and len(history.train_loss) == 3


def test_initialize_draws_with_the_variance_of_he():
    layer = initialize(nn.Conv2d(8, 400, 5), seeded())
    assert layer.weight.var().item() == pytest.approx(2 / 200, rel=0.03)  # fan-in 8 * 25; 80,000 draws: 0.5 % one sigma
    assert layer.bias.abs().sum() == 0
    frozen = nn.BatchNorm1d(3)
    assert torch.equal(initialize(frozen, seeded()).weight, torch.ones(3))


# -- rejection -------------------------------------------------------------------------------------------------------


def test_what_cannot_be_trained_on_is_refused():
    with pytest.raises(ValueError, match="epochs must be 1 or more, got 0"):
        fit(0)
    with pytest.raises(ValueError, match=r"same number of samples, got \[3, 4\]"):
        fit(data=(torch.zeros(3, 2), torch.zeros(4, 1)))
    with pytest.raises(ValueError, match=r"got \[0, 0\]"):
        fit(data=(torch.zeros(0, 2), torch.zeros(0, 1)))
    with pytest.raises(ValueError, match="batch_size must be 1 or more, got 0"):
        next(batches([torch.zeros(3)], 0, seeded()))
    with pytest.raises(ValueError, match=r"predictions must be as many as labels \(2, at least 1\), got 3"):
        accuracy(torch.zeros(3), torch.zeros(2))


def test_a_loss_that_is_not_finite_stops_with_the_cure():
    with pytest.raises(FloatingPointError, match="lower the learning rate"):
        fit(data=(torch.full((4, 2), torch.nan), torch.zeros(4, 1)))


# -- determinism and learning ----------------------------------------------------------------------------------------


def test_equal_seeds_train_equal_models_and_leave_global_state_alone():
    (first, history), (second, _) = fit(3, seed=1), fit(3, seed=1)
    assert torch.equal(first.weight, second.weight)
    assert history.train_loss != fit(3, seed=2)[1].train_loss
    model = nn.Linear(2, 1)
    before = torch.get_rng_state()
    initialize(model, seeded())
    train(model, F.mse_loss, torch.optim.SGD(model.parameters(), lr=0.1), line_data(), epochs=1, batch_size=8, generator=seeded())
    assert torch.equal(torch.get_rng_state(), before)


def test_a_line_is_learned_to_a_hundredth_in_120_steps():
    model, history = fit(30)
    assert history.train_loss[-1] < 1e-4 < history.train_loss[0]
    assert model.weight[0].tolist() == pytest.approx([2.0, -1.0], abs=0.01)
    assert model.bias.item() == pytest.approx(0.5, abs=0.01)
