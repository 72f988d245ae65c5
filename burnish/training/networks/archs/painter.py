"""Painter: what turns a photograph into a painting, as a change to it.

It is the network of Johnson, Alahi and Fei-Fei (ECCV 2016) at half of its width without its
normalisation: that looks at the whole picture, and so forbids tiles, where here a result depends on
what lies around it alone. What it predicts is added to the picture, so that a fresh one changes
nothing, and learns at once.
"""

from __future__ import annotations

from typing import Any, ClassVar

from torch import Tensor, nn

from ..network import Layer, Network


class Painter(Network):
    """Makes of `[B, 3, H, W]` what is to be added to it, `[B, 3, H, W]`.

    H and W are multiples of 4. It is a convolution at full size, two of stride 2, `blocks` residual
    blocks of 4 `width` channels at a quarter of the size, and back by repeated pixels with 3x3
    convolutions, which leave no checkerboard (Odena et al., Distill 2016).
    """

    tiny: ClassVar[dict[str, Any]] = {"width": 4, "blocks": 1}
    residual = True
    multiple = 4
    starts_small = ("last",)

    def __init__(self, width: int = 16, blocks: int = 5) -> None:
        super().__init__()
        wide = 4 * width
        self.down = nn.Sequential(
            *(nn.Conv2d(3, width, 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(width, 2 * width, 3, 2, padding=1), nn.ReLU()),
            *(nn.Conv2d(2 * width, wide, 3, 2, padding=1), nn.ReLU()),
        )
        self.blocks = nn.Sequential(*(Stroke(wide) for _ in range(blocks)))
        self.up = nn.Sequential(
            *(nn.Upsample(scale_factor=2), nn.Conv2d(wide, 2 * width, 3, padding=1), nn.ReLU()),
            *(nn.Upsample(scale_factor=2), nn.Conv2d(2 * width, width, 3, padding=1), nn.ReLU()),
        )
        self.last = nn.Conv2d(width, 3, 3, padding=1)
        # full size: two, and the first stride; half: the second stride and one; a quarter: two for
        # each block; and the grid
        self.reach = 3 + 1 + 2 * 2 + 4 * 2 * blocks + 4

    def forward(self, image: Tensor) -> Tensor:
        return self.last(self.up(self.blocks(self.down(image - 0.5))))


class Stroke(Layer):
    """A residual block of two 3x3 convolutions with biases. [B, C, H, W] -> the same shape"""

    starts_small = ("second",)

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(self.first(x).relu())
