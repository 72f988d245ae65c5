"""The entropy coding of JPEG XL (ISO/IEC 18181-1, annex C), as far as a profile needs it.

Symbols are coded by prefix codes, as Brotli's are, or by an asymmetric numeral system (ANS). Each
begins a number, whose lower bits may follow it; some of them say that former numbers come again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .bits import Bits
from .symbols import Ans, Code, Prefix

#: bits that a prefix code may have
PREFIX_BITS = 15
#: contexts that have their own code, at the most
MOST_CODES = 256
#: what an ANS ends with where it was read whole
FINAL = 0x13 << 16


@dataclass(frozen=True)
class Config:
    """How a symbol begins a number."""

    #: numbers below two to this are symbols themselves
    split: int
    #: bits of the number that a symbol says below its highest one
    high: int
    #: bits of the number that a symbol says at its lower end
    low: int

    def number(self, symbol: int, bits: Bits) -> int:
        """The number that begins with a symbol; its other bits are read."""
        said = self.high + self.low
        if symbol < 1 << self.split:
            return symbol
        count = self.split - said + ((symbol - (1 << self.split)) >> said) & 31
        low = symbol & ((1 << self.low) - 1)
        high = symbol >> self.low & ((1 << self.high) - 1) | 1 << self.high
        return ((high << count | bits.take(count)) << self.low) | low


@dataclass(frozen=True)
class Repeats:
    """How former numbers come again (LZ77)."""

    #: symbols from this one on say for how many numbers
    first: int
    #: what is added to that count
    least: int
    #: how the count begins
    config: Config


class Numbers:
    """Numbers in some contexts. ValueError where they are no such."""

    def __init__(self, bits: Bits, contexts: int) -> None:
        self.bits = bits
        self.repeats = _repeats(bits)
        #: which code each context has, and behind them the distances of repeats
        self.codes_of = _map_of(bits, contexts + (self.repeats is not None))
        prefixed = bits.flag()
        size = PREFIX_BITS if prefixed else bits.take(2) + 5
        count = max(self.codes_of) + 1
        self.configs = [_config(bits, size) for _ in range(count)]
        self.codes = _prefixes(bits, count) if prefixed else _systems(bits, count, size)
        self.state = FINAL if prefixed else bits.take(32)
        self.former: list[int] = []
        self.copied, self.left = 0, 0

    def next(self, context: int) -> int:
        """The next number, in a context."""
        if not self.left:
            at = self.codes_of[context]
            symbol = self._symbol(at)
            if self.repeats is None or symbol < self.repeats.first:
                return self._kept(self.configs[at].number(symbol, self.bits))
            count = self.repeats.config.number(symbol - self.repeats.first, self.bits)
            at = self.codes_of[-1]
            distance = self.configs[at].number(self._symbol(at), self.bits) + 1
            self.left = count + self.repeats.least
            self.copied = len(self.former) - min(distance, len(self.former))
        self.left -= 1
        self.copied += 1
        before = self.former
        return self._kept(before[self.copied - 1] if self.copied <= len(before) else 0)

    def _symbol(self, at: int) -> int:
        symbol, self.state = self.codes[at].read(self.bits, self.state)
        return symbol

    def _kept(self, number: int) -> int:
        self.former.append(number)
        return number

    def end(self) -> None:
        """Behind the last number. ValueError where the bits were others."""
        if self.state != FINAL:
            raise ValueError("its numbers end elsewhere than they should")


def _repeats(bits: Bits) -> Repeats | None:
    if not bits.flag():
        return None
    first = bits.one_of((224, 0), (512, 0), (4096, 0), (8, 15))
    least = bits.one_of((3, 0), (4, 0), (5, 2), (9, 8))
    return Repeats(first, least, _config(bits, 8))


def _config(bits: Bits, size: int) -> Config:
    split = bits.take(size.bit_length())
    if split == size:
        return Config(size, 0, 0)
    high = bits.take(split.bit_length())
    low = bits.take(max(0, split - high).bit_length())
    if high + low > split:
        raise ValueError("numbers that have more bits said than there are")
    return Config(split, high, low)


def _map_of(bits: Bits, contexts: int) -> list[int]:
    """Which code each context has."""
    if contexts == 1:
        return [0]
    if bits.flag():
        each = bits.take(2)
        return [bits.take(each) for _ in range(contexts)]
    moved = bits.flag()
    numbers = Numbers(bits, 1)
    found = [numbers.next(0) for _ in range(contexts)]
    numbers.end()
    if max(found) >= MOST_CODES:
        raise ValueError("more codes than there may be")
    return _moved_back(found) if moved else found


def _moved_back(indices: Sequence[int]) -> list[int]:
    """The values of places in a list in which each that is named goes to the front."""
    values = list(range(MOST_CODES))
    found = []
    for index in indices:
        values.insert(0, values.pop(index))
        found.append(values[0])
    return found


def _prefixes(bits: Bits, count: int) -> list[Code]:
    """The prefix codes: first how many symbols each has, and then all of them."""
    sizes = []
    for _ in range(count):
        more = bits.flag()
        length = bits.take(4) if more else 0
        sizes.append(1 + ((1 << length) + bits.take(length) if more else 0))
    return [Prefix.read_of(bits, size) for size in sizes]


def _systems(bits: Bits, count: int, size: int) -> list[Code]:
    return [Ans.read_of(bits, size) for _ in range(count)]
