"""A run over a cluster, and over addresses: the journal, names, exit status and bytes of one
machine, whatever dies.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from benchmarks import archive
from benchmarks.cluster import at_work, two_machines
from benchmarks.s3_store import store
from burnish.contract import Opened
from burnish.errors import BurnishError, InputError, OutputError, UsageError
from burnish.inference import zoo
from burnish.inference.addresses import address_of
from burnish.inference.archive.crew import Gone
from burnish.inference.archive.journal import FOLDER, State
from burnish.inference.archive.plan import plan
from burnish.inference.archive.run import journal_of
from burnish.inference.archive.work import Archive, Work
from burnish.inference.archive.worker import Assignment, Done, Name, Ready, Task, Whole, elsewhere
from burnish.inference.job import Job, JobReport
from burnish.inference.targets import pair


def run(*words: object, expect: int = 0, **environment: str) -> str:
    """`burnish restore WORDS -r -m median` with one thread a worker; what it said on stderr."""
    start = [sys.executable, "-m", "burnish.cli", "restore", "-r", "-m", archive.QUICK]
    done = subprocess.run(
        [*start, "--threads", "1", "-q", *map(str, words)],
        env=archive.environment(**environment),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == expect, f"{done.stdout}\n{done.stderr}"
    return done.stderr


# A crew of the test, which dies as it is told.


class Scripted:
    """A crew of two in one thread that restores nothing, and dies of pictures of a name."""

    most = 2
    certain = False
    tries = 3
    stillborn = 3

    def __init__(self, deadly: dict[str, int]) -> None:
        #: how many deaths pictures are good for
        self.deadly = deadly
        #: the pictures that each life of a worker was given, by their names
        self.lives: list[list[str]] = []
        self._said: deque[tuple[int, Any]] = deque()
        self._life: dict[int, list[str]] = {}
        self._tasks: dict[int, deque[Task]] = {}

    def hire(self, worker: int, told: Assignment) -> None:
        self._life[worker] = []
        self.lives.append(self._life[worker])
        self._tasks[worker] = deque()
        opened = Opened(elsewhere, "cpu", "test", "fp32")
        self._said.append((worker, Ready(opened, None, {})))

    def send(self, worker: int, message: object) -> None:
        if isinstance(message, Task):
            self._tasks[worker].append(message)
            self._life[worker].append(Path(message.source).name)
        elif isinstance(message, Name):
            task = self._tasks[worker].popleft()
            Path(task.target).parent.mkdir(parents=True, exist_ok=True)
            Path(task.target).write_text(task.source)
            report = JobReport(task.source, task.target, "restored")
            self._said.append((worker, Done(task.id, report, 0.0, None)))

    def receive(self) -> list[tuple[int, Any]]:
        if self._said:
            return [self._said.popleft()]
        worker = next(worker for worker, tasks in self._tasks.items() if tasks)
        self._tasks[worker] = self._tasks.pop(worker)  # the other one is next
        task = self._tasks[worker][0]
        name = Path(task.source).name
        if self.deadly.get(name, 0):
            self.deadly[name] -= 1
            del self._tasks[worker]
            return [(worker, Gone("test"))]
        return [(worker, Whole(task.id, "s", "r", {}, {}))]

    def spare(self, worker: int) -> None:
        pass

    def end(self, *, at_once: bool) -> None:
        self._tasks.clear()


class Told:
    """Takes down what a run tells of pictures."""

    def __init__(self) -> None:
        self.done_: list[str] = []
        self.failed_: list[tuple[str, BurnishError]] = []

    def done(self, report: JobReport) -> None:
        self.done_.append(Path(report.source).name)

    def failed(self, source: str | Path, target: str | Path, error: BurnishError) -> None:
        self.failed_.append((Path(source).name, error))

    def opened(self, opened: Opened) -> None: ...
    def progress(self, done: int, total: int) -> None: ...
    def say(self, text: str) -> None: ...
    def passed(self, count: int) -> None: ...


def worked(folder: Path, deadly: dict[str, int]) -> tuple[Scripted, Told, dict[str, int]]:
    """What became of ten pictures with a crew that dies of some; the journal's counts, too."""
    archive.pictures(folder / "in", 10, jpeg=99)
    out, crew, told = folder / "out", Scripted(deadly), Told()
    with journal_of(out) as (journal, _):
        plan(journal, out, pair([folder / "in"], out, recursive=True))
        order = Archive(out, archive.QUICK, Job("", ""), threads=1, sidecars=False)
        Work(order, zoo.load(archive.QUICK), journal, told, crew).do()
        return crew, told, journal.counts()


def test_a_death_in_company_counts_against_nobody(tmp_path: Path) -> None:
    crew, told, counts = worked(tmp_path, {"IMG_00003.png": 3})
    assert counts == {State.done: 10}
    assert told.failed_ == []
    assert len(told.done_) == len(set(told.done_)) == 10
    # First in company, then alone, however often.
    lives = [life for life in crew.lives if "IMG_00003.png" in life]
    assert len(lives[0]) > 1
    assert [life for life in lives[1:-1] if len(life) > 1] == []


