"""Tones: how light the paper of a page is, and how much darker its ink, once it is known where."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...contract import Array

#: sure of paper and of ink; so many pixels of each are enough to tell how light it is
PAPER, INK, ENOUGH = 0.9, 0.3, 50
#: ink is clear where the darkest twentieth of the paper is less than the first share as dark, and
#: wholly clear where it is the second less
UNCLEAR, CLEARER = 0.25, 0.12
#: what is so many times as dark as half of the ink is no paper, whatever it was taken for
SOLID = 0.8


@dataclass(frozen=True)
class Tones:
    """The tones of an evened page."""

    #: the light of its paper
    white: float
    #: how much darker than that half of its ink is
    depth: float
    #: how clearly its ink stands out from its paper, from 0 to 1
    clear: float

    @classmethod
    def of(cls, light: Array, found: Array) -> Tones | None:
        """The tones of a page [H, W] of which it is known how sure paper is; None where too little
        is known.
        """
        blank = light[found > PAPER]
        ink = light[found < INK]
        if ink.size < ENOUGH or blank.size < ENOUGH:
            return None
        white = float(np.median(blank))
        depth = white - float(np.median(ink))
        if depth <= 0:
            return None
        paper = blank[blank > white - SOLID * depth]
        unclear = (white - float(np.percentile(paper, 5))) / depth
        return cls(white, depth, float(np.clip((UNCLEAR - unclear) / CLEARER, 0, 1)))

    def darkness(self, light: Array) -> Array:
        """How dark each pixel [H, W] is: 0 as paper, 1 as half of the ink."""
        found: Array = (self.white - light) / np.float32(self.depth)
        return found
