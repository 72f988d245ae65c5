"""ConvNeXtUNet: a U-Net of ConvNeXt-like blocks (Liu et al., CVPR 2022).

It is from a raw denoising contest's report (ZTE 2022), for the study of kernel and width.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ..network import Layer, Network
from .blocks import ChannelNorm
from .ushape import UShape


class ConvNeXtUNet(Network):
    """Makes of `[B, channels, H, W]` the residual `[B, channels, H, W]`.

    `kernels` are those of the depthwise convolutions, one odd number for all scales or one for
    each; the report's studies have 3, 3, 3, 3 at these widths, and 23, 23, 23, 17, 3 at widths 16,
    32, 64, 128, 256. `pooling` is max or average.
    """

    tiny: ClassVar[dict[str, Any]] = {"channels": 4, "widths": [8, 12, 16], "kernels": [5, 3, 3]}
    residual = True
    starts_small = ("tail",)

    def __init__(
        self,
        channels: int = 4,
        widths: Sequence[int] = (128, 256, 512, 1024),
        kernels: int | Sequence[int] = 9,
        pooling: str = "max",
    ) -> None:
        super().__init__()
        sizes = [kernels] * len(widths) if isinstance(kernels, int) else list(kernels)
        if len(sizes) != len(widths) or any(size < 1 or size % 2 == 0 for size in sizes):
            raise ValueError(
                f"kernels wants one odd number, or one for each of the {len(widths)} widths, "
                f"not {sizes}"
            )
        self.channels_in = self.channels_out = channels
        self.body = UShape(channels, widths, lambda a, b, i: ConvNeXtBlock(a, b, sizes[i]), pooling)
        self.norm = ChannelNorm(widths[0])
        self.tail = nn.Conv2d(widths[0], channels, 1)
        self.multiple = self.body.multiple
        self.reach = self.body.reach([size // 2 for size in sizes])

    def forward(self, image: Tensor) -> Tensor:
        return self.tail(self.norm(self.body(image)))


class ConvNeXtBlock(Layer):
    """A block conv1x1(x) + amount * branch(x).

    The branch is a depthwise kernel, norm, 1x1 to twice the channels, GELU, 1x1 back. `amount` is
    one learned number that starts at 0.
    """

    def __init__(self, channels_in: int, channels_out: int, kernel: int) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            nn.Conv2d(channels_in, channels_in, kernel, padding=kernel // 2, groups=channels_in),
            ChannelNorm(channels_in),
            nn.Conv2d(channels_in, 2 * channels_in, 1),
            nn.GELU(),
            nn.Conv2d(2 * channels_in, channels_out, 1),
        )
        self.straight = nn.Conv2d(channels_in, channels_out, 1)
        self.amount = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        return self.straight(x) + self.amount * self.branch(x)
