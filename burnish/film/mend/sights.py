"""Sight: a frame with what is looked at of it, its luma, and how its shot moves around it.

A stage of mending is a function of the sights around one of them, within a reach, so that a frame
depends on so many before it and after it, and on no others.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ...contract import Array
from ..frame import Frame, Layout
from .library import opencv
from .motion import Flow, flow, places, small, together, warped

Marked = NDArray[np.bool_]
Item = TypeVar("Item")
Made = TypeVar("Made")

#: two frames are of one shot where what they have in common explains so much of the variance
ALIKE = 0.4
#: a frame of less spread than this, in 8-bit steps, is black or blank, and no cut is seen at it
BLANK = 2.0
#: a frame that nowhere differs by more than this from the one before, in 8-bit steps, repeats it
AGAIN = 3.0


@dataclass(frozen=True)
class Sight:
    """A frame, and what was seen of it."""

    frame: Frame
    #: its luma in 8-bit steps, [H, W]
    luma: Array
    #: the motion to the frame before, and to the next; None where the shot or the film ends
    before: Flow | None
    after: Flow | None
    #: whether it shows the frame before once more, as where 18 frames a second became 25
    again: bool
    #: the luma without what was taken for dirt at a first glance
    clear: Array
    #: where that was
    dirty: Marked


def luma_of(frame: Frame, layout: Layout) -> Array:
    """The luma of a frame in 8-bit steps, [H, W]."""
    if layout.model == "rgb":
        red, blue = layout.weights
        shares = (red, 1 - red - blue, blue)
    else:
        shares = (1.0, 0.0, 0.0)
    step = 2.0 ** (8 - layout.bits)
    luma = np.zeros(frame.planes[0].shape, np.float32)
    for plane, share in zip(frame.planes, shares, strict=False):
        if share:
            luma += np.float32(step * share) * plane
    return luma


def windows(items: Iterable[Item], reach: int) -> Iterator[tuple[Sequence[Item], int]]:
    """For each item those that lie within the reach of it, and its place among them."""
    held: deque[Item] = deque()
    here = 0
    for item in items:
        held.append(item)
        if len(held) - here <= reach:
            continue
        yield tuple(held), here
        here += 1
        if here > reach:
            held.popleft()
            here -= 1
    while here < len(held):
        yield tuple(held), here
        here += 1
        if here > reach:
            held.popleft()
            here -= 1


def stage(
    function: Callable[[Sequence[Item], int], Made], reach: int, items: Iterable[Item]
) -> Iterator[Made]:
    """The function of the items around each, in order."""
    for around, here in windows(items, reach):
        yield function(around, here)


def sights(frames: Iterable[Frame], layout: Layout) -> Iterator[Sight]:
    """Each frame as it is seen between the one before and the next one."""
    last: tuple[Frame, Array, NDArray[np.uint8]] | None = None
    before: Flow | None = None
    again = False
    for frame in frames:
        luma = luma_of(frame, layout)
        glance = small(luma)
        if last is not None:
            back, ahead = _motion(last[1], luma, last[2], glance)
            yield _sight(last[0], last[1], before, ahead, again)
            before = back
            again = back is not None and _repeats(last[1], luma)
        last = (frame, luma, glance)
    if last is not None:
        yield _sight(last[0], last[1], before, None, again)


def _sight(
    frame: Frame, luma: Array, before: Flow | None, after: Flow | None, again: bool
) -> Sight:
    return Sight(frame, luma, before, after, again, luma, np.zeros(luma.shape, np.bool_))


def _motion(
    first: Array, second: Array, small_first: NDArray[np.uint8], small_second: NDArray[np.uint8]
) -> tuple[Flow | None, Flow | None]:
    """The motion from the second frame to the first, and back; None and None where a cut is."""
    width = first.shape[1]
    back, ahead = together(
        lambda pair: flow(*pair, width),
        [(small_second, small_first), (small_first, small_second)],
    )
    share = small_first.shape[1] / width
    cut = _cut(small_first, small_second, back * np.float32(share))
    return (None, None) if cut else (back, ahead)


def _cut(first: NDArray[np.uint8], second: NDArray[np.uint8], back: Flow) -> bool:
    """Whether the second frame, small as both are, shows something else than the first.

    It is asked of frames of which every eighth is left, so that grain and dirt do not count, by the
    correlation of the second with the first, moved, which knows of no brightness.
    """
    cv2 = opencv()
    height, width = first.shape
    size = (max(8, width // 8), max(8, height // 8))
    moved = warped(first.astype(np.float32), places(back, first.shape))
    one, two = (
        cv2.resize(plane, size, interpolation=cv2.INTER_AREA).ravel()
        for plane in (moved, second.astype(np.float32))
    )
    one = one - one.mean()
    two = two - two.mean()
    spreads = float(one.std()), float(two.std())
    if min(spreads) < BLANK:
        return max(spreads) > 4 * BLANK
    alike = float((one * two).mean()) / (spreads[0] * spreads[1])
    return bool(alike < ALIKE**0.5)


def _repeats(first: Array, second: Array) -> bool:
    """Whether the second frame is the first once more, but for what coding changed."""
    difference = opencv().blur(second - first, (3, 3))
    return float(np.abs(difference).max()) < AGAIN
