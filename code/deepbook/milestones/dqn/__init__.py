r"""Deep Q-networks (Mnih et al., 2013 and 2015), from a table of values to real Atari games.

`tables` holds small worlds whose values are known; `Squash` is a game on 8x8 pixels and `Atari` the real thing, with one interface;
`ReplayBuffer`, `Agent` and `train` are the algorithm. `python -m deepbook.milestones.dqn --help` is the long run. Shapes are
`(B, F, H, W)`: transitions of a batch, frames of a state, height, width.
"""

from deepbook.milestones.dqn.atari import Atari as Atari
from deepbook.milestones.dqn.atari import gray as gray
from deepbook.milestones.dqn.atari import preprocess as preprocess
from deepbook.milestones.dqn.learning import Agent as Agent
from deepbook.milestones.dqn.learning import Settings as Settings
from deepbook.milestones.dqn.learning import td_targets as td_targets
from deepbook.milestones.dqn.networks import CONFIGS as CONFIGS
from deepbook.milestones.dqn.networks import (
    PUBLISHED_PARAMETERS as PUBLISHED_PARAMETERS,
)
from deepbook.milestones.dqn.networks import QConfig as QConfig
from deepbook.milestones.dqn.networks import QNetwork as QNetwork
from deepbook.milestones.dqn.play import scores as scores
from deepbook.milestones.dqn.play import train as train
from deepbook.milestones.dqn.replay import Batch as Batch
from deepbook.milestones.dqn.replay import ReplayBuffer as ReplayBuffer
from deepbook.milestones.dqn.squash import Squash as Squash
from deepbook.milestones.dqn.squash import gymnasium_squash as gymnasium_squash
from deepbook.milestones.dqn.tables import World as World
from deepbook.milestones.dqn.tables import corridor as corridor
from deepbook.milestones.dqn.tables import q_learning as q_learning
from deepbook.milestones.dqn.tables import value_iteration as value_iteration
