"""Unsharp mask, contrast and grain: what they do, what they leave, and their way in a chain."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from conftest import leaves, scene
from PIL import Image
from typer.testing import CliRunner

import burnish
from burnish import images
from burnish.cli import app
from burnish.cli.film.ways import way_of
from burnish.contract import Array, Dial
from burnish.degrade import make
from burnish.errors import DialError, UsageError
from burnish.images import Picture
from burnish.metrics import METRICS
from burnish.metrics.evaluate import FigureTable, spoiled_picture, wish
from burnish.pipeline import NOTHING, ask
from burnish.serve.wish import Wish, offered
from burnish.study.evaluate import evaluate_row
from burnish.study.rows import open_row
from burnish.study.steps import in_text

STEPS = ("sharpen", "contrast", "grain")


def taken(words: str, pixels: Array, **dials: float) -> Array:
    """Pixels [1, C, H, W], float, through a model."""
    model = burnish.load(words)
    picture = Picture(pixels, depth="float32")
    return model.restore(picture, ask(model.contract, dials)).picture.pixels


def blurred(plane: Array, sigma: float) -> Array:
    """A plane [H, W] through all of a Gaussian's matrix, mirrored: the formula, written out."""
    reach = int(np.ceil(3 * sigma))
    apart = np.arange(-reach, reach + 1)
    weights = np.exp(-0.5 * (apart / sigma) ** 2)
    kernel = np.outer(weights, weights) / weights.sum() ** 2
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(plane.astype(np.float64), reach, "symmetric"), kernel.shape
    )
    return np.asarray((windows * kernel).sum((-2, -1)), np.float32)


@pytest.mark.parametrize("radius", [0.5, 1, 2.5])
def test_sharpen_adds_what_a_blur_takes_from_the_brightness(radius: float) -> None:
    pixels = leaves(40, 56)
    result = taken(f"sharpen:radius={radius}", pixels, sharpen=150)
    bright = np.tensordot(np.array([0.299, 0.587, 0.114]), pixels[0], 1).astype(np.float32)
    wanted = pixels + 1.5 * (bright - blurred(bright, radius))
    np.testing.assert_allclose(result, wanted, atol=1e-5)
    # Colours stay: how far channels are apart.
    np.testing.assert_allclose(
        result[:, 1:] - result[:, :1], pixels[:, 1:] - pixels[:, :1], atol=1e-6
    )


def test_a_threshold_leaves_what_is_smaller_and_takes_as_much_from_the_rest() -> None:
    pixels = leaves(40, 56, 1)
    lost = taken("sharpen", pixels, sharpen=100) - pixels
    above = taken("sharpen:threshold=5", pixels, sharpen=100) - pixels
    wanted = np.sign(lost) * np.maximum(np.abs(lost) - 5 / 255, 0)
    np.testing.assert_allclose(above, wanted, atol=1e-6)
    assert 0.1 < (above == 0).mean() < 0.95


@pytest.mark.parametrize("amount", [-50, -20, 15, 50])
def test_contrast_is_a_curve_that_keeps_black_middle_and_white(amount: float) -> None:
    ramp = np.linspace(0, 1, 2049, dtype=np.float32)[None, None, None].repeat(3, 1)
    curve = taken("contrast", ramp, contrast=amount)[0, 0, 0]
    np.testing.assert_allclose(curve[[0, 1024, 2048]], [0, 0.5, 1], atol=1e-6)
    assert (np.diff(curve) >= 0).all()
    slope = (curve[1025] - curve[1023]) * 1024
    assert slope == pytest.approx(1 + amount / 100, abs=1e-3)
    if amount == 50:
        tones = ramp[0, 0, 0]
        np.testing.assert_allclose(curve, tones * tones * (3 - 2 * tones), atol=1e-6)


def test_grain_is_as_strong_as_it_says_in_the_middle_and_gone_in_black_and_white() -> None:
    tones = np.repeat(np.array([0, 0.5, 0.9, 1], np.float32), 200)
    pixels = np.broadcast_to(tones[:, None], (1, 3, 800, 300))
    change = taken("grain:size=1", pixels, grain=10) - pixels
    spread = change[0, 0].reshape(4, -1).std(-1) * 255
    np.testing.assert_allclose(spread, [0, 10, 10 * 4 * 0.9 * 0.1, 0], rtol=0.03, atol=1e-6)
    assert abs(change[0, 0, 200:400].mean()) * 255 < 0.2
    np.testing.assert_allclose(change[:, 1:], change[:, :1].repeat(2, 1), atol=1e-6)
    fine = (taken("grain:size=0", pixels, grain=10) - pixels)[0, 0, 200:400]
    coarse = change[0, 0, 200:400]
    assert abs(np.mean(fine[:, 1:] * fine[:, :-1]) / fine.var()) < 0.05
    assert np.mean(coarse[:, 1:] * coarse[:, :-1]) / coarse.var() > 0.6


