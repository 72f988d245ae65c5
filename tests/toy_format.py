"""A picture format that nobody uses, written as docs/add.md says: one object, and nothing else."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from burnish.images.damage import corrupt, truncated
from burnish.images.format import Format, Holds
from burnish.images.picture import Header, Picture, to_samples

MAGIC = b"TOY!"
#: width, height, samples a pixel, checksum of the samples
HEAD = ">HHBI"


def examine(file: BinaryIO, name: str) -> Header:
    file.seek(len(MAGIC))
    head = file.read(struct.calcsize(HEAD))
    if len(head) < struct.calcsize(HEAD):
        raise truncated(name)
    width, height, channels, _ = struct.unpack(HEAD, head)
    if not width or not height or not 1 <= channels <= 4:
        raise corrupt(name, "its header makes no sense")
    colours = 3 if channels >= 3 else 1
    return Header("TOY", width, height, colours, "uint8", channels > colours, "8-bit toy")


def decode(file: BinaryIO, header: Header, name: str) -> Iterator[Picture]:
    file.seek(len(MAGIC))
    width, height, channels, checksum = struct.unpack(HEAD, file.read(struct.calcsize(HEAD)))
    samples = file.read()
    if len(samples) < width * height * channels:
        raise truncated(name)
    if len(samples) > width * height * channels or zlib.crc32(samples) != checksum:
        raise corrupt(name, "its checksum is wrong")
    yield header.picture(np.frombuffer(samples, np.uint8).reshape(height, width, channels))


def encode(file: BinaryIO, picture: Picture, quality: int | None) -> list[str]:
    samples = np.atleast_3d(to_samples(picture, "uint8"))
    height, width, channels = samples.shape
    file.write(MAGIC + struct.pack(HEAD, width, height, channels, zlib.crc32(samples.tobytes())))
    file.write(samples.tobytes())
    kept = {"ICC profile": picture.icc, "EXIF": picture.exif, "XMP": picture.xmp}
    return [f"not kept: its {what}" for what, value in kept.items() if value is not None]


TOY = Format(
    name="TOY",
    title="Toy",
    endings=(".toy", ".ty"),
    begins=(MAGIC,),
    holds=Holds(depths=("uint8",), side=65535),
    examine=examine,
    decode=decode,
    encode=encode,
)
