"""auto: a look at each picture chooses the models that it goes through, and says why."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import leaves, scene
from numpy.typing import NDArray
from PIL import Image, ImageDraw

import burnish
from burnish import images
from burnish.cli.commands.info import info
from burnish.cli.console import Console
from burnish.contract import Opened
from burnish.errors import DialError, ModelMissing
from burnish.ground.files import digest
from burnish.images import Picture
from burnish.inference.archive.sidecar import (
    about_run,
    hash_of,
    replay,
    settled_in,
    write_sidecar,
)
from burnish.inference.job import Job, run_job
from burnish.inference.model import Model
from burnish.inference.several.automatic import COMPRESSED, NOISY, Automatic, choose
from burnish.inference.zoo import DEFAULT, find
from burnish.pipeline import AUTO, Asked, Finding, Look, ask
from burnish.pipeline.estimate import ESTIMATORS, Estimate, kind
from burnish.study.rows import open_row

SIZE = (96, 128)


def noisy(sigma: float = 12, seed: int = 1) -> NDArray[np.uint8]:
    """[H, W, 3]"""
    clean = leaves(*SIZE)[0].transpose(1, 2, 0) * 255
    spoiled = clean + np.random.default_rng(seed).normal(0, sigma, clean.shape)
    pixels: NDArray[np.uint8] = np.clip(np.rint(spoiled), 0, 255).astype(np.uint8)
    return pixels


def saved(pixels: NDArray[np.uint8], quality: int) -> Picture:
    """The pixels as a JPEG of that quality."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return images.read(file.getvalue())


def flat() -> Picture:
    """Even stripes: nothing is wrong with them."""
    stripes = np.repeat(np.linspace(0.1, 0.9, 8, dtype=np.float32), 16)
    pixels = np.broadcast_to(stripes[:, None], (1, 3, 128, 96))
    return Picture(np.ascontiguousarray(pixels))


def automatic() -> Automatic:
    chooses = burnish.load()
    assert isinstance(chooses, Automatic)
    return chooses


@pytest.mark.parametrize(
    ("noise", "quality", "models"),
    [
        (NOISY, 100, ("photo",)),
        (NOISY, COMPRESSED, ("photo", "jpeg")),
        (NOISY - 0.01, COMPRESSED, ("jpeg",)),
        (NOISY - 0.01, COMPRESSED + 1, ()),
    ],
)
def test_each_damage_that_shows_chooses_its_model(
    noise: float, quality: float, models: tuple[str, ...]
) -> None:
    found = {"noise": Finding(noise, "pixels"), "quality": Finding(quality, "file")}
    choice = choose(Look(Picture(leaves(*SIZE)), found))
    assert choice.models == models
    assert ("noisy" in choice.why) == ("photo" in models)
    assert ("compressed" in choice.why) == ("jpeg" in models)
    assert choice.why == "neither noise nor compression shows" or models


def test_a_noisy_jpeg_goes_through_both_with_what_the_first_look_found() -> None:
    picture = saved(noisy(), 40)
    restored = automatic().restore(picture)
    settled = restored.settled
    assert settled.models == ("photo", "jpeg")
    assert settled.origins == {"noise": "pixels", "quality": "file"}
    assert settled.dials["quality"] == 40
    photo, jpeg = burnish.load("photo"), burnish.load("jpeg")
    noise = ask(photo.contract, {"noise": settled.dials["noise"]})
    by_hand = jpeg.restore(photo.restore(picture, noise).picture, Asked({"quality": 70}))
    np.testing.assert_array_equal(restored.picture.pixels, by_hand.picture.pixels)
    told = Asked({"noise": settled.dials["noise"], "quality": 70.0})
    np.testing.assert_array_equal(
        automatic().restore(picture, told).picture.pixels, restored.picture.pixels
    )
    half = automatic().restore(picture, Asked(strength=0.5)).picture.pixels
    mean = (picture.pixels + by_hand.picture.pixels) / 2
    np.testing.assert_allclose(half, mean, atol=1e-6)


def test_behind_a_large_picture_each_model_gives_back_its_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gone = []

    def opened(model: Model) -> Opened:
        fresh = type(model).open(model, threads=1)

        def release() -> None:
            gone.append(model.contract.dials[0].name)
            fresh.release()

        model.opened = replace(fresh, release=release)
        return model.opened

    chooses = automatic()
    for model in chooses.models.values():
        opened(model)
    picture = saved(noisy(), 40)
    first = chooses.restore(picture).picture.pixels
    assert not gone
    monkeypatch.setattr("burnish.inference.several.automatic.LARGE", 100)
    for _ in range(2):
        np.testing.assert_array_equal(chooses.restore(picture).picture.pixels, first)
    assert gone == ["noise", "quality"] * 2
    chooses.restore(picture, Asked({"noise": 5.0}))
    assert len(gone) == 4  # alone, there is no other whose memory would stand beside it


