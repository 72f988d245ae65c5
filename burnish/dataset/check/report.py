"""Report: what `check` found, as objects, as a record for programs, and as one table for a
terminal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import DataError
from .findings import Finding, Found
from .gather import Source, Unit
from .statistics import Statistics


@dataclass(frozen=True, eq=False)
class Report:
    """All about one data set. groups: names of units that share a clean side, two and more in each;
    noise estimates come from a sample.
    """

    source: Source
    pairs: bool
    scale: int
    units: tuple[Unit, ...]
    findings: tuple[Finding, ...]
    statistics: Statistics | None
    groups: tuple[tuple[str, ...], ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What stops a training."""
        return tuple(finding for finding in self.findings if finding.severity == "error")

    def refuse(self) -> None:
        """DataError with the first of the errors, where there are any."""
        if self.errors:
            raise DataError(
                f"{self.source.words}: {in_words(self.errors[0])}{_more(self)}; `burnish check` "
                "shows all of it"
            )

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
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
        """Tables of what was found and of the figures. page: where all of it is shown, or None."""
        kind = "pairs" if self.pairs else "pictures"
        lines = [f"{self.source.words}: {len(self.units)} {kind}"]
        lines += _findings(self)
        lines += (
            ["", *(f"{label:<14}{text}" for label, text in figures(self.statistics))]
            if self.statistics
            else []
        )
        lines += ["", f"every file, shown: {page}"] if page else []
        return "\n".join(lines)


def in_words(finding: Finding) -> str:
    """One sentence: the fault, its first file, what is known of it."""
    place = finding.places[0]
    count = f"; {len(finding.places)} such" if len(finding.places) > 1 else ""
    return f"{finding.fault}: {finding.text.rstrip('.')}: {place_in_words(place, 2)}{count}"


def place_in_words(place: Found, most: int) -> str:
    """What is known of it, and its files, at most so many of them; bytes of a name that are no text
    are written as \\udc.. .
    """
    more = [f"{len(place.files) - most} more"] if len(place.files) > most else []
    files = " and ".join([*place.files[:most], *more])
    return (
        ": ".join(part for part in (files, place.detail) if part)
        .encode(errors="backslashreplace")
        .decode()
    )


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
    """How many kinds of error, warning and note there are."""
    counts = Counter(finding.severity for finding in findings)
    return (
        ", ".join(f"{n} kind{'s' if n > 1 else ''} of {severity}" for severity, n in counts.items())
        or "nothing wrong was found"
    )


def figures(found: Statistics) -> Iterator[tuple[str, str]]:
    """(label, words) of the statistics."""
    width, height = found.smallest
    common = ", ".join(f"{w}x{h} ({n})" for (w, h), n in list(found.sizes.items())[:5])
    turned = (
        "; upright and lying: " + ", ".join(f"{w}x{h}" for w, h in found.rotations[:5])
        if found.rotations
        else ""
    )
    yield "sizes", f"{len(found.sizes)}, smallest {width}x{height}; most common {common}{turned}"
    yield (
        f"crop {found.crop}",
        "pixels lost in one look: "
        + ", ".join(f"{rule} {share:.1%}" for rule, share in found.losses.items()),
    )
    kinds = [*found.channels.items(), *found.depths.items()]
    yield "stored", ", ".join(f"{n} {kind}" for kind, n in kinds)
    if found.brightness:
        mean = sum(share * (8 * i + 3.5) for i, share in enumerate(found.brightness))
        yield (
            "brightness",
            (
                f"mean {mean:.0f} of 255; {found.brightness[0]:.1%} nearly black, "
                f"{found.brightness[-1]:.1%} nearly white"
            ),
        )
    if found.ink is not None:
        yield (
            "ink",
            (
                f"{found.ink:.2%} of the pixels; pos_weight {found.pos_weight:.3g} with white = 1 "
                "(ink / (1 - ink))"
            ),
        )
    for side, (low, middle, high) in found.noise.items():
        yield (
            "noise",
            f"{side}: sigma {low:.1f} to {high:.1f}, middle {middle:.1f} (estimated on a sample)",
        )
    for side, counts in found.quality.items():
        yield (
            "JPEG quality",
            f"{side}: "
            + ", ".join(f"{quality} ({n})" for quality, n in list(counts.items())[:8])
            + (" ..." if len(counts) > 8 else ""),
        )
