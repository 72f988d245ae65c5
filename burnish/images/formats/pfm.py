"""PFM, the float kind of Netpbm's formats (netpbm.sourceforge.net/doc/pfm.html)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from ...contract import finite
from ...errors import NonFiniteInput
from ..damage import corrupt, truncated
from ..format import Format, Holds, Saving
from ..inside.left import plain
from ..picture import Header, Picture, to_samples

HEADER = re.compile(rb"P([Ff])\s+(\d{1,9})\s+(\d{1,9})\s+(-?[0-9.]+(?:[eE][-+]?\d+)?)\s")
#: no header is longer in good faith
LONGEST_HEADER = 1 << 10


def _fields(file: BinaryIO, name: str) -> tuple[int, int, int, float, int]:
    """Height, width, channels, the scale, whose sign says the order of bytes, and where the samples
    begin.
    """
    file.seek(0)
    head = file.read(LONGEST_HEADER)
    found = HEADER.match(head)
    if found is None:
        raise truncated(name) if len(head) < 20 else corrupt(name, "its header makes no sense")
    width, height = int(found[2]), int(found[3])
    try:
        scale = float(found[4])
    except ValueError:
        scale = 0.0
    if not width or not height or not scale:
        raise corrupt(name, f"{width}x{height} pixels of scale {scale:g}")
    return height, width, 3 if found[1] == b"F" else 1, scale, found.end()


def examine(file: BinaryIO, name: str) -> Header:
    """The header; no pixel is decoded."""
    height, width, channels, scale, _ = _fields(file, name)
    stored = f"32-bit float {'colour' if channels == 3 else 'grey'}"
    lost = () if abs(scale) == 1 else (f"not kept: its scale of {abs(scale):g}",)
    return Header("PFM", width, height, channels, "float32", alpha=False, stored=stored, lost=lost)


def decode(file: BinaryIO, header: Header, name: str) -> Iterator[Picture]:
    """The picture. Raises InputTruncated, InputCorrupt or NonFiniteInput."""
    height, width, channels, scale, start = _fields(file, name)
    file.seek(start)
    data = file.read()
    missing = height * width * channels * 4 - len(data)
    if missing > 0:
        raise truncated(name)
    if missing < 0:
        raise corrupt(name, f"{-missing} bytes too many")
    rows = np.frombuffer(data, "<f4" if scale < 0 else ">f4").reshape(height, width, channels)
    picture = header.picture(rows[::-1].astype(np.float32))  # they stand from below
    if not finite(picture.pixels):
        raise NonFiniteInput(
            f"{name}: holds values that are no number (NaN or infinity); fill them in first"
        )
    yield picture


def salvage(file: BinaryIO, name: str) -> tuple[Header, Iterator[Picture]]:
    """What is left of a file that is cut. InputTruncated where that is nothing."""
    height, width, channels, _, start = _fields(file, name)
    rows = plain.Rows(start, 4 * width * channels, height, upwards=True)
    return plain.salvage(file, name, rows, examine, decode)


def encode(file: BinaryIO, pictures: Iterator[Picture], saving: Saving) -> list[str]:
    """A PFM, its bytes in little-endian order."""
    samples = to_samples(next(pictures), "float32")
    height, width = samples.shape[:2]
    file.write(b"P%b\n%d %d\n-1.0\n" % (b"f" if samples.ndim == 2 else b"F", width, height))
    file.write(samples[::-1].astype("<f4").tobytes())
    return []


PFM = Format(
    name="PFM",
    title="PFM",
    endings=(".pfm",),
    begins=(b"PF\n", b"Pf\n", b"PF ", b"Pf "),
    holds=Holds(depths=("float32",), alpha=False, metadata=frozenset(), side=999_999_999),
    examine=examine,
    decode=decode,
    encode=encode,
    salvage=salvage,
)
