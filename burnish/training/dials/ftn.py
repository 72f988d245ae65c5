"""FTN: filter transition networks (Lee et al., "Smoother network tuning and interpolation for continuous-level image processing", arXiv 2010.02270)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from .amount import Amount
from .filters import Filters, number
from .places import CONVOLUTIONS


class FTN(Filters):
    """For every convolution W(a) = (1 - a) W + a T(W), T = C2(PReLU(C1(W))), with C1 and C2 of 1x1 over the output channels: at a = 0 exactly the base.

    A fresh T is the identity (the paper's start), so that at a = 1 it begins from the base too. groups: of C1 and C2, 1 where the channels do not divide.
    bias: the convolutions' own biases move with a too, b + a d, d from 0 (the paper moves filters alone). levels, amounts: which a belongs to which level.
    Two ends, as in the paper: the base is trained at the first level, and then the transitions alone (`freeze: ["base.*"]`) at the last.
    """

    def __init__(
        self, base: Callable[..., nn.Module], groups: int = 1, bias: bool = False, levels: Sequence[float] = (0, 1), amounts: Sequence[float] = (0, 1)
    ) -> None:
        super().__init__(base)
        self.amount = Amount(levels, amounts)
        self.names = [name for name, layer in self.base.named_modules() if isinstance(layer, CONVOLUTIONS)]
        self.transitions = nn.ModuleList(Transition(_outputs(self.base.get_submodule(name)), groups) for name in self.names)
        moved = [(name, layer.bias) for name in self.names if (layer := self.base.get_submodule(name)).bias is not None] if bias else []
        self.moved = [name for name, _ in moved]
        self.shifts = nn.ParameterList(torch.zeros_like(value) for _, value in moved)

    def filters(self, level: Tensor) -> dict[str, Tensor]:
        a = self.amount(number(level))
        result = {}
        for name, transition in zip(self.names, self.transitions, strict=True):
            layer = self.base.get_submodule(name)
            weight: Tensor = layer.weight
            turned = weight.transpose(0, 1) if isinstance(layer, nn.ConvTranspose2d) else weight
            changed = transition(turned)
            changed = changed.transpose(0, 1) if isinstance(layer, nn.ConvTranspose2d) else changed
            result[f"{name}.weight"] = (1 - a) * weight + a * changed
        for name, shift in zip(self.moved, self.shifts, strict=True):
            bias: Tensor = self.base.get_submodule(name).bias
            result[f"{name}.bias"] = bias + a * shift
        return result


class Transition(nn.Module):
    """C2(PReLU(C1(W))) of filters [C, I, h, w], their output channels mixed; the identity when fresh."""

    def __init__(self, channels: int, groups: int) -> None:
        super().__init__()
        groups = groups if channels % groups == 0 else 1
        eye = torch.eye(channels // groups).repeat(groups, 1, 1)
        self.first, self.second = nn.Parameter(eye.clone()), nn.Parameter(eye.clone())
        self.first_bias, self.second_bias = nn.Parameter(torch.zeros(channels, 1)), nn.Parameter(torch.zeros(channels, 1))
        self.slope = nn.Parameter(torch.ones(()))

    def forward(self, weight: Tensor) -> Tensor:
        groups = self.first.shape[0]
        x = (self.first @ weight.reshape(groups, weight.shape[0] // groups, -1)).reshape(weight.shape[0], -1) + self.first_bias
        x = x.relu() - self.slope * (-x).relu()
        x = (self.second @ x.reshape(groups, weight.shape[0] // groups, -1)).reshape(weight.shape[0], -1) + self.second_bias
        return x.reshape(weight.shape)


def _outputs(layer: nn.Module) -> int:
    """The length of the axis of output channels of a convolution's weight."""
    weight: Tensor = layer.weight
    return weight.shape[1] if isinstance(layer, nn.ConvTranspose2d) else weight.shape[0]
