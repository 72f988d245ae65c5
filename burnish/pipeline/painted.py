"""A picture painted: its colours are evened as a whole, and the network goes on tile by tile."""

from __future__ import annotations

from collections.abc import Callable

from ..contract import Array, mix
from ..ground.evened import evened

#: (image [1, C, H, W], level, share) -> [1, C', scale H, scale W]: `predict`, for some network
Predict = Callable[[Array, Array | None, float | Array], Array]


def painted(by: Predict) -> Predict:
    """The way through a network that gives paintings, from the way through it of evened colours.

    What it gives is mixed with the picture as it came.
    """

    def paint(image: Array, level: Array | None, share: float | Array) -> Array:
        return mix(image, by(evened(image), level, 1.0), share)

    return paint
