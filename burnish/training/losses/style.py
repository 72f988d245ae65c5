"""Style: how far a picture is from the style of a painting.

The sources are Gatys, Ecker and Bethge (CVPR 2016) and Johnson, Alahi and Fei-Fei (ECCV 2016).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ... import images
from ...ground.channels import to_channels
from ...ground.resize import resize
from ..parts.features import SMALLEST, FeatureExtractor
from .common import exact, hidden, of_picture, weighted_mean
from .gram import gram
from .loss import Compound
from .perceptual import weighted


def painting(path: Path, side: int) -> Tensor:
    """A painting in colour, [1, 3, H, W] in [0, 1].

    Its shorter side is resized to `side` pixels, which sets how large its strokes are.
    """
    pixels = to_channels(images.upright(images.read(path)).pixels, 3)
    factor = side / min(pixels.shape[-2:])
    small = resize(pixels, round(pixels.shape[-2] * factor), round(pixels.shape[-1] * factor))
    return torch.from_numpy(np.clip(small, 0, 1))


class Style(Compound):
    """The weighted sum, over layers of a frozen network, of ||G(restored) - G(painting)||^2.

    G is as in `Gram`. The clean picture does not count: what is to be kept of it is a `Perceptual`
    beside this one in a `Sum`. `picture` is the painting's file, `side` what its shorter side is
    resized to, which sets how large its strokes are; `layers`, `network` and `file` are as in
    `Perceptual`.
    """

    least = SMALLEST

    def __init__(
        self,
        picture: str,
        layers: Mapping[str, float],
        network: str = "VGG16",
        file: str | None = None,
        side: int = 256,
    ) -> None:
        super().__init__()
        if side < SMALLEST:
            raise ValueError(f"side {side} is too small: {SMALLEST} at least")
        self.layers = weighted(layers)
        self.features = FeatureExtractor(network, tuple(layers), file)
        with torch.no_grad():
            wanted = self.features(painting(Path(picture), side))
        for name in self.layers:
            self.register_buffer(f"gram_{name}", gram(wanted[name]), persistent=False)

    @exact
    def terms(
        self, restored: Tensor, clean: Tensor, weight: Tensor | None = None
    ) -> dict[str, Tensor]:
        """Every layer's distance times its weight, by the layer's name."""
        found = self.features(hidden(restored, clean, weight))
        counts = of_picture(weight)
        distances = {
            name: (gram(found[name]) - self.get_buffer(f"gram_{name}"))
            .square()
            .sum((1, 2))[:, None, None, None]
            for name in self.layers
        }
        return {
            name: share * weighted_mean(distances[name], counts)
            for name, share in self.layers.items()
        }
