"""TIFF (TIFF 6.0, BigTIFF) by tifffile: one picture of 1 to 16 bits or float32, every strip and
tile looked for in the file before it is decoded.
"""

from __future__ import annotations

import logging
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ...contract import finite
from ...errors import NonFiniteInput, UnsupportedChannels, UnsupportedFormat
from .. import colour, exif
from ..picture import Depth, Header, Picture
from ..sniff import corrupt, truncated

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage

WHITE_IS_ZERO, GREY, RGB, PALETTE, CMYK, YCBCR = 0, 1, 2, 3, 5, 6
#: photometric -> colour channels as they are stored, their name
COLOURS = {
    WHITE_IS_ZERO: (1, "grey"),
    GREY: (1, "grey"),
    RGB: (3, "colour"),
    PALETTE: (1, "palette"),
    CMYK: (4, "CMYK"),
    YCBCR: (3, "colour"),
}
JPEGS = (6, 7, 34892, 33007)
SUBFILES, ICC, XMP, DNG, CLASSIC = 330, 34675, 700, 50706, 42
DIRECTORIES = (34665, 34853)
PREMULTIPLIED = 1
#: what else a TIFF carries
LEFT = {
    33723: "its IPTC data",
    34377: "its Photoshop data",
    33550: "its place on the map (GeoTIFF)",
    34735: "its projection (GeoTIFF)",
}


def _open(file: BinaryIO, path: Path) -> TiffFile:
    """The file's structure; InputTruncated where its directory lies behind its end."""
    import tifffile

    logging.getLogger("tifffile").addHandler(
        logging.NullHandler()
    )  # what it has to say is found out here, and said once
    file.seek(0)
    head = file.read(16)
    order: Any = "little" if head[:1] == b"I" else "big"
    size = file.seek(0, os.SEEK_END)
    classic = int.from_bytes(head[2:4], order) == CLASSIC
    first = int.from_bytes(head[4:8] if classic else head[8:16], order)
    if len(head) < 16 or first + 2 > size:
        raise truncated(path)
    file.seek(0)
    return tifffile.TiffFile(file)


def examine(file: BinaryIO, path: Path) -> Header:
    """The header; no pixel is decoded."""
    with _open(file, path) as tiff:
        page = tiff.pages.first
        notes = _only_picture(tiff, path)
        channels, depth = _check_kind(page, path)
        colours = 1 if channels == 1 and page.photometric != PALETTE else 3
        name = COLOURS[page.photometric][1]
        extra = page.samplesperpixel > COLOURS[page.photometric][0]
        if extra and page.extrasamples and page.extrasamples[0] == 0:
            notes.append("its last channel does not say what it is; taken as alpha")
        if extra and page.extrasamples and page.extrasamples[0] == PREMULTIPLIED:
            notes.append("its colours were multiplied by alpha; the result's are not")
        if page.photometric == PALETTE or page.bitspersample < 8:
            notes.append(
                f"{page.bitspersample}-bit {name}; the result is 8-bit "
                f"{'colour' if colours == 3 else 'grey'}"
            )
        stored = (
            f"{page.bitspersample}-bit "
            f"{'float ' if depth == 'float32' else ''}{name}{' and alpha' if extra else ''}"
        )
        icc, xmp = page.tags.valueof(ICC), page.tags.valueof(XMP)
        block, lost = _exif(file, tiff)
        notes += [f"not kept: {what}" for tag, what in LEFT.items() if tag in page.tags]
        known = exif.SHARED | exif.STORAGE | {*LEFT, *DIRECTORIES, ICC, XMP}
        if others := [tag.name for tag in page.tags if tag.code not in known]:
            notes.append(f"not kept: {', '.join(others)}")
        kept = {
            "icc": bytes(icc) if icc else None,
            "xmp": bytes(xmp) if xmp else None,
            "exif": block,
            "dpi": _dpi(page),
        }
        lossy = page.compression in JPEGS
        return Header(
            "TIFF",
            page.imagewidth,
            page.imagelength,
            colours,
            depth,
            extra,
            stored,
            lossy=lossy,
            notes=(*notes, *lost),
            **kept,
        )  # type: ignore[arg-type]


def _only_picture(tiff: TiffFile, path: Path) -> list[str]:
    """UnsupportedFormat where there are several pages, or where it is a raw file; smaller copies of
    the one picture are let go with a note.
    """
    pages = list(tiff.pages)
    first = tiff.pages.first
    if DNG in first.tags or first.is_reduced:
        raise UnsupportedFormat(
            f"{path}: is a camera's raw file, which is not read yet; develop it to TIFF first"
        )
    others = [
        page
        for page in pages[1:]
        if not int(
            page.tags.valueof(254, 0)
            if hasattr(page, "tags")
            else page.aspage().tags.valueof(254, 0)
        )
        & 1
    ]
    if others:
        raise UnsupportedFormat(
            f"{path}: has {len(others) + 1} pages; only single pictures are handled yet"
        )
    return (
        ["not kept: the smaller copies of its picture"]
        if len(pages) > 1 or SUBFILES in first.tags
        else []
    )


