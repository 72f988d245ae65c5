"""style-any: colours, pieces and strokes of any painting, by bands, files and words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import leaves, scene
from PIL import Image
from typer.testing import CliRunner

import burnish
from burnish.cli import app
from burnish.contract import Array
from burnish.errors import InputMissing, ModelMissing, UsageError
from burnish.ground.evened import statistics
from burnish.inference.archive.sidecar import hash_of
from burnish.inference.classical.painting import chosen, laid, words_of
from burnish.inference.classical.painting.colours import LEAST, towards
from burnish.inference.classical.painting.laid import painted
from burnish.inference.classical.painting.palette import (
    CELL,
    DIRECTION,
    PIECE,
    SIDE,
    TURNS,
    WIDE,
    Palette,
    Pieces,
    afar,
    looks_of,
    slopes,
)

RUNNER = CliRunner()


def photograph(height: int, width: int) -> Array:
    """A scene with tints of its own, [3, H, W]."""
    tint = np.array([0.9, 0.5, 0.3], np.float32)[:, None, None]
    return np.asarray(scene(height, width)[0] * tint + 0.05, np.float32)


def canvas(height: int, width: int) -> Array:
    """A painting, [3, H, W]: slanted strokes in blue and yellow over slow light."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    light = 0.5 + 0.3 * np.sin(x / 37) * np.cos(y / 29)
    rng = np.random.default_rng(4)
    bent = x + 0.6 * y + 3 * np.sin(y / 11) + rng.normal(0, 0.4, x.shape)
    strokes = 0.12 * np.sin(bent * 0.9)
    return np.stack([light + strokes, light * 0.8, 0.9 - light - strokes]).astype(np.float32)


def saved(path: Path, planes: Array) -> Path:
    """A file of 8 bits of planes [3, H, W]."""
    pixels = (planes.clip(0, 1).transpose(1, 2, 0) * 255 + 0.5).astype(np.uint8)
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("paintings")
    return {
        "photo": saved(folder / "photo.png", photograph(90, 120)),
        "canvas": saved(folder / "canvas.png", canvas(140, 160)),
        "leaves": saved(folder / "leaves.png", leaves(120, 130)[0]),
    }


def test_colours_get_the_mean_and_the_covariance_of_the_painting() -> None:
    picture, wanted = photograph(60, 80), statistics(leaves(64, 64)[0])
    matrix, shift = towards(picture, wanted)
    mapped = np.tensordot(matrix, picture, 1) + shift[:, None, None]
    mean, covariance = statistics(np.asarray(mapped, np.float32))
    np.testing.assert_allclose(mean, wanted[0], atol=1e-5)
    # what was added to weak directions is missing at the most
    lacks = np.linalg.eigvalsh(wanted[1] - covariance)
    assert lacks.min() > -1e-6
    assert lacks.max() < LEAST * np.square(np.linalg.norm(matrix, 2)) * 1.01


def test_statistics_of_a_large_picture_are_those_of_its_parts() -> None:
    small = photograph(32, 40)
    mean, covariance = statistics(np.tile(small, (1, 33, 33)))
    np.testing.assert_allclose(mean, statistics(small)[0], atol=1e-6)
    np.testing.assert_allclose(covariance, statistics(small)[1], atol=1e-6)


