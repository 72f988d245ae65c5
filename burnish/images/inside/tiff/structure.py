"""The structure of a TIFF: its chain of directories, walked and held against the file's size before
tifffile reads it.

So a file of a few bytes cannot claim gigabytes of fields, nor lead round in a circle.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from ....errors import InputTooLarge, UnsupportedFormat
from ... import exif
from ...damage import corrupt, truncated
from ...exif.fields import LAYOUTS, SIZES
from .tags import LAYERS, MICROSCOPES, SEGMENTS, SUBFILES

if TYPE_CHECKING:
    from tifffile import TiffFile

#: a file of more directories, or a directory of more fields, wastes time on purpose
MOST_PAGES, MOST_FIELDS = 4000, 4000
#: strips or tiles that a file may have; tables of more would need more memory than pictures do
MOST_SEGMENTS = 2_000_000
#: bytes that the fields of a file may have together, but for those of its strips and tiles
MOST_BYTES = 1 << 26


def open_tiff(file: BinaryIO, name: str) -> TiffFile:
    """The file's structure. InputTruncated where a directory lies behind its end, InputCorrupt
    where its directories lead round in a circle, InputTooLarge where they claim too much.
    """
    import tifffile

    # what it has to say is found out here, and said once
    logging.getLogger("tifffile").addHandler(logging.NullHandler())
    check_structure(file, name)
    file.seek(0)
    return tifffile.TiffFile(file)


@dataclass
class _Claims:
    """What the directories of a file have claimed so far."""

    #: where directories begin
    starts: set[int]
    #: strips and tiles
    segments: int = 0
    #: bytes of all other fields
    size: int = 0


def check_structure(file: BinaryIO, name: str) -> None:
    """Walks all directories once, and adds up what they claim; errors as from `open_tiff`."""
    file.seek(0)
    head = file.read(16)
    layout = LAYOUTS.get(head[:4])
    size = file.seek(0, os.SEEK_END)
    if layout is None or len(head) < 16:
        raise truncated(name)
    claims = _Claims(set())
    first = layout.offset(head[layout.header - layout.wide :])
    if first < layout.header:
        raise corrupt(name, "it has no directory")
    walked: set[int] = set()
    for below in _chain(file, layout, first, size, claims, name):
        # tifffile lists the directories below one, and leads from each to the next besides.
        if below in walked:
            continue
        before = set(claims.starts)
        for _ in _chain(file, layout, below, size, claims, name):
            pass
        walked |= claims.starts - before


def _chain(
    file: BinaryIO, layout: exif.Layout, start: int, size: int, claims: _Claims, name: str
) -> Iterator[int]:
    """Where the directories below those of a chain begin."""
    while start:
        if start in claims.starts:
            raise corrupt(name, "its pages lead round in a circle")
        if len(claims.starts) >= MOST_PAGES:
            raise InputTooLarge(f"{name}: has more than {MOST_PAGES} pages; split it into several")
        claims.starts.add(start)
        if start + layout.count > size:
            raise truncated(name)
        file.seek(start)
        count = int.from_bytes(file.read(layout.count), layout.endian)
        if count > MOST_FIELDS:
            raise corrupt(name, f"a directory of {count} fields")
        entries = file.read(layout.entry * count + layout.wide)
        if len(entries) < layout.entry * count:
            raise truncated(name)
        yield from _fields(file, layout, entries[: layout.entry * count], size, claims, name)
        # where the offset of the next is cut off, there is no next
        start = layout.offset(entries[layout.entry * count :])


def _fields(
    file: BinaryIO, layout: exif.Layout, entries: bytes, size: int, claims: _Claims, name: str
) -> Iterator[int]:
    """Adds up what the fields of a directory claim; where the directories below it begin."""
    for place in range(0, len(entries), layout.entry):
        tag, kind, count = layout.head(entries, place)
        if tag in MICROSCOPES:
            raise UnsupportedFormat(
                f"{name}: is a microscope's file ({MICROSCOPES[tag]}), which may hold more than "
                "its pages show; export its pictures as plain TIFFs"
            )
        length = SIZES.get(kind, 0) * count
        value = entries[place + layout.entry - layout.wide : place + layout.entry]
        at = layout.offset(value)
        if length > layout.wide and at + length > size:
            if tag in SEGMENTS:
                raise truncated(name)
            # which tifffile leaves out, as it does fields of a type that nobody knows
            continue
        if tag in SEGMENTS:
            claims.segments += count
        elif tag != LAYERS:
            # Photoshop's layers may be larger than the picture, and nobody reads them
            claims.size += length
        if claims.segments > 2 * MOST_SEGMENTS or claims.size > MOST_BYTES:
            raise InputTooLarge(
                f"{name}: has directories that claim many times what a picture has; take it again "
                "from where it came"
            )
        if tag == SUBFILES and kind in (4, 13, 16, 18):
            file.seek(at)
            data = file.read(length) if length > layout.wide else value[:length]
            step = SIZES[kind]
            yield from (
                int.from_bytes(data[i : i + step], layout.endian) for i in range(0, length, step)
            )
