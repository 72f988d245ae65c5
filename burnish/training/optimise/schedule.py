"""The learning rate over a run: its warm-up and its shape.

It is a pure function of the step, but for the one shape that listens to validation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import torch

from ...errors import RecipeError
from ...ground.tables import no_such
from ..parts.strict import read
from .shapes import (
    Constant,
    Cosine,
    CosineAnnealingWarmRestarts,
    CyclicLR,
    ExponentialLR,
    Linear,
    MultiStepLR,
    OneCycleLR,
    Plateau,
    ReduceLROnPlateau,
    StepLR,
)

#: name in a recipe -> what it takes as `schedule.args`
SHAPES: dict[str, type[Any]] = {
    "cosine": Cosine,
    "constant": Constant,
    "linear": Linear,
    **{
        kind.__name__: kind
        for kind in (
            StepLR,
            MultiStepLR,
            ExponentialLR,
            CyclicLR,
            CosineAnnealingWarmRestarts,
            OneCycleLR,
            ReduceLROnPlateau,
        )
    },
}


def shape_of(name: str, args: Mapping[str, Any], place: str = "schedule") -> Any:
    """The shape of that name, with its arguments checked.

    RecipeError names the place and the choices.
    """
    if name not in SHAPES:
        raise RecipeError(f"{place}.shape: {no_such('shape', name, SHAPES)}")
    return read(SHAPES[name], args, f"{place}.args")


@dataclass
class LearningRate:
    """The share of the highest learning rate at every step of a run."""

    #: one of SHAPES, from `shape_of`
    shape: Any
    #: how many steps the whole run has
    steps: int
    #: steps over which the rate rises, times whatever the shape says
    warmup: int = 0
    #: steps after which the shape's clock moves on by one; 1 for a shape that counts steps, and it
    #: need not be whole
    epoch_length: float = 1.0
    #: what ReduceLROnPlateau remembers; the other shapes leave it alone
    plateau: Plateau = field(default_factory=Plateau)

    @property
    def watches(self) -> bool:
        """True where the shape listens to validation."""
        return isinstance(self.shape, ReduceLROnPlateau)

    def factor(self, step: int) -> float:
        """The share at `step`, from 0.

        A pure function of it, but where the shape listens to validation.
        """
        rise = min(1.0, (step + 1) / self.warmup) if self.warmup else 1.0
        if self.watches:
            return rise * self.plateau.share
        return rise * float(
            self.shape.share(
                self._clock(step), max(1, math.ceil(self.steps / self.epoch_length - 1e-9))
            )
        )

    def observe(self, figure: float) -> None:
        """Takes one validation figure; only ReduceLROnPlateau does anything with it."""
        if self.watches:
            self.plateau = self.shape.after(self.plateau, figure)

    def state(self) -> dict[str, Any]:
        """The state that a checkpoint must keep, as plain numbers.

        It is empty where the rate is a pure function of the step.
        """
        return asdict(self.plateau) if self.watches else {}

    def load(self, state: Mapping[str, Any]) -> None:
        """The inverse of `state`."""
        self.plateau = replace(self.plateau, **state)

    def _clock(self, step: int) -> int:
        return math.floor(step / self.epoch_length + 1e-9)


def set_rate(optimizer: torch.optim.Optimizer, share: float) -> None:
    """Sets every group's learning rate to a share of its own highest one."""
    for group in optimizer.param_groups:
        group["lr"] = group["highest_lr"] * share


def rate(step: int, steps: int, warmup: int, shape: str) -> float:
    """The share at `step` (from 0) of `steps`, for a shape without arguments."""
    return LearningRate(shape_of(shape, {}), steps, warmup).factor(step)
