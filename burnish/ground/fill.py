"""Filling: what is lost goes on as smoothly as what surrounds it.

The pixels are those for which the square of the Laplacian, summed over them and their neighbours,
plus TENSION times the square of their differences, is least: a spline in tension. Without tension
it is the biharmonic surface (Damelin and Hoang, "On surface completion and image inpainting by
biharmonic functions", 2018), which carries slopes across a gap, those of noise and of half-covered
pixels too; with much of it, the harmonic one, which flattens all. It is found by conjugate
gradients, which begin at a picture that was pulled down and pushed up again (Gortler et al., "The
lumigraph", SIGGRAPH 1996).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..contract import LOST, Array
from .regions import Region, dilated
from .resize import resize

Indices = NDArray[np.int64]
#: steps of conjugate gradients: gaps of eight pixels want thirty; within wide ones the smooth
#: beginning stays, as nothing better is known there
STEPS = 60
#: between 0, biharmonic, and harmonic; this one comes nearest to what damage had covered
TENSION = np.float32(2)
#: it stops where the error is this share of the first one
CLOSE = 1e-4
#: the neighbours of a pixel
AROUND = ((-1, 0), (1, 0), (0, -1), (0, 1))


def filled(pixels: Array, lost: Region) -> Array:
    """The pixels [C, H, W] with those that are lost [H, W] filled; the others are the same bits.

    Where all is lost, nothing is known, and nothing changes.
    """
    if not lost.any() or lost.all():
        return pixels
    result = pixels.copy()
    begun = pull_and_push(pixels, lost)
    result[:, lost] = begun[:, lost]
    gap = Gap.of(lost)
    result[:, lost] += _solved(gap, -gap.laplacian_of(result)).T
    return result


def marked(pixels: Array, lost: Region) -> Array:
    """The pixels [C, H, W] as a network that fills is to see them.

    Those that are lost [H, W] are filled, within 0..1, and marked by LOST; of nothing but lost
    pixels the guess is grey. The others are the same bits.
    """
    guess = np.full_like(pixels, 0.5) if lost.all() else filled(pixels, lost).clip(0, 1)
    return np.where(lost, guess + np.float32(LOST), pixels)


@dataclass(frozen=True)
class Gap:
    """The lost pixels of a picture, numbered, and the Laplacians in which they stand."""

    #: the places of the Laplacians: the lost pixels and their neighbours, as row and column
    places: tuple[Indices, Indices]
    #: for each place and each of AROUND, the place's neighbour, as row and column; at the border
    #: it is the place itself
    neighbours: tuple[tuple[Indices, Indices], ...]
    #: the number of the lost pixel at each place, then at its neighbours; `count` for a known one
    numbers: tuple[Indices, ...]
    #: for each lost pixel and each of AROUND, at which of the places its neighbour stands
    beside: tuple[Indices, ...]
    #: at which of the places the lost pixels themselves stand
    within: Indices
    #: how many pixels are lost
    count: int

    @classmethod
    def of(cls, lost: Region) -> Gap:
        """The gap of the lost pixels [H, W]."""
        height, width = lost.shape
        count = int(np.count_nonzero(lost))
        number = np.full(lost.shape, count, np.int64)
        number[lost] = np.arange(count)
        near = dilated(lost, 1)
        place = np.cumsum(near).reshape(lost.shape) - 1

        def around(pixels: Region) -> tuple[tuple[Indices, Indices], ...]:
            """The rows and columns of the neighbours of these pixels; at the border themselves."""
            rows, columns = np.nonzero(pixels)
            return tuple(
                (np.clip(rows + down, 0, height - 1), np.clip(columns + right, 0, width - 1))
                for down, right in AROUND
            )

        rows, columns = np.nonzero(near)
        neighbours = around(near)
        return cls(
            places=(rows, columns),
            neighbours=neighbours,
            numbers=(number[near], *(number[at] for at in neighbours)),
            beside=tuple(place[at] for at in around(lost)),
            within=place[lost],
            count=count,
        )

    def laplacian_of(self, pixels: Array) -> Array:
        """The Laplacian of the pixels [C, H, W] at each place: [places, C]."""
        total = sum(pixels[:, at[0], at[1]] for at in self.neighbours)
        result: Array = (total - len(AROUND) * pixels[:, self.places[0], self.places[1]]).T
        return result

    def laplacian(self, change: Array) -> Array:
        """The Laplacian at each place of a change [count, C] of the lost pixels alone."""
        known = np.zeros((1, change.shape[1]), np.float32)
        change = np.concatenate([change, known])
        centre, *around = self.numbers
        total = sum(change.take(number, 0, mode="clip") for number in around)
        result: Array = total - len(AROUND) * change.take(centre, 0, mode="clip")
        return result

    def stress(self, bent: Array) -> Array:
        """How the Laplacian at each place [places, C] pulls at each lost pixel: [count, C].

        It is half the gradient of what is to be least. The Laplacian is its own transpose.
        """
        total = sum(bent.take(place, 0, mode="clip") for place in self.beside)
        result: Array = total - (len(AROUND) + TENSION) * bent.take(self.within, 0, mode="clip")
        return result


def _solved(gap: Gap, wanted: Array) -> Array:
    """The change [count, C] with the least stress, where its Laplacian should be [places, C]."""
    change = np.zeros((gap.count, wanted.shape[1]), np.float32)
    rest = gap.stress(wanted)
    way = rest.copy()
    energy = _energy(rest)
    enough = CLOSE**2 * energy
    for _ in range(STEPS):
        if (energy <= enough).all():
            break
        bent = gap.stress(gap.laplacian(way))
        step = energy / np.maximum((way * bent).sum(0), 1e-30)
        change += step * way
        rest -= step * bent
        now = _energy(rest)
        way = np.asarray(rest + now / np.maximum(energy, 1e-30) * way, np.float32)
        energy = now
    return change


def _energy(values: Array) -> Array:
    result: Array = np.square(values).sum(0)
    return result


def pull_and_push(pixels: Array, lost: Region) -> Array:
    """The pixels [C, H, W] with each lost one the mean of known ones near it, the nearest first.

    The picture is halved, known pixels alone, until all is known, and enlarged again.
    """
    known = (~lost).astype(np.float32)
    if known.all():
        return pixels
    weight = _halved(known[None])
    small = np.asarray(_halved(pixels * known) / np.maximum(weight, 1e-6), np.float32)
    coarse = pull_and_push(small, weight[0] == 0) if (weight == 0).any() else small
    height, width = lost.shape
    large = resize(coarse, 2 * coarse.shape[1], 2 * coarse.shape[2], "bilinear")
    result: Array = np.where(lost, large[:, :height, :width], pixels)
    return result


def _halved(planes: Array) -> Array:
    """Sums over squares of two pixels a side, with zeros beyond the border. [C, H, W]"""
    _, height, width = planes.shape
    even = np.pad(planes, ((0, 0), (0, height % 2), (0, width % 2)))
    return even[:, ::2, ::2] + even[:, 1::2, ::2] + even[:, ::2, 1::2] + even[:, 1::2, 1::2]
