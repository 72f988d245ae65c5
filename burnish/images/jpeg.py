"""JPEG: where the picture's data begin and end, since decoders fill what is missing with grey."""

from __future__ import annotations

import struct
from pathlib import Path

from ..errors import InputCorrupt, InputTruncated

_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SCAN, _ALONE = 0xDA, frozenset([0x01, *range(0xD0, 0xD9)])


def check(data: bytes, path: Path) -> tuple[int, int]:
    """(width, height), after seeing that the segments are whole, that there is a scan, and that an end marker follows it. InputTruncated, InputCorrupt."""
    position, size = 2, None
    while position + 4 <= len(data):
        if data[position] != 0xFF:
            raise InputCorrupt(f"{path}: the JPEG's segments do not follow one another")
        marker = data[position + 1]
        if marker == 0xFF or marker in _ALONE:  # padding, or a marker without content
            position += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack_from(">H", data, position + 2)
        if marker in _SIZES and position + 9 <= len(data):
            size = struct.unpack_from(">HH", data, position + 5)[::-1]
        if marker == _SCAN:
            if size is None or 0 in size:
                raise InputCorrupt(f"{path}: the JPEG's header does not say how large it is")
            if data.find(b"\xff\xd9", position) < 0:
                raise InputTruncated(f"{path}: the JPEG ends before its picture does")
            return size[0], size[1]
        position += 2 + length
    raise InputTruncated(f"{path}: the JPEG ends before its picture does")
