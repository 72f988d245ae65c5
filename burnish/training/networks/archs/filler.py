"""Filler: a small U-Net that fills what a picture has lost, up to some sixteen pixels wide.

It is the house's U-Net, with biases, and says what a smooth first guess (`ground/fill.py`) lacks.
That guess stands in the picture, marked as one, so that the network sees where it is, as masked
networks do (Liu et al., "Image inpainting for irregular holes using partial convolutions", ECCV
2018); what is known comes out as it went in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ....contract import BELOW, LOST, Gives
from .resunet import ResUNet


class Filler(ResUNet):
    """Makes of `[B, channels_in, H, W]` the same with other values where it is LOST.

    H and W are multiples of `multiple`. `widths` and `blocks` are those of ResUNet.
    """

    tiny: ClassVar[dict[str, Any]] = {"widths": [8, 12], "blocks": 1}
    residual = False
    gives: Gives = "filling"

    def __init__(
        self,
        channels_in: int = 3,
        widths: Sequence[int] = (32, 64, 96),
        blocks: int | Sequence[int] = (1, 2, 2),
    ) -> None:
        super().__init__(channels_in + 1, channels_in, widths, blocks)
        self.channels_in = channels_in
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                layer.bias = nn.Parameter(torch.zeros(layer.out_channels))

    def forward(self, image: Tensor) -> Tensor:
        lost = image[:, :1] < BELOW
        guess = torch.where(lost, image - LOST, image)
        lacks = super().forward(torch.cat([guess - 0.5, lost.to(image.dtype)], 1))
        return torch.where(lost, guess + lacks, image)
