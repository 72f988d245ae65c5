"""Witnesses: the two frames that tell how a frame looked before dirt fell on it, moved to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...contract import Array
from .motion import Flow, calmed, joined, places, warped
from .sights import Sight

#: frames to either side among which a witness is looked for
REACH = 2


@dataclass(frozen=True)
class Witness:
    """A frame beside another one, and how its pixels come to lie on the other's."""

    sight: Sight
    #: the motion from the frame of which it is a witness
    flow: Flow


@dataclass(frozen=True)
class View:
    """A witness as the frame sees it: moved as motion was found, and once more as it is calmed."""

    sight: Sight
    #: where each pixel of the frame lies in the witness, either way
    places: tuple[Flow, ...]
    #: the clear luma of the witness, moved, [H, W] each
    luma: tuple[Array, ...]


def witnesses(sights: Sequence[Sight], here: int) -> tuple[tuple[Witness, ...], bool]:
    """The witnesses of a frame among the sights around it, and whether they lie on either side.

    They are the frame before and the next one, or, where these repeat the frame, what lies beyond.
    At the first frame of a shot they are the two that come after, at the last one the two that
    came before. Where there are no two, there are none.
    """
    before = beside(sights, here, -1)
    after = beside(sights, here, 1)
    if before and after:
        return (before[0], after[0]), True
    one_side = before or after
    return (tuple(one_side[:2]), False) if len(one_side) > 1 else ((), False)


def beside(sights: Sequence[Sight], here: int, step: int) -> list[Witness]:
    """The frames of the shot on one side, the nearest first, without those that only repeat."""
    found: list[Witness] = []
    flow: Flow | None = None
    for away in range(1, REACH + 1):
        sight = sights[here + step * (away - 1)]
        way = sight.before if step < 0 else sight.after
        if way is None or not 0 <= here + step * away < len(sights):
            break
        flow = way if flow is None else joined(flow, way, sights[here].luma.shape[1])
        later = sight if step < 0 else sights[here + step * away]
        if not later.again:
            found.append(Witness(sights[here + step * away], flow))
    return found


def viewed(witness: Witness, flow: Flow) -> View:
    """The witness as the frame sees it by this motion."""
    shape = witness.sight.luma.shape
    ways = (flow, calmed(flow))
    at = tuple(places(way, (shape[0], shape[1])) for way in ways)
    return View(witness.sight, at, tuple(warped(witness.sight.clear, each) for each in at))
