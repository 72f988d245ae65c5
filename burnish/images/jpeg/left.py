"""What is left of a damaged JPEG: its scans as far as they go, closed so that libjpeg decodes them,
and the places for which there were no data.

Bytes in a scan that look like markers and lead nowhere are taken for damage, and restart intervals
that were lost are left empty, so that those behind them keep their places.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..damage import corrupt
from ..damage.left import DOUBT
from ..picture import Left
from .frame import FRAMES, INTERVAL, Frame, frame_of, intervals
from .scans import ARITHMETIC, EOI, PROBES, PROGRESSIVE, SCANS, SOI, SOS, Scans

#: what may stand between scans: tables, restart intervals, scans, lines, comments, others' own
BETWEEN = {0xC4, 0xCC, 0xDB, 0xDC, INTERVAL, SOS, 0xFE, *range(0xE0, 0xF0)}

#: what is said of a progressive file, which brings its picture in finer and finer steps
COARSE = "it is in less detail than it had"

_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_RESTART = re.compile(rb"\xff([\xd0-\xd7])")


@dataclass(frozen=True)
class Rest:
    """What is left of the scans of a JPEG."""

    #: how its samples stand in them
    frame: Frame
    #: all scans, and those alone that a picture needs to be seen at all
    all: Scans
    first: Scans
    #: units of a restart interval; 0 where there are none
    interval: int
    #: whether its end marker is there, so that what is damaged lies before it
    closed: bool


def rest(data: bytes, name: str) -> Rest:
    """What is left of the scans. InputCorrupt where there is nothing to be decoded."""
    frame: Frame | None = None
    whole = bytearray((0xFF, SOI))
    places: list[tuple[int, int]] = []
    needed = 0
    interval = 0
    place = 2
    while (found := _segment(data, place)) is not None and len(places) < SCANS:
        marker, body, end = found
        whole += data[place:end]
        place = end
        if marker in FRAMES:
            frame = frame_of(marker, body)
        elif marker == INTERVAL:
            interval = int.from_bytes(body[:2], "big")
        if marker != SOS or frame is None:
            continue
        place = _end_of_scan(data, end)
        start = len(whole)
        whole += _mended(data[end:place], intervals(frame, body, interval))
        places.append((start, len(whole)))
        # In a progressive file, those that begin with the first coefficient and its high bits.
        if frame.marker not in PROGRESSIVE or (body[-3], body[-1] >> 4) == (0, 0):
            needed = len(places)
    if frame is None or not places:
        raise corrupt(name, "nothing of its picture is there")
    first = whole[: places[needed - 1][1]]
    return Rest(
        frame,
        _scans(bytes(whole), places, place, frame),
        _scans(bytes(first), places[:needed], place, frame),
        interval,
        closed=data[place : place + 2] == bytes((0xFF, EOI)),
    )


def left(found: Rest, decoded: Callable[[bytes], NDArray[Any]]) -> tuple[NDArray[Any], Left]:
    """The samples [H, W] or [H, W, C], and for which of them there were data.

    decoded: makes samples of a file's bytes.
    """
    samples = decoded(found.all.data)
    first = samples if found.first.data == found.all.data else decoded(found.first.data)
    differs = np.zeros(first.shape[:2], bool)
    for probe in PROBES:
        other = decoded(found.first.probed(probe))
        differs |= (first != other).reshape(*first.shape[:2], -1).any(axis=-1)
    but = [COARSE] if found.frame.marker in PROGRESSIVE else []
    but += [DOUBT] if found.closed else []
    missing = _from_the_first(differs, found.frame, found.interval)
    if found.frame.unit != (8, 8):
        missing = _with_rim(missing)
    return samples, Left(missing, ", and ".join(but))


def _from_the_first(differs: NDArray[np.bool_], frame: Frame, interval: int) -> NDArray[np.bool_]:
    """Where nothing is known, [H, W]: from the first unit of an interval on that is not the same
    whatever follows its data.

    The rim of a unit says nothing, since coarse colours are spread from one to the next.
    """
    down, across = frame.unit
    rows, columns = -(-frame.height // down), -(-frame.width // across)
    room = np.zeros((rows * down, columns * across), bool)
    room[: frame.height, : frame.width] = differs
    units = room.reshape(rows, down, columns, across)[:, 1:-1, :, 1:-1].any(axis=(1, 3))
    row = units.reshape(-1)
    every = interval or row.size
    for start in range(0, row.size, every):
        part = row[start : start + every]
        np.logical_or.accumulate(part, out=part)
    return units.repeat(down, 0).repeat(across, 1)[: frame.height, : frame.width]


def _with_rim(missing: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """What is missing with the pixels around it, whose coarse colours are made of its own."""
    wide = missing.copy()
    wide[1:] |= missing[:-1]
    wide[:-1] |= missing[1:]
    rim = wide.copy()
    rim[:, 1:] |= wide[:, :-1]
    rim[:, :-1] |= wide[:, 1:]
    return rim


def _segment(data: bytes, place: int) -> tuple[int, bytes, int] | None:
    """The marker at a place, what stands in its segment, and where that ends; None where no whole
    segment stands there, as behind the picture.
    """
    while data[place : place + 2] == b"\xff\xff":
        place += 1
    length = int.from_bytes(data[place + 2 : place + 4], "big")
    end = place + 2 + length
    if len(data) < max(end, place + 4) or data[place] != 0xFF or length < 2:
        return None
    marker = data[place + 1]
    known = marker in BETWEEN or marker in FRAMES
    return (marker, data[place + 4 : end], end) if known else None


def _end_of_scan(data: bytes, start: int) -> int:
    """Where the data of a scan end: at a marker that leads somewhere, or with the file."""
    for found in _MARKER.finditer(data, start):
        at = found.start()
        if data[at + 1] == EOI:
            return at
        segment = _segment(data, at)
        if segment is not None and data[segment[2] : segment[2] + 1] in (b"\xff", b""):
            return at
        if segment is not None and segment[0] == SOS:
            return at
    return len(data)


def _mended(scan: bytes, intervals: int) -> bytes:
    """The data of a scan without what looks like a marker in them, of so many restart intervals; 0
    is none.
    """
    scan = _MARKER.sub(b"\0\0", scan).rstrip(b"\xff")
    if not intervals:
        return _RESTART.sub(b"\0\0", scan)
    pieces: list[bytes] = []
    last = count = 0
    for found in _RESTART.finditer(scan):
        lost = (found[1][0] - 0xD0 - count) % 8
        pieces += [scan[last : found.start()], _empty(count, count + lost), found[0]]
        last = found.end()
        count += lost + 1
    whole = b"".join((*pieces, scan[last:]))
    # Markers that are no markers would come to more.
    return whole + _empty(count, intervals - 1) if count < intervals else scan


def _empty(start: int, stop: int) -> bytes:
    """The markers of restart intervals without data, by their numbers."""
    return b"".join(bytes((0xFF, 0xD0 + number % 8)) for number in range(start, stop))


def _scans(data: bytes, places: list[tuple[int, int]], end: int, frame: Frame) -> Scans:
    """The scans as a file of their own."""
    arithmetic = frame.marker in ARITHMETIC
    return Scans(data + bytes((0xFF, EOI)), tuple(places), True, end, arithmetic)
