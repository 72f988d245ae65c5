"""Raw files of cameras in a TIFF's coat, known by their signs: never by a small first page, which
scanners and editors write too.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, BinaryIO

from ....errors import UnsupportedFormat
from .tags import COLOUR_FILTERS, DNG, LINEAR_RAW

if TYPE_CHECKING:
    from tifffile import TiffPage

#: behind the header of Canon's
CR2 = b"CR"
#: how makers, whose names stand in a file, call their raw files
MAKERS = {"NIKON": "NEF", "SONY": "ARW", "PENTAX": "PEF", "RICOH": "PEF", "SAMSUNG": "SRW"}
MAKE = 271


def raw_kind(file: BinaryIO, pages: Iterable[TiffPage]) -> str:
    """What a camera's raw file is called, such as "NEF"; empty where it is none.

    pages: all of its pages, those below others too.
    """
    file.seek(8)
    if file.read(2) == CR2:
        return "CR2"
    make = ""
    for page in pages:
        if DNG in page.tags:
            return "DNG"
        make = make or str(page.tags.valueof(MAKE, "")).upper()
        if page.photometric in (COLOUR_FILTERS, LINEAR_RAW):
            return next((kind for name, kind in MAKERS.items() if make.startswith(name)), "raw")
    return ""


def check_no_raw(file: BinaryIO, pages: Iterable[TiffPage], name: str) -> None:
    """UnsupportedFormat where the file is a camera's raw file."""
    kind = raw_kind(file, pages)
    if kind:
        called = "" if kind == "raw" else f" ({kind})"
        raise UnsupportedFormat(
            f"{name}: is a camera's raw file{called}, which is not read yet; develop it to TIFF "
            "first"
        )
