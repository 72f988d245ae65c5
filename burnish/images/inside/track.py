"""Tracks: the frames of an animated AVIF, or of a HEIC of many frames (ISO/IEC 14496-12, 8.3 to
8.7; 23008-12, 7), how they are timed, and what is said of their pictures. Nothing is decoded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from ..damage import corrupt
from .boxes import Box, Fields, body_of, boxes
from .items import Contents, Item, Property

#: kinds of tracks: pictures, and what belongs to another track, such as its alpha
PICTURES, BESIDE = b"pict", b"auxv"
#: bytes of a sample's description before its boxes (14496-12, 12.1.3), and where its size stands
ENTRY, SIZE = 78, slice(24, 28)
#: the longest time, which stands for endlessly
ENDLESS = (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)
#: frames that a file may have
MOST = 1 << 20


@dataclass(frozen=True)
class Track:
    """The frames of a file."""

    #: for how long each is shown, in seconds
    seconds: tuple[float, ...]
    #: how often all are played; 0 is endlessly
    plays: int
    #: width and height in pixels
    size: tuple[int, int]
    #: what is said of their pictures, as of those of items
    properties: tuple[Property, ...]
    #: whether another track has their alpha
    alpha: bool

    def contents(self, kind: bytes) -> Contents:
        """What the file would hold if its pictures were items of that kind."""
        size = b"".join(side.to_bytes(4, "big") for side in self.size)
        told = (Property(b"ispe", bytes(4) + size), *self.properties)
        items = {1: Item(1, kind, properties=told)}
        if self.alpha:
            called = Property(b"auxC", bytes(4) + b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0")
            items[2] = Item(2, kind, properties=(called,), refers=((b"auxl", (1,)),))
        return Contents(1, items)


def track_of(file: BinaryIO, name: str) -> Track | None:
    """The frames of an open file; None where it has none. InputCorrupt where they make no sense."""
    movie = next((box for box in boxes(file, name) if box.kind == b"moov"), None)
    if movie is None:
        return None
    tracks = [_Boxes(file, each, name) for each in boxes(file, name, movie.start, movie.end)]
    tracks = [each for each in tracks if each.kind == b"trak"]
    shown = [each for each in tracks if each.handler == PICTURES]
    if not shown:
        return None
    return _track(shown[0], any(each.handler == BESIDE for each in tracks))


class _Boxes:
    """A box that holds others."""

    def __init__(self, file: BinaryIO, box: Box, name: str) -> None:
        self.file, self.name = file, name
        self.box, self.kind = box, box.kind

    def box_at(self, *path: bytes) -> Box | None:
        """The box inside the first box inside ...; None where there is none."""
        box: Box | None = self.box
        for kind in path:
            if box is None:
                return None
            inner = boxes(self.file, self.name, box.start, box.end)
            box = next((each for each in inner if each.kind == kind), None)
        return box

    def fields(self, *path: bytes) -> Fields | None:
        """The fields of such a box."""
        box = self.box_at(*path)
        return None if box is None else Fields(body_of(self.file, box, self.name))

    @property
    def handler(self) -> bytes:
        """The kind of the track."""
        fields = self.fields(b"mdia", b"hdlr") if self.kind == b"trak" else None
        return b"" if fields is None else fields.take(12)[8:]


def _track(boxed_in: _Boxes, alpha: bool) -> Track:
    table = (b"mdia", b"minf", b"stbl")
    head = boxed_in.fields(b"mdia", b"mdhd")
    said = boxed_in.fields(*table, b"stts")
    described = boxed_in.fields(*table, b"stsd")
    if head is None or said is None or described is None:
        raise corrupt(boxed_in.name, "an animation that does not say how it is played")
    version = head.number(4) >> 24
    head.take(16 if version else 8)
    scale = head.number(4)
    seconds = tuple(_seconds(said, scale, boxed_in.name))
    described.take(8)
    entry = described.take(described.number(4) - 4)[4:]
    width, height = entry[SIZE][:2], entry[SIZE][2:]
    inner = Fields(entry[ENTRY:])
    return Track(
        seconds,
        _plays(boxed_in),
        (int.from_bytes(width, "big"), int.from_bytes(height, "big")),
        tuple(_properties(inner)),
        alpha,
    )


def _seconds(fields: Fields, scale: int, name: str) -> Iterator[float]:
    """For how long each frame is shown."""
    fields.take(4)
    count = 0
    for _ in range(fields.number(4)):
        frames, ticks = fields.number(4), fields.number(4)
        count += frames
        if count > MOST or not scale:
            raise corrupt(name, "an animation of absurd numbers")
        yield from [ticks / scale] * frames


def _properties(fields: Fields) -> Iterator[Property]:
    """The boxes in the description of a sample."""
    while fields.more:
        size = fields.number(4)
        kind = fields.take(4)
        yield Property(kind, fields.take(size - 8))


def _plays(boxed_in: _Boxes) -> int:
    """How often all frames are played: endlessly where that is not said, as programs do it."""
    edits, head = boxed_in.fields(b"edts", b"elst"), boxed_in.fields(b"tkhd")
    if edits is None or head is None:
        return 0
    flags = edits.number(4)
    edits.take(4)
    once = edits.number(8 if flags >> 24 else 4)
    version = head.number(4) >> 24
    head.take(24 if version else 16)
    all_together = head.number(8 if version else 4)
    if not flags & 1:
        return 1
    return 0 if all_together in ENDLESS or not once else max(1, -(-all_together // once))
