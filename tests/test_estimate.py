"""The estimated noise against the noise that was added."""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import leaves, scene
from PIL import Image, ImageDraw

from burnish.contract import Array, Contract, Dial
from burnish.degrade import make
from burnish.degrade.noise import clip_and_round, field
from burnish.errors import NonFiniteInput
from burnish.ground.resize import resize
from burnish.pipeline import NOTHING, ask, estimate, settle
from burnish.pipeline.estimate.network import levels


def noise(image: Array) -> float:
    """The level that is found in a picture."""
    return estimate.noise(image).value


def quality(image: Array) -> float:
    """The quality that is found in a picture."""
    return estimate.quality(image).value


def noisy(clean: Array, sigma: float, rng: np.random.Generator, clip: bool) -> Array:
    spoiled = clean + rng.standard_normal(clean.shape, dtype=np.float32) * np.float32(sigma / 255)
    return clip_and_round(spoiled) if clip else spoiled


def through_jpeg(image: Array) -> Array:
    file = io.BytesIO()
    Image.fromarray(
        np.rint(np.clip(image[0], 0, 1) * 255).astype(np.uint8).transpose(1, 2, 0)
    ).save(file, "JPEG", quality=92, subsampling=2)
    return np.asarray(Image.open(file), np.float32).transpose(2, 0, 1)[None] / np.float32(255)


@pytest.mark.parametrize("clip", [False, True])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("sigma", [3, 10, 25, 50])
def test_the_noise_that_was_added_is_found(
    sigma: float, channels: int, clip: bool, rng: np.random.Generator
) -> None:
    assert noise(noisy(scene(192, 256, channels, coarse=4), sigma, rng, clip)) == pytest.approx(
        sigma, rel=0.06, abs=0.3
    )


@pytest.mark.parametrize("side", [56, 80, 120])
def test_white_noise_of_small_pictures_is_found(side: int, rng: np.random.Generator) -> None:
    clean = scene(side, side, coarse=4)
    for sigma in (10, 25, 40):
        assert noise(noisy(clean, sigma, rng, clip=True)) == pytest.approx(sigma, rel=0.2)


@pytest.mark.parametrize("value", [0.0, 0.03, 0.97])
def test_what_clipping_took_is_put_back(value: float, rng: np.random.Generator) -> None:
    flat = np.full((1, 3, 160, 160), value, np.float32)
    spoiled = noisy(flat, 30, rng, clip=True)
    assert spoiled.std() * 255 < 25
    assert noise(spoiled) == pytest.approx(30, rel=0.06)


@pytest.mark.parametrize("channels", [1, 3])
def test_clean_pictures_have_next_to_none(channels: int) -> None:
    assert noise(leaves(192, 256, channels)) < 0.5
    assert noise(clip_and_round(leaves(192, 256, channels, 1))) < 0.5
    assert noise(decoded(saved(leaves(192, 256, channels), 90))) < 1


@pytest.mark.parametrize("at", [85, 92])
def test_noise_of_which_a_jpeg_left_hardly_any_colour_is_found(
    at: int, rng: np.random.Generator
) -> None:
    spoiled = noisy(leaves(192, 256), 15, rng, clip=True)
    assert noise(decoded(saved(spoiled, at, subsampling=2))) == pytest.approx(15, rel=0.35)


@pytest.mark.parametrize("width", [0.6, 1.0])
@pytest.mark.parametrize("channels", [1, 3])
def test_noise_that_is_correlated_is_found(
    width: float, channels: int, rng: np.random.Generator
) -> None:
    clean = leaves(256, 320, channels)
    added = field(clean.shape, rng, correlated=(width, width)) * np.float32(12 / 255)
    assert noise(clip_and_round(clean + added)) == pytest.approx(12, rel=0.4)


def test_correlated_noise_that_all_channels_share_is_found(rng: np.random.Generator) -> None:
    clean = leaves(256, 320)
    added = field(clean.shape, rng, grey=1, correlated=(1, 1)) * np.float32(12 / 255)
    assert noise(clip_and_round(clean + added)) == pytest.approx(12, rel=0.35)


@pytest.mark.parametrize("kind", ["camera", "scan"])
def test_noise_of_saved_pictures_is_found(kind: str, rng: np.random.Generator) -> None:
    """Roughly: its level lies between half and one and a half times the truth."""
    degradation = make("PictureNoise", kinds={kind: 1})
    clean = leaves(256, 320)
    for level in (4, 8, 14):
        spoiled = degradation.spoil(clean, np.full((1, 1, 1, 1), level, np.float32), rng)
        assert 0.5 * level < noise(clip_and_round(spoiled)) < 1.5 * level


