"""TIFF (TIFF 6.0, BigTIFF): pictures of 1 to 16 bits or floats, in whatever way they are packed.

What it is made of stands in `images/inside/tiff`, which is imported for a TIFF alone. A file that
was a TIFF is written as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from ..format import Format, Holds, Saving
from ..picture import Header, Picture


def examine(file: BinaryIO, name: str) -> Header:
    """The header, as a file of several pages has its first; nothing is decoded."""
    from ..inside.tiff.decode import examine

    return examine(file, name)


def decode(file: BinaryIO, header: Header, name: str) -> Iterator[Picture]:
    """The pages, one after another."""
    from ..inside.tiff.decode import decode

    return decode(file, header, name)


def salvage(file: BinaryIO, name: str) -> tuple[Header, Iterator[Picture]]:
    """What is left of a file that is cut or damaged."""
    from ..inside.tiff.decode import salvage

    return salvage(file, name)


def encode(file: BinaryIO, pictures: Iterator[Picture], saving: Saving) -> list[str]:
    """A TIFF of pages, each of its picture's own depth; the file is open for reading, too."""
    from ..inside.tiff.encode import encode

    return encode(file, pictures, saving.quality)


TIFF = Format(
    name="TIFF",
    title="TIFF",
    endings=(".tif", ".tiff"),
    begins=(b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    holds=Holds(
        depths=("uint8", "uint16", "float32"),
        extras=True,
        several=("pages",),
        metadata=frozenset({"icc", "exif", "xmp", "dpi", "iptc", "photoshop"}),
    ),
    examine=examine,
    decode=decode,
    encode=encode,
    salvage=salvage,
)
