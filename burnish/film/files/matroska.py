"""set_aspect(): the shape of samples put into a Matroska file, which PyAV writes without it.

FFmpeg's writer takes the shape from a place of its stream that PyAV 18 cannot set
(`findings/pyav_loses_aspect_in_matroska.sh`). Its head begins with a list of what stands where
(SeekHead) and unused bytes behind it (Void). Of these, as many are taken as the shape needs; what
stands between them and the video's own element moves up, and the list is told.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

#: identifiers of elements
SEEK_HEAD, SEEK, SEEK_POSITION = 0x114D9B74, 0x4DBB, 0x53AC
VOID, CHECKSUM, TRACKS, TRACK, VIDEO = 0xEC, 0xBF, 0x1654AE6B, 0xAE, 0xE0
DISPLAY_WIDTH, DISPLAY_HEIGHT, DISPLAY_UNIT = 0x54B0, 0x54BA, 0x54B2
#: the unit of a display's width and height where they are an aspect ratio
RATIO = 3
#: bytes of the head of a file that are looked at
HEAD = 1 << 20


@dataclass(frozen=True)
class Ebml:
    """An element of a Matroska file: an identifier, a size, and what it holds."""

    #: its identifier, with the bits that say its length
    name: int
    #: what it holds
    body: bytes
    #: bytes that its size is written with
    width: int = 8

    @property
    def bytes(self) -> bytes:
        """The element as it stands in a file."""
        name = self.name.to_bytes(-(-self.name.bit_length() // 8), "big")
        width = self.width
        while len(self.body) >= (1 << 7 * width) - 1:
            width += 1
        size = (len(self.body) | 1 << 7 * width).to_bytes(width, "big")
        return name + size + self.body


def set_aspect(file: Path, place: int, size: tuple[int, int], aspect: Fraction) -> None:
    """Says in a Matroska file how wide the samples of a video are against their height.

    place: of the video among the streams of the file, from 0. size: its columns and rows. A file
    that FFmpeg did not write as it does is left as it is.
    """
    with open(file, "r+b") as opened:
        head = opened.read(HEAD)
        begin = _inside_segment(head)
        changed = _changed(head[begin:], place, Fraction(size[0], size[1]) * aspect)
        if changed is not None:
            opened.seek(begin)
            opened.write(changed)


def _inside_segment(head: bytes) -> int:
    """Where the first element inside the segment begins; the segment follows the EBML header."""
    _, _, end = _next(head, 0)
    _, body, _ = _next(head, end)
    return body


def _changed(head: bytes, place: int, ratio: Fraction) -> bytes | None:
    """The elements from the list on to the tracks, changed; None where they are not as expected."""
    first, *rest = _elements(head)
    void, *others = rest
    moved: list[Ebml] = []
    for element in others:
        moved.append(element)
        if element.name == TRACKS:
            break
    if (first.name, void.name, moved[-1].name) != (SEEK_HEAD, VOID, TRACKS):
        return None
    tracks = _with_ratio(moved[-1], place, ratio)
    growth = len(tracks.bytes) - len(moved[-1].bytes)
    if growth > len(void.body):
        return None
    start = len(first.bytes) + len(void.bytes)
    end = start + sum(len(element.bytes) for element in moved)
    between = b"".join(element.bytes for element in moved[:-1])
    listed = _moved(first, range(start, end), growth)
    return listed.bytes + Ebml(VOID, void.body[growth:], void.width).bytes + between + tracks.bytes


def _with_ratio(tracks: Ebml, place: int, ratio: Fraction) -> Ebml:
    """The tracks, of which the one at a place is shown in a ratio of width to height."""
    parts = list(_elements(tracks.body))
    own = [at for at, part in enumerate(parts) if part.name == TRACK][place]
    entry = [_shown(p, ratio) if p.name == VIDEO else p for p in _elements(parts[own].body)]
    parts[own] = Ebml(TRACK, _joined(entry), parts[own].width)
    return _checked(tracks, parts)


def _shown(video: Ebml, ratio: Fraction) -> Ebml:
    """What is said of a video, with the ratio in which it is shown."""
    display = (DISPLAY_WIDTH, DISPLAY_HEIGHT, DISPLAY_UNIT)
    parts = [part for part in _elements(video.body) if part.name not in display]
    for name, number in zip(display, (ratio.numerator, ratio.denominator, RATIO), strict=True):
        parts.append(Ebml(name, number.to_bytes(4, "big"), 1))
    return Ebml(VIDEO, _joined(parts), video.width)


def _moved(listed: Ebml, moved: range, by: int) -> Ebml:
    """The list of what stands where, once what stood in a range has moved up by so many bytes."""
    parts = [_moved_seek(p, moved, by) if p.name == SEEK else p for p in _elements(listed.body)]
    return _checked(listed, parts)


def _moved_seek(seek: Ebml, moved: range, by: int) -> Ebml:
    """One line of the list."""
    parts = list(_elements(seek.body))
    for at, part in enumerate(parts):
        position = int.from_bytes(part.body, "big")
        if part.name == SEEK_POSITION and position in moved:
            parts[at] = replace(part, body=(position - by).to_bytes(len(part.body), "big"))
    return Ebml(SEEK, _joined(parts), seek.width)


def _checked(whole: Ebml, parts: Sequence[Ebml]) -> Ebml:
    """An element with other parts, and the checksum of these where it had one."""
    rest = _joined(part for part in parts if part.name != CHECKSUM)
    if parts[0].name == CHECKSUM:
        rest = Ebml(CHECKSUM, struct.pack("<I", zlib.crc32(rest)), 1).bytes + rest
    return Ebml(whole.name, rest, whole.width)


def _joined(parts: Iterable[Ebml]) -> bytes:
    return b"".join(part.bytes for part in parts)


def _elements(data: bytes) -> Iterator[Ebml]:
    """The elements that stand one after another, as far as they are whole."""
    at = 0
    while at < len(data):
        name, body, end = _next(data, at)
        if end > len(data):
            return
        width = body - at - -(-name.bit_length() // 8)
        yield Ebml(name, data[body:end], width)
        at = end


def _next(data: bytes, at: int) -> tuple[int, int, int]:
    """Of the element that begins at a place: its identifier, where its body begins, and ends."""
    length = 9 - data[at].bit_length()
    name = int.from_bytes(data[at : at + length], "big")
    at += length
    width = 9 - data[at].bit_length()
    size = int.from_bytes(data[at : at + width], "big") & (1 << 7 * width) - 1
    return name, at + width, at + width + size
