"""Whether fax codes (ITU-T T.4 and T.6) of a page were read to their end.

They have no checksum, and decoders say neither that codes are missing nor that they gave up among
them: what follows is white. So the page is decoded again with other codes behind it, which a whole
one never reads; and, of group 4, with other codes in the place of its last ones, which a whole one
does read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np

from ..damage import corrupt, truncated

#: how rows are coded: group 3 (T.4) with an end of line, group 4 (T.6), or runs alone, each row
#: from a whole byte on
Scheme = Literal["group 3", "group 4", "runs"]

#: codes that are put behind: rows of two white and two black pixels, rows that begin with a black
#: pixel, and rows that repeat the one above
TWO_AND_TWO, ONE_BLACK, REPEATED = "011111", "00110101010", "1"
#: bits before them, which end a code that was begun in ways that look different; found by trying
#: which of 4 bits, over thousands of small pages, leave the fewest cuts unseen
BEGINNINGS = (
    *(("1000", ONE_BLACK), ("010", ONE_BLACK), ("101", ONE_BLACK)),
    *(("1011", TWO_AND_TWO), ("1101", TWO_AND_TWO), ("00", TWO_AND_TWO)),
    *(("111", REPEATED), ("10111", REPEATED)),
)
#: the longest beginning of an end of line, but for its 1
LINE = 11
#: bits that are put behind, at least
MOST_BITS = 2048
#: the bits that end a page of group 4, and stand nowhere else in its codes; some files have more
#: behind them
END_OF_PAGE = "000000000001" * 2
#: what may follow codes without that mark
FILLING = b"\0\r\n"
#: bytes at the end of the codes which a decoder must have read
LAST = 8
DAMAGED = "what stands behind an error in its fax code cannot be read"


def check_fax(
    data: bytes, decode: Callable[[bytes], Any], width: int, scheme: Scheme, name: str
) -> Any:
    """What a page of fax codes decodes to.

    data: its codes, the first in the highest bits of a byte. decode: decodes such data; it gives
    None, or raises RuntimeError, where they are none. width: pixels of a row. Raises InputTruncated
    where they end before the last row does, InputCorrupt where not all of them are read.
    """

    def decoded(codes: bytes) -> Any:
        try:
            return decode(codes)
        except RuntimeError:
            return None

    page = decoded(data)
    codes = _codes(data) if scheme == "group 4" else None
    others = list(probes(width, scheme))
    if page is None:
        raise corrupt(name, DAMAGED)
    if not all(_same(page, decoded(data + probe)) for probe in others):
        raise truncated(name) if codes is None else corrupt(name, DAMAGED)
    # The rows of the others begin anew each; group 4 says nothing more behind damage.
    whole = data.rstrip(FILLING) if codes is None else codes
    last = min(LAST, len(whole) // 2)
    other = whole[: len(whole) - last] + others[0]
    if scheme == "group 4" and last and _same(page, decoded(other)):
        raise corrupt(name, DAMAGED)
    return page


def probes(width: int, scheme: Scheme) -> Iterator[bytes]:
    """What is put behind codes, and never read of whole ones. The ends of lines of group 3 may be
    begun already.
    """
    times = max(width // 4, MOST_BITS // len(TWO_AND_TWO)) + 1
    for bits, code in BEGINNINGS:
        yield _bytes(bits + code * times)
    for zeros in range(LINE + 1) if scheme == "group 3" else range(0):
        yield _bytes("0" * zeros + "1" + TWO_AND_TWO * times)


def _bytes(bits: str) -> bytes:
    """Bits as bytes, the first in the highest bit, filled up with zeros."""
    count = -(-len(bits) // 8)
    return int(bits.ljust(count * 8, "0"), 2).to_bytes(count, "big")


def _codes(data: bytes) -> bytes | None:
    """The codes of a page of group 4 before the mark that ends it; None where there is no mark."""
    bits = bin(int.from_bytes(b"\1" + data))[3:]
    end = bits.find(END_OF_PAGE)
    return data[: end // 8] if end >= 0 else None


def _same(one: Any, other: Any) -> bool:
    return other is not None and np.array_equal(one, other)
