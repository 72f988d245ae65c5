"""SRResNet: residual blocks at the small size, then PixelShuffle.

The sources are Ledig et al. (CVPR 2017) and Shi et al. (CVPR 2016). Residuals may count less than
one: Lim et al. (EDSR, CVPR workshops 2017) take 0.1; De and Smith (NeurIPS 2020) learn the weight.
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ..network import Layer, Network
from .blocks import Enlarge, norm_of


class SRResNet(Network):
    """Makes of `[B, channels, H, W]` the picture `[B, channels, scale H, scale W]`.

    The scale is 2, 4 or 8. `residual_weight` is what a block's change counts; with `learned` each
    block learns its own, from there. `norm` is none or batch. `icnr` says whether a fresh
    PixelShuffle layer enlarges by repeating pixels. The layers of x2 are the first of x4, so that a
    stage may go on from one to the other.
    """

    tiny: ClassVar[dict[str, Any]] = {"width": 8, "blocks": 2, "scale": 4}

    def __init__(
        self,
        channels: int = 3,
        width: int = 64,
        blocks: int = 8,
        scale: int = 2,
        norm: str = "none",
        residual_weight: float = 1.0,
        learned: bool = False,
        icnr: bool = True,
    ) -> None:
        super().__init__()
        self.channels_in = self.channels_out = channels
        self.scale = scale
        self.head = nn.Conv2d(channels, width, 3, padding=1)
        self.blocks = nn.Sequential(
            *(WeightedBlock(width, norm, residual_weight, learned) for _ in range(blocks))
        )
        self.enlarge = Enlarge(width, scale, icnr)
        self.tail = nn.Conv2d(width, channels, 3, padding=1)
        self.reach = 1 + 2 * blocks + self.enlarge.reach + 1

    def forward(self, image: Tensor) -> Tensor:
        return self.tail(self.enlarge(self.blocks(torch.relu(self.head(image)))))


class WeightedBlock(Layer):
    """x + weight * conv(ReLU(conv(x))), each convolution with its norm."""

    def __init__(self, width: int, norm: str, weight: float, learned: bool) -> None:
        super().__init__()
        self.change = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1),
            norm_of(norm, width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1),
            norm_of(norm, width),
        )
        self.weight: float | nn.Parameter = (
            nn.Parameter(torch.full((1,), float(weight))) if learned else float(weight)
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.weight * self.change(x)
