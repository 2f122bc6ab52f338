r"""Generative adversarial nets (Goodfellow et al., 2014) on a ring of Gaussians and on digits.

`play` trains several runs side by side; `losses` holds the two players' losses, R1 and the game's optimum; `measures` says how
good samples are. Tensors are `(R, B, D)`: runs, samples of a batch, numbers in a sample.
"""

from deepbook.milestones.gan.game import Match as Match
from deepbook.milestones.gan.game import adam as adam
from deepbook.milestones.gan.game import play as play
from deepbook.milestones.gan.losses import GENERATOR_LOSSES as GENERATOR_LOSSES
from deepbook.milestones.gan.losses import (
    discriminator_loss as discriminator_loss,
)
from deepbook.milestones.gan.losses import generator_loss as generator_loss
from deepbook.milestones.gan.losses import gradient_penalty as gradient_penalty
from deepbook.milestones.gan.losses import jensen_shannon as jensen_shannon
from deepbook.milestones.gan.losses import (
    optimal_discriminator as optimal_discriminator,
)
from deepbook.milestones.gan.measures import (
    frechet_distance as frechet_distance,
)
from deepbook.milestones.gan.measures import mode_coverage as mode_coverage
from deepbook.milestones.gan.measures import (
    parzen_log_likelihood as parzen_log_likelihood,
)
from deepbook.milestones.gan.measures import ring as ring
from deepbook.milestones.gan.measures import ring_centers as ring_centers
from deepbook.milestones.gan.networks import CONFIGS as CONFIGS
from deepbook.milestones.gan.networks import Discriminator as Discriminator
from deepbook.milestones.gan.networks import GANConfig as GANConfig
from deepbook.milestones.gan.networks import Generator as Generator
from deepbook.milestones.gan.networks import Networks as Networks
