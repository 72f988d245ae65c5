"""FFDNet (Zhang, Zuo, Zhang, TIP 2018): a plain denoiser at half size.

It reads the noise level as an input plane and predicts the clean picture.
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ..network import Network
from .blocks import plain_stack


class FFDNet(Network):
    """`[B, C, H, W]` and level `[B, 1, H, W]` (sigma in 8-bit steps) -> clean `[B, C, H, W]`.

    Colour: 12 convolutions of 96; grey: 15 of 64.
    """

    tiny: ClassVar[dict[str, Any]] = {"width": 8, "depth": 4}
    level = "pixel"
    dials = 1
    multiple = 2

    def __init__(self, channels: int = 3, width: int = 96, depth: int = 12) -> None:
        super().__init__()
        self.channels_in = self.channels_out = channels
        self.reach = 2 * depth + 1
        self.model = plain_stack(4 * channels + 1, 4 * channels, width, depth)

    def forward(self, image: Tensor, level: Tensor) -> Tensor:
        halves = nn.functional.pixel_unshuffle(image, 2)
        plane = (
            nn.functional.avg_pool2d(level.expand(image.shape[0], -1, *image.shape[-2:]), 2) / 255
        )
        return nn.functional.pixel_shuffle(self.model(torch.cat([halves, plane], 1)), 2)
