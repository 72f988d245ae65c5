"""`raw`: the mosaic of a raw file without its noise, developed again, and as a DNG."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from scipy import ndimage
from typer.testing import CliRunner

import burnish
from burnish import errors, images
from burnish.cli.app import app
from burnish.contract import Array
from burnish.images.mosaic import Camera, Mosaic, repeats
from burnish.inference.several.raw import RawModel
from burnish.metrics import psnr
from burnish.pipeline import ask
from burnish.pipeline.mosaic import SensorNoise, denoised, noise_of, sensor_noise
from burnish.pipeline.mosaic.packed import packed, unpacked
from burnish.pipeline.mosaic.stable import light_of, light_of_shown, shown, shown_sigma, stable

RGGB = ((0, 1), (1, 2))
#: the filter of an X-Trans sensor
X_TRANS = "121101 010212 121101 101121 212010 101121"
BLACK, WHITE = 600, 16000
#: strong noise, about that of ISO 6400, and hardly any
STRONG, WEAK = SensorNoise.of(4e-3, 1e-5), SensorNoise.of(2e-5, 1e-8)


def scene(height: int = 128, width: int = 160) -> Array:
    """Light [H, W] on a mosaic: waves of three colours, an edge, and a corner without light."""
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    waves = 0.2 + 0.08 * np.sin(rows / 9) * np.cos(columns / 13)
    light = np.where(columns > 0.6 * width, 0.9 * waves + 0.1, waves)
    light = light * np.where((rows > 90) & (columns < 40), 0.05, 1)
    gains = np.array([[0.5, 1.0], [1.0, 0.7]], np.float32)
    return np.asarray(light * np.tile(gains, (height // 2, width // 2)), np.float32)


def noisy(light: Array, noise: SensorNoise, seed: int = 0) -> Array:
    rng = np.random.default_rng(seed)
    drawn = rng.standard_normal(light.shape, np.float32)
    return np.asarray(light + drawn * np.sqrt(noise.variance(light)), np.float32)


def raw_file(light: Array, pattern: tuple[tuple[int, ...], ...] = RGGB, **more: Any) -> bytes:
    """A DNG of that light, by tifffile. more: fields, by "f" and their numbers, as tifffile has
    them: type and values.
    """
    samples = np.rint(light * (WHITE - BLACK) + BLACK).clip(0, 65535).astype(np.uint16)
    matrix = (1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1)
    tags: list[Any] = [
        (271, 2, 0, "Maker", True),
        (272, 2, 0, "Model 1", True),
        (33421, 3, 2, (len(pattern), len(pattern[0])), True),
        (33422, 1, 0, bytes(colour for row in pattern for colour in row), True),
        (50706, 1, 4, bytes([1, 4, 0, 0]), True),
        (50708, 2, 0, "Maker Model 1", True),
        (50714, 4, 1, BLACK, True),
        (50717, 4, 1, WHITE, True),
        (50721, 10, 9, matrix, True),
        (50728, 5, 3, (1, 2, 1, 1, 7, 10), True),
        (50778, 3, 1, 21, True),
    ]
    tags += [(int(name[1:]), *value, True) for name, value in more.items()]
    file = io.BytesIO()
    tifffile.imwrite(
        file, samples, photometric=32803, metadata=None, extratags=tags, software=False
    )
    return file.getvalue()


def mosaic(light: Array, pattern: tuple[tuple[int, ...], ...] = RGGB) -> Mosaic:
    """A mosaic of that light, which nobody develops."""
    black = tuple(tuple(float(BLACK) for _ in row) for row in pattern)
    camera = Camera("Maker", 1, (0.5, 1.0, 0.7), (1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0))
    empty = np.zeros(light.shape, np.uint16)
    return Mosaic(empty, pattern, black, WHITE, camera, lambda samples: samples).with_light(light)


# how strong the noise is


@pytest.mark.parametrize("true", [STRONG, WEAK])
def test_the_noise_of_a_mosaic_is_found_where_it_is_smooth(true: SensorNoise) -> None:
    light = scene(400, 480)
    texture = np.random.default_rng(5).random(light.shape, np.float32)
    light[:, :160] *= 1 + 0.5 * texture[:, :160]
    found, origin = noise_of(mosaic(noisy(light, true)))
    assert origin == "pixels"
    assert found.sigma == pytest.approx(true.sigma, rel=0.1)
    assert found.gain == pytest.approx(true.gain, rel=0.25)
    if true is STRONG:  # else what is still is hidden by the least texture
        assert found.still == pytest.approx(true.still, rel=0.6)


def test_what_is_too_small_to_tell_has_no_more_noise_than_rounding() -> None:
    assert sensor_noise(packed(scene(8, 8))).sigma < 0.01
    assert sensor_noise(np.zeros((4, 2, 2), np.float32)).sigma < 0.01


def test_noise_of_the_same_kind_is_as_strong_as_is_said() -> None:
    twice = STRONG.scaled(2 * STRONG.sigma)
    assert twice.sigma == pytest.approx(2 * STRONG.sigma)
    assert twice.gain / twice.still == pytest.approx(STRONG.gain / STRONG.still)


# tones, planes


@pytest.mark.parametrize("noise", [STRONG, WEAK, SensorNoise.of(0, 1e-6)])
def test_tones_have_noise_of_one_and_lead_back_without_bias(noise: SensorNoise) -> None:
    for value in (0.05, 0.1, 0.6):
        light = np.full((300, 300), value, np.float32)
        tones = stable(noisy(light, noise), noise)
        assert tones.std() == pytest.approx(1, abs=0.03)
        back = float(light_of(tones.mean(keepdims=True), noise)[0, 0])
        off = 5 * np.sqrt(float(noise.variance(value)) / light.size)
        assert back == pytest.approx(value, abs=off + 1e-5)


@pytest.mark.parametrize("noise", [STRONG, WEAK])
def test_a_network_is_shown_tones_from_black_to_full_of_a_sigma_that_it_is_told(
    noise: SensorNoise,
) -> None:
    ends = np.array([0, 0.2, 1], np.float32)
    tones = shown(ends, noise)
    np.testing.assert_allclose(tones[[0, 2]], [0, 1], atol=1e-5)
    even = np.full((300, 300), 0.2, np.float32)
    found = 255 * float(shown(noisy(even, noise), noise).std())
    assert found == pytest.approx(shown_sigma(noise), rel=0.03)
    np.testing.assert_allclose(light_of_shown(tones, noise)[1:], ends[1:], rtol=0.02)


@pytest.mark.parametrize("shape", [(8, 10), (7, 9), (6, 5)])
@pytest.mark.parametrize("beginning", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_planes_are_of_one_colour_and_lead_back(
    shape: tuple[int, int], beginning: tuple[int, int]
) -> None:
    light = np.random.default_rng(0).random(shape, np.float32)
    planes = packed(light, beginning)
    np.testing.assert_array_equal(unpacked(planes, shape, beginning), light)
    colours = packed(np.tile(np.array(RGGB), (9, 9))[: shape[0], : shape[1]], beginning)
    assert all(len(np.unique(plane)) == 1 for plane in colours)


# without its noise


def smoothed(planes: Array, sigma: float) -> Array:
    return np.asarray(ndimage.gaussian_filter(planes, (0, 1.5, 1.5), mode="mirror"), np.float32)


def test_what_takes_nothing_away_changes_nothing() -> None:
    light = noisy(scene(66, 90), STRONG)
    same = denoised(light, STRONG, RGGB, lambda planes, sigma: planes.copy())
    # the dark that noise has made darker than it can be has no way back
    np.testing.assert_allclose(same.clip(0.01), light.clip(0.01), atol=2e-3)


def test_noise_goes_and_planes_are_told_its_strength() -> None:
    clean = scene()
    told: list[float] = []

    def by(planes: Array, sigma: float) -> Array:
        told.append(sigma)
        assert planes.dtype == np.float32
        assert planes.shape == (4, 64, 80)
        return smoothed(planes, sigma)

    after = denoised(noisy(clean, STRONG), STRONG, RGGB, by)
    before = noisy(clean, STRONG) - clean
    inside = np.s_[4:-4, 4:-4]
    assert np.square(after - clean)[inside].mean() < 0.25 * np.square(before)[inside].mean()
    low, high = stable(np.array([0, 1], np.float32), STRONG)
    assert told == pytest.approx([255 / float(high - low)])


@pytest.mark.parametrize("shape", [(8, 10), (7, 9), (9, 8)])
@pytest.mark.parametrize("pattern", [RGGB, ((2, 1), (1, 0)), ((1, 0), (2, 1)), ((1, 2), (0, 1))])
def test_planes_are_red_green_green_and_blue_whatever_comes_first(
    pattern: tuple[tuple[int, ...], ...], shape: tuple[int, int]
) -> None:
    colours = np.tile(np.array(pattern), (9, 9))[: shape[0], : shape[1]]
    light = np.array([0.1, 0.2, 0.4], np.float32)[colours]

    def by(planes: Array, sigma: float) -> Array:
        wanted = shown(np.array([0.1, 0.2, 0.2, 0.4], np.float32), WEAK)
        np.testing.assert_allclose(planes, np.broadcast_to(wanted[:, None, None], planes.shape))
        return planes.copy()

    np.testing.assert_allclose(denoised(light, WEAK, pattern, by), light, rtol=1e-3)


def test_brightness_stays_and_even_light_comes_out_even() -> None:
    """By the network that ships, in each colour, from the dark to near full."""
    colours = np.tile(np.array([[0.5, 1.0], [1.0, 0.7]], np.float32), (48, 64))
    model = burnish.load("raw")
    assert isinstance(model, RawModel)
    model.open(precision="fp32")
    by = model.planes_by()
    for value in (0.0, 0.02, 0.2, 0.8):
        light = colours * np.float32(value)
        after = packed(denoised(noisy(light, STRONG), STRONG, RGGB, by))
        before = packed(light)
        deviation = np.sqrt(STRONG.variance(before).mean((1, 2)))
        off = (after - before).mean((1, 2))
        assert np.abs(off / deviation).max() < 0.06, value
        assert (after.std((1, 2)) / deviation).max() < 0.25, value


def test_what_was_full_stays_full() -> None:
    clean = scene()
    clean[40:60, 40:80] = 1.5
    light = np.minimum(noisy(clean, STRONG), 1)
    after = denoised(light, STRONG, RGGB, smoothed)
    assert (after[44:56, 44:76] == 1).all()


# the mosaic of a file


def test_a_filter_of_two_by_two_is_known() -> None:
    assert mosaic(scene()).bayer
    for other in (((1, 0), (2, 1)), ((2, 1), (1, 0))):
        assert mosaic(scene(), other).bayer
    for none in (((0, 2), (1, 1)), ((0, 1), (1, 0)), ((0, 1, 2), (1, 2, 0), (2, 0, 1))):
        assert not mosaic(scene(96, 96), none).bayer
    x_trans = np.array([[1, 1, 0, 1, 1, 2]] * 6)
    assert repeats(np.tile(x_trans, (3, 3))) == tuple(map(tuple, x_trans.tolist()))
    assert repeats(np.tile(np.array(RGGB), (4, 5))) == RGGB
    assert repeats(np.random.default_rng(0).integers(0, 3, (20, 20))) is None


@pytest.fixture
def rawpy() -> Any:
    return pytest.importorskip("rawpy", reason="needs burnish[raw]")


def test_a_raw_file_brings_its_mosaic(rawpy: Any) -> None:
    light = scene()
    picture = images.read(raw_file(light))
    held = picture.mosaic
    assert held is not None
    assert held.pattern == RGGB
    assert held.black == ((BLACK, BLACK), (BLACK, BLACK))
    assert held.white == WHITE
    np.testing.assert_allclose(held.light(), light, atol=1 / (WHITE - BLACK))
    assert held.camera.neutral == pytest.approx((0.5, 1.0, 0.7))
    assert held.camera.name == "Maker Model 1"
    again = images.picture.to_planes(held.develop(held.samples))
    np.testing.assert_array_equal(again, picture.pixels)
    assert picture.with_pixels(picture.pixels).mosaic is None


@pytest.mark.parametrize("brightest", [0.5, 0.8, 0.99, 1.0])
def test_what_is_developed_again_is_as_bright(rawpy: Any, brightest: float) -> None:
    """LibRaw takes the brightest sample for full, but where it is dark: that is the file's own."""
    light = scene()
    picture, clean = (images.read(raw_file(each)) for each in (_with(light, brightest), light))
    held = picture.mosaic
    assert held is not None
    again = images.picture.to_planes(held.develop(held.samples))
    np.testing.assert_array_equal(again, picture.pixels)
    assert clean.mosaic is not None
    without = images.picture.to_planes(held.develop(clean.mosaic.samples))
    away = np.s_[..., :20]
    np.testing.assert_allclose(without[away], picture.pixels[away], atol=2e-3)


