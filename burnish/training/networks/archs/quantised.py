"""Quantised: a network whose inner convolutions compute with whole numbers of 8 bits.

It is trained as it will run: what rounding does is in the forward pass, and the gradient goes
straight through it (Jacob et al., CVPR 2018; Bengio et al., 2013).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeGuard

import torch
from torch import Tensor, nn

from ..wrapper import Wrapper

#: how much of a channel's range stays at each step of training where it is not reached again
KEEP = 0.999
#: how much of the range of a channel its whole numbers cover. What lies beyond, at a few pixels,
#: is cut: finer steps are worth more
COVERED = 0.72
#: the narrowest range that a channel may have, as a share of the widest one's
NARROWEST = 1e-3
#: the largest whole number with a sign
LARGEST = 127
#: the smallest filter that is told from none
SMALLEST = 1e-12


class Quantised(Wrapper):
    """Wraps a network without dials. Products of its inner convolutions are those of whole numbers.

    Inner ones are those of stride 1 and one group between the first and the last convolution,
    which the base names as its `ends`. These two and all sums stay in float, and so do convolutions
    that change the size: with 2x2 and stride 2 in 8 bits `photo` came out wrong in OpenVINO 2026.4,
    and it is not faster.
    """

    tiny: ClassVar[dict[str, Any]] = {
        "base": {"use": "ResUNet", "args": {"widths": [8, 12], "blocks": 1}}
    }

    def __init__(self, base: Callable[..., nn.Module], **arguments: Any) -> None:
        super().__init__(base, **arguments)
        if self.base.ends is None:
            raise ValueError(
                f"Quantised wants a base that says which of its convolutions are the first and the "
                f"last; {self.base.class_name} does not"
            )
        first, last = self.base.ends
        self.ends = (f"base.{first}", f"base.{last}")
        inner = {
            name: layer
            for name, layer in self.base.named_modules()
            if name not in self.base.ends and is_inner(layer)
        }
        # They are kept here and not in the convolutions, so that the base's names stay its own.
        ranges = [Range(layer.in_channels) for layer in inner.values()]
        self.ranges = nn.ModuleList(ranges)
        for (name, layer), channels in zip(inner.items(), ranges, strict=True):
            self.base.set_submodule(name, WholeConv(layer, channels))

    def forward(self, image: Tensor) -> Tensor:
        return self.base(image)


def is_inner(layer: nn.Module) -> TypeGuard[nn.Conv2d]:
    """Whether it is a convolution that may compute with whole numbers."""
    return (
        isinstance(layer, nn.Conv2d)
        and layer.stride == (1, 1)
        and layer.groups == 1
        and layer.padding_mode == "zeros"
    )


class Range(nn.Module):
    """The range of each channel of what goes into a convolution, as training saw it.

    Zero is always in it. What a batch does not reach narrows slowly.
    """

    #: the least that each channel was [C]
    least: Tensor
    #: the most that each channel was [C]
    most: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("least", torch.zeros(channels))
        self.register_buffer("most", torch.zeros(channels))

    @property
    def known(self) -> bool:
        """Whether training saw anything."""
        return bool(self.most.any() or self.least.any())

    def see(self, x: Tensor) -> None:
        """Takes in what a batch [B, C, H, W] reaches."""
        torch.minimum(self.least * KEEP, x.amin((0, 2, 3)).float(), out=self.least)
        torch.maximum(self.most * KEEP, x.amax((0, 2, 3)).float(), out=self.most)

    def steps(self) -> tuple[Tensor, int, int]:
        """The step of each channel [C], and the least and the most whole number that it takes."""
        lowest, highest = (-LARGEST, LARGEST) if bool((self.least < 0).any()) else (0, 255)
        reach = COVERED * torch.maximum(self.most, -self.least)
        return reach.clamp(min=float(reach.max()) * NARROWEST) / highest, lowest, highest


class WholeConv(nn.Conv2d):
    """A convolution of whole numbers: [B, C, H, W] -> [B, C', H, W].

    Each channel of its input is divided by a step and rounded, to -127..127, or to 0..255 where
    nothing is below 0. Each filter, which takes these steps in, is divided by a unit and rounded
    to -127..127. As long as no range is known, and where `floating` is set, it is the plain
    convolution.
    """

    #: of its input; it belongs to `Quantised`
    range: Range
    #: whether it computes as the plain convolution
    floating: bool

    def __init__(self, plain: nn.Conv2d, channels: Range) -> None:
        super().__init__(
            plain.in_channels,
            plain.out_channels,
            plain.kernel_size,  # type: ignore[arg-type]
            padding=plain.padding,  # type: ignore[arg-type]
            dilation=plain.dilation,  # type: ignore[arg-type]
            bias=plain.bias is not None,
        )
        # PyTorch would register what is assigned the plain way as a part of this one.
        self.__dict__["range"] = channels
        self.floating = False

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            self.range.see(x.detach())
        if self.floating or not self.range.known:
            return super().forward(x)
        steps, lowest, highest = self.range.steps()
        whole = rounded(x / steps.view(1, -1, 1, 1), lowest, highest)
        filters, units = self.whole_filters(steps)
        # bf16 holds these whole numbers, but not their products with the units.
        result = self._conv_forward(whole, filters, None) * units.view(1, -1, 1, 1)
        return result if self.bias is None else result + self.bias.view(1, -1, 1, 1)

    def whole_filters(self, steps: Tensor) -> tuple[Tensor, Tensor]:
        """The rounded filters [C', C, h, w] for steps [C] of the input, and the unit of each."""
        taken_in = self.weight * steps.view(1, -1, 1, 1)
        units = taken_in.detach().abs().amax((1, 2, 3)).clamp(min=SMALLEST) / LARGEST
        return rounded(taken_in / units.view(-1, 1, 1, 1), -LARGEST, LARGEST), units


def rounded(x: Tensor, lowest: int, highest: int) -> Tensor:
    """The nearest whole numbers in a range. The gradient passes as if nothing were rounded, but not
    for what lies beyond the range.
    """
    result: Tensor = _Rounded.apply(x, lowest, highest)  # type: ignore[no-untyped-call]
    return result


class _Rounded(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, lowest: int, highest: int) -> Tensor:
        ctx.save_for_backward((x >= lowest - 0.5) & (x <= highest + 0.5))
        return x.round().clamp_(lowest, highest)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        (inside,) = ctx.saved_tensors
        return gradient * inside, None, None
