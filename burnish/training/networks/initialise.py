"""Fresh weights, by name. Kaiming: He et al., ICCV 2015. Orthogonal: Saxe et al., ICLR 2014."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

_KINDS = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)
#: what the last convolution of a residual branch is multiplied with, so that a fresh network is
#: near the identity
SMALL = 0.1


def _kaiming(weight: Tensor, generator: torch.Generator) -> None:
    nn.init.kaiming_normal_(weight, nonlinearity="relu", generator=generator)


def _orthogonal(weight: Tensor, generator: torch.Generator) -> None:
    nn.init.orthogonal_(weight, gain=nn.init.calculate_gain("relu"), generator=generator)


#: name -> how one weight is drawn; None leaves what the network's own constructor drew
INITIALISERS: dict[str, Callable[[Tensor, torch.Generator], None] | None] = {
    "kaiming": _kaiming,
    "orthogonal": _orthogonal,
    "default": None,
}


def initialise(net: nn.Module, name: str, generator: torch.Generator) -> None:
    """Draws the weights of all convolutions and linear layers and zeroes their biases.

    A module that names layers in `starts_small` gets those at a tenth.

    One that has a method `drawn` is asked to do with its fresh weights what it has to (as ICNR
    does).
    """
    draw = INITIALISERS[name]
    if draw is None:
        return
    with torch.no_grad():
        for module in net.modules():
            if isinstance(module, _KINDS):
                draw(module.weight, generator)
                if module.bias is not None:
                    module.bias.zero_()
        for module in net.modules():
            for layer in getattr(module, "starts_small", ()):
                getattr(module, layer).weight.mul_(SMALL)
        for module in reversed(
            list(net.modules())
        ):  # what is inside first: what wraps it may copy it
            if callable(drawn := getattr(module, "drawn", None)):
                drawn()
