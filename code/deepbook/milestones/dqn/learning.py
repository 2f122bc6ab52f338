r"""Deep Q-learning: the targets, how an agent learns, and the agent."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from deepbook.checks import check_filled, check_floating, check_number
from deepbook.milestones.dqn.networks import QNetwork
from deepbook.milestones.dqn.replay import Batch


def td_targets(
    rewards: Tensor,
    next_values: Tensor,
    terminated: Tensor,
    discount: float,
    choose: Tensor | None = None,
) -> Tensor:
    r"""Compute the targets of Q-learning, in units of reward.

    y = r + discount * max_a Q(s', a), and y = r where the game ended.

    Args:
        rewards: `(B,)` floating point.
        next_values: `(B, A)`, values of the actions in the next state.
        terminated: `(B,)` bool.
        discount: What a point in the next step is worth now, 0 to 1.
        choose: `(B, A)`: where given, the action with the largest value here
            is taken instead of that with the largest `next_values` (double
            Q-learning).

    Returns:
        `(B,)`, without gradient.

    Raises:
        TypeError: If rewards or values are not floating point, or
            `terminated` is not bool.
        ValueError: If shapes do not fit, the batch is empty, or discount is
            out of range.

    Examples:
        >>> next_values = torch.tensor([[1.0, 4.0], [1.0, 4.0]])
        >>> ended = torch.tensor([False, True])
        >>> td_targets(torch.ones(2), next_values, ended, 0.5)
        tensor([3., 1.])
        >>> td_targets(torch.ones(2), next_values, ended, 0.5, -next_values)
        tensor([1.5000, 1.0000])

    References:
        V. Mnih et al. (2013), algorithm 1; H. van Hasselt et al., Deep
        Reinforcement Learning with Double Q-learning (2015).
    """
    check_number("discount", discount, 0 <= discount <= 1, "from 0 to 1")
    for name, value in (("rewards", rewards), ("next_values", next_values)):
        check_floating(name, value)
        check_filled(name, value)
    if terminated.dtype != torch.bool:
        raise TypeError(
            f"terminated must be bool, got {terminated.dtype}; convert it "
            "with .bool()"
        )
    choose = next_values if choose is None else choose
    count = len(rewards)
    if (
        rewards.shape != (count,)
        or terminated.shape != (count,)
        or next_values.ndim != 2
        or len(next_values) != count
        or choose.shape != next_values.shape
    ):
        raise ValueError(
            "rewards and terminated must be (B,), values (B, A), got "
            f"{tuple(rewards.shape)}, {tuple(terminated.shape)}, "
            f"{tuple(next_values.shape)} and {tuple(choose.shape)}"
        )
    with torch.no_grad():
        best = next_values.gather(1, choose.argmax(1, keepdim=True))[:, 0]
        return rewards + discount * best.masked_fill(terminated, 0.0)


@dataclass(frozen=True)
class Settings:
    r"""How an agent learns.

    Args:
        discount: What a point in the next step is worth now, 0 to 1.
        batch_size: Transitions in an update.
        target_every: Updates after which the target network is copied anew;
            0 for no target network, as in 2013.
        replay: Whether to draw transitions at random from the buffer; else
            the newest ones are used, in order.
        warm_up: Moments of random play before the first update.
        update_every: Moments from one update to the next.
        epsilon: Shares of random actions at first and at last.
        explore: Moments over which the share falls, in a straight line.
        clip_reward: Whether rewards are cut to [-1, 1] for learning.
        squared: Whether the loss is the squared error, as in 2013, or the
            Huber loss, whose gradient is the error cut to [-1, 1].
        double: Whether the online network chooses the next action.

    Raises:
        ValueError: If a setting is out of range.

    Examples:
        >>> Settings(explore=100).epsilon_at(50)
        0.55
        >>> Settings(discount=2.0)
        Traceback (most recent call last):
        ValueError: discount must be from 0 to 1, got 2.0
    """

    discount: float = 0.99
    batch_size: int = 32
    target_every: int = 10_000
    replay: bool = True
    warm_up: int = 50_000
    update_every: int = 4
    epsilon: tuple[float, float] = (1.0, 0.1)
    explore: int = 1_000_000
    clip_reward: bool = True
    squared: bool = False
    double: bool = False

    def __post_init__(self):
        good = 0 <= self.discount <= 1
        check_number("discount", self.discount, good, "from 0 to 1")
        for value in self.epsilon:
            check_number("epsilon", value, 0 <= value <= 1, "from 0 to 1")
        for name in ("batch_size", "warm_up", "update_every", "explore"):
            value = getattr(self, name)
            check_number(name, value, value >= 1, "1 or more")
        value = self.target_every
        check_number("target_every", value, value >= 0, "0 or more")

    def epsilon_at(self, moment: int) -> float:
        r"""Return the share of random actions at a moment, 0 to 1."""
        first, last = self.epsilon
        return first + (last - first) * min(1.0, moment / self.explore)


class Agent:
    r"""A Q-network, its target network and how they learn.

    Args:
        network: Trained in place.
        optimizer: Holds the network's parameters.
        settings: How to learn.
        generator: Source of random actions and draws.

    Examples:
        >>> from deepbook.milestones.dqn import CONFIGS
        >>> network = QNetwork(CONFIGS["linear"])
        >>> sgd = torch.optim.SGD(network.parameters(), lr=0.1)
        >>> agent = Agent(network, sgd, Settings(), torch.Generator())
        >>> agent.act(torch.zeros(5, 2, 8, 8, dtype=torch.uint8)).shape
        torch.Size([5])

    References:
        V. Mnih et al. (2015), algorithm 1.
    """

    def __init__(
        self,
        network: QNetwork,
        optimizer: torch.optim.Optimizer,
        settings: Settings,
        generator: torch.Generator,
    ):
        self.network, self.optimizer = network, optimizer
        self.settings, self.generator = settings, generator
        self.target = network
        if settings.target_every:
            self.target = copy.deepcopy(network).requires_grad_(False)
        self.updates = 0

    def values(self, states: Tensor) -> Tensor:
        r"""Return values `(N, A)` of states `(N, F, H, W)`; no gradient."""
        device = next(self.network.parameters()).device
        with torch.no_grad():
            return self.network(states.to(device)).cpu()

    def act(self, states: Tensor, epsilon: float = 0.0) -> Tensor:
        r"""Choose the best action, or with probability epsilon any.

        Args:
            states: `(N, F, H, W)` uint8.
            epsilon: Share of random actions, 0 to 1.

        Returns:
            Actions `(N,)` int64.

        Raises:
            ValueError: If epsilon is out of range.
        """
        check_number("epsilon", epsilon, 0 <= epsilon <= 1, "from 0 to 1")
        count, actions = len(states), self.network.config.actions
        anything = torch.randint(actions, (count,), generator=self.generator)
        if epsilon == 1:
            return anything
        random = torch.rand(count, generator=self.generator) < epsilon
        return torch.where(random, anything, self.values(states).argmax(1))

    def learn(self, batch: Batch) -> float:
        r"""Move the network one step towards the targets.

        Args:
            batch: Transitions.

        Returns:
            The loss before the step.

        Raises:
            FloatingPointError: If the loss is not finite.
        """
        settings = self.settings
        device = next(self.network.parameters()).device
        batch = Batch(*(part.to(device) for part in batch))
        rewards = batch.rewards
        if settings.clip_reward:
            rewards = rewards.clamp(-1, 1)
        with torch.no_grad():
            next_values = self.target(batch.next_states)
            choose = (
                self.network(batch.next_states) if settings.double else None
            )
        targets = td_targets(
            rewards, next_values, batch.terminated, settings.discount, choose
        )
        values = self.network(batch.states)
        taken = values.gather(1, batch.actions[:, None])[:, 0]
        measure = (
            functional.mse_loss if settings.squared else functional.huber_loss
        )
        loss = measure(taken, targets)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.updates += 1
        if settings.target_every and self.updates % settings.target_every == 0:
            self.target.load_state_dict(self.network.state_dict())
        if not math.isfinite(loss.item()):
            raise FloatingPointError(
                f"the loss must be finite, got {loss.item()} in update "
                f"{self.updates}; lower the learning rate"
            )
        return loss.item()
