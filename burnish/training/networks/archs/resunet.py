"""ResUNet: the house's denoising network, plain 3x3 convolutions and ReLU.

A U-Net (Ronneberger et al. 2015) of residual blocks without any bias (Mohan et al., ICLR 2020), as
in DRUNet (Zhang et al., TPAMI 2021), behind a pixel-unshuffle by 2 as in FFDNet (Zhang et al., TIP
2018). It predicts what is to be added to its input.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, ClassVar

from torch import Tensor, nn

from ..network import Network
from .blocks import DoorConv, ResBlock


class ResUNet(Network):
    """Makes of `[B, channels_in, H, W]` the residual `[B, channels_out, H, W]`.

    H and W are multiples of `multiple`. `widths` are the channels at each scale, the first at half
    the picture's size; `blocks` the residual blocks at each scale, on the way down and again on the
    way up (the last scale has them once); one number serves all scales. `norm` is the
    normalisation within the blocks: none, or batch, where how bright the input is says nothing.
    With `packed` the input is one whose pixels were packed into channels already, such as a
    mosaic's four planes: there is no unshuffle, and the first scale has the input's own size.
    """

    tiny: ClassVar[dict[str, Any]] = {"widths": [8, 12, 16], "blocks": 1}
    residual = True
    ends = ("head", "tail")
    starts_small = ("tail",)

    def __init__(
        self,
        channels_in: int = 3,
        channels_out: int = 3,
        widths: Sequence[int] = (48, 96, 192),
        blocks: int | Sequence[int] = 2,
        norm: str = "none",
        packed: bool = False,
    ) -> None:
        super().__init__()
        widths = list(widths)
        counts = [blocks] * len(widths) if isinstance(blocks, int) else list(blocks)
        if not widths or len(counts) != len(widths):
            raise ValueError(
                f"ResUNet wants one number of blocks, or one for each of its {len(widths)} "
                f"widths, not {counts}"
            )
        self.channels_in = channels_in
        self.channels_out = channels_out
        self.door = 1 if packed else 2
        self.multiple: int = self.door * 2 ** (len(widths) - 1)
        self.reach: int = self._reach(counts, self.door)
        self.head = DoorConv(self.door**2 * channels_in, widths[0])
        scales = list(zip(widths, counts, strict=True))
        self.down_blocks = nn.ModuleList(_blocks(width, n, norm) for width, n in scales[:-1])
        self.down = nn.ModuleList(
            nn.Conv2d(a, b, 2, stride=2, bias=False) for a, b in itertools.pairwise(widths)
        )
        self.body = _blocks(*scales[-1], norm)
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(b, a, 2, stride=2, bias=False) for a, b in itertools.pairwise(widths)
        )
        self.up_blocks = nn.ModuleList(_blocks(width, n, norm) for width, n in scales[:-1])
        self.tail = nn.Conv2d(widths[0], self.door**2 * channels_out, 3, padding=1, bias=False)

    @staticmethod
    def _reach(counts: list[int], door: int) -> int:
        """Pixels to each side on which an output pixel may depend.

        Each 3x3 convolution sees one more pixel of its scale, the grids add a coarse one.
        """
        convolutions = [4 * n for n in counts[:-1]] + [2 * counts[-1]]
        convolutions[0] += 2  # the first and the last one
        strides = [door * 2**i for i in range(len(counts))]
        return sum(n * s for n, s in zip(convolutions, strides, strict=True)) + strides[-1]

    def forward(self, image: Tensor) -> Tensor:
        # [B, C, H, W] -> [B, 4 C, H / 2, W / 2]: the first scale is half the picture's size.
        x = self.head(nn.functional.pixel_unshuffle(image, 2) if self.door == 2 else image)
        skips = []
        for block, down in zip(self.down_blocks, self.down, strict=True):
            x = block(x)
            skips.append(x)
            x = down(x)
        x = self.body(x)
        for block, up in zip(reversed(self.up_blocks), reversed(self.up), strict=True):
            x = block(up(x) + skips.pop())
        residual = self.tail(x)
        return nn.functional.pixel_shuffle(residual, 2) if self.door == 2 else residual


def _blocks(width: int, count: int, norm: str) -> nn.Sequential:
    return nn.Sequential(*[ResBlock(width, norm) for _ in range(count)])
