"""Mending films: what is dirt, what only moves, and that nothing else changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from burnish.contract import Array
from burnish.errors import DialError
from burnish.film.frame import Frame, Layout
from burnish.film.mend import CONTRACT, REACH, mended

#: the frames' width and height
SIZE = (160, 120)
GREY = Layout("grey", 8, *SIZE)
#: how a film's planes may be laid out
LAYOUTS = {
    "grey": GREY,
    "grey of 16 bits": Layout("grey", 16, *SIZE),
    "4:2:0": Layout("yuv", 8, *SIZE, across=2, down=2),
    "4:2:2 of 10 bits": Layout("yuv", 10, *SIZE, across=2, down=1),
    "4:4:4 of 12 bits": Layout("yuv", 12, *SIZE),
    "4:1:1": Layout("yuv", 8, *SIZE, across=4, down=1),
    "RGB": Layout("rgb", 8, *SIZE),
}


def texture(seed: int, size: tuple[int, int]) -> Array:
    """Something [H, W] in 0..1 with detail of many sizes."""
    rng = np.random.default_rng(seed)
    width, height = size
    total = np.zeros((height, width), np.float32)
    for step in (4, 8, 16, 32):
        coarse = rng.standard_normal((height // step + 2, width // step + 2)).astype(np.float32)
        rows = np.arange(height) / step
        columns = np.arange(width) / step
        total += step**0.5 * bilinear(coarse, rows, columns)
    return np.asarray(np.clip(0.5 + 0.15 * total / total.std(), 0, 1), np.float32)


def bilinear(plane: Array, rows: NDArray[Any], columns: NDArray[Any]) -> Array:
    """The plane at rows and columns between its own."""
    row, column = rows.astype(int), columns.astype(int)
    down = (rows - row).astype(np.float32)[:, None]
    right = (columns - column).astype(np.float32)[None]
    top = (1 - right) * plane[row][:, column] + right * plane[row][:, column + 1]
    below = (1 - right) * plane[row + 1][:, column] + right * plane[row + 1][:, column + 1]
    return np.asarray((1 - down) * top + down * below, np.float32)


def moving(count: int, seed: int = 0, speed: tuple[int, int] = (3, 1)) -> list[Array]:
    """Luma [H, W] in 0..1 of frames of a texture that moves, with something else before it."""
    width, height = SIZE
    behind = texture(seed, (width + 200, height + 200))
    before = texture(seed + 1, SIZE)
    frames = []
    for number in range(count):
        top, left = 100 - speed[1] * number, 100 - speed[0] * number
        frame = behind[top : top + height, left : left + width].copy()
        x = 30 + 2 * number
        frame[40:80, x : x + 30] = before[40:80, 40:70]
        frames.append(frame)
    return frames


def film(lumas: Sequence[Array], layout: Layout = GREY, grain: float = 1.0) -> list[Frame]:
    """Frames of these lumas, with grain of so many 8-bit steps."""
    rng = np.random.default_rng(7)
    frames = []
    for number, luma in enumerate(lumas):
        values = 16 + 219 * luma + grain * rng.standard_normal(luma.shape)
        planes = [values]
        if layout.model == "yuv":
            coarse = values[:: layout.down, :: layout.across]
            planes += [128 + 0.3 * (coarse - 128), 128 - 0.2 * (coarse - 128)]
        elif layout.model == "rgb":
            planes = [values, 0.9 * values, 0.8 * values]
        coded_ones = tuple(coded(plane, layout) for plane in planes)
        frames.append(Frame(coded_ones, Fraction(number, 25), number, held=f"with {number}"))
    return frames


def coded(values: NDArray[Any], layout: Layout) -> Any:
    """Values in 8-bit steps as samples of the layout."""
    kind = np.uint8 if layout.bits == 8 else np.uint16
    whole = np.rint(values * 2 ** (layout.bits - 8))
    return np.clip(whole, 0, 2**layout.bits - 1).astype(kind)


def soiled(frames: Sequence[Frame], layout: Layout, places: dict[int, Any]) -> list[Frame]:
    """The frames with white dirt at those places of these frames; no colour there."""
    dirty = list(frames)
    for number, (rows, columns) in places.items():
        planes = [plane.copy() for plane in frames[number].planes]
        for index, plane in enumerate(planes):
            across, down = (layout.across, layout.down) if index else (1, 1)
            value = 235 if index == 0 or layout.model == "rgb" else 128
            box = (
                slice(rows.start // down, -(-rows.stop // down)),
                slice(columns.start // across, -(-columns.stop // across)),
            )
            plane[box] = value * 2 ** (layout.bits - 8)
        dirty[number] = replace(frames[number], planes=tuple(planes))
    return dirty


def same(first: Frame, second: Frame) -> bool:
    """Whether two frames have the same samples."""
    return all(
        one.dtype == two.dtype and np.array_equal(one, two)
        for one, two in zip(first.planes, second.planes, strict=True)
    )


def error(first: Frame, second: Frame, box: Any, bits: int = 8) -> float:
    """The RMS difference of the first planes in a box, in 8-bit steps."""
    one, two = (frame.planes[0][box].astype(float) for frame in (first, second))
    return float(np.sqrt(np.square(one - two).mean()) / 2 ** (bits - 8))


#: where dirt lies in frame 4, in 5 and in 6
SPOTS = {
    4: np.s_[20:25, 100:106],
    5: np.s_[60:64, 120:126],
    6: np.s_[92:98, 70:74],
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_dirt_goes_and_all_else_stays(layout: Layout) -> None:
    clean = film(moving(9), layout)
    dirty = soiled(clean, layout, SPOTS)
    result = list(mended(iter(dirty), layout, {}))
    assert [frame.number for frame in result] == list(range(9))
    assert [frame.time for frame in result] == [frame.time for frame in clean]
    assert [frame.held for frame in result] == [frame.held for frame in dirty]
    for number, box in SPOTS.items():
        assert error(dirty[number], clean[number], box, layout.bits) > 30
        assert error(result[number], clean[number], box, layout.bits) < 5
        rows, columns = box
        for plane, before in zip(result[number].planes, dirty[number].planes, strict=True):
            far = np.ones(plane.shape, bool)
            down, across = (n // m for n, m in zip((120, 160), plane.shape, strict=True))
            far[
                rows.start // down - 4 : rows.stop // down + 5,
                columns.start // across - 4 : columns.stop // across + 5,
            ] = False
            assert np.array_equal(plane[far], before[far])
    for number in set(range(9)) - set(SPOTS):
        assert same(result[number], dirty[number])


def test_a_clean_film_stays_to_the_last_bit() -> None:
    frames = film(moving(8), grain=2)
    assert all(map(same, mended(iter(frames), GREY, {}), frames))


def test_at_a_sensitivity_of_0_nothing_is_dirt() -> None:
    dirty = soiled(film(moving(9)), GREY, SPOTS)
    assert all(map(same, mended(iter(dirty), GREY, {"sensitivity": 0}), dirty))


def test_what_is_larger_than_size_stays() -> None:
    dirty = soiled(film(moving(9)), GREY, {4: np.s_[20:44, 100:124]})
    small = list(mended(iter(dirty), GREY, {"size": 10}))
    assert np.array_equal(small[4].planes[0][21:43, 101:123], dirty[4].planes[0][21:43, 101:123])
    large = list(mended(iter(dirty), GREY, {"size": 30}))
    assert error(large[4], film(moving(9))[4], np.s_[20:44, 100:124]) < 6


def test_dials_have_ranges() -> None:
    names = [dial.name for dial in CONTRACT.dials]
    assert names == ["sensitivity", "size", "lines", "flicker", "noise"]
    with pytest.raises(DialError, match="sensitivity=101 is out of range"):
        list(mended(iter(film(moving(1))), GREY, {"sensitivity": 101}))


def test_shots_know_nothing_of_each_other() -> None:
    frames = film(moving(4) + moving(4, seed=9, speed=(-2, 2)))
    numbered = [Frame(f.planes, f.time, n) for n, f in enumerate(frames)]
    assert all(map(same, mended(iter(numbered), GREY, {}), numbered))
    dirty = soiled(numbered, GREY, {5: SPOTS[4]})
    result = list(mended(iter(dirty), GREY, {}))
    assert error(result[5], numbered[5], SPOTS[4]) < 5


@pytest.mark.parametrize("number", [0, 4, 5, 8])
def test_dirt_at_the_ends_of_a_shot_is_found_by_what_is_on_one_side(number: int) -> None:
    frames = film([*moving(5), *moving(4, seed=9)])
    frames = [Frame(f.planes, f.time, n) for n, f in enumerate(frames)]
    dirty = soiled(frames, GREY, {number: SPOTS[4]})
    result = list(mended(iter(dirty), GREY, {}))
    assert error(dirty[number], frames[number], SPOTS[4]) > 30
    assert error(result[number], frames[number], SPOTS[4]) < 6


@pytest.mark.parametrize("count", [0, 1, 2])
def test_films_too_short_to_tell_stay_as_they_are(count: int) -> None:
    dirty = soiled(film(moving(count)), GREY, {1: SPOTS[4]} if count > 1 else {})
    result = list(mended(iter(dirty), GREY, {}))
    assert len(result) == count
    assert all(map(same, result, dirty))


def test_frames_that_repeat_each_other_are_one_frame() -> None:
    lumas = moving(6)
    frames = film(lumas)
    doubled = [frames[n // 2] for n in range(12)]
    dirty = soiled(frames, GREY, {3: SPOTS[4]})
    shown = [Frame(dirty[n // 2].planes, Fraction(n, 25), n) for n in range(12)]
    result = list(mended(iter(shown), GREY, {}))
    for number in (6, 7):
        assert error(shown[number], doubled[number], SPOTS[4]) > 30
        assert error(result[number], doubled[number], SPOTS[4]) < 5


@pytest.mark.parametrize("settings", [{}, {"noise": 2}], ids=["as it is", "with noise"])
def test_a_frame_depends_on_its_reach_and_on_no_more(settings: dict[str, float]) -> None:
    count = 2 * REACH + 4
    rows, columns = np.random.default_rng(1).integers(10, 100, (2, count))
    spots = {
        n: np.s_[r : r + 5, c : c + 6] for n, (r, c) in enumerate(zip(rows, columns, strict=True))
    }
    gains = 1 + 0.04 * np.random.default_rng(2).standard_normal(count)
    lumas = [g * luma for g, luma in zip(gains, moving(count, speed=(1, 1)), strict=True)]
    dirty = soiled(ruled(film(lumas), 130, 235), GREY, spots)
    whole = list(mended(iter(dirty), GREY, settings))
    assert sum(map(same, whole, dirty)) < 0.4 * count
    for number in (REACH, REACH + 3, count - REACH - 1):
        window = dirty[number - REACH : number + REACH + 1]
        assert same(list(mended(iter(window), GREY, settings))[REACH], whole[number])
    later = list(mended(iter(dirty[3:]), GREY, settings))
    assert all(map(same, later[REACH:], whole[3 + REACH :]))


def test_a_window_is_held_and_no_more() -> None:
    given = []

    def counted() -> Any:
        for frame in film(moving(40, speed=(1, 1))):
            given.append(frame)
            yield frame

    for number, frame in enumerate(mended(counted(), GREY, {})):
        assert frame.number == number
        assert len(given) <= number + REACH + 2


def test_something_fast_is_no_dirt() -> None:
    lumas = moving(9, speed=(1, 0))
    spot = texture(5, (12, 12))
    for number, luma in enumerate(lumas):
        luma[30:42, 10 + 14 * number : 22 + 14 * number] = 0.2 + 0.6 * spot[:12, :12]
    frames = film(lumas)
    changed = [
        np.count_nonzero(one.planes[0] != two.planes[0])
        for one, two in zip(mended(iter(frames), GREY, {}), frames, strict=True)
    ]
    assert sum(changed[1:-1]) < 0.1 * 7 * 144


@pytest.mark.parametrize("size", [(1, 1), (5, 3), (17, 40), (64, 9)])
def test_small_frames_pass(size: tuple[int, int]) -> None:
    width, height = size
    layout = Layout("yuv", 8, width, height, across=2, down=2)
    rng = np.random.default_rng(3)
    shapes = [(height, width)] + 2 * [((height + 1) // 2, (width + 1) // 2)]
    frames = [
        Frame(tuple(rng.integers(0, 255, s).astype(np.uint8) for s in shapes), Fraction(n), n)
        for n in range(5)
    ]
    result = list(mended(iter(frames), layout, {"sensitivity": 100}))
    assert [[p.shape for p in f.planes] for f in result] == [shapes] * 5


# --- flicker


def bright(frames: Sequence[Frame]) -> NDArray[Any]:
    """The mean luma of frames."""
    return np.array([frame.planes[0].mean() for frame in frames])


def shone(gains: NDArray[Any], layout: Layout = GREY) -> list[Frame]:
    """Frames whose light is so many times as strong."""
    lumas = moving(len(gains), speed=(1, 1))
    return film([np.clip(g * x, 0, 1) for g, x in zip(gains, lumas, strict=True)], layout)


@pytest.mark.parametrize("name", ["4:2:2 of 10 bits", "RGB", "grey"])
def test_flicker_goes(name: str) -> None:
    layout = LAYOUTS[name]
    gains = 1 + 0.05 * np.random.default_rng(0).standard_normal(24).clip(-2, 2)
    steady, frames = shone(np.ones(24), layout), shone(gains, layout)
    result = list(mended(iter(frames), layout, {}))
    before = np.diff(bright(frames) - bright(steady))
    after = np.diff(bright(result) - bright(steady))
    assert after.std() < 0.15 * before.std()
    assert [frame.held for frame in result] == [frame.held for frame in frames]
    half = list(mended(iter(frames), layout, {"flicker": 50}))
    assert 0.4 < np.diff(bright(half) - bright(steady)).std() / before.std() < 0.6
    none = mended(iter(frames), layout, {"flicker": 0})
    assert all(map(same, none, frames))


def test_colour_loses_its_flicker_with_luma() -> None:
    layout = LAYOUTS["4:4:4 of 12 bits"]
    frames = film(moving(12, speed=(1, 1)), layout)
    dim = tuple(
        np.rint(0.9 * plane.astype(float) + (0.1 * 2048 if index else 0)).astype(np.uint16)
        for index, plane in enumerate(frames[6].planes)
    )
    flickering = [*frames[:6], Frame(dim, frames[6].time, 6), *frames[7:]]
    result = list(mended(iter(flickering), layout, {"sensitivity": 0}))
    for one, two in zip(result[6].planes, frames[6].planes, strict=True):
        assert np.abs(one.astype(float) - two).mean() < 12  # of 4,096
    assert [n for n in range(12) if not same(result[n], flickering[n])] == [6]


COUNT = np.arange(36)


@pytest.mark.parametrize(
    "gains",
    [
        np.clip((COUNT - 8) / 15, 0, 1),
        np.clip((28 - COUNT) / 15, 0, 1),
        np.where(COUNT < 18, 0.5, 1.0),
        np.where(COUNT == 18, 1.6, 1.0),
        1 - 0.3 * np.clip((COUNT - 10) / 12, 0, 1),
    ],
    ids=["fade in", "fade out", "a lamp is lit", "a flash", "it slowly grows dark"],
)
def test_what_light_does_in_a_scene_stays(gains: NDArray[Any]) -> None:
    frames = shone(gains)
    result = list(mended(iter(frames), GREY, {}))
    assert np.abs(bright(result) - bright(frames)).max() < 2.1
    assert sum(map(same, result, frames)) > 30


def test_a_frame_between_steady_ones_is_changed_alone() -> None:
    frames = shone(np.where(COUNT == 18, 0.9, 1.0))
    result = list(mended(iter(frames), GREY, {}))
    assert [n for n in range(36) if not same(result[n], frames[n])] == [18]
    assert abs(bright(result)[18] - bright(shone(np.ones(36)))[18]) < 0.5


def test_a_cut_to_a_darker_shot_is_no_flicker() -> None:
    lumas = [*moving(10), *(0.5 * luma for luma in moving(10, seed=9))]
    frames = film(lumas)
    assert all(map(same, mended(iter(frames), GREY, {}), frames))


# --- lines


def ruled(frames: Sequence[Frame], column: float, value: int, drift: float = 0) -> list[Frame]:
    """The frames with a line two pixels wide down all of them but for the last eighth."""
    result = []
    for frame in frames:
        plane = frame.planes[0].copy()
        left = round(column + drift * frame.number)
        plane[:105, left : left + 2] = value
        result.append(Frame((plane, *frame.planes[1:]), frame.time, frame.number))
    return result


@pytest.mark.parametrize(("value", "drift"), [(235, 0), (16, 0.2), (235, -0.3)])
def test_a_line_down_the_film_goes(value: int, drift: float) -> None:
    clean = film(moving(14))
    frames = ruled(clean, 60, value, drift)
    result = list(mended(iter(frames), GREY, {"sensitivity": 0, "flicker": 0}))
    for number in range(14):
        left = round(60 + drift * number)
        box = np.s_[:105, left : left + 2]
        assert error(frames[number], clean[number], box) > 40
        assert error(result[number], clean[number], box) < 16
        far = np.ones(SIZE[::-1], bool)
        far[:, left - 5 : left + 7] = False
        assert np.array_equal(result[number].planes[0][far], frames[number].planes[0][far])


def test_where_no_lines_are_looked_for_they_stay() -> None:
    frames = ruled(film(moving(14)), 60, 235)
    result = mended(iter(frames), GREY, {"sensitivity": 0, "lines": 0})
    assert all(map(same, result, frames))


def test_what_moves_with_the_picture_is_no_line() -> None:
    lumas = moving(14, speed=(2, 0))
    for number, luma in enumerate(lumas):
        luma[:, 40 + 2 * number : 42 + 2 * number] = 1
        luma[:, 80 + 2 * number :] *= 0.7
    frames = film(lumas)
    assert all(map(same, mended(iter(frames), GREY, {}), frames))


def test_a_step_and_a_short_ridge_that_stand_still_are_no_lines() -> None:
    lumas = [luma.copy() for luma in moving(1) * 14]
    for luma in lumas:
        luma[:, 100:] = 0.6 * luma[:, 100:] + 0.4
        luma[40:90, 50:52] = 1
    frames = film(lumas)
    assert all(map(same, mended(iter(frames), GREY, {}), frames))


def test_a_line_where_nothing_moves_goes_on_from_its_sides() -> None:
    clean = film(moving(1) * 14)
    frames = ruled(clean, 60, 235)
    result = list(mended(iter(frames), GREY, {}))
    for number in range(14):
        assert error(result[number], clean[number], np.s_[:100, 60:62]) < 20


# --- noise


@pytest.mark.parametrize("name", ["grey", "4:2:0", "4:2:2 of 10 bits", "RGB"])
def test_noise_goes_where_it_is_asked_for(name: str) -> None:
    layout = LAYOUTS[name]
    clean, frames = film(moving(9), layout, grain=0), film(moving(9), layout, grain=5)
    result = list(mended(iter(frames), layout, {"noise": 5}))
    assert [frame.held for frame in result] == [frame.held for frame in frames]
    for number in range(9):
        inside = np.s_[10:-10, 10:-10]
        before = error(frames[number], clean[number], inside, layout.bits)
        assert error(result[number], clean[number], inside, layout.bits) < 0.75 * before


def test_where_things_differ_noise_stays() -> None:
    frames = film([*moving(1), *moving(1, seed=40), *moving(1, seed=80)], grain=5)
    assert all(map(same, mended(iter(frames), GREY, {"noise": 5}), frames))
