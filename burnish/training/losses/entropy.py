"""Binary cross-entropy, for pictures of two kinds of pixels such as paper (1) and ink (0)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ...errors import UsageError
from .common import exact, weighted_mean
from .loss import Loss


class BCE(Loss):
    """The mean of -(p clean log restored + (1 - clean) log(1 - restored)).

    The network gives probabilities; UsageError for values outside [0, 1]. What a place counts where
    clean is 1, p, is `pos_weight`, 1 without it. With white = 1 that is the paper, not the ink: the
    usual p = negatives / positives is then ink / (1 - ink), about 0.01 for a written page. `eps`
    keeps the logarithms finite.
    """

    def __init__(self, pos_weight: float | None = None, eps: float = 1e-7) -> None:
        super().__init__()
        self.pos_weight = _checked(pos_weight)
        if not 1e-7 <= eps < 0.5:
            raise ValueError(f"eps goes from 1e-7, what float32 tells from 1, to 0.5, not {eps:g}")
        self.eps = eps

    @exact
    def forward(self, restored: Tensor, clean: Tensor, weight: Tensor | None = None) -> Tensor:
        if bool(((restored < 0) | (restored > 1)).any()):
            raise UsageError(
                "BCE wants a network whose output lies in [0, 1], such as one that ends in a "
                "sigmoid; for others there is BCEWithLogits"
            )
        chance = restored.clamp(self.eps, 1 - self.eps)
        return weighted_mean(
            -(self.pos_weight * clean * torch.log(chance) + (1 - clean) * torch.log1p(-chance)),
            weight,
        )


class BCEWithLogits(Loss):
    """The same on the network's logits, which is exact where a sigmoid has long become 0 or 1.

    `pos_weight` as in BCE: with white = 1 it weighs the paper.
    """

    on_logits = True

    def __init__(self, pos_weight: float | None = None) -> None:
        super().__init__()
        self.pos_weight = _checked(pos_weight)

    @exact
    def forward(self, restored: Tensor, clean: Tensor, weight: Tensor | None = None) -> Tensor:
        error = self.pos_weight * clean * F.softplus(-restored) + (1 - clean) * F.softplus(restored)
        return weighted_mean(error, weight)


def _checked(pos_weight: float | None) -> float:
    if pos_weight is not None and not (
        isinstance(pos_weight, int | float) and 0 < pos_weight < float("inf")
    ):
        raise ValueError(f"pos_weight is a number above 0, not {pos_weight!r}")
    return 1.0 if pos_weight is None else float(pos_weight)
