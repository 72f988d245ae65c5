"""Planes that are no array of floats: whole numbers as a file has them, which become floats where
they are looked at; and what is computed there. So a large picture is never in floats as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ...contract import Array, finite

#: what stands in the brackets behind an array: slices, numbers, `...`
Part = Any
#: takes a part of planes: its rows, its columns, and its values in float32
Put = Callable[[slice, slice, Array], None]
#: rows that are looked at in one go, so that temporaries stay small
ROWS = 256


class Planes(Protocol):
    """Planes [B, C, H, W] of which any part can be had in float32: an array is, too."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(B, C, H, W)"""

    def __getitem__(self, part: Part, /) -> Array:
        """A part of them, as of an array."""


@dataclass(frozen=True, eq=False)
class WholeNumbers:
    """Whole numbers that stand for 0 to 1. Parts of them come as floats, divided by the highest."""

    #: [B, C, H, W] of uint8 or uint16
    samples: NDArray[Any]
    #: the one that stands for 1: 255, 1023, 65535
    highest: np.float32

    @property
    def shape(self) -> tuple[int, ...]:
        """(B, C, H, W)"""
        return self.samples.shape

    def __getitem__(self, part: Part, /) -> Array:
        """A part of them in float32."""
        shown: Array = np.divide(self.samples[part], self.highest, dtype=np.float32, order="C")
        return shown

    def __setitem__(self, part: Part, values: Array, /) -> None:
        """Puts floats there, which are clamped to 0..1 and rounded half to even."""
        self.samples[part] = np.rint(np.clip(values, 0, 1) * self.highest)


@dataclass(frozen=True, eq=False)
class Computed:
    """Planes that are computed where they are looked at."""

    #: (B, C, H, W)
    shape: tuple[int, ...]
    #: gives a part of them
    part: Callable[[Part], Array]

    def __getitem__(self, part: Part, /) -> Array:
        """A part of them in float32."""
        return self.part(part)


def floats(planes: Planes) -> Array:
    """All of the planes in float32; an array is given back as it is."""
    return planes if isinstance(planes, np.ndarray) else planes[...]


def of_parts(planes: Planes, change: Callable[[Array], Array]) -> Planes:
    """The planes changed, pixel by pixel, where they are looked at."""
    return Computed(planes.shape, lambda part: change(planes[part]))


def raw(planes: Planes) -> Planes:
    """What can be compared in place of the planes, value for value, in less time: whole numbers as
    they are.
    """
    return planes.samples if isinstance(planes, WholeNumbers) else planes


def ends(planes: Planes) -> tuple[float, float]:
    """The lowest and the highest value; NaN where one is none."""
    if isinstance(planes, WholeNumbers):
        found = np.array([planes.samples.min(), planes.samples.max()])
        lowest, highest = np.divide(found, planes.highest, dtype=np.float32)
        return float(lowest), float(highest)
    each = [(band.min(), band.max()) for band in bands(planes)]
    return float(np.min(each)), float(np.max(each))


def all_finite(planes: Planes) -> bool:
    """Whether all values are numbers, and none is NaN or infinity; whole numbers always are."""
    return isinstance(planes, WholeNumbers) or all(finite(band) for band in bands(planes))


def bands(planes: Planes) -> Iterator[Array]:
    """The planes some rows at a time, from the top."""
    return (planes[..., top : top + ROWS, :] for top in range(0, planes.shape[-2], ROWS))
