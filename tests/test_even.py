"""Where a picture is perfectly even, against a window that is looked at whole."""

from __future__ import annotations

import numpy as np
import pytest

from burnish.pipeline.even import AROUND, even


@pytest.mark.parametrize("channels", [1, 3])
def test_even_is_where_the_whole_window_has_one_colour(channels: int) -> None:
    rng = np.random.default_rng(channels)
    pixels = np.full((1, channels, 70, 61), 0.5, np.float32)
    pixels[:, :, :30, 40:] = 0.25
    for row, column in rng.integers(0, 60, (4, 2)):
        pixels[0, rng.integers(channels), row, column] += 0.1
    found = even(pixels)[0, 0]
    for row in range(70):
        for column in range(61):
            window = pixels[
                0,
                :,
                max(0, row - AROUND) : row + AROUND + 1,
                max(0, column - AROUND) : column + AROUND + 1,
            ]
            same = (window == window[:, :1, :1]).all()
            assert found[row, column] == same, (row, column)
    assert found.any()
    assert not found.all()


def test_a_picture_smaller_than_the_window_is_even_or_not() -> None:
    assert even(np.zeros((1, 3, 1, 1), np.float32)).all()
    assert even(np.zeros((1, 1, 3, 50), np.float32)).all()
    assert not even(np.arange(9, dtype=np.float32).reshape(1, 1, 3, 3)).any()
