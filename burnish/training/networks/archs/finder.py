"""Finder: a small U-Net that says where in a picture damage lies.

It is the house's U-Net with biases: whether a speck is dirt is no matter of how bright the picture
is, which is what a network without biases is good for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ....contract import Gives
from .resunet import ResUNet

#: the logit of a fresh network, 2 percent: damage is rare, and training begins with that known
RARE = -4.0


class Finder(ResUNet):
    """Makes of `[B, channels_in, H, W]` the mask `[B, 1, H, W]`, how sure it is of damage, in 0..1.

    H and W are multiples of `multiple`. `widths` and `blocks` are those of ResUNet.
    """

    tiny: ClassVar[dict[str, Any]] = {"widths": [8, 12], "blocks": 1}
    residual = False
    gives: Gives = "mask"

    def __init__(
        self,
        channels_in: int = 3,
        widths: Sequence[int] = (16, 24, 32, 48),
        blocks: int | Sequence[int] = 1,
    ) -> None:
        super().__init__(channels_in, 1, widths, blocks)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                layer.bias = nn.Parameter(torch.zeros(layer.out_channels))

    def after_init(self) -> None:
        """After the weights were drawn: nearly nothing is damage."""
        bias = self.tail.bias
        assert bias is not None  # it was given in the constructor
        with torch.no_grad():
            bias.fill_(RARE)

    def logits(self, image: Tensor) -> Tensor:
        """The values that become the mask by a sigmoid."""
        return super().forward(image)

    def forward(self, image: Tensor) -> Tensor:
        return self.logits(image).sigmoid()
