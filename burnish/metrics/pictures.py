"""What every metric does first: two pictures of one shape are cropped and clipped.

They are then 8-bit values, planes in 0..1, or grey.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..contract import Array
from ..errors import UsageError
from ..ground.channels import BT601

Planes = NDArray[np.float64]


class TooSmall(UsageError):
    """A picture has too few pixels for a metric, which others may do for."""


class Function(Protocol):
    """(restored, clean, crop) -> figure.

    Pictures [C, H, W] or [1, C, H, W] in 0..1; crop: pixels left out at every border. UsageError:
    shapes differ.
    """

    def __call__(self, restored: Array, clean: Array, crop: int = 0) -> float: ...


def matched(restored: Array, clean: Array, crop: int) -> tuple[Array, Array]:
    """Both as [C, H, W], clipped to [0, 1] and cropped.

    A NaN stays one. UsageError: not two pictures of one shape; TooSmall: nothing left of them.
    """
    if (
        restored.shape != clean.shape
        or clean.ndim not in (3, 4)
        or (clean.ndim == 4 and clean.shape[0] != 1)
    ):
        raise UsageError(
            f"a metric compares two pictures [C, H, W] of one shape, not {list(restored.shape)} "
            f"and {list(clean.shape)}"
        )
    height, width = clean.shape[-2:]
    if crop < 0 or 2 * crop >= min(height, width):
        raise TooSmall(f"a crop of {crop} leaves nothing of a picture of {width}x{height}")
    a, b = (
        np.clip(x.reshape(-1, height, width)[:, crop : height - crop, crop : width - crop], 0, 1)
        for x in (restored, clean)
    )
    return a, b


def eight_bit(restored: Array, clean: Array, crop: int) -> tuple[Array, Array]:
    """Both as [C, H, W] in 0..255, clipped, rounded and cropped.

    A NaN stays one, and so does the figure.
    """
    a, b = (np.rint(x * 255) for x in matched(restored, clean, crop))
    return a, b


def on_planes(measure: Callable[[Planes, Planes], float]) -> Function:
    """Makes a metric of a function of two [C, H, W] in 0..1.

    They are clipped, not rounded, and hold no NaN: where one does, the figure is NaN.
    """

    @wraps(measure)
    def function(restored: Array, clean: Array, crop: int = 0) -> float:
        a, b = (x.astype(np.float64) for x in matched(restored, clean, crop))
        return math.nan if np.isnan(a).any() or np.isnan(b).any() else float(measure(a, b))

    return function


def grey(planes: Planes | Array, weights: Sequence[float] = BT601) -> Planes:
    """The brightness, BT.601, of a picture of one channel, which is its own, or three.

    [C, H, W] -> [H, W]. UsageError for raw planes, which have none.
    """
    if planes.shape[0] not in (1, 3):
        raise UsageError(
            f"this metric wants a grey or a colour picture, not {planes.shape[0]} planes"
        )
    result: Planes = (
        planes[0].astype(np.float64)
        if planes.shape[0] == 1
        else np.tensordot(weights, planes.astype(np.float64), 1)
    )
    return result
