"""Stage: one stretch of a run, as `resolve` makes it of a recipe.

Everything that the recipe names is found, built as far as that costs nothing, and checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...contract import Dial
from ...degrade import Degradation
from ...errors import RecipeError
from ...metrics.evaluate import Settings
from ..data import Damaging, Measuring, Weigh
from ..parts.build import Spec
from .data import Data
from .recipe import PruneKeys, Schedule, TeacherKeys
from .stages import with_place


@dataclass(frozen=True)
class Validation:
    """The measurements on the averaged weights, on pictures that were left out of training."""

    #: steps between two measurements
    every: int
    #: side of the middle piece of each picture that is looked at; None is all of it
    crop: int | None
    #: folders of clean pictures, beside those that were left out
    folders: tuple[str, ...]
    #: a table for each: False as float, True clipped and rounded as 8-bit files are
    clip: tuple[bool, ...]
    #: what spoils the clean pictures, in order
    damage: tuple[Degradation, ...]
    #: the levels to measure at: one for the dial of each degradation
    settings: tuple[Settings, ...]


@dataclass(frozen=True)
class Stage:
    """One stretch of a run: what it learns from, what learns, and how."""

    #: which of the run's stages it is, from 0
    number: int
    #: what the recipe calls it; empty in a run without stages
    name: str
    #: the seed of everything that is drawn in it
    seed: int

    #: the network
    arch: Spec
    #: the dials of the network, in the order in which it is told their levels
    dials: tuple[Dial, ...]
    #: how fresh weights are drawn
    initialise: str
    #: a .safetensors file whose weights it starts from; None: those of the stage before, or fresh
    start: str | None
    #: patterns of the names of parameters that are drawn afresh, and not taken over
    reinit: tuple[str, ...]
    #: how much of the network that it starts from is cut off before; None: nothing
    prune: PruneKeys | None
    #: patterns of the names of parameters that stay as they are
    freeze: tuple[str, ...]

    #: the pictures, and how crops are cut from them
    data: Data
    #: what spoils the clean ones, in order
    damage: tuple[Damaging, ...]
    #: dials whose level is measured on each crop
    measured: tuple[Measuring, ...]
    #: what a picture's level counts in the loss; None: nothing
    weigh: Weigh | None
    #: what is measured on the way
    validation: Validation

    #: what is minimised
    loss: Spec
    #: a trained network that it learns from beside the clean pictures; None: from these alone
    teacher: TeacherKeys | None
    #: what moves the weights; its args.lr is the highest learning rate
    optimizer: Spec
    #: how long the stage is, and when its rate rises
    schedule: Schedule
    #: the learning rate after that: one of optimise.schedule.SHAPES
    shape: Any
    #: batches whose gradients are summed up for one step
    accumulate: int
    #: steps that each of several processes makes alone
    local_steps: int
    #: largest norm of a gradient; 0 is no clipping
    clip_gradient: float
    #: how much of the averaged weights stays at each step
    ema: float
    #: whether activations are computed again in the backward pass
    checkpoint_activations: bool
    #: whether the network is compiled; "auto" is on a GPU
    compile: bool | str

    @property
    def told(self) -> tuple[str, ...]:
        """The names of the dials that the network is told."""
        return tuple(dial.name for dial in self.dials)

    @property
    def title(self) -> str:
        """The words `, stage NAME`, or nothing in a run without stages."""
        return f", stage {self.name}" if self.name else ""

    def with_place(self, error: RecipeError) -> RecipeError:
        """The same error, which says in which stage it is."""
        return with_place(error, self.number) if self.name else error
