"""The loss as the rest of the wing sees it: how it is called, and what it says of itself.

Losses of the house derive from `Loss`, or, where they are made of several terms, from `Compound`. A
plain `nn.Module` that somebody else wrote becomes one by `as_loss`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import torch
from torch import Tensor, nn


class Loss(nn.Module):
    """forward(restored [B, C, H, W], clean, weight) -> a scalar to be made small.

    The weight, [B, 1, 1, 1] or [B, 1 or C, H, W] or None, says what each place counts: where it is
    0, the restored picture has no influence. A loss has no parameters, unless it is `Learnt`.
    """

    __call__: Callable[..., Tensor]

    #: the smallest side of a picture that it can compare
    least: int = 1
    #: whether it wants the network's logits in place of its output
    on_logits: bool = False
    #: whether its terms depend on the level that the network was told
    by_level: bool = False

    #: arguments that are losses themselves; they arrive as functions that build them
    specs: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:  # nn.Module's own takes any argument
        super().__init__()

    def terms(
        self,
        restored: Tensor,
        clean: Tensor,
        weight: Tensor | None = None,
        level: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """The terms that add up to the loss, scalars by name; a single one is called "".

        `level` is what the network was told, [B, K, 1, 1], or None.
        """
        return {"": self(restored, clean, weight)}


class Compound(Loss):
    """A loss that is the sum of its terms: a subclass writes `terms` in place of `forward`."""

    def terms(
        self,
        restored: Tensor,
        clean: Tensor,
        weight: Tensor | None = None,
        level: Tensor | None = None,
    ) -> dict[str, Tensor]:
        raise NotImplementedError

    def forward(
        self,
        restored: Tensor,
        clean: Tensor,
        weight: Tensor | None = None,
        level: Tensor | None = None,
    ) -> Tensor:
        return summed(self.terms(restored, clean, weight, level))


class Learnt(Loss):
    """A loss with parameters of its own, which learn beside the network that it judges.

    `forward` leaves them alone, as far as gradients go; they learn by `lesson`.
    """

    #: the learning rate of its parameters, which moves as that of the network does
    rate: float

    def lesson(self, restored: Tensor, clean: Tensor, weight: Tensor | None = None) -> Tensor:
        """A scalar that its parameters make small; it comes without a gradient for `restored`."""
        raise NotImplementedError


def learnt(loss: nn.Module) -> list[Learnt]:
    """Those that learn, of a loss and of all that it is made of."""
    return [part for part in loss.modules() if isinstance(part, Learnt)]


def summed(terms: dict[str, Tensor]) -> Tensor:
    """The sum of a loss's terms."""
    return torch.stack(list(terms.values())).sum()


class AdaptedLoss(Loss):
    """A plain module as a Loss. It may declare what `Loss` declares, and `terms`."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module
        self.least = int(getattr(module, "least", 1))
        self.on_logits = bool(getattr(module, "on_logits", False))
        self.by_level = bool(getattr(module, "by_level", False))
        self.own_terms: Callable[..., dict[str, Tensor]] | None = getattr(module, "terms", None)

    def forward(self, restored: Tensor, clean: Tensor, weight: Tensor | None = None) -> Tensor:
        with torch.autocast(restored.device.type, enabled=False):  # it may not know of any
            return self.module(restored, clean, weight)

    def terms(
        self,
        restored: Tensor,
        clean: Tensor,
        weight: Tensor | None = None,
        level: Tensor | None = None,
    ) -> dict[str, Tensor]:
        if self.own_terms is None:
            return super().terms(restored, clean, weight)
        given = (restored, clean, weight, level) if self.by_level else (restored, clean, weight)
        with torch.autocast(restored.device.type, enabled=False):
            return self.own_terms(*given)


def as_loss(module: nn.Module) -> Loss:
    """The module itself where it is a Loss, else its adapter."""
    return module if isinstance(module, Loss) else AdaptedLoss(module)
