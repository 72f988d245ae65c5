"""What examples ask of a dial, on a model whose best setting is known."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from conftest import scene
from PIL import Image
from typer.testing import CliRunner

from burnish.cli import app
from burnish.contract import Array, Contract, Dial
from burnish.errors import DialError, UsageError
from burnish.images import Picture
from burnish.pipeline import Bare
from burnish.study.dial.tune import FEW, Tuned, next_step, tune
from burnish.study.rows import Row

DIALS = (Dial("noise", 0, 100, 25, "sigma"), Dial("tint", -1, 1, 0, "share"))
Pair = tuple[str, Picture, Picture, dict[str, float]]


def model(wants: dict[float, tuple[float, float]], clean: Array) -> Row:
    """The clean picture, and an error that grows away from the settings that a picture wants; which
    one it is, its mean says.
    """

    def run(image: Array, level: Array | None) -> Array:
        assert level is not None
        noise, tint = wants[round(float(image[0, 0, 0, 0]), 2)]
        off = ((float(level[0, 0, 0, 0]) - noise) / 100) ** 2 + 0.1 * (
            float(level[0, 1, 0, 0]) - tint
        ) ** 2
        return np.asarray(clean + np.float32(0.02 + off), np.float32)

    return Row("known", Bare(Contract(dials=DIALS), run))


def pairs(clean: Array, values: list[float]) -> list[Pair]:
    return [
        (f"{value}", Picture(np.full_like(clean, value)), Picture(clean), {}) for value in values
    ]


@pytest.fixture
def clean() -> Array:
    return np.asarray(scene(64, 64) * 0.5, np.float32)


def test_the_setting_is_found_and_lies_in_its_interval(clean: Array) -> None:
    values = [round(0.1 * i, 2) for i in range(8)]
    wants = {value: (37.0 + 4 * (i % 3 - 1), 0.4) for i, value in enumerate(values)}
    noise, tint = tune(model(wants, clean), pairs(clean, values), side=None)
    middle = float(np.mean([want[0] for want in wants.values()]))
    assert noise.best == pytest.approx(middle, abs=1.5)
    assert noise.low < middle < noise.high
    assert noise.high - noise.low < 15
    assert tint.best == pytest.approx(0.4, abs=0.04)
    assert (noise.pairs, noise.metric, noise.dial.name) == (8, "psnr", "noise")
    assert noise.default < max(noise.curve)
    assert "8 pairs, 90% of resampled pairs" in noise.sentence()


def test_a_few_pairs_give_all_that_any_of_them_asks_for(clean: Array) -> None:
    wants = {0.1: (20.0, 0.0), 0.2: (30.0, 0.0), 0.3: (60.0, 0.0)}
    (found,) = tune(model(wants, clean), pairs(clean, [*wants]), ["noise"], side=32)
    assert len(wants) < FEW
    assert found.low <= 21
    assert found.high >= 59
    assert "3 pairs, all that one of them asks for" in found.sentence()
    assert f"{found.low:.3g} to {found.high:.3g}" in found.sentence()
    assert next_step("photo", [found]).startswith("few pairs, so look first: burnish dial photo")


def test_metrics_that_fall_and_strength(clean: Array) -> None:
    wants = {0.1: (40.0, 0.0), 0.3: (44.0, 0.0)}
    (by_rmse,) = tune(
        model(wants, clean), pairs(clean, [*wants]), ["noise"], metric="rmse", side=None
    )
    assert by_rmse.best == pytest.approx(42, abs=1.5)

    def overdone(image: Array, level: Array | None) -> Array:
        return np.asarray(image + 2 * (clean - image), np.float32)

    (half,) = tune(
        Row("overdone", Bare(Contract(), overdone)),
        pairs(clean, [0.2, 0.3]),
        ["strength"],
        side=None,
    )
    assert half.best == pytest.approx(0.5, abs=0.01)
    with pytest.raises(UsageError, match="has no dials; its strength can be tuned"):
        tune(Row("overdone", Bare(Contract(), overdone)), pairs(clean, [0.2]))
    with pytest.raises(DialError, match="no dial 'blur'"):
        tune(model(wants, clean), pairs(clean, [0.1]), ["blur"])
    with pytest.raises(UsageError, match="there is no metric 'beauty'"):
        tune(model(wants, clean), pairs(clean, [0.1]), metric="beauty")


def test_a_pair_too_small_for_the_metric_is_named(clean: Array) -> None:
    wants = {0.1: (40.0, 0.0)}
    with pytest.raises(UsageError, match=r"0\.1: MS-SSIM wants pictures of 176x176"):
        tune(model(wants, clean), pairs(clean, [0.1]), ["noise"], metric="ms-ssim")


def test_what_enlarges_is_tuned_by_its_strength() -> None:
    clean = np.asarray(scene(64, 64), np.float32)

    def enlarge(image: Array, level: Array | None) -> Array:
        return np.asarray(image.repeat(2, -1).repeat(2, -2), np.float32)

    spoiled = np.ascontiguousarray(clean[..., ::2, ::2])
    (found,) = tune(
        Row("repeated", Bare(Contract(scale=2), enlarge)),
        [("a", Picture(spoiled), Picture(clean), {})],
        ["strength"],
        side=24,
    )
    assert isinstance(found, Tuned)
    assert found.low <= found.best <= found.high


def test_from_the_command_line(tmp_path: Path, rng: np.random.Generator) -> None:
    for i in range(2):
        (tmp_path / "pairs" / "clean").mkdir(parents=True, exist_ok=True)
        (tmp_path / "pairs" / "noisy").mkdir(exist_ok=True)
        clean = np.rint(scene(64, 64 + 8 * i)[0].transpose(1, 2, 0) * 200 + 20)
        noisy = np.clip(clean + rng.normal(0, 15, clean.shape), 0, 255)
        Image.fromarray(clean.astype(np.uint8)).save(tmp_path / "pairs" / "clean" / f"{i}.png")
        Image.fromarray(np.rint(noisy).astype(np.uint8)).save(
            tmp_path / "pairs" / "noisy" / f"{i}.png"
        )
    done = CliRunner().invoke(
        app, ["tune", "photo", str(tmp_path / "pairs"), "--json"], catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["low"] <= found["best"] <= found["high"]
    assert 8 < found["best"] < 30
    done = CliRunner().invoke(
        app,
        ["tune", "photo", str(tmp_path / "pairs" / "noisy"), "-o", str(tmp_path / "strips")],
        catch_exceptions=False,
    )
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in (tmp_path / "strips").iterdir()) == [
        "0.png_noise.png",
        "1.png_noise.png",
    ]
    assert "auto says noise" in done.output
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="neither pairs"):
        CliRunner().invoke(app, ["tune", "photo", str(tmp_path / "empty")], catch_exceptions=False)