def _with(light: Array, brightest: float) -> Array:
    """The light with one sample that is so bright."""
    bright = light.copy()
    bright[64, 100] = brightest
    return bright


def test_noise_that_the_file_tells_is_believed(rawpy: Any) -> None:
    profile = (12, 6, (1e-4, 1e-7, 2e-4, 2e-7, 3e-4, 3e-7))
    held = images.read(raw_file(scene(), f51041=profile)).mosaic
    assert held is not None
    assert held.told == ((1e-4, 1e-7), (2e-4, 2e-7), (3e-4, 3e-7))
    found, origin = noise_of(held)
    assert origin == "file"
    assert (found.gain, found.still) == pytest.approx((2e-4, 2e-7))
    for wrong in ((12, 2, (2.0, 0.0)), (12, 3, (1e-4, 0.0, 1e-4)), (5, 1, (1, 2))):
        held = images.read(raw_file(scene(), f51041=wrong)).mosaic
        assert held is not None
        assert held.told == ()


@pytest.fixture(scope="module")
def pair() -> tuple[bytes, bytes]:
    """A raw file with strong noise, and the same without."""
    return raw_file(noisy(scene(), STRONG)), raw_file(scene())


def test_noise_is_taken_off_before_developing(rawpy: Any, pair: tuple[bytes, bytes]) -> None:
    picture, clean = (images.read(data) for data in pair)
    model = burnish.load("raw")
    model.open(precision="fp32")
    restored = model.restore(picture)
    assert restored.settled.origins == {"noise": "pixels"}
    assert restored.settled.dials["noise"] == pytest.approx(STRONG.sigma, rel=0.15)
    before, after = (
        psnr(one.pixels.clip(0, 1), clean.pixels, 0) for one in (picture, restored.picture)
    )
    behind = burnish.load("photo").restore(picture).picture.pixels
    assert after > before + 8
    assert after > psnr(behind.clip(0, 1), clean.pixels, 0)
    assert restored.picture.mosaic is not None
    assert restored.picture.exif == picture.exif


