"""AdaFMNet: the host network of AdaFM (He, Dong, Qiao, CVPR 2019).

It has residual blocks at half the picture's size; FTN and others were compared on it.
"""

from __future__ import annotations

from typing import Any, ClassVar

from torch import Tensor, nn

from ..network import Layer, Network
from .blocks import Enlarge


class AdaFMNet(Network):
    """Makes of `[B, channels_in, H, W]` the picture `[B, channels_out, H, W]`.

    With `residual` it makes what is to be added to the picture. H and W are multiples of 2. It is a
    3x3 convolution of stride 2, `blocks` of convolution, ReLU, convolution and skip, a convolution
    and a long skip, PixelShuffle by 2, two convolutions. With 64 channels and 16 blocks it has
    1,406,787 parameters. The first convolution pads by replication, so that a level plane folds
    into it.
    """

    tiny: ClassVar[dict[str, Any]] = {"width": 8, "blocks": 2}
    multiple = 2
    ends = ("head", "tail")
    starts_small = (
        "head",
        "after",
        "fine",
        "tail",
    )  # the paper draws every convolution at a tenth; here the one before the shuffle is not

    def __init__(
        self,
        channels_in: int = 3,
        channels_out: int = 3,
        width: int = 64,
        blocks: int = 16,
        residual: bool = False,
    ) -> None:
        super().__init__()
        self.channels_in = channels_in
        self.channels_out = channels_out
        self.residual = residual
        self.head = nn.Conv2d(channels_in, width, 3, stride=2, padding=1, padding_mode="replicate")
        self.blocks = nn.Sequential(*(Block(width) for _ in range(blocks)))
        self.after = nn.Conv2d(width, width, 3, padding=1)
        self.enlarge = Enlarge(width, 2, icnr=False)
        self.fine = nn.Conv2d(width, width, 3, padding=1)
        self.tail = nn.Conv2d(width, channels_out, 3, padding=1)
        self.reach = (
            2 + 2 * (2 * blocks + 1) + 2 * self.enlarge.reach + 2 + 1
        )  # the door and its grid, at half the size, the two convolutions, the grid

    def forward(self, image: Tensor) -> Tensor:
        x = self.head(image)
        x = self.enlarge(x + self.after(self.blocks(x)))
        return self.tail(self.fine(x).relu())


class Block(Layer):
    """x + conv(ReLU(conv(x)))"""

    starts_small = ("conv1", "conv2")

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv2(self.conv1(x).relu())
