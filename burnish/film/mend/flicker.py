"""Flicker: a frame's level and contrast are brought to those of its neighbours in the shot.

Each frame has a gain and a lift against the one before, found where both show the same. Over some
frames these make a curve. Where it is level but for noise, the frame goes to its mean; a fade goes
on at its slope, and at a switched lamp only the side counts that is the frame's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...ground.planes import deviation
from ..frame import Layout, Plane
from .light import Change
from .motion import small
from .sights import Sight, luma_of

#: frames to either side by which one is judged
REACH = 7
#: a frame flickers that is off by more than this anywhere, in 8-bit steps
LEAST = 0.6
#: and by no more than this: a flash is a part of the scene
MOST = 48.0
#: a more special curve has to leave no more than this share of the variance
BETTER = 0.1
#: a line with a slope wants so many frames
FEW = 6
#: variance that nobody sees, in squared 8-bit steps
UNSEEN = 0.02
#: shares of the pixels that are darker than the two lumas of which level and contrast are told
TONES = (10, 90)
#: rounds in which a frame that does not fit the others loses its weight
ROUNDS = 4

Curve = NDArray[np.float64]


def steadied(sights: Sequence[Sight], here: int, layout: Layout, percent: float) -> Sight:
    """The frame without so many percent of its flicker; the same frame where it does not flicker.

    sights: those around it, at most REACH to each side.
    """
    sight = sights[here]
    tones = [float(tone) for tone in np.percentile(sight.luma[::4, ::4], TONES)]
    tones[1] = max(tones[1], tones[0] + 8)
    away, changes = _changes(sights, here)
    if len(away) < 3:
        return sight
    ends = []
    for tone in tones:
        curve = np.array([change.of(tone) for change in changes])
        ends.append(tone + percent / 100 * (_expected(away, curve) - tone))
    off = max(abs(end - tone) for end, tone in zip(ends, tones, strict=True))
    if not LEAST * percent / 100 <= off <= MOST:
        return sight
    gain = (ends[1] - ends[0]) / (tones[1] - tones[0])
    planes = _changed(sight.frame.planes, layout, Change(gain, ends[0] - gain * tones[0]))
    frame = replace(sight.frame, planes=planes)
    luma = luma_of(frame, layout)
    return replace(sight, frame=frame, luma=luma, clear=luma, glance=small(luma))


def _changes(sights: Sequence[Sight], here: int) -> tuple[Curve, list[Change]]:
    """How far away the frames of its shot lie, and what would make each of them of this one."""
    before: list[Change] = []
    change = Change()
    for sight in sights[here:0:-1]:
        if sight.change is None:
            break
        change = sight.change.undone().after(change)
        before.insert(0, change)
    behind: list[Change] = []
    change = Change()
    for sight in sights[here + 1 :]:
        if sight.change is None:
            break
        change = sight.change.after(change)
        behind.append(change)
    away = np.arange(-len(before), len(behind) + 1, dtype=np.float64)
    return away, [*before, Change(), *behind]


@dataclass(frozen=True)
class Fit:
    """A straight line through a curve, or a part of it."""

    #: where it is at the frame
    value: float
    #: the variance that it leaves
    left: float


def _expected(away: Curve, curve: Curve) -> float:
    """Where a curve would be at 0 without flicker."""
    everywhere = np.ones(len(away), np.bool_)
    best = _fit(away, curve, slope=False)
    for part in (everywhere, away <= 0, away >= 0):
        if np.count_nonzero(part) < FEW:
            continue
        fit = _fit(away[part], curve[part], slope=True)
        if fit.left < BETTER * best.left:
            best = fit
    return best.value


def _fit(away: Curve, curve: Curve, slope: bool) -> Fit:
    """The line, level or not, that most of the curve lies on."""
    weight = np.ones_like(curve)
    if not slope:
        weight = _weights(curve - np.median(curve))
    for _ in range(ROUNDS):
        total = weight.sum()
        middle, height = (weight * away).sum() / total, (weight * curve).sum() / total
        spread = (weight * np.square(away - middle)).sum()
        lean = (weight * (away - middle) * (curve - height)).sum() / max(spread, 1e-9)
        lean *= slope
        rest = curve - height - lean * (away - middle)
        weight = _weights(rest)
    free = len(curve) - 1 - slope
    left = float((weight * np.square(rest)).sum()) / max(free, 1)
    return Fit(float(height - lean * middle), max(left, UNSEEN))


def _weights(rest: Curve) -> Curve:
    """Less than 1 for frames that are far off the line (Huber's weights)."""
    usual = max(deviation(rest), 0.25)
    weights: Curve = 1 / np.maximum(1, np.abs(rest) / (2 * usual))
    return weights


def _changed(planes: Sequence[Plane], layout: Layout, change: Change) -> tuple[Plane, ...]:
    """The planes of a frame after a change of its luma; colour gains contrast with it."""
    step = 2.0 ** (layout.bits - 8)
    top = 2**layout.bits - 1
    done = []
    for number, plane in enumerate(planes):
        lift = change.lift * step
        if number and layout.model == "yuv":
            lift = (1 - change.gain) * 2 ** (layout.bits - 1)
        values = plane.astype(np.float32) * np.float32(change.gain) + np.float32(lift)
        done.append(np.clip(np.rint(values), 0, top).astype(plane.dtype))
    return tuple(done)
