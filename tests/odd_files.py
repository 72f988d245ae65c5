"""Files that are met and are no whole pictures: cut, damaged, misnamed, bombs.

Generated, each with the error that has to come of it.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from burnish import errors

SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Odd:
    """One file: what it is, its name's extension, its bytes, and the error that reading it has to
    raise, with a piece of its sentence.
    """

    name: str
    extension: str
    data: bytes
    error: type[errors.BurnishError]
    says: str = ""


def pixels(height: int = 96, width: int = 128) -> NDArray[np.uint8]:
    """A colour picture with edges and some noise. [H, W, 3]"""
    y, x = np.mgrid[0:height, 0:width]
    noise = np.random.default_rng(1).integers(0, 30, (height, width, 3))
    picture: NDArray[np.uint8] = (
        (np.stack([x * 1.5, y * 2, (x // 8 + y // 8) % 2 * 150], -1) + noise)
        .clip(0, 255)
        .astype(np.uint8)
    )
    return picture


def encoded(image: NDArray[Any] | Image.Image, kind: str, **options: Any) -> bytes:
    """A picture as a file's bytes, by Pillow."""
    buffer = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(
        buffer, kind, **options
    )
    return buffer.getvalue()


def tiff(image: NDArray[Any], **options: Any) -> bytes:
    """A picture as a TIFF's bytes, by tifffile."""
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, image, metadata=None, **options)
    return buffer.getvalue()


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(
    width: int,
    height: int,
    bits: int,
    kind: int,
    rows: bytes,
    *,
    extra: bytes = b"",
    interlace: int = 0,
) -> bytes:
    """A PNG put together by hand, with right checksums; `rows` goes in as it is."""
    header = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, interlace)
    return SIGNATURE + chunk(b"IHDR", header) + extra + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def odd_files() -> Iterator[Odd]:
    yield from no_pictures()
    yield from odd_jpegs()
    yield from odd_pngs()
    yield from odd_webps()
    yield from odd_gifs()
    yield from odd_tiffs()
    yield from bombs()


def no_pictures() -> Iterator[Odd]:
    unsupported = errors.UnsupportedFormat
    yield Odd("empty", ".jpg", b"", errors.InputEmpty, "is empty")
    yield Odd(
        "page", ".jpg", b"\n<!DOCTYPE html><html><body>404</body></html>", unsupported, "web page"
    )
    yield Odd(
        "pointer",
        ".png",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n",
        unsupported,
        "LFS",
    )
    yield Odd("text", ".tif", "just some text, g\u00fcltig\n".encode(), unsupported, "text")
    yield Odd("zip", ".png", b"PK\x03\x04" + bytes(40), unsupported, "ZIP")
    yield Odd(
        "eps", ".jpg", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", unsupported, "EPS"
    )
    yield Odd(
        "svg",
        ".png",
        b'<?xml version="1.0"?>\n<!-- a drawing -->\n<svg xmlns="http://www.w3.org/2000/svg"/>',
        unsupported,
        "SVG",
    )
    yield Odd("pdf", ".jpg", b"%PDF-1.7\n" + bytes(range(256)), unsupported, "PDF")
    yield Odd("zeros", ".jpg", bytes(5000), unsupported, "zeros")
    yield Odd(
        "noise",
        ".png",
        bytes(np.random.default_rng(3).integers(0, 256, 4000, dtype=np.uint8)),
        unsupported,
        "unknown",
    )
    cut = errors.InputTruncated
    yield Odd("avif of few bytes", ".jpg", b"\0\0\0\x20ftypavif" + bytes(9), cut)
    moving = b"\0\0\0\x20ftypavis" + bytes(40)
    yield Odd("avif without frames", ".avif", moving, errors.InputCorrupt, "damaged")
    yield Odd("film", ".jpg", b"\0\0\0\x20ftypisom" + bytes(40), unsupported, "film")


