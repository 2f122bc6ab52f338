r"""Reading published checkpoints of GPT-1 and GPT-2."""

from __future__ import annotations

import re
from collections.abc import Mapping
from os import PathLike
from pathlib import Path

import torch
from torch import Tensor

from deepbook.milestones.gpt.network import GPT, Config
from deepbook.pretrained import check_fit, read_state, setting_beside

RULES = (
    (r"^(_orig_mod|module)\.", ""),  # left behind by torch.compile and others
    (r"^transformer\.", ""),
    (r"^(wte|tokens_embed)\.", "tokens."),
    (r"^(wpe|positions_embed)\.", "places."),
    (r"^h\.", "blocks."),
    (r"\.attn\.c_attn\.", ".attention.query_key_value."),
    (r"\.attn\.c_proj\.", ".attention.out."),
    (r"\.mlp\.c_fc\.", ".expand."),
    (r"\.mlp\.c_proj\.", ".contract."),
    (r"\.ln_([12])\.", r".norm\1."),
    (r"^ln_f\.", "norm."),
)
"""From the names of `transformers` to ours, applied in this order."""

IGNORED = re.compile(r"\.attn\.(bias|masked_bias)$|^position_ids$")
"""Masks and counters that older files hold beside the weights."""

MAPS = ("query_key_value", "out", "expand", "contract")


def load_pretrained(
    path: str | PathLike, *, num_heads: int | None = None
) -> GPT:
    r"""Read a GPT from a checkpoint on this machine.

    Sizes are found from the shapes in the file. The number of heads is not
    among them: it is taken from `config.json` beside the file if there is
    one, and else it is D / 64, as in GPT-1 and all sizes of GPT-2.

    Args:
        path: A `.safetensors`, `.bin`, `.pt` or `.pth` file with the names of
            `transformers`' GPT-2 or GPT-1, with or without `transformer.` in
            front and a last layer of its own; matrices as `Conv1D` keeps them
            (inputs, outputs) or as `Linear` does.
        num_heads: Heads of each attention, where neither way finds them.

    Returns:
        The network in evaluation mode, float32, on the CPU.

    Raises:
        FileNotFoundError: If there is no such file.
        ImportError: If the file is `.safetensors` and that package is not
            installed.
        ValueError: If the file holds no GPT, names or shapes do not fit, the
            last layer is not the table of tokens, or the heads do not divide
            the size.
    """
    path = Path(path)
    state = _translate(read_state(path))
    num_heads = num_heads or setting_beside(path, "n_head")
    config = _infer(state, num_heads)
    _check_head(state)
    if state["blocks.0.attention.query_key_value.weight"].shape == (
        config.size,
        3 * config.size,
    ):
        for name, value in state.items():
            if name.endswith(tuple(f".{kind}.weight" for kind in MAPS)):
                state[name] = value.T
    with torch.device("meta"):
        model = GPT(config)
    check_fit(state, model.state_dict(), "a GPT of its own sizes")
    weights = {name: value.float() for name, value in state.items()}
    model.load_state_dict(
        {name: value.contiguous() for name, value in weights.items()},
        assign=True,
    )
    return model.eval().requires_grad_()


def _translate(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    ours = {}
    for name, value in state.items():
        if IGNORED.search(name):
            continue
        for pattern, replacement in RULES:
            name = re.sub(pattern, replacement, name)
        ours[name] = value
    return ours


def _infer(state: Mapping[str, Tensor], num_heads: int | None) -> Config:
    wanted = {
        "tokens.weight": "wte",
        "places.weight": "wpe",
        "blocks.0.attention.query_key_value.weight": "h.0.attn.c_attn",
    }
    for name, theirs in wanted.items():
        if name not in state or state[name].ndim != 2:
            raise ValueError(
                f"the file must name its tensors as transformers' GPT-2 does,"
                f" got no matrix {theirs} among {', '.join(list(state)[:3])};"
                " is it another kind of network?"
            )
    vocabulary, size = state["tokens.weight"].shape
    if num_heads is None and size % 64:
        raise ValueError(
            f"num_heads must be given where size, {size}, is no multiple of"
            " 64, got None; it stands in the model's config.json as n_head"
        )
    found = [re.match(r"blocks\.(\d+)\.", name) for name in state]
    return Config(
        vocabulary=vocabulary,
        context=len(state["places.weight"]),
        layers=1 + max(int(match[1]) for match in found if match),
        size=size,
        num_heads=num_heads or size // 64,
        norm_first="norm.weight" in state,
    )


def _check_head(state: dict[str, Tensor]) -> None:
    head = state.pop("lm_head.weight", None)
    if head is not None and not torch.equal(head, state["tokens.weight"]):
        raise ValueError(
            "lm_head must be the table of tokens, got another matrix; this"
            " GPT ties the two, and cannot hold a file that does not"
        )
