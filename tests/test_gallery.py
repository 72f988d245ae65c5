"""The gallery: its page is what its words make, and its pictures are small, and all are shown."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.gallery import sources
from benchmarks.gallery.__main__ import LARGEST, PAGE, PICTURES, text
from benchmarks.gallery.exhibits import EXHIBITS
from benchmarks.gallery.show import Part, along, beside
from burnish.inference.zoo import names

ROOT = Path(__file__).resolve().parents[1]


def test_the_page_is_what_the_words_make() -> None:
    assert (ROOT / PAGE).read_text() == text()


def test_every_shipped_model_hangs_with_its_dial_and_where_it_fails() -> None:
    models = {exhibit.model for exhibit in EXHIBITS}
    assert set(names()) <= models
    for model in models:
        titles = [exhibit.title for exhibit in EXHIBITS if exhibit.model == model]
        assert any(title.startswith("Where it fails") for title in titles), model
        assert model == "fill" or any(title.startswith("The dial") for title in titles), model


def test_the_pictures_are_there_and_small() -> None:
    files = {path.name: path.stat().st_size for path in (ROOT / PICTURES).iterdir()}
    assert set(files) == {f"{exhibit.name}.webp" for exhibit in EXHIBITS}
    assert max(files.values()) <= LARGEST
    assert sum(files.values()) < 2_700_000
    shown = re.findall(r"images/gallery/([\w-]+\.webp)", text())
    assert sorted(shown) == sorted(files)
    for name in files:
        assert Image.open(ROOT / PICTURES / name).width >= 700


def test_what_was_taken_away_stands_below_each_result() -> None:
    pair = sources.page()
    assert pair.clean is not None
    part = Part(20, 60, 100)
    before = pair.spoiled.pixels
    half = np.asarray((before + pair.clean) / 2, np.float32)
    above, below = beside(pair, {"half": half}, part, 2)
    assert [cell.caption.partition(":")[0] for cell in above] == ["as it came", "half", "as it was"]
    wanted = np.clip(0.5 + 2 * (part.of(before) - part.of(pair.clean)) / 2, 0, 1)
    np.testing.assert_allclose(below[1].pixels, wanted, atol=1e-5)
    shown, taken = along("contrast", pair, "contrast", (0, 30), part)
    np.testing.assert_array_equal(shown[0].pixels, part.of(before))
    np.testing.assert_array_equal(taken[0].pixels, np.full((100, 100, 3), 0.5, np.float32))
    assert np.ptp(taken[1].pixels) > 0.1
