"""The shipped `photo` keeps brightness whatever it is told: it smooths, and does nothing else."""

from __future__ import annotations

import numpy as np
import pytest

import burnish

pytestmark = pytest.mark.parametrize("told", [15, 25, 50])


def test_black_and_white_stay_what_they_are(told: int) -> None:
    model = burnish.load("photo")
    for value in (0, 255):
        even = np.full((80, 96, 3), value, np.uint8)
        np.testing.assert_array_equal(model(even, noise=told), even)


@pytest.mark.parametrize("noise", [0, 3, 10])
def test_even_cards_keep_their_mean(told: int, noise: int) -> None:
    model = burnish.load("photo")
    for value in (40, 60, 128, 200, 220):
        noisy = value + np.random.default_rng(value).normal(0, noise, (96, 96, 3))
        card = np.rint(noisy).astype(np.uint8)
        shift = np.asarray(model(card, noise=told)).mean() - card.mean()
        assert abs(shift) < 2, f"{value}: {shift:+.1f}"
