"""Where the numbers of a file stand: sizes, lengths, places and counts, as its format lays them.

Not every number that there is, but those that a decoder believes: a bit that is flipped anywhere
seldom meets one of them.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

Order = Literal["little", "big"]


@dataclass(frozen=True)
class Number:
    """A number in a file."""

    #: where it begins
    place: int
    #: how many bytes it has
    size: int
    #: which of them comes first
    order: Order = "little"


#: place and size of the numbers in heads that are always the same
BMP = ((2, 4), (10, 4), (14, 4), (18, 4), (22, 4), (26, 2), (28, 2), (30, 4), (34, 4), (46, 4))
TGA = ((0, 1), (1, 1), (2, 1), (3, 2), (5, 2), (7, 1), (8, 2), (12, 2), (14, 2), (16, 1), (17, 1))
DPX = (
    *((4, 4), (16, 4), (24, 4), (768, 2), (770, 2), (772, 4), (776, 4), (780, 4), (784, 4)),
    *((800, 1), (801, 1), (802, 1), (803, 1), (804, 2), (806, 2), (808, 4), (812, 4), (816, 4)),
)
#: boxes of ISO media that hold boxes, and how many bytes stand before them
HOLDERS = {b"meta": 4, b"iprp": 0, b"ipco": 0, b"iref": 4, b"dinf": 0}
#: boxes whose bodies are numbers from end to end
TABLES = {b"iloc", b"ipma", b"ispe", b"pixi", b"iinf", b"infe", b"pitm", b"av1C", b"hvcC", b"irot"}
#: of an animation's frame in WebP, three bytes each
FRAME = (0, 3, 6, 9, 12)


def numbers(data: bytes, format: str) -> list[Number]:
    """The numbers of a file that is whole enough to be walked through, as far as that goes."""
    found: list[Number] = []
    with suppress(IndexError, struct.error):  # where the file ends
        found.extend(_WALKS[format](data))
    return [each for each in found if each.place + each.size <= len(data)]


def _png(data: bytes) -> Iterator[Number]:
    place = 8
    while place + 8 <= len(data):
        length, letters = struct.unpack_from(">I4s", data, place)
        yield Number(place, 4, "big")
        words = {b"IHDR": 2, b"acTL": 2, b"fcTL": 5, b"fdAT": 1, b"pHYs": 2}.get(letters, 0)
        for word in range(words):
            yield Number(place + 8 + 4 * word, 4, "big")
        for byte in range(4 * words, min(length, 26)):
            yield Number(place + 8 + byte, 1)
        if letters == b"eXIf":
            yield from _tiff(data, place + 8)
        place += 12 + length


def _jpeg(data: bytes) -> Iterator[Number]:
    place = 2
    while data[place] == 0xFF:
        marker = data[place + 1]
        (length,) = struct.unpack_from(">H", data, place + 2)
        body = place + 4
        yield Number(place + 2, 2, "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            yield from (Number(body + 1, 2, "big"), Number(body + 3, 2, "big"))
        if marker == 0xE1 and data[body : body + 6] == b"Exif\0\0":
            yield from _tiff(data, body + 6)
        elif marker == 0xE2 and data[body : body + 4] == b"MPF\0":
            yield from _tiff(data, body + 4)
        else:
            yield from (Number(body + byte, 1) for byte in range(min(length - 2, 20)))
        if marker == 0xDA:
            return
        place += 2 + length


def _tiff(data: bytes, start: int = 0) -> Iterator[Number]:
    """The numbers of a TIFF, or of EXIF that begins at `start`."""
    order: Order = "big" if data[start : start + 2] == b"MM" else "little"
    large = data[start + 2 : start + 4] in (b"+\0", b"\0+")
    word, count = (8, 8) if large else (4, 2)
    head = start + (8 if large else 4)
    yield Number(head, word, order)
    waiting, seen = [int.from_bytes(data[head : head + word], order)], set()
    while waiting:
        place = waiting.pop() + start
        if place in seen or place <= start or place + count > len(data):
            continue
        seen.add(place)
        yield Number(place, count, order)
        entries = int.from_bytes(data[place : place + count], order)
        place += count
        for _ in range(min(entries, 200)):
            tag = int.from_bytes(data[place : place + 2], order)
            yield from (Number(place, 2, order), Number(place + 2, 2, order))
            yield from (Number(place + 4, word, order), Number(place + 4 + word, word, order))
            yield Number(place + 4 + word, 2, order)
            value = int.from_bytes(data[place + 4 + word : place + 4 + 2 * word], order)
            if tag in (330, 34665, 34853):
                waiting.append(value)
            elif 0 < value < len(data) - start:
                yield from (Number(start + value, 2, order), Number(start + value, word, order))
            place += 4 + 2 * word
        yield Number(place, word, order)
        waiting.append(int.from_bytes(data[place : place + word], order))


def _riff(data: bytes) -> Iterator[Number]:
    yield Number(4, 4)
    place = 12
    while place + 8 <= len(data):
        letters, length = struct.unpack_from("<4sI", data, place)
        yield Number(place + 4, 4)
        if letters in (b"VP8X", b"ANMF"):
            yield from (Number(place + 8 + each, 3) for each in FRAME)
        if letters in (b"VP8 ", b"VP8L"):
            yield from (Number(place + 8 + each, 2) for each in (1, 3, 6, 8))
        if letters == b"EXIF":
            yield from _tiff(data, place + 8)
        yield from (Number(place + 8 + byte, 1) for byte in range(min(length, 16)))
        place += 8 + (16 if letters == b"ANMF" else length + length % 2)


def _boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Number]:
    place, end = start, len(data) if end is None else end
    while place + 8 <= end:
        length, letters = struct.unpack_from(">I4s", data, place)
        yield Number(place, 4, "big")
        body, behind = place + 8, min(place + length, end)
        if letters in HOLDERS:
            yield from _boxes(data, body + HOLDERS[letters], behind)
        if letters in TABLES:
            yield from (Number(at, 2, "big") for at in range(body, behind - 1))
            yield from (Number(at, 4, "big") for at in range(body, behind - 3))
        if letters in (b"jxlc", b"jxlp"):
            yield from (Number(body + byte, 1) for byte in range(24))
        if length < 8:
            return
        place += length


def _jxl(data: bytes) -> Iterator[Number]:
    if data[:2] != b"\xff\x0a":
        yield from _boxes(data)
        return
    yield from (Number(byte, 1) for byte in range(2, 26))


def _gif(data: bytes) -> Iterator[Number]:
    yield from (Number(6, 2), Number(8, 2))
    yield from (Number(byte, 1) for byte in (10, 11, 12))
    place = 13 + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0)
    while data[place] in b"!,":
        if data[place] == ord(","):
            yield from (Number(place + 1 + 2 * each, 2) for each in range(4))
            yield Number(place + 9, 1)
            own = 3 << (data[place + 9] & 7) + 1 if data[place + 9] & 0x80 else 0
            yield Number(place + 10 + own, 1)
            place += 11 + own
        else:
            yield from (Number(place + byte, 1) for byte in range(1, 8))
            place += 2
        while data[place]:
            yield Number(place, 1)
            place += data[place] + 1
        place += 1


def _raw(data: bytes) -> Iterator[Number]:
    yield from _tiff(data)


def _bmp(data: bytes) -> Iterator[Number]:
    yield from (Number(*each) for each in BMP)


def _tga(data: bytes) -> Iterator[Number]:
    yield from (Number(*each) for each in TGA)


def _dpx(data: bytes) -> Iterator[Number]:
    order: Order = "big" if data[:4] == b"SDPX" else "little"
    yield from (Number(*each, order) for each in DPX)


def _words(data: bytes) -> Iterator[Number]:
    """The digits of a head of text, a byte each."""
    for digit in re.finditer(rb"\d", data[:64]):
        yield Number(digit.start(), 1)


_WALKS = {
    **{"PNG": _png, "JPEG": _jpeg, "TIFF": _tiff, "RAW": _raw, "WEBP": _riff, "JXL": _jxl},
    **{"AVIF": _boxes, "HEIC": _boxes, "GIF": _gif, "BMP": _bmp, "TGA": _tga, "DPX": _dpx},
    **{"PNM": _words, "PFM": _words},
}
