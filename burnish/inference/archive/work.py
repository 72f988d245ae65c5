"""The work of a run: the files of its journal, one after another, through the worker.

A result is whole in a temporary file; the journal says so, to last; then it takes its name. So a
run that is killed at any moment knows afterwards what it wrote, and goes on from there.
"""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from ...contract import Opened
from ...errors import BurnishError, ProcessDied
from ...ground.amounts import in_bytes, in_time
from ...ground.process import WorkerDied, WorkerProcess
from ..job import Job, JobReport
from ..model import Model
from .journal import Journal, Line, State
from .plan import extent, hash_or_none, stamp_of, sweep
from .sidecar import about_run, settled_in, write_sidecar
from .worker import Assignment, Done, Failed, Name, Ready, Task, Tiles, Told, Whole, agreed, main

#: tasks that the worker has at a time, so that it does not wait for the journal
AHEAD = 2
#: more pictures, or more megapixels, are a long run, whose time and size are said before
LONG_PICTURES = 100
LONG_MEGAPIXELS = 200.0
#: so many pictures settle the dials of all, where they are to be the same
ALIKE = 9
#: sentences on files that are said before a long run; the report has all
SAID = 3


class Listener(Protocol):
    """Who is told what becomes of a run."""

    def opened(self, opened: Opened) -> None:
        """The model is open."""

    def progress(self, done: int, total: int) -> None:
        """So many tiles of the picture in hand are done."""

    def say(self, text: str) -> None:
        """A remark."""

    def passed(self, count: int) -> None:
        """So many pictures need nothing to be done."""

    def done(self, report: JobReport) -> None:
        """A picture was restored, or skipped."""

    def failed(self, source: str | Path, target: str | Path, error: BurnishError) -> None:
        """A picture could not be restored."""


@dataclass(frozen=True)
class Archive:
    """What a run is to do, and how."""

    #: the folder of the results, where the journal and the report lie too
    root: Path
    #: the name of the model, or the path of its file
    model: str
    #: what is to be done with every picture
    job: Job
    #: "auto", or the word of a device, such as "cpu" or "openvino:gpu"
    device: str = "auto"
    #: threads of the processor; None is all
    threads: int | None = None
    #: in which precision it computes
    precision: str = "auto"
    #: the ending of results, where it is not their pictures' own
    format: str | None = None
    #: what is added to names
    suffix: str | None = None
    #: whether every result gets a sidecar
    sidecars: bool = True
    #: whether all pictures get the same settings of dials
    alike: bool = False
    #: whether everything is done again, also what others wrote under the names of results
    overwrite: bool = False
    #: whether the journal of an earlier run is dropped
    restart: bool = False
    #: whether what is done is hashed again
    verify: bool = False


