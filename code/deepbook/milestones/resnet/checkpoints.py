r"""Reading published checkpoints: torchvision's names and Hugging Face's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from os import PathLike

import torch
from torch import Tensor

from deepbook.milestones.resnet.config import ResNetConfig
from deepbook.milestones.resnet.network import ResNet
from deepbook.pretrained import check_fit, read_state, setting_beside

HUGGING_FACE = (
    (r"^resnet\.", ""),
    (r"^embedder\.embedder\.convolution\.", "conv."),
    (r"^embedder\.embedder\.normalization\.", "norm."),
    (r"^encoder\.stages\.(\d+)\.layers\.(\d+)\.", r"stages.\1.\2."),
    (r"\.layer\.(\d+)\.convolution\.", r".convs.\1."),
    (r"\.layer\.(\d+)\.normalization\.", r".norms.\1."),
    (r"\.shortcut\.convolution\.", ".shortcut.conv."),
    (r"\.shortcut\.normalization\.", ".shortcut.norm."),
    (r"^classifier\.1\.", "head."),
)
"""From the names of `transformers` to ours, applied in this order."""

TORCHVISION = (
    (r"^module\.", ""),  # left behind by DataParallel
    (r"^conv1\.", "conv."),
    (r"^bn1\.", "norm."),
    (
        r"^layer(\d+)\.",
        lambda found: f"stages.{int(found[1]) - 1}.",
    ),
    (r"\.conv(\d)\.", lambda found: f".convs.{int(found[1]) - 1}."),
    (r"\.bn(\d)\.", lambda found: f".norms.{int(found[1]) - 1}."),
    (r"\.downsample\.0\.", ".shortcut.conv."),
    (r"\.downsample\.1\.", ".shortcut.norm."),
    (r"^fc\.", "head."),
)
"""From the names of torchvision (and timm) to ours."""


def load_pretrained(
    path: str | PathLike, *, stride_first: bool | None = None
) -> ResNet:
    r"""Read a residual network from a checkpoint on this machine.

    The layout and the size are found from the names and shapes in the file.
    Weights do not tell where a bottleneck halves the picture; a `config.json`
    of Hugging Face beside the file does.

    Args:
        path: A `.pt`, `.pth` or `.bin` file with a state dict, or a
            `.safetensors` file; names as in torchvision or `transformers`.
        stride_first: Whether bottlenecks halve in their first convolution.
            torchvision's and Hugging Face's halve in the 3 x 3, the original
            ones of 2015 in the first. None takes what the `config.json` says,
            and the 3 x 3 where there is none.

    Returns:
        The network in evaluation mode, float32, on the CPU.

    Raises:
        FileNotFoundError: If there is no such file.
        ImportError: If the file is `.safetensors` and that package is not
            installed.
        ValueError: If the ending is unknown, or the file holds no residual
            network of this kind.
    """
    state = _translate(read_state(path))
    if stride_first is None:
        stride_first = bool(setting_beside(path, "downsample_in_bottleneck"))
    config = _infer(state, stride_first)
    with torch.device("meta"):
        model = ResNet(config)
    expected = model.state_dict()
    for name in expected:  # counters that older files do not have
        if name.endswith("num_batches_tracked"):
            state.setdefault(name, torch.tensor(0))
    check_fit(state, expected, f"a ResNet of depth {config.depth}")
    model.load_state_dict(
        {
            n: v.float() if v.is_floating_point() else v
            for n, v in state.items()
        },
        assign=True,
    )
    return model.eval().requires_grad_()


def _translate(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    hugging_face = any("embedder.embedder." in name for name in state)
    rules = HUGGING_FACE if hugging_face else TORCHVISION
    ours = {}
    for name, value in state.items():
        for pattern, replacement in rules:
            name = re.sub(pattern, replacement, name)
        ours[name] = value
    return ours


def _infer(state: Mapping[str, Tensor], stride_first: bool) -> ResNetConfig:
    wanted = ("conv.weight", "stages.0.0.convs.0.weight", "head.weight")
    missing = [name for name in wanted if name not in state]
    if missing:
        raise ValueError(
            "the file must name its tensors as torchvision (conv1, layer1,"
            " fc) or transformers (resnet.embedder, classifier) do, got no"
            f" {missing[0].removesuffix('.weight')} among"
            f" {', '.join(list(state)[:3])}; save a classifier of one of"
            " the two"
        )
    found = [re.match(r"stages\.(\d+)\.(\d+)\.", name) for name in state]
    places = {(int(m[1]), int(m[2])) for m in found if m}
    stages = range(1 + max(stage for stage, _ in places))
    conv, head = state["conv.weight"], state["head.weight"]
    projected = "stages.1.0.shortcut.conv.weight" in state
    return ResNetConfig(
        blocks=tuple(sum(s == stage for s, _ in places) for stage in stages),
        widths=tuple(
            len(state[f"stages.{stage}.0.convs.0.weight"]) for stage in stages
        ),
        bottleneck="stages.0.0.convs.2.weight" in state,
        option="B" if projected else "A",
        stride_first=stride_first,
        large=conv.shape[-1] == 7,
        channels=conv.shape[1],
        classes=len(head),
    )
