"""The places where a dial acts in a network, and what hangs on them.

They are its layers, in the order in which a picture goes through them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from ...parts.patterns import like
from ..network import Layer, Network

CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d)


@dataclass(frozen=True)
class Place:
    """A layer of a network."""

    #: its name in the network
    name: str
    #: the layer itself
    layer: nn.Module
    #: the channels of its output
    channels: int
    #: how many times smaller its output is than the network's input (1/2 where it is twice as
    #: large)
    shrunk: float


def convolutions(
    net: Network, patterns: Sequence[str] = ("*",), *, ends: bool = True
) -> list[Place]:
    """The convolutions whose name is like one of the patterns, in order.

    Without `ends` the first and the last of the network are not among them. ValueError where none
    is.
    """
    found = _passed(
        net, [name for name, layer in net.named_modules() if isinstance(layer, CONVOLUTIONS)]
    )
    found = found if ends else found[1:-1]
    return _like(found, patterns, "convolution")


def layers(net: Network, patterns: Sequence[str]) -> list[Place]:
    """The layers that give feature planes and whose name is like one of the patterns, in order.

    They may be of any kind. ValueError where none is.
    """
    return _like(_passed(net, [name for name, _ in net.named_modules() if name]), patterns, "layer")


def _like(found: Sequence[Place], patterns: Sequence[str], what: str) -> list[Place]:
    result = [place for place in found if like(place.name, patterns)]
    if not result:
        raise ValueError(
            f"no {what}'s name is like {', '.join(patterns)}; they are called "
            f"{', '.join(place.name for place in found[:6])}, ..."
        )
    return result


def _passed(net: Network, names: Sequence[str]) -> list[Place]:
    """The layers that an empty picture passes, with the size of what comes out."""
    found: list[Place] = []
    side = 4 * net.multiple

    def note(name: str) -> RemovableHandle:
        def hook(layer: nn.Module, _: object, output: object) -> None:
            if isinstance(output, Tensor) and output.ndim == 4:
                found.append(Place(name, layer, output.shape[1], side / output.shape[-1]))

        return layer_of[name].register_forward_hook(hook)

    layer_of = dict(net.named_modules())
    hooks = [note(name) for name in names]
    was_training = net.training
    try:
        with torch.no_grad():
            net.eval()(torch.zeros(1, net.channels_in, side, side))
    finally:
        net.train(was_training)
        for hook in hooks:
            hook.remove()
    return found


class LevelSlot:
    """The level of the pass in work, for every size of feature planes.

    The hooks of one network share it, and a copy of the network has its own.
    """

    def __init__(self, sizes: Iterable[float]) -> None:
        self.sizes = tuple(dict.fromkeys(sizes))
        self.levels: dict[float, Tensor] = {}

    def put(self, level: Tensor) -> None:
        """Takes the level: [B, K, 1, 1], or a map of the picture's size.

        A map is averaged where planes are smaller.
        """
        self.levels = {shrunk: _at(level, shrunk) for shrunk in self.sizes}


def _at(level: Tensor, shrunk: float) -> Tensor:
    if level.shape[-2:] == (1, 1) or shrunk == 1:
        return level
    if shrunk > 1:
        return nn.functional.avg_pool2d(level, round(shrunk))
    return nn.functional.interpolate(level, scale_factor=round(1 / shrunk))


class Hook:
    """Puts a change behind a layer: output -> change(output, level there).

    An object and not a function, so that a copy of the network takes its own along.
    """

    def __init__(self, change: Layer, slot: LevelSlot, shrunk: float) -> None:
        self.change = change
        self.slot = slot
        self.shrunk = shrunk

    def __call__(self, layer: nn.Module, inputs: object, output: Tensor) -> Tensor:
        return self.change(output, self.slot.levels[self.shrunk])


def attach(places: Sequence[Place], changes: Iterable[Layer]) -> LevelSlot:
    """Puts each change behind its place; returns where their level is put at each pass."""
    slot = LevelSlot(place.shrunk for place in places)
    for place, change in zip(places, changes, strict=True):
        place.layer.register_forward_hook(Hook(change, slot, place.shrunk))
    return slot
