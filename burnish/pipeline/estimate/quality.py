"""How strongly a picture was compressed as a JPEG, from its pixels alone: in its 8x8 blocks the
coefficients still lie on the multiples of the table's steps; under the last table those of a
stronger one that came before it, whose blocks may begin elsewhere, since the picture was cut.

Where a file has the last table itself, that says it exactly: `burnish.images.jpeg.quality`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...contract import Array
from ...errors import NonFiniteInput
from ...ground.channels import brightness_of
from ...ground.planes import Planes, all_finite
from .blocks import (
    LOW,
    LOWEST_FEW,
    Figures,
    Phase,
    Place,
    coefficients,
    earlier_phases,
    last_phase,
)
from .estimate import Estimate
from .tables import (
    BIN,
    HIGHEST,
    LEAST_BLOCKS,
    Counted,
    counted,
    on_steps,
    steps_at,
    table_in,
    tables_in,
)

#: as many blocks are looked at
MOST_BLOCKS = 3000
#: by how much a table has to explain a coefficient better than none does, in natural logarithms,
#: mean
CLEAR = 0.05
#: an earlier compression was stronger by at least so much
STRONGER = 5
#: of the coefficients beyond the first step of a table that shows, at least so many lie near a
#: multiple, beyond what chance puts there: of the last table, and of one that others lie over
LEAST_ON_STEPS, LEAST_UNDER = 0.4, 0.25
#: steps of what may lie over a table where nothing shows (a lossy WebP), in 8-bit steps
UNKNOWN = 4.0
#: generations that are looked for
GENERATIONS = 3


def quality(image: Planes) -> Estimate:
    """The lowest quality, libjpeg's 1 to 100, with which a whole picture [1, 1 or 3, H, W] in
    [0, 1] was compressed; 100 where nothing shows.

    NonFiniteInput.

    The picture must be as the decoder gave it: resizing, turning by a few degrees and noise hide
    the table. Cutting does not, nor does saving it again at a higher quality.
    """
    if not all_finite(image):
        raise NonFiniteInput(
            "the quality of a picture with NaN or infinity in it cannot be estimated"
        )
    brightness = brightness_of(image)
    brightness *= np.float32(255)
    if min(brightness.shape) < 24:
        return Estimate(100.0)
    found, phase = _last(brightness)
    later: list[int] = []
    for _ in range(GENERATIONS - 1):
        later.append(found)
        clear, before, at = max(
            _under(brightness, later, phase), _elsewhere(brightness, later, phase)
        )
        if clear <= CLEAR:
            break
        found, phase = before, at
    return Estimate(float(found))


def _places(brightness: Array) -> Iterator[Phase]:
    """Where the blocks of the last compression may begin; they are sought only if it is needed."""
    yield 0, 0
    yield last_phase(brightness)


def _last(brightness: Array) -> tuple[int, Phase]:
    """The quality of the last compression, 100 for none, and where its blocks begin."""
    for phase in _places(brightness):
        clear, at = _on_table(_seen(brightness, phase, LOW, later=[]), HIGHEST + 1)
        if clear > CLEAR:
            return at, phase
    return 100, (0, 0)


def _under(brightness: Array, later: list[int], phase: Phase) -> tuple[float, int, Phase]:
    """(how clear, the quality, the phase) of a compression before the later ones, the last of which
    has its blocks at a phase, and this one too.
    """
    if later[-1] == 100:
        return 0.0, 100, phase
    seen = _seen(brightness, phase, LOW, later[:-1], steps_at(later[-1], LOW))
    clear, at = table_in(seen, later[-1] - STRONGER)
    return (clear, at, phase) if on_steps(seen, at, LEAST_UNDER, fine=False) else (0.0, 100, phase)


def _elsewhere(brightness: Array, later: list[int], phase: Phase) -> tuple[float, int, Phase]:
    """The same of one whose blocks begin elsewhere, since the picture was cut in between.

    A table has to show at one phase by so much more than at the others: what explains the
    coefficients everywhere is the picture.
    """
    below = later[-1] - STRONGER
    others = earlier_phases(brightness, phase if later[-1] < 100 else None)
    each = [_seen(brightness, other, LOWEST_FEW, later) for other in others]
    found = sorted(
        (*table, other) for table, other in zip(tables_in(each, below), others, strict=True)
    )
    clear, at, other = found[-1]
    clear -= max(0.0, found[len(found) // 2][0])
    if clear > CLEAR:
        seen = _seen(brightness, other, LOW, later)
        _, at = table_in(seen, below)
        clear *= on_steps(seen, at, LEAST_UNDER, fine=False)
    return clear, at, other


def _seen(
    brightness: Array,
    phase: Phase,
    places: list[Place],
    later: list[int],
    steps: Figures | None = None,
) -> list[Counted]:
    """The coefficients at a phase and at these places, moved by later compressions; none where
    there are too few blocks. steps [F]: what they lie on now, if anything.
    """
    values = coefficients(brightness, phase, places, MOST_BLOCKS)
    if values.shape[1] < LEAST_BLOCKS:
        return []
    squares = [_square(quality, places) for quality in later]
    moved = np.sqrt(np.sum([np.zeros(len(places)), *squares], 0) / 12)
    widths = np.full(len(places), BIN) if steps is None else np.maximum(steps, BIN)
    parts = zip(places, values, widths, moved, strict=True)
    return [counted(place, one, float(width), float(by)) for place, one, width, by in parts]


def _square(quality: int, places: list[Place]) -> Figures:
    """The squares [F] of the steps of a quality; where nothing shows, of what may have happened."""
    return np.full(len(places), UNKNOWN**2) if quality == 100 else steps_at(quality, places) ** 2


def _on_table(seen: list[Counted], below: int) -> tuple[float, int]:
    """`table_in`, where the coefficients are not those of a drawing."""
    clear, at = table_in(seen, below)
    return (clear, at) if on_steps(seen, at, LEAST_ON_STEPS, fine=True) else (0.0, 100)
