r"""Learning without labels: SimCLR, its parts, and data that bring their own labels.

    pictures ── Views ──► two views ── SimCLR ──► projections ── nt_xent
                                         │
                                      encoder ──► representations ── linear_probe, nearest_by_angle

`pretrain` trains on pictures alone; `train_on` on batches that a function
makes, labels and all, such as `rotations`. `alignment` and `uniformity`
measure how representations lie. `CONFIGS` holds the miniature and the three
published encoders. Pictures are `(B, 3, H, W)` in [0, 1].
"""

from deepbook.milestones.self_supervised.loss import nt_xent as nt_xent
from deepbook.milestones.self_supervised.loss import (
    similarities as similarities,
)
from deepbook.milestones.self_supervised.measures import (
    alignment as alignment,
)
from deepbook.milestones.self_supervised.measures import (
    linear_probe as linear_probe,
)
from deepbook.milestones.self_supervised.measures import (
    nearest_by_angle as nearest_by_angle,
)
from deepbook.milestones.self_supervised.measures import (
    uniformity as uniformity,
)
from deepbook.milestones.self_supervised.network import CONFIGS as CONFIGS
from deepbook.milestones.self_supervised.network import (
    PUBLISHED_PARAMETERS as PUBLISHED_PARAMETERS,
)
from deepbook.milestones.self_supervised.network import SimCLR as SimCLR
from deepbook.milestones.self_supervised.network import (
    SimCLRConfig as SimCLRConfig,
)
from deepbook.milestones.self_supervised.training import pretrain as pretrain
from deepbook.milestones.self_supervised.training import (
    rotations as rotations,
)
from deepbook.milestones.self_supervised.training import train_on as train_on
from deepbook.milestones.self_supervised.views import Views as Views
from deepbook.milestones.self_supervised.views import turn_hue as turn_hue