def odd_jpegs() -> Iterator[Odd]:
    plain, progressive = (
        encoded(pixels(), "JPEG", quality=90, progressive=p) for p in (False, True)
    )
    cut = errors.InputTruncated
    yield Odd("jpeg of three bytes", ".jpg", plain[:3], cut)
    yield Odd("jpeg cut in its header", ".jpg", plain[:100], cut)
    yield Odd("jpeg cut", ".jpg", plain[: len(plain) // 2], cut)
    yield Odd("jpeg without its last bytes", ".jpg", plain[:-40], cut)
    yield Odd("progressive cut", ".jpg", progressive[: len(progressive) // 2], cut)
    second = progressive.index(b"\xff\xda", progressive.index(b"\xff\xda") + 2)
    yield Odd(
        "progressive cut at a scan, and closed",
        ".jpg",
        progressive[: progressive.rindex(b"\xff\xc4", 0, second)] + b"\xff\xd9",
        cut,
    )
    yield Odd("jpeg cut, and closed", ".jpg", plain[: len(plain) // 2] + b"\xff\xd9", cut)
    yield Odd(
        "jpeg with a hole", ".jpg", plain[: len(plain) // 2] + plain[len(plain) * 3 // 4 :], cut
    )
    yield Odd(
        "progressive cut in its last scan, and closed", ".jpg", progressive[:-60] + b"\xff\xd9", cut
    )
    restarting = encoded(pixels(), "JPEG", quality=90, restart_marker_rows=2)
    middle = restarting.index(b"\xff\xd1")
    yield Odd(
        "jpeg with a hole before a restart",
        ".jpg",
        restarting[: middle - 100] + restarting[middle:],
        cut,
    )
    yield Odd(
        "jpeg without a frame",
        ".jpg",
        b"\xff\xd8" + plain[plain.index(b"\xff\xda") :],
        errors.InputCorrupt,
        "no frame",
    )
    frame = plain.index(b"\xff\xc0")
    yield Odd(
        "jpeg of 12 bits",
        ".jpg",
        plain[: frame + 4] + b"\x0c" + plain[frame + 5 :],
        errors.UnsupportedChannels,
        "12 bits",
    )
    yield Odd(
        "jpeg of no height",
        ".jpg",
        plain[: frame + 5] + b"\0\0" + plain[frame + 7 :],
        errors.InputCorrupt,
        "size",
    )
    yield Odd(
        "lossless jpeg",
        ".jpg",
        plain[:frame] + b"\xff\xc3" + plain[frame + 2 :],
        errors.UnsupportedFormat,
        "lossless",
    )


def odd_pngs() -> Iterator[Odd]:
    plain = encoded(pixels(), "PNG")
    cut, bad = errors.InputTruncated, errors.InputCorrupt
    rows = b"".join(b"\0" + row.tobytes() for row in pixels())
    packed = zlib.compress(rows)
    yield Odd("png of its signature", ".png", plain[:8], cut)
    yield Odd("png cut in its signature", ".png", plain[:5], cut)
    yield Odd("png cut", ".png", plain[: len(plain) // 2], cut)
    yield Odd("png without its end", ".png", plain[:-12], cut)
    yield Odd(
        "png of half its rows",
        ".png",
        png(128, 96, 8, 2, zlib.compress(rows[: len(rows) // 2])),
        cut,
    )
    yield Odd("png of a cut stream", ".png", png(128, 96, 8, 2, packed[: len(packed) // 2]), cut)
    yield Odd("png without its zlib checksum", ".png", png(128, 96, 8, 2, packed[:-4]), cut)
    yield Odd(
        "png of too many rows",
        ".png",
        png(128, 96, 8, 2, zlib.compress(rows + rows)),
        bad,
        "more rows",
    )
    yield Odd(
        "png of a wrong zlib checksum",
        ".png",
        png(128, 96, 8, 2, packed[:-1] + bytes([packed[-1] ^ 1])),
        bad,
        "inflate",
    )
    yield Odd(
        "png of a broken stream",
        ".png",
        png(128, 96, 8, 2, packed[:200] + b"\xff" * 20 + packed[220:]),
        bad,
        "inflate",
    )
    place = plain.index(b"IDAT") + 40
    yield Odd(
        "png of a wrong checksum",
        ".png",
        plain[:place] + bytes([plain[place] ^ 1]) + plain[place + 1 :],
        bad,
        "checksum",
    )
    yield Odd(
        "png of an unknown filter",
        ".png",
        png(128, 96, 8, 2, zlib.compress(b"\x09" + rows[1:])),
        bad,
    )
    yield Odd("png without pixels", ".png", SIGNATURE + plain[8:33] + chunk(b"IEND", b""), cut)
    yield Odd(
        "png of 3 bits",
        ".png",
        png(8, 8, 3, 0, zlib.compress(bytes(40))),
        errors.UnsupportedChannels,
        "3 bits",
    )
    yield Odd("png of no width", ".png", png(0, 8, 8, 0, zlib.compress(bytes(8))), bad)
    yield Odd(
        "animated png without frames",
        ".png",
        png(1, 1, 8, 0, zlib.compress(b"\0\0"), extra=chunk(b"acTL", bytes(8))),
        bad,
        "announces 0 frames",
    )


def odd_gifs() -> Iterator[Odd]:
    plain = encoded(pixels(), "GIF")
    cut, bad = errors.InputTruncated, errors.InputCorrupt
    yield Odd("gif of its head", ".gif", plain[:13], cut)
    yield Odd("gif cut", ".gif", plain[: len(plain) // 2], cut)
    yield Odd("gif without a frame", ".gif", plain[:13] + bytes(768) + b";", cut)
    yield Odd("gif of an unknown block", ".gif", plain[:13] + bytes(768) + b"?", bad, "block")
    image = b"," + struct.pack("<HHHH", 0, 0, 4, 4)
    screen = b"GIF89a" + struct.pack("<HH", 4, 4)
    few = b"\0\x02\x02\x44\x01\0;"  # the compressed pixels of one, where sixteen are announced
    yield Odd("gif of too few pixels", ".gif", screen + b"\x80\0\0" + bytes(6) + image + few, cut)
    yield Odd("gif without colours", ".gif", screen + bytes(3) + image + few, bad, "colours")


def odd_webps() -> Iterator[Odd]:
    lossy, lossless = (
        encoded(pixels(), "WEBP", quality=90),
        encoded(pixels(), "WEBP", lossless=True),
    )
    for name, data in (("lossy", lossy), ("lossless", lossless)):
        yield Odd(f"{name} webp cut", ".webp", data[: len(data) // 2], errors.InputTruncated)
        yield Odd(f"{name} webp without its last byte", ".webp", data[:-2], errors.InputTruncated)
        shorter = data[: len(data) // 2 // 2 * 2]
        shorter = (
            b"RIFF"
            + struct.pack("<I", len(shorter) - 8)
            + shorter[8:16]
            + struct.pack("<I", len(shorter) - 20)
            + shorter[20:]
        )
        yield Odd(f"{name} webp cut, its lengths mended", ".webp", shorter, errors.InputError)
    yield Odd("webp of its head", ".webp", lossy[:10], errors.InputTruncated)
    frames = [Image.fromarray(pixels()), Image.fromarray(255 - pixels())]
    yield Odd(
        "animated webp",
        ".webp",
        encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:]),
        errors.UnsupportedFormat,
        "has 2 frames, and one picture is wanted",
    )


def odd_tiffs() -> Iterator[Odd]:
    plain, packed = tiff(pixels()), tiff(pixels(), compression="zlib", rowsperstrip=16)
    cut, bad, channels = errors.InputTruncated, errors.InputCorrupt, errors.UnsupportedChannels
    yield Odd("tiff cut", ".tif", plain[: len(plain) // 2], cut)
    yield Odd("tiff cut in its header", ".tif", plain[:6], cut)
    yield Odd("tiff cut at its last strip", ".tif", packed[:-100], cut)
    yield Odd(
        "tiff with its directory behind its end",
        ".tif",
        b"II*\0" + struct.pack("<I", 10**6) + bytes(100),
        cut,
    )
    yield Odd("tiff of a broken stream", ".tif", packed[:-300] + b"\xff" * 100 + packed[-200:], bad)
    short = tiff(pixels()[:48], compression="zlib", rowsperstrip=96)
    yield Odd(
        "tiff of half its rows", ".tif", _with_field(_with_field(short, 257, 96), 278, 96), bad
    )
    yield Odd(
        "tiff of too few strips", ".tif", _with_field(tiff(pixels(), rowsperstrip=16), 278, 1), cut
    )
    yield Odd(
        "tiff of two pages",
        ".tif",
        tiff(np.stack([pixels()] * 2), photometric="rgb"),
        errors.UnsupportedFormat,
        "2 pages",
    )
    yield Odd(
        "tiff of five channels",
        ".tif",
        tiff(np.zeros((8, 8, 5), np.uint8), photometric="rgb", planarconfig="contig"),
        channels,
        "5 channels",
    )
    yield Odd(
        "tiff of doubles", ".tif", tiff(np.zeros((8, 8), np.float64)), channels, "64 bits float"
    )
    yield Odd(
        "tiff of signed numbers", ".tif", tiff(np.zeros((8, 8), np.int16)), channels, "signed"
    )
    yield Odd("tiff of 32 bits", ".tif", tiff(np.zeros((8, 8), np.uint32)), channels, "32 bits")
    for value in (np.nan, np.inf):
        broken = np.full((8, 8, 3), 0.5, np.float32)
        broken[3, 3, 1] = value
        yield Odd(
            f"tiff with {value}",
            ".tif",
            tiff(broken, photometric="rgb"),
            errors.NonFiniteInput,
            "1 values",
        )


def bombs() -> Iterator[Odd]:
    """Headers that promise far more than 200 megapixels, with next to nothing behind."""
    large = errors.InputTooLarge
    yield Odd(
        "png bomb",
        ".png",
        png(100_000, 100_000, 8, 2, zlib.compress(bytes(1000))),
        large,
        "--max-megapixels",
    )
    jpeg = encoded(pixels(), "JPEG")
    frame = jpeg.index(b"\xff\xc0")
    yield Odd(
        "jpeg bomb",
        ".jpg",
        jpeg[: frame + 5] + struct.pack(">HH", 65000, 65000) + jpeg[frame + 9 :],
        large,
        "--max-megapixels",
    )
    yield Odd(
        "tiff bomb",
        ".tif",
        _with_field(_with_field(tiff(pixels(), compression="zlib"), 256, 60000), 257, 60000),
        large,
        "--max-megapixels",
    )
    greedy = (
        b"II*\0"
        + struct.pack("<IH", 8, 4000)
        + b"".join(struct.pack("<HHII", 50000 + i, 7, 60000, 0) for i in range(4000))
        + bytes(4)
    )
    greedy += bytes(60000 - len(greedy))
    corrupt = errors.InputCorrupt
    yield Odd(
        "jpeg whose exif shares its bytes",
        ".jpg",
        encoded(pixels(), "JPEG", exif=b"Exif\0\0" + greedy),
        corrupt,
        "share their bytes",
    )
    exif_chunk = chunk(b"eXIf", greedy)
    yield Odd(
        "png whose exif shares its bytes",
        ".png",
        png(1, 1, 8, 0, zlib.compress(b"\0\7"), extra=exif_chunk),
        corrupt,
        "share their bytes",
    )
    webp = encoded(pixels(16, 16), "WEBP", lossless=True)
    place = webp.index(b"VP8L") + 9
    size = 16383 | 16383 << 14
    yield Odd(
        "webp bomb",
        ".webp",
        webp[:place] + struct.pack("<I", size) + webp[place + 4 :],
        large,
        "--max-megapixels",
    )


def _with_field(data: bytes, tag: int, value: int) -> bytes:
    """A little-endian TIFF with one number of its first directory changed."""
    patched = bytearray(data)
    offset = struct.unpack_from("<I", data, 4)[0]
    for place in range(offset + 2, offset + 2 + 12 * struct.unpack_from("<H", data, offset)[0], 12):
        if struct.unpack_from("<H", data, place)[0] == tag:
            struct.pack_into(
                "<H" if struct.unpack_from("<H", data, place + 2)[0] == 3 else "<I",
                patched,
                place + 8,
                value,
            )
            return bytes(patched)
    raise AssertionError(f"no field {tag}")
