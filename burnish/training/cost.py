"""What a network costs: parameters, and multiply-adds for each pixel of its input."""

from __future__ import annotations

import copy

import torch
from torch.utils.flop_counter import FlopCounterMode

from .export import example
from .restorer import Restorer


def parameters(restorer: Restorer) -> int:
    return sum(p.numel() for p in restorer.net.parameters())


def multiply_adds(restorer: Restorer) -> float:
    """Of convolutions and matrix products, for each pixel of the input (per pixel, so the size matters only to networks that look at the whole picture)."""
    side = 16 * restorer.contract.multiple
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        copy.deepcopy(restorer).cpu().eval().predict(*example(restorer.contract, 1, side, side))
    return float(counter.get_total_flops()) / 2 / side**2