def test_three_deaths_alone_set_a_picture_aside(tmp_path: Path) -> None:
    crew, told, counts = worked(tmp_path, {"IMG_00003.png": 99, "IMG_00005.png": 1})
    assert counts == {State.done: 9, State.failed: 1}
    ((name, error),) = told.failed_
    assert name == "IMG_00003.png"
    assert error.code == "E_PROCESS_DIED"
    assert "3 times" in str(error)
    assert 99 - crew.deadly[name] == 4


def test_workers_that_never_open_a_model_end_the_run(tmp_path: Path) -> None:
    class Stillborn(Scripted):
        def hire(self, worker: int, told: Assignment) -> None:
            self._said.append((worker, Gone("out of memory")))

    archive.pictures(tmp_path / "in", 2)
    out = tmp_path / "out"
    with journal_of(out) as (journal, _):
        plan(journal, out, pair([tmp_path / "in"], out, recursive=True))
        work = Work(
            Archive(out, archive.QUICK, Job("", "")),
            zoo.load(archive.QUICK),
            journal,
            Told(),
            Stillborn({}),
        )
        with pytest.raises(BurnishError, match="died while it opened the model"):
            work.do()


# Addresses.


def test_addresses_are_told_from_paths_that_lost_a_slash() -> None:
    assert address_of(Path("s3://in/a b.jpg")) == "s3://in/a b.jpg"
    assert address_of(Path("file:///tmp/x")) == "file:///tmp/x"
    assert address_of("s3://in/x//y") == "s3://in/x//y"
    assert address_of(Path("C:/x")) is None
    assert address_of("http") is None


@pytest.fixture
def drawn(tmp_path: Path) -> Path:
    """A folder of pictures, one of them cut, and what a run with a journal makes of it."""
    archive.pictures(tmp_path / "in", 5)
    cut = tmp_path / "in/000/IMG_00004.png"
    cut.write_bytes(cut.read_bytes()[:900])
    run(tmp_path / "in", "-o", tmp_path / "whole", "--archive", expect=3)
    return tmp_path


def pictures_of(folder: Path) -> dict[str, bytes]:
    """The results of a run, without their sidecars, which say where their pictures lay."""
    found = archive.tree(folder)
    return {name: content for name, content in found.items() if not name.endswith(".json")}


def sidecars_of(folder: Path) -> dict[str, Any]:
    """The sidecars of a run but for where their pictures lay."""
    found = {}
    for name, content in archive.tree(folder).items():
        if name.endswith(".json"):
            found[name] = json.loads(content)
            del found[name]["source"]["path"]
    return found


def test_at_addresses_all_is_as_in_folders(drawn: Path) -> None:
    pytest.importorskip("obstore")
    state = {"XDG_STATE_HOME": str(drawn / "state")}
    words = (f"file://{drawn}/in", "-o", f"file://{drawn}/out/", "--archive")
    said = run(*words, expect=3, **state)
    assert f"file://{drawn}/in/000/IMG_00004.png" in said
    assert "/burnish-" not in said
    assert pictures_of(drawn / "out") == pictures_of(drawn / "whole")
    assert sidecars_of(drawn / "out") == sidecars_of(drawn / "whole")
    report = json.loads((drawn / "out/burnish-report.json").read_text())
    assert {file["target"].partition("/out/")[0] for file in report["files"]} == {f"file://{drawn}"}

    # What is done is not done again, what has changed and what is gone is.
    results = sorted(pictures_of(drawn / "out"))
    before = {name: (drawn / "out" / name).stat().st_mtime_ns for name in results}
    (drawn / "out" / results[0]).unlink()
    shutil.copy(drawn / "in" / results[2], drawn / "in" / results[1])
    run(*words, expect=3, **state)
    after = {name: (drawn / "out" / name).stat().st_mtime_ns for name in results}
    assert [name for name in results if after[name] != before[name]] == results[:2]
    assert (drawn / "out" / results[0]).read_bytes() == pictures_of(drawn / "whole")[results[0]]


def test_what_stands_at_an_address_is_left_alone(drawn: Path) -> None:
    pytest.importorskip("obstore")
    other = drawn / "out/000/IMG_00001.png"
    other.parent.mkdir(parents=True)
    other.write_text("another's")
    state = {"XDG_STATE_HOME": str(drawn / "state")}
    words = (f"file://{drawn}/in", "-o", f"file://{drawn}/out", "--archive")
    run(*words, expect=3, **state)
    assert other.read_text() == "another's"
    assert len(pictures_of(drawn / "out")) == 4


