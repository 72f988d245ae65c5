"""Deflate (RFC 1951) whose data end too early, or make no sense from some byte on."""

from __future__ import annotations

import zlib

#: bytes that are inflated at a time
PIECE = 4096


def begun(inflate: zlib._Decompress, data: bytes, most: int) -> tuple[bytes, bool]:
    """What comes out of data until they make no sense any more, and whether they made sense to
    their end, or to that of the stream. No more is inflated than some pieces beyond `most` bytes.

    inflate: what inflates them, after what came before them.
    """
    out = bytearray()
    for start in range(0, len(data), PIECE):
        if inflate.eof or len(out) >= most:
            break
        piece = data[start : start + PIECE]
        before = inflate.copy()
        try:
            out += inflate.decompress(piece)
        except zlib.error:
            return bytes(out) + _up_to_the_error(before, piece), False
    return bytes(out), True


def _up_to_the_error(inflate: zlib._Decompress, piece: bytes) -> bytes:
    """What comes out of a piece before it makes no sense any more."""
    out = bytearray()
    for byte in piece:
        try:
            out += inflate.decompress(bytes([byte]))
        except zlib.error:
            break
    return bytes(out)
