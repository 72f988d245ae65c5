"""The machines of a Ray cluster as places where the points of a sweep are trained."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...ground.process.elsewhere import Elsewhere
from ...ground.process.joined import join, room
from .places import LOG, MODULE, Places
from .plan import Sweep, first_recipe

#: so many processes that die of one point without a word are enough
TRIES = 3
#: seconds that a process may take to save when the sweep is told to end
PATIENCE = 60.0
#: seconds between two looks at a process that is to end
TICK = 0.2


def on_cluster(
    sweep: Sweep, address: str | None, *, most: int | None = None, share: float | None = None
) -> Places:
    """Places on a Ray cluster, whose machines see the sweep's folder and its pictures under the
    same paths as this one.

    Its first recipe says what each process has to itself: as many processors as `threads` (1), and
    where `device` is cuda, a GPU, or that share of one. address: of the cluster, as `join` has it.
    most: so many at a time; None is as many as there is room for now. DeviceError where the cluster
    cannot be used.
    """
    recipe = first_recipe(sweep)
    join(address)
    cpus = recipe.threads or 1
    gpus = share or float(recipe.device == "cuda")

    @contextmanager
    def begin(folder: Path) -> Iterator[_Point]:
        point = _Point(folder.absolute(), cpus, gpus)
        try:
            yield point
        finally:
            point.end()

    return Places(begin, room(cpus, gpus, most))


class _Point:
    """The process of a point on some machine of the cluster, and those that go on after it."""

    def __init__(self, folder: Path, cpus: int, gpus: float) -> None:
        self._folder = folder
        self._needs = (cpus, gpus)
        self._deaths = 0
        self._process = Elsewhere(cpus, gpus)
        self._begun = False

    def poll(self) -> int | None:
        """Its exit status; None while it is at work, or another one goes on with its work."""
        if self._begun:
            self._listen()
        elif self._process.place(0) is not None:
            self._process.start(MODULE, [str(self._folder)])
            self._begun = True
        ended = self._process.ended
        if ended is None:
            return None
        if ended.status is not None and ended.status >= 0:
            return ended.status
        # It may be that its machine went, or that the point itself is what it dies of.
        self._deaths += 1
        self._log(f"{ended.cause}\n")
        if self._deaths == TRIES:
            return -9 if ended.status is None else ended.status
        self._process.kill()
        self._process = Elsewhere(*self._needs)
        self._begun = False
        return None

    def end(self) -> None:
        """Ends it; where it is at work, it saves first."""
        if self._begun and self._process.ended is None:
            self._process.terminate()
            until = time.monotonic() + PATIENCE
            while self._process.ended is None and time.monotonic() < until:
                self._listen(TICK)
        self._process.kill()

    def _listen(self, seconds: float = 0.0) -> None:
        self._log("".join(f"{line}\n" for line in self._process.hear(seconds)))

    def _log(self, text: str) -> None:
        with (self._folder / LOG).open("a", encoding="utf-8") as log:
            log.write(text)
