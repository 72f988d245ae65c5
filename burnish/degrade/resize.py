"""Smaller pictures: one for super-resolution, and one that was small and was enlarged again."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from ..contract import Array, Dial
from ..errors import UsageError
from ..ground.resize import KERNELS, resize
from . import Degradation
from .arguments import choices, per_picture
from .kernels import convolve, gaussian


def downscale(scale: int = 2, kernel: str | Sequence[str] = "bicubic") -> Degradation:
    """A picture `scale` times smaller, for super-resolution.

    Rows and columns left over at the right and below are cut off first.

    kernel: one or several, drawn for each picture. The dial is a Gaussian blur before it, in pixels
    of the small picture: 0 is what MATLAB's imresize gives, about 0.5 is a good lens, and more is a
    soft one.
    """
    if not isinstance(scale, int) or not 2 <= scale <= 8:
        raise UsageError(f"scale={scale} does not fit: a whole number from 2 to 8 is wanted")
    dial = Dial("softness", 0.0, 2.0, 0.0, "blur before it, sigma in pixels of the small picture")
    return Degradation(
        dial,
        partial(_downscale, scale=scale, kernel=choices("kernel", kernel, KERNELS)),
        scale=scale,
    )


def shrink(
    down: str | Sequence[str] = ("area", "bilinear", "bicubic"),
    up: str | Sequence[str] = ("bilinear", "bicubic"),
) -> Degradation:
    """A picture that was made so many times smaller and brought back to its size.

    down, up: the kernels, drawn for each picture.
    """
    dial = Dial("shrink", 1.0, 8.0, 2.0, "times smaller")
    return Degradation(
        dial,
        partial(_shrink, down=choices("down", down, KERNELS), up=choices("up", up, KERNELS)),
        neutral=1.0,
    )


def _downscale(
    clean: Array, level: Array, rng: np.random.Generator, *, scale: int, kernel: tuple[str, ...]
) -> Array:
    height, width = (side // scale for side in clean.shape[-2:])
    if not height or not width:
        raise UsageError(
            f"a picture of {clean.shape[-1]}x{clean.shape[-2]} is too small to become {scale} "
            "times smaller"
        )
    cut = clean[..., : height * scale, : width * scale]
    levels, chosen = per_picture(level, len(clean), "softness"), rng.choice(kernel, len(clean))
    soft = [
        convolve(picture, gaussian(float(s) * scale)) if s > 0 else picture
        for picture, s in zip(cut, levels, strict=True)
    ]
    return np.stack(
        [
            resize(picture, height, width, str(name))
            for picture, name in zip(soft, chosen, strict=True)
        ]
    )


def _shrink(
    clean: Array,
    level: Array,
    rng: np.random.Generator,
    *,
    down: tuple[str, ...],
    up: tuple[str, ...],
) -> Array:
    height, width = clean.shape[-2:]
    levels = per_picture(level, len(clean), "shrink")
    spoiled = []
    for picture, times, first, second in zip(
        clean, levels, rng.choice(down, len(clean)), rng.choice(up, len(clean)), strict=True
    ):
        small = resize(
            picture,
            max(1, round(height / max(1.0, times))),
            max(1, round(width / max(1.0, times))),
            str(first),
        )
        spoiled.append(resize(small, height, width, str(second)))
    return np.stack(spoiled)
