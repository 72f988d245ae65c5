"""What is asked of planes again and again in mending: them blurred, and how far values spread."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...contract import Array


def blurred(plane: Array, times: int = 1) -> Array:
    """A plane [H, W] by 1, 2, 1 along both axes so many times, mirrored at the border."""
    for _ in range(times):
        wide = np.pad(plane, 1, "symmetric")
        tall = wide[:, :-2] + 2 * wide[:, 1:-1] + wide[:, 2:]
        plane = np.asarray((tall[:-2] + 2 * tall[1:-1] + tall[2:]) / np.float32(16), np.float32)
    return plane


def spread(values: NDArray[Any]) -> float:
    """Their standard deviation, as the median of their distances from 0 tells it."""
    return 1.4826 * float(np.median(np.abs(values)))
