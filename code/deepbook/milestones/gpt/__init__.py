r"""GPT: byte pairs for Korean and English, the network, writing with it, and what its size costs.

`Tokenizer` makes tokens, `GPT` is built from a `Config` of `CONFIGS`, `fit`
trains it on `windows` of the book's own text, `generate` writes with a
`Cache`. `load_pretrained` reads published checkpoints. `fit_power_law` draws a
law of scaling; `table_examples` asks what only the context can tell. Tokens are `(B, T)`, logits `(B, T, V)`.
"""

from deepbook.milestones.gpt.cache import Cache as Cache
from deepbook.milestones.gpt.context import (
    context_accuracy as context_accuracy,
)
from deepbook.milestones.gpt.context import table_examples as table_examples
from deepbook.milestones.gpt.network import GPT as GPT
from deepbook.milestones.gpt.network import Block as Block
from deepbook.milestones.gpt.network import CausalAttention as CausalAttention
from deepbook.milestones.gpt.network import Config as Config
from deepbook.milestones.gpt.pairs import may_join as may_join
from deepbook.milestones.gpt.pairs import split_words as split_words
from deepbook.milestones.gpt.pretrained import (
    load_pretrained as load_pretrained,
)
from deepbook.milestones.gpt.sampling import generate as generate
from deepbook.milestones.gpt.sampling import narrow as narrow
from deepbook.milestones.gpt.sampling import window_start as window_start
from deepbook.milestones.gpt.scaling import PowerLaw as PowerLaw
from deepbook.milestones.gpt.scaling import fit_power_law as fit_power_law
from deepbook.milestones.gpt.sizes import CONFIGS as CONFIGS
from deepbook.milestones.gpt.sizes import GPT3_TABLE as GPT3_TABLE
from deepbook.milestones.gpt.sizes import (
    PRINTED_PARAMETERS as PRINTED_PARAMETERS,
)
from deepbook.milestones.gpt.sizes import (
    PUBLISHED_PARAMETERS as PUBLISHED_PARAMETERS,
)
from deepbook.milestones.gpt.sizes import cache_bytes as cache_bytes
from deepbook.milestones.gpt.sizes import (
    multiply_adds_per_token as multiply_adds_per_token,
)
from deepbook.milestones.gpt.sizes import training_bytes as training_bytes
from deepbook.milestones.gpt.sizes import training_flop as training_flop
from deepbook.milestones.gpt.text import Passage as Passage
from deepbook.milestones.gpt.text import load_passages as load_passages
from deepbook.milestones.gpt.text import save_passages as save_passages
from deepbook.milestones.gpt.text import snapshot as snapshot
from deepbook.milestones.gpt.text import split_passages as split_passages
from deepbook.milestones.gpt.text import texts as texts
from deepbook.milestones.gpt.tokenizer import Tokenizer as Tokenizer
from deepbook.milestones.gpt.training import IGNORE as IGNORE
from deepbook.milestones.gpt.training import bits_per_byte as bits_per_byte
from deepbook.milestones.gpt.training import bytes_per_token as bytes_per_token
from deepbook.milestones.gpt.training import fit as fit
from deepbook.milestones.gpt.training import stream_loss as stream_loss
from deepbook.milestones.gpt.training import to_stream as to_stream
from deepbook.milestones.gpt.training import token_loss as token_loss
from deepbook.milestones.gpt.training import windows as windows
