"""The work of a run: the files of its journal, one after another, through the worker.

A result is whole in a temporary file; the journal says so, to last; then it takes its name. So a
run that is killed at any moment knows afterwards what it wrote, and goes on from there.
"""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from ...contract import Opened
from ...errors import BurnishError, ProcessDied
from ...ground.amounts import in_bytes, in_time
from ..addresses import is_address
from ..job import Job, JobReport
from ..model import Model
from .crew import Crew, Gone
from .journal import FOLDER, Journal, Line, State
from .plan import extent, hash_or_none, stamp_of, sweep
from .sidecar import about_run, hash_of, settled_in, write_sidecar
from .worker import Assignment, Done, Failed, Name, Ready, Task, Tiles, Told, Whole

#: tasks that a worker has at a time, so that it does not wait for the journal
AHEAD = 2
#: workers that are begun at a time
AT_ONCE = 8
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
    #: where the results go, if that is an address; then the folder has the journal alone
    address: str | None = None

    @property
    def results(self) -> str:
        """The folder of the results, or their address."""
        return self.address or str(self.root)

    def path(self, line: Line) -> str:
        """The path of a file's result, or its address."""
        return os.path.join(self.results, line.target)


@dataclass
class _Hand:
    """What a worker has."""

    #: the pictures it was given, the one in work first
    lines: deque[Line] = field(default_factory=deque)
    #: whether its model is open
    opened: bool = False

    def take(self, id: int | None) -> Line:
        """Takes the picture of a number out of it."""
        line = next(line for line in self.lines if line.id == id)
        self.lines.remove(line)
        return line


