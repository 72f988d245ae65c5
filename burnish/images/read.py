"""Reading pictures: read(), from a file or its bytes, and frames(), where there are several.

A picture is decoded whole or refused in one sentence.
What the header says is held against the limits before a pixel is decoded.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ..errors import InputCorrupt, InputError, InputTooLarge, InputTruncated, UnsupportedFormat
from . import exif
from .damage import damage
from .damage.left import salvaged
from .formats import FORMATS
from .picture import Header, Picture, to_image
from .sniff import ImageSource, misnamed, name_of, opened, sniff

if TYPE_CHECKING:
    from PIL.Image import Image

#: larger pictures are refused unless a limit is given
MAX_MEGAPIXELS = 200.0
LIFTS = "--max-megapixels 0 (in Python max_megapixels=None) lifts the limit"
#: what is wrong with files of which something may be left
DAMAGES = (InputTruncated, InputCorrupt)
#: as many pictures of the largest size may lie in one file; of smaller ones, more
MOST_PICTURES = 100
#: bytes that a file may have a pixel it declares, and besides
BYTES_A_PIXEL, BYTES_BESIDES = 16, 64 << 20


def read(
    source: ImageSource, *, name: str | None = None, max_megapixels: float | None = MAX_MEGAPIXELS
) -> Picture:
    """The picture in a file, by its contents, whatever its name.

    source: a path, the file's bytes, or a file open for reading in bytes that can seek. name: what
    bytes are called in sentences. max_megapixels: larger ones are refused from their header; None
    lifts the limit. Raises InputMissing, InputEmpty, InputTruncated, InputCorrupt,
    UnsupportedFormat (several pictures in one file, too: `frames` gives all of them),
    UnsupportedChannels, NonFiniteInput, InputTooLarge; all are InputErrors.
    """
    name = name_of(source, name)
    with opened(source, name) as file:
        found = single(_within_limits(file, name, max_megapixels), name)
        file.seek(0)
        return next(FORMATS[found.format].decode(file, found, name))


def header(
    source: ImageSource,
    *,
    name: str | None = None,
    max_megapixels: float | None = MAX_MEGAPIXELS,
    salvage: bool = False,
) -> Header:
    """What a file says of itself, held against the limits; nothing is decoded.

    salvage: whether what is left of a damaged file will do. InputErrors as `read` raises them, save
    for damage inside the pixels; that there are several pictures is none.
    """
    name = name_of(source, name)
    with opened(source, name) as file:
        if not salvage:
            return _within_limits(file, name, max_megapixels)
        return _header_of_what_is_left(file, name, max_megapixels)


def frames(
    source: ImageSource,
    *,
    name: str | None = None,
    max_megapixels: float | None = MAX_MEGAPIXELS,
    salvage: bool = False,
) -> tuple[Header, Iterator[Picture]]:
    """All pictures in a file, pages or frames: what the file says of itself, which stays while they
    come, and an iterator that decodes one after another.

    The header is that of the first, and says how many there are (`Header.frames`). A path is opened
    anew when the first is asked for, and closed behind the last. salvage: whether what is left of a
    damaged file will do; `Picture.left` says how much that is. Errors as from `read`, of a picture
    when its turn comes; that there are several is none.
    """
    name = name_of(source, name)
    found = header(source, name=name, max_megapixels=max_megapixels, salvage=salvage)
    decoded = _salvaged if salvage else _decoded
    return found, decoded(source, found, name)


def open_image(source: str | Path | bytes) -> Image:
    """The picture in a file as Pillow opens it, in whatever mode; of a format that Pillow does not
    know, its colours in 8 bits.

    For what has a picture turned into something else, and asks for nothing but its colours. OSError
    as from Pillow where it cannot be read.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        return Image.open(io.BytesIO(source) if isinstance(source, bytes) else source)
    except UnidentifiedImageError as error:
        try:
            return to_image(read(source))
        except InputError:
            raise error from None


def _decoded(source: ImageSource, found: Header, name: str) -> Iterator[Picture]:
    with opened(source, name) as file:
        yield from FORMATS[found.format].decode(file, found, name)


