"""Blend: one network between several that were fine-tuned from each other.

The source is DNI (Wang et al., "Deep network interpolation for continuous imagery effect
transition", CVPR 2019).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from .filters import Filters


class Blend(Filters):
    """Every weight, and every running statistic, is sum_i a_i W_i with sum_i a_i = 1.

    Dial i says how much of corner i + 1, and what is left is the first's. `corners` says how many
    networks; with two, `levels` and `amounts` say how much of the second belongs to which level.
    `burnish blend` makes one of finished networks; trained together, over all levels, the corners
    are the ends of a line of networks (Wortsman et al., ICML 2021).
    """

    def __init__(
        self,
        base: Callable[..., nn.Module],
        corners: int = 2,
        levels: Sequence[float] = (0, 1),
        amounts: Sequence[float] = (0, 1),
    ) -> None:
        super().__init__(base, levels, amounts)
        if corners < 2:
            raise ValueError(f"a blend has two corners or more, not {corners}")
        self.dials = corners - 1
        self.names = [name for name, _ in self.base.named_parameters()]
        self.statistics = [
            name for name, value in self.base.named_buffers() if value.is_floating_point()
        ]
        own = self.base.state_dict()
        weights = [own[name] for name in self.names]
        statistics = [own[name] for name in self.statistics]
        modules = nn.ModuleList(Corner(weights, statistics) for _ in range(corners - 1))
        self.corners = cast("Sequence[Corner]", modules)

    def take(self, corner: int, state: Mapping[str, Tensor]) -> None:
        """The weights of a corner, from 0, with a network's own names."""
        if corner == 0:
            self.base.load_state_dict(dict(state))
            return
        with torch.no_grad():
            own = self.corners[corner - 1].tensors()
            for name, value in zip([*self.names, *self.statistics], own, strict=True):
                value.copy_(state[name])

    def after_init(self) -> None:
        """A fresh blend is one network: its corners start equal."""
        for corner in range(1, len(self.corners) + 1):
            self.take(corner, self.base.state_dict())

    def weight_sets(self) -> list[list[nn.Parameter]]:
        """Each corner's."""
        return [*super().weight_sets(), *(list(corner.parameters()) for corner in self.corners)]

    def forward(self, image: Tensor, level: Tensor) -> Tensor:
        result = super().forward(image, level)
        if self.training:
            own = dict(self.base.named_buffers())
            for corner, (i, name) in itertools.product(self.corners, enumerate(self.statistics)):
                corner.get_buffer(f"statistic{i}").copy_(own[name])
        return result

    def filters(self, level: Tensor) -> dict[str, Tensor]:
        """The mixed weights, and but in training the mixed running statistics.

        In training the base gathers its statistics itself, and all corners have the same.
        """
        shares = self.amount(level.reshape(-1))
        rest = 1 - shares.sum()
        own = {**dict(self.base.named_parameters()), **dict(self.base.named_buffers())}
        others = [corner.tensors() for corner in self.corners]
        result = {}
        for i, name in enumerate(self.names if self.training else [*self.names, *self.statistics]):
            result[name] = rest * own[name] + sum(
                shares[k] * other[i] for k, other in enumerate(others)
            )
        return result


class Corner(nn.Module):
    """The tensors of another network than the base."""

    def __init__(self, weights: Sequence[Tensor], statistics: Sequence[Tensor]) -> None:
        super().__init__()
        self.weights = nn.ParameterList(weight.detach().clone() for weight in weights)
        self.count = len(statistics)
        for i, value in enumerate(statistics):
            self.register_buffer(f"statistic{i}", value.detach().clone())

    def tensors(self) -> list[Tensor]:
        return [*self.weights, *(self.get_buffer(f"statistic{i}") for i in range(self.count))]