def test_strength_leaves_noise_in_the_mosaic(rawpy: Any, pair: tuple[bytes, bytes]) -> None:
    picture = images.read(pair[0])
    model = burnish.load("raw")
    model.open(precision="fp32")
    none = model.restore(picture, ask(model.contract, {}, 0.0))
    assert none.picture is picture
    assert model.restore(picture, ask(model.contract, {"noise": 0})).picture is picture
    half, whole = (
        model.restore(picture, ask(model.contract, {}, share)).picture for share in (0.5, 1.0)
    )
    assert half.mosaic
    assert whole.mosaic
    assert picture.mosaic
    mean = (whole.mosaic.light() + picture.mosaic.light()) / 2
    np.testing.assert_allclose(half.mosaic.light(), mean, atol=1e-4)
    where = np.zeros(picture.pixels.shape[-2:], np.float32)
    where[:, :80] = 1
    mapped = model.restore(picture, ask(model.contract, {}, where)).picture
    assert mapped.mosaic is None
    np.testing.assert_array_equal(mapped.pixels[..., 80:], picture.pixels[..., 80:])
    np.testing.assert_allclose(mapped.pixels[..., :80], whole.pixels[..., :80], atol=1e-6)


def test_what_has_no_mosaic_of_two_by_two_is_refused(rawpy: Any) -> None:
    model = burnish.load("raw")
    with pytest.raises(errors.UnsupportedFormat, match="camera's raw file, and this is none"):
        model.restore(images.from_array(np.zeros((9, 9, 3), np.uint8)))
    x_trans = tuple(tuple(map(int, row)) for row in X_TRANS.split())
    picture = replace(images.read(raw_file(scene())), mosaic=mosaic(scene(126, 156), x_trans))
    with pytest.raises(errors.UnsupportedFormat, match=r"6 by 6 \(X-Trans\); photo takes"):
        model.restore(picture)
    assert "raw" not in burnish.load("auto").settle(picture).models


