"""The file around a JPEG XL's codestream: none, or boxes (ISO/IEC 18181-2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from ...damage import corrupt
from ..boxes import LARGEST, Box, body_of, boxed, boxes
from .head import Head, head_of

#: how a file begins that is a codestream alone, and one that is made of boxes
BARE, BOXED = b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n"
#: bytes that hold every head without a profile
HEAD = 4096
#: boxes of the codestream: the whole of it, and parts, which have a number first
WHOLE, PART, NUMBER = b"jxlc", b"jxlp", 4
#: the box that says which level of the standard a decoder has to be of
LEVEL = b"jxll"


@dataclass(frozen=True)
class Container:
    """Where what stands in a file."""

    #: the first box of each kind, compressed ones by the kind that they hold; none of a codestream
    #: alone
    boxes: Mapping[bytes, Box]
    #: (begin, end) of the parts of the codestream
    pieces: tuple[tuple[int, int], ...]

    def codestream(self, file: BinaryIO, name: str, most: int | None = None) -> bytes:
        """The codestream, behind its two letters, or so many bytes of it."""
        read: list[bytes] = []
        left = most or sum(end - start for start, end in self.pieces)
        for start, end in self.pieces:
            file.seek(start)
            read.append(file.read(min(end - start, left)))
            left -= len(read[-1])
        data = b"".join(read)
        if data[:2] != BARE:
            raise corrupt(name, "its picture has no signature")
        return data[2:]

    def head(self, file: BinaryIO, name: str) -> Head:
        """The head of the codestream."""
        return head_of(self.codestream(file, name, HEAD))

    def body(self, file: BinaryIO, kind: bytes, name: str) -> bytes | None:
        """The body of a box, decompressed where it is compressed; None where there is none."""
        if kind not in self.boxes:
            return None
        box = self.boxes[kind]
        body = body_of(file, box, name)
        if box.kind == b"brob":
            from imagecodecs import brotli_decode

            body = bytes(brotli_decode(body[4:], out=LARGEST))
        return body or None


def container_of(file: BinaryIO, name: str) -> Container:
    """Where what stands in an open file. InputCorrupt where it holds no picture."""
    file.seek(0)
    if file.read(2) == BARE:
        return Container({}, ((0, file.seek(0, 2)),))
    found: dict[bytes, Box] = {}
    pieces = []
    for box in boxes(file, name):
        kind = box.kind
        if kind == b"brob":
            file.seek(box.start)
            kind = file.read(4)
        found.setdefault(kind, box)
        if kind in (WHOLE, PART):
            pieces.append((box.start + (NUMBER if kind == PART else 0), box.end))
    if not pieces:
        raise corrupt(name, "it holds no picture")
    return Container(found, tuple(pieces))


def packed(codestream: bytes, level: bytes, beside: Sequence[tuple[bytes, bytes]]) -> bytes:
    """A file of a codestream, behind its two letters, and boxes.

    level: the body of the box that says the level; empty where there is none. beside: kinds and
    bodies of others, each as it stands.
    """
    first = [boxed(LEVEL, level)] if level else []
    others = [boxed(kind, body) for kind, body in beside]
    brand = boxed(b"ftyp", b"jxl ", bytes(4), b"jxl ")
    return b"".join((BOXED, brand, *first, *others, boxed(WHOLE, BARE, codestream)))
