"""Report: what `check` found, as objects, as a record for programs, and as text for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import DataError
from .findings import Finding, Found
from .gather import CheckSource, Unit
from .statistics import Statistics


@dataclass(frozen=True, eq=False)
class Report:
    """What `check` found out about one data set."""

    #: where the pictures come from
    source: CheckSource
    #: whether the units are pairs
    pairs: bool
    #: how many times larger the clean side is than the spoiled one
    scale: int
    #: the pictures or pairs, in order
    units: tuple[Unit, ...]
    #: what is wrong, errors first
    findings: tuple[Finding, ...]
    #: the figures, or None where no picture could be read
    statistics: Statistics | None
    #: names of the units that must stay on one side of a split, two and more in each group
    groups: tuple[tuple[str, ...], ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that stop a training."""
        return tuple(finding for finding in self.findings if finding.severity == "error")

    def refuse(self) -> None:
        """Raises DataError with the first of the errors, where there are any."""
        if self.errors:
            raise DataError(
                f"{self.source.words}: {in_words(self.errors[0])}{_more(self)}; `burnish check` "
                "shows all of it"
            )

    def to_dict(self) -> dict[str, Any]:
        """Returns the report as plain values for JSON."""
        return {
            "data": self.source.words,
            "pairs": self.pairs,
            "scale": self.scale,
            "units": len(self.units),
            "errors": sum(len(finding.places) for finding in self.errors),
            "findings": [finding.to_dict() for finding in self.findings],
            "statistics": None if self.statistics is None else self.statistics.to_dict(),
            "groups": [list(group) for group in self.groups],
        }

    def to_text(self, page: str | None = None) -> str:
        """Returns tables of the findings and of the figures.

        page: the path of the page that shows all of it, to be named at the end, or None.
        """
        kind = "pairs" if self.pairs else "pictures"
        lines = [f"{self.source.words}: {len(self.units)} {kind}"]
        lines += _findings(self)
        if self.statistics:
            lines.append("")
            lines += [f"{label:<14}{text}" for label, text in figures(self.statistics)]
        if page:
            lines += ["", f"every file, shown: {page}"]
        return "\n".join(lines)


def in_words(finding: Finding) -> str:
    """Returns one sentence: the fault, its first file, and what is known of it."""
    place = finding.places[0]
    count = f"; {len(finding.places)} such" if len(finding.places) > 1 else ""
    return f"{finding.fault}: {finding.text.rstrip('.')}: {place_in_words(place, 2)}{count}"


def place_in_words(place: Found, most: int) -> str:
    """Returns the files of a place, at most so many of them, and what is known of it.

    Bytes of a name that are no text are written as \\udc.. .
    """
    more = [f"{len(place.files) - most} more"] if len(place.files) > most else []
    files = " and ".join([*place.files[:most], *more])
    text = ": ".join(part for part in (files, place.detail) if part)
    return text.encode(errors="backslashreplace").decode()


def _more(report: Report) -> str:
    others = len(report.errors) - 1
    return f", and {others} more kind{'s' if others > 1 else ''} of fault" if others else ""


def _findings(report: Report) -> Iterator[str]:
    yield ""
    for finding in report.findings:
        yield (
            f"{finding.severity:<9}{finding.fault:<22}{len(finding.places):>6}  "
            f"{finding.text} {finding.remedy}"
        )
        for place in finding.places[:3]:
            yield f"{'':<39}{place_in_words(place, 2)}"
        if len(finding.places) > 3:
            yield f"{'':<39}... and {len(finding.places) - 3} more"
    yield ""
    yield summary(report.findings)


def summary(findings: Sequence[Finding]) -> str:
    """Returns how many kinds of error, warning and note there are, in words."""
    counts = Counter(finding.severity for finding in findings)
    parts = [f"{n} kind{'s' if n > 1 else ''} of {severity}" for severity, n in counts.items()]
    return ", ".join(parts) or "nothing wrong was found"


def figures(found: Statistics) -> Iterator[tuple[str, str]]:
    """Yields the statistics as rows: a label, and the figures in words."""
    yield "sizes", _sizes(found)
    lost = ", ".join(f"{rule} {share:.1%}" for rule, share in found.losses.items())
    yield f"crop {found.crop}", f"pixels lost in one look: {lost}"
    kinds = [*found.channels.items(), *found.depths.items()]
    yield "stored", ", ".join(f"{n} {kind}" for kind, n in kinds)
    if found.brightness:
        yield "brightness", _brightness(found)
    if found.ink is not None:
        words = f"{found.ink:.2%} of the pixels; pos_weight {found.pos_weight:.3g}"
        yield "ink", f"{words} with white = 1 (ink / (1 - ink))"
    for side, (low, middle, high) in found.noise.items():
        words = f"sigma {low:.1f} to {high:.1f}, middle {middle:.1f}"
        yield "noise", f"{side}: {words} (estimated on a sample)"
    for side, counts in found.quality.items():
        listed = ", ".join(f"{quality} ({n})" for quality, n in list(counts.items())[:8])
        yield "JPEG quality", f"{side}: {listed}{' ...' if len(counts) > 8 else ''}"


def _sizes(found: Statistics) -> str:
    width, height = found.smallest
    common = ", ".join(f"{w}x{h} ({n})" for (w, h), n in list(found.sizes.items())[:5])
    words = f"{len(found.sizes)}, smallest {width}x{height}; most common {common}"
    if found.rotations:
        words += "; upright and lying: " + ", ".join(f"{w}x{h}" for w, h in found.rotations[:5])
    return words


def _brightness(found: Statistics) -> str:
    mean = sum(share * (8 * i + 3.5) for i, share in enumerate(found.brightness))
    black = found.brightness[0]
    white = found.brightness[-1]
    return f"mean {mean:.0f} of 255; {black:.1%} nearly black, {white:.1%} nearly white"
