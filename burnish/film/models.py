"""ByModel: the models of the house on the frames of a film, with their dials settled for a shot."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import takewhile

import numpy as np

from ..errors import UsageError
from ..images import Picture
from ..pipeline import FOUND, Asked, Finding, Restores, medians
from .colour import changed, to_rgb
from .cuts import cut, small
from .frame import Frame, Layout
from .treatment import Settings, Shots

#: frames of a shot that are looked at, and how many frames lie between two of them
LOOKS, APART = 3, 4


@dataclass(frozen=True)
class ByModel:
    """Takes each frame through a model. Dials that pictures decide are settled once for a shot.

    They are the medians of what its first frames say.
    """

    #: the model
    model: Restores
    #: what is asked of it
    asked: Asked
    #: a cut is seen by the frame before it
    reach: int = 1

    def __post_init__(self) -> None:
        if self.model.contract.scale != 1:
            raise UsageError(
                f"this model enlarges {self.model.contract.scale} times, and frames keep their "
                "size; choose another"
            )

    def __call__(self, frames: Iterator[Frame], layout: Layout, shots: Shots) -> Iterator[Frame]:
        """The frames restored, one after another."""
        ahead = LOOKS * APART - APART
        coming = _with_cuts(frames, layout)
        waiting: deque[tuple[Frame, bool]] = deque()
        settings: Settings | None = None
        while True:
            while len(waiting) <= ahead and (one := next(coming, None)) is not None:
                waiting.append(one)
            if not waiting:
                return
            frame, begins = waiting[0]
            if begins or settings is None:
                known = shots.settled.get(frame.number) if begins else shots.at(frame.number)
                settings = known if known is not None else self._settle(waiting, layout, shots)
            waiting.popleft()
            yield self._restored(frame, layout, settings)

    def _settle(self, waiting: deque[tuple[Frame, bool]], layout: Layout, shots: Shots) -> Settings:
        """Settles the shot that begins with the first of these frames, and keeps that."""
        first, *others = waiting
        same = [frame for frame, _ in takewhile(lambda one: not one[1], others)]
        looks = [first[0], *same][::APART]
        each = [self.model.settle(_picture(frame, layout), self.asked) for frame in looks]
        found = medians(each)
        settings = {name: (one.value, one.origin, one.margin) for name, one in found.items()}
        shots.settle(first[0].number, settings)
        return settings

    def _restored(self, frame: Frame, layout: Layout, settings: Settings) -> Frame:
        """A frame restored with the settings of its shot."""
        picture = _picture(frame, layout)
        told = {
            name: Finding(value, origin, margin)
            for name, (value, origin, margin) in settings.items()
            if origin in FOUND
        }
        asked = replace(self.asked, dials={**self.asked.dials, **told})
        restored = self.model.restore(picture, asked)
        return changed(frame, layout, restored.picture.pixels - picture.pixels)


def _picture(frame: Frame, layout: Layout) -> Picture:
    """A frame as a picture, as models see it: from black to white."""
    return Picture(to_rgb(frame, layout).clip(0, 1).astype(np.float32), depth="float32")


def _with_cuts(frames: Iterator[Frame], layout: Layout) -> Iterator[tuple[Frame, bool]]:
    """The frames, each with whether a shot begins with it."""
    before = None
    for frame in frames:
        shown = small(frame, layout)
        begins = frame.number == 0 if before is None else cut(before, shown)
        yield frame, begins
        before = shown
