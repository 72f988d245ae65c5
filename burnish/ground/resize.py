"""Resizing of float pictures, as MATLAB's imresize does it.

Kernels grow when a picture shrinks (antialiasing), borders are mirrored, and nothing is clipped.
Inside the border the result agrees with Pillow's.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..contract import Array
from ..errors import UsageError

Values = NDArray[np.float64]


def same_shape(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether two sizes (height, width) are of one shape, up to rounding to whole pixels."""
    return abs(one[0] * other[1] - one[1] * other[0]) <= max(*one, *other)


def _area(distance: Values, scale: float) -> Values:
    """How much of an input pixel at that distance is covered by an output pixel.

    The output pixel is `scale` input pixels wide.
    """
    return np.asarray(np.clip((scale + 1) / 2 - distance, 0, min(1.0, scale)))


def _bilinear(x: Values) -> Values:
    return np.asarray(np.maximum(1 - x, 0))


def _bicubic(x: Values) -> Values:
    """Keys's cubic with a = -1/2."""
    inner = (1.5 * x - 2.5) * x * x + 1
    outer = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x < 1, inner, np.where(x < 2, outer, 0))


def _lanczos(x: Values) -> Values:
    return np.where(x < 3, np.sinc(x) * np.sinc(x / 3), 0)


#: kernel -> (half its width in pixels, its values at distances >= 0)
SHAPES: dict[str, tuple[float, Callable[[Values], Values]]] = {
    "bilinear": (1, _bilinear),
    "bicubic": (2, _bicubic),
    "lanczos": (3, _lanczos),
}
KERNELS = ("nearest", "area", *SHAPES)


def resize(
    image: Array, height: int, width: int, kernel: str = "bicubic", antialias: bool = True
) -> Array:
    """Resizes an image [..., H, W] to [..., height, width] in float32.

    kernel: nearest, area (the mean of what an output pixel covers), bilinear, bicubic or lanczos.
    antialias: whether the kernel grows by as much as the picture shrinks. For area and nearest it
    makes no difference.

    UsageError for another kernel, or a size under 1.
    """
    if kernel not in KERNELS:
        raise UsageError(f"kernel={kernel} is not known; the choices: {', '.join(KERNELS)}")
    if min(height, width, *image.shape[-2:]) < 1:
        raise UsageError(
            f"a picture of {image.shape[-1]}x{image.shape[-2]} cannot become one of "
            f"{width}x{height}"
        )
    # Down first, and then, on the transposed result, across.
    down = _along_rows(np.asarray(image, np.float32), height, kernel, antialias)
    turned = np.ascontiguousarray(down.swapaxes(-1, -2))
    across = _along_rows(turned, width, kernel, antialias)
    return np.ascontiguousarray(across.swapaxes(-1, -2))


def _along_rows(image: Array, height: int, kernel: str, antialias: bool) -> Array:
    """The image [..., H, W] with another number of rows: [..., height, W]."""
    if image.shape[-2] == height:
        return image
    # Each row of the result is a weighted sum of few rows, which are added one after the other.
    indices, weights = _taps(image.shape[-2], height, kernel, antialias)
    result = np.zeros((*image.shape[:-2], height, image.shape[-1]), np.float32)
    for index, weight in zip(indices, weights, strict=True):
        rows = image[..., index, :]
        rows *= weight[:, None]
        result += rows
    return result


@lru_cache(maxsize=256)
def _taps(before: int, after: int, kernel: str, antialias: bool) -> tuple[NDArray[np.int64], Array]:
    """The rows that each row of the result takes, and their weights: [T, after] both."""
    scale = before / after
    if kernel == "nearest":
        # The input pixel under the middle of each output pixel, in whole numbers alone.
        nearest = (2 * np.arange(after) + 1)[None] * before // (2 * after)
        return nearest, np.ones((1, after), np.float32)

    # Where the middle of each output pixel lies, in input pixels, and what is near enough to count.
    centre = (np.arange(after) + 0.5) * scale - 0.5
    wide = max(scale, 1.0) if antialias else 1.0
    reach = (scale + 1) / 2 if kernel == "area" else SHAPES[kernel][0] * wide
    index = np.floor(centre - reach)[None] + np.arange(int(np.ceil(2 * reach)) + 2)[:, None]

    # Weights that sum to 1; taps that weigh nothing anywhere are left out.
    distance = np.abs(index - centre)
    weights = _area(distance, scale) if kernel == "area" else SHAPES[kernel][1](distance / wide)
    weights /= weights.sum(0)
    used = np.abs(weights).max(1) > 0

    # Rows beyond a border are mirrored.
    folded = np.mod(index[used], 2 * before).astype(np.int64)
    rows = np.where(folded < before, folded, 2 * before - 1 - folded)
    return rows, weights[used].astype(np.float32)
