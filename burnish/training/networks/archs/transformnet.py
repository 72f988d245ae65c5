"""TransformNet: the picture-to-picture network of Johnson, Alahi, Fei-Fei (ECCV 2016).

It has instance norm (Ulyanov et al., 2016) or the paper's batch norm.
"""

from __future__ import annotations

from typing import Any, ClassVar

from torch import Tensor, nn

from ..network import Network
from .blocks import NORMS, norm_of


class TransformNet(Network):
    """Makes of `[B, channels, H, W]` the picture `[B, channels, H, W]`.

    H and W are multiples of 8 (the paper's reflecting borders want more than a few pixels). It is a
    9x9 convolution, two of stride 2, residual blocks at a quarter of the size, nearest enlarging
    with 3x3 convolutions (in place of the paper's transposed ones; Odena et al., Distill 2016), and
    a 9x9 at the end. With 32 channels and 5 blocks it has 1.68 M parameters. `norm` is instance,
    which looks at the whole picture, so there are no tiles; batch, or none.
    """

    tiny: ClassVar[dict[str, Any]] = {"width": 8, "blocks": 1}
    multiple = 8

    def __init__(
        self, channels: int = 3, width: int = 32, blocks: int = 5, norm: str = "instance"
    ) -> None:
        super().__init__()
        self.channels_in = self.channels_out = channels
        wide = 4 * width
        self.down = nn.Sequential(
            *(*_conv(channels, width, 9, norm), nn.ReLU()),
            *(*_conv(width, 2 * width, 3, norm, stride=2), nn.ReLU()),
            *(*_conv(2 * width, wide, 3, norm, stride=2), nn.ReLU()),
        )
        self.blocks = nn.ModuleList(
            nn.Sequential(*_conv(wide, wide, 3, norm), nn.ReLU(), *_conv(wide, wide, 3, norm))
            for _ in range(blocks)
        )
        self.up = nn.Sequential(
            *(nn.Upsample(scale_factor=2), *_conv(wide, 2 * width, 3, norm), nn.ReLU()),
            *(nn.Upsample(scale_factor=2), *_conv(2 * width, width, 3, norm), nn.ReLU()),
            nn.Conv2d(width, channels, 9, padding=4, padding_mode="reflect"),
        )
        # full size: 4 (9x9) + 1 (first stride) + 1 (last 3x3) + 4 (9x9); half: 1 + 1; quarter: two
        # for each block; and the grid
        self.reach = None if norm == "instance" else 10 + 2 * 2 + 4 * 2 * blocks + 4

    def forward(self, image: Tensor) -> Tensor:
        x = self.down(image)
        for block in self.blocks:
            x = x + block(x)
        return self.up(x)


def _conv(a: int, b: int, kernel: int, norm: str, stride: int = 1) -> tuple[nn.Module, nn.Module]:
    return nn.Conv2d(a, b, kernel, stride, kernel // 2, padding_mode="reflect"), norm_of(
        norm, b, tuple(NORMS)
    )
