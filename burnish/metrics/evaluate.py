"""Something that restores, clean pictures, degradations and metrics -> a table.

The damage is a pure function of (seed, picture's place, settings), so no order matters.
"""

from __future__ import annotations

import csv
import io
import math
import operator
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..contract import Array, Contract, Dial
from ..degrade import Degradation
from ..degrade.noise import clip_and_round
from ..errors import UsageError
from ..ground.channels import from_channels, to_channels
from ..ground.remarks import OnProgress
from ..ground.resize import resize
from ..images import Picture
from ..pipeline import Asked, Restores, ask
from . import DEFAULT, METRICS, Metric, TooSmall
from .artefacts import Artefact

Settings = Mapping[str, float]
USUAL = tuple(METRICS[name] for name in DEFAULT)


@dataclass(frozen=True)
class TableRow:
    """One picture at one setting of the dials."""

    #: of its file
    name: str
    #: what it was spoiled with, or its pair says
    settings: Settings
    #: of what was measured
    channels: int
    #: of the result
    megapixels: float
    #: by metric; NaN where the picture is too small for it
    figures: Mapping[str, float]
    #: of the network alone, padding included
    seconds: float
    #: by metric, why its figure is left out, in a sentence
    left_out: Mapping[str, str] = field(default_factory=dict)
    #: of a chain: the figures of the picture as it came, and behind each of its models by name
    steps: tuple[tuple[str, Mapping[str, float]], ...] = ()


