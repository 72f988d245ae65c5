"""Planted faults: each is named, and by its own measure; a clean copy, and a merely imperfect one,
are named by none.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable

import numpy as np
import pytest
from conftest import scene
from numpy.typing import NDArray
from scipy import ndimage

from burnish.errors import MissingExtra, UsageError
from burnish.metrics.artefacts import ARTEFACTS, OF_DOCUMENTS, OF_PICTURES, complaints, dilated

Picture = NDArray[np.float32]
HEIGHT, WIDTH = 192, 224


def photograph() -> Picture:
    """A scene that nothing pushes out of [0, 1]. [1, 3, H, W]"""
    return scene(HEIGHT, WIDTH) * np.float32(0.8) + np.float32(0.1)


def document() -> Picture:
    """Strokes of five pixels on white paper, level, upright, slanted and curved. [1, 1, H, W]"""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    ink = abs(y - 40 - 12 * np.sin(x / 15)) < 3
    ink |= (abs(y - 100) < 3) & (x > 20) & (x < 200)
    ink |= (abs(x - 60) < 3) & (y > 80) & (y < 180)
    ink |= (abs(x - y - 20) < 3) & (y > 110) & (y < 185)
    return np.where(ink & (x > 8) & (x < WIDTH - 8), 0, 1).astype(np.float32)[None, None]


def figures(restored: NDArray[np.floating], clean: Picture, crop: int = 0) -> dict[str, float]:
    """What is asked of such a picture: of a grey one what is asked of documents, too."""
    names = [*OF_PICTURES, *OF_DOCUMENTS] if clean.shape[1] == 1 else OF_PICTURES
    return {
        name: ARTEFACTS[name].function(restored.astype(np.float32), clean, crop) for name in names
    }


def with_grid(clean: Picture, period: int) -> Picture:
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return clean + np.where((y // (period // 2) + x // (period // 2)) % 2, 0.03, -0.03).astype(
        np.float32
    )


def with_noise(clean: Picture, sigma: float) -> Picture:
    return (clean + np.random.default_rng(3).normal(0, sigma / 255, clean.shape)).astype(np.float32)


def blurred(clean: Picture, sigma: float) -> NDArray[np.floating]:
    result: NDArray[np.floating] = ndimage.gaussian_filter(clean, (0, 0, sigma, sigma))
    return result


def with_cast(clean: Picture, rows: int, columns: int) -> Picture:
    spoiled = clean.copy()
    spoiled[:, 0, :rows, :columns] += 12 / 255
    return spoiled


def with_ink(clean: Picture, ink: NDArray[np.bool_]) -> Picture:
    return np.where(ink, 0, 1).astype(np.float32).reshape(clean.shape)


def thicker(clean: Picture) -> Picture:
    return with_ink(clean, dilated(clean[0, 0] < 0.5, 1))


def thinner(clean: Picture) -> Picture:
    return with_ink(clean, ~dilated(clean[0, 0] >= 0.5, 1))


def with_gaps(clean: Picture) -> Picture:
    spoiled = clean.copy()
    spoiled[..., 30:46] = 1
    spoiled[..., 130:150] = 1
    return spoiled


#: (the fault, the kind of picture, what it does to one, the one measure that reacts, how the
#: sentence begins)
FAULTS: list[
    tuple[str, Callable[[], Picture], Callable[[Picture], NDArray[np.floating]], str, str]
] = [
    *(
        (
            f"grid of {p}",
            photograph,
            lambda c, p=p: with_grid(c, p),
            "grid",
            "checkered: a grid of 8 pixels or less makes up 100 %",
        )
        for p in (2, 4, 8)
    ),
    (
        "blur",
        photograph,
        lambda c: blurred(c, 1),
        "smoothness",
        "over-smoothed: its gradients have 27 % of the clean picture's energy",
    ),
    (
        "sharpening",
        photograph,
        lambda c: 2 * c - blurred(c, 1),
        "smoothness",
        "rough: its gradients have 2",
    ),
    (
        "noise",
        photograph,
        lambda c: with_noise(c, 6),
        "residual-noise",
        "noisy: noise of 6.0 8-bit steps is left",
    ),
    (
        "cast",
        photograph,
        lambda c: with_cast(c, HEIGHT, WIDTH),
        "colour-drift",
        "its colours drift: a channel lies 8.0 8-bit steps off",
    ),
    (
        "cast of a quarter",
        photograph,
        lambda c: with_cast(c, HEIGHT // 2, WIDTH // 2),
        "colour-drift",
        "its colours drift: a channel lies 3.9",
    ),
    (
        "grey paper",
        document,
        lambda c: c - 30 / 255,
        "background",
        "grey background: its paper is 30 8-bit steps darker",
    ),
    (
        "dirty paper",
        document,
        lambda c: (
            c - np.abs(with_noise(c, 20) - c) * (np.random.default_rng(4).random(c.shape) < 0.3)
        ),
        "background-noise",
        "dirty back",
    ),
    ("bold strokes", document, thicker, "stroke-thickness", "bold strokes: they are 1"),
    ("thin strokes", document, thinner, "stroke-thickness", "thin strokes: they are "),
    ("gaps", document, with_gaps, "broken-lines", "broken lines: 1"),
]


@pytest.mark.parametrize(
    ("clean", "spoil", "name", "sentence"),
    [fault[1:] for fault in FAULTS],
    ids=[fault[0] for fault in FAULTS],
)
def test_each_fault_is_named_and_by_its_own_measure(
    clean: Callable[[], Picture],
    spoil: Callable[[Picture], NDArray[np.floating]],
    name: str,
    sentence: str,
) -> None:
    found = figures(spoil(clean()), clean())
    [said] = complaints({name: found[name]})
    assert said.startswith(sentence)
    assert [
        other
        for other in complaints(found)
        if other != said and not (name == "background-noise" and other.startswith("noisy"))
    ] == []  # dirt is noise


@pytest.mark.parametrize("clean", [photograph(), document()], ids=["photograph", "document"])
def test_a_clean_copy_is_neutral_and_one_that_is_nearly_clean_is_named_by_none(
    clean: Picture,
) -> None:
    assert figures(clean, clean) == pytest.approx(
        {name: ARTEFACTS[name].neutral for name in figures(clean, clean)}
    )
    assert complaints(figures(clean, clean)) == []
    assert complaints(figures(with_noise(clean, 1), clean)) == []
    assert complaints(figures(blurred(clean, 0.35), clean)) == []


def test_every_artefact_is_told_of_one_kind_of_picture_and_says_its_definition() -> None:
    assert list(ARTEFACTS) == [*OF_PICTURES, *OF_DOCUMENTS]
    assert all(
        name == artefact.name and "crop 2, mean of 3]" in artefact.stamp(1, 2, 3)
        for name, artefact in ARTEFACTS.items()
    )
    assert {artefact.better for artefact in ARTEFACTS.values()} == {"near"}


def test_complaints_pass_over_other_figures_and_what_has_none() -> None:
    assert complaints({"psnr": 3.0, "smoothness": math.nan, "grid": 9.0}) == []
    said = complaints({"residual-noise": 3.14, "smoothness": 61.2})
    assert said == [
        "over-smoothed: its gradients have 61 % of the clean picture's energy",
        "noisy: noise of 3.1 8-bit steps is left where the clean picture is smooth",
    ]


@pytest.mark.parametrize("name", ARTEFACTS)
def test_what_is_not_finite_has_no_figure_and_a_crop_measures_what_it_leaves(name: str) -> None:
    clean = document()
    broken, restored = clean.copy(), with_noise(clean, 60)
    broken[..., 90, 90] = np.nan
    assert math.isnan(ARTEFACTS[name].function(broken, clean, 0))
    cropped = ARTEFACTS[name].function(restored[..., 9:-9, 9:-9], clean[..., 9:-9, 9:-9], 0)
    assert ARTEFACTS[name].function(restored, clean, 9) == pytest.approx(cropped)


@pytest.mark.parametrize("sigma", [1, 3, 10])
def test_the_noise_that_is_left_is_measured_in_steps(sigma: float) -> None:
    assert figures(with_noise(photograph(), sigma), photograph())[
        "residual-noise"
    ] == pytest.approx(sigma, rel=0.05)
    both = with_noise(with_grid(photograph(), 4), sigma)
    assert figures(both, photograph())["residual-noise"] == pytest.approx(sigma, rel=0.1)


def test_lost_texture_is_no_noise() -> None:
    textured = with_noise(photograph(), 8)
    found = figures(blurred(textured, 1), textured)
    assert found["residual-noise"] == 0
    assert found["smoothness"] < 20


def test_a_grid_that_nobody_sees_is_none_and_a_small_picture_is_refused() -> None:
    faint = (with_grid(photograph(), 4) - photograph()) / 10 + photograph()
    assert figures(faint, photograph())["grid"] == 0
    with pytest.raises(UsageError, match="32x32"):
        ARTEFACTS["grid"].function(scene(31, 40), scene(31, 40), 0)


def test_pictures_without_what_is_measured_are_neutral() -> None:
    plain, black = np.ones((1, 1, 40, 40), np.float32), np.zeros((1, 1, 40, 40), np.float32)
    assert figures(plain, plain) == pytest.approx(
        {name: artefact.neutral for name, artefact in ARTEFACTS.items()}
    )
    assert ARTEFACTS["smoothness"].function(scene(7, 30), scene(7, 30), 0) == 100
    assert {name: figures(black, black)[name] for name in ("background", "background-noise")} == {
        "background": 0,
        "background-noise": 0,
    }
    assert ARTEFACTS["residual-noise"].function(scene(9, 9), scene(9, 9) / np.float32(2), 0) == 0
    lost = figures(np.ones(document().shape), document())
    assert lost["stroke-thickness"] == 0
    assert lost["broken-lines"] == 100


def test_specks_far_from_ink_are_no_strokes() -> None:
    clean = document()
    specks = (np.random.default_rng(3).random(clean.shape) < 0.01) & ~dilated(clean[0, 0] < 0.5, 3)
    assert figures(np.where(specks, 0, clean), clean)["stroke-thickness"] == 100


def test_a_whole_pixel_to_the_side_breaks_no_line() -> None:
    assert figures(np.roll(document(), (1, 1), (2, 3)), document())["broken-lines"] < 2


def test_widening_reaches_corners() -> None:
    dot = np.zeros((7, 9), bool)
    dot[3, 4] = True
    assert np.array_equal(dilated(dot, 2), ndimage.binary_dilation(dot, np.ones((5, 5), bool)))


def test_strokes_without_scikit_image_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "skimage.morphology", None)
    for name in ("stroke-thickness", "broken-lines"):
        with pytest.raises(MissingExtra, match=r"burnish\[classical\]"):
            ARTEFACTS[name].function(document(), document(), 0)
