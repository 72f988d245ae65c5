"""Sweep: many recipes that differ in some keys, as one YAML file says.

It is read strictly, and turned into points before anything is trained.
"""

# ruff: noqa: RUF009 (key() is dataclasses.field() with a meaning and a range)
from __future__ import annotations

import copy
import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from ...errors import BurnishError, RecipeError
from ...ground.tables import no_such
from ...metrics import LIKENESS, METRICS
from ...metrics.artefacts import ARTEFACTS, OF_PICTURES
from ...training.parts.strict import key, read
from ...training.recipe.file import change, from_record, load_yaml
from ...training.recipe.recipe import PLAIN_NAME, Recipe


@dataclass(frozen=True)
class Search:
    """Points that a sampler chooses, one after the other, in place of the whole grid.

    Optuna does it (Akiba et al., KDD 2019).
    """

    trials: int = key(doc="how many points in all", low=1)
    sampler: Literal["TPE", "random"] = key("TPE", doc="how the next point is chosen")
    pruner: Literal["none", "median", "halving"] = key(
        "none", doc="whether a point that falls behind at a validation is stopped"
    )
    storage: str | None = key(
        None,
        doc=(
            "the study's database; without it a SQLite file in the sweep's folder; with a URL, "
            "several machines share the trials"
        ),
    )


@dataclass(frozen=True)
class Limits:
    """What a point may cost; one that costs more is listed and not trained."""

    parameters: float | None = key(None, doc="of the network", low=1)
    megabytes: float | None = key(None, doc="of the model file, in millions of bytes", low=1e-3)
    seconds: float | None = key(
        None, doc="for a megapixel, by the engine that restores, on this machine", low=1e-6
    )


@dataclass(frozen=True)
class Sheet:
    """The contact sheet: validation pictures as rows, points as columns."""

    pictures: tuple[str, ...] = key(
        (), doc="names of validation pictures; without them, the first three"
    )
    crop: int = key(
        160, doc="side of the piece that is shown, in pixels of the clean picture", low=16
    )
    corner: Mapping[str, tuple[int, int]] = key(
        {},
        doc=(
            "its left and upper corner, by the picture's name; without it, where the picture "
            "is most detailed"
        ),
    )
    points: tuple[str, ...] = key((), doc="names of the points that are shown; without them, all")


@dataclass(frozen=True)
class PointFeatures:
    """The frozen network whose activations `likeness` compares."""

    network: str = key("VGG16", doc="VGG16 (fetched once) or SqueezeNet (from a file)")
    file: str | None = key(None, doc="its weights")


