"""Paintings: a picture in the style of a painting, or of what lies between several.

The sources are those of `Style`. Here the content is looked at in the same pass, and the painting
may change with the level that the network is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from ..parts.features import SMALLEST
from .common import hidden, of_picture, weighted_mean
from .gram import gram
from .loss import Compound
from .perceptual import weighted
from .style import painting
from .trained import features_of
from .variation import TotalVariation


class Paintings(Compound):
    """How far the style is from the paintings', and the content from the clean picture's.

    style: over its layers, the weighted sum of ||G(restored) - G||^2 / ||G||^2, with Gram matrices
    as in `Gram`. G is that of the first picture at the level `low`, that of the last at `high`, and
    in between on the straight line from one to the next: what is small there is the mixture of both
    losses, for which one pass is enough. Without a level it is halfway.
    content: over its layers, the weighted mean of the squared difference of the activations, over
    the variance of the clean ones. variation: the weight of `TotalVariation`.

    pictures: files of paintings. side: what the shorter side of each is resized to, which sets how
    large strokes are. layers, content: {name: weight}. network, file: as in `Perceptual`.
    """

    least = SMALLEST
    by_level = True

    def __init__(
        self,
        pictures: Sequence[str],
        layers: Mapping[str, float],
        content: Mapping[str, float],
        network: str = "VGG16",
        file: str | None = None,
        side: int = 256,
        variation: float = 0.0,
        low: float = 0.0,
        high: float = 1.0,
    ) -> None:
        super().__init__()
        if not pictures or isinstance(pictures, str) or side < SMALLEST or not low < high:
            raise ValueError(
                f"pictures, a side of {SMALLEST} and more, and low below high are wanted, not "
                f"{pictures!r}, {side} and {low:g} to {high:g}"
            )
        self.layers = weighted(layers)
        self.content = weighted(content)
        self.variation = variation
        self.rough = TotalVariation()
        self.low = low
        self.high = high
        self.features = features_of(network, tuple({**self.layers, **self.content}), file)
        with torch.no_grad():
            found = [self.features(painting(Path(picture), side)) for picture in pictures]
        for i, name in enumerate(self.layers):
            grams = torch.cat([gram(one[name]) for one in found])
            self.register_buffer(f"grams_{i}", grams, persistent=False)
        self.pictures = len(pictures)

    def terms(
        self,
        restored: Tensor,
        clean: Tensor,
        weight: Tensor | None = None,
        level: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """The style's distance, the content's, and how rough the picture is."""
        with torch.autocast(restored.device.type, enabled=False):
            seen = hidden(restored.float(), clean.float(), weight)
            found = self.features(seen)
            with torch.no_grad():
                wanted = self.features(clean.float())
        shares = self._shares(level, seen)
        style = [
            share * _apart(gram(found[name]), self._between(i, shares))
            for i, (name, share) in enumerate(self.layers.items())
        ]
        content = [
            share * _unlike(found[name], wanted[name]) for name, share in self.content.items()
        ]
        counts = of_picture(weight)
        return {
            "style": weighted_mean(torch.stack(style).sum(0)[:, None, None, None], counts),
            "content": weighted_mean(torch.stack(content).sum(0)[:, None, None, None], counts),
            "variation": self.variation * self.rough(restored, clean, weight),
        }

    def _shares(self, level: Tensor | None, like: Tensor) -> Tensor:
        """How much each painting counts for each picture, [B, pictures]."""
        middle = (self.low + self.high) / 2
        told = like.new_full((len(like),), middle) if level is None else level[:, 0, 0, 0].float()
        place = ((told - self.low) / (self.high - self.low)).clamp(0, 1) * (self.pictures - 1)
        numbers = torch.arange(self.pictures, device=like.device)
        shares = (1 - (place[:, None] - numbers).abs()).clamp_min(0)
        return shares.expand(len(like), -1)

    def _between(self, layer: int, shares: Tensor) -> Tensor:
        """The Gram matrix that is wanted of each picture at a layer, [B, C, C]."""
        grams = self.get_buffer(f"grams_{layer}")
        return torch.einsum("bp,pij->bij", shares, grams)


def _apart(found: Tensor, wanted: Tensor) -> Tensor:
    """The squared distance of matrices over the squared size of what is wanted, [B]."""
    return (found - wanted).square().sum((1, 2)) / wanted.square().sum((1, 2))


def _unlike(found: Tensor, wanted: Tensor) -> Tensor:
    """The mean squared difference over the variance of what is wanted, [B]."""
    spread = wanted.var((1, 2, 3)) + 1e-6
    return (found - wanted).square().mean((1, 2, 3)) / spread
