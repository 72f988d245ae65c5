"""The state of a run in numbers, the files that it writes, and how a stage came to its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from ..recipe.recipe import Recipe
from ..validation.validate import Figures

STATE = "state.pt"
#: the stage goes on; a reason to stop is TIME_UP, or the number of a signal, which is larger
GO_ON = 0
#: the stage stops before its end, since the time is up
TIME_UP = 1
#: fields of `Progress` as checkpoints of earlier versions call them
EARLIER = {"broken": "bad_steps", "in_a_row": "bad_streak", "returns": "rollbacks"}


@dataclass(frozen=True)
class Progress:
    """The state of a run in numbers.

    The loop alone makes new ones; all of it stands in the checkpoint.
    """

    #: steps of this stage that are made
    step: int = 0
    #: how many it has; decided once, where the stage begins
    steps: int = 0
    #: seconds that the run took so far, without looking and saving
    seconds: float = 0.0
    #: steps of the run without a finite gradient
    bad_steps: int = 0
    #: those of them since the last good one
    bad_streak: int = 0
    #: how often the run went back to its last good weights since the last good step
    rollbacks: int = 0
    #: the figures of the last validation of this stage
    figures: Figures = field(default_factory=dict)
    #: the stage, from 0
    stage: int = 0
    #: steps of the stages before it
    before: int = 0
    #: what a learning rate that listens to validation remembers
    rates: dict[str, Any] = field(default_factory=dict)
    #: what is cut off the network of the stage, as its spec says it
    cuts: dict[str, list[int | None]] = field(default_factory=dict)
    #: what the weights that the run started from say of their own training
    ancestry: list[dict[str, Any]] = field(default_factory=list)

    @property
    def overall(self) -> int:
        """Steps of the whole run, by which curves are drawn."""
        return self.before + self.step

    @classmethod
    def stored(cls, record: Mapping[str, Any]) -> Progress:
        """The progress in a checkpoint, of this version or an earlier one."""
        return cls(**{EARLIER.get(name, name): value for name, value in record.items()})

    def counted(self, streak: int, missed: int) -> Progress:
        """The progress with so many more steps that could not be made.

        `streak` of them came in a row, `missed` since the processes last met.
        """
        return replace(
            self,
            bad_streak=streak,
            bad_steps=self.bad_steps + missed,
            rollbacks=self.rollbacks if streak else 0,
        )

    def rolled_back(self) -> Progress:
        """The progress after going back to the last good weights."""
        return replace(self, bad_streak=0, rollbacks=self.rollbacks + 1)

    def next_stage(self) -> Progress:
        """The progress at the beginning of the next stage."""
        return Progress(
            seconds=self.seconds,
            bad_steps=self.bad_steps,
            cuts=self.cuts,
            ancestry=self.ancestry,
            stage=self.stage + 1,
            before=self.overall,
        )


@dataclass(frozen=True)
class Ended:
    """The way in which a stage came to its end."""

    #: it is done, its time was up, or a signal came
    how: Literal["done", "time", "signal"]
    #: the signal's number
    signal: int = 0

    @classmethod
    def of(cls, stop: int) -> Ended:
        """The end that GO_ON, TIME_UP or a signal's number stands for."""
        if stop == GO_ON:
            return cls("done")
        return cls("time") if stop == TIME_UP else cls("signal", stop)


@dataclass(frozen=True)
class TrainingRun:
    """A run as it is asked for."""

    #: what it trains
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
        """The file of the averaged weights of a stage.

        Those of earlier stages have the stage's name in theirs.
        """
        names = [part.name for part in self.recipe.stages]
        middle = "" if stage >= len(names) - 1 else f".{names[stage]}"
        return self.out / f"{self.recipe.name}{middle}.safetensors"
