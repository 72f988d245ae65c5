"""Results as streams of a PDF: fax code for black and white, else a JPEG or lossless as before."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...images import FORMATS, Picture, encode
from ...images.format import Saving
from ...images.inside.tiff.pack import group_4
from ...images.picture import to_samples
from .colours import Space

#: entries of a stream that say how a picture is packed; what is not given anew goes
PACKING = ("/Filter", "/DecodeParms", "/Decode", "/ColorSpace", "/BitsPerComponent")
PNG_HEAD = 8
#: PNG's predictors, chosen anew for each row (ISO 32000-1, table 10)
PNG_ROWS = 15


@dataclass(frozen=True)
class Packed:
    """A picture as a stream has it."""

    #: the bytes of the stream
    data: bytes
    #: the entries that say how they are packed; None for those that go
    entries: dict[str, Any]


def is_bilevel(samples: NDArray[Any]) -> bool:
    """Whether samples of 8 bits, [H, W] or [H, W, C], are nothing but black and white."""
    if samples.ndim == 3 and any((samples[..., 0] != samples[..., c]).any() for c in (1, 2)):
        return False
    first = samples if samples.ndim == 2 else samples[..., 0]
    return samples.dtype == np.uint8 and bool(((first == 0) | (first == 255)).all())


def pack(picture: Picture, space: Space, saving: Saving) -> Packed:
    """Packs a picture for a stream whose colours are of that space.

    Black and white becomes fax code. What was packed with loss becomes a JPEG, as `encode` writes
    one; everything else is packed without loss.
    """
    bare = replace(picture, alpha=None, exif=None, xmp=None, icc=None, dpi=None, extras=())
    samples = to_samples(bare, "uint16" if picture.depth == "uint16" else "uint8")
    if is_bilevel(samples):
        return _fax(samples, space)
    grey = samples.ndim == 2
    height, width = samples.shape[:2]
    entries: dict[str, Any] = {
        **dict.fromkeys(PACKING),
        "/Width": width,
        "/Height": height,
        "/BitsPerComponent": 8 * samples.dtype.itemsize,
        "/ColorSpace": _fitting(space, 1 if grey else 3),
    }
    if picture.lossy and samples.dtype == np.uint8:
        data, _ = encode(bare, FORMATS["JPEG"], quality=saving.quality, sampling=saving.sampling)
        return Packed(data, {**entries, "/Filter": "/DCTDecode"})
    data, _ = encode(bare, FORMATS["PNG"])
    decode = {
        "/Predictor": PNG_ROWS,
        "/Colors": 1 if grey else 3,
        "/BitsPerComponent": 8 * samples.dtype.itemsize,
        "/Columns": width,
    }
    packed = b"".join(_rows_of(data))
    return Packed(packed, {**entries, "/Filter": "/FlateDecode", "/DecodeParms": decode})


def _fitting(space: Space, channels: int) -> Any:
    """The space of a picture, or, where a result has other channels, a plain one."""
    if space.channels == channels:
        return space.entry
    return "/DeviceGray" if channels == 1 else "/DeviceRGB"


def _fax(samples: NDArray[np.uint8], space: Space) -> Packed:
    ink = np.asarray((samples if samples.ndim == 2 else samples[..., 0]) == 0, np.uint8)
    height, width = ink.shape
    entries = {
        **dict.fromkeys(PACKING),
        "/Width": width,
        "/Height": height,
        "/BitsPerComponent": 1,
        "/ColorSpace": _fitting(space, 1),
        "/Filter": "/CCITTFaxDecode",
        "/DecodeParms": {"/K": -1, "/Columns": width, "/Rows": height},
    }
    return Packed(group_4(ink), entries)


def _rows_of(png: bytes) -> Iterator[memoryview]:
    """The packed rows of a PNG, which are those of a PDF, too."""
    file = io.BytesIO(png)
    file.seek(PNG_HEAD)
    view = memoryview(png)
    while head := file.read(8):
        size, kind = struct.unpack(">I4s", head)
        start = file.tell()
        if kind == b"IDAT":
            yield view[start : start + size]
        file.seek(size + 4, 1)
