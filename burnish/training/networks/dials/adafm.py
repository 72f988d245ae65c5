"""AdaFM: adaptive feature modification.

The source is He, Dong and Qiao, "Modulating image restoration with continual levels via adaptive
feature modification layers", CVPR 2019.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ....errors import DialError
from ..network import Layer
from .features import Features, scaled
from .places import Place, convolutions

KERNELS = (1, 3, 5, 7)


class AdaFM(Features):
    """Behind convolutions y + a (g * y + b): at a = 0 exactly the base.

    There is one kernel x kernel filter g for each channel (depth-wise) and a number b, from 0.
    `places` says which convolutions, by the names they have in the base (in the paper `["blocks.*",
    "after"]` of AdaFMNet); the first and the last one have none. There are two ends, as in the
    paper: the base is trained at the first level, and then g and b alone (`freeze: ["net.base.*"]`)
    at the last. A `kernel` of 1 folds; a larger one does not: it would make 5x5 convolutions and
    more out of 3x3 ones, and at the border, where y is padded, not even the same. For `maps` see
    Features.
    """

    def __init__(
        self,
        base: Callable[..., nn.Module],
        kernel: int = 1,
        places: Sequence[str] = ("*",),
        levels: Sequence[float] = (0, 1),
        amounts: Sequence[float] = (0, 1),
        maps: bool = False,
    ) -> None:
        super().__init__(base, levels, amounts, maps)
        if kernel not in KERNELS:
            raise ValueError(f"kernel is one of {', '.join(map(str, KERNELS))}, not {kernel}")
        self.kernel = kernel
        found = convolutions(self.base, places, ends=False)
        self.attach(found, lambda place: Modification(place, kernel))
        if self.reach is not None and kernel > 1:
            self.reach = self.reach + round(
                sum(max(1.0, place.shrunk) * (kernel // 2) for place in found)
            )

    def fold(self, level: Tensor) -> dict[str, Tensor]:
        """The base's state at a level [1, 1, 1, 1].

        DialError where it cannot be said in the base's own convolutions.
        """
        if self.kernel > 1:
            size = f"{self.kernel}x{self.kernel}"
            raise DialError(
                f"AdaFM with {size} filters does not fold: with the convolutions before them "
                "they make larger ones, which differ at the border"
            )
        a = self.amount(level).reshape(())
        state = dict(self.base.state_dict())
        change: Any
        with torch.no_grad():
            for name, change in zip(self.places, self.changes, strict=True):
                state.update(
                    scaled(self.base, name, 1 + a * change.weight.flatten(), a * change.bias)
                )
        return state


class Modification(Layer):
    """y -> y + a (g * y + b)"""

    def __init__(self, place: Place, kernel: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(place.channels, 1, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(place.channels))

    def forward(self, y: Tensor, amount: Tensor) -> Tensor:
        if self.weight.shape[-1] == 1:
            return y + amount * (self.weight.view(1, -1, 1, 1) * y + self.bias.view(1, -1, 1, 1))
        change = nn.functional.conv2d(
            y, self.weight, self.bias, padding=self.weight.shape[-1] // 2, groups=y.shape[1]
        )
        return y + amount * change
