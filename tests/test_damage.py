"""Damage to documents and film: masks, what its dial and its seed do, what it is independent of,
and the drawing beneath it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import scene
from PIL import Image
from scipy import interpolate, ndimage

from burnish.contract import Array
from burnish.degrade import Degradation, drawing, make
from burnish.degrade.film.masks import read_mask
from burnish.degrade.paint import Paint, lay, parts, rgb
from burnish.errors import InputError, UsageError

DOCUMENT = (
    "FadedInk OldPaper Stains CoffeeRings Folds Creases Shadows UnevenLight "
    "BleedThrough RuledPaper PencilSmear"
).split()
FILM = "Dust Hair Scratches Blotches Flicker FilmMasks".split()
every = pytest.mark.parametrize("name", DOCUMENT + FILM)


@cache
def made(name: str) -> Degradation:
    return make(name)


def masked(
    degradation: Degradation, clean: Array, share: float, seed: int = 1
) -> tuple[Array, Array]:
    """Spoiled at that share of the dial's highest value, and the mask."""
    assert degradation.masked is not None
    level = np.full((len(clean), 1, 1, 1), share * degradation.dial.high, np.float32)
    return degradation.masked(clean, level, np.random.default_rng(seed))


def page(height: int = 96, width: int = 128, channels: int = 3, n: int = 1) -> Array:
    """White paper with some black writing. [n, C, H, W]"""
    paper = np.ones((n, channels, height, width), np.float32)
    paper[:, :, ::13, width // 8 : -width // 8] = 0.1
    return paper


@every
@pytest.mark.parametrize(
    ("height", "width", "channels"),
    [(16, 16, 3), (61, 83, 1), (128, 40, 3), (1, 1, 1), (300, 7, 3)],
)
def test_the_mask_is_exact_at_every_size(name: str, height: int, width: int, channels: int) -> None:
    clean = scene(height, width, channels)
    spoiled, mask = masked(made(name), clean, 0.6)
    assert spoiled.dtype == mask.dtype == np.float32
    assert mask.shape == (1, 1, height, width)
    assert (mask >= 0).all()
    assert (mask <= 1).all()
    outside = np.broadcast_to(mask == 0, clean.shape)
    np.testing.assert_array_equal(spoiled[outside], clean[outside])
    assert np.isfinite(spoiled).all()


@every
def test_the_mask_says_how_much(name: str) -> None:
    """Where it is faint the picture hardly changes; and what stays white paper has no mask."""
    if name == "Flicker":
        pytest.skip("is all over or nowhere")
    clean = page(n=3)
    spoiled, mask = masked(made(name), clean, 0.8)
    assert (np.abs(spoiled - clean) <= mask + 1e-6).all()
    assert mask.any()


@every
def test_a_higher_dial_only_adds(name: str) -> None:
    clean = page(n=4)
    masks = np.stack([masked(made(name), clean, share)[1] for share in (0, 0.2, 0.4, 0.7, 1.0)])
    assert not masks[0].any()
    assert (np.diff(masks, axis=0) >= -1e-6).all()
    assert masks[1].mean() < 0.75 * masks[4].mean() or name == "Flicker"
    assert (masks[1].reshape(4, -1).max(1) > 0).all(), "every picture gets some"


@every
def test_what_is_drawn_depends_on_the_shape_alone(name: str) -> None:
    dark, bright = page() * np.float32(0.2), np.flip(scene(96, 128), -1).copy()
    np.testing.assert_array_equal(
        masked(made(name), dark, 0.5)[1], masked(made(name), bright, 0.5)[1]
    )
    rngs = [np.random.default_rng(1) for _ in range(3)]
    for rng, clean, level in zip(rngs, (dark, bright, bright), (0.0, 0.3, 1.0), strict=True):
        made(name).spoil(
            clean, np.full((1, 1, 1, 1), level * made(name).dial.high, np.float32), rng
        )
    assert len({rng.random() for rng in rngs}) == 1, (
        "what follows does not depend on pixels or levels"
    )


@every
def test_pictures_of_a_batch_are_independent(name: str) -> None:
    clean, level = page(n=3), np.full((3, 1, 1, 1), made(name).dial.high / 2, np.float32)
    spoil = made(name).spoil
    together = spoil(clean, level, np.random.default_rng(1))
    level[1] = 0
    changed = spoil(clean, level, np.random.default_rng(1))
    np.testing.assert_array_equal(changed[::2], together[::2])
    np.testing.assert_array_equal(changed[1], clean[1])
    assert (together[0] != together[2]).any()


@every
def test_grey_is_the_luma_of_colour(name: str) -> None:
    if name == "PencilSmear":
        pytest.skip("draws the picture's own darkness out")
    grey, colour = page(channels=1), page(channels=3)
    ours, mask = masked(made(name), grey, 0.5)
    theirs, same = masked(made(name), colour, 0.5)
    np.testing.assert_array_equal(mask, same)
    np.testing.assert_allclose(
        np.tensordot(np.array([0.299, 0.587, 0.114]), theirs[0], 1), ours[0, 0], atol=0.01
    )  # less where glazes of two colours cross


@every
def test_maps_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match=rf"{made(name).dial.name} is one number for a picture"):
        made(name).spoil(
            page(16, 16), np.zeros((1, 1, 16, 16), np.float32), np.random.default_rng(0)
        )