def test_words_that_do_not_fit_are_said(tmp_path: Path) -> None:
    from burnish.cli.archiving import Mode
    from burnish.cli.clusters import Cluster

    with pytest.raises(UsageError, match="say --archive, or --cluster ray"):
        Mode().pairs([Path("s3://in")], "out", False, None, None)
    with pytest.raises(OutputError, match="is only read"):
        Mode(archive=True).pairs([tmp_path], "https://x/out", False, None, None)
    with pytest.raises(UsageError, match="say -o"):
        Mode(cluster=Cluster("ray")).pairs([tmp_path], None, False, None, None)
    with pytest.raises(UsageError, match="ray:10"):
        Cluster("dask")
    with pytest.raises(UsageError, match="say --cluster ray"):
        Cluster(workers=3)


def test_an_s3_server_that_falters(drawn: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("obstore")
    from burnish.inference import addresses

    with store(falters=5, page=4) as s3:
        for name, value in s3.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(addresses, "_store", cache(addresses._store.__wrapped__))
        for file in (drawn / "in").rglob("*.*g"):
            addresses.put(file, f"s3://scans/in/{file.relative_to(drawn / 'in')}")
        state = {"XDG_STATE_HOME": str(drawn / "state"), **s3.environment}
        run("s3://scans/in", "-o", "s3://results/clean", "--archive", expect=3, **state)
        written = s3.asked.count("PUT")
        run("s3://scans/in", "-o", "s3://results/clean", "--archive", expect=3, **state)
        # What is done is not done again; the report and its page are.
        assert s3.asked.count("PUT") == written + 2
        assert s3.refused == []
        for address in addresses.found_below("s3://results/clean"):
            path = drawn / "out" / address.removeprefix("s3://results/clean/")
            path.parent.mkdir(parents=True, exist_ok=True)
            addresses.fetch(address, path)
        page = addresses.found_below("s3://results/clean")

        # What it wrote is taken back, but for what somebody has changed, and nothing else.
        addresses.put(b"mine", "s3://results/clean/mine.txt")
        addresses.put(b"other", "s3://results/clean/000/IMG_00001.png")
        undo = [sys.executable, "-m", "burnish.cli", "undo", "s3://results/clean/"]
        environment = archive.environment(**state)
        done = subprocess.run(undo, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "3 results taken away" in done.stderr
        left = {key for bucket, key in s3.objects if bucket == "results"}
        changed = {"clean/000/IMG_00001.png", "clean/000/IMG_00001.png.burnish.json"}
        assert left == {"clean/mine.txt", *changed}
        assert not list((drawn / "state/burnish/runs").iterdir())
        again = subprocess.run(undo, env=environment, capture_output=True, text=True, check=False)
        assert again.returncode == 2
        assert "s3://results/clean: has no journal" in again.stderr
    assert pictures_of(drawn / "out") == pictures_of(drawn / "whole")
    assert sidecars_of(drawn / "out") == sidecars_of(drawn / "whole")
    assert page["s3://results/clean/burnish-report.html"].size > 1000


def test_a_key_that_a_store_does_not_know_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("obstore")
    from burnish.inference import addresses

    with store() as s3:
        for name, value in {**s3.environment, "AWS_SECRET_ACCESS_KEY": "another"}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(addresses, "_store", cache(addresses._store.__wrapped__))
        with pytest.raises(OutputError, match="SignatureDoesNotMatch"):
            addresses.put(b"a", "s3://results/a.png")
        with pytest.raises(InputError, match="cannot be listed"):
            addresses.found_below("s3://results")
    assert s3.objects == {}


# A cluster.


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a Ray cluster of two machines, both of which are this one."""
    pytest.importorskip("ray", reason="needs Ray; pip install 'burnish[cluster]' brings it")
    with two_machines() as address:
        yield address


def test_a_cluster_ends_with_the_bytes_of_one_machine_whatever_is_killed(
    cluster: str, tmp_path: Path
) -> None:
    archive.pictures(tmp_path / "in", 60, 96, 128)
    cut = tmp_path / "in/000/IMG_00004.png"
    cut.write_bytes(cut.read_bytes()[:900])
    run(tmp_path / "in", "-o", tmp_path / "whole", "--archive", expect=3)
    out = tmp_path / "out"
    words = [*archive.command(tmp_path / "in", out), "--cluster", f"ray:{cluster}"]
    words.remove("--archive")

    # The driver is killed at work, and then a worker of the run that goes on.
    archive.killed_with(words, out, 10)
    before = archive.results(out)
    assert 10 <= before < 100
    with subprocess.Popen(words, env=archive.environment()) as driver:
        while archive.results(out) <= before + 2 and driver.poll() is None:
            time.sleep(0.02)
        at_work()[0].kill()
        assert driver.wait(200) == 3
    assert archive.tree(out) == archive.tree(tmp_path / "whole")
    report = json.loads((out / "burnish-report.json").read_text())
    assert report["counts"] == {"restored": 59, "failed": 1}
    assert os.path.exists(out / FOLDER)
