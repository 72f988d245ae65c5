"""How well damage was found: F1, precision and recall of a mask, at several thresholds.

A mask says of each pixel how sure a network is of damage there, and the true one how damaged it is
(`degrade/marks.py`): 1 where it is covered by a half or more, and in proportion where by less.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .metric import Metric
from .pictures import Planes, on_planes

Marked = NDArray[np.bool_]
#: how damaged a pixel is, at least, where it counts as damaged: it is covered by a quarter
DAMAGED = 0.5
#: how sure a network is, at least, of what counts as found
THRESHOLDS = (0.25, 0.5, 0.75)


def precision(found: Marked, true: Marked) -> float:
    """The share of what was found that is damaged; 1 where nothing was found."""
    count = np.count_nonzero(found)
    return np.count_nonzero(found & true) / count if count else 1.0


def recall(found: Marked, true: Marked) -> float:
    """The share of what is damaged that was found; 1 where nothing is damaged."""
    count = np.count_nonzero(true)
    return np.count_nonzero(found & true) / count if count else 1.0


def f1(found: Marked, true: Marked) -> float:
    """The harmonic mean of precision and recall; 1 where nothing is damaged and nothing found."""
    count = np.count_nonzero(found) + np.count_nonzero(true)
    return 2 * np.count_nonzero(found & true) / count if count else 1.0


MEASURES = {"F1": f1, "precision": precision, "recall": recall}


def _metric(name: str, threshold: float) -> Metric:
    @on_planes
    def function(mask: Planes, true: Planes) -> float:
        return MEASURES[name](mask[0] >= threshold, true[0] >= DAMAGED)

    stamp = f"{name}[damage, sure of {threshold:g}, damaged by {DAMAGED:g}, crop {{crop}}]"
    return Metric(f"{name.lower()}-{threshold:g}", stamp, function, 4)


#: what a network that gives masks is measured by, in place of PSNR and SSIM
MASKS = tuple(_metric(name, threshold) for name in MEASURES for threshold in THRESHOLDS)
