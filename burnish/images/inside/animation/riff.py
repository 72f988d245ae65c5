"""Animated WebP (RFC 9649, 2.7.1.1): its frames as chunks of a RIFF file."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from numpy.typing import NDArray

from ...damage import corrupt
from ...picture import Picture, Timing
from .canvas import After, Area, Laid
from .changes import Changed

#: flags of the header: it has an animation, XMP, EXIF, alpha, a profile
ANIMATED, HAS_XMP, HAS_EXIF, HAS_ALPHA, HAS_ICC = 0x02, 0x04, 0x08, 0x10, 0x20
#: flags of a frame: nothing is left of it, and it takes the place of what is there
CLEARED, IN_PLACE = 0x01, 0x02
#: bytes of a frame's chunk before its picture, and as far as a lossless one says its alpha
FRAME_HEADER, HEAD = 16, 29
#: the bit of the last of them that says so
SEE_THROUGH = 0x10
LARGEST_TIME = 2**24 - 1
LARGEST_PLAYS = 2**16 - 1
LARGEST_FILE = 2**32 - 2


@dataclass(frozen=True)
class Part:
    """A frame, by the first bytes of its chunk (ANMF)."""

    #: how it is laid on those before it
    laid: Laid
    #: whether it is compressed with loss
    lossy: bool


def part(body: bytes, size: tuple[int, int], name: str) -> Part:
    """The frame that a chunk holds, by its first bytes.

    size: (width, height) of the animation. InputCorrupt where the frame lies outside.
    """
    if len(body) < HEAD:
        raise corrupt(name, "a frame without a picture")
    left, top, width, height, time = (
        int.from_bytes(body[place : place + 3], "little") for place in range(0, 15, 3)
    )
    area = Area(2 * left, 2 * top, width + 1, height + 1)
    letters = body[FRAME_HEADER : FRAME_HEADER + 4]
    if not area.lies_in(*size) or letters not in (b"ALPH", b"VP8 ", b"VP8L"):
        raise corrupt(name, "a frame that lies outside its picture")
    opaque = letters == b"VP8 " or (letters == b"VP8L" and not body[HEAD - 1] & SEE_THROUGH)
    after = After.CLEAR if body[15] & CLEARED else After.KEEP
    laid = Laid(area, time / 1000, not body[15] & IN_PLACE, after, opaque)
    return Part(laid, letters != b"VP8L")


def chunk(letters: bytes, body: bytes) -> bytes:
    """A chunk, with a byte to make it even where it wants one."""
    return letters + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def write_film(
    file: BinaryIO,
    first: Picture,
    timing: Timing,
    frames: Iterable[Changed],
    still: Callable[[NDArray[Any]], bytes],
) -> bool:
    """Writes an animated WebP. Returns whether it fits into one.

    first: the picture whose size, alpha and metadata it has. still: makes a WebP of samples.
    """
    height, width = first.size
    flags = ANIMATED
    flags |= HAS_ALPHA if first.alpha is not None else 0
    flags |= HAS_ICC if first.icc else 0
    flags |= HAS_EXIF if first.exif else 0
    flags |= HAS_XMP if first.xmp else 0
    size = _three(width - 1) + _three(height - 1)
    file.write(b"RIFF\0\0\0\0WEBP" + chunk(b"VP8X", bytes([flags, 0, 0, 0]) + size))
    if first.icc:
        file.write(chunk(b"ICCP", first.icc))
    file.write(chunk(b"ANIM", struct.pack("<IH", 0, min(timing.plays, LARGEST_PLAYS))))
    for frame in frames:
        file.write(chunk(b"ANMF", _frame(frame) + b"".join(_picture(still(frame.samples)))))
    if first.exif:
        file.write(chunk(b"EXIF", first.exif))
    if first.xmp:
        file.write(chunk(b"XMP ", first.xmp))
    end = file.tell()
    file.seek(4)
    file.write(struct.pack("<I", min(end - 8, LARGEST_FILE)))
    file.seek(end)
    return end - 8 <= LARGEST_FILE


def _three(number: int) -> bytes:
    return number.to_bytes(3, "little")


def _frame(frame: Changed) -> bytes:
    """What stands before the picture of a frame."""
    area = frame.area
    place = _three(area.left // 2) + _three(area.top // 2)
    size = _three(area.width - 1) + _three(area.height - 1)
    time = min(round(frame.timing.seconds * 1000), LARGEST_TIME)
    return place + size + _three(time) + bytes([IN_PLACE])


def _picture(still: bytes) -> Iterator[bytes]:
    """The chunks that a picture is made of, out of a WebP of its own."""
    place = 12
    while place < len(still):
        letters = still[place : place + 4]
        length = int.from_bytes(still[place + 4 : place + 8], "little")
        end = place + 8 + length + length % 2
        if letters in (b"ALPH", b"VP8 ", b"VP8L"):
            yield still[place:end]
        place = end
