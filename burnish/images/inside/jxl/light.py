"""Light: the samples that a lossy JPEG XL is made of, whose colours are absolute.

Numbers of sRGB become light by its curve, and those of a profile through that. Both ways are of
floats, in which colours beyond sRGB are below 0 and above 1.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....contract import Array
from ....ground.planes import ROWS
from ...colour.codes import GAMUTS, profile_made, profile_of_code
from ...colour.srgb import light_of
from ...picture import BITS, Depth, Picture
from .colours import ALIKE, BT709, LINEAR

#: the colours of sRGB's light
OF_LIGHT = (*GAMUTS[1], 1.0)


def of(picture: Picture) -> Picture | None:
    """The picture as libjxl has to be given it to lose little: as it is, where it is of sRGB in 8
    bits, else as light in floats. None where nobody can say what light its numbers are.
    """
    grey = picture.channels == 1
    icc = picture.icc
    film = False
    if icc is None and picture.cicp is not None:
        primaries, transfer, matrix, full = picture.cicp
        # libjxl means the curve of BT.709 where it stands, which profiles take for sRGB's
        film = ALIKE.get(transfer, transfer) == BT709
        code = (primaries, LINEAR if film else transfer, matrix, full)
        icc = profile_of_code(code, grey=grey)
        if icc is None:
            return None
    if icc is None and picture.depth == "uint8":
        return picture
    pixels = np.empty(picture.planes.shape, np.float32)
    for top in range(0, pixels.shape[-2], ROWS):
        rows = picture.planes[..., top : top + ROWS, :]
        numbers = np.ascontiguousarray(np.moveaxis(rows[0], 0, -1))
        numbers = _light_of_film(numbers) if film else numbers
        try:
            shown = light_of(numbers) if icc is None else _through(numbers, icc, _of_light(), grey)
        except ValueError:
            return None
        pixels[0, ..., top : top + ROWS, :] = np.moveaxis(shown, -1, 0)[: len(pixels[0])]
    return replace(picture, planes=pixels, depth="float32", bits=None)


def into(samples: NDArray[Any], icc: bytes) -> NDArray[Any]:
    """The numbers of a profile, floats [H, W, 1 or 3], for light in floats of that shape.

    ValueError where the profile is for other channels, or none.
    """
    grey = samples.shape[2] == 1
    numbers = np.empty_like(samples)
    for top in range(0, len(samples), ROWS):
        rows = np.repeat(samples[top : top + ROWS], 3 if grey else 1, axis=2)
        shown = _through(np.ascontiguousarray(rows), _of_light(), icc, grey, back=True)
        numbers[top : top + ROWS] = shown.reshape(rows.shape[0], rows.shape[1], -1)
    return numbers


def rounded(samples: NDArray[Any], depth: Depth, bits: int | None) -> NDArray[Any]:
    """Samples of a depth, of which so many bits count, for floats from 0 to 1."""
    if depth == "float32":
        return samples
    most = np.float32(2 ** (bits or BITS[depth]) - 1)
    whole: NDArray[Any] = np.rint(np.clip(samples, 0, 1) * most).astype(depth)
    return whole


def _of_light() -> bytes:
    return profile_made(*OF_LIGHT)


def _through(
    samples: NDArray[Any], before: bytes, after: bytes, grey: bool, back: bool = False
) -> NDArray[Any]:
    """Samples of one profile as those of another. grey: whether that of a picture is for one
    channel; back: whether the picture's is the second.
    """
    from imagecodecs import CmsError, cms_transform

    own = "gray" if grey else "rgb"
    spaces = ("rgb", own) if back else (own, "rgb")
    given = samples[..., 0] if grey and not back else samples
    try:
        shown = cms_transform(
            given, before, after, colorspace=spaces[0], outcolorspace=spaces[1], outdtype="float32"
        )
    except CmsError as error:
        raise ValueError(f"a profile that nobody can use: {error}") from error
    return np.asarray(shown, np.float32)


def _light_of_film(numbers: Array) -> Array:
    """The light of numbers of BT.709."""
    size = np.abs(numbers)
    light = np.where(size < 0.081, size / 4.5, ((size + 0.099) / 1.099) ** (1 / 0.45))
    return np.copysign(light, numbers).astype(np.float32)
