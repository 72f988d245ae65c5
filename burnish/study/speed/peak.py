"""Peaks of this machine: operations and bytes a second, as measured now."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from ...inference.backends.table import installed

#: channels and side of the convolution that is timed; without OpenVINO, it is a product of matrices
CHANNELS, SIDE = 256, 96
#: the side of these matrices
PRODUCT = 2048
#: bytes of each half of the memory that is copied
COPIED = 128 * 2**20
#: how often each is timed; the best counts, since nothing makes a machine faster than it is
TURNS = 7


@dataclass(frozen=True)
class Peaks:
    """What the machine does at most."""

    #: operations a second (a multiply-add is two) in a convolution, by precision
    operations: dict[str, float]
    #: bytes a second that are read and written in copying memory, on all cores
    memory: float


def peaks() -> Peaks:
    """Measures the peaks; takes some seconds, and means little where other work is going on."""
    operations = {name: rate for name, rate in _rates() if rate is not None}
    return Peaks(operations, 2 * COPIED / _best(_copy()))


def _rates() -> Iterator[tuple[str, float | None]]:
    """Operations a second in each precision; None where the processor does not compute in it."""
    if not installed("openvino"):
        left = np.random.default_rng(0).random((PRODUCT, PRODUCT), np.float32)
        yield "fp32", 2 * PRODUCT**3 / _best(lambda: left @ left)
        return
    from ...inference.backends.openvino import convolution

    done = 2 * 9 * CHANNELS**2 * SIDE**2
    for precision in ("fp32", "bf16", "int8"):
        run = convolution(CHANNELS, SIDE, precision)
        yield precision, None if run is None else done / _best(run)


def _copy() -> Callable[[], object]:
    """What copies memory, on every core a part of it."""
    cores = os.cpu_count() or 1
    source = np.ones((cores, COPIED // cores // 4), np.float32)
    target = np.zeros_like(source)
    pool = ThreadPoolExecutor(cores)

    def copy() -> object:
        return list(pool.map(np.copyto, target, source))

    return copy


def _best(run: Callable[[], object]) -> float:
    """Seconds of the fastest of some turns."""
    seconds = []
    for _ in range(TURNS):
        begun = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - begun)
    return min(seconds)
