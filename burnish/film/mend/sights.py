"""Sight: a frame with what is looked at of it, its luma, and how its shot moves around it.

A stage of mending is a function of the sights around one of them, within a reach, so that a frame
depends on so many before it and after it, and on no others.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ...contract import Array
from ..frame import Frame, Layout
from .library import opencv
from .light import Change, lit
from .marks import Marked
from .motion import Flow, flow, small, together

Item = TypeVar("Item")
Made = TypeVar("Made")

#: a frame that nowhere differs by more than this from the one before, in 8-bit steps, repeats it
AGAIN = 3.0


@dataclass(frozen=True)
class Sight:
    """A frame, and what was seen of it."""

    #: the frame, as far as it is mended
    frame: Frame
    #: its luma in 8-bit steps, [H, W]
    luma: Array
    #: the luma without what was taken for dirt at a first glance
    clear: Array
    #: where that was, and where lines are
    dirty: Marked
    #: the luma as motion is looked for in it
    glance: NDArray[np.uint8]
    #: the motion to the frame before, and to the next; None where the shot or the film ends
    before: Flow | None = None
    after: Flow | None = None
    #: by how much brighter it is than the frame before; None where there is none in the shot
    change: Change | None = None
    #: whether it shows the frame before once more, as where 18 frames a second became 25
    again: bool = False
    #: by how much columns stand out from those beside them, [bands, W]
    ridges: Array | None = None
    #: where lines run down it
    lines: Marked | None = None


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
    coming = iter(items)
    while True:
        held.extend(islice(coming, here + reach + 1 - len(held)))
        if here == len(held):
            return
        yield tuple(held), here
        if here == reach:
            held.popleft()
        else:
            here += 1


def stage(
    function: Callable[[Sequence[Item], int], Made], reach: int, items: Iterable[Item]
) -> Iterator[Made]:
    """The function of the items around each, in order."""
    for around, here in windows(items, reach):
        yield function(around, here)


def watched(frames: Iterable[Frame], layout: Layout) -> Iterator[Sight]:
    """Each frame as it is seen between the one before and the next one."""
    last: Sight | None = None
    for frame in frames:
        luma = luma_of(frame, layout)
        sight = Sight(frame, luma, luma, np.zeros(luma.shape, np.bool_), small(luma))
        if last is not None:
            last, sight = _joined(last, sight)
            yield last
        last = sight
    if last is not None:
        yield last


def _joined(first: Sight, second: Sight) -> tuple[Sight, Sight]:
    """Two frames that follow one another, with the motion between them where it is one shot."""
    width = first.luma.shape[1]
    back, ahead = together(
        lambda pair: flow(*pair, width),
        [(second.glance, first.glance), (first.glance, second.glance)],
    )
    share = np.float32(first.glance.shape[1] / width)
    change = lit(first.glance, second.glance, back * share, ahead * share)
    if change is None:
        return first, second
    again = _repeats(first.luma, second.luma)
    return replace(first, after=ahead), replace(second, before=back, change=change, again=again)


def _repeats(first: Array, second: Array) -> bool:
    """Whether the second frame is the first once more, but for what coding changed."""
    difference = opencv().blur(second - first, (3, 3))
    return float(np.abs(difference).max()) < AGAIN
