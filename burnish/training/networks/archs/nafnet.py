"""NAFNet (Chen, Chu, Zhang, Sun, "Simple baselines for image restoration", ECCV 2022).

It is a U-Net of blocks without activations, gated by multiplication.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ..network import Layer, Network
from .blocks import ChannelNorm


class NAFNet(Network):
    """Makes of `[B, channels, H, W]` the residual `[B, channels, H, W]`.

    `down`, `middle` and `up` are the blocks at each scale. The paper's denoiser has width 32 or 64
    and these numbers (29.16 M parameters, 16.2 G multiply-adds at 256x256; 115.9 M, 63.6 G), its
    deblurrer down [1, 1, 1, 28], middle 1, up [1, 1, 1, 1]. Its attention averages over the whole
    picture, so there are no tiles.
    """

    tiny: ClassVar[dict[str, Any]] = {"width": 8, "down": [1], "middle": 1, "up": [1]}
    residual = True
    starts_small = ("tail",)

    def __init__(
        self,
        channels: int = 3,
        width: int = 32,
        down: Sequence[int] = (2, 2, 4, 8),
        middle: int = 12,
        up: Sequence[int] = (2, 2, 2, 2),
    ) -> None:
        super().__init__()
        if len(down) != len(up) or not down:
            raise ValueError(
                f"down and up want one number of blocks for each scale, not {list(down)} and "
                f"{list(up)}"
            )
        self.channels_in = self.channels_out = channels
        self.multiple: int = 2 ** len(down)
        widths = [width * 2**i for i in range(len(down) + 1)]
        self.head = nn.Conv2d(channels, width, 3, padding=1)
        self.down_blocks = nn.ModuleList(_blocks(w, n) for w, n in zip(widths, down, strict=False))
        self.down = nn.ModuleList(nn.Conv2d(w, 2 * w, 2, stride=2) for w in widths[:-1])
        self.middle = _blocks(widths[-1], middle)
        self.up = nn.ModuleList(
            nn.Sequential(nn.Conv2d(2 * w, 4 * w, 1, bias=False), nn.PixelShuffle(2))
            for w in reversed(widths[:-1])
        )
        self.up_blocks = nn.ModuleList(
            _blocks(w, n) for w, n in zip(reversed(widths[:-1]), up, strict=True)
        )
        self.tail = nn.Conv2d(width, channels, 3, padding=1)

    def forward(self, image: Tensor) -> Tensor:
        x = self.head(image)
        skips = []
        for blocks, down in zip(self.down_blocks, self.down, strict=True):
            x = blocks(x)
            skips.append(x)
            x = down(x)
        x = self.middle(x)
        for up, blocks in zip(self.up, self.up_blocks, strict=True):
            x = blocks(up(x) + skips.pop())
        return self.tail(x)


class NAFBlock(Layer):
    """Two gated branches, each times a learned vector that starts at 0.

    The first is a depthwise 3x3 with channel attention, the second a 1x1 network.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm1 = ChannelNorm(width)
        self.norm2 = ChannelNorm(width)
        self.spread = nn.Conv2d(width, 2 * width, 1)
        self.depthwise = nn.Conv2d(2 * width, 2 * width, 3, padding=1, groups=2 * width)
        self.attention = nn.Conv2d(width, width, 1)
        self.gather = nn.Conv2d(width, width, 1)
        self.widen = nn.Conv2d(width, 2 * width, 1)
        self.narrow = nn.Conv2d(width, width, 1)
        self.beta = nn.Parameter(torch.zeros(1, width, 1, 1))
        self.gamma = nn.Parameter(torch.zeros(1, width, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        seen = _gate(self.depthwise(self.spread(self.norm1(x))))
        x = x + self.beta * self.gather(seen * self.attention(seen.mean((2, 3), keepdim=True)))
        return x + self.gamma * self.narrow(_gate(self.widen(self.norm2(x))))


def _gate(x: Tensor) -> Tensor:
    first, second = x.chunk(2, 1)
    return first * second


def _blocks(width: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(NAFBlock(width) for _ in range(count)))
