"""AVIF: a picture of AV1 in a HEIF file (AV1 Image File Format), of 8, 10 or 12 bits.

libavif codes the picture, by imagecodecs. What stands beside it is read and written here.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO

import numpy as np

from .. import exif
from ..damage import corrupt
from ..format import Format, Holds, Saving
from ..inside.boxes import boxes
from ..inside.heif import header_of, turns
from ..inside.items import Item, Property, contents, packed
from ..picture import Header, Picture, to_samples

#: of 100, at which an AVIF is coarser than a JPEG of the same number
QUALITY = 95
#: how much time the encoder takes: 0 is all, 10 least; of files without loss, 6 takes four times
#: that of 9, and they are as large
SPEED = 9
#: codes of CICP (ITU-T H.273) for sRGB, unspecified colours, and the matrix of JPEG
SRGB, UNSPECIFIED, BT601 = (1, 13), (2, 2), 6


def examine(file: BinaryIO, name: str) -> Header:
    """The header; nothing is decoded."""
    return header_of(file, name, "AVIF")


def decode(file: BinaryIO, header: Header, name: str) -> Iterator[Picture]:
    """The picture. Raises InputCorrupt."""
    from imagecodecs import avif_decode

    samples = avif_decode(file.read())
    channels = header.channels + header.alpha
    shape = (header.height, header.width, *([channels] if channels > 1 else []))
    if samples.shape != shape or samples.dtype.name != header.depth:
        raise corrupt(name, f"it decodes to {samples.shape} of {samples.dtype}")
    yield header.picture(samples)


def encode(file: BinaryIO, pictures: Iterator[Picture], saving: Saving) -> list[str]:
    """An AVIF of as many bits as the picture has, 12 at the most; lossless unless a quality is
    given or the input was lossy itself (then 95), and always 4:4:4.
    """
    from imagecodecs import avif_encode

    picture = next(pictures)
    depth, bits = HOLDS.stored(picture.depth, picture.bits)
    samples = np.ascontiguousarray(to_samples(picture, depth, bits))
    primaries, transfer = SRGB if picture.icc is None else UNSPECIFIED
    coded: dict[str, Any] = {"primaries": primaries, "transfer": transfer, "pixelformat": "444"}
    if saving.quality is not None or picture.lossy:
        coded |= {"level": QUALITY if saving.quality is None else saving.quality, "matrix": BT601}
    plain = avif_encode(samples, speed=SPEED, bitspersample=bits, **coded)
    file.write(_with_metadata(bytes(plain), picture))
    if picture.dpi is None or exif.resolution(picture.exif) is not None:
        return []
    return [f"not kept: its resolution of {picture.dpi[0]:g} dpi, for which AVIF has no place"]


def _with_metadata(plain: bytes, picture: Picture) -> bytes:
    """The file with what belongs to the picture. How it is turned is said by the file alone, and no
    longer by EXIF, which others would obey once more.
    """
    file, name = io.BytesIO(plain), "the result"
    held = contents(file, name)
    first = next(boxes(file, name))
    told = [] if picture.icc is None else [Property(b"colr", b"prof" + picture.icc)]
    told += turns(exif.orientation(picture.exif))
    items = [
        (
            replace(item, properties=(*item.properties, *told))
            if item.number == held.primary
            else item,
            data,
        )
        for item in held.items.values()
        for data in [b"".join(plain[start : start + size] for start, size in item.places)]
    ]
    number = max(held.items)
    refers = ((b"cdsc", (held.primary,)),)
    if picture.exif is not None:
        upright = exif.set_orientation(picture.exif, 1) or b""
        items.append((Item(number + 1, b"Exif", refers=refers), bytes(4) + upright))
    if picture.xmp is not None:
        kind = Item(number + 2, b"mime", b"application/rdf+xml", refers=refers)
        items.append((kind, picture.xmp))
    return packed(plain[first.start : first.end], held.primary, items)


#: the side is libavif's own limit
HOLDS = Holds(depths=("uint8", "uint16"), bits=(8, 10, 12), side=32768)
AVIF = Format(
    name="AVIF",
    title="AVIF",
    endings=(".avif",),
    begins=(b"....ftypavif",),
    holds=HOLDS,
    examine=examine,
    decode=decode,
    encode=encode,
)
