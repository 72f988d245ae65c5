"""Compression by real encoders: JPEG, once or twice, and WebP.

Twice is with its grid of 8x8 blocks shifted, as for FBCNN (Jiang et al., ICCV 2021).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..contract import Array, Dial
from ..errors import FormatLimit
from . import Degradation
from .arguments import Range, bounds, choices, draw, per_picture, share

BLOCK = 8
#: how many pixels share a colour, as files and their readers name it -> Pillow's number
SUBSAMPLINGS = {"4:4:4": 0, "4:2:2": 1, "4:2:0": 2}


def jpeg(
    subsampling: str | Sequence[str] = "4:2:0",
    double: float = 0.0,
    first: Range = (5, 95),
    shifted: float = 0.0,
) -> Degradation:
    """A JPEG file of that quality, read again; the level is rounded.

    100 stands for no compression: the picture stays as it is, to the last bit.

    subsampling: of colour, one or several, drawn for each picture; grey pictures are encoded as
    grey. double: the share of pictures that were compressed before, with a quality from `first` and
    a grid that begins anywhere in 8x8. shifted: the share of pictures whose last grid does not
    begin at their corner, as in a picture that was cut after it was compressed. Pictures are
    mirrored at the left and top to shift a grid, and cut again.
    """
    spoil = partial(
        _jpeg,
        subsampling=choices("subsampling", subsampling, tuple(SUBSAMPLINGS)),
        double=share("double", double),
        first=bounds("first", first, 1, 100),
        shifted=share("shifted", shifted),
    )
    return Degradation(
        Dial("quality", 1.0, 100.0, 40.0, "JPEG quality, 100 is none lost"), spoil, neutral=100.0
    )


def webp() -> Degradation:
    """A lossy WebP file of that quality, read again; the level is rounded.

    100 stands for no compression: the picture stays as it is.
    """
    return Degradation(
        Dial("webp", 1.0, 100.0, 40.0, "WebP quality, 100 is none lost"), _webp, neutral=100.0
    )


def through_jpeg(
    picture: Array, quality: int, subsampling: str = "4:2:0", shift: tuple[int, int] = (0, 0)
) -> Array:
    """Returns the picture [1 or 3, H, W] as a JPEG file gives it back.

    shift: how many rows and columns (0..7) the grid begins before the corner.
    """
    down, right = shift
    padded = (
        np.pad(picture, ((0, 0), (down, 0), (right, 0)), mode="symmetric")
        if any(shift)
        else picture
    )
    return _through(padded, "JPEG", quality=quality, subsampling=SUBSAMPLINGS[subsampling])[
        :, down:, right:
    ]


def through_webp(picture: Array, quality: int) -> Array:
    """Returns the picture [1 or 3, H, W] as a lossy WebP file gives it back.

    WebP has no grey, so a grey one comes back as the mean of its colours.
    """
    colour = np.broadcast_to(picture, (3, *picture.shape[1:]))
    result = _through(colour, "WEBP", quality=quality, method=2)
    return result if len(picture) == 3 else result.mean(0, keepdims=True)


def _jpeg(
    clean: Array,
    level: Array,
    rng: np.random.Generator,
    *,
    subsampling: tuple[str, ...],
    double: float,
    first: tuple[float, float],
    shifted: float,
) -> Array:
    n = len(clean)
    chosen, before = rng.choice(subsampling, (2, n)), draw(first, n, rng)
    shifts, twice = rng.integers(0, BLOCK, (2, n, 2)), rng.random(n) < double
    shifts[1, rng.random(n) >= shifted] = 0
    spoiled = clean.copy()
    for i, quality in enumerate(np.rint(per_picture(level, n, "quality"))):
        if quality < 100:
            picture = (
                through_jpeg(clean[i], round(float(before[i])), chosen[0, i], tuple(shifts[0, i]))
                if twice[i]
                else clean[i]
            )
            spoiled[i] = through_jpeg(
                picture, max(1, int(quality)), chosen[1, i], tuple(shifts[1, i])
            )
    return spoiled


def _webp(clean: Array, level: Array, rng: np.random.Generator) -> Array:
    levels = np.rint(per_picture(level, len(clean), "webp"))
    return np.stack(
        [
            through_webp(picture, max(1, int(quality))) if quality < 100 else picture
            for picture, quality in zip(clean, levels, strict=True)
        ]
    )


def _through(picture: Array, format: str, **settings: Any) -> Array:
    """Clipped, rounded, encoded and decoded. [1 or 3, H, W]"""
    samples: NDArray[np.uint8] = np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)
    file = io.BytesIO()
    if len(samples) == 1:
        settings.pop("subsampling", None)
    try:
        Image.fromarray(
            samples[0] if len(samples) == 1 else np.ascontiguousarray(samples.transpose(1, 2, 0))
        ).save(file, format, **settings)
    except (
        OSError,
        ValueError,
    ) as error:  # 65,535 pixels are the most that a JPEG has on a side, 16,383 a WebP
        raise FormatLimit(
            f"a picture of {samples.shape[-1]}x{samples.shape[-2]} cannot be a {format} file "
            f"({error})"
        ) from error
    with Image.open(file) as decoded:
        values = np.asarray(decoded, np.float32) / np.float32(255)
    return values[None] if len(samples) == 1 else np.ascontiguousarray(values.transpose(2, 0, 1))
