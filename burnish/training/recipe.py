"""Recipe: everything that a training run depends on, frozen and strict; and what can be checked before anything is built. `recipe_file.py` reads it."""

# ruff: noqa: RUF009 (key() is dataclasses.field() with a meaning and a range)
from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ..contract import Dial
from ..degrade import DEGRADATIONS, Degradation
from ..errors import RecipeError
from .archs import NETWORKS
from .build import Spec, build, check_arguments, find
from .initialise import INITIALISERS
from .losses import LOSSES
from .optim import OPTIMIZERS, SHAPES
from .strict import key, plain


@dataclass(frozen=True)
class Damage:
    """One degradation, and the levels to train on: as a rule somewhat wider than what its dial advertises."""

    use: str = key(doc=f"its name ({', '.join(DEGRADATIONS)}), or a dotted path")
    args: Mapping[str, Any] = key({}, doc="its arguments")
    train: tuple[float, float] | None = key(None, doc="lowest and highest level to train on; without it, the dial's range")


@dataclass(frozen=True)
class Data:
    """The clean pictures and how crops are cut from them. Folders and packs are as seen from where the command runs."""

    folders: tuple[str, ...] = key((), doc="folders of clean pictures")
    pack: str | None = key(None, doc="one file of pictures made by `python -m burnish.training.pack`, in place of the folders")
    leave_out: tuple[str, ...] = key((), doc="names of pictures that are kept out of training, and that validation uses")
    crop: int = key(96, doc="side of a crop in pixels", low=8, high=4096)
    batch: int = key(8, doc="crops in a batch", low=1, high=65536)
    workers: int = key(0, doc="processes that cut and spoil beside the training; 0 does it in between", low=0, high=256)
    flips: bool = key(True, doc="mirror half of the crops")
    rotations: bool = key(True, doc="turn crops by 0, 90, 180 or 270 degrees")
    grey: float = key(0.0, doc="share of crops that are made grey before they are spoiled, so that all channels hold the same", low=0, high=1)


@dataclass(frozen=True)
class LevelWeight:
    """The loss of a picture times (reference / (level + offset)) ** power, so that strong damage does not drown weak damage."""

    reference: float = key(25.0, doc="the level whose weight is near 1", low=1e-6)
    offset: float = key(3.0, doc="keeps the weight of the weakest levels finite", low=1e-6)
    power: float = key(0.75, doc="0 is no weighting", low=0)
    dial: str | None = key(None, doc="the dial whose level counts; without it, the first")


@dataclass(frozen=True)
class Loss:
    """What is minimised."""

    use: str = key("L1", doc=f"its name ({', '.join(LOSSES)}), or a dotted path")
    args: Mapping[str, Any] = key({}, doc="its arguments")
    level_weight: LevelWeight | None = key(None, doc="weighs each picture by its level")


@dataclass(frozen=True)
class Schedule:
    """How long, and the learning rate over that time. Either `steps`, or `hours`, which a measurement at the start turns into steps."""

    steps: int | None = key(None, doc="optimizer steps in all", low=1)
    hours: float | None = key(None, doc="hours on the machine that begins the run", low=1e-6)
    warmup: int = key(100, doc="steps over which the learning rate rises", low=0)
    shape: str = key("cosine", doc=f"of the learning rate after that: {', '.join(SHAPES)}")

    def __post_init__(self) -> None:
        if (self.steps is None) == (self.hours is None):
            raise RecipeError("give either `steps` or `hours`")
        if self.shape not in SHAPES:
            raise RecipeError(f"shape: there is no {self.shape!r}; the choices: {', '.join(SHAPES)}")


