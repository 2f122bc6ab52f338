r"""AlexNet (Krizhevsky, Sutskever and Hinton, 2012): the network, how it was trained and tested, and what it was up against.

`AlexNet` is built from a `Config`; `CONFIGS` holds the two groups of 2012, the one tower of 2014 and a miniature for the scenes
of this book, `PUBLISHED_PARAMETERS` the counts. `local_response_norm` and `max_pool` stand for themselves.
`RandomCrop`, `color_directions` and `shift_colors` enlarge a small training set, `ten_crops` makes the views of a test picture,
and `fit` trains the miniature on `PICTURES`;
`oriented_gradients` are features designed by hand, of the kind that won before.
"""

from deepbook.milestones.alexnet.features import (
    oriented_gradients as oriented_gradients,
)
from deepbook.milestones.alexnet.layers import (
    LocalResponseNorm as LocalResponseNorm,
)
from deepbook.milestones.alexnet.layers import (
    local_response_norm as local_response_norm,
)
from deepbook.milestones.alexnet.layers import max_pool as max_pool
from deepbook.milestones.alexnet.network import CONFIGS as CONFIGS
from deepbook.milestones.alexnet.network import (
    PUBLISHED_PARAMETERS as PUBLISHED_PARAMETERS,
)
from deepbook.milestones.alexnet.network import AlexNet as AlexNet
from deepbook.milestones.alexnet.network import Config as Config
from deepbook.milestones.alexnet.recipe import PICTURES as PICTURES
from deepbook.milestones.alexnet.recipe import Pipeline as Pipeline
from deepbook.milestones.alexnet.recipe import fit as fit
from deepbook.milestones.alexnet.views import RandomCrop as RandomCrop
from deepbook.milestones.alexnet.views import (
    color_directions as color_directions,
)
from deepbook.milestones.alexnet.views import shift_colors as shift_colors
from deepbook.milestones.alexnet.views import ten_crops as ten_crops
