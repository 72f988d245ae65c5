"""How single symbols are coded in a JPEG XL (ISO/IEC 18181-1, annex C): by prefixes, or by ANS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from .bits import Bits

#: bits of the probabilities of an ANS
PRECISION = 12
WHOLE = 1 << PRECISION
#: symbols that a prefix code may have
LARGEST = 1 << 15
#: what the lengths of a prefix code are coded with (RFC 7932, 3.5): in this order, by these bits
ORDER = (1, 2, 3, 4, 0, 5, 17, 6, 16, 7, 8, 9, 10, 11, 12, 13, 14, 15)
LENGTHS = {0: "00", 4: "10", 3: "01", 2: "110", 1: "1110", 5: "1111"}
#: how the bits of a probability are counted: 0 to 12; 13 is the same as before, several times
COUNTS = (
    ("10001", 0),
    ("1101", 1),
    ("1111", 2),
    ("1100", 3),
    ("1001", 4),
    ("1110", 5),
    ("001", 6),
    ("010", 7),
    ("101", 8),
    ("011", 9),
    ("000", 10),
    ("100001", 11),
    ("1000000", 12),
    ("1000001", 13),
)
AGAIN = 13


class Code(Protocol):
    """A code of symbols."""

    def read(self, bits: Bits, state: int) -> tuple[int, int]:
        """The next symbol, and the state behind it."""


class Prefix:
    """A prefix code: a symbol for each beginning of the bits."""

    def __init__(self, lengths: Sequence[int]) -> None:
        self.longest = max(lengths, default=0)
        self.only = next((at for at, length in enumerate(lengths) if length), 0)
        if sum(map(bool, lengths)) < 2:
            self.longest = 0
        #: (symbol, how many bits) by the next bits, as many as the longest code has
        self.table: list[tuple[int, int]] = [(0, 0)] * (1 << self.longest)
        code, before = 0, 0
        for length, symbol in sorted((length, at) for at, length in enumerate(lengths) if length):
            if not self.longest:
                break
            code <<= length - before
            before = length
            backwards = int(format(code, f"0{length}b")[::-1], 2)
            self.table[backwards :: 1 << length] = [(symbol, length)] * (
                1 << (self.longest - length)
            )
            code += 1

    def read(self, bits: Bits, state: int) -> tuple[int, int]:
        """The next symbol; the state stays."""
        if not self.longest:
            return self.only, state
        symbol, length = self.table[bits.peek(self.longest)]
        bits.take(length)
        return symbol, state

    @classmethod
    def read_of(cls, bits: Bits, size: int) -> Prefix:
        """The code of so many symbols that stands next. ValueError where it is none."""
        if size > LARGEST:
            raise ValueError("a prefix code of too many symbols")
        if size == 1:
            return cls([])
        skipped = bits.take(2)
        if skipped == 1:
            return cls(_few(bits, size))
        lengths = [0] * len(ORDER)
        space = 32
        for at in ORDER[skipped:]:
            if space <= 0:
                break
            lengths[at] = _of_words(bits, [(word, length) for length, word in LENGTHS.items()])
            space -= 32 >> lengths[at] if lengths[at] else 0
        if space and sum(map(bool, lengths)) != 1:
            raise ValueError("a prefix code that is none")
        return cls(_lengths(bits, cls(lengths), size))


def _of_words(bits: Bits, words: Sequence[tuple[str, int]]) -> int:
    """The value of the word that stands next, a text of zeros and ones, the first bit first."""
    for word, value in words:
        if bits.peek(len(word)) == int(word[::-1], 2):
            bits.take(len(word))
            return value
    raise ValueError("a code that is none")


def _few(bits: Bits, size: int) -> list[int]:
    """The lengths of a code of one to four symbols."""
    count = bits.take(2) + 1
    symbols = [bits.take((size - 1).bit_length()) for _ in range(count)]
    if len(set(symbols)) < count or max(symbols) >= size:
        raise ValueError("a prefix code that is none")
    uneven = count == 4 and bits.flag()
    said = {1: (1,), 2: (1, 1), 3: (1, 2, 2), 4: (1, 2, 3, 3) if uneven else (2, 2, 2, 2)}[count]
    lengths = [0] * size
    for symbol, length in zip(symbols, said, strict=True):
        lengths[symbol] = length
    return lengths


def _lengths(bits: Bits, code: Prefix, size: int) -> list[int]:
    """The lengths of a code of more symbols, by a code of lengths (RFC 7932, 3.5)."""
    lengths: list[int] = []
    space, last = 1 << 15, 8
    run, value = 0, 0
    while len(lengths) < size and space > 0:
        length, _ = code.read(bits, 0)
        if length < 16:
            lengths.append(length)
            run = 0
            if length:
                last = length
                space -= 1 << 15 >> length
            continue
        new = last if length == 16 else 0
        run = run if new == value else 0
        value, before = new, run
        run = (run - 2 << length - 14 if run else 0) + bits.take(length - 14) + 3
        lengths += [value] * (run - before)
        space -= (1 << 15 >> value) * (run - before) if value else 0
    if space or len(lengths) > size:
        raise ValueError("a prefix code that is none")
    return lengths + [0] * (size - len(lengths))


class Ans:
    """An asymmetric numeral system, by a table of aliases (Vose)."""

    def __init__(self, counts: Sequence[int], size: int) -> None:
        self.shift = PRECISION - size
        self.counts = [*counts, *[0] * ((1 << size) - len(counts))]
        #: of each part of the whole: where it begins to be another symbol's, which, and what of it
        self.parts = _parts(self.counts, 1 << self.shift)

    def read(self, bits: Bits, state: int) -> tuple[int, int]:
        """The next symbol, and the state behind it."""
        rest = state & (WHOLE - 1)
        symbol, within = rest >> self.shift, rest & ((1 << self.shift) - 1)
        border, other, offset = self.parts[symbol]
        if within >= border:
            symbol, within = other, offset + within
        state = self.counts[symbol] * (state >> PRECISION) + within
        if state < 1 << 16:
            state = state << 16 | bits.take(16)
        return symbol, state

    @classmethod
    def read_of(cls, bits: Bits, size: int) -> Ans:
        """The system of two to `size` symbols that stands next. ValueError where it is none."""
        counts = _counts(bits)
        while counts and not counts[-1]:
            counts.pop()
        if len(counts) > 1 << size or sum(counts) != WHOLE or min(counts) < 0:
            raise ValueError("probabilities that make no whole")
        return cls(counts, size)


def _parts(counts: Sequence[int], each: int) -> list[tuple[int, int, int]]:
    """The table of aliases: (border, symbol behind it, what is added behind it) of each part."""
    if WHOLE in counts:
        only = counts.index(WHOLE)
        return [(0, only, each * at) for at in range(len(counts))]
    left = list(counts)
    more = [at for at, count in enumerate(counts) if count > each]
    fewer = [at for at, count in enumerate(counts) if count < each]
    others = [(at, 0) for at in range(len(counts))]
    while more:
        giver, taker = more.pop(), fewer.pop()
        left[giver] -= each - left[taker]
        others[taker] = giver, left[giver]
        if left[giver] < each:
            fewer.append(giver)
        elif left[giver] > each:
            more.append(giver)
    return [
        (0, at, 0) if left[at] == each else (left[at], other, offset - left[at])
        for at, (other, offset) in enumerate(others)
    ]


def _small(bits: Bits) -> int:
    """A number below 256."""
    if not bits.flag():
        return 0
    length = bits.take(3)
    return (1 << length) + bits.take(length)


def _counts(bits: Bits) -> list[int]:
    """The probabilities of symbols, which make a whole."""
    if bits.flag():
        symbols = [_small(bits) for _ in range(bits.take(1) + 1)]
        counts = [0] * (max(symbols) + 1)
        counts[symbols[0]] = WHOLE if len(symbols) == 1 else bits.take(PRECISION)
        counts[symbols[-1]] = counts[symbols[-1]] or WHOLE - counts[symbols[0]]
        return counts
    if bits.flag():
        size = _small(bits) + 1
        return [WHOLE // size + (at < WHOLE % size) for at in range(size)]
    return _many_counts(bits)


def _many_counts(bits: Bits) -> list[int]:
    """The probabilities of many symbols: first how many bits each has, then the bits."""
    wide = 0
    while wide < 3 and bits.flag():
        wide += 1
    shift = (bits.take(wide) | 1 << wide) - 1
    size = _small(bits) + 3
    lengths: list[int] = []
    while len(lengths) < size:
        length = _of_words(bits, COUNTS)
        lengths += [AGAIN] * (_small(bits) + 4) if length == AGAIN else [length]
    if len(lengths) > size or set(lengths) == {AGAIN}:
        raise ValueError("probabilities that make no whole")
    left_out = lengths.index(max(length for length in lengths if length != AGAIN))
    if lengths[left_out + 1 : left_out + 2] == [AGAIN]:
        raise ValueError("probabilities that make no whole")
    counts: list[int] = []
    for at, length in enumerate(lengths):
        if length == AGAIN:
            counts.append(counts[-1] if counts else 0)
        else:
            counts.append(0 if at == left_out else _count(bits, length, shift))
    counts[left_out] = WHOLE - sum(counts)
    return counts


def _count(bits: Bits, length: int, shift: int) -> int:
    """A probability of so many bits, as finely as the shift says."""
    if length < 2:
        return length
    fine = max(0, min(length - 1, shift - (PRECISION - length + 1 >> 1)))
    return (1 << length - 1) + (bits.take(fine) << length - 1 - fine)
