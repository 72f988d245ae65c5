"""read(): a file, decoded whole or refused in one sentence.

What its header says is held against the limits before a pixel is decoded.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import BinaryIO

from ..errors import InputTooLarge
from . import exif, sniff
from .formats import jpeg, png, tiff, webp
from .picture import Format, Header, Picture

#: larger pictures are refused unless a limit is given
MAX_MEGAPIXELS = 200.0
LIFTS = "--max-megapixels 0 (in Python max_megapixels=None) lifts the limit"
#: bytes that a file may have a pixel it declares, and besides
BYTES_A_PIXEL, BYTES_BESIDES = 16, 64 << 20

DECODERS: dict[Format, ModuleType] = {"JPEG": jpeg, "PNG": png, "WEBP": webp, "TIFF": tiff}


def read(path: str | Path, *, max_megapixels: float | None = MAX_MEGAPIXELS) -> Picture:
    """The picture in a file, by its contents, whatever its name.

    max_megapixels: larger ones are refused from their header; None lifts the limit. Raises
    InputMissing, InputEmpty, InputTruncated, InputCorrupt, UnsupportedFormat, UnsupportedChannels,
    NonFiniteInput, InputTooLarge; all are InputErrors.
    """
    path = Path(path)
    with sniff.opened(path) as file:
        found = _within_limits(file, path, max_megapixels)
        file.seek(0)
        picture: Picture = DECODERS[found.format].decode(file, found, path)
        return picture


def header(path: str | Path, *, max_megapixels: float | None = MAX_MEGAPIXELS) -> Header:
    """What a file says of itself, held against the limits; nothing is decoded.

    InputErrors as `read` raises them, save for damage inside the pixels.
    """
    path = Path(path)
    with sniff.opened(path) as file:
        return _within_limits(file, path, max_megapixels)


def examine(file: BinaryIO, path: Path) -> Header:
    """The header of an open file, with a note where its name says another format."""
    kind = sniff.sniff(file, path)
    found: Header = DECODERS[kind].examine(file, path)
    if found.exif is not None:
        exif.parse(
            found.exif
        )  # what nobody could hold in memory is refused here, before a decoder reads it for itself
    return replace(found, notes=(*sniff.misnamed(path, kind), *found.notes))


def _within_limits(file: BinaryIO, path: Path, most: float | None) -> Header:
    """The header.

    InputTooLarge beyond the limit, or where the file is far larger than its picture could ever be.
    """
    found = examine(file, path)
    if most is None:
        return found
    megapixels, size = found.width * found.height / 1e6, os.fstat(file.fileno()).st_size
    if megapixels > most:
        raise InputTooLarge(
            f"{path}: is {found.width}x{found.height}, {megapixels:.0f} megapixels, and at most "
            f"{most:g} are read; {LIFTS}"
        )
    if size > BYTES_BESIDES + BYTES_A_PIXEL * found.width * found.height:
        raise InputTooLarge(
            f"{path}: is {size / 1e6:.0f} MB for a picture of {found.width}x{found.height}, too "
            f"much to be one; {LIFTS}"
        )
    return found
