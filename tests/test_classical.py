"""Filters as models: one contract test over the whole table, what each filter does against its
library, and the way to them by name.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import scene
from numpy.typing import NDArray
from PIL import Image

import burnish
from burnish import images
from burnish.contract import Array, Contract, level_array, predict
from burnish.degrade import make as damage
from burnish.errors import DeviceError, DialError, MissingExtra, ModelMissing, UsageError
from burnish.ground.channels import to_channels
from burnish.inference.classical import FILTERS, Filter, cards, libraries, listed, make
from burnish.inference.engine import plan, predict_in_tiles
from burnish.inference.job import Job, run_job
from burnish.inference.model import Model
from burnish.inference.zoo import find, load
from burnish.pipeline import ask

cv2 = pytest.importorskip("cv2", reason="the filters' libraries are not installed")
skimage = pytest.importorskip("skimage", reason="the filters' libraries are not installed")
pytest.importorskip("skimage.filters")
pytest.importorskip("skimage.restoration")

#: dials so small that the whole table is quick, and others beside them
SMALL: dict[str, tuple[float, ...]] = {
    "bilateral": (4, 3, 30),
    "nlmeans": (20,),
    "median": (1,),
    "background-division": (4,),
    "sauvola": (9, 0.2),
    "sharpen": (60,),
    "contrast": (20,),
    "grain": (8,),
}
OTHER: dict[str, tuple[float, ...]] = {
    "bilateral": (6, 9, 60),
    "nlmeans": (50,),
    "median": (3,),
    "background-division": (7,),
    "sauvola": (25, 0.5),
    "sharpen": (150,),
    "contrast": (-30,),
    "grain": (20,),
}
CASES = [
    f"{name}:channels={channels}"
    for name in FILTERS
    for channels in ((1, 3) if name in ("sauvola", "otsu") else (1, 3, 4))
]


@pytest.fixture(params=CASES)
def words(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def level(words: str, settings: dict[str, tuple[float, ...]] = SMALL) -> Array | None:
    return level_array(settings.get(words.partition(":")[0], ()))


def noisy(contract: Contract, height: int, width: int, batch: int = 1, sigma: float = 20) -> Array:
    """Scenes with float noise, which leaves [0, 1]. [B, C, H, W]"""
    clean = np.repeat(scene(height, width, contract.channels_in), batch, 0)
    return clean + np.random.default_rng(2).normal(0, sigma / 255, clean.shape).astype(np.float32)


def psnr(restored: NDArray[Any], clean: NDArray[Any]) -> float:
    return float(-10 * np.log10(np.mean((restored - clean) ** 2)))


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (1, 40), (17, 13)])
def test_any_size_and_any_value_give_the_promised_size(words: str, size: tuple[int, int]) -> None:
    made = make(words)
    image = noisy(made.contract, *size, batch=2) * 3 - 1
    before = image.copy()
    result = predict(made.run, made.contract, image, level(words))
    assert result.shape == (
        2,
        made.contract.channels_out,
        size[0] * made.contract.scale,
        size[1] * made.contract.scale,
    )
    assert result.dtype == np.float32
    assert np.isfinite(result).all()
    result += 1  # the caller's to change
    np.testing.assert_array_equal(image, before)


def test_tiles_equal_the_whole(words: str) -> None:
    made = make(words)
    image = noisy(made.contract, 75, 131)
    whole = predict(made.run, made.contract, image, level(words))
    if made.contract.reach is None:
        with pytest.raises(UsageError, match="cannot run in tiles"):
            predict_in_tiles(made.run, made.contract, image, level(words), tile=16)
        return
    assert len(plan(75, 131, made.contract, 16)) > 4
    np.testing.assert_allclose(
        predict_in_tiles(made.run, made.contract, image, level(words), tile=16), whole, atol=1e-5
    )


@pytest.mark.parametrize("name", [name for name in FILTERS if name not in ("otsu", "grain")])
def test_reach_holds_at_the_largest_dials(name: str) -> None:
    made = make(f"{name}:channels=1")
    contract, reach = made.contract, made.contract.reach
    assert reach is not None
    size, settings = 2 * reach + 9, level_array(tuple(dial.high for dial in contract.dials))
    image = 0.5 + 0.02 * noisy(contract, size, size)
    changed, centre = image.copy(), size // 2
    changed[..., centre - 1 : centre + 2, centre - 1 : centre + 2] -= 0.05
    difference = np.abs(
        predict(made.run, contract, changed, settings)
        - predict(made.run, contract, image, settings)
    )[0, 0]
    places = np.argwhere(difference > 1e-7) // contract.scale
    assert not len(places) or np.abs(places - centre).max() <= reach + 1


def test_every_dial_changes_the_picture_and_levels_vary_by_picture(words: str) -> None:
    made, name = make(words), words.partition(":")[0]
    image = np.repeat(noisy(made.contract, 24, 40), 2, 0)
    both = [level(words, settings) for settings in (SMALL, OTHER)]
    if both[0] is None or both[1] is None:
        assert not made.contract.dials
        return
    first, second = (predict(made.run, made.contract, image[:1], each) for each in both)
    np.testing.assert_array_equal(
        predict(made.run, made.contract, image, np.concatenate([both[0], both[1]])),
        np.concatenate([first, second]),
    )
    for index in range(len(made.contract.dials)):
        settings = list(SMALL[name])
        settings[index] = OTHER[name][index]
        assert (
            np.abs(
                predict(made.run, made.contract, image[:1], level_array(tuple(settings))) - first
            ).max()
            > 1e-4
        )


def test_defaults_lie_in_their_ranges_and_cards_are_whole(words: str) -> None:
    made = make(words)
    assert made.contract.settings({}) == tuple(dial.default for dial in made.contract.dials)
    assert set(made.card) == {"task", "source", "library", "licence", "bytes_per_pixel"}
    if made.contract.identity is not None:
        image = noisy(made.contract, 9, 8)
        np.testing.assert_array_equal(
            predict(made.run, made.contract, image, level_array(made.contract.identity)), image
        )


@pytest.mark.parametrize("name", [name for name in FILTERS if name != "nlmeans"])
def test_grey_in_three_channels_is_as_grey_alone(name: str) -> None:
    grey, colour = (load(f"{name}:channels={channels}") for channels in (1, 3))
    pixels = noisy(grey.contract, 30, 40)
    names = [dial.name for dial in grey.contract.dials]
    settings = dict(zip(names, SMALL.get(name, ()), strict=True))
    result = restored(colour, pixels, **settings)
    assert result.shape[1] == 1
    np.testing.assert_allclose(result, restored(grey, pixels, **settings), atol=1e-5)


def restored(model: Model, pixels: Array, **dials: float) -> Array:
    """pixels [1, C, H, W] through the model."""
    return model.restore(images.Picture(pixels), ask(model.contract, dials)).picture.pixels


def filtered(words: str, pixels: Array, **dials: float) -> Array:
    """pixels [1, C, H, W] through the filter with as many channels."""
    return restored(load(f"{words}:channels={pixels.shape[1]}"), pixels, **dials)


@pytest.mark.parametrize("channels", [1, 3])
def test_bilateral_is_opencvs_and_takes_noise_away(channels: int) -> None:
    clean = scene(96, 96, channels)
    pixels = noisy(Contract(channels, channels), 96, 96)
    result = filtered("bilateral", pixels, radius=5, space=3, colour=40)
    wanted = cv2.bilateralFilter(
        pixels[0].transpose(1, 2, 0).copy(), 11, channels * 40 / 255, 3
    ).reshape(96, 96, channels)
    np.testing.assert_array_equal(result[0].transpose(1, 2, 0), wanted)
    assert psnr(result, clean) > psnr(pixels, clean) + 4


@pytest.mark.parametrize(
    ("channels", "noise", "side", "search", "share"),
    [(1, 20, 5, 10, 0.40), (3, 20, 5, 10, 0.55), (3, 40, 5, 17, 0.40)],
)
def test_nlmeans_is_scikit_images_and_takes_noise_away(
    channels: int, noise: float, side: int, search: int, share: float
) -> None:
    clean = scene(64, 64, channels)
    pixels = noisy(Contract(channels, channels), 64, 64, sigma=noise)
    result = filtered("nlmeans", pixels, noise=noise)
    values, sigma = pixels[0].transpose(1, 2, 0).astype(np.float64), noise / 255
    wanted = skimage.restoration.denoise_nl_means(
        values, side, search, share * sigma, sigma=sigma, channel_axis=-1
    ).reshape(values.shape)
    np.testing.assert_allclose(result[0].transpose(1, 2, 0), wanted, atol=1e-6)
    assert psnr(result, clean) > psnr(pixels, clean) + 5
    found = load("nlmeans").settle(images.Picture(pixels))
    assert found.dials["noise"] == pytest.approx(noise, rel=0.2)
    assert found.origins == {"noise": "pixels"}


@pytest.mark.parametrize("radius", [1, 2, 3])
def test_median_is_the_median_and_takes_salt_and_pepper_away(radius: int) -> None:
    clean = scene(64, 64)
    spoiled = damage("SaltAndPepper").spoil(
        clean, np.full((1, 1, 1, 1), 10, np.float32), np.random.default_rng(0)
    )
    result = filtered("median", spoiled, radius=radius)
    padded = np.pad(spoiled, ((0, 0), (0, 0), (radius, radius), (radius, radius)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(
        padded, (2 * radius + 1, 2 * radius + 1), axis=(2, 3)
    )
    np.testing.assert_array_equal(result, np.median(windows, (-2, -1)))
    if radius == 1:
        assert psnr(result, clean) > psnr(spoiled, clean) + 8


def page(channels: int = 3) -> tuple[Array, Array]:
    """Paper that darkens to the right, with strokes of ink four pixels wide, and where they are.

    [1, C, 90, 120], [1, 1, 90, 120]
    """
    ink = np.zeros((1, 1, 90, 120), np.float32)
    for top in range(8, 84, 12):
        ink[..., top : top + 4, 8:112] = 1
    light = np.linspace(0.95, 0.45, 120, dtype=np.float32)
    tint = np.array([1, 0.9, 0.7], np.float32)[:channels].reshape(1, -1, 1, 1)
    pixels = light * tint * (1 - 0.75 * ink) + np.random.default_rng(0).normal(
        0, 0.01, (1, channels, 90, 120)
    )
    return pixels.astype(np.float32), ink


def test_background_division_makes_uneven_yellow_paper_white() -> None:
    pixels, ink = page()
    result = filtered("background-division", pixels, radius=6)
    paper = np.broadcast_to(ink == 0, pixels.shape)
    assert pixels[paper].min() < 0.35
    assert result[paper].min() > 0.8  # four sigma of its noise
    assert result[paper].mean() > 0.97
    assert result[~paper].max() < 0.4
    assert np.ptp(result[:, :, ink[0, 0] == 0].mean(-1)) < 0.02  # the tint is gone
    assert 0 <= result.min() < result.max() <= 1


def test_sauvola_follows_the_light_where_otsu_cannot_and_both_are_their_formulas() -> None:
    pixels, ink = page()
    grey = to_channels(pixels, 1)[0, 0].astype(np.float64)
    local, single = (load(name) for name in ("sauvola", "otsu"))
    assert (local.contract.channels_in, local.contract.channels_out) == (3, 1)
    for model, settings, threshold in (
        (local, {"window": 14.0, "k": 0.3}, _sauvola_threshold(grey, 15, 0.3)),
        (single, {}, skimage.filters.threshold_otsu(grey)),
    ):
        result = restored(model, pixels, **settings)
        assert result.shape == pixels.shape  # black and white in equal channels
        np.testing.assert_array_equal(result, np.broadcast_to(grey > threshold, pixels.shape))
        assert set(np.unique(result)) == {0.0, 1.0}
    wrong = [
        float(np.mean((restored(model, pixels, **settings)[:, :1] == 0) != (ink == 1)))
        for model, settings in ((local, {"window": 31.0, "k": 0.2}), (single, {}))
    ]
    assert wrong[0] < 0.01
    assert wrong[0] < wrong[1]


def _sauvola_threshold(grey: NDArray[np.float64], side: int, k: float) -> NDArray[np.float64]:
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(grey, side // 2, mode="reflect"), (side, side)
    )
    result: NDArray[np.float64] = windows.mean((-2, -1)) * (
        1 + k * (windows.std((-2, -1)) / 0.5 - 1)
    )
    return result


def test_an_empty_page_stays_white() -> None:
    for name in ("sauvola", "otsu"):
        np.testing.assert_array_equal(
            load(name)(np.full((9, 9), 240, np.uint8)), np.full((9, 9), 255)
        )


@pytest.mark.parametrize(
    ("name", "kernel"),
    [("lanczos", Image.Resampling.LANCZOS), ("bicubic", Image.Resampling.BICUBIC)],
)
@pytest.mark.parametrize("scale", [2, 3])
def test_enlarging_agrees_with_pillow_inside_the_border(
    name: str, kernel: Image.Resampling, scale: int
) -> None:
    pixels = scene(20, 30, 1)
    result = restored(load(f"{name}:scale={scale}"), pixels)
    wanted = np.asarray(Image.fromarray(pixels[0, 0]).resize((30 * scale, 20 * scale), kernel))
    edge = 3 * scale
    assert result.shape == (1, 1, 20 * scale, 30 * scale)
    np.testing.assert_allclose(
        result[0, 0, edge:-edge, edge:-edge], wanted[edge:-edge, edge:-edge], atol=1e-5
    )


def test_arrays_come_back_as_they_were() -> None:
    colour = np.rint(scene(24, 32)[0].transpose(1, 2, 0) * 255).astype(np.uint8)
    clear = np.dstack([colour, np.zeros((24, 32), np.uint8)])
    clear[:, 16:, 3] = 255
    for name in FILTERS:
        model = load(name)
        dials: dict[str, Any] = dict(
            zip([dial.name for dial in model.contract.dials], SMALL.get(name, ()), strict=True)
        )
        scale = model.contract.scale
        for image in (
            colour,
            colour[:, :, 0],
            colour[:, :, :1],
            colour.astype(np.uint16) * 257,
            colour.astype(np.float32) / 255,
        ):
            result = model(image, **dials)
            assert (result.dtype, result.shape) == (
                image.dtype,
                (24 * scale, 32 * scale, *image.shape[2:]),
            )
            if scale == 1:
                np.testing.assert_array_equal(model(image, strength=0, **dials), image)
        if scale != 1:
            continue  # tests/test_maps.py has those that enlarge
        np.testing.assert_array_equal(model(clear, **dials)[:, :16], clear[:, :16])
        half, full = (
            model(clear[:, :, :3] / np.float32(255), strength=s, **dials) for s in (0.5, 1.0)
        )
        np.testing.assert_allclose(half, (colour / 255 + full) / 2, atol=1e-6)


def test_raw_planes_go_through_in_python() -> None:
    model = load("bilateral:channels=4")
    pixels = noisy(model.contract, 16, 20)
    result = restored(model, pixels, radius=20, space=15, colour=10)
    for c in range(4):
        np.testing.assert_array_equal(
            result[0, c], cv2.bilateralFilter(pixels[0, c], 41, 10 / 255, 15)
        )


def test_a_filter_has_no_file() -> None:
    model = load("median")
    assert model.path is None
    opened = model.open(threads=None)
    assert (opened.backend, opened.precision) == ("OpenCV and scikit-image", "fp32")
    with pytest.raises(ModelMissing, match="median is a filter, which has no model file"):
        find("median")
    with pytest.raises(
        ModelMissing,
        match="photo, document, .*; the filters bilateral, nlmeans, .*; or the path of",
    ):
        find("medium")
    with pytest.raises(DeviceError, match="--device cuda: a filter runs on the processor only"):
        model.open(device="cuda")
    with pytest.raises(DeviceError, match="a filter has no backend"):
        model.open(backend="openvino")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("lanczos:scale", "arguments are written NAME:ARGUMENT=VALUE"),
        ("lanczos:scale=9", "scale=9 does not fit: a whole number from 2 to 8 is wanted"),
        ("lanczos:scale=two", "scale=two does not fit"),
        ("median:channels=0", "channels=0 does not fit: a whole number from 1 to 16"),
        ("sauvola:channels=4", "channels=4 does not fit: 1 .grey. or 3"),
        (
            "bilateral:radius=3",
            "unexpected keyword argument 'radius'; its arguments: channels; dials are set with -d",
        ),
    ],
)
def test_wrong_arguments_are_refused_in_words(words: str, said: str) -> None:
    assert listed(words)
    with pytest.raises(UsageError, match=said):
        load(words)


def test_wrong_dials_are_refused_in_words() -> None:
    image = np.zeros((4, 4, 3), np.uint8)
    with pytest.raises(DialError, match="this model takes radius from 1 to 10"):
        load("median")(image, radius=11)
    with pytest.raises(DialError, match="no dial 'noise'; its dials: none"):
        load("otsu")(image, noise=3)
    with pytest.raises(UsageError, match="there is no filter 'blur'"):
        make("blur")


@pytest.mark.parametrize(
    ("name", "module", "library"),
    [
        ("bilateral", "cv2", "OpenCV"),
        ("nlmeans", "skimage", "scikit-image"),
        ("otsu", "skimage", "scikit-image"),
    ],
)
def test_a_library_that_is_missing_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, name: str, module: str, library: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(
        MissingExtra,
        match=(
            f"this filter needs {library}, which is not installed; pip install "
            "'burnish.classical.' brings it"
        ),
    ):
        load(name).open()
    load("lanczos").open()  # wants neither


def test_threads_are_opencvs(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[int] = []
    monkeypatch.setattr(libraries.opencv(), "setNumThreads", said.append)
    load("bilateral").open(threads=3)
    assert said == [3]


def test_a_job_runs_a_filter(tmp_path: Path) -> None:
    pixels, _ = page()
    Image.fromarray(
        np.rint(np.clip(pixels[0].transpose(1, 2, 0), 0, 1) * 255).astype(np.uint8)
    ).save(tmp_path / "page.png")
    model = load("sauvola")
    asked = ask(model.contract, {"window": 31})
    report = run_job(
        Job(str(tmp_path / "page.png"), str(tmp_path / "out" / "page.png"), asked), model
    )
    assert report.dials == {"window": 31, "k": 0.2}
    assert report.origins == {"window": "asked", "k": "default"}
    written = images.read(tmp_path / "out" / "page.png")
    assert written.pixels.shape == (1, 3, 90, 120)
    assert set(np.unique(written.pixels)) == {0.0, 1.0}


def run(*words: object, expect: int = 0) -> subprocess.CompletedProcess[str]:
    """`burnish WORDS` as its own process."""
    done = subprocess.run(
        [sys.executable, "-m", "burnish.cli", *map(str, words)],
        capture_output=True,
        text=True,
        env=dict(os.environ),
        check=False,
    )
    assert done.returncode == expect, f"{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr
    return done


def test_the_command_line_restores_with_dials_from_a_file_to_a_file(tmp_path: Path) -> None:
    image = np.rint(np.clip(noisy(Contract(), 48, 64), 0, 1)[0].transpose(1, 2, 0) * 255).astype(
        np.uint8
    )
    Image.fromarray(image).save(tmp_path / "in.png")
    record = json.loads(
        run(
            "restore",
            tmp_path / "in.png",
            "-o",
            tmp_path / "out.png",
            "-m",
            "bilateral",
            "-d",
            "radius=5,space=3,colour=40",
            "--json",
        ).stdout
    )
    assert record["dials"] == {"radius": 5, "space": 3, "colour": 40}
    wanted = cv2.bilateralFilter(image / np.float32(255), 11, 3 * 40 / 255, 3)
    np.testing.assert_array_equal(
        np.asarray(Image.open(tmp_path / "out.png")), np.rint(np.clip(wanted, 0, 1) * 255)
    )
    run("restore", tmp_path / "in.png", "-o", tmp_path / "large.png", "-m", "lanczos:scale=4")
    assert Image.open(tmp_path / "large.png").size == (256, 192)
    Image.fromarray(np.dstack([image, image[:, :, :1]])).save(tmp_path / "clear.png")
    run("restore", tmp_path / "clear.png", "-o", tmp_path / "both.png", "-m", "lanczos")
    assert (Image.open(tmp_path / "both.png").mode, Image.open(tmp_path / "both.png").size) == (
        "RGBA",
        (128, 96),
    )
    assert (
        "radius from 1 to 40"
        in run(
            "restore", tmp_path / "in.png", "-m", "bilateral", "-d", "radius=99", expect=2
        ).stderr
    )


def test_models_and_info_show_the_filters(capsys: pytest.CaptureFixture[str]) -> None:
    from burnish.cli.commands.info import info
    from burnish.cli.commands.models import models

    models()
    text = capsys.readouterr().out
    assert text.startswith("photo:")
    assert all(f"\n  {name} " in text for name in FILTERS)
    assert "noise 0..100 (auto)" in text
    models(as_json=True)
    records = {each["name"]: each for each in map(json.loads, capsys.readouterr().out.splitlines())}
    assert {"photo", *FILTERS} <= set(records)
    assert records["nlmeans"].keys() == records["photo"].keys()
    assert Contract.from_dict(records["sauvola"]["contract"]) == make("sauvola").contract
    info("lanczos:scale=4")
    text = capsys.readouterr().out
    assert "Duchon" in text
    assert "scale 4" in text
    info("nlmeans", as_json=True)
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(cards.record("nlmeans")))


def test_the_public_way_in(tmp_path: Path) -> None:
    pixels = scene(24, 32)[0].transpose(1, 2, 0)
    assert isinstance(burnish.load("median"), Model)
    assert isinstance(make("median"), Filter)
    np.testing.assert_array_equal(
        burnish.restore(pixels, model="median", radius=2), burnish.load("median")(pixels, radius=2)
    )
    assert burnish.load("lanczos")(pixels, strength=0.5).shape == (48, 64, 3)
