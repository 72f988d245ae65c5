"""Sweeps: what the YAML means, that a sweep killed at any moment ends with the same results, and
that a point that fails costs only itself.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from conftest import scene
from PIL import Image

torch = pytest.importorskip("torch", reason="the training wing is not installed")

from burnish.errors import RecipeError  # noqa: E402
from burnish.study.comparison import front  # noqa: E402
from burnish.study.results import Entry, Results, mean_and_spread  # noqa: E402
from burnish.study.sweep import Sweep, load, outline, remake, run  # noqa: E402
from burnish.study.sweep.plan import Point, grid, in_words, recipe_of  # noqa: E402
from burnish.study.sweep.point import keep, result_in  # noqa: E402
from burnish.study.sweep.search import search  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
#: a network and a loss that go wrong, each in its own way, once the training is under way
BROKEN = """
import os, signal
import torch
from torch import nn

class Net(nn.Module):
    channels_in = channels_out = 3
    residual = True
    reach = 1
    def __init__(self, how="well"):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)
        self.how = how
    def forward(self, image):
        if self.training and torch.is_grad_enabled():
            if self.how == "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            if self.how == "memory":
                raise RuntimeError(
                    "[enforce fail at alloc_cpu.cpp:114] DefaultCPUAllocator: can't allocate "
                    "memory: you tried to allocate 1 bytes"
                )
            if self.how == "nan":
                return self.conv(image) * float("nan")
        return self.conv(image)
"""


WHOLE: dict[str, Any] = {
    **{"axes": {"loss.use": ["L1"]}, "seeds": [0, 1], "rows": {"a median": "median:radius=1"}},
    **{"question": "Which loss?", "conclusions": "Neither.\n\nBoth are young."},
}


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten pairs of 48x48, noisy and clean."""
    folder, rng = tmp_path_factory.mktemp("data") / "pairs", np.random.default_rng(0)
    for side in ("noisy", "clean"):
        (folder / side).mkdir(parents=True)
    for i in range(10):
        clean = scene(48 + 9 * i, 48, 3)[0][:, 9 * i :]
        for side, picture in (("clean", clean), ("noisy", clean + rng.normal(0, 0.1, clean.shape))):
            Image.fromarray(
                np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8).transpose(1, 2, 0)
            ).save(folder / side / f"{i}.png")
    return folder


@pytest.fixture(scope="module")
def whole(pairs: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Sweep, list[str]]:
    """A sweep of two seeds and a row, done in one go, and what it said."""
    folder = tmp_path_factory.mktemp("whole")
    sweep = load(written(folder, record(pairs, folder / "out", **WHOLE)))
    return sweep, run_quietly(sweep)


def record(pairs: Path, out: Path, **more: Any) -> dict[str, Any]:
    recipe = {
        "arch": {"use": "ResUNet", "args": {"widths": [4], "blocks": 1}},
        "data": {"pairs": [{"folder": str(pairs)}], "hold_out": 0.3, "crop": 32, "batch": 2},
        "schedule": {"steps": 6, "warmup": 0},
        "validation": {"every": 3, "crop": None},
        "save_every": 2,
        "threads": 1,
    }
    return {
        "name": "trial",
        "recipe": recipe,
        "axes": {"loss.use": ["L1", "L2"]},
        "sheet": {"crop": 32},
        "out": str(out),
        **more,
    }


def written(tmp_path: Path, content: dict[str, Any]) -> Path:
    path = tmp_path / "sweep.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return path


def results(folder: Path) -> Any:
    """What does not depend on the time that it took; a file says that, and may be a byte longer."""
    found = json.loads((folder / "results.json").read_text())
    for entry in found["entries"]:
        for name in ("seconds", "hours", "megabytes"):
            entry["cost"].pop(name, None)
    return found


def run_quietly(sweep: Sweep) -> list[str]:
    said: list[str] = []
    run(sweep, said.append, source="sweep.yaml")
    return said


