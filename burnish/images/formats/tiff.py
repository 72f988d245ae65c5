"""TIFF (TIFF 6.0, BigTIFF) by tifffile: pictures of 1 to 16 bits or float32, every strip and tile
looked for in the file before it is decoded.

Files are written with deflate, with a predictor for integers; EXIF moves into the file as
directories of its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ...contract import finite
from ...errors import FormatLimit, NonFiniteInput, UnsupportedChannels, UnsupportedFormat
from .. import colour, exif
from ..damage import corrupt
from ..format import Format, Holds, Saving
from ..inside.tiff_exif import LARGEST_CLASSIC, append_exif
from ..inside.tiff_pages import check_segments, is_reduced, open_tiff, pictures
from ..picture import Depth, Header, Picture, Plane, to_samples

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage, TiffWriter

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
ICC, XMP = 34675, 700
DIRECTORIES = (34665, 34853)
#: what a sample beside the colours is (ExtraSamples): not said, alpha by which the colours were
#: multiplied, alpha
UNSPECIFIED, PREMULTIPLIED, ALPHA = 0, 1, 2
#: what a sample is called that is neither
EXTRA = "extra"
#: what else a TIFF carries
LEFT = {
    33723: "its IPTC data",
    34377: "its Photoshop data",
    33550: "its place on the map (GeoTIFF)",
    34735: "its projection (GeoTIFF)",
}
INCH = 2


def examine(file: BinaryIO, name: str) -> Header:
    """The header of the first picture, and how many there are; no pixel is decoded."""
    with open_tiff(file, name) as tiff:
        pages, smaller = pictures(tiff, name)
        header = _header(file, tiff, pages[0], name)
        copies = ("not kept: the smaller copies of its picture",) if smaller else ()
        return replace(
            header,
            lost=(*copies, *header.lost),
            frames=len(pages),
            largest=max(each.imagewidth * each.imagelength for each in pages),
        )


def _header(file: BinaryIO, tiff: TiffFile, page: TiffPage, name: str) -> Header:
    """What one page says of its picture."""
    channels, depth = _check_kind(page, name)
    colours = 1 if channels == 1 and page.photometric != PALETTE else 3
    kind = COLOURS[page.photometric][1]
    extra = _extra(page)
    notes = []
    if extra == PREMULTIPLIED:
        notes.append("its colours were multiplied by alpha; the result's are not")
    if page.photometric == PALETTE or page.bitspersample < 8:
        notes.append(
            f"{page.bitspersample}-bit {kind}; the result is 8-bit "
            f"{'colour' if colours == 3 else 'grey'}"
        )
    alpha = extra in (PREMULTIPLIED, ALPHA)
    stored = f"{page.bitspersample}-bit {'float ' if depth == 'float32' else ''}{kind}"
    if extra is not None:
        stored += " and alpha" if alpha else " and a channel of another kind"
    block, lost = _exif(file, tiff, page)
    lost += [f"not kept: {what}" for tag, what in LEFT.items() if tag in page.tags]
    known = exif.SHARED | exif.STORAGE | {*LEFT, *DIRECTORIES, ICC, XMP}
    if others := [tag.name for tag in page.tags if tag.code not in known]:
        lost.append(f"not kept: {', '.join(others)}")
    icc, xmp = page.tags.valueof(ICC), page.tags.valueof(XMP)
    return Header(
        "TIFF",
        page.imagewidth,
        page.imagelength,
        colours,
        depth,
        alpha,
        stored,
        lossy=page.compression in JPEGS,
        icc=bytes(icc) if icc else None,
        exif=block,
        xmp=bytes(xmp) if xmp else None,
        dpi=_dpi(page),
        notes=tuple(notes),
        lost=tuple(lost),
        extras=() if alpha or extra is None else (EXTRA,),
    )


def _extra(page: TiffPage) -> int | None:
    """What the sample beside the colours is, as far as the file says; None where there is none."""
    if page.samplesperpixel == COLOURS[page.photometric][0]:
        return None
    return int(page.extrasamples[0]) if page.extrasamples else UNSPECIFIED


def _check_kind(page: Any, name: str) -> tuple[int, Depth]:
    """Colour channels as stored, and the depth that comes out; UnsupportedFormat or
    UnsupportedChannels where it is another kind than those read.
    """
    if page.photometric not in COLOURS or (
        page.photometric == YCBCR and page.compression not in JPEGS
    ):
        raise UnsupportedFormat(
            f"{name}: has colours of a kind that is not read ({page.photometric!s}); convert it "
            "to RGB"
        )
    channels, colours = COLOURS[page.photometric]
    bits = page.bitspersample
    sort = "" if page.dtype is None else page.dtype.kind
    known: tuple[int, ...] = (1, 2, 4, 8, 16)
    if sort == "f":
        known = (32,)
    elif page.photometric == PALETTE:
        known = (1, 2, 4, 8)
    elif page.photometric == CMYK:
        known = (8,)
    if sort not in ("u", "f", "b") or bits not in known or page.imagedepth != 1:
        said = {"f": "float", "i": "signed"}.get(sort, "")
        raise UnsupportedChannels(
            f"{name}: has {bits} bits {said} of {colours}; 1, 2, 4, 8 and 16 bits and 32-bit float "
            "are read (CMYK: 8)"
        )
    extra = page.samplesperpixel - channels
    if extra not in (0, 1) or channels + extra > 4 or (extra and page.photometric == PALETTE):
        raise UnsupportedChannels(
            f"{name}: has {page.samplesperpixel} channels of {colours}; grey and RGB, each with or "
            "without alpha, and CMYK are read"
        )
    if sort == "f":
        return channels, "float32"
    return channels, "uint16" if bits == 16 else "uint8"


def _dpi(page: Any) -> tuple[float, float] | None:
    across, down, unit = (page.tags.valueof(tag) for tag in (282, 283, 296))
    inch = {2: 1.0, 3: 2.54}.get(2 if unit is None else int(unit))
    if inch is None or not across or not down or not all((*across, *down)):
        return None
    return (inch * across[0] / across[1], inch * down[0] / down[1])


def _exif(file: BinaryIO, tiff: TiffFile, page: TiffPage) -> tuple[bytes | None, list[str]]:
    """The fields of a page that EXIF knows as a block of its own (of a BigTIFF the orientation
    alone), None where there are none; and what was lost on the way.
    """
    if tiff.is_bigtiff:
        turned = int(page.tags.valueof(exif.ORIENTATION, 1))
        lost = ["not kept: EXIF of a BigTIFF"] if DIRECTORIES[0] in page.tags else []
        return (exif.oriented(turned) if turned != 1 else None), lost
    parsed = _fields(file, tiff, page)
    if parsed is None or not set(parsed.directories["main"]) - exif.RESOLUTION:
        return None, []
    return exif.pack(parsed), exif.moved(parsed)


def _fields(file: BinaryIO, tiff: TiffFile, page: TiffPage) -> exif.Exif | None:
    """The fields of a page; where the first page is but a small copy of it, also those that stand
    there alone.
    """
    wanted = {*exif.SHARED, *DIRECTORIES}
    own = exif.parse(file, wanted, page.offset)
    first = tiff.pages.first
    if own is None or page.offset == first.offset or not is_reduced(first):
        return own
    above = exif.parse(file, wanted, first.offset)
    if above is None:
        return own
    main = {t: f for t, f in above.directories["main"].items() if t not in exif.RESOLUTION}
    merged = {**above.directories, **own.directories}
    return replace(own, directories={**merged, "main": {**main, **own.directories["main"]}})


def decode(file: BinaryIO, header: Header, name: str) -> Iterator[Picture]:
    """The pictures, page by page. Raises InputTruncated, InputCorrupt or NonFiniteInput."""
    size = file.seek(0, os.SEEK_END)
    with open_tiff(file, name) as tiff:
        for number, page in enumerate(pictures(tiff, name)[0]):
            own = header if number == 0 else _header(file, tiff, page, name)
            check_segments(page, size, name)
            yield _decoded(page, own, name)


def _decoded(page: Any, header: Header, name: str) -> Picture:
    samples = page.asarray()
    if page.planarconfig == 2 and page.samplesperpixel > 1:
        samples = np.moveaxis(samples, 0, -1)
    if samples.shape[:2] != (header.height, header.width):
        raise corrupt(name, f"it decodes to {samples.shape}")
    if page.photometric == CMYK:
        from PIL import Image

        return colour.from_cmyk(Image.fromarray(np.ascontiguousarray(samples), "CMYK"), header)
    samples = _plain(samples, page)
    if header.extras:
        plane = Plane(EXTRA, np.ascontiguousarray(samples[..., -1]), "unspecified")
        picture = header.picture(samples[..., :-1], (plane,))
    else:
        picture = header.picture(samples)
    _check_finite(picture, name)
    if _extra(page) == PREMULTIPLIED and picture.alpha is not None:
        np.divide(picture.pixels, picture.alpha, out=picture.pixels, where=picture.alpha > 0)
    return picture


def _plain(samples: NDArray[Any], page: Any) -> NDArray[Any]:
    """Palettes looked up, few bits spread over eight, and white as the highest value."""
    if page.photometric == PALETTE:
        colours: NDArray[np.uint8] = np.ascontiguousarray((page.colormap >> 8).astype(np.uint8).T)
        # one bit comes as true and false
        looked_up: NDArray[np.uint8] = colours[samples.astype(np.uint8)]
        return looked_up
    if page.bitspersample < 8:
        samples = samples.astype(np.uint8) * np.uint8(255 // (2**page.bitspersample - 1))
    if page.photometric == WHITE_IS_ZERO and samples.dtype.kind == "u":
        samples = samples.copy()
        grey = samples if samples.ndim == 2 else samples[..., 0]
        np.subtract(np.iinfo(samples.dtype).max, grey, out=grey)
    return samples


def _check_finite(picture: Picture, name: str) -> None:
    if picture.depth != "float32":
        return
    for planes in (picture.pixels, picture.alpha):
        if planes is not None and not finite(planes):
            bad = int(planes.size - np.count_nonzero(np.isfinite(planes)))
            raise NonFiniteInput(
                f"{name}: holds {bad} values that are no number (NaN or infinity); fill them in "
                "first"
            )


def encode(file: BinaryIO, pictures: Iterator[Picture], saving: Saving) -> list[str]:
    """A TIFF of pages, each of its picture's own depth; the file is open for reading, too."""
    import tifffile

    first = next(pictures)
    given = exif.parse(first.exif) if first.exif else None
    order: Any = "<" if given is None else given.order
    large = _size(first) > LARGEST_CLASSIC
    fields: list[exif.Exif | None] = []
    said: list[str] = []
    with tifffile.TiffWriter(file, bigtiff=large, byteorder=order) as writer:
        for picture in chain([first], pictures):
            if not large and file.seek(0, os.SEEK_END) + _size(picture) > LARGEST_CLASSIC:
                raise FormatLimit(
                    f"its first {len(fields)} pages fill the 4 GB of a TIFF; choose fewer with "
                    "--pages"
                )
            _write_page(writer, picture)
            given = exif.parse(picture.exif) if picture.exif else None
            fits = given is not None and given.order == order
            fields.append(given if fits else None)
            if picture.exif and not fits:
                said.append("not kept: its EXIF, which cannot be read")
    return said + append_exif(file, fields)


