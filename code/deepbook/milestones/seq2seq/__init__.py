r"""Sequence to sequence: translate between Korean and English, from scratch.

`make_pairs` draws texts of a generated language, `Vocabulary` and
`encode_pairs` turn them into numbers, and `bleu` scores translations.
"""

from deepbook.milestones.seq2seq.bleu import bleu as bleu
from deepbook.milestones.seq2seq.language import KINDS as KINDS
from deepbook.milestones.seq2seq.language import Grammar as Grammar
from deepbook.milestones.seq2seq.language import Pair as Pair
from deepbook.milestones.seq2seq.language import (
    english_number as english_number,
)
from deepbook.milestones.seq2seq.language import korean_number as korean_number
from deepbook.milestones.seq2seq.language import make_pairs as make_pairs
from deepbook.milestones.seq2seq.tokens import BOS as BOS
from deepbook.milestones.seq2seq.tokens import EOS as EOS
from deepbook.milestones.seq2seq.tokens import PAD as PAD
from deepbook.milestones.seq2seq.tokens import UNKNOWN as UNKNOWN
from deepbook.milestones.seq2seq.tokens import Vocabulary as Vocabulary
from deepbook.milestones.seq2seq.tokens import encode_pairs as encode_pairs
from deepbook.milestones.seq2seq.tokens import pad as pad
from deepbook.milestones.seq2seq.tokens import tokenize as tokenize
from deepbook.milestones.seq2seq.tokens import trim as trim
