"""Results of any size: a model at its own scale, and a filter for what is left of it."""

from __future__ import annotations

import inspect
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import leaves, scene
from PIL import Image
from typer.testing import CliRunner

import burnish
from burnish import images
from burnish.cli import app
from burnish.contract import Contract, predict, repeated
from burnish.errors import FormatLimit, UsageError
from burnish.ground.resize import resize
from burnish.inference.arrays import as_picture
from burnish.inference.several.automatic import enlarger
from burnish.inference.zoo import names
from burnish.pipeline import Size


def bytes_of(picture: Any) -> Any:
    """A picture [1, C, H, W] as an array of bytes [H, W, C]."""
    return np.rint(picture[0].transpose(1, 2, 0) * 255).astype(np.uint8)


def test_a_size_is_so_many_times_or_a_frame() -> None:
    assert Size.parse("3").of(10, 20) == (30, 60)
    assert Size.parse("1.5").of(11, 20) == (16, 30)
    assert Size.parse("3000x").of(10, 20) == (1500, 3000)
    assert Size.parse("x200").of(10, 20) == (200, 400)
    assert Size.parse("100x100").of(10, 20) == (50, 100)
    assert Size.parse("100x30").of(10, 20) == (30, 60)
    assert Size.parse("5x").of(1, 1000) == (1, 5)
    # A picture on its side in its file: so wide as it is looked at is so high as it is stored.
    assert Size.parse("3000x").of(20, 10, lies=True) == (3000, 1500)


@pytest.mark.parametrize(
    "words", ["", "x", "0.5", "17", "nan", "-2", "0x", "70000x", "3 x", "3x4x"]
)
def test_other_sizes_are_refused_in_a_sentence(words: str) -> None:
    with pytest.raises(UsageError, match="is not made"):
        Size.parse(words)


@pytest.mark.parametrize("depth", ["uint8", "uint16", "float32"])
def test_a_model_goes_first_and_a_filter_does_the_rest(depth: str) -> None:
    model = burnish.load("bicubic:scale=2")
    most = {"uint8": 255, "uint16": 65535, "float32": 1}[depth]
    smooth = 0.5 + 0.4 * np.sin(np.mgrid[0:40, 0:60].sum(0) / 9)
    image = (np.stack([smooth] * 3, -1) * most).astype(depth)
    sizes: dict[float | str, tuple[int, int]] = {3: (120, 180), "x50": (50, 75), "90x90": (60, 90)}
    for size, (height, width) in sizes.items():
        result = model(image, to=size)
        assert result.dtype == image.dtype
        assert result.shape == (height, width, 3)
        direct = resize(image.astype(np.float32).transpose(2, 0, 1), height, width)
        # Away from the border, where both mirror, one way is as good as the other.
        inside = np.s_[6:-6, 6:-6]
        error = np.abs(result.astype(float) - direct.transpose(1, 2, 0))[inside] / most
        assert error.max() < 0.01
    assert model(image).shape == (80, 120, 3)


def test_a_picture_that_is_large_enough_is_made_smaller_without_aliases() -> None:
    stripes = np.zeros((64, 256), np.uint8)
    stripes[:, ::2] = 255
    result = burnish.restore(stripes, model="bicubic:scale=2", to="64x")
    assert result.shape == (16, 64)
    assert np.ptp(result.astype(int)[4:-4, 4:-4]) < 12


