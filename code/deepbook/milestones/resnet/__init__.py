r"""Plain and residual networks of any depth, and what sets them apart.

`ResNet` is built from a `ResNetConfig`; `CONFIGS` holds the miniature and the
published sizes, `cifar_config` makes one of any depth 6n + 2. `load_pretrained`
reads published checkpoints. `deepen`, `gradient_norms`, `block_responses` and
`without_block` look inside.
Pictures are `(B, C, H, W)`.
"""

from deepbook.milestones.resnet.blocks import Block as Block
from deepbook.milestones.resnet.blocks import PadShortcut as PadShortcut
from deepbook.milestones.resnet.blocks import (
    PreActivationBlock as PreActivationBlock,
)
from deepbook.milestones.resnet.blocks import Projection as Projection
from deepbook.milestones.resnet.blocks import make_identity as make_identity
from deepbook.milestones.resnet.checkpoints import (
    load_pretrained as load_pretrained,
)
from deepbook.milestones.resnet.config import CONFIGS as CONFIGS
from deepbook.milestones.resnet.config import (
    PRINTED_MULTIPLY_ADDS as PRINTED_MULTIPLY_ADDS,
)
from deepbook.milestones.resnet.config import (
    PUBLISHED_PARAMETERS as PUBLISHED_PARAMETERS,
)
from deepbook.milestones.resnet.config import ResNetConfig as ResNetConfig
from deepbook.milestones.resnet.config import cifar_config as cifar_config
from deepbook.milestones.resnet.inside import (
    block_responses as block_responses,
)
from deepbook.milestones.resnet.inside import deepen as deepen
from deepbook.milestones.resnet.inside import gradient_norms as gradient_norms
from deepbook.milestones.resnet.inside import without_block as without_block
from deepbook.milestones.resnet.network import ResNet as ResNet
