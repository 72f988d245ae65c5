"""DynamicNet: blocks beside a network that move it from one objective to another.

The source is Shoshan, Mechrez and Zelnik-Manor, "Dynamic-Net: tuning the objective without
re-training for synthesis tasks", ICCV 2019.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor, nn

from ....errors import DialError
from ..network import Layer
from .features import Features
from .places import Place, convolutions, layers


class DynamicNet(Features):
    """Behind some layers z + a psi(z): at a = 0 exactly the base.

    A psi has three 3x3 convolutions with ReLU between. `places` says behind which layers, by the
    names they have in the base; without it, behind three convolutions, a third and two thirds of
    the way and before the last. With `dual`, below 0 another set of blocks acts, with -a. `levels`
    and `amounts` say which a belongs to which level. The base is trained at a = 0, then the blocks
    alone (`freeze: ["net.base.*"]`) at a = 1. It does not fold: the blocks are not linear.
    """

    def __init__(
        self,
        base: Callable[..., nn.Module],
        places: Sequence[str] | None = None,
        dual: bool = False,
        levels: Sequence[float] = (0, 1),
        amounts: Sequence[float] = (0, 1),
        maps: bool = False,
    ) -> None:
        super().__init__(base, levels, amounts, maps)
        found = layers(self.base, places) if places is not None else _three(convolutions(self.base))
        self.attach(found, lambda place: Tuning(place.channels, dual))
        if self.reach is not None:
            self.reach = self.reach + round(sum(3 * max(1.0, place.shrunk) for place in found))

    def fold(self, level: Tensor) -> dict[str, Tensor]:
        """The base's state at the level at which it is the base. DialError at any other."""
        if float(self.amount(level).abs().max()) == 0:
            return dict(self.base.state_dict())
        raise DialError(
            "DynamicNet does not fold: its blocks have ReLUs of their own, so no convolution "
            "of the base can do what they do"
        )


class Tuning(Layer):
    """z -> z + a psi(z); with `dual`, z - a other(z) below 0."""

    def __init__(self, channels: int, dual: bool) -> None:
        super().__init__()
        self.psi = _psi(channels)
        self.other = _psi(channels) if dual else None

    def forward(self, z: Tensor, amount: Tensor) -> Tensor:
        if self.other is None:
            return z + amount * self.psi(z)
        return z + amount.relu() * self.psi(z) + (-amount).relu() * self.other(z)


def _psi(channels: int) -> nn.Sequential:
    def convolution() -> nn.Conv2d:
        return nn.Conv2d(channels, channels, 3, padding=1, padding_mode="replicate")

    return nn.Sequential(convolution(), nn.ReLU(), convolution(), nn.ReLU(), convolution())


def _three(found: Sequence[Place]) -> list[Place]:
    if len(found) < 2:
        raise ValueError("a network of one convolution has no place between its ends; name places")
    between = found[:-1]
    return [
        between[i] for i in sorted({len(between) // 3, 2 * len(between) // 3, len(between) - 1})
    ]
