r"""Sequence to sequence: translate between Korean and English, from scratch.

`make_pairs` draws texts of a generated language, `Vocabulary` and
`encode_pairs` turn them into numbers, and `bleu` scores translations.
`Translator` reads with one recurrent network and writes with another, with or
without attention; `fit` trains it, `greedy` and `beam_search` let it speak.
"""

from deepbook.milestones.seq2seq.bleu import bleu as bleu
from deepbook.milestones.seq2seq.language import KINDS as KINDS
from deepbook.milestones.seq2seq.language import Grammar as Grammar
from deepbook.milestones.seq2seq.language import Pair as Pair
from deepbook.milestones.seq2seq.language import make_pairs as make_pairs
from deepbook.milestones.seq2seq.network import CONFIGS as CONFIGS
from deepbook.milestones.seq2seq.network import (
    PUBLISHED_PARAMETERS as PUBLISHED_PARAMETERS,
)
from deepbook.milestones.seq2seq.network import (
    AdditiveAttention as AdditiveAttention,
)
from deepbook.milestones.seq2seq.network import Config as Config
from deepbook.milestones.seq2seq.network import Translator as Translator
from deepbook.milestones.seq2seq.numerals import (
    english_number as english_number,
)
from deepbook.milestones.seq2seq.numerals import korean_number as korean_number
from deepbook.milestones.seq2seq.search import Hypothesis as Hypothesis
from deepbook.milestones.seq2seq.search import beam_search as beam_search
from deepbook.milestones.seq2seq.search import greedy as greedy
from deepbook.milestones.seq2seq.tokens import BOS as BOS
from deepbook.milestones.seq2seq.tokens import EOS as EOS
from deepbook.milestones.seq2seq.tokens import PAD as PAD
from deepbook.milestones.seq2seq.tokens import UNKNOWN as UNKNOWN
from deepbook.milestones.seq2seq.tokens import Vocabulary as Vocabulary
from deepbook.milestones.seq2seq.tokens import encode_pairs as encode_pairs
from deepbook.milestones.seq2seq.tokens import pad as pad
from deepbook.milestones.seq2seq.tokens import tokenize as tokenize
from deepbook.milestones.seq2seq.tokens import trim as trim
from deepbook.milestones.seq2seq.training import fit as fit
from deepbook.milestones.seq2seq.training import score as score
from deepbook.milestones.seq2seq.training import token_loss as token_loss
from deepbook.milestones.seq2seq.training import translate as translate
