"""ByMending and InTurn: a film mended, and several treatments one after another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .frame import Frame, Layout
from .mend import REACH, mended
from .treatment import Shots, Treatment


@dataclass(frozen=True)
class ByMending:
    """Mends each frame by the frames around it."""

    #: settings of the dials of `burnish.film.mend.CONTRACT`
    settings: Mapping[str, float]
    #: how far it looks
    reach: int = REACH

    def __call__(self, frames: Iterator[Frame], layout: Layout, shots: Shots) -> Iterator[Frame]:
        """The frames mended, one after another."""
        return mended(frames, layout, self.settings)


@dataclass(frozen=True)
class InTurn:
    """Several treatments, each of what the one before it gives."""

    #: the treatments, in order
    parts: Sequence[Treatment]

    @property
    def reach(self) -> int:
        """How far all of them look together."""
        return sum(part.reach for part in self.parts)

    def __call__(self, frames: Iterator[Frame], layout: Layout, shots: Shots) -> Iterator[Frame]:
        """The frames, treated by one after another."""
        for place, part in enumerate(self.parts):
            path = None if shots.path is None else shots.path.with_suffix(f".{place}")
            frames = part(frames, layout, Shots(path))
        return frames
