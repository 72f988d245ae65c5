"""The batches of a run, in order, made by processes ahead of time or in between.

Of several processes that train together, each makes its own share of them.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils.data import DataLoader, Sampler

from ...errors import BurnishError, DataError, UsageError
from .crops import Batch, Crops


@dataclass(frozen=True)
class _Order(Sampler[tuple[int, int, int, int]]):
    """The (epoch, index, rank, world) of the batches first..last - 1 of a run."""

    first: int
    last: int
    epoch_length: int
    rank: int
    world: int

    def __len__(self) -> int:
        return self.last - self.first

    def __iter__(self) -> Iterator[tuple[int, int, int, int]]:
        return (
            (*divmod(i, self.epoch_length), self.rank, self.world)
            for i in range(self.first, self.last)
        )


def stream(
    crops: Crops,
    first: int,
    last: int,
    *,
    workers: int = 0,
    pinned: bool = False,
    rank: int = 0,
    world: int = 1,
) -> Iterator[Batch]:
    """The batches first..last - 1 of a run, in order.

    They are made by `workers` processes ahead of time, or in between by none. Of `world` processes
    that train together, number `rank` makes its part of each batch alone. UsageError where a batch
    cannot be divided so; DataError where a worker fails.
    """
    if crops.batch % world:
        raise UsageError(
            f"data.batch: {crops.batch} crops cannot be divided among {world} processes; take a "
            f"multiple of {world}"
        )
    order = _Order(first, last, crops.epoch_length, rank, world)
    # A generator of its own: the loader would draw its workers' seeds from the global one, and a
    # run would depend on how often it was resumed.
    loader = DataLoader(
        crops,
        batch_size=None,
        sampler=order,
        generator=torch.Generator(),
        pin_memory=pinned,
        **_by_workers(workers),
    )
    yield from _told(loader)


def _told(batches: Iterable[Batch]) -> Iterator[Batch]:
    """The batches; what goes wrong in a process that makes them is said as a DataError."""
    try:
        yield from batches
    except BurnishError as error:
        raise DataError(
            f"a picture cannot be read any more: {str(error).strip().rpartition(chr(10))[2]}"
        ) from error
    except RuntimeError as error:
        if "DataLoader worker" not in str(error):
            raise
        raise DataError(
            f"a process that makes batches died ({' '.join(str(error).split())}); where memory "
            "is short, use fewer data.workers"
        ) from error


def _by_workers(workers: int) -> dict[str, Any]:
    """The loader's arguments for processes that make batches ahead of time."""
    if not workers:
        return {}
    # Forked, workers share the decoded pictures instead of each getting a copy.
    forks = os.name == "posix" and "fork" in multiprocessing.get_all_start_methods()
    return {
        "num_workers": workers,
        "prefetch_factor": 4,
        "worker_init_fn": _calm,
        "multiprocessing_context": "fork" if forks else None,
    }


def _calm(worker: int) -> None:
    """Puts a worker into a process group of its own.

    What stops the group of the main process, such as Ctrl-C, reaches that one alone, which saves
    and then ends its workers.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)
