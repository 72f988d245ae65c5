"""Odd files of the other formats: rasters, animations and AVIF that were cut, that claim what
nobody could hold, or that make no sense.

Generated, each with the error that has to come of it.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import imagecodecs
import numpy as np
from odd_files import SIGNATURE, Odd, chunk, encoded, pixels
from PIL import Image

from burnish import errors, images
from burnish.images.formats import FORMATS

CUT, BAD = errors.InputTruncated, errors.InputCorrupt
LARGE = errors.InputTooLarge
#: shares of a file at which it is cut
SHARES = (0.02, 0.3, 0.7, 0.95)


def odd_others() -> Iterator[Odd]:
    yield from cut()
    yield from netpbm()
    yield from bitmaps()
    yield from films()
    yield from unread()


def whole_files() -> Iterator[tuple[str, str, bytes]]:
    """A name, an ending and the bytes of a good file, of each format and some of its kinds."""
    picture = images.from_array(pixels(48, 64))
    for name in ("GIF", "BMP", "PNM", "PFM", "DPX", "TGA", "AVIF"):
        format = FORMATS[name]
        yield name.lower(), format.endings[0], images.encode(picture, format)[0]
    first, second = (Image.fromarray(each) for each in (pixels(48, 64), 255 - pixels(48, 64)))
    for kind in ("GIF", "PNG", "WEBP"):
        data = encoded(first, kind, save_all=True, append_images=[second], duration=100)
        yield f"animated {kind.lower()}", FORMATS[kind].endings[0], data
    yield "bmp of a palette", ".bmp", encoded(first.quantize(64), "BMP")
    runs = Image.fromarray(pixels(48, 8).repeat(8, 1))
    yield "tga of runs", ".tga", encoded(runs, "TGA", compression="tga_rle")
    yield "pgm of text", ".pgm", b"P2\n16 16\n255\n" + b" ".join(b"%d" % i for i in range(256))


def cut() -> Iterator[Odd]:
    for name, ending, data in whole_files():
        for share in SHARES:
            yield Odd(f"{name} cut at {share:.0%}", ending, data[: int(len(data) * share)], CUT)


def netpbm() -> Iterator[Odd]:
    for size in (b"99999999 99999999", b"20000 20000"):
        yield Odd(f"pgm of {size.decode()}", ".pgm", b"P5\n" + size + b"\n255\n" + bytes(64), CUT)
    yield Odd("pgm of no width", ".pgm", b"P5\n0 8\n255\n" + bytes(64), BAD)
    yield Odd("pgm of no white", ".pgm", b"P5\n8 8\n0\n" + bytes(64), BAD)
    yield Odd("pgm of a negative size", ".pgm", b"P5\n-8 8\n255\n" + bytes(64), BAD)
    yield Odd("pgm of words", ".pgm", b"P2\n8 8\n255\n" + b"black " * 64, BAD)
    yield Odd("pgm of values above its white", ".pgm", b"P2\n2 2\n7\n1 2 3 9\n", BAD)
    yield Odd("pgm with something behind it", ".pgm", b"P5\n8 8\n255\n" + bytes(64) + b"junk", BAD)
    nan = np.full(64 * 3, np.nan, "<f4").tobytes()
    yield Odd("pfm without a number", ".pfm", b"PF\n8 8\n-1.0\n" + nan, errors.NonFiniteInput)


def bitmaps() -> Iterator[Odd]:
    bmp = encoded(pixels(16, 16), "BMP")
    for name, place, value, error in (
        ("30000 pixels a side", 18, struct.pack("<ii", 30000, 30000), CUT),
        ("no width", 18, struct.pack("<ii", 0, 16), BAD),
    ):
        data = bmp[:place] + value + bmp[place + len(value) :]
        yield Odd(f"bmp of {name}", ".bmp", data, error)
    gif = encoded(Image.fromarray(pixels(16, 16)).quantize(16), "GIF")
    large = gif[:6] + struct.pack("<HH", 60000, 60000) + gif[10:]
    yield Odd("gif of a screen of 60000 pixels a side", ".gif", large, LARGE)
    tga = images.encode(images.from_array(pixels(16, 16)), FORMATS["TGA"])[0]
    large = tga[:12] + struct.pack("<HH", 60000, 60000) + tga[16:]
    yield Odd("tga of 60000 pixels a side", ".tga", large, CUT)


def films() -> Iterator[Odd]:
    """Frames that claim what nobody could hold, and frames that were lost."""
    header = struct.pack(">IIBBBBB", 16000, 12000, 8, 2, 0, 0, 0)
    control = struct.pack(">IIIIIHHBB", 0, 16000, 12000, 0, 0, 1, 10, 0, 0)
    data = SIGNATURE + chunk(b"IHDR", header) + chunk(b"acTL", struct.pack(">II", 9, 0))
    data += chunk(b"fcTL", control) + chunk(b"IDAT", zlib.compress(bytes(99)))
    yield Odd("apng of 192 megapixels that are not there", ".png", data + chunk(b"IEND", b""), BAD)
    film = encoded(
        Image.fromarray(pixels(16, 16)),
        "PNG",
        save_all=True,
        append_images=[Image.fromarray(255 - pixels(16, 16))],
    )
    lost = film.index(b"fdAT") - 4
    length = struct.unpack_from(">I", film, lost)[0]
    yield Odd(
        "apng without its second frame",
        ".png",
        film[:lost] + film[lost + 12 + length :],
        errors.InputError,
    )


def unread() -> Iterator[Odd]:
    """Kinds that are not read, each by its name."""
    picture = pixels(16, 16)
    streams = {
        "JPEG-LS": imagecodecs.jpegls_encode(picture),
        "JPEG 2000": imagecodecs.jpeg2k_encode(picture),
        "JPEG XR": imagecodecs.jpegxr_encode(picture),
        "QOI": imagecodecs.qoi_encode(picture),
        "Radiance HDR": imagecodecs.rgbe_encode(picture.astype(np.float32), header=True),
        "OpenEXR": b"v/1\x01\2\0\0\0channels\0",
        "SGI": encoded(picture, "SGI"),
        "PCX": encoded(picture, "PCX"),
        "DDS": encoded(picture, "DDS"),
        "ICO": encoded(picture, "ICO"),
        "DjVu": b"AT&TFORM\0\0\1\0DJVU",
        "JBIG2": b"\x97JB2\r\n\x1a\n\1\0\0\0\1",
        "MNG": b"\x8aMNG\r\n\x1a\n" + bytes(20),
        "XCF": b"gimp xcf v011\0" + bytes(20),
        "Photoshop": b"8BPS\0\1" + bytes(30),
        "FITS": b"SIMPLE  =                    T".ljust(80) + bytes(80),
        "DICOM": bytes(128) + b"DICM\2\0\0\0",
        "numpy": b"\x93NUMPY\1\0v\0{'descr': '|u1'}",
        "HDF5": b"\x89HDF\r\n\x1a\n" + bytes(20),
        "film": b"\x1aE\xdf\xa3\x93B\x82\x88matroska",
        "sound": b"RIFF\x24\0\0\0WAVEfmt ",
        "archive": b"Rar!\x1a\7\0" + bytes(20),
    }
    streams["film (AVI)"] = b"RIFF\x24\0\0\0AVI LIST"
    streams["film (MXF)"] = b"\x06\x0e\x2b\x34\x02\x05\x01\x01" + bytes(20)
    for name, data in streams.items():
        says = name.partition(" (")[0]
        yield Odd(f"kind {name}", ".png", bytes(data), errors.UnsupportedFormat, says)
