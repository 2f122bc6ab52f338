r"""What to know of a classifier beyond its accuracy, from scratch.

How sure a score is: `bootstrap_interval`, and `mcnemar` for two models on
the same pictures. What is taken for what: `confusion_matrix` and `Counts`
with precision, recall and F1. Where to cut a score: `ThresholdSweep` with
its ROC and precision-recall curves, their areas and what an error costs.
Whether stated probabilities come true: `reliability`,
`expected_calibration_error`, `brier_score`, and `fit_temperature` to mend
them. The networks are `deepbook.components.model.CNN`, the pictures
`deepbook.components.data`.
"""

from deepbook.tasks.classification.calibration import (
    Reliability as Reliability,
)
from deepbook.tasks.classification.calibration import (
    brier_score as brier_score,
)
from deepbook.tasks.classification.calibration import (
    expected_calibration_error as expected_calibration_error,
)
from deepbook.tasks.classification.calibration import (
    fit_temperature as fit_temperature,
)
from deepbook.tasks.classification.calibration import (
    reliability as reliability,
)
from deepbook.tasks.classification.comparison import McNemar as McNemar
from deepbook.tasks.classification.comparison import (
    bootstrap_interval as bootstrap_interval,
)
from deepbook.tasks.classification.comparison import mcnemar as mcnemar
from deepbook.tasks.classification.counts import Counts as Counts
from deepbook.tasks.classification.counts import (
    confusion_matrix as confusion_matrix,
)
from deepbook.tasks.classification.thresholds import (
    ThresholdSweep as ThresholdSweep,
)
