"""The mosaic of a raw file without its noise: how strong that is, tones in which it is the same
everywhere, planes for a network, and back.
"""

from __future__ import annotations

from .denoised import Denoise, denoised
from .sensor import SensorNoise, noise_of, sensor_noise
from .stable import shown

__all__ = ["Denoise", "SensorNoise", "denoised", "noise_of", "sensor_noise", "shown"]
