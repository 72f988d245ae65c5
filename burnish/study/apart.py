"""How far two ways through one network may be apart, and how far they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..contract import Array


@dataclass(frozen=True)
class Allowed:
    """How far what one way gives may be from what another gives, in samples of 0 to 1."""

    #: the most that is allowed
    most: float
    #: whether it is the root of the mean square of the difference that counts, and not the largest
    mean_square: bool = False

    def apart(self, got: Array, wanted: Array) -> float:
        """How far two arrays are apart, by what counts; NaN where either holds one.

        Infinity where they have two shapes.
        """
        if got.shape != wanted.shape:
            return float("inf")
        difference = np.abs(got - wanted)
        if self.mean_square:
            return float(np.sqrt(np.square(difference, dtype=np.float64).mean()))
        return float(difference.max())

    def of_steps(self, step: float) -> Allowed:
        """What is allowed where what came was rounded to steps of that size, too."""
        rounding = step / np.sqrt(12) if self.mean_square else step / 2
        return Allowed(self.most + float(rounding), self.mean_square)

    @property
    def words(self) -> str:
        """What is allowed, in words; rms is the root of the mean square."""
        return f"{self.most:.1e}{' rms' if self.mean_square else ''}"


#: in fp32
EXACT = Allowed(1e-4)
#: of folding
FOLDED = Allowed(1e-5)
#: in bf16 or fp16: 50 dB
HALF = Allowed(10 ** (-50 / 20), mean_square=True)
#: of a network that rounds, half an 8-bit step: a sum whose last bit differs may fall to the other
#: side of a rounding
ROUNDED = Allowed(2e-3, mean_square=True)
