"""What programs put into a GIF beside its frames: application extensions (Graphics Interchange
Format 89a, 26), among them a profile and XMP.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ...metadata import Part

#: how such an extension begins, with the length of the application's name
BEGINS = b"!\xff\x0b"
#: the names of those that hold a profile (ICC.1, B.6), and XMP (Adobe's specification, part 3)
PROFILE, XMP = b"ICCRGBG1012", b"XMP DataXMP"
#: XMP stands there as it is, which readers take for lengths of blocks: wherever they are, this
#: leads them to the end
ENDING = b"\1" + bytes(range(255, -1, -1)) + b"\0"
#: where the others are kept for a file of the same format
PLACE = "application"


@dataclass(frozen=True)
class Extensions:
    """What the application extensions of a GIF hold."""

    #: its profile
    icc: bytes | None
    #: its XMP packet
    xmp: bytes | None
    #: all others
    parts: tuple[Part, ...]


def taken(extensions: Iterable[bytes]) -> Extensions:
    """What such extensions hold, each given whole."""
    icc = xmp = None
    parts = []
    for whole in extensions:
        name, body = whole[len(BEGINS) :][:11], whole[len(BEGINS) + 11 :]
        if name == PROFILE and icc is None:
            icc = joined(body)
        elif name == XMP and xmp is None and body.endswith(ENDING):
            xmp = body.removesuffix(ENDING)
        else:
            words = name[:8].decode("ascii", "backslashreplace").strip()
            words = "".join(letter if letter.isprintable() else "?" for letter in words)
            parts.append(Part(f"what {words} has put into it", PLACE, whole))
    return Extensions(icc or None, xmp or None, tuple(parts))


def made(icc: bytes | None, xmp: bytes | None, parts: Iterable[Part]) -> bytes:
    """The extensions that hold these."""
    found = b""
    if icc is not None:
        found += BEGINS + PROFILE + parted(icc)
    if xmp is not None:
        found += BEGINS + XMP + xmp + ENDING
    return found + b"".join(part.body for part in parts if part.place == PLACE)


def parted(data: bytes) -> bytes:
    """Data as sub-blocks, and the one without length that ends them."""
    parts = (data[place : place + 255] for place in range(0, len(data), 255))
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def joined(blocks: bytes) -> bytes:
    """The data in sub-blocks."""
    data = bytearray()
    place = 0
    while place < len(blocks) and (length := blocks[place]):
        data += blocks[place + 1 : place + 1 + length]
        place += 1 + length
    return bytes(data)
