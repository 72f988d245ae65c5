"""AdaIN: a picture's features brought to the statistics of a painting's.

The source is Huang and Belongie, "Arbitrary style transfer in real-time with adaptive instance
normalization", ICCV 2017; here a dial goes between two paintings.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ...parts.features import BACKBONES, fitting, layers_to, read
from ..dials.amount import Amount, Turned
from ..network import Network

EPSILON = 1e-5


class AdaIN(Turned, Network):
    """Makes of `[B, 3, H, W]` and a level the picture `[B, 3, H, W]`.

    It is a frozen encoder, its last features with mean and deviation of each channel (over the
    whole picture, so there are no tiles) as of a painting, and a decoder, which is what is trained.
    The encoder is that `network` to that `layer` (see `features.py`; the paper's is VGG19 to
    relu4_1, which came from elsewhere; a new one is drawn: `begin`). The level goes from the first
    painting, amount 0, to the second, 1, whose features are mixed (the paper's section 7); `levels`
    and `amounts` say which is which.
    """

    tiny: ClassVar[dict[str, Any]] = {"network": "SqueezeNet", "layer": "fire2", "levels": [0, 75]}
    dials = 1
    channels_in = channels_out = 3

    def __init__(
        self,
        network: str = "VGG19",
        layer: str = "relu4_1",
        levels: Sequence[float] = (0, 1),
        amounts: Sequence[float] = (0, 1),
    ) -> None:
        super().__init__()
        chosen = [_evenly(module) for _, module in layers_to(network, [layer])]
        self.to_encoder = BACKBONES[network].prepare
        self.encoder = nn.Sequential(*chosen).requires_grad_(False)
        halvings = sum(
            module.stride in (2, (2, 2))
            for module in self.encoder.modules()
            if isinstance(module, nn.Conv2d | nn.MaxPool2d)
        )
        self.multiple = 2**halvings
        with torch.no_grad():
            channels = self._encoded(torch.zeros(1, 3, 32, 32)).shape[1]
        self.means = nn.Buffer(torch.rand(2, channels))
        self.deviations = nn.Buffer(torch.rand(2, channels))
        self.amount = Amount(levels, amounts)
        self.decoder = _decoder(channels, halvings)

    @torch.no_grad()
    def begin(self, file: Path, paintings: Sequence[Tensor]) -> None:
        """Fills the encoder from a .pth file, and the statistics from two paintings [1, 3, H, W].

        The file has torchvision's keys; ModelMissing, ModelCorrupt or ModelMismatch where it does
        not fit.
        """
        self.encoder.load_state_dict(fitting(self.encoder, read(file), file))
        for i, painting in enumerate(paintings):
            mean, deviation = _statistics(self._encoded(painting))
            self.means[i] = mean.flatten()
            self.deviations[i] = deviation.flatten()

    def forward(self, image: Tensor, level: Tensor) -> Tensor:
        content = self._encoded(image)
        mean, deviation = _statistics(content)
        plain = (content - mean) / deviation
        share = self.amount(level)
        first, second = (
            plain * self.deviations[i].view(1, -1, 1, 1) + self.means[i].view(1, -1, 1, 1)
            for i in (0, 1)
        )
        return self.decoder(first + share * (second - first))

    def _encoded(self, image: Tensor) -> Tensor:
        return self.encoder(self.to_encoder(image))


def _evenly(module: nn.Module) -> nn.Module:
    """The layer with borders that repeat the edge, where zeros would frame the picture.

    Sizes then halve exactly, too: SqueezeNet's do not.
    """
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            layer.padding_mode = "replicate"
            if layer.stride == (2, 2):
                layer.padding = (1, 1)
                layer._reversed_padding_repeated_twice = [1, 1, 1, 1]
    if isinstance(module, nn.MaxPool2d) and module.ceil_mode:
        return nn.Sequential(nn.ReplicationPad2d((0, 1, 0, 1)), nn.MaxPool2d(3, 2))
    return module


def _statistics(features: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and deviation over the picture. [B, C, H, W] -> two of [B, C, 1, 1]"""
    mean = features.mean((2, 3), keepdim=True)
    return mean, ((features - mean).square().mean((2, 3), keepdim=True) + EPSILON).sqrt()


def _decoder(channels: int, halvings: int) -> nn.Sequential:
    """The decoder: half as many channels at each size, which is doubled by repeating pixels.

    The paper has it so; borders repeat the edge.
    """
    layers: list[nn.Module] = []
    for _ in range(halvings):
        layers += [
            _conv(channels, channels),
            nn.ReLU(),
            _conv(channels, channels // 2),
            nn.ReLU(),
            nn.Upsample(scale_factor=2),
        ]
        channels //= 2
    return nn.Sequential(*layers, _conv(channels, channels), nn.ReLU(), _conv(channels, 3))


def _conv(a: int, b: int) -> nn.Conv2d:
    return nn.Conv2d(a, b, 3, padding=1, padding_mode="replicate")
