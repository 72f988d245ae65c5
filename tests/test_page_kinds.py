"""Kinds of pages that cleaning has to tell apart: scores, codes, forms, clippings, whiteboards."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import leaves
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage
from writing import BLACK, CREAM, letters, written

from burnish.contract import Array
from burnish.images import Picture
from burnish.inference import zoo
from burnish.inference.model import Model
from burnish.pipeline import areas
from burnish.pipeline.page.edges import sharpened
from burnish.pipeline.page.ink import Writing


@pytest.fixture(scope="module")
def document() -> Model:
    model = zoo.load("document")
    model.open(device="cpu", threads=1)
    return model


def planes(page: Image.Image, grain: float = 2.5) -> Array:
    """A drawn page [3, H, W], blurred as a scanner does, with grain in 8-bit steps."""
    samples = ndimage.gaussian_filter(np.asarray(page, np.float32), (0.6, 0.6, 0))
    noise = np.random.default_rng(0).normal(0, grain, samples.shape[:2])[..., None]
    return np.asarray((samples + noise).clip(0, 255).transpose(2, 0, 1) / 255, np.float32)


def pasted(height: int, width: int) -> Image.Image:
    """A page of print, to draw on."""
    page = written(height, width, grain=0)
    return Image.fromarray(np.rint(255 * page.transpose(1, 2, 0)).astype(np.uint8))


def alike(ink: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    """The F-measure of ink, from 0 to 1."""
    return float(2 * (ink & truth).sum() / (ink.sum() + truth.sum()))


# --- light pages on which much is dark


def test_a_book_before_black_is_no_dark_page_and_its_print_stays(document: Model) -> None:
    book = np.full((3, 700, 900), 0.05, np.float32)
    book[:, 60:640, 70:830] = written(580, 760)
    book += np.random.default_rng(0).normal(0, 0.01, book.shape[1:]).astype(np.float32)
    assert not areas(book.clip(0, 1)).dark.any()
    after = document.restore(Picture(book[None].clip(0, 1))).picture.pixels[0].mean(0)
    truth = letters(580, 760)
    assert alike(after[60:640, 70:830][20:-20, 20:-20] < 0.5, truth[20:-20, 20:-20]) > 0.75


def test_what_is_wider_than_strokes_does_not_say_how_wide_they_are() -> None:
    page = written(580, 760).mean(0) / 0.88
    rim = np.pad(page, 70, constant_values=0.1)
    assert Writing.of(rim).width == Writing.of(page).width <= 3
    assert Writing.of(rim).depth == pytest.approx(Writing.of(page).depth, abs=0.1)


def test_a_picture_of_printed_dots_is_left_alone_and_print_is_not() -> None:
    page = written(1100, 700)
    assert not areas(page).pictures.any()
    rows, columns = np.mgrid[:400, :320].astype(np.float32)
    waves = [np.cos(2 * np.pi * way / 7.0) for way in (rows + columns, rows - columns)]
    screen = (waves[0] + waves[1]) / 4 + 0.5
    picture = 0.1 + 0.6 * leaves(400, 320, 1, seed=3)[0, 0]
    page[:, 200:600, 100:420] = np.where(picture > screen, page[:, :1, :1], 0.15)
    found = areas(page)
    assert not found.dark.any()
    assert found.pictures[210:590, 110:410].mean() > 0.95
    found.pictures[175:625, 75:445] = False
    assert not found.pictures.any()


# --- ink that is no stroke


def test_staves_and_filled_heads_of_notes_stay(document: Model) -> None:
    score = Image.new("RGB", (800, 500), CREAM)
    draw = ImageDraw.Draw(score)
    heads, lines = np.zeros((2, 500, 800), np.bool_)
    for top in (80, 200, 320):
        for line in range(5):
            draw.line((60, top + 12 * line, 740, top + 12 * line), fill=(60, 58, 55))
            lines[top + 12 * line, 70:730] = True
        for beat in range(14):
            x, y = 90 + 46 * beat, top + 6 * (beat % 7)
            draw.ellipse((x - 8, y - 6, x + 8, y + 6), fill=BLACK)
            draw.line((x + 7, y, x + 7, y - 40), fill=BLACK, width=2)
            heads[y - 3 : y + 4, x - 4 : x + 5] = True
    after = document.restore(Picture(planes(score)[None])).picture.pixels[0].mean(0)
    assert after[heads].mean() < 0.1
    assert (after[lines] < 0.7).mean() > 0.8


@pytest.mark.parametrize("side", [24, 60])
def test_solid_areas_stay_filled(document: Model, side: int) -> None:
    page = pasted(400, 500)
    draw = ImageDraw.Draw(page)
    draw.rectangle((80, 180, 400, 390), fill=CREAM)
    solid = np.zeros((400, 500), np.bool_)
    for x, y in ((110, 200), (200, 200), (300, 210), (110, 300), (240, 310)):
        draw.rectangle((x, y, x + side, y + side), fill=(20, 20, 20))
        solid[y + 2 : y + side - 1, x + 2 : x + side - 1] = True
    after = document.restore(Picture(planes(page)[None])).picture.pixels[0].mean(0)
    assert (after[solid] < 0.3).mean() > 0.98


# --- colours


@pytest.mark.parametrize("ink", [(200, 60, 50), (60, 110, 190)])
def test_dense_writing_in_colour_is_no_marking(document: Model, ink: tuple[int, int, int]) -> None:
    board = Image.new("RGB", (900, 600), (205, 208, 210))
    draw = ImageDraw.Draw(board)
    for top in range(80, 540, 90):
        zigzag = [(60 + 8 * at, top + 34 * (at % 2)) for at in range(90)]
        draw.line(zigzag, fill=ink, width=5)
    page = planes(board)
    assert not areas(page).pictures.any()
    after = document.restore(Picture(page[None])).picture.pixels[0]
    apart = after.max(0) - after.min(0)
    assert (after.min(0)[apart < 0.05] > 0.9).mean() > 0.99


@pytest.mark.parametrize("fill", [(200, 222, 226), (206, 200, 184)], ids=["colour", "grey"])
def test_pale_areas_that_go_are_said(document: Model, fill: tuple[int, int, int]) -> None:
    form = pasted(500, 700)
    draw = ImageDraw.Draw(form)
    plain = document.restore(Picture(planes(form)[None])).picture.notes
    for top in (60, 180, 300):
        draw.rectangle((80, top, 600, top + 60), fill=fill)
    page = Picture(planes(form)[None])
    said = document.restore(page).picture.notes
    assert not any("pale colours" in note for note in plain)
    assert any("pale colours or greys on 2" in note for note in said)


def test_a_shadow_over_the_edge_and_a_round_stain_are_no_pale_areas() -> None:
    y, x = np.mgrid[0:700, 0:500]
    light = np.full((700, 500), 0.97, np.float32)
    light[500:] = 0.88  # as beside a book's fold, or under a hand
    light[(y - 240) ** 2 + (x - 250) ** 2 < 120**2] = 0.88
    assert areas(np.stack([light] * 3)).pale == 0


def test_the_ground_of_a_heading_is_even_to_its_rim(document: Model) -> None:
    page = written(500, 600, paper=(250, 250, 250))
    page[:, :90] = written(90, 600, ink=(255, 255, 255), paper=(20, 80, 150), seed=3)
    after = document.restore(Picture(page[None])).picture.pixels[0]
    ground = np.array((20, 80, 150)) / 255
    for rows in (slice(20, 40), slice(78, 88)):
        found = np.median(after[:, rows].reshape(3, -1), 1)
        np.testing.assert_allclose(found, ground, atol=0.05)


def test_a_dark_page_with_a_light_rim_is_cleaned(document: Model) -> None:
    page = written(300, 400, ink=(235, 235, 230), paper=(40, 40, 40))
    page[:, :, :3] = 1
    after = document.restore(Picture(page[None])).picture.pixels[0].mean(0)
    assert alike(after[:, 10:] > 0.5, letters(300, 400)[:, 10:]) > 0.75


# --- edges


def test_the_edges_of_wide_strokes_are_those_of_the_page() -> None:
    truth = letters(150, 220, scale=4)
    light = np.where(truth, np.float32(0.6), np.float32(1))
    light += np.random.default_rng(0).normal(0, 0.06, light.shape).astype(np.float32)
    told = ndimage.gaussian_filter(np.where(truth, 0, 1).astype(np.float32), 5)
    found = sharpened(told.copy(), light, 8)
    assert alike(found < 0.5, truth) > alike(told < 0.5, truth) + 0.05