@dataclass(frozen=True)
class FigureTable:
    """What `evaluate` found, and how it was measured."""

    #: one for each picture and setting
    rows: tuple[TableRow, ...]
    #: what was measured
    metrics: tuple[Metric, ...]
    #: whether spoiled pictures were clipped and rounded; None where they came from files
    clip: bool | None
    #: of the damage
    seed: int
    #: pixels that were left out at every border
    crop: int

    @property
    def settings(self) -> list[Settings]:
        """The settings, in the order in which they were given."""
        return [
            dict(pairs) for pairs in dict.fromkeys(tuple(row.settings.items()) for row in self.rows)
        ]

    def mean(self, metric: str, settings: Settings) -> float:
        """The mean over the pictures of a metric, or of "seconds" or "megapixels", at one
        setting.
        """
        values = [
            _value(row, metric)
            for row in self.rows
            if row.settings == settings and metric not in row.left_out
        ]
        return math.fsum(values) / len(values) if values else math.nan

    def steps(self, metric: str, settings: Settings) -> list[tuple[str, float]]:
        """Of a chain, the mean of a metric at one setting of the pictures as they came, and behind
        each of its models, by their names; nothing where there is no chain.
        """
        rows = [row for row in self.rows if row.settings == settings and metric not in row.left_out]
        names = [name for name, _ in rows[0].steps] if rows else []
        each = [[figures[metric] for _, figures in row.steps] for row in rows]
        means = [math.fsum(values) / len(values) for values in zip(*each, strict=True)]
        return list(zip(names, means, strict=True))

    @property
    def stepped(self) -> list[Metric]:
        """Of a chain, what is measured behind each of its models: all but artefacts."""
        if not any(row.steps for row in self.rows):
            return []
        return [metric for metric in self.metrics if not isinstance(metric, Artefact)]

    def definitions(self, *, of_means: bool = True) -> dict[str, str]:
        """Each metric's stamp, such as `PSNR[RGB, 8-bit, crop 0, mean of 68]`."""
        kinds = {row.channels for row in self.rows}
        kind = kinds.pop() if len(kinds) == 1 else None
        return {
            metric.name: metric.stamp(kind, self.crop, self._pictures(metric) if of_means else None)
            for metric in self.metrics
        }

    def _pictures(self, metric: Metric) -> int | None:
        """How many a mean is of; None where settings have different ones."""
        measured = [row for row in self.rows if metric.name not in row.left_out]
        counts = Counter(tuple(row.settings.items()) for row in measured).values()
        return max(counts) if len(set(counts)) == 1 else None

    def left_out(self) -> list[str]:
        """The figures that some pictures lack, in sentences that name them."""
        return list(
            dict.fromkeys(
                f"{row.name}: {reason}; its figure is left out"
                for row in self.rows
                for reason in row.left_out.values()
            )
        )

    def to_text(self) -> str:
        """The means, a column for each setting; what they mean stands beside them."""
        columns = self.settings
        lines = [
            [dial, *(f"{s[dial]:g}" for s in columns)] for dial in (columns[0] if columns else ())
        ]
        definitions = self.definitions()
        lines += [
            [definitions[m.name], *(_printed(self.mean(m.name, s), m.digits) for s in columns)]
            for m in self.metrics
        ]
        lines.append(
            [
                "seconds a megapixel",
                *(f"{self.mean('seconds', s) / self.mean('megapixels', s):.3f}" for s in columns),
            ]
        )
        label, width = (
            max(len(line[0]) for line in lines),
            max(len(text) for line in lines for text in line[1:]),
        )
        return "\n".join(
            [
                *(
                    "  ".join([line[0].ljust(label), *(text.rjust(width) for text in line[1:])])
                    for line in lines
                ),
                self.conditions(),
                *self.left_out(),
            ]
        )

    def conditions(self) -> str:
        """How the pictures were spoiled, in words."""
        if self.clip is None:
            return "spoiled pictures as they are in their files"
        return (
            "spoiled pictures "
            f"{'clipped and rounded to 8 bits' if self.clip else 'as float, not clipped'}; "
            f"seed {self.seed}"
        )

    def lines(self) -> list[list[str]]:
        """A line for each picture and setting, under a header with the definitions."""
        dials, kind = (
            list(self.rows[0].settings) if self.rows else [],
            {None: "file", True: "8-bit", False: "float"}[self.clip],
        )
        found = [
            ["picture", *dials, "input", *self.definitions(of_means=False).values(), "seconds"]
        ]
        return found + [
            [
                row.name,
                *map(str, row.settings.values()),
                kind,
                *("" if name in row.left_out else str(row.figures[name]) for name in row.figures),
                f"{row.seconds:.4f}",
            ]
            for row in self.rows
        ]

    def to_csv(self) -> str:
        """The lines as text."""
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(self.lines())
        return text.getvalue()

    def _steps(self, settings: Settings) -> dict[str, Any]:
        """Of a chain, the figures as they came and behind each of its models, for --json."""
        each = {metric.name: self.steps(metric.name, settings) for metric in self.stepped}
        records = {
            name: [{"step": step, "mean": _finite(mean)} for step, mean in steps]
            for name, steps in each.items()
        }
        return {"steps": records} if records else {}

    def to_dict(self) -> dict[str, Any]:
        """For --json; a figure that is left out, or not finite (equal pictures have an infinite
        PSNR), is None.
        """
        names = [metric.name for metric in self.metrics]
        return {
            "definitions": self.definitions(),
            "conditions": {"clip": self.clip, "seed": self.seed},
            "left_out": self.left_out(),
            "means": [
                {
                    "settings": dict(s),
                    **{name: _finite(self.mean(name, s)) for name in [*names, "seconds"]},
                    **self._steps(s),
                }
                for s in self.settings
            ],
            "rows": [
                {
                    "picture": row.name,
                    "settings": dict(row.settings),
                    **{name: _finite(row.figures[name]) for name in names},
                    "seconds": row.seconds,
                }
                for row in self.rows
            ],
        }


