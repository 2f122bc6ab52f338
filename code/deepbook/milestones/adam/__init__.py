r"""Adam (Kingma and Ba, 2015), AMSGrad, AdamW, and problems on which many learning rates run at once.

`Adam` and `AdamW` have PyTorch's names, arguments and saved states, and move as its own do; AMSGrad is `amsgrad=True`.
"""

from deepbook.milestones.adam.method import Adam as Adam
from deepbook.milestones.adam.method import AdamW as AdamW
from deepbook.milestones.adam.problems import PROBLEMS as PROBLEMS
from deepbook.milestones.adam.sweep import Problem as Problem
from deepbook.milestones.adam.sweep import Runs as Runs
from deepbook.milestones.adam.sweep import measure as measure
from deepbook.milestones.adam.sweep import sweep as sweep
