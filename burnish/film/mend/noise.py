"""Noise: each frame becomes the mean of itself and of those beside it in the shot, moved to it.

What a neighbour has at a place counts the less the more it differs there from the frame, against
what noise of the level explains. So what was not followed stays as it was, with its noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...contract import Array
from ..frame import Frame, Layout, Plane
from .library import opencv
from .motion import Flow, places, together, warped
from .sights import Sight
from .witnesses import Witness, beside

#: the side of the square in which a neighbour is compared with the frame, in pixels
AROUND = 7
#: a neighbour counts wholly that differs by so many times what noise explains, in squares, and
#: beyond that it loses its weight so fast
FREE, STRICT = 1.3, 3.0


@dataclass(frozen=True)
class Neighbour:
    """A frame beside another one, and how much it counts."""

    frame: Frame
    #: the motion to it
    flow: Flow
    #: how much each pixel counts, in 0..1, [H, W]
    weight: Array


def denoised(sights: Sequence[Sight], here: int, layout: Layout, level: float) -> Frame:
    """The frame with less noise.

    sights: those around it, with their frames mended. level: the spread of the noise in 8-bit
    steps.
    """
    sight = sights[here]
    around = beside(sights, here, -1) + beside(sights, here, 1)
    neighbours = together(lambda witness: _weighed(sight, witness, level), around)
    planes = []
    for number, plane in enumerate(sight.frame.planes):
        across, down = layout.shared(number)
        planes.append(_mean(plane, number, neighbours, across, down, 2**layout.bits - 1))
    return replace(sight.frame, planes=tuple(planes))


def _weighed(sight: Sight, witness: Witness, level: float) -> Neighbour:
    """A neighbour, with what it counts."""
    shape = (sight.luma.shape[0], sight.luma.shape[1])
    moved = warped(witness.sight.luma, places(witness.flow, shape))
    square = opencv().blur(np.square(sight.luma - moved), (AROUND, AROUND))
    explained = square / np.float32(2 * max(level, 0.1) ** 2)
    weight = np.exp(-np.float32(STRICT) * np.maximum(explained - FREE, 0))
    return Neighbour(witness.sight.frame, witness.flow, weight)


def _mean(
    plane: Plane, number: int, neighbours: Sequence[Neighbour], across: int, down: int, top: int
) -> Plane:
    """The mean of a plane and those of the neighbours, moved to it."""
    total = plane.astype(np.float32)
    weights = np.ones(plane.shape, np.float32)
    shape = (plane.shape[0], plane.shape[1])
    for neighbour in neighbours:
        flow = np.asarray(neighbour.flow / np.array([across, down]), np.float32)
        at = places(flow, shape)
        share = neighbour.weight[::down, ::across]
        total += share * warped(neighbour.frame.planes[number].astype(np.float32), at)
        weights += share
    mean: Plane = np.clip(np.rint(total / weights), 0, top).astype(plane.dtype)
    return mean
