"""FTN: filter transition networks.

The source is Lee et al., "Smoother network tuning and interpolation for continuous-level image
processing", arXiv 2010.02270.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from .filters import Filters, number
from .places import CONVOLUTIONS


class FTN(Filters):
    """Every convolution has W(a) = (1 - a) W + a T(W): at a = 0 exactly the base.

    T = C2(PReLU(C1(W))), with C1 and C2 of 1x1 over the output channels. A fresh T is the identity
    (the paper's start), so that at a = 1 it begins from the base too. `groups` are those of C1 and
    C2, 1 where the channels do not divide. With `bias` the convolutions' own biases move with a
    too, b + a d, d from 0 (the paper moves filters alone). `levels` and `amounts` say which a
    belongs to which level. There are two ends, as in the paper: the base is trained at the first
    level, and then the transitions alone (`freeze: ["net.base.*"]`) at the last. The `fresh` of
    "default" draws C1 and C2 as PyTorch draws a convolution, with a slope of 1/4, for the study of
    what the identity is worth.
    """

    def __init__(
        self,
        base: Callable[..., nn.Module],
        groups: int = 1,
        bias: bool = False,
        levels: Sequence[float] = (0, 1),
        amounts: Sequence[float] = (0, 1),
        fresh: str = "identity",
    ) -> None:
        super().__init__(base, levels, amounts)
        if fresh not in ("identity", "default"):
            raise ValueError(f"fresh is identity or default, not {fresh!r}")
        self.names = [
            name for name, layer in self.base.named_modules() if isinstance(layer, CONVOLUTIONS)
        ]
        self.transitions = nn.ModuleList(
            Transition(self._convolution(name).out_channels, groups, fresh == "identity")
            for name in self.names
        )
        self.moved = [
            name for name in self.names if bias and self._convolution(name).bias is not None
        ]
        self.shifts = nn.ParameterList(
            torch.zeros_like(self._convolution(name).bias) for name in self.moved
        )

    def filters(self, level: Tensor) -> dict[str, Tensor]:
        a = self.amount(number(level))
        result = {}
        for name, transition in zip(self.names, self.transitions, strict=True):
            layer = self._convolution(name)
            outputs = int(isinstance(layer, nn.ConvTranspose2d))  # the axis of its output channels
            changed = transition(layer.weight.transpose(0, outputs)).transpose(0, outputs)
            result[f"{name}.weight"] = (1 - a) * layer.weight + a * changed
        for name, shift in zip(self.moved, self.shifts, strict=True):
            result[f"{name}.bias"] = self._convolution(name).bias + a * shift
        return result

    def _convolution(self, name: str) -> Any:
        return self.base.get_submodule(name)


class Transition(nn.Module):
    """The transition C2(PReLU(C1(W))) of filters [C, I, h, w], which mixes their output channels.

    A fresh one is the identity, or drawn.
    """

    def __init__(self, channels: int, groups: int, identity: bool = True) -> None:
        super().__init__()
        groups = groups if channels % groups == 0 else 1
        eye = torch.eye(channels // groups).repeat(groups, 1, 1)
        self.first = nn.Parameter(eye.clone())
        self.second = nn.Parameter(eye.clone())
        self.first_bias = nn.Parameter(torch.zeros(channels, 1))
        self.second_bias = nn.Parameter(torch.zeros(channels, 1))
        self.slope = nn.Parameter(torch.ones(()))
        if not identity:
            reach = (channels // groups) ** -0.5
            for values in self.parameters():
                nn.init.uniform_(values, -reach, reach)
            nn.init.constant_(self.slope, 0.25)

    def forward(self, weight: Tensor) -> Tensor:
        groups = self.first.shape[0]
        x = (self.first @ weight.reshape(groups, weight.shape[0] // groups, -1)).reshape(
            weight.shape[0], -1
        ) + self.first_bias
        x = x.relu() - self.slope * (-x).relu()
        x = (self.second @ x.reshape(groups, weight.shape[0] // groups, -1)).reshape(
            weight.shape[0], -1
        ) + self.second_bias
        return x.reshape(weight.shape)
