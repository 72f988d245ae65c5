"""What is plain on a command line becomes a value here, without typer's converters.

typer converts every word with pydantic, and to import pydantic and to build a validator for each
option takes longer than to restore a small picture. A text, a path, a number within its range and
a choice from a list need none of that. Whatever is not plain or not right is left to typer, which
has the sentences for it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_origin

#: stands for "this is not plain"
LEFT = object()


def convert_plainly(command: Any) -> None:
    """Makes a command of typer's, and all commands below it, convert what is plain by `plain`.

    Parameters that do not say what they take (an older typer) are left as they are.
    """
    for below in getattr(command, "commands", {}).values():
        convert_plainly(below)
    # --help is made when the parameters are asked for, and has to be among them.
    parameters_of = command.get_params

    def get_params(context: Any) -> list[Any]:
        parameters: list[Any] = parameters_of(context)
        for parameter in parameters:
            if hasattr(parameter, "type_descriptor") and "process_value" not in vars(parameter):
                parameter.process_value = _plainly(parameter)
        return parameters

    command.get_params = get_params


def _plainly(parameter: Any) -> Callable[[Any, Any], Any]:
    """The function that takes the place of the parameter's `process_value`."""
    kind = parameter.type_descriptor.annotation
    limits = parameter.type_descriptor.parameter_info
    by_typer = parameter.process_value

    def process_value(context: Any, value: Any) -> Any:
        converted = plain(value, kind, limits.min, limits.max)
        if converted is LEFT or (parameter.required and not value):
            return by_typer(context, value)
        if parameter.callback is not None:
            return parameter.callback(context, parameter, converted)
        return converted

    return process_value


def plain(value: Any, kind: Any, low: float | None, high: float | None) -> Any:
    """A value of the kind that is wanted, where it plainly is one; else LEFT.

    value: a word, or the default of an option. kind: str, Path, int, float, bool, an Enum, or a
    list of one of them. low, high: the limits of a number; None is no limit.
    """
    if value is None or (kind is bool and isinstance(value, bool)):
        return value
    if get_origin(kind) is list:
        each = [plain(one, get_args(kind)[0], low, high) for one in value]
        return LEFT if LEFT in each else each
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next((choice for choice in kind if value in (choice, choice.value)), LEFT)
    if kind in (int, float):
        return _number(str(value), kind, low, high)
    if kind in (str, Path) and isinstance(value, (str, Path)):
        return kind(value)
    return LEFT


def _number(word: str, kind: type[int] | type[float], low: float | None, high: float | None) -> Any:
    """The number that a word is, where it lies within the limits; else LEFT."""
    try:
        number = kind(word)
    except ValueError:
        return LEFT
    within = (low is None or number >= low) and (high is None or number <= high)
    return number if within and math.isfinite(number) else LEFT