def evaluate(
    model: Restores,
    pictures: Iterable[tuple[str, Picture]],
    settings: Sequence[Settings],
    degradations: Sequence[Degradation],
    metrics: Sequence[Metric] = USUAL,
    *,
    clip: bool = False,
    seed: int = 0,
    crop: int = 0,
    progress: OnProgress | None = None,
) -> FigureTable:
    """Spoils every picture at every setting, restores it with the dials at that setting, and
    compares it with the clean one.

    pictures: (name, clean, of pixels [1, C, H, W] in 0..1), looked at one at a time; a grey one
    goes through a colour model and comes back grey. settings: such as [{"noise": 15}, {"noise":
    25}], the level of each degradation; the model's dials of these names are set to it, the others
    are settled as the model does where nobody sets them, and what it has no dial for is hidden from
    it. clip: the spoiled pictures are clipped and rounded to 8 bits, as files are. crop: pixels
    that the metrics leave out at every border. progress: is told how many of all pictures times
    settings are done. UsageError, DialError.
    """
    settings = [dict(pairs) for pairs in dict.fromkeys(tuple(s.items()) for s in settings)]
    _check(settings, degradations)
    asked = [ask(model.contract, told(model.contract, setting)) for setting in settings]
    total = operator.length_hint(pictures) * len(settings)
    rows: list[TableRow] = []
    for place, (name, clean) in enumerate(pictures):
        for setting, wish in zip(settings, asked, strict=True):
            spoiled = spoiled_picture(clean, setting, degradations, seed, place, clip)
            rows.append(_row(model, name, spoiled, clean, setting, wish, metrics, crop))
            if progress is not None:
                progress(len(rows), total)
    if not rows:
        raise UsageError("there are no pictures, or no settings, to evaluate on")
    return FigureTable(tuple(rows), tuple(metrics), clip, seed, crop)


def evaluate_pairs(
    model: Restores,
    pairs: Iterable[tuple[str, Picture, Picture, Settings]],
    metrics: Sequence[Metric] = USUAL,
    *,
    crop: int = 0,
) -> FigureTable:
    """Restores the spoiled side of every pair with the dials at the pair's setting, and compares it
    with the clean one.

    pairs: (name, spoiled [1, C, H, W], clean [1, C, scale H, scale W], setting of the dials),
    looked at one at a time; a dial that is not set is settled as the model does: by what the file
    says, or what its pixels show. UsageError, DialError.
    """
    rows = [
        _row(model, name, spoiled, clean, s, ask(model.contract, s), metrics, crop)
        for name, spoiled, clean, s in pairs
    ]
    if not rows:
        raise UsageError("there are no pairs to evaluate on")
    return FigureTable(tuple(rows), tuple(metrics), None, 0, crop)


def _row(
    model: Restores,
    name: str,
    spoiled: Picture,
    clean: Picture,
    setting: Settings,
    asked: Asked,
    metrics: Sequence[Metric],
    crop: int,
) -> TableRow:
    """One picture restored and measured, against what the network can give of the clean one: its
    channels, and its size where the network enlarges.
    """
    contract = model.contract
    check_sizes(name, contract.scale, spoiled.pixels, clean.pixels)
    restored = model.restore(spoiled, asked)
    channels = min(clean.channels, contract.channels_out)
    pixels = from_channels(restored.picture.pixels, channels)
    target = to_channels(clean.pixels, channels)[..., : pixels.shape[-2], : pixels.shape[-1]]
    figures, left_out = _measured(pixels, target, metrics, crop)
    megapixels = target[0, 0].size / 1e6
    steps = [("as it came", spoiled), *restored.steps] if restored.steps else []
    usual = [metric for metric in metrics if not isinstance(metric, Artefact)]
    behind = tuple(
        (step, _measured(_fitting(picture.pixels, target), target, usual, crop)[0])
        for step, picture in steps
    )
    return TableRow(
        name, dict(setting), channels, megapixels, figures, restored.seconds, left_out, behind
    )


def _measured(
    pixels: Array, target: Array, metrics: Sequence[Metric], crop: int
) -> tuple[dict[str, float], dict[str, str]]:
    """The figures by metric, NaN where the picture is too small for one, and why that is so."""
    figures: dict[str, float] = {}
    left_out: dict[str, str] = {}
    for metric in metrics:
        try:
            figures[metric.name] = metric.function(pixels, target, crop)
        except TooSmall as error:  # of this picture: the others do
            figures[metric.name] = math.nan
            left_out[metric.name] = str(error)
    return figures, left_out


