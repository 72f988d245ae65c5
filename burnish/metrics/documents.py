"""How well ink was told from paper.

Paper is 1 and ink 0, and what is darker than 0.5 counts as ink in both pictures. F-measure: as in
every DIBCO contest. Pseudo F-measure: Pratikakis, Gatos, Ntirogiannis, "H-DIBCO 2010", ICFHR 2010
(recall on the ink's skeleton). DRD: Lu, Kot, Shi, "Distance-reciprocal distortion measure for
binary document images", IEEE Signal Processing Letters 2004, eqs. 1 to 4.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..errors import MissingExtra
from .pictures import Function, Planes, grey, on_planes

Ink = NDArray[np.bool_]
THRESHOLD = 0.5
#: DRD's neighbourhood reaches so far, and a block in which ink and paper are counted has this side
RADIUS, BLOCK = 2, 8


def on_ink(measure: Callable[[Ink, Ink], float]) -> Function:
    """A metric from a function of two pictures' ink [H, W], the restored one's first.

    NaN where a picture has one; UsageError for raw planes.
    """

    def of_planes(restored: Planes, clean: Planes) -> float:
        return measure(ink_of(restored), ink_of(clean))

    of_planes.__doc__ = measure.__doc__
    return on_planes(of_planes)


def ink_of(planes: Planes) -> Ink:
    """Where there is ink. [1 or 3, H, W] -> [H, W]"""
    ink: Ink = grey(planes) < THRESHOLD
    return ink


def skeleton(ink: Ink) -> Ink:
    """The ink thinned to lines of one pixel. [H, W]. MissingExtra without scikit-image.

    Zhang and Suen (CACM 1984) with scikit-image's table, which keeps the diagonal lines of two
    pixels that theirs wipes out.
    """
    try:
        from skimage.morphology import skeletonize
    except ImportError as error:
        raise MissingExtra(
            "skeletons of strokes need scikit-image, which is not installed; pip install "
            "'burnish[classical]' brings it"
        ) from error
    thinned: Ink = skeletonize(ink, method="zhang")
    return thinned


@on_ink
def f_measure(result: Ink, truth: Ink) -> float:
    """The harmonic mean of precision and recall of the ink, in %.

    It is 100 where both pictures are all paper.
    """
    found, marked = (
        np.count_nonzero(result & truth),
        np.count_nonzero(result) + np.count_nonzero(truth),
    )
    return 200 * found / marked if marked else 100.0


@on_ink
def pseudo_f_measure(result: Ink, truth: Ink) -> float:
    """The F-measure, in %, whose recall asks only for the skeleton of the true ink.

    A stroke that came out thin is still read.
    """
    if not truth.any() or not result.any():
        return 0.0 if truth.any() or result.any() else 100.0
    lines = skeleton(truth)
    precision, recall = np.mean(truth[result]), np.mean(result[lines])
    return float(200 * precision * recall / (precision + recall)) if precision + recall else 0.0


@on_ink
def drd(result: Ink, truth: Ink) -> float:
    """Distance-reciprocal distortion, from 0.

    Every wrong pixel counts the share of its true 5x5 neighbourhood that differs from it, near ones
    more. The sum is divided by the number of 8x8 blocks of the clean picture in which ink and paper
    meet. Neighbours outside the picture count nothing, and neither do blocks that stick out. It is
    infinite where something is wrong and no block is mixed.
    """
    wrong, total = result != truth, 0.0
    if not wrong.any():
        return 0.0
    offsets = [
        (y, x) for y in range(-RADIUS, RADIUS + 1) for x in range(-RADIUS, RADIUS + 1) if y or x
    ]
    for y, x in offsets:
        here, there = _overlap(wrong.shape, y, x), _overlap(wrong.shape, -y, -x)
        total += np.count_nonzero(wrong[here] & (truth[there] != result[here])) / math.hypot(y, x)
    mixed = _mixed_blocks(truth)
    return total / sum(1 / math.hypot(y, x) for y, x in offsets) / mixed if mixed else math.inf


def _overlap(shape: tuple[int, ...], y: int, x: int) -> tuple[slice, slice]:
    """The part of a picture whose neighbours at that offset are in it, too."""
    return slice(max(0, -y), max(0, shape[0] - max(0, y))), slice(
        max(0, -x), max(0, shape[1] - max(0, x))
    )


def _mixed_blocks(ink: Ink) -> int:
    height, width = (side // BLOCK for side in ink.shape)
    shares = (
        ink[: height * BLOCK, : width * BLOCK].reshape(height, BLOCK, width, BLOCK).mean((1, 3))
    )
    return int(np.count_nonzero((shares > 0) & (shares < 1)))
