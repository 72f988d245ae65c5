"""Clean crops as the sensor of some camera saw them, in light or in tones."""

from __future__ import annotations

import math

import numpy as np

from ...contract import Array
from ...degrade.raw import draw_metadata, unprocess
from ...pipeline.mosaic import SensorNoise, shown

#: photons that fill a sample, from a telephone's at its highest ISO to a large sensor's at its
#: lowest, and the noise in the dark, in photons
FULL, DARK = (40.0, 1e5), (0.5, 4.0)


def on_sensor(clean: Array, rng: np.random.Generator, tones: bool = False) -> Array:
    """A developed crop [1, 3, H, W] as packed planes [1, 4, H/2, W/2], by a camera that is drawn.

    tones: in place of light give the tones in which a sensor's noise, which is drawn too, is as
    strong everywhere; 0 is black and 1 is full all the same.
    """
    light = unprocess(clean, [draw_metadata(rng)])
    return shown(light, draw_noise(rng)) if tones else light


def draw_noise(rng: np.random.Generator) -> SensorNoise:
    """The noise of some sensor at some ISO."""
    full, dark = (
        math.exp(rng.uniform(math.log(low), math.log(high))) for low, high in (FULL, DARK)
    )
    return SensorNoise.of(1 / full, (dark / full) ** 2)
