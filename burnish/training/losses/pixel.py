"""Losses that look at every value by itself."""

from __future__ import annotations

import torch
from torch import Tensor

from .common import exact, of_picture, weighted_mean
from .loss import Loss


class L1(Loss):
    """The mean of |restored - clean|."""

    @exact
    def forward(self, restored: Tensor, clean: Tensor, weight: Tensor | None = None) -> Tensor:
        return weighted_mean((restored - clean).abs(), weight)


class L2(Loss):
    """The mean of (restored - clean)^2."""

    @exact
    def forward(self, restored: Tensor, clean: Tensor, weight: Tensor | None = None) -> Tensor:
        return weighted_mean((restored - clean).square(), weight)


class Charbonnier(Loss):
    """The mean of sqrt((restored - clean)^2 + eps^2): L1 with a round bottom.

    The source is Charbonnier et al. (ICIP 1994).
    """

    def __init__(self, eps: float = 1e-3) -> None:
        super().__init__()
        if eps <= 0:
            raise ValueError(f"eps must be above 0, not {eps:g}")
        self.eps = eps

    @exact
    def forward(self, restored: Tensor, clean: Tensor, weight: Tensor | None = None) -> Tensor:
        return weighted_mean(((restored - clean).square() + self.eps**2).sqrt(), weight)


class PSNR(Loss):
    """Minus the mean over the pictures of 10 log10(1 / MSE) (Chen et al., CVPRW 2021).

    What is reported is so what is minimised. `eps`, in squares of [0, 1], keeps a perfect picture
    finite.
    """

    def __init__(self, eps: float = 1e-6) -> None:
        super().__init__()
        if eps <= 0:
            raise ValueError(f"eps must be above 0, not {eps:g}")
        self.eps = eps

    @exact
    def forward(self, restored: Tensor, clean: Tensor, weight: Tensor | None = None) -> Tensor:
        error = (restored - clean).square()
        counts = of_picture(weight)
        if weight is None or counts is None:
            return self._of(error).mean()
        # What a whole picture counts stands before the logarithm, inside which it would be a
        # constant.
        return (counts.flatten() * self._of(weight / counts.clamp_min(1e-12) * error)).mean()

    def _of(self, error: Tensor) -> Tensor:
        return 10 * torch.log10(error.mean((1, 2, 3)) + self.eps)
