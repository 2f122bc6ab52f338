r"""BERT (Devlin et al., 2018): an encoder that learns from hidden words, and is fine-tuned."""

from deepbook.milestones.bert.heads import Classifier as Classifier
from deepbook.milestones.bert.heads import Pretrainer as Pretrainer
from deepbook.milestones.bert.network import BERT as BERT
from deepbook.milestones.bert.network import Config as Config
from deepbook.milestones.bert.pieces import gain as gain
from deepbook.milestones.bert.pieces import learn as learn
from deepbook.milestones.bert.pieces import split_words as split_words
from deepbook.milestones.bert.pretrained import (
    load_pretrained as load_pretrained,
)
from deepbook.milestones.bert.sizes import CONFIGS as CONFIGS
from deepbook.milestones.bert.sizes import (
    PUBLISHED_PARAMETERS as PUBLISHED_PARAMETERS,
)
from deepbook.milestones.bert.tokenizer import CLS as CLS
from deepbook.milestones.bert.tokenizer import MASK as MASK
from deepbook.milestones.bert.tokenizer import PAD as PAD
from deepbook.milestones.bert.tokenizer import SEP as SEP
from deepbook.milestones.bert.tokenizer import SPECIAL as SPECIAL
from deepbook.milestones.bert.tokenizer import UNK as UNK
from deepbook.milestones.bert.tokenizer import WordPiece as WordPiece
from deepbook.milestones.bert.tokenizer import pack as pack
from deepbook.milestones.bert.training import IGNORE as IGNORE
from deepbook.milestones.bert.training import draw_pairs as draw_pairs
from deepbook.milestones.bert.training import fit as fit
from deepbook.milestones.bert.training import hide as hide
from deepbook.milestones.bert.training import (
    pretraining_loss as pretraining_loss,
)
