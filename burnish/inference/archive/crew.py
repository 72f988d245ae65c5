"""Crew: the workers of a run, which may die of it; here, one process of this machine.

A crew knows nothing of pictures. Others, on other machines, say the same words
(`cluster.RayCrew`).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from ...ground.process import WorkerDied, WorkerProcess
from .worker import Assignment, main


@dataclass(frozen=True)
class Gone:
    """A worker is dead."""

    #: what of, in words
    cause: str


class Crew(Protocol):
    """Workers by their numbers, each at the other end of some pipe."""

    @property
    def most(self) -> int:
        """So many workers there may be at a time."""

    @property
    def certain(self) -> bool:
        """Whether nothing is lost that a worker said before it died: then it died of the first
        picture in its hand.
        """

    @property
    def tries(self) -> int:
        """After so many deaths that count, a picture is set aside."""

    @property
    def stillborn(self) -> int:
        """After so many deaths in a row before a model was open, there is no use in another one."""

    def hire(self, worker: int, told: Assignment) -> None:
        """Begins a worker of that number, which nobody has."""

    def send(self, worker: int, message: object) -> None:
        """Tells a worker something. Where it is dead, that is seen when it is listened to."""

    def receive(self) -> list[tuple[int, Any]]:
        """What workers say next, at least one message, with their numbers; `Gone` is the last."""

    def spare(self, worker: int) -> None:
        """A worker has nothing to do for now; whether it goes is the crew's affair."""

    def end(self, *, at_once: bool) -> None:
        """Ends all workers; at once, or when they have said all."""


class OneProcess:
    """A crew of one process of this machine."""

    most = 1
    certain = True
    tries = 2
    stillborn = 1

    def __init__(self, descriptor: int | None) -> None:
        """descriptor: that of the run's lock, which the worker holds, too."""
        self._descriptor = descriptor
        self._process: WorkerProcess | None = None

    def hire(self, worker: int, told: Assignment) -> None:
        """Begins the process."""
        self._process = WorkerProcess(main, told, self._descriptor)

    def send(self, worker: int, message: object) -> None:
        """Tells it something."""
        assert self._process is not None
        with suppress(WorkerDied):
            self._process.send(message)

    def receive(self) -> list[tuple[int, Any]]:
        """Waits for what it says next."""
        process = self._process
        assert process is not None
        try:
            return [(0, process.receive())]
        except WorkerDied:
            cause = process.cause_of_death()
            self.end(at_once=True)
            return [(0, Gone(cause))]

    def spare(self, worker: int) -> None:
        """It stays, with its model open: more may come."""

    def end(self, *, at_once: bool) -> None:
        """Ends the process."""
        process, self._process = self._process, None
        if process is not None:
            with process:
                if not at_once:
                    with suppress(WorkerDied):
                        process.end()
