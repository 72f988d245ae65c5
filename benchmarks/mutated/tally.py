"""What became of many files, added up."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from .gate import Outcome

#: failures and differences that are kept by their number
KEPT = 50


@dataclass
class Tally:
    """What became of the files of one format."""

    #: how many there were
    count: int = 0
    #: of each result how many
    results: Counter[str] = field(default_factory=Counter)
    #: of each verdict of the other decoder how many, and of each reason why
    verdicts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    #: the most seconds and bytes that a file took, and which
    slowest: tuple[float, int] = (0.0, -1)
    largest: tuple[int, int] = (0, -1)
    #: numbers of files, and what was wrong with them
    failures: list[tuple[int, str]] = field(default_factory=list)
    #: numbers of files that the other decoder sees otherwise, and how
    differences: list[tuple[int, str]] = field(default_factory=list)

    def add(self, seed: int, outcome: Outcome) -> None:
        """Counts a file."""
        self.count += 1
        self.results[outcome.result] += 1
        self.slowest = max(self.slowest, (round(outcome.seconds, 3), seed))
        self.largest = max(self.largest, (outcome.peak, seed))
        if outcome.wrong:
            self.failures.append((seed, outcome.wrong))
        if outcome.compared is not None:
            verdict, why = outcome.compared.verdict, outcome.compared.why
            self.verdicts[verdict] += 1
            if verdict == "differs":
                self.differences.append((seed, why))
            elif why:
                self.reasons[f"{verdict}: {why}"] += 1

    def died(self, seed: int, wrong: str, second: bool) -> None:
        """Counts a file that took its process down; `second`: in the other decoder, which is
        nothing that Burnish uses.
        """
        if second:
            self.reasons[f"died in the other decoder: {wrong}"] += 1
            return
        self.count += 1
        self.results["failure"] += 1
        self.failures.append((seed, wrong))

    def merged(self, other: Tally) -> Tally:
        """Both together."""
        return Tally(
            self.count + other.count,
            self.results + other.results,
            self.verdicts + other.verdicts,
            self.reasons + other.reasons,
            max(self.slowest, other.slowest),
            max(self.largest, other.largest),
            (self.failures + other.failures)[:KEPT],
            (self.differences + other.differences)[:KEPT],
        )


def to_json(tally: Tally) -> dict[str, Any]:
    """The tally as JSON has it."""
    return dict(vars(tally))


def from_json(told: dict[str, Any]) -> Tally:
    """The tally that `to_json` told, after a file of JSON."""
    return Tally(
        told["count"],
        Counter(told["results"]),
        Counter(told["verdicts"]),
        Counter(told["reasons"]),
        tuple(told["slowest"]),
        tuple(told["largest"]),
        [(seed, what) for seed, what in told["failures"]],
        [(seed, what) for seed, what in told["differences"]],
    )
