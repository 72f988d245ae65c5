"""Picture: the pixels of a file as float32 planes, and everything else of the file that has to come
back with them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from .exif import set_size

Array = NDArray[np.float32]
Depth = Literal["uint8", "uint16", "float32"]
Format = Literal["JPEG", "PNG", "WEBP", "TIFF"]

#: what a sample of that depth is divided by on the way in, and multiplied with on the way out
SCALES: dict[str, float] = {"uint8": 255.0, "uint16": 65535.0, "float32": 1.0}
#: rows that are rounded at a time, so that temporaries stay small
ROWS = 256


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture as it stands in its file: not turned, not clamped.

    pixels: float32 [1, C, H, W], C = 1 (grey) or 3 (RGB); v / 255 or v / 65535, and float files as
    they are. alpha: float32 [1, 1, H, W] or None. depth, format: of the file. lossy: it was
    compressed with loss. icc, xmp: as in the file. exif: from its "II" or "MM" on; orientation
    lives in it. dpi: (across, down). quality: of a JPEG, 1 to 100 by its tables. notes: sentences
    on what was met while reading.
    """

    pixels: Array
    alpha: Array | None = None
    depth: Depth = "uint8"
    format: Format = "PNG"
    lossy: bool = False
    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    quality: int | None = None
    notes: tuple[str, ...] = ()

    def known(self) -> dict[str, float]:
        """Settings of dials that the file itself tells."""
        return {} if self.quality is None else {"quality": float(self.quality)}

    def with_pixels(self, pixels: Array, alpha: Array | None = None) -> Picture:
        """The same picture with other pixels [1, 1 or 3, H, W], and with another alpha [1, 1, H, W]
        where one is given.

        EXIF says the new size.
        """
        height, width = pixels.shape[-2:]
        block = (
            set_size(self.exif, width, height)
            if self.exif is not None and (height, width) != self.pixels.shape[-2:]
            else self.exif
        )
        return replace(
            self, pixels=pixels, alpha=self.alpha if alpha is None else alpha, exif=block
        )


@dataclass(frozen=True)
class Header:
    """What a file says of its picture before a pixel is decoded. channels: 1 or 3, after decoding;
    stored: how the file has it, in words.
    """

    format: Format
    width: int
    height: int
    channels: int
    depth: Depth
    alpha: bool
    stored: str
    lossy: bool = False
    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    quality: int | None = None
    notes: tuple[str, ...] = ()

    def picture(self, samples: NDArray[Any]) -> Picture:
        """The Picture of decoded samples [H, W] or [H, W, 1 to 4], the second or fourth channel
        being alpha.
        """
        planes = to_planes(samples)
        colours = 3 if planes.shape[1] >= 3 else 1
        alpha = planes[:, colours:] if planes.shape[1] > colours else None
        kept = {
            name: getattr(self, name)
            for name in (
                "depth",
                "format",
                "lossy",
                "icc",
                "exif",
                "xmp",
                "dpi",
                "quality",
                "notes",
            )
        }
        return Picture(planes[:, :colours], alpha, **kept)


def from_array(array: NDArray[Any]) -> Picture:
    """A Picture of an array [H, W] or [H, W, 1 to 4] (grey, grey + alpha, RGB, RGBA) of uint8,
    uint16 or float32; UsageError for others.
    """
    channels = array.shape[2] if array.ndim == 3 else 1
    if (
        array.dtype.name not in SCALES
        or array.ndim not in (2, 3)
        or not 1 <= channels <= 4
        or array.size == 0
    ):
        raise UsageError(
            f"an array of shape {list(array.shape)} and type {array.dtype} is no picture: [H, "
            "W] or [H, W, 1 to 4] of uint8, uint16 or float32 is wanted"
        )
    depth: Depth = array.dtype.name  # type: ignore[assignment]
    return Header(
        "PNG",
        array.shape[1],
        array.shape[0],
        3 if channels >= 3 else 1,
        depth,
        channels in (2, 4),
        "array",
    ).picture(array)


def to_planes(samples: NDArray[Any]) -> Array:
    """[H, W] or [H, W, C] of uint8, uint16 or float32 -> float32 [1, C, H, W], one channel at a
    time: no second copy.
    """
    if samples.ndim == 2:
        samples = samples[..., None]
    height, width, channels = samples.shape
    divisor = np.float32(SCALES[samples.dtype.name])
    planes = np.empty((1, channels, height, width), np.float32)
    for c in range(channels):
        np.divide(samples[..., c], divisor, out=planes[0, c], dtype=np.float32)
    return planes


def to_samples(picture: Picture, depth: Depth) -> NDArray[Any]:
    """[H, W] for grey alone, else [H, W, 2 to 4], of that depth, alpha last.

    Integers are clamped once and rounded half to even; floats are as they are.
    """
    planes = [*picture.pixels[0], *([] if picture.alpha is None else picture.alpha[0])]
    scale = np.float32(SCALES[depth])
    samples = np.empty((*planes[0].shape, len(planes)), depth)
    for c, plane in enumerate(planes):
        for top in range(0, len(plane), ROWS):
            rows = plane[top : top + ROWS]
            samples[top : top + ROWS, :, c] = (
                rows if depth == "float32" else np.rint(np.clip(rows * scale, 0, scale))
            )
    return samples[..., 0] if len(planes) == 1 else samples
