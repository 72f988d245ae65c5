"""The one way in for a plain `nn.Module` that somebody else wrote.

What it declares is read here, once, and from then on it is a `Network`.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from .network import Network

#: what a plain module may declare, by the names that these things have in Network
DECLARED = (
    "channels_in",
    "channels_out",
    "scale",
    "multiple",
    "reach",
    "dials",
    "level",
    "identity",
    "residual",
    "gives",
    "ends",
    "logits",
    "starts_small",
    "after_init",
)


class AdaptedNetwork(Network):
    """A plain module as a Network.

    The module's parts keep their names, as if they were the adapter's own, so that weights files
    and patterns of names in recipes know nothing of an adapter.
    """

    #: what is adapted; no child of the adapter, which would put "module." before each name
    module: nn.Module

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        # PyTorch would register what is assigned the plain way as a part of the adapter.
        self.__dict__["module"] = module
        for name in DECLARED:
            value = getattr(module, name, None)
            # A layer that is called `level`, say, is a layer, and declares nothing.
            if hasattr(module, name) and not isinstance(value, nn.Module | Tensor):
                self.__dict__[name] = value
        self._parameters = module._parameters
        self._buffers = module._buffers
        self._non_persistent_buffers_set = module._non_persistent_buffers_set
        self._modules = module._modules

    @property
    def class_name(self) -> str:
        return type(self.module).__name__

    def forward(self, *inputs: Tensor) -> Any:
        return self.module(*inputs)

    def train(self, mode: bool = True) -> AdaptedNetwork:
        """The module sets the mode of its parts itself: some keep one in eval mode for good."""
        self.training = mode
        self.module.train(mode)
        return self


def as_network(module: nn.Module) -> Network:
    """The module itself where it is a Network, else its adapter."""
    return module if isinstance(module, Network) else AdaptedNetwork(module)
