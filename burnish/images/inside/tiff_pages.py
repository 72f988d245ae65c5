"""The pages of a TIFF: which of them are pictures, which are smaller copies of one, and whether the
data of a page are all there.
"""

from __future__ import annotations

import logging
import math
import os
from itertools import chain
from typing import TYPE_CHECKING, Any, BinaryIO

from ...errors import UnsupportedFormat
from ..damage import corrupt, truncated

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage

#: the magic number of a TIFF whose offsets have 32 bits
CLASSIC = 42
#: fields that say what a page is to the others, and that it has pages of its own
NEW_KIND, OLD_KIND, SUBFILES = 254, 255, 330
#: raw files of cameras: what says how their pixels are colours, and that they follow DNG
COLOUR_FILTERS, LINEAR_RAW, DNG = 32803, 34892, 50706
#: behind the header of Canon's
CR2 = b"CR"
#: a file whose pages have more pages of their own than this wastes time on purpose
MOST_BELOW = 100


def open_tiff(file: BinaryIO, name: str) -> TiffFile:
    """The file's structure; InputTruncated where its directory lies behind its end."""
    import tifffile

    # what it has to say is found out here, and said once
    logging.getLogger("tifffile").addHandler(logging.NullHandler())
    file.seek(0)
    head = file.read(16)
    order: Any = "little" if head[:1] == b"I" else "big"
    size = file.seek(0, os.SEEK_END)
    classic = int.from_bytes(head[2:4], order) == CLASSIC
    first = int.from_bytes(head[4:8] if classic else head[8:16], order)
    if len(head) < 16 or first + 2 > size:
        raise truncated(name)
    if head[8:10] == CR2:
        raise _raw(name)
    file.seek(0)
    return tifffile.TiffFile(file)


def pictures(tiff: TiffFile, name: str) -> tuple[list[TiffPage], bool]:
    """The pages that are pictures of their own, and whether there are smaller copies besides.

    Those are pages that are not called reduced, wherever they stand; where all are, pages of their
    own that are not; at last, the largest. UnsupportedFormat where it is a camera's raw file.
    """
    pages = [page.aspage() for page in tiff.pages]
    below = list(chain.from_iterable(_pages_of(page, name) for page in pages))
    if any(DNG in page.tags or _is_raw(page) for page in (*pages, *below)):
        raise _raw(name)
    whole = [page for page in pages if not is_reduced(page)]
    whole = whole or [page for page in below if not is_reduced(page)]
    whole = whole or [max(pages, key=lambda page: page.imagewidth * page.imagelength)]
    smaller = len(pages) + len(below) > len(whole) or any(SUBFILES in p.tags for p in whole)
    return whole, smaller


def _pages_of(page: TiffPage, name: str) -> list[TiffPage]:
    """The pages that a page has below itself (SubIFDs)."""
    if SUBFILES not in page.tags or page.pages is None:
        return []
    if page.subifds is not None and len(page.subifds) > MOST_BELOW:
        raise corrupt(name, f"{len(page.subifds)} pages below one")
    return [below.aspage() for below in page.pages]


def _is_raw(page: TiffPage) -> bool:
    return page.photometric in (COLOUR_FILTERS, LINEAR_RAW)


def is_reduced(page: TiffPage) -> bool:
    """By either of the two fields that say so."""
    return bool(int(page.tags.valueof(NEW_KIND, 0)) & 1) or page.tags.valueof(OLD_KIND) == 2


def _raw(name: str) -> UnsupportedFormat:
    return UnsupportedFormat(
        f"{name}: is a camera's raw file, which is not read yet; develop it to TIFF first"
    )


def check_segments(page: TiffPage, size: int, name: str) -> None:
    """InputTruncated unless every strip or tile is there, inside the file, and, where it is not
    compressed, long enough.
    """
    offsets, counts = page.dataoffsets, page.databytecounts
    if len(offsets) < math.prod(page.chunked) or len(counts) < len(offsets):
        raise truncated(name)
    if any(
        not count or not offset or offset + count > size
        for offset, count in zip(offsets, counts, strict=False)
    ):
        raise truncated(name)
    samples = page.imagewidth * page.imagelength * page.samplesperpixel
    if page.compression == 1 and sum(counts) * 8 < samples * page.bitspersample:
        raise truncated(name)
