"""Sigmoid: a network whose output is a probability, such as that of paper in place of ink.

Training that wants logits gets them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from torch import Tensor, nn

from ....contract import Gives
from ..wrapper import Wrapper


class Sigmoid(Wrapper):
    """Wraps a network, and takes what it predicts as the logits of the result.

    That holds whether it predicts a picture or a residual; the result is in (0, 1), `[B, C', H,
    W]`. gives: what the result is to whoever restores with it, where that is not what the base
    gives; "paper" of a network that tells ink from paper, by which pages are cleaned.
    """

    tiny: ClassVar[dict[str, Any]] = {
        "base": {"use": "ResUNet", "args": {"widths": [8, 12], "blocks": 1}}
    }

    def __init__(self, base: Callable[..., nn.Module], gives: Gives | None = None) -> None:
        super().__init__(base)
        self.residual = False
        self.gives = gives or self.base.gives

    def logits(self, image: Tensor) -> Tensor:
        """The values that become the result by a sigmoid."""
        return self.base(image)

    def forward(self, image: Tensor) -> Tensor:
        return self.logits(image).sigmoid()
