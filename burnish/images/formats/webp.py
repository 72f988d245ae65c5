"""WebP (RFC 9649): a RIFF file of chunks, looked through before libwebp decodes it."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from ...errors import UnsupportedFormat
from .. import exif
from ..damage import corrupt, truncated
from ..format import Format, Holds, Saving
from ..picture import Header, Picture, to_samples

if TYPE_CHECKING:
    from PIL.Image import Image

QUALITY = 95
ANIMATED = 0x02
#: the chunks that are read whole
WHOLE = {b"ICCP", b"EXIF", b"XMP "}


def _chunks(file: BinaryIO, name: str) -> Iterator[tuple[bytes, bytes]]:
    """(its four letters, body) of each chunk, of the compressed ones only their first bytes;
    InputTruncated where the file ends before its RIFF does.
    """
    size = file.seek(0, io.SEEK_END)
    file.seek(4)
    end = 8 + int.from_bytes(file.read(4), "little")
    if size < end:
        raise truncated(name)
    place = 12
    while place + 8 <= end:
        file.seek(place)
        letters, length = file.read(4), int.from_bytes(file.read(4), "little")
        if place + 8 + length > end:
            raise truncated(name)
        yield letters, file.read(length if letters in WHOLE else min(length, 16))
        place += 8 + length + length % 2


def examine(file: BinaryIO, name: str) -> Header:
    """The header; nothing is decoded."""
    found = dict(_chunks(file, name))
    extended = found.get(b"VP8X", b"")
    if (extended and extended[0] & ANIMATED) or b"ANIM" in found:
        raise UnsupportedFormat(
            f"{name}: is an animated WebP; only single pictures are handled yet"
        )
    if b"VP8L" in found:
        width, height, alpha = _lossless_size(found[b"VP8L"], name)
    elif b"VP8 " in found:
        width, height = _lossy_size(found[b"VP8 "], name)
        alpha = b"ALPH" in found
    else:
        raise corrupt(name, "it holds no picture")
    block = found[b"EXIF"].removeprefix(b"Exif\0\0") if b"EXIF" in found else None
    lossy = b"VP8 " in found
    return Header(
        "WEBP",
        width,
        height,
        channels=3,
        depth="uint8",
        alpha=alpha,
        stored=f"8-bit colour{' and alpha' if alpha else ''}, {'lossy' if lossy else 'lossless'}",
        lossy=lossy,
        icc=found.get(b"ICCP"),
        exif=block,
        xmp=found.get(b"XMP "),
        dpi=exif.resolution(block),
    )


def _lossless_size(body: bytes, name: str) -> tuple[int, int, bool]:
    if len(body) < 5 or body[0] != 0x2F:
        raise corrupt(name, "its picture has no signature")
    bits = int.from_bytes(body[1:5], "little")
    return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1)


def _lossy_size(body: bytes, name: str) -> tuple[int, int]:
    if len(body) < 10 or body[3:6] != b"\x9d\x01\x2a":
        raise corrupt(name, "its picture has no signature")
    width, height = struct.unpack_from("<HH", body, 6)
    if not width & 0x3FFF or not height & 0x3FFF:
        raise corrupt(name, "a picture without pixels")
    return width & 0x3FFF, height & 0x3FFF


def decode(file: BinaryIO, header: Header, name: str) -> Iterator[Picture]:
    """The picture. Raises InputCorrupt."""
    with glance(file.read(), name) as image:
        image.load()
        if image.size != (header.width, header.height):
            raise corrupt(name, "its parts differ in size")
        yield header.picture(
            np.asarray(image if image.mode in ("RGB", "RGBA") else image.convert("RGB"))
        )


def glance(data: bytes, name: str) -> Image:
    """The picture by Pillow, not decoded yet."""
    from PIL.WebPImagePlugin import WebPImageFile

    return WebPImageFile(io.BytesIO(data))


def encode(file: BinaryIO, pictures: Iterator[Picture], saving: Saving) -> list[str]:
    """A WebP, lossless unless a quality is given or the input was lossy itself (then 95)."""
    from PIL import Image

    picture = next(pictures)
    lossless = saving.quality is None and not picture.lossy
    asked = QUALITY if saving.quality is None else saving.quality
    kept = {
        name: value
        for name, value in (
            ("icc_profile", picture.icc),
            ("exif", picture.exif),
            ("xmp", picture.xmp),
        )
        if value is not None
    }
    buffer = io.BytesIO()
    Image.fromarray(to_samples(picture, "uint8")).save(
        buffer,
        "WEBP",
        lossless=lossless,
        quality=80 if lossless else asked,  # of lossless files it is the effort
        exact=True,
        **kept,
    )
    file.write(buffer.getbuffer())
    if picture.dpi is None or exif.resolution(picture.exif) is not None:
        return []
    return [f"not kept: its resolution of {picture.dpi[0]:g} dpi, for which WebP has no place"]


WEBP = Format(
    name="WEBP",
    title="WebP",
    endings=(".webp",),
    begins=(b"RIFF....WEBP",),
    holds=Holds(depths=("uint8",), grey=False, side=16383),
    examine=examine,
    decode=decode,
    encode=encode,
    glance=glance,
)
