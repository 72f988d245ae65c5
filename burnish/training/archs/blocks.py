"""Pieces that several networks share."""

from __future__ import annotations

import itertools

from torch import Tensor, nn


class ResBlock(nn.Module):
    """x + conv(ReLU(conv(x))), 3x3, without biases; the second convolution starts small, so that a fresh network is near the identity."""

    starts_small = ("conv2",)

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        change: Tensor = self.conv2(nn.functional.relu(self.conv1(x)))
        return x + change


class DoorConv(nn.Conv2d):
    """A 3x3 convolution that pads by replication: the door of a network that reads a level plane, which folds into a bias only if the border sees it too."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__(channels_in, channels_out, 3, padding=1, padding_mode="replicate", bias=False)


def plain_stack(channels_in: int, channels_out: int, width: int, depth: int) -> nn.Sequential:
    """`depth` 3x3 convolutions with biases and ReLU between them, as DnCNN and FFDNet are built; [B, channels_in, H, W] -> [B, channels_out, H, W]."""
    if depth < 2:
        raise ValueError(f"depth must be at least 2, not {depth}")
    sizes = [channels_in, *[width] * (depth - 1), channels_out]
    layers: list[nn.Module] = []
    for a, b in itertools.pairwise(sizes):
        layers += [nn.Conv2d(a, b, 3, padding=1), nn.ReLU()]
    return nn.Sequential(*layers[:-1])
