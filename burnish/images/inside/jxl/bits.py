"""Bits of a JPEG XL's codestream, the lowest of a byte first (ISO/IEC 18181-1, annex B)."""

from __future__ import annotations


class Bits:
    """The bits of some bytes, read one after another. ValueError where there are no more."""

    def __init__(self, data: bytes, place: int = 0) -> None:
        self.data = data
        #: how many have been read
        self.place = place

    def peek(self, count: int) -> int:
        """The number that the next bits are, which stay to be read; zeros stand behind the last."""
        first = self.place >> 3
        some = self.data[first : first + (count >> 3) + 2]
        return int.from_bytes(some, "little") >> (self.place & 7) & ((1 << count) - 1)

    def take(self, count: int) -> int:
        """The number that the next bits are."""
        if self.place + count > 8 * len(self.data):  # a file may say any number of bits
            raise ValueError("its head ends too early")
        taken = self.peek(count)
        self.place += count
        return taken

    def flag(self) -> bool:
        """The next bit."""
        return bool(self.take(1))

    def one_of(self, *ways: tuple[int, int]) -> int:
        """A number in one of four ways: (what is added, how many bits)."""
        added, count = ways[self.take(2)]
        return added + self.take(count)

    def kind(self) -> int:
        """A number that stands for one of a list."""
        return self.one_of((0, 0), (1, 0), (2, 4), (18, 6))

    def long(self) -> int:
        """A number of up to 64 bits."""
        way = self.take(2)
        if way < 3:
            return (0, 1, 17)[way] + self.take((0, 4, 8)[way])
        value, shift = self.take(12), 12
        while self.flag():
            if shift == 60:
                return value | self.take(4) << shift
            value |= self.take(8) << shift
            shift += 8
        return value


def written(value: int, count: int) -> str:
    """So many bits of a number as a text of zeros and ones, the lowest first."""
    return format(value, f"0{count}b")[::-1] if count else ""


def kind_written(value: int) -> str:
    """A number as `Bits.kind` reads it."""
    if value < 2:
        return written(value, 2)
    return written(2, 2) + written(value - 2, 4) if value < 18 else "11" + written(value - 18, 6)


def long_written(value: int) -> str:
    """A number below 2**20 as `Bits.long` reads it."""
    for way, (added, count) in enumerate(((0, 0), (1, 4), (17, 8))):
        if added <= value < added + (1 << count):
            return written(way, 2) + written(value - added, count)
    return "11" + written(value & 0xFFF, 12) + "1" + written(value >> 12, 8) + "0"


def as_text(data: bytes, start: int, end: int) -> str:
    """The bits of some bytes from one place to another, as a text of zeros and ones."""
    count = end - start
    return written(Bits(data, start).peek(count), count)


def as_bytes(text: str) -> bytes:
    """The bytes of a text of zeros and ones, with zeros behind it that fill the last one."""
    full = text.ljust(-(-len(text) // 8) * 8, "0")
    return int(full[::-1], 2).to_bytes(len(full) // 8, "little")
