"""watch(): pictures that come into a folder, each restored when it is whole, with a run's journal.

The folder is looked at again and again, since the drives of a network tell nobody what happens on
them. A picture is whole when two looks find it the same; what was taken too early all the same is
taken again when it has changed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from ...contract import Opened
from ...errors import BurnishError, OutputError, ProcessDied
from ..job import JobReport
from ..model import Model
from .crew import OneProcess
from .journal import Journal, Stamp, State
from .plan import plan, stamp_of
from .report import LOG, write_report
from .run import agree, journal_of, report_all_the_same, say_what_is_there
from .work import Archive, Listener, Work, recover

#: seconds after which a picture that could not be read is tried once more, before it is named
PATIENCE = 60.0
#: of its time, a watch spends at most one part in so many on looking
SELDOM = 10

#: what is found in the folder: (source, target) of every picture, as `targets.pair` gives them
Find = Callable[[], Sequence[tuple[str, str]]]


def watch(
    order: Archive,
    model: Model,
    find: Find,
    listener: Listener,
    *,
    settle: float,
    patience: float = PATIENCE,
) -> NoReturn:
    """Restores what comes, until something raises: KeyboardInterrupt, or SystemExit of a signal.

    model: the model of the order, not opened. settle: seconds for which a picture has to stand
    still. patience: seconds after which one that could not be read is tried once more.

    UsageError where an earlier run there had other settings, FolderLocked where one is at work,
    OutputError where something cannot be written. However it ends, the report says how far it came.
    """
    with journal_of(order.root, restart=order.restart) as (journal, descriptor):
        agree(order, model, journal)
        recover(journal, order)
        say_what_is_there(journal, listener)
        begun = time.monotonic()
        came = _Coming(order, journal, find, listener, settle, patience)
        try:
            while came.wait():
                Work(order, model, journal, came, OneProcess(descriptor), came.wait).do()
        except BaseException:
            report_all_the_same(journal, order, time.monotonic() - begun)
            raise
    raise AssertionError("a watch ends by what is raised")


class _Coming:
    """What comes into the folder. It is the `Listener` of the work, and tells the other one."""

    def __init__(
        self,
        order: Archive,
        journal: Journal,
        find: Find,
        listener: Listener,
        settle: float,
        patience: float,
    ) -> None:
        self._order = order
        self._journal = journal
        self._find = find
        self._listener = listener
        self._settle = settle
        self._patience = patience
        self._begun = time.monotonic()
        #: when the folder is looked at next
        self._due = 0.0
        #: by what each picture was known in the last look
        self._seen: dict[str, Stamp] = {}
        #: and by what, when it was planned
        self._taken: dict[str, Stamp] = {}
        #: when those that could not be read are tried again
        self._again: dict[str, float] = {}
        #: by what they were known, when they could not be read
        self._tried: dict[str, Stamp] = {}
        #: whether something was told since the last report
        self._news = False

    def wait(self) -> bool:
        """Looks at the folder until something in it is to be done, and is planned. Always True."""
        if self._news:
            write_report(self._journal, self._order.root, "waits", time.monotonic() - self._begun)
            self._news = False
        while True:
            time.sleep(max(0.0, self._due - time.monotonic()))
            begun = time.monotonic()
            planned = self._look()
            now = time.monotonic()
            self._due = now + max(self._settle, SELDOM * (now - begun))
            if planned:
                return True

    def _look(self) -> bool:
        """Plans the pictures that are whole; whether something is to be done."""
        now = time.monotonic()
        found = [(os.path.abspath(source), target) for source, target in self._find()]
        pairs = [(source, target) for source, target in found if os.path.isfile(source)]
        stamps = {source: stamp_of(source) for source, _ in pairs}
        whole = [
            (source, target)
            for source, target in pairs
            if stamps[source] == self._seen.get(source) and self._is_due(source, stamps, now)
        ]
        self._seen = stamps
        for source, _ in whole:
            self._taken[source] = stamps[source]
        if whole:
            plan(self._journal, self._order.root, whole, overwrite=self._order.overwrite)
            self._name_those_in_the_way(whole)
        return bool(self._journal.counts().get(State.planned))

    def _is_due(self, source: str, stamps: dict[str, Stamp], now: float) -> bool:
        """Whether a picture that stands still is to be planned: it is new, or tried again."""
        if self._taken.get(source) != stamps[source]:
            self._again.pop(source, None)
            return True
        return now >= self._again.get(source, now + 1)

    def _name_those_in_the_way(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Says of which pictures the results would take the place of other files."""
        for source, _ in pairs:
            line = self._journal.find(source)
            if line is not None and line.state == State.exists:
                path = os.path.join(self._order.root, line.target)
                note = "exists already; --overwrite replaces it"
                self.done(JobReport(source, path, "skipped", notes=(note,)))

    # What the work tells.

    def opened(self, opened: Opened) -> None:
        """The model is open."""
        self._listener.opened(opened)

    def progress(self, done: int, total: int) -> None:
        """Of what comes by and by, nobody knows how much is done."""

    def say(self, text: str) -> None:
        """A remark."""
        self._listener.say(text)
        self._write(f"note: {text}")

    def passed(self, count: int) -> None:
        """So many pictures need nothing to be done."""
        self._listener.passed(count)

    def done(self, report: JobReport) -> None:
        """A picture was restored, or skipped."""
        self._news = True
        self._again.pop(report.source, None)
        self._listener.done(report)
        dials = (
            f"{name}={value:.3g}" if isinstance(value, float) else f"{name}={value}"
            for name, value in report.dials.items()
        )
        words = [f"{report.status}:", report.source, "->", report.target, *dials]
        self._write(" ".join(words) + "".join(f"; {note}" for note in report.notes))

    def failed(self, source: str | Path, target: str | Path, error: BurnishError) -> None:
        """A picture could not be restored: it may still be coming, or be gone again."""
        self._news = True
        if not isinstance(error, ProcessDied) and self._may_be_coming(str(source)):
            self._write(f"not whole yet, or gone again: {error} [{error.code}]")
            return
        self._listener.failed(source, target, error)
        self._write(f"failed: {error} [{error.code}]")

    def _may_be_coming(self, source: str) -> bool:
        """Whether nothing is said of a picture that could not be restored, for now."""
        stamp = stamp_of(source)
        if stamp == Stamp():
            line = self._journal.find(source)
            if line is not None:
                self._journal.forget(line.id)
            return True
        if self._tried.get(source) == stamp:
            self._again.pop(source, None)
            return False
        self._tried[source] = stamp
        self._again[source] = time.monotonic() + self._patience
        return True

    def _write(self, text: str) -> None:
        """Writes a line into the log."""
        path = self._order.root / LOG
        line = f"{datetime.now():%Y-%m-%d %H:%M:%S} {text}"
        try:
            with open(path, "a", encoding="utf-8", errors="backslashreplace") as log:
                log.write(line.replace("\n", "\\n") + "\n")
        except OSError as error:
            raise OutputError(
                f"{path}: the log cannot be written ({error.strerror}); make room, and run the "
                "same again"
            ) from error