@dataclass(frozen=True)
class Validation:
    """What is measured on the averaged weights, on the pictures that were left out and those in `folders`, with the same noise every time."""

    every: int = key(2000, doc="steps between two measurements", low=1)
    levels: Mapping[str, tuple[float, ...]] = key({}, doc="levels for each dial, such as {noise: [15, 25, 50]}; without it, the dials' defaults")
    degradations: tuple[Spec, ...] = key((), doc="what spoils them; without it, what the training has", choices=tuple(DEGRADATIONS))
    clip: tuple[bool, ...] = key((False,), doc="false: as float; true: clipped and rounded, as 8-bit files are; a table for each")
    folders: tuple[str, ...] = key((), doc="more folders of clean pictures")
    crop: int | None = key(256, doc="side of the middle piece of each picture that is looked at; null is all of it", low=16)


@dataclass(frozen=True)
class Card:
    """What the weights file says of itself in words."""

    task: str = key("", doc="what it is for, in a few words")
    training_data: str = key("", doc="what it was trained on, and the terms of that")
    licence: str = key("", doc="of the weights")
    flaws: str = key("", doc="what it is known to do badly")


@dataclass(frozen=True)
class Recipe:
    """A training run. `recipes/photo.yaml` is one."""

    name: str = key(doc="of the run and of its weights file")
    arch: Spec = key(doc="the network", choices=tuple(NETWORKS))
    degradations: tuple[Damage, ...] = key(doc="what spoils the clean pictures, in order")
    data: Data = key(doc="the clean pictures")
    schedule: Schedule = key(doc="how long, and the learning rate over that time")
    dials: tuple[Dial, ...] = key((), doc="the advertised dials that the network reads, one for each degradation; empty for a network that is told nothing")
    loss: Loss = key(Loss(), doc="what is minimised")
    optimizer: Spec = key(Spec("Muon"), doc="the optimizer; args.lr is the highest learning rate", choices=tuple(OPTIMIZERS))
    validation: Validation = key(Validation(), doc="what is measured on the way")
    card: Card = key(Card(), doc="what the weights file says of itself")
    seed: int = key(0, doc="of everything that is drawn", low=0)
    initialise: str = key("kaiming", doc=f"how fresh weights are drawn: {', '.join(INITIALISERS)}")
    start: str | None = key(None, doc="a .safetensors file whose weights to start from")
    ema: float = key(0.999, doc="how much of the averaged weights stays at each step, once warmed up; 0 is no averaging", low=0, high=0.999999)
    clip_gradient: float = key(1.0, doc="largest norm of a gradient; 0 is no clipping", low=0)
    accumulate: int = key(1, doc="batches whose gradients are summed up for one step", low=1)
    precision: Literal["auto", "fp32", "bf16"] = key("auto", doc="of the products; auto is bf16 where the machine computes in it")
    channels_last: bool = key(True, doc="memory layout that convolutions like")
    device: Literal["auto", "cpu", "cuda"] = key("auto", doc="where to train")
    compile: Literal["auto", True, False] = key("auto", doc="torch.compile; auto is on a GPU")
    threads: int | None = key(None, doc="processor threads; without it, what PyTorch takes", low=1)
    save_every: int = key(500, doc="steps between two checkpoints", low=1)
    out: str | None = key(None, doc="the run's folder; without it, runs/NAME")

    def __post_init__(self) -> None:
        if not self.degradations:
            raise RecipeError("degradations: there are none; name at least one")
        if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", self.name):
            raise RecipeError(f"name: {self.name!r} becomes a file's name; letters, digits, '.', '_' and '-' can stand in it")
        if self.initialise not in INITIALISERS:
            raise RecipeError(f"initialise: there is no {self.initialise!r}; the choices: {', '.join(INITIALISERS)}")


#: what may change between two slices of one run: where and how it runs and is looked at, not what is learned. The pictures are compared, not where they lie
FREE = ("out", "device", "compile", "threads", "save_every", "validation", "card", "data.workers", "data.folders", "data.pack")