@pytest.mark.parametrize("grain", [0.0, 2.5])
def test_texture_in_places_is_no_noise_and_the_noise_beside_it_is(
    grain: float, rng: np.random.Generator
) -> None:
    """A smooth picture with texture, as of leaves, in its upper half, and grain all over."""
    slope = np.linspace(0.3, 0.6, 256, dtype=np.float32)
    smooth = np.broadcast_to(slope, (1, 3, 256, 256))
    texture = field((1, 1, 256, 256), rng, correlated=(0.8, 0.8)) * np.float32(12 / 255)
    noisy_all_over = smooth + texture
    texture[:, :, 128:] = 0
    added = field((1, 3, 256, 256), rng, correlated=(0.7, 0.7)) * np.float32(grain / 255)
    assert noise(through_jpeg(smooth + texture + added)) == pytest.approx(grain, abs=1)
    assert noise(through_jpeg(noisy_all_over)) == pytest.approx(12, abs=3)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_margin_of_white_noise_is_narrow_and_holds(
    channels: int, rng: np.random.Generator
) -> None:
    clean = leaves(192, 256, channels)
    for sigma in (3, 8, 20, 50):
        found = estimate.noise(noisy(clean, sigma, rng, clip=True))
        assert found.margin is not None
        assert abs(found.value - sigma) <= found.margin <= 0.2 * sigma + 1


def test_the_margin_of_other_noise_holds_for_most(rng: np.random.Generator) -> None:
    degradation = make("PictureNoise", kinds={"camera": 1, "scan": 1})
    inside = []
    for level in (0, 2, 4, 6, 8, 10, 12, 14):
        clean = leaves(256, 320, 3, level)
        spoiled = degradation.spoil(clean, np.full((1, 1, 1, 1), level, np.float32), rng)
        found = estimate.noise(clip_and_round(spoiled))
        assert found.margin is not None
        assert 0.3 < found.margin <= 0.8 * found.value + 2
        true = 255 * np.sqrt(np.square(spoiled - clean).mean())
        inside.append(abs(found.value - true) <= found.margin)
    assert sum(inside) >= 7


def test_of_a_picture_too_small_to_tell_the_margin_is_all_there_is(
    rng: np.random.Generator,
) -> None:
    for size in ((5, 5), (16, 16), (20, 300)):
        spoiled = noisy(np.full((1, 3, *size), 0.4, np.float32), 20, rng, clip=True)
        assert estimate.noise(spoiled).margin == 75


def test_the_network_says_where_noise_is(rng: np.random.Generator) -> None:
    """Its estimates of cells follow noise that is in one half of the picture alone."""
    clean = leaves(192, 256)
    clean[..., 128:] += rng.standard_normal((1, 3, 192, 128), dtype=np.float32) * 20 / 255
    found = levels(clean)
    assert found is not None
    assert found.logarithm.shape == found.spread.shape == (12, 16)
    quiet, loud = (np.exp(part).mean() for part in (found.logarithm[:, :7], found.logarithm[:, 9:]))
    assert loud > 10 * quiet
    assert levels(clean[..., :20]) is None


@pytest.mark.parametrize("stored", ["grey", "sepia"])
def test_black_and_white_stored_in_colour_has_the_noise_of_the_one_channel(
    stored: str, rng: np.random.Generator
) -> None:
    grey = noisy(leaves(192, 256, 1), 20, rng, clip=True)
    alone = noise(grey)
    tint = np.array([1, 1, 1] if stored == "grey" else [1, 0.85, 0.65], np.float32)
    tinted = noise(clip_and_round(grey * tint[:, None, None]))
    assert alone == pytest.approx(20, rel=0.06)
    rms = np.sqrt(np.square(tint).mean())
    assert tinted == pytest.approx(alone * rms, rel=0.001 if stored == "grey" else 0.05)


def test_black_areas_do_not_hide_the_noise_of_the_rest(rng: np.random.Generator) -> None:
    """Camera noise, in a picture of which a tenth is as black as nothing."""
    clean = leaves(256, 320)
    spoiled = make("PictureNoise", kinds={"camera": 1}).spoil(
        clean, np.full((1, 1, 1, 1), 6, np.float32), rng
    )
    spoiled[..., :32] = 0
    assert 3 < noise(clip_and_round(spoiled)) < 9


def test_print_and_drawings_have_none(rng: np.random.Generator) -> None:
    """Black and white alone, hard edges, even areas: nothing that a denoiser should touch."""
    page = np.ones((1, 1, 240, 320), np.float32)
    for row in range(10, 230, 14):
        page[..., row : row + 8, 12:300] = rng.random((1, 1, 1, 288)) > 0.5
    for picture in (page, page.repeat(3, 1), decoded(saved(page, 85))):
        assert noise(picture) < 5


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    "size", [(1, 1), (1, 40), (2, 2), (5, 5), (8, 8), (13, 11), (3, 900), (40, 40)]
)
def test_small_pictures_are_no_error(
    size: tuple[int, int], channels: int, rng: np.random.Generator
) -> None:
    flat = np.full((1, channels, *size), 0.4, np.float32)
    assert noise(flat) < 0.5
    assert 0 <= noise(noisy(flat, 20, rng, clip=True)) < 30


