"""The paper itself: greyer or yellower than white, cloudy, with fibres and grain.

Ink on it stays as dark as it was.
"""

from __future__ import annotations

import numpy as np

from ...contract import Dial
from .. import Degradation
from ..drawing import Size, fractal_field, smooth_field
from ..paint import Paint, painted, rgb


def old_paper() -> Degradation:
    """Paper that is not white, evenly on the whole, with a grain of one to three pixels."""
    return painted(Dial("paper", 0.0, 0.5, 0.2, "share of the light that the paper swallows"), draw)


def draw(size: Size, amount: float, rng: np.random.Generator) -> list[Paint]:
    """Clouds, fibres and grain around the tone; yellow to brown, or grey."""
    brown, cell = rng.beta(0.7, 0.7), rng.uniform(1.0, 2.2)
    clouds, grain = (
        fractal_field(size, rng.uniform(20, 70), rng, 4, 0.6),
        smooth_field(size, cell, rng),
    )
    fibres = smooth_field(size, 1.0, rng, 7.0) + smooth_field(size, 7.0, rng, 1.0)
    uneven = (
        rng.uniform(0.04, 0.15) * clouds
        + rng.uniform(0.03, 0.10) * grain
        + rng.uniform(0, 0.05) * fibres
    )
    tint = rgb(0.5 * brown, 0.25 * brown, 0.0)
    return [
        Paint(
            np.asarray(amount * np.clip(1 + uneven, 0, 1.5) / (1 - 0.3 * brown), np.float32), tint
        )
    ]
