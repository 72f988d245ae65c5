"""From a level in the unit that a person says to how far a method is turned.

Between points it goes in straight lines, so that a dial can be calibrated.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Amount(nn.Module):
    """level -> amount, linear between the points and beyond the last ones.

    `levels` rise. ValueError where the points make no line.
    """

    def __init__(self, levels: Sequence[float], amounts: Sequence[float]) -> None:
        super().__init__()
        levels = [float(value) for value in levels]
        amounts = [float(value) for value in amounts]
        if (
            len(levels) != len(amounts)
            or len(levels) < 2
            or any(a >= b for a, b in itertools.pairwise(levels))
        ):
            raise ValueError(
                "levels and amounts want as many numbers, two or more, the levels rising, not "
                f"{levels} and {amounts}"
            )
        self.levels = levels
        self.amounts = amounts

    def forward(self, level: Tensor) -> Tensor:
        """The amount for each level, in the shape of the levels.

        At the first level it is exactly the first amount.
        """
        result = torch.full_like(level, self.amounts[0])
        last = len(self.levels) - 2
        for i, (low, high) in enumerate(itertools.pairwise(self.levels)):
            step = level - low
            # The first and the last piece go on in straight lines beyond the points.
            if last:
                least = None if i == 0 else 0.0
                most = None if i == last else high - low
                step = step.clamp(min=least, max=most)
            result = result + step * ((self.amounts[i + 1] - self.amounts[i]) / (high - low))
        return result


class Turned:
    """Part of a network's class whose one dial is turned by an `Amount`.

    Such a dial can be calibrated.
    """

    amount: Amount
