"""What infrared shows but dirt: how it lies on the picture, the light of the scanner, and the
picture that leaks into it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....contract import Array
from ....ground.planes import deviation
from ....ground.regions import Region
from .leak import Leak
from .offset import offset
from .planes import as_coarse, at_size, density, moved

#: the share of the pixels that are darker than clear film
MOST = 0.9
#: the density from which on nothing is told from opaque
OPAQUE = np.float32(4.6)
#: times that the place and what leaks are found, each with the other
ROUNDS = 3
#: what lies further off than so many standard deviations is dirt, and tells nothing of the place
BEYOND = 3.5
#: the place is known to so many pixels, or it stays as it was found
PLACED = 0.01
#: a place is corrected by so many pixels at a time, at most
STEP = 0.5


@dataclass(frozen=True, eq=False)
class Clear:
    """An infrared plane that was laid on its picture, and what stands in it without dirt."""

    #: density of infrared over that of clear film and of what leaks [H, W]
    rest: Array
    #: density that infrared would have without dirt [H, W]
    expected: Array
    #: how much of that is the picture [H, W]
    leaked: Array
    #: where the plane covers the picture [H, W]
    covered: Region
    #: how far down and to the right the plane was moved, in pixels of the picture
    off: tuple[float, float]
    #: what leaks
    leak: Leak
    #: height and width of the plane as it came
    size: tuple[int, int]


def clear_of(light: Array, plane: Array) -> Clear:
    """The plane [h, w] on its picture, of which the light [C, H, W] in 0..1 is given.

    Both lie alike; their sizes may differ.
    """
    height, width = light.shape[-2:]
    level = max(float(np.quantile(plane, MOST)), 1e-6)
    whole = at_size(plane / np.float32(level), height, width)
    own = density(light)
    coarse = own if plane.shape[0] >= height else density(as_coarse(light, *plane.shape))
    found = offset(coarse.mean(0), _density(whole))
    off = found or (0.0, 0.0)

    # What leaks tells the place more exactly, and from the right place more exactly what leaks.
    for round in range(ROUNDS):
        infrared = _density(moved(whole, *off)) if any(off) else _density(whole)
        leak = Leak.fitted(coarse, infrared)
        seen = np.exp(-leak.of(own))
        leaked = density(as_coarse(seen, *plane.shape))
        expected = leak.lamp(height, width) + leaked
        rest = infrared - expected
        if found is None or round == ROUNDS - 1:
            break
        down, right = _correction(rest, leaked)
        off = (off[0] + down, off[1] + right)
    return Clear(rest, expected, leaked, _covered(height, width, off), off, leak, plane.shape)


def _density(plane: Array) -> Array:
    return np.minimum(density(plane), OPAQUE)


def _correction(rest: Array, leaked: Array) -> tuple[float, float]:
    """How much further the plane is to be moved, so that what leaks stands where it is seen.

    It is a step of Lucas and Kanade's registration; none where too little leaks to tell.
    """
    rest = rest - np.median(rest)
    noise = max(deviation(rest), 1e-4)
    calm = np.abs(rest) < BEYOND * noise
    down = np.gradient(leaked, axis=0)[calm].astype(np.float64)
    right = np.gradient(leaked, axis=1)[calm].astype(np.float64)
    normal = np.array([[down @ down, down @ right], [down @ right, right @ right]])
    if np.linalg.eigvalsh(normal)[0] < (noise / PLACED) ** 2:
        return 0.0, 0.0
    away = np.linalg.solve(normal, np.array([down @ rest[calm], right @ rest[calm]]))
    away = np.clip(away, -STEP, STEP)
    return float(away[0]), float(away[1])


def _covered(height: int, width: int, off: tuple[float, float]) -> Region:
    """Where a plane of that size that was moved covers the picture."""
    rows = np.arange(height)[:, None] - off[0]
    columns = np.arange(width)[None] - off[1]
    inside: Region = (rows >= 0) & (rows <= height - 1) & (columns >= 0) & (columns <= width - 1)
    return inside
