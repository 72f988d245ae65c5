"""The scans of a JPEG: where their data stand, and whether they are all there.

Decoders fill in for what is missing without a word, and do not tell when a scan's data ran out
either; so a file is decoded again with bytes added behind every scan, which a whole one never
reads. Damage that leaves as many valid codes as a whole file has, or more, cannot be told from a
picture.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import BinaryIO

from ...errors import InputError
from ..damage import corrupt, truncated
from .frame import FRAMES, INTERVAL, Frame, frame_of, intervals

SOI, EOI, SOS = 0xD8, 0xD9, 0xDA
#: the frame of a JPEG-LS (ITU-T T.87), which begins as JPEGs do
JPEG_LS = 0xF7
PROGRESSIVE = {0xC2, 0xCA}
#: sequential and progressive, with arithmetic coding
ARITHMETIC = {0xC9, 0xCA}
#: a file with more scans than this wastes time on purpose
SCANS = 500
#: zero bytes that a scan may end with, of the many that may stand in the place of an end marker
ZEROS = 2
#: what is added behind a scan. A decoder without data takes zeros, with which the second differs
#: from its first bit on
PROBES = (b"\x35\xca\x53\xac\x35\xca", b"\xca\x35\xac\x53\xca\x35")
#: so often, for a decoder may drop a unit that is not whole, which has at most 10 blocks of 64
#: numbers of up to 26 bits
TIMES = 10 * 64 * 26 // 8 // len(PROBES[0]) + 1
#: bytes that may be added to a file of very many intervals, each of which then gets fewer
ADDED = 1 << 26
MENDED = "its end marker is missing, its picture is whole"

_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_RESTART = re.compile(rb"\xff([\xd0-\xd7])")


@dataclass(frozen=True)
class Scans:
    """What a walk through a file finds."""

    #: the file up to its end marker; where it has none, it gets one behind its last scan
    data: bytes
    #: where the data of each scan begin and end
    places: tuple[tuple[int, int], ...]
    #: whether the file had its end marker
    closed: bool
    #: where the picture ends in the file
    end: int
    #: whether it is coded arithmetically: then zeros behind the data are part of them, and what
    #: is added there changes whole pictures, too (T.81, D.1.8)
    arithmetic: bool

    def probed(self, probe: bytes) -> bytes:
        """The file with bytes added behind every scan and restart interval: where the data ran out
        before, they make another picture.
        """
        restarts = sum(len(_RESTART.findall(self.data, *place)) for place in self.places)
        most = ADDED // len(probe) // (restarts + len(self.places))
        probe *= max(1, min(TIMES, most))
        pieces, last = [], 0
        for start, end in self.places:
            interval = _RESTART.sub(lambda found: probe + found[0], self.data[start:end])
            pieces += [self.data[last:start], interval, probe]
            last = end
        return b"".join((*pieces, self.data[last:]))


def walk(data: bytes, name: str) -> Scans:
    """Walks to the end-of-image marker, and sees that a progressive file brought every coefficient
    to its last bit.

    Where that marker is missing, the file ends behind its last scan, and only decoding tells
    whether the data of that ran out. InputTruncated, InputCorrupt.
    """
    file = io.BytesIO(data)
    file.seek(2)
    frame: Frame | None = None
    interval, missing = 0, {}
    places: list[tuple[int, int]] = []
    closed = True
    while True:  # from segment to segment, each scan up to the next marker
        try:
            if (marker := next_marker(file, name)) == EOI:
                break
            body = segment(file, name)
        except InputError:
            if not places:
                raise
            closed = False  # behind a scan it may be a trailer, or nothing
            break
        if marker in FRAMES:
            frame = frame_of(marker, body)
            missing = {body[6 + 3 * c]: [1] * 64 for c in range(body[5])}
        elif marker == INTERVAL:
            interval = int.from_bytes(body[:2], "big")
        if marker != SOS:
            continue
        if frame is None:
            raise corrupt(name, "no frame before its first scan")
        if len(places) == SCANS:
            raise corrupt(name, f"more than {SCANS} scans")
        _tick_off(missing, body, frame.marker in PROGRESSIVE)
        start = file.tell()
        end = _behind(data, start, intervals(frame, body, interval), name)
        places.append((start, end))
        file.seek(end)
    if frame is None:
        raise corrupt(name, "it has no scan")
    if any(map(any, missing.values())):
        raise truncated(name)
    return _found(data, places, file.tell() if closed else None, frame.marker in ARITHMETIC, name)


def _found(
    data: bytes, places: list[tuple[int, int]], end: int | None, arithmetic: bool, name: str
) -> Scans:
    """The scans of a file. end: where it ends behind its end marker; None where it has none, so
    that the last scan ends where its data do.
    """
    if end is not None:
        return Scans(data[:end], tuple(places), True, end, arithmetic)
    if arithmetic:
        raise truncated(name)
    *before, (start, end) = places
    end = _end_of_scan(data, start, end)
    return Scans(data[:end] + bytes((0xFF, EOI)), (*before, (start, end)), False, end, arithmetic)


def _behind(data: bytes, start: int, wanted: int, name: str) -> int:
    """Where the data of a scan end: before a marker, or with the file.

    InputCorrupt where restart intervals are missing in it, whose own markers count from 0 to 7,
    again and again; InputTruncated where it ends before it has as many as are wanted.
    """
    marker = _MARKER.search(data, start)
    end = len(data) if marker is None else marker.start()
    numbers = [found[1][0] - 0xD0 for found in _RESTART.finditer(data, start, end)]
    if any(number != place % 8 for place, number in enumerate(numbers)):
        raise corrupt(name, "parts of its scan are missing")
    if len(numbers) + 1 < wanted:
        raise truncated(name)
    return end


def next_marker(file: BinaryIO, name: str) -> int:
    """The marker that the file stands before. InputTruncated, InputCorrupt."""
    byte = file.read(1)
    if byte and byte != b"\xff":
        raise corrupt(name, "bytes between its segments")
    while byte == b"\xff":
        byte = file.read(1)
    if not byte:
        raise truncated(name)
    return byte[0]


def segment(file: BinaryIO, name: str) -> bytes:
    """What stands in the segment behind a marker. InputTruncated."""
    length = int.from_bytes(file.read(2), "big")
    body = file.read(max(0, length - 2))
    if length < 2 or len(body) != length - 2:
        raise truncated(name)
    return body


def _end_of_scan(data: bytes, start: int, end: int) -> int:
    """Where the data of a last scan without a marker end, as far as its bytes tell: zeros behind
    them stand for what is missing, but for those few that data may end with.
    """
    last = len(data[start:end].rstrip(b"\0"))
    if last == end - start:  # half a marker may be there
        return start + len(data[start:end].rstrip(b"\xff"))
    return min(end, start + last + ZEROS)


def _tick_off(missing: dict[int, list[int]], scan: bytes, progressive: bool) -> None:
    """Writes down what one scan brings: for each of 64 coefficients of its components, the lowest
    bit so far.
    """
    first, last, low = (scan[-3], scan[-2], scan[-1] & 15) if progressive else (0, 63, 0)
    for component in scan[1 : 1 + 2 * scan[0] : 2]:
        if component in missing and last < 64:
            missing[component][first : last + 1] = [low] * (last + 1 - first)
