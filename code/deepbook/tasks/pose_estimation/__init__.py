r"""Pose estimation: heat maps and back, two networks, losses that know what is hidden, PCK and OKS, several objects.

Points are `(..., 2)`, x to the right and y down, in pixels from the upper left edge of the picture; the center of the first
pixel is at (0.5, 0.5). Maps are `(..., H', W')`, with one cell for `stride` x `stride` pixels.
"""

from deepbook.tasks.pose_estimation.crowd import crop as crop
from deepbook.tasks.pose_estimation.crowd import find_peaks as find_peaks
from deepbook.tasks.pose_estimation.crowd import into_crop as into_crop
from deepbook.tasks.pose_estimation.crowd import out_of_crop as out_of_crop
from deepbook.tasks.pose_estimation.crowd import square_boxes as square_boxes
from deepbook.tasks.pose_estimation.heatmaps import (
    argmax_points as argmax_points,
)
from deepbook.tasks.pose_estimation.heatmaps import (
    make_heatmaps as make_heatmaps,
)
from deepbook.tasks.pose_estimation.heatmaps import mean_points as mean_points
from deepbook.tasks.pose_estimation.heatmaps import (
    quarter_points as quarter_points,
)
from deepbook.tasks.pose_estimation.heatmaps import (
    soft_argmax as soft_argmax,
)
from deepbook.tasks.pose_estimation.losses import (
    CoordinateLoss as CoordinateLoss,
)
from deepbook.tasks.pose_estimation.losses import HeatmapLoss as HeatmapLoss
from deepbook.tasks.pose_estimation.metrics import (
    average_precision as average_precision,
)
from deepbook.tasks.pose_estimation.metrics import (
    object_keypoint_similarity as object_keypoint_similarity,
)
from deepbook.tasks.pose_estimation.metrics import pck as pck
from deepbook.tasks.pose_estimation.metrics import pck_area as pck_area
from deepbook.tasks.pose_estimation.metrics import (
    relative_errors as relative_errors,
)
from deepbook.tasks.pose_estimation.network import (
    CoordinateNet as CoordinateNet,
)
from deepbook.tasks.pose_estimation.network import HeatmapNet as HeatmapNet
from deepbook.tasks.pose_estimation.network import (
    flip_average as flip_average,
)
