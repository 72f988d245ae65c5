"""Pictures stay in whole numbers until a part of them is computed, and results are rounded part by
part: with the bytes that floats give, and without the memory that they take.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np
import odd_good
import pytest
from odd_files import pixels

from burnish import images
from burnish.contract import Array, Contract
from burnish.ground.channels import bilevel, brightness_of, grey, without_copies
from burnish.ground.planes import (
    Computed,
    Planes,
    WholeNumbers,
    all_finite,
    ends,
    floats,
    of_parts,
)
from burnish.images.colour.codes import profile_of_code
from burnish.images.formats import FORMATS
from burnish.images.picture import Picture, to_samples
from burnish.inference.engine import by_tiles, predict_in_tiles
from burnish.pipeline import Settled, at_once, through
from burnish.pipeline.estimate import kind, noise, quality, scale
from burnish.pipeline.even import even, keep_even
from burnish.serve.view import _part
from burnish.study.speed.on import cut

#: what a network may be like: it adds a residual, gives a picture, enlarges, colours
CONTRACTS = {
    "residual": Contract(residual=True, reach=1),
    "picture": Contract(reach=1),
    "larger": Contract(residual=True, reach=1, scale=2),
    "colours": Contract(channels_in=1, reach=1),
}


def network(contract: Contract, image: Array, level: Array | None) -> Array:
    """What a network might make of an image: it darkens, and each pixel depends on those around."""
    padded = np.pad(image, ((0, 0), (0, 0), (1, 1), (1, 1)))
    mean = (padded[..., :-2, 1:-1] + padded[..., 2:, :-2] + padded[..., 1:-1, 2:]) / np.float32(3)
    made = (mean - image if contract.residual else mean) * np.float32(0.9)
    made = made.repeat(contract.scale, -2).repeat(contract.scale, -1)
    return made[:, :1].repeat(contract.channels_out, 1)


def pictures() -> Iterator[tuple[str, images.Picture]]:
    """Every odd file that is whole, and some with noise, even places, holes and profiles."""
    for good in odd_good.odd_good():
        _, read = images.frames(good.data, name=good.name)
        yield good.name, next(read)
    rng = np.random.default_rng(0)
    eight = np.kron(pixels(20, 26), np.ones((4, 5, 1), np.uint8)) ^ rng.integers(
        0, 8, (80, 130, 3), np.uint8
    )
    eight[20:60, 50:100] = (200, 30, 90)
    deep = eight.astype(np.uint16) * 257
    hole = np.dstack([eight, rng.integers(0, 2, (80, 130), np.uint8) * 200])
    hole[10:50, 20:70, 3] = 0
    linear = profile_of_code((1, 8, 0, 1), grey=False)
    assert linear is not None
    for name, array in {"8 bits": eight, "16 bits": deep, "with holes": hole}.items():
        yield name, images.from_array(array)
        yield f"{name}, linear", replace(images.from_array(array), icc=linear)
    yield "10 bits", replace(images.from_array(deep >> 6), bits=10)
    yield "grey in colour", images.from_array(eight[..., :1].repeat(3, 2))
    two = rng.integers(0, 2, (40, 60), np.uint8) * np.uint8(255)
    yield "two values", images.from_array(two)


PICTURES = dict(pictures())


@pytest.mark.parametrize("named", CONTRACTS)
@pytest.mark.parametrize("strength", [1.0, 0.4, "map"])
def test_whole_numbers_and_parts_give_the_bytes_of_floats(
    named: str, strength: float | str
) -> None:
    contract = CONTRACTS[named]
    run = partial(network, contract)
    rounded = 0
    for name, picture in PICTURES.items():
        height, width = picture.size
        share: float | Array = 1.0
        if strength == "map":
            share = np.linspace(0, 1, height * width, dtype=np.float32).reshape(height, width)
        elif isinstance(strength, float):
            share = strength
        plain = replace(picture, planes=picture.pixels.copy())
        whole = at_once(partial(predict_in_tiles, run, contract, tile=32))
        wanted = through(whole, contract, plain, Settled({}, {}, share))
        fits = images.keeps_samples(picture, f"a{FORMATS[picture.format].endings[0]}")
        parts = partial(by_tiles, run, contract, tile=32)
        found = through(parts, contract, picture, Settled({}, {}, share, rounded=fits))
        assert found.picture.notes == wanted.picture.notes, name
        kept = isinstance(found.picture.planes, WholeNumbers)
        assert kept == (fits and picture.depth != "float32"), name
        rounded += kept
        for format in {FORMATS[picture.format], FORMATS["TIFF"]}:
            if format.encode is not None and (format.name == picture.format or not fits):
                data, _ = images.encode(wanted.picture, format)
                assert images.encode(found.picture, format)[0] == data, f"{name} as {format.name}"
    assert rounded > 40


def test_what_is_looked_at_is_found_alike_in_whole_numbers(rng: np.random.Generator) -> None:
    base = np.kron(pixels(90, 110), np.ones((9, 11, 1), np.uint8)).astype(np.int64)
    noisy = np.clip(base + rng.normal(0, 9, base.shape), 0, 255).astype(np.uint8)
    sepia = np.clip(noisy[..., :1] * np.array([1.0, 0.8, 0.6]), 0, 255).astype(np.uint8)
    for array in (noisy, noisy[..., 0], sepia, noisy.astype(np.uint16) * 257, noisy[:20, :20]):
        picture = images.from_array(array)
        assert isinstance(picture.planes, WholeNumbers)
        for estimate in (noise, quality, scale, kind):
            assert estimate(picture.planes) == estimate(picture.pixels)
        assert ends(picture.planes) == ends(picture.pixels)
        assert np.array_equal(brightness_of(picture.planes), grey(picture.pixels[0]))
        assert bilevel(picture.planes) == bilevel(picture.pixels)
        assert without_copies(picture.planes).shape == without_copies(picture.pixels).shape


def test_even_places_are_found_in_parts_as_in_the_whole(rng: np.random.Generator) -> None:
    picture = np.kron(rng.integers(0, 3, (1, 3, 30, 40)), np.ones((1, 1, 20, 20))).astype(
        np.float32
    )
    after = rng.random(picture.shape, dtype=np.float32)
    wanted = np.where(even(picture), picture, after)
    assert (wanted == picture).any()
    for side in (37, 300):
        found = after.copy()
        for top in range(0, 600, side):
            for left in range(0, 800, side):
                rows, columns = slice(top, min(600, top + side)), slice(left, min(800, left + side))
                keep_even(picture, found[..., rows, columns], rows, columns)
        np.testing.assert_array_equal(found, wanted)


def test_a_picture_is_never_all_in_floats() -> None:
    height, width = 1200, 1600
    samples = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    contract = CONTRACTS["residual"]
    parts = partial(by_tiles, partial(network, contract), contract, tile=200)
    picture = images.from_array(samples)
    tracemalloc.start()
    restored = through(parts, contract, picture, Settled({}, {}, rounded=True))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 6 * height * width  # 3 bytes a pixel are the result's own, and floats would be 12
    # What is written is what was rounded, without another copy.
    assert isinstance(restored.picture.planes, WholeNumbers)
    assert np.shares_memory(to_samples(restored.picture, "uint8"), restored.picture.planes.samples)


def test_a_part_of_a_picture_costs_no_more_than_the_part(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = np.random.default_rng(0).integers(0, 256, (700, 900, 3), np.uint8)
    picture = images.from_array(samples)

    def whole(_: Picture) -> Array:
        raise AssertionError("all of the picture was made floats")

    monkeypatch.setattr(Picture, "pixels", property(whole))
    part = _part(picture, (100, 228), (50, 114))
    np.testing.assert_array_equal(
        part.planes[0], samples[100:228, 50:114].transpose(2, 0, 1) / np.float32(255)
    )
    assert all_finite(picture.planes)
    assert to_samples(cut(picture, 8, 9, 16), "uint8").tolist() == samples[9:25, 8:24].tolist()
    images.encode(picture, FORMATS["TIFF"])


def test_floats_of_whole_numbers_are_not_to_be_written_to() -> None:
    picture = images.from_array(np.zeros((2, 3, 3), np.uint8))
    with pytest.raises(ValueError, match="read-only"):
        picture.pixels[:] = 1
    with pytest.raises(ValueError, match="read-only"):
        to_samples(picture, "uint8")[:] = 1


def test_an_array_that_changes_later_changes_no_picture() -> None:
    samples = np.full((2, 3, 3), 7, np.uint8)
    picture = images.from_array(samples)
    samples[:] = 9
    assert (to_samples(picture, "uint8") == 7).all()


def test_planes_are_computed_where_they_are_looked_at() -> None:
    asked: list[object] = []
    numbers: Planes = WholeNumbers(np.arange(24, dtype=np.uint8).reshape(1, 1, 4, 6), np.float32(8))

    def part(where: object) -> Array:
        asked.append(where)
        return numbers[where] + 1

    planes = of_parts(Computed((1, 1, 4, 6), part), lambda values: values * 2)
    assert asked == []
    np.testing.assert_array_equal(planes[0, 0, 1:3, 2], np.array([4, 5.5], np.float32))
    assert len(asked) == 1
    assert floats(planes).shape == planes.shape
