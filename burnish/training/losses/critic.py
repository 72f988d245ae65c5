"""Critic: a small network that says of every place how much it looks like a photograph.

The sources are Isola et al. (CVPR 2017), whose discriminator judges patches, and Miyato et al.
(ICLR 2018), who hold every layer's spectral norm at 1.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

#: the smallest side of what it judges
SMALLEST = 16
#: what is below 0 counts so much
SLOPE = 0.2


class Critic(nn.Module):
    """Makes of pictures [B, channels, H, W] one number for each place, [B, 1, H / 4, W / 4].

    It begins at the picture's own size, so that it sees a grid of single pixels, and halves it
    twice; a number is of the 35 x 35 pixels around it. `width` channels at the full size become
    four times as many. In training a spectral norm is followed by one step at each use; in
    evaluation it stays as it was.
    """

    def __init__(self, channels: int = 3, width: int = 32) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            _convolution(channels, width, 3, 1),
            _convolution(width, 2 * width, 4, 2),
            _convolution(2 * width, 2 * width, 3, 1),
            _convolution(2 * width, 4 * width, 4, 2),
            _convolution(4 * width, 4 * width, 3, 1),
        )
        self.last = _convolution(4 * width, 1, 3, 1)

    def forward(self, picture: Tensor) -> Tensor:
        seen = 4 * picture - 2
        for layer in self.layers:
            seen = F.leaky_relu(layer(seen), SLOPE)
        judged: Tensor = self.last(seen)
        return judged


def _convolution(channels: int, width: int, kernel: int, stride: int) -> nn.Module:
    normed: nn.Module = spectral_norm(nn.Conv2d(channels, width, kernel, stride, padding=1))
    return normed
