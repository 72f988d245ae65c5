"""Odd files that are whole: of every format the smallest and thinnest, and kinds that few programs
write. Generated, each with what is in it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from odd_files import encoded, pixels, tiff
from PIL import Image

from burnish import images
from burnish.images.formats import FORMATS

#: formats that need no extra
WRITTEN = ("JPEG", "PNG", "WEBP", "TIFF", "AVIF", "GIF", "BMP", "PNM", "PFM", "DPX", "TGA")
#: heights and widths
SIZES = ((1, 1), (2, 2), (1, 61), (61, 1), (13, 17))


@dataclass(frozen=True)
class Good:
    """One file that is to be restored."""

    name: str
    extension: str
    data: bytes
    #: height and width, as stored
    size: tuple[int, int]
    #: how many pictures are in it
    pictures: int = 1


def odd_good() -> Iterator[Good]:
    yield from smallest()
    yield from jpegs()
    yield from pngs()
    yield from tiffs()
    yield from several()
    yield from misnamed()


def smallest() -> Iterator[Good]:
    for kind in WRITTEN:
        format = FORMATS[kind]
        for height, width in SIZES:
            picture = images.from_array(pixels(64, 64)[:height, :width].copy())
            data, _ = images.encode(picture, format)
            name = f"{format.name.lower()} of {height}x{width}"
            yield Good(name, format.endings[0], data, (height, width))


def jpegs() -> Iterator[Good]:
    image = Image.fromarray(pixels(40, 56))
    kinds: dict[str, tuple[Image.Image, dict[str, Any]]] = {
        "grey": (image.convert("L"), {}),
        "progressive": (image, {"progressive": True}),
        "4:4:4": (image, {"subsampling": 0}),
        "4:2:2": (image, {"subsampling": 1}),
        "4:2:0": (image, {"subsampling": 2}),
        "quality 1": (image, {"quality": 1}),
        "quality 100": (image, {"quality": 100}),
        "restarts": (image, {"restart_marker_rows": 1}),
        "inks": (image.convert("CMYK"), {}),
    }
    for name, (each, options) in kinds.items():
        data = encoded(each, "JPEG", **options)
        yield Good(f"jpeg of {name}", ".jpg", data, (40, 56))
    data = encoded(image, "JPEG")
    yield Good("jpeg without its end marker", ".jpg", data[:-2], (40, 56))
    yield Good("jpeg with zeros behind it", ".jpg", data + bytes(100), (40, 56))
    yield Good("jpeg with a comment", ".jpg", encoded(image, "JPEG", comment=b"sea"), (40, 56))
    for turned in range(1, 9):
        exif = Image.Exif()
        exif[274] = turned
        data = encoded(image, "JPEG", exif=exif)
        yield Good(f"jpeg of orientation {turned}", ".jpg", data, (40, 56))


def pngs() -> Iterator[Good]:
    image = Image.fromarray(pixels(40, 56))
    few = image.quantize(4)
    kinds: dict[str, tuple[Image.Image, dict[str, Any]]] = {
        "one bit": (image.convert("1"), {}),
        "grey": (image.convert("L"), {}),
        "grey and alpha": (image.convert("LA"), {}),
        "colour and alpha": (image.convert("RGBA"), {}),
        "a palette": (image.quantize(200), {}),
        "a palette of 2 bits": (few, {"bits": 2}),
        "a palette with a hole": (few, {"transparency": 1}),
        "16 bits": (Image.fromarray(pixels(40, 56)[..., 0].astype(np.uint16) * 257), {}),
        "text": (image, {"pnginfo": None}),
    }
    for name, (each, options) in kinds.items():
        yield Good(f"png of {name}", ".png", encoded(each, "PNG", **options), (40, 56))


def tiffs() -> Iterator[Good]:
    colour = pixels(40, 56)
    deep = colour.astype(np.uint16) * 257
    layouts: dict[str, tuple[NDArray[Any], dict[str, Any]]] = {
        "white as zero": (colour[..., 0], {"photometric": "miniswhite"}),
        "12 bits": (deep[..., 0] >> 4, {"bitspersample": 12}),
        "halves": ((colour / 255).astype(np.float16), {"photometric": "rgb"}),
        "floats": ((colour / 100).astype(np.float32), {"photometric": "rgb"}),
        "planes": (np.moveaxis(colour, -1, 0), {"photometric": "rgb", "planarconfig": "separate"}),
        "tiles": (deep, {"photometric": "rgb", "tile": (16, 32), "compression": "lzw"}),
        "big offsets": (deep, {"photometric": "rgb", "bigtiff": True, "byteorder": ">"}),
        "lab": (colour, {"photometric": "cielab"}),
        "inks": (np.dstack([colour, colour[..., 0]]), {"photometric": "separated"}),
        "jpeg": (colour, {"photometric": "rgb", "compression": "jpeg"}),
        "jpeg xl": (colour, {"photometric": "rgb", "compression": "jpegxl"}),
        "infrared": (np.dstack([deep, deep[..., 0]]), {"extrasamples": ["unspecified"]}),
        "alpha": (np.dstack([colour, colour[..., 0]]), {"extrasamples": ["assocalpha"]}),
    }
    for name, (array, options) in layouts.items():
        if "extrasamples" in options:
            options = {**options, "photometric": "rgb"}
        yield Good(f"tiff of {name}", ".tif", tiff(array, **options), (40, 56))
    fax = Image.fromarray(colour[..., 0] > 100)
    for compression in ("group3", "group4"):
        data = encoded(fax, "TIFF", compression=compression)
        yield Good(f"tiff of {compression}", ".tif", data, (40, 56))
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as file:
        small = colour[::4, ::4].copy()
        file.write(small, photometric="rgb", subfiletype=1, metadata=None)
        file.write(colour, photometric="rgb", metadata=None)
    yield Good("tiff behind its preview", ".tif", buffer.getvalue(), (40, 56))


def several() -> Iterator[Good]:
    frames = [Image.fromarray(each) for each in (pixels(40, 56), 255 - pixels(40, 56))]
    for kind in ("GIF", "PNG", "WEBP", "TIFF"):
        data = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
        yield Good(f"{kind.lower()} of two", FORMATS[kind].endings[0], data, (40, 56), 2)


def misnamed() -> Iterator[Good]:
    image = Image.fromarray(pixels(40, 56))
    for kind, ending in (("PNG", ".jpg"), ("JPEG", ".png"), ("WEBP", ".tif"), ("TIFF", ".png")):
        yield Good(f"{kind.lower()} named {ending}", ending, encoded(image, kind), (40, 56))
