r"""Reading the weights of published checkpoints from a file on this machine."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from os import PathLike
from pathlib import Path

import torch
from torch import Tensor

ENDINGS = (".safetensors", ".bin", ".pt", ".pth")
"""Endings of files that `read_state` reads."""


def read_state(path: str | PathLike) -> dict[str, Tensor]:
    r"""Read a state dict from a checkpoint; code in the file is not run.

    Args:
        path: A `.safetensors` file, or a `.bin`, `.pt` or `.pth` file that
            holds a state dict, bare or under the name "state_dict" or
            "model".

    Returns:
        Tensors on the CPU by name.

    Raises:
        FileNotFoundError: If there is no such file.
        ImportError: If the file is `.safetensors` and that package is not
            installed.
        ValueError: If the ending is unknown, or the file holds no state dict.

    Examples:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "layer.pt"
        ...     torch.save({"weight": torch.ones(2)}, path)
        ...     read_state(path)
        {'weight': tensor([1., 1.])}
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"path must be a checkpoint file, got {path}; nothing is"
            " downloaded here, so fetch the file first"
        )
    if path.suffix not in ENDINGS:
        raise ValueError(
            f"path must end in one of {', '.join(ENDINGS)}, got {path.name}"
        )
    state = _read(path)
    if isinstance(state, Mapping):
        for wrapper in ("state_dict", "model"):
            state = state.get(wrapper, state)
    if not isinstance(state, Mapping) or not all(
        isinstance(value, Tensor) for value in state.values()
    ):
        raise ValueError(
            f"{path.name} must hold a state dict, got {type(state).__name__};"
            " save model.state_dict()"
        )
    return dict(state)


def check_fit(
    state: Mapping[str, Tensor], expected: Mapping[str, Tensor], wanted: str
) -> None:
    r"""Refuse a state dict whose names or shapes are not those of a network.

    Args:
        state: Tensors by name, as read and renamed.
        expected: The state dict of the network, on any device.
        wanted: The network in words, for the message.

    Raises:
        ValueError: If a name is missing or unknown, or a shape another one.

    Examples:
        >>> check_fit({"a": torch.zeros(2)}, {"a": torch.zeros(3)}, "a line")
        Traceback (most recent call last):
        ValueError: the file must hold a line, got 1 names or shapes that do not fit, first a (2,) instead of (3,); is it another kind of network, or broken off?
    """
    wrong = [f"{name} missing" for name in expected if name not in state]
    wrong += [f"{name} unknown" for name in state if name not in expected]
    wrong += [
        f"{name} {tuple(state[name].shape)} instead of {tuple(value.shape)}"
        for name, value in expected.items()
        if name in state and state[name].shape != value.shape
    ]
    if wrong:
        raise ValueError(
            f"the file must hold {wanted}, got {len(wrong)} names or shapes"
            f" that do not fit, first {wrong[0]}; is it another kind of"
            " network, or broken off?"
        )


def setting_beside(path: str | PathLike, name: str) -> int | None:
    r"""Look up a setting in the `config.json` that lies beside a checkpoint.

    Args:
        path: The file of the checkpoint.
        name: Of the setting, as in `num_attention_heads`.

    Returns:
        Its value, or None where there is no such file or setting.

    Raises:
        ValueError: If the file is no JSON of a model's configuration.

    Examples:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = (folder / "config.json").write_text('{"n_head": 12}')
        >>> setting_beside(folder / "model.safetensors", "n_head")
        12
    """
    beside = Path(path).with_name("config.json")
    if not beside.is_file():
        return None
    try:
        return json.loads(beside.read_text(encoding="utf-8")).get(name)
    except (ValueError, AttributeError):
        raise ValueError(
            f"{beside} must be the JSON of a model's configuration, got"
            " something else; mend it, or take it away and give the setting"
        ) from None


def _read(path: Path):
    if path.suffix == ".safetensors":
        try:
            from safetensors import SafetensorError
            from safetensors.torch import load_file
        except ImportError as missing:
            raise ImportError(
                f"safetensors must be installed to read {path.name}; run"
                " pip install safetensors, or save the weights as .pt"
            ) from missing
        try:
            return load_file(path)
        except SafetensorError as fault:
            raise _unreadable(path) from fault
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError) as fault:
        raise _unreadable(path) from fault


def _unreadable(path: Path) -> ValueError:
    return ValueError(
        f"{path.name} must hold tensors alone, got a file that cannot be read"
        " as such; is it broken off, or saved as a whole model?"
    )