def test_a_seed_makes_grain_repeatable() -> None:
    pixels = scene(40, 50)
    first = taken("grain:seed=3", pixels)
    np.testing.assert_array_equal(taken("grain:seed=3", pixels), first)
    other = taken("grain:seed=4", pixels) - pixels
    assert abs(np.corrcoef(other.ravel(), (first - pixels).ravel())[0, 1]) < 0.1


def saved(folder: Path, depth: int, channels: int, profile: bytes | None) -> Path:
    """A TIFF of whole numbers in that many channels; 2 and 4 have alpha as their last."""
    rng = np.random.default_rng(0)
    dtype = np.uint16 if depth == 16 else np.uint8
    samples = rng.integers(0, 2**depth, (31, 45, channels)).astype(dtype)
    file = folder / f"{depth}_{channels}_{profile is not None}.tif"
    tifffile.imwrite(
        file,
        samples[..., 0] if channels == 1 else samples,
        photometric="rgb" if channels > 2 else "minisblack",
        extrasamples=["unassalpha"] if channels in (2, 4) else None,
        iccprofile=profile,
        resolution=(300, 300),
    )
    return file


def linear() -> bytes:
    """An RGB profile whose numbers are linear, so that models see others than the file holds."""
    from imagecodecs import cms_profile

    return bytes(cms_profile("rgb", gamma=1.0))


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize(
    ("depth", "channels", "linearly"),
    [(8, 1, False), (8, 3, False), (8, 4, False), (16, 2, False), (16, 3, True), (16, 4, True)],
)
def test_the_neutral_end_keeps_every_bit_and_others_keep_what_stands_beside(
    tmp_path: Path, name: str, depth: int, channels: int, linearly: bool
) -> None:
    file = saved(tmp_path, depth, channels, linear() if linearly else None)
    before = images.read(file)
    model = burnish.load(name)
    neutral: dict[str, Any] = {name: 0.0}
    burnish.restore(str(file), str(tmp_path / "same.tif"), model=model, **neutral)
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "same.tif"), tifffile.imread(file))
    changed = burnish.restore(str(file), str(tmp_path / "other.tif"), model=model)
    after = images.read(tmp_path / "other.tif")
    assert (after.depth, after.icc, after.dpi) == (
        before.depth,
        before.icc,
        before.dpi,
    )
    assert after.pixels.shape == before.pixels.shape
    assert changed.shape[:2] == (31, 45)
    assert np.abs(after.pixels - before.pixels).max() > 0.01
    if before.alpha is not None:
        np.testing.assert_array_equal(after.alpha, before.alpha)
        hidden = np.broadcast_to(before.alpha == 0, before.pixels.shape)
        np.testing.assert_array_equal(after.pixels[hidden], before.pixels[hidden])


def test_a_chain_in_tiles_is_the_whole_with_grain_too() -> None:
    picture = Picture(leaves(150, 170), depth="float32")
    chain = burnish.load("photo+bicubic+sharpen:radius=2+contrast+grain")
    asked = ask(chain.contract, {"noise": 10, "sharpen": 80})
    whole = chain.restore(picture, asked, tile=0).picture.pixels
    tiled = chain.restore(picture, asked, tile=48).picture.pixels
    assert whole.shape == (1, 3, 300, 340)
    np.testing.assert_allclose(tiled, whole, atol=2e-3)  # of bf16 in the network
    steps = burnish.load("sharpen:radius=2+contrast+grain")
    first, second = (steps.restore(picture, NOTHING, tile=tile).picture.pixels for tile in (0, 40))
    np.testing.assert_array_equal(first, second)


