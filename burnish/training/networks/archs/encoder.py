"""Encoder: features of pictures, learnt from pictures alone, for losses and for style.

Two things are asked of the features. A decoder has to make the picture again of the last ones
(Hinton and Salakhutdinov, Science 2006), so that nothing that matters is lost. And at each size
their means and deviations have to tell which two halves are of one picture (contrastive learning:
van den Oord et al. 2018, Chen et al., ICML 2020), so that they carry what a texture is made of,
wherever it lies. No labels are needed, and no weights of others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..network import Network

#: numbers that describe the half of a picture, at each size
DESCRIBED = 64
#: how sharply descriptions are compared (the temperature of the softmax)
TEMPERATURE = 0.1
#: a half reaches so far into the picture from its side; the gap between two halves is wider than
#: what most features of both see
HALF = 3 / 8


class Encoder(Network):
    """Makes of `[B, 3, H, W]` its features, and of the last of these the picture again.

    H and W are multiples of `multiple`. It begins with two 3x3 convolutions at full size. `scales`
    are modules whose outputs are the features, each at half the size of the one before: as many
    channels as `widths` says, after as many convolutions as `depths` says, none below 0. Training
    asks for `logits`, in which the right half of each picture has other colours.
    """

    tiny: ClassVar[dict[str, Any]] = {"widths": [4, 6], "depths": [2, 1]}

    def __init__(
        self,
        widths: Sequence[int] = (24, 48, 96, 160),
        depths: Sequence[int] = (2, 2, 3, 2),
    ) -> None:
        super().__init__()
        if len(widths) != len(depths) or not widths or min(depths) < 1:
            raise ValueError(f"as many depths, of 1 and more, as widths: {depths} for {widths}")
        self.multiple = 2 ** (len(widths) - 1)
        self.scales = nn.ModuleList()
        before = 3
        for i, (width, depth) in enumerate(zip(widths, depths, strict=True)):
            layers: list[nn.Module] = [nn.AvgPool2d(2)] if i else []
            for _ in range(depth):
                layers += [_convolution(before, width), nn.ReLU()]
                before = width
            self.scales.append(nn.Sequential(*layers))
        self.decoder = _decoder(widths)
        self.described = nn.ModuleList(nn.Linear(2 * width, DESCRIBED) for width in widths)

    def features(self, image: Tensor) -> list[Tensor]:
        """The features of every scale, [B, C, h, w], the finest first."""
        found = []
        seen = image - 0.5
        for scale in self.scales:
            seen = scale(seen)
            found.append(seen)
        return found

    def forward(self, image: Tensor) -> Tensor:
        return self.decoder(self.features(image)[-1])

    def logits(self, image: Tensor) -> Tensor:
        """The picture made again, and its own errors beside it, `[B, 3 + scales, H, W]`.

        An error is the cross-entropy of finding a picture's left half among all right halves of
        the batch. In training the right halves have other colours, so that colour alone does not
        tell; what the decoder lacks of these is laid over the picture as it came.
        """
        seen = _recoloured(image) if self.training else image
        features = self.features(seen)
        again = image + self.decoder(features[-1]).float() - seen
        errors = [
            _told_apart(feature, head)
            for feature, head in zip(features, self.described, strict=True)
        ]
        planes = torch.stack(errors, 1)[..., None, None]
        return torch.cat([again, planes.expand(-1, -1, *image.shape[-2:])], 1)


def _decoder(widths: Sequence[int]) -> nn.Sequential:
    """A small decoder: features of the last of `widths`, at the smallest size, made a picture.

    It is there to ask for what is needed. Sizes are doubled by repeating pixels, which leaves no
    checkerboard (Odena et al., Distill 2016).
    """
    layers: list[nn.Module] = []
    for wide, narrow in zip(widths[:0:-1], widths[-2::-1], strict=True):
        layers += [_convolution(wide, narrow), nn.ReLU(), nn.Upsample(scale_factor=2)]
    return nn.Sequential(*layers, _convolution(widths[0], 3))


def _convolution(a: int, b: int) -> nn.Conv2d:
    return nn.Conv2d(a, b, 3, padding=1)


def _recoloured(image: Tensor) -> Tensor:
    """The picture with the right half's colours changed, for each picture in another way.

    Channels change places, and each is made stronger or weaker; of one in four all are grey.
    """
    batch, channels, _, width = image.shape
    right = image[..., width // 2 :]
    order = torch.rand(batch, channels, device=image.device).argsort(1)
    right = right.gather(1, order[..., None, None].expand_as(right))
    gain = torch.empty(batch, channels, 1, 1, device=image.device).uniform_(0.6, 1.4)
    grey = torch.rand(batch, 1, 1, 1, device=image.device) < 0.25
    right = torch.where(grey, right.mean(1, keepdim=True), right * gain)
    return torch.cat([image[..., : width // 2], right], -1)


def _told_apart(feature: Tensor, head: nn.Module) -> Tensor:
    """How badly the halves of each picture find each other in the batch. [B, C, h, w] -> [B]"""
    half = max(1, int(feature.shape[-1] * HALF))
    left, right = (
        F.normalize(head(_statistics(part.float())), dim=1)
        for part in (feature[..., :half], feature[..., -half:])
    )
    alike = left @ right.mT / TEMPERATURE
    which = torch.arange(len(alike), device=alike.device)
    there = F.cross_entropy(alike, which, reduction="none")
    back = F.cross_entropy(alike.mT, which, reduction="none")
    return (there + back) / 2


def _statistics(part: Tensor) -> Tensor:
    """The mean and the deviation of each channel. [B, C, h, w] -> [B, 2 C]"""
    mean = part.mean((2, 3))
    spread = ((part - mean[..., None, None]).square().mean((2, 3)) + 1e-5).sqrt()
    return torch.cat([mean, spread], 1)
