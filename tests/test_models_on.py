"""`burnish models --on PICTURE`: every model of its kind on a piece of it, within a budget."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import scene
from numpy.typing import NDArray
from PIL import Image
from typer.testing import CliRunner

import burnish
from burnish.cli import app
from burnish.cli.commands.models import seconds_of
from burnish.errors import UsageError
from burnish.images import Plane, from_array
from burnish.study.speed import on
from burnish.study.speed.on import cut, tried

LONG = 1000.0


def noisy(height: int = 80, width: int = 120) -> NDArray[np.uint8]:
    clean = scene(height, width, 3)[0].transpose(1, 2, 0)
    pixels = clean + np.random.default_rng(0).normal(0, 20 / 255, clean.shape)
    result: NDArray[np.uint8] = np.rint(255 * pixels.clip(0, 1)).astype(np.uint8)
    return result


def test_the_piece_comes_out_as_the_model_restores_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on, "OF_PHOTOGRAPHS", ("photo",))
    monkeypatch.setattr(on, "SIDE", 80)
    pixels = noisy(80, 80)
    (found,) = tried(from_array(pixels), LONG)
    assert found.piece is not None
    np.testing.assert_array_equal(found.piece, burnish.load("photo")(pixels))
    assert found.said.startswith("noise=")
    assert found.seconds > 0
    assert found.memory > on.PROGRAM


def test_what_the_budget_does_not_allow_is_left_out_with_a_sentence() -> None:
    found = list(tried(from_array(noisy()), 1e-9))
    assert [one.model for one in found] == list(on.OF_PHOTOGRAPHS)
    assert all(one.piece is None and "the budget is used up" in one.said for one in found)


def test_a_piece_is_that_part_of_everything_that_is_shown() -> None:
    picture = from_array(np.dstack([noisy(), np.full((80, 120), 9, np.uint8)]))
    picture = replace(picture, extras=(Plane("extra", np.zeros((80, 120), np.uint8)),))
    piece = cut(picture, 30, 20, 16)
    np.testing.assert_array_equal(piece.pixels, picture.pixels[..., 20:36, 30:46])
    assert piece.alpha is not None
    assert piece.alpha.shape == (1, 1, 16, 16)
    assert piece.extras == ()


def test_the_command_draws_one_sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on, "OF_PHOTOGRAPHS", ("auto", "photo"))
    source, target = tmp_path / "in.png", tmp_path / "sheet.png"
    Image.fromarray(noisy()).save(source)
    words = ["models", "--on", str(source), "-o", str(target), "--budget", "10m", "--json"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.stderr
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [record["model"] for record in records] == ["auto", "photo"]
    assert all(record["tried"] for record in records)
    with Image.open(target) as drawn:
        assert drawn.width > 3 * on.WIDTH


@pytest.mark.parametrize(("words", "seconds"), [("5s", 5), ("2m", 120), ("0.5", 0.5)])
def test_budgets_in_words(words: str, seconds: float) -> None:
    assert seconds_of(words) == seconds


@pytest.mark.parametrize("words", ["", "s", "-1s", "inf", "5 hours", "nan"])
def test_what_is_no_budget_is_refused(words: str) -> None:
    with pytest.raises(UsageError, match="is a time, such as 5s or 2m"):
        seconds_of(words)
