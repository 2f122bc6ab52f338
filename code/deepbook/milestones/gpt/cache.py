r"""What a model need not compute again: the keys and values of the tokens that it has read."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor


@dataclass
class Cache:
    r"""Keys and values of the tokens that were read already, layer by layer.

    Args:
        layers: Pairs of `(B, heads, T, head_size)`; grows while it is used.

    Examples:
        >>> cache, new = Cache(), torch.zeros(1, 2, 3, 4)
        >>> keys, values = cache.extend(0, new, new)
        >>> keys, values = cache.extend(0, new, new)
        >>> keys.shape, cache.length
        (torch.Size([1, 2, 6, 4]), 6)
    """

    layers: list[tuple[Tensor, Tensor]] = field(default_factory=list)

    @property
    def length(self) -> int:
        r"""Number of tokens that were read."""
        return self.layers[0][0].shape[2] if self.layers else 0

    def extend(
        self, layer: int, key: Tensor, value: Tensor
    ) -> tuple[Tensor, Tensor]:
        r"""Put new keys and values behind the old ones.

        Args:
            layer: Number of the layer, from 0.
            key: `(B, heads, T, head_size)` of the new tokens.
            value: Like `key`.

        Returns:
            Keys and values of all tokens.
        """
        if layer == len(self.layers):
            self.layers.append((key, value))
        else:
            old = self.layers[layer]
            self.layers[layer] = (
                torch.cat([old[0], key], dim=2),
                torch.cat([old[1], value], dim=2),
            )
        return self.layers[layer]
