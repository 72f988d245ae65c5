"""What became of several models that were measured alike, and what those of one name have in
common.

It is one record for each model and seed, as JSON.
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
from ..metrics.evaluate import FigureTable, in_words

FORMAT = 1
#: how the pictures were spoiled, and the setting of the dials, in words
Column = tuple[str, str]


@dataclass(frozen=True)
class Entry:
    """One model, trained with one seed."""

    #: of the model, the same for all its seeds
    name: str
    #: what it is on every axis of a sweep
    labels: Mapping[str, str] = field(default_factory=dict)
    #: None where it was not trained
    seed: int | None = None
    #: kind of input -> setting -> metric or artefact -> the mean over the pictures
    figures: Mapping[str, Mapping[str, Mapping[str, float]]] = field(default_factory=dict)
    #: the same for each picture
    pictures: Mapping[str, Mapping[str, Mapping[str, Mapping[str, float]]]] = field(
        default_factory=dict
    )
    #: metric -> its definition
    stamps: Mapping[str, str] = field(default_factory=dict)
    #: parameters, multiply_adds (a pixel), megabytes, seconds (a megapixel), steps, hours
    cost: Mapping[str, float] = field(default_factory=dict)
    #: (step, the deciding metric's mean) at every validation
    curve: Sequence[Sequence[float]] = ()
    #: why there are no figures, where it failed
    failed: str | None = None
    #: why there are no figures, where it was left out
    left_out: str | None = None

    @property
    def measured(self) -> bool:
        """Whether there are figures."""
        return self.failed is None and self.left_out is None

    @property
    def columns(self) -> list[Column]:
        """The kinds of input and settings that it has figures of."""
        return [(kind, setting) for kind, settings in self.figures.items() for setting in settings]

    def figure(self, column: Column, metric: str) -> float:
        """Returns one figure; NaN where it was not measured."""
        return self.figures.get(column[0], {}).get(column[1], {}).get(metric, math.nan)

    def mean(self, metric: str) -> float:
        """Returns the mean over all columns."""
        values = [self.figure(column, metric) for column in self.columns]
        return statistics.fmean(values) if values else math.nan

    def complaints(self) -> list[str]:
        """Returns the artefacts that it shows, in sentences, at the worst of its settings."""
        found = []
        for column in self.columns:
            figures = {name: self.figure(column, name) for name in ARTEFACTS}
            known = {name: figure for name, figure in figures.items() if not math.isnan(figure)}
            found.append(complaints(known))
        return max(found, key=len, default=[])


@dataclass(frozen=True)
class Results:
    """The entries that are compared."""

    #: of the page
    title: str
    #: the first decides
    metrics: Sequence[str]
    #: one for each model and seed
    entries: Sequence[Entry]
    #: the processor's name
    machine: str = ""

    @property
    def names(self) -> list[str]:
        """The models' names, each once."""
        return list(dict.fromkeys(entry.name for entry in self.entries))

    @property
    def columns(self) -> list[Column]:
        """The columns of all entries, each once."""
        return list(dict.fromkeys(column for entry in self.entries for column in entry.columns))

    @property
    def stamps(self) -> dict[str, str]:
        """Metric -> its definition."""
        return {name: stamp for entry in self.entries for name, stamp in entry.stamps.items()}

    def definitions(self, metrics: Iterable[str]) -> list[str]:
        """Returns what these metrics are, in words.

        It is said once, or for each model where they are not measured alike (grey of one, colour of
        another).
        """
        lines: list[str] = []
        for metric in dict.fromkeys(metrics):
            stamps = {
                entry.name: entry.stamps[metric] for entry in self.entries if metric in entry.stamps
            }
            if self.comparable(metric):
                lines += dict.fromkeys(stamps.values())
            else:
                lines += [f"{name}: {stamp}" for name, stamp in stamps.items()]
        return lines

    def comparable(self, metric: str) -> bool:
        """Whether all are measured alike by it."""
        return len({entry.stamps[metric] for entry in self.entries if metric in entry.stamps}) < 2

    def of(self, name: str) -> list[Entry]:
        """Returns the entries of one name that were measured."""
        return [entry for entry in self.entries if entry.name == name and entry.measured]

    def write(self, path: Path) -> None:
        """Writes the results as JSON, whole or not at all."""
        record = _plain({"format": FORMAT, **asdict(self)})
        text = json.dumps(record, indent=1, ensure_ascii=False) + "\n"
        atomic_write(path, text.encode(errors="backslashreplace"))

    @classmethod
    def read(cls, path: Path) -> Results:
        """Reads what `write` wrote. Raises DataError where the file is none of ours."""
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            if record.pop("format") != FORMAT:
                raise ValueError("of another version")
            return cls(**{**record, "entries": [entry_of(entry) for entry in record["entries"]]})
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise DataError(f"{path}: no results that can be read ({error})") from error


def entry_of(record: Mapping[str, Any]) -> Entry:
    """Returns the entry of which `to_record` made the record."""
    numbers = {name: _with_nan(record[name]) for name in ("figures", "pictures", "cost", "curve")}
    return Entry(**{**record, **numbers})


def to_record(entry: Entry) -> dict[str, Any]:
    """Returns the entry as JSON holds it: a figure that is not finite is a text."""
    result: dict[str, Any] = _plain(asdict(entry))
    return result


def figures_of(tables: Mapping[str, FigureTable]) -> dict[str, Any]:
    """Returns the tables as an Entry's figures, pictures, stamps and seconds a megapixel."""
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
    """Returns the mean, and the standard deviation of the sample, which is NaN for one value."""
    known = [value for value in values if not math.isnan(value)]
    if not known:
        return math.nan, math.nan
    several = len(known) > 1 and all(map(math.isfinite, known))
    return statistics.fmean(known), statistics.stdev(known) if several else math.nan


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
