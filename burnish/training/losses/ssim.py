"""1 - SSIM (Wang et al., TIP 2004) and 1 - MS-SSIM (Wang, Simoncelli and Bovik, Asilomar 2003).

The window is that of `burnish.metrics`, the values are in [0, 1].
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ...errors import UsageError
from ...metrics import WINDOW
from .common import exact, least_under, weighted_mean
from .loss import Loss

SIDE = int(WINDOW.size)
C1 = 0.01**2
C2 = 0.03**2
#: what each scale counts, the finest first
SCALES = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
#: the least that a scale's structure counts: a negative one has no power, and 0 no finite gradient
FLOOR = 1e-4


class SSIM(Loss):
    """1 minus the structural similarity, the mean over channels and the valid region.

    A window counts what its least place counts.
    """

    least = SIDE

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("window", torch.from_numpy(WINDOW), persistent=False)

    @exact
    def forward(self, restored: Tensor, clean: Tensor, weight: Tensor | None = None) -> Tensor:
        _check_side(restored, self.least, "SSIM")
        luminance, structure = _similarity(restored, clean, self.get_buffer("window"))
        return weighted_mean(1 - luminance * structure, least_under(weight, SIDE, SIDE))


class MSSSIM(Loss):
    """1 minus the structural similarity over several scales, each half as large.

    Structure is compared at all of them, brightness at the coarsest. `scales` says how many of the
    five published ones (fewer for small crops, their weights then made to sum to 1). The smallest
    side is 11 * 2^(scales - 1): 176 for five. In each scale the windows' weighted mean is taken,
    and a picture as a whole counts the mean of its weight.
    """

    def __init__(self, scales: int = len(SCALES)) -> None:
        super().__init__()
        if not isinstance(scales, int) or not 1 <= scales <= len(SCALES):
            raise ValueError(f"scales is a whole number from 1 to {len(SCALES)}, not {scales}")
        self.least = SIDE * 2 ** (scales - 1)
        self.powers = [power / sum(SCALES[:scales]) for power in SCALES[:scales]]
        self.register_buffer("window", torch.from_numpy(WINDOW), persistent=False)

    @exact
    def forward(self, restored: Tensor, clean: Tensor, weight: Tensor | None = None) -> Tensor:
        scales = len(self.powers)
        _check_side(
            restored,
            self.least,
            f"MSSSIM of {scales} scales",
            "; take fewer scales, a larger data.crop, or SSIM",
        )
        counted = weight
        whole = restored.new_ones(1, 1)
        for i, power in enumerate(self.powers):
            if i:
                restored = F.avg_pool2d(restored, 2)
                clean = F.avg_pool2d(clean, 2)
                counted = _halved(counted)
            luminance, structure = _similarity(restored, clean, self.get_buffer("window"))
            similar = structure if i < scales - 1 else luminance * structure
            whole = (
                whole
                * _mean_of_picture(similar, least_under(counted, SIDE, SIDE)).clamp_min(FLOOR)
                ** power
            )
        return weighted_mean(1 - whole, None if weight is None else weight.mean((2, 3)))


def _similarity(a: Tensor, b: Tensor, window: Tensor) -> tuple[Tensor, Tensor]:
    """SSIM's two factors, brightness and structure, in the valid region, [B, C, H - 10, W - 10].

    They are computed by sum and difference, whose moments cancel less.
    """
    total = a + b
    difference = a - b
    parts = torch.cat([total, difference, total.square(), difference.square()], 1)
    mean_s, mean_d, square_s, square_d = _local_mean(parts, window.to(a.dtype)).chunk(4, 1)
    mean_s = mean_s.square()
    mean_d = mean_d.square()
    var_s = square_s - mean_s
    var_d = square_d - mean_d
    return (mean_s - mean_d + 2 * C1) / (mean_s + mean_d + 2 * C1), (var_s - var_d + 2 * C2) / (
        var_s + var_d + 2 * C2
    )


def _local_mean(planes: Tensor, window: Tensor) -> Tensor:
    """Every plane [H, W] under the window, columns first, then rows, [H - 10, W - 10]."""
    channels = planes.shape[1]
    rows = F.conv2d(planes, window.view(1, 1, -1, 1).expand(channels, 1, -1, 1), groups=channels)
    return F.conv2d(rows, window.view(1, 1, 1, -1).expand(channels, 1, 1, -1), groups=channels)


def _mean_of_picture(values: Tensor, weight: Tensor | None) -> Tensor:
    """The weighted mean over each plane, 1 where nothing counts. [B, C, H, W] -> [B, C]"""
    if weight is None:
        return values.mean((2, 3))
    weight = weight.expand_as(values)
    counted = weight.sum((2, 3))
    return torch.where(
        counted > 0,
        (weight * values).sum((2, 3)) / counted.clamp_min(torch.finfo(values.dtype).tiny),
        1.0,
    )


def _halved(weight: Tensor | None) -> Tensor | None:
    """The weight at half the size: the least of each four."""
    if weight is None or weight.shape[-2:] == (1, 1):
        return weight
    return -F.max_pool2d(-weight, 2)


def _check_side(picture: Tensor, least: int, name: str, advice: str = "") -> None:
    height, width = picture.shape[-2:]
    if min(height, width) < least:
        raise UsageError(
            f"{name} wants pictures of {least}x{least} and more, not {width}x{height}{advice}"
        )
