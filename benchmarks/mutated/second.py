"""What a decoder that Burnish does not use for a format makes of the first picture of a file."""

from __future__ import annotations

import io
import re
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from burnish.images import Picture
from burnish.images.picture import to_samples

#: what comes of a comparison. "refuses" is the other decoder's, "apart" are pictures that it reads
#: in another way that is known
Verdict = Literal["agrees", "differs", "refuses", "apart", "none"]
#: 8-bit steps that samples may be apart: of formats that are decoded the same way to the bit, none
STEPS = {"AVIF": 2, "HEIC": 2, "JXL": 1}


#: why some are apart
FOURTH = "a fourth byte that OpenImageIO takes for alpha"
FIVE_BITS = "5 bits of a sample, which each makes 8 of in its own way"
#: two of a GIF's control blocks, one behind the other
CONTROLS = re.compile(rb"!\xf9\x04.{4}\0!\xf9", re.DOTALL)


class Apart(Exception):
    """What the other decoder gives is not meant to be the same; the message says why."""


@dataclass(frozen=True)
class Compared:
    """What came of a comparison."""

    #: whether they agree
    verdict: Verdict
    #: why not, in a few words; "" where they do
    why: str = ""


def compare(data: bytes, picture: Picture) -> Compared:
    """The first picture of a file, as Burnish has it, held against the other decoder's."""
    decode = DECODERS.get(picture.format)
    if decode is None:
        return Compared("none")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            other = decode(data, picture)
    except ImportError:
        return Compared("none", "the other decoder is not installed")
    except Apart as apart:
        return Compared("apart", str(apart))
    except Exception as error:
        return Compared("refuses", type(error).__name__)
    return _held(_planes(picture), other, STEPS.get(picture.format, 0))


def _planes(picture: Picture) -> NDArray[Any]:
    """The samples [H, W, C] as they stand in the file; those of less than 8 bits, as 8."""
    bits = None if picture.depth == "uint8" else picture.bits
    samples = to_samples(picture, picture.depth, bits)
    return samples[..., None] if samples.ndim == 2 else samples


def _held(ours: NDArray[Any], other: NDArray[Any], steps: int) -> Compared:
    other = other[..., None] if other.ndim == 2 else other
    if ours.shape[:2] != other.shape[:2]:
        return Compared("differs", f"size {ours.shape[:2]}, not {other.shape[:2]}")
    ours, other = _alike(ours), _alike(other)
    if ours.dtype != other.dtype:
        return Compared("differs", f"{ours.dtype}, not {other.dtype}")
    seen = (ours[..., 3:] > 0) & (other[..., 3:] > 0)
    apart = np.abs(ours.astype(np.float64) - other)
    apart[..., :3] *= seen
    most = float(apart.max(initial=0))
    if most <= steps or np.isnan(most):
        return Compared("agrees")
    return Compared("differs", f"{most:.4g} steps of {ours.dtype}")


def _alike(samples: NDArray[Any]) -> NDArray[Any]:
    """The samples as colour and alpha."""
    channels = samples.shape[2]
    white = 1 if samples.dtype.kind == "f" else np.iinfo(samples.dtype).max
    alpha = np.full((*samples.shape[:2], 1), white, samples.dtype)
    if channels in (2, 4):
        samples, alpha = samples[..., :-1], samples[..., -1:]
    return np.concatenate([np.broadcast_to(samples, (*samples.shape[:2], 3)), alpha], 2)


def _by_pillow(data: bytes, picture: Picture) -> NDArray[Any]:
    with Image.open(io.BytesIO(data)) as opened:
        opened.load()
        image: Image.Image = opened
        if image.mode in ("P", "PA"):
            image = image.convert("RGBA" if picture.alpha is not None else "RGB")
        elif image.mode == "1":
            image = image.convert("L")
        elif picture.alpha is not None and "transparency" in image.info:
            image = image.convert("LA" if image.mode == "L" else "RGBA")
        return np.asarray(image)


def _png(data: bytes, picture: Picture) -> NDArray[Any]:
    """By Pillow, which has 16 bits of grey alone, and of all else the upper ones."""
    samples = _by_pillow(data, picture)
    if picture.depth == "uint16" and samples.dtype == np.uint8:
        raise Apart("16 bits, of which Pillow gives 8")
    return samples.astype(np.uint16) if samples.dtype == np.int32 else samples


def _jpeg(data: bytes, picture: Picture) -> NDArray[Any]:
    from imagecodecs import jpeg8_decode

    samples: NDArray[Any] = jpeg8_decode(data)
    if samples.ndim == 3 and samples.shape[2] == 4:
        raise Apart("inks, which go through a profile")
    if picture.depth != "uint8":
        raise Apart("12 bits, which imagecodecs decodes for both")
    if picture.icc is not None and b"XYB" in picture.icc:
        raise Apart("XYB, which goes through its profile")
    return samples


def _webp(data: bytes, picture: Picture) -> NDArray[Any]:
    from imagecodecs import webp_decode

    if picture.timing is not None or b"ANMF" in data:
        raise Apart("an animation")
    samples: NDArray[Any] = webp_decode(data)
    return samples