def _size(picture: Picture) -> int:
    """Bytes of its samples."""
    planes = picture.pixels.shape[1] + (picture.alpha is not None) + len(picture.extras)
    height, width = picture.pixels.shape[-2:]
    return int(planes * height * width * np.dtype(picture.depth).itemsize)


def _write_page(writer: TiffWriter, picture: Picture) -> None:
    """Writes one page, but for its EXIF."""
    tags: list[Any] = [] if picture.xmp is None else [(XMP, 1, len(picture.xmp), picture.xmp, True)]
    if (turned := exif.orientation(picture.exif)) != 1:
        # in a BigTIFF, to which the rest of EXIF does not come, too
        tags.append((exif.ORIENTATION, 3, 1, turned, True))
    besides = [] if picture.alpha is None else ["unassalpha"]
    besides += ["unspecified" for _ in picture.extras]
    samples = _samples(picture)
    writer.write(
        samples,
        photometric="rgb" if picture.pixels.shape[1] == 3 else "minisblack",
        planarconfig="contig" if samples.ndim == 3 else None,
        extrasamples=besides or None,
        compression="adobe_deflate",
        predictor=2 if picture.depth != "float32" else None,
        iccprofile=picture.icc,
        resolution=picture.dpi,
        resolutionunit=INCH if picture.dpi else None,
        metadata=None,
        software=False,
        extratags=tags,
    )


def _samples(picture: Picture) -> NDArray[Any]:
    """The samples with those of the extra planes behind them, which take their depth."""
    samples = to_samples(picture, picture.depth)
    if not picture.extras:
        return samples
    height, width = samples.shape[:2]
    extras = [plane.at(picture.depth).samples[..., None] for plane in picture.extras]
    return np.concatenate([samples.reshape(height, width, -1), *extras], 2)


TIFF = Format(
    name="TIFF",
    title="TIFF",
    endings=(".tif", ".tiff"),
    begins=(b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    holds=Holds(depths=("uint8", "uint16", "float32"), extras=True, several=("pages",)),
    examine=examine,
    decode=decode,
    encode=encode,
)