def test_a_float_picture_beyond_0_to_1_counts_as_it_is(rng: np.random.Generator) -> None:
    assert noise(
        noisy(np.full((1, 3, 160, 160), 1.5, np.float32), 20, rng, clip=False)
    ) == pytest.approx(20, rel=0.05)


def test_a_picture_that_is_not_finite_is_refused() -> None:
    image = scene(32, 32)
    image[0, 0, 3, 3] = np.nan
    with pytest.raises(NonFiniteInput):
        noise(image)


def test_it_says_the_same_every_time_and_large_pictures_are_quick(rng: np.random.Generator) -> None:
    large = noisy(scene(2000, 3000), 15, rng, clip=True)
    kept = large.copy()
    start = time.process_time()
    first = noise(large)
    assert time.process_time() - start < 5
    assert first == noise(large) == estimate.ESTIMATORS["noise"](large).value
    assert first == pytest.approx(15, rel=0.05)
    np.testing.assert_array_equal(large, kept)


def saved(image: Array, at: int, **options: Any) -> bytes:
    """The picture [1, C, H, W] as a JPEG of that quality."""
    file, values = io.BytesIO(), np.rint(np.clip(image[0], 0, 1) * 255).astype(np.uint8)
    Image.fromarray(values[0] if len(values) == 1 else values.transpose(1, 2, 0)).save(
        file, "JPEG", quality=at, **options
    )
    return file.getvalue()


def decoded(data: bytes) -> Array:
    planes = np.asarray(Image.open(io.BytesIO(data)), np.float32) / np.float32(255)
    return np.ascontiguousarray(
        planes[None, None] if planes.ndim == 2 else planes.transpose(2, 0, 1)[None]
    )


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("at", [7, 30, 50, 82, 94])
def test_the_quality_of_a_jpeg_shows_in_its_pixels(
    at: int, channels: int, rng: np.random.Generator
) -> None:
    picture = decoded(saved(noisy(scene(160, 200, channels), 4, rng, True), at))
    assert quality(picture) == pytest.approx(at, abs=1)
    assert quality(np.ascontiguousarray(picture[..., 3:, 5:])) == pytest.approx(
        at, abs=1
    )  # cut, so that its blocks begin elsewhere


def test_a_drawing_was_never_compressed(rng: np.random.Generator) -> None:
    drawing = np.full((1, 3, 200, 260), 0.9, np.float32)
    for left in range(10, 240, 30):
        top = int(rng.integers(20, 150))
        drawing[..., top:180, left : left + 19] = rng.random((3, 1, 1))
    assert quality(clip_and_round(drawing)) == 100
    assert quality(decoded(saved(drawing, 60, subsampling=0))) < 90


@pytest.mark.parametrize("cell", [1, 4, 8])
def test_few_even_colours_are_no_compression(cell: int, rng: np.random.Generator) -> None:
    for pieces in (2, 5, 12):
        size = 320 // cell
        picture = Image.new("RGB", (size, size), tuple(rng.integers(0, 256, 3)))
        pen = ImageDraw.Draw(picture)
        for _ in range(pieces):
            left, top, width, height = (int(each) for each in rng.integers(4, size - 4, 4))
            box = (left, top, left + width, top + height)
            shape = pen.ellipse if rng.random() < 0.5 else pen.rectangle
            shape(box, tuple(int(each) for each in rng.integers(0, 256, 3)))
        enlarged = picture.resize((320, 320), Image.Resampling.NEAREST)
        # as a GIF and a PNG with a palette hold it
        few = np.asarray(enlarged.quantize(256).convert("RGB")).transpose(2, 0, 1)[None]
        drawn = np.ascontiguousarray(few, np.float32) / np.float32(255)
        assert quality(drawn) == 100
        assert quality(drawn[:, 1:2]) == 100
    # a smooth one has few steps, too, and they are waves
    smooth = scene(160, 200, 3) * np.float32(0.25) + np.float32(0.4)
    assert quality(decoded(saved(smooth, 40))) == pytest.approx(40, abs=3)


