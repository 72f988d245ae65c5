"""Colours of a TIFF that are not RGB: Lab both ways, YCbCr and CMYK on the way in.

Lab becomes sRGB that is not clamped, so that it can go back: what sRGB has no room for lies below 0
and above 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....contract import Array
from ...colour.srgb import light_of, numbers_of

#: the white of ICC's connection space, in which Lab is meant (ICC.1, 6.3)
D50 = np.array([0.9642, 1.0, 0.8249], np.float32)
#: linear sRGB (IEC 61966-2-1) -> XYZ for D50, by Bradford's adaptation
TO_XYZ = np.array(
    [
        [0.4360747, 0.3850649, 0.1430804],
        [0.2225045, 0.7168786, 0.0606169],
        [0.0139322, 0.0971045, 0.7141733],
    ]
)
FROM_XYZ = np.linalg.inv(TO_XYZ)
#: below this, Lab's curve is a line (CIE 15)
EDGE = 6 / 29
#: rows that are converted at a time, so that temporaries stay small
ROWS = 64
#: of BT.601, where a file does not say which coefficients make brightness
LUMA = (0.299, 0.587, 0.114)


def to_lab(samples: NDArray[Any], icc: bool) -> Array:
    """Lab [..., 3] of samples of uint8 or uint16: L of 0 to 100, a and b around 0.

    icc: whether they are as ICC has them, with an offset, or as TIFF 6.0, with a sign.
    """
    deep = samples.dtype.itemsize == 2
    lab = np.empty(samples.shape, np.float32)
    top = (0xFF00 if icc else 0xFFFF) if deep else 0xFF
    lab[..., 0] = samples[..., 0] * np.float32(100 / top)
    if icc:
        lab[..., 1:] = samples[..., 1:].astype(np.float32) - (0x8000 if deep else 0x80)
    else:
        lab[..., 1:] = samples[..., 1:].view(np.int16 if deep else np.int8)
    if deep:
        lab[..., 1:] /= 256
    return lab


def from_lab(lab: Array, depth: Any, icc: bool) -> NDArray[Any]:
    """The samples of Lab [..., 3], as `to_lab` reads them; what they have no room for is clamped.

    depth: uint8 or uint16.
    """
    deep = np.dtype(depth).itemsize == 2
    samples = np.empty(lab.shape, depth)
    top = (0xFF00 if icc else 0xFFFF) if deep else 0xFF
    samples[..., 0] = np.rint(np.clip(lab[..., 0] * np.float32(top / 100), 0, top))
    middle = 0x8000 if deep else 0x80
    colour = np.rint(lab[..., 1:] * np.float32(256 if deep else 1))
    colour = np.clip(colour, -middle, middle - 1) + middle
    samples[..., 1:] = colour.astype(depth) - (0 if icc else middle)
    return samples


def lab_to_rgb(samples: NDArray[Any], icc: bool) -> Array:
    """sRGB [H, W, 3], not clamped, of Lab's samples [H, W, 3]."""
    rgb = np.empty(samples.shape, np.float32)
    for top in range(0, len(samples), ROWS):
        rgb[top : top + ROWS] = _rgb(to_lab(samples[top : top + ROWS], icc))
    return rgb


def rgb_to_lab(rgb: Array, depth: Any, icc: bool) -> NDArray[Any]:
    """Lab's samples [H, W, 3] of sRGB [H, W, 3], not clamped."""
    samples = np.empty(rgb.shape, depth)
    for top in range(0, len(rgb), ROWS):
        samples[top : top + ROWS] = from_lab(_lab(rgb[top : top + ROWS]), depth, icc)
    return samples


def _rgb(lab: Array) -> Array:
    y = (lab[..., 0] + 16) / 116
    f = np.stack([y + lab[..., 1] / 500, y, y - lab[..., 2] / 200], -1)
    xyz = np.where(f > EDGE, f**3, 3 * EDGE**2 * (f - 4 / 29)) * D50
    linear = xyz @ FROM_XYZ.T.astype(np.float32)
    return numbers_of(linear)


def _lab(rgb: Array) -> Array:
    t = (light_of(rgb) @ TO_XYZ.T.astype(np.float32)) / D50
    f = np.where(t > EDGE**3, np.cbrt(t), t / (3 * EDGE**2) + 4 / 29)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    lab: Array = np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1).astype(np.float32)
    return lab


def ycbcr_to_rgb(
    samples: NDArray[np.uint8], luma: tuple[float, ...], limits: tuple[float, ...]
) -> NDArray[np.uint8]:
    """RGB of YCbCr, both [H, W, 3] (TIFF 6.0, section 21).

    luma: the shares of red, green and blue in brightness. limits: the codes of black and white in
    each of the three.
    """
    rgb = np.empty(samples.shape, np.uint8)
    red, green, blue = luma
    black, white = np.array(limits[::2], np.float32), np.array(limits[1::2], np.float32)
    scale = np.array([255, 127, 127], np.float32) / (white - black)
    for top in range(0, len(samples), ROWS):
        y, cb, cr = np.moveaxis((samples[top : top + ROWS] - black) * scale, -1, 0)
        r = cr * (2 - 2 * red) + y
        b = cb * (2 - 2 * blue) + y
        g = (y - blue * b - red * r) / green
        rgb[top : top + ROWS] = np.rint(np.clip(np.stack([r, g, b], -1), 0, 255))
    return rgb


def cmyk_to_rgb(samples: NDArray[np.uint16], icc: bytes | None) -> tuple[NDArray[np.uint16], bool]:
    """sRGB of CMYK of 16 bits, both [H, W, 3 or 4], and whether that went through its profile;
    plainly where there is none that works.
    """
    import imagecodecs

    if icc is not None:
        try:
            converted = imagecodecs.cms_transform(
                np.ascontiguousarray(samples),
                icc,
                imagecodecs.cms_profile("srgb"),
                colorspace="cmyk",
                outcolorspace="rgb",
            )
            return np.asarray(converted, np.uint16), True
        except (imagecodecs.CmsError, ValueError):
            pass
    rgb = np.empty((*samples.shape[:2], 3), np.uint16)
    for top in range(0, len(samples), ROWS):
        light = 1 - samples[top : top + ROWS] / np.float32(65535)
        rgb[top : top + ROWS] = np.rint(light[..., :3] * light[..., 3:] * 65535)
    return rgb, False