def test_a_grid_is_every_combination_with_names_that_tell_them_apart(
    pairs: Path, tmp_path: Path
) -> None:
    axes = {
        "optimizer": {
            "slow": {"use": "Adam", "args": {"lr": 1e-4}},
            "fast": {"use": "SGD", "args": {"lr": 0.1}},
        },
        "data.batch": [1, 2],
    }
    points = {"plain": {}, "small": {"arch.args.widths": [2], "schedule.steps": 9}}
    sweep = load(
        written(tmp_path, record(pairs, tmp_path / "out", axes=axes, points=points, seeds=[3, 4]))
    )
    found = grid(sweep)
    assert [point.name for point in found][:3] == [
        "plain, slow, 1",
        "plain, slow, 2",
        "plain, fast, 1",
    ]
    assert len(found) == 8
    recipe = recipe_of(sweep, found[-1], 4)
    assert (
        recipe.optimizer.use,
        recipe.data.batch,
        recipe.arch.args["widths"],
        recipe.schedule.steps,
        recipe.seed,
    ) == ("SGD", 2, [2], 9, 4)
    assert "8 points, 2 seed(s) each" in outline(sweep)
    assert (
        in_words({"use": "Adam", "args": {"lr": 1e-4, "betas": [0.7, 0.999]}})
        == "Adam lr 0.0001 betas 0.7-0.999"
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"axes": {"loss.use": ["L1", "L3"]}}, "L3: loss.use: there is no loss 'L3'"),
        ({"axes": {"loss.use": ["L1", "L1"]}}, "two points are called 'L1'"),
        (
            {"axes": {"optimizer.args.lr": {"low": 1e-4, "high": 1e-2}}},
            "a range goes with a search",
        ),
        ({"axes": {"loss.use": "L1"}}, "wants a list of values"),
        (
            {"axes": {"loss.use": ["L1"]}, "points": {"a": {"loss.use": "L2"}}},
            "which another axis changes too",
        ),
        ({"metrics": ["psnr", "sharpness"]}, "metrics: there is no metric 'sharpness'"),
        ({"seeds": [1, 1]}, "seeds: wants different numbers"),
        ({"sheets": {}}, "sheets: unknown key; did you mean 'sheet'?"),
        (
            {"search": {"trials": 2}, "axes": {"optimizer.args.lr": {"low": 1, "high": 0}}},
            "a range is",
        ),
        (
            {"search": {"trials": 2}, "axes": {"optimizer.args.lr": {"low": "a", "high": 1}}},
            "a range is",
        ),
        (
            {
                "search": {"trials": 2},
                "axes": {"optimizer.args.lr": {"low": 0, "high": 1, "log": True}},
            },
            "log wants a low above 0",
        ),
        (
            {"search": {"trials": 2}, "axes": {"data.batch": {"low": 1, "high": 9, "step": 0}}},
            "a step above 0",
        ),
        (
            {"axes": {"optimizer.args.lr": {"< 1e-3": 1e-4, "> 1e-3": 1e-2}}},
            "two points are kept in '1e-3'",
        ),
        ({"rows": "median"}, "rows: wants a list of models, or a mapping"),
        ({"rows": {"a": 3}}, "rows: wants a list of models, or a mapping"),
        ({"recipe": 3}, "wants a recipe's file, or a recipe"),
        ({"name": "a/b"}, "becomes a folder's name"),
    ],
)
def test_what_a_sweep_cannot_mean_is_refused_before_anything_is_trained(
    pairs: Path, tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    with pytest.raises(RecipeError, match=words) as caught:
        load(written(tmp_path, {**record(pairs, tmp_path / "out"), **change}))
    assert "sweep.yaml" in str(caught.value)


def test_a_sweep_gives_one_page_and_is_not_done_twice(whole: tuple[Sweep, list[str]]) -> None:
    sweep, said = whole
    assert [line for line in said if "of 3" in line] == [
        "1 of 3 L1, seed 0",
        "2 of 3 L1, seed 1",
        "3 of 3 a median",
    ]
    found = Results.read(sweep.folder / "results.json")
    assert [(entry.name, entry.seed, entry.measured) for entry in found.entries] == [
        ("L1", 0, True),
        ("L1", 1, True),
        ("a median", None, True),
    ]
    first = found.entries[0]
    assert first.figure(("pairs", "all"), "psnr") > 10
    assert set(first.cost) == {
        "parameters",
        "multiply_adds",
        "megabytes",
        "steps",
        "hours",
        "seconds",
    }
    assert [step for step, _ in first.curve] == [3, 6]
    assert first.stamps["psnr"] == "PSNR[RGB, 8-bit, crop 0, mean of 3]"
    page = (sweep.folder / "page.html").read_text()
    for words in (
        "Which loss?",
        "Both are young.",
        "±",
        "a median",
        "gradient energy",
        "burnish sweep sweep.yaml",
    ):
        assert words in page
    with Image.open(sweep.folder / "sheet.jpg") as sheet:
        assert sheet.width > 4 * 200
    assert "Fatal" not in next(sweep.folder.glob("points/*/seed0/log.txt")).read_text()
    assert run_quietly(sweep) == []
    assert remake(sweep, "sweep.yaml").read_text() == page


def test_a_point_that_fails_costs_only_itself(
    pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mishaps.py").write_text(BROKEN)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(ROOT)]))
    monkeypatch.syspath_prepend(str(tmp_path))
    points: dict[str, Any] = {
        how: {"arch": {"use": "mishaps.Net", "args": {"how": how}}}
        for how in ("memory", "killed", "nan")
    }
    points["nan"]["schedule.steps"] = 20
    points |= {"large": {"arch.args.widths": [24]}, "well": {}}
    content = record(
        pairs,
        tmp_path / "out",
        axes={},
        points=points,
        limits={"parameters": 10000},
        metrics=["rmse", "psnr"],
    )
    sweep = load(written(tmp_path, content))
    run_quietly(sweep)
    found = {entry.name: entry for entry in Results.read(sweep.folder / "results.json").entries}
    assert "can't allocate memory" in (found["memory"].failed or "")
    assert found["killed"].failed == "killed by SIGKILL; the machine may have run out of memory"
    assert "finite" in (found["nan"].failed or "")
    assert "more than 0.01 M" in (found["large"].left_out or "")
    assert found["well"].measured
    assert 0 < found["well"].figure(("pairs", "all"), "rmse") < 0.5
    page = (sweep.folder / "page.html").read_text()
    assert "Failed" in page
    assert "Left out" in page
    assert run_quietly(sweep) == []


def test_a_sweep_killed_at_any_moment_ends_with_the_same_results(
    pairs: Path, whole: tuple[Sweep, list[str]], tmp_path: Path
) -> None:
    path = written(tmp_path, record(pairs, tmp_path / "cut", **WHOLE))
    command = [sys.executable, "-m", "burnish.cli", "sweep", str(path)]
    for moment in (5.0, 10.0):
        with subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as process:
            time.sleep(moment)
            process.send_signal(signal.SIGKILL)
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0
    assert results(tmp_path / "cut") == results(whole[0].folder)


def test_other_metrics_are_measured_anew_and_another_recipe_is_refused(
    pairs: Path, whole: tuple[Sweep, list[str]], tmp_path: Path
) -> None:
    shutil.copytree(whole[0].folder, tmp_path / "out")
    content = record(
        pairs, tmp_path / "out", **{**WHOLE, "seeds": [0], "rows": [], "metrics": ["ssim"]}
    )
    assert run_quietly(load(written(tmp_path, content)))[0] == "1 of 1 L1, seed 0"
    assert (
        Results.read(tmp_path / "out" / "results.json").entries[0].figure(("pairs", "all"), "ssim")
        > 0
    )
    content["recipe"]["schedule"]["steps"] = 8
    with pytest.raises(RecipeError, match="its recipe has changed since it was trained"):
        run_quietly(load(written(tmp_path, content)))


def test_a_search_asks_for_points_and_goes_on_where_it_was(pairs: Path, tmp_path: Path) -> None:
    pytest.importorskip("optuna", reason="a search wants Optuna")
    axes = {"optimizer.args.lr": {"low": 1e-4, "high": 1e-2, "log": True}, "loss.use": ["L1", "L2"]}
    content = record(pairs, tmp_path / "out", axes=axes, search={"trials": 1, "sampler": "random"})
    run_quietly(load(written(tmp_path, content)))
    assert len(Results.read(tmp_path / "out" / "results.json").entries) == 1
    content["search"]["trials"] = 2
    said = run_quietly(load(written(tmp_path, content)))
    assert [line for line in said if line.startswith("trial")] == [
        line for line in said if line.startswith("trial 2 of 2")
    ]
    assert len(Results.read(tmp_path / "out" / "results.json").entries) == 2


@pytest.mark.parametrize("most", [1, 3])
def test_a_search_makes_so_many_trials_however_many_at_a_time(
    pairs: Path, tmp_path: Path, most: int
) -> None:
    pytest.importorskip("optuna", reason="a search wants Optuna")
    axes = {"optimizer.args.lr": {"low": 1e-4, "high": 1e-2, "log": True}}
    words = {"trials": 7, "sampler": "random"}
    sweep = load(written(tmp_path, record(pairs, tmp_path / "out", axes=axes, search=words)))
    sweep.folder.mkdir()
    at_once: list[int] = []
    counting, at_work = threading.Lock(), [0]
    together = threading.Barrier(most)

    def settle(folder: Path, order: Mapping[str, Any], watch: Callable[[], bool]) -> Entry | None:
        """In place of a process, a moment's work; the first ones wait for each other."""
        with counting:
            at_work[0] += 1
            at_once.append(at_work[0])
            first = len(at_once) <= most
        if first:
            together.wait(60)
        assert not watch()
        figures = {"pairs": {"all": {"psnr": 30.0}}}
        entry = Entry(order["name"], order["labels"], order["seed"], figures=figures)
        folder.mkdir(parents=True)
        keep(folder, order, entry)
        with counting:
            at_work[0] -= 1
        return entry

    def orders_of(point: Point) -> list[tuple[Path, dict[str, Any]]]:
        order = {"name": point.name, "labels": dict(point.labels), "seed": 0}
        return [(sweep.folder / point.name, order)]

    said: list[str] = []
    found = search(sweep, orders_of, settle, said.append, most)
    assert len(found) == len(at_once) == len(said) == 7
    assert max(at_once) == most
    assert search(sweep, orders_of, settle, said.append, most) == found
    assert len(at_once) == 7


def test_a_point_that_falls_behind_is_given_up_and_listed(pairs: Path, tmp_path: Path) -> None:
    pytest.importorskip("optuna", reason="a search wants Optuna")
    axes = {"optimizer.args.lr": {"low": 1e-4, "high": 1e-2, "log": True}}
    sweep = load(
        written(
            tmp_path,
            record(
                pairs,
                tmp_path / "out",
                axes=axes,
                seeds=[0, 1],
                search={"trials": 6, "sampler": "random", "pruner": "median"},
            ),
        )
    )
    sweep.folder.mkdir()
    asked: list[Path] = []

    def settle(folder: Path, order: Mapping[str, Any], watch: Callable[[], bool]) -> Entry | None:
        """Five points that are as good as each other, and one that is not; in place of processes,
        their curves.
        """
        asked.append(folder)
        (folder / "run").mkdir(parents=True)
        quality = 10.0 if len(asked) > 10 else 30.0
        lines = [{"step": step, "float, PSNR[RGB]/all": quality} for step in (1, 2)]
        (folder / "run" / "metrics.jsonl").write_text(
            "".join(json.dumps(line) + "\n" for line in lines)
        )
        if watch():
            return None
        entry = Entry(
            order["name"],
            order["labels"],
            order["seed"],
            figures={"pairs": {"all": {"psnr": quality}}},
        )
        keep(folder, order, entry)
        return entry

    def orders_of(point: Point) -> list[tuple[Path, dict[str, Any]]]:
        return [
            (
                sweep.folder / point.name / str(seed),
                {"name": point.name, "labels": dict(point.labels), "seed": seed},
            )
            for seed in sweep.seeds
        ]

    found = search(sweep, orders_of, settle, lambda _: None)
    assert len(asked) == len(found) == 11  # the last one's second seed is not tried
    given_up = result_in(asked[-1])
    assert given_up is not None
    assert given_up.left_out == "given up, since it fell behind the others"


def test_the_question_of_the_docs_takes_ten_lines_and_one_command(
    pairs: Path, tmp_path: Path
) -> None:
    (tmp_path / "pairs").symlink_to(pairs)
    text = (ROOT / "studies" / "which_loss.yaml").read_text()
    assert len(text.splitlines()) <= 10
    quick = (
        text.replace("steps: 300, warmup: 20", "steps: 4, warmup: 0")
        .replace("crop: 64", "crop: 32")
        .replace("[0, 1]", "[0]")
    )
    (tmp_path / "which_loss.yaml").write_text(quick)
    done = subprocess.run(
        [sys.executable, "-m", "burnish.cli", "sweep", "which_loss.yaml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "runs/which_loss/page.html"
    assert "L1" in (tmp_path / "runs" / "which_loss" / "page.html").read_text()


def test_the_front_is_what_nothing_cheaper_is_as_good_as() -> None:
    def entry(name: str, seconds: float, psnr: float) -> Entry:
        return Entry(name, figures={"pairs": {"all": {"psnr": psnr}}}, cost={"seconds": seconds})

    several = [
        entry("cheap", 1, 30),
        entry("dear", 4, 32),
        entry("poor", 2, 29),
        entry("waste", 5, 32),
    ]
    assert front(Results("", ["psnr"], several), "seconds") == ["cheap", "dear"]


def test_mean_and_spread() -> None:
    assert mean_and_spread([1.0, 3.0]) == pytest.approx((2.0, np.sqrt(2)))
    mean, spread = mean_and_spread([2.0])
    assert mean == 2.0
    assert np.isnan(spread)
