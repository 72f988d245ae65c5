"""write(): a Picture into a file, whole or not at all; what the format cannot hold is said, or refused before any work is done."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import FormatLimit, OutputError, UsageError
from . import exif, png
from .atomic import atomic_write
from .picture import Picture, to_array, upright
from .sniff import EXTENSIONS

#: of JPEG and lossy WebP; JPEG's chroma is not subsampled
QUALITY = 95
#: how hard deflate tries: level 4 is half the time of the usual 6 for two percent more bytes
_EFFORT = 4
_LARGEST = {"JPEG": 65535, "WEBP": 16383}


def format_of(path: Path) -> str:
    """The format that a name's extension stands for; UsageError for another one."""
    try:
        return EXTENSIONS[path.suffix.lower()]
    except KeyError:
        raise UsageError(f"{path}: the name of a result must end in one of {', '.join(EXTENSIONS)}") from None


def check_format(picture: Picture, path: Path, scale: int = 1) -> list[str]:
    """What the format of `path` will not keep, in sentences; FormatLimit where it cannot hold the picture (`scale` times enlarged) at all.

    To be called before a model runs.
    """
    kind, notes = format_of(path), []
    side = scale * max(picture.pixels.shape[-2:])
    if side > _LARGEST.get(kind, side):
        raise FormatLimit(f"{path}: {kind} holds {_LARGEST[kind]} pixels a side at most, and this picture would have {side}; -f png or -f tif holds it")
    if kind == "JPEG" and picture.alpha is not None:
        raise FormatLimit(f"{path}: JPEG cannot hold the transparency of this picture; -f png, -f webp or -f tif can")
    if kind in ("JPEG", "WEBP") and picture.depth != "uint8":
        notes.append(f"{_bits(picture)} became 8, which is all that {kind} holds")
    if kind == "PNG" and picture.depth == "float32":
        notes.append("float values became 16 bits, clipped to 0..1, which is all that PNG holds")
    if kind == "TIFF" and picture.exif and picture.format != "TIFF":
        notes.append("of EXIF, TIFF keeps the text (make, model, date, author), not exposure or place")
    return notes


def _bits(picture: Picture) -> str:
    return "16 bits" if picture.depth == "uint16" else "float values"


def write(path: Path, picture: Picture, *, quality: int | None = None) -> list[str]:
    """Writes the picture; returns what was not kept, in sentences. Raises FormatLimit, OutputError, UsageError.

    In the format that it came from, pixels lie as they were stored, beside the same orientation; in another one they are turned upright.
    quality: 1..100, of JPEG and WebP; without it JPEG is written at 95, 4:4:4, and WebP without loss unless the picture came from a lossy file.
    """
    path = Path(path)
    notes = check_format(picture, path)
    kind = format_of(path)
    if kind != picture.format:
        block = exif.with_orientation_1(picture.exif) if picture.exif else None
        picture = replace(upright(picture), exif=block)
    try:
        data = {"JPEG": _jpeg, "PNG": _png, "WEBP": _webp, "TIFF": _tiff}[kind](picture, quality)
    except (OSError, ValueError) as error:
        raise OutputError(f"{path}: the picture cannot be encoded as {kind} ({error})") from error
    atomic_write(path, data)
    return notes


def _jpeg(picture: Picture, quality: int | None) -> bytes:
    return _by_pillow(picture, "JPEG", quality=quality or QUALITY, subsampling=0)


def _webp(picture: Picture, quality: int | None) -> bytes:
    if quality is None and not picture.lossy:
        return _by_pillow(picture, "WEBP", lossless=True, exact=True)
    return _by_pillow(picture, "WEBP", quality=quality or QUALITY, exact=True)


def _png(picture: Picture, quality: int | None) -> bytes:
    if picture.depth == "uint8":
        return png.with_metadata(_by_pillow(picture, "PNG", bare=True, compress_level=_EFFORT), picture.icc, picture.exif, picture.xmp, picture.dpi)
    from imagecodecs import png_encode

    return png.with_metadata(bytes(png_encode(to_array(picture, "uint16"), level=_EFFORT)), picture.icc, picture.exif, picture.xmp, picture.dpi)


def _tiff(picture: Picture, quality: int | None) -> bytes:
    from . import tiff

    return tiff.encode(picture)


def _by_pillow(picture: Picture, kind: str, *, bare: bool = False, **settings: Any) -> bytes:
    """An 8-bit file; with its metadata unless `bare`."""
    from PIL import Image

    if not bare:
        found = {"icc_profile": picture.icc, "exif": exif.PREFIX + picture.exif if picture.exif else None, "xmp": picture.xmp}
        settings |= {name: value for name, value in found.items() if value}
        if kind == "JPEG" and picture.dpi:
            settings["dpi"] = (round(picture.dpi[0]), round(picture.dpi[1]))
    buffer = io.BytesIO()
    Image.fromarray(to_array(picture, "uint8")).save(buffer, kind, **settings)
    return buffer.getvalue()
