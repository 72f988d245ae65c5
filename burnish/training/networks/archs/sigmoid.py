"""Sigmoid: a network whose output is a probability, such as that of paper in place of ink; training
that wants logits gets them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from torch import Tensor, nn

from ..wrapper import Wrapper


class Sigmoid(Wrapper):
    """Wraps a network: what it predicts, whether a picture or a residual, is taken as the logits of
    the result.

    `[B, C, H, W]` -> `[B, C', H, W]` in (0, 1).
    """

    tiny: ClassVar[dict[str, Any]] = {
        "base": {"use": "ResUNet", "args": {"widths": [8, 12], "blocks": 1}}
    }

    def __init__(self, base: Callable[..., nn.Module]) -> None:
        super().__init__(base)
        self.residual = False

    def logits(self, image: Tensor) -> Tensor:
        """What becomes the result by a sigmoid."""
        return self.base(image)

    def forward(self, image: Tensor) -> Tensor:
        return self.logits(image).sigmoid()