def test_what_was_never_compressed_has_the_quality_100(rng: np.random.Generator) -> None:
    for channels in (1, 3):
        assert quality(noisy(scene(160, 200, channels), 4, rng, True)) == 100
    assert quality(np.full((1, 1, 64, 64), 0.5, np.float32)) == 100
    assert quality(scene(12, 12, 3)) == 100
    with pytest.raises(NonFiniteInput):
        quality(np.full((1, 1, 64, 64), np.nan, np.float32))


def cut(image: Array) -> Array:
    return np.ascontiguousarray(image[..., 3:-5, 3:-5])


def as_webp(image: Array) -> Array:
    file = io.BytesIO()
    pixels = np.rint(image[0] * 255).astype(np.uint8).transpose(1, 2, 0)
    Image.fromarray(pixels).save(file, "WEBP", quality=90)
    return decoded(file.getvalue())


@pytest.mark.parametrize("first", [10, 25])
def test_under_the_last_table_an_earlier_one_is_found(first: int, rng: np.random.Generator) -> None:
    low = decoded(saved(noisy(leaves(240, 320), 3, rng, True), first))
    again = [
        low,
        decoded(saved(low, 90)),
        decoded(saved(cut(low), 95)),
        decoded(saved(cut(low), 90)),
        decoded(saved(decoded(saved(low, 60)), 90)),
        as_webp(low),
    ]
    for picture in again:
        assert quality(picture) == pytest.approx(first, abs=2)


def test_under_the_last_table_of_a_grey_picture_too(rng: np.random.Generator) -> None:
    low = decoded(saved(noisy(leaves(240, 320, 1), 3, rng, True), 15))
    for picture in (decoded(saved(low, 92)), decoded(saved(cut(low), 92))):
        assert quality(picture) == pytest.approx(15, abs=2)


@pytest.mark.parametrize("at", [20, 50, 90])
def test_what_was_saved_once_was_not_saved_before(at: int, rng: np.random.Generator) -> None:
    for clean in (leaves(240, 320), noisy(leaves(240, 320, 1, 1), 8, rng, True)):
        assert quality(decoded(saved(clean, at))) == pytest.approx(at, abs=1)
        assert quality(decoded(saved(decoded(saved(clean, 98)), at))) == pytest.approx(at, abs=1)


@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"subsampling": 0, "optimize": True}]
)
def test_a_file_tells_its_quality_and_the_dial_takes_it(
    options: dict[str, Any], tmp_path: Path
) -> None:
    from burnish import images

    for at in (1, 10, 37, 50, 75, 96, 100):
        (tmp_path / "picture.jpg").write_bytes(saved(scene(40, 56, 3), at, **options))
        picture = images.read(tmp_path / "picture.jpg")
        assert picture.known() == {"quality": at}
        assert images.facts(tmp_path / "picture.jpg")["quality"] == at
        contract = Contract(dials=(Dial("quality", 10, 95, 40, "JPEG quality"),))
        told = settle(contract, NOTHING, picture)
        assert told.dials == {"quality": min(max(at, 10), 95)}
        assert told.origins == {"quality": "file"}
        asked = settle(contract, ask(contract, {"quality": 20}), picture)
        assert asked.dials == {"quality": 20}
        assert asked.origins == {"quality": "asked"}
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(tmp_path / "picture.png")
    assert images.read(tmp_path / "picture.png").known() == {}


# --- at what size a picture still shows all that it does


def enlarged(picture: Array, times: float, kernel: str = "bicubic") -> Array:
    height, width = picture.shape[-2:]
    return clip_and_round(resize(picture, round(times * height), round(times * width), kernel))


@pytest.mark.parametrize("kernel", ["bicubic", "lanczos", "bilinear"])
@pytest.mark.parametrize("channels", [1, 3])
def test_an_enlarged_picture_is_known_by_what_it_does_not_show(channels: int, kernel: str) -> None:
    sharp = leaves(240, 320)[:, :channels]
    assert estimate.scale(sharp).value == 100
    assert estimate.scale(enlarged(sharp, 2, kernel)).value == 50
    assert estimate.scale(enlarged(sharp, 4, kernel)).value == 25
    assert estimate.scale(through_jpeg(enlarged(leaves(240, 320), 2))).value == 50


def test_sharp_specks_on_a_soft_picture_are_not_lost() -> None:
    soft = enlarged(leaves(240, 320), 2)
    soft[..., 100:300:20, 100:300:20] = 1
    assert estimate.scale(soft).value == 100


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (17, 13), (64, 64)])
def test_of_a_flat_or_tiny_picture_no_scale_is_found(size: tuple[int, int]) -> None:
    assert estimate.scale(np.full((1, 3, *size), 0.5, np.float32)).value == 100


def test_a_scale_is_not_found_in_what_is_no_number() -> None:
    with pytest.raises(NonFiniteInput):
        estimate.scale(np.full((1, 3, 64, 64), np.nan, np.float32))