@dataclass(frozen=True)
class Sweep:
    """A question to many trainings. `studies/which_loss.yaml` is one."""

    name: str = key(doc="of the sweep")
    recipe: Any = key(doc="a recipe's file, or the recipe itself")
    axes: Mapping[str, Any] = key(
        {},
        doc=(
            "for each key of the recipe its values: a list, a mapping of labels to values, or, "
            "for a search, {low, high, log}"
        ),
    )
    points: Mapping[str, Mapping[str, Any]] = key(
        {}, doc="for each label the keys that it changes; crossed with the axes"
    )
    seeds: tuple[int, ...] = key((0,), doc="each point is trained with each")
    search: Search | None = key(None, doc="points chosen by a sampler in place of the grid")
    limits: Limits = key(Limits(), doc="what a point may cost")
    metrics: tuple[str, ...] = key(
        ("psnr", "ssim"), doc=f"what is measured: {', '.join(METRICS)}; the first decides"
    )
    features: PointFeatures | None = key(None, doc="the network of the metric `likeness`")
    artefacts: tuple[str, ...] = key(
        OF_PICTURES, doc=f"what is looked for in the results: {', '.join(ARTEFACTS)}"
    )
    rows: Any = key(
        (),
        doc=(
            "models measured beside the points (a list, or a mapping of names to them): "
            "nlmeans, a .onnx file, or a chain: median+photo"
        ),
    )
    sheet: Sheet = key(Sheet(), doc="the contact sheet")
    title: str = key("", doc="of the page")
    question: str = key("", doc="what is asked, for the page")
    conclusions: str = key(
        "",
        doc=(
            "what was seen, for the page, written when it is done; paragraphs are set apart by "
            "empty lines"
        ),
    )
    out: str | None = key(None, doc="the sweep's folder; without it, runs/NAME")

    def __post_init__(self) -> None:
        if not re.fullmatch(PLAIN_NAME, self.name):
            raise RecipeError(
                f"name: {self.name!r} becomes a folder's name; letters, digits, '.', '_' and "
                "'-' can stand in it"
            )
        if not self.seeds or len(set(self.seeds)) < len(self.seeds):
            raise RecipeError(
                f"seeds: wants different numbers, such as [0, 1, 2], not {list(self.seeds)}"
            )
        for place, names, known in (
            ("metrics", self.metrics, [*METRICS, LIKENESS]),
            ("artefacts", self.artefacts, ARTEFACTS),
        ):
            for name in names:
                if name not in known:
                    raise RecipeError(f"{place}: {no_such(place.rstrip('s'), name, known)}")
        if LIKENESS in self.metrics and self.features is None:
            raise RecipeError(
                "features: likeness wants a network, as in {network: VGG16}, or {network: "
                "SqueezeNet, file: FILE}"
            )
        if not isinstance(self.rows, (list, tuple, Mapping)) or not all(
            isinstance(words, str) for words in self.references.values()
        ):
            raise RecipeError(
                f"rows: wants a list of models, or a mapping of names to them, not {self.rows!r}"
            )
        if not self.metrics:
            raise RecipeError("metrics: name at least one, the one that decides first")

    @property
    def references(self) -> dict[str, str]:
        """The rows, by what they are called."""
        return (
            dict(self.rows)
            if isinstance(self.rows, Mapping)
            else {words: words for words in self.rows}
        )

    @property
    def folder(self) -> Path:
        """The sweep's folder."""
        return Path(self.out or Path("runs") / self.name)


@dataclass(frozen=True)
class Point:
    """One recipe of a sweep."""

    #: axis -> what the point is on it
    labels: Mapping[str, str]
    #: keys of the recipe -> their values
    changes: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The labels of the point, which tell it from the others."""
        return ", ".join(self.labels.values()) or "as it is"


def load(path: Path, out: Path | None = None, *, check: bool = True) -> Sweep:
    """Reads the sweep in a YAML file, to be kept in the folder `out` where that is given.

    check: whether every point's recipe is looked at; its pictures have to be there then. Raises
    RecipeError, which names the file and the place.
    """
    try:
        sweep: Sweep = read(Sweep, load_yaml(path), "")
        sweep = replace(sweep, out=str(out)) if out else sweep
        if not check:
            return sweep
        if sweep.search is None:
            for point in grid(sweep):
                recipe_of(sweep, point, sweep.seeds[0])
        else:
            ranges(sweep)
    except BurnishError as error:
        raise RecipeError(
            str(error) if str(error).startswith(str(path)) else f"{path}: {error}"
        ) from error
    return sweep


def grid(sweep: Sweep) -> list[Point]:
    """Returns every combination of the points and the values on the axes, in their order.

    Raises RecipeError where two points have one name.
    """
    axes = [_choices(name, values) for name, values in sweep.axes.items()]
    if sweep.points:
        axes.insert(0, [("point", label, dict(changes)) for label, changes in sweep.points.items()])
    found = [
        Point({axis: label for axis, label, _ in chosen}, _merged(chosen))
        for chosen in itertools.product(*axes)
    ]
    _check_names(found)
    return found


def _check_names(points: Sequence[Point]) -> None:
    """RecipeError where two points have one name, or one folder.

    Signs that no folder's name has are all the same there.
    """
    for name_of, what in ((lambda point: point.name, "called"), (folder_name, "kept in")):
        names = [name_of(point) for point in points]
        for name in names:
            if names.count(name) > 1:
                raise RecipeError(
                    f"axes: two points are {what} {name!r}; give the values labels of other "
                    f"letters, as in {{LABEL: VALUE}}"
                )


def ranges(sweep: Sweep) -> dict[str, Mapping[str, Any]]:
    """Returns the axes of a search.

    Each key has {low, high, log, step} or {choices: {label: value}}. Raises RecipeError.
    """
    if sweep.points:
        raise RecipeError("points: goes with a grid; a search has axes alone")
    if not sweep.axes:
        raise RecipeError(
            "axes: a search wants some, such as optimizer.args.lr: {low: 1e-4, high: 1e-2, "
            "log: true}"
        )
    result: dict[str, Mapping[str, Any]] = {}
    for name, values in sweep.axes.items():
        if isinstance(values, Mapping) and "low" in values:
            _check_range(name, values)
            result[name] = values
        else:
            choices = _choices(name, values)
            _check_names([Point({name: label}, changes) for _, label, changes in choices])
            result[name] = {"choices": {label: changes[name] for _, label, changes in choices}}
    return result


def _check_range(name: str, values: Mapping[str, Any]) -> None:
    low = values["low"]
    high = values.get("high")
    step = values.get("step")
    fits = (
        set(values) <= {"low", "high", "log", "step"}
        and all(isinstance(value, int | float) for value in (low, high))
        and low < high
    )
    if fits and step is not None:
        fits = isinstance(step, int | float) and step > 0 and not values.get("log")
    if not fits:
        raise RecipeError(
            f"axes.{name}: a range is {{low, high}}, and log or a step above 0, not {dict(values)}"
        )
    if values.get("log") and low <= 0:
        raise RecipeError(f"axes.{name}: log wants a low above 0, not {low:g}")


def recipe_of(sweep: Sweep, point: Point, seed: int) -> Recipe:
    """The point's recipe. RecipeError names the point."""
    record = (
        load_yaml(Path(sweep.recipe))
        if isinstance(sweep.recipe, str)
        else copy.deepcopy(sweep.recipe)
    )
    try:
        if not isinstance(record, dict):
            raise RecipeError(f"recipe: wants a recipe's file, or a recipe, not {sweep.recipe!r}")
        record.setdefault("name", sweep.name)
        for place, value in {**point.changes, "seed": seed}.items():
            change(record, place, copy.deepcopy(value))
        return from_record(record)
    except BurnishError as error:
        raise RecipeError(f"{point.name}: {error}" if point.labels else str(error)) from error


