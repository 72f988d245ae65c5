"""TIFF, by tifffile: 8, 16 and float bits; what tifffile would fill with zeros is refused."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from ..errors import InputCorrupt, InputTruncated, UnsupportedChannels, UnsupportedFormat
from .picture import Picture, to_array

#: tags of text that are carried over: description, make, model, software, date, artist, copyright
TEXTS = (270, 271, 272, 305, 306, 315, 33432)
_ICC, _XMP, _ORIENTATION = 34675, 700, 274
_GREY, _RGB = (0, 1), 2


def open_page(data: bytes, path: Path) -> tifffile.TiffPage:
    """The file's only picture, its strips and tiles inside the file. Reduced pages (previews) do not count."""
    try:
        file = tifffile.TiffFile(io.BytesIO(data))
        pages = [page for page in file.pages if isinstance(page, tifffile.TiffPage) and not page.is_reduced]
        pages = pages or [page for page in file.pages if isinstance(page, tifffile.TiffPage)]
    except Exception as error:  # tifffile lets struct's and its own errors through; all of them mean damage
        raise InputTruncated(f"{path}: the TIFF's directory is damaged or cut off ({error})") from error
    if not pages:
        raise InputTruncated(f"{path}: the TIFF holds no picture")
    if len(pages) > 1:
        raise UnsupportedFormat(f"{path}: a TIFF of {len(pages)} pages; only single pictures are handled yet")
    page = pages[0]
    if any(offset + count > len(data) or not count for offset, count in zip(page.dataoffsets, page.databytecounts, strict=False)):
        raise InputTruncated(f"{path}: the TIFF ends before its picture does")
    return page


def simple(page: tifffile.TiffPage) -> bool:
    """Whether the page holds plain grey or RGB in whole bytes; palettes, CMYK, YCbCr and 1, 2 or 4 bits go through Pillow."""
    return int(page.photometric) in (*_GREY, _RGB) and page.bitspersample in (8, 16, 32)


def pixels(page: tifffile.TiffPage, path: Path) -> tuple[NDArray[Any], bool]:
    """([H, W, C] in the file's numbers with white up, whether the alpha is premultiplied). UnsupportedChannels, InputCorrupt."""
    if page.dtype is None or page.dtype.name not in ("uint8", "uint16", "float32"):
        raise UnsupportedChannels(f"{path}: a TIFF of {page.dtype} samples; 8 and 16 bits and 32-bit float are read")
    try:
        array: NDArray[Any] = page.asarray()
    except Exception as error:  # the codecs' errors have no common kind; all of them mean damage
        raise InputCorrupt(f"{path}: the TIFF's data are damaged ({error})") from error
    if array.ndim == 3 and int(page.planarconfig) == 2:
        array = np.moveaxis(array, 0, -1)
    array = array[:, :, None] if array.ndim == 2 else array
    if array.ndim != 3 or array.shape[2] > 4 or array.shape[2] - len(page.extrasamples) not in (1, 3):
        raise UnsupportedChannels(f"{path}: a TIFF of shape {'x'.join(map(str, array.shape))}; grey or RGB, with or without alpha, is read")
    if int(page.photometric) == 0:  # white is zero
        array = (1 - array) if array.dtype == np.float32 else np.iinfo(array.dtype).max - array
    return array, bool(page.extrasamples) and int(page.extrasamples[0]) == 1


def metadata(page: tifffile.TiffPage) -> dict[str, Any]:
    """icc, xmp, dpi and orientation, as Picture has them."""
    tags = page.tags
    xmp = tags.valueof(_XMP)
    direction = tags.valueof(_ORIENTATION, default=1)
    return {
        "icc": tags.valueof(_ICC),
        "xmp": xmp.encode() if isinstance(xmp, str) else xmp,
        "dpi": _dpi(tags),
        "orientation": int(direction) if direction in range(1, 9) else 1,
    }


def _dpi(tags: tifffile.TiffTags) -> tuple[float, float] | None:
    values, unit = [tags.valueof(tag) for tag in (282, 283)], tags.valueof(296, default=2)
    if any(v is None or not v[0] or not v[1] for v in values) or int(unit) not in (2, 3):
        return None
    scale = 2.54 if int(unit) == 3 else 1.0
    return scale * values[0][0] / values[0][1], scale * values[1][0] / values[1][1]


def encode(picture: Picture) -> bytes:
    """Any depth, deflate with a predictor; profile, XMP, resolution, orientation and the tags of text."""
    array = to_array(picture, picture.depth)
    extra: list[tuple[Any, ...]] = [(_ORIENTATION, 3, 1, picture.orientation, True)]
    if picture.xmp:
        extra.append((_XMP, 1, len(picture.xmp), picture.xmp, True))
    extra += [(tag, 2, 0, text, True) for tag, text in _texts(picture.exif).items()]
    buffer = io.BytesIO()
    tifffile.imwrite(
        buffer,
        array,
        photometric="minisblack" if picture.pixels.shape[1] == 1 else "rgb",
        extrasamples=["unassalpha"] if picture.alpha is not None else None,
        compression="zlib",
        predictor=picture.depth != "float32",
        iccprofile=picture.icc,
        resolution=picture.dpi,
        resolutionunit="INCH" if picture.dpi else None,
        extratags=extra,
        metadata=None,
        software=False,
        planarconfig="contig" if array.ndim == 3 else None,
    )
    return buffer.getvalue()


def _texts(block: bytes | None) -> dict[int, str]:
    """The tags of text in an EXIF block's first directory."""
    if not block:
        return {}
    from PIL import Image

    tags = Image.Exif()
    tags.load(block)
    return {tag: str(tags[tag]).rstrip("\x00") for tag in TEXTS if tags.get(tag)}
