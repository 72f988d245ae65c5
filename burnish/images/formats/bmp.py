"""BMP (Windows bitmaps): read by Pillow, written here, with alpha and profile in the header of
their fifth version.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from ...errors import UnsupportedChannels
from ..damage import corrupt, truncated
from ..format import Format, Holds, Saving
from ..inside.left import plain
from ..picture import Header, Picture, to_samples

#: bytes of the file's header, and of that of a picture in its versions
FILE_HEADER, CORE, INFO, V4, V5 = 14, 12, 40, 108, 124
#: kinds of compression: none, and samples at places that masks say
PLAIN, RUNS_8, RUNS_4, MASKED, MASKED_ALPHA = 0, 1, 2, 3, 6
#: kinds of colour spaces
EMBEDDED, SRGB = b"DEBM", b"BGRs"
INCH = 0.0254  # metres
MASKS = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)


def examine(file: BinaryIO, name: str) -> Header:
    """The header; no pixel is decoded."""
    file.seek(0)
    head = file.read(FILE_HEADER + V5)
    if len(head) < FILE_HEADER + CORE:
        raise truncated(name)
    length = int.from_bytes(head[14:18], "little")
    if length == CORE:
        width, height, _, bits = struct.unpack_from("<HHHH", head, 18)
        compression, across, down = PLAIN, 0, 0
    elif length >= INFO and len(head) >= FILE_HEADER + INFO:
        width, height, _, bits, compression, _, across, down = struct.unpack_from(
            "<iiHHIIii", head, 18
        )
    else:
        raise corrupt(name, f"a header of {length} bytes")
    if width <= 0 or not height:
        raise corrupt(name, f"{width}x{height} pixels")
    if bits not in (1, 2, 4, 8, 16, 24, 32) or compression > MASKED_ALPHA or compression in (4, 5):
        raise UnsupportedChannels(
            f"{name}: has {bits} bits, compressed in way {compression}; 1 to 32 bits, plain, "
            "masked or run-length coded, are read"
        )
    height = abs(height)
    if int.from_bytes(head[10:14], "little") < FILE_HEADER + length + _palette(head, bits):
        raise corrupt(name, "its samples begin inside its header")
    _check_size(file, head, (width, height, bits), compression, name)
    mode = _mode(file)
    known = across > 0 and down > 0
    return Header(
        "BMP",
        width,
        height,
        channels=1 if mode in ("1", "L") else 3,
        depth="uint8",
        alpha=mode == "RGBA",
        stored=f"{bits}-bit {'palette' if bits <= 8 else 'colour'}",
        icc=_profile(file, head, length),
        dpi=(round(across * INCH, 2), round(down * INCH, 2)) if known else None,
    )


def _palette(head: bytes, bits: int) -> int:
    """Bytes that its palette takes."""
    if bits > 8:
        return 0
    if int.from_bytes(head[14:18], "little") == CORE:
        return 3 << bits
    return 4 * min(int.from_bytes(head[46:50], "little") or 1 << bits, 1 << bits)


def _check_size(
    file: BinaryIO, head: bytes, size: tuple[int, int, int], compression: int, name: str
) -> None:
    """InputTruncated where the rows of a picture are not all there.

    size: width, height, and bits of a pixel.
    """
    if compression in (RUNS_8, RUNS_4):
        return  # how long they are is known when they are decoded
    width, height, bits = size
    rows = -(-width * bits // 32) * 4 * height
    if int.from_bytes(head[10:14], "little") + rows > file.seek(0, io.SEEK_END):
        raise truncated(name)


def _mode(file: BinaryIO) -> str:
    """What the picture decodes to, as Pillow calls it."""
    from PIL.BmpImagePlugin import BmpImageFile

    file.seek(0)
    mode = BmpImageFile(file).mode
    return "RGB" if mode == "P" else mode


def _profile(file: BinaryIO, head: bytes, length: int) -> bytes | None:
    """The profile behind the picture, where the header has one."""
    if length < V5 or len(head) < FILE_HEADER + V5 or head[70:74] != EMBEDDED:
        return None
    place, size = struct.unpack_from("<II", head, FILE_HEADER + 112)
    file.seek(FILE_HEADER + place)
    return file.read(size) or None


def decode(file: BinaryIO, header: Header, name: str) -> Iterator[Picture]:
    """The picture. Raises InputTruncated or InputCorrupt."""
    from PIL.BmpImagePlugin import BmpImageFile

    file.seek(0)
    image = BmpImageFile(file)
    image.load()
    if image.size != (header.width, header.height):
        raise corrupt(name, f"it decodes to {image.size}")
    grey = header.channels == 1
    wanted = "RGBA" if header.alpha else "L" if grey else "RGB"
    yield header.picture(np.asarray(image if image.mode == wanted else image.convert(wanted)))


def salvage(file: BinaryIO, name: str) -> tuple[Header, Iterator[Picture]]:
    """What is left of a file that is cut. InputTruncated where it is compressed, or has no rows."""
    file.seek(0)
    head = file.read(FILE_HEADER + INFO).ljust(FILE_HEADER + INFO, b"\0")
    if int.from_bytes(head[14:18], "little") == CORE:
        width, height, _, bits = struct.unpack_from("<HHHH", head, 18)
        compression = PLAIN
    else:
        width, height, _, bits, compression = struct.unpack_from("<iiHHI", head, 18)
    start = int.from_bytes(head[10:14], "little")
    length = -(-width * bits // 32) * 4
    if compression in (RUNS_8, RUNS_4) or length <= 0 or not height:
        raise truncated(name)
    rows = plain.Rows(start, length, abs(height), upwards=height > 0)
    return plain.salvage(file, name, rows, examine, decode)


def encode(file: BinaryIO, pictures: Iterator[Picture], saving: Saving) -> list[str]:
    """A BMP without compression: 8 bits for grey, 24 for colour, 32 with alpha."""
    picture = next(pictures)
    samples = to_samples(picture, "uint8")
    height, width = samples.shape[:2]
    if samples.ndim == 3:
        samples = samples[..., [2, 1, 0, 3][: samples.shape[2]]]
    rows = np.ascontiguousarray(samples[::-1]).reshape(height, -1)
    rows = np.pad(rows, ((0, 0), (0, -rows.shape[1] % 4)))
    bits = 8 if samples.ndim == 2 else 8 * samples.shape[2]

    # Header, colours, rows, profile.
    length = V5 if bits == 32 or picture.icc else INFO
    colours = bytes(v for g in range(256) for v in (g, g, g, 0)) if bits == 8 else b""
    start = FILE_HEADER + length + len(colours)
    profile = picture.icc or b""
    dots = [round(d / INCH) for d in picture.dpi or (0, 0)]
    compression = MASKED if bits == 32 else PLAIN
    body = struct.pack(
        "<IiiHHIIiiII", length, width, height, 1, bits, compression, rows.nbytes, *dots, 0, 0
    )
    if length == V5:
        masks = MASKS if bits == 32 else bytes(16)
        space = EMBEDDED if profile else SRGB
        place = start + rows.nbytes - FILE_HEADER if profile else 0
        body += masks + space + bytes(48) + struct.pack("<IIII", 4, place, len(profile), 0)
    size = start + rows.nbytes + len(profile)
    file.write(b"BM" + struct.pack("<IHHI", min(size, 2**32 - 1), 0, 0, start))
    file.write(b"".join((body, colours, rows.tobytes(), profile)))
    return []


BMP = Format(
    name="BMP",
    title="BMP",
    endings=(".bmp", ".dib"),
    begins=(b"BM....\0\0\0\0",),
    holds=Holds(
        depths=("uint8",),
        grey_alpha=False,
        metadata=frozenset({"icc", "dpi"}),
        side=2**31 - 1,
    ),
    examine=examine,
    decode=decode,
    encode=encode,
    salvage=salvage,
)
