"""`burnish bench`: what is measured, what it is held against, and what is said of what fails."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import burnish
from burnish.cli import app
from burnish.errors import UsageError
from burnish.images.picture import to_samples
from burnish.study.speed import batch, peak
from burnish.study.speed.axes import marks
from burnish.study.speed.batch import BATCHES, Cell
from burnish.study.speed.bench import Failed, Timed, apart
from burnish.study.speed.page import HEADING, roof, rows, write
from burnish.study.speed.peak import Peaks
from burnish.study.speed.point import EXAMPLE, example

#: a machine of round numbers
PEAKS = Peaks({"fp32": 200e9, "int8": 800e9}, 20e9)
#: 100 GFLOP a second: a megapixel of 50 multiply-adds a pixel in a millisecond
ONE = Timed(
    model="photo",
    backend="openvino",
    device="a processor",
    precision="fp32",
    where="openvino:cpu",
    asked="fp32",
    megapixels=1.0,
    load=0.1,
    first=0.5,
    seconds=(0.0022, 0.002, 0.0018),
    network=(0.0012, 0.001, 0.0008),
    peak=100 * 2**20,
    multiply_adds=50.0,
    bytes_per_pixel=25,
    notes=("something was met",),
    result=np.zeros((3, 4, 4), np.float32),
)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Peaks are found in no time."""
    monkeypatch.setattr(peak, "CHANNELS", 16)
    monkeypatch.setattr(peak, "COPIED", 2**20)


def test_the_command_measures_and_writes_its_page(tmp_path: Path, small: None) -> None:
    page = tmp_path / "bench.html"
    words = ["bench", "photo", "--precision", "fp32", "--runs", "2", "--side", "64", "-o"]
    done = CliRunner().invoke(app, [*words, str(page), "--json"])
    assert done.exit_code == 0, done.stderr
    (line,) = done.stdout.splitlines()
    record = json.loads(line)
    assert len(record["seconds"]) == len(record["network"]) == 2
    assert all(
        0 < part <= whole for part, whole in zip(record["network"], record["seconds"], strict=True)
    )
    assert record["megapixels"] == 64 * 64 / 1e6
    assert record["multiply_adds"] == burnish.load("photo").card["multiply_adds"]
    assert 0 < record["load"] < 60
    text = page.read_text()
    assert "photo, openvino fp32" in text or "photo, onnxruntime fp32" in text
    assert "GFLOP a second" in text


def test_what_cannot_be_measured_is_said_and_the_rest_goes_on(tmp_path: Path, small: None) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"nothing")
    page = tmp_path / "bench.html"
    words = ["bench", str(broken), "photo", "--runs", "1", "--side", "64", "-o", str(page)]
    done = CliRunner().invoke(app, [*words, "--precision", "fp32"])
    assert done.exit_code == 0
    assert str(broken) in done.stderr
    assert done.stdout.startswith("photo, ")
    assert "What was met" in page.read_text()


def test_words_that_fit_nothing_are_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["bench", "--precision", "fp32,fp7", "-o", str(tmp_path / "p")])
    assert "there is no precision 'fp7'" in str(done.exception)


def test_a_row_has_the_median_the_spread_and_the_share_of_the_peak() -> None:
    other = replace(ONE, precision="int8", result=ONE.result + np.float32(2 / 255))
    first, second = (dict(zip(HEADING, row, strict=True)) for row in rows([ONE, other], PEAKS))
    assert first["s a megapixel"] == 0.002
    assert first["spread"] == "20%"
    assert first["share of the peak"] == "50%"
    assert first["GFLOP a megapixel"] == 0.1
    assert first["apart, 8-bit steps"] == ""
    assert second["share of the peak"] == "12%"
    assert second["apart, 8-bit steps"] == pytest.approx(2)
    assert apart(ONE, ONE) == 0


def test_where_the_card_says_no_multiply_adds_nothing_is_made_of_them() -> None:
    row = dict(zip(HEADING, next(rows([replace(ONE, multiply_adds=None)], PEAKS)), strict=True))
    assert row["GFLOP a megapixel"] == row["share of the peak"] == ""
    assert "<circle" not in roof([replace(ONE, multiply_adds=None)], PEAKS)


def test_the_roof_bends_where_memory_and_operations_are_alike() -> None:
    drawn = roof([ONE], PEAKS)
    assert drawn.count("<circle") == 1
    assert "fp32: 200 GFLOP a second" in drawn
    assert "photo, openvino fp32: 100" in drawn


