"""What `burnish restore` says while it works: a bar on a terminal, plain lines elsewhere, JSON for
programs.

Results on stdout, everything else on stderr.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from ..contract import Opened
    from ..errors import BurnishError
    from ..inference.job import Job, Report


def answer(text: str) -> None:
    """A result on stdout."""
    tell(text, sys.stdout)


def tell(text: str, stream: Any) -> None:
    """A line on a stream.

    Where nobody reads it any more, as behind `| head -1` or `2>&1 | head -1`, the work goes on
    without.
    """
    try:
        print(text, file=stream, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class Console:
    """One for each run over `total` files; a context manager around the work."""

    def __init__(
        self, total: int, *, quiet: bool = False, verbose: bool = False, as_json: bool = False
    ) -> None:
        self.total, self.quiet, self.verbose, self.as_json = total, quiet, verbose, as_json
        self.counts = {"restored": 0, "skipped": 0, "failed": 0}
        self.megapixels = 0.0
        self.seconds = 0.0
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
            self.aside(
                f"on {opened.device}"
                + (f", {opened.backend}, {opened.precision}" if self.verbose else "")
            )

    def progress(self, done: int, total: int) -> None:
        """Tiles of the picture in hand."""
        self._begin_bar()
        if self._bar is not None:
            self._bar.update(self._task, completed=sum(self.counts.values()) + done / total * 0.99)

    def say(self, text: str) -> None:
        """A remark of what works."""
        self.aside(f"note: {text}")

    def planned(self, job: Job) -> None:
        self.result(
            {
                "source": job.source,
                "target": job.target,
                "status": "planned" if job.wanted else "exists",
            },
            f"{job.source} -> {job.target}",
        )

    def done(self, report: Report) -> None:
        self._count(report.status)
        self.megapixels += report.megapixels
        self.seconds += report.seconds
        if report.status == "skipped":
            self.result(
                report.to_dict(), f"{report.source}: skipped, {report.target} {report.notes[0]}"
            )
            return
        for note in report.notes:
            self.aside(f"{report.source}: {note}")
        said = {
            name: value if isinstance(value, str) else f"{value:.3g}"
            for name, value in report.dials.items()
        }
        dials = "".join(
            f"  {name}={value}{' (estimated)' if name in report.estimated else ''}"
            for name, value in said.items()
        )
        self.result(
            report.to_dict(), f"{report.source} -> {report.target}{dials}  {report.seconds:.2f} s"
        )

    def failed(self, source: str | Path, target: str | Path, error: BurnishError) -> None:
        self._count("failed")
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

    def summary(self) -> None:
        """One line at the end, where there was more than one file."""
        if self.total > 1 and not self.quiet:
            rate = (
                f", {self.megapixels / self.seconds:.2f} megapixels a second"
                if self.seconds
                else ""
            )
            self.aside(
                ", ".join(f"{count} {status}" for status, count in self.counts.items() if count)
                + rate
            )

    def _begin_bar(self) -> None:
        """A bar on a terminal. A single picture has one from its second tile on: a small one is
        done before rich is imported.
        """
        if self._bar is None and sys.stderr.isatty() and not self.quiet and not self.as_json:
            self._bar = _bar()
            self._bar.start()
            self._task = self._bar.add_task("restoring", total=self.total, rate="")

    def _count(self, status: str) -> None:
        self.counts[status] += 1
        if self._bar is not None:
            rate = f"{self.megapixels / self.seconds:.2f} MP/s" if self.seconds else ""
            self._bar.update(self._task, completed=sum(self.counts.values()), rate=rate)

    def result(self, record: dict[str, Any], text: str | None) -> None:
        """What became of a file: a record for programs, and a line (or none) for people."""
        if self.as_json:
            answer(json.dumps(record))
        elif text is not None and not self.quiet:
            self._print(text, sys.stdout)

    def aside(self, text: str, *, always: bool = False) -> None:
        """A line on stderr, unless only errors are wanted."""
        if always or not self.quiet:
            self._print(text, sys.stderr)

    def _print(self, text: str, stream: Any) -> None:
        """Above the bar, where there is one on the same terminal."""
        if self._bar is not None and stream.isatty():
            self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)
        else:
            tell(text, stream)


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None]]:
    """A function to tell (done, total), which moves a bar on a terminal and is silent elsewhere."""
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
