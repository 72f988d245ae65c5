"""What only moved: something fast, or fine and regular, looks like dirt where it was not followed.

So what was found is looked for around its place in the witnesses, as they came: what is there too
is a part of the scene.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np

from ...contract import Array
from .library import opencv
from .marks import Marked, grown
from .witnesses import View

#: how far away it is looked for, in percent of the width and in pixels at the least; up and down
#: half as far
AWAY = 5.0
NEAR = 16
#: what is smaller than this, in pixels, looks like much else
LEAST = 6
#: so many are looked for, the largest first
MOST = 100
#: what is wider or higher than this share of the frame is not looked for
LARGE = 0.2
#: it is found where no more than this share of what it stands out by is left
LEFT = 0.4
#: pixels around it that have to be found with it
RIM = 1


def without_moved(marked: Marked, luma: Array, views: Sequence[View], grain: float) -> Marked:
    """What is marked [H, W] without what the witnesses have too, at another place.

    luma: the frame's, in 8-bit steps. grain: its spread.
    """
    cv2 = opencv()
    wide = grown(marked, RIM).astype(np.uint8)
    _, numbers, boxes, _ = cv2.connectedComponentsWithStats(wide, connectivity=8)
    standing = reduce(np.minimum, (np.abs(luma - one) for view in views for one in view.luma))
    kept = marked.copy()
    height, width = marked.shape
    largest = 1 + np.argsort(-boxes[1:, cv2.CC_STAT_AREA], kind="stable")[:MOST]
    for number in largest:
        left, top, across, high = (int(n) for n in boxes[number, :4])
        if across > LARGE * width or high > LARGE * height:
            continue
        box = np.s_[top : top + high, left : left + across]
        own = numbers[box] == number
        inner = own & marked[box]
        energy = float(np.square(standing[box][inner]).sum())
        if np.count_nonzero(inner) < LEAST:
            continue
        noise = 2 * grain**2 * np.count_nonzero(own)
        enough = LEFT * energy + noise
        if any(_elsewhere(luma[box], own, view.sight.luma, (top, left)) < enough for view in views):
            kept[box][own] = False
    return kept


def _elsewhere(part: Array, own: Marked, luma: Array, at: tuple[int, int]) -> float:
    """The least sum of squares by which a part of a frame, where it is its own, differs from any
    in another frame around the place where it stands.
    """
    cv2 = opencv()
    height, width = luma.shape
    reach = max(NEAR, round(AWAY / 100 * width))
    top, left = at
    rows = slice(max(0, top - reach // 2), min(height, top + part.shape[0] + reach // 2))
    columns = slice(max(0, left - reach), min(width, left + part.shape[1] + reach))
    found = cv2.matchTemplate(luma[rows, columns], part, cv2.TM_SQDIFF, mask=own.astype(np.float32))
    return float(found.min())
