"""Thin dirt only dims: what lies below gets its light back, and no pixel is made up.

By how much each channel is dimmed where infrared is, the picture tells: as far as densities of
dirt go, its own density is compared with what a filling would put there, and the share that fits
most of these pixels is taken. A negative that was inverted is not dimmed, but brighter; there
nothing fits, and all is filled.
"""

from __future__ import annotations

import numpy as np

from ....contract import Array
from ....ground.planes import blurred, deviation
from ....ground.regions import Region, dilated
from .dirt import Dirt
from .planes import as_coarse, density, steepness

#: dirt goes as far beyond what was found, in pixels, as the blur of a scan
RIM = 1
#: of the light, less than this says nothing of what lies below
LITTLE = 0.15
#: blurs that take the noise of infrared away, and by how much they do
SMOOTH, SMOOTHER = 2, np.float32(3)
#: the place of infrared is known to about so many pixels
PLACED = 0.3
#: dirt up to this density tells how much each channel is dimmed, and what lies so near to it
TELLING, NEAR = 1.5, 4
#: so many pixels beside one another tell as much as one alone, along each axis
ALIKE = 6.0
#: how sure it is beforehand that a channel is dimmed as infrared is: 1 over a variance
USUAL = 1 / 0.15**2
#: shares of infrared's density by which a channel may be dimmed
DIMMED = (0.3, 3.0)
#: a filling errs by so much where the picture is even; where this share of what lies around is
#: known, or less, it is no better than a guess
EVEN, HARDLY = np.float32(0.02), 0.02
#: how much of a filling is wrong, as a share of how much the picture changes around it
FILLED = 1.0


def brightened(light: Array, found: Dirt) -> tuple[Array, Region]:
    """The light [C, H, W] with thin dirt taken away, and the pixels [H, W] that are to be filled.

    All that is dirty is in one or the other; elsewhere the light keeps its bits.
    """
    dirty = dilated(found.found, RIM)
    if not dirty.any() or dirty.all():
        return light, dirty
    thick, wrong = _smooth(found)
    around = _changes(light, dirty)
    lost = dirty & (np.exp(-thick) < LITTLE)
    result = light.copy()
    dimmed = [_dimmed(plane, thick, dirty) for plane in as_coarse(light, *found.clear.size)]
    for plane, share in zip(result, dimmed, strict=True):
        lost |= dirty & (wrong * share > FILLED * around) if share else dirty
        plane[dirty] *= np.exp(share * thick[dirty])
    result[:, lost] = light[:, lost]
    return result, lost


def _smooth(found: Dirt) -> tuple[Array, Array]:
    """The density of dirt, its noise smoothed away where nothing else changes, and how far off that
    may be, as a standard deviation. [H, W] both
    """
    smooth = blurred(found.density, SMOOTH)
    even = np.abs(smooth - found.density) < 2 * found.margin
    thick = np.where(even, smooth, found.density)
    noise = np.where(even, found.margin / SMOOTHER, found.margin)
    return thick, np.hypot(noise, PLACED * steepness(smooth))


def _dimmed(plane: Array, thick: Array, dirty: Region) -> float:
    """By which share of infrared's density a channel [H, W] is dimmed; 0 where none fits.

    It is the slope of the picture's detail against the dirt's, which has nothing to do with what
    else the picture shows; as far as that tells little, it is taken to be near 1.
    """
    tells = dilated(dirty, NEAR) & (thick < TELLING)
    theirs = _detail(np.where(dirty, thick, np.float32(0)))[tells]
    ours = _detail(density(plane))[tells]
    share = 1.0
    sure = 0.0
    for _ in range(2):
        rest = ours - share * theirs
        noise = max(deviation(rest), 1e-4)
        calm = np.abs(rest) < 3 * noise
        own = theirs[calm].astype(np.float64)
        sure = float(own @ own) / (ALIKE * noise) ** 2
        share = (float(own @ ours[calm]) / (ALIKE * noise) ** 2 + USUAL) / (sure + USUAL)
    return share if DIMMED[0] <= share <= DIMMED[1] else 0.0


def _detail(plane: Array) -> Array:
    return plane - blurred(plane, 12)


def _changes(light: Array, dirty: Region) -> Array:
    """How much the density of a picture changes around each pixel, dirt apart. [H, W]

    It is as much more as less is known there, as a filling errs the more the wider it is.
    """
    known = (~dirty).astype(np.float32)
    grey = density(light.mean(0)) * known
    share = blurred(known, 16)
    weight = np.maximum(share, np.float32(1e-6))
    mean = blurred(grey, 16) / weight
    square = blurred(grey * grey, 16) / weight
    changes = np.sqrt(np.maximum(square - mean * mean, 0)) + EVEN
    return np.asarray(np.where(share > HARDLY, changes / weight, np.inf), np.float32)
