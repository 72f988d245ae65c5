"""Directories of a TIFF that is written, page behind page."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import BinaryIO

from ....errors import FormatLimit
from ...exif import Directory, Field, Layout
from ...exif.fields import Name
from ...exif.pack import pack_directories

#: offsets are 32 bits wide in a TIFF; larger ones are BigTIFF
LARGEST_CLASSIC = 2**32 - 2**25
#: the highest part of a ratio
_MOST = 2**32 - 1


class Pages:
    """A TIFF that is written page by page into a file open for reading, too."""

    def __init__(self, file: BinaryIO, layout: Layout) -> None:
        self.file, self.layout = file, layout
        #: where the offset of the next page's directory belongs
        self.link = layout.header - layout.wide
        narrow = layout.wide == 4
        head = (b"II" if layout.order == "<" else b"MM") + struct.pack(
            layout.order + "H", 42 if narrow else 43
        )
        file.write(head if narrow else head + struct.pack(layout.order + "HH", 8, 0))
        file.write(bytes(layout.wide))

    def strips(self, strips: Iterable[bytes]) -> tuple[list[int], list[int]]:
        """Writes strips. Returns where each stands, and how long it is; FormatLimit where the file
        becomes larger than its offsets reach.
        """
        offsets, lengths = [], []
        for strip in strips:
            offsets.append(self._even())
            lengths.append(len(strip))
            self.file.write(strip)
            if self.layout.wide == 4 and offsets[-1] + len(strip) > LARGEST_CLASSIC:
                raise FormatLimit("its pages are more than the 4 GB of a TIFF; choose fewer")
        return offsets, lengths

    def directory(self, directories: Mapping[Name, Directory]) -> None:
        """Writes the directory of a page, and those of its EXIF before it."""
        body, place = pack_directories(directories, self.layout, self._even())
        self.file.write(body)
        self.file.seek(self.link)
        self.file.write(place.to_bytes(self.layout.wide, self.layout.endian))
        count = len(directories["main"])
        self.link = place + self.layout.count + self.layout.entry * count
        self.file.seek(0, 2)

    def _even(self) -> int:
        """The end of the file, made even."""
        end = self.file.seek(0, 2)
        return end + self.file.write(b"\0" * (end % 2))


def shorts(layout: Layout, *values: int) -> Field:
    """A field of numbers of 16 bits."""
    return Field(3, len(values), struct.pack(f"{layout.order}{len(values)}H", *values), 0)


def longs(layout: Layout, values: Sequence[int]) -> Field:
    """A field of numbers as wide as the file's offsets."""
    kind, code = (4, "I") if layout.wide == 4 else (16, "Q")
    return Field(kind, len(values), struct.pack(f"{layout.order}{len(values)}{code}", *values), 0)


def ratios(layout: Layout, *values: float) -> Field:
    """A field of ratios, each of 0 and more."""
    parts: list[int] = []
    for value in values:
        ratio = Fraction(min(value, _MOST)).limit_denominator(10**6)
        # what has a denominator, and is that large, has to do without
        parts += ratio.as_integer_ratio() if ratio.numerator <= _MOST else (round(value), 1)
    return Field(5, len(values), struct.pack(f"{layout.order}{len(parts)}I", *parts), 0)


def blob(data: bytes, kind: int = 7) -> Field:
    """A field of bytes (1), or of bytes that mean nothing to TIFF (7)."""
    return Field(kind, len(data), data, 0)
