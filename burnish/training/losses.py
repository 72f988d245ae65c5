"""Losses: (restored [B, C, H, W], clean, weight or None) -> a scalar. The weight, [B, 1, 1, 1] or [B, 1 or C, H, W], multiplies every element first."""

from __future__ import annotations

import torch
from torch import Tensor, nn

LOSSES = {
    "L1": "burnish.training.losses:L1",
    "L2": "burnish.training.losses:L2",
    "Charbonnier": "burnish.training.losses:Charbonnier",
    "PSNR": "burnish.training.losses:PSNR",
}


class L1(nn.Module):
    """The mean of |restored - clean|."""

    def forward(self, restored: Tensor, clean: Tensor, weight: Tensor | None = None) -> Tensor:
        return weighted_mean((restored - clean).abs(), weight)


class L2(nn.Module):
    """The mean of (restored - clean)^2."""

    def forward(self, restored: Tensor, clean: Tensor, weight: Tensor | None = None) -> Tensor:
        return weighted_mean((restored - clean).square(), weight)


class Charbonnier(nn.Module):
    """The mean of sqrt((restored - clean)^2 + eps^2): L1 with a round bottom (Charbonnier et al., ICIP 1994)."""

    def __init__(self, eps: float = 1e-3) -> None:
        super().__init__()
        if eps <= 0:
            raise ValueError(f"eps must be above 0, not {eps:g}")
        self.eps = eps

    def forward(self, restored: Tensor, clean: Tensor, weight: Tensor | None = None) -> Tensor:
        return weighted_mean(((restored - clean).square() + self.eps**2).sqrt(), weight)


class PSNR(nn.Module):
    """Minus the mean over the pictures of 10 log10(1 / MSE): what is reported is what is minimised (Chen et al., CVPRW 2021).

    eps, in squares of [0, 1], keeps a perfect picture finite.
    """

    def __init__(self, eps: float = 1e-6) -> None:
        super().__init__()
        if eps <= 0:
            raise ValueError(f"eps must be above 0, not {eps:g}")
        self.eps = eps

    def forward(self, restored: Tensor, clean: Tensor, weight: Tensor | None = None) -> Tensor:
        error = (restored - clean).square()
        if weight is not None:
            error = weight * error
        return 10 * torch.log10(error.mean((1, 2, 3)) + self.eps).mean()


def weighted_mean(error: Tensor, weight: Tensor | None) -> Tensor:
    return error.mean() if weight is None else (weight * error).mean()


def level_weight(level: Tensor, reference: float, offset: float, power: float) -> Tensor:
    """(reference / (level + offset)) ** power, so that strong damage does not drown weak damage. level [B, 1, 1, 1] or [B, 1, H, W] -> the same shape."""
    return torch.pow(reference / (level + offset), power)
