"""Maps: a dial's setting and the strength, place by place, from files and arrays; and what stays
where a picture is enlarged.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import scene
from numpy.typing import NDArray
from PIL import Image
from typer.testing import CliRunner

import burnish
from burnish import images
from burnish.cli import app
from burnish.contract import Array, Contract, Dial, level_array
from burnish.errors import DialError, InputError, UsageError
from burnish.images import Picture
from burnish.pipeline import MapFile, ask, settle

NOISE = Dial("noise", 0.0, 75.0, 25.0, "sigma")
PIXEL = Contract(level="pixel", dials=(NOISE,))


@pytest.fixture
def noisy(rng: np.random.Generator) -> NDArray[np.uint8]:
    """[96, 128, 3]"""
    picture = scene(96, 128)[0].transpose(1, 2, 0) + rng.normal(0, 20 / 255, (96, 128, 3)).astype(
        np.float32
    )
    samples: NDArray[np.uint8] = np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)
    return samples


def read_map(path: Path, picture: Picture) -> Array:
    """0 where the map is black, 1 where it is white."""
    return MapFile(path, 0, 1, str(path)).read(picture, None)


def saved(path: Path, samples: Any, **options: Any) -> Path:
    Image.fromarray(samples).save(path, **options)
    return path


def test_black_and_white_are_the_ends_of_the_dial_or_what_is_said(tmp_path: Path) -> None:
    board = saved(tmp_path / "map.png", np.array([[0, 255], [51, 102]], np.uint8))
    picture = images.Picture(np.zeros((1, 3, 2, 2), np.float32))
    for word, expected in (
        (str(board), [[0, 75], [15, 30]]),
        (f"{board}:10..40", [[10, 40], [16, 22]]),
        (f"{board}:40..10", [[40, 10], [34, 28]]),
    ):
        np.testing.assert_allclose(
            np.asarray(settle(PIXEL, ask(PIXEL, {"noise": word}), picture).dials["noise"]),
            expected,
            atol=1e-5,
        )
    with pytest.raises(DialError, match="noise=80 is out of range"):
        ask(PIXEL, {"noise": f"{board}:0..80"})
    with pytest.raises(
        DialError, match="noise=none.png: neither a number, nor auto, nor a file there is"
    ):
        ask(PIXEL, {"noise": "none.png"})


@pytest.mark.parametrize("tag", range(1, 9))
def test_a_map_is_painted_over_what_is_seen(tmp_path: Path, tag: int) -> None:
    """A spot in the picture as it is looked at, and the map of that spot: in the file they lie in
    the same place, whatever the orientation.
    """
    seen = np.zeros((48, 64), np.uint8)
    seen[8:16, 40:56] = 255
    spot = saved(tmp_path / "spot.png", seen)
    stored = np.ascontiguousarray(
        images.turned(seen.astype(np.float32), {6: 8, 8: 6}.get(tag, tag))
    ).astype(np.uint8)
    exif = Image.Exif()
    exif[0x0112] = tag
    picture = images.read(saved(tmp_path / "photo.png", stored, exif=exif))
    np.testing.assert_array_equal(images.upright(picture).pixels[0, 0], seen / np.float32(255))
    np.testing.assert_array_equal(read_map(spot, picture), picture.pixels[0, 0])


def test_a_map_of_another_size_is_resized_and_one_of_another_shape_refused(tmp_path: Path) -> None:
    picture = images.Picture(np.zeros((1, 3, 60, 80), np.float32))
    ramp = np.tile(np.linspace(0, 255, 40, dtype=np.uint8), (30, 1))
    result = read_map(saved(tmp_path / "half.png", ramp), picture)
    assert result.shape == (60, 80)
    np.testing.assert_allclose(result[30], np.linspace(0, 1, 80), atol=0.02)
    with pytest.raises(
        InputError, match="is 30x30, which is another shape than the picture's 80x60"
    ):
        read_map(saved(tmp_path / "square.png", ramp[:, :30]), picture)
    grey, colour = (
        read_map(saved(tmp_path / f"{n}.png", a), picture)
        for n, a in (("g", ramp), ("c", np.dstack([ramp] * 3)))
    )
    np.testing.assert_allclose(grey, colour, atol=1e-6)


def test_an_even_map_is_the_number_and_two_halves_are_two_numbers(noisy: NDArray[np.uint8]) -> None:
    model, picture = burnish.load("photo"), noisy.astype(np.float32) / np.float32(255)
    model.open(precision="fp32")
    low, high = (model(picture, noise=level) for level in (10, 40))
    np.testing.assert_allclose(
        model(picture, noise=np.full((96, 128), 40, np.float32)), high, atol=1e-6
    )
    halves = np.full((96, 128), 10, np.float32)
    halves[:, 64:] = 40
    both, reach = model(picture, noise=halves), model.contract.reach
    assert reach is not None
    if reach < 60:
        np.testing.assert_allclose(both[:, : 64 - reach], low[:, : 64 - reach], atol=1e-6)
        np.testing.assert_allclose(both[:, 64 + reach :], high[:, 64 + reach :], atol=1e-6)
    assert (
        np.abs(both[:, :20] - low[:, :20]).max() < 0.25 * np.abs(both[:, :20] - high[:, :20]).max()
    )
    tiles = model(picture, noise=halves, tile=48)
    np.testing.assert_allclose(tiles, both, atol=1e-4)


def test_maps_out_of_range_or_of_another_size_are_refused(noisy: NDArray[np.uint8]) -> None:
    model = burnish.load("photo")
    with pytest.raises(DialError, match="noise=80 is out of range"):
        model(noisy, noise=np.full((96, 128), 80, np.float32))
    with pytest.raises(UsageError, match="128x95 does not fit a picture of 128x96"):
        model(noisy, noise=np.full((95, 128), 20, np.float32))
    with pytest.raises(UsageError, match="strength 1.5 is out of range"):
        model(noisy, noise=20, strength=np.full((96, 128), 1.5, np.float32))


@pytest.mark.parametrize(
    ("level", "reason"),
    [
        ("image", "not computed pixel by pixel"),
        ("batch", "changes the filters, which are the same all over"),
    ],
)
def test_who_takes_no_map_says_why(tmp_path: Path, level: Any, reason: str) -> None:
    board, contract = (
        saved(tmp_path / "map.png", np.zeros((4, 4), np.uint8)),
        Contract(level=level, dials=(NOISE,)),
    )
    for setting in (str(board), np.zeros((4, 4), np.float32)):
        with pytest.raises(DialError, match=reason):
            ask(contract, {"noise": setting})


def test_a_level_of_numbers_and_maps() -> None:
    board = np.arange(6, dtype=np.float32).reshape(2, 3)
    level = level_array((3.0, board))
    assert level is not None
    np.testing.assert_array_equal(level, np.stack([np.full((2, 3), 3, np.float32), board])[None])
    assert level_array(()) is None


def test_where_the_strength_map_is_black_nothing_changes(noisy: NDArray[np.uint8]) -> None:
    model, board = burnish.load("photo"), np.zeros((96, 128), np.float32)
    board[:, 80:] = 1
    board[:, 64:80] = 0.5
    for picture in (
        noisy,
        noisy.astype(np.uint16) * 257,
        noisy.astype(np.float32) / np.float32(255),
        noisy[..., 0],
    ):
        result, full = model(picture, noise=25, strength=board), model(picture, noise=25)
        np.testing.assert_array_equal(result[:, :64], picture[:, :64])
        np.testing.assert_allclose(
            result[:, 80:].astype(np.float64),
            full[:, 80:],
            atol=1e-6 if full.dtype == np.float32 else 1,
        )
        assert (full[:, 64:80] != picture[:, 64:80]).any()
        mean = (full[:, 64:80].astype(np.float64) + picture[:, 64:80]) / 2
        np.testing.assert_allclose(
            result[:, 64:80], mean, atol=1e-6 if full.dtype == np.float32 else 1
        )


def test_from_the_command_line(tmp_path: Path, noisy: NDArray[np.uint8]) -> None:
    source, target = saved(tmp_path / "photo.png", noisy), tmp_path / "out.png"
    halves = np.zeros((96, 128), np.uint8)
    halves[:, 64:] = 255
    where = saved(tmp_path / "where.png", halves)
    words = [
        "restore",
        str(source),
        "-o",
        str(target),
        "-d",
        f"noise={where}:5..25",
        "--strength-map",
        str(where),
        "--strength",
        "0.5",
        "--fp32",
        "--json",
    ]
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["dials"] == {"noise": f"{where}:5..25"}
    assert report["estimated"] == []
    result = np.asarray(Image.open(target))
    np.testing.assert_array_equal(result[:, :64], noisy[:, :64])
    level, half = (
        np.where(halves > 0, 25, 5).astype(np.float32),
        (halves / np.float32(510)).astype(np.float32),
    )
    exact = burnish.load("photo")
    exact.open(precision="fp32")
    expected = exact(noisy, noise=level, strength=half)
    assert np.abs(result.astype(int) - expected).max() <= 1
    assert (
        burnish.restore(source, noise=f"{where}:5..25", strength=half)[:, :64]
        == noisy[:, :64] / np.float32(255)
    ).all()
    other = saved(tmp_path / "other.png", halves[:, :96])
    for options, error in (
        (["--strength-map", str(tmp_path / "none.png")], UsageError),
        (["-d", "noise=none.png"], DialError),
    ):
        with pytest.raises(error):
            CliRunner().invoke(
                app,
                ["restore", str(source), "-o", str(tmp_path / "b.png"), *options],
                catch_exceptions=False,
            )
    done = CliRunner().invoke(
        app,
        ["restore", str(source), "-o", str(tmp_path / "b.png"), "--strength-map", str(other)],
        catch_exceptions=False,
    )
    assert done.exit_code == 3
    assert "another shape" in done.output


def test_enlarging_mixes_with_the_picture_enlarged_and_keeps_alpha(
    noisy: NDArray[np.uint8],
) -> None:
    lanczos, bicubic = burnish.load("lanczos"), burnish.load("bicubic")
    picture = noisy.astype(np.float32) / np.float32(255)
    large, plain = lanczos(picture), bicubic(picture)
    np.testing.assert_allclose(
        lanczos(picture, strength=0.25), 0.25 * large + 0.75 * plain, atol=1e-6
    )
    board = np.zeros((96, 128), np.float32)
    board[:, 64:] = 1
    mixed = lanczos(picture, strength=board)
    np.testing.assert_array_equal(mixed[:, :120], plain[:, :120])
    np.testing.assert_allclose(mixed[:, 136:], large[:, 136:], atol=1e-6)
    clear = np.dstack([noisy, np.where(board > 0, 255, 0).astype(np.uint8)])
    result = lanczos(clear)
    assert result.shape == (192, 256, 4)
    assert (result[:, :120, 3] == 0).all()
    assert (result[:, 136:, 3] == 255).all()
    np.testing.assert_array_equal(
        result[:, :120, :3], np.rint(plain[:, :120].clip(0, 1) * 255).astype(np.uint8)
    )


def test_an_enlarged_file_keeps_its_alpha(tmp_path: Path, noisy: NDArray[np.uint8]) -> None:
    opaque = np.tile(np.linspace(0, 255, 128, dtype=np.uint8), (96, 1))
    source = saved(tmp_path / "clear.png", np.dstack([noisy, opaque]))
    done = CliRunner().invoke(
        app,
        ["restore", str(source), "-o", str(tmp_path / "large.png"), "-m", "lanczos"],
        catch_exceptions=False,
    )
    assert done.exit_code == 0, done.output
    large = np.asarray(Image.open(tmp_path / "large.png"))
    assert large.shape == (192, 256, 4)
    assert np.abs(large[100, :, 3].astype(float) - np.linspace(0, 255, 256)).max() < 2.5
