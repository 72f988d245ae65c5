"""How a dial behaves along its range: pictures of known damage, restored at many settings.

What `burnish smooth` measures, and what `calibrate` sets right.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...contract import Array, Dial
from ...degrade import Degradation
from ...errors import DialError, UsageError
from ...ground.channels import to_channels
from ...ground.remarks import Say, silent
from ...images import Picture
from ...metrics import psnr
from ...metrics.evaluate import spoiled_picture, told
from ...pipeline import Asked, Restores, ask
from ..rows import Row

#: settings from one end of the range to the other, besides the true levels
SETTINGS = 21
#: side of the windows whose mean colour may not drift
BOX = 31
#: by how much of itself the setting is wrong, in the table of wrong settings
WRONG = (-0.5, -0.25, -0.1, 0.1, 0.25, 0.5)
#: how far beyond the range the network is tried
BEYOND = (1.25, 1.5, 2.0)


@dataclass(frozen=True)
class Track:
    """What one true level of damage gives at every setting, means over the pictures."""

    #: the true level
    level: float
    #: at each setting
    psnr: tuple[float, ...]
    #: at each setting, the RMS of what was taken away, 0..1
    removed: tuple[float, ...]
    #: at each setting, the mean over windows of BOX pixels of how far their mean is off, in 8-bit
    #: steps
    drift: tuple[float, ...]
    #: the mean second difference over the mean step, 0 on a straight line
    bend: float
    #: the largest step over the median one
    jump: float
    #: the share of neighbouring settings of which the one for more damage takes no less away
    removing: float
    #: the share of them of which it leaves no more variation
    smoothing: float

    @property
    def turns(self) -> int:
        """How often PSNR along the settings changes its mind: 1 where there is one best setting."""
        signs = [
            math.copysign(1, after - before)
            for before, after in itertools.pairwise(self.psnr)
            if after != before and abs(after - before) > 1e-3
        ]
        return sum(a != b for a, b in itertools.pairwise(signs))


@dataclass(frozen=True)
class Smoothness:
    """How a dial behaves along its range."""

    #: what restored
    model: str
    #: what was turned
    dial: Dial
    #: what the pictures were spoiled with
    damage: str
    #: where the dial stood
    settings: tuple[float, ...]
    #: one for each true level
    tracks: tuple[Track, ...]
    #: how many were measured
    pictures: int
    #: the largest between a number and a map of it; None where the level is no map
    map_difference: float | None = None
    #: how many times the dial's highest level -> PSNR there, turned so far, and by the rule of
    #: `rescaled`
    beyond: Mapping[float, tuple[float, float]] | None = None

    def best(self, track: Track) -> tuple[float, float]:
        """(setting, PSNR) at the top of the parabola through the best setting and its
        neighbours.
        """
        return top(self.settings, track.psnr)

    def at(self, track: Track, setting: float) -> float:
        """PSNR at a setting, in straight lines between those that were measured."""
        return float(np.interp(setting, self.settings, track.psnr))


def top(
    settings: Sequence[float], curve: Sequence[float] | NDArray[np.float64]
) -> tuple[float, float]:
    """(setting, value) where the curve is highest: at the top of the parabola through the highest
    point and its neighbours, or at an end.
    """
    at = int(np.argmax(curve))
    if at in (0, len(settings) - 1):
        return settings[at], float(curve[at])
    x, y = settings[at - 1 : at + 2], curve[at - 1 : at + 2]
    a, b, c = np.polyfit(x, y, 2)
    if a >= 0:
        return settings[at], float(curve[at])
    peak = float(np.clip(-b / (2 * a), x[0], x[2]))
    return peak, float(a * peak * peak + b * peak + c)


def smooth(
    row: Row,
    pictures: Iterable[tuple[str, Picture]],
    damage: Degradation,
    levels: Sequence[float],
    *,
    turn: str | None = None,
    settings: int = SETTINGS,
    side: int | None = None,
    seed: int = 0,
    say: Say = silent,
) -> Smoothness:
    """Spoils every picture at every level, restores it at every setting of the dial `turn` (without
    it, that of the damage's name), and measures.

    The other dials are settled on every picture as `burnish restore` does. side: of the piece in
    the middle that is taken of each picture. DialError, UsageError.
    """
    contract = row.contract
    names = [one.name for one in contract.dials]
    if turn is None and damage.dial.name not in names:
        raise DialError(
            f"this model has no dial {damage.dial.name!r} to turn; name one of its dials with "
            f"--turn: {', '.join(names) or 'it has none'}"
        )
    dial = contract.dial(turn or damage.dial.name)
    matched = dial.name == damage.dial.name
    grid = {float(value) for value in np.linspace(dial.low, dial.high, settings)} | {
        level for level in levels if matched and dial.low <= level <= dial.high
    }
    stops = tuple(sorted(grid))
    held = [fitting(clean, side, contract.channels_out) for _, clean in pictures]
    if not held or not levels:
        raise UsageError("there are no pictures, or no levels, to measure on")
    falls = (
        matched and damage.neutral is not None and damage.neutral > (dial.low + dial.high) / 2
    )  # less damage at a higher setting, as with a JPEG's quality
    tracks = []
    for level in levels:
        say(f"{damage.dial.name} {level:g}")
        tracks.append(
            _track(
                row,
                dial,
                stops,
                level,
                [(_spoiled(clean, damage, level, seed, i), clean) for i, clean in enumerate(held)],
                falls,
            )
        )
    constant = _map_difference(row, dial, _spoiled(held[0], damage, levels[0], seed, 0))
    beyond = _beyond(row, dial, damage, held, seed) if matched and not falls else None
    return Smoothness(
        row.name, dial, damage.dial.name, stops, tuple(tracks), len(held), constant, beyond
    )


def psnr_at(
    row: Row,
    pictures: Iterable[tuple[str, Picture]],
    damage: Degradation,
    level: float,
    turned: Mapping[str, float] | None = None,
    *,
    side: int | None = None,
    seed: int = 0,
) -> float:
    """PSNR of a model on pictures with that much damage, the same as in `smooth`, at the settings
    `turned`; without them, at the damage's own level where the model has such a dial.
    """
    if turned is None:
        turned = told(row.contract, {damage.dial.name: level})
    asked = ask(row.contract, turned)
    values = []
    for i, (_, clean) in enumerate(pictures):
        piece = fitting(clean, side, row.contract.channels_out)
        noisy = _spoiled(piece, damage, level, seed, i)
        values.append(psnr(row.restore(noisy, asked).picture.pixels, piece.pixels))
    return float(np.mean(values))


def rescaled(
    run: Callable[[Array, Array | None], Array], image: Array, levels: Array, factor: float
) -> Array:
    """f(k image, k levels) / k with k = 1 / factor, f as a Run: a level that is too high for the
    network is brought into its range, and the picture is dimmed.

    Exact for networks without biases whose level scales with the noise (Mohan et al., ICLR 2020).
    """
    return run(image / np.float32(factor), levels / np.float32(factor)) * np.float32(factor)


def _track(
    row: Row,
    dial: Dial,
    stops: Sequence[float],
    level: float,
    spoiled: Sequence[tuple[Picture, Picture]],
    falls: bool,
) -> Track:
    figures, up = np.zeros((3, len(stops))), -1 if falls else 1
    bends, steps, removing, smoothing = [], [], [], []
    for picture, truth in spoiled:
        noisy = picture.pixels
        clean = truth.pixels
        others = row.settle(picture).dials
        before: list[Array] = []
        last = (0.0, math.inf)
        for i, setting in enumerate(stops):
            restored = _at(row, picture, {**others, dial.name: setting})
            away = (
                float(np.sqrt(np.mean(np.square(noisy - restored))))
                if noisy.shape == restored.shape
                else 0.0
            )
            varied = variation(restored)
            figures[:, i] += (psnr(restored, clean), away, _drift(restored, clean))
            if before:
                steps.append(float(np.abs(restored - before[-1]).mean()) / (setting - stops[i - 1]))
                removing.append(up * (away - last[0]) >= -1e-7)
                smoothing.append(up * (varied - last[1]) <= 1e-7)
            if len(before) > 1:
                share = (stops[i - 1] - stops[i - 2]) / (setting - stops[i - 2])
                bends.append(_bend(before[-2], before[-1], restored, share))
            before = [*before[-1:], restored]
            last = away, varied
    means, removed, drift = (tuple(map(float, line)) for line in figures / len(spoiled))
    return Track(
        level,
        means,
        removed,
        drift,
        bend=float(np.mean(bends)),
        jump=max(steps) / max(float(np.median(steps)), 1e-12),
        removing=float(np.mean(removing)),
        smoothing=float(np.mean(smoothing)),
    )


def _bend(first: Array, middle: Array, last: Array, share: float) -> float:
    """The mean second difference of three pictures over their mean step: 0 on a straight line.

    share: where the middle one's setting lies between the others', which need not be even.
    """
    line = first + np.float32(share) * (last - first)
    step = float(np.abs(last - first).mean())
    return 2 * float(np.abs(line - middle).mean()) / max(step, 1e-12)


def _at(row: Restores, picture: Picture, settings: Mapping[str, float | Array]) -> Array:
    """The picture restored with the dials there, which may be beyond a dial's range.

    [1, C, H, W]
    """
    return row.restore(picture, Asked(settings)).picture.pixels


def _spoiled(clean: Picture, damage: Degradation, level: float, seed: int, place: int) -> Picture:
    setting = {damage.dial.name: level}
    return spoiled_picture(clean, setting, [damage], seed, place, False)


def fitting(clean: Picture, side: int | None, channels: int) -> Picture:
    """The piece in the middle, in the channels that the model gives."""
    return Picture(to_channels(middle(clean.pixels, side), channels), quality=clean.quality)


def _map_difference(row: Row, dial: Dial, noisy: Picture) -> float | None:
    """The largest, between the number in the middle of the range and a map of it."""
    if row.contract.level != "pixel":
        return None
    middle = (dial.low + dial.high) / 2
    plane = np.full(noisy.size, middle, np.float32)
    others = row.settle(noisy).dials
    number, map_ = (_at(row, noisy, {**others, dial.name: value}) for value in (middle, plane))
    return float(np.abs(number - map_).max())


def _beyond(
    row: Row, dial: Dial, damage: Degradation, held: Sequence[Picture], seed: int
) -> dict[float, tuple[float, float]] | None:
    """PSNR beyond the range; None where more of the damage is not simply a higher level."""
    if damage.neutral != 0 or dial.low > dial.high / 4:
        return None
    found: dict[float, list[tuple[float, float]]] = {factor: [] for factor in BEYOND}
    for factor, (i, clean) in itertools.product(BEYOND, enumerate(held)):
        noisy = _spoiled(clean, damage, dial.high * factor, seed, i)
        others = row.settle(noisy).dials

        def run(
            image: Array,
            level: Array | None,
            of: Picture = noisy,
            settings: Mapping[str, float | Array] = others,
        ) -> Array:
            assert level is not None  # it is that of the dial
            turned = {**settings, dial.name: float(level.flat[0])}
            return _at(row, of.with_pixels(image), turned)

        level = np.full((1, 1, 1, 1), dial.high * factor, np.float32)
        pair = run(noisy.pixels, level), rescaled(run, noisy.pixels, level, factor)
        found[factor].append((psnr(pair[0], clean.pixels), psnr(pair[1], clean.pixels)))
    return {
        factor: (float(np.mean([a for a, _ in pairs])), float(np.mean([b for _, b in pairs])))
        for factor, pairs in found.items()
    }


def variation(picture: Array) -> float:
    """The mean absolute difference of neighbours, down plus across."""
    return float(np.abs(np.diff(picture, axis=2)).mean() + np.abs(np.diff(picture, axis=3)).mean())


def middle(clean: Array, side: int | None) -> Array:
    """The middle `side` pixels of a picture [1, C, H, W] each way; all of it without a side."""
    height, width = clean.shape[-2:]
    if side is None:
        return clean
    top, left = max(0, (height - side) // 2), max(0, (width - side) // 2)
    return np.ascontiguousarray(clean[..., top : top + side, left : left + side])


def _drift(restored: Array, clean: Array) -> float:
    """Mean over all windows of BOX pixels, or the picture where it is smaller, in 8-bit steps."""
    error = (restored - clean[:, : restored.shape[1]]).astype(np.float64)[0]
    for axis in (1, 2):
        length = min(BOX, error.shape[axis])
        sums = np.cumsum(np.insert(error, 0, 0, axis), axis)
        error = (
            np.take(sums, range(length, sums.shape[axis]), axis)
            - np.take(sums, range(sums.shape[axis] - length), axis)
        ) / length
    return float(np.abs(error).mean() * 255)
