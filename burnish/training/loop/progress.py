"""Where a run stands, and where it writes."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..recipe.recipe import Recipe
from ..recipe.stages import count
from ..validation.validate import Figures

STATE = "state.pt"


@dataclass
class Progress:
    """Where a run stands. stage: from 0; before: steps of the stages before it; step, steps: of
    this one, whose length is decided once.

    broken: steps without a finite gradient; in_a_row, returns: since the last good one. rates: what
    a learning rate that listens to validation remembers. figures: of the last validation of this
    stage; ancestry: what the weights that it started from say of their own training.
    """

    step: int = 0
    steps: int = 0
    seconds: float = 0.0
    broken: int = 0
    in_a_row: int = 0
    returns: int = 0
    figures: Figures = field(default_factory=dict)
    stage: int = 0
    before: int = 0
    rates: dict[str, Any] = field(default_factory=dict)
    ancestry: list[dict[str, Any]] = field(default_factory=list)

    @property
    def overall(self) -> int:
        """Steps of the whole run, by which curves are drawn."""
        return self.before + self.step

    def next_stage(self) -> Progress:
        return Progress(
            seconds=self.seconds,
            broken=self.broken,
            ancestry=self.ancestry,
            stage=self.stage + 1,
            before=self.overall,
        )


@dataclass(frozen=True)
class Place:
    """Where a run writes, and until when it may go on (on the monotonic clock; None is for
    ever).
    """

    out: Path
    recipe: Recipe
    until: float | None

    @property
    def state(self) -> Path:
        return self.out / STATE

    def weights(self, stage: int) -> Path:
        """The file of the averaged weights; those of earlier stages have the stage's name in
        theirs.
        """
        last = stage == count(self.recipe) - 1
        part = "" if last else f".{self.recipe.stages[stage].name}"
        return self.out / f"{self.recipe.name}{part}.safetensors"
