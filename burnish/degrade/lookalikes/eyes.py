"""Eyes, which are dark and round with something bright in them, and never dirt."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np

from ...contract import Array
from ..drawing import Size, coordinates, log_uniform, place, window
from ..paint import Paint, parts, rgb

#: how far around an eye is drawn, in half widths of it
REACH = 2.2
#: a layer: where it is and how thick [H, W], and its colour
Layer = tuple[Array, Array]


def eyes(size: Size, amount: float, unit: float, rng: np.random.Generator) -> Iterator[Paint]:
    """Pairs of eyes, from those of a group's faces to those of a portrait, open or half closed."""
    for part in parts(amount, 1 + round(size[0] * size[1] / (110 * unit) ** 2)):
        wide = unit * log_uniform(4, 34, rng)
        tilt = rng.normal(0, 0.25)
        height = rng.uniform(0.25, 0.6)
        iris = rgb(*(rng.uniform(0.05, 0.5) * rng.uniform(0.5, 1.2, 3)).clip(0, 1))
        middle = place(size, rng)
        apart = rng.uniform(1.8, 2.4) * wide
        for side in (-apart / 2, apart / 2):
            at = (middle[0] + side * math.sin(tilt), middle[1] + side * math.cos(tilt))
            eye = _Eye.at(size, at, wide, height, tilt, rng.uniform(1.0, 3.0))
            drawn = (_white(eye, rng), _iris(eye, iris, rng), _lashes(eye, rng))
            for mask, colour in chain(*drawn):
                yield Paint(np.float32(part) * mask, colour, glaze=False)


@dataclass(frozen=True)
class _Eye:
    """Where an eye is. Lengths are in half widths of it."""

    #: (height, width) of the picture
    size: Size
    #: the rows and columns of the picture that it lies in
    there: tuple[slice, slice]
    #: along the eye, and across, of each pixel there
    x: Array
    y: Array
    #: how high the upper lid stands, and how low the lower one, at each pixel there
    arc: Array
    #: the width of edges
    soft: float

    @classmethod
    def at(
        cls,
        size: Size,
        middle: tuple[float, float],
        wide: float,
        height: float,
        tilt: float,
        soft: float,
    ) -> _Eye:
        """An eye, `wide` and edges `soft` in pixels, `height` in half widths, tilted."""
        there = window(size, middle, REACH * wide)
        rows, columns = coordinates(size)
        down = (rows[there[0]] - np.float32(middle[0])) / np.float32(wide)
        across = (columns[:, there[1]] - np.float32(middle[1])) / np.float32(wide)
        x = np.float32(math.cos(tilt)) * across + np.float32(math.sin(tilt)) * down
        y = np.float32(math.cos(tilt)) * down - np.float32(math.sin(tilt)) * across
        return cls(size, there, x, y, np.float32(height) * (1 - x * x), soft / wide)

    def within(self, distance: Array, limit: Array | float) -> Array:
        """1 where a distance is below its limit, 0 above, with a soft edge."""
        edge = (np.asarray(limit, np.float32) - distance) / np.float32(self.soft)
        inside: Array = np.clip(edge + np.float32(0.5), 0, 1)
        return inside

    def laid(self, values: Array, opacity: float = 1.0) -> Array:
        """The values on a plane of the picture's size, [H, W], with 0 elsewhere."""
        plane = np.zeros(self.size, np.float32)
        plane[self.there] = np.float32(opacity) * values
        return plane


def _white(eye: _Eye, rng: np.random.Generator) -> Iterator[Layer]:
    """The hollow that it lies in, and its white between the lids."""
    skin = rng.uniform(0.15, 0.8)
    hollow = _bell(np.asarray(np.hypot(eye.x / 0.9, eye.y / 0.7), np.float32))
    yield eye.laid(hollow, rng.uniform(0.1, 0.7)), rgb(skin, skin * 0.7, skin * 0.55)
    white = rng.uniform(0.45, 0.95)
    yield eye.laid(_open(eye)), rgb(white, white * 0.97, white * 0.94)


def _iris(eye: _Eye, colour: Array, rng: np.random.Generator) -> Iterator[Layer]:
    """Iris, pupil and mostly a light in it, as far as the lids leave them open."""
    look, lift = rng.normal(0, 0.18), rng.normal(0, 0.05)
    radius = rng.uniform(0.36, 0.5)
    away = np.hypot(eye.x - np.float32(look), eye.y + np.float32(lift))
    yield eye.laid(_open(eye) * eye.within(away, radius)), colour
    pupil = eye.within(away, radius * rng.uniform(0.35, 0.65))
    yield eye.laid(_open(eye) * pupil), rgb(0, 0, 0)
    aside, above = rng.uniform(-0.2, 0.2), rng.uniform(0, 0.2)
    light = np.hypot(eye.x - np.float32(look + aside), eye.y + np.float32(above))
    glint = eye.within(light, rng.uniform(0.05, 0.14))
    if rng.random() < 0.8:
        yield eye.laid(_open(eye) * glint), rgb(0.97, 0.97, 0.97)


def _lashes(eye: _Eye, rng: np.random.Generator) -> Iterator[Layer]:
    """The upper lid's lashes, and the brow above."""
    dark = rng.uniform(0.02, 0.25)
    colour = rgb(dark, dark * 0.8, dark * 0.7)
    lashes = eye.within(np.abs(eye.y + eye.arc), rng.uniform(0.05, 0.16))
    yield eye.laid(lashes * (np.abs(eye.x) < 1.05), rng.uniform(0.5, 1.0)), colour
    bow = eye.y + np.float32(rng.uniform(0.8, 1.3)) - np.float32(0.25) * eye.x * eye.x
    brow = _bell(np.asarray(bow / rng.uniform(0.08, 0.18), np.float32))
    yield eye.laid(brow * (np.abs(eye.x) < 1.3), rng.uniform(0.2, 0.9)), colour


def _open(eye: _Eye) -> Array:
    """Where the lids leave the eye open."""
    return eye.within(np.abs(eye.y), eye.arc)


def _bell(distance: Array) -> Array:
    """A Gaussian of a distance in sigmas, 1 at its middle."""
    values: Array = np.exp(np.float32(-0.5) * distance * distance)
    return values
