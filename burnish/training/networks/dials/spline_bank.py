"""SplineBank: filters on a curve of the level, trained along all of it.

The sources are Maggioni et al., "Tunable convolutions with parametric multi-loss optimization",
CVPR 2023, and Wortsman et al., "Learning neural network subspaces", ICML 2021.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn

from .amount import Amount
from .filters import Filters


class SplineBank(Filters):
    """W(t) = sum_k B_k(t)

    W_k, with the Bernstein polynomials B_k: a Bezier curve of `points` sets of weights, of which
    the base is the first.

    The sets are kept as what is added to the base, from 0, so that a fresh bank is the base at
    every level, and at t = 0 it stays so. For objectives and styles: the middle is trained too, on
    objectives mixed by the same t. levels, amounts: which t belongs to which level. With several
    dials these are one list for each, and `points` may be one number for each; every dial has a
    curve of its own, and what the curves add to the base is summed up, so that a dial that stands
    at t = 0 has no say. A curve of two points is a straight line.
    """

    def __init__(
        self,
        base: Callable[..., nn.Module],
        points: int | Sequence[int] = 3,
        dials: int = 1,
        levels: Sequence[Any] = (0, 1),
        amounts: Sequence[Any] = (0, 1),
    ) -> None:
        each = _for_each(dials, levels, amounts)
        super().__init__(base, *each[0])
        self.points = [points] * dials if isinstance(points, int) else list(points)
        if len(self.points) != dials or min(self.points) < 2:
            raise ValueError(
                f"a curve wants two points or more, for each of {dials} dial(s), not {points}"
            )
        self.dials = dials
        self.turned = [Amount(*line) for line in each]
        self.names = [name for name, _ in self.base.named_parameters()]
        # The points of the first dial's curve, those of the second one's, and so on.
        bank = nn.ModuleList(
            nn.ParameterList(torch.zeros_like(value) for value in self.base.parameters())
            for _ in range(sum(self.points) - dials)
        )
        self.bank = cast("Sequence[nn.ParameterList]", bank)

    def weight_sets(self) -> list[list[nn.Parameter]]:
        """The base's, and what each further point adds to them."""
        return [*super().weight_sets(), *(list(point.parameters()) for point in self.bank)]

    def filters(self, level: Tensor) -> dict[str, Tensor]:
        shares = torch.cat([self._shares(k, level[0, k].reshape(())) for k in range(self.dials)])
        own = dict(self.base.named_parameters())
        moved = {}
        for i, name in enumerate(self.names):
            added = [share * point[i] for share, point in zip(shares, self.bank, strict=True)]
            moved[name] = own[name] + sum(added)
        return moved

    def _shares(self, dial: int, level: Tensor) -> Tensor:
        """What each further point of a dial's curve counts at a level [], [points - 1]."""
        t = self.turned[dial](level)
        degree = self.points[dial] - 1
        return torch.stack(
            [math.comb(degree, k) * t**k * (1 - t) ** (degree - k) for k in range(1, degree + 1)]
        )


def _for_each(dials: int, levels: Sequence[Any], amounts: Sequence[Any]) -> list[Any]:
    """(levels, amounts) of each dial. ValueError where they are not of so many dials."""
    if dials == 1:
        return [(levels, amounts)]
    fits = dials > 1 and len(levels) == len(amounts) == dials
    if not fits or not all(isinstance(line, Sequence) for line in (*levels, *amounts)):
        raise ValueError(
            f"levels and amounts want a list for each of the {dials} dials, not {levels} and "
            f"{amounts}"
        )
    return list(zip(levels, amounts, strict=True))
