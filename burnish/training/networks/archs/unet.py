"""UNet (Ronneberger, Fischer, Brox, MICCAI 2015), the reference.

Its convolutions are padded, so that the picture keeps its size, and a tail enlarges it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from torch import Tensor, nn

from ..network import Network
from .blocks import Enlarge, conv_norm_relu
from .ushape import UShape


class UNet(Network):
    """`[B, channels_in, H, W]` -> the picture `[B, channels_out, scale H, scale W]`.

    At every scale two 3x3 convolutions with ReLU, between the scales max pooling and transposed 2x2
    convolutions, a 1x1 at the end: 23 convolutions, as in the paper. norm: none (the paper's) or
    batch. scale: 2 or 4 puts PixelShuffle layers before the last convolution.
    """

    tiny: ClassVar[dict[str, Any]] = {"widths": [8, 12, 16]}

    def __init__(
        self,
        channels_in: int = 3,
        channels_out: int = 3,
        widths: Sequence[int] = (64, 128, 256, 512, 1024),
        pooling: str = "max",
        norm: str = "none",
        scale: int = 1,
        icnr: bool = True,
    ) -> None:
        super().__init__()
        self.channels_in = channels_in
        self.channels_out = channels_out
        self.scale = scale

        def block(a: int, b: int, _: int) -> nn.Module:
            return nn.Sequential(*conv_norm_relu(a, b, norm), *conv_norm_relu(b, b, norm))

        self.body = UShape(channels_in, widths, block, pooling)
        self.enlarge = Enlarge(widths[0], scale, icnr)
        self.tail = nn.Conv2d(widths[0], channels_out, 1)
        convolutions = [name for name, layer in self.named_modules() if type(layer) is nn.Conv2d]
        self.ends = (convolutions[0], convolutions[-1])
        self.multiple = self.body.multiple
        self.reach = self.body.reach([2] * len(widths)) + self.enlarge.reach

    def forward(self, image: Tensor) -> Tensor:
        return self.tail(self.enlarge(self.body(image)))
