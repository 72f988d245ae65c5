"""AVIF: a picture of AV1 in a HEIF file (AV1 Image File Format), of 8, 10 or 12 bits.

libavif codes the picture, by imagecodecs. What stands beside it is read and written here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np

from ..damage import corrupt
from ..format import Format, Holds, Saving
from ..inside.heif import METADATA, header_of, of_brand, with_metadata
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
    file.write(with_metadata(bytes(plain), picture))
    return []


#: the side is libavif's own limit
HOLDS = Holds(depths=("uint8", "uint16"), bits=(8, 10, 12), side=32768, metadata=METADATA)
AVIF = Format(
    name="AVIF",
    title="AVIF",
    endings=(".avif",),
    begins=(b"....ftypavif", *of_brand(b"avif")),
    holds=HOLDS,
    examine=examine,
    decode=decode,
    encode=encode,
)
