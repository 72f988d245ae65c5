"""Things that only look like dirt, drawn into pictures as a part of them: they are to stay.

Points are stars, snow, freckles and catch lights; lines are rain, hair, wires and eyelashes; and
there are eyes and letters. They have no mask, so that a network that learns to find damage learns
to leave them alone. Lengths are in pixels at scale 1, which fits pictures of about 500 lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from ...contract import Array, Dial
from .. import Degradation
from ..arguments import Range, bounds, choices
from ..drawing import Size
from ..paint import Paint, paint
from .eyes import eyes
from .letters import text
from .lines import eyelashes, hair, rain, wires
from .points import catch_lights, freckles, snow, stars

#: (size, amount above 0, pixels at scale 1, rng) -> layers, as `Draw` of paint.py has them
Kind = Callable[[Size, float, float, np.random.Generator], Iterator[Paint]]
KINDS: dict[str, Kind] = {
    "stars": stars,
    "snow": snow,
    "freckles": freckles,
    "catch lights": catch_lights,
    "rain": rain,
    "hair": hair,
    "wires": wires,
    "eyelashes": eyelashes,
    "eyes": eyes,
    "text": text,
}
#: how often two kinds meet in a picture
TWO = 0.3


def lookalikes(scale: Range = (0.5, 2.0), kinds: str | list[str] | None = None) -> Degradation:
    """One kind of them in a picture, now and then two; more of it, and plainer, with the dial.

    kinds: one or several of KINDS to draw from; without it, all.
    """
    sizes = bounds("scale", scale, 0.1, 100)
    names = choices("kinds", list(KINDS) if kinds is None else kinds, list(KINDS))
    dial = Dial("lookalikes", 0.0, 1.0, 0.6, "0 for none to 1 for many plain ones")
    draw_them = partial(draw, scale=sizes, names=names)
    return Degradation(dial, partial(_laid, draw=draw_them, name=dial.name), neutral=0.0)


def draw(
    size: Size,
    amount: float,
    rng: np.random.Generator,
    scale: tuple[float, float],
    names: tuple[str, ...],
) -> Iterator[Paint]:
    """The layers of the kinds that are drawn for a picture."""
    unit = rng.uniform(*scale)
    order = rng.permutation(len(names))
    many = 2 if rng.random() < TWO else 1
    for place in order[:many]:
        yield from KINDS[names[place]](size, amount, unit, rng.spawn(1)[0])


def _laid(
    clean: Array,
    level: Array,
    rng: np.random.Generator,
    draw: Callable[[Size, float, np.random.Generator], Iterator[Paint]],
    name: str,
) -> Array:
    return paint(clean, level, rng, draw, name)[0]