class Work:
    """What a run has in hand."""

    def __init__(
        self,
        order: Archive,
        model: Model,
        journal: Journal,
        listener: Listener,
        descriptor: int | None,
        more: Callable[[], bool] = lambda: False,
    ) -> None:
        """model: that of the order, not opened. descriptor: that of the run's lock.

        more: is asked when all is done, while the model stays open: it may plan more, however long
        it waits for that, and says whether it has.
        """
        self._order = order
        self._model = model
        self._journal = journal
        self._listener = listener
        self._descriptor = descriptor
        self._more = more
        #: what the worker has, the one in work first
        self._hand: deque[Line] = deque()
        #: what comes before all that the journal has planned
        self._first: deque[Line] = deque()
        #: the number of the last file that the journal gave
        self._last = 0
        #: the files that the worker died of once
        self._suspects: set[int] = set()
        #: megapixels to be restored, where that is many
        self._long: float | None = None

    def do(self) -> None:
        """Does all that is planned. Raises what would go wrong with every file."""
        if not self._journal.counts().get(State.planned):
            return
        self._look_ahead()
        while (line := self._next()) is not None:
            self._first.appendleft(line)
            try:
                with WorkerProcess(main, self._assignment(), self._descriptor) as worker:
                    self._serve_until_it_dies(worker)
            finally:
                self._sweep()

    def _serve_until_it_dies(self, worker: WorkerProcess) -> None:
        """Gives a worker what is to be done, and finds what it died of, if it did."""
        try:
            self._serve(worker)
            worker.end()
        except WorkerDied:
            self._blame(worker.cause_of_death())

    def _look_ahead(self) -> None:
        """Says what of a long run can be said before it."""
        found = extent(self._journal, self._order.root, self._order.job, self._model.contract.scale)
        if found.pictures <= LONG_PICTURES and found.megapixels <= LONG_MEGAPIXELS:
            return
        self._long = found.megapixels
        self._listener.say(
            f"{found.pictures:,} pictures of about {found.megapixels:,.0f} megapixels are to be "
            f"restored; the results take about {in_bytes(found.size)}, and "
            f"{in_bytes(found.free)} are free"
        )
        for sentence in found.against[:SAID]:
            self._listener.say(f"will not be restored: {sentence}")
        if len(found.against) > SAID:
            self._listener.say(f"and {len(found.against) - SAID} more, by the heads of their files")

    # The files.

    def _next(self) -> Line | None:
        """The next file to be done."""
        while True:
            line = self._first.popleft() if self._first else self._journal.next(self._last)
            if line is None:
                return None
            self._last = max(self._last, line.id)
            if not self._in_the_way(line):
                return line

    def _in_the_way(self, line: Line) -> bool:
        """Whether a file that the run did not write has come to stand where a result would."""
        path = self._path(line)
        ours = line.result_hash is not None or path == line.source
        if ours or self._order.overwrite or not os.path.lexists(path):
            return False
        self._journal.put(line.id, State.exists)
        self._listener.done(
            JobReport(
                line.source, path, "skipped", notes=("exists already; --overwrite replaces it",)
            )
        )
        return True

    def _path(self, line: Line) -> str:
        """The path of a file's result."""
        return os.path.join(self._order.root, line.target)

    def _sweep(self) -> None:
        """Takes away what is left of results that were in hand."""
        for line in self._hand:
            sweep(os.path.dirname(self._path(line)))

    # The worker.

    def _assignment(self) -> Assignment:
        """What a worker is told first. What is settled alike was settled once."""
        order = self._order
        settled = json.loads(self._journal.said("alike") or "null")
        asked = order.job.asked
        sample: tuple[str, ...] = ()
        if settled:
            asked = agreed(asked, settled)
        elif order.alike:
            sample = tuple(line.source for line in self._journal.some_planned(ALIKE))
        return Assignment(
            order.model,
            replace(order.job, asked=asked),
            order.device,
            order.threads,
            order.precision,
            timed=self._long is not None,
            alike=sample,
        )

    def _serve(self, worker: WorkerProcess) -> None:
        """Gives the worker all that is to be done, and takes what it answers."""
        self._take_opening(worker)
        while True:
            self._fill(worker)
            if self._hand:
                self._take(worker, worker.receive())
            elif self._more():
                self._last = 0
            else:
                return

    def _take_opening(self, worker: WorkerProcess) -> None:
        """Waits for the model to be open."""
        try:
            ready = worker.receive()
        except WorkerDied as error:
            raise BurnishError(
                f"{self._order.model}: the process that restores died while it opened the model "
                f"({worker.cause_of_death()}); --device cpu or --precision fp32 may help"
            ) from error
        if isinstance(ready, Failed):
            raise ready.error
        assert isinstance(ready, Ready)
        if not self._suspects:
            self._listener.opened(ready.opened)
        if ready.settled:
            self._journal.say(alike=json.dumps(dict(ready.settled)))
            words = ", ".join(f"{name}={value:.3g}" for name, value in ready.settled.items())
            self._listener.say(f"the same for all pictures: {words}")
        if self._long is not None and ready.seconds is not None:
            self._listener.say(f"that takes about {in_time(self._long * ready.seconds)}")
            self._long = None
        order = self._order
        about = about_run(order.model, self._model, order.job, ready.opened, order.threads)
        self._journal.say(made=json.dumps(about))

    def _fill(self, worker: WorkerProcess) -> None:
        """Gives the worker files until it has enough; a suspect alone."""
        while not self._hand or self._may_have_another():
            line = self._next()
            if line is None:
                return
            self._hand.append(line)
            least = self._journal.least_shown()
            worker.send(Task(line.id, line.source, self._path(line), least))

    def _may_have_another(self) -> bool:
        alone = any(line.id in self._suspects for line in self._hand)
        return len(self._hand) < AHEAD and not alone

    def _take(self, worker: WorkerProcess, message: Any) -> None:
        """Takes what the worker says."""
        match message:
            case Tiles(done, total):
                self._listener.progress(done, total)
            case Told(remark):
                self._listener.say(remark)
            case Whole(id, source_hash, result_hash, dials, origins):
                record = {"dials": dict(dials), "origins": dict(origins)}
                self._journal.write(id, source_hash, result_hash, record)
                worker.send(Name(id))
            case Done():
                self._keep(self._hand.popleft(), message)
            case Failed(_, error, fatal):
                line = self._hand.popleft()
                if fatal:
                    raise error
                self._fail(line, error)

    def _keep(self, line: Line, done: Done) -> None:
        """Takes note of a result, and writes its sidecar while the worker does the next."""
        record = {**asdict(done.report), "change": done.change}
        if done.copies is not None:
            self._journal.show(line.id, done.change, *done.copies)
        finish(self._journal, self._order, line, record)
        self._listener.done(done.report)

    def _fail(self, line: Line, error: BurnishError) -> None:
        """Takes note of a file that could not be restored."""
        record = {"code": error.code, "message": str(error)}
        self._journal.put(line.id, State.failed, record)
        self._listener.failed(line.source, self._path(line), error)

    def _blame(self, cause: str) -> None:
        """Finds what the worker died of: it is tried once alone, and then set aside."""
        if not self._hand:
            return
        self._sweep()
        line = self._hand.popleft()
        again = list(self._hand)
        self._hand.clear()
        if line.id in self._suspects:
            self._fail(
                line,
                ProcessDied(
                    f"{line.source}: took the process that was to restore it down, twice "
                    f"({cause}); it is set aside: save it anew with another program, or use a "
                    "smaller -t where memory is short"
                ),
            )
        else:
            self._suspects.add(line.id)
            self._listener.say(
                f"{line.source}: the process that was to restore it died ({cause}); it is tried "
                "once more, alone"
            )
            again.insert(0, line)
        self._first.extendleft(reversed(again))
        self._journal.commit()


def finish(journal: Journal, order: Archive, line: Line, record: dict[str, Any]) -> None:
    """Takes note that a result stands under its name, when its sidecar does too."""
    now = journal.find(line.source)
    assert now is not None
    target = os.path.join(order.root, line.target)
    if order.sidecars:
        about = json.loads(journal.said("made") or "{}")
        alike = json.loads(journal.said("alike") or "null") or {}
        dials = settled_in(record["dials"], record["origins"], alike)
        hashes = (now.source_hash or "", now.result_hash or "")
        there = record["there"] if record.get("status") == "salvaged" else None
        write_sidecar(about, line.source, target, hashes, dials, there)
    journal.put(line.id, State.done, record)
    if target == line.source:
        journal.restamp(line.id, stamp_of(target))


def recover(journal: Journal, order: Archive) -> None:
    """Settles what a killed run was about to name: only its content says whether it is there.

    It is done again, to the same bytes; but a picture that is restored in place is no longer there
    to be restored.
    """
    for line in journal.lines_in(State.writing):
        target = os.path.join(order.root, line.target)
        if target == line.source and hash_or_none(target) == line.result_hash:
            finish(journal, order, line, dict(line.record))
        else:
            journal.put(line.id, State.planned)