@pytest.mark.parametrize("turn", range(len(TURNS)))
def test_a_turned_piece_looks_as_the_turned_painting_does(turn: int) -> None:
    painting = canvas(112, 136)
    palette = Palette(painting)
    down, across = TURNS[turn]
    turned = painting if down[0] else painting.transpose(0, 2, 1)
    turned = turned[:, :: int(down.sum()), :: int(across.sum())]
    # Whole cells, from the corner of the painting where this turn begins.
    rows, columns = (side // CELL * CELL for side in turned.shape[1:])
    ends = np.maximum(-(down + across), 0) * (np.array(painting.shape[1:]) - 1)
    start = Pieces(np.array(turn), np.array(ends[0]), np.array(ends[1]))
    far, along = (plane[:, :rows, :columns] for plane in (afar(turned), slopes(turned, WIDE)))
    wanted = looks_of(far, along)
    for row, column in ((0, 0), (3, 5), (wanted.shape[0] - 1, wanted.shape[1] - 1)):
        piece = start.moved(row, column)
        assert palette.inside(piece)
        np.testing.assert_allclose(palette.looks(piece), wanted[row, column], atol=2e-3)
        inner = np.arange(SIDE)
        places = palette.places(piece, inner[:, None], inner)
        seen = palette.paint[places][..., :3] + palette.paint[places][..., 3:6]
        there = turned[:, row * CELL :, column * CELL :][:, :SIDE, :SIDE]
        np.testing.assert_allclose(seen.transpose(2, 0, 1), there, atol=1e-5)


def test_pieces_of_the_books_lie_in_the_painting_and_one_beyond_does_not() -> None:
    palette = Palette(canvas(96, 104))
    for pieces, looks in palette.books:
        assert palette.inside(pieces).all()
        assert looks.shape[1] == 3 * PIECE**2 + 2
        assert set(pieces.turn.tolist()) == set(range(len(TURNS)))
        assert float(np.abs(looks[:, -2:]).max()) <= DIRECTION * 1.001
    assert not palette.inside(Pieces(np.array(0), np.array(96 - SIDE + 1), np.array(0)))


def test_a_painting_is_nearer_to_itself_when_it_is_painted_after_itself() -> None:
    painting = canvas(160, 168)
    own = painted(painting, [(Palette(painting), 1.0)], 0.0)
    other = painted(painting, [(Palette(leaves(160, 168)[0]), 1.0)], 0.0)
    assert float((own - painting).std()) < 0.65 * float((other - painting).std())


def test_pieces_grow_together_to_stretches_of_the_painting(monkeypatch: pytest.MonkeyPatch) -> None:
    palette = Palette(canvas(160, 168))
    picture = leaves(160, 160)[0]
    looks = looks_of(afar(picture), slopes(picture, WIDE))
    books = np.random.default_rng(0).integers(4, size=looks.shape[:2])

    def together() -> float:
        pieces = chosen.chosen(palette, looks, books)
        return float(pieces[:, 1:].same(pieces[:, :-1].moved(0, 1)).mean())

    grown = together()
    monkeypatch.setattr(chosen, "ROUNDS", 0)
    assert together() < 0.02
    assert grown > 0.05


def test_strokes_come_where_the_picture_has_none() -> None:
    flat = np.full((3, 96, 96), 0.5, np.float32)
    flat[:, :, 48:] = 0.55
    palette = Palette(canvas(160, 168))
    result = painted(flat, [(palette, 1.0)], 0.6)
    strokes = (result - afar(result))[:, 20:-20, 20:40]
    wanted = np.sqrt(palette.paint[:, 6].mean())
    assert 0.5 < float(np.sqrt(np.square(strokes).sum(0).mean())) / wanted < 1.5


def test_bands_give_what_the_whole_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = photograph(331, 93)
    palettes = [(Palette(canvas(120, 130)), 0.6), (Palette(leaves(110, 100)[0]), 0.4)]
    whole = painted(picture, palettes, 0.6)
    monkeypatch.setattr(laid, "CELLS", 64)
    told: list[tuple[int, int]] = []
    bands = painted(picture, palettes, 0.6, lambda done, total: told.append((done, total)))
    assert len(told) > 5
    assert told[-1] == (42, 42)
    np.testing.assert_allclose(bands, whole, atol=1e-6)


@pytest.mark.parametrize("size", [(1, 1), (3, 50), (8, 8), (25, 9)])
def test_pictures_of_any_size_are_painted(size: tuple[int, int], files: dict[str, Path]) -> None:
    pixels = (photograph(64, 64)[:, : size[0], : size[1]] * 255).astype(np.uint8)
    model = burnish.load(f"style-any:{files['canvas']}")
    assert model(pixels.transpose(1, 2, 0)).shape == (*size, 3)


def test_weights_mix_and_the_dials_do_what_they_say(files: dict[str, Path]) -> None:
    pixels = np.asarray(Image.open(files["photo"]))
    one, other = (f"style-any:{files[name]}" for name in ("canvas", "leaves"))

    def result(words: str, **dials: Any) -> Array:
        return np.asarray(burnish.load(words)(pixels, **dials), np.float32)

    first, last = result(one), result(other)
    little = result(f"{one}:1;{files['leaves']}:0.01")
    half = result(f"{one}:0.5;{files['leaves']}:0.5")
    way = np.abs(last - first).mean()
    assert np.abs(little - first).mean() < 0.1 * way
    assert np.abs(half - (first + last) / 2).mean() < 0.35 * way
    assert np.abs(result(one, strokes=200) - first).mean() > 0.1 * way
    np.testing.assert_array_equal(result(one, strength=0), pixels)
    pixels = np.asarray(Image.open(files["leaves"]))
    gained = (result(one, detail=100) - result(one, detail=0)).transpose(2, 0, 1)
    own = pixels.astype(np.float32).transpose(2, 0, 1)
    fine, gained = np.abs(own - afar(own)).sum(0), np.abs(gained).sum(0)
    assert np.corrcoef(fine.ravel(), gained.ravel())[0, 1] > 0.6


def test_grey_stays_grey_and_alpha_comes_along(files: dict[str, Path]) -> None:
    model = burnish.load(f"style-any:{files['canvas']}")
    pixels = np.asarray(Image.open(files["photo"]))
    assert model(pixels[..., 0]).shape == pixels.shape[:2]
    alpha = np.full((*pixels.shape[:2], 1), 200, np.uint8)
    alpha[:40] = 0
    seen = np.concatenate([pixels, alpha], 2)
    result = model(seen)
    np.testing.assert_array_equal(result[..., 3:], alpha)
    np.testing.assert_array_equal(result[:40], seen[:40])
    assert np.abs(result[41:, :, :3].astype(int) - pixels[41:]).mean() > 5


def test_another_painting_under_the_same_name_is_seen(tmp_path: Path) -> None:
    photo, path = photograph(40, 48).transpose(1, 2, 0), tmp_path / "painting.png"
    results = []
    for planes in (canvas(96, 96), leaves(96, 96)[0]):
        saved(path, planes)
        results.append(burnish.load(f"style-any:{path}")(photo))
    assert np.abs(results[1] - results[0]).mean() > 0.05


def test_the_command_paints_after_what_is_named(files: dict[str, Path], tmp_path: Path) -> None:
    target = tmp_path / "out.png"
    words = ["restore", str(files["photo"]), "-o", str(target)]
    said = RUNNER.invoke(
        app, [*words, "--style", f"{files['canvas']}:0.7", "--style", f"{files['leaves']}:0.3"]
    )
    assert said.exit_code == 0, said.output
    assert "strokes=100" in said.output
    both = f"style-any:{files['canvas']}:0.7;{files['leaves']}:0.3"
    wanted = burnish.load(both)(np.asarray(Image.open(files["photo"])))
    np.testing.assert_array_equal(np.asarray(Image.open(target)), wanted)
    chained = RUNNER.invoke(
        app,
        [*words, "--overwrite", "-m", "style-any+sharpen", "--style", str(files["canvas"])],
    )
    assert chained.exit_code == 0, chained.output


def test_a_result_is_made_again_as_long_as_the_painting_is_the_same(tmp_path: Path) -> None:
    photo = saved(tmp_path / "photo.png", photograph(40, 48))
    painting = saved(tmp_path / "painting.png", canvas(96, 96))
    words = ["restore", str(photo), "-o", str(tmp_path / "out"), "--archive"]
    said = RUNNER.invoke(app, [*words, "--style", str(painting)])
    assert said.exit_code == 0, said.output
    sidecar = tmp_path / "out" / "photo.png.burnish.json"
    assert json.loads(sidecar.read_text())["model"]["sha256"]
    again = RUNNER.invoke(app, ["replay", str(sidecar)])
    assert again.exit_code == 0, again.output
    before = hash_of(burnish.load(f"style-any:{painting}"))
    saved(painting, leaves(96, 96)[0])
    assert hash_of(burnish.load(f"style-any:{painting}")) != before
    other = RUNNER.invoke(app, ["replay", str(sidecar), "--overwrite"])
    assert other.exit_code != 0
    assert "another model" in str(other.exception)


def test_what_is_wrong_is_said(files: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="which painting"):
        burnish.load("style-any").open()
    with pytest.raises(InputMissing, match="nowhere"):
        burnish.load("style-any:nowhere.jpg")
    with pytest.raises(UsageError, match="above 0"):
        burnish.load(f"style-any:{files['canvas']}:0")
    with pytest.raises(UsageError, match="must not hold"):
        words_of([str(saved(tmp_path / "a+b.png", canvas(96, 96)))])
    with pytest.raises(ModelMissing, match="no model file"):
        burnish.inference.zoo.find("style-any")
    told = {
        "-m photo does not paint": ["-m", "photo", "--style", str(files["canvas"])],
        "no such file": ["--style", str(tmp_path / "none.jpg")],
        "which painting": ["-m", "style-any"],
        "cannot run in tiles": ["--style", str(files["canvas"]), "-t", "64"],
    }
    for sentence, words in told.items():
        said = RUNNER.invoke(
            app, ["restore", str(files["photo"]), "-o", str(tmp_path / "x.png"), *words]
        )
        assert said.exit_code != 0
        assert sentence in f"{said.exception} {said.output}", sentence


def test_it_is_among_the_models(files: dict[str, Path]) -> None:
    listed = RUNNER.invoke(app, ["models"])
    assert "style-any, which has no weights either, paints photographs" in listed.output
    card = RUNNER.invoke(app, ["info", "style-any"])
    assert "strokes 25..200, 100" in card.output
    assert "nothing is learnt" in card.output