def check(recipe: Recipe) -> None:
    """Whatever can be seen to be wrong before anything large is read or built. RecipeError."""
    _check_dials(recipe)
    for place, use, home in (
        ("arch.use", recipe.arch.use, NETWORKS),
        ("loss.use", recipe.loss.use, LOSSES),
        ("optimizer.use", recipe.optimizer.use, OPTIMIZERS),
    ):
        find(use, home, trusted=True, place=place)
    check_arguments(find(recipe.optimizer.use, OPTIMIZERS, trusted=True), {**recipe.optimizer.args, "params": ()}, "optimizer.args")
    _check_paths(recipe)


def _check_dials(recipe: Recipe) -> None:
    names, dials = [d.dial.name for d in damages(recipe)], [d.name for d in recipe.dials]
    if dials and dials != names:
        owned = ", ".join(names) or "none"
        raise RecipeError(f"dials: they are {', '.join(dials)}, but those of the degradations are {owned}; the two lists must agree, in the same order")
    if [d.dial.name for d in measured_damages(recipe)] != names:
        raise RecipeError(f"validation.degradations: their dials must be those of the training: {', '.join(names)}")
    weight = recipe.loss.level_weight
    used = {"loss.level_weight.dial": weight.dial if weight and weight.dial else names[0], **{f"validation.levels.{n}": n for n in recipe.validation.levels}}
    for place, name in used.items():
        if name not in names:
            raise RecipeError(f"{place}: no degradation has a dial {name!r}; there is {', '.join(names)}")
    for dial in recipe.dials:
        for value in recipe.validation.levels.get(dial.name, ()):
            dial.check(value)


def damages(recipe: Recipe) -> list[Degradation]:
    """The degradations to train with, each with the dial that the training draws from."""
    result = []
    for i, part in enumerate(recipe.degradations):
        made: Degradation = build(Spec(part.use, part.args), DEGRADATIONS, trusted=True, place=f"degradations.{i}")
        low, high = part.train or (made.dial.low, made.dial.high)
        if not low < high:
            raise RecipeError(f"degradations.{i}.train: from {low:g} to {high:g} is no range")
        default = min(max(made.dial.default, low), high)
        result.append(Degradation(Dial(made.dial.name, low, high, default, made.dial.unit), made.spoil))
    return result


def measured_damages(recipe: Recipe) -> list[Degradation]:
    """The degradations that validation spoils with."""
    specs = recipe.validation.degradations or tuple(Spec(d.use, d.args) for d in recipe.degradations)
    return [build(spec, DEGRADATIONS, trusted=True, place=f"validation.degradations.{i}") for i, spec in enumerate(specs)]


def fixed(recipe: Recipe) -> dict[str, Any]:
    """What a resumed run must share with the one that it goes on from: all but FREE, as plain values by their dotted names."""
    flat: dict[str, Any] = {}

    def flatten(value: Any, place: str) -> None:
        if isinstance(value, dict) and value and place not in FREE:
            for name, inner in value.items():
                flatten(inner, f"{place}.{name}" if place else name)
        elif place not in FREE:
            flat[place] = value

    flatten(plain(recipe), "")
    return flat


def digest(recipe: Recipe) -> str:
    """The SHA-256 of what is fixed."""
    return hashlib.sha256(json.dumps(fixed(recipe), sort_keys=True).encode()).hexdigest()


def _check_paths(recipe: Recipe) -> None:
    if (recipe.data.pack is None) == (not recipe.data.folders) and recipe.data.pack is None:
        raise RecipeError("data: wants `folders` of clean pictures, or a `pack`")
    for place, folders in (("data.folders", () if recipe.data.pack else recipe.data.folders), ("validation.folders", recipe.validation.folders)):
        for folder in folders:
            if not Path(folder).is_dir():
                raise RecipeError(f"{place}: {folder} is not a folder (seen from {Path.cwd()}); name one that holds clean pictures, as in {place}=[FOLDER]")
    for place, file in (("data.pack", recipe.data.pack), ("start", recipe.start)):
        if file is not None and not Path(file).is_file():
            raise RecipeError(f"{place}: {file}: no such file")
