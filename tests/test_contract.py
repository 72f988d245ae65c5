"""Dials, contracts and predict(): the rules that every room relies on."""

from __future__ import annotations

import numpy as np
import pytest

from burnish.contract import Array, Contract, Dial, level_array, mix, pad_to_multiple, predict
from burnish.errors import DialError, ModelMismatch, UsageError
from burnish.ground.channels import as_channels, from_channels

NOISE = Dial("noise", 0, 75, 25, "sigma in 8-bit steps")
RESIDUAL = Contract(
    multiple=4, reach=0, level="pixel", identity=(0.0,), residual=True, dials=(NOISE,)
)


def darken(image: Array, level: Array | None) -> Array:
    assert level is not None
    assert level.shape == (image.shape[0], 1, *image.shape[2:])
    result: Array = np.float32(-0.01) * level * image
    return result


def test_dial_refuses_what_is_out_of_range_and_says_the_range() -> None:
    assert NOISE.check(75) == 75.0
    for value in (-1, 75.1, float("nan"), float("inf")):
        with pytest.raises(DialError, match="noise from 0 to 75"):
            NOISE.check(value)
    with pytest.raises(DialError):
        Dial("noise", 5, 1, 3, "steps")


def test_dial_samples_cover_the_range(rng: np.random.Generator) -> None:
    levels = np.sort(NOISE.sample(75, rng))
    assert ((levels >= np.arange(75)) & (levels <= np.arange(1, 76))).all()


def test_settings_are_checked_and_completed() -> None:
    assert RESIDUAL.settings({}) == (25.0,)
    assert RESIDUAL.settings({"noise": 3}) == (3.0,)
    with pytest.raises(DialError, match="no dial 'nose'; its dials: noise"):
        RESIDUAL.settings({"nose": 3})


def test_contract_survives_json_and_refuses_strange_keys() -> None:
    assert Contract.from_dict(RESIDUAL.to_dict()) == RESIDUAL
    with pytest.raises(ModelMismatch, match="colour"):
        Contract.from_dict({**RESIDUAL.to_dict(), "colour": 1})


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (4, 8), (13, 2)])
def test_padding_mirrors_the_edge(size: tuple[int, int], rng: np.random.Generator) -> None:
    image = rng.random((1, 3, *size), dtype=np.float32)
    padded = pad_to_multiple(image, 4)
    assert all(side % 4 == 0 for side in padded.shape[-2:])
    np.testing.assert_array_equal(
        padded,
        np.pad(image, ((0, 0), (0, 0), (0, -size[0] % 4), (0, -size[1] % 4)), mode="symmetric"),
    )


def test_predict_sums_and_crops(rng: np.random.Generator) -> None:
    image = rng.random((2, 3, 5, 7), dtype=np.float32)
    level = level_array((20.0,))
    np.testing.assert_allclose(predict(darken, RESIDUAL, image, level), image * 0.8, rtol=1e-6)
    np.testing.assert_array_equal(predict(darken, RESIDUAL, image, level, 0.0), image)
    np.testing.assert_array_equal(predict(darken, RESIDUAL, image, level_array((0.0,))), image)
    half, full = (
        predict(darken, RESIDUAL, image, level, 0.5),
        predict(darken, RESIDUAL, image, level, 1.0),
    )
    np.testing.assert_allclose(half, (image + full) / 2, atol=1e-6)
    halves = np.broadcast_to(np.where(np.arange(7) < 3, 10, 40).astype(np.float32), (1, 1, 5, 7))
    np.testing.assert_allclose(
        predict(darken, RESIDUAL, image, halves), image * (1 - 0.01 * halves), rtol=1e-5
    )


def test_mix_has_the_very_bits_at_both_ends(rng: np.random.Generator) -> None:
    before, after = (rng.standard_normal((1, 3, 5, 7)).astype(np.float32) for _ in range(2))
    np.testing.assert_array_equal(mix(before, after.copy(), 0.0), before)
    np.testing.assert_array_equal(mix(before, after.copy(), 1.0), after)
    np.testing.assert_allclose(
        mix(before, after.copy(), 0.25), 0.75 * before + 0.25 * after, atol=1e-6
    )
    share = np.zeros((1, 1, 5, 7), np.float32)
    share[..., 3:] = 0.5
    mixed = mix(before, after.copy(), share)
    np.testing.assert_array_equal(mixed[..., :3], before[..., :3])
    np.testing.assert_allclose(mixed[..., 3:], (before + after)[..., 3:] / 2, atol=1e-6)


def test_predict_keeps_the_input_untouched(rng: np.random.Generator) -> None:
    image = rng.random((1, 3, 8, 8), dtype=np.float32)
    kept = image.copy()
    predict(darken, RESIDUAL, image, level_array((20.0,)))
    np.testing.assert_array_equal(image, kept)


def test_predict_refuses_what_does_not_fit(rng: np.random.Generator) -> None:
    image = rng.random((1, 3, 8, 8), dtype=np.float32)
    with pytest.raises(UsageError, match=r"\[B, 3, H, W\]"):
        predict(darken, RESIDUAL, image[:, :1], level_array((1.0,)))
    with pytest.raises(UsageError, match="map of 3x4"):
        predict(darken, RESIDUAL, image, np.zeros((1, 1, 4, 3), np.float32))
    with pytest.raises(UsageError, match="1 dial"):
        predict(darken, RESIDUAL, image, None)


def test_grey_through_colour_comes_back_to_the_last_bit(rng: np.random.Generator) -> None:
    grey = rng.standard_normal((1, 1, 64, 64)).astype(np.float32)
    np.testing.assert_array_equal(from_channels(as_channels(grey, 3), 1), grey)
