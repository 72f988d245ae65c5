"""ContestUNet: the U-Net of a raw denoising contest's report (ZTE 2022).

It predicts the noise of a packed Bayer frame, or of a colour picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from torch import Tensor, nn

from ..network import Network
from .ushape import UShape


class ContestUNet(Network):
    """Makes of `[B, channels, H, W]` the residual `[B, channels, H, W]`.

    H and W are multiples of 16 (the report pads to 32). A block is conv3x3 in -> in, leaky ReLU
    0.2, conv3x3 in -> out, leaky ReLU 0.2. `pooling` is max or average.
    """

    tiny: ClassVar[dict[str, Any]] = {"channels": 4, "widths": [8, 12, 16]}
    residual = True
    starts_small = ("tail",)

    def __init__(
        self,
        channels: int = 4,
        widths: Sequence[int] = (32, 64, 128, 256, 512),
        pooling: str = "max",
    ) -> None:
        super().__init__()
        self.channels_in = self.channels_out = channels
        self.body = UShape(channels, widths, _block, pooling)
        self.tail = nn.Conv2d(widths[0], channels, 1)
        self.multiple = self.body.multiple
        self.reach = self.body.reach([2] * len(widths))

    def forward(self, image: Tensor) -> Tensor:
        return self.tail(self.body(image))


def _block(a: int, b: int, _: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(a, a, 3, padding=1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(a, b, 3, padding=1),
        nn.LeakyReLU(0.2),
    )
