"""Recipe: everything that a training run depends on, as the keys of a YAML file.

It is frozen, strict, and data alone. `file.py` reads it; `resolve.py` finds and checks what it
names.
"""

# ruff: noqa: RUF009 (key() is dataclasses.field() with a meaning and a range)
from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ...contract import Dial
from ...degrade import DEGRADATIONS
from ...errors import RecipeError
from ..losses import LOSSES
from ..networks.archs import NETWORKS
from ..networks.initialise import INITIALISERS
from ..optimise.optim import OPTIMIZERS
from ..optimise.schedule import SHAPES
from ..parts.build import Spec
from ..parts.strict import key
from .data import Damage, Data, Measured

#: keys of which one says how long a run or a stage is
LENGTHS = ("steps", "hours", "epochs")
#: what becomes a file's name
PLAIN_NAME = r"[A-Za-z0-9][\w.-]*"


@dataclass(frozen=True)
class LevelWeight:
    """A weight of each picture in the loss, (reference / (level + offset)) ** power.

    With it strong damage does not drown weak damage.
    """

    reference: float = key(25.0, doc="the level whose weight is near 1", low=1e-6)
    offset: float = key(3.0, doc="keeps the weight of the weakest levels finite", low=1e-6)
    power: float = key(0.75, doc="0 is no weighting", low=0)
    dial: str | None = key(None, doc="the dial whose level counts; without it, the first")


@dataclass(frozen=True)
class LossSpec:
    """The loss that is minimised, and what pictures count in it."""

    use: str = key("L1", doc=f"its name ({', '.join(LOSSES)}), or a dotted path")
    args: Mapping[str, Any] = key({}, doc="its arguments")
    level_weight: LevelWeight | None = key(None, doc="weighs each picture by its level")


@dataclass(frozen=True)
class TeacherKeys:
    """A trained network from which the one in training learns, beside the clean pictures."""

    file: str = key(doc="its .safetensors file")
    share: float = key(
        0.5, doc="of its answer in what is learnt; the rest is the clean picture", low=0, high=1
    )


@dataclass(frozen=True)
class PruneKeys:
    """How much of a trained network is cut off before a stage: whole channels of it."""

    keep: float = key(doc="of its multiply-adds; what matters least goes", low=0.001, high=1)
    by: Literal["loss", "size"] = key(
        "loss",
        doc=(
            "what a channel matters: what the loss would change without it, or how large its "
            "weights are"
        ),
    )
    batches: int = key(16, doc="that the loss is looked at on", low=1)
    multiple: int = key(
        8,
        doc="of how many channels are left in a layer, since engines compute so many at once",
        low=1,
    )


@dataclass(frozen=True)
class Schedule:
    """The length of a run or stage, and the learning rate over that time.

    Exactly one of `steps`, `epochs` and `hours` is given; a measurement at the start turns `hours`
    into steps.
    """

    steps: int | None = key(None, doc="optimizer steps in all", low=1)
    hours: float | None = key(None, doc="hours on the machine that begins the run", low=1e-6)
    epochs: float | None = key(None, doc="how often every picture is seen", low=1e-6)
    warmup: int = key(100, doc="steps over which the learning rate rises", low=0)
    shape: str = key("cosine", doc=f"of the learning rate after that: {', '.join(SHAPES)}")
    args: Mapping[str, Any] = key(
        {},
        doc=(
            "the shape's arguments, such as {step_size: 1000}; rates among them are shares of "
            "the highest one"
        ),
    )
    per: Literal["step", "epoch"] = key(
        "step", doc="what the shape counts; warmup counts steps in any case"
    )

    @property
    def lengths(self) -> dict[str, float]:
        """The lengths that are given, by the key's name."""
        return {name: value for name in LENGTHS if (value := getattr(self, name)) is not None}


@dataclass(frozen=True)
class StageKeys:
    """The keys of one of several stretches of a run.

    It goes on from the averaged weights of the one before; what it says is merged over the recipe,
    key by key.
    """

    name: str = key(doc="what it is called")
    steps: int | None = key(
        None,
        doc="optimizer steps; one of steps, hours, epochs stands here or in the schedule",
        low=1,
    )
    hours: float | None = key(None, doc="hours on the machine that begins the stage", low=1e-6)
    epochs: float | None = key(None, doc="how often every picture is seen", low=1e-6)
    start: str | None = key(
        None,
        doc="a .safetensors file whose weights to start from, in place of those of the stage "
        "before",
    )
    reinit: tuple[str, ...] = key(
        (),
        doc=(
            "patterns of parameters' names, such as net.base.body.*: they are drawn afresh, "
            "and the others are taken over"
        ),
    )
    freeze: tuple[str, ...] | None = key(
        None, doc="patterns of parameters' names, such as net.base.*, in place of the recipe's"
    )
    prune: PruneKeys | None = key(
        None, doc="cuts channels from the network that it begins with, which then is smaller"
    )
    arch: Mapping[str, Any] = key(
        {},
        doc=(
            "changes to the network; weights whose name and shape fit are taken over, the "
            "others drawn afresh"
        ),
    )
    data: Mapping[str, Any] = key({}, doc="changes to the data, such as {crop: 192}")
    degradations: tuple[Mapping[str, Any], ...] | None = key(
        None, doc="what spoils the clean pictures, in place of the recipe's list"
    )
    loss: Mapping[str, Any] = key({}, doc="changes to the loss")
    optimizer: Mapping[str, Any] = key(
        {}, doc="changes to the optimizer, which begins afresh in every stage"
    )
    schedule: Mapping[str, Any] = key({}, doc="changes to the schedule, which runs over the stage")
    validation: Mapping[str, Any] = key({}, doc="changes to the validation")

    def __post_init__(self) -> None:
        if not re.fullmatch(PLAIN_NAME, self.name):
            raise RecipeError(
                f"name: {self.name!r} becomes part of a file's name; letters, digits, '.', '_' "
                "and '-' can stand in it"
            )


