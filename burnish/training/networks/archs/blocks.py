"""Pieces that several networks share."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from ..network import Layer

#: name -> the normalisation of so many channels
NORMS: dict[str, Callable[[int], nn.Module]] = {
    "none": lambda width: nn.Identity(),
    "batch": nn.BatchNorm2d,
    "instance": lambda width: nn.InstanceNorm2d(width, affine=True),
}


def norm_of(name: str, width: int, names: Sequence[str] = ("none", "batch")) -> nn.Module:
    """The normalisation of that name, which must be among `names`."""
    if name not in names:
        raise ValueError(f"there is no norm {name!r}; the choices: {', '.join(names)}")
    return NORMS[name](width)


def conv_norm_relu(a: int, b: int, norm: str = "none") -> nn.Sequential:
    """A 3x3 convolution, the normalisation of that name, ReLU. [B, a, H, W] -> [B, b, H, W]"""
    return nn.Sequential(nn.Conv2d(a, b, 3, padding=1), norm_of(norm, b), nn.ReLU())


class ResBlock(Layer):
    """A residual block, x + conv(ReLU(conv(x))), 3x3, without biases.

    The second convolution starts small, so that a fresh network is near the identity. Behind each
    convolution stands the normalisation named `norm`, of NORMS.
    """

    starts_small = ("conv2",)

    def __init__(self, width: int, norm: str = "none") -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm1 = norm_of(norm, width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm2 = norm_of(norm, width)

    def forward(self, x: Tensor) -> Tensor:
        inside = nn.functional.relu(self.norm1(self.conv1(x)))
        return x + self.norm2(self.conv2(inside))


class DoorConv(nn.Conv2d):
    """A 3x3 convolution that pads by replication: the door of a network that reads a level plane.

    The plane folds into a bias only if the border sees it too.
    """

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__(
            channels_in, channels_out, 3, padding=1, padding_mode="replicate", bias=False
        )


def plain_stack(channels_in: int, channels_out: int, width: int, depth: int) -> nn.Sequential:
    """A stack of `depth` 3x3 convolutions with biases and ReLU between them.

    DnCNN and FFDNet are built so; [B, channels_in, H, W] -> [B, channels_out, H, W].
    """
    if depth < 2:
        raise ValueError(f"depth must be at least 2, not {depth}")
    sizes = [channels_in, *[width] * (depth - 1), channels_out]
    layers: list[nn.Module] = []
    for a, b in itertools.pairwise(sizes):
        layers += [nn.Conv2d(a, b, 3, padding=1), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


class ChannelNorm(nn.LayerNorm):
    """Layer norm over the channels of every pixel. [B, C, H, W] -> [B, C, H, W]"""

    def __init__(self, width: int) -> None:
        super().__init__(width, eps=1e-6)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Enlarge(nn.Sequential):
    """PixelShuffle layers (Shi et al., CVPR 2016): each a 3x3 convolution, the shuffle by 2, ReLU.

    They make [B, width, scale H, scale W] of [B, width, H, W]. With `icnr` a fresh layer enlarges
    by repeating pixels, which leaves no checkerboard (Aitken et al., 2017).
    """

    def __init__(self, width: int, scale: int, icnr: bool = True) -> None:
        if scale < 1 or scale & (scale - 1):
            raise ValueError(f"scale is 1, 2, 4 or 8, not {scale}")
        super().__init__(
            *(
                nn.Sequential(Shuffled(width, 4 * width, icnr), nn.PixelShuffle(2), nn.ReLU())
                for _ in range(scale.bit_length() - 1)
            )
        )
        self.reach = min(
            len(self), 2
        )  # the first layer sees one input pixel further, the later ones 1/2 and 1/4 of one


class Shuffled(Layer, nn.Conv2d):
    """The convolution before a PixelShuffle by `factor`."""

    def __init__(self, channels_in: int, channels_out: int, icnr: bool, factor: int = 2) -> None:
        super().__init__(channels_in, channels_out, 3, padding=1)
        self.icnr = icnr
        self.alike = factor**2
        self.after_init()

    def after_init(self) -> None:
        """After the weights were drawn: the filters of the pixels that one becomes are made equal.

        With a factor of 2 these are four.
        """
        if self.icnr:
            with torch.no_grad():
                for values in (self.weight, self.bias):
                    if values is not None:
                        first = values[:: self.alike]
                        values.copy_(first.repeat_interleave(self.alike, 0))
