"""Settings that a few examples ask for: what `burnish tune` does.

The best setting of a few pairs is known to some width only: a curve has a flat top, and other
pictures would have theirs elsewhere. So a setting is never given without the interval that it comes
from.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...contract import Array, Contract, Dial, mix
from ...errors import UsageError
from ...ground.channels import from_channels, to_channels
from ...ground.files import prepare_folder
from ...ground.remarks import Say, silent
from ...ground.tables import no_such
from ...images import Picture, read
from ...inference.model import Model
from ...inference.targets import pictures_in
from ...metrics import METRICS, TooSmall, facts
from ...metrics.evaluate import check_sizes
from ...pipeline import FOUND, Asked, enlarged
from ..contact import corner
from ..measures import measures
from ..rows import Row
from .smooth import top
from .strip import strip, turned_dial

#: what can be tuned besides a model's dials
STRENGTH = Dial("strength", 0.0, 1.0, 1.0, "share of the correction")
#: settings along the whole range, and then between the neighbours of the best one
COARSE, FINE = 11, 5
#: fewer pairs than this say little of other pictures: their interval is all that any of them asks
#: for
FEW = 5
#: the interval holds this share of what resampled pairs ask for; so many samples
SHARE, SAMPLES = 0.9, 1000
#: pictures that are shown where there are no clean ones
SHOWN = 6
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Tuned:
    """What one dial is best set to, and how sure that is."""

    #: what was tuned
    dial: Dial
    #: the setting at the top of the mean curve
    best: float
    #: where the best setting lies, from the spread between the pairs and the flatness of their
    #: curves: from here
    low: float
    #: to here
    high: float
    #: the settings that were tried
    settings: tuple[float, ...]
    #: the metric's mean over the pairs at each
    curve: tuple[float, ...]
    #: the metric where the dial stands when nobody turns it
    default: float
    #: how many it comes from
    pairs: int
    #: the name of the metric
    metric: str

    def sentence(self) -> str:
        """Never a bare number: the interval, and how many pairs it comes from."""
        digits = facts(self.metric)[0]
        value = top(self.settings, _upward(self.metric, np.array(self.curve)))[1]
        found = value if facts(self.metric)[1] else -value
        basis = (
            f"{SHARE:.0%} of resampled pairs"
            if self.pairs >= FEW
            else "all that one of them asks for"
        )
        return (
            f"{self.dial.name} {self.low:.3g} to {self.high:.3g}, best at {self.best:.3g} "
            f"({self.pairs} {'pair' if self.pairs == 1 else 'pairs'}, {basis}); "
            f"{self.metric} {found:.{digits}f} there, {self.default:.{digits}f} at "
            f"{self.dial.default:g}"
        )


def tune(
    row: Row,
    pairs: Iterable[tuple[str, Picture, Picture, Mapping[str, float]]],
    names: Sequence[str] = (),
    *,
    metric: str = "psnr",
    side: int | None = 256,
    seed: int = 0,
    say: Say = silent,
) -> list[Tuned]:
    """The setting of each dial that makes the restored pictures closest to the clean ones, with its
    interval.

    pairs: (name, spoiled [1, C, H, W], clean [1, C, scale H, scale W], nothing). names: of the
    dials, and "strength"; without them all of the model's dials. With several, each is tuned while
    the others stand at their best, twice around; a dial that is not tuned is settled on each whole
    picture as `burnish restore` does. side: of the piece of each picture that is looked at, where
    it has most detail; None for all of it. UsageError, DialError.
    """
    if metric not in METRICS:
        raise UsageError(f"--metric: {no_such('metric', metric, METRICS)}")
    knobs = _knobs(row.contract, names)
    tuned = {knob.name for knob in knobs}
    held = [_piece(row, name, spoiled, clean, side, tuned) for name, spoiled, clean, _ in pairs]
    if not held:
        raise UsageError("there are no pairs to tune on")
    judge = _Judge(row, held, metric)
    best = {knob.name: knob.default for knob in knobs}
    found: dict[str, Tuned] = {}
    for knob in knobs * (2 if len(knobs) > 1 else 1):
        say(f"{knob.name}, on {len(held)} pictures")
        found[knob.name] = _tuned(knob, _curves(knob, best, judge), metric, seed)
        best[knob.name] = found[knob.name].best
    return [found[knob.name] for knob in knobs]


def _knobs(contract: Contract, names: Sequence[str]) -> list[Dial]:
    """What is tuned: the dials of these names, and the strength; without names all dials."""
    if names:
        return [STRENGTH if name == STRENGTH.name else contract.dial(name) for name in names]
    if not contract.dials:
        raise UsageError("this model has no dials; its strength can be tuned, with -d strength")
    return list(contract.dials)


class _Judge:
    """What the metric says of every pair at a setting.

    It keeps what was restored last, since strength asks for the same again.
    """

    def __init__(self, row: Row, held: Sequence[_Held], metric: str) -> None:
        self.metric = metric
        self._row = row
        self._held = held
        self._function = measures([metric])[0].function
        self._kept: dict[int, tuple[Mapping[str, float], Array]] = {}

    def __call__(self, at: Mapping[str, float]) -> list[float]:
        """at: by the names of the dials, and "strength". UsageError names a pair that is too small
        for the metric.
        """
        dials = {name: setting for name, setting in at.items() if name != STRENGTH.name}
        share = at.get(STRENGTH.name, STRENGTH.default)
        return [self._value(place, dials, share) for place in range(len(self._held))]

    def _value(self, place: int, dials: Mapping[str, float], share: float) -> float:
        one = self._held[place]
        contract = self._row.contract
        if place not in self._kept or self._kept[place][0] != dials:
            asked = Asked({**one.found, **dials})
            self._kept[place] = dials, self._row.restore(one.spoiled, asked).picture.pixels
        channels = min(one.clean.shape[1], contract.channels_out)
        restored = from_channels(self._kept[place][1], channels)
        before = to_channels(enlarged(one.spoiled.pixels, contract.scale), channels)
        try:
            mixed = mix(before, restored.copy(), share)
            return self._function(mixed, to_channels(one.clean, channels), 0)
        except TooSmall as error:
            raise UsageError(f"{one.name}: {error}") from error


def _curves(knob: Dial, best: Mapping[str, float], judge: _Judge) -> dict[float, list[float]]:
    """What every pair gives along a dial, the others at their best: along the whole range, then
    between the neighbours of the highest mean.
    """
    coarse = [*map(float, np.linspace(knob.low, knob.high, COARSE)), knob.default]
    curves = {setting: judge({**best, knob.name: setting}) for setting in dict.fromkeys(coarse)}
    stops = sorted(curves)
    means = [_upward(judge.metric, np.array(curves[stop])).mean() for stop in stops]
    at = int(np.argmax(means))
    around = stops[max(at - 1, 0)], stops[min(at + 1, len(stops) - 1)]
    for setting in map(float, np.linspace(*around, FINE + 2)):
        if setting not in curves:
            curves[setting] = judge({**best, knob.name: setting})
    return curves


def _tuned(knob: Dial, curves: Mapping[float, Sequence[float]], metric: str, seed: int) -> Tuned:
    settings = tuple(sorted(curves))
    upward = _upward(
        metric, np.array([curves[setting] for setting in settings]).T
    )  # [pairs, settings]
    count, rng = len(upward), np.random.default_rng(seed)
    best, height = top(settings, upward.mean(0))
    few = count < FEW
    curves_asked = (
        upward if few else (upward[rng.integers(count, size=count)].mean(0) for _ in range(SAMPLES))
    )
    asked = [top(settings, curve)[0] for curve in curves_asked]
    outside = 0.0 if few else (1 - SHARE) / 2
    flat = _flat(settings, upward.mean(0), height, facts(metric)[0])
    low, high = (float(np.quantile(asked, q)) for q in (outside, 1 - outside))
    default = float(np.mean(curves[knob.default]))
    return Tuned(
        knob,
        best,
        min(low, flat[0]),
        max(high, flat[1]),
        settings,
        tuple(float(np.mean(curves[s])) for s in settings),
        default,
        count,
        metric,
    )


def _flat(
    settings: Sequence[float], curve: Values, height: float, digits: int
) -> tuple[float, float]:
    """The settings around the top, of straight lines between those measured, that are as good to
    five of a metric's last digits: 0.05 dB.
    """
    fine = np.linspace(settings[0], settings[-1], 2001)
    good = fine[np.interp(fine, settings, curve) >= height - 5 * 10.0**-digits]
    return (
        (float(good.min()), float(good.max()))
        if len(good)
        else (settings[int(np.argmax(curve))],) * 2
    )


def _upward(metric: str, values: Values) -> Values:
    """Values of which higher is better; equal pictures, of which PSNR is infinite, count as very
    good ones.
    """
    signed = values if facts(metric)[1] else -values
    return np.asarray(np.clip(signed, -1e3, 1e3), np.float64)


@dataclass(frozen=True, eq=False)
class _Held:
    """The same piece of both sides of a pair."""

    #: of the pair
    name: str
    #: the piece to restore
    spoiled: Picture
    #: the same place of the clean picture. [1, C, scale h, scale w]
    clean: Array
    #: the settings of the dials that are not tuned, as the whole picture has them
    found: Mapping[str, float | Array]


def _piece(
    row: Row,
    name: str,
    spoiled: Picture,
    clean: Picture,
    side: int | None,
    tuned: Collection[str],
) -> _Held:
    """side None: all that both have."""
    scale = row.contract.scale
    check_sizes(name, scale, spoiled.pixels, clean.pixels)
    found: dict[str, float | Array] = {}
    if any(dial.name not in tuned for dial in row.contract.dials):
        settled = row.settle(spoiled).dials
        found = {name: value for name, value in settled.items() if name not in tuned}
    height, width = spoiled.size
    left, top_, wide, tall = 0, 0, width, height
    if side is not None:
        left, top_, wide = corner(spoiled.pixels, side)
        tall = wide
    inner = np.s_[..., top_ : top_ + tall, left : left + wide]
    outer = np.s_[..., scale * top_ : scale * (top_ + tall), scale * left : scale * (left + wide)]
    alpha = spoiled.alpha
    piece = replace(
        spoiled,
        planes=np.ascontiguousarray(spoiled.planes[inner]),
        alpha=None if alpha is None else np.ascontiguousarray(alpha[inner]),
        extras=(),
    )
    return _Held(name, piece, np.ascontiguousarray(clean.planes[outer]), found)


def next_step(model: str, found: Sequence[Tuned]) -> str:
    """The command to go on with: to restore, or, where the pairs were few, to look at the ends of
    the interval first.
    """
    if found[0].pairs < FEW and (dials := [one for one in found if one.dial.name != STRENGTH.name]):
        one = max(
            dials, key=lambda tuned: (tuned.high - tuned.low) / (tuned.dial.high - tuned.dial.low)
        )
        return (
            f"few pairs, so look first: burnish dial {model} PICTURE -o strip.png -d "
            f"{one.dial.name}={one.low:.3g},{one.best:.3g},{one.high:.3g}"
        )
    words = [
        f"--strength {one.best:.2g}"
        if one.dial.name == STRENGTH.name
        else f"-d {one.dial.name}={one.best:.3g}"
        for one in found
    ]
    return f"burnish restore PICTURE -m {model} {' '.join(words)}"


def choose(
    model: Model,
    folder: Path,
    output: Path,
    *,
    dial: str | None = None,
    say: Say = silent,
) -> list[Path]:
    """Where there are no clean sides: a strip for each of the folder's first pictures, to choose
    from with one's own eyes.

    UsageError, DialError.
    """
    files = pictures_in(folder)[:SHOWN] if folder.is_dir() else [folder]
    if not files:
        raise UsageError(
            f"{folder}: neither pairs (a folder of noisy pictures beside one of clean ones) nor "
            "pictures"
        )
    turned = turned_dial(model, dial).name
    strips = []
    estimated = []
    prepare_folder(output / "strip.png")
    for file in files:
        say(file.name)
        strips.append(strip(model, file, output / f"{file.name}_{turned}.png", dial=turned))
        settled = model.settle(read(file))
        if settled.origins[turned] in FOUND:
            estimated.append(float(np.max(settled.dials[turned])))
    if estimated:
        say(
            f"auto says {turned} {min(estimated):.3g} to {max(estimated):.3g} on "
            f"{len(estimated)} of them"
        )
    return strips
