"""Perceptual: how far the activations of a frozen network lie apart.

The source is Johnson, Alahi and Fei-Fei (ECCV 2016).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..parts.features import SMALLEST
from .common import exact, hidden
from .loss import Compound, as_loss
from .pixel import L1
from .trained import features_of


class Perceptual(Compound):
    """The weighted sum, over layers of a frozen network, of a distance between activations.

    They are those of the restored and of the clean picture. `layers` is {name: weight}, such as
    {relu2_2: 1} or {conv1_2: 0.1, conv5_4: 1}; conv and relu are before and after the rectifier.
    `network` is VGG16, VGG19 (fetched once, or read from `file`) or SqueezeNet (from `file`; layers
    fire2 .. fire9), or the .safetensors file of a network of ours, whose layers are names of its
    modules, its dials set by `at`. `distance` is any listed loss, L1 without it; Gram makes it the
    style loss. Where nothing counts, the clean picture stands in for the restored one; elsewhere an
    activation counts the mean of the weight in its part of the picture.

    With `shift`, both are looked at from a row and a column on that are drawn anew each time, below
    so many. Else a network that enlarges learns which of its places an extractor with strides looks
    at, and puts there what it wants to see.
    """

    specs: ClassVar[tuple[str, ...]] = ("distance",)
    least = SMALLEST

    def __init__(
        self,
        layers: Mapping[str, float],
        network: str = "VGG16",
        file: str | None = None,
        distance: Callable[[], nn.Module] = L1,
        at: Mapping[str, float] | None = None,
        shift: int = 0,
    ) -> None:
        super().__init__()
        if shift < 0:
            raise ValueError(f"shift is a number of pixels from 0 on, not {shift}")
        self.shift = shift
        self.least = SMALLEST + max(shift - 1, 0)
        self.layers = weighted(layers)
        self.distance = as_loss(distance())
        self.features = features_of(network, tuple(layers), file, at)

    @exact
    def terms(
        self, restored: Tensor, clean: Tensor, weight: Tensor | None = None
    ) -> dict[str, Tensor]:
        """Every layer's distance times its weight, by the layer's name."""
        if self.shift:
            top, left = torch.randint(self.shift, (2,)).tolist()
            restored, clean = restored[..., top:, left:], clean[..., top:, left:]
            if weight is not None and weight.shape[-2:] != (1, 1):
                weight = weight[..., top:, left:]
        found = self.features(hidden(restored, clean, weight))
        with torch.no_grad():
            wanted = self.features(clean)
        return {
            name: share * self.distance(found[name], wanted[name], _at_size(weight, found[name]))
            for name, share in self.layers.items()
        }


def weighted(layers: Mapping[str, float]) -> dict[str, float]:
    """Layers and their weights; ValueError where they are none, or no weights above 0."""
    if (
        not isinstance(layers, Mapping)
        or not layers
        or not all(_is_weight(weight) for weight in layers.values())
    ):
        raise ValueError(
            f"layers wants a mapping of layers to weights above 0, such as {{relu2_2: 1, "
            f"relu3_3: 0.5}}, not {layers!r}"
        )
    return {name: float(weight) for name, weight in layers.items()}


def _is_weight(value: object) -> bool:
    return (
        isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < float("inf")
    )


def _at_size(weight: Tensor | None, activations: Tensor) -> Tensor | None:
    """The weight in the size of a layer, one plane for all of its channels, [B, 1, h, w].

    The weight is [B, 1 or C, H, W]; one of [B, 1, 1, 1] stays.
    """
    if weight is None or weight.shape[-2:] == (1, 1):
        return weight
    height, width = activations.shape[-2:]
    return F.adaptive_avg_pool2d(weight.mean(1, keepdim=True), (height, width))
