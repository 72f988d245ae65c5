"""From a name in a recipe to an object: tables to look the name up in, and checked arguments.

There is no registry: a table is a dictionary {name: "module:Class"} (`burnish.ground.tables`) that
stands in a package's `__init__.py`. Arguments are checked before anything is made.
"""

from __future__ import annotations

import importlib
import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...errors import RecipeError
from ...ground.tables import Table, among, no_such


@dataclass(frozen=True)
class Spec:
    """What to build, such as `{use: ResUNet, args: {blocks: 1}}`."""

    #: a listed name or, in recipes, a dotted path
    use: str
    #: the arguments that it is called with, by name
    args: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def parse(cls, value: Any, place: str = "spec") -> Spec:
        """The spec of a name, or of a mapping with `use` and `args`. RecipeError says the place."""
        if isinstance(value, Spec):
            return value
        if isinstance(value, str):
            return cls(value)
        if (
            not isinstance(value, Mapping)
            or not isinstance(value.get("use"), str)
            or not set(value) <= {"use", "args"}
        ):
            raise RecipeError(
                f"{place}: wants a name, or a mapping of `use` (a name) and `args` (a mapping), "
                f"not {value!r}"
            )
        args = value.get("args") or {}
        if not isinstance(args, Mapping):
            raise RecipeError(f"{place}.args: wants a mapping, not {args!r}")
        return cls(value["use"], dict(args))

    def to_dict(self) -> dict[str, Any]:
        return {"use": self.use, "args": dict(self.args)}


def find(
    name: str, home: Table[Callable[..., Any]], *, trusted: bool = False, place: str = "use"
) -> Callable[..., Any]:
    """The class behind a listed name, or, where `trusted`, behind any import path.

    Such a path is `mine.MyNet`. Recipes are trusted, never files from strangers. RecipeError where
    there is no such name.
    """
    if name in home:
        return home.find(name)
    if trusted and "." in name:
        module, _, attribute = name.rpartition(".")
        try:
            imported = importlib.import_module(module)
            return getattr(imported, attribute)  # type: ignore[no-any-return]
        except (ImportError, AttributeError) as error:
            raise RecipeError(
                f"{place}: cannot import {name!r}: {error}; is its folder on PYTHONPATH?"
            ) from error
    raise RecipeError(f"{place}: {no_such(home.kind, name, home)}")


@dataclass(frozen=True)
class Part:
    """A spec among another's arguments: called, it builds the object."""

    #: what it builds
    spec: Spec
    #: the table in which listed names stand
    home: Table[Callable[..., Any]]
    #: whether import paths may be used as well
    trusted: bool
    #: the place in the recipe, for errors
    place: str
    #: what it counts where several of them are added up
    weight: float = 1.0

    def __call__(self, **extra: Any) -> Any:
        return build(self.spec, self.home, trusted=self.trusted, place=self.place, **extra)


def build(
    spec: Spec,
    home: Table[Callable[..., Any]],
    *,
    trusted: bool = False,
    place: str = "spec",
    **extra: Any,
) -> Any:
    """The object that `spec` describes.

    An argument that is itself a spec arrives as a `Part`, a function that builds it, so that a
    wrapper can say how many channels it wants. Such are mappings with `use`, and all that a class
    names in its `specs`: those arguments may also be bare names, or mappings of names to specs,
    each with a `weight`.
    """
    # A wrong name at any depth is said before anything is built.
    check_spec(spec, home, trusted=trusted, place=place)
    make = find(spec.use, home, trusted=trusted, place=f"{place}.use")
    args = _arguments(make, spec, home, trusted, place)
    for name in extra:
        if name in args:
            raise RecipeError(
                f"{place}.args.{name}: is not for the recipe to say, since what {spec.use} is "
                "built for decides it; leave it out"
            )
    check_arguments(make, {**args, **extra}, f"{place}.args")
    try:
        return make(**args, **extra)
    except (TypeError, ValueError) as error:
        raise RecipeError(f"{place}: {spec.use} cannot be built: {error}") from error


def check_spec(
    spec: Spec, home: Table[Callable[..., Any]], *, trusted: bool = False, place: str = "spec"
) -> None:
    """RecipeError where a name or an argument is unknown, at any depth of the spec.

    Nothing is built.
    """
    make = find(spec.use, home, trusted=trusted, place=f"{place}.use")
    args = _arguments(make, spec, home, trusted, place)
    check_arguments(make, args, f"{place}.args", complete=False)
    for value in args.values():
        for part in value.values() if isinstance(value, Mapping) else (value,):
            if isinstance(part, Part):
                check_spec(part.spec, home, trusted=trusted, place=part.place)


def check_arguments(
    make: Callable[..., Any], args: Mapping[str, Any], place: str, *, complete: bool = True
) -> None:
    """RecipeError that names an argument which `make` does not take, and those it takes.

    Where the arguments are to be `complete`, one that is missing is refused, too.
    """
    parameters = inspect.signature(make).parameters
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        return
    for key in args:
        if key not in parameters:
            raise RecipeError(
                f"{place}.{key}: unknown argument; {among(key, parameters, 'it takes')}"
            )
        _check_numbers(args[key], parameters[key].default, f"{place}.{key}")
    missing = [
        n
        for n, p in parameters.items()
        if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD and n not in args
    ]
    if missing and complete:
        raise RecipeError(
            f"{place}: {', '.join(missing)} missing; it takes: {', '.join(parameters)}"
        )


def _check_numbers(value: Any, default: Any, place: str) -> None:
    """RecipeError for a text where the default is a number, or in a list of numbers.

    Whether a list may stand for a number, `make` knows.
    """
    if isinstance(default, tuple | list) and default and isinstance(value, tuple | list):
        for i, inner in enumerate(value):
            _check_numbers(inner, default[0], f"{place}.{i}")
    if (
        isinstance(value, str)
        and isinstance(default, int | float)
        and not isinstance(default, bool)
    ):
        raise RecipeError(f"{place}: wants a number, such as {default:g}, not {value!r}")


def _arguments(
    make: Callable[..., Any], spec: Spec, home: Table[Callable[..., Any]], trusted: bool, place: str
) -> dict[str, Any]:
    """The arguments, with a Part in place of every spec."""
    declared = getattr(make, "specs", ())
    return {
        name: _argument(value, name in declared, home, trusted, f"{place}.args.{name}")
        for name, value in spec.args.items()
    }


def _argument(
    value: Any, declared: bool, home: Table[Callable[..., Any]], trusted: bool, place: str
) -> Any:
    if (
        isinstance(value, Spec)
        or (isinstance(value, Mapping) and "use" in value)
        or (declared and isinstance(value, str))
    ):
        return Part(Spec.parse(value, place), home, trusted, place)
    if declared and isinstance(value, Mapping):
        return {
            name: _weighted(inner, home, trusted, f"{place}.{name}")
            for name, inner in value.items()
        }
    return value


def _weighted(value: Any, home: Table[Callable[..., Any]], trusted: bool, place: str) -> Part:
    """One of several specs, which may say what it counts."""
    weight = value.get("weight", 1.0) if isinstance(value, Mapping) else 1.0
    if (
        isinstance(weight, bool)
        or not isinstance(weight, int | float)
        or not 0 <= weight < math.inf
    ):
        raise RecipeError(f"{place}.weight: wants a number of 0 or more, not {weight!r}")
    bare = value
    if isinstance(value, Mapping):
        bare = {name: inner for name, inner in value.items() if name != "weight"}
    return Part(Spec.parse(bare, place), home, trusted, place, float(weight))