def first_recipe(sweep: Sweep) -> Recipe:
    """The recipe of the sweep's first point, or of a search without its axes; for what is asked of
    all alike.
    """
    first = Point({}, {}) if sweep.search is not None else grid(sweep)[0]
    return recipe_of(sweep, first, sweep.seeds[0])


def folder_name(point: Point) -> str:
    """Returns the point's name as a folder's."""
    return re.sub(r"[^\w.=+-]+", "_", point.name).strip("_.") or "point"


def in_words(value: Any) -> str:
    """Returns a value on an axis as a label: short, where it is a spec with arguments."""
    if isinstance(value, Mapping) and "use" in value:
        inner = " ".join(
            in_words(v) if isinstance(v, Mapping) else f"{k} {in_words(v)}"
            for k, v in (value.get("args") or {}).items()
        )
        return f"{value['use']} {inner}".strip()
    if isinstance(value, Mapping):
        return " ".join(f"{name} {in_words(inner)}" for name, inner in value.items())
    if isinstance(value, list | tuple):
        return "-".join(map(in_words, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _choices(name: str, values: Any) -> list[tuple[str, str, dict[str, Any]]]:
    """(axis, label, changes) of every value on an axis."""
    if isinstance(values, Mapping) and "low" in values:
        raise RecipeError(f"axes.{name}: a range goes with a search; a grid wants a list of values")
    if isinstance(values, Mapping) and values:
        return [(name, str(label), {name: value}) for label, value in values.items()]
    if isinstance(values, list) and values:
        return [(name, in_words(value), {name: value}) for value in values]
    raise RecipeError(
        f"axes.{name}: wants a list of values, or a mapping of labels to values, not {values!r}"
    )


def _merged(chosen: Sequence[tuple[str, str, Mapping[str, Any]]]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for axis, label, more in chosen:
        for place in more:
            if place in changes:
                raise RecipeError(
                    f"axes.{axis}: {label} changes {place}, which another axis changes too"
                )
        changes.update(more)
    return changes
