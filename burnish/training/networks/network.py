"""The network as the rest of the wing sees it: what it declares, and what it can be asked.

Networks of the house derive from `Network`. A plain `nn.Module` that somebody else wrote becomes
one in `adapter.py`, and nothing but that file asks a module what it happens to have.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from torch import Tensor, nn

from ...contract import Contract, Dial, Gives, Level
from ...errors import DialError, RecipeError


class Layer(nn.Module):
    """A network, or a part of one, that has a say in its fresh weights."""

    __call__: Callable[..., Tensor]

    #: names of its layers whose fresh weights are made a tenth: the last ones of residual branches,
    #: so that a fresh network is near the identity
    starts_small: tuple[str, ...] = ()

    def after_init(self) -> None:
        """Does to the weights what has to be done once they are fresh.

        It is called after they were drawn, and after a wrapper's base took over a file's.
        """


class Network(Layer):
    """A network: forward(image [B, channels_in, H, W]) -> [B, channels_out, scale * H, scale * W].

    A network with dials takes the level as well, [B, dials, 1, 1] or, as a map, [B, dials, H, W]. A
    subclass writes `forward`, and says on the class or in `__init__` which of the attributes below
    are different for it. What it leaves out is the least that can be relied on.
    """

    #: channels of the pictures that it takes; 1 for grey
    channels_in: int = 3
    #: channels of the pictures that it gives; 1 for grey
    channels_out: int = 3
    #: size of its output over the size of its input
    scale: int = 1
    #: height and width of its input must be multiples of this
    multiple: int = 1
    #: pixels of input to each side on which a result depends; None for the whole picture, which
    #: then runs without tiles
    reach: int | None = None
    #: how many levels it reads
    dials: int = 0
    #: how a level may vary: "pixel" (a map), "image" (one for each picture of a batch) or "batch"
    #: (one for all of them)
    level: Level = "image"
    #: the levels at which its output equals its input exactly; None where there are none
    identity: tuple[float, ...] | None = None
    #: whether what it returns is to be added to its input
    residual: bool = False
    #: whether it gives a picture; or, in [0, 1], [B, 1, H, W], the mask of the damage in it, or
    #: paper, which is 0 where ink is; or the picture with other values where it is `contract.LOST`;
    #: or, of a picture whose colours were evened as a whole (`ground/evened.py`), a painting
    gives: Gives = "picture"
    #: names of its first and its last convolution, which a level plane needs in order to fold
    ends: tuple[str, str] | None = None
    #: gives the result before a final sigmoid, from the arguments of `forward`; None for a network
    #: without one
    logits: Callable[..., Tensor] | None = None

    #: arguments that make it small enough for a test
    tiny: ClassVar[dict[str, Any]] = {}
    #: arguments that are networks themselves; they arrive as functions that build them
    specs: ClassVar[tuple[str, ...]] = ()

    @property
    def class_name(self) -> str:
        """The name of the class that somebody wrote, for messages."""
        return type(self).__name__

    def contract(self, dials: tuple[Dial, ...]) -> Contract:
        """The contract, which is what the outside must know to run it, with the recipe's dials.

        RecipeError where these are not as many as it reads.
        """
        if self.dials != len(dials):
            raise RecipeError(
                f"arch: {self.class_name} reads {self.dials} dial(s), but the recipe names "
                f"{len(dials)}: {', '.join(d.name for d in dials) or 'none'}"
            )
        return Contract(
            channels_in=self.channels_in,
            channels_out=self.channels_out,
            scale=self.scale,
            multiple=self.multiple,
            reach=self.reach,
            level=self.level,
            identity=self.identity,
            residual=self.residual,
            dials=dials,
            gives=self.gives,
        )

    def weight_sets(self) -> list[list[nn.Parameter]]:
        """The weights that a picture passes from door to tail, in that order.

        There is one list for each network that is kept in this one.
        """
        return [list(self.parameters())]

    def fold(self, level: Tensor) -> dict[str, Tensor]:
        """The state of the plain network at a level [1, dials, 1, 1].

        DialError where there is none that is exactly the same.
        """
        raise DialError(
            f"{self.class_name} does not fold: it is no network that wraps another to give it a "
            "dial"
        )
