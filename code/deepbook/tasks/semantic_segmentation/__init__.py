r"""Semantic segmentation: U-Net, upsampling, losses of overlap, and metrics.

`UNet` is built from a `UNetConfig`; `CONFIGS` holds the miniature and the
published network. `transposed_conv2d`, `upsample_nearest` and
`upsample_bilinear` make pictures larger, `receptive_field` counts what an
output sees. `dice_loss` and `jaccard_loss` train; `confusion_matrices`,
`class_iou`, `class_dice`, `mean_iou`, `boundary_band` and `boundary_f` judge.
Pictures are `(B, C, H, W)`, classes of pixels `(B, H, W)`.
"""

from deepbook.tasks.semantic_segmentation.boundaries import (
    boundary_band as boundary_band,
)
from deepbook.tasks.semantic_segmentation.boundaries import (
    boundary_f as boundary_f,
)
from deepbook.tasks.semantic_segmentation.losses import dice_loss as dice_loss
from deepbook.tasks.semantic_segmentation.losses import (
    jaccard_loss as jaccard_loss,
)
from deepbook.tasks.semantic_segmentation.metrics import (
    class_dice as class_dice,
)
from deepbook.tasks.semantic_segmentation.metrics import class_iou as class_iou
from deepbook.tasks.semantic_segmentation.metrics import (
    confusion_matrices as confusion_matrices,
)
from deepbook.tasks.semantic_segmentation.metrics import mean_iou as mean_iou
from deepbook.tasks.semantic_segmentation.network import CONFIGS as CONFIGS
from deepbook.tasks.semantic_segmentation.network import (
    PUBLISHED_PARAMETERS as PUBLISHED_PARAMETERS,
)
from deepbook.tasks.semantic_segmentation.network import UNet as UNet
from deepbook.tasks.semantic_segmentation.network import (
    UNetConfig as UNetConfig,
)
from deepbook.tasks.semantic_segmentation.network import (
    UpConvolution as UpConvolution,
)
from deepbook.tasks.semantic_segmentation.upsampling import (
    receptive_field as receptive_field,
)
from deepbook.tasks.semantic_segmentation.upsampling import (
    transposed_conv2d as transposed_conv2d,
)
from deepbook.tasks.semantic_segmentation.upsampling import (
    upsample_bilinear as upsample_bilinear,
)
from deepbook.tasks.semantic_segmentation.upsampling import (
    upsample_nearest as upsample_nearest,
)
