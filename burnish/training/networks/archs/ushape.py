"""The skeleton that several U-Nets share (Ronneberger et al., MICCAI 2015).

It is blocks with pooling between them on the way down, and transposed convolutions up.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from ..network import Layer

#: how two pixels a side become one
POOLINGS: dict[str, Callable[[], nn.Module]] = {
    "max": lambda: nn.MaxPool2d(2),
    "average": lambda: nn.AvgPool2d(2),
}


class UShape(Layer):
    """Makes of `[B, channels_in, H, W]` the features `[B, widths[0], H, W]`.

    H and W are multiples of `multiple`. block(channels in, channels out, scale) makes what stands
    at each scale, from 0: once on the way down, and once on the way up, where it takes what came
    from below beside what was there on the way down. `pooling` is max or average.
    """

    def __init__(
        self,
        channels_in: int,
        widths: Sequence[int],
        block: Callable[[int, int, int], nn.Module],
        pooling: str = "max",
    ) -> None:
        super().__init__()
        if len(widths) < 2:
            raise ValueError(f"widths wants two scales and more, not {list(widths)}")
        if pooling not in POOLINGS:
            raise ValueError(f"there is no pooling {pooling!r}; the choices: {', '.join(POOLINGS)}")
        self.multiple: int = 2 ** (len(widths) - 1)
        self.pool = POOLINGS[pooling]()
        self.down = nn.ModuleList(
            block(a, b, i) for i, (a, b) in enumerate(itertools.pairwise([channels_in, *widths]))
        )
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(b, a, 2, stride=2) for a, b in itertools.pairwise(widths)
        )
        self.merge = nn.ModuleList(block(2 * w, w, i) for i, w in enumerate(widths[:-1]))

    def reach(self, radii: Sequence[int]) -> int:
        """Pixels to each side that a result depends on.

        A block at each scale sees so many of its own; the pooling's grids add the coarsest one.
        """
        down = sum(r * 2**i for i, r in enumerate(radii))
        up = sum(r * 2**i for i, r in enumerate(radii[:-1]))
        return down + up + self.multiple

    def forward(self, x: Tensor) -> Tensor:
        skips = []
        for i, block in enumerate(self.down):
            x = block(self.pool(x) if i else x)
            skips.append(x)
        skips.pop()
        for up, merge in zip(reversed(self.up), reversed(self.merge), strict=True):
            x = merge(torch.cat([skips.pop(), up(x)], 1))
        return x