def _tiff(data: bytes, picture: Picture) -> NDArray[Any]:
    """By Pillow, which means libtiff where pixels are compressed."""
    with Image.open(io.BytesIO(data)) as image:
        mode, kept = image.mode, image.tag_v2  # type: ignore[attr-defined]
        if mode in ("CMYK", "LAB", "YCbCr", "I;16B") or picture.insides is None:
            raise Apart(f"samples that Pillow has as {mode}")
        if kept.get(262) == 6:
            raise Apart("YCbCr inside, which each makes RGB of by itself")
        if picture.alpha is not None or picture.extras or mode in ("RGBa", "RGBX", "RGBA", "LA"):
            raise Apart("planes beside colour, which each reads in another way")
        if picture.depth != "uint8" or kept.get(258, (8,))[0] not in (1, 8):
            raise Apart("other bits than 8, which Pillow rounds or stretches")
        image.load()
        samples = np.asarray(image.convert("RGB" if mode == "P" else "L" if mode == "1" else mode))
    if samples.shape[:2] != picture.pixels.shape[-2:]:
        raise Apart("another page first")
    return samples


def _avif(data: bytes, picture: Picture) -> NDArray[Any]:
    if picture.depth != "uint8":
        raise Apart("more than 8 bits, which Pillow rounds")
    from PIL.AvifImagePlugin import AvifImageFile

    with AvifImageFile(io.BytesIO(data)) as image:
        if image.getexif().get(274, 1) != 1:
            raise Apart("a turned picture")
        return np.asarray(image)


def _gif(data: bytes, picture: Picture) -> NDArray[Any]:
    """The first frame by Pillow, which lays it on its screen by itself, and paints around it."""
    with Image.open(io.BytesIO(data)) as image:
        if image.size[::-1] != picture.pixels.shape[-2:]:
            raise Apart("frames beyond their screen")
        if CONTROLS.search(data):
            raise Apart("two control blocks before a frame, which Pillow takes together")
        left, top, right, bottom = image.tile[0].extents or (0, 0, *image.size)
        samples = np.asarray(image.convert("RGBA")).copy()
    inside = np.zeros(samples.shape[:2], bool)
    inside[top:bottom, left:right] = True
    samples[~inside] = 0
    return samples


def _bmp(data: bytes, picture: Picture) -> NDArray[Any]:
    bits = data[28]
    if bits <= 8:
        with Image.open(io.BytesIO(data)) as image:
            if np.asarray(image).max() >= (int.from_bytes(data[46:50], "little") or 1 << bits):
                raise Apart("numbers beyond its palette")
    if picture.alpha is None and bits == 32:
        raise Apart(FOURTH)
    if bits == 16:
        raise Apart(FIVE_BITS)
    return _by_oiio(".bmp")(data, picture)


def _tga(data: bytes, picture: Picture) -> NDArray[Any]:
    kind, bits = data[2] & 7, data[16]
    if picture.alpha is None and bits == 32:
        raise Apart(FOURTH)
    if bits == 16 and kind == 3:
        raise Apart("grey and alpha, of which OpenImageIO takes the first")
    if 16 in ((bits,) if kind == 2 else (data[7],)):
        raise Apart(FIVE_BITS)
    return _by_oiio(".tga")(data, picture)


def _pfm(data: bytes, picture: Picture) -> NDArray[Any]:
    if picture.lost:
        raise Apart("a scale, by which OpenImageIO multiplies")
    return _by_oiio(".pfm")(data, picture)


def _dpx(data: bytes, picture: Picture) -> NDArray[Any]:
    width, channels = picture.pixels.shape[-1], picture.pixels.shape[1]
    row = width * (channels + (picture.alpha is not None)) * (1 + (picture.depth == "uint16"))
    if picture.bits is None and row % 4:
        raise Apart("rows that OpenImageIO does not fill up to four bytes")
    if data[808:812] == bytes(4):
        raise Apart("samples at 0, which OpenImageIO believes")
    if data[780:784] == b"\xff" * 4:
        raise Apart("a sign that is not known, which OpenImageIO takes for one")
    return _by_oiio(".dpx")(data, picture)


def _by_oiio(ending: str) -> Callable[[bytes, Picture], NDArray[Any]]:
    """A decoder by OpenImageIO, which reads files alone."""

    def decode(data: bytes, picture: Picture) -> NDArray[Any]:
        import OpenImageIO as oiio  # noqa: N813

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"a{ending}"
            path.write_bytes(data)
            config = oiio.ImageSpec()
            config.attribute("oiio:UnassociatedAlpha", 1)
            config.attribute("dpx:RawColor", 1)
            opened = oiio.ImageInput.open(str(path), config)
            if opened is None:
                raise ValueError(oiio.geterror())
            spec = opened.spec()
            samples = opened.read_image(picture.depth.removesuffix("32"))
            opened.close()
        if samples is None:
            raise ValueError("OpenImageIO gives no pixels")
        bits = spec.getattribute("oiio:BitsPerSample") or 8 * samples.dtype.itemsize
        if picture.bits is not None and bits != picture.bits:
            raise Apart("bits that OpenImageIO counts otherwise")
        if picture.bits is not None:
            samples = samples >> 16 - picture.bits
        result: NDArray[Any] = samples
        return result

    return decode


DECODERS: dict[str, Callable[[bytes, Picture], NDArray[Any]]] = {
    "PNG": _png,
    "JPEG": _jpeg,
    "WEBP": _webp,
    "TIFF": _tiff,
    "AVIF": _avif,
    "GIF": _gif,
    "BMP": _bmp,
    "PNM": _png,
    "PFM": _pfm,
    "TGA": _tga,
    "DPX": _dpx,
    "JXL": _by_oiio(".jxl"),
}
