r"""What a model need not compute again: the keys and values of the tokens that it has read."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from deepbook.components.model.checks import check_axes


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

        Raises:
            TypeError: If one of them is no floating-point tensor.
            ValueError: If their shapes differ from one another or, but for T,
                from what the layer holds, or a layer below is empty yet.
        """
        self._check(layer, key, value)
        if layer == len(self.layers):
            self.layers.append((key, value))
        else:
            old = self.layers[layer]
            self.layers[layer] = (
                torch.cat([old[0], key], dim=2),
                torch.cat([old[1], value], dim=2),
            )
        return self.layers[layer]

    def _check(self, layer: int, key: Tensor, value: Tensor) -> None:
        if layer not in range(len(self.layers) + 1):
            raise ValueError(
                f"layer must be 0 to {len(self.layers)}, got {layer}; fill"
                " the layers from the first on"
            )
        for name, given in (("key", key), ("value", value)):
            check_axes(name, given, "B, heads, T, head_size")
        if key.shape != value.shape:
            raise ValueError(
                f"value must have the shape of key, {tuple(key.shape)}, got"
                f" {tuple(value.shape)}"
            )
        if layer < len(self.layers):
            old = self.layers[layer][0].shape
            if key.shape[:2] + key.shape[3:] != old[:2] + old[3:]:
                raise ValueError(
                    f"key must have the shape {tuple(old)} of what the cache"
                    f" holds, but for T, got {tuple(key.shape)}; begin a new"
                    " text with Cache()"
                )
