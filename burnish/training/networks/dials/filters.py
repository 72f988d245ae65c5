"""Networks whose filters depend on the level: one set for the whole batch.

It is computed from the level, then the base runs with it; so it folds into the base.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.func import functional_call

from ..wrapper import Wrapper
from .amount import Amount, Turned


class Filters(Turned, Wrapper):
    """Wraps a network without dials; what it is and needs stays as it is.

    A method says in `filters` what its weights are at a level.
    """

    tiny: ClassVar[dict[str, Any]] = {
        "base": {"use": "ResUNet", "args": {"widths": [8, 12], "blocks": 1}},
        "levels": [0, 75],
    }
    dials = 1
    level = "batch"

    def __init__(
        self, base: Callable[..., nn.Module], levels: Sequence[float], amounts: Sequence[float]
    ) -> None:
        super().__init__(base)
        self.amount = Amount(levels, amounts)

    def filters(self, level: Tensor) -> Mapping[str, Tensor]:
        """level [1, K, 1, 1] -> the base's tensors that are not what they are without it, by their
        names.
        """
        raise NotImplementedError

    def forward(self, image: Tensor, level: Tensor) -> Tensor:
        return functional_call(self.base, dict(self.filters(level)), (image,))

    def fold(self, level: Tensor) -> dict[str, Tensor]:
        """The base's state at a level [1, K, 1, 1]."""
        with torch.no_grad():
            return {**self.base.state_dict(), **self.filters(level)}


def number(level: Tensor) -> Tensor:
    """The one level of a dial. [1, 1, 1, 1] -> []"""
    return level.reshape(-1)[0]
