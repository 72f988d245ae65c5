"""Arguments of degradations: ranges to draw from for each picture, and levels of whole pictures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..contract import Array
from ..errors import UsageError

#: a number, or [low, high], from which one is drawn for each picture
Range = float | Sequence[float]


def bounds(name: str, value: Range, low: float, high: float) -> tuple[float, float]:
    """Returns the lowest and the highest value of an argument.

    Raises UsageError where it is neither a number nor a range, or leaves low..high.
    """
    ends = [value, value] if isinstance(value, int | float) else list(value)
    numbers = len(ends) == 2 and all(isinstance(end, int | float) for end in ends)
    if not numbers or not low <= ends[0] <= ends[1] <= high:
        raise UsageError(
            f"{name}={value} does not fit: a number from {low:g} to {high:g}, or a range "
            "[lowest, highest] of such numbers, is wanted"
        )
    return float(ends[0]), float(ends[1])


def share(name: str, value: float) -> float:
    """Returns a share of the pictures, or of what is drawn. Raises UsageError outside 0..1."""
    if not isinstance(value, int | float) or not 0 <= value <= 1:
        raise UsageError(f"{name}={value} does not fit: a number from 0 to 1 is wanted")
    return float(value)


def draw(ends: tuple[float, float], n: int, rng: np.random.Generator) -> Array:
    """Draws one number for each of n pictures, uniform between the ends: [n]."""
    return rng.uniform(*ends, n).astype(np.float32)


def choices(name: str, value: str | Sequence[str], allowed: Sequence[str]) -> tuple[str, ...]:
    """Returns one or several of the allowed words. Raises UsageError, which names them."""
    words = (value,) if isinstance(value, str) else tuple(value)
    for word in words:
        if word not in allowed:
            raise UsageError(f"{name}={word} is not known; the choices: {', '.join(allowed)}")
    if not words:
        raise UsageError(f"{name} is empty; name at least one of {', '.join(allowed)}")
    return words


def per_picture(level: Array, n: int, dial: str) -> Array:
    """Returns the level of each of n pictures, [n], from [n or 1, 1, 1, 1].

    Raises UsageError for a map, and for any other shape.
    """
    if level.ndim != 4:
        raise UsageError(
            f"{dial}: a level has the shape [pictures, 1, 1, 1], not {list(level.shape)}"
        )
    if level.shape[-2:] != (1, 1):
        raise UsageError(
            f"{dial} is one number for a picture, so a map of "
            f"{level.shape[-1]}x{level.shape[-2]} does not fit"
        )
    return np.broadcast_to(np.asarray(level, np.float32)[:, 0, 0, 0], n)
