"""Segments: stretches of a film that are done, each in a file of its own, whole or absent.

What is done is what is there: nothing else says so. Numbers of frames are the names of the files.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO

from ...ground.files import atomic_write
from .code import Coded

#: how the names of segments end
ENDING = ".segment"
#: how a file ends: the bytes of its index, as one number behind it
LENGTH = struct.Struct("<Q")


@dataclass(frozen=True)
class Segment:
    """A stretch of a film that is done."""

    #: its file: bytes of packets, their index, and the length of that
    path: Path
    #: of each packet, in the order in which they are decoded: when it is shown, whether it stands
    #: by itself, and its bytes
    index: Sequence[tuple[int, bool, int]]

    def packets(self) -> Iterator[Coded]:
        """Its packets, in the order in which they are decoded."""
        with open(self.path, "rb") as file:
            for shown, key, size in self.index:
                yield Coded(shown, key, file.read(size))

    @property
    def times(self) -> list[int]:
        """When its frames are shown, in order."""
        return sorted(shown for shown, _, _ in self.index)

    @property
    def delay(self) -> int:
        """How many frames later than they are decoded some are shown."""
        ranks = {shown: rank for rank, shown in enumerate(self.times)}
        return max(place - ranks[shown] for place, (shown, _, _) in enumerate(self.index))


def write_segment(folder: Path, number: int, packets: Iterable[Coded]) -> int:
    """Writes the segment that begins with a frame of that number, whole or not at all.

    Returns how many frames are in it.
    """
    index: list[tuple[int, bool, int]] = []

    def fill(file: BinaryIO) -> None:
        for packet in packets:
            file.write(packet.body)
            index.append((packet.shown, packet.key, len(packet.body)))
        text = json.dumps(index).encode()
        file.write(text)
        file.write(LENGTH.pack(len(text)))

    atomic_write(folder / f"{number:09}{ENDING}", fill)
    return len(index)


def segments(folder: Path) -> list[Segment]:
    """The segments that are done, in order, as far as none is missing between them."""
    found: list[Segment] = []
    done = 0
    for path in sorted(folder.glob(f"*{ENDING}")):
        if int(path.stem) != done:
            break
        found.append(Segment(path, _index(path)))
        done += len(found[-1].index)
    return found


def _index(path: Path) -> Sequence[tuple[int, bool, int]]:
    with open(path, "rb") as file:
        file.seek(-LENGTH.size, 2)
        (length,) = LENGTH.unpack(file.read())
        file.seek(-LENGTH.size - length, 2)
        return [(shown, key, size) for shown, key, size in json.loads(file.read(length))]


@dataclass(frozen=True)
class Timed:
    """A packet of the video, with the times that a container wants."""

    #: the packet
    packet: Coded
    #: when it is to be decoded, in units of the film: these never go back
    decoded: int
    #: for how long its frame is shown, in units of the film
    duration: int


def timed(parts: Sequence[Segment], last: int) -> Iterator[Timed]:
    """The packets of all segments, one film again.

    A frame is decoded when the one is shown that many frames before it. So times to decode never go
    back, whatever the rate, and no encoder is asked, each of which begins anew in every segment.

    last: for how long the last frame is shown, in units of the film.
    """
    delay = max(part.delay for part in parts)
    first, second = parts[0].times[0], next(islice(_times(parts), 1, None), None)
    step = last if second is None else second - first
    early = (first - step * ahead for ahead in range(delay, 0, -1))
    decoded = chain(early, _times(parts))
    for part, after in zip(parts, [*parts[1:], None], strict=True):
        times = part.times
        end = times[-1] + last if after is None else after.times[0]
        ends = dict(zip(times, [*times[1:], end], strict=True))
        for packet in part.packets():
            yield Timed(packet, next(decoded), ends[packet.shown] - packet.shown)


def _times(parts: Sequence[Segment]) -> Iterator[int]:
    """When the frames of all segments are shown, in order."""
    return chain.from_iterable(part.times for part in parts)
