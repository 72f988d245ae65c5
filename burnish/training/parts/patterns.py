"""Parameters and layers by their names: patterns such as net.base.*, as recipes give them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from ...errors import RecipeError


def like(name: str, patterns: Sequence[str]) -> bool:
    """Whether the name is like one of the patterns, in which * stands for any letters and dots."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def check_pattern(pattern: str, names: Iterable[str], place: str) -> None:
    """RecipeError where none of the names is like the pattern; it says the place in the recipe."""
    names = list(names)
    if not any(like(name, [pattern]) for name in names):
        raise RecipeError(
            f"{place}: no parameter's name is like {pattern!r}; they are called "
            f"{', '.join(names[:3])}, ..."
        )
