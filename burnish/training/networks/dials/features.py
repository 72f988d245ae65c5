"""Networks whose features depend on the level.

What hangs behind some of their layers is told it, for each picture, or for each pixel where it is a
map.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ..network import Layer
from ..wrapper import Wrapper
from .amount import Amount, Turned
from .places import Place, attach


class Features(Turned, Wrapper):
    """Wraps a network without dials, whose features then depend on the level.

    What the network is and needs stays as it is, and so do the names of its weights, as base.*.
    With `maps` the level may be a plane of the picture's size, which costs a product for every
    feature; else it is a number for each picture.
    """

    tiny: ClassVar[dict[str, Any]] = {
        "base": {"use": "ResUNet", "args": {"widths": [8, 12], "blocks": 1}},
        "levels": [0, 75],
    }
    dials = 1

    def __init__(
        self,
        base: Callable[..., nn.Module],
        levels: Sequence[float],
        amounts: Sequence[float],
        maps: bool,
    ) -> None:
        super().__init__(base)
        self.amount = Amount(levels, amounts)
        self.level = "pixel" if maps else "image"

    def attach(self, places: Sequence[Place], make: Callable[[Place], Layer]) -> None:
        """Puts a change behind each place.

        It is called with the place's output and the amount there.
        """
        changes = [make(place) for place in places]
        self.changes = nn.ModuleList(changes)
        self.places = [place.name for place in places]
        self.slot = attach(places, changes)

    def forward(self, image: Tensor, level: Tensor) -> Tensor:
        self.slot.put(self.amount(level))
        return self.base(image)


def scaled(net: nn.Module, name: str, gain: Tensor, shift: Tensor | None) -> Mapping[str, Tensor]:
    """The weight and bias of the convolution of that name when its output is to be gain * output +
    shift, [C] or, without a shift, one number.

    With a shift it gains the bias that it lacks.
    """
    layer: Any = net.get_submodule(name)
    axis = 1 if isinstance(layer, nn.ConvTranspose2d) else 0
    shape = [1] * layer.weight.ndim
    shape[axis] = -1
    result = {f"{name}.weight": layer.weight * gain.view(shape)}
    if layer.bias is not None or shift is not None:
        bias = torch.zeros_like(gain) if layer.bias is None else gain * layer.bias
        result[f"{name}.bias"] = bias if shift is None else bias + shift
    return result
