"""A DNG (Adobe's Digital Negative, 1.4): a mosaic, and what the camera tells of its colours."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, BinaryIO

from ...errors import FormatLimit
from .. import exif
from ..exif import Directory, Field, Layout
from ..exif.fields import Name
from ..mosaic import Mosaic
from ..picture import Picture
from .tiff import tags
from .tiff.directory import Pages, blob, longs, ratios, shorts

#: what samples behind a filter of colours are (PhotometricInterpretation)
BEHIND_A_FILTER = 32803
#: fields of DNG: the filter's pattern, versions, names, levels, and colours
REPEATS, PATTERN, PLANES, LAYOUT = 33421, 33422, 50710, 50711
VERSION, READABLE, MODEL = 50706, 50707, 50708
BLACK_REPEATS, BLACK, WHITE = 50713, 50714, 50717
MATRIX, NEUTRAL, LIGHT = 50721, 50728, 50778
#: the version that this follows, and the first that can read it
FOLLOWS, READ_BY = bytes((1, 4, 0, 0)), bytes((1, 1, 0, 0))
#: as TIFF's fields have it: signed ratios; daylight of 6500 K; a filter of rows and columns
SIGNED_RATIO, D65, RECTANGULAR = 10, 21, 1
#: rows of a strip
ROWS = 64


def encode(file: BinaryIO, pictures: Iterator[Picture]) -> list[str]:
    """A DNG of the first picture's mosaic, whose samples stand as they are, unpacked; the file is
    open for reading, too. Returns what could not be kept. FormatLimit where there is no mosaic.
    """
    picture = next(pictures)
    mosaic = picture.mosaic
    if mosaic is None:
        raise FormatLimit(
            "a DNG holds what a sensor saw, and this picture is developed; -m raw leaves a raw "
            "file's samples, or write .tif"
        )
    parsed = exif.parse(picture.exif) if picture.exif else None
    layout = Layout(mosaic.camera.order)
    pages = Pages(file, layout)
    main = {**_stored(pages, mosaic), **_colours(layout, mosaic)}
    directories: dict[Name, Directory] = {}
    said: list[str] = []
    if parsed is not None and parsed.order == layout.order:
        directories = {**parsed.directories}
        own = {tag: f for tag, f in parsed.directories["main"].items() if tag not in exif.STORAGE}
        main = {**own, **main}
        said += exif.moved(parsed)
    elif picture.exif:
        said.append("not kept: its EXIF, which cannot be read")
    if picture.xmp is not None:
        main[tags.XMP] = blob(picture.xmp, 1)
    pages.directory({**directories, "main": main})
    return said


def _stored(pages: Pages, mosaic: Mosaic) -> dict[int, Field]:
    """Writes the samples, and gives the fields that say where and what they are."""
    layout = pages.layout
    height, width = mosaic.samples.shape
    order: Any = layout.order
    stored = mosaic.samples.astype(mosaic.samples.dtype.newbyteorder(order))
    strips = (stored[top : top + ROWS].tobytes() for top in range(0, height, ROWS))
    offsets, lengths = pages.strips(strips)
    rows, columns = len(mosaic.pattern), len(mosaic.pattern[0])
    pattern = bytes(colour for row in mosaic.pattern for colour in row)
    return {
        tags.NEW_KIND: longs(layout, [0]),
        tags.WIDTH: longs(layout, [width]),
        tags.HEIGHT: longs(layout, [height]),
        tags.BITS: shorts(layout, 16),
        tags.COMPRESSION: shorts(layout, tags.NONE),
        tags.PHOTOMETRIC: shorts(layout, BEHIND_A_FILTER),
        tags.STRIPS: longs(layout, offsets),
        tags.SAMPLES: shorts(layout, 1),
        tags.ROWS: longs(layout, [ROWS]),
        tags.LENGTHS: longs(layout, lengths),
        tags.PLANAR: shorts(layout, 1),
        REPEATS: shorts(layout, rows, columns),
        PATTERN: blob(pattern, 1),
        PLANES: blob(bytes((0, 1, 2)), 1),
        LAYOUT: shorts(layout, RECTANGULAR),
        BLACK_REPEATS: shorts(layout, rows, columns),
        BLACK: ratios(layout, *(black for row in mosaic.black for black in row)),
        WHITE: longs(layout, [round(mosaic.white)]),
    }


def _colours(layout: Layout, mosaic: Mosaic) -> dict[int, Field]:
    """The fields that say how the samples become colours, and how they lie."""
    camera = mosaic.camera
    name = camera.name.encode() + b"\0"
    own = {
        MATRIX: _signed(layout, camera.matrix),
        NEUTRAL: ratios(layout, *camera.neutral),
        LIGHT: shorts(layout, D65),
    }
    return {
        exif.ORIENTATION: shorts(layout, camera.turn),
        VERSION: blob(FOLLOWS, 1),
        READABLE: blob(READ_BY, 1),
        MODEL: Field(2, len(name), name, 0),
        **(camera.fields or own),
    }


def _signed(layout: Layout, values: tuple[float, ...]) -> Field:
    """A field of signed ratios."""
    parts = [
        part
        for value in values
        for part in Fraction(value).limit_denominator(10_000).as_integer_ratio()
    ]
    return Field(SIGNED_RATIO, len(values), struct.pack(f"{layout.order}{len(parts)}i", *parts), 0)
