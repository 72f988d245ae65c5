"""What is left of a WebP that is cut: the whole frames of an animation, or the rows of a picture
for which there are data.

libwebp fills in for what is missing without a word where the lengths in the file are mended. So the
file is decoded with this and that behind its data, and what comes out the same is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ....ground.planes import raw
from ...damage import truncated
from ...picture import Left, Picture

#: what is put behind the data
PADS = (0, 2, 32, 0xAA)
#: so many of them have to be decoded for the result to be trusted
ENOUGH = 3
#: rows above the first that differs into which it may have been smoothed
REACH = 8
#: bytes of RIFF's head, and of that of a chunk
RIFF, HEAD = 12, 8
PICTURES = (b"VP8 ", b"VP8L")


@dataclass(frozen=True)
class Cut:
    """What is left of a file, up to the chunk in which it ends."""

    #: its bytes
    data: bytes
    #: where that chunk begins
    last: int
    #: how many frames stand before it
    frames: int

    def before(self) -> bytes:
        """A whole file of what stands before the cut chunk."""
        return _with_length(self.data[: self.last])

    def padded(self, pad: int, room: int) -> bytes:
        """A file whose cut chunk goes on with so many bytes of one value."""
        room += (len(self.data) + room) % 2
        data = bytearray(self.data + bytes([pad]) * room)
        length = len(data) - self.last - HEAD
        data[self.last + 4 : self.last + HEAD] = length.to_bytes(4, "little")
        return _with_length(bytes(data))


def cut(data: bytes, name: str) -> Cut:
    """Where a file ends before its time. InputTruncated where that is no place in its pictures."""
    place, frames = RIFF, 0
    while place + HEAD <= len(data):
        letters = data[place : place + 4]
        end = place + HEAD + int.from_bytes(data[place + 4 : place + HEAD], "little")
        if end > len(data):
            break
        frames += letters == b"ANMF"
        place = end + end % 2
    if not frames and data[place : place + 4] not in PICTURES:
        raise truncated(name)
    return Cut(data, place, frames)


def left(versions: Iterator[Picture], name: str) -> Picture:
    """The first of some versions of a picture, of which is missing what lies below the first row
    that is not the same in all. InputTruncated where they are too few to tell.
    """
    first = next(versions, None)
    if first is None:
        raise truncated(name)
    differs = np.zeros(first.size[0], bool)
    count = 1
    for other in versions:
        differs |= (raw(first.planes)[...] != raw(other.planes)[...]).any(axis=(0, 1, 3))
        count += 1
    if count < ENOUGH:
        raise truncated(name)
    below = np.logical_or.accumulate(differs)
    below[:-REACH] |= below[REACH:]
    missing = np.broadcast_to(below[:, None], first.size)
    return replace(first, left=Left(missing))


def _with_length(data: bytes) -> bytes:
    """The file with a length at its head that is right."""
    return data[:4] + (len(data) - HEAD).to_bytes(4, "little") + data[HEAD:]