def _check_kind(page: Any, path: Path) -> tuple[int, Depth]:
    """Colour channels as stored, and the depth that comes out; UnsupportedFormat or
    UnsupportedChannels where it is another kind than those read.
    """
    if page.photometric not in COLOURS or (
        page.photometric == YCBCR and page.compression not in JPEGS
    ):
        raise UnsupportedFormat(
            f"{path}: has colours of a kind that is not read ({page.photometric!s}); convert it "
            "to RGB"
        )
    channels, name = COLOURS[page.photometric]
    bits = page.bitspersample
    floating = page.dtype is not None and page.dtype.kind == "f"
    known = (
        (32,)
        if floating
        else (1, 2, 4, 8)
        if page.photometric in (PALETTE,)
        else (8,)
        if page.photometric == CMYK
        else (1, 2, 4, 8, 16)
    )
    extra = page.samplesperpixel - channels
    if (
        page.dtype is None
        or page.dtype.kind not in "ufb"
        or bits not in known
        or page.imagedepth != 1
    ):
        kind = (
            "float"
            if floating
            else "signed"
            if page.dtype is not None and page.dtype.kind == "i"
            else ""
        )
        raise UnsupportedChannels(
            f"{path}: has {bits} bits {kind} of {name}; 1, 2, 4, 8 and 16 bits and 32-bit float "
            "are read (CMYK: 8)"
        )
    if extra not in (0, 1) or channels + extra > 4 or (extra and page.photometric == PALETTE):
        raise UnsupportedChannels(
            f"{path}: has {page.samplesperpixel} channels of {name}; grey and RGB, each with or "
            "without alpha, and CMYK are read"
        )
    return channels, "float32" if floating else "uint16" if bits == 16 else "uint8"


def _dpi(page: Any) -> tuple[float, float] | None:
    across, down, unit = (page.tags.valueof(tag) for tag in (282, 283, 296))
    inch = {2: 1.0, 3: 2.54}.get(2 if unit is None else int(unit))
    if inch is None or not across or not down or not all((*across, *down)):
        return None
    return (inch * across[0] / across[1], inch * down[0] / down[1])


def _exif(file: BinaryIO, tiff: TiffFile) -> tuple[bytes | None, list[str]]:
    """The fields that EXIF knows as a block of its own (of a BigTIFF the orientation alone), None
    where there are none; and what was lost on the way.
    """
    if tiff.is_bigtiff:
        turned = int(tiff.pages.first.tags.valueof(exif.ORIENTATION, 1))
        return (exif.oriented(turned) if turned != 1 else None), (
            ["not kept: EXIF of a BigTIFF"] if 34665 in tiff.pages.first.tags else []
        )
    parsed = exif.parse(file, {*exif.SHARED, *DIRECTORIES})
    if parsed is None or not set(parsed.directories["main"]) - exif.RESOLUTION:
        return None, []
    return exif.pack(parsed), exif.moved(parsed)


def decode(file: BinaryIO, header: Header, path: Path) -> Picture:
    """The picture. Raises InputTruncated, InputCorrupt or NonFiniteInput."""
    with _open(file, path) as tiff:
        page: Any = tiff.pages.first
        _check_segments(page, os.fstat(file.fileno()).st_size, path)
        samples = page.asarray()
        if page.planarconfig == 2 and page.samplesperpixel > 1:
            samples = np.moveaxis(samples, 0, -1)
        if samples.shape[:2] != (header.height, header.width):
            raise corrupt(path, f"it decodes to {samples.shape}")
        if page.photometric == CMYK:
            from PIL import Image

            return colour.from_cmyk(Image.fromarray(np.ascontiguousarray(samples), "CMYK"), header)
        picture = header.picture(_plain(samples, page))
    _check_finite(picture, path)
    if page.extrasamples and page.extrasamples[0] == PREMULTIPLIED and picture.alpha is not None:
        np.divide(picture.pixels, picture.alpha, out=picture.pixels, where=picture.alpha > 0)
    return picture


def _check_segments(page: TiffPage, size: int, path: Path) -> None:
    """Every strip or tile is there, inside the file, and, where it is not compressed, long
    enough.
    """
    offsets, counts = page.dataoffsets, page.databytecounts
    if len(offsets) < math.prod(page.chunked) or len(counts) < len(offsets):
        raise truncated(path)
    if any(
        not count or not offset or offset + count > size
        for offset, count in zip(offsets, counts, strict=False)
    ):
        raise truncated(path)
    if (
        page.compression == 1
        and sum(counts) * 8
        < page.imagewidth * page.imagelength * page.samplesperpixel * page.bitspersample
    ):
        raise truncated(path)


def _plain(samples: NDArray[Any], page: Any) -> NDArray[Any]:
    """Palettes looked up, few bits spread over eight, and white as the highest value."""
    if page.photometric == PALETTE:
        colours: NDArray[np.uint8] = np.ascontiguousarray((page.colormap >> 8).astype(np.uint8).T)
        looked_up: NDArray[np.uint8] = colours[
            samples.astype(np.uint8)
        ]  # one bit comes as true and false
        return looked_up
    if page.bitspersample < 8:
        samples = samples.astype(np.uint8) * np.uint8(255 // (2**page.bitspersample - 1))
    if page.photometric == WHITE_IS_ZERO and samples.dtype.kind == "u":
        samples = samples.copy()
        grey = samples if samples.ndim == 2 else samples[..., 0]
        np.subtract(np.iinfo(samples.dtype).max, grey, out=grey)
    return samples


def _check_finite(picture: Picture, path: Path) -> None:
    if picture.depth != "float32":
        return
    for planes in (picture.pixels, picture.alpha):
        if planes is not None and not finite(planes):
            bad = int(planes.size - np.count_nonzero(np.isfinite(planes)))
            raise NonFiniteInput(
                f"{path}: holds {bad} values that are no number (NaN or infinity); fill them in "
                "first"
            )
