"""The one tag of EXIF that has to agree with the pixels: orientation (274), read and set in place, so that everything else stays to the byte."""

from __future__ import annotations

import struct

PREFIX = b"Exif\x00\x00"
_ORIENTATION = 0x0112


def bare(block: bytes | None) -> bytes | None:
    """The TIFF block without the prefix that JPEG puts before it; None for nothing, or for what is no EXIF."""
    if not block:
        return None
    block = block.removeprefix(PREFIX)
    return block if block[:4] in (b"II*\x00", b"MM\x00*") else None


def orientation(block: bytes | None) -> int:
    """1..8; 1 where nothing is said, or nonsense."""
    found = _find(block) if block else None
    if block is None or found is None:
        return 1
    position, order = found
    (value,) = struct.unpack_from(order + "H", block, position)
    return value if 1 <= value <= 8 else 1


def with_orientation_1(block: bytes) -> bytes:
    """The block with its orientation set to 1 (pixels are upright)."""
    found = _find(block)
    if found is None:
        return block
    position, order = found
    return block[:position] + struct.pack(order + "H", 1) + block[position + 2 :]


def _find(block: bytes) -> tuple[int, str] | None:
    """Where the value of tag 274 stands in the first directory, and the byte order."""
    order = "<" if block[:2] == b"II" else ">"
    try:
        (start,) = struct.unpack_from(order + "I", block, 4)
        (count,) = struct.unpack_from(order + "H", block, start)
        for entry in range(start + 2, start + 2 + 12 * count, 12):
            tag, kind = struct.unpack_from(order + "HH", block, entry)
            if tag == _ORIENTATION and kind == 3:
                struct.unpack_from(order + "H", block, entry + 8)
                return entry + 8, order
    except struct.error:
        return None
    return None
