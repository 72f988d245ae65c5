"""Means: brightness and colour stay what they are over areas, whatever happens to the detail."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from .common import exact, hidden
from .loss import Loss


class Means(Loss):
    """The mean of the squared difference of local means.

    These are over windows of size x size pixels that lie side by side; those at the right and lower
    border are as large as what is left. The error of single pixels hides a shift of brightness: a
    denoiser that is told too much noise may move a whole sky by two steps and gain in L2 all the
    same.
    """

    def __init__(self, size: int = 16) -> None:
        super().__init__()
        if size < 2:
            raise ValueError(f"size must be at least 2, not {size}")
        self.size = size

    @exact
    def forward(self, restored: Tensor, clean: Tensor, weight: Tensor | None = None) -> Tensor:
        difference = hidden(restored, clean, weight) - clean
        square = self._means(difference).square()
        if weight is None:
            return square.mean()
        if weight.shape[-2:] != (1, 1):
            weight = self._means(weight)
        return (square * weight).mean()

    def _means(self, values: Tensor) -> Tensor:
        return F.avg_pool2d(values, self.size, ceil_mode=True, count_include_pad=False)
