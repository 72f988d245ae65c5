"""Where a run stands, where it writes, and how a stage of it came to its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from ..recipe.recipe import Recipe
from ..validation.validate import Figures

STATE = "state.pt"
#: why a stage stops before its end, beside the numbers of signals, which are larger
GO_ON, TIME_UP = 0, 1
#: fields of `Progress` as checkpoints of earlier versions call them
EARLIER = {"broken": "bad_steps", "in_a_row": "bad_streak", "returns": "rollbacks"}


@dataclass(frozen=True)
class Progress:
    """Where a run stands. The loop alone makes new ones; all of it stands in the checkpoint."""

    #: steps of this stage that are made
    step: int = 0
    #: of how many; decided once, where the stage begins
    steps: int = 0
    #: that the run took so far, without looking and saving
    seconds: float = 0.0
    #: steps of the run without a finite gradient
    bad_steps: int = 0
    #: those of them since the last good one
    bad_streak: int = 0
    #: how often the run went back to its last good weights since the last good step
    rollbacks: int = 0
    #: of the last validation of this stage
    figures: Figures = field(default_factory=dict)
    #: the stage, from 0
    stage: int = 0
    #: steps of the stages before it
    before: int = 0
    #: what a learning rate that listens to validation remembers
    rates: dict[str, Any] = field(default_factory=dict)
    #: what the weights that the run started from say of their own training
    ancestry: list[dict[str, Any]] = field(default_factory=list)

    @property
    def overall(self) -> int:
        """Steps of the whole run, by which curves are drawn."""
        return self.before + self.step

    @classmethod
    def stored(cls, record: Mapping[str, Any]) -> Progress:
        """From a checkpoint, of this version or an earlier one."""
        return cls(**{EARLIER.get(name, name): value for name, value in record.items()})

    def counted(self, streak: int, missed: int) -> Progress:
        """After so many steps in a row that could not be made, and so many that were missed since
        the processes last met.
        """
        return replace(
            self,
            bad_streak=streak,
            bad_steps=self.bad_steps + missed,
            rollbacks=self.rollbacks if streak else 0,
        )

    def rolled_back(self) -> Progress:
        """After going back to the last good weights."""
        return replace(self, bad_streak=0, rollbacks=self.rollbacks + 1)

    def next_stage(self) -> Progress:
        """At the beginning of the next stage."""
        return Progress(
            seconds=self.seconds,
            bad_steps=self.bad_steps,
            ancestry=self.ancestry,
            stage=self.stage + 1,
            before=self.overall,
        )


@dataclass(frozen=True)
class Ended:
    """How a stage came to its end."""

    #: it is done, its time was up, or a signal came
    how: Literal["done", "time", "signal"]
    #: the signal's number
    signal: int = 0

    @classmethod
    def of(cls, stop: int) -> Ended:
        """From GO_ON, TIME_UP or a signal's number."""
        if stop == GO_ON:
            return cls("done")
        return cls("time") if stop == TIME_UP else cls("signal", stop)


@dataclass(frozen=True)
class TrainingRun:
    """What a run is asked for."""

    recipe: Recipe
    #: the folder that it writes into
    out: Path
    #: until when it may go on, on the monotonic clock; None is for ever
    until: float | None

    @property
    def state(self) -> Path:
        """The file of its checkpoint."""
        return self.out / STATE

    def weights(self, stage: int) -> Path:
        """The file of the averaged weights; those of earlier stages have the stage's name in
        theirs.
        """
        names = [part.name for part in self.recipe.stages]
        middle = "" if stage >= len(names) - 1 else f".{names[stage]}"
        return self.out / f"{self.recipe.name}{middle}.safetensors"
