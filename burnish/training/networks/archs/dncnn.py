"""DnCNN (Zhang et al., "Beyond a Gaussian denoiser", TIP 2017).

Its 3x3 convolutions predict the noise; batch norm is folded away, as published for inference.
"""

from __future__ import annotations

from typing import Any, ClassVar

from torch import Tensor

from ..network import Network
from .blocks import plain_stack


class DnCNN(Network):
    """`[B, C, H, W]` -> residual `[B, C, H, W]`, minus the noise.

    The blind colour network CDnCNN-B has 20 convolutions of 64 channels.
    """

    tiny: ClassVar[dict[str, Any]] = {"width": 8, "depth": 4}
    residual = True

    def __init__(
        self, channels_in: int = 3, channels_out: int = 3, width: int = 64, depth: int = 20
    ) -> None:
        super().__init__()
        self.channels_in = channels_in
        self.channels_out = channels_out
        self.reach = depth
        self.model = plain_stack(channels_in, channels_out, width, depth)

    def forward(self, image: Tensor) -> Tensor:
        return -self.model(image)
