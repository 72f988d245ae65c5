"""Finder: a small U-Net that says where in a picture damage lies.

It is the house's U-Net with biases and batch normalisation (Ioffe and Szegedy, ICML 2015): whether
a speck is dirt is no matter of how bright the picture is, which is what a network without them is
good for. With it, it learns twice as much in as many steps. Running a trained one, it costs
nothing: it is a factor on the convolution before it.
Beside the picture it sees how far each pixel is from the mean of those around it, from which a
fresh network learns twice as fast again: a speck is little in a bright picture, and much in that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ....contract import Gives
from ....errors import UsageError
from .resunet import ResUNet

#: the logit of a fresh network, 5 percent: damage is rare, and training begins with that known
RARE = -3.0
#: the side, in pixels, of the square whose mean a pixel is compared with
AROUND = 15
#: times that difference, which is small beside the picture
CONTRAST = 4.0


class Finder(ResUNet):
    """Makes of `[B, channels_in, H, W]` the mask `[B, 1, H, W]`, how sure it is of damage, in 0..1.

    H and W are multiples of `multiple`. `widths` and `blocks` are those of ResUNet.

    rarer: how many times rarer damage is than in training, as odds. It is trained with much, from
    which it learns more, and is as sure as it should be by this once it runs; the loss does not
    know of it.
    norm: batch to train, or none, for weights into which a trained one's norms were drawn.
    """

    tiny: ClassVar[dict[str, Any]] = {"widths": [8, 12], "blocks": 1}
    residual = False
    gives: Gives = "mask"

    def __init__(
        self,
        channels_in: int = 3,
        widths: Sequence[int] = (16, 24, 32, 48),
        blocks: int | Sequence[int] = 1,
        rarer: float = 1.0,
        norm: str = "batch",
    ) -> None:
        if not rarer > 0:
            raise UsageError(f"rarer: {rarer:g} is no ratio of odds; it has to be above 0")
        super().__init__(2 * channels_in, 1, widths, blocks, norm)
        self.channels_in = channels_in
        self.reach += AROUND // 2
        self.lower = math.log(rarer)
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
        contrast = CONTRAST * (image - _around(image))
        return super().forward(torch.cat([image - 0.5, contrast], 1))

    def forward(self, image: Tensor) -> Tensor:
        return (self.logits(image) - self.lower).sigmoid()


def _around(image: Tensor) -> Tensor:
    """The mean of the square of AROUND pixels around each pixel, as far as it is in the picture."""
    half = AROUND // 2
    down = nn.functional.avg_pool2d(image, (AROUND, 1), 1, (half, 0), count_include_pad=False)
    return nn.functional.avg_pool2d(down, (1, AROUND), 1, (0, half), count_include_pad=False)