def _salvaged(source: ImageSource, found: Header, name: str) -> Iterator[Picture]:
    """The pictures; from the first damaged one on, what is left of them."""
    count = 0
    with opened(source, name) as file:
        try:
            with damage(name):
                for picture in FORMATS[found.format].decode(file, found, name):
                    yield picture
                    count += 1
            return
        except DAMAGES as error:
            why = error
        try:
            with damage(name):
                for picture in islice(_left(file, name, why)[1], count, None):
                    if picture.left is not None and picture.left.missing.all():
                        raise why
                    yield picture if picture.left is None else salvaged(picture)
        except DAMAGES:
            raise _nothing_left(why) from why


def _header_of_what_is_left(file: BinaryIO, name: str, most: float | None) -> Header:
    """The header of a file, or of what is left of it, within the limits."""
    try:
        with damage(name):
            return _within_limits(file, name, most)
    except DAMAGES as error:
        why = error
    try:
        with damage(name):
            return _check_limits(file, _without_broken_exif(_left(file, name, why)[0]), name, most)
    except DAMAGES:
        raise _nothing_left(why) from why


def _left(file: BinaryIO, name: str, why: InputError) -> tuple[Header, Iterator[Picture]]:
    """What is left of a file; `why` again where its format has nothing to say of that."""
    file.seek(0)
    format = sniff(file, name)
    if format.salvage is None:
        raise why
    return format.salvage(file, name)


def _without_broken_exif(found: Header) -> Header:
    try:
        exif.parse(found.exif or b"")
    except ValueError:
        lost = "not kept: its EXIF, which is damaged"
        return replace(found, exif=None, lost=(*found.lost, lost))
    return found


def _nothing_left(error: InputError) -> InputError:
    return type(error)(f"{error}; --salvage finds nothing in it that can be restored")


def examine(file: BinaryIO, name: str) -> Header:
    """The header of an open file, with a note where its name says another format."""
    format = sniff(file, name)
    found = format.examine(file, name)
    if found.exif is not None:
        # what nobody could hold in memory is refused here, before a decoder reads it for itself
        exif.parse(found.exif)
    return replace(found, notes=(*misnamed(name, format), *found.notes))


def single(found: Header, name: str) -> Header:
    """The header; UnsupportedFormat where the file holds several pictures."""
    check_whole(found, name)
    if found.frames > 1:
        raise UnsupportedFormat(
            f"{name}: has {found.frames} {found.several}, and one picture is wanted here; "
            "`burnish restore --pages 1 --strength 0` takes one out"
        )
    return found


def check_whole(found: Header, name: str) -> None:
    """UnsupportedFormat where a file holds several pictures, and only the first can be had."""
    if found.only_first is not None:
        raise UnsupportedFormat(
            f"{name}: {found.only_first}; `burnish restore --pages 1` takes its first picture, or "
            "save it as an animated WebP or PNG"
        )


def _within_limits(file: BinaryIO, name: str, most: float | None) -> Header:
    """The header.

    InputTooLarge beyond the limit, or where the file is far larger than its pictures could ever be.
    """
    return _check_limits(file, examine(file, name), name, most)


def _check_limits(file: BinaryIO, found: Header, name: str, most: float | None) -> Header:
    if most is None:
        return found
    pixels = max(found.largest, found.width * found.height)
    size = file.seek(0, os.SEEK_END)
    if pixels / 1e6 > most:
        raise InputTooLarge(
            f"{name}: is {found.width}x{found.height}, {pixels / 1e6:.0f} megapixels, and at most "
            f"{most:g} are read; {LIFTS}"
        )
    if found.frames * pixels / 1e6 > MOST_PICTURES * most:
        raise InputTooLarge(
            f"{name}: has {found.frames} {found.several} of up to {pixels / 1e6:.2g} megapixels, "
            f"and at most {MOST_PICTURES * most:g} are read in all; {LIFTS}"
        )
    if size > BYTES_BESIDES + BYTES_A_PIXEL * pixels * found.frames:
        raise InputTooLarge(
            f"{name}: is {size / 1e6:.0f} MB for a picture of {found.width}x{found.height}, too "
            f"much to be one; {LIFTS}"
        )
    return found
