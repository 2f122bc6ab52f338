r"""Losses from scratch, each equal to its namesake in `torch.nn.functional`.

Regression: `mean_squared_error`, `mean_absolute_error`, `huber_loss`,
`quantile_loss`. Classification: `cross_entropy`, `focal_loss`,
`binary_cross_entropy_with_logits`. Distributions: `kl_divergence`.
The prediction comes first and the target second, shapes are never
broadcast, and every loss takes a `reduction`.
"""

from deepbook.components.loss.classification import (
    binary_cross_entropy_with_logits as binary_cross_entropy_with_logits,
)
from deepbook.components.loss.classification import (
    cross_entropy as cross_entropy,
)
from deepbook.components.loss.classification import focal_loss as focal_loss
from deepbook.components.loss.classification import (
    kl_divergence as kl_divergence,
)
from deepbook.components.loss.regression import huber_loss as huber_loss
from deepbook.components.loss.regression import (
    mean_absolute_error as mean_absolute_error,
)
from deepbook.components.loss.regression import (
    mean_squared_error as mean_squared_error,
)
from deepbook.components.loss.regression import quantile_loss as quantile_loss
