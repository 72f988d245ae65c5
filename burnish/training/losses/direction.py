"""Direction: how far two activations point apart, however strong they are.

It is what LPIPS takes of each layer (Zhang et al., CVPR 2018), without its learnt weights. A faint
texture counts as much as a strong one, as it does to the eye.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from .common import exact, hidden, weighted_mean
from .loss import Loss

#: the length from below which an activation counts as none
LEAST = 1e-6


class Direction(Loss):
    """The mean over places of the squared distance of their channels, brought to length 1.

    It is 2 - 2 cos of the angle between them: 0 to 2 where none is below 0.
    """

    @exact
    def forward(self, restored: Tensor, clean: Tensor, weight: Tensor | None = None) -> Tensor:
        return weighted_mean(
            turned(hidden(restored, clean, weight), clean, LEAST),
            None if weight is None else weight.mean(1, keepdim=True),
        )


def turned(one: Tensor, other: Tensor, least: float) -> Tensor:
    """The squared distance of the channels of each place, brought to length 1. [B, 1, h, w]

    least: the length from below which channels count as none.
    """
    a, b = (F.normalize(x, eps=least) for x in (one, other))
    return (a - b).square().sum(1, keepdim=True)
