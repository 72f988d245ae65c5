"""The curves of runs: kept, cut back on resuming, read and drawn; and what notices a collapse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from conftest import scene
from PIL import Image

from burnish.errors import DataError, UsageError
from burnish.report.plot import RunCurves, chosen, plot_runs, read_run, smoothed

pytest.importorskip("matplotlib", reason="the training wing is not installed")


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    for name, speed in (("slow", 50), ("fast", 20)):
        (tmp_path / name).mkdir()
        rng = np.random.default_rng(0)
        lines = [
            {
                "step": i,
                "loss": float(np.exp(-i / speed) + 0.1 + 0.02 * rng.random()),
                "learning_rate": 1e-3,
            }
            for i in range(1, 100)
        ]
        lines += [
            {"step": i, "float, PSNR[RGB]/noise 15": 30 + i / speed, "gradient norm/a": 1.0}
            for i in range(10, 100, 10)
        ]
        (tmp_path / name / "metrics.jsonl").write_text(
            "".join(json.dumps(line) + "\n" for line in lines) + '{"step": 1'
        )
    return [tmp_path / "slow", tmp_path / "fast"]


def test_smoothing_is_the_debiased_running_mean() -> None:
    values = [1.0, 3.0, 2.0]
    weights: list[list[float]] = [[1.0], [0.5 * 0.5, 0.5], [0.25 * 0.5, 0.5 * 0.5, 0.5]]
    expected = [float(np.dot(values[: i + 1], w) / sum(w)) for i, w in enumerate(weights)]
    assert smoothed(values, 0.5) == pytest.approx(expected)
    assert smoothed(values, 0) == values
    assert smoothed([1.0, float("nan"), 1.0], 0.9) == pytest.approx([1.0, 1.0, 1.0])


def test_runs_are_drawn_over_each_other(runs: list[Path], tmp_path: Path) -> None:
    plot_runs(runs, tmp_path / "both.png")
    plot_runs(runs[:1], tmp_path / "one.png", what=["loss"])
    both, one = (
        np.asarray(Image.open(tmp_path / name).convert("RGB")) for name in ("both.png", "one.png")
    )
    assert (both.shape[0] > one.shape[0], both.shape[1] > one.shape[1]) == (True, True)
    blue, red = np.array([0x25, 0x63, 0xA8]), np.array([0xC2, 0x45, 0x2D])
    assert all(
        (np.abs(both.astype(int) - colour).sum(2) < 12).sum() > 100 for colour in (blue, red)
    )
    assert not (np.abs(one.astype(int) - red).sum(2) < 12).any()
    plot_runs(runs, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert "data:image/png;base64," in page
    assert "34.5 at 90" in page


def test_panels_gather_what_belongs_together(runs: list[Path]) -> None:
    run = RunCurves(
        "a",
        {
            name: ([1], [1.0])
            for name in (
                "loss",
                "loss/pixel",
                "validation loss/pixel",
                "float, PSNR/noise 15",
                "float, PSNR/noise 25",
                "gradient norm/x",
            )
        },
    )
    assert chosen([run], []) == {
        "loss": ["loss", "loss/pixel", "validation loss/pixel"],
        "float, PSNR": ["float, PSNR/noise 15", "float, PSNR/noise 25"],
    }
    assert chosen([run], ["gradient"]) == {"gradient norm": ["gradient norm/x"]}
    assert len(read_run(runs[0]).curves["loss"][0]) == 99  # and not the line that was cut off


def test_wrong_words_are_refused_in_a_sentence(runs: list[Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--what speed: no curve .* there is loss, learning_rate"):
        plot_runs(runs, tmp_path / "a.png", what=["speed"])
    with pytest.raises(UsageError, match="--smooth 1"):
        plot_runs(runs, tmp_path / "a.png", smooth=1)
    with pytest.raises(UsageError, match=r"a\.txt"):
        plot_runs(runs, tmp_path / "a.txt")
    with pytest.raises(DataError, match=r"no such file.*folder of a run"):
        plot_runs([tmp_path / "none"], tmp_path / "a.png")


def test_resuming_drops_what_came_after_the_checkpoint(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="the training wing is not installed")
    from burnish.report.curves import read_lines
    from burnish.training.validation.board import Board

    board = Board(tmp_path, 0, print)
    for step in (1, 2, 3):
        board.scalars(step, {"loss": float(step), "broken": float("nan")})
    board.close()
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"step": 4, "lo')
    Board(tmp_path, 2, print).scalars(3, {"loss": 33.0})
    assert [(line["step"], line["loss"]) for line in read_lines(tmp_path / "metrics.jsonl")] == [
        (1, 1.0),
        (2, 2.0),
        (3, 33.0),
    ]
    Board(tmp_path, 0, print)
    assert read_lines(tmp_path / "metrics.jsonl") == []


def test_speed_and_waiting_are_those_of_the_steps_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch", reason="the training wing is not installed")
    from burnish.training.step import meter

    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    one = meter.Meter(10, 4)

    def batches() -> Iterator[str]:
        for name in "ab":
            now[0] += 0.25
            yield name

    for _ in one.watch(batches()):
        now[0] += 0.75
        one.step(None)
    now[0] += 50.0  # a validation
    one.leave_out(50.0)
    assert not one.due()
    figures = one.read(1e-3)
    assert (
        figures["steps_a_second"],
        figures["pictures_a_second"],
        figures["waiting_for_data"],
    ) == pytest.approx((1, 4, 0.25))


def test_layers_that_no_gradient_reaches_are_named() -> None:
    torch = pytest.importorskip("torch", reason="comes with the training wing")
    from burnish.training.validation.collapse import idle

    torch.manual_seed(0)
    net = torch.nn.Sequential(
        *[
            layer
            for _ in range(4)
            for layer in (torch.nn.Conv2d(6, 6, 3, padding=1), torch.nn.ReLU())
        ],
        torch.nn.Conv2d(6, 3, 3),
    )
    branch = torch.nn.Sequential(
        torch.nn.Conv2d(6, 6, 1), torch.nn.ReLU(), torch.nn.Conv2d(6, 6, 1)
    )

    def found() -> list[str]:
        whole = torch.nn.ModuleDict({"net": net, "branch": branch})
        whole.zero_grad()
        image = net[:4](torch.rand(2, 6, 12, 12))
        net[4:](image + branch(image)).square().mean().backward()
        norms = {
            name: (float(p.grad.norm()), float(p.detach().norm()))
            for name, p in whole.named_parameters()
            if p.ndim > 1
        }
        return idle(
            {name: norm for name, (norm, _) in norms.items()},
            {name: norm for name, (_, norm) in norms.items()},
        )

    assert found() == []
    with torch.no_grad():
        branch[0].bias -= 100  # nothing that comes in lifts a unit above 0
    assert found() == ["branch.0.weight", "branch.2.weight"]


def test_a_collapse_is_noticed_and_a_good_or_merely_noisy_result_is_not() -> None:
    pytest.importorskip("torch", reason="the training wing is not installed")
    from burnish.training.validation.collapse import collapses

    clean = [np.roll(scene(96, 112), 7 * i, 3) for i in range(3)]
    rng = np.random.default_rng(0)
    noisy = [picture + rng.normal(0, 0.05, picture.shape).astype(np.float32) for picture in clean]
    assert collapses(clean, clean) == []
    assert collapses(noisy, clean) == []
    assert collapses([np.full_like(picture, 0.5) for picture in clean], clean) == [
        "what it gives is one colour (its variance is 0.0e+00 of the clean pictures')"
    ]
    for period in (2, 4, 8):
        y, x = np.mgrid[0:96, 0:112]
        grid = np.where((y // (period // 2) + x // (period // 2)) % 2, 0.03, -0.03).astype(
            np.float32
        )
        [said] = collapses([picture + grid for picture in noisy], clean)
        assert f"a grid of {period} pixels" in said
    blocks = [
        picture + np.kron(rng.normal(0, 0.05, (12, 14)), np.ones((8, 8))).astype(np.float32)
        for picture in clean
    ]
    assert collapses(blocks, clean) == []  # blocks of JPEG are no grid: each has its own sign
    blurred = [
        ((picture + np.roll(picture, 3, 3) + np.roll(picture, 5, 2)) / 3).astype(np.float32)
        for picture in clean
    ]
    assert collapses(blurred, clean) == []
