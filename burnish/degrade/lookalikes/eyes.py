"""Eyes, which are dark and round with something bright in them, and never dirt."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ...contract import Array
from ..drawing import Size, around, log_uniform, place
from ..paint import Paint, parts, rgb


def eyes(size: Size, amount: float, unit: float, rng: np.random.Generator) -> Iterator[Paint]:
    """Pairs of eyes, from those of a group's faces to those of a portrait, open or half closed."""
    for part in parts(amount, 1 + round(size[0] * size[1] / (110 * unit) ** 2)):
        wide = unit * log_uniform(4, 34, rng)
        tilt = rng.normal(0, 0.25)
        height = wide * rng.uniform(0.25, 0.6)
        iris = rgb(*(rng.uniform(0.05, 0.5) * rng.uniform(0.5, 1.2, 3)).clip(0, 1))
        middle = place(size, rng)
        apart = rng.uniform(1.8, 2.4) * wide
        for side in (-1, 1):
            at = (
                middle[0] + side * apart / 2 * math.sin(tilt),
                middle[1] + side * apart / 2 * math.cos(tilt),
            )
            for mask, colour in _eye(size, at, wide, height, tilt, iris, rng):
                yield Paint(np.float32(part) * mask, colour, glaze=False)


def _eye(
    size: Size,
    at: tuple[float, float],
    wide: float,
    height: float,
    tilt: float,
    iris: Array,
    rng: np.random.Generator,
) -> Iterator[tuple[Array, Array]]:
    """The layers of one eye, `wide` pixels to each side and `height` up and down."""
    skin = rng.uniform(0.15, 0.8)
    shade = np.zeros(size, np.float32)
    part, down, across = around(shade, at, 2.2 * wide)
    if not part.size:
        return
    x = (across * math.cos(tilt) + down * math.sin(tilt)) / wide
    y = (down * math.cos(tilt) - across * math.sin(tilt)) / wide
    soft = rng.uniform(1.0, 3.0) / wide
    window = (size, at, 2.2 * wide)
    # The hollow that it lies in, and the lids: a lens between two arcs.
    hollow = rng.uniform(0.1, 0.7) * np.exp(-0.5 * ((x / 0.9) ** 2 + (y / 0.7) ** 2))
    yield _laid(hollow, *window), rgb(skin, skin * 0.7, skin * 0.55)
    arc = height / wide * (1 - x**2)
    inside = np.clip((arc - np.abs(y)) / soft + 0.5, 0, 1) * (np.abs(x) < 1)
    white = rng.uniform(0.45, 0.95)
    yield _laid(inside, *window), rgb(white, white * 0.97, white * 0.94)
    # Iris, pupil and the light in it, as far as the lids leave them open.
    look = rng.normal(0, 0.18)
    radius = rng.uniform(0.36, 0.5)
    away = np.hypot(x - look, y + rng.normal(0, 0.05))
    yield _laid(inside * _disc(away, radius, soft), *window), iris
    yield _laid(inside * _disc(away, radius * rng.uniform(0.35, 0.65), soft), *window), rgb(0, 0, 0)
    light = np.hypot(x - look - rng.uniform(-0.2, 0.2), y + rng.uniform(0, 0.2))
    if rng.random() < 0.8:
        glint = inside * _disc(light, rng.uniform(0.05, 0.14), soft)
        yield _laid(glint, *window), rgb(0.97, 0.97, 0.97)
    # The upper lid's lashes, and the brow above.
    thick = rng.uniform(0.05, 0.16)
    lashes = np.clip((thick - np.abs(y + arc)) / soft + 0.5, 0, 1) * (np.abs(x) < 1.05)
    dark = rng.uniform(0.02, 0.25)
    yield _laid(rng.uniform(0.5, 1.0) * lashes, *window), rgb(dark, dark * 0.8, dark * 0.7)
    bow = rng.uniform(0.8, 1.3) - 0.25 * x**2
    brow = np.exp(-0.5 * ((y + bow) / rng.uniform(0.08, 0.18)) ** 2) * (np.abs(x) < 1.3)
    yield _laid(rng.uniform(0.2, 0.9) * brow, *window), rgb(dark, dark * 0.8, dark * 0.7)


def _disc(distance: Array, radius: float, soft: float) -> Array:
    return np.clip((radius - distance) / soft + 0.5, 0, 1)


def _laid(values: Array, size: Size, at: tuple[float, float], reach: float) -> Array:
    """A plane [H, W] with these values around a place, and nothing elsewhere."""
    plane = np.zeros(size, np.float32)
    around(plane, at, reach)[0][...] = values
    return plane
