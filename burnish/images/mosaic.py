"""Mosaic: what a sensor saw behind its filter of colours, before it is developed into a picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contract import Array
from .exif import Directory

#: the highest value that a sample of 16 bits can have
HIGHEST = 65535
#: the colours of a Bayer filter's four places, whatever comes first: red, two greens, blue
BAYER = (0, 1, 1, 2)


@dataclass(frozen=True, eq=False)
class Camera:
    """What a camera tells of the colours of its samples, as DNG has it."""

    #: what it is called
    name: str
    #: how the samples are turned to stand upright, 1 to 8, as EXIF counts
    turn: int
    #: red, green and blue of what was white, the highest 1 (AsShotNeutral)
    neutral: tuple[float, ...]
    #: from XYZ to the camera's red, green and blue, row by row, in daylight (ColorMatrix1)
    matrix: tuple[float, ...]
    #: of a DNG, in place of these two, its own fields of colours, in its order of bytes
    fields: Directory = field(default_factory=dict)
    #: that order, as `struct` writes it
    order: str = "<"


@dataclass(frozen=True, eq=False)
class Mosaic:
    """The samples of a sensor, each of one colour, and all that it takes to develop them."""

    #: [H, W] as they stand in the file, those alone that make the picture, and not turned
    samples: NDArray[np.uint16]
    #: the colours of the pattern that repeats, row by row: 0 is red, 1 green, 2 blue
    pattern: tuple[tuple[int, ...], ...]
    #: the sample of no light, at each place of the pattern
    black: tuple[tuple[float, ...], ...]
    #: the sample of a sensor that is full
    white: float
    #: what the camera tells of its colours
    camera: Camera
    #: makes the colours [H, W, 3] of 16 bits, upright, of samples
    develop: Callable[[NDArray[np.uint16]], NDArray[np.uint16]]
    #: gain and variance in the dark of each colour's noise, in light, as the file tells them; empty
    #: where it does not
    told: tuple[tuple[float, float], ...] = ()

    @property
    def bayer(self) -> bool:
        """Whether the pattern is of two by two: red and blue, and greens at its other corners."""
        flat = tuple(colour for row in self.pattern for colour in row)
        diagonal = len(self.pattern) == 2 and len(flat) == 4 and {0, 2} <= {flat[0], flat[3]}
        other = len(self.pattern) == 2 and len(flat) == 4 and {0, 2} <= {flat[1], flat[2]}
        return tuple(sorted(flat)) == BAYER and (diagonal or other)

    def light(self) -> Array:
        """The light on the samples [H, W]: 0 for black, 1 for full; noise of black is below 0."""
        light = np.empty(self.samples.shape, np.float32)
        for place, black in self._places():
            light[place] = (self.samples[place] - np.float32(black)) / np.float32(
                self.white - black
            )
        return light

    def with_light(self, light: Array) -> Mosaic:
        """The same with samples of that light [H, W], rounded to whole ones."""
        samples = np.empty(self.samples.shape, np.uint16)
        for place, black in self._places():
            values = light[place] * np.float32(self.white - black) + np.float32(black)
            samples[place] = np.rint(values.clip(0, HIGHEST))
        return replace(self, samples=samples)

    def _places(self) -> Iterator[tuple[tuple[slice, slice], float]]:
        """The samples at each place of the pattern, and what is black there."""
        rows, columns = len(self.pattern), len(self.pattern[0])
        for row in range(rows):
            for column in range(columns):
                yield np.s_[row::rows, column::columns], self.black[row][column]


def repeats(colours: NDArray[Any], most: int = 6) -> tuple[tuple[int, ...], ...] | None:
    """The pattern that a filter's colours [H, W] are made of, of two by two or of `most` by `most`;
    None where they are made of none.
    """
    for side in (2, most):
        pattern = colours[:side, :side]
        if pattern.shape == (side, side) and _is_made_of(colours, pattern):
            return tuple(tuple(map(int, row)) for row in pattern)
    return None


def _is_made_of(colours: NDArray[Any], pattern: NDArray[Any]) -> bool:
    side = len(pattern)
    return all(
        (colours[row::side, column::side] == pattern[row, column]).all()
        for row in range(side)
        for column in range(side)
    )
