"""read(): a file as a Picture, after checks that decoders do not make."""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputCorrupt, InputTooLarge, InputTruncated, NonFiniteInput, UnsupportedChannels, UnsupportedFormat
from . import exif, jpeg, png
from .picture import Picture, from_array
from .sniff import EXTENSIONS, read_bytes, sniff

#: larger pictures are refused unless asked for: a few kilobytes can claim to be gigapixels
MAX_MEGAPIXELS = 200.0


def read(path: Path, *, max_megapixels: float | None = MAX_MEGAPIXELS) -> Picture:
    """The picture in a JPEG, PNG, WebP or TIFF file, told by its content. Raises kinds of InputError that name the file; never gives part of a picture."""
    path = Path(path)
    data = read_bytes(path)
    kind = sniff(data, path)
    picture = {"JPEG": _jpeg, "PNG": _png, "WEBP": _webp, "TIFF": _tiff}[kind](data, path, max_megapixels)
    expected = EXTENSIONS.get(path.suffix.lower())
    if expected is not None and expected != kind:
        picture = replace(picture, notes=(f"a {kind} file in spite of its name", *picture.notes))
    return picture


def _jpeg(data: bytes, path: Path, limit: float | None) -> Picture:
    _bound(*jpeg.check(data, path), path, limit)
    picture = _by_pillow(data, path, "JPEG")
    return replace(picture, lossy=True)


def _png(data: bytes, path: Path, limit: float | None) -> Picture:
    width, height, depth, _ = png.header(data, path)
    _bound(width, height, path, limit)
    png.check(data, path)
    picture = _by_pillow(data, path, "PNG", pixels=depth != 16)
    if depth != 16:
        return picture
    from imagecodecs import png_decode  # Pillow gives 16-bit colour as 8 bits, without a word

    array = png_decode(data)
    deep = from_array(array)
    return replace(picture, pixels=deep.pixels, alpha=deep.alpha, depth="uint16")


def _webp(data: bytes, path: Path, limit: float | None) -> Picture:
    if len(data) < 30 or struct.unpack_from("<I", data, 4)[0] + 8 > len(data):
        raise InputTruncated(f"{path}: the WebP ends before its picture does")
    if data[12:16] == b"VP8X" and data[20] & 2:
        raise UnsupportedFormat(f"{path}: an animated WebP; only single pictures are handled yet")
    picture = _by_pillow(data, path, "WEBP", limit=limit)
    return replace(picture, lossy=b"VP8 " in data[12:64] or b"VP8L" not in data[:4096])


def _tiff(data: bytes, path: Path, limit: float | None) -> Picture:
    from . import tiff

    page = tiff.open_page(data, path)
    _bound(page.imagewidth, page.imagelength, path, limit)
    if not tiff.simple(page):
        return replace(_by_pillow(data, path, "TIFF"), **{**tiff.metadata(page), "orientation": 1})  # Pillow turns TIFFs upright itself
    array, premultiplied = tiff.pixels(page, path)
    picture = replace(from_array(array), format="TIFF", exif=_tiff_exif(data), **tiff.metadata(page))
    if not (np.isfinite(picture.pixels).all() and (picture.alpha is None or np.isfinite(picture.alpha).all())):
        raise NonFiniteInput(f"{path}: holds NaN or infinity")
    note = ("its alpha was premultiplied; it is written unassociated",) if premultiplied else ()
    return _unpremultiplied(picture, note) if premultiplied else picture


def _unpremultiplied(picture: Picture, notes: tuple[str, ...]) -> Picture:
    assert picture.alpha is not None
    colour = np.divide(picture.pixels, picture.alpha, out=np.zeros_like(picture.pixels), where=picture.alpha > 0)
    return replace(picture, pixels=colour, notes=notes)


