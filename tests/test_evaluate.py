"""Tables of figures: right values, stamped definitions, and noise that depends on (seed, picture,
level) alone.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from conftest import scene
from PIL import Image

from burnish.contract import Array, Contract, Dial
from burnish.degrade.noise import noise
from burnish.errors import DialError, UsageError
from burnish.images import Picture
from burnish.inference.zoo import find
from burnish.metrics import METRICS, psnr
from burnish.metrics.artefacts import ARTEFACTS
from burnish.metrics.evaluate import evaluate, evaluate_pairs, generator, spoil
from burnish.pipeline import Bare
from burnish.study.comparison import text
from burnish.study.contact import corner, piece_of
from burnish.study.evaluate import compared, evaluate_row, write_comparison, write_csv
from burnish.study.rows import Row, open_row

CONTRACT = Contract(
    multiple=4,
    level="pixel",
    identity=(0.0,),
    residual=True,
    dials=(Dial("noise", 0, 75, 25, "sigma in 8-bit steps"),),
)
NOISE = [noise()]
PICTURES = [("a.png", Picture(scene(24, 31))), ("b.png", Picture(scene(40, 28)))]
LEVELS = [{"noise": 15.0}, {"noise": 50.0}]


def nothing(image: Array, level: Array | None) -> Array:
    return np.zeros_like(image)


def darker(image: Array, level: Array | None) -> Array:
    assert level is not None
    return np.asarray(-0.002 * level * image, np.float32)


def test_a_network_that_does_nothing_leaves_the_noise() -> None:
    table = evaluate(Bare(CONTRACT, nothing), PICTURES, LEVELS, NOISE)
    assert [(row.name, row.settings["noise"]) for row in table.rows] == [
        ("a.png", 15),
        ("a.png", 50),
        ("b.png", 15),
        ("b.png", 50),
    ]
    assert table.mean("psnr", LEVELS[0]) == pytest.approx(
        np.mean([table.rows[0].figures["psnr"], table.rows[2].figures["psnr"]])
    )
    assert table.mean("psnr", LEVELS[0]) == pytest.approx(20 * np.log10(255 / 15), abs=0.4)
    spoiled = spoil(PICTURES[1][1].pixels, LEVELS[1], NOISE, generator(0, 1, LEVELS[1]), clip=False)
    assert table.rows[3].figures["psnr"] == psnr(spoiled, PICTURES[1][1].pixels)


def test_the_dials_are_set_to_the_level() -> None:
    table = evaluate(
        Bare(CONTRACT, darker),
        PICTURES[:1],
        [{"noise": 0.0}, {"noise": 50.0}],
        NOISE,
        [METRICS["psnr"]],
    )
    clean = PICTURES[0][1].pixels
    spoiled = spoil(clean, LEVELS[1], NOISE, generator(0, 0, LEVELS[1]), clip=False)
    assert table.rows[0].figures["psnr"] == np.inf
    assert table.rows[1].figures["psnr"] == pytest.approx(
        psnr(spoiled * np.float32(0.9), clean), abs=1e-4
    )


def test_the_noise_depends_on_seed_place_and_level_alone() -> None:
    both = evaluate(Bare(CONTRACT, nothing), PICTURES, LEVELS, NOISE)
    other_order = evaluate(Bare(CONTRACT, nothing), PICTURES, LEVELS[::-1], NOISE)
    alone = evaluate(Bare(CONTRACT, nothing), PICTURES[:1], LEVELS[1:], NOISE)
    assert both.rows[1].figures == other_order.rows[0].figures == alone.rows[0].figures
    assert (
        evaluate(Bare(CONTRACT, nothing), PICTURES[:1], LEVELS[1:], NOISE, seed=1).rows[0].figures
        != alone.rows[0].figures
    )
    draws = {
        generator(*key).random()
        for key in [
            (0, 0, {"noise": 15.0}),
            (0, 1, {"noise": 15.0}),
            (1, 0, {"noise": 15.0}),
            (0, 0, {"noise": 15.5}),
        ]
    }
    assert len(draws) == 4


def test_clipped_pictures_are_what_a_file_holds() -> None:
    seen: list[Array] = []

    def look(image: Array, level: Array | None) -> Array:
        seen.append(image.copy())
        return np.zeros_like(image)

    table = evaluate(Bare(CONTRACT, look), PICTURES[:1], LEVELS[1:], NOISE, clip=True)
    assert seen[0].min() >= 0
    assert seen[0].max() <= 1
    assert np.abs(seen[0] * 255 - np.rint(seen[0] * 255)).max() < 1e-4
    assert "clipped and rounded to 8 bits" in table.to_text()
    assert (
        evaluate(Bare(CONTRACT, nothing), PICTURES[:1], LEVELS[1:], NOISE)
        .to_text()
        .endswith("as float, not clipped; seed 0")
    )


def test_grey_goes_through_a_colour_model_and_comes_back() -> None:
    grey = [("g.png", Picture(scene(24, 24, 1)))]
    table = evaluate(Bare(CONTRACT, nothing), grey, LEVELS[:1], NOISE)
    assert table.definitions()["psnr"] == "PSNR[grey, 8-bit, crop 0, mean of 1]"
    assert table.rows[0].figures["psnr"] == pytest.approx(20 * np.log10(255 / 15), abs=0.6)
    assert (
        evaluate(Bare(CONTRACT, nothing), grey + PICTURES, LEVELS, NOISE).definitions()["psnr"]
        == "PSNR[RGB and grey, 8-bit, crop 0, mean of 3]"
    )


def test_a_blind_network_is_spoiled_at_every_level_too() -> None:
    table = evaluate(Bare(Contract(residual=True), nothing), PICTURES, LEVELS, NOISE)
    assert table.mean("psnr", LEVELS[0]) > table.mean("psnr", LEVELS[1]) + 8


def test_text_csv_and_record_say_the_same_and_how_it_was_measured() -> None:
    table = evaluate(Bare(CONTRACT, nothing), PICTURES, LEVELS, NOISE, clip=True, seed=3)
    lines = table.to_text().splitlines()
    assert lines[0].split() == ["noise", "15", "50"]
    assert lines[1].startswith("PSNR[RGB, 8-bit, crop 0, mean of 2]")
    assert lines[1].split()[-2:] == [f"{table.mean('psnr', s):.2f}" for s in LEVELS]
    assert len({len(line) for line in lines[:-1]}) == 1
    rows = list(csv.DictReader(io.StringIO(table.to_csv())))
    assert [row["picture"] for row in rows] == ["a.png", "a.png", "b.png", "b.png"]
    assert [float(row["PSNR[RGB, 8-bit, crop 0]"]) for row in rows] == [
        row.figures["psnr"] for row in table.rows
    ]
    assert {row["input"] for row in rows} == {"8-bit"}
    record = json.loads(json.dumps(table.to_dict(), allow_nan=False))
    assert record["means"][1]["settings"] == {"noise": 50}
    assert record["means"][1]["psnr"] == table.mean("psnr", LEVELS[1])
    assert record["conditions"] == {"clip": True, "seed": 3}
    assert len(record["rows"]) == 4


def test_figures_that_are_infinite_are_null_in_the_record() -> None:
    record = evaluate(Bare(CONTRACT, nothing), PICTURES, [{"noise": 0.0}], NOISE).to_dict()
    assert record["means"][0]["psnr"] is None
    json.dumps(record, allow_nan=False)


def test_progress_counts_pictures_times_levels() -> None:
    seen: list[tuple[int, int]] = []
    evaluate(
        Bare(CONTRACT, nothing),
        PICTURES,
        LEVELS,
        NOISE,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    evaluate(
        Bare(CONTRACT, nothing),
        iter(PICTURES[:1]),
        [*LEVELS, *LEVELS],
        NOISE,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert [done for done, _ in seen[4:]] == [1, 2]


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(DialError, match="0 to 75"):
        evaluate(Bare(CONTRACT, nothing), PICTURES, [{"noise": 80.0}], NOISE)
    with pytest.raises(UsageError, match="wants one: noise"):
        evaluate(Bare(CONTRACT, nothing), PICTURES, [{"blur": 2.0}], NOISE)
    with pytest.raises(UsageError, match="no pictures"):
        evaluate(Bare(CONTRACT, nothing), [], LEVELS, NOISE)
    with pytest.raises(UsageError, match="channels"):
        evaluate(Bare(Contract(channels_in=1, channels_out=1), nothing), PICTURES, LEVELS, NOISE)


def test_a_strip_shows_a_picture_along_a_dial(tmp_path: Path) -> None:
    pytest.importorskip("cv2", reason="filters want burnish[classical]")
    from burnish.inference.zoo import load
    from burnish.study.dial.strip import strip

    pixels = np.random.default_rng(0).integers(0, 256, (60, 90, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "in.png")
    said: list[str] = []
    strip(
        load("bilateral"),
        tmp_path / "in.png",
        tmp_path / "strip.png",
        dial="colour",
        values=[10, 200],
        others={"radius": 2},
        side=32,
        say=said.append,
    )
    assert said == ["colour 10", "colour 200"]
    with Image.open(tmp_path / "strip.png") as drawn:
        shown = np.asarray(drawn)
    assert shown.shape[1] == 12 + 3 * (260 + 12)
    first, second = (shown[12:272, left : left + 260].astype(float) for left in (284, 556))
    assert (
        first.std() > 1.5 * second.std()
    )  # the wider the colours that count as alike, the smoother
    strip(load("median"), tmp_path / "in.png", tmp_path / "whole.png", side=None, say=said.append)
    assert said[2:] == [f"radius {value:g}" for value in (1, 3.25, 5.5, 7.75, 10)]
    with pytest.raises(DialError, match="colour=300 is out of range"):
        strip(
            load("bilateral"),
            tmp_path / "in.png",
            tmp_path / "strip.png",
            dial="colour",
            values=[300],
        )
    with pytest.raises(DialError, match="has no dials"):
        strip(load("lanczos"), tmp_path / "in.png", tmp_path / "strip.png")


def test_sizes_that_do_not_belong_together_are_refused() -> None:
    small, large = Picture(scene(24, 31)), Picture(scene(48, 62))
    with pytest.raises(
        UsageError,
        match=r"a\.png: 31x24 spoiled beside 62x48 clean does not fit a model that keeps the size",
    ):
        evaluate_pairs(Bare(CONTRACT, nothing), [("a.png", small, large, {})])
    twice = open_row("lanczos:scale=2", device="cpu")
    odd = Picture(large.pixels[..., :47, :61])
    assert (
        len(evaluate_pairs(twice, [("a.png", Picture(scene(23, 30)), odd, {})]).rows) == 1
    )  # a row and a column are left over
    with pytest.raises(UsageError, match="enlarges 2 times"):
        evaluate_pairs(twice, [("a.png", small, small, {})])


def test_a_model_that_enlarges_gets_pictures_as_much_smaller(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        Image.fromarray(np.rint(scene(99, 75)[0].transpose(1, 2, 0) * 255).astype(np.uint8)).save(
            tmp_path / name
        )
    row = open_row("lanczos:scale=3", device="cpu")
    table = evaluate_row(row, tmp_path, {"softness": [0.0]}, metrics=[METRICS["psnr"]])
    assert table.mean("psnr", {"softness": 0.0}) > 20
    results = compared({row.name: table}, ["psnr"], {}, "x")
    page = tmp_path / "page.html"
    levels = {"softness": [0.0]}
    tables = {row.name: table}
    write_comparison(page, results, tables, [row], tmp_path, levels, False, 0)
    assert page.stat().st_size > 1000
    assert "Step by step" not in page.read_text()
    with pytest.raises(UsageError, match="does not enlarge"):
        evaluate_row(
            open_row("median", device="cpu"),
            tmp_path,
            {"softness": [0.0]},
            metrics=[METRICS["psnr"]],
        )
    for impossible in ("noise", "quality"):
        with pytest.raises(DialError, match="there is no such damage"):
            evaluate_row(
                open_row("median", device="cpu"),
                tmp_path,
                {impossible: [-5.0 if impossible == "noise" else 400.0]},
                metrics=[METRICS["psnr"]],
            )


@pytest.mark.parametrize("times", [1, 2, 3, 4])
@pytest.mark.parametrize("given", [None, (5, 5), (95, 0)])
def test_a_piece_is_whole_in_the_small_picture_too(
    times: int, given: tuple[int, int] | None
) -> None:
    clean = scene(101, 255)
    small = clean[..., ::times, ::times][..., : 101 // times, : 255 // times]
    place = corner(clean, 64, given, times)
    assert piece_of(small, *place, times).shape == piece_of(clean, *place).shape


def test_models_that_are_not_measured_alike_say_so_each(tmp_path: Path) -> None:
    Image.fromarray(np.rint(scene(40, 48)[0].transpose(1, 2, 0) * 255).astype(np.uint8)).save(
        tmp_path / "a.png"
    )
    rows = [open_row(words, device="cpu") for words in ("median", "otsu")]
    tables = {
        row.name: evaluate_row(row, tmp_path, {"noise": [10.0]}, metrics=[METRICS["psnr"]])
        for row in rows
    }
    results = compared(tables, ["psnr"], {}, "x")
    said = text(results)
    assert "median: PSNR[RGB" in said
    assert "otsu: PSNR[grey" in said
    assert " *" not in said
    write_csv(tmp_path / "t.csv", tables)
    lines = list(csv.DictReader(io.StringIO((tmp_path / "t.csv").read_text())))
    assert [line["model"] for line in lines] == ["median", "otsu"]
    assert [line["definitions"][:9] for line in lines] == ["PSNR[RGB,", "PSNR[grey"]
    assert float(lines[0]["psnr"]) > float(lines[1]["psnr"])


def test_a_name_that_is_no_unicode_stands_in_the_table(tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/a\xff.png"))
    Image.fromarray(np.rint(scene(24, 32)[0].transpose(1, 2, 0) * 255).astype(np.uint8)).save(odd)
    row = open_row("median", device="cpu")
    table = evaluate_row(row, tmp_path, {"noise": [10.0]}, metrics=[METRICS["psnr"]])
    write_csv(tmp_path / "t.csv", {"median": table})
    assert "udcff.png" in (tmp_path / "t.csv").read_text()


def test_a_model_file_may_lie_in_a_folder_of_any_name(tmp_path: Path) -> None:
    place = tmp_path / "L1+SSIM: 1e+06"
    place.mkdir()
    shutil.copy(find("document"), place / "model.onnx")
    dials = open_row(str(place / "model.onnx"), device="cpu").contract.dials
    assert [dial.name for dial in dials] == ["cleaning", "colour"]


def test_a_picture_too_small_for_a_metric_is_named_and_the_others_are_measured(
    tmp_path: Path,
) -> None:
    for name, size in (("a", (200, 190)), ("tiny", (8, 8)), ("z", (180, 200))):
        pixels = scene(*size)[0].transpose(1, 2, 0)
        Image.fromarray(np.rint(pixels * 255).astype(np.uint8)).save(tmp_path / f"{name}.png")
    names = ("psnr", "ssim", "ssim-y", "ms-ssim", "psnr-b")
    metrics = [*(METRICS[name] for name in names), ARTEFACTS["grid"]]
    row = Row("nothing", Bare(CONTRACT, nothing))
    table = evaluate_row(row, tmp_path, {"noise": [25.0]}, metrics=metrics)
    tiny = next(one for one in table.rows if one.name == "tiny.png")
    assert set(tiny.left_out) == {"ssim", "ssim-y", "ms-ssim", "psnr-b", "grid"}
    assert math.isfinite(tiny.figures["psnr"])
    for name in names:
        assert math.isfinite(table.mean(name, {"noise": 25.0}))
    assert "mean of 3" in table.definitions()["psnr"]
    assert "mean of 2" in table.definitions()["ssim"]
    said = table.to_text()
    assert "tiny.png: SSIM wants pictures of 11x11 and more, not 8x8; its figure is left" in said
    assert "tiny.png: PSNR-B wants pictures of 9x9 and more, not 8x8" in said
    write_csv(tmp_path / "t.csv", {"nothing": table})
    lines = list(csv.DictReader(io.StringIO((tmp_path / "t.csv").read_text())))
    column = table.definitions(of_means=False)["ssim"]
    assert [line["picture"] for line in lines if not line[column]] == ["tiny.png"]
    record = json.loads(json.dumps(table.to_dict(), allow_nan=False))
    assert record["rows"][1]["ssim"] is None
    assert any("tiny.png" in sentence for sentence in record["left_out"])
    results = compared({"nothing": table}, [*names], {}, "x")
    assert "nan" not in text(results)
    page = tmp_path / "page.html"
    tables = {"nothing": table}
    levels = {"noise": [25.0]}
    assert write_comparison(page, results, tables, [row], tmp_path, levels, False, 0).is_file()
