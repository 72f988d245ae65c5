"""The one way of a picture through a model: what is asked, what is settled, and that everybody who
restores or judges takes it.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from conftest import scene
from PIL import Image

import burnish
from burnish import images
from burnish.contract import Array, Contract, Dial
from burnish.degrade.jpeg import jpeg
from burnish.degrade.noise import noise
from burnish.errors import DialError, UsageError
from burnish.images import Picture
from burnish.inference.classical import Filter
from burnish.inference.job import Job, run_job
from burnish.inference.model import Model
from burnish.metrics import METRICS
from burnish.pipeline import AUTO, Asked, Bare, ask, settle
from burnish.pipeline.estimate import ESTIMATORS, Estimate, quality
from burnish.study.dial.grid import grid
from burnish.study.dial.smooth import smooth
from burnish.study.dial.strip import strip
from burnish.study.dial.tune import tune
from burnish.study.evaluate import Folder, PicturePairs, evaluate_row
from burnish.study.rows import Chain, Row

NOISE = Dial("noise", 0, 50, 10, "sigma in 8-bit steps")
QUALITY = Dial("quality", 10, 95, 40, "JPEG quality")
BOTH = Contract(dials=(NOISE, QUALITY))


def recorder(seen: list[float]) -> Row:
    """Gives pictures back, and keeps the quality that it is told of each."""

    def run(image: Array, level: Array | None) -> Array:
        assert level is not None
        seen.append(float(level[0, 1, 0, 0]))
        return image.copy()

    card = {"library": "none", "bytes_per_pixel": 10}
    return Row("recorder", Model(Filter(BOTH, run, card)))


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """Two JPEGs, of quality 30 and 20, whose pixels do not show it, beside clean pictures."""
    folder = tmp_path / "pairs"
    for side in ("clean", "noisy"):
        (folder / side).mkdir(parents=True)
    smooth_ramp = np.tile(np.linspace(60, 190, 96).astype(np.uint8), (64, 1))
    small = np.tile(np.linspace(90, 130, 20).astype(np.uint8), (20, 1))
    for name, values, at in (("a", smooth_ramp, 30), ("b", small, 20)):
        picture = Image.fromarray(values).convert("RGB")
        picture.save(folder / "clean" / f"{name}.png")
        picture.save(folder / "noisy" / f"{name}.jpg", quality=at)
    return folder


def test_what_the_file_says_is_what_everybody_judges_by(pairs: Path, tmp_path: Path) -> None:
    files = [pairs / "noisy" / "a.jpg", pairs / "noisy" / "b.jpg"]
    assert [quality(images.read(file).pixels).value for file in files] == [30, 100]
    seen: list[float] = []
    row = recorder(seen)
    assert isinstance(row.model, Model)

    reports = [run_job(Job(str(f), str(tmp_path / f"{f.stem}.png")), row.model) for f in files]
    assert [report.dials["quality"] for report in reports] == [30, 20]
    assert [report.origins["quality"] for report in reports] == ["file", "file"]
    for file in files:
        burnish.restore(file, model=row.model)
    assert seen == [30, 20, 30, 20]

    seen.clear()
    evaluate_row(row, pairs, {}, metrics=[METRICS["psnr"]])
    assert seen[1:] == [30, 20]  # the first is the one that is not timed

    seen.clear()
    tune(row, PicturePairs(pairs), ["noise"], side=16)
    assert set(seen) == {30, 20}

    seen.clear()
    smooth(row, Folder(pairs / "noisy"), noise(), [10.0], settings=3, side=16)
    assert set(seen) == {30, 20}

    seen.clear()
    strip(row.model, files[0], tmp_path / "strip.png", dial="noise", values=[5, 15])
    assert set(seen) == {30}


def test_damage_done_anew_is_not_what_the_file_says(pairs: Path) -> None:
    seen: list[float] = []
    levels = {"quality": [60.0]}
    evaluate_row(recorder(seen), pairs / "noisy", levels, metrics=[METRICS["psnr"]])
    assert seen[1:] == [60, 60]
    seen.clear()
    both = [[10.0], [50.0, 70.0]]
    grid(recorder(seen), Folder(pairs / "noisy"), [noise(), jpeg()], both, side=16)
    assert set(seen) == {50, 70}


def test_a_setting_says_where_it_comes_from(pairs: Path) -> None:
    picture = images.read(pairs / "noisy" / "a.jpg")
    found = settle(BOTH, Asked(), picture)
    assert found.origins == {"noise": "pixels", "quality": "file"}
    asked = settle(BOTH, ask(BOTH, {"noise": 7, "quality": "auto"}), picture)
    assert asked.origins == {"noise": "asked", "quality": "file"}
    assert asked.dials["noise"] == 7
    blind = Contract(dials=(Dial("radius", 1, 9, 3, "pixels"),))
    assert settle(blind, Asked(), picture).origins == {"radius": "default"}
    assert settle(blind, Asked(), picture).dials == {"radius": 3}
    bare = Bare(BOTH, lambda image, level: image).settle(picture)
    assert bare.dials == {"noise": 10, "quality": 40}


def test_words_are_checked_where_they_are_asked() -> None:
    assert ask(BOTH, {"noise": "auto", "quality": None}).dials == {"noise": AUTO}
    with pytest.raises(DialError, match="no dial 'blur'"):
        ask(BOTH, {"blur": 1})
    with pytest.raises(DialError, match="noise=60 is out of range"):
        ask(BOTH, {"noise": 60})
    with pytest.raises(DialError, match="noise=none.png: this model's level is one number"):
        ask(BOTH, {"noise": "none.png"})
    with pytest.raises(UsageError, match=r"strength 1\.5 is out of range"):
        ask(BOTH, strength=1.5)
    with pytest.raises(DialError, match="radius=auto: this dial cannot be estimated"):
        ask(Contract(dials=(Dial("radius", 1, 9, 3, "pixels"),)), {"radius": "auto"})


def test_the_time_is_that_of_the_network_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(pixels: Array) -> Estimate:
        time.sleep(0.2)
        return Estimate(5.0, 1.0)

    monkeypatch.setitem(ESTIMATORS, "noise", slow)
    restored = recorder([]).restore(Picture(scene(32, 32)))
    assert restored.settled.dials["noise"] == 5
    assert restored.settled.margins == {"noise": 1.0}
    assert restored.seconds < 0.1


def test_what_colours_gives_colour() -> None:
    def tint(image: Array, level: Array | None) -> Array:
        return np.concatenate([image, image * np.float32(0.5), image * 0], 1)

    model = Bare(Contract(channels_in=1, channels_out=3), tint)
    grey = scene(16, 16, 1)
    for pixels in (grey, np.repeat(grey, 3, 1)):
        result = model.restore(Picture(pixels)).picture.pixels
        np.testing.assert_allclose(result[:, 1], grey[:, 0] * 0.5, atol=1e-6)
        half = model.restore(Picture(pixels), ask(model.contract, strength=0.5)).picture.pixels
        np.testing.assert_allclose(half[:, 2], pixels[:, -1] * 0.5, atol=1e-6)


def test_a_chain_settles_on_the_picture_that_comes_in(pairs: Path) -> None:
    seen: list[float] = []
    chain = Row("both", Chain([recorder(seen), recorder(seen)]))
    picture = images.read(pairs / "noisy" / "b.jpg")
    restored = chain.restore(picture)
    assert seen == [20, 20]
    assert restored.settled.origins["quality"] == "file"
    np.testing.assert_array_equal(restored.picture.pixels, picture.pixels)


def test_words_of_a_row_set_its_dials(pairs: Path) -> None:
    seen: list[float] = []
    row = recorder(seen)
    picture = images.read(pairs / "noisy" / "b.jpg")
    told = Row("told", row.model, given={"quality": 55.0})
    assert told.contract.dial("quality").default == 55
    told.restore(picture)
    told.restore(picture, ask(told.contract, {"quality": 66}))
    found = Row("found", row.model, given={"quality": AUTO})
    assert [dial.name for dial in found.contract.dials] == ["noise"]
    found.restore(picture)
    assert seen == [55, 66, 20]
