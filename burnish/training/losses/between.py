"""Between: two losses, mixed by the level that each picture was given.

One network so learns all that lies between two objectives (Maggioni et al., "Tunable convolutions
with parametric multi-loss optimization", CVPR 2023).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from torch import Tensor, nn

from .loss import Compound, as_loss


class Between(Compound):
    """The loss (1 - t) first + t second, with t from 0 at the level `low` to 1 at `high`.

    The level is that of the network's first dial; without one, t is a half. `first` and `second`
    are any listed losses, such as {first: L1, second: {use: Perceptual, args: {...}}}; neither may
    want logits.
    """

    specs: ClassVar[tuple[str, ...]] = ("first", "second")
    by_level = True

    def __init__(
        self,
        first: Callable[[], nn.Module],
        second: Callable[[], nn.Module],
        low: float = 0.0,
        high: float = 1.0,
    ) -> None:
        super().__init__()
        if not low < high:
            raise ValueError(f"from low={low:g} to high={high:g} is no range")
        self.first = as_loss(first())
        self.second = as_loss(second())
        if self.first.on_logits or self.second.on_logits:
            raise ValueError("neither of the two may want logits")
        if self.first.by_level or self.second.by_level:
            raise ValueError("neither of the two may be mixed by the level itself")
        self.low = low
        self.high = high
        self.least = max(self.first.least, self.second.least)

    def terms(
        self,
        restored: Tensor,
        clean: Tensor,
        weight: Tensor | None = None,
        level: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Both, each with its share. level [B, K, 1, 1] or None."""
        share = (
            restored.new_full((1, 1, 1, 1), 0.5)
            if level is None
            else ((level[:, :1].float() - self.low) / (self.high - self.low)).clamp(0, 1)
        )
        parts = {"first": (self.first, 1 - share), "second": (self.second, share)}
        return {
            name: loss(restored, clean, part if weight is None else part * weight)
            for name, (loss, part) in parts.items()
        }
