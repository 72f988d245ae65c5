"""Pictures into a TIFF, each as its own file had it: depth, packing, kind of colours, masks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ... import exif
from ...exif import Directory, Field, Layout
from ...exif.fields import Name
from ...picture import BITS, Picture, Plane, to_samples
from ..tiff_insides import Insides
from . import tags
from .colours import rgb_to_lab
from .directory import LARGEST_CLASSIC, Pages, blob, longs, ratios, shorts
from .fields import GEO, field_of
from .pack import Packing, packing_of, strips_of
from .planes import page_numbers

#: the unit of resolutions
INCH = 2
#: floats, in the field that says of what sort samples are
FLOAT = 3


@dataclass(frozen=True)
class Stored:
    """The samples of a page as they are written."""

    #: [H, W, C] of uint8, uint16, float16 or float32
    samples: NDArray[Any]
    #: bits of a sample
    bits: int
    #: the kind of their colours (PhotometricInterpretation)
    photometric: int
    #: what the samples beside the colours are (ExtraSamples)
    beside: tuple[int, ...] = ()


def encode(file: BinaryIO, pictures: Iterator[Picture], quality: int | None) -> list[str]:
    """A TIFF of pictures, page by page; the file is open for reading, too.

    quality: of JPEGs inside, 1 to 100; None is that of the source's, and at least 98.
    """
    first = next(pictures)
    insides = _insides(first)
    parsed = exif.parse(first.exif) if first.exif else None
    order = insides.order if parsed is None else parsed.order
    size = math.prod(first.planes.shape) * (1 + len(first.extras)) * BITS[first.depth] // 8
    pages = Pages(file, Layout(order, 8 if insides.wide or size > LARGEST_CLASSIC else 4))
    said: dict[str, None] = {}
    for picture in chain([first], pictures):
        said |= dict.fromkeys(_page(pages, picture, quality))
    return list(said)


def _insides(picture: Picture) -> Insides:
    """How the picture is stored; in the usual way where its file was no TIFF."""
    return picture.insides or Insides()


def _page(pages: Pages, picture: Picture, quality: int | None) -> list[str]:
    """Writes one picture, and the pages that are planes of it. Returns what could not be kept."""
    layout, insides = pages.layout, _insides(picture)
    stored = _stored(picture, insides)
    packing = packing_of(insides, stored.samples, stored.bits, layout.order, quality)
    main = _written(pages, stored, packing)
    directories, said = _described(layout, picture, insides, stored)
    pages.directory({**directories, "main": {**directories["main"], **main}})
    for plane in picture.extras:
        if numbers := page_numbers(plane):
            _plane(pages, plane, numbers, insides)
    return said


# Samples


def _stored(picture: Picture, insides: Insides) -> Stored:
    """The samples of a picture as they are written."""
    if insides.premultiplied and picture.alpha is not None:
        pixels = picture.pixels
        shown = np.where(picture.alpha > 0, pixels * picture.alpha, pixels)
        picture = replace(picture, planes=shown)
    stored = _colours(picture, insides)
    planes = [
        plane.at(picture.depth).samples[..., None]
        for plane in picture.extras
        if page_numbers(plane) is None
    ]
    beside = [tags.PREMULTIPLIED if insides.premultiplied else tags.ALPHA]
    beside = [] if picture.alpha is None else beside
    beside += [tags.UNSPECIFIED for _ in planes]
    samples = np.concatenate([stored.samples, *planes], 2) if planes else stored.samples
    return replace(stored, samples=samples, beside=tuple(beside))


def _colours(picture: Picture, insides: Insides) -> Stored:
    """The samples of colours and alpha, in the kind of colours that the source has."""
    colours, depth = picture.channels, picture.depth
    if insides.lab and colours == 3 and depth != "float32":
        return _lab(picture, insides)
    packed = insides.bits if picture.bits == insides.bits and insides.bits > 8 else None
    samples = to_samples(picture, depth, packed).reshape(*picture.size, -1)
    bits = packed or BITS[depth]
    if depth == "float32" and insides.bits == 16:
        samples, bits = _halved(samples)
    if colours == 3:
        return Stored(samples, bits, tags.RGB)
    if insides.bits == 1 and samples.shape[2] == 1 and bool(np.isin(samples, (0, 255)).all()):
        samples, bits = samples & 1, 1
    if insides.photometric == tags.WHITE_IS_ZERO and bits == insides.bits and depth != "float32":
        samples = np.concatenate([2**bits - 1 - samples[..., :1], samples[..., 1:]], 2, dtype=depth)
        return Stored(samples, bits, tags.WHITE_IS_ZERO)
    return Stored(samples, bits, tags.GREY)


def _halved(samples: NDArray[Any]) -> tuple[NDArray[Any], int]:
    """Floats in 16 bits where all of them fit, and in how many they are."""
    fit = np.abs(samples).max(initial=0) <= np.finfo(np.float16).max
    return (samples.astype(np.float16), 16) if fit else (samples, 32)


def _lab(picture: Picture, insides: Insides) -> Stored:
    """The samples of a picture whose source is in Lab."""
    rgb = np.ascontiguousarray(np.moveaxis(picture.pixels[0], 0, -1))
    samples = rgb_to_lab(rgb, picture.depth, insides.photometric == tags.ICCLAB)
    if picture.alpha is not None:
        alpha = to_samples(replace(picture, planes=picture.alpha, alpha=None), picture.depth)
        samples = np.concatenate([samples, alpha[..., None]], 2)
    return Stored(samples, BITS[picture.depth], insides.photometric)


# Fields


def _written(pages: Pages, stored: Stored, packing: Packing) -> dict[int, Field]:
    """Writes the strips of a page. Returns the fields that say what they are and where."""
    layout, samples = pages.layout, stored.samples
    height, width, channels = samples.shape
    offsets, lengths = pages.strips(strips_of(samples, packing))
    fields = {
        tags.NEW_KIND: longs(layout, [0]),
        tags.WIDTH: longs(layout, [width]),
        tags.HEIGHT: longs(layout, [height]),
        tags.BITS: shorts(layout, *[stored.bits] * channels),
        tags.COMPRESSION: shorts(layout, packing.compression),
        tags.PHOTOMETRIC: shorts(layout, stored.photometric),
        tags.STRIPS: longs(layout, offsets),
        tags.SAMPLES: shorts(layout, channels),
        tags.ROWS: longs(layout, [packing.rows(samples)]),
        tags.LENGTHS: longs(layout, lengths),
        tags.PLANAR: shorts(layout, 1),
    }
    if packing.predicted:
        fields[tags.PREDICTOR] = shorts(layout, 2)
    if samples.dtype.kind == "f":
        fields[tags.SAMPLE_FORMAT] = shorts(layout, *[FLOAT] * channels)
    if stored.beside:
        fields[tags.EXTRA_SAMPLES] = shorts(layout, *stored.beside)
    if packing.compression == tags.JPEG and packing.ycbcr and channels == 3:
        # readers want to be told how it has its colours
        fields[tags.PHOTOMETRIC] = shorts(layout, tags.YCBCR)
        fields[tags.SUBSAMPLING] = shorts(layout, 1, 1)
        fields[tags.BLACK_WHITE] = ratios(layout, 0, 255, 128, 255, 128, 255)
    return fields


def _described(
    layout: Layout, picture: Picture, insides: Insides, stored: Stored
) -> tuple[dict[Name, Directory], list[str]]:
    """The directories of a page but for its samples, and sentences on what could not be kept."""
    main: dict[int, Field] = {}
    directories: dict[Name, Directory] = {}
    said: list[str] = []
    parsed = exif.parse(picture.exif) if picture.exif else None
    if parsed is not None and parsed.order == layout.order:
        own = exif.STORAGE | exif.RESOLUTION  # which are this file's
        main = {tag: f for tag, f in parsed.directories["main"].items() if tag not in own}
        directories = {**parsed.directories}
        said += exif.moved(parsed)
    elif picture.exif:
        said.append("not kept: its EXIF, which cannot be read")
    lab = stored.photometric in (tags.CIELAB, tags.ICCLAB)
    blobs = {
        tags.XMP: blob(picture.xmp or b"", 1),
        tags.ICC: blob(b"" if lab else picture.icc or b""),
        tags.IPTC: blob(picture.iptc or b""),
        tags.PHOTOSHOP: blob(picture.photoshop or b"", 1),
    }
    main |= {tag: field for tag, field in blobs.items() if field.count}
    height, width = picture.size
    for part in picture.parts:
        tag, field = field_of(part)
        if tag in GEO and (width, height) != insides.size:
            said.append(f"not kept: {part.name}, since its size is another")
        else:
            main[tag] = field
    if picture.dpi is not None:
        main[tags.ACROSS] = ratios(layout, picture.dpi[0])
        main[tags.DOWN] = ratios(layout, picture.dpi[1])
        main[tags.UNIT] = shorts(layout, INCH)
    return {**directories, "main": main}, said


def _plane(pages: Pages, plane: Plane, numbers: tuple[int, int, int], insides: Insides) -> None:
    """Writes a plane that was a page, as a page, its values as they are."""
    to_others, photometric, bits = numbers
    samples = plane.samples[..., None]
    if bits == 1:
        samples = (samples > 127).astype(np.uint8)
    packing = packing_of(insides, samples, bits, pages.layout.order, None)
    main = _written(pages, Stored(samples, bits, photometric), packing)
    pages.directory({"main": {**main, tags.NEW_KIND: longs(pages.layout, [to_others])}})
