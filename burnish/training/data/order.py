"""Which pictures a batch takes: a pure function of the seed and the epoch."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]


@lru_cache(maxsize=4)
def epoch_order(
    seed: int,
    epoch: int,
    pools: tuple[int, ...],
    weights: tuple[float, ...],
    slots: int,
    together: int,
) -> Indices:
    """The items that the `slots` crops of an epoch are cut from, [slots].

    Items are counted from 0 through all pools, whose sizes `pools` gives. Each pool gets the share
    of the crops that its weight says, and gives its items in a drawn order, from the beginning
    again where they run out. So many crops in a row as `together` says come from one pool.
    """
    orders = [
        np.random.default_rng([seed, 0, epoch, i]).permutation(size) for i, size in enumerate(pools)
    ]
    if len(pools) == 1:
        return np.resize(orders[0], slots)
    pool = np.repeat(_pools(seed, epoch, pools, weights, slots // together), together)
    chosen = np.empty(slots, np.int64)
    for i, order in enumerate(orders):
        mine = pool == i
        chosen[mine] = sum(pools[:i]) + np.resize(order, int(mine.sum())) if mine.any() else 0
    return chosen


def _pools(
    seed: int, epoch: int, pools: tuple[int, ...], weights: tuple[float, ...], n: int
) -> Indices:
    """The pool of each of n crops, in random order; an empty pool has none.

    Every pool has its share of them, rounded up or down by a draw.
    """
    rng = np.random.default_rng([seed, 2, epoch])
    ends = np.cumsum([weight if size else 0.0 for weight, size in zip(weights, pools, strict=True)])
    places = (np.arange(n) + rng.random()) / n * ends[-1]
    return rng.permutation(np.searchsorted(ends, places, side="right"))
