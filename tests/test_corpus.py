"""Every odd and hostile file that the tests can make, in one folder, restored in one run.

Those that are whole come back as they do alone; each of the others is named with what is wrong.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from odd_files import Odd, odd_files
from odd_good import Good, odd_good
from odd_others import odd_others
from odd_tiffs import odd_tiffs

import burnish
from benchmarks.peak import used_by
from burnish import errors, images
from burnish.images.orientation import looked_at
from burnish.inference.job import Job, run_job

#: what reading one picture refuses, and restoring does not: several pictures, and a PDF
OTHERWISE = ("animated webp", "tiff of two pages", "pdf")
BAD = [odd for odd in [*odd_files(), *odd_tiffs(), *odd_others()] if odd.name not in OTHERWISE]
GOOD = list(odd_good())
#: a filter that costs next to nothing
MODEL = "median"
#: for one file, and for the process that restores them all
SECONDS, BYTES = 20, 1.5e9


@dataclass(frozen=True)
class Run:
    """The folder restored in one run of the command line."""

    #: where the files lie, and where the results do
    folder: Path
    results: Path
    #: the records that it printed, by the names of the files
    records: dict[str, dict[str, Any]]
    #: what it printed for people
    said: str
    #: its exit status, and the most memory that it had, in bytes
    status: int
    memory: int
    #: the files before it ran
    before: dict[str, str]


def file_name(number: int, each: Odd | Good) -> str:
    """The name under which a file of the corpus lies in the folder."""
    plain = "".join(sign if sign.isalnum() else "_" for sign in each.name)
    return f"{number:03}_{plain}{each.extension}"


ALL: list[Odd | Good] = [*BAD, *GOOD]
NAMES = {file_name(number, each): each for number, each in enumerate(ALL)}


def hashes(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("corpus")
    results = tmp_path_factory.mktemp("results")
    for name, each in NAMES.items():
        (folder / name).write_bytes(each.data)
    before = hashes(folder)
    folders: list[str | Path] = [folder, "-o", f"{results}/"]
    words = ["restore", *folders, "-m", MODEL, "--threads", "1", "--json"]
    said = tmp_path_factory.mktemp("said")
    with open(said / "out", "wb") as out, open(said / "err", "wb") as err:
        command = [sys.executable, "-m", "burnish.cli", *words]
        used = used_by(command, stdout=out, stderr=err)
    records = [json.loads(line) for line in (said / "out").read_text().splitlines()]
    return Run(
        folder,
        results,
        {Path(record["source"]).name: record for record in records if "source" in record},
        (said / "err").read_text(),
        used.status,
        used.peak,
        before,
    )


def test_the_corpus_is_large_and_of_many_kinds() -> None:
    assert len(BAD) >= 230
    assert len(GOOD) >= 100
    assert len({each.name for each in ALL}) == len(NAMES)


def test_every_file_is_in_the_report_and_none_is_changed(run: Run) -> None:
    assert run.status == 3
    assert set(run.records) == set(NAMES)
    assert hashes(run.folder) == run.before
    assert "Traceback" not in run.said
    assert "unforeseen" not in run.said
    assert run.memory < BYTES


@pytest.mark.parametrize("name", [name for name, each in NAMES.items() if isinstance(each, Odd)])
def test_what_is_no_whole_picture_is_named_with_what_is_wrong(name: str, run: Run) -> None:
    odd, record = NAMES[name], run.records[name]
    assert isinstance(odd, Odd)
    assert record["status"] == "failed"
    assert record["error"]["code"] in _codes(odd.error)
    assert odd.says in record["error"]["message"]
    assert str(run.folder / name) in record["error"]["message"]
    assert not list(run.results.glob(f"{name.rpartition('.')[0]}.*"))


def _codes(error: type[errors.BurnishError]) -> set[str]:
    """The codes of an error and of its kinds."""
    return {error.code, *(code for kind in error.__subclasses__() for code in _codes(kind))}


@pytest.mark.parametrize("name", [name for name, each in NAMES.items() if isinstance(each, Good)])
def test_what_is_whole_comes_back_as_it_does_alone(name: str, run: Run, tmp_path: Path) -> None:
    good, record = NAMES[name], run.records[name]
    assert isinstance(good, Good)
    assert record["status"] == "restored", record
    together = Path(record["target"])
    begun = time.perf_counter()
    run_job(Job(str(run.folder / name), str(tmp_path / together.name)), burnish.load(MODEL))
    assert time.perf_counter() - begun < SECONDS
    assert together.read_bytes() == (tmp_path / together.name).read_bytes()
    _, pictures = images.frames(together)
    sizes = [looked_at(picture) for picture in pictures]
    assert len(sizes) == good.pictures
    assert set(sizes) <= {good.size, good.size[::-1]}


def test_each_that_is_no_whole_picture_is_found_in_time() -> None:
    for odd in BAD:
        begun = time.perf_counter()
        with pytest.raises(errors.BurnishError):
            list(images.frames(odd.data, name=odd.name)[1])
        assert time.perf_counter() - begun < SECONDS, odd.name
