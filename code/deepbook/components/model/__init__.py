r"""Models from scratch, simplest first, and what they cost.

`MLP` (linear without its activation), `conv2d` and `CNN`, the cells and
networks `RNN`, `GRU` and `LSTM`, `scaled_dot_product_attention` and
`SelfAttention`; `SequenceClassifier` and `AttentionClassifier` read tables
row by row. `count_parameters`, `count_multiply_adds` and `layer_costs`
count. The problems that set them apart are in `problems`.
Batches come first: pictures are `(B, C, H, W)`, sequences `(B, T, D)`.
"""

from deepbook.components.model.attention import SelfAttention as SelfAttention
from deepbook.components.model.attention import (
    scaled_dot_product_attention as scaled_dot_product_attention,
)
from deepbook.components.model.convolution import CNN as CNN
from deepbook.components.model.convolution import conv2d as conv2d
from deepbook.components.model.cost import LayerCost as LayerCost
from deepbook.components.model.cost import (
    count_multiply_adds as count_multiply_adds,
)
from deepbook.components.model.cost import count_parameters as count_parameters
from deepbook.components.model.cost import layer_costs as layer_costs
from deepbook.components.model.dense import MLP as MLP
from deepbook.components.model.readers import (
    AttentionClassifier as AttentionClassifier,
)
from deepbook.components.model.readers import (
    SequenceClassifier as SequenceClassifier,
)
from deepbook.components.model.recurrent import GRU as GRU
from deepbook.components.model.recurrent import LSTM as LSTM
from deepbook.components.model.recurrent import RNN as RNN
from deepbook.components.model.recurrent import gru_cell as gru_cell
from deepbook.components.model.recurrent import lstm_cell as lstm_cell
from deepbook.components.model.recurrent import rnn_cell as rnn_cell
