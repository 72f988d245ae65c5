"""Leak: the light of the scanner, and the picture that leaks into infrared.

Dyes let infrared through, but not all of it, and a scanner's infrared is not free of red. So the
density of clear film in infrared is a smooth surface (the lamp, the lens), plus a curve of red's
density, plus shares of green's and blue's. That is fitted to a sample of the pixels; what lies far
off it is dirt, and counts for less with each pass (Tukey's biweight).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....contract import Array
from ....ground.planes import deviation

#: pixels that it is fitted to
SAMPLE = 60_000
#: the highest power of place in the surface
ORDER = 4
#: the powers down and across of each of its terms
POWERS = tuple((i, j) for i in range(ORDER + 1) for j in range(ORDER + 1 - i))
#: the shares of the pixels that are brighter than the ends of the curve's straight pieces
SPLITS = (0.01, 0.15, 0.33, 0.5, 0.67, 0.85, 0.97)
#: passes, and beyond how many standard deviations a pixel counts for nothing
PASSES, BEYOND = 12, 3.5
#: so little is added that colours which are alike do no harm
RIDGE = 1e-5

Values = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Leak:
    """What stands in infrared without dirt, as densities, by place and by the picture."""

    #: the weights of the surface, one for each of POWERS
    surface: Values
    #: the densities of red, or of grey, between which the curve is straight
    knots: Values
    #: the curve's values there
    curve: Values
    #: the shares of the other channels
    shares: Values

    @classmethod
    def fitted(cls, picture: Array, infrared: Array) -> Leak:
        """It is fitted to the densities of a picture [C, H, W] and of its infrared [H, W]."""
        height, width = infrared.shape
        count = min(SAMPLE, height * width)
        rng = np.random.default_rng(0)
        places = rng.choice(height * width, count, replace=False, shuffle=False)
        rows, columns = np.divmod(places, width)
        red, *others = picture[:, rows, columns].astype(np.float64)

        knots = np.unique(np.quantile(red, SPLITS))
        hats = [_along(red, knots, row) for row in np.eye(len(knots))[1:]]
        down, across = _unit(rows, height), _unit(columns, width)
        surface = [down**i * across**j for i, j in POWERS]
        table = np.stack([*surface, *hats, *others], 1)
        weights = _robust(table, infrared[rows, columns].astype(np.float64))
        own, bends, shares = np.split(weights, [len(surface), len(surface) + len(hats)])
        return cls(own, knots, np.concatenate([[0.0], bends]), shares)

    def lamp(self, height: int, width: int) -> Array:
        """The density [H, W] of clear film where the picture is white."""
        down = np.vander(_unit(np.arange(height), height), ORDER + 1, increasing=True)
        across = np.vander(_unit(np.arange(width), width), ORDER + 1, increasing=True)
        grid = np.zeros((ORDER + 1, ORDER + 1))
        grid[tuple(np.transpose(POWERS))] = self.surface
        return np.asarray(down @ grid @ across.T, np.float32)

    def of(self, picture: Array) -> Array:
        """What leaks of the densities [C, H, W] of a picture: [H, W]."""
        red, *others = picture
        found = _along(red, self.knots, self.curve).astype(np.float32)
        for share, other in zip(self.shares, others, strict=True):
            found += np.float32(share) * other
        return found

    @property
    def slope(self) -> float:
        """How much of a density that all channels have leaks: 0 for nothing, 1 for all of it."""
        across = float(self.knots[-1] - self.knots[0])
        return float(self.curve[-1] - self.curve[0]) / max(across, 1e-3) + float(self.shares.sum())


def _along(values: NDArray[Any], knots: Values, curve: Values) -> NDArray[Any]:
    """A curve of straight pieces at these values; the first and the last of the pieces go on."""
    if len(knots) < 2:
        return np.zeros_like(values)
    slopes = np.diff(curve) / np.diff(knots)
    before = slopes[0] * np.minimum(values - knots[0], 0)
    behind = slopes[-1] * np.maximum(values - knots[-1], 0)
    return np.asarray(np.interp(values, knots, curve) + before + behind)


def _unit(places: Places, count: int) -> Values:
    """Places from 0 to count - 1 as numbers from -1 to 1."""
    return np.asarray(2 * places / max(count - 1, 1) - 1, np.float64)


def _robust(table: Values, wanted: Values) -> Values:
    """The weights of the columns of a table [N, K] that come to what is wanted [N], but for what
    lies far off.
    """
    ridge = RIDGE * len(table) * np.eye(table.shape[1])
    heed: NDArray[Any] = np.ones(len(table))
    weights: Values = np.zeros(table.shape[1])
    for _ in range(PASSES):
        heeded = table * heed[:, None]
        weights = np.linalg.solve(heeded.T @ table + ridge, heeded.T @ wanted)
        rest = wanted - table @ weights
        rest -= np.median(rest)
        far = rest / (BEYOND * max(deviation(rest), 1e-4))
        heed = np.asarray(np.where(np.abs(far) < 1, (1 - far**2) ** 2, 0), np.float64)
    return weights
