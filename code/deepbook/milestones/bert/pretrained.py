r"""Reading published checkpoints of BERT."""

from __future__ import annotations

import re
from collections.abc import Mapping
from os import PathLike
from pathlib import Path

import torch
from torch import Tensor

from deepbook.milestones.bert.heads import Pretrainer
from deepbook.milestones.bert.network import BERT, Config
from deepbook.pretrained import check_fit, read_state, setting_beside

RULES = (
    (r"^(_orig_mod|module)\.", ""),  # left behind by torch.compile and others
    (r"gamma$", "weight"),  # as TensorFlow calls them
    (r"beta$", "bias"),
    (r"^bert\.", ""),
    (r"^embeddings\.word_embeddings\.", "tokens."),
    (r"^embeddings\.position_embeddings\.", "places."),
    (r"^embeddings\.token_type_embeddings\.", "segments."),
    (r"^embeddings\.LayerNorm\.", "norm."),
    (r"^encoder\.layer\.", "layers."),
    (r"\.attention\.self\.", "."),
    (r"\.attention\.output\.dense\.", ".self_attn.out_proj."),
    (r"\.attention\.output\.LayerNorm\.", ".norm1."),
    (r"\.intermediate\.dense\.", ".linear1."),
    (r"\.output\.dense\.", ".linear2."),
    (r"\.output\.LayerNorm\.", ".norm2."),
    (r"^pooler\.dense\.", "pooler."),
    (r"^(tokens|places|segments|norm|layers|pooler)\.", r"bert.\1."),
    (r"^cls\.predictions\.transform\.dense\.", "transform."),
    (r"^cls\.predictions\.transform\.LayerNorm\.", "norm."),
    (r"^cls\.predictions\.(decoder\.)?bias$", "bias"),
    (r"^cls\.predictions\.decoder\.weight$", "decoder"),
    (r"^cls\.seq_relationship\.", "follows."),
)
"""From the names of `transformers` to ours, applied in this order."""

HEADS = re.compile(r"^(transform\.|norm\.|bias$|follows\.)")
"""Names of the heads of pre-training."""


def load_pretrained(
    path: str | PathLike,
    *,
    num_heads: int | None = None,
    pretrainer: bool = False,
) -> BERT | Pretrainer:
    r"""Read a BERT from a checkpoint on this machine.

    Sizes are found from the shapes in the file. The number of heads is not
    among them: it is taken from `config.json` beside the file if there is
    one, and else it is D / 64, as in both published sizes.

    Args:
        path: A `.safetensors`, `.bin`, `.pt` or `.pth` file with the names of
            `transformers`, with or without `bert.` in front, and with
            `weight` and `bias` or the older `gamma` and `beta` of norms.
        num_heads: Heads of each attention, where neither way finds them.
        pretrainer: Whether the heads of pre-training are wanted as well.

    Returns:
        The network in evaluation mode, float32, on the CPU: a `Pretrainer`
        where one is wanted, else a `BERT`. Published heads call a following
        sentence class 0 and ours class 1; the rows are exchanged.

    Raises:
        FileNotFoundError: If there is no such file.
        ImportError: If the file is `.safetensors` and that package is not
            installed.
        ValueError: If the file holds no BERT, names or shapes do not fit, the
            last layer is not the table of tokens, or the heads do not divide
            the size.
    """
    path = Path(path)
    state = _translate(read_state(path))
    num_heads = num_heads or setting_beside(path, "num_attention_heads")
    config = _infer(state, num_heads)
    table = state.pop("decoder", state["bert.tokens.weight"])
    if not torch.equal(table, state["bert.tokens.weight"]):
        raise ValueError(
            "cls.predictions.decoder must be the table of tokens, got another"
            " matrix; this BERT ties the two, and cannot hold a file that"
            " does not"
        )
    if not pretrainer:
        state = {
            name.removeprefix("bert."): value
            for name, value in state.items()
            if not HEADS.match(name)
        }
    with torch.device("meta"):
        model = Pretrainer(config) if pretrainer else BERT(config)
    wanted = "a BERT of its own sizes"
    wanted += " with the heads of pre-training" if pretrainer else ""
    check_fit(state, model.state_dict(), wanted)
    model.load_state_dict(
        {name: value.float().contiguous() for name, value in state.items()},
        assign=True,
    )
    return model.eval().requires_grad_()


def _translate(theirs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    state = {}
    for name, value in theirs.items():
        for pattern, replacement in RULES:
            name = re.sub(pattern, replacement, name)
        if not name.endswith("position_ids"):
            state[name] = value
    for name in [n for n in state if ".query." in n]:
        front, kind = name.split("query.")
        parts = [f"{front}{part}.{kind}" for part in ("query", "key", "value")]
        if all(part in state for part in parts):
            joint = torch.cat([state.pop(part) for part in parts])
            state[f"{front}self_attn.in_proj_{kind}"] = joint
    for name in ("follows.weight", "follows.bias"):
        if name in state:
            state[name] = state[name].flip(0)
    return state


def _infer(state: Mapping[str, Tensor], num_heads: int | None) -> Config:
    wanted = {
        "bert.tokens.weight": "embeddings.word_embeddings.weight",
        "bert.places.weight": "embeddings.position_embeddings.weight",
        "bert.segments.weight": "embeddings.token_type_embeddings.weight",
        "bert.layers.0.linear1.weight": (
            "encoder.layer.0.intermediate.dense.weight"
        ),
    }
    for name, theirs in wanted.items():
        if name not in state or state[name].ndim != 2:
            raise ValueError(
                "the file must name its tensors as transformers' BERT does,"
                f" got no matrix {theirs} among {', '.join(list(state)[:3])};"
                " is it another kind of network?"
            )
    vocabulary, size = state["bert.tokens.weight"].shape
    if num_heads is None and size % 64:
        raise ValueError(
            f"num_heads must be given where size, {size}, is no multiple of"
            " 64, got None; it stands in the model's config.json as"
            " num_attention_heads"
        )
    found = [re.match(r"bert\.layers\.(\d+)\.", name) for name in state]
    return Config(
        vocabulary=vocabulary,
        layers=1 + max(int(match[1]) for match in found if match),
        size=size,
        num_heads=num_heads or size // 64,
        inner_size=len(state["bert.layers.0.linear1.weight"]),
        longest=len(state["bert.places.weight"]),
        segments=len(state["bert.segments.weight"]),
    )
