r"""Answers to questions about scenes, in Korean and in English.

A picture becomes a list of places (`PlaceNetwork`, `fit_places`, `describe`),
a question a vector (`BagOfWords`, `Reader`), and a fusion brings both
together: `Concatenation`, `Product`, `FiLM`, `Attention`; `Blind` and
`PictureOnly` leave one of them out. `Answerer` holds the three, `fit` trains
it and `answer` asks it. `spell` cuts Korean into syllables or letters, `swap`
turns a comparison around. `accuracy_by_kind` and `consensus_accuracy` measure,
`most_frequent` answers by rote, `tilt` gives each question a favorite answer.
"""

from deepbook.tasks.visual_question_answering.metrics import (
    Score as Score,
)
from deepbook.tasks.visual_question_answering.metrics import (
    accuracy_by_kind as accuracy_by_kind,
)
from deepbook.tasks.visual_question_answering.metrics import (
    consensus_accuracy as consensus_accuracy,
)
from deepbook.tasks.visual_question_answering.metrics import (
    most_frequent as most_frequent,
)
from deepbook.tasks.visual_question_answering.metrics import tilt as tilt
from deepbook.tasks.visual_question_answering.network import (
    Answerer as Answerer,
)
from deepbook.tasks.visual_question_answering.network import (
    Attention as Attention,
)
from deepbook.tasks.visual_question_answering.network import (
    BagOfWords as BagOfWords,
)
from deepbook.tasks.visual_question_answering.network import Blind as Blind
from deepbook.tasks.visual_question_answering.network import (
    Concatenation as Concatenation,
)
from deepbook.tasks.visual_question_answering.network import FiLM as FiLM
from deepbook.tasks.visual_question_answering.network import (
    PictureOnly as PictureOnly,
)
from deepbook.tasks.visual_question_answering.network import (
    Product as Product,
)
from deepbook.tasks.visual_question_answering.network import Reader as Reader
from deepbook.tasks.visual_question_answering.places import (
    PlaceNetwork as PlaceNetwork,
)
from deepbook.tasks.visual_question_answering.places import (
    describe as describe,
)
from deepbook.tasks.visual_question_answering.places import (
    fit_places as fit_places,
)
from deepbook.tasks.visual_question_answering.places import (
    place_labels as place_labels,
)
from deepbook.tasks.visual_question_answering.places import (
    place_loss as place_loss,
)
from deepbook.tasks.visual_question_answering.training import answer as answer
from deepbook.tasks.visual_question_answering.training import fit as fit
from deepbook.tasks.visual_question_answering.words import spell as spell
from deepbook.tasks.visual_question_answering.words import swap as swap
