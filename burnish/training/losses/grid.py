"""Grid: what a network that enlarges does to each place in its blocks of pixels alike.

It makes `scale` x `scale` pixels of one (Shi et al., CVPR 2016), each by filters of its own. Where
a loss wants texture, the cheapest is to make some of these places lighter and others darker.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from .common import exact, hidden, least_under, weighted_mean
from .loss import Loss


class Grid(Loss):
    """How far the places of a block lie apart, on the mean over `window` x `window` blocks.

    restored - clean is taken for each of the `scale` x `scale` places of a block by itself, and the
    mean over neighbouring blocks of it, less that of all places; the loss is the mean of its
    absolute values. Detail that differs from block to block costs little, and a grid all of it. H
    and W are cut to multiples of `scale`; windows overlap by half, and count what the least of
    their places counts.
    """

    def __init__(self, scale: int, window: int = 6) -> None:
        super().__init__()
        if scale < 2 or window < 2:
            raise ValueError(f"scale and window are 2 or more, not {scale} and {window}")
        self.scale = scale
        self.window = window
        self.least = scale * window

    @exact
    def forward(self, restored: Tensor, clean: Tensor, weight: Tensor | None = None) -> Tensor:
        scale, window = self.scale, self.window
        height, width = (side // scale * scale for side in restored.shape[-2:])
        error = (hidden(restored, clean, weight) - clean)[..., :height, :width]
        places = F.avg_pool2d(F.pixel_unshuffle(error, scale), window, window // 2)
        batch, planes, rows, columns = places.shape
        means = places.view(batch, planes // scale**2, scale**2, rows, columns)
        apart = (means - means.mean(2, keepdim=True)).abs().mean(2)
        return weighted_mean(apart, self._of_windows(weight, height, width))

    def _of_windows(self, weight: Tensor | None, height: int, width: int) -> Tensor | None:
        """The weight of each window of blocks, [B, 1 or C, rows, columns]."""
        if weight is None or weight.shape[-2:] == (1, 1):
            return weight
        side, step = self.scale * self.window, self.scale * (self.window // 2)
        least = least_under(weight[..., :height, :width], side, side)
        assert least is not None
        return least[..., ::step, ::step]
