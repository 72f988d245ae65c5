"""Sigmoid: a network whose output is a probability, such as that of paper in place of ink; training
that wants logits gets them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from torch import Tensor, nn


class Sigmoid(nn.Module):
    """Wraps a network: what it predicts, whether a picture or a residual, is taken as the logits of
    the result.

    `[B, C, H, W]` -> `[B, C', H, W]` in (0, 1).
    """

    tiny: ClassVar[dict[str, Any]] = {
        "base": {"use": "ResUNet", "args": {"widths": [8, 12], "blocks": 1}}
    }
    specs: ClassVar[tuple[str, ...]] = ("base",)

    def __init__(self, base: Callable[..., nn.Module]) -> None:
        super().__init__()
        self.base = base()
        if getattr(self.base, "dials", 0):
            raise ValueError(
                f"Sigmoid wants a base without dials; {type(self.base).__name__} has "
                f"{self.base.dials}"
            )
        self.channels_in, self.channels_out = self.base.channels_in, self.base.channels_out
        self.multiple, self.scale = (
            getattr(self.base, "multiple", 1),
            getattr(self.base, "scale", 1),
        )
        self.reach = getattr(self.base, "reach", None)

    def logits(self, image: Tensor) -> Tensor:
        """What becomes the result by a sigmoid."""
        return self.base(image)  # type: ignore[no-any-return]

    def forward(self, image: Tensor) -> Tensor:
        return self.logits(image).sigmoid()
