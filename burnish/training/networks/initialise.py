"""Fresh weights, by name. Kaiming: He et al., ICCV 2015. Orthogonal: Saxe et al., ICLR 2014."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from .network import Layer

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

    Layers named in `starts_small` are then made small, and `after_init` is called of what is inside
    first, since what wraps it may copy it.
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
        layers = [module for module in net.modules() if isinstance(module, Layer)]
        for layer in layers:
            for name in layer.starts_small:
                layer.get_parameter(f"{name}.weight").mul_(SMALL)
        for layer in reversed(layers):
            layer.after_init()