def test_what_is_hidden_does_not_bleed_into_what_is_seen() -> None:
    y, x = np.mgrid[0:40, 0:40]
    disc = (y - 20) ** 2 + (x - 20) ** 2 < 200
    image = np.zeros((40, 40, 4), np.uint8)
    image[..., 1] = 255  # green where nothing is seen
    image[disc] = (200, 30, 30, 255)
    for size in (2, 3, "70x"):
        result = burnish.load("bicubic:scale=2")(image, to=size)
        seen = result[result[..., 3] > 0]
        assert seen[:, 1].max() < 45
        assert seen[:, 0].min() > 185
        corner = result[: result.shape[0] // 8, : result.shape[1] // 8, 3]
        assert not corner.any()


def test_what_a_file_says_comes_along(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8769).update({0xA002: 60, 0xA003: 40})
    source = tmp_path / "a.jpg"
    Image.fromarray(bytes_of(scene(40, 60))).save(source, exif=exif.tobytes(), dpi=(300, 300))
    target = tmp_path / "b.jpg"
    with pytest.warns(UserWarning, match="enlarged 1.25 times by a filter"):
        shown = burnish.restore(source, target, model="bicubic:scale=2", to="100x")
    assert shown.shape == (150, 100, 3)
    header = images.header(target)
    assert (header.width, header.height, header.dpi) == (150, 100, (300, 300))
    written = Image.open(target).getexif()
    assert written[0x0112] == 6
    assert written.get_ifd(0x8769)[0xA002] == 150


def test_a_filter_that_enlarges_further_than_the_model_says_so(tmp_path: Path) -> None:
    source = tmp_path / "a.png"
    Image.fromarray(bytes_of(scene(20, 30))).save(source)
    with pytest.warns(UserWarning, match=r"enlarged 1.5 times by a filter"):
        burnish.restore(source, tmp_path / "b.png", model="bicubic:scale=2", to=3)
    done = CliRunner().invoke(
        app, ["restore", str(source), "-o", str(tmp_path / "c.png"), "-m", "bicubic", "-s", "1.5"]
    )
    assert done.exit_code == 0, done.output
    assert "by a filter" not in done.output
    assert Image.open(tmp_path / "c.png").size == (45, 30)


def test_a_result_that_its_format_cannot_hold_is_refused_before_the_work(tmp_path: Path) -> None:
    source = tmp_path / "a.png"
    Image.fromarray(bytes_of(scene(20, 30))).save(source)
    with pytest.raises(FormatLimit, match="WebP"):
        burnish.restore(source, tmp_path / "b.webp", model="bicubic:scale=2", to="20000x")
    words = ["restore", str(source), "-o", str(tmp_path / "b.webp"), "--to", "20000x", "--dry-run"]
    assert CliRunner().invoke(app, [*words, "-m", "bicubic"]).exit_code == 3


def test_a_sidecar_knows_the_size(tmp_path: Path) -> None:
    source = tmp_path / "a.png"
    Image.fromarray(bytes_of(leaves(20, 30))).save(source)
    out = tmp_path / "out"
    words = ["restore", str(source), "-o", f"{out}/", "-m", "bicubic", "--to", "x50", "--sidecar"]
    assert CliRunner().invoke(app, words).exit_code == 0
    (sidecar,) = out.glob("*.json")
    assert json.loads(sidecar.read_text())["options"]["size"] == "x50"
    again = CliRunner().invoke(app, ["replay", str(sidecar), "-o", str(tmp_path / "again.png")])
    assert again.exit_code == 0, again.output
    (first,) = out.glob("*.png")
    assert (tmp_path / "again.png").read_bytes() == first.read_bytes()


def test_a_film_keeps_its_size(tmp_path: Path) -> None:
    film = tmp_path / "a.mkv"
    film.write_bytes(b"\x1aE\xdf\xa3")
    done = CliRunner().invoke(app, ["restore", str(film), "-o", str(tmp_path / "b.mkv"), "-s", "2"])
    assert done.exit_code != 0
    assert "is for pictures" in str(done.exception or done.output)


def test_a_residual_is_added_to_the_picture_with_its_pixels_repeated() -> None:
    contract = Contract(scale=2, residual=True)
    image = scene(5, 7)
    nothing = predict(lambda x, level: np.zeros((1, 3, 10, 14), np.float32), contract, image)
    np.testing.assert_array_equal(nothing, repeated(image, 2))
    np.testing.assert_array_equal(nothing[..., ::2, ::2], image)
    np.testing.assert_array_equal(nothing[..., 1::2, 1::2], image)


def test_no_dial_of_a_model_has_the_name_of_an_argument() -> None:
    """`scratch` has a dial `size`; an argument of that name would keep it from the model."""
    taken = {*inspect.signature(burnish.restore).parameters}
    taken |= {*inspect.signature(burnish.load("photo").__call__).parameters}
    for name in names():
        dials = {dial.name for dial in burnish.load(name).contract.dials}
        assert not dials & taken, name


def clean_scene(height: int = 40, width: int = 60) -> Any:
    """A picture on which neither noise nor compression shows."""
    y, x = np.mgrid[0:height, 0:width]
    disc = ((y - height / 2) ** 2 + (x - width / 2) ** 2 < height**2 / 9).astype(np.uint8)
    return np.stack([60 + 120 * disc, 90 + 80 * disc, 120 + 40 * disc], -1).astype(np.uint8)


@pytest.mark.parametrize(
    ("size", "name", "shape"),
    [(2, "upscale-x2", (80, 120)), ("66x", "upscale-x2", (44, 66)), (3, "upscale-x4", (120, 180))],
)
def test_auto_enlarges_by_a_network(size: Any, name: str, shape: tuple[int, int]) -> None:
    small = clean_scene()
    larger = burnish.restore(small, to=size)
    assert larger.shape == (*shape, 3)
    by_network = burnish.load(name)(small / np.float32(255))
    planes = resize(by_network.transpose(2, 0, 1)[None], *shape, "lanczos")
    np.testing.assert_allclose(larger / 255, planes[0].transpose(1, 2, 0).clip(0, 1), atol=0.006)
    by_filter = burnish.load("lanczos:scale=2")(small, to=size)
    assert np.abs(larger.astype(int) - by_filter).max() > 8


def test_the_network_that_enlarges_is_the_first_that_suffices() -> None:
    assert enlarger(1.1, 10**6) == enlarger(2, 10**6) == "upscale-x2"
    assert enlarger(2.1, 10**6) == enlarger(16, 10**6) == "upscale-x4"
    # What it would make of a large picture has no room in memory, and neither has that of x2.
    assert enlarger(4, 12 * 10**6) == "upscale-x2"
    assert enlarger(2, 50 * 10**6) is None
    assert enlarger(1, 10**6) is enlarger(0.5, 10**6) is None


def test_auto_says_that_it_enlarged_and_a_sidecar_gives_the_same_again(tmp_path: Path) -> None:
    source = tmp_path / "a.jpg"
    Image.fromarray(bytes_of(leaves(48, 64))).save(source, quality=30)
    out = tmp_path / "out"
    words = ["restore", str(source), "-o", f"{out}/", "-s", "2", "-d", "quality=30", "--sidecar"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert "jpeg, then upscale-x2: enlarged" in done.output
    assert Image.open(out / "a.jpg").size == (128, 96)
    (sidecar,) = out.glob("*.json")
    again = CliRunner().invoke(app, ["replay", str(sidecar), "-o", str(tmp_path / "again.jpg")])
    assert again.exit_code == 0, again.output
    assert (tmp_path / "again.jpg").read_bytes() == (out / "a.jpg").read_bytes()


def test_auto_makes_smaller_by_the_filter_alone() -> None:
    picture = as_picture(clean_scene())
    model = burnish.load()
    smaller = model.at_size(model.restore(picture), Size.parse("30x"), picture)
    assert smaller.picture.size == (20, 30)
    assert not smaller.settled.models


def test_a_network_that_enlarges_says_which_damage_it_enlarges(tmp_path: Path) -> None:
    source = tmp_path / "a.jpg"
    Image.fromarray(bytes_of(leaves(48, 64))).save(source, quality=30)
    target = tmp_path / "b.png"
    with pytest.warns(UserWarning, match=r"it is compressed.*-m auto\+upscale-x2 takes it off"):
        burnish.restore(source, target, model="upscale-x2")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        burnish.restore(source, target, model="auto+upscale-x2")
        burnish.restore(clean_scene(), model="upscale-x2")
