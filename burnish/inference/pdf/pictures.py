"""Pictures of a PDF: what their streams say of them, and the Picture of one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...contract import Array
from ...errors import InputCorrupt, InputError, InputTooLarge, UnsupportedChannels
from ...images import Header, Picture, from_array
from ...images.colour.profiles import from_cmyk, srgb
from ...images.inside.tiff.colours import from_lab, lab_to_rgb
from ...images.read import LIFTS
from .coders import Samples, coder_of, samples_of
from .colours import CALLED, Space, output_profile, space_of
from .library import is_list, is_stream, new_stream

#: coders that have nothing else
BLACK_AND_WHITE = ("fax", "JBIG2")
#: of what a stencil is read as: ink that is black, on paper that is white
STENCIL = Space(1, "/DeviceGray")


@dataclass(frozen=True, eq=False)
class Kind:
    """What the stream of a picture says of itself; nothing is decoded for it."""

    #: pixels across
    width: int
    #: pixels down
    height: int
    #: bits of a sample, as the PDF says
    bits: int
    #: what packs it: "JPEG", "JPEG 2000", "fax", "JBIG2" or "lossless"
    coder: str
    #: its colours; None where a JPEG 2000 says them itself
    space: Space | None
    #: whether it is a stencil (an image mask), through which the page is inked
    stencil: bool
    #: bytes of its stream
    size: int

    @property
    def name(self) -> str:
        """What it is called in lines."""
        colours = self.coder if self.space is None else self.space.name
        return f"{self.bits}-bit {'stencil' if self.stencil else colours}, {self.coder}"


def kind_of(stream: Any) -> Kind:
    """What a picture's stream says. UnsupportedChannels, InputCorrupt where it is not read."""
    try:
        stencil = bool(stream.get("/ImageMask", False))
        coder = coder_of(stream)
        width, height = int(stream["/Width"]), int(stream["/Height"])
        bits = (
            1 if stencil or coder in ("fax", "JBIG2") else int(stream.get("/BitsPerComponent", 8))
        )
        size = int(stream.get("/Length", 0))
    except (KeyError, TypeError, ValueError) as error:
        raise InputCorrupt("its PDF does not say what it is") from error
    if stencil or coder in BLACK_AND_WHITE:
        bits = 1
    if width < 1 or height < 1:
        raise InputCorrupt(f"its PDF says that it is {width}x{height}")
    return Kind(width, height, bits, coder, _space(stream, stencil, coder), stencil, size)


def _space(stream: Any, stencil: bool, coder: str) -> Space | None:
    if stencil:
        return STENCIL
    entry = stream.get("/ColorSpace")
    if entry is None and coder == "JPEG 2000":
        return None
    if entry is None:
        raise InputCorrupt("its PDF does not say of what kind its colours are")
    return space_of(entry)


def read_picture(pdf: Any, stream: Any, max_megapixels: float | None) -> tuple[Picture, Space]:
    """The picture of a stream, upright as its samples are, and the space that a result is put into.

    Its format is "JPEG" where it was packed with loss, else "PNG": so a result is packed. Raises
    InputErrors, in sentences that begin with "it" or "its".
    """
    kind = kind_of(stream)
    check_size(kind.width, kind.height, max_megapixels)
    space = kind.space or _space_of_jpeg_2000(stream)
    if space.channels == 4 and space.icc is None:
        space = replace(space, icc=output_profile(pdf, 4))
    found = samples_of(pdf, stream, space.stored, kind.bits)
    picture = _picture(found, _decode(stream, found.peak, space), space)
    if picture.channels != space.channels or space.lab is not None:
        space = _srgb(pdf, picture.icc)
    return replace(picture, alpha=_alpha(pdf, stream, kind)), space


def check_size(width: int, height: int, most: float | None) -> None:
    """InputTooLarge where a picture is larger than the limit; None is none."""
    megapixels = width * height / 1e6
    if most is not None and megapixels > most:
        raise InputTooLarge(
            f"it is {width}x{height}, {megapixels:.0f} megapixels, and at most {most:g} are read; "
            f"{LIFTS}"
        )


def _space_of_jpeg_2000(stream: Any) -> Space:
    """Colours that a JPEG 2000 says itself: grey or RGB, by the box of its colours."""
    data = stream.read_raw_bytes()
    at = data[:65536].find(b"colr\x01")
    said = int.from_bytes(data[at + 7 : at + 11]) if at >= 0 else 0
    spaces = {16: "/DeviceRGB", 17: "/DeviceGray"}
    if said not in spaces:
        raise UnsupportedChannels("its JPEG 2000 has colours of a kind that is not read")
    return space_of(spaces[said])