def _fitting(pixels: Array, target: Array) -> Array:
    """The pixels with the channels of the target, enlarged to its size by the bicubic kernel."""
    colours = to_channels(pixels, 1) if target.shape[1] == 1 else pixels
    fitting = to_channels(colours, target.shape[1])
    height, width = target.shape[-2:]
    return fitting if fitting.shape == target.shape else resize(fitting, height, width)


def check_sizes(name: str, scale: int, spoiled: Array, clean: Array) -> None:
    """UsageError unless the clean picture is `scale` times as large as the spoiled one, but for
    what a division by it leaves over.
    """
    (height, width), (high, wide) = spoiled.shape[-2:], clean.shape[-2:]
    if not (0 <= high - scale * height < scale and 0 <= wide - scale * width < scale):
        does = f"enlarges {scale} times" if scale > 1 else "keeps the size"
        raise UsageError(
            f"{name}: {width}x{height} spoiled beside {wide}x{high} clean does not fit a model "
            f"that {does}"
        )


def told(contract: Contract, setting: Settings) -> dict[str, float]:
    """What of a setting the network has dials for."""
    names = {dial.name for dial in contract.dials}
    return {name: value for name, value in setting.items() if name in names}


def in_words(setting: Settings) -> str:
    """`noise 25 quality 40`; "all" where there are no dials."""
    return " ".join(f"{name} {value:g}" for name, value in setting.items()) or "all"


def wish(dial: Dial) -> Degradation:
    """A dial that is set to levels as those of damage are, but spoils nothing."""
    return Degradation(dial, _unspoiled)


def _unspoiled(clean: Array, level: Array, rng: np.random.Generator) -> Array:
    return clean


def _spoiling(setting: Settings, degradations: Sequence[Degradation]) -> Settings:
    """Of a setting, the levels of damage: what is drawn does not depend on a wish."""
    return {
        one.dial.name: setting[one.dial.name] for one in degradations if one.spoil is not _unspoiled
    }


def generator(seed: int, place: int, settings: Settings) -> np.random.Generator:
    """The randomness of one picture (by its place) at one setting, the same on every machine and in
    any order.
    """
    bits = [int(np.float64(value).view(np.uint64)) for _, value in sorted(settings.items())]
    return np.random.default_rng([seed, place, *bits])


def spoil(
    clean: Array,
    settings: Settings,
    degradations: Sequence[Degradation],
    rng: np.random.Generator,
    clip: bool,
) -> Array:
    """The clean picture [1, C, H, W] after each degradation at its level, in order; clip: as an
    8-bit file would hold the result.
    """
    spoiled = clean
    for degradation in degradations:
        spoiled = degradation.spoil(
            spoiled, np.full((1, 1, 1, 1), settings[degradation.dial.name], np.float32), rng
        )
    return clip_and_round(spoiled) if clip else spoiled


def spoiled_picture(
    clean: Picture,
    settings: Settings,
    degradations: Sequence[Degradation],
    seed: int,
    place: int,
    clip: bool,
) -> Picture:
    """The same as a Picture, by what is drawn for the picture at its place: of what the clean one's
    file says, that stays which the damage leaves true.
    """
    rng = generator(seed, place, _spoiling(settings, degradations))
    pixels = spoil(clean.pixels, settings, degradations, rng, clip)
    resized = pixels.shape != clean.pixels.shape
    told_anew = resized or not clean.known().keys().isdisjoint(settings)
    return Picture(pixels, quality=None if told_anew else clean.quality)


def _check(settings: Sequence[Settings], degradations: Sequence[Degradation]) -> None:
    names = sorted(degradation.dial.name for degradation in degradations)
    for setting in settings:
        if sorted(setting) != names:
            raise UsageError(
                f"the levels name {', '.join(sorted(setting)) or 'nothing'}; to spoil a "
                f"picture, each of these wants one: {', '.join(names) or 'nothing'}"
            )


def _value(row: TableRow, name: str) -> float:
    return (
        {"seconds": row.seconds, "megapixels": row.megapixels}[name]
        if name not in row.figures
        else row.figures[name]
    )


def _printed(value: float, digits: int) -> str:
    """A figure for a table; a dash where there is none."""
    return "-" if math.isnan(value) else f"{value:.{digits}f}"


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