def test_a_picture_without_damage_is_left_as_it_is() -> None:
    restored = automatic().restore(flat())
    np.testing.assert_array_equal(restored.picture.pixels, flat().pixels)
    assert restored.settled.models == ()
    assert restored.settled.dials["noise"] < NOISY
    assert "neither noise nor compression shows; a drawing" in restored.settled.choice.words
    assert restored.seconds == 0


def test_a_dial_that_is_set_chooses_and_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    def looks(image: object) -> float:
        raise AssertionError("it was looked at")

    for dial in ESTIMATORS:
        monkeypatch.setitem(ESTIMATORS, dial, looks)
    pixels = noisy()
    chooses = burnish.load()
    for name, dial, value in (("photo", "noise", 25), ("jpeg", "quality", 30)):
        wanted = burnish.load(name)(pixels, **{dial: value}, strength=0.7)
        np.testing.assert_array_equal(chooses(pixels, **{dial: value}, strength=0.7), wanted)
    settled = chooses.settle(saved(pixels, 40), Asked({"noise": 5.0, "quality": 30.0}))
    assert settled.models == ("photo", "jpeg")
    assert settled.choice.words == ""
    with pytest.raises(DialError, match="no dial 'radius'; its dials: noise, quality"):
        chooses(pixels, radius=3)


def test_a_dial_that_is_to_be_found_chooses_too() -> None:
    settled = automatic().settle(saved(noisy(), 40), Asked({"noise": AUTO}))
    assert settled.models == ("photo",)
    assert settled.origins == {"noise": "pixels"}


def test_it_looks_once_and_opens_each_model_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []
    opens: list[str] = []
    for dial, finds in ESTIMATORS.items():

        def counted(image: Any, dial: str = dial, finds: Any = finds) -> Estimate:
            looks.append(dial)
            found: Estimate = finds(image)
            return found

        monkeypatch.setitem(ESTIMATORS, dial, counted)
    chooses = automatic()
    for name, model in chooses.models.items():

        def opened(name: str = name, opens_it: Any = model.open, **how: Any) -> Any:
            assert how["threads"] == 1
            opens.append(name)
            return opens_it(**how)

        monkeypatch.setattr(model, "open", opened)
    chooses.open(threads=1)
    assert opens == ["photo"]
    steps: list[tuple[int, int]] = []
    for quality in (100, 40, 30):
        chooses.restore(
            saved(noisy(), quality), tile=64, progress=lambda done, of: steps.append((done, of))
        )
    assert sorted(looks) == ["noise"] * 3 + ["quality"] * 3
    assert opens == ["photo", "jpeg"]
    assert steps[-1][0] == steps[-1][1]
    assert [done for done, _ in steps[-steps[-1][1] :]] == list(range(1, steps[-1][1] + 1))


def test_alpha_depth_and_grey_come_back() -> None:
    picture = saved(noisy(), 40)
    alpha = np.ones((1, 1, *SIZE), np.float32)
    alpha[..., :40] = 0
    restored = automatic().restore(replace(picture, alpha=alpha)).picture
    np.testing.assert_array_equal(restored.alpha, alpha)
    np.testing.assert_array_equal(restored.pixels[..., :40], picture.pixels[..., :40])
    grey = replace(picture, planes=picture.pixels[:, :1].repeat(3, 1))
    equal = automatic().restore(grey).picture.pixels
    np.testing.assert_array_equal(equal, equal[:, :1].repeat(3, 1))
    assert Look(grey).grey
    assert not Look(picture).grey


