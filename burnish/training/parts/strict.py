"""From plain YAML to frozen dataclasses, strictly; and their JSON schema.

Unknown keys, wrong types and values out of range are refused with their place.
"""

from __future__ import annotations

import dataclasses
import math
import types
from collections.abc import Mapping
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from ...errors import BurnishError, RecipeError
from ...ground.tables import among
from .build import Spec

_PLAIN: dict[type, tuple[str, str]] = {
    bool: ("true or false", "boolean"),
    int: ("a whole number", "integer"),
    float: ("a number", "number"),
    str: ("a text", "string"),
}


def key(
    default: Any = dataclasses.MISSING,
    *,
    doc: str,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    """A field with its meaning and its range, both ends allowed.

    Where it is a spec, `choices` are the names that it may use without a dotted path.
    """
    metadata = {"doc": doc, "low": low, "high": high, "choices": choices}
    if isinstance(default, dict):
        return dataclasses.field(default_factory=dict, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def read(kind: Any, value: Any, place: str, field: dataclasses.Field[Any] | None = None) -> Any:
    """`value` as the type `kind`.

    RecipeError names the place, what stands there, and what is wanted.
    """
    origin = get_origin(kind)
    args = get_args(kind)
    if kind is Any:
        return value
    if origin in (Union, types.UnionType):
        return None if value is None else read(args[0], value, place, field)
    if kind is Spec:
        return Spec.parse(_over_default(value, field), place)
    if dataclasses.is_dataclass(kind):
        return _read_dataclass(kind, value, place)
    if origin is Literal:
        if not any(
            value == choice and type(value) is type(choice) for choice in args
        ):  # 1 is not True
            raise RecipeError(f"{place}: there is no {value!r}; {among(str(value), args)}")
        return value
    if origin is tuple:
        return _read_list(args, value, place, field)
    if origin is not None and issubclass(origin, Mapping):
        _want(isinstance(value, Mapping), place, "a mapping", value)
        return {
            str(name): read(args[1], inner, f"{place}.{name}", field)
            for name, inner in value.items()
        }
    return _read_plain(kind, value, place, field)


def _over_default(value: Any, field: dataclasses.Field[Any] | None) -> Any:
    """The value, merged over the part that the field has by default where it has no `use`."""
    default = field.default if field else None
    if not isinstance(default, Spec) or not isinstance(value, Mapping) or "use" in value:
        return value
    given = value.get("args")
    args = {**default.args, **given} if isinstance(given, Mapping) else default.args
    return {"use": default.use, **value, "args": args}


def _read_dataclass(kind: Any, value: Any, place: str) -> Any:
    _want(
        isinstance(value, Mapping),
        place,
        f"a mapping of {', '.join(f.name for f in dataclasses.fields(kind))}",
        value,
    )
    fields = {f.name: f for f in dataclasses.fields(kind)}
    inside = f"{place}." if place else ""
    for name in value:
        if name not in fields:
            raise RecipeError(
                f"{inside}{name}: unknown key; {among(str(name), fields, 'it takes')}"
            )
    missing = [
        n
        for n, f in fields.items()
        if n not in value
        and f.default is dataclasses.MISSING
        and f.default_factory is dataclasses.MISSING
    ]
    if missing:
        raise RecipeError(
            f"{inside}{missing[0]}: missing; "
            f"{fields[missing[0]].metadata.get('doc', 'it has no default')}"
        )
    hints = get_type_hints(kind)
    values = {
        name: read(hints[name], inner, f"{inside}{name}", fields[name])
        for name, inner in value.items()
    }
    try:
        return kind(**values)
    except (BurnishError, ValueError) as error:
        raise RecipeError(f"{place}: {error}" if place else str(error)) from error


def _read_list(
    args: tuple[Any, ...], value: Any, place: str, field: dataclasses.Field[Any] | None
) -> tuple[Any, ...]:
    _want(isinstance(value, list | tuple), place, "a list", value)
    kinds = [args[0]] * len(value) if args[1:] == (...,) else list(args)
    if len(kinds) != len(value):
        raise RecipeError(f"{place}: wants a list of {len(kinds)}, not of {len(value)}")
    return tuple(
        read(kind, inner, f"{place}.{i}", field)
        for i, (kind, inner) in enumerate(zip(kinds, value, strict=True))
    )


def _read_plain(kind: type, value: Any, place: str, field: dataclasses.Field[Any] | None) -> Any:
    fits = (
        isinstance(value, int | float) and math.isfinite(value)
        if kind is float
        else isinstance(value, kind)
    )
    _want(fits and isinstance(value, bool) == (kind is bool), place, _PLAIN[kind][0], value)
    low, high = (field.metadata.get(end) for end in ("low", "high")) if field else (None, None)
    if (low is not None and not value >= low) or (high is not None and not value <= high):
        raise RecipeError(
            f"{place}: {value!r} is out of range; it goes {_range_in_words(low, high)}"
        )
    return kind(value)


def _range_in_words(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f"from {low:g} to {high:g}"
    return f"{low:g} or more" if low is not None else f"{high:g} or less"


def _want(holds: bool, place: str, wanted: str, value: Any) -> None:
    if not holds:
        raise RecipeError(f"{place or 'the recipe'}: wants {wanted}, not {value!r}")


def plain(value: Any) -> Any:
    """A recipe, or a part of it, as what YAML and JSON hold: the inverse of `read`."""
    if isinstance(value, Spec):
        return {"use": value.use, "args": plain(value.args)}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(name): plain(inner) for name, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list | tuple) else value


def schema_of(kind: Any, field: dataclasses.Field[Any] | None = None) -> dict[str, Any]:
    """The JSON schema of what `read` takes for this type."""
    origin = get_origin(kind)
    args = get_args(kind)
    if kind is Any:
        return {}
    if origin in (Union, types.UnionType):
        return {"anyOf": [schema_of(args[0], field), {"type": "null"}]}
    if kind is Spec:
        return _schema_of_spec(field)
    if dataclasses.is_dataclass(kind):
        return _schema_of_dataclass(kind)
    if origin is Literal:
        return {"enum": list(args)}
    if origin is tuple and args[1:] == (...,):
        return {"type": "array", "items": schema_of(args[0], field)}
    if origin is tuple:
        return {
            "type": "array",
            "prefixItems": [schema_of(a, field) for a in args],
            "minItems": len(args),
            "maxItems": len(args),
        }
    if origin is not None and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": schema_of(args[1], field)}
    ends = {
        word: field.metadata[end]
        for word, end in (("minimum", "low"), ("maximum", "high"))
        if field and field.metadata.get(end) is not None
    }
    return {"type": _PLAIN[kind][1], **ends}


def _schema_of_spec(field: dataclasses.Field[Any] | None) -> dict[str, Any]:
    """A bare name, or a mapping of `use` and `args`; `use` may lack where there is a default."""
    name: dict[str, Any] = {"type": "string"}
    if field:
        name["examples"] = list(field.metadata.get("choices", ()))
    mapping = {
        "type": "object",
        "properties": {"use": name, "args": {"type": "object"}},
        "required": [] if field and isinstance(field.default, Spec) else ["use"],
        "additionalProperties": False,
    }
    return {"anyOf": [name, mapping]}


def _schema_of_dataclass(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    properties = {}
    required = []
    for f in dataclasses.fields(kind):
        properties[f.name] = {
            **schema_of(hints[f.name], f),
            **({"description": f.metadata["doc"]} if "doc" in f.metadata else {}),
        }
        if f.default is not dataclasses.MISSING and isinstance(f.default, str | int | float | bool):
            properties[f.name]["default"] = f.default
        if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING:
            required.append(f.name)
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }
