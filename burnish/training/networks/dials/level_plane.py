"""LevelPlane: the level joins the picture as one more input plane, and gates the residual.

The plane is FFDNet's (Zhang et al., TIP 2018); with the gate, no damage is an exact identity.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ....contract import Level
from ....errors import DialError
from ..wrapper import Wrapper
from .features import scaled


class LevelPlane(Wrapper):
    """Wraps a residual network that takes one more input channel for each dial.

    With amount = |level - zero|, the residual is rho(amount) * base([image, amount / full]), rho(s)
    = s / (s + gate): 0 without damage in any precision, near 1 from a few steps on. With several
    dials the gate closes only where all of them stand at zero. `base` is the network's spec, built
    with `channels_in` and `channels_out`. `gate`, `zero` (the level that means no damage: 0 for
    noise, 100 for JPEG quality) and `full` (what becomes 1 in the plane) are in the dial's unit;
    `zero` and `full` are one number, or one for each dial.

    `halving` keeps the base's numbers in one range over the whole dial, for a base that computes
    with whole numbers (`Quantised`): picture and plane are divided by 1 + amount / halving, which
    is 2 where the amount is `halving`, and the residual is multiplied with it. To a base without
    biases, which is homogeneous, it is all the same. Of a map the largest amount counts.
    """

    tiny: ClassVar[dict[str, Any]] = {
        "base": {"use": "ResUNet", "args": {"widths": [8, 12], "blocks": 1}}
    }
    dials = 1
    level: Level = "pixel"
    residual = True

    def __init__(
        self,
        base: Callable[..., nn.Module],
        dials: int = 1,
        channels: int = 3,
        gate: float = 0.5,
        zero: float | Sequence[float] = 0.0,
        full: float | Sequence[float] = 255.0,
        halving: float | None = None,
    ) -> None:
        zeros = _for_each(zero, dials, "zero")
        fulls = _for_each(full, dials, "full")
        if gate <= 0 or min(fulls) <= 0:
            raise ValueError(f"gate and full must be above 0, not {gate:g} and {min(fulls):g}")
        if halving is not None and halving <= 0:
            raise ValueError(f"halving must be above 0, not {halving:g}")
        super().__init__(base, channels_in=channels + dials, channels_out=channels)
        if not self.base.residual or self.base.scale != 1:
            raise ValueError(
                "LevelPlane wants a base that predicts a residual at its input's size; "
                f"{self.base.class_name} does not"
            )
        if halving is not None and any(name.endswith("bias") for name in self.base.state_dict()):
            raise ValueError(
                f"halving wants a base without biases, which is homogeneous; "
                f"{self.base.class_name} has some"
            )
        self.channels_in = channels
        self.channels_out = channels
        self.folded_args = {"channels_in": channels, "channels_out": channels}
        self.dials = dials
        self.gate = gate
        self.halving = halving
        self.identity = zeros
        self.zero: Tensor
        self.full: Tensor
        self.register_buffer("zero", torch.tensor(zeros).view(1, -1, 1, 1), persistent=False)
        self.register_buffer("full", torch.tensor(fulls).view(1, -1, 1, 1), persistent=False)

    def fold(self, level: Tensor) -> dict[str, Tensor]:
        """The base's state at a level [1, K, 1, 1], for the picture's own channels.

        The plane becomes a bias of the first convolution, the gate a factor of the last. DialError
        for a base that does not say which these are (`ends`), or that pads its first convolution by
        anything but replication.
        """
        if self.base.ends is None:
            raise DialError(
                f"{self.base.class_name} does not say which of its convolutions are the "
                "first and the last, so a level plane does not fold into it"
            )
        first, last = self.base.ends
        door = self.base.get_submodule(first)
        assert isinstance(door, nn.Conv2d)
        if door.padding_mode != "replicate" and door.kernel_size != (1, 1):
            raise DialError(
                f"{self.base.class_name} pads its first convolution with zeros, so at the "
                "border a level plane is no bias"
            )
        with torch.no_grad():
            amount = (level - self.zero).abs()
            total = amount.sum()
            each = door.weight.shape[1] // (
                self.channels_in + self.dials
            )  # planes of the door for one of the picture's
            kept = each * self.channels_in
            plane = (amount / self.full).flatten().repeat_interleave(each)
            bias = (door.weight[:, kept:].sum((2, 3)) * plane).sum(1)
            divisor = self._divisor(total)
            state = {
                **self.base.state_dict(),
                f"{first}.weight": door.weight[:, :kept] / divisor,
                f"{first}.bias": bias / divisor if door.bias is None else door.bias + bias,
            }
            state.update(scaled(self.base, last, divisor * total / (total + self.gate), None))
        return state

    def forward(self, image: Tensor, level: Tensor) -> Tensor:
        amount = (level - self.zero).abs()
        plane = (amount / self.full).expand(image.shape[0], -1, *image.shape[-2:])
        total = amount.sum(1, keepdim=True)
        gain = total / (total + self.gate)
        told = torch.cat([image, plane], 1)
        if self.halving is None:
            return gain * self.base(told)
        divisor = self._divisor(total.amax((2, 3), keepdim=True))
        return gain * divisor * self.base(told / divisor)

    def _divisor(self, total: Tensor) -> Tensor:
        """What picture and plane are divided by, and the residual is multiplied with."""
        return torch.ones_like(total) if self.halving is None else 1 + total / self.halving


def _for_each(value: float | Sequence[float], dials: int, name: str) -> tuple[float, ...]:
    values = (float(value),) * dials if isinstance(value, int | float) else tuple(map(float, value))
    if len(values) != dials:
        raise ValueError(
            f"{name} wants one number, or one for each of the {dials} dials, not {list(values)}"
        )
    return values
