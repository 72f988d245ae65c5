"""Enlarging, by `burnish.ground.resize`: what super-resolution is held against. Needs no extra."""

from __future__ import annotations

from functools import partial

from ...contract import Array, Contract
from ...ground.resize import SHAPES, resize
from . import Filter, whole


def lanczos(scale: int = 2, channels: int = 3) -> Filter:
    """Enlarges `scale` times, by sums of 6x6 pixels weighted by a windowed sinc (Duchon 1979).

    There are no dials.
    """
    source = (
        "Duchon, Lanczos filtering in one and two dimensions, Journal of Applied Meteorology "
        "18, 1979"
    )
    return _enlarging("lanczos", source, scale, channels)


def bicubic(scale: int = 2, channels: int = 3) -> Filter:
    """Enlarges `scale` times, by sums of 4x4 pixels weighted by Keys's cubic (1981).

    Its a is -1/2, as in MATLAB's imresize. There are no dials.
    """
    source = (
        "Keys, Cubic convolution interpolation for digital image processing, IEEE "
        "Transactions on Acoustics, Speech, and Signal Processing 29, 1981"
    )
    return _enlarging("bicubic", source, scale, channels)


def _enlarging(kernel: str, source: str, scale: int, channels: int) -> Filter:
    scale = whole("scale", scale, 2, 8)
    channels = whole("channels", channels, 1, 16)
    card = {
        "task": f"enlarges {scale} times, by the {kernel} kernel",
        "source": source,
        "library": "NumPy",
        "licence": "Apache-2.0 (Burnish)",
        "bytes_per_pixel": 50 * scale**2,
    }
    contract = Contract(
        channels_in=channels, channels_out=channels, scale=scale, reach=int(SHAPES[kernel][0])
    )
    return Filter(contract, partial(_enlarge, kernel=kernel, scale=scale), card)


def _enlarge(image: Array, level: Array | None, *, kernel: str, scale: int) -> Array:
    return resize(image, image.shape[-2] * scale, image.shape[-1] * scale, kernel)
