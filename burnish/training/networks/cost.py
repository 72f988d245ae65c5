"""The cost of a network: parameters, and multiply-adds for each pixel of its input."""

from __future__ import annotations

import copy

import torch
from torch.utils.flop_counter import FlopCounterMode

from .export import example
from .restorer import Restorer

#: pixels of a side on which operations are counted, where sixteen times the multiple would be more
ENOUGH = 256


def parameters(restorer: Restorer) -> int:
    return sum(p.numel() for p in restorer.net.parameters())


def multiply_adds(restorer: Restorer) -> float:
    """Counts those of convolutions and matrix products for each further pixel of the input.

    Filters that are computed once for a picture are free by that.
    """
    multiple = restorer.contract.multiple
    side = multiple * min(16, max(1, ENOUGH // multiple))
    alone = copy.deepcopy(restorer).cpu().eval().requires_grad_(False)
    small, large = (_operations(alone, size) for size in (side, 2 * side))
    return (large - small) / 2 / (3 * side**2)


def _operations(restorer: Restorer, side: int) -> float:
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        restorer.predict(*example(restorer.contract, 1, side, side))
    return float(counter.get_total_flops())
