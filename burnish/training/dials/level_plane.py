"""LevelPlane: the level joins the picture as one more input plane (FFDNet: Zhang et al., TIP 2018), and gates the residual: level 0 is an exact identity."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import torch
from torch import Tensor, nn


class LevelPlane(nn.Module):
    """Wraps a residual network that takes one more input channel for each dial.

    residual = rho(level) * base([image, level / 255]), rho(s) = s / (s + gate): 0 at level 0 in any precision, near 1 from a few steps on.
    With several dials the gate closes only where all of them are 0.
    base: the network's spec, built with `channels_in` and `channels_out`. gate: in the dial's unit.
    """

    tiny: ClassVar[dict[str, Any]] = {"base": {"use": "ResUNet", "args": {"widths": [8, 12], "blocks": 1}}}
    level = "pixel"
    residual = True

    def __init__(self, base: Callable[..., nn.Module], dials: int = 1, channels: int = 3, gate: float = 0.5) -> None:
        super().__init__()
        if gate <= 0:
            raise ValueError(f"gate must be above 0, not {gate:g}")
        self.base = base(channels_in=channels + dials, channels_out=channels)
        if not getattr(self.base, "residual", False) or getattr(self.base, "scale", 1) != 1:
            raise ValueError(f"LevelPlane wants a base that predicts a residual at its input's size; {type(self.base).__name__} does not")
        self.channels_in = self.channels_out = channels
        self.multiple, self.reach = self.base.multiple, self.base.reach
        self.dials, self.gate = dials, gate
        self.identity = (0.0,) * dials

    def forward(self, image: Tensor, level: Tensor) -> Tensor:
        plane = level.expand(image.shape[0], -1, *image.shape[-2:])
        total = level.sum(1, keepdim=True)
        rho = total / (total + self.gate)
        predicted: Tensor = self.base(torch.cat([image, plane / 255], 1))
        return rho * predicted
