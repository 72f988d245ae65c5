"""Sum: several losses, weighted, each with a name of its own in the logs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, cast

import torch
from torch import Tensor, nn

from ..parts.build import Part
from .loss import Compound, Loss, as_loss


class Sum(Compound):
    """The weighted sum of named losses.

    They are `terms: {pixel: L1, feature: {use: Perceptual, args: {...}, weight: 0.1}}`; a weight
    that is not given is 1. Where one of the terms wants logits, the sum does, and gives their
    sigmoid to the other terms.
    """

    specs: ClassVar[tuple[str, ...]] = ("terms",)

    def __init__(self, terms: Mapping[str, Part]) -> None:
        super().__init__()
        if not isinstance(terms, Mapping) or not terms:
            raise ValueError(
                "terms wants a mapping of names to losses, such as {pixel: L1, edge: {use: "
                "Edge, weight: 0.1}}"
            )
        self.weights = {name: part.weight for name, part in terms.items()}
        modules = nn.ModuleList(as_loss(part()) for part in terms.values())
        self.losses = cast("Sequence[Loss]", modules)
        if any(loss.by_level for loss in self.losses):
            raise ValueError("Between mixes whole losses: the Sum goes inside it, not around it")
        self.on_logits = any(loss.on_logits for loss in self.losses)
        self.least = max(loss.least for loss in self.losses)

    def terms(
        self,
        restored: Tensor,
        clean: Tensor,
        weight: Tensor | None = None,
        level: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Every term times its weight, by its name; the terms of a term as `outer/inner`.

        Each sees to its own precision.
        """
        picture = torch.sigmoid(restored) if self.on_logits else restored
        found: dict[str, Tensor] = {}
        for (name, share), loss in zip(self.weights.items(), self.losses, strict=True):
            given = restored if loss.on_logits else picture
            for part, value in loss.terms(given, clean, weight).items():
                found[f"{name}/{part}".rstrip("/")] = share * value
        return found
