"""A network around another: how a network gets a dial, a final sigmoid, or biases."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from torch import nn

from .adapter import as_network
from .network import Network


class Wrapper(Network):
    """A network that wraps one without dials, its `base`, whose weights are called base.*.

    What the outside must know of it is what is so of the base, unless the subclass says otherwise
    after `super().__init__`.
    """

    specs: ClassVar[tuple[str, ...]] = ("base",)

    def __init__(self, base: Callable[..., nn.Module], **arguments: Any) -> None:
        """base: builds the network that is wrapped, with these arguments besides the recipe's.

        ValueError for one that has dials.
        """
        super().__init__()
        self.base: Network = as_network(base(**arguments))
        if self.base.dials:
            raise ValueError(
                f"{self.class_name} wants a base without dials; {self.base.class_name} has "
                f"{self.base.dials}"
            )
        self.channels_in = self.base.channels_in
        self.channels_out = self.base.channels_out
        self.scale = self.base.scale
        self.multiple = self.base.multiple
        self.reach = self.base.reach
        self.residual = self.base.residual
        self.gives = self.base.gives
        #: arguments with which the base is built anew for what `fold` gives, besides its own
        self.folded_args: Mapping[str, Any] = {}

    def weight_sets(self) -> list[list[nn.Parameter]]:
        """The base's; a subclass that keeps more networks than the base adds theirs."""
        return self.base.weight_sets()
