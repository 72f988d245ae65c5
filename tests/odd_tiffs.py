"""TIFFs that are met and are no whole pictures: circles of pages, absurd numbers, streams that
claim more than their strip, streams that were cut.

Generated, each with the error that has to come of it.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import imagecodecs
import numpy as np
import tifffile
from odd_files import Odd, pixels, tiff
from PIL import Image

from burnish import errors

#: where directories, longer values and strips of these files stand
FIRST, SECOND, VALUES, STRIP = 8, 300, 600, 1024
#: of a picture of 8x8 in grey: field -> type, number of values, value
PLAIN: Mapping[int, tuple[int, int, int]] = {
    256: (4, 1, 8),
    257: (4, 1, 8),
    258: (3, 1, 8),
    259: (3, 1, 1),
    262: (3, 1, 1),
    273: (4, 1, STRIP),
    277: (3, 1, 1),
    278: (4, 1, 8),
    279: (4, 1, 64),
}
#: in tiles instead of strips
TILED: Mapping[int, tuple[int, int, int]] = {
    **{tag: field for tag, field in PLAIN.items() if tag not in (273, 278, 279)},
    322: (4, 1, 16),
    323: (4, 1, 16),
    324: (4, 1, STRIP),
    325: (4, 1, 256),
}


def directory(fields: Mapping[int, tuple[int, int, int]], behind: int = 0) -> bytes:
    """A little-endian directory; `behind` is where the next stands."""
    entries = b"".join(
        struct.pack("<HHII", tag, kind, count, value)
        for tag, (kind, count, value) in sorted(fields.items())
    )
    return struct.pack("<H", len(fields)) + entries + struct.pack("<I", behind)


def placed(pieces: Mapping[int, bytes], size: int = 0, first: int = FIRST) -> bytes:
    """A TIFF of pieces at their places."""
    data = bytearray(max(size, *(place + len(piece) for place, piece in pieces.items())))
    data[:8] = b"II*\0" + struct.pack("<I", first)
    for place, piece in pieces.items():
        data[place : place + len(piece)] = piece
    return bytes(data)


def with_strip(strip: bytes, compression: int, width: int = 64, channels: int = 1) -> bytes:
    """A TIFF of `width` x `width` pixels of 8 bits whose one strip has these bytes."""
    fields = {
        **PLAIN,
        256: (4, 1, width),
        257: (4, 1, width),
        258: (3, 1, 8) if channels == 1 else (3, channels, VALUES),
        259: (3, 1, compression),
        262: (3, 1, 1 if channels == 1 else 2),
        277: (3, 1, channels),
        278: (4, 1, width),
        279: (4, 1, len(strip)),
    }
    bits = struct.pack(f"<{channels}H", *[8] * channels)
    return placed({FIRST: directory(fields), VALUES: bits, STRIP: strip})


def odd_tiffs() -> Iterator[Odd]:
    yield from circles()
    yield from absurd_numbers()
    yield from claims()
    yield from noise()
    yield from cut_streams()
    yield from other_kinds()


def _plain(
    name: str,
    error: type[errors.BurnishError],
    says: str = "",
    base: Mapping[int, tuple[int, int, int]] = PLAIN,
    **fields: tuple[int, int, int],
) -> Odd:
    """A small picture with some of its fields changed: tag_256=(type, number, value)."""
    changed = {int(tag.removeprefix("tag_")): field for tag, field in fields.items()}
    data = placed({FIRST: directory({**base, **changed}), STRIP: bytes(256)})
    return Odd(f"tiff {name}", ".tif", data, error, says)


def circles() -> Iterator[Odd]:
    corrupt, large = errors.InputCorrupt, errors.InputTooLarge
    circle = "round in a circle"
    strip = {STRIP: bytes(64)}
    one = {FIRST: directory(PLAIN, FIRST), **strip}
    yield Odd("tiff whose page follows itself", ".tif", placed(one), corrupt, circle)
    two = {FIRST: directory(PLAIN, SECOND), SECOND: directory(PLAIN, FIRST), **strip}
    yield Odd("tiff whose pages follow each other", ".tif", placed(two), corrupt, circle)
    yield _plain("whose page is below itself", corrupt, circle, tag_330=(4, 1, FIRST))
    below = {
        FIRST: directory({**PLAIN, 330: (4, 1, SECOND)}),
        SECOND: directory(PLAIN, SECOND),
        **strip,
    }
    yield Odd("tiff whose page below follows itself", ".tif", placed(below), corrupt, circle)
    step = len(directory(PLAIN))
    many = b"".join(directory(PLAIN, FIRST + step * (i + 1)) for i in range(4100))
    yield Odd("tiff of 4100 pages", ".tif", placed({FIRST: many}), large, "more than 4000 pages")
    pages = b"".join(directory(PLAIN) for _ in range(120))
    offsets = struct.pack("<120I", *(STRIP + 64 + step * i for i in range(120)))
    parent = directory({**PLAIN, 330: (4, 120, SECOND)})
    data = placed({FIRST: parent, SECOND: offsets, STRIP + 64: pages})
    yield Odd("tiff of 120 pages below one", ".tif", data, large, "120 pages below")


def absurd_numbers() -> Iterator[Odd]:
    cut, corrupt = errors.InputTruncated, errors.InputCorrupt
    large, channels = errors.InputTooLarge, errors.UnsupportedChannels
    for side in (2**31, 2**32 - 1):
        yield _plain(
            f"of {side} pixels a side",
            large,
            "megapixels",
            tag_256=(4, 1, side),
            tag_257=(4, 1, side),
        )
    yield _plain("of no width", corrupt, "0x8", tag_256=(4, 1, 0))
    yield _plain("whose width is text", corrupt, "no sense", tag_256=(2, 1, 8))
    yield _plain("whose width lies behind its end", corrupt, "0x8", tag_256=(12, 1, 2**30))
    yield _plain("of 65535 channels", channels, "65535 channels", tag_277=(3, 1, 65535))
    yield _plain("of 65535 bits", channels, "65535 bits", tag_258=(3, 1, 65535))
    yield _plain("of no bits", channels, "0 bits", tag_258=(3, 1, 0))
    yield _plain("of no rows a strip", corrupt, "no size", tag_278=(4, 1, 0))
    yield _plain("of tiles without a size", corrupt, "no size", TILED, tag_322=(4, 1, 0))
    yield _plain("of tiles of one pixel", cut, "", TILED, tag_322=(4, 1, 1), tag_323=(4, 1, 1))
    yield _plain("of 2**31 strips", cut, "", tag_273=(4, 2**31, VALUES), tag_279=(4, 2**31, VALUES))
    yield _plain("whose strip is its header", cut, "", tag_273=(4, 1, 0))
    yield _plain("whose strip lies behind its end", cut, "", tag_273=(4, 1, 2**32 - 10))
    yield _plain("whose strip is endless", cut, "", tag_279=(4, 1, 2**32 - 10))
    yield _plain("whose strip is empty", cut, "", tag_279=(4, 1, 0))
    yield _plain("whose strip is half of what it was", cut, "", tag_279=(4, 1, 32))
    yield _plain("of 2**31 slices", channels, "volumes", tag_32997=(4, 1, 2**31))
    yield _plain("of an unknown predictor", corrupt, "", tag_317=(3, 1, 77), tag_259=(3, 1, 5))
    yield _plain("without its palette", corrupt, "palette", tag_262=(3, 1, 3))
    short = (3, 30, VALUES)
    yield _plain("of half a palette", corrupt, "palette", tag_262=(3, 1, 3), tag_320=short)
    ycbcr = {**PLAIN, 262: (3, 1, 6), 277: (3, 1, 3)}
    yield _plain("of colours coarser by nothing", corrupt, "by nothing", ycbcr, tag_530=(3, 2, 0))
    odd = 7 | 9 << 16
    fields = {"tag_530": (3, 2, odd), "tag_279": (4, 1, 200)}
    yield _plain("of colours coarser by 7x9", corrupt, "7x9", ycbcr, **fields)
    data = placed({FIRST: directory({})}, 64)
    yield Odd("tiff without a field", ".tif", data, corrupt, "0x0")
    for place in (0, 4):
        data = placed({FIRST: directory(PLAIN)}, first=place)
        yield Odd(f"tiff whose directory is at {place}", ".tif", data, corrupt, "no directory")
    big = b"II+\0" + struct.pack("<HHQ", 8, 0, 16)
    data = big + struct.pack("<Q", 2**63) + bytes(200)
    yield Odd("big tiff of 2**63 fields", ".tif", data, corrupt, "fields")
    data = big[:8] + struct.pack("<Q", 2**63) + bytes(200)
    yield Odd("big tiff whose directory lies behind its end", ".tif", data, cut)
    data = b"II+\0" + struct.pack("<HHQ", 4, 0, 16) + bytes(200)
    yield Odd("big tiff of narrow offsets", ".tif", data, corrupt)


def claims() -> Iterator[Odd]:
    """Little data that want much memory."""
    corrupt, large = errors.InputCorrupt, errors.InputTooLarge
    shared = {50000 + i: (7, 900_000, STRIP) for i in range(100)}
    data = placed({FIRST: directory({**PLAIN, **shared})}, 1_000_000)
    yield Odd("tiff whose fields share their bytes", ".tif", data, large, "many times")
    many = 2_100_000
    tables = {273: (4, many, STRIP), 279: (4, many, STRIP), 278: (4, 1, 1)}
    data = placed({FIRST: directory({**PLAIN, **tables})}, 4 * many + STRIP)
    yield Odd("tiff of two million strips", ".tif", data, large, "many times")
    jpeg = bytes(imagecodecs.jpeg8_encode(pixels(64, 64), 90))
    frame = jpeg.index(b"\xff\xc0") + 5
    jpeg = jpeg[:frame] + struct.pack(">HH", 60000, 60000) + jpeg[frame + 4 :]
    larger = "a part of 64x64 pixels holds"
    yield Odd("tiff of a jpeg bomb", ".tif", with_strip(jpeg, 7, channels=3), corrupt, larger)
    empty = np.zeros((4000, 4000), np.uint8)
    streams = {
        "jpeg xl": (imagecodecs.jpegxl_encode(empty, effort=1), 50002),
        "jpeg 2000": (imagecodecs.jpeg2k_encode(empty), 34712),
        "png": (imagecodecs.png_encode(empty), 34933),
        "lerc": (imagecodecs.lerc_encode(empty), 34887),
        "webp": (imagecodecs.webp_encode(empty[..., None].repeat(3, 2)), 50001),
    }
    for name, (stream, compression) in streams.items():
        data = with_strip(bytes(stream), compression)
        yield Odd(f"tiff of a {name} bomb", ".tif", data, corrupt, larger)
    zeros = bytes(10**7)
    for name, stream, compression in (
        ("deflate", zlib.compress(zeros, 9), 8),
        ("zstd", bytes(imagecodecs.zstd_encode(zeros)), 50000),
        ("packbits", b"\x81\0" * 10**5, 32773),
    ):
        yield Odd(f"tiff of a {name} bomb", ".tif", with_strip(stream, compression), corrupt)
    for name, stream, compression in (
        ("deflate", zlib.compress(bytes(10)), 8),
        ("fax", bytes(64), 4),
    ):
        data = with_strip(stream, compression, 14000)
        yield Odd(f"tiff of 196 megapixels of {name} that are not there", ".tif", data, corrupt)


def noise() -> Iterator[Odd]:
    """Strips that are no data of their kind."""
    compressions = {
        **{"jpeg": 7, "old jpeg": 6, "jpeg xl": 50002, "jpeg 2000": 34712, "webp": 50001},
        **{"lerc": 34887, "png": 34933, "lzw": 5, "deflate": 8, "zstd": 50000, "lzma": 34925},
    }
    data = np.random.default_rng(1).integers(0, 256, 64, dtype=np.uint8).tobytes()
    for name, compression in compressions.items():
        for strip, what in ((data, "noise"), (bytes(64), "zeros")):
            odd = with_strip(strip, compression, 8)
            yield Odd(f"tiff of {what} as {name}", ".tif", odd, errors.InputCorrupt)


def cut_streams() -> Iterator[Odd]:
    """Files that are whole but for the end of their one strip's data."""
    page = np.random.default_rng(1).random((120, 200)) > 0.97
    page[50:90, 30:150] = True
    whole = {}
    for compression in ("group3", "group4", "tiff_ccitt"):
        buffer = io.BytesIO()
        image = Image.fromarray(page)
        image.save(buffer, "TIFF", compression=compression, tiffinfo={278: 120})
        whole[compression] = buffer.getvalue()
    arguments: Mapping[str, Mapping[str, Any]] = {
        **{"lzw": {}, "zlib": {}, "packbits": {}, "zstd": {}, "lzma": {}, "lerc": {}, "png": {}},
        "jpeg": {"level": 90},
        "jpegxl": {"lossless": True},
        "webp": {"level": 80},
        "jpeg2000": {},
    }
    for compression, options in arguments.items():
        whole[compression] = tiff(
            pixels(48, 64),
            photometric="rgb",
            compression=compression,
            compressionargs=options,
            rowsperstrip=48,
        )
    for compression, data in whole.items():
        for share in (0.5, 0.98):
            name = f"tiff of {compression} cut at {share:.0%}"
            yield Odd(name, ".tif", _cut(data, share), errors.InputError)


