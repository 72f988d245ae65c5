"""WebP (RFC 9649): a RIFF file of chunks, looked through before libwebp decodes it."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ...errors import FormatLimit, UnsupportedFormat
from .. import exif
from ..picture import Header, Picture, to_samples
from ..sniff import corrupt, truncated

QUALITY = 95
LARGEST = 16383
ANIMATED, ALPHA = 0x02, 0x10


def _chunks(file: BinaryIO, path: Path) -> Iterator[tuple[bytes, bytes]]:
    """(name, body) of each chunk, of the compressed ones only their first bytes; InputTruncated
    where the file ends before its RIFF does.
    """
    size = file.seek(0, io.SEEK_END)
    file.seek(4)
    end = 8 + int.from_bytes(file.read(4), "little")
    if size < end:
        raise truncated(path)
    place = 12
    while place + 8 <= end:
        file.seek(place)
        name, length = file.read(4), int.from_bytes(file.read(4), "little")
        if place + 8 + length > end:
            raise truncated(path)
        yield name, file.read(length if name in (b"ICCP", b"EXIF", b"XMP ") else min(length, 16))
        place += 8 + length + length % 2


def examine(file: BinaryIO, path: Path) -> Header:
    """The header; nothing is decoded."""
    found = dict(_chunks(file, path))
    extended = found.get(b"VP8X", b"")
    if (extended and extended[0] & ANIMATED) or b"ANIM" in found:
        raise UnsupportedFormat(
            f"{path}: is an animated WebP; only single pictures are handled yet"
        )
    if b"VP8L" in found:
        width, height, alpha = _lossless_size(found[b"VP8L"], path)
    elif b"VP8 " in found:
        width, height = _lossy_size(found[b"VP8 "], path)
        alpha = b"ALPH" in found
    else:
        raise corrupt(path, "it holds no picture")
    block = found[b"EXIF"].removeprefix(b"Exif\0\0") if b"EXIF" in found else None
    lossy = b"VP8 " in found
    stored = f"8-bit colour{' and alpha' if alpha else ''}, {'lossy' if lossy else 'lossless'}"
    kept: dict[str, Any] = {
        "icc": found.get(b"ICCP"),
        "exif": block,
        "xmp": found.get(b"XMP "),
        "dpi": exif.resolution(block),
    }
    return Header("WEBP", width, height, 3, "uint8", alpha, stored, lossy=lossy, **kept)


def _lossless_size(body: bytes, path: Path) -> tuple[int, int, bool]:
    if len(body) < 5 or body[0] != 0x2F:
        raise corrupt(path, "its picture has no signature")
    bits = int.from_bytes(body[1:5], "little")
    return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1)


def _lossy_size(body: bytes, path: Path) -> tuple[int, int]:
    if len(body) < 10 or body[3:6] != b"\x9d\x01\x2a":
        raise corrupt(path, "its picture has no signature")
    width, height = struct.unpack_from("<HH", body, 6)
    if not width & 0x3FFF or not height & 0x3FFF:
        raise corrupt(path, "a picture without pixels")
    return width & 0x3FFF, height & 0x3FFF


def decode(file: BinaryIO, header: Header, path: Path) -> Picture:
    """The picture. Raises InputCorrupt."""
    from PIL.WebPImagePlugin import WebPImageFile

    with WebPImageFile(io.BytesIO(file.read())) as image:
        image.load()
        if image.size != (header.width, header.height):
            raise corrupt(path, "its parts differ in size")
        return header.picture(
            np.asarray(image if image.mode in ("RGB", "RGBA") else image.convert("RGB"))
        )


def encode(picture: Picture, quality: int | None) -> tuple[bytes, list[str]]:
    """A WebP, lossless unless a quality is given or the input was lossy itself (then 95); and
    sentences on what it could not take along.
    """
    from PIL import Image

    lossless = quality is None and not picture.lossy
    image = Image.fromarray(to_samples(picture, "uint8"))
    if image.mode in ("L", "LA"):
        image = image.convert("RGB" if image.mode == "L" else "RGBA")
    buffer = io.BytesIO()
    icc = None if picture.icc is not None and picture.icc[16:20] == b"GRAY" else picture.icc
    kept = {
        name: value
        for name, value in (("icc_profile", icc), ("exif", picture.exif), ("xmp", picture.xmp))
        if value is not None
    }
    image.save(
        buffer,
        "WEBP",
        lossless=lossless,
        quality=80 if lossless else QUALITY if quality is None else quality,
        exact=True,
        **kept,
    )
    said = (
        ["WebP has no grey: stored as three equal channels"] if picture.pixels.shape[1] == 1 else []
    )
    if icc is not picture.icc:
        said.append("not kept: its profile for grey, which fits no WebP, since it has no grey")
    if picture.dpi is not None and exif.resolution(picture.exif) is None:
        said.append(
            f"not kept: its resolution of {picture.dpi[0]:g} dpi, for which WebP has no place"
        )
    return buffer.getvalue(), said


def check_size(width: int, height: int, path: Path) -> None:
    """FormatLimit where a WebP cannot be that large."""
    if max(width, height) > LARGEST:
        raise FormatLimit(
            f"{path}: a WebP is at most {LARGEST} pixels wide and high, and this is "
            f"{width}x{height}; write .png, .jpg or .tif"
        )