def test_in_python_and_in_comparisons_it_is_the_default(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    Image.fromarray(noisy()).save(file, quality=40)
    picture = images.read(file)
    by_file = burnish.restore(file)
    restored = automatic().restore(picture).picture.pixels[0].transpose(1, 2, 0)
    np.testing.assert_array_equal(by_file, restored.clip(0, 1))
    assert open_row(DEFAULT).restore(picture).settled.models == ("photo", "jpeg")
    with pytest.raises(ModelMissing, match="auto chooses a model for each picture"):
        find(DEFAULT)


def test_pages_of_one_file_go_through_the_same_models(tmp_path: Path) -> None:
    pages = [noisy(3), noisy(12), noisy(20)]
    chooses = automatic()
    alone = [chooses.settle(images.from_array(each)) for each in pages]
    file = tmp_path / "scan.tif"
    images.write(file, [images.from_array(each) for each in pages])
    report = run_job(Job(str(file), str(tmp_path / "out.tif")), chooses)
    assert report.pictures == 3
    assert report.models == ("photo",)
    assert report.why == "noisy"
    assert report.dials["noise"] == alone[1].dials["noise"]
    assert report.estimated == ("noise", "quality")
    assert report.margins == alone[0].margins

    # One by one, each is looked at by itself.
    images.write(file, [flat(), images.from_array(pages[2])])
    one_by_one = Job(str(file), str(tmp_path / "each.tif"), each=True)
    report = run_job(one_by_one, chooses)
    assert report.models == ("photo",)
    assert report.why.endswith("neither noise nor compression shows; a drawing, or noisy")
    for each, picture in zip(report.each, (flat(), images.from_array(pages[2])), strict=True):
        assert each["noise"] == chooses.settle(picture).dials["noise"]
    console = Console(1)
    console.done(report)


def test_a_sidecar_makes_the_same_choice_again(tmp_path: Path) -> None:
    chooses = automatic()
    assert hash_of(chooses) not in {hash_of(model) for model in chooses.models.values()}
    for name, picture in (("clean.png", flat()), ("noisy.png", saved(noisy(), 40))):
        source = tmp_path / name
        target = tmp_path / "out" / name
        images.write(source, picture)
        job = Job(str(source), str(target))
        report = run_job(job, chooses)
        about = about_run(DEFAULT, chooses, job, chooses.open(threads=1), 1)
        dials = settled_in(report.dials, report.origins, ("noise",) if name == "noisy.png" else ())
        sidecar = write_sidecar(
            about, str(source), str(target), (digest(source), digest(target)), dials
        )
        again = replay(Path(sidecar))
        assert again.same
        assert again.report.models == report.models
        assert again.report.why == report.why


def page(size: tuple[int, int] = (640, 480)) -> Image.Image:
    """Lines of short strokes on grey paper, with grain, as a scanner gives them."""
    rng = np.random.default_rng(0)
    picture = Image.new("L", size, 215)
    pen = ImageDraw.Draw(picture)
    for y in range(30, size[1] - 20, 18):
        for x in range(20, size[0] - 20, 7):
            if rng.random() < 0.8:
                pen.line((x, y, x + int(rng.integers(-2, 5)), y + 9), 40, 2)
    grain = np.asarray(picture, np.float64) + rng.normal(0, 3, (size[1], size[0]))
    return Image.fromarray(np.clip(np.rint(grain), 0, 255).astype(np.uint8))


def test_it_knows_a_page_a_drawing_and_a_photograph() -> None:
    scanned = images.from_array(np.asarray(page()))
    assert Look(scanned).kind == "page"
    assert "-m document" in choose(Look(scanned)).words
    coloured = np.repeat(scanned.pixels, 3, 1) * np.array([1, 0.94, 0.8], np.float32)[:, None, None]
    assert kind(coloured) == "page"
    assert kind(1 - scanned.pixels) == "photograph"
    assert kind(flat().pixels) == "drawing"
    for size in ((400, 600), (300, 200), (20, 20), (1, 1)):
        assert kind(leaves(*size)) == "photograph"
    assert kind(scene(400, 600)) == "photograph"


def test_info_says_what_shows_and_what_restore_would_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.jpg"
    Image.fromarray(noisy()).save(file, quality=40)
    info(str(file), as_json=True)
    record = json.loads(capsys.readouterr().out)
    settled = automatic().settle(images.read(file))
    assert record["look"].pop("noise") == pytest.approx(settled.dials["noise"], abs=0.01)
    assert record["look"].pop("noise_margin") == pytest.approx(settled.margins["noise"], abs=0.01)
    assert record["look"] == {
        "kind": "photograph",
        "grey": False,
        "quality": 40,
        "quality_from": "file",
        "models": ["photo", "jpeg"],
        "why": "noisy and compressed",
    }
    info(str(file))
    said = capsys.readouterr().out
    assert "restore      photo, then jpeg: noisy and compressed" in said
    assert re.search(r"noise +\d+(\.\d+)?, (give or take|unsure: 0 to) \d", said)
    assert "compressed   as by a JPEG of quality 40, by its file" in said

    # Of several pictures it is the first that is looked at.
    book = tmp_path / "book.tif"
    pages = [Image.fromarray(page) for page in (noisy(), np.full_like(noisy(), 9))]
    pages[0].save(book, save_all=True, append_images=pages[1:])
    info(str(book))
    said = capsys.readouterr().out
    assert "looked at    the first of 2 pages" in said
    assert "restore      photo: noisy" in said

    # Of a cut file the head still speaks.
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    info(str(file), as_json=True)
    record = json.loads(capsys.readouterr().out)
    assert record["width"] == SIZE[1]
    assert record["look"]["error"]["code"] == "E_TRUNCATED"
    info(DEFAULT)
    assert "dial        quality 5..100, auto" in capsys.readouterr().out
