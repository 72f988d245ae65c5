"""Dice: one minus the F1 of a mask, softly (Milletari, Navab, Ahmadi, V-Net, 3DV 2016, eq. 3)."""

from __future__ import annotations

from torch import Tensor

from .common import exact, of_picture, weighted_mean
from .loss import Loss


class Dice(Loss):
    """The mean over the pictures of 1 - (2 sum(m t) + e) / (sum(m m) + sum(t t) + e).

    m is the mask that a network gives, t the true one, both in [0, 1]. Every picture counts alike,
    however much of it is damaged, so that a hair is not drowned by a stain. `empty`, e, in pixels,
    is how much false damage halves what a picture without any is worth.
    """

    def __init__(self, empty: float = 20.0) -> None:
        super().__init__()
        if not 0 < empty < float("inf"):
            raise ValueError(f"empty is a number of pixels above 0, not {empty!r}")
        self.empty = float(empty)

    @exact
    def forward(self, restored: Tensor, clean: Tensor, weight: Tensor | None = None) -> Tensor:
        if weight is not None:
            counts = weight != 0
            restored = restored * counts
            clean = clean * counts
        both = (restored * clean).sum((1, 2, 3), keepdim=True)
        either = (restored.square() + clean.square()).sum((1, 2, 3), keepdim=True)
        lost = 1 - (2 * both + self.empty) / (either + self.empty)
        return weighted_mean(lost, of_picture(weight))