@dataclass(frozen=True)
class ValidationKeys:
    """The keys of what is measured on the averaged weights, with the same noise every time.

    It is measured on the pictures that were left out, and on those in `folders`.
    """

    every: int = key(2000, doc="steps between two measurements", low=1)
    levels: Mapping[str, tuple[float, ...]] = key(
        {},
        doc="levels for each dial, such as {noise: [15, 25, 50]}; without it, the dials' defaults",
    )
    degradations: tuple[Spec, ...] = key(
        (), doc="what spoils them; without it, what the training has", choices=tuple(DEGRADATIONS)
    )
    clip: tuple[bool, ...] = key(
        (False,),
        doc="false: as float; true: clipped and rounded, as 8-bit files are; a table for each",
    )
    folders: tuple[str, ...] = key((), doc="more folders of clean pictures")
    crop: int | None = key(
        256,
        doc="side of the middle piece of each picture that is looked at; null is all of it",
        low=16,
    )


@dataclass(frozen=True)
class Card:
    """The words that the weights file says of itself."""

    task: str = key("", doc="what it is for, in a few words")
    training_data: str = key("", doc="what it was trained on, and the terms of that")
    licence: str = key("", doc="of the weights")
    flaws: str = key("", doc="what it is known to do badly")


@dataclass(frozen=True)
class Recipe:
    """A training run. `recipes/photo.yaml` is one."""

    name: str = key(doc="of the run and of its weights file")
    arch: Spec = key(doc="the network", choices=tuple(NETWORKS))
    data: Data = key(doc="the pictures, and how crops are cut from them")
    schedule: Schedule = key(Schedule(), doc="how long, and the learning rate over that time")
    stages: tuple[StageKeys, ...] = key(
        (), doc="stretches of the run, one after the other, each with its own changes to the recipe"
    )
    degradations: tuple[Damage, ...] = key((), doc="what spoils the clean pictures, in order")
    measured: tuple[Measured, ...] = key(
        (), doc="dials whose level is measured on each crop, after what degradations did to it"
    )
    dials: tuple[Dial, ...] = key(
        (),
        doc=(
            "the dials that the network is told, among those of the degradations and in their "
            "order; the others are hidden from it"
        ),
    )
    loss: LossSpec = key(LossSpec(), doc="what is minimised")
    teacher: TeacherKeys | None = key(
        None, doc="a larger network to learn from, of the same dials (distillation)"
    )
    optimizer: Spec = key(
        Spec("Muon"),
        doc="the optimizer; args.lr is the highest learning rate",
        choices=tuple(OPTIMIZERS),
    )
    validation: ValidationKeys = key(ValidationKeys(), doc="what is measured on the way")
    card: Card = key(Card(), doc="what the weights file says of itself")
    seed: int = key(0, doc="of everything that is drawn", low=0)
    initialise: str = key("kaiming", doc=f"how fresh weights are drawn: {', '.join(INITIALISERS)}")
    start: str | None = key(None, doc="a .safetensors file whose weights to start from")
    reinit: tuple[str, ...] = key(
        (),
        doc=(
            "patterns of parameters' names, such as net.base.body.*: they are drawn afresh, "
            "and the others taken from `start`"
        ),
    )
    prune: PruneKeys | None = key(
        None, doc="cuts channels from the network in `start`, which then is smaller"
    )
    freeze: tuple[str, ...] = key(
        (),
        doc=(
            "patterns of parameters' names, such as net.base.*: they, and the statistics of "
            "normalisations, stay as they are"
        ),
    )
    ema: float = key(
        0.999,
        doc="how much of the averaged weights stays at each step, once warmed up; 0 is no "
        "averaging",
        low=0,
        high=0.999999,
    )
    clip_gradient: float = key(1.0, doc="largest norm of a gradient; 0 is no clipping", low=0)
    accumulate: int = key(1, doc="batches whose gradients are summed up for one step", low=1)
    local_steps: int = key(
        1,
        doc=(
            "steps that each of several processes makes alone before their states become their "
            "mean; 1 averages every gradient"
        ),
        low=1,
    )
    precision: Literal["auto", "fp32", "bf16"] = key(
        "auto", doc="of the products; auto is bf16 where the machine computes in it"
    )
    checkpoint_activations: bool = key(
        False,
        doc=(
            "compute activations inside blocks again in the backward pass: less memory, about "
            "a third more time"
        ),
    )
    channels_last: bool = key(True, doc="memory layout that convolutions like")
    device: Literal["auto", "cpu", "cuda"] = key("auto", doc="where to train")
    compile: Literal["auto", True, False] = key("auto", doc="torch.compile; auto is on a GPU")
    threads: int | None = key(None, doc="processor threads; without it, what PyTorch takes", low=1)
    save_every: int = key(500, doc="steps between two checkpoints", low=1)
    out: str | None = key(None, doc="the run's folder; without it, runs/NAME")

    def __post_init__(self) -> None:
        if not re.fullmatch(PLAIN_NAME, self.name):
            raise RecipeError(
                f"name: {self.name!r} becomes a file's name; letters, digits, '.', '_' and '-' "
                "can stand in it"
            )
        if self.initialise not in INITIALISERS:
            raise RecipeError(
                f"initialise: there is no {self.initialise!r}; the choices: "
                f"{', '.join(INITIALISERS)}"
            )
