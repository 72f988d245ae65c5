"""The ways of planes through a network: at once, or part by part; and of a picture that is painted,
whose colours are evened as a whole before the network goes on tile by tile.
"""

from __future__ import annotations

from collections.abc import Callable

from ..contract import Array, mix
from ..ground.evened import evened
from ..ground.planes import Planes, Put, floats

#: (image [1, C, H, W], level, share) -> [1, C', scale H, scale W]: `predict`, for some network
Predict = Callable[[Array, Array | None, float | Array], Array]
#: (image, level, share, put): the same of planes of any kind, whose result is given part by part
ByParts = Callable[[Planes, Array | None, float | Array, Put], None]


def at_once(by: Predict) -> ByParts:
    """The way part by part of one that gives its result as a whole."""

    def parts(image: Planes, level: Array | None, share: float | Array, put: Put) -> None:
        result = by(floats(image), level, share)
        put(slice(0, result.shape[-2]), slice(0, result.shape[-1]), result)

    return parts


def painted(by: Predict) -> Predict:
    """The way through a network that gives paintings, from the way through it of evened colours.

    What it gives is mixed with the picture as it came.
    """

    def paint(image: Array, level: Array | None, share: float | Array) -> Array:
        return mix(image, by(evened(image), level, 1.0), share)

    return paint
