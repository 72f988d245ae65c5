"""Gram: which channels go together, wherever that is (Gatys, Ecker and Bethge, CVPR 2016).

As the distance of a Perceptual it is the style loss.
"""

from __future__ import annotations

from torch import Tensor

from .common import exact, hidden, of_picture, weighted_mean
from .loss import Loss


class Gram(Loss):
    """The loss ||G(restored) - G(clean)||^2, summed over the C x C matrix, the mean over the batch.

    G is psi psi^T / (C H W) with psi [C, H W] (Johnson et al. 2016). PyTorch ports that take the
    mean over the matrix instead give C^2 times less, and so have larger weights. Where nothing
    counts the clean values stand in for the restored ones.
    """

    @exact
    def forward(self, restored: Tensor, clean: Tensor, weight: Tensor | None = None) -> Tensor:
        error = gram(hidden(restored, clean, weight)) - gram(clean)
        return weighted_mean(error.square().sum((1, 2))[:, None, None, None], of_picture(weight))


def gram(values: Tensor) -> Tensor:
    """[B, C, H, W] -> [B, C, C]"""
    flat = values.flatten(2)
    return flat @ flat.mT / (flat.shape[1] * flat.shape[2])