@pytest.mark.parametrize(
    ("name", "arguments", "sentence"),
    [
        ("Stains", {"scale": 0}, "scale=0"),
        ("Hair", {"scale": [2, 1]}, "scale="),
        ("Dust", {"bright": 2}, "bright=2"),
        ("BleedThrough", {"page": "other"}, "page=other .*drawn, batch"),
        ("RuledPaper", {"kind": "dotted"}, "kind=dotted .*ruled, squared"),
        ("RuledPaper", {"pitch": 1}, "pitch=1"),
        ("FilmMasks", {"most": 0}, "most=0"),
        ("FilmMasks", {"folder": "nowhere"}, "folder=nowhere: no damage masks there"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(
    name: str, arguments: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence):
        make(name, **arguments)


# Documents


def test_paper_only_darkens_and_ink_stays_dark() -> None:
    clean = page(128, 128, n=4)
    for name in (
        "OldPaper Stains CoffeeRings Shadows UnevenLight BleedThrough RuledPaper PencilSmear"
    ).split():
        assert (masked(made(name), clean, 1.0)[0] <= clean).all(), name


def test_ink_fades_by_what_the_dial_says_and_paper_stays_white() -> None:
    for channels in (1, 3):
        clean = np.zeros((6, channels, 128, 128), np.float32)
        clean[..., :64] = 1
        for share in (0.3, 0.6, 1.0):
            spoiled, _ = masked(made("FadedInk"), clean, share)
            np.testing.assert_array_equal(spoiled[..., :64], 1)
            ink = (
                spoiled[:, 0, :, 64:]
                if channels == 1
                else np.tensordot(np.array([0.299, 0.587, 0.114]), spoiled[..., 64:], (0, 1))
            )
            assert ink.max() < 1, "none of it is gone altogether"
            np.testing.assert_allclose(ink.mean((1, 2)), 0.9 * share, atol=0.1)
    assert np.ptp(spoiled[..., 64:].mean((2, 3)), axis=1).max() > 0.02, "some ink has a colour"


def test_stains_are_brownish_where_there_is_colour() -> None:
    spoiled, mask = masked(made("CoffeeRings"), page(128, 128, n=4), 1.0)
    red, _, blue = (spoiled[:, c][mask[:, 0] > 0.2].mean() for c in range(3))
    assert red > blue + 0.02


def test_the_light_that_is_missing_is_what_the_dial_says() -> None:
    for name in ("UnevenLight", "Shadows"):
        spoiled, mask = masked(made(name), np.ones((4, 1, 64, 64), np.float32), 0.5)
        np.testing.assert_allclose(
            spoiled.min((1, 2, 3)), 1 - 0.5 * made(name).dial.high, atol=0.03
        )
    assert mask.shape == (4, 1, 64, 64)


def test_old_paper_swallows_the_light_that_the_dial_says() -> None:
    for channels in (1, 3):
        spoiled, _ = masked(made("OldPaper"), np.ones((4, channels, 256, 256), np.float32), 0.6)
        luma = (
            spoiled[:, 0]
            if channels == 1
            else np.tensordot(np.array([0.299, 0.587, 0.114]), spoiled, (0, 1))
        )
        np.testing.assert_allclose(luma.mean((1, 2)), 0.7, atol=0.02)


def test_uneven_light_leaves_its_brightest_place() -> None:
    spoiled, _ = masked(made("UnevenLight"), np.ones((4, 1, 64, 64), np.float32), 1.0)
    np.testing.assert_array_equal(spoiled.max((1, 2, 3)), 1)


def test_bleed_through_of_the_batch_is_the_next_page_mirrored() -> None:
    blank, other = page(64, 64, 1) * 0 + 1, np.ones((1, 1, 64, 64), np.float32)
    other[..., 8:24, 40:60] = 0
    _, mask = masked(make("BleedThrough", page="batch"), np.concatenate([blank, other]), 1.0)
    assert not mask[1].any(), "the other side of the second page is the first, which is blank"
    down, across = ndimage.center_of_mass(mask[0, 0])
    assert down == pytest.approx(15.5, abs=0.5)
    assert across == pytest.approx(63 - 49.5, abs=0.5)
    assert mask[0].max() == pytest.approx(0.7, abs=0.35)


def test_ruled_paper_has_lines_at_its_pitch() -> None:
    for kind, columns in (("ruled", False), ("squared", True)):
        _, masks = masked(
            make("RuledPaper", kind=kind, pitch=16), np.ones((6, 1, 160, 160), np.float32), 1.0
        )
        for mask in masks[:, 0]:
            for axis, present in ((1, True), (0, columns)):
                strips = mask[:, :20].mean(1) if axis else mask[:20].mean(0)
                spectrum = np.abs(np.fft.rfft(strips - strips.mean()))
                if present:
                    assert abs(int(spectrum[2:20].argmax()) + 2 - 10) <= 1, (
                        "160 pixels hold ten lines"
                    )
                elif spectrum.max() > 0.1:  # a margin, at most
                    assert spectrum[10] < 3 * np.median(spectrum[2:20]) + 1


def test_smeared_pencil_draws_out_what_is_there() -> None:
    blank = np.ones((6, 1, 96, 96), np.float32)
    written = blank.copy()
    written[..., ::12, :] = 0
    (plain, mask), (spoiled, _) = (
        masked(made("PencilSmear"), blank, 1.0),
        masked(made("PencilSmear"), written, 1.0),
    )
    between = (written == 1) & (mask > 0.5)
    assert spoiled[between].mean() < plain[between].mean() - 0.02


# Film


def test_dust_is_mostly_bright_or_mostly_dark() -> None:
    grey = np.full((8, 1, 128, 128), 0.5, np.float32)
    for bright, share in ((1.0, 1), (0.0, 0)):
        spoiled, mask = masked(make("Dust", bright=bright), grey, 1.0)
        lighter = ((spoiled > grey) & (mask > 0.3)).sum() / (mask > 0.3).sum()
        assert abs(lighter - share) < 0.35


def test_scratches_run_along_the_film() -> None:
    _, masks = masked(made("Scratches"), np.ones((8, 1, 128, 128), np.float32), 1.0)
    assert np.abs(np.diff(masks, axis=2)).mean() < 0.6 * np.abs(np.diff(masks, axis=3)).mean()


def test_flicker_is_off_by_no_more_than_it_says() -> None:
    clean = np.full((16, 3, 32, 32), 0.5, np.float32)
    spoiled, mask = masked(made("Flicker"), clean, 0.4)
    off = spoiled.mean((1, 2, 3)) / 0.5 - 1
    assert (np.abs(off) <= 0.2).all()
    assert (np.abs(off) >= 0.09).all()
    assert {1.0} == set(np.unique(mask))
    assert (off > 0).any()
    assert (off < 0).any()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A grey mask, and one of class numbers in a folder within."""
    (tmp_path / "inner").mkdir()
    grey, classes = np.zeros((60, 80), np.uint8), np.zeros((300, 200), np.uint8)
    grey[20:40, 30:50], classes[::10, ::10] = 200, 3
    Image.fromarray(grey).save(tmp_path / "a.png")
    Image.fromarray(classes).save(tmp_path / "inner" / "b.png")
    (tmp_path / "notes.txt").write_text("not a mask")
    return tmp_path


def test_masks_of_a_folder_are_laid_on(folder: Path) -> None:
    assert read_mask(str(folder / "a.png")).max() == 200
    assert set(np.unique(read_mask(str(folder / "inner" / "b.png")))) == {0, 255}
    clean = np.full((6, 3, 90, 110), 0.5, np.float32)
    degradation = make("FilmMasks", folder=str(folder), scale=1.0, most=1)
    spoiled, mask = masked(degradation, clean, 1.0)
    assert mask.any((1, 2, 3)).all()
    areas = (mask > 0.1).sum((1, 2, 3))
    grey = [
        int(a) for a in areas if 380 <= a <= 420
    ]  # 20x20, wherever it lies and however it is mirrored
    assert grey, areas
    np.testing.assert_array_equal(
        spoiled,
        degradation.spoil(clean, np.ones((6, 1, 1, 1), np.float32), np.random.default_rng(1)),
    )


def test_a_mask_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"a\.png: a damage mask that cannot be read"):
        masked(make("FilmMasks", folder=str(tmp_path)), page(), 1.0)


@pytest.mark.shared
@pytest.mark.parametrize("kind", ["damage_masks", "scan_masks"])
def test_real_masks_are_laid_on(shared: Path, kind: str) -> None:
    clean = np.full((4, 1, 256, 256), 0.5, np.float32)
    spoiled, mask = masked(
        make("FilmMasks", folder=str(shared / "film" / kind), scale=0.5), clean, 1.0
    )
    assert 0 < (mask > 0.3).mean() < 0.5
    assert (spoiled != clean).any((1, 2, 3)).all()


# What it is drawn with


def test_smooth_lines_are_splines() -> None:
    weights = drawing._spline_weights(50, 7.0, np.random.default_rng(2))
    offset = np.random.default_rng(2).random()
    coefficients = np.random.default_rng(3).standard_normal((weights.shape[1],))
    spline = interpolate.BSpline(np.arange(-3, len(coefficients) + 1), coefficients, 3)
    np.testing.assert_allclose(
        weights @ coefficients, spline(np.arange(50) / 7 + offset), atol=1e-5
    )
    np.testing.assert_allclose(weights.sum(1), 1, atol=1e-6)


@pytest.mark.parametrize("octaves", [1, 4])
def test_fields_have_mean_zero_and_deviation_one(octaves: int) -> None:
    field = np.stack(
        [drawing.fractal_field((200, 160), 6, np.random.default_rng(i), octaves) for i in range(8)]
    )
    assert field.dtype == np.float32
    assert field.mean() == pytest.approx(0, abs=0.05)
    assert field.std() == pytest.approx(1, abs=0.06)


def test_soften_is_a_gaussian(rng: np.random.Generator) -> None:
    plane = rng.random((23, 31), dtype=np.float32)
    for sigma in (0.7, 2.5, 9.0):
        np.testing.assert_allclose(
            drawing.soften(plane, sigma),
            ndimage.gaussian_filter(plane, sigma, mode="reflect", truncate=4.0),
            atol=2e-3,
        )
    assert drawing.soften(plane, 0) is plane


@pytest.mark.parametrize("width", [1.0, 2.0, 5.5])
def test_a_trail_covers_its_length_times_its_width(width: float) -> None:
    steps = np.linspace(0, 60, 121, dtype=np.float32)
    trail = drawing.trace((100, 100), 20.3 + 0.6 * steps, 15.7 + 0.8 * steps, width)
    assert trail.max() == pytest.approx(1, abs=0.01 if width > 1 else 0.3)
    assert trail.sum() == pytest.approx(60 * width + np.pi * width**2 / 4, rel=0.08)
    outside = drawing.trace((40, 40), steps - 100, steps, width)
    assert not outside.any()
    assert drawing.trace((9, 9), steps[:0], steps[:0], 1.0).shape == (9, 9)


def test_ripples_have_no_seam(rng: np.random.Generator) -> None:
    angle = np.linspace(-np.pi, np.pi, 721, dtype=np.float32)
    values = drawing.ripple(angle, rng)
    assert values[0] == pytest.approx(values[-1], abs=1e-5)
    assert np.abs(np.diff(values)).max() < 0.1
    assert values.std() == pytest.approx(1, abs=0.02)


def test_layers_glaze_or_cover() -> None:
    picture, mask = np.full((3, 2, 2), 0.5, np.float32), np.zeros((2, 2), np.float32)
    half = np.array([[0, 0.5], [1, 1e-4]], np.float32)
    lay([Paint(half, rgb(0.2, 0.4, 1.0))], picture, mask)
    np.testing.assert_allclose(picture[:, 1, 0], [0.1, 0.2, 0.5])
    np.testing.assert_allclose(picture[:, 0, 1], [0.3, 0.35, 0.5])
    np.testing.assert_array_equal(mask, [[0, 0.5], [1, 0]])
    lay([Paint(half, rgb(0.2, 0.4, 1.0), glaze=False)], picture, mask)
    np.testing.assert_allclose(picture[:, 1, 0], [0.2, 0.4, 1.0])
    np.testing.assert_array_equal(mask, [[0, 0.75], [1, 0]])
    np.testing.assert_array_equal(picture[:, 0, 0], 0.5)


def test_parts_come_up_one_after_the_other() -> None:
    assert parts(0.0, 4) == []
    assert parts(0.1, 4) == pytest.approx([0.4])
    assert parts(0.5, 4) == [1, 1]
    assert parts(1.0, 4) == [1, 1, 1, 1]
    assert parts(2.0, 4) == [1, 1, 1, 1]
