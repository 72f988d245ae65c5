"""A watched folder: each picture is taken when it is whole, and ends as in a run over all."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks import archive
from burnish.errors import BurnishError, InputTruncated
from burnish.inference.archive.journal import FOLDER, Journal, State
from burnish.inference.archive.run import journal_of
from burnish.inference.archive.watch import _Coming
from burnish.inference.archive.work import Archive
from burnish.inference.job import Job, JobReport
from burnish.inference.targets import pair

SETTLE = "0.3"


@contextlib.contextmanager
def watching(folder: Path, out: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """`burnish watch FOLDER -o OUT` as a process of its own, which is gone afterwards."""
    start = [sys.executable, "-m", "burnish.cli", "watch", str(folder), "-o", str(out)]
    options = ["-m", archive.QUICK, "--threads", "1", "--settle", SETTLE, *words]
    with subprocess.Popen(
        [*start, *options], env=archive.environment(), stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def soon(true: Callable[[], Any], seconds: float = 120) -> None:
    """Waits until something is true."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


def results(folder: Path) -> set[str]:
    """The pictures of a folder of results."""
    return {file.name for file in folder.glob("*.png")} if folder.exists() else set()


@pytest.fixture
def drawn(tmp_path: Path) -> Path:
    """Three pictures, and an empty folder `in` to which they may come."""
    archive.pictures(tmp_path / "drawn", 4, jpeg=99)
    for file in (tmp_path / "drawn").rglob("*.jpg"):
        file.unlink()
    (tmp_path / "in").mkdir()
    return tmp_path / "drawn/000"


def test_what_comes_slowly_or_by_another_name_ends_as_in_a_run_over_the_folder(
    drawn: Path, tmp_path: Path
) -> None:
    first, second, third = sorted(drawn.iterdir())
    folder, out = tmp_path / "in", tmp_path / "out"
    with watching(folder, out) as process:
        with open(folder / first.name, "wb") as slow:
            for part in (first.read_bytes()[:100], first.read_bytes()[100:300]):
                slow.write(part)
                slow.flush()
                time.sleep(0.15)
            slow.write(first.read_bytes()[300:])
        shutil.copy(second, folder / ".hidden.part")
        soon(lambda: results(out) == {first.name} and (out / "burnish-report.json").exists())
        assert not (out / second.name).exists()
        (folder / ".hidden.part").rename(folder / second.name)
        soon(lambda: (out / "burnish-watch.log").read_text().count(" restored: ") == 2)
        assert results(out) == {first.name, second.name}
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert process.stderr is not None
        assert "stopped; the same command goes on" in process.stderr.read()
    log = (out / "burnish-watch.log").read_text()
    assert [line.partition(" restored: ")[2].split()[0] for line in log.splitlines()] == [
        str(folder / first.name),
        str(folder / second.name),
    ]

    # Killed, and given again, it goes on; and so does a run over the folder.
    shutil.copy(third, folder / third.name)
    with watching(folder, out) as process:
        soon(lambda: third.name in results(out))
        process.kill()
    for where in (out, tmp_path / "whole"):
        subprocess.run(archive.command(folder, where), env=archive.environment(), check=True)
    (out / "burnish-watch.log").unlink()
    assert archive.tree(out) == archive.tree(tmp_path / "whole")


def test_what_stands_where_a_result_would_is_left_alone_and_said(
    drawn: Path, tmp_path: Path
) -> None:
    file = min(drawn.iterdir())
    folder, out = tmp_path / "in", tmp_path / "out"
    shutil.copy(file, folder)
    out.mkdir()
    (out / file.name).write_text("another's")
    with watching(folder, out) as process:
        soon((out / "burnish-watch.log").exists)
        assert "skipped" in (out / "burnish-watch.log").read_text()
        process.terminate()
        assert process.wait(60) == 143
    assert (out / file.name).read_text() == "another's"


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with watching(tmp_path / "none", tmp_path / "out") as process:
        _, said = process.communicate(timeout=120)
    assert process.returncode == 3
    assert "no such folder" in said


class Told:
    """Takes down what a watch tells."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *words: self.said.append(f"{name} {words[-1]}")


@pytest.fixture
def coming(drawn: Path, tmp_path: Path) -> Iterator[tuple[_Coming, Journal, Told]]:
    """What comes into `in`, as its journal and what is told have it; nothing is restored."""
    folder, out, told = tmp_path / "in", tmp_path / "out", Told()
    (out / FOLDER).mkdir(parents=True)
    with journal_of(out) as (journal, _):
        order = Archive(out, archive.QUICK, Job("", ""))
        came = _Coming(order, journal, lambda: pair([folder], out), told, 0.05, 0.3)
        yield came, journal, told


def test_a_picture_is_planned_when_two_looks_find_it_the_same(
    drawn: Path, tmp_path: Path, coming: tuple[_Coming, Journal, Told]
) -> None:
    came, journal, _ = coming
    file = tmp_path / "in/a.png"
    for size in (10, 20, 30):
        file.write_bytes(min(drawn.iterdir()).read_bytes()[:size])
        assert not came._look()
    assert came._look()
    assert journal.counts() == {State.planned: 1}


def test_what_cannot_be_read_is_tried_once_more_before_it_is_named(
    tmp_path: Path, coming: tuple[_Coming, Journal, Told]
) -> None:
    came, journal, told = coming
    file = tmp_path / "in/a.png"
    cut = InputTruncated(f"{file}: it ends before its picture does")

    def fail(error: BurnishError = cut) -> None:
        line = journal.find(str(file))
        assert line is not None
        journal.put(line.id, State.failed, {"code": error.code})
        came.failed(str(file), "a.png", error)

    file.write_bytes(b"half")
    came.wait()
    fail()
    assert told.said == []
    begun = time.monotonic()
    came.wait()
    assert time.monotonic() - begun >= 0.25
    fail()
    assert told.said == [f"failed {cut}"]

    # Named, it is left alone until it changes, and then has its two tries again.
    time.sleep(0.35)
    assert not came._look()
    file.write_bytes(b"more of it")
    came.wait()
    fail()
    assert len(told.said) == 1
    log = (tmp_path / "out/burnish-watch.log").read_text()
    assert log.count(" failed: ") == 1
    assert log.count(" not whole yet, or gone again: ") == 2


def test_what_is_gone_again_is_forgotten(
    tmp_path: Path, coming: tuple[_Coming, Journal, Told]
) -> None:
    came, journal, told = coming
    file = tmp_path / "in/a.png"
    file.write_bytes(b"x")
    came.wait()
    file.rename(tmp_path / "in/a.done")
    came.failed(str(file), "a.png", InputTruncated("gone"))
    assert journal.counts() == {}
    assert told.said == []


def test_the_report_says_that_it_waits(
    tmp_path: Path, coming: tuple[_Coming, Journal, Told]
) -> None:
    came, _, _ = coming
    file = tmp_path / "in/a.png"
    file.write_bytes(b"x")
    came.wait()
    came.done(JobReport(str(file), "a.png", "restored", dials={"radius": 1.0}))
    file.write_bytes(b"xx")
    came.wait()
    assert json.loads((tmp_path / "out/burnish-report.json").read_text())["ended"] == "waits"
    assert "has been watched for" in (tmp_path / "out/burnish-report.html").read_text()
    assert os.path.getsize(tmp_path / "out/burnish-watch.log") > 0
