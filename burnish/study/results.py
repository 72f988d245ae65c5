"""What became of several models that were measured alike: one record for each, as JSON, and what is
common to those of one name.
"""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..errors import DataError
from ..ground.files import atomic_write
from ..metrics import facts
from ..metrics.artefacts import ARTEFACTS, complaints
from ..metrics.evaluate import Table, in_words

FORMAT = 1
#: how the pictures were spoiled, and the setting of the dials, in words
Column = tuple[str, str]


@dataclass(frozen=True)
class Entry:
    """One model, trained with one seed (or not trained at all: seed None).

    figures: by kind of input, setting and metric or artefact, the mean over the pictures; pictures:
    the same for each picture; cost: parameters, multiply_adds (a pixel), megabytes, seconds (a
    megapixel), steps, hours; curve: (step, the deciding metric's mean) at every validation. failed,
    left_out: why there are none of these.
    """

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    seed: int | None = None
    figures: Mapping[str, Mapping[str, Mapping[str, float]]] = field(default_factory=dict)
    pictures: Mapping[str, Mapping[str, Mapping[str, Mapping[str, float]]]] = field(
        default_factory=dict
    )
    stamps: Mapping[str, str] = field(default_factory=dict)
    cost: Mapping[str, float] = field(default_factory=dict)
    curve: Sequence[Sequence[float]] = ()
    failed: str | None = None
    left_out: str | None = None

    @property
    def measured(self) -> bool:
        return self.failed is None and self.left_out is None

    @property
    def columns(self) -> list[Column]:
        return [(kind, setting) for kind, settings in self.figures.items() for setting in settings]

    def figure(self, column: Column, metric: str) -> float:
        """NaN where it was not measured."""
        return self.figures.get(column[0], {}).get(column[1], {}).get(metric, math.nan)

    def mean(self, metric: str) -> float:
        """Over all columns."""
        values = [self.figure(column, metric) for column in self.columns]
        return statistics.fmean(values) if values else math.nan

    def complaints(self) -> list[str]:
        """The artefacts that it shows, in sentences, at the worst of its settings."""
        found = [
            complaints(
                {
                    name: self.figure(column, name)
                    for name in ARTEFACTS
                    if not math.isnan(self.figure(column, name))
                }
            )
            for column in self.columns
        ]
        return max(found, key=len, default=[])


@dataclass(frozen=True)
class Results:
    """All of them. metrics: the first decides; machine: the processor's name."""

    title: str
    metrics: Sequence[str]
    entries: Sequence[Entry]
    machine: str = ""

    @property
    def names(self) -> list[str]:
        return list(dict.fromkeys(entry.name for entry in self.entries))

    @property
    def columns(self) -> list[Column]:
        return list(dict.fromkeys(column for entry in self.entries for column in entry.columns))

    @property
    def stamps(self) -> dict[str, str]:
        return {name: stamp for entry in self.entries for name, stamp in entry.stamps.items()}

    def definitions(self, metrics: Iterable[str]) -> list[str]:
        """What these metrics are, in words: once, or for each model where they are not measured
        alike (grey of one, colour of another).
        """
        lines: list[str] = []
        for metric in dict.fromkeys(metrics):
            stamps = {
                entry.name: entry.stamps[metric] for entry in self.entries if metric in entry.stamps
            }
            lines += (
                dict.fromkeys(stamps.values())
                if self.comparable(metric)
                else (f"{name}: {stamp}" for name, stamp in stamps.items())
            )
        return lines

    def comparable(self, metric: str) -> bool:
        """Whether all are measured alike by it."""
        return len({entry.stamps[metric] for entry in self.entries if metric in entry.stamps}) < 2

    def of(self, name: str) -> list[Entry]:
        """The entries of one name that were measured."""
        return [entry for entry in self.entries if entry.name == name and entry.measured]

    def write(self, path: Path) -> None:
        """Whole or not at all."""
        record = {"format": FORMAT, **asdict(self)}
        atomic_write(
            path,
            (json.dumps(_plain(record), indent=1, ensure_ascii=False) + "\n").encode(
                errors="backslashreplace"
            ),
        )

    @classmethod
    def read(cls, path: Path) -> Results:
        """DataError where the file is none of ours."""
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            if record.pop("format") != FORMAT:
                raise ValueError("of another version")
            return cls(**{**record, "entries": [entry_of(entry) for entry in record["entries"]]})
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise DataError(f"{path}: no results that can be read ({error})") from error


def entry_of(record: Mapping[str, Any]) -> Entry:
    """The inverse of `to_record`."""
    return Entry(
        **{
            **record,
            **{name: _with_nan(record[name]) for name in ("figures", "pictures", "cost", "curve")},
        }
    )


def to_record(entry: Entry) -> dict[str, Any]:
    """As JSON holds it: a figure that is not finite is a text."""
    result: dict[str, Any] = _plain(asdict(entry))
    return result


def figures_of(tables: Mapping[str, Table]) -> dict[str, Any]:
    """The tables as an Entry's figures, pictures, stamps and seconds a megapixel."""
    figures: dict[str, Any] = {}
    pictures: dict[str, Any] = {}
    stamps: dict[str, str] = {}
    seconds, megapixels = 0.0, 0.0
    for kind, table in tables.items():
        stamps.update(table.definitions())
        for setting in table.settings:
            words = in_words(setting)
            rows = [row for row in table.rows if row.settings == setting]
            figures.setdefault(kind, {})[words] = {
                metric.name: _rounded(table.mean(metric.name, setting)) for metric in table.metrics
            }
            for row in rows:
                pictures.setdefault(kind, {}).setdefault(words, {})[row.name] = {
                    name: _rounded(value) for name, value in row.figures.items()
                }
        seconds += math.fsum(row.seconds for row in table.rows)
        megapixels += math.fsum(row.megapixels for row in table.rows)
    return {
        "figures": figures,
        "pictures": pictures,
        "stamps": stamps,
        "seconds": seconds / megapixels,
    }


def mean_and_spread(values: Iterable[float]) -> tuple[float, float]:
    """The mean, and the standard deviation of the sample, which is NaN for one value."""
    known = [value for value in values if not math.isnan(value)]
    mean = statistics.fmean(known) if known else math.nan
    spread = (
        statistics.stdev(known) if len(known) > 1 and all(map(math.isfinite, known)) else math.nan
    )
    return mean, spread


def better(metric: str, first: float, second: float) -> bool:
    """Whether the first figure is better."""
    return first > second if facts(metric)[1] else first < second


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")


def _plain(value: Any) -> Any:
    """JSON has no NaN and no infinity: they are texts."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value


def _with_nan(value: Any) -> Any:
    if value in ("nan", "inf", "-inf"):
        return float(value)
    if isinstance(value, Mapping):
        return {name: _with_nan(inner) for name, inner in value.items()}
    return [_with_nan(inner) for inner in value] if isinstance(value, list) else value
