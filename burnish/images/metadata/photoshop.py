"""Photoshop's image resources ("8BIM"), among which JPEG and TIFF keep IPTC data.

Adobe Photoshop File Formats Specification, "Image Resources Section".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

IPTC = 1028
#: what shows the picture as it was, or stands elsewhere in a file: small copies, a profile, EXIF,
#: XMP
ELSEWHERE = frozenset({1033, 1036, 1039, 1058, 1059, 1060})


def split(block: bytes) -> tuple[bytes | None, bytes | None]:
    """The IPTC data of a block, and its other resources but for those that stand elsewhere.

    ValueError where it is no such block.
    """
    iptc, others = None, []
    for number, whole, data in _resources(block):
        if number == IPTC:
            iptc = data if iptc is None else iptc
        elif number not in ELSEWHERE:
            others.append(whole)
    return iptc or None, b"".join(others) or None


def joined(iptc: bytes | None, others: bytes | None) -> bytes:
    """The block of IPTC data and other resources; empty where there are none."""
    block = b"" if others is None else others
    if iptc is None:
        return block
    head = b"8BIM" + struct.pack(">H", IPTC) + b"\0\0" + struct.pack(">I", len(iptc))
    return head + iptc + b"\0" * (len(iptc) % 2) + block


def _resources(block: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """(its number, all of its bytes, its data) of each resource."""
    place = 0
    while place + 12 <= len(block):
        if not block[place : place + 4].isalnum():
            raise ValueError("no resource where one should begin")
        (number,) = struct.unpack_from(">H", block, place + 4)
        length = block[place + 6]  # of its name, which takes an even number of bytes with it
        start = place + 6 + length + 1 + (length + 1) % 2 + 4
        (size,) = struct.unpack(">I", block[start - 4 : start].rjust(4, b"\xff"))
        end = start + size
        if end > len(block):
            raise ValueError("a resource that ends too early")
        yield number, block[place:end] + b"\0" * (size % 2), block[start:end]
        place = end + size % 2
