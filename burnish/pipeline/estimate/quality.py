"""How strongly a picture was compressed as a JPEG, from its pixels alone: in its 8x8 blocks the
coefficients still lie on the multiples of the table's steps.

Fan, de Queiroz, "Identification of bitmap compression history: JPEG detection and quantizer
estimation", IEEE TIP 2003. Where a file has the table itself, that says it exactly:
`burnish.images.jpeg.quality`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...contract import Array, finite
from ...errors import NonFiniteInput
from ...ground.channels import grey
from ...images.jpeg.quality import table_at

Figures = NDArray[np.float64]

#: qualities that are told apart; above the last a picture counts as not compressed
LOWEST, HIGHEST = 3, 98
#: deviation of a coefficient from its multiple, in 8-bit steps, and the share of those that it is
#: of: what rounding the brightness and three channels to whole steps leaves, and the same in flat
#: blocks, where the errors of neighbours are alike
SIGMAS = ((0.35, 0.75), (1.0, 0.25))
#: share of coefficients that clipping, or another table, puts anywhere
STRAY = 0.03
#: as many blocks are looked at, and this many must not be flat
MOST_BLOCKS, LEAST_BLOCKS = 3000, 16
#: and to see where they begin
PHASE_BLOCKS = 400
#: frequencies that are looked at, across plus down; higher ones are mostly 0, which shows where
#: blocks begin
FREQUENCIES = [(i, j) for i in range(8) for j in range(8) if 1 <= i + j <= 5]
HIGH = [(i, j) for i in range(8) for j in range(8) if 7 <= i + j <= 11]
#: a coefficient that a table set to 0 is not larger than this
NOTHING = 1.0
#: by how much the best table has to explain a coefficient better than steps of 1 do, in natural
#: logarithms, mean
CLEAR = 0.05
#: of the coefficients that are not 0 under a coarse table, at least so many lie this near to a
#: multiple; of a drawing, most coefficients are 0, which any table explains, and the others lie
#: anywhere
LEAST_ON_STEPS, NEAR, COARSE = 0.6, 1.5, 6.0


def quality(image: Array) -> float:
    """The quality, libjpeg's 1 to 100, with which a whole picture [1, 1 or 3, H, W] in [0, 1] was
    last compressed; 100 where nothing shows.

    NonFiniteInput.

    The picture must be as the decoder gave it: resizing, turning by a few degrees and noise hide
    the table. Cutting does not.
    """
    if not finite(image):
        raise NonFiniteInput(
            "the quality of a picture with NaN or infinity in it cannot be estimated"
        )
    brightness = grey(image[0] * np.float32(255))
    if min(brightness.shape) < 24:
        return 100.0
    found = [
        _best(_coefficients(brightness, phase, FREQUENCIES, MOST_BLOCKS))
        for phase in dict.fromkeys([(0, 0), _phase(brightness)])
    ]
    clear, best = max(found)
    return float(best) if clear > CLEAR else 100.0


def _best(coefficients: Figures) -> tuple[float, int]:
    """(by how much it is better than steps of 1, the quality) of the table that explains
    coefficients [F, N] best.
    """
    if coefficients.shape[1] < LEAST_BLOCKS:
        return 0.0, 100
    tables = np.stack([table_at(q).reshape(8, 8) for q in range(LOWEST, HIGHEST + 1)])
    totals = np.zeros(len(tables))
    for (i, j), values in zip(FREQUENCIES, coefficients, strict=True):
        spread = max(float(np.abs(values).mean()), 0.05)
        steps, which = np.unique(tables[:, i, j], return_inverse=True)
        totals += np.array([_likelihood(values, float(step), spread) for step in steps])[
            which
        ] - _likelihood(values, 1.0, spread)
    best = int(totals.argmax())
    if _on_steps(coefficients, tables[best]) < LEAST_ON_STEPS:
        return 0.0, 100
    return float(totals[best]) / len(FREQUENCIES), LOWEST + best


def _on_steps(coefficients: Figures, table: Figures) -> float:
    """The share of the coefficients beyond half of a coarse step that lie near a multiple of it; 1
    where there are too few to say.
    """
    near: list[NDArray[np.bool_]] = []
    for (i, j), values in zip(FREQUENCIES, coefficients, strict=True):
        step = float(table[i, j])
        if step >= COARSE:
            beyond = values[np.abs(values) > step / 2 + NEAR]
            near.append(np.abs(beyond - step * np.rint(beyond / step)) < NEAR)
    found = np.concatenate(near) if near else np.empty(0, np.bool_)
    return float(found.mean()) if len(found) >= LEAST_BLOCKS else 1.0


def _likelihood(values: Figures, step: float, spread: float) -> float:
    """Its logarithm, the mean of the values, were they multiples of the step: Laplace's
    distribution put into bins, and the rounding of the pixels besides.
    """
    multiple = np.rint(values / step)
    density = np.zeros_like(values)
    for near in (multiple - 1, multiple, multiple + 1):
        away = np.abs(near) * step
        inside = 1 - np.exp(-step / 2 / spread)
        share = np.where(
            near == 0,
            inside,
            0.5
            * (
                np.exp(-np.maximum(away - step / 2, 0) / spread)
                - np.exp(-(away + step / 2) / spread)
            ),
        )
        rest = values - near * step
        density += share * sum(
            part / (sigma * np.sqrt(2 * np.pi)) * np.exp(-0.5 * np.square(rest / sigma))
            for sigma, part in SIGMAS
        )
    return float(
        np.mean(
            np.log(
                (1 - STRAY) * density
                + STRAY * 0.5 / spread * np.exp(-np.abs(values) / spread)
                + 1e-300
            )
        )
    )


def _coefficients(
    brightness: Array, phase: tuple[int, int], frequencies: list[tuple[int, int]], most: int
) -> Figures:
    """The cosine transform of about `most` blocks, those that are not flat, at these frequencies.

    [F, N]
    """
    down, across = phase
    rows, columns = (brightness.shape[0] - down) // 8, (brightness.shape[1] - across) // 8
    every = max(1, int(np.sqrt(rows * columns / most)))
    whole = (
        brightness[down : down + 8 * rows, across : across + 8 * columns]
        .reshape(rows, 8, columns, 8)
        .transpose(0, 2, 1, 3)
    )
    blocks = whole[::every, ::every].reshape(-1, 8, 8).astype(np.float64)
    blocks = blocks[np.ptp(blocks, axis=(1, 2)) > 2]
    k = np.arange(8)
    cosines = (
        np.cos(np.pi * (2 * k[None] + 1) * k[:, None] / 16)
        * np.where(k == 0, np.sqrt(1 / 8), 0.5)[:, None]
    )
    transformed = cosines @ blocks @ cosines.T
    return np.stack([transformed[:, i, j] for i, j in frequencies])


def _phase(brightness: Array) -> tuple[int, int]:
    """(down, across) of the first whole block, 0 to 7: where most of the high frequencies are
    nothing.
    """

    def nothing(phase: tuple[int, int]) -> float:
        high = _coefficients(brightness, phase, HIGH, PHASE_BLOCKS)
        return float((np.abs(high) < NOTHING).mean()) if high.size else 0.0

    return max(((down, across) for down in range(8) for across in range(8)), key=nothing)
