r"""A dataset that adds noise to its rows, with a source of randomness of its own."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.utils.data import Dataset, get_worker_info


class NoisyRows(Dataset):
    r"""Rows to which each access adds fresh noise.

    A worker process of a `DataLoader` gets a copy of the dataset, and with
    it a copy of the generator; see `reseed_worker`.

    Args:
        rows: `(N, D)` floating point.
        generator: Source of the noise.
        size: Standard deviation of the noise.

    Raises:
        TypeError: If `rows` is not floating point.

    Examples:
        >>> rows = NoisyRows(torch.zeros(3, 2), torch.Generator(), size=0.0)
        >>> len(rows), rows[1].tolist()
        (3, [0.0, 0.0])
    """

    def __init__(
        self, rows: Tensor, generator: torch.Generator, size: float = 1.0
    ):
        if not rows.is_floating_point():
            raise TypeError(
                f"rows must be floating point, got {rows.dtype}; "
                "convert them with .float()"
            )
        self.rows, self.generator, self.size = rows, generator, size

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Tensor:
        row = self.rows[index]
        noise = torch.randn(row.shape, generator=self.generator)
        return row + self.size * noise


def reseed_worker(worker: int) -> None:
    r"""Give a worker's copy of a dataset a stream of randomness of its own.

    Pass it to a `DataLoader` as `worker_init_fn`. PyTorch has already seeded
    the worker: anew for each pass over the data, differently for each worker.

    Args:
        worker: Number of the worker; PyTorch passes it.

    Raises:
        RuntimeError: If called outside of a worker.

    Examples:
        >>> reseed_worker(0)
        Traceback (most recent call last):
        RuntimeError: reseed_worker must run in a worker; ...
    """
    info = get_worker_info()
    if info is None:
        raise RuntimeError(
            "reseed_worker must run in a worker; pass it as worker_init_fn"
        )
    info.dataset.generator.manual_seed(info.seed)
