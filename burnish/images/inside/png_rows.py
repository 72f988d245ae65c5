"""Rows: how many bytes the rows of a PNG have when they are inflated, pass by pass."""

from __future__ import annotations

from dataclasses import dataclass

#: how a PNG begins
SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: x start, y start, x step, y step of the seven passes of an interlaced picture
PASSES = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)


@dataclass(frozen=True)
class Rows:
    """The rows of a picture, as its header says them."""

    #: pixels across
    width: int
    #: pixels down
    height: int
    #: bits of a pixel
    bits: int
    #: whether they come in seven passes, each finer than the last
    interlaced: bool

    @property
    def passes(self) -> tuple[tuple[int, int], ...]:
        """Bytes of a row, with the number of its filter, and rows, of each pass; without pixels, a
        pass has no rows.
        """
        found = []
        for left, top, across, down in PASSES if self.interlaced else ((0, 0, 1, 1),):
            columns = max(0, -(-(self.width - left) // across))
            rows = max(0, -(-(self.height - top) // down))
            found.append((1 + -(-columns * self.bits // 8), rows if columns else 0))
        return tuple(found)

    @property
    def size(self) -> int:
        """Bytes of all rows."""
        return sum(length * count for length, count in self.passes)
