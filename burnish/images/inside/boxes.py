"""Boxes, the pieces that HEIF, AVIF and JPEG XL files are made of (ISO/IEC 14496-12, 4.2)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from ..damage import corrupt, truncated

#: no box that is read whole is larger in good faith
LARGEST = 1 << 24


@dataclass(frozen=True)
class Box:
    """Where a box stands."""

    #: the four letters of its kind
    kind: bytes
    #: where its body begins
    start: int
    #: where it ends
    end: int


def boxes(file: BinaryIO, name: str, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """The boxes of a file one after another, or of the body of a box from `start` to `end`.

    InputTruncated where one is longer than what there is.
    """
    if end is None:
        end = file.seek(0, io.SEEK_END)
    while start < end:
        file.seek(start)
        head = file.read(min(16, end - start))
        if len(head) < 8:
            raise truncated(name)
        size, body = int.from_bytes(head[:4], "big"), start + 8
        if size == 1:
            size, body = int.from_bytes(head[8:], "big"), start + 16
        elif size == 0:
            size = end - start
        if size < body - start:
            raise corrupt(name, "a box that is shorter than its own head")
        if start + size > end:
            raise truncated(name)
        yield Box(head[4:8], body, start + size)
        start += size


def body_of(file: BinaryIO, box: Box, name: str) -> bytes:
    """The body of a box. InputCorrupt where it is larger than any of its kind."""
    if box.end - box.start > LARGEST:
        raise corrupt(name, f"a {box.kind.decode('ascii', 'replace')} box of more than 16 MB")
    file.seek(box.start)
    return file.read(box.end - box.start)


def boxed(kind: bytes, *bodies: bytes) -> bytes:
    """A box as it stands in a file."""
    return (8 + sum(map(len, bodies))).to_bytes(4, "big") + kind + b"".join(bodies)


class Fields:
    """The fields of a box, read one after another. ValueError where there are no more."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.place = 0

    def take(self, size: int) -> bytes:
        """So many bytes."""
        taken = self.data[self.place : self.place + size]
        if len(taken) < size:
            raise ValueError("a box that ends before its fields do")
        self.place += size
        return taken

    def number(self, size: int) -> int:
        """A whole number of so many bytes; 0 where they are none."""
        return int.from_bytes(self.take(size), "big")

    def text(self) -> bytes:
        """A text as far as the zero behind it."""
        end = self.data.find(b"\0", self.place)
        if end < 0:
            raise ValueError("a text in a box that does not end")
        taken = self.data[self.place : end]
        self.place = end + 1
        return taken

    @property
    def more(self) -> bool:
        """Whether anything is left."""
        return self.place < len(self.data)
