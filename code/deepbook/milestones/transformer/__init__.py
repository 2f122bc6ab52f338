r"""The Transformer (Vaswani et al., 2017): attention without recurrence."""

from deepbook.milestones.transformer.attention import (
    MultiHeadAttention as MultiHeadAttention,
)
from deepbook.milestones.transformer.attention import (
    causal_mask as causal_mask,
)
from deepbook.milestones.transformer.attention import (
    padding_mask as padding_mask,
)
from deepbook.milestones.transformer.decoding import greedy as greedy
from deepbook.milestones.transformer.layers import DecoderLayer as DecoderLayer
from deepbook.milestones.transformer.layers import EncoderLayer as EncoderLayer
from deepbook.milestones.transformer.layers import (
    sinusoidal_positions as sinusoidal_positions,
)
from deepbook.milestones.transformer.network import CONFIGS as CONFIGS
from deepbook.milestones.transformer.network import (
    PUBLISHED_PARAMETERS as PUBLISHED_PARAMETERS,
)
from deepbook.milestones.transformer.network import TABLE_3 as TABLE_3
from deepbook.milestones.transformer.network import Config as Config
from deepbook.milestones.transformer.network import Transformer as Transformer
from deepbook.milestones.transformer.training import (
    WarmupSchedule as WarmupSchedule,
)
from deepbook.milestones.transformer.training import (
    batches_by_length as batches_by_length,
)
from deepbook.milestones.transformer.training import fit as fit
from deepbook.milestones.transformer.training import shifted as shifted
from deepbook.milestones.transformer.training import (
    smoothed_cross_entropy as smoothed_cross_entropy,
)
