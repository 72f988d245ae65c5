"""PNG: what decoders let pass (half of the rows missing, wrong checksums) is found here; and the chunks that the 16-bit encoder does not write."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from ..errors import InputCorrupt, InputTruncated, UnsupportedFormat

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
#: Adam7: first column, first row, step in x, step in y of the seven passes (PNG specification, section 8.2)
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_PIECE = 1 << 20


def chunks(data: bytes, path: Path) -> Iterator[tuple[bytes, memoryview]]:
    """(type, content) of every chunk up to IEND, checksums held. InputTruncated, InputCorrupt."""
    view, position = memoryview(data), len(SIGNATURE)
    while True:
        if position + 12 > len(data):
            raise InputTruncated(f"{path}: the PNG ends before its picture does")
        (length,) = struct.unpack_from(">I", data, position)
        kind, end = bytes(view[position + 4 : position + 8]), position + 8 + length
        if end + 4 > len(data):
            raise InputTruncated(f"{path}: the PNG ends before its picture does")
        if zlib.crc32(view[position + 4 : end]) != struct.unpack_from(">I", data, end)[0]:
            raise InputCorrupt(f"{path}: a checksum of the PNG is wrong (chunk {kind.decode('latin-1')})")
        yield kind, view[position + 8 : end]
        if kind == b"IEND":
            return
        position = end + 4


def header(data: bytes, path: Path) -> tuple[int, int, int, int]:
    """(width, height, bit depth, colour type), without looking further."""
    if len(data) < 33 or data[12:16] != b"IHDR":
        raise InputTruncated(f"{path}: the PNG ends before its picture does")
    width, height, depth, colour = struct.unpack_from(">IIBB", data, 16)
    if not width or not height or colour not in _CHANNELS:
        raise InputCorrupt(f"{path}: the PNG's header makes no sense")
    return width, height, depth, colour


def check(data: bytes, path: Path) -> None:
    """Every checksum, and that the compressed rows are all there: they are unpacked once and counted, a piece at a time."""
    width, height, depth, colour = header(data, path)
    wanted = _size(width, height, depth * _CHANNELS[colour], data[28] == 1)
    unpacker, found = zlib.decompressobj(), 0
    try:
        for kind, content in chunks(data, path):
            if kind == b"acTL":
                raise UnsupportedFormat(f"{path}: an animated PNG; only single pictures are handled yet")
            if kind == b"IDAT":
                rest: bytes | memoryview = content
                while rest:
                    found += len(unpacker.decompress(rest, _PIECE))
                    rest = unpacker.unconsumed_tail
    except zlib.error as error:
        raise InputCorrupt(f"{path}: the PNG's compressed rows are damaged ({error})") from error
    if found < wanted:
        raise InputTruncated(f"{path}: {found * 100 // wanted} percent of the PNG's rows are there; the file was cut off or written only in part")


def _size(width: int, height: int, bits: int, interlaced: bool) -> int:
    """Bytes of all rows, filter bytes included."""
    if not interlaced:
        return height * (1 + (width * bits + 7) // 8)
    total = 0
    for x, y, step_x, step_y in _ADAM7:
        columns, rows = -(-(width - x) // step_x), -(-(height - y) // step_y)
        if columns > 0 and rows > 0:
            total += rows * (1 + (columns * bits + 7) // 8)
    return total


def with_metadata(data: bytes, icc: bytes | None, exif: bytes | None, xmp: bytes | None, dpi: tuple[float, float] | None) -> bytes:
    """The PNG with these chunks behind its header."""
    extra = []
    if icc:
        extra.append(_chunk(b"iCCP", b"ICC profile\x00\x00" + zlib.compress(icc)))
    if dpi:
        extra.append(_chunk(b"pHYs", struct.pack(">IIB", *(round(d / 0.0254) for d in dpi), 1)))
    if exif:
        extra.append(_chunk(b"eXIf", exif))
    if xmp:
        extra.append(_chunk(b"iTXt", b"XML:com.adobe.xmp\x00\x00\x00\x00\x00" + xmp))
    return data[:33] + b"".join(extra) + data[33:]


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