def _cut(data: bytes, share: float) -> bytes:
    """The file, of whose one strip only that share is said to be there."""
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        page = file.pages.first
        lengths = page.tags["StripByteCounts"]
        (length,) = page.databytecounts
    place = lengths.offset + 8
    cut = int(length * share)
    return (
        data[:place]
        + cut.to_bytes(4 if lengths.dtype == 4 else 2, "little")
        + data[place + (4 if lengths.dtype == 4 else 2) :]
    )


def other_kinds() -> Iterator[Odd]:
    """TIFFs of kinds that are not read."""
    unsupported: Sequence[type[errors.BurnishError]] = (errors.UnsupportedFormat,)
    kind = unsupported[0]
    for tag, name in ((33628, "STK"), (34412, "LSM"), (34361, "FluoView"), (65420, "NDPI")):
        microscope = {**PLAIN, tag: (7, 200, VALUES)}
        yield _plain(f"of a microscope ({name})", kind, f"({name})", microscope)
    yield _plain("of an unknown packing", kind, "4242", tag_259=(3, 1, 4242))
    yield _plain("of unknown colours", kind, "999", tag_262=(3, 1, 999))
    yield _plain("of CFA", kind, "raw file", tag_262=(3, 1, 32803))
    yield _plain("of DNG", kind, "raw file", tag_50706=(1, 4, 1025))
    stack = b"ImageJ=1.54f\nimages=40\nslices=40\n\0"
    fields = {**PLAIN, 270: (2, len(stack), VALUES)}
    data = placed({FIRST: directory(fields), VALUES: stack, STRIP: bytes(64 * 40)})
    yield Odd("tiff of a stack behind one page", ".tif", data, kind, "is a stack")
    truncated = tiff_stack()
    yield Odd("tiff of an array behind one page", ".tif", truncated, kind, "is a stack")


def tiff_stack() -> bytes:
    """An array of pictures, of which tifffile writes a page for the first alone."""
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer, shaped=True) as file:
        file.write(np.zeros((5, 8, 8), np.uint8), photometric="minisblack", truncate=True)
    return buffer.getvalue()