class Work:
    """What a run has in hand."""

    def __init__(
        self,
        order: Archive,
        model: Model,
        journal: Journal,
        listener: Listener,
        crew: Crew,
        more: Callable[[], bool] = lambda: False,
    ) -> None:
        """model: that of the order, not opened. crew: who does the work.

        more: is asked when all is done, while the model stays open: it may plan more, however long
        it waits for that, and says whether it has.
        """
        self._order = order
        self._model = model
        self._journal = journal
        self._listener = listener
        self._crew = crew
        self._more = more
        #: what each worker has
        self._hands: dict[int, _Hand] = {}
        #: what comes before all that the journal has planned
        self._first: deque[Line] = deque()
        #: the number of the last file that the journal gave
        self._last = 0
        #: how many deaths count against the files that were in hand when a worker died
        self._deaths: dict[int, int] = {}
        #: workers in a row that died before their model was open
        self._stillborn = 0
        #: whether any model was open
        self._begun = False
        #: the folders in which dead workers may have left something
        self._left: set[str] = set()
        #: megapixels to be restored, where that is many
        self._long: float | None = None

    def do(self) -> None:
        """Does all that is planned. Raises what would go wrong with every file."""
        if not self._journal.counts().get(State.planned):
            return
        self._look_ahead()
        try:
            while self._give():
                self._hear(self._crew.receive())
            self._crew.end(at_once=False)
        finally:
            self._left |= {
                os.path.dirname(self._path(line))
                for hand in self._hands.values()
                for line in hand.lines
            }
            self._hands.clear()
            self._crew.end(at_once=True)
            self._sweep()

    def _look_ahead(self) -> None:
        """Says what of a long run can be said before it."""
        order = self._order
        waiting = self._journal.counts().get(State.planned, 0)
        some = next(iter(self._journal.some_planned(1)))
        if order.address is not None or is_address(some.source):
            if waiting > LONG_PICTURES:
                self._listener.say(f"{waiting:,} pictures are to be restored")
            return
        found = extent(self._journal, order.root, order.job, self._model.contract.scale)
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
        """Whether a file that the run did not write has come to stand where a result would.

        Of objects the plan has seen that; a look at each would cost a request.
        """
        path = self._path(line)
        ours = line.result_hash is not None or path == line.source
        if ours or self._order.overwrite or is_address(path) or not os.path.lexists(path):
            return False
        self._journal.put(line.id, State.exists)
        self._listener.done(
            JobReport(
                line.source, path, "skipped", notes=("exists already; --overwrite replaces it",)
            )
        )
        return True

    def _path(self, line: Line) -> str:
        """The path of a file's result, or its address."""
        return self._order.path(line)

    def _sweep(self) -> None:
        """Takes away what dead workers left, when no living one writes anything."""
        if not any(hand.lines for hand in self._hands.values()):
            for folder in self._left:
                sweep(folder)
            self._left.clear()

    # The workers.

    def _give(self) -> bool:
        """Gives the workers what is to be done, and begins more of them where that is too much.

        Whether any of them has something to say before all is done.
        """
        while True:
            line = self._next()
            if line is None:
                self._spare()
                if any(hand.lines for hand in self._hands.values()):
                    return True
                if not self._more():
                    return False
                self._last = 0
                continue
            worker = self._free_for(line)
            if worker is None:
                self._first.appendleft(line)
                self._hire()
                return True
            self._hands[worker].lines.append(line)
            least = self._journal.least_shown()
            self._crew.send(worker, Task(line.id, line.source, self._path(line), least))

    def _free_for(self, line: Line) -> int | None:
        """The worker that has least to do and may have another file. A suspect is given alone."""
        alone = line.id in self._deaths
        most = 0 if alone else AHEAD - 1
        free = [
            (len(hand.lines), worker)
            for worker, hand in self._hands.items()
            if hand.opened
            and len(hand.lines) <= most
            and not any(other.id in self._deaths for other in hand.lines)
        ]
        return min(free)[1] if free else None

    def _hire(self) -> None:
        """Begins workers, some at a time, or as many as are at work, up to the most.

        What is settled alike is settled by the first of them.
        """
        opening = sum(not hand.opened for hand in self._hands.values())
        at_once = max(AT_ONCE, len(self._hands) - opening)
        alike_first = self._order.alike and not self._begun
        while len(self._hands) < self._crew.most and opening < at_once:
            if alike_first and self._hands:
                return
            worker = next(n for n in count() if n not in self._hands)
            self._hands[worker] = _Hand()
            self._crew.hire(worker, self._assignment())
            opening += 1

    def _spare(self) -> None:
        """Says which workers have nothing to do, when there is nothing more for them."""
        for worker, hand in self._hands.items():
            if hand.opened and not hand.lines:
                self._crew.spare(worker)

    def _assignment(self) -> Assignment:
        """What a worker is told first. What is settled alike was settled once."""
        order = self._order
        settled = json.loads(self._journal.said("alike") or "null") or {}
        sample: tuple[str, ...] = ()
        if order.alike and not settled:
            sample = tuple(line.source for line in self._journal.some_planned(ALIKE))
        return Assignment(
            order.model,
            order.job,
            order.device,
            order.threads,
            order.precision,
            timed=self._long is not None,
            alike=sample,
            settled=settled,
            sidecars=order.sidecars,
            sha256=hash_of(self._model),
            shared=None if order.address else os.path.abspath(order.root / FOLDER),
        )

    # What they say.

    def _hear(self, said: list[tuple[int, Any]]) -> None:
        """Takes what workers say; results take their names when the journal lasts."""
        whole = []
        for worker, message in said:
            if isinstance(message, Whole):
                record = {"dials": dict(message.dials), "origins": dict(message.origins)}
                hashes = (message.source_hash, message.result_hash)
                self._journal.write(message.id, *hashes, record)
                whole.append((worker, message.id))
            else:
                self._take(worker, message)
        if whole:
            self._journal.commit()
        for worker, id in whole:
            if worker in self._hands:
                self._crew.send(worker, Name(id))

    def _take(self, worker: int, message: Any) -> None:
        """Takes what a worker says."""
        hand = self._hands[worker]
        match message:
            case Ready():
                hand.opened = True
                self._stillborn = 0
                self._take_opening(message)
            case Tiles(done, total):
                if self._crew.most == 1:
                    self._listener.progress(done, total)
            case Told(remark):
                self._listener.say(remark)
            case Done(id):
                self._keep(hand.take(id), message)
            case Failed(id, error, fatal):
                if fatal:
                    raise error
                self._fail(hand.take(id), error)
            case Gone(cause):
                del self._hands[worker]
                self._bury(hand, cause)

    def _take_opening(self, ready: Ready) -> None:
        """Says what the first of them found when its model was open."""
        if self._begun:
            return
        self._begun = True
        self._listener.opened(ready.opened)
        if ready.settled:
            self._journal.say(alike=json.dumps(dict(ready.settled)))
            words = ", ".join(f"{name}={value:.3g}" for name, value in ready.settled.items())
            self._listener.say(f"the same for all pictures: {words}")
        if self._long is not None and ready.seconds is not None:
            seconds = self._long * ready.seconds / self._crew.most
            self._listener.say(f"that takes about {in_time(seconds)}")
            self._long = None
        order = self._order
        about = about_run(order.model, self._model, order.job, ready.opened, order.threads)
        self._journal.say(made=json.dumps(about))

    def _keep(self, line: Line, done: Done) -> None:
        """Takes note of a result, beside which its sidecar stands."""
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

    def _bury(self, hand: _Hand, cause: str) -> None:
        """Takes back what a dead worker had. What it may have died of is tried alone, and set aside
        after some deaths that it alone can be the reason of.
        """
        if not hand.opened:
            self._stillborn += 1
            if self._stillborn >= self._crew.stillborn:
                raise BurnishError(
                    f"{self._order.model}: the process that restores died while it opened the "
                    f"model ({cause}); --device cpu or --precision fp32 may help"
                )
        lines = list(hand.lines)
        self._left |= {os.path.dirname(self._path(line)) for line in lines}
        counts = self._crew.certain or len(lines) == 1
        suspects = lines[:1] if self._crew.certain else lines
        for line in suspects:
            self._deaths[line.id] = self._deaths.get(line.id, 0) + counts
        # What the journal says of them now: a result may be theirs already.
        again = [self._journal.find(line.source) for line in lines if not self._died(line, cause)]
        self._first.extendleft(reversed([line for line in again if line is not None]))
        self._journal.commit()
        self._sweep()

    def _died(self, line: Line, cause: str) -> bool:
        """Whether a file is set aside; says so, or that it is tried again where it is suspect."""
        deaths = self._deaths.get(line.id)
        if deaths is None:
            return False
        if deaths < self._crew.tries:
            self._listener.say(
                f"{line.source}: the process that was to restore it died ({cause}); it is tried "
                "once more, alone"
            )
            return False
        times = "twice" if deaths == 2 else f"{deaths} times"
        self._fail(
            line,
            ProcessDied(
                f"{line.source}: took the process that was to restore it down, {times} "
                f"({cause}); it is set aside: save it anew with another program, or use a "
                "smaller -t where memory is short"
            ),
        )
        return True


def finish(journal: Journal, order: Archive, line: Line, record: dict[str, Any]) -> None:
    """Takes note that a result stands under its name, with its sidecar."""
    journal.put(line.id, State.done, record)
    if order.path(line) == line.source:
        journal.restamp(line.id, stamp_of(line.source))


def recover(journal: Journal, order: Archive) -> None:
    """Settles what a killed run was about to name: only its content says whether it is there.

    It is done again, to the same bytes; but a picture that is restored in place is no longer there
    to be restored.
    """
    for line in journal.lines_in(State.writing):
        target = order.path(line)
        if target == line.source and hash_or_none(target) == line.result_hash:
            if order.sidecars:
                _write_beside(journal, line)
            finish(journal, order, line, dict(line.record))
        else:
            journal.put(line.id, State.planned)


def _write_beside(journal: Journal, line: Line) -> None:
    """Writes the sidecar of a result in place, by what the journal says of it and of the run."""
    about = json.loads(journal.said("made") or "{}")
    alike = json.loads(journal.said("alike") or "null") or {}
    dials = settled_in(line.record["dials"], line.record["origins"], alike)
    hashes = (line.source_hash or "", line.result_hash or "")
    write_sidecar(about, line.source, line.source, hashes, dials)
