"""PNG (W3C, third edition): every chunk's checksum and the length of the inflated rows are checked
here, since decoders let both pass.

Pixels go through libpng at 8 and 16 bits; what stands around them is read and put in as chunks of
our own.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ...errors import FormatLimit, UnsupportedChannels, UnsupportedFormat
from ..picture import Depth, Header, Picture, to_samples
from ..sniff import corrupt, truncated

SIGNATURE = b"\x89PNG\r\n\x1a\n"
LARGEST = 2**31 - 1
XMP = b"XML:com.adobe.xmp"
INCH = 0.0254  # metres
#: no profile or text is larger in good faith
LARGEST_TEXT = 1 << 24

#: cHRM of sRGB: white, red, green, blue
SRGB_PRIMARIES = struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
#: colour type -> samples a pixel, bits that it may have, its name
COLOURS: dict[int, tuple[int, tuple[int, ...], str]] = {
    0: (1, (1, 2, 4, 8, 16), "grey"),
    2: (3, (8, 16), "colour"),
    3: (1, (1, 2, 4, 8), "palette"),
    4: (2, (8, 16), "grey and alpha"),
    6: (4, (8, 16), "colour and alpha"),
}
#: x start, y start, x step, y step of the seven passes of an interlaced picture
PASSES = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)


def _chunks(file: BinaryIO, path: Path) -> Iterator[tuple[bytes, int, int]]:
    """(name, offset of its body, length) of each chunk up to IEND; InputTruncated where the file
    ends before.
    """
    size = file.seek(0, io.SEEK_END)
    place = len(SIGNATURE)
    while True:
        file.seek(place)
        head = file.read(8)
        if len(head) < 8:
            raise truncated(path)
        length, name = int.from_bytes(head[:4], "big"), head[4:]
        if place + 12 + length > size:
            raise truncated(path)
        if not name.isalpha():
            raise corrupt(path, "a chunk without a name")
        yield name, place + 8, length
        if name == b"IEND":
            return
        place += 12 + length


def _body(file: BinaryIO, place: int, length: int) -> bytes:
    file.seek(place)
    return file.read(min(length, LARGEST_TEXT))


def examine(file: BinaryIO, path: Path) -> Header:
    """The header; no pixel is decoded."""
    found: dict[bytes, bytes] = {}
    xmp, left = None, []
    for number, (name, place, length) in enumerate(_chunks(file, path)):
        if (number == 0) != (name == b"IHDR"):
            raise corrupt(path, "its header is not where it belongs")
        if name == b"iTXt" and xmp is None:
            xmp = _xmp(_body(file, place, length))
            left += [] if xmp else ["its text"]
        elif name in (b"tEXt", b"zTXt", b"iTXt"):
            left.append("its text")
        elif name != b"IDAT":
            found[name] = _body(file, place, length)
    width, height, bits, kind, _, _, _ = _header(found[b"IHDR"], path)
    if b"acTL" in found:
        raise UnsupportedFormat(f"{path}: is an animated PNG; only single pictures are handled yet")
    icc, dpi = _profile(found.get(b"iCCP")), _dpi(found.get(b"pHYs"))
    left += _meaning_lost(found, icc, dpi)
    alpha = kind in (4, 6) or b"tRNS" in found
    depth: Depth = "uint16" if bits == 16 else "uint8"
    notes = [f"not kept: {', '.join(dict.fromkeys(left))}"] if left else []
    if kind == 3 or bits < 8:
        notes.append(
            f"{bits}-bit {COLOURS[kind][2]}; the result is 8-bit "
            f"{'colour' if kind == 3 else 'grey'}"
        )
    stored = f"{bits}-bit {COLOURS[kind][2]}"
    kept: dict[str, Any] = {"icc": icc, "exif": found.get(b"eXIf"), "xmp": xmp, "dpi": dpi}
    return Header(
        "PNG",
        width,
        height,
        1 if kind in (0, 4) else 3,
        depth,
        alpha,
        stored,
        notes=tuple(notes),
        **kept,
    )


def _header(body: bytes, path: Path) -> tuple[int, int, int, int, int, int, int]:
    """Width, height, bits, colour type, compression, filter, interlace."""
    if len(body) != 13:
        raise corrupt(path, "its header has the wrong length")
    width, height, bits, kind, compression, filters, interlace = fields = struct.unpack(
        ">IIBBBBB", body
    )
    if (
        not 0 < width <= LARGEST
        or not 0 < height <= LARGEST
        or compression
        or filters
        or interlace > 1
    ):
        raise corrupt(path, "its header makes no sense")
    if kind not in COLOURS or bits not in COLOURS[kind][1]:
        raise UnsupportedChannels(
            f"{path}: has {bits} bits of colour type {kind}, which no PNG may have; 1 to 16 "
            "bits of grey, palette or colour are read"
        )
    return fields


def _meaning_lost(
    found: dict[bytes, bytes], icc: bytes | None, dpi: tuple[float, float] | None
) -> list[str]:
    """What chunks say of colours and of the pixels' shape, other than by a profile, sRGB or a
    resolution, and is lost.
    """
    gamma, primaries, shape = found.get(b"gAMA"), found.get(b"cHRM"), found.get(b"pHYs")
    said = b"sRGB" in found or icc is not None
    lost = {
        "its gamma": not said and gamma not in (None, struct.pack(">I", 45455)),
        "its primaries": not said and primaries not in (None, SRGB_PRIMARIES),
        "its cICP colour space": b"cICP" in found,
        "its profile, which cannot be read": b"iCCP" in found and icc is None,
        "its shape of pixels": shape is not None and dpi is None and shape[:4] != shape[4:8],
    }
    return [what for what, is_lost in lost.items() if is_lost]


def _profile(body: bytes | None) -> bytes | None:
    if body is None or b"\0" not in body:
        return None
    try:
        return zlib.decompressobj().decompress(body.split(b"\0", 1)[1][1:], LARGEST_TEXT) or None
    except zlib.error:
        return None


def _xmp(body: bytes) -> bytes | None:
    """The packet in an iTXt chunk of that keyword; None for other text."""
    if not body.startswith(XMP + b"\0") or len(body) < len(XMP) + 5:
        return None
    compressed, text = body[len(XMP) + 1], body[len(XMP) + 3 :].split(b"\0", 2)[-1]
    return zlib.decompressobj().decompress(text, LARGEST_TEXT) if compressed else text


def _dpi(body: bytes | None) -> tuple[float, float] | None:
    if body is None or len(body) != 9:
        return None
    across, down, unit = struct.unpack(">IIB", body)
    return (
        (round(across * INCH, 2), round(down * INCH, 2)) if unit == 1 and across and down else None
    )


def decode(file: BinaryIO, header: Header, path: Path) -> Picture:
    """The picture. Raises InputTruncated or InputCorrupt."""
    from imagecodecs import png_decode

    check_chunks(file, path)
    file.seek(0)
    samples = png_decode(file.read())
    if samples.dtype.name != header.depth or samples.shape[:2] != (header.height, header.width):
        raise corrupt(path, f"it decodes to {samples.shape} of {samples.dtype}")
    return header.picture(samples)


def check_chunks(file: BinaryIO, path: Path) -> None:
    """Every checksum, and that the rows are all there."""
    rows, inflate = 0, zlib.decompressobj()
    expected = 0
    for name, place, length in _chunks(file, path):
        file.seek(place)
        body = file.read(length)
        if zlib.crc32(body, zlib.crc32(name)) != int.from_bytes(file.read(4), "big"):
            raise corrupt(
                path, f"the checksum of its {name.decode('ascii', 'replace')} chunk is wrong"
            )
        if name == b"IHDR":
            expected = _inflated_size(body, path)
        elif name == b"IDAT":
            rows += _inflate(inflate, body, expected + 1 - rows, path)
    if rows < expected or not inflate.eof:
        raise (
            truncated(path) if rows <= expected else corrupt(path, "more rows than its header says")
        )


def _inflate(inflate: Any, body: bytes, most: int, path: Path) -> int:
    """How many bytes come out, a megabyte held at a time, and no more than `most`."""
    count = 0
    try:
        while body and count < most and not inflate.eof:
            count += len(inflate.decompress(body, min(1 << 20, most - count)))
            body = inflate.unconsumed_tail
    except zlib.error as error:
        raise corrupt(path, "its compressed rows do not inflate") from error
    return count


def _inflated_size(body: bytes, path: Path) -> int:
    """Bytes of all rows, each with its filter byte."""
    width, height, bits, kind, _, _, interlace = _header(body, path)
    size = 0
    for left, top, across, down in PASSES if interlace else ((0, 0, 1, 1),):
        columns, rows = -(-(width - left) // across), -(-(height - top) // down)
        if columns > 0 and rows > 0:
            size += rows * (1 + -(-columns * bits * COLOURS[kind][0] // 8))
    return size


def encode(picture: Picture) -> bytes:
    """A PNG of the picture's depth (16 bits for float), with profile, EXIF, resolution and XMP as
    chunks.
    """
    from imagecodecs import png_encode

    samples = to_samples(picture, "uint8" if picture.depth == "uint8" else "uint16")
    plain = bytes(png_encode(np.ascontiguousarray(samples)))
    after_header = len(SIGNATURE) + 25
    return b"".join((plain[:after_header], *_around(picture), plain[after_header:]))


def _around(picture: Picture) -> Iterator[bytes]:
    if picture.icc is not None:
        yield _chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(picture.icc))
    if picture.dpi is not None:
        across, down = (min(round(d / INCH), LARGEST) for d in picture.dpi)
        yield _chunk(b"pHYs", struct.pack(">IIB", across, down, 1))
    if picture.exif is not None:
        yield _chunk(b"eXIf", picture.exif)
    if picture.xmp is not None:
        yield _chunk(b"iTXt", XMP + b"\0\0\0\0\0" + picture.xmp)


def _chunk(name: bytes, body: bytes) -> bytes:
    return (
        struct.pack(">I", len(body))
        + name
        + body
        + struct.pack(">I", zlib.crc32(body, zlib.crc32(name)))
    )


def check_size(width: int, height: int, path: Path) -> None:
    """FormatLimit where a PNG cannot be that large."""
    if max(width, height) > 1_000_000:  # libpng's own limit
        raise FormatLimit(
            f"{path}: a PNG is at most 1000000 pixels wide and high, and this is "
            f"{width}x{height}; write .tif"
        )
