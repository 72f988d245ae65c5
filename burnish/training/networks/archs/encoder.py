"""Encoder: features of a picture at several sizes, for losses that look at more than pixels.

Its filters come from pictures alone, without labels and without weights of others
(`python -m benchmarks.encoder`): each layer's are the middles of clusters of what comes into it
(Coates and Ng, "Learning feature representations with k-means", 2012).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar

from torch import Tensor, nn

from ..network import Network

#: what halves a scale
POOLS: dict[str, Callable[[], nn.Module]] = {
    "average": partial(nn.AvgPool2d, 2),
    "maximum": partial(nn.MaxPool2d, 3, 2, ceil_mode=True),
}


class Encoder(Network):
    """Makes of `[B, 3, H, W]` its features, and of the last of these the picture, coarsely.

    H and W are multiples of `multiple`. `scales` are modules whose outputs are the features, none
    below 0, each at half the size of the one before: as many channels as `widths` says, after as
    many 3x3 convolutions as `depths` says. The first scale has the picture's size, or half of it
    where `first` is 2, the stride of the first convolution. `pool` says what halves the others:
    the average of 2x2, or the maximum of 3x3. `back` is one linear layer that makes pixels of the
    last features.
    """

    tiny: ClassVar[dict[str, Any]] = {"widths": [4, 6], "depths": [2, 1]}

    def __init__(
        self,
        widths: Sequence[int] = (24, 48, 96, 160),
        depths: Sequence[int] = (2, 2, 3, 2),
        first: int = 1,
        pool: str = "average",
    ) -> None:
        super().__init__()
        if len(widths) != len(depths) or not widths or min(depths) < 1:
            raise ValueError(f"as many depths, of 1 and more, as widths: {depths} for {widths}")
        if first not in (1, 2) or pool not in POOLS:
            raise ValueError(f"first is 1 or 2, pool one of {sorted(POOLS)}: {first}, {pool!r}")
        self.widths = tuple(widths)
        self.multiple = first * 2 ** (len(widths) - 1)
        self.scales = nn.ModuleList()
        before = 3
        for i, (width, depth) in enumerate(zip(widths, depths, strict=True)):
            layers: list[nn.Module] = [POOLS[pool]()] if i else []
            for _ in range(depth):
                stride = 1 if layers else first
                layers += [nn.Conv2d(before, width, 3, stride, padding=1), nn.ReLU()]
                before = width
            self.scales.append(nn.Sequential(*layers))
        self.back = nn.Conv2d(before, 3 * self.multiple**2, 1)
        self.reach = self.multiple + first * sum(depth * 2**i for i, depth in enumerate(depths))

    def encoded(self, image: Tensor) -> list[Tensor]:
        """The features of every scale, [B, C, h, w], the finest first."""
        found = []
        seen = image - 0.5
        for scale in self.scales:
            seen = scale(seen)
            found.append(seen)
        return found

    def forward(self, image: Tensor) -> Tensor:
        coarse = self.back(self.encoded(image)[-1])
        return nn.functional.pixel_shuffle(coarse, self.multiple) + 0.5
