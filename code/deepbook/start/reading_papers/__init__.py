r"""What one needs to read a table of results: a card for reproducing a paper, and how far its numbers can be trusted.

`ReproductionCard` sets what a paper prints beside what we measured and gives
a verdict by a stated rule. `Table` shows rows as a table. `wilson_interval`,
`prediction_interval`, `expected_best` and `seeds_needed` answer how sure an
accuracy is, where the next run will fall, what the best of several runs
hides, and how many runs a comparison needs. `train_runs` trains one small
network many times.
"""

from deepbook.start.reading_papers.card import (
    ReproductionCard as ReproductionCard,
)
from deepbook.start.reading_papers.runs import train_runs as train_runs
from deepbook.start.reading_papers.statistics import (
    expected_best as expected_best,
)
from deepbook.start.reading_papers.statistics import (
    prediction_interval as prediction_interval,
)
from deepbook.start.reading_papers.statistics import (
    seeds_needed as seeds_needed,
)
from deepbook.start.reading_papers.statistics import (
    wilson_interval as wilson_interval,
)
from deepbook.start.reading_papers.table import Table as Table
