"""Colour under transparency: whatever a file holds there must not bleed into what is seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..contract import Array
from ..ground.planes import Planes, floats
from .picture import Picture


def divided(picture: Picture) -> Picture:
    """A picture whose colours were multiplied with its alpha, without that; what is fully
    transparent stays.
    """
    if picture.alpha is None:
        return picture
    seen = picture.alpha > 0
    pixels = picture.pixels
    shown = np.divide(pixels, picture.alpha, out=pixels.copy(), where=seen)
    return replace(picture, planes=shown)


def fill_hidden(pixels: Planes, alpha: Array) -> Planes:
    """Fills the fully transparent places of a picture smoothly from what is seen around them.

    The method is push-pull (Gortler et al., "The lumigraph", 1996). pixels [1, C, H, W] and alpha
    [1, 1, H, W] give [1, C, H, W]. Where alpha is above 0, or nothing is seen at all, the result
    has the very pixels.
    """
    seen = alpha > 0
    weight: Array = np.asarray(seen, np.float32)
    return pixels if seen.all() or not seen.any() else _fill(floats(pixels), weight)


def _fill(pixels: Array, weight: Array) -> Array:
    height, width = pixels.shape[-2:]
    if weight.all() or height == width == 1:
        return pixels
    total = _halved(weight)
    mean: Array = np.divide(_halved(pixels * weight), np.maximum(total, 1e-6), dtype=np.float32)
    small = _fill(mean, np.asarray(total > 0, np.float32))
    large = small.repeat(2, -2).repeat(2, -1)[..., :height, :width]
    filled: Array = np.where(weight > 0, pixels, large)
    return filled


def _halved(planes: Array) -> Array:
    """The sums of 2x2 pixels; the last row and column of an odd size stand by themselves."""
    height, width = planes.shape[-2:]
    planes = np.pad(planes, ((0, 0), (0, 0), (0, height % 2), (0, width % 2)))
    rows = planes[..., ::2, :] + planes[..., 1::2, :]
    return rows[..., ::2] + rows[..., 1::2]
