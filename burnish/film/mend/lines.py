"""Lines: scratches that run down the film, and stay at their column for many frames.

A line is a thin ridge, brighter or darker than what lies to either side, down most of the frame,
in this frame and in those before or after it. What belongs to the picture moves with it, or is
a step, or ends. Where nothing moves sideways, a pole cannot be told from a scratch, and only what
runs from the top to the bottom is taken for one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from ...contract import Array
from .library import opencv
from .marks import Marked
from .sights import Sight

#: frames to either side in which a line is looked for
REACH = 5
#: a frame is looked at in so many bands, one below the other
BANDS = 24
#: a ridge is compared with what lies so far beside it, in shares of the width
BESIDE = 1 / 240
#: a pixel that stands out by more than this counts as this, in 8-bit steps
CAP = 24.0
#: a line stands out by so many 8-bit steps in the mean of a band, and by so many times of what
#: all but so many percent of the columns do
LEAST, TIMES, COMMON = 1.5, 1.0, 90
#: the usual one of its bands stands out by so many times as much
STRONG = 2.0
#: the share of the height that it runs down, where the picture moves behind so much of it, and
#: where it does not
LONG, OVER, WHOLE = 0.5, 0.2, 0.8
#: the picture moves where it does so, while it is looked at, by so many columns more than lie
#: between a ridge and what it is compared with
MOVES = 4
#: a line leans by no more than so many columns from the top to the bottom
LEAN = 8
#: by how much of its lean it is away from its middle in each band
SHARES = np.linspace(-0.5, 0.5, BANDS)
#: in a single frame it is so many columns from where it is on the whole
NEAR = 3
#: gaps of less than so many bands are closed
GAP = 7
#: lines that are nearer to each other than this, in columns, are one
APART = 6
#: most lines of a frame
MOST = 12
#: the line reaches as far as it stands out by this share of its middle
EDGE = 0.2
#: and so many pixels further
RIM = 1


@dataclass(frozen=True)
class Line:
    """A line in a frame."""

    #: its column in each band
    columns: NDArray[np.intp]
    #: in which bands it is
    there: Marked
    #: 1 where it is bright, -1 where it is dark
    sign: int


def looked_at(sight: Sight) -> Sight:
    """The frame with its ridges."""
    return replace(sight, ridges=ridged(sight.luma))


def ruled(sights: Sequence[Sight], here: int, lines: float) -> Sight:
    """The frame with its lines marked, and its clear luma without them.

    sights: those around it, with their ridges. lines: from 0, which finds none, to 100.
    """
    sight = sights[here]
    ridges = [each.ridges for each in sights if each.ridges is not None]
    least = 2.0 ** ((50 - lines) / 25)
    marked = np.zeros(sight.luma.shape, np.bool_)
    for line in _lines(sights, here, ridges, least):
        _mark(marked, sight.luma, line)
    if not marked.any():
        return sight
    clear = opencv().inpaint(
        np.clip(np.rint(sight.luma), 0, 255).astype(np.uint8), marked.astype(np.uint8), 3, 1
    )
    clear = np.where(marked, clear, sight.luma).astype(np.float32)
    return replace(sight, lines=marked, dirty=marked, clear=clear)


def ridged(luma: Array) -> Array:
    """By how much each column stands out from what lies beside it, in each band: [BANDS, W].

    It is in 8-bit steps, above 0 where it is brighter than both sides, and 0 where it is between.
    """
    cv2 = opencv()
    width = luma.shape[1]
    away = max(2, round(BESIDE * width))
    left = cv2.blur(luma, (2, 1), anchor=(1, 0), borderType=cv2.BORDER_REPLICATE)
    sides = [
        cv2.resize(
            np.clip(luma - _shifted(left, shift), -CAP, CAP),
            (width, BANDS),
            interpolation=cv2.INTER_AREA,
        )
        for shift in (-away, away + 1)
    ]
    least = np.minimum(*np.abs(sides))
    ridge: Array = np.where(sides[0] * sides[1] > 0, np.sign(sides[0]) * least, 0)
    return ridge.astype(np.float32)


def _shifted(plane: Array, columns: int) -> Array:
    """The plane, each column with what lies so many columns to its right."""
    width = plane.shape[1]
    return plane[:, np.clip(np.arange(width) + columns, 0, width - 1)]


def _lines(sights: Sequence[Sight], here: int, ridges: Sequence[Array], least: float) -> list[Line]:
    """The lines of a frame."""
    width = ridges[here].shape[1]
    moving = _moving(sights, max(2, round(BESIDE * width)))
    found: list[Line] = []
    for sign in (1, -1):
        lasting = _lasting([sign * ridge for ridge in ridges], here)
        usual = np.percentile(lasting, COMMON, axis=1, keepdims=True)
        score = lasting / (least * (LEAST + TIMES * usual))
        for line, strength in _straight(score, sign):
            over = moving[np.arange(BANDS), line.columns * moving.shape[1] // width]
            wanted = LONG if np.mean(over & line.there) >= OVER else WHOLE
            if np.mean(line.there) >= wanted and strength > STRONG:
                found.append(_followed(line, ridges[here]))
    return found


def _lasting(ridges: Sequence[Array], here: int) -> Array:
    """By how much columns stand out in this frame and those before, around or after it."""
    cv2 = opencv()
    # A line trembles: a column to either side is as good.
    wide = [cv2.dilate(np.maximum(ridge, 0), np.ones((1, 3), np.uint8)) for ridge in ridges]
    half = REACH // 2
    runs = [
        wide[max(0, here - REACH) : here + 1],
        wide[max(0, here - half) : here + half + 1],
        wide[here : here + REACH + 1],
    ]
    # In one of the frames something may lie over it.
    least = [np.partition(np.stack(run), 1, axis=0)[1] for run in runs if len(run) >= REACH]
    if not least:
        return np.zeros_like(ridges[here])
    result: Array = np.minimum(reduce(np.maximum, least), wide[here])
    return result


def _moving(sights: Sequence[Sight], away: int) -> Marked:
    """Where the picture moves sideways by more than a ridge hides: [BANDS, columns]."""
    cv2 = opencv()
    total = np.zeros((BANDS, 32), np.float32)
    low = total.copy()
    high = total.copy()
    for sight in sights:
        if sight.after is None:
            continue
        total = total + cv2.resize(
            np.ascontiguousarray(sight.after[..., 0]), (32, BANDS), interpolation=cv2.INTER_AREA
        )
        low = np.minimum(low, total)
        high = np.maximum(high, total)
    return high - low > MOVES + away


def _straight(score: Array, sign: int) -> list[tuple[Line, float]]:
    """The straight ways down the bands on which the score is highest, the best first, each apart.

    With each comes how strong the line is where it is.
    """
    bands, width = score.shape
    counted = np.pad(np.minimum(score, 2.0), ((0, 0), (LEAN, LEAN)))
    leans = np.arange(-LEAN, LEAN + 1)
    ways = np.rint(leans[:, None] * SHARES).astype(np.intp)
    totals = np.stack(
        [
            sum(counted[band, LEAN + way[band] : LEAN + way[band] + width] for band in range(bands))
            for way in ways
        ]
    )
    best = np.argmax(totals - 0.01 * bands * np.abs(leans)[:, None], 0)
    total = totals[best, np.arange(width)]
    found: list[tuple[Line, float]] = []
    while len(found) < MOST:
        middle = int(np.argmax(total))
        if total[middle] < LONG / 2 * bands:
            break
        total[max(0, middle - APART) : middle + APART + 1] = -1
        path = np.clip(middle + ways[best[middle]], 0, width - 1)
        along = score[np.arange(bands), path]
        there = along > 1
        strength = float(np.median(along[there])) if there.any() else 0.0
        found.append((Line(path, there, sign), strength))
    return found


def _followed(line: Line, ridge: Array) -> Line:
    """The line where it is in this very frame, whose ridges these are: [BANDS, W]."""
    width = ridge.shape[1]
    own = np.clip(line.sign * ridge, 0, CAP)[line.there]
    bands = np.flatnonzero(line.there)
    leans = np.rint(np.arange(-LEAN, LEAN + 1)[:, None] * SHARES)
    middle = int(line.columns[BANDS // 2])
    ways = middle + np.arange(-NEAR, NEAR + 1)[:, None, None] + leans[None]
    ways = np.clip(ways.reshape(-1, BANDS), 0, width - 1).astype(np.intp)
    totals = own[np.arange(len(bands)), ways[:, bands]].sum(1)
    return replace(line, columns=ways[int(np.argmax(totals))], there=_closed(line.there))


def _closed(there: Marked) -> Marked:
    """With gaps between bands closed, and one more band at either end."""
    cv2 = opencv()
    column = np.pad(there, GAP).astype(np.uint8)[:, None]
    closed = cv2.morphologyEx(column, cv2.MORPH_CLOSE, np.ones((GAP, 1), np.uint8))
    more: Marked = cv2.dilate(closed, np.ones((3, 1), np.uint8))[GAP:-GAP, 0] > 0
    return more


def _mark(marked: Marked, luma: Array, line: Line) -> None:
    """Marks the pixels of a line, as wide as it stands out on average; none where it is too wide.

    marked: [H, W], in place.
    """
    height, width = luma.shape
    away = max(2, round(BESIDE * width))
    rows = np.arange(height)
    middles = (np.arange(BANDS) + 0.5) * height / BANDS
    centre = np.interp(rows, middles, line.columns.astype(np.float64))
    there = line.there[np.minimum(rows * BANDS // height, BANDS - 1)]
    reach = 2 * away + 2
    columns = np.rint(centre).astype(np.intp)[:, None] + np.arange(-reach, reach + 1)
    columns = np.clip(columns, 0, width - 1)
    strip = line.sign * luma[rows[:, None], columns]
    base = np.maximum(strip[:, :2].mean(1), strip[:, -2:].mean(1))[:, None]
    profile = np.median(np.clip(strip - base, -CAP, CAP)[there], 0)
    middle = reach + int(np.argmax(profile[reach - 1 : reach + 2])) - 1
    enough = profile > EDGE * profile[middle]
    first = last = middle
    while first > 0 and enough[first - 1]:
        first -= 1
    while last < 2 * reach and enough[last + 1]:
        last += 1
    if profile[middle] <= 0 or last - first >= 2 * away:
        return
    down = np.flatnonzero(there)[:, None]
    marked[down, columns[there, first - RIM : last + RIM + 1]] = True
