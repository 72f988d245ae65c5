"""SubPixel: enlarges at the cost of the small picture, with one PixelShuffle at the very end.

The sources are Shi et al. (CVPR 2016), who compute at the small size alone; Du et al. (CVPR
workshops 2021), who add the result to the picture with each of its pixels repeated; and Lim et al.
(EDSR, CVPR workshops 2017), whose residuals count less than one.
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..network import Network
from .blocks import Shuffled
from .srresnet import WeightedBlock

#: how many pixels of the small picture are repeated beyond its edge
MARGIN = 4


class SubPixel(Network):
    """Makes of `[B, channels, H, W]` what is to be added to it enlarged, `[B, channels, s H, s W]`.

    `scale` is s, from 2 to 8; "enlarged" is with each pixel repeated s times down and across.
    `blocks` are residual blocks of `width` channels, whose changes count `residual_weight`. With
    `icnr` the pixels that a fresh network makes of one are alike. The layers of a network for
    another scale have the same shapes, but for the last.

    The edge of a picture is repeated beyond it, so that the zeros around a convolution stay away
    from what is seen. Training does without: it would cost a third of the time of small crops.
    """

    tiny: ClassVar[dict[str, Any]] = {"width": 8, "blocks": 2, "scale": 2}
    residual = True
    starts_small = ("tail",)

    def __init__(
        self,
        channels: int = 3,
        width: int = 32,
        blocks: int = 5,
        scale: int = 2,
        residual_weight: float = 0.2,
        icnr: bool = True,
    ) -> None:
        super().__init__()
        if not 2 <= scale <= 8:
            raise ValueError(f"scale is a whole number from 2 to 8, not {scale}")
        self.channels_in = self.channels_out = channels
        self.scale = scale
        self.head = nn.Conv2d(channels, width, 3, padding=1)
        self.blocks = nn.Sequential(
            *(WeightedBlock(width, "none", residual_weight, False) for _ in range(blocks))
        )
        self.tail = Shuffled(width, channels * scale**2, icnr, scale)
        self.shuffle = nn.PixelShuffle(scale)
        self.reach = 2 + 2 * blocks

    def forward(self, image: Tensor) -> Tensor:
        if self.training:
            return self._added(image)
        cut = slice(MARGIN * self.scale, -MARGIN * self.scale)
        return self._added(F.pad(image, (MARGIN,) * 4, mode="replicate"))[..., cut, cut]

    def _added(self, image: Tensor) -> Tensor:
        return self.shuffle(self.tail(self.blocks(torch.relu(self.head(image)))))
