"""Mending films: dirt goes, and every other sample stays as it was decoded.

`mended` takes frames one after the other and gives one for each, holding a few around the one that
it is at. A frame depends on the REACH frames before and after it, and on no others: a film that was
stopped goes on with equal frames when it begins so many earlier.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from ...contract import Contract, Dial
from ..frame import Frame, Layout
from .dirt import found_in, glanced
from .flicker import REACH as FLICKER
from .flicker import steadied
from .lines import REACH as LINES
from .lines import looked_at, ruled
from .noise import denoised
from .patch import patched
from .sights import Sight, luma_of, stage, watched
from .witnesses import REACH as WITNESSES

__all__ = ["CONTRACT", "REACH", "mended"]

#: frames before and after one of which its result depends
REACH = 1 + FLICKER + LINES + 3 * WITNESSES

#: the dials of mending films
CONTRACT = Contract(
    reach=None,
    dials=(
        Dial("sensitivity", 0, 100, 50, "of dirt: 0 finds nothing, 100 whatever might be dirt"),
        Dial("size", 0.1, 100, 20, "largest thickness of dirt, in percent of the frame's height"),
        Dial(
            "lines", 0, 100, 50, "of lines down the film: 0 finds none, 100 whatever might be one"
        ),
        Dial("flicker", 0, 100, 100, "percent of the flicker that is taken away"),
        Dial("noise", 0, 50, 0, "sigma of the noise or grain that is taken away, in 8-bit steps"),
    ),
)


def mended(
    frames: Iterable[Frame], layout: Layout, settings: Mapping[str, float]
) -> Iterator[Frame]:
    """The frames of a film, mended, one for each in order, as they are asked for.

    settings: the dials of CONTRACT, in their units; one that is not named stands at its default.
    DialError where one is out of range.
    """
    dials = {
        dial.name: dial.check(settings.get(dial.name, dial.default)) for dial in CONTRACT.dials
    }
    seen = watched(frames, layout)
    if dials["flicker"] > 0:
        seen = stage(partial(steadied, layout=layout, percent=dials["flicker"]), FLICKER, seen)
    if dials["lines"] > 0:
        seen = stage(partial(ruled, lines=dials["lines"]), LINES, map(looked_at, seen))
    if dials["sensitivity"] > 0 or dials["lines"] > 0:
        sensitivity = dials["sensitivity"]
        seen = stage(partial(glanced, sensitivity=sensitivity), WITNESSES, seen)
        clean = partial(_clean, layout=layout, sensitivity=sensitivity, size=dials["size"])
        seen = stage(clean, WITNESSES, seen)
    if dials["noise"] > 0:
        return stage(partial(denoised, layout=layout, level=dials["noise"]), WITNESSES, seen)
    return (sight.frame for sight in seen)


def _clean(
    around: Sequence[Sight], here: int, layout: Layout, sensitivity: float, size: float
) -> Sight:
    """A frame without its dirt and lines; the same one where it has none."""
    found = found_in(around, here, sensitivity, size)
    sight = around[here]
    if found is None:
        return sight
    frame = patched(sight, found, layout)
    return replace(sight, frame=frame, luma=luma_of(frame, layout))
