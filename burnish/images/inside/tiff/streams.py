"""The streams of picture formats that may stand in the strips and tiles of a TIFF: how large the
picture in one says it is.

Their decoders make room for what the stream says, however small the strip is that it fills, so it
is looked at beforehand. What merely packs bytes is told how many to give, and needs no look.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO

from ...damage import corrupt
from ...jpeg.quality import jpeg_quality
from . import tags

if TYPE_CHECKING:
    from tifffile import TiffPage

#: bytes of a stream within which it says how large it is
HEAD = 1 << 20
#: rows and columns by which a stream may be larger than its strip: blocks are filled up
BEYOND = 64
#: the frames of a JPEG (SOF), by their markers
_FRAME = re.compile(rb"\xff[\xc0-\xc3\xc5-\xc7\xc9-\xcb\xcd-\xcf]", re.DOTALL)

#: the first table of a JPEG, of 8 bits (DQT)
_TABLE = re.compile(rb"\xff\xdb..\x00(.{64})", re.DOTALL)


def check_streams(page: TiffPage, file: BinaryIO, name: str) -> None:
    """InputCorrupt where the stream of a strip or tile says that it is larger than that."""
    if int(page.compression) not in SIZES:
        return
    for offset, count in zip(page.dataoffsets, page.databytecounts, strict=False):
        file.seek(offset)
        check_stream(page, file.read(min(count, HEAD)), name)


def check_stream(page: TiffPage, head: bytes, name: str) -> None:
    """InputCorrupt where one strip or tile, by its beginning, is larger than it should be."""
    measure = SIZES.get(int(page.compression))
    if measure is None:
        return
    width = page.tilewidth if page.is_tiled else page.imagewidth
    height = page.tilelength if page.is_tiled else page.rowsperstrip
    across, down = _measured(measure, head[:HEAD], name)
    if not 0 < across <= width + BEYOND or not 0 < down <= height + BEYOND:
        raise corrupt(name, f"a part of {width}x{height} pixels holds {across}x{down}")


def quality_of(page: TiffPage, file: BinaryIO) -> int | None:
    """The quality of the JPEGs in the strips or tiles of a page by their first table of
    quantisation, 1 to 100; None where there are none.
    """
    if page.compression not in tags.JPEGS or not page.dataoffsets or not page.databytecounts:
        return None
    file.seek(page.dataoffsets[0])
    tables = (page.jpegtables or b"", file.read(min(page.databytecounts[0], HEAD)))
    found = next(filter(None, map(_TABLE.search, tables)), None)
    return None if found is None else jpeg_quality(list(found[1]))


def _measured(
    measure: Callable[[bytes], tuple[int, int]], head: bytes, name: str
) -> tuple[int, int]:
    try:
        return measure(head)
    except (struct.error, IndexError, ValueError) as error:
        raise corrupt(name, "a part of it has no size") from error


def _jpeg(head: bytes) -> tuple[int, int]:
    """ITU-T T.81, B.2.2, from marker to marker."""
    place = 2
    while True:
        while head[place] != 0xFF or head[place + 1] == 0xFF:
            place += 1
        if _FRAME.match(head, place):
            down, across = struct.unpack_from(">HH", head, place + 5)
            return across, down
        place += 2
        if head[place - 1] not in range(0xD0, 0xD9):
            place += int.from_bytes(head[place : place + 2], "big")


def _jpeg_2000(head: bytes) -> tuple[int, int]:
    """ISO 15444-1, A.5.1: the segment SIZ, alone or in boxes."""
    place = head.index(b"\xff\x4f\xff\x51") + 8
    across, down, left, top = struct.unpack_from(">4I", head, place)
    return across - left, down - top


def _png(head: bytes) -> tuple[int, int]:
    across, down = struct.unpack_from(">II", head, 16)
    return across, down


def _webp(head: bytes) -> tuple[int, int]:
    """RFC 9649: of the extended, the lossless and the lossy kind."""
    if head[12:16] == b"VP8X":
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if head[12:16] == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    across, down = struct.unpack_from("<HH", head, 26)
    return across & 0x3FFF, down & 0x3FFF


def _lerc(head: bytes) -> tuple[int, int]:
    """LERC 2, behind its name, version and, from version 3 on, a checksum."""
    if head[:6] != b"Lerc2 ":
        raise ValueError("another version")
    (version,) = struct.unpack_from("<i", head, 6)
    down, across = struct.unpack_from("<ii", head, 14 if version >= 3 else 10)
    return across, down


def _jpeg_xl(head: bytes) -> tuple[int, int]:
    """ISO 18181-1, 7.2: the size is what a codestream begins with, in bits from the lowest on."""
    if head[:2] != b"\xff\x0a":
        at = re.search(rb"jxlc\xff\x0a|jxlp.{4}\xff\x0a", head, re.DOTALL)
        if at is None:
            raise ValueError("no codestream")
        head = head[at.end() - 2 :]
    if len(head) < 12:
        raise ValueError("cut off")
    return _Bits(int.from_bytes(head[2:14], "little")).size()


class _Bits:
    """Bits that are taken one after another from the low end of a number."""

    def __init__(self, number: int) -> None:
        self.number = number

    def take(self, count: int) -> int:
        taken = self.number & ((1 << count) - 1)
        self.number >>= count
        return taken

    def side(self, small: bool) -> int:
        """One side: a multiple of 8, or of as many bits as two bits say."""
        if small:
            return 8 * (1 + self.take(5))
        return 1 + self.take((9, 13, 18, 30)[self.take(2)])

    def size(self) -> tuple[int, int]:
        """Width and height; the width may follow from the height by one of seven ratios."""
        small = bool(self.take(1))
        down = self.side(small)
        ratios = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
        ratio = self.take(3)
        if not ratio:
            return self.side(small), down
        above, below = ratios[ratio - 1]
        return down * above // below, down


#: compression -> the size that the head of its stream says, across and down; IndexError,
#: ValueError or struct.error where it says none
SIZES: dict[int, Callable[[bytes], tuple[int, int]]] = {
    **dict.fromkeys(tags.JPEGS, _jpeg),
    **dict.fromkeys(tags.JPEG_2000, _jpeg_2000),
    tags.PNG: _png,
    tags.WEBP: _webp,
    tags.NEW_WEBP: _webp,
    tags.LERC: _lerc,
    tags.JPEG_XL: _jpeg_xl,
    tags.DNG_JPEG_XL: _jpeg_xl,
}