def _tiff_exif(data: bytes) -> bytes | None:
    """All that the file says as EXIF, collected by Pillow; None where Pillow does not read such a file."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=["TIFF"]) as image:
            block = image.getexif()
            return exif.bare(block.tobytes()) if any(tag in block for tag in (34665, 34853, 271, 272, 306, 315, 33432, 270)) else None
    except Exception:  # Pillow knows fewer TIFFs than tifffile; without it, EXIF is all that is missing
        return None


def _by_pillow(data: bytes, path: Path, kind: str, *, limit: float | None = None, pixels: bool = True) -> Picture:
    """Pixels (unless they come from elsewhere) and metadata of an 8-bit file."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # our own limit, from the header, stands in its place
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(data), formats=[kind, "MPO"] if kind == "JPEG" else [kind])
            _bound(*image.size, path, limit)
            info = dict(image.info)
            notes: list[str] = []
            picture = _pixels(image, path, notes) if pixels else Picture(np.empty((1, 1, 0, 0), np.float32))
    except (OSError, SyntaxError, ValueError, struct.error) as error:
        cut = "truncated" in str(error).lower() or "unexpected end" in str(error).lower()
        kinds = InputTruncated if cut else InputCorrupt
        raise kinds(f"{path}: the {kind} {'ends before its picture does' if cut else f'is damaged ({error})'}") from error
    if getattr(image, "n_frames", 1) > 1 and kind == "JPEG":
        notes.append("the further pictures in this file (a depth map or preview, as phones add them) are not kept")
    block = exif.bare(info.get("exif"))
    dpi = info.get("dpi")
    return replace(
        picture,
        format=kind,
        icc=picture.icc or info.get("icc_profile") or None,
        exif=block,
        xmp=_xmp(info),
        dpi=(float(dpi[0]), float(dpi[1])) if dpi and all(float(d) > 0 for d in dpi) else None,
        orientation=exif.orientation(block),
        notes=tuple(notes),
    )


def _xmp(info: Mapping[Any, Any]) -> bytes | None:
    found = info.get("xmp") or info.get("XML:com.adobe.xmp")
    return found.encode() if isinstance(found, str) else found


def _pixels(image: Any, path: Path, notes: list[str]) -> Picture:
    """Grey, grey and alpha, RGB or RGBA, from whatever mode Pillow has opened."""
    profile = None
    transparent = "transparency" in image.info
    if image.mode == "CMYK":
        image, profile = _from_cmyk(image)
        notes.append("CMYK was converted to RGB through its profile" if profile else "CMYK without a profile was converted to RGB roughly")
    elif image.mode in ("P", "PA"):
        image = image.convert("RGBA" if transparent or image.mode == "PA" else "RGB")
    elif image.mode == "1":
        image = image.convert("L")
    elif transparent and image.mode in ("L", "RGB"):
        image = image.convert("LA" if image.mode == "L" else "RGBA")
    elif image.mode == "YCbCr":
        image = image.convert("RGB")
    if image.mode not in ("L", "LA", "RGB", "RGBA"):
        raise UnsupportedChannels(f"{path}: pixels of the kind {image.mode} are not read")
    image.load()
    return replace(from_array(np.asarray(image)), icc=profile)


def _from_cmyk(image: Any) -> tuple[Any, bytes | None]:
    """(RGB, the profile that it is in now); through the embedded profile where there is one."""
    from PIL import ImageCms

    embedded = image.info.get("icc_profile")
    if not embedded:
        return image.convert("RGB"), None
    target = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    try:
        converted = ImageCms.profileToProfile(image, io.BytesIO(embedded), target, outputMode="RGB")
    except ImageCms.PyCMSError:
        return image.convert("RGB"), None
    return converted, target.tobytes()


def _bound(width: int, height: int, path: Path, limit: float | None) -> None:
    if limit is not None and width * height > limit * 1e6:
        raise InputTooLarge(
            f"{path}: {width}x{height} is {width * height / 1e6:.0f} megapixels, and the limit is {limit:g}; --max-megapixels raises it (0 lifts it)"
        )