def test_steps_have_dials_of_their_own_and_take_maps() -> None:
    chain = burnish.load("jpeg+sharpen+grain")
    assert [dial.name for dial in chain.contract.dials] == ["quality", "sharpen", "grain"]
    image = np.rint(scene(24, 40)[0].transpose(1, 2, 0) * 255).astype(np.uint8)
    plain = chain(image, quality=100, sharpen=0, grain=0)
    np.testing.assert_array_equal(plain, image)
    assert (chain(image, quality=100, sharpen=200, grain=0) != image).any()
    # Where a map is 0, the picture stays; and a model's own map goes through a chain with steps.
    there = np.zeros((24, 40), np.float32)
    there[:, 20:] = 100
    mapped = burnish.load("sharpen")(image, sharpen=there)
    np.testing.assert_array_equal(mapped[:, :20], image[:, :20])
    assert (mapped[:, 20:] != image[:, 20:]).any()
    noise = np.where(there > 0, np.float32(30), np.float32(0))
    by_map = burnish.load("photo+sharpen")(image, noise=noise, sharpen=0)
    np.testing.assert_array_equal(by_map[:, :20], image[:, :20])
    with pytest.raises(DialError, match="takes sharpen from 0 to 300"):
        chain(image, sharpen=301)


def test_steps_at_the_command_line_and_again_from_the_sidecar(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    pixels = np.rint(scene(24, 32)[0].transpose(1, 2, 0) * 255).astype(np.uint8)
    Image.fromarray(pixels).save(file)
    out = tmp_path / "out"
    words = ["restore", str(file), "-o", f"{out}/", "--sidecar"]
    model = ["-m", "photo+sharpen:radius=2+grain:seed=7"]
    dials = ["-d", "noise=5", "-d", "sharpen=80", "-d", "grain=9"]
    done = CliRunner().invoke(app, [*words, *model, *dials])
    assert done.exit_code == 0, done.output
    (result,) = out.glob("*.png")
    wanted = burnish.load("photo+sharpen:radius=2+grain:seed=7")(
        pixels, noise=5, sharpen=80, grain=9
    )
    np.testing.assert_array_equal(np.asarray(Image.open(result)), wanted)
    (sidecar,) = out.glob("*.json")
    again = CliRunner().invoke(app, ["replay", str(sidecar), "-o", str(tmp_path / "again.png")])
    assert again.exit_code == 0, again.output
    assert (tmp_path / "again.png").read_bytes() == result.read_bytes()


def test_models_info_and_the_page_know_the_steps() -> None:
    listed = CliRunner().invoke(app, ["models"]).output
    assert all(f"\n  {name} " in listed for name in STEPS)
    said = CliRunner().invoke(app, ["info", "grain:seed=7"]).output
    assert "grain 0..50, 6 when nothing is said (sigma in the middle tones in 8-bit steps)" in said
    assert "size=0.6, seed=0, channels=3 when nothing is said" in said
    chain = json.loads(CliRunner().invoke(app, ["info", "jpeg+sharpen", "--json"]).output)
    assert [model["name"] for model in chain["models"]] == ["jpeg", "sharpen"]
    assert [dial["name"] for dial in chain["contract"]["dials"]] == ["quality", "sharpen"]
    wrong = CliRunner().invoke(app, ["info", "photo+sharpn"])
    assert wrong.exit_code != 0
    assert set(STEPS) <= set(offered())
    wish = Wish.parse([("model", "sharpen"), ("d", "sharpen=70")])
    assert wish.asked(burnish.load("sharpen")).dials == {"sharpen": 70}


def test_the_page_offers_what_wants_no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    there = set(offered())
    assert {*STEPS, "lanczos", "bicubic"} <= there
    assert "nlmeans" not in there


@pytest.fixture
def clean(tmp_path: Path) -> Path:
    """A folder of two clean pictures."""
    folder = tmp_path / "clean"
    folder.mkdir()
    for seed in (1, 2):
        pixels = np.rint(leaves(64, 80, seed=seed)[0].transpose(1, 2, 0) * 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{seed}.png")
    return folder


def table_of(words: str, folder: Path, **levels: list[float]) -> FigureTable:
    row = open_row(words, device="cpu")
    return evaluate_row(row, folder, levels, metrics=[METRICS["psnr"], METRICS["ssim"]])


def test_what_is_drawn_for_a_picture_does_not_depend_on_a_wish() -> None:
    picture = Picture(scene(20, 30))
    noise = make("Noise")
    alone = spoiled_picture(picture, {"noise": 25.0}, [noise], 0, 3, True)
    wished = [noise, wish(Dial("sharpen", 0, 300, 40, "percent"))]
    for amount in (0.0, 100.0):
        setting = {"noise": 25.0, "sharpen": amount}
        drawn = spoiled_picture(picture, setting, wished, 0, 3, True)
        np.testing.assert_array_equal(drawn.pixels, alone.pixels)
    other = spoiled_picture(picture, {"noise": 25.0}, [noise], 0, 4, True)
    assert (other.pixels != alone.pixels).any()


def test_evaluate_shows_what_each_step_gained(clean: Path) -> None:
    table = table_of("photo+sharpen:sharpen=200+lanczos", clean, noise=[15.0, 25.0], softness=[0.0])
    setting = {"noise": 25.0, "softness": 0.0}
    found = dict(table.steps("psnr", setting))
    assert list(found) == ["as it came", "photo", "sharpen:sharpen=200", "lanczos"]
    assert found["lanczos"] == pytest.approx(table.mean("psnr", setting), abs=1e-3)
    # Behind a step stands what the chain up to it gives, enlarged by the bicubic kernel.
    alone = table_of("photo+bicubic", clean, noise=[15.0, 25.0], softness=[0.0])
    assert found["photo"] == pytest.approx(alone.mean("psnr", setting), abs=1e-3)
    came = table_of("bicubic", clean, noise=[15.0, 25.0], softness=[0.0])
    assert found["as it came"] == pytest.approx(came.mean("psnr", setting), abs=1e-3)
    assert table.steps("ssim", setting)
    assert not came.steps("psnr", setting)
    record = table.to_dict()["means"][1]["steps"]["psnr"]
    assert [(one["step"], one["mean"]) for one in record] == list(found.items())
    said = in_text("chain", table)
    assert said[0] == "chain, step by step"
    gain = found["photo"] - found["as it came"]
    (line,) = [one for one in said if one.startswith("psnr photo")]
    assert line.endswith(f"{found['photo']:.2f} {gain:+.2f}")


def test_evaluate_says_steps_at_the_command_line_and_on_its_page(
    clean: Path, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    words = ["evaluate", "photo", "photo+sharpen", str(clean), "-d", "noise=25"]
    done = CliRunner().invoke(app, [*words, "--html", str(page)])
    assert done.exit_code == 0, done.output
    assert "photo+sharpen, step by step" in done.output
    assert "psnr as it came" in done.output
    assert "Step by step" in page.read_text()
    alone = CliRunner().invoke(app, ["evaluate", "photo+sharpen", *words[3:]])
    assert "photo+sharpen, step by step" in alone.output


def test_a_dial_that_is_no_damage_is_only_set_and_the_damage_stays_the_same(clean: Path) -> None:
    both = table_of("photo+sharpen", clean, noise=[25.0], sharpen=[0.0, 200.0])
    plain = table_of("photo", clean, noise=[25.0])
    mild, strong = both.settings
    assert mild == {"noise": 25.0, "sharpen": 0.0}
    wanted = plain.mean("psnr", {"noise": 25.0})
    assert both.mean("psnr", mild) == pytest.approx(wanted, abs=1e-6)
    assert both.mean("psnr", strong) < wanted - 0.5
    assert dict(both.steps("psnr", strong))["photo"] == pytest.approx(wanted, abs=1e-6)
    with pytest.raises(UsageError, match="no damage has such a dial"):
        table_of("photo", clean, sharpen=[10.0])
    with pytest.raises(DialError, match="takes sharpen from 0 to 300"):
        table_of("photo+sharpen", clean, noise=[25.0], sharpen=[400.0])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("sharpen:radius=0", "radius=0 does not fit: a number from 0.3 to 10 is wanted"),
        ("sharpen:radius=wide", "radius=wide does not fit"),
        ("sharpen:threshold=-1", "threshold=-1 does not fit: a number from 0 to 50"),
        ("grain:size=9", "size=9 does not fit: a number from 0 to 8"),
        ("grain:seed=1.5", "seed=1.5 does not fit: a whole number from 0"),
        ("contrast:contrast=3", "its arguments: channels; dials are set with -d"),
    ],
)
def test_wrong_arguments_of_steps_are_refused_in_words(words: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        burnish.load(words)


def test_grain_is_refused_for_films_where_it_would_stand_still() -> None:
    with pytest.raises(UsageError, match="stand still"):
        way_of(
            "photo+grain:seed=2",
            lambda contract: ask(contract),
            tile=None,
            device="cpu",
            threads=1,
            precision="auto",
            opened=lambda opened: None,
        )
