"""Animated PNG (PNG, third edition, 11.3.6): its frames as PNGs of their own, and back."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, BinaryIO

from numpy.typing import NDArray

from ...damage import corrupt
from ...picture import Timing
from .canvas import After, Area, Laid
from .changes import Changed

#: the chunks that frames are made of
CHUNKS = frozenset({b"acTL", b"fcTL", b"IDAT", b"fdAT"})
#: how a frame is laid, and what becomes of it
SOURCE, OVER = 0, 1
AFTER = {0: After.KEEP, 1: After.CLEAR, 2: After.RESTORE}
#: of the two numbers that say a frame's time
LARGEST_TIME = 65535
#: the time of a frame is its first number in these parts of a second where its second number is 0
HUNDREDTHS = 100


@dataclass(frozen=True)
class Film:
    """The frames of an animated PNG, as far as its chunks say."""

    #: one for each frame
    controls: tuple[Laid, ...]
    #: how often they are played; 0 is endlessly
    plays: int
    #: whether a picture stands before them that is shown where nothing is animated
    stand_in: bool

    @property
    def pictures(self) -> int:
        """How many pictures there are, with the one that stands before the frames."""
        return len(self.controls) + self.stand_in

    @property
    def timing(self) -> Timing | None:
        """How long all frames are shown; None where there is but one picture."""
        if self.pictures == 1:
            return None
        return Timing(sum(control.seconds for control in self.controls), self.plays)


def film(
    chunks: Iterable[tuple[bytes, bytes]], size: tuple[int, int], opaque: bool, name: str
) -> Film:
    """The frames that the chunks (four letters, body) of an animated PNG announce.

    size: (width, height). opaque: whether their own pixels are. InputCorrupt where frames are not
    there, or lie outside the picture.
    """
    controls: list[Laid] = []
    plays, announced, stand_in, drawn = 0, 0, False, 0
    for letters, body in chunks:
        if letters == b"acTL":
            announced, plays = _numbers(">II", body, name)
        elif letters == b"fcTL":
            if drawn < len(controls):
                raise corrupt(name, "a frame without pixels")
            controls.append(_control(body, size, opaque, name))
        elif letters == b"IDAT":
            stand_in = not controls
            drawn = len(controls)
        elif letters == b"fdAT":
            drawn = len(controls)
    if not controls or len(controls) != announced or drawn != len(controls):
        raise corrupt(name, f"it announces {announced} frames and has {len(controls)}")
    return Film(tuple(controls), plays, stand_in)


def _numbers(layout: str, body: bytes, name: str) -> tuple[int, ...]:
    if len(body) != struct.calcsize(layout):
        raise corrupt(name, "what it says of its frames has the wrong length")
    return struct.unpack(layout, body)


def _control(body: bytes, size: tuple[int, int], opaque: bool, name: str) -> Laid:
    _, width, height, left, top, time, parts, after, over = _numbers(">IIIIIHHBB", body, name)
    area = Area(left, top, width, height)
    if not area.lies_in(*size) or after not in AFTER or over not in (SOURCE, OVER):
        raise corrupt(name, "a frame that lies outside its picture")
    return Laid(area, time / (parts or HUNDREDTHS), over == OVER, AFTER[after], opaque)


def stills(
    chunks: Iterable[tuple[bytes, bytes]], chunk: Callable[[bytes, bytes], bytes]
) -> Iterator[bytes]:
    """Each frame as a PNG of its own, but for the signature.

    chunks: (four letters, body) of those that pixels are made of, in the order of the file.
    chunk: makes a chunk of its letters and body.
    """
    header, before = b"", b""
    frame: list[bytes] | None = None
    for letters, body in chunks:
        if letters == b"IHDR":
            header = body
        elif letters in (b"PLTE", b"tRNS"):
            before += chunk(letters, body)
        elif letters == b"fcTL":
            if frame is not None:
                yield b"".join([*frame, chunk(b"IEND", b"")])
            frame = [chunk(b"IHDR", body[4:12] + header[8:]), before]
        elif letters == b"IDAT" and frame is not None:
            frame.append(chunk(b"IDAT", body))
        elif letters == b"fdAT" and frame is not None:
            frame.append(chunk(b"IDAT", body[4:]))
    if frame is not None:
        yield b"".join([*frame, chunk(b"IEND", b"")])


def write_frames(
    file: BinaryIO,
    frames: Iterable[Changed],
    chunk: Callable[[bytes, bytes], bytes],
    pixels: Callable[[NDArray[Any]], Iterable[bytes]],
    drawn: bool,
) -> int:
    """Writes the frames behind the header of an animated PNG. Returns how many there were.

    chunk: makes a chunk of its letters and body. pixels: the bodies of the IDAT chunks that hold
    samples. drawn: whether a picture that stands before the frames is written already.
    """
    number = 0
    count = 0
    for frame in frames:
        area = frame.area
        place = (area.width, area.height, area.left, area.top)
        time = _fraction(frame.timing.seconds)
        body = struct.pack(">IIIIIHHBB", number, *place, *time, 0, SOURCE)
        file.write(chunk(b"fcTL", body))
        number += 1
        for compressed in pixels(frame.samples):
            if count == 0 and not drawn:
                file.write(chunk(b"IDAT", compressed))
                continue
            file.write(chunk(b"fdAT", struct.pack(">I", number) + compressed))
            number += 1
        count += 1
    return count


def _fraction(seconds: float) -> tuple[int, int]:
    """A time as two numbers of 16 bits, as near as they can say it."""
    parts = int(LARGEST_TIME / max(seconds, 1.0))
    found = Fraction(seconds).limit_denominator(max(parts, 1))
    return min(found.numerator, LARGEST_TIME), found.denominator
