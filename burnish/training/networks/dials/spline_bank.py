"""SplineBank: filters on a curve of the level, trained along all of it.

The sources are Maggioni et al., "Tunable convolutions with parametric multi-loss optimization",
CVPR 2023, and Wortsman et al., "Learning neural network subspaces", ICML 2021.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from .filters import Filters, number


class SplineBank(Filters):
    """W(t) = sum_k B_k(t)

    W_k, with the Bernstein polynomials B_k: a Bezier curve of `points` sets of weights, of which
    the base is the first.

    The sets are kept as what is added to the base, from 0, so that a fresh bank is the base at
    every level, and at t = 0 it stays so. For objectives and styles: the middle is trained too, on
    objectives mixed by the same t. levels, amounts: which t belongs to which level.
    """

    def __init__(
        self,
        base: Callable[..., nn.Module],
        points: int = 3,
        levels: Sequence[float] = (0, 1),
        amounts: Sequence[float] = (0, 1),
    ) -> None:
        super().__init__(base, levels, amounts)
        if points < 2:
            raise ValueError(f"a curve wants two points or more, not {points}")
        self.names = [name for name, _ in self.base.named_parameters()]
        bank = nn.ModuleList(
            nn.ParameterList(torch.zeros_like(value) for value in self.base.parameters())
            for _ in range(points - 1)
        )
        self.bank = cast("Sequence[nn.ParameterList]", bank)

    def weight_sets(self) -> list[list[nn.Parameter]]:
        """The base's, and what each further point adds to them."""
        return [*super().weight_sets(), *(list(point.parameters()) for point in self.bank)]

    def filters(self, level: Tensor) -> dict[str, Tensor]:
        t = self.amount(number(level))
        degree = len(self.bank)
        shares = [
            math.comb(degree, k) * t**k * (1 - t) ** (degree - k) for k in range(1, degree + 1)
        ]
        own = dict(self.base.named_parameters())
        moved = {}
        for i, name in enumerate(self.names):
            added = [share * point[i] for share, point in zip(shares, self.bank, strict=True)]
            moved[name] = own[name] + sum(added)
        return moved
