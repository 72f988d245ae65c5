"""A model that finds damage, for tests: what is white is damaged."""

from __future__ import annotations

import numpy as np

from burnish.contract import Array, Contract, Opened
from burnish.inference.model import Model


class Bright(Model):
    """A model that takes what is brighter than `beyond` in all channels for damage."""

    def __init__(self, beyond: float = 0.99) -> None:
        self.beyond = beyond
        self.contract = Contract(channels_out=1, gives="mask")
        self.path = None
        self.card = {}
        self.opened = Opened(self.run, "test", "the processor", "fp32")
        self.bytes_per_pixel = 100

    def run(self, image: Array, level: Array | None) -> Array:
        """The mask [B, 1, H, W]."""
        found: Array = (image.min(1, keepdims=True) > self.beyond).astype(np.float32)
        return found
