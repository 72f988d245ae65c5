"""Frame: one picture of a film, in planes as they were decoded, and how these are laid out.

What is not changed is never converted: the planes of a frame go through as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import NDArray

#: samples [H, W] as they were decoded: whole numbers from 0 to 2**bits - 1
Plane = NDArray[np.uint8] | NDArray[np.uint16]


@dataclass(frozen=True)
class Layout:
    """How the planes of all frames of a film are laid out."""

    #: luma and two planes of colour difference; red, green and blue; or one plane
    model: Literal["yuv", "rgb", "grey"]
    #: how many bits of a sample count: 8 in uint8, more in uint16
    bits: int
    #: columns and rows of the first plane
    width: int
    height: int
    #: how many columns, and rows, of luma share one sample of colour difference: 1, 2 or 4
    across: int = 1
    down: int = 1
    #: by which red and blue weigh in luma, such as 0.299 and 0.114 (ITU-T H.273, table 4)
    weights: tuple[float, float] = (0.299, 0.114)
    #: whether samples fill all of their bits, or luma goes from 16 to 235 (of 8 bits), as films do
    full: bool = False
    #: where a sample of colour difference stands among those of luma that share it, across and
    #: down: 0 on the first of them, 0.5 in their middle
    siting: tuple[float, float] = (0.0, 0.5)

    def shared(self, number: int) -> tuple[int, int]:
        """How many columns, and rows, of the first plane share a sample of the plane of that number
        (from 0).
        """
        return (self.across, self.down) if number and self.model == "yuv" else (1, 1)


@dataclass(frozen=True)
class Frame:
    """One picture of a film."""

    #: the planes of its layout, the first of them [height, width]
    planes: tuple[Plane, ...]
    #: seconds from the beginning of the film at which it is shown; exact
    time: Fraction
    #: its number, from 0
    number: int
    #: what it was decoded from, and goes back into: alpha, captions, and whatever else is no plane
    held: object = None
