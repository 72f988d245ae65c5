"""Light: by how much a frame is brighter than the one before, and whether it shows the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...ground.planes import deviation
from .library import opencv
from .motion import Flow, places, warped

Samples = NDArray[np.float64]
#: frames are compared with so many of their small pixels a side in one, so that neither grain nor
#: dirt counts
COARSE = 2
#: two frames are of one shot where what they have in common explains so much of the variance
ALIKE = 0.4
#: a frame of less spread than this, in 8-bit steps, is black or blank, and no cut is seen at it
BLANK = 2.0
#: rounds in which what does not fit the others loses its weight
ROUNDS = 8
#: what is off by so many times the usual has no weight (Tukey's biweight)
OFF = 3.0


@dataclass(frozen=True)
class Change:
    """How the luma of a frame becomes another: times the gain, plus the lift."""

    gain: float = 1.0
    #: in 8-bit steps
    lift: float = 0.0

    def after(self, first: Change) -> Change:
        """Both changes, the first one first."""
        return Change(self.gain * first.gain, self.gain * first.lift + self.lift)

    def undone(self) -> Change:
        """The way back."""
        return Change(1 / self.gain, -self.lift / self.gain)

    def of(self, luma: float) -> float:
        """What becomes of a luma, in 8-bit steps."""
        return self.gain * luma + self.lift


def lit(
    first: NDArray[np.uint8], second: NDArray[np.uint8], back: Flow, ahead: Flow
) -> Change | None:
    """What made the second frame of the first, both small; None where a new shot begins.

    back: the motion from the second to the first, in pixels of the small ones; ahead: the way
    there. It is asked both ways, since what is moved is a little softer.
    """
    one, two = _coarse(first, back), _coarse(second)
    spreads = float(one.std()), float(two.std())
    if min(spreads) < BLANK:
        alike = max(spreads) < 4 * BLANK
        return Change(1.0, float(np.median(two) - np.median(one))) if alike else None
    if float(np.corrcoef(one, two)[0, 1]) < ALIKE**0.5:
        return None
    there = _fitted(one, two)
    again = _fitted(_coarse(second, ahead), _coarse(first)).undone()
    return Change((there.gain * again.gain) ** 0.5, (there.lift + again.lift) / 2)


def _coarse(glance: NDArray[np.uint8], flow: Flow | None = None) -> Samples:
    """A small frame, moved, with neither grain nor dirt that counts, as one row."""
    height, width = glance.shape
    plane = glance.astype(np.float32)
    if flow is not None:
        plane = warped(plane, places(flow, (height, width)))
    size = (max(8, width // COARSE), max(8, height // COARSE))
    coarse = opencv().resize(plane, size, interpolation=opencv().INTER_AREA)
    return np.asarray(coarse, np.float64).ravel()


def _fitted(one: Samples, two: Samples) -> Change:
    """The gain and the lift that make the second of the first, whatever some of them say."""
    weight = np.ones_like(one)
    gain, lift = 1.0, 0.0
    for _ in range(ROUNDS):
        total = weight.sum()
        first, second = (weight * one).sum() / total, (weight * two).sum() / total
        # Both have noise: neither of them is taken for what makes the other.
        spread = float((weight * np.square(one - first)).sum())
        wider = float((weight * np.square(two - second)).sum())
        gain = (max(wider, 1e-6) / max(spread, 1e-6)) ** 0.5
        lift = float(second - gain * first)
        rest = two - gain * one - lift
        usual = max(deviation(rest), 0.1)
        weight = np.square(np.clip(1 - np.square(rest / (OFF * usual)), 0, 1))
    return Change(gain, lift) if gain > 0.05 else Change(1.0, float(np.median(two - one)))
