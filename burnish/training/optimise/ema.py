"""The exponential moving average of the weights: what is validated, saved and shipped."""

from __future__ import annotations

import torch
from torch import nn


def warmed(decay: float, steps: int) -> float:
    """The share of the average that stays after that many steps.

    It is less at first, so that the initial weights are soon forgotten.
    """
    return min(decay, (1 + steps) / (10 + steps))


@torch.no_grad()
def average(ema: nn.Module, net: nn.Module, decay: float) -> None:
    """ema = decay ema + (1 - decay) net, in place; of the buffers, those that are no counts.

    The running statistics of batch normalisation are averaged as the weights are: those of the
    net as it is now do not fit weights that are the mean of earlier ones.
    """
    torch._foreach_lerp_(list(ema.parameters()), list(net.parameters()), 1 - decay)
    for kept, now in zip(ema.buffers(), net.buffers(), strict=True):
        if kept.is_floating_point():
            kept.lerp_(now, 1 - decay)
        else:
            kept.copy_(now)
