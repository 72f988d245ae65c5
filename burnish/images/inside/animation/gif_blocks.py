"""The blocks of a GIF (Graphics Interchange Format 89a): what it says of its frames, and the frames
as GIFs of their own.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from ...damage import corrupt, truncated
from .canvas import After, Area, Laid
from .gif_extensions import parted

TRAILER, IMAGE, EXTENSION = b";", b",", b"!"
#: kinds of extensions
CONTROL, COMMENT, APPLICATION, DRAWN_TEXT = 0xF9, 0xFE, 0xFF, 0x01
#: applications that say how often an animation is played
LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
#: flags of a screen or an image: it has a table of colours, its rows are interlaced
HAS_TABLE, INTERLACED = 0x80, 0x40
#: a frame's flag in what controls it: one colour is none
SEE_THROUGH = 0x01
AFTER = {2: After.CLEAR, 3: After.RESTORE}
#: no comment is longer in good faith
LONGEST_COMMENT = 1 << 20
#: colours of no picture: all different, and none grey, so that what is decoded are their numbers
NUMBERS = bytes(value for number in range(256) for value in (number, 255 - number, 0))


@dataclass(frozen=True)
class GifFrame:
    """A frame, as far as its blocks say; its pixels are still in the file."""

    #: how it is laid on those before it
    laid: Laid
    #: its colours, three bytes each
    colours: bytes
    #: the number of the colour that is none; None where all are
    hole: int | None
    #: whether its rows are interlaced
    interlaced: bool
    #: where its compressed pixels begin in the file, and how many bytes they have
    place: int
    length: int


@dataclass
class Gif:
    """A GIF, as far as its blocks say."""

    width: int
    height: int
    frames: list[GifFrame] = field(default_factory=list)
    #: how often they are played; 0 is endlessly
    plays: int = 1
    comments: list[bytes] = field(default_factory=list)
    #: the extensions of applications but for what says how often it is played, each whole
    applications: list[bytes] = field(default_factory=list)
    #: whether there is text that is drawn over a frame
    drawn_text: bool = False
    #: whether the block that ends it is there
    ended: bool = False


def walk(file: BinaryIO, name: str, into: Gif | None = None) -> Gif:
    """The file from block to block; no pixel is decoded.

    into: what is filled as the walk goes, so that it has what came before an error. InputTruncated
    where the file ends within a block, or holds no frame.
    """
    width, height, flags, _, _ = struct.unpack("<HHBBB", _take(file, 13, name)[6:])
    shared = _table(file, flags, name)
    found = Gif(width, height) if into is None else into
    found.width, found.height = width, height
    control = bytes(4)
    while True:
        block = file.read(1)
        if block in (TRAILER, b""):
            found.ended = block == TRAILER
            break
        if block == IMAGE:
            found.frames.append(_image(file, control, shared, name))
            control = bytes(4)
        elif block == EXTENSION:
            begun = file.tell() - 1
            kind = _take(file, 1, name)[0]
            body = _extension(file, kind, name)
            if kind == CONTROL:
                control = body.ljust(4, b"\0")
            elif kind == COMMENT:
                found.comments.append(body)
            elif kind == APPLICATION and body[:11] in LOOPS:
                if body[11:12] == b"\1":
                    again = int.from_bytes(body[12:14], "little")
                    found.plays = again + 1 if again else 0
            elif kind == APPLICATION:
                found.applications.append(_again(file, begun, name))
            elif kind == DRAWN_TEXT:
                found.drawn_text = True
        else:
            raise corrupt(name, f"an unknown block ({block[0]})")
    if not found.frames:
        raise truncated(name)
    # A screen that is smaller than what lies on it grows.
    areas = [frame.laid.area for frame in found.frames]
    found.width = max(found.width, *(area.left + area.width for area in areas))
    found.height = max(found.height, *(area.top + area.height for area in areas))
    return found


def _again(file: BinaryIO, begun: int, name: str) -> bytes:
    """What was read from that place on."""
    length = file.tell() - begun
    file.seek(begun)
    return _take(file, length, name)


def _take(file: BinaryIO, count: int, name: str) -> bytes:
    data = file.read(count)
    if len(data) < count:
        raise truncated(name)
    return data


def _table(file: BinaryIO, flags: int, name: str) -> bytes:
    """The table of colours that the flags announce; empty where they announce none."""
    return _take(file, 3 << (flags & 7) + 1, name) if flags & HAS_TABLE else b""


def _blocks(file: BinaryIO, name: str) -> Iterator[int]:
    """The length of each sub-block, before which the file stands; it is to be read or passed."""
    while length := _take(file, 1, name)[0]:
        yield length


def _extension(file: BinaryIO, kind: int, name: str) -> bytes:
    """The body of an extension, where its kind is read."""
    body = b""
    for length in _blocks(file, name):
        part = _take(file, length, name)
        if kind in (CONTROL, COMMENT, APPLICATION) and len(body) < LONGEST_COMMENT:
            body += part
    return body


def _image(file: BinaryIO, control: bytes, shared: bytes, name: str) -> GifFrame:
    """A frame. control: what the extension before it says."""
    left, top, width, height, flags = struct.unpack("<HHHHB", _take(file, 9, name))
    colours = _table(file, flags, name) or shared
    if not colours or not width or not height:
        raise corrupt(name, "a frame without colours or without pixels")
    place = file.tell()
    _take(file, 1, name)
    for length in _blocks(file, name):
        file.seek(length, 1)
    end = file.tell()

    # What the extension says: flags, time, and the colour that is none.
    hole = control[3] if control[0] & SEE_THROUGH else None
    after = AFTER.get(control[0] >> 2 & 7, After.KEEP)
    seconds = int.from_bytes(control[1:3], "little") / 100
    laid = Laid(Area(left, top, width, height), seconds, hole is not None, after, hole is None)
    return GifFrame(laid, colours, hole, bool(flags & INTERLACED), place, end - place)


def still(file: BinaryIO, frame: GifFrame) -> bytes:
    """A frame as a GIF of its own, whose colours are `NUMBERS`."""
    area = frame.laid.area
    size = struct.pack("<HH", area.width, area.height)
    interlaced = INTERLACED if frame.interlaced else 0
    file.seek(frame.place)
    pixels = file.read(frame.length)
    screen = b"GIF89a" + size + bytes([HAS_TABLE | 7, 0, 0]) + NUMBERS
    return screen + IMAGE + bytes(4) + size + bytes([interlaced]) + pixels + TRAILER


def opening(width: int, height: int, plays: int) -> bytes:
    """How a GIF begins whose frames have their own colours."""
    screen = b"GIF89a" + struct.pack("<HH", width, height) + bytes(3)
    if plays == 1:
        return screen
    again = min(plays - 1, 65535) if plays else 0
    loops = LOOPS[0] + b"\3\1" + struct.pack("<H", again) + b"\0"
    return screen + EXTENSION + bytes([APPLICATION, 11]) + loops


def comment(text: bytes) -> bytes:
    """The extension of a comment."""
    return EXTENSION + bytes([COMMENT]) + parted(text)


def frame_of(
    area: Area, hundredths: int, after: After, colours: bytes, hole: int | None, pixels: bytes
) -> bytes:
    """The blocks of a frame.

    hundredths: of a second, for which it is shown. colours: three bytes each, two colours or more
    and a power of two of them. pixels: compressed, as `pixels_of` finds them.
    """
    kept = next((number for number, what in AFTER.items() if what is after), 1)
    flags = kept << 2 | (0 if hole is None else SEE_THROUGH)
    body = struct.pack("<BHB", flags, min(hundredths, 65535), hole or 0)
    control = EXTENSION + bytes([CONTROL, 4]) + body + b"\0"
    place = struct.pack("<HHHH", area.left, area.top, area.width, area.height)
    table = HAS_TABLE | (len(colours) // 3).bit_length() - 2
    return control + IMAGE + place + bytes([table]) + colours + pixels