# as a DNG


def dng_of(picture: images.Picture) -> bytes:
    return images.encode(picture, images.FORMATS["RAW"], name="a.dng")[0]


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_dng_is_written_that_develops_alike(rawpy: Any, orientation: int) -> None:
    picture = images.read(raw_file(scene(), f274=(3, 1, orientation)))
    data = dng_of(picture)
    again = images.read(data)
    assert again.mosaic
    assert picture.mosaic
    np.testing.assert_array_equal(again.mosaic.samples, picture.mosaic.samples)
    np.testing.assert_array_equal(again.pixels, picture.pixels)
    assert dng_of(again) == data
    # and where the source is no DNG, with what LibRaw says of the camera
    bare = replace(picture.mosaic, camera=replace(picture.mosaic.camera, fields={}))
    other = images.read(dng_of(replace(picture, mosaic=bare)))
    assert np.abs(other.pixels - picture.pixels).mean() < 2e-3
    with tifffile.TiffFile(io.BytesIO(data)) as tiff:
        tags = tiff.pages.first.tags
        assert tags[274].value == orientation
        assert tags[271].value == "Maker"
        assert tags[50717].value == WHITE


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="needs exiftool")
def test_exiftool_finds_nothing_wrong_with_it(rawpy: Any, tmp_path: Path) -> None:
    file = tmp_path / "a.dng"
    file.write_bytes(dng_of(images.read(raw_file(scene()))))
    words = ["exiftool", "-validate", "-warning", "-s3", "-UniqueCameraModel", str(file)]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split("\n")
    assert said[:2] == ["OK", "Maker Model 1"]


