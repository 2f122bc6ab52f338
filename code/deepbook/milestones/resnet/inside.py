r"""Looking inside: gradients by depth, sizes of residuals, lesions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from deepbook.components.model.checks import check_whole
from deepbook.milestones.resnet.blocks import (
    Block,
    PreActivationBlock,
    make_identity,
)
from deepbook.milestones.resnet.network import ResNet


def deepen(model: ResNet, extra: int) -> ResNet:
    r"""Build a deeper net that computes the same: the added blocks copy.

    Args:
        model: Stays as it is.
        extra: Blocks to add at the end of each stage.

    Returns:
        A new network in evaluation mode.

    Raises:
        ValueError: If extra is below 1, or no such block can copy.

    Examples:
        >>> from deepbook.milestones.resnet.config import cifar_config
        >>> model = ResNet(cifar_config(8, (4, 4, 4), residual=False)).eval()
        >>> deeper = deepen(model, extra=2)
        >>> x = torch.rand(2, 3, 8, 8)
        >>> deeper.config.depth
        20
        >>> torch.allclose(deeper(x), model(x), atol=1e-4)
        True

    References:
        K. He et al., Deep Residual Learning (2015), section 1: the solution
        by construction.
    """
    check_whole(extra=extra)
    counts = tuple(count + extra for count in model.config.blocks)
    deeper = ResNet(replace(model.config, blocks=counts))
    deeper.to(next(model.parameters()).device)
    deeper.load_state_dict(model.state_dict(), strict=False)
    for stage, count in zip(deeper.stages, model.config.blocks, strict=True):
        for block in stage[count:]:
            make_identity(block)
    return deeper.eval()


def gradient_norms(model: ResNet, x: Tensor, labels: Tensor) -> Tensor:
    r"""Measure the gradient of the loss that arrives at each block.

    Args:
        model: In the mode in which it is to be measured.
        x: `(B, C, H, W)`.
        labels: `(B,)` int64.

    Returns:
        Norm of the gradient of the cross-entropy (nats) with respect to what
        goes into each block, and what comes out of the last: one number more
        than there are blocks.

    Raises:
        ValueError: If there are not as many labels as pictures.

    Examples:
        >>> from deepbook.milestones.resnet.config import cifar_config
        >>> model = ResNet(cifar_config(8, (4, 4, 4)))
        >>> labels = torch.tensor([0, 1])
        >>> gradient_norms(model, torch.rand(2, 3, 8, 8), labels).shape
        torch.Size([4])
    """
    if len(x) != len(labels):
        raise ValueError(
            f"labels must be as many as pictures ({len(x)}), got"
            f" {len(labels)}; pair them up"
        )
    states = model.activations(x)
    loss = F.cross_entropy(model.finish(states[-1]), labels)
    gradients = torch.autograd.grad(loss, states)
    return torch.stack([gradient.norm() for gradient in gradients])


@torch.no_grad()
def block_responses(model: ResNet, x: Tensor) -> Tensor:
    r"""Measure how large F(x) is in each block, beside its shortcut.

    Args:
        model: A residual network, measured in evaluation mode; its mode is
            put back.
        x: `(B, C, H, W)`.

    Returns:
        Norm of F(x) over the norm of the shortcut, one number a block.

    Raises:
        ValueError: If the network is plain.

    Examples:
        >>> from deepbook.milestones.resnet.config import cifar_config
        >>> model = deepen(ResNet(cifar_config(8, (4, 4, 4))), extra=1)
        >>> block_responses(model, torch.rand(2, 3, 8, 8))[1].item()
        0.0
    """
    if not model.config.residual:
        raise ValueError(
            "model must have shortcuts, got a plain one; its blocks add to"
            " nothing"
        )
    training = model.training
    model.eval()
    shares = [
        block.residual(state).norm() / block.shortcut(state).norm()
        for block, state in zip(
            model.blocks, model.activations(x)[:-1], strict=True
        )
    ]
    model.train(training)
    return torch.stack(shares)


class _Lesion(nn.Module):
    def __init__(self, block: Block) -> None:
        super().__init__()
        self.shortcut = block.shortcut
        self.rectify = not isinstance(block, PreActivationBlock)

    def forward(self, x: Tensor) -> Tensor:
        if self.shortcut is None:
            return x
        out = self.shortcut(x)
        return F.relu(out) if self.rectify else out


@contextmanager
def without_block(model: ResNet, index: int) -> Iterator[ResNet]:
    r"""Take one block out for a while; its shortcut stays.

    Args:
        model: Put back as it was at the end.
        index: Position in `model.blocks`.

    Yields:
        The model.

    Raises:
        ValueError: If there is no such block, or it is plain and changes the
            shape, so that nothing could take its place.

    Examples:
        >>> from deepbook.milestones.resnet.config import cifar_config
        >>> model = deepen(ResNet(cifar_config(8, (4, 4, 4))), extra=1)
        >>> x = torch.rand(2, 3, 8, 8)
        >>> whole = model(x)
        >>> with without_block(model, 1):  # one of the blocks that copy
        ...     torch.equal(model(x), whole)
        True

    References:
        A. Veit et al., Residual Networks Behave Like Ensembles of Relatively
        Shallow Networks (2016).
    """
    blocks = model.blocks
    if not 0 <= index < len(blocks):
        raise ValueError(
            f"index must be 0 to {len(blocks) - 1}, got {index}; it is a"
            " position in model.blocks"
        )
    block = blocks[index]
    conv = block.convs[0]
    halves = any(c.stride != (1, 1) for c in block.convs)
    same = conv.in_channels == block.convs[-1].out_channels and not halves
    if block.shortcut is None and not same:
        raise ValueError(
            f"a plain block that changes the shape cannot go, got index"
            f" {index}; choose one that keeps the shape"
        )
    place = index
    for stage in model.stages:
        if place < len(stage):
            break
        place -= len(stage)
    stage[place] = _Lesion(block)
    try:
        yield model
    finally:
        stage[place] = block
