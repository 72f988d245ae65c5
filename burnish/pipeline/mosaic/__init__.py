"""The mosaic of a raw file without its noise: how strong that is, tones in which it is the same
everywhere, planes for a network, and back.
"""

from __future__ import annotations

from .denoised import BEGINNINGS, Denoise, denoised
from .sensor import SensorNoise, noise_of, sensor_noise

__all__ = ["BEGINNINGS", "Denoise", "SensorNoise", "denoised", "noise_of", "sensor_noise"]
