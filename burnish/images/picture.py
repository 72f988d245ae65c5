"""Picture: pixels as float arrays, with everything else that a file holds and that is to come back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..contract import Array
from ..errors import UnsupportedChannels

Depth = Literal["uint8", "uint16", "float32"]
#: what stands for 1.0
WHITE: dict[str, int] = {"uint8": 255, "uint16": 65535, "float32": 1}


@dataclass(frozen=True)
class Picture:
    """One picture.

    pixels: float32 [1, 1 or 3, H, W], grey or RGB, 1.0 for white; float files keep their own range. alpha: float32 [1, 1, H, W] or None.
    format: of the file it came from ("JPEG", "PNG", "WEBP", "TIFF"); "" for one made in memory. lossy: whether that format threw something away.
    exif: the TIFF block of EXIF, without a prefix. orientation: of EXIF, 1..8; pixels are as they are stored, not turned. notes: sentences from reading.
    """

    pixels: Array
    alpha: Array | None = None
    depth: Depth = "uint8"
    format: str = ""
    lossy: bool = False
    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    orientation: int = 1
    notes: tuple[str, ...] = ()

    def with_pixels(self, pixels: Array) -> Picture:
        return replace(self, pixels=pixels)


def from_array(array: NDArray[Any]) -> Picture:
    """A picture from [H, W] or [H, W, 1..4] (grey, grey and alpha, RGB, RGBA) of uint8, uint16 or float32; UnsupportedChannels otherwise."""
    planes = array[:, :, None] if array.ndim == 2 else array
    if planes.ndim != 3 or planes.shape[2] not in (1, 2, 3, 4) or planes.dtype.name not in WHITE or 0 in planes.shape:
        raise UnsupportedChannels(f"an array of shape {list(array.shape)} and type {array.dtype} is not a picture of 1 to 4 channels of 8, 16 or float bits")
    depth: Any = planes.dtype.name
    floats = np.ascontiguousarray(planes.transpose(2, 0, 1)[None], np.float32)
    if WHITE[depth] != 1:
        floats /= np.float32(WHITE[depth])
    colours = 1 if planes.shape[2] < 3 else 3
    alpha = floats[:, colours:].copy() if planes.shape[2] > colours else None
    return Picture(floats[:, :colours], alpha, depth)


def to_array(picture: Picture, depth: Depth) -> NDArray[Any]:
    """[H, W] or [H, W, 2..4] in the file's own numbers: clamped once (integers only), rounded to the nearest, half to even."""
    planes = picture.pixels if picture.alpha is None else np.concatenate([picture.pixels, picture.alpha], 1)
    values = planes[0].transpose(1, 2, 0)
    if depth != "float32":
        values = np.rint(np.clip(values, 0, 1) * np.float32(WHITE[depth])).astype(depth)
    array: NDArray[Any] = np.ascontiguousarray(values[:, :, 0] if values.shape[2] == 1 else values)
    return array


def upright(picture: Picture) -> Picture:
    """The picture turned as its orientation says, which is then 1."""
    if picture.orientation == 1:
        return picture
    alpha = None if picture.alpha is None else _turned(picture.alpha, picture.orientation)
    return replace(picture, pixels=_turned(picture.pixels, picture.orientation), alpha=alpha, orientation=1)


def _turned(planes: Array, orientation: int) -> Array:
    """EXIF 2.32, tag 274: where the stored first row and first column stand when the picture is looked at."""
    if orientation >= 5:
        planes = planes.swapaxes(-1, -2)
    if orientation in (2, 3, 6, 7):
        planes = planes[..., ::-1]
    if orientation in (3, 4, 7, 8):
        planes = planes[..., ::-1, :]
    return np.ascontiguousarray(planes)