def _decode(stream: Any, peak: int, space: Space) -> list[tuple[float, float]]:
    """What the lowest and the highest code of each channel stand for: of a palette, its entries;
    of Lab, its values; else shares of the range.
    """
    entry = stream.get("/Decode")
    if entry is None or not is_list(entry) or len(entry) < 2 * space.stored:
        top = float(peak) if space.palette is not None else 1.0
        return [(0.0, top)] * space.stored if space.lab is None else [(0.0, 100.0), *space.lab]
    ends = [float(end) for end in entry]
    return list(zip(ends[::2], ends[1::2], strict=False))[: space.stored]


def _picture(found: Samples, decode: list[tuple[float, float]], space: Space) -> Picture:
    """The picture behind /Decode and the palette; Lab and CMYK as sRGB."""
    if space.lab is not None:
        picture = _of_lab(found, decode)
    elif space.channels == 4:
        picture = _of_cmyk(_samples(found, decode, space), space.icc)
    else:
        picture = replace(from_array(_samples(found, decode, space)), icc=space.icc)
    format = "JPEG" if found.lossy else "PNG"
    return replace(picture, format=format, lossy=found.lossy, quality=found.quality)


def _samples(found: Samples, decode: list[tuple[float, float]], space: Space) -> NDArray[Any]:
    """Samples of 8 or 16 bits that use the whole range, of a palette its colours."""
    codes = found.codes
    if space.palette is not None:
        return _looked_up(codes[..., 0], found.peak, decode[0], space.palette)
    if found.peak in (255, 65535) and all(ends == (0.0, 1.0) for ends in decode):
        return codes
    channels = [_levels(found.peak, ends)[codes[..., c]] for c, ends in enumerate(decode)]
    return np.stack(channels, -1)


def _levels(peak: int, ends: tuple[float, float]) -> NDArray[Any]:
    """What each code from 0 to `peak` stands for: in samples of 16 bits where the codes have more
    than 8, else of 8.
    """
    low, high = ends
    levels = (low + np.arange(peak + 1) / peak * (high - low)).clip(0, 1)
    if peak > 255:
        return np.asarray(np.rint(levels * 65535), np.uint16)
    return np.asarray(np.rint(levels * 255), np.uint8)


def _looked_up(
    codes: NDArray[Any], peak: int, ends: tuple[float, float], palette: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """The colours of a palette for codes [H, W]; grey where the palette is."""
    low, high = ends
    entries = np.rint(low + np.arange(peak + 1) / peak * (high - low)).astype(int)
    table = palette[entries.clip(0, len(palette) - 1)]
    looked_up: NDArray[np.uint8] = table[codes]
    return looked_up


def _of_cmyk(samples: NDArray[Any], icc: bytes | None) -> Picture:
    """CMYK as sRGB; of 16 bits, the upper 8."""
    from PIL import Image

    height, width = samples.shape[:2]
    eight = samples if samples.dtype == np.uint8 else (samples >> 8).astype(np.uint8)
    image = Image.fromarray(np.ascontiguousarray(eight), "CMYK")
    header = Header("PNG", width, height, 3, "uint8", False, f"8-bit {CALLED[4]}", icc=icc)
    return from_cmyk(image, header)


def _of_lab(found: Samples, decode: list[tuple[float, float]]) -> Picture:
    """Lab as sRGB, of the depth that the codes have."""
    low, high = np.asarray(decode, np.float32).T
    codes = found.codes
    lab = low + codes.astype(np.float32) / found.peak * (high - low)
    rgb = lab_to_rgb(from_lab(lab, np.uint16, icc=True), icc=True).clip(0, 1)
    deep = codes.dtype == np.uint16
    samples = np.rint(rgb * (65535 if deep else 255)).astype(codes.dtype)
    return replace(from_array(samples), icc=srgb(), lost=("Lab, converted to sRGB",))


def _srgb(pdf: Any, icc: bytes | None) -> Space:
    """The space of a picture that became sRGB."""
    if icc is None:
        return Space(3, "/DeviceRGB")
    profile = pdf.make_indirect(new_stream(pdf, icc, {"/N": 3, "/Alternate": "/DeviceRGB"}))
    return Space(3, ["/ICCBased", profile], icc=icc)


def _alpha(pdf: Any, stream: Any, kind: Kind) -> Array | None:
    """The soft mask of a picture as alpha, where it has its size; it stays as it is in the PDF."""
    mask = stream.get("/SMask")
    if mask is None or not is_stream(mask):
        return None
    try:
        own = kind_of(mask)
        if (own.width, own.height) != (kind.width, kind.height) or own.space is None:
            return None
        found = samples_of(pdf, mask, 1, own.bits)
        alpha = _picture(found, _decode(mask, found.peak, own.space), own.space)
    except InputError:
        return None
    return alpha.pixels
