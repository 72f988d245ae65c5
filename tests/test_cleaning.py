"""Pages: pictures, markings, colours of ink and light writing on dark come through cleaning."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from conftest import leaves
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from writing import letters, written

from burnish import images
from burnish.contract import Array, Contract
from burnish.degrade import make
from burnish.errors import ModelMismatch, UsageError
from burnish.ground.planes import closed, highest, lowest, mean, opened
from burnish.images import Picture
from burnish.inference import zoo
from burnish.inference.job import Job, run_job
from burnish.inference.masked import Cleaner
from burnish.inference.model import Model
from burnish.pipeline import Areas, Asked, areas, ask, clean
from burnish.pipeline.page.ink import Writing, paper_in
from burnish.pipeline.page.parts import box, parts
from burnish.pipeline.page.strokes import stroke_width, threshold


@pytest.fixture(scope="module")
def document() -> Model:
    model = zoo.load("document")
    model.open(device="cpu", threads=1)
    return model


def cleaned(model: Model, page: Array, **dials: float) -> Array:
    """A page [C, H, W] through the model, clipped."""
    picture = Picture(page[None])
    restored = model.restore(picture, ask(model.contract, dials))
    result: Array = restored.picture.pixels[0].clip(0, 1)
    return result


def alike(ink: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    """The F-measure of ink, from 0 to 1."""
    return float(2 * (ink & truth).sum() / (ink.sum() + truth.sum()))


def photograph(height: int, width: int, channels: int = 3) -> Array:
    """What is like a photograph [C, H, W]: no lighter than paper, light and dark in it."""
    found: Array = 0.05 + 0.75 * leaves(height, width, channels, seed=3)[0]
    return found


# --- what planes are asked


@pytest.mark.parametrize("reach", [0, 1, 2, 5, 9])
def test_highest_lowest_and_mean_are_those_of_a_square(
    reach: int, rng: np.random.Generator
) -> None:
    plane = rng.random((30, 41), dtype=np.float32)
    side = 2 * reach + 1
    np.testing.assert_array_equal(
        highest(plane, reach), ndimage.maximum_filter(plane, side, mode="nearest")
    )
    np.testing.assert_array_equal(
        lowest(plane, reach), ndimage.minimum_filter(plane, side, mode="nearest")
    )
    wanted = ndimage.uniform_filter(plane.astype(np.float64), side, mode="nearest")
    np.testing.assert_allclose(mean(plane, reach), wanted, atol=1e-6)


def test_flags_are_closed_and_opened() -> None:
    line = np.zeros((20, 20), np.bool_)
    line[10, 2:18] = True
    assert not opened(line, 1).any()
    np.testing.assert_array_equal(closed(~line, 1), np.ones((20, 20), np.bool_))


def test_parts_touch_by_sides_or_corners() -> None:
    marked = np.array([[1, 0, 0, 1], [0, 1, 0, 1], [0, 0, 0, 0], [1, 1, 1, 0]], np.bool_)
    labels, count = ndimage.label(marked, np.ones((3, 3)))
    found = list(parts(marked))
    assert len(found) == count == 3
    for part in found:
        (name,) = np.unique(labels[part])
        np.testing.assert_array_equal(part, labels == name)
    np.testing.assert_array_equal(marked[box(found[0])], marked[box(found[0])])
    assert not list(parts(np.zeros((3, 3), np.bool_)))


def test_the_threshold_is_otsus(rng: np.random.Generator) -> None:
    filters = pytest.importorskip("skimage.filters")
    values = np.concatenate([rng.normal(0.2, 0.05, 300), rng.normal(0.8, 0.1, 900)])
    values = values.clip(0, 1).astype(np.float32)
    assert threshold(values) == pytest.approx(filters.threshold_otsu(values), abs=0.01)


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_strokes_are_as_wide_as_they_were_drawn(scale: int) -> None:
    ink = letters(200, 300, scale=scale)
    assert stroke_width(ink) == pytest.approx(2 * scale, abs=scale)
    assert stroke_width(np.zeros((5, 5), np.bool_)) == 0


# --- pictures and markings


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("height", "width"), [(150, 220), (300, 400), (80, 140)])
def test_a_photograph_on_a_page_stays_and_the_page_is_cleaned(
    document: Model, height: int, width: int, channels: int
) -> None:
    page = written(700, 560)[:channels].copy()
    there = (slice(None), slice(200, 200 + height), slice(90, 90 + width))
    page[there] = photograph(height, width, channels)
    picture = Picture(page[None])
    restored = document.restore(picture)
    after = restored.picture.pixels[0]
    inside = after[there][:, 2:-2, 2:-2]
    error = np.mean((inside - page[there][:, 2:-2, 2:-2]) ** 2)
    assert 10 * np.log10(1 / max(float(error), 1e-12)) > 35
    outside = letters(700, 560)
    outside[there[1:]] = False
    ink = after.mean(0) < 0.5
    ink[there[1:]] = False
    assert alike(ink, outside) > 0.75
    assert np.median(after[:, :180]) > 0.98
    assert any("pictures or markings" in note for note in restored.picture.notes)


def test_the_same_page_is_told_apart_alike_at_any_resolution() -> None:
    page = written(700, 560)
    page[:, 200:420, 90:400] = photograph(220, 310)
    large = page.repeat(2, 1).repeat(2, 2)
    small = areas(page).pictures
    assert small.mean() == pytest.approx(areas(large).pictures.mean(), rel=0.05)


@pytest.mark.parametrize("colour", [(1, 0.97, 0.3), (0.6, 0.95, 0.65), (1, 0.6, 0.75)])
def test_words_marked_in_colour_stay_marked(
    document: Model, colour: tuple[float, float, float]
) -> None:
    page = written(400, 600)
    page[:, 110:140, 100:400] *= np.array(colour, np.float32)[:, None, None]
    after = cleaned(document, page)
    part = (slice(None), slice(116, 134), slice(110, 390))
    difference = np.abs(after[part] - page[part]).mean()
    assert difference < 0.02
    assert np.median(after[:, 200:]) > 0.98


@pytest.mark.parametrize("kind", ["Stains", "CoffeeRings", "Shadows", "Folds", "OldPaper"])
def test_stains_and_shadows_are_no_pictures(kind: str, rng: np.random.Generator) -> None:
    page = written(500, 500)[None]
    damage = make(kind)
    level = np.full((1, 1, 1, 1), 0.6 * damage.dial.high, np.float32)
    spoiled = damage.spoil(page, level, rng)
    found = areas(spoiled[0].clip(0, 1).astype(np.float32))
    assert found.pictures.mean() < 0.005
    assert not found.dark.any()


# --- colours of ink


@pytest.mark.parametrize("ink", [(190, 30, 30), (30, 50, 170), (20, 110, 50), (110, 70, 40)])
def test_ink_keeps_its_colour(document: Model, ink: tuple[int, int, int]) -> None:
    after = cleaned(document, written(300, 500, ink=ink, scale=2))
    core = ndimage.binary_erosion(letters(300, 500, scale=2), np.ones((2, 2)))
    wanted = np.array(ink) / np.array((235, 228, 210))
    found = after[:, core].mean(1)
    np.testing.assert_allclose(found, wanted, atol=0.1)
    assert np.median(after[:, ~letters(300, 500, scale=2)]) > 0.99


def test_black_ink_is_black_and_grey_is_asked_for(document: Model) -> None:
    black = cleaned(document, written(300, 500))
    assert np.abs(black - black.mean(0)).max() < 0.03
    page = written(300, 500, ink=(190, 30, 30))
    grey = cleaned(document, page, colour=0)
    assert np.array_equal(grey[0], grey[1])
    assert np.array_equal(grey[0], grey[2])
    assert alike(grey[0] < 0.5, letters(300, 500)) > 0.75


# --- light on dark


@pytest.mark.parametrize("paper", [(25, 30, 40), (30, 60, 140), (60, 75, 65)])
def test_light_writing_on_a_dark_page_stays_filled(
    document: Model, paper: tuple[int, int, int]
) -> None:
    page = written(400, 600, ink=(235, 235, 230), paper=paper)
    picture = Picture(page[None])
    restored = document.restore(picture)
    after = restored.picture.pixels[0]
    assert alike(after.mean(0) > 0.6, letters(400, 600)) > 0.75
    assert any("dark" in note for note in restored.picture.notes)
    if paper == (30, 60, 140):
        ground = np.median(after[:, ~letters(400, 600)], axis=1)
        np.testing.assert_allclose(ground, np.array(paper) / 255, atol=0.06)


def test_a_dark_heading_is_cleaned_as_dark_and_the_page_as_light(document: Model) -> None:
    page = written(500, 600)
    page[:, :100] = written(100, 600, ink=(240, 235, 225), paper=(30, 28, 26), seed=3)
    after = cleaned(document, page)
    truth = letters(100, 600, seed=3)
    assert alike(after[:, :95].mean(0) > 0.5, truth[:95]) > 0.75
    assert np.median(after[:, :95][:, ~truth[:95]]) < 0.05
    assert np.median(after[:, 110:]) > 0.98


def test_uneven_light_on_a_blackboard_is_made_even(document: Model) -> None:
    page = written(400, 600, ink=(220, 225, 215), paper=(50, 62, 55))
    page *= np.linspace(0.7, 1.2, 600, dtype=np.float32)
    after = cleaned(document, page.clip(0, 1))
    assert alike(after.mean(0) > 0.5, letters(400, 600)) > 0.75


# --- how far it goes


def test_the_dial_goes_from_even_paper_over_white_paper_to_ink(document: Model) -> None:
    page = written(400, 600, grain=6) * np.linspace(0.6, 1, 600, dtype=np.float32)
    page[:, 380:388, 100:500] *= 0.85  # a pencil's line
    blank = ~ndimage.binary_dilation(letters(400, 600), np.ones((5, 5)))
    blank[375:393] = False
    even, white, ink = (cleaned(document, page, cleaning=at) for at in (0, 50, 100))
    columns = [
        np.median(even[:, :, part][:, blank[:, part]]) for part in (slice(90), slice(510, 600))
    ]
    assert columns[0] == pytest.approx(columns[1], abs=0.03)
    assert even[:, blank].std() > 0.015
    assert (white[:, blank] > 0.99).mean() > 0.95
    assert np.median(white[:, 382:386, 120:480]) < 0.95
    assert (ink[:, blank] > 0.98).mean() > 0.99
    between = cleaned(document, page, cleaning=75)
    np.testing.assert_allclose(between, (white + ink) / 2, atol=1e-3)


@pytest.mark.parametrize("coarse", [1, 4])
@pytest.mark.parametrize("grain", [0, 1, 4, 8])
def test_paper_on_which_nothing_is_written_stays_blank(
    document: Model, grain: float, coarse: int, rng: np.random.Generator
) -> None:
    noise = rng.normal(0, 1, (400 // coarse, 320 // coarse)).repeat(coarse, 0).repeat(coarse, 1)
    noise = ndimage.gaussian_filter(noise, coarse - 1) if coarse > 1 else noise
    page = (0.85 + grain / 255 * noise / noise.std()).astype(np.float32)[None]
    after = cleaned(document, page)
    assert (after < 0.5).mean() < 0.005


def test_wide_strokes_are_seen_smaller_and_pale_ink_darker() -> None:
    fine = Writing(depth=0.6, width=2, grain=0.01)
    wide = Writing(depth=0.1, width=12, grain=0.01)
    assert (fine.gain, fine.shares) == (1, (1.0,))
    assert wide.gain > 2
    assert max(wide.shares) < 0.5
    assert Writing(depth=0.05, width=4, grain=0.04).gain == 1  # grain, and no ink


def test_pale_and_wide_writing_is_read_as_dark_and_fine_one_is(document: Model) -> None:
    truth = letters(200, 300, scale=4)
    pale = written(200, 300, ink=(190, 186, 172), scale=4, grain=2)
    after = cleaned(document, pale, colour=0)
    assert alike(after[0] < 0.5, truth) > 0.85


# --- masks


def test_a_mask_says_what_is_cleaned_and_comes_out_as_it_was(
    document: Model, tmp_path: Path
) -> None:
    page = written(400, 600)
    page[:, 150:300, 200:420] = photograph(150, 220)
    samples = np.rint(255 * page.transpose(1, 2, 0)).astype(np.uint8)
    Image.fromarray(samples).save(tmp_path / "in.png")
    words = [tmp_path / "in.png", "-m", "document", "--mask-out"]
    run_it(*words, tmp_path / "found.png", "-o", tmp_path / "a.png")
    run_it(*words, tmp_path / "alone.png", "-o", tmp_path / "b.png", "--mask-only")
    assert not (tmp_path / "b.png").exists()
    found = np.asarray(Image.open(tmp_path / "found.png"))
    np.testing.assert_array_equal(found, np.asarray(Image.open(tmp_path / "alone.png")))
    assert set(np.unique(found)) == {0, 255}
    assert not found[160:290, 210:410].any()

    given = (*words[:3], "--mask-in", tmp_path / "found.png")
    run_it(*given, "-o", tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    after = np.asarray(Image.open(tmp_path / "a.png"))
    np.testing.assert_array_equal(after[found == 0], samples[found == 0])

    Image.fromarray(np.full_like(found, 255)).save(tmp_path / "all.png")
    run_it(*words[:3], "--mask-in", tmp_path / "all.png", "-o", tmp_path / "c.png")
    assert (
        np.asarray(Image.open(tmp_path / "c.png"))[160:290, 210:410] != samples[160:290, 210:410]
    ).any()


def run_it(*words: object) -> None:
    from typer.testing import CliRunner

    from burnish.cli.app import app

    result = CliRunner().invoke(app, ["restore", *map(str, words), "--threads", "1"])
    assert result.exit_code == 0, f"{result.output}{result.exception}"


def test_infrared_is_for_what_mends(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from burnish.cli.app import app

    Image.new("L", (40, 40), 200).save(tmp_path / "in.png")
    words = ["restore", str(tmp_path / "in.png"), "-m", "document", "--infrared", "off"]
    result = CliRunner().invoke(app, [*words, "-o", str(tmp_path / "out.png")])
    assert isinstance(result.exception, UsageError)
    assert "finds damage" in str(result.exception)


# --- files


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_grey_and_depth_come_back_as_they_were(
    tmp_path: Path, document: Model, depth: type[np.uint8 | np.uint16]
) -> None:
    full = np.iinfo(depth).max
    samples = np.rint(written(200, 300).mean(0) * full).astype(depth)
    images.write(tmp_path / "in.png", images.from_array(samples))
    run_job(Job(str(tmp_path / "in.png"), str(tmp_path / "out.png")), document)
    after = images.read(tmp_path / "out.png")
    assert after.depth == np.dtype(depth).name
    assert after.pixels.shape == (1, 1, 200, 300)


def test_what_is_hidden_stays_and_strength_takes_a_share(document: Model) -> None:
    page = written(200, 300)[None]
    alpha = np.ones((1, 1, 200, 300), np.float32)
    alpha[..., :50, :] = 0
    picture = Picture(page, alpha=alpha)
    after = document.restore(picture).picture.pixels
    np.testing.assert_array_equal(after[..., :50, :], page[..., :50, :])
    whole = document.restore(Picture(page)).picture.pixels
    half = document.restore(Picture(page), Asked(strength=0.5)).picture.pixels
    np.testing.assert_allclose(half, (page + whole) / 2, atol=1e-5)
    none = document.restore(Picture(page), Asked(strength=0.0)).picture.pixels
    np.testing.assert_array_equal(none, page)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (3, 190), (190, 3), (40, 40)])
def test_pages_of_any_size_are_cleaned(document: Model, height: int, width: int) -> None:
    page = np.full((1, 3, height, width), 0.8, np.float32)
    for cleaning in (0, 50, 100):
        after = document.restore(Picture(page), ask(document.contract, {"cleaning": cleaning}))
        assert after.picture.pixels.shape == page.shape
        assert np.isfinite(after.picture.pixels).all()


# --- models that tell ink from paper


def test_a_model_that_gives_paper_cleans_pages(document: Model) -> None:
    assert isinstance(document, Cleaner)
    assert [dial.name for dial in document.contract.dials] == ["cleaning", "colour"]
    record = Contract(channels_out=1, gives="paper").to_dict()
    assert Contract.from_dict(record).gives == "paper"
    with pytest.raises(ModelMismatch):
        Contract.from_dict({**record, "channels_out": 3})


def test_a_sigmoid_gives_what_it_is_told() -> None:
    pytest.importorskip("torch")
    from burnish.training.networks.restorer import Restorer
    from burnish.training.parts.build import Spec

    base = {"use": "ResUNet", "args": {"widths": [8, 12], "blocks": 1, "channels_out": 1}}
    plain = Restorer(Spec("Sigmoid", {"base": base}))
    paper = Restorer(Spec("Sigmoid", {"base": base, "gives": "paper"}))
    assert (plain.contract.gives, paper.contract.gives) == ("picture", "paper")


def test_what_tells_is_asked_once_for_fine_writing() -> None:
    asked: list[tuple[int, ...]] = []

    def tells(page: Array) -> Array:
        asked.append(page.shape)
        return page[:, :1]

    page = written(200, 300, grain=0)
    found = paper_in(page, tells)
    assert asked == [(1, 3, 200, 300)]
    blank = ~letters(200, 300)
    np.testing.assert_allclose(found[blank], page[0][blank], atol=1e-6)
    none = np.zeros(page.shape[1:], np.bool_)
    clean(page, Areas(none, none), 50, 100, tells)
    assert len(asked) == 1  # white paper wants no network
