"""Treatment: what is done to the frames of a film; and Shots, what a run has settled for each."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ..pipeline import Origin
from .frame import Frame, Layout

#: the settings of dials of a shot: the value, where it comes from, and how far off it may be
Settings = Mapping[str, tuple[float, Origin, float | None]]


class Treatment(Protocol):
    """What is done to the frames of a film."""

    @property
    def reach(self) -> int:
        """How many frames before a frame, and how many behind it, its result depends on.

        A run that goes on begins so many frames before the first one that is not done.
        """

    def __call__(self, frames: Iterator[Frame], layout: Layout, shots: Shots) -> Iterator[Frame]:
        """Treats frames: one comes out for each that goes in, in order, when its turn comes."""


@dataclass
class Shots:
    """What was settled for each shot, kept in a file where there is one.

    A shot may be longer than any reach. So a run that goes on reads here what the one before it had
    settled on the first frames of the shot that it is in.
    """

    #: the file: a line of JSON for each shot, in order
    path: Path | None = None
    #: the settings of each shot, by the number of its first frame
    settled: dict[int, Settings] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.path is None or not self.path.exists():
            return
        for line in self.path.read_text(encoding="utf-8").splitlines(keepends=True):
            if line.endswith("\n"):  # else a run was killed in it
                first, settings = json.loads(line)
                self.settled[first] = {name: tuple(found) for name, found in settings.items()}

    def at(self, number: int) -> Settings | None:
        """The settings of the shot that a frame is in; None where none is settled yet."""
        begun = [first for first in self.settled if first <= number]
        return self.settled[max(begun)] if begun else None

    def settle(self, first: int, settings: Settings) -> None:
        """Keeps the settings of the shot that begins with a frame."""
        self.settled[first] = settings
        if self.path is not None:
            with open(self.path, "a", encoding="utf-8") as file:
                file.write(json.dumps([first, settings]) + "\n")
                file.flush()
                os.fsync(file.fileno())


@dataclass(frozen=True)
class Unchanged:
    """Does nothing: a film is only coded again."""

    #: no other frame is looked at
    reach: int = 0

    def __call__(self, frames: Iterator[Frame], layout: Layout, shots: Shots) -> Iterator[Frame]:
        """The frames as they are."""
        return frames
