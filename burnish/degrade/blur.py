"""Blur: Gaussian and its relatives, moving cameras, lenses out of focus, and sharp low-passes.

The Gaussians' relatives and the low-pass are Real-ESRGAN's (Wang et al., ICCV workshops 2021).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from ..contract import Array, Dial
from ..errors import UsageError
from . import Degradation, kernels
from .arguments import Range, bounds, draw, per_picture, share
from .kernels import Kernel

PROFILES = {
    "gaussian": kernels.gaussian,
    "generalised": kernels.generalised,
    "plateau": kernels.plateau,
}
#: radius of the ringing kernel, at the most, in pixels
LOWPASS_RADIUS = 10


def blur(
    stretch: Range = 1.0,
    isotropic: float = 0.0,
    profiles: Mapping[str, float] | None = None,
    power: Range | Mapping[str, Range] = 1.0,
) -> Degradation:
    """Gaussian blur of that sigma in pixels, in a direction of its own for each picture.

    stretch: how many times narrower it is across that direction; 1 is round. isotropic: the share
    of pictures where it is round whatever `stretch` says. profiles: the share of each of gaussian,
    generalised and plateau; without it, all are gaussian. power: of the last two, or of each by its
    name, where 1 is nearest to a Gaussian; a range that goes beyond 1 both ways is drawn from as
    often below it as above.
    """
    shares = {"gaussian": 1.0} if profiles is None else profiles
    if (
        not isinstance(shares, Mapping)
        or not set(shares) <= set(PROFILES)
        or min(shares.values(), default=0) < 0
        or not sum(shares.values()) > 0
    ):
        raise UsageError(
            f"profiles={profiles} does not fit: shares, of which one at least is above 0, of "
            f"{', '.join(PROFILES)} are wanted"
        )
    powers = {
        name: bounds(
            "power", power.get(name, 1.0) if isinstance(power, Mapping) else power, 0.25, 8
        )
        for name in PROFILES
    }
    round_ones = share("isotropic", isotropic)
    kernels_of = partial(
        _gaussians,
        shares=shares,
        stretch=bounds("stretch", stretch, 1, 20),
        powers=powers,
        isotropic=round_ones,
    )
    dial = Dial("blur", 0.0, 4.0, 1.5, "sigma in pixels")
    return Degradation(dial, partial(_spoil, dial.name, kernels_of), neutral=0.0)


def motion_blur() -> Degradation:
    """The camera moved straight, in a direction drawn for each picture, by that many pixels."""
    dial = Dial("motion", 0.0, 25.0, 8.0, "length of the path in pixels")
    return Degradation(dial, partial(_spoil, dial.name, _lines), neutral=0.0)


def defocus() -> Degradation:
    """A lens out of focus: every point becomes a disc of that radius.

    Up to half a pixel nothing is seen of it.
    """
    dial = Dial("defocus", 0.0, 10.0, 3.0, "radius in pixels")
    return Degradation(dial, partial(_spoil, dial.name, _discs), neutral=0.0)


def sinc(radius: Range = (3, LOWPASS_RADIUS)) -> Degradation:
    """A sharp low-pass, which rings beside edges, as strong sharpening and careless resizing do.

    The dial is the shortest wave that passes; a grid of pixels holds none under 2, where nothing
    happens. radius: of the kernel in pixels, drawn as a whole number; a larger one rings further.
    """
    ends = bounds("radius", radius, 1, LOWPASS_RADIUS)
    dial = Dial("sinc", 2.0, 8.0, 4.0, "shortest wave that passes, in pixels")
    return Degradation(
        dial, partial(_spoil, dial.name, partial(_lowpasses, radius=ends)), neutral=2.0
    )


#: (levels [B], rng) -> what makes the kernel of picture i, or None where nothing happens to it
Kernels = Callable[[Array, np.random.Generator], list[Callable[[], Kernel] | None]]


def _spoil(
    dial: str, kernels_of: Kernels, clean: Array, level: Array, rng: np.random.Generator
) -> Array:
    levels = per_picture(level, clean.shape[0], dial)
    return np.stack(
        [
            picture.copy() if make is None else kernels.convolve(picture, make())
            for picture, make in zip(clean, kernels_of(levels, rng), strict=True)
        ]
    )


def _gaussians(
    levels: Array,
    rng: np.random.Generator,
    *,
    shares: Mapping[str, float],
    stretch: tuple[float, float],
    powers: Mapping[str, tuple[float, float]],
    isotropic: float,
) -> list[Callable[[], Kernel] | None]:
    n = len(levels)
    weights = np.array(list(shares.values()), float)
    chosen = rng.choice(list(shares), n, p=weights / weights.sum())
    angles, across, along = draw((0, np.pi), n, rng), draw(stretch, n, rng), draw((0, 1), n, rng)
    across[rng.random(n) < isotropic] = 1
    made: list[Callable[[], Kernel] | None] = []
    for i, sigma in enumerate(levels):
        extra = (
            {}
            if chosen[i] == "gaussian"
            else {"power": _power(*powers[chosen[i]], float(along[i]))}
        )
        made.append(
            partial(PROFILES[chosen[i]], float(sigma), float(across[i]), float(angles[i]), **extra)
            if sigma > 0
            else None
        )
    return made


def _power(low: float, high: float, along: float) -> float:
    """The number that far (0..1) along the range; 1, if it is in there, stands in the middle."""
    return float(
        np.interp(along, (0, 0.5, 1), (low, 1 if low <= 1 <= high else (low + high) / 2, high))
    )


def _lines(levels: Array, rng: np.random.Generator) -> list[Callable[[], Kernel] | None]:
    angles = draw((0, np.pi), len(levels), rng)
    return [
        partial(kernels.line, float(length), float(angle)) if length > 0 else None
        for length, angle in zip(levels, angles, strict=True)
    ]


def _discs(levels: Array, rng: np.random.Generator) -> list[Callable[[], Kernel] | None]:
    return [partial(kernels.disc, float(radius)) if radius > 0.5 else None for radius in levels]


def _lowpasses(
    levels: Array, rng: np.random.Generator, *, radius: tuple[float, float]
) -> list[Callable[[], Kernel] | None]:
    radii = np.rint(draw(radius, len(levels), rng)).astype(int)
    return [
        partial(kernels.circular_lowpass, 2 * np.pi / float(wave), int(r)) if wave > 2 else None
        for wave, r in zip(levels, radii, strict=True)
    ]
