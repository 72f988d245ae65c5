"""Trainings and sweeps on a cluster: the state and the results of one machine, whatever is killed;
on a Ray cluster of two machines, both of which are this one.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the training wing is not installed")
pytest.importorskip("ray", reason="needs Ray; pip install 'burnish[cluster]' brings it")

from test_processes import pair  # noqa: E402
from test_sweep import WHOLE, record, results, run_quietly, written  # noqa: E402
from test_sweep import pairs as pairs  # noqa: E402
from test_train import home as home  # noqa: E402
from test_train import same_run  # noqa: E402

from benchmarks import archive  # noqa: E402
from benchmarks.cluster import at_work, two_machines  # noqa: E402
from burnish.errors import RecipeError, TrainingError  # noqa: E402
from burnish.ground.process.elsewhere import Ended  # noqa: E402
from burnish.study.sweep import load as load_sweep  # noqa: E402
from burnish.training.loop import cluster as clusters  # noqa: E402
from burnish.training.recipe.file import load  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
#: a run whose processes meet at every step, with a checkpoint at every third
CHANGES = ("schedule={steps: 9, warmup: 2}", "data.batch=2", "save_every=3", "validation.every=100")


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of the cluster."""
    with two_machines() as address:
        yield address


def begun(cluster: str, *words: object, folder: Path) -> subprocess.Popen[str]:
    """`burnish WORDS --cluster`, in a folder."""
    start = [sys.executable, "-m", "burnish.cli", *map(str, words), "--cluster", f"ray:{cluster}"]
    return subprocess.Popen(
        start,
        env={**archive.environment(), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
    )


def when(holds: Callable[[], Any], process: subprocess.Popen[str]) -> Any:
    """What a question is answered with as soon as there is an answer, while a process runs."""
    until = time.monotonic() + 200
    while not (found := holds()):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.02)
    return found


def test_a_run_on_a_cluster_is_that_of_torchrun_to_the_last_bit_whatever_is_killed(
    cluster: str, home: Path
) -> None:
    assert pair(home, home / "whole", *CHANGES) == 0

    # A process of two is killed when the first checkpoint is there; the run goes on by itself.
    out = home / "out"
    process = begun(
        cluster, "train", home / "tiny.yaml", *CHANGES, "-o", out, "--workers", 2, folder=home
    )
    when((out / "state.pt").exists, process)
    at_work("burnish.training.loop.process")[-1].kill()
    answer, said = process.communicate(timeout=200)
    assert process.returncode == 0, said
    assert "all begin again from the last checkpoint" in said
    assert answer.strip() == str(out / "tiny.safetensors")
    assert same_run(home / "whole", out)


def test_a_sweep_on_a_cluster_has_the_results_of_one_machine_whatever_is_killed(
    cluster: str, pairs: Path, tmp_path: Path
) -> None:
    whole = load_sweep(written(tmp_path, record(pairs, tmp_path / "whole", **WHOLE)))
    run_quietly(whole)

    # Of two points that are trained beside each other, the machine of one goes.
    file = written(tmp_path, record(pairs, tmp_path / "out", **WHOLE))
    process = begun(cluster, "sweep", file, folder=tmp_path)
    points = tmp_path / "out/points/L1"
    when(lambda: len(list(points.glob("*/log.txt"))) == 2, process)
    at_work("ray::_Runner")[0].kill()
    answer, said = process.communicate(timeout=200)
    assert process.returncode == 0, said
    assert answer.strip() == str(tmp_path / "out/page.html")
    assert "is gone" in "".join(log.read_text() for log in points.glob("*/log.txt"))
    assert results(tmp_path / "out") == results(whole.folder)


def test_what_a_training_refuses_is_said_as_on_one_machine(cluster: str, home: Path) -> None:
    words = ("data.batch=3", "-o", home / "odd", "--workers", 2)
    process = begun(cluster, "train", home / "tiny.yaml", *words, folder=home)
    _, said = process.communicate(timeout=200)
    assert (process.returncode, "E_RECIPE" in said) == (2, True), said
    assert "data.batch" in said
    assert not (home / "odd").exists()


