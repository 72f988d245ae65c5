"""Paintings: a picture in the style of a painting, or of what lies between several.

The sources are those of `Style`. Here the content is looked at in the same pass, and the painting
may change with the level that the network is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from ...ground.channels import BT601
from ..parts.features import SMALLEST
from .common import exact, hidden, of_picture, weighted_mean
from .gram import gram
from .loss import Compound
from .perceptual import weighted
from .style import painting
from .trained import features_of
from .variation import TotalVariation


class Paintings(Compound):
    """How far the style is from the paintings', and the content from the clean picture's.

    style: over `layers`, the weighted sum of ||G(restored) - G|| / ||G||, with G the painting's
    Gram matrix as in `Gram`. At the level `low` the first painting counts, at `high` the last, and
    in between the two that are nearest. Without a level it is halfway. It is no square, of which a
    few crops of much contrast, whose matrices are large, would be the most.
    content: over its layers, the weighted mean of the squared difference of the activations, over
    the variance of the clean ones. Both pictures are looked at in grey and with one contrast, since
    colours and contrast are the painting's. {} leaves it out, and half of the time.
    variation: the weight of `TotalVariation`.

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
        self.content = weighted(content) if content else {}
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
        style, content = self._distances(restored, clean, weight)
        mixed = (self._shares(level, style) * style).sum(1)
        counts = of_picture(weight)
        return {
            "style": weighted_mean(mixed[:, None, None, None], counts),
            "content": weighted_mean(content[:, None, None, None], counts),
            "variation": self.variation * self.rough(restored, clean, weight),
        }

    @exact
    def _distances(
        self, restored: Tensor, clean: Tensor, weight: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Each picture's distance from each painting's style [B, pictures], and in content [B]."""
        seen = hidden(restored, clean, weight)
        found = self.features(seen)
        style = [
            share * _apart(gram(found[name]), self.get_buffer(f"grams_{i}"))
            for i, (name, share) in enumerate(self.layers.items())
        ]
        return torch.stack(style).sum(0), self._content(seen, clean)

    def _content(self, seen: Tensor, clean: Tensor) -> Tensor:
        """Each picture's distance in content, [B]."""
        if not self.content:
            return seen.new_zeros(len(seen))
        found = self.features(_shapes(seen))
        with torch.no_grad():
            wanted = self.features(_shapes(clean))
        distances = [
            share * _unlike(found[name], wanted[name]) for name, share in self.content.items()
        ]
        return torch.stack(distances).sum(0)

    def _shares(self, level: Tensor | None, like: Tensor) -> Tensor:
        """How much each painting counts for each picture, [B or 1, pictures]."""
        middle = like.new_full((1,), (self.low + self.high) / 2)
        told = middle if level is None else level[:, 0, 0, 0].to(like)
        place = ((told - self.low) / (self.high - self.low)).clamp(0, 1) * (self.pictures - 1)
        numbers = torch.arange(self.pictures, device=like.device)
        return (1 - (place[:, None] - numbers).abs()).clamp_min(0)


def _shapes(picture: Tensor) -> Tensor:
    """The picture in grey, with a mean of 0.5 and a deviation of 0.2, [B, 1, H, W]."""
    grey = picture
    if picture.shape[1] == 3:
        grey = (picture * picture.new_tensor(BT601).view(1, 3, 1, 1)).sum(1, keepdim=True)
    centred = grey - grey.mean((1, 2, 3), keepdim=True)
    spread = (centred.square().mean((1, 2, 3), keepdim=True) + 1e-4).sqrt()
    return 0.5 + 0.2 * centred / spread


def _apart(found: Tensor, wanted: Tensor) -> Tensor:
    """The distance of matrices [B, C, C] from [P, C, C] over the size of these, [B, P]."""
    error = (found[:, None] - wanted[None]).square().sum((2, 3))
    return (error / wanted.square().sum((1, 2)) + 1e-8).sqrt()


def _unlike(found: Tensor, wanted: Tensor) -> Tensor:
    """The mean squared difference over the variance of what is wanted, [B]."""
    spread = wanted.var((1, 2, 3)) + 1e-6
    return (found - wanted).square().mean((1, 2, 3)) / spread
