"""The picture formats that are read and written: a file each, and a line each in this table.

Every list of formats or endings in the package is made of it, when it is asked for.
"""

from __future__ import annotations

from pathlib import Path

from ...errors import UsageError
from ..format import Format
from .avif import AVIF
from .bmp import BMP
from .dpx import DPX
from .gif import GIF
from .heic import HEIC
from .jpeg import JPEG
from .jxl import JXL
from .pfm import PFM
from .png import PNG
from .pnm import PNM
from .raw import RAW
from .tga import TGA
from .tiff import TIFF
from .webp import WEBP

#: the table of contents; to add a format: a file in this folder, and a line here
FORMATS: dict[str, Format] = {
    format.name: format
    for format in (JPEG, PNG, WEBP, TIFF, AVIF, JXL, GIF, BMP, PNM, PFM, DPX, TGA, HEIC, RAW)
}
#: how names of results end that have not their sources' ending: a format of 16 bits, and of EXIF
UNWRITTEN = ".tif"


def endings(*, written: bool = False) -> tuple[str, ...]:
    """How the names of pictures end that are read, in lower case, format by format.

    written: of those alone that can be written with what is installed.
    """
    if not written:
        return tuple(ending for format in FORMATS.values() for ending in format.endings)
    return tuple(
        ending
        for format in FORMATS.values()
        if format.encode is not None and format.here
        for ending in format.written or format.endings
    )


def format_named(path: str | Path) -> Format | None:
    """The format that a name's ending says; None where it says none."""
    ending = Path(path).suffix.lower()
    return next((format for format in FORMATS.values() if ending in format.endings), None)


def written_ending(ending: str) -> str:
    """How the name of a result ends whose source's name ends in this way: likewise, or in .tif
    where such files are never written, or only if somebody asks for it.
    """
    found = format_named(f"a{ending}")
    return ending if found is None or found.holds_any else UNWRITTEN


def format_of(path: str | Path) -> Format:
    """The format that a name's ending says; UsageError with the list where it says none."""
    found = format_named(path)
    if found is None:
        known = ", ".join(endings(written=True))
        raise UsageError(f"{path}: the name of a picture to write must end in one of {known}")
    return found


def listed(last: str) -> str:
    """The formats that take no extra in words: "JPEG, PNG, WebP and TIFF", with `last` for the
    "and".
    """
    *titles, final = (format.title for format in FORMATS.values() if format.extra is None)
    return f"{', '.join(titles)} {last} {final}"
