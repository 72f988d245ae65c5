"""LightAutoencoder: the small network of a report on cleaning photographed documents.

It is there with and without skips; norm, upsampling and join can be ablated.
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ..network import Network
from .blocks import conv_norm_relu


class LightAutoencoder(Network):
    """Makes of `[B, channels_in, H, W]` the picture `[B, channels_out, H, W]`, of any range.

    Inside `Sigmoid` it gives logits, as in the report. H and W are multiples of 2. Without `skips`
    it is two convolutions, max pooling, four at half the size, upsampling, two, with the norm in
    the first four alone. With `skips` it is three convolutions, pooling, two, and at three places
    what was there on the way down joins: by concat, or by sum (the convolutions after it then take
    half as many channels). `norm` is batch or none. `upsampling` is nearest, or transposed (2x2,
    stride 2); without it, nearest without skips and transposed with them. The report's network
    without a norm gave one colour or a checkered picture, and with transposed upsampling some runs
    a grey background.
    """

    tiny: ClassVar[dict[str, Any]] = {}
    multiple = 2
    # at most four convolutions at half the size and five at the whole, and the grid of the pooling
    reach = 14

    def __init__(
        self,
        channels_in: int = 3,
        channels_out: int = 1,
        skips: bool = False,
        norm: str = "batch",
        upsampling: str | None = None,
        join: str = "concat",
    ) -> None:
        super().__init__()
        if join not in ("concat", "sum"):
            raise ValueError(f"there is no join {join!r}; the choices: concat, sum")
        self.channels_in = channels_in
        self.channels_out = channels_out
        self.skips = skips
        self.join = join
        upsampling = upsampling or ("transposed" if skips else "nearest")
        twice = 2 if skips and join == "concat" else 1
        self.pool = nn.MaxPool2d(2)
        self.first = conv_norm_relu(channels_in, 8, norm)
        self.second = conv_norm_relu(8, 16, norm)
        if skips:
            self._with_skips(channels_out, norm, upsampling, twice)
        else:
            self._without_skips(channels_out, norm, upsampling)

        convolutions = [name for name, layer in self.named_modules() if type(layer) is nn.Conv2d]
        self.ends = (convolutions[0], convolutions[-1])

    def _without_skips(self, channels_out: int, norm: str, upsampling: str) -> None:
        self.inside = nn.Sequential(
            *conv_norm_relu(16, 32, norm),
            *conv_norm_relu(32, 32, norm),
            *conv_norm_relu(32, 32),
            *conv_norm_relu(32, 16),
        )
        self.up = _upsampling(upsampling, 16, 16)
        self.last = nn.Sequential(*conv_norm_relu(16, 8), nn.Conv2d(8, channels_out, 3, padding=1))

    def _with_skips(self, channels_out: int, norm: str, upsampling: str, twice: int) -> None:
        """`twice` is how many times the channels grow where what was there before joins."""
        self.third = conv_norm_relu(16, 32, norm)
        self.inside = nn.Sequential(*conv_norm_relu(32, 32, norm), *conv_norm_relu(32, 32))
        self.up = nn.Sequential(
            nn.ConvTranspose2d(twice * 32, 32, 1),
            nn.ReLU(),
            _upsampling(upsampling, 32, 16),
            nn.ReLU(),
        )
        self.wide = nn.Sequential(
            *conv_norm_relu(twice * 16, 16, norm), *conv_norm_relu(16, 8, norm)
        )
        self.last = nn.Sequential(
            *conv_norm_relu(twice * 8, 8, norm), nn.Conv2d(8, channels_out, 3, padding=1)
        )

    def forward(self, image: Tensor) -> Tensor:
        eight = self.first(image)
        sixteen = self.second(eight)
        if not self.skips:
            return self.last(self.up(self.inside(self.pool(sixteen))))
        pooled = self.pool(self.third(sixteen))
        x = self.up(self._joined(self.inside(pooled), pooled))
        x = self.wide(self._joined(x, sixteen))
        return self.last(self._joined(x, eight))

    def _joined(self, x: Tensor, skip: Tensor) -> Tensor:
        return torch.cat([x, skip], 1) if self.join == "concat" else x + skip


def _upsampling(kind: str, a: int, b: int) -> nn.Module:
    """A layer that enlarges by two: nearest, or a transposed convolution.

    After nearest stands a 3x3 convolution where the channels change.
    """
    if kind == "transposed":
        return nn.ConvTranspose2d(a, b, 2, stride=2)
    if kind != "nearest":
        raise ValueError(f"there is no upsampling {kind!r}; the choices: nearest, transposed")
    enlarge = nn.Upsample(scale_factor=2)
    return enlarge if a == b else nn.Sequential(enlarge, nn.Conv2d(a, b, 3, padding=1))
