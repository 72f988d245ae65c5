"""AVIF: a picture of AV1 in a HEIF file (AV1 Image File Format), of 8, 10 or 12 bits, or the frames
of an animation.

libavif codes the picture, by imagecodecs, and reads frames, by Pillow, which has 8 bits alone:
imagecodecs 2026.3.6 is not safe with several. What stands beside them is read and written here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO

import numpy as np

from ..damage import corrupt
from ..format import Format, Holds, Saving
from ..inside.boxes import boxes
from ..inside.heif import METADATA, header_of, of_brand, shown_area, with_metadata
from ..inside.items import contents
from ..inside.track import track_of
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
    track = track_of(file, name)
    if track is None:
        return header_of(file, name, "AVIF")
    if _is_still(file):
        found = header_of(file, name, "AVIF")
        return replace(found, lost=(*found.lost, "not kept: its animation"))
    found = header_of(file, name, "AVIF", track)
    if found.bits is not None:
        rounded = f"its {found.bits} bits, of which 8 are read of an animated AVIF"
        found = replace(found, depth="uint8", bits=None, lost=(*found.lost, rounded))
    return found


def _is_still(file: BinaryIO) -> bool:
    """Whether a file that has frames is a picture all the same: so libavif takes its first word."""
    file.seek(8)
    return file.read(4) == b"avif"


def decode(file: BinaryIO, header: Header, name: str) -> Iterator[Picture]:
    """The picture, or the frames, one after another. Raises InputCorrupt."""
    if header.timing is not None:
        yield from _frames(file, header, name)
        return
    from imagecodecs import avif_decode

    area = shown_area(contents(file, name).picture, name)
    samples = avif_decode(_without_frames(file, name))
    if area.of(samples).shape != _shape(header) or samples.dtype.name != header.depth:
        raise corrupt(name, f"it decodes to {samples.shape} of {samples.dtype}")
    yield header.picture(np.ascontiguousarray(area.of(samples)))


def _shape(header: Header) -> tuple[int, ...]:
    """The shape of the samples that a header announces."""
    channels = header.channels + header.alpha
    return (header.height, header.width, *([channels] if channels > 1 else []))


def _without_frames(file: BinaryIO, name: str) -> bytes:
    """The file, with nothing in it that speaks of frames: imagecodecs could not bear them."""
    file.seek(0)
    data = bytearray(file.read())
    for box in boxes(file, name):
        if box.kind == b"moov":
            data[box.start - 4 : box.start] = b"free"
        elif box.kind == b"ftyp":
            data[box.start : box.end] = data[box.start : box.end].replace(b"avis", b"mif1")
    return bytes(data)


def _frames(file: BinaryIO, header: Header, name: str) -> Iterator[Picture]:
    """The frames, by Pillow."""
    from PIL.AvifImagePlugin import AvifImageFile

    track, timing = track_of(file, name), header.timing
    assert track is not None
    assert timing is not None
    area = shown_area(track.contents(b"av01").picture, name)
    file.seek(0)
    with AvifImageFile(file) as image:
        if image.n_frames != len(track.seconds):
            raise corrupt(name, f"it has {image.n_frames} frames, and says other numbers of them")
        for number, seconds in enumerate(track.seconds):
            image.seek(number)
            image.load()
            samples = area.of(np.asarray(image.convert(_mode(header))))
            if samples.shape != _shape(header):
                raise corrupt(name, f"a frame decodes to {samples.shape}")
            shown = np.ascontiguousarray(samples)
            yield header.picture(shown, timing=replace(timing, seconds=seconds))


def _mode(header: Header) -> str:
    """What Pillow calls such samples."""
    return {(1, False): "L", (1, True): "LA", (3, False): "RGB", (3, True): "RGBA"}[
        header.channels, header.alpha
    ]


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
    endings=(".avif", ".avifs"),
    begins=(b"....ftypavif", b"....ftypavis", *of_brand(b"avif"), *of_brand(b"avis")),
    holds=HOLDS,
    examine=examine,
    decode=decode,
    encode=encode,
)
