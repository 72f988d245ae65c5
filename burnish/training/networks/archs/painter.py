"""Painter: what turns a photograph into a painting.

It is the network of Johnson, Alahi and Fei-Fei (ECCV 2016) at half of its width without its
normalisation. That looks at a whole picture in each of its layers, and so forbids tiles; here the
picture's colours are evened as a whole once, before it, and a result depends on what lies around it
alone. It gives the colours of the painting by one linear map, and adds strokes to them, so that a
fresh one is a picture at once.
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ....contract import Gives
from ..network import Layer, Network

#: a stroke changes a colour by this at the most, as the paper bounds its whole output
MOST = 0.5


class Painter(Network):
    """Makes of `[B, 3, H, W]` with evened colours the painting `[B, 3, H, W]`.

    H and W are multiples of 4. It is a convolution at full size, two of stride 2, `blocks` residual
    blocks of 4 `width` channels at a quarter of the size, and back by repeated pixels with 3x3
    convolutions, which leave no checkerboard (Odena et al., Distill 2016).
    """

    tiny: ClassVar[dict[str, Any]] = {"width": 4, "blocks": 1}
    multiple = 4
    gives: Gives = "painting"
    starts_small = ("last",)

    def __init__(self, width: int = 16, blocks: int = 5) -> None:
        super().__init__()
        wide = 4 * width
        self.down = nn.Sequential(
            *(_conv(3, width), nn.ReLU()),
            *(_conv(width, 2 * width, 2), nn.ReLU()),
            *(_conv(2 * width, wide, 2), nn.ReLU()),
        )
        self.blocks = nn.Sequential(*(Stroke(wide) for _ in range(blocks)))
        self.up = nn.Sequential(
            *(nn.Upsample(scale_factor=2), _conv(wide, 2 * width), nn.ReLU()),
            *(nn.Upsample(scale_factor=2), _conv(2 * width, width), nn.ReLU()),
        )
        self.last = _conv(width, 3)
        self.colours = nn.Conv2d(3, 3, 1)
        # full size: two, and the first stride; half: the second stride and one; a quarter: two for
        # each block; and the grid
        self.reach = 3 + 1 + 2 * 2 + 4 * 2 * blocks + 4

    def after_init(self) -> None:
        """After the weights were drawn: colours stay as they are."""
        assert self.colours.bias is not None
        with torch.no_grad():
            self.colours.weight.copy_(torch.eye(3)[..., None, None])
            self.colours.bias.zero_()

    def forward(self, image: Tensor) -> Tensor:
        centred = image - 0.5
        strokes = self.last(self.up(self.blocks(self.down(centred)))).tanh()
        return self.colours(centred) + 0.5 + MOST * strokes


class Stroke(Layer):
    """A residual block of two 3x3 convolutions with biases. [B, C, H, W] -> the same shape"""

    starts_small = ("second",)

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = _conv(channels, channels)
        self.second = _conv(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(self.first(x).relu())


def _conv(a: int, b: int, stride: int = 1) -> nn.Conv2d:
    """A 3x3 convolution whose borders repeat the edge, where zeros would frame the picture."""
    return nn.Conv2d(a, b, 3, stride, padding=1, padding_mode="replicate")
