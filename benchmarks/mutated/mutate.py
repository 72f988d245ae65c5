"""mutated(): a file as no program wrote it, made of those that programs wrote, by its number."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from .numbers import Number, numbers
from .originals import originals

#: how many changes a file gets, one of these
CHANGES = (1, 1, 1, 2, 2, 3, 5)
#: the share of the files that are made of what was odd before
ODD = 0.2
#: the share of the PNGs whose checksums are made right again, without which nothing is decoded
CHECKED = 0.8
#: bytes that often mean something
BYTES = (0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF)


@dataclass(frozen=True)
class Change:
    """What a change is made with."""

    #: what is drawn comes from here
    rng: random.Random
    #: the numbers of the file that it began as
    numbers: list[Number]
    #: another file of the format
    other: bytes


def mutated(format: str, seed: int) -> bytes:
    """The file of that format and number, the same every time."""
    rng = random.Random(f"{format} {seed}")
    files = originals()[format]
    data = first = rng.choice(files.odd if files.odd and rng.random() < ODD else files.good)
    change = Change(rng, _numbers(first, format), rng.choice(files.good))
    for _ in range(rng.choice(CHANGES)):
        if data:
            data = rng.choice(WAYS)(data, change)
    if format == "PNG" and rng.random() < CHECKED:
        data = _with_checksums(data)
    return data


@cache
def _numbers(data: bytes, format: str) -> list[Number]:
    return numbers(data, format)


def _flip(data: bytes, change: Change) -> bytes:
    """Some bits are others, at places that are near each other or not."""
    changed = bytearray(data)
    near = change.rng.random() < 0.5
    place = _place(data, change.rng)
    for _ in range(change.rng.randint(1, 8)):
        if not near:
            place = _place(data, change.rng)
        at = min(len(data) - 1, place + change.rng.randint(0, 8))
        changed[at] ^= 1 << change.rng.randrange(8)
    return bytes(changed)


def _bytes(data: bytes, change: Change) -> bytes:
    """A few bytes in a row are zeros, ones, or what they like."""
    rng = change.rng
    place, length = _place(data, rng), rng.randint(1, 16)
    if rng.random() < 0.5:
        return data[:place] + bytes([rng.choice(BYTES)]) * length + data[place + length :]
    return data[:place] + rng.randbytes(length) + data[place + length :]


def _cut(data: bytes, change: Change) -> bytes:
    """It ends early."""
    return data[: change.rng.randint(min(len(data), 16), len(data))]


def _hole(data: bytes, change: Change) -> bytes:
    """A range is missing."""
    first, last = _range(data, change.rng)
    return data[:first] + data[last:]


def _repeat(data: bytes, change: Change) -> bytes:
    """A range stands there several times."""
    first, last = _range(data, change.rng)
    return data[:last] + data[first:last] * change.rng.randint(1, 4) + data[last:]


def _move(data: bytes, change: Change) -> bytes:
    """A range stands elsewhere, over what stood there."""
    first, last = _range(data, change.rng)
    place = _place(data, change.rng)
    return data[:place] + data[first:last] + data[place + last - first :]


def _splice(data: bytes, change: Change) -> bytes:
    """It goes on as another one of the format does, from the same place or from another."""
    place = _place(data, change.rng)
    there = place if change.rng.random() < 0.5 else _place(change.other, change.rng)
    return data[:place] + change.other[there:]


def _number(data: bytes, change: Change) -> bytes:
    """A number that a decoder believes is an extreme one, a near one, or another of the file."""
    if not change.numbers:
        return _flip(data, change)
    rng = change.rng
    number = rng.choice(change.numbers)
    place, size = number.place, number.size
    if place + size > len(data):
        return data
    value = int.from_bytes(data[place : place + size], number.order)
    new = rng.choice(_values(value, size, change, data)) % (1 << 8 * size)
    return data[:place] + new.to_bytes(size, number.order) + data[place + size :]


def _values(value: int, size: int, change: Change, data: bytes) -> list[int]:
    bits, rng = 8 * size, change.rng
    other = rng.choice(change.numbers)
    taken = int.from_bytes(data[other.place : other.place + other.size], other.order)
    extremes = [0, 1, (1 << bits - 1) - 1, 1 << bits - 1, (1 << bits) - 1]
    near = [value - 1, value + 1, value * 2, value // 2, value + 8, -value]
    return [*extremes, *near, taken, rng.randrange(256), rng.randrange(1 << bits), len(data)]


def _place(data: bytes, rng: random.Random) -> int:
    """A place in it; every second time among its first bytes, where it says what it is."""
    return rng.randrange(min(len(data), 96) if rng.random() < 0.5 else len(data))


def _range(data: bytes, rng: random.Random) -> tuple[int, int]:
    first = _place(data, rng)
    return first, min(len(data), first + 1 + int(rng.expovariate(1 / 40)))


def _with_checksums(data: bytes) -> bytes:
    """A PNG with every checksum as it should be, as far as its chunks follow each other."""
    changed, place = bytearray(data), 8
    while place + 12 <= len(changed):
        (length,) = struct.unpack_from(">I", changed, place)
        end = place + 8 + length
        if end + 4 > len(changed):
            break
        struct.pack_into(">I", changed, end, zlib.crc32(changed[place + 4 : end]))
        place = end + 4
    return bytes(changed)


#: numbers are changed as often as all else together: they reach furthest
WAYS: tuple[Callable[[bytes, Change], bytes], ...] = (
    *(_flip, _bytes, _cut, _hole, _repeat, _move, _splice),
    *(_number,) * 7,
)
