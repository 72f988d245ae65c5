"""What is done to a crop, and what the network is told of it.

Here are a degradation with its share of the pictures, a level that is measured, a wrong level now
and then, and what a level counts in the loss.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ...contract import Array, Dial
from ...degrade import Degradation
from ...errors import RecipeError
from ..parts.strict import key


@dataclass(frozen=True)
class Misread:
    """How often and how far the network is told a wrong level, in training alone.

    It then forgives a dial that is turned too far.
    """

    share: float = key(0.1, doc="of the pictures", low=0, high=1)
    low: float = key(0.8, doc="least it is told, times the true amount of damage", low=1e-3)
    high: float = key(1.25, doc="and most; not beyond the range to train on", low=1e-3)
    anything: float = key(
        0.0,
        doc="share of the pictures that is told any level from the true one to the range's worst",
        low=0,
        high=1,
    )

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise RecipeError(
                f"from {self.low:g} to {self.high:g} times the true amount is no range"
            )

    def __call__(
        self, levels: Array, dial: Dial, rng: np.random.Generator, zero: float = 0.0
    ) -> Array:
        """The levels [n] that the network is told in place of these, never beyond the dial's range.

        To be told half of the damage is as likely as twice; it counts from the level `zero`.
        `anything` is never less than the truth: a network that often hears too little, and has to
        clean all the same, stops listening.
        """
        factor = np.exp(rng.uniform(math.log(self.low), math.log(self.high), len(levels))).astype(
            np.float32
        )
        wrong = np.clip(zero + (levels - zero) * factor, min(dial.low, zero), max(dial.high, zero))
        told = np.where(rng.random(len(levels)) < self.share, wrong, levels)
        if self.anything:
            worst = dial.low if zero >= dial.high else dial.high
            more = levels + rng.random(len(levels), np.float32) * (worst - levels)
            told = np.where(rng.random(len(levels)) < self.anything, more, told)
        return told


@dataclass(frozen=True)
class Damaging:
    """A degradation in training."""

    #: what spoils, with the dial whose range is trained on
    degradation: Degradation
    #: of the pictures that it happens to; to the others its level is the neutral one
    share: float = 1.0
    #: whether the network knows its level
    told: bool = True
    #: how often and how far it is told wrong; None is never
    misread: Misread | None = None
    #: the dial of an earlier degradation: this one does not happen where the other happened
    unless: str | None = None
    #: shares of the pictures whose names match a pattern, in place of `share`; the first one counts
    shares: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for pattern, share in self.shares.items():
            if not 0 <= share <= 1:
                raise RecipeError(f"shares: {pattern}: {share:g} is no share, from 0 to 1")

    @property
    def name(self) -> str:
        """The name of its dial."""
        return self.degradation.dial.name

    def levels(self, names: Sequence[str], rng: np.random.Generator) -> Array:
        """The levels [n] of n pictures of these names, without their folders.

        NaN where it does not happen and has no neutral level.
        """
        levels = self.degradation.dial.sample(len(names), rng)
        shares = np.array([self._share(name) for name in names])
        if (shares < 1).any():
            levels[rng.random(len(names)) >= shares] = self.absent
        return levels

    def _share(self, name: str) -> float:
        found = (share for pattern, share in self.shares.items() if fnmatchcase(name, pattern))
        return next(found, self.share)

    @property
    def always(self) -> bool:
        """Whether it happens to every picture."""
        return min([self.share, *self.shares.values()]) == 1

    @property
    def absent(self) -> float:
        """The level of a picture to which it does not happen."""
        neutral = self.degradation.neutral
        return math.nan if neutral is None else neutral

    def happens(self, levels: Array) -> NDArray[np.bool_]:
        """Whether it happens at these levels."""
        happens: NDArray[np.bool_] = ~np.isnan(levels) & (levels != self.absent)
        return happens


@dataclass(frozen=True)
class Measuring:
    """A dial whose level is measured in a crop.

    The level is the RMS, in 8-bit steps, of what several degradations changed.
    """

    #: the dial that is told so
    dial: Dial
    #: the number of the first degradation that counts, from 0
    first: int
    #: and of the last one
    last: int
    #: how often and how far it is told wrong; None is never
    misread: Misread | None = None


@dataclass(frozen=True)
class Weigh:
    """What a picture counts in the loss."""

    #: the dial whose level decides, told or hidden
    dial: str
    #: from levels to weights, tensor to tensor
    weight: Callable[[Tensor], Tensor]