# What becomes of a run, without a cluster.


class Life:
    """In place of processes of a cluster, some that end as they are told."""

    #: what each life of the run ends with: statuses, and what is done before
    lives: list[tuple[tuple[Ended, ...], Callable[[], object]]]
    #: the orders that the lives were given
    orders: list[dict[str, Any]]

    def __init__(self, cpus: int, gpus: float) -> None:
        self.ended: Ended | None = None

    def place(self, seconds: float) -> tuple[str, int]:
        return "127.0.0.1", 9

    def start(self, module: str, *, told: str, more: dict[str, str]) -> None:
        self.rank = int(more["RANK"])
        if self.rank == 0:
            Life.orders.append(json.loads(told))

    def hear(self, seconds: float) -> list[str]:
        statuses, before = Life.lives[len(Life.orders) - 1]
        before()
        self.ended = statuses[self.rank]
        return []

    def terminate(self) -> None: ...

    def kill(self) -> None: ...


def lived(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    *lives: tuple[tuple[Ended, ...], Callable[[], object]],
    resume: bool = True,
) -> tuple[Path, list[str]]:
    """What a run of two processes comes to that has these lives, and what it says."""
    monkeypatch.setattr(clusters, "Elsewhere", Life)
    monkeypatch.setattr(clusters, "join", lambda address: None)
    Life.lives, Life.orders = list(lives), []
    said: list[str] = []
    recipe = load(home / "tiny.yaml")
    found = clusters.train_on_cluster(
        recipe, home / "out", say=said.append, processes=2, resume=resume
    )
    return found, said


DONE = Ended(0, '{"weights": "out/tiny.safetensors"}')
KILLED = Ended(-9)


def test_deaths_count_until_there_is_a_checkpoint(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing() -> None: ...

    def saved() -> None:
        (home / "out").mkdir(exist_ok=True)
        (home / "out/state.pt").write_text(str(len(Life.orders)))

    dead, done = (Ended(143), KILLED), (DONE, DONE)
    lives = [(dead, nothing), (dead, saved), (dead, nothing), (done, nothing)]
    found, said = lived(home, monkeypatch, *lives)
    assert found == Path("out/tiny.safetensors")
    assert len(said) == 3
    assert all("killed by SIGKILL" in line or "status 143" in line for line in said)

    with pytest.raises(TrainingError, match="died 3 times without a checkpoint"):
        lived(home, monkeypatch, *[(dead, nothing)] * 3)


def test_a_run_begun_anew_goes_on_with_its_own_checkpoint_alone(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = home / "out/state.pt"
    state.parent.mkdir()
    state.write_text("of an earlier run")
    os.utime(state, (1, 1))
    dead = (KILLED, KILLED)
    lived(
        home,
        monkeypatch,
        (dead, list),
        (dead, lambda: state.write_text("own")),
        ((DONE, DONE), list),
        resume=False,
    )
    assert [order["resume"] for order in Life.orders] == [False, False, True]


def test_a_run_that_is_told_to_end_has_its_processes_save_and_ends(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def hear(life: Life, seconds: float) -> list[str]:
        """They are at work until they are asked, and have saved then."""
        if asked:
            life.ended = Ended(143)
        else:
            os.kill(os.getpid(), signal.SIGTERM)
        return []

    monkeypatch.setattr(Life, "terminate", lambda life: asked.append(life.rank))
    monkeypatch.setattr(Life, "hear", hear)
    with pytest.raises(SystemExit) as left:
        lived(home, monkeypatch)
    assert left.value.code == 143
    assert asked == [0, 1]


def test_what_one_process_refuses_ends_the_run_with_its_sentence(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = Ended(2, '{"code": "E_RECIPE", "message": "data.batch: is 3"}')
    with pytest.raises(RecipeError, match=r"^data\.batch: is 3$"):
        lived(home, monkeypatch, ((KILLED, refused), list))
