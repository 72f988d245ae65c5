"""Whether a network has collapsed, and which of its layers hardly learn.

A collapsed network gives one colour, or lays a grid over its pictures (Odena et al., Distill 2016,
on checkerboard artifacts); dead layers hardly learn (Lu et al., "Dying ReLU and initialization",
2019).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from ...contract import Array
from ...metrics.artefacts import VISIBLE, grid_energy

#: below this share of the clean pictures' variance a result is one colour
FLAT = 0.01
#: variance below which a clean picture says nothing about that
PLAIN = (4 / 255) ** 2
#: a grid is named where it makes up this share of the error, and can be seen
SHARE = 0.1
#: a layer is idle where its gradient, against its weights, is less than this share of the middle
#: layer's (others had 0.06 and more, dead ones 0.003)
IDLE = 0.01


def collapses(restored: Sequence[Array], clean: Sequence[Array], period: int = 8) -> list[str]:
    """The faults of pictures [1, C, H, W] that a network restored, in sentences.

    `period` is the widest grid in pixels that it could lay, such as its multiple.
    """
    return [*_flat(restored, clean), *_grid(restored, clean, max(2, period))]


def idle(gradients: Mapping[str, float], weights: Mapping[str, float]) -> list[str]:
    """The names of the parameters that hardly learn, of those whose norms are given.

    Hardly anything of what they make reaches the result. That passes where a layer behind them
    began with zeroes. It does not where none of their units is ever above 0: a ReLU lets no
    gradient through then.
    """
    speeds = {name: gradients[name] / weights[name] for name in gradients if weights[name] > 0}
    middle = float(np.median(list(speeds.values()))) if speeds else 0.0
    return [name for name, speed in speeds.items() if speed < IDLE * middle]


def _flat(restored: Sequence[Array], clean: Sequence[Array]) -> Iterator[str]:
    shares = [
        float(bad.var() / good.var())
        for bad, good in zip(restored, clean, strict=True)
        if _luma(good).var() > PLAIN
    ]
    if shares and np.median(shares) < FLAT:
        yield (
            f"what it gives is one colour (its variance is {np.median(shares):.1e} of the "
            "clean pictures')"
        )


def _grid(restored: Sequence[Array], clean: Sequence[Array], period: int) -> Iterator[str]:
    """Names the smallest period that explains nearly all that the widest one does."""
    errors = [
        _luma(bad) - _luma(good)
        for bad, good in zip(restored, clean, strict=True)
        if min(bad.shape[-2:]) >= 4 * period
    ]
    periods = [2**k for k in range(1, period.bit_length()) if 2**k <= period]
    energies = {p: grid_energy(errors, p) for p in periods} if errors else {}
    total = float(np.mean([error.var() for error in errors])) if errors else 0.0
    for p, energy in energies.items():
        if energy > SHARE * total and energy > VISIBLE**2 and energy > 0.8 * max(energies.values()):
            yield (
                f"what it gives is checkered: a grid of {p} pixels makes up "
                f"{100 * energy / total:.0f} % of its error"
            )
            return


def _luma(image: Array) -> Array:
    mean: Array = image[0].mean(0)
    return mean
