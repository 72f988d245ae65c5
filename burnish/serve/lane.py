"""Lane: questions to a worker process, and its answers, for a server that waits for many at once.

Where the process dies, all that is not answered is asked again of a new one, but for a question at
which a process has died twice.
"""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ..errors import Busy, ProcessDied
from ..ground.process import WorkerDied, WorkerProcess
from .worker import (
    Answer,
    Asking,
    Halfway,
    Here,
    Outdated,
    Question,
    Refusal,
    Terms,
    Withdrawn,
    main,
)

#: a question at which so many processes died is asked no more
MOST_DEATHS = 2


class Stale(Exception):
    """A view is not made, as a newer one is wanted."""


@dataclass(frozen=True)
class Pending:
    """A question that is not answered yet."""

    #: what is wanted
    question: Question
    #: where its answer goes
    future: asyncio.Future[Any]
    #: is told (done, total) tiles
    halfway: Callable[[int, int], None]


class Lane:
    """One worker process, and who waits for it. All of it belongs to one event loop."""

    def __init__(
        self, terms: Terms, *, at_once: int, most: int, patience: float | None = None
    ) -> None:
        """at_once: questions that the process is told of, so that it has the next one when one is
        done. most: questions that may wait in all, with those. patience: seconds that an answer may
        take.
        """
        #: processes that died by themselves
        self.deaths = 0
        self._terms = terms
        self._most = most
        self._patience = patience
        self._gate = asyncio.Semaphore(at_once)
        self._numbers = itertools.count()
        self._pending: dict[int, Pending] = {}
        self._deaths: dict[int, int] = {}
        self._waiting = 0
        self._process: WorkerProcess | None = None
        self._is_here = False

    @property
    def waiting(self) -> int:
        """Questions that are not answered yet."""
        return self._waiting

    @property
    def is_full(self) -> bool:
        """Whether no question more may wait."""
        return self._waiting >= self._most

    @property
    def is_here(self) -> bool:
        """Whether the process has begun, and can be asked."""
        return self._process is not None and self._is_here

    @property
    def pid(self) -> int | None:
        """The process's number; None where there is none."""
        return None if self._process is None else self._process.pid

    def check_room(self) -> None:
        """Busy where so many wait that no question more may."""
        if self.is_full:
            raise Busy(f"{self._waiting} pictures are waiting already; ask again in a moment")

    async def ask(
        self,
        question: Question,
        halfway: Callable[[int, int], None] = lambda done, total: None,
        always: bool = False,
    ) -> Any:
        """The answer to a question. halfway: is told (done, total) tiles. always: whether it waits
        however many others do.

        Raises the BurnishErrors of the work, Busy where too many wait, ProcessDied, and Stale.
        """
        if not always:
            self.check_room()
        self._waiting += 1
        try:
            async with self._gate:
                return await self._asked(question, halfway)
        finally:
            self._waiting -= 1

    def start(self) -> None:
        """Starts the process, so that it is there when somebody asks."""
        loop = asyncio.get_running_loop()
        process = WorkerProcess(main, self._terms)
        self._process = process
        self._is_here = False
        threading.Thread(target=self._listen, args=(loop, process), daemon=True).start()

    def close(self) -> None:
        """Ends the process, and with it whatever it does."""
        if self._process is not None:
            self._process.__exit__()
            self._process = None

    async def _asked(self, question: Question, halfway: Callable[[int, int], None]) -> Any:
        number = next(self._numbers)
        future = asyncio.get_running_loop().create_future()
        self._pending[number] = Pending(question, future, halfway)
        try:
            self._tell(number)
            return await asyncio.wait_for(future, self._patience)
        except TimeoutError:
            self._let_go(number)
            raise ProcessDied(
                f"{question.source}: took longer than {self._patience:.0f} s, and was given up"
            ) from None
        except asyncio.CancelledError:
            if future.cancelled():
                self._let_go(number)
            raise
        finally:
            self._pending.pop(number, None)
            self._deaths.pop(number, None)

    def _tell(self, number: int) -> None:
        if self._process is None:
            self.start()
        assert self._process is not None
        # Where it has died, that is heard of soon.
        with suppress(WorkerDied):
            self._process.send(Asking(number, self._pending[number].question))

    def _let_go(self, number: int) -> None:
        """Ends what is done for a question that nobody waits for any more. Where the process is at
        it, that is only to be had by ending the process.
        """
        at = self._at()
        if at is None or number < at:
            self._kill(number)
        elif self._process is not None:
            with suppress(WorkerDied):
                self._process.send(Withdrawn(number))

    def _at(self) -> int | None:
        """The question that the process is at: the first without an answer, as it takes them in
        turn.
        """
        return min((n for n, one in self._pending.items() if not one.future.done()), default=None)

    def _kill(self, number: int) -> None:
        """Ends the process for what it does, and asks all other questions of a new one."""
        if self._process is not None:
            self._process.kill()
            self._process = None
        for other in sorted(self._pending.keys() - {number}):
            self._tell(other)

    def _listen(self, loop: asyncio.AbstractEventLoop, process: WorkerProcess) -> None:
        """Hands on what a process says, from a thread of its own, until it is gone."""
        with suppress(RuntimeError):  # where the loop has ended
            try:
                while True:
                    loop.call_soon_threadsafe(self._take, process, process.receive())
            except WorkerDied:
                loop.call_soon_threadsafe(self._died, process, process.cause_of_death())

    def _take(
        self, process: WorkerProcess, message: Here | Answer | Refusal | Outdated | Halfway
    ) -> None:
        if isinstance(message, Here):
            self._is_here = process is self._process
            return
        pending = self._pending.get(message.number)
        if pending is None or pending.future.done():
            return
        if isinstance(message, Halfway):
            pending.halfway(message.done, message.total)
        elif isinstance(message, Answer):
            pending.future.set_result(message.value)
        elif isinstance(message, Refusal):
            pending.future.set_exception(message.error)
        else:
            pending.future.set_exception(Stale())

    def _died(self, process: WorkerProcess, cause: str) -> None:
        """Asks all questions again, but for one at which a process has died twice."""
        process.__exit__()
        if process is not self._process:
            return
        self._process = None
        self.deaths += 1
        at = self._at()
        if at is not None:
            self._deaths[at] = self._deaths.get(at, 0) + 1
        for number in sorted(n for n, one in self._pending.items() if not one.future.done()):
            if self._deaths.get(number, 0) < MOST_DEATHS:
                self._tell(number)
                continue
            pending = self._pending[number]
            pending.future.set_exception(
                ProcessDied(
                    f"{pending.question.source}: took its process down twice ({cause}), and is set "
                    "aside"
                )
            )