def test_the_page_has_notes_and_failures(tmp_path: Path) -> None:
    failed = Failed("jpeg", "torch:cpu", "fp32", "it is <not> there")
    text = write(tmp_path / "page.html", [ONE, failed], PEAKS, "a machine", "today").read_text()
    assert "something was met" in text
    assert "jpeg on torch:cpu, fp32: it is &lt;not&gt; there" in text
    assert "a machine. today." in text


def test_the_example_is_the_photograph_that_ships_and_its_mirror_images() -> None:
    original = to_samples(burnish.images.read(EXAMPLE), "uint8")
    height, width = original.shape[:2]
    side = 2 * max(height, width)
    large = to_samples(example(side), "uint8")
    assert large.shape == (side, side, 3)
    np.testing.assert_array_equal(large[:height, :width], original)
    np.testing.assert_array_equal(large[height : 2 * height, :width], original[::-1])


def test_peaks_are_measured_in_every_precision_that_the_processor_has(small: None) -> None:
    found = peak.peaks()
    assert "fp32" in found.operations
    assert all(rate > 0 for rate in (*found.operations.values(), found.memory))


CELL = Cell(
    model="photo",
    backend="openvino",
    device="a processor",
    precision="int8",
    tile=512,
    batch=2,
    margin=128,
    seconds=(0.4, 0.5, 1.0),
    memory=60 * 2**20,
    bytes_per_pixel=100,
)


def test_of_a_large_picture_the_inner_part_of_tiles_counts() -> None:
    assert CELL.latency == 0.5
    assert CELL.throughput == pytest.approx(2 * 512**2 / 1e6 / 0.5)
    assert CELL.kept == pytest.approx(CELL.throughput / 4)
    assert CELL.predicted == 2 * 512**2 * 100
    assert replace(CELL, margin=300).kept == 0


def test_the_page_has_a_section_on_batches(tmp_path: Path) -> None:
    cells: list[Cell | Failed] = [replace(CELL, batch=1, seconds=(0.2,)), CELL]
    cells.append(Failed("of 4", "cpu", "int8", "short"))
    text = write(tmp_path / "page.html", [ONE], PEAKS, "a machine", "today", cells).read_text()
    assert "Batches and tiles: photo, openvino int8" in text
    assert text.count('stroke-width="2"') == 3 * len(BATCHES)
    assert text.count('stroke-width="0.7"') == len(BATCHES)
    assert "A large picture goes fastest in tiles of 512x512, 0.33 megapixels a second." in text
    assert "of 4 on cpu, int8: short" in text
    assert "<polyline" not in write(tmp_path / "page.html", [ONE], PEAKS, "", "").read_text()


def test_the_command_measures_batches(
    tmp_path: Path, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "TILES", (64,))
    monkeypatch.setattr(batch, "BATCHES", (1, 2, 4))
    monkeypatch.setattr(batch, "MOST", 2 * 64**2)
    page = tmp_path / "bench.html"
    words = ["bench", "photo", "--batch", "--precision", "fp32", "--runs", "1", "--side", "64"]
    done = CliRunner().invoke(app, [*words, "--json", "-o", str(page)])
    assert done.exit_code == 0, done.stderr
    one, two, _ = map(json.loads, done.stdout.splitlines())
    assert (one["tile"], one["batch"], two["batch"]) == (64, 1, 2)
    assert two["predicted"] == 2 * one["predicted"] == 2 * 64**2 * one["bytes_per_pixel"]
    assert one["bytes_per_pixel"] == burnish.load("photo").card["bytes_per_pixel"]["fp32"]
    assert one["margin"] >= burnish.load("photo").contract.reach
    assert "Batches and tiles" in page.read_text()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["photo", "jpeg", "--batch"], "measure one model"),
        (["--batch"], "measure one model"),
        (["photo", "--batch", "--precision", "fp32,bf16"], "one backend and one precision"),
        (["photo", "jpeg", "--remember"], "measure one model"),
    ],
)
def test_what_measures_one_thing_wants_one(words: list[str], sentence: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["bench", *words, "-o", str(tmp_path / "page.html")])
    assert isinstance(done.exception, UsageError)
    assert sentence in str(done.exception)


def test_an_axis_has_marks_where_it_is_short_too() -> None:
    assert list(marks(1.3, 4.2)) == [2, 3]
    assert list(marks(0.9, 12)) == [1, 2, 5, 10]
    assert list(marks(0.5, 2000)) == [1, 10, 100, 1000]
