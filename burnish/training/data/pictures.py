"""Pictures in memory, every one decoded before the first step.

They are kept as bytes or 16-bit numbers where they fit.
"""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ...contract import Array
from ...errors import BurnishError, DataError
from ...ground.remarks import Say
from .sources import Pixels, Source, summed

#: the clean picture and, of a pair, the spoiled one
Sides = tuple[Pixels, Pixels | None]


@dataclass(frozen=True)
class Pictures:
    """Pictures and pairs in a fixed order."""

    #: where each of them comes from
    sources: tuple[Source, ...]
    #: all of them decoded; None where they do not fit into memory and are read at every access
    cached: tuple[Sides, ...] | None
    #: the SHA-256 of their names, shapes and checksums, which a resumed run compares
    fingerprint: str
    #: (height, width) of what the network takes: of a pair the spoiled side, of a clean picture the
    #: sides divided by the scale
    sizes: tuple[tuple[int, int], ...]

    def __len__(self) -> int:
        return len(self.sources)

    def __getitem__(self, index: int) -> Sides:
        return self.cached[index] if self.cached is not None else _sides(self.sources[index])


def floats(pixels: Pixels) -> Array:
    """Pixels as float32 in [0, 1]."""
    return np.divide(pixels, full(pixels), dtype=np.float32)


def full(pixels: Pixels) -> np.float32:
    """The whole number that stands for 1 in pixels of this kind."""
    return np.float32(np.iinfo(pixels.dtype).max)


def open_pictures(sources: Sequence[Source], smallest: int, say: Say, scale: int = 1) -> Pictures:
    """Decodes every picture, and keeps them where they fit into half of the free memory.

    `smallest` is the least side of a clean picture in pixels, `scale` how many times smaller the
    spoiled side of a pair is; rows and columns of the clean side that are left over at the right
    and below do not count. DataError names those that cannot be used, before the first step.
    """
    if not sources:
        raise DataError(
            "no picture is left to train on; data.leave_out, data.leave_out_groups and "
            "data.hold_out take all of them"
        )
    room = _free_memory() // 2
    cached: list[Sides] | None = []
    sums: list[list[Any]] = []
    sizes: list[tuple[int, int]] = []
    problems: list[str] = []
    results = _in_order(partial(_try_reading, smallest=smallest, scale=scale), sources)
    for source, result in zip(sources, results, strict=True):
        if isinstance(result, str):
            problems.append(f"{source.place} ({result})")
            continue
        clean, spoiled = result
        sides = [side for side in result if side is not None]
        sums.append([source.name, *_sums(sides)])
        sizes.append(_taken_size(clean, spoiled, scale))
        room -= sum(side.nbytes for side in sides)
        if cached is not None and room < 0:
            say(
                "the pictures do not fit into half of the free memory, so each is read again "
                "whenever a crop of it is wanted; more data.workers help"
            )
            cached = None
        if cached is not None:
            cached.append(result)
    if problems:
        raise DataError(
            f"{len(problems)} of {len(sources)} pictures cannot be trained on; mend or remove "
            f"them: {summed(problems)}"
        )
    fingerprint = hashlib.sha256(json.dumps(sums).encode()).hexdigest()
    return Pictures(
        tuple(sources), None if cached is None else tuple(cached), fingerprint, tuple(sizes)
    )


def _taken_size(clean: Pixels, spoiled: Pixels | None, scale: int) -> tuple[int, int]:
    """The (height, width) of what the network takes of a picture or pair."""
    if spoiled is None:
        return clean.shape[1] // scale, clean.shape[2] // scale
    return spoiled.shape[1], spoiled.shape[2]


def _sums(sides: Sequence[Pixels]) -> list[Any]:
    """The shape and checksum of each side, which tell whether a picture is the one that it was."""
    return [value for side in sides for value in (list(side.shape), zlib.crc32(side.data))]


def _in_order(
    read: Callable[[Source], Sides | str], sources: Sequence[Source]
) -> Iterator[Sides | str]:
    """What is read of each source, in order, by threads that are only so far ahead.

    Pictures that do not fit into memory are so never all there at once.
    """
    ahead: deque[Future[Sides | str]] = deque()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for source in sources:
            ahead.append(pool.submit(read, source))
            if len(ahead) > 4 * (os.cpu_count() or 1):
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _sides(source: Source) -> Sides:
    return source.read(), source.read_spoiled() if source.read_spoiled else None


def _try_reading(source: Source, smallest: int, scale: int) -> Sides | str:
    try:
        clean, spoiled = _sides(source)
    except BurnishError as error:
        return str(error).removeprefix(f"{source.place}: ")
    if min(clean.shape[1:]) < smallest:
        return f"{_size(clean)} is smaller than the crop of {smallest}"
    if spoiled is not None and spoiled.shape[1:] != tuple(
        side // scale for side in clean.shape[1:]
    ):
        wanted = "as large as" if scale == 1 else f"{scale} times smaller than"
        return (
            f"the spoiled side is {_size(spoiled)}, and should be {wanted} the clean one, "
            f"which is {_size(clean)}"
        )
    return clean, spoiled


def _size(pixels: Pixels) -> str:
    return f"{pixels.shape[2]}x{pixels.shape[1]}"


def _free_memory() -> int:
    """The free memory in bytes; processes of one run on this machine each count on their share."""
    import psutil

    return int(psutil.virtual_memory().available) // int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
