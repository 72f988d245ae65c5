"""How much smaller a picture could be and still show all that it does.

One that was enlarged, or scanned more finely than its paper is sharp, loses next to nothing when it
is made smaller and enlarged again. What it loses is compared with what half of that size would
lose: of a picture that is sharp it is more than half as much, of one that was enlarged so many
times a fifth.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...contract import Array
from ...errors import NonFiniteInput
from ...ground.channels import brightness_of
from ...ground.planes import Planes, all_finite
from ...ground.resize import resize
from .estimate import Estimate

#: times smaller that are tried, the most first
TIMES = (4, 3, 2)
#: what a picture loses when it is made so many times smaller, as a share of what half of that size
#: would lose, is below this where it was enlarged by as much. Kodak's pictures enlarged two to four
#: times have 0.11 to 0.33, after JPEG of quality 60 up to 0.38; as they are, 0.59 or more
ENLARGED = 0.33
#: where making it half as large has more than this, no more is tried; 19 old photographs and film
#: frames as they came have 0.46 or more, Kodak's pictures enlarged 1.5 times 0.31 to 0.49
SHARP = 0.45
#: it is the strongest edges that tell; one sharp speck among soft ones is enough for the last
SHARES = (0.999, 0.9999)
#: a picture whose edges are below this shows nothing
FLAT = 4 / 255
#: at most so many windows are looked at, of so many pixels a side
WINDOWS, SIDE = 40, 240
#: what mirrored borders may have spoiled, in pixels
BORDER = 8


def scale(image: Planes) -> Estimate:
    """The percent of its size at which an image [1, C, H, W] still shows all that it does.

    100, 50, 33.3 or 25. NonFiniteInput.
    """
    if not all_finite(image):
        raise NonFiniteInput("the picture holds NaN or infinite values")
    windows = list(_windows(brightness_of(image)))
    if _as_much(windows, 2) > SHARP:
        return Estimate(100.0)
    for times in TIMES:
        if _as_much(windows, times) < ENLARGED:
            return Estimate(100 / times)
    return Estimate(100.0)


def _windows(plane: Array) -> Iterator[Array]:
    """Windows [h, w] of a plane [H, W], spread evenly; all of it where it is small."""
    height, width = plane.shape
    down, across = (max(1, side // SIDE) for side in plane.shape)
    places = [(row, column) for row in range(down) for column in range(across)]
    step = max(1, -(-len(places) // WINDOWS))
    for row, column in places[::step]:
        top, left = row * height // down, column * width // across
        yield plane[top : top + min(SIDE, height), left : left + min(SIDE, width)]


def _as_much(windows: list[Array], times: int) -> float:
    """What is lost at so many times smaller, as a share of what half of that size would lose."""
    lost, more = _lost(windows, times), _lost(windows, 2 * times)
    return float((lost / more).max()) if (more > FLAT).all() else 1.0


def _lost(windows: list[Array], times: int) -> Array:
    """How far pixels move at most when the windows are made so many times smaller and back again.

    That is for each of SHARES of the pixels.
    """
    moved = [_moved(window, times).ravel() for window in windows]
    return np.quantile(np.concatenate(moved), SHARES)


def _moved(window: Array, times: int) -> Array:
    height, width = window.shape
    down, across = (max(1, round(side / times)) for side in window.shape)
    less = resize(window, down, across, "lanczos")
    moved: Array = np.abs(resize(less, height, width, "lanczos") - window)
    if min(height, width) <= 4 * BORDER:
        return moved
    return moved[BORDER:-BORDER, BORDER:-BORDER]
