"""TGA (Truevision TGA, version 2.0): read by Pillow, written here without compression."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from ...errors import UnsupportedChannels
from ..damage import corrupt, truncated
from ..format import Format, Holds, Saving
from ..inside.left import plain as rest
from ..picture import Header, Picture, to_samples

HEADER = 18
#: kinds of pictures: with a table of colours, colour, grey; the same as runs
TABLE, COLOUR, GREY, TABLE_RUNS, COLOUR_RUNS, GREY_RUNS = 1, 2, 3, 9, 10, 11
RUNS = (TABLE_RUNS, COLOUR_RUNS, GREY_RUNS)
#: kind -> bits that a pixel may have
BITS = {TABLE: (8,), COLOUR: (16, 24, 32), GREY: (8, 16)}
STORED = {TABLE: "palette", COLOUR: "colour", GREY: "grey"}
#: bits of the last byte of the header: those of alpha, and that the first row is the upper one
ALPHA_BITS, FROM_ABOVE = 0x0F, 0x20
SIGNATURE = b"TRUEVISION-XFILE.\0"
FOOTER = 26


def examine(file: BinaryIO, name: str) -> Header:
    """The header; no pixel is decoded."""
    file.seek(0)
    head = file.read(HEADER)
    if len(head) < HEADER:
        raise truncated(name)
    words, _, kind, _, entries, entry = struct.unpack_from("<BBBHHB", head)
    width, height, bits, flags = struct.unpack_from("<HHBB", head, 12)
    plain = kind - 8 if kind in RUNS else kind
    if not width or not height:
        raise corrupt(name, f"{width}x{height} pixels")
    if bits not in BITS[plain] or (plain == TABLE and entry not in (16, 24, 32)):
        raise UnsupportedChannels(f"{name}: has {bits} bits; 8, 16, 24 and 32 are read")
    rows = 0 if kind in RUNS else width * height * bits // 8
    table = entries * -(-entry // 8) if plain == TABLE else 0
    size = file.seek(0, io.SEEK_END)
    if HEADER + words + table + rows > size:
        raise truncated(name)
    file.seek(max(size - FOOTER, 0))
    footer = file.read()
    extended = footer.endswith(SIGNATURE) and any(footer[:4])
    alpha = _sees_through(plain, bits if plain != TABLE else entry, flags)
    return Header(
        "TGA",
        width,
        height,
        channels=1 if plain == GREY else 3,
        depth="uint8",
        alpha=alpha,
        stored=f"{bits}-bit {STORED[plain]}",
        lost=("not kept: what its extension area says of it",) if extended else (),
    )


def _sees_through(plain: int, bits: int, flags: int) -> bool:
    """Whether a fourth sample, or a grey one's second, is alpha: where none is announced it means
    nothing.
    """
    has_one = bits == 32 or (plain == GREY and bits == 16)
    return has_one and (plain == TABLE or bool(flags & ALPHA_BITS))


def decode(file: BinaryIO, header: Header, name: str) -> Iterator[Picture]:
    """The picture. Raises InputTruncated or InputCorrupt."""
    from PIL.TgaImagePlugin import TgaImageFile

    file.seek(0)
    image = TgaImageFile(file)
    image.load()
    if image.size != (header.width, header.height):
        raise corrupt(name, f"it decodes to {image.size}")
    wanted = ("L" if header.channels == 1 else "RGB") + ("A" if header.alpha else "")
    yield header.picture(np.asarray(image if image.mode == wanted else image.convert(wanted)))


def salvage(file: BinaryIO, name: str) -> tuple[Header, Iterator[Picture]]:
    """What is left of a file that is cut. InputTruncated where it is of runs, or has no rows."""
    file.seek(0)
    head = file.read(HEADER)
    if len(head) < HEADER or head[2] in RUNS:
        raise truncated(name)
    words, entries, entry = struct.unpack_from("<BxxxxHB", head)
    width, height, bits, flags = struct.unpack_from("<HHBB", head, 12)
    table = entries * -(-entry // 8) if head[2] == TABLE else 0
    start = HEADER + words + table
    rows = rest.Rows(start, width * bits // 8, height, upwards=not flags & FROM_ABOVE)
    return rest.salvage(file, name, rows, examine, decode)


def encode(file: BinaryIO, pictures: Iterator[Picture], saving: Saving) -> list[str]:
    """A TGA without compression, from the upper row on: 8 or 16 bits for grey, 24 or 32 for colour,
    the more where there is alpha.
    """
    samples = to_samples(next(pictures), "uint8")
    height, width = samples.shape[:2]
    channels = 1 if samples.ndim == 2 else samples.shape[2]
    if channels > 2:
        samples = samples[..., [2, 1, 0, 3][:channels]]
    flags = FROM_ABOVE | (8 if channels in (2, 4) else 0)
    kind = COLOUR if channels > 2 else GREY
    size = struct.pack("<HHBB", width, height, 8 * channels, flags)
    file.write(bytes([0, 0, kind]) + bytes(9) + size)
    file.write(np.ascontiguousarray(samples).tobytes())
    return []


def _begins() -> Iterator[bytes]:
    """How files begin; they have no mark of their own, but numbers that others do not have."""
    for kind in (COLOUR, GREY, COLOUR_RUNS, GREY_RUNS):
        yield b".\0" + bytes([kind]) + bytes(5)
    for kind in (TABLE, TABLE_RUNS):
        for entry in (16, 24, 32):
            yield b".\1" + bytes([kind]) + b"\0\0.." + bytes([entry])


TGA = Format(
    name="TGA",
    title="TGA",
    endings=(".tga",),
    begins=tuple(_begins()),
    holds=Holds(depths=("uint8",), metadata=frozenset(), side=65535),
    examine=examine,
    decode=decode,
    encode=encode,
    salvage=salvage,
)
