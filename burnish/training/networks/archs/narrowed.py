"""Narrowed: a network from whose layers whole channels were cut, which then really are not there.

How they are chosen stands in `../../step/prune.py`, and how they are cut in `../smaller/`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from torch import nn

from ..adapter import AdaptedNetwork


class Narrowed(AdaptedNetwork):
    """A network with fewer channels in some of its weights; all else is as in that network.

    Its weights have the names that they have there. `cuts` says of each that was cut how many
    channels are left along each of its axes; null is all of them. ValueError for cuts that there is
    no room for.
    """

    tiny: ClassVar[dict[str, Any]] = {
        "base": {"use": "ResUNet", "args": {"widths": [8, 12], "blocks": 1}},
        "cuts": {
            "down_blocks.0.0.conv1.weight": [5, None, None, None],
            "down_blocks.0.0.conv2.weight": [None, 5, None, None],
        },
    }

    specs: ClassVar[tuple[str, ...]] = ("base",)

    def __init__(
        self,
        base: Callable[..., nn.Module],
        cuts: Mapping[str, Sequence[int | None]],
        **arguments: Any,
    ) -> None:
        super().__init__(base(**arguments))
        for name, left in cuts.items():
            _narrow(self, name, left)
        for layer in self.modules():
            _agree(layer)


def _narrow(net: nn.Module, name: str, left: Sequence[int | None]) -> None:
    """Leaves the first channels of a weight or a statistic, as many as are left of each axis."""
    place, _, own = name.rpartition(".")
    try:
        owner = net.get_submodule(place)
    except AttributeError:
        raise ValueError(f"cuts: there is no {name}") from None
    kept = owner._parameters.get(own)
    whole = owner._buffers.get(own) if kept is None else kept
    if whole is None:
        raise ValueError(f"cuts: there is no {name}")
    sides = list(left)
    fits = len(sides) == whole.ndim and all(
        side is None or (type(side) is int and 1 <= side <= there)
        for side, there in zip(sides, whole.shape, strict=True)
    )
    if not fits:
        raise ValueError(f"cuts: {name} is {list(whole.shape)}, of which {sides} cannot be left")
    part = whole.detach()[tuple(slice(side) for side in sides)].clone()
    if kept is None:
        owner._buffers[own] = part
    else:
        owner._parameters[own] = nn.Parameter(part, requires_grad=kept.requires_grad)


def _agree(layer: nn.Module) -> None:
    """Makes what a layer says of its channels agree with its weights."""
    if isinstance(layer, nn.Conv2d):
        each = layer.out_channels // layer.groups
        layer.out_channels = len(layer.weight)
        if layer.groups == layer.in_channels:  # each channel has filters of its own
            layer.groups = layer.out_channels // each
        layer.in_channels = layer.weight.shape[1] * layer.groups
    elif isinstance(layer, nn.ConvTranspose2d):
        layer.in_channels = len(layer.weight)
        layer.out_channels = layer.weight.shape[1] * layer.groups
    elif isinstance(layer, nn.BatchNorm2d | nn.InstanceNorm2d) and layer.affine:
        layer.num_features = len(layer.weight)
    elif isinstance(layer, nn.LayerNorm) and layer.elementwise_affine:
        layer.normalized_shape = tuple(layer.weight.shape)
