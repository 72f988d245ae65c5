"""What `burnish restore` says while it works: a bar, plain lines, or JSON for programs.

The bar is there on a terminal. Results go to stdout, and everything else to stderr.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..errors import InputCorrupt, InputTruncated
from ..ground.amounts import sureness

if TYPE_CHECKING:
    from pathlib import Path

    from ..contract import Opened
    from ..errors import BurnishError
    from ..inference.job import Job, JobReport

#: names and texts of files may hold what a terminal would obey; it is shown as escapes
SHOWN = {c: f"\\x{c:02x}" for c in (*range(32), *range(127, 160)) if chr(c) not in "\t\n"}


def answer(text: str) -> None:
    """Prints a result on stdout."""
    tell(text, sys.stdout)


def tell(text: str, stream: Any) -> None:
    """Prints a line on a stream.

    Where nobody reads the stream any more, as behind `| head -1`, the work goes on without it.
    """
    try:
        print(text.translate(SHOWN), file=stream, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class Console:
    """What is said during one run over `total` files; a context manager around the work.

    quiet: whether only errors are said. verbose: whether the engine and its precision are named.
    as_json: whether results are objects for programs.
    """

    def __init__(
        self, total: int, *, quiet: bool = False, verbose: bool = False, as_json: bool = False
    ) -> None:
        self.total = total
        self.quiet = quiet
        self.verbose = verbose
        self.as_json = as_json
        self.counts = {"restored": 0, "salvaged": 0, "skipped": 0, "failed": 0}
        #: files that failed because they are cut or damaged
        self.damaged = 0
        self.megapixels = 0.0
        self._begun = time.perf_counter()
        #: how much of each picture in hand is done, by its file
        self._parts: dict[str, float] = {}
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Console:
        if self.total > 1:
            self._begin_bar()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def opened(self, opened: Opened) -> None:
        """Names the device; with -v, the engine and its precision too."""
        for note in opened.notes:
            self.say(note)
        if not self.quiet:
            why = f" ({opened.why})" if opened.why else ""
            engine = f", {opened.backend}, {opened.precisions}{why}" if self.verbose else ""
            self.aside(f"on {opened.device}{engine}")
        if self.verbose and opened.chosen:
            self.aside(opened.chosen)

    def progress(self, done: int, total: int, source: str = "") -> None:
        """Shows how many tiles of a picture in hand are done. source: its file, where there are
        several.
        """
        self._begin_bar()
        if self._bar is not None:
            # Less than a whole one, so that a picture counts when its file is written.
            self._parts[source] = done / total * 0.99
            self._bar.update(self._task, completed=self._completed())

    def say(self, text: str) -> None:
        """Says a remark that was made during the work."""
        self.aside(f"note: {text}")

    def planned(self, job: Job, notes: Sequence[str]) -> None:
        """Says what would be done, and what is known before of what would be said of it."""
        status = "planned" if job.wanted else "exists"
        record = {"source": job.source, "target": job.target, "status": status}
        for note in notes:
            self.aside(f"{job.source}: {note}")
        self.result({**record, "notes": list(notes)}, f"{job.source} -> {job.target}")

    def done(self, report: JobReport) -> None:
        """Says what became of a job that was done, or skipped."""
        self.megapixels += report.megapixels
        self._count(report.status, report.source)
        if report.status == "skipped":
            skipped = f"{report.source}: skipped, {report.target} {report.notes[0]}"
            self.result(report.to_dict(), skipped)
            return
        for note in filter(None, (report.summary, *report.notes)):
            self.aside(f"{report.source}: {note}")
        dials = ""
        for name in report.dials:
            dials += f"  {name}={_setting(report, name)}"
            if name in report.estimated:
                dials += f" ({_estimated(report, name)})"
        done = f"{report.source} -> {report.target}{_pictures(report)}{dials}"
        done += f"  {report.seconds:.2f} s"
        choice = f"  {report.choice}" if report.choice else ""
        self.result(report.to_dict(), done + choice)

    def passed(self, count: int) -> None:
        """Counts pictures that need nothing to be done, which say nothing of the time left."""
        self.counts["skipped"] += count
        if self._bar is not None:
            self._bar.reset(self._task, completed=self._completed())

    def failed(self, source: str | Path, target: str | Path, error: BurnishError) -> None:
        """Says that a file could not be restored, and why."""
        self._count("failed", str(source))
        self.damaged += isinstance(error, InputTruncated | InputCorrupt)
        text = str(error) if str(source) in str(error) else f"{source}: {error}"
        record = {
            "source": str(source),
            "target": str(target),
            "status": "failed",
            "error": {"code": error.code, "message": text},
        }
        if self.as_json:
            answer(json.dumps(record))
        self.aside(f"burnish: {text} [{error.code}]", always=True)

    @contextmanager
    def frames(self) -> Iterator[Callable[[int, int, str], None]]:
        """A context that gives a function to show (done, total, rate) of the frames of a film."""
        self._begin_bar("frames")
        try:
            yield self._show
        finally:
            self.__exit__()

    def _show(self, done: int, total: int, rate: str) -> None:
        if self._bar is not None:
            self._bar.update(self._task, completed=done, total=total or None, rate=rate)

    def summary(self) -> None:
        """Says what became of all files in one line, where there was more than one."""
        if self.total <= 1 or self.quiet:
            return
        counts = ", ".join(f"{count} {status}" for status, count in self.counts.items() if count)
        rate = ""
        if self.megapixels:
            rate = f", {self._rate():.2f} megapixels a second"
        self.aside(counts + rate)

    def _begin_bar(self, what: str = "restoring") -> None:
        """Shows a bar where stderr is a terminal, unless only errors or objects are wanted.

        A single picture has one from its second tile on: a small one is done before rich is
        imported.
        """
        if self._bar is None and sys.stderr.isatty() and not self.quiet and not self.as_json:
            self._bar = _bar()
            self._bar.start()
            self._task = self._bar.add_task(what, total=self.total, rate="")

    def _count(self, status: str, source: str) -> None:
        """Counts a file, and moves the bar on."""
        self.counts[status] += 1
        self._parts.pop(source, None)
        if self._bar is not None:
            rate = f"{self._rate():.2f} MP/s" if self.megapixels else ""
            self._bar.update(self._task, completed=self._completed(), rate=rate)

    def _completed(self) -> float:
        """How many files are done, with the parts of those in hand."""
        return sum(self.counts.values()) + sum(self._parts.values())

    def _rate(self) -> float:
        """Megapixels a second since the run began."""
        return self.megapixels / (time.perf_counter() - self._begun)

    def result(self, record: dict[str, Any], text: str | None) -> None:
        """Says what became of a file: a record to programs, and a line (or none) to people."""
        if self.as_json:
            answer(json.dumps(record))
        elif text is not None and not self.quiet:
            self._print(text, sys.stdout)

    def aside(self, text: str, *, always: bool = False) -> None:
        """Says a line on stderr, unless only errors are wanted. always: even then."""
        if always or not self.quiet:
            self._print(text, sys.stderr)

    def _print(self, text: str, stream: Any) -> None:
        """Prints a line, above the bar where there is one on the same terminal."""
        if self._bar is not None and stream.isatty():
            shown = text.translate(SHOWN)
            self._bar.console.print(shown, markup=False, highlight=False, soft_wrap=True)
        else:
            tell(text, stream)


def _pictures(report: JobReport) -> str:
    """How many pictures there are, and of how many in the file; "" for one that is alone."""
    if report.of == 1:
        return ""
    count = f"{report.pictures} of {report.of}" if report.pictures < report.of else report.of
    return f"  {count} {report.called}"


def _setting(report: JobReport, name: str) -> str:
    """The setting of a dial in words; of several pictures that differ, the lowest and highest."""
    settings = [each[name] for each in report.each] or [report.dials[name]]
    numbers = [f"{value:.3g}" for value in sorted(v for v in settings if isinstance(v, float))]
    if not numbers:
        return str(settings[0])
    return numbers[0] if numbers[0] == numbers[-1] else f"{numbers[0]}..{numbers[-1]}"


def _estimated(report: JobReport, name: str) -> str:
    """How sure the setting of a dial is that was estimated."""
    setting = report.dials[name]
    margin = report.margins.get(name)
    several = len({each[name] for each in report.each}) > 1
    if several or margin is None or not isinstance(setting, float):
        return "estimated"
    return f"estimated, {sureness(setting, margin)}"


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None]]:
    """A context that gives a function to tell (done, total).

    It moves a bar on a terminal, and does nothing elsewhere.
    """
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    with _bar() as bar:
        task = bar.add_task(what, total=None, rate="")
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _bar() -> Any:
    from rich.console import Console as Terminal
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns: Callable[..., Any] = Progress
    return columns(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=Terminal(stderr=True),
    )
