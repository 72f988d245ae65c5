"""Dirt: what lives in one frame, and neither the one before nor the next one knows of.

Both neighbours, moved to the frame, agree there, and the frame is brighter than all that they have
around the place, or darker (spike and rank-order detection: Kokaram, "On missing data treatment for
degraded video and film archives", 2004). Where they disagree, something moved that was not
followed, or was covered or uncovered, and nothing is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from ...contract import Array
from .library import opencv
from .marks import Marked, connected, grown, thin
from .motion import carried, flow, small, together
from .moved import without_moved
from .sights import Sight
from .witnesses import View, Witness, viewed, witnesses

#: a seed of dirt stands out by so many times what the neighbours differ by around it, and 8-bit
#: steps above that
SEED = (4.0, 8.0)
#: what hangs together with a seed stands out by so many
REST = (1.4, 3.0)
#: the sides of the squares that are around it, in pixels: the one that differs more counts
AROUND = (7, 31)
#: differences larger than this count as this, in 8-bit steps
CAP = 30.0
#: and by more than so many times what they differ by at the very place
AGREED = 1.0
#: at the end of a shot both witnesses are on one side, and it has to stand out by so much more
ONE_SIDED = 2.0
#: a spread, as a multiple of the median
MEDIAN = 1.4826
#: what is broader than this, in pixels, draws the motion that was found there after itself
BROAD = 12
#: damage has soft edges: what lies so near to it, in pixels, is mended too
EDGE = 1


@dataclass(frozen=True)
class Found:
    """What was found in a frame."""

    #: the dirt, with its edges, [H, W]
    marked: Marked
    #: the frame's witnesses, as it sees them
    views: tuple[View, ...]
    #: the spread of the grain in 8-bit steps
    grain: float


def glanced(sights: Sequence[Sight], here: int, sensitivity: float) -> Sight:
    """The frame with what a first glance takes for dirt, so that its neighbours are looked at well.

    A frame that has no witnesses comes back as it is.
    """
    sight = sights[here]
    around, two_sided = witnesses(sights, here)
    if not around or sensitivity == 0:
        return sight
    views = together(lambda witness: viewed(witness, witness.flow), around)
    marked = _standing_out(sight.clear, views, _times(sensitivity, two_sided))
    if not marked.any():
        return sight
    broad = ~thin(marked, BROAD) & marked
    marked = grown(marked, EDGE)
    if broad.any():
        lost = grown(broad, 2 * BROAD)
        views = together(lambda each: viewed(each, carried(each.flow, lost)), around)
    known = np.stack([luma[marked] for view in views for luma in view.luma])
    clear = sight.clear.copy()
    clear[marked] = np.median(known, 0)
    return replace(sight, clear=clear, dirty=sight.dirty | marked)


def found_in(sights: Sequence[Sight], here: int, sensitivity: float, size: float) -> Found | None:
    """The dirt and the lines of a frame, by neighbours of which a first glance has taken the dirt.

    sensitivity: from 0, which finds no dirt, to 100. size: what is thicker than so many percent of
    the height is no dirt. None where there is neither, or there are no two that could tell.
    """
    sight = sights[here]
    around, two_sided = witnesses(sights, here)
    # Where a first glance saw no dirt, here and in the witnesses, a second one sees the same.
    dirty = sight.dirty.any() or any(witness.sight.dirty.any() for witness in around)
    wanted = bool(around) and sensitivity > 0
    if not dirty or (sight.lines is None and not wanted):
        return None
    views = together(lambda witness: _looked_at(sight, witness), around)
    grain = _grain(views)
    marked = np.zeros(sight.luma.shape, np.bool_) if sight.lines is None else sight.lines
    if wanted:
        dirt = _standing_out(sight.luma, views, _times(sensitivity, two_sided)) & ~marked
        if dirt.any():
            dirt = without_moved(dirt, sight.luma, views, grain)
            dirt = thin(dirt, max(2, round(size / 100 * marked.shape[0])))
            marked = marked | grown(dirt, EDGE)
    return Found(marked, tuple(views), grain) if marked.any() else None


def _times(sensitivity: float, two_sided: bool) -> float:
    """By how much dirt has to stand out, as a share of what it has to at the default of 50."""
    return float(2.0 ** ((50 - sensitivity) / 25)) * (1.0 if two_sided else ONE_SIDED)


def _looked_at(sight: Sight, witness: Witness) -> View:
    """A witness, with the motion between two frames that are clear of dirt."""
    width = sight.luma.shape[1]
    return viewed(witness, flow(small(sight.clear), small(witness.sight.clear), width))


def _grain(views: Sequence[View]) -> float:
    """The spread of the grain in 8-bit steps, by what two witnesses differ; 0 without any."""
    if not views:
        return 0.0
    first, second = (view.luma[0][::4, ::4] for view in views)
    return MEDIAN / 2**0.5 * float(np.median(np.abs(first - second)))


def _standing_out(luma: Array, views: Sequence[View], times: float) -> Marked:
    """What stands out from all that the witnesses have there, [H, W]."""
    cv2 = opencv()
    square = np.ones((3, 3), np.uint8)
    first, second = (view.luma for view in views)
    top = reduce(np.maximum, first + second)
    bottom = reduce(np.minimum, first + second)
    standing = np.maximum(luma - top, bottom - luma)
    ranked = np.maximum(luma - cv2.dilate(top, square), cv2.erode(bottom, square) - luma)
    apart = reduce(np.minimum, (np.abs(one - two) for one in first for two in second))
    capped = np.minimum(apart, np.float32(CAP))
    unsure = reduce(np.maximum, (cv2.blur(capped, (side, side)) for side in AROUND))
    agreed = standing > AGREED * cv2.blur(apart, (3, 3))
    seed, rest = (
        np.float32(times) * (np.float32(share) * unsure + np.float32(step))
        for share, step in (SEED, REST)
    )
    return connected((standing > rest) & agreed, (ranked > seed) & agreed)
