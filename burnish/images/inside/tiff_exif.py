"""EXIF in a TIFF that is written: its fields stand among those of each page."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import BinaryIO

from .. import exif
from ..exif import Exif

#: offsets are 32 bits wide in a TIFF; larger ones are BigTIFF
LARGEST_CLASSIC = 2**32 - 2**25


def append_exif(file: BinaryIO, pages: Sequence[Exif | None]) -> list[str]:
    """Puts the fields of EXIF into a TIFF that is written but for them.

    pages: those of each page, in the byte order of the file, which is open for reading, too.

    The directory of each page that has some is written once more, behind everything, with the
    fields among its own, and EXIF's directories before it; what pointed to the old one points
    there. Returns sentences on what could not be kept.
    """
    if not any(pages):
        return []
    end = file.seek(0, 2)
    first = exif.parse(file)
    if first is None or end > LARGEST_CLASSIC:
        return ["not kept: its EXIF, for which there is no place in a BigTIFF"]

    # From the last to the first, so that each knows where the next one lies.
    written = list(islice(_directories(file, first), len(pages)))
    behind = 0
    for page, fields in reversed(list(zip(written, pages, strict=True))):
        if fields is None:
            file.seek(page.thumbnail)
            file.write(struct.pack(page.order + "I", behind))
            behind = page.starts["main"]
        else:
            behind = _append(file, page, fields, behind)
    file.seek(4)
    file.write(struct.pack(first.order + "I", behind))
    return list(dict.fromkeys(said for fields in pages if fields for said in exif.moved(fields)))


def _directories(file: BinaryIO, first: Exif) -> Iterator[Exif]:
    """The directories of all pages."""
    page: Exif | None = first
    while page is not None:
        yield page
        file.seek(page.thumbnail)  # where the offset of the next directory stands
        (place,) = struct.unpack(page.order + "I", file.read(4))
        page = exif.parse(file, start=place) if place else None


def _append(file: BinaryIO, page: Exif, fields: Exif, behind: int) -> int:
    """Writes the directory of a page with the fields among its own. Returns where it stands.

    behind: where the directory of the page behind it stands, 0 for the last.
    """
    own = exif.STORAGE | exif.RESOLUTION  # which are this file's
    shared = {tag: field for tag, field in fields.directories["main"].items() if tag not in own}
    main = {**page.directories["main"], **shared}
    end = file.seek(0, 2)
    start = end + end % 2
    merged = replace(fields, directories={**fields.directories, "main": main})
    body, place = exif.pack_directories(merged, start)
    file.write(b"\0" * (end % 2) + body)
    next_of = exif.parse(file, (), place)
    assert next_of is not None
    file.seek(next_of.thumbnail)
    file.write(struct.pack(page.order + "I", behind))
    return place