def test_a_dng_is_written_of_a_mosaic_alone(
    rawpy: Any, tmp_path: Path, pair: tuple[bytes, bytes]
) -> None:
    (tmp_path / "a.dng").write_bytes(pair[0])
    images.write(tmp_path / "a.png", images.from_array(np.zeros((9, 9, 3), np.uint8)))
    with pytest.raises(errors.FormatLimit, match="this comes from a PNG"):
        images.check_header(images.header(tmp_path / "a.png"), "b.dng")
    with pytest.raises(errors.FormatLimit, match="this picture is developed; -m raw leaves"):
        dng_of(replace(images.read(pair[0]), mosaic=None))
    with pytest.raises(errors.UsageError, match=r"read and never written; write \.tif or"):
        images.write(tmp_path / "b.nef", images.read(pair[0]))
    run = CliRunner().invoke(
        app, ["restore", str(tmp_path / "a.dng"), "-o", str(tmp_path / "b.dng"), "-m", "photo"]
    )
    assert run.exit_code == 3
    assert "which -m raw alone restores" in run.output
    assert not (tmp_path / "b.dng").exists()


# where a person meets it


def test_the_command_restores_a_raw_file(
    rawpy: Any, tmp_path: Path, pair: tuple[bytes, bytes]
) -> None:
    (tmp_path / "a.dng").write_bytes(pair[0])
    for format in ("tif", "dng"):
        words = ["restore", str(tmp_path / "a.dng"), "-m", "raw", "-f", format]
        run = CliRunner().invoke(app, [*words, "-o", f"{tmp_path}/{format}/"])
        assert run.exit_code == 0, run.output
    developed = images.read(tmp_path / "tif" / "a.tif")
    negative = images.read(tmp_path / "dng" / "a.dng")
    assert (developed.depth, negative.format) == ("uint16", "RAW")
    np.testing.assert_array_equal(developed.pixels, negative.pixels)
    clean = images.read(pair[1]).pixels
    noise = psnr(images.read(pair[0]).pixels, clean, 0)
    assert psnr(developed.pixels, clean, 0) > noise + 8


def test_auto_takes_strong_noise_off_the_mosaic(rawpy: Any, pair: tuple[bytes, bytes]) -> None:
    auto = burnish.load("auto")
    picture = images.read(pair[0])
    settled = auto.settle(picture)
    assert settled.models[0] == "raw"
    assert settled.dials["noise"] == pytest.approx(STRONG.sigma, rel=0.15)
    assert auto.settle(picture, ask(auto.contract, {"noise": 9})).models == ("photo",)
    assert "raw" not in auto.settle(images.read(pair[1])).models
    restored = auto.restore(picture)
    clean = images.read(pair[1]).pixels
    assert psnr(restored.picture.pixels.clip(0, 1), clean, 0) > psnr(picture.pixels, clean, 0) + 8


def test_info_says_what_auto_does_with_a_raw_file(
    rawpy: Any, tmp_path: Path, pair: tuple[bytes, bytes]
) -> None:
    for name, content in zip(("noisy", "clean"), pair, strict=True):
        (tmp_path / f"{name}.dng").write_bytes(content)
        said = CliRunner().invoke(app, ["info", "--json", str(tmp_path / f"{name}.dng")])
        models = burnish.load("auto").settle(images.read(content)).models
        assert json.loads(said.output)["look"]["models"] == list(models)


def test_raw_says_what_it_is() -> None:
    said = CliRunner().invoke(app, ["info", "raw"])
    assert said.exit_code == 0
    assert "sigma of a middle grey" in said.output
    assert "before it is developed" in CliRunner().invoke(app, ["models"]).output
    assert burnish.inference.zoo.find("raw").name == "raw.onnx"
