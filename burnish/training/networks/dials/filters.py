"""Networks whose filters depend on the level: one set for the whole batch, computed from the level,
then the base runs with it.

It folds into the base.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.func import functional_call

from .amount import Amount


class Filters(nn.Module):
    """Wraps a network without dials; what it is and needs stays as it is.

    A method says in `filters` what its weights are at a level.
    """

    tiny: ClassVar[dict[str, Any]] = {
        "base": {"use": "ResUNet", "args": {"widths": [8, 12], "blocks": 1}},
        "levels": [0, 75],
    }
    specs: ClassVar[tuple[str, ...]] = ("base",)
    dials = 1
    reach: int | None
    level = "batch"

    def __init__(
        self, base: Callable[..., nn.Module], levels: Sequence[float], amounts: Sequence[float]
    ) -> None:
        super().__init__()
        self.base = take_on(self, base)
        self.amount = Amount(levels, amounts)

    def filters(self, level: Tensor) -> Mapping[str, Tensor]:
        """level [1, K, 1, 1] -> the base's tensors that are not what they are without it, by their
        names.
        """
        raise NotImplementedError

    def forward(self, image: Tensor, level: Tensor) -> Tensor:
        return functional_call(self.base, dict(self.filters(level)), (image,))  # type: ignore[no-any-return]

    def folded(self, level: Tensor) -> dict[str, Tensor]:
        """The base's state at a level [1, K, 1, 1]."""
        with torch.no_grad():
            return {**self.base.state_dict(), **self.filters(level)}


def take_on(wrapper: nn.Module, make: Callable[..., nn.Module]) -> nn.Module:
    """Builds the base, and says of the wrapper what is so of the base.

    ValueError for one that has dials.
    """
    base = make()
    if getattr(base, "dials", 0):
        raise ValueError(
            f"{type(wrapper).__name__} wants a base without dials; {type(base).__name__} has "
            f"{base.dials}"
        )
    for name, default in (
        ("channels_in", 3),
        ("channels_out", 3),
        ("scale", 1),
        ("multiple", 1),
        ("reach", None),
        ("residual", False),
    ):
        setattr(wrapper, name, getattr(base, name, default))
    return base


def number(level: Tensor) -> Tensor:
    """The one level of a dial. [1, 1, 1, 1] -> []"""
    return level.reshape(-1)[0]
