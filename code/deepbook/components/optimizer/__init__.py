r"""Optimizers and learning rate schedules from scratch, each equal to its namesake in `torch.optim`.

Optimizers: `SGD` (gradient descent, momentum, Nesterov), `Adagrad`, `Adadelta`, `RMSprop`. Schedules: `StepLR`,
`CosineAnnealingLR`, `LinearLR` (warm-up), `OneCycleLR`. Names, arguments and saved states are PyTorch's, so that
either can stand in for the other; switches that choose only how PyTorch computes (`foreach`, `fused` ...) are left out.
"""

from deepbook.components.optimizer.base import Optimizer as Optimizer
from deepbook.components.optimizer.methods import SGD as SGD
from deepbook.components.optimizer.methods import Adadelta as Adadelta
from deepbook.components.optimizer.methods import Adagrad as Adagrad
from deepbook.components.optimizer.methods import RMSprop as RMSprop
from deepbook.components.optimizer.schedules import (
    CosineAnnealingLR as CosineAnnealingLR,
)
from deepbook.components.optimizer.schedules import LinearLR as LinearLR
from deepbook.components.optimizer.schedules import OneCycleLR as OneCycleLR
from deepbook.components.optimizer.schedules import StepLR as StepLR
