"""The command; see `benchmarks.mutated`."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path

import benchmarks.mutated
from benchmarks.markdown import put, rows
from burnish.ground.files import atomic_write
from burnish.study.machine import processor

from .guard import Guard
from .originals import fingerprint, originals
from .tally import Tally, from_json, to_json

PAGE = Path(__file__).resolve().parents[2] / "docs" / "mutated.md"
#: files between two looks at the clock, and two states that are kept
BLOCK = 250
HEAD = (
    *("format", "files", "accepted", "cut", "damaged", "too large", "not read", "failures"),
    *("slowest", "most memory", "compared", "agree", "differ"),
)
#: which errors stand in which column
COLUMNS: dict[str, tuple[str, ...]] = {
    "cut": ("E_TRUNCATED", "E_EMPTY"),
    "damaged": ("E_CORRUPT", "E_NONFINITE_INPUT"),
    "too large": ("E_TOO_LARGE",),
    "not read": ("E_UNSUPPORTED_FORMAT", "E_UNSUPPORTED_CHANNELS", "E_INPUT", "E_FORMAT_LIMIT"),
}


def table(found: dict[str, Tally]) -> Iterator[tuple[str, ...]]:
    """A row for each format, and one for all."""
    every = Tally()
    for tally in found.values():
        every = every.merged(tally)
    for name, tally in {**found, "all": every}.items():
        same, other = tally.verdicts["agrees"], tally.verdicts["differs"]
        yield (
            name,
            f"{tally.count:,}",
            f"{tally.results['accepted']:,}",
            *(f"{sum(tally.results[code] for code in codes):,}" for codes in COLUMNS.values()),
            f"{tally.results['failure']:,}",
            f"{tally.slowest[0]:.2f} s",
            f"{tally.largest[0] / 1e6:.0f} MB",
            f"{same + other:,}",
            f"{same:,}",
            f"{other:,}",
        )


def sentences(found: dict[str, Tally]) -> Iterator[str]:
    """The files that failed or differ, by their numbers, and why others were not compared."""
    for name, tally in found.items():
        for kind, files in (("failed", tally.failures), ("differs", tally.differences)):
            for seed, what in files:
                yield f"{name} {seed} {kind}: {what}"
        for reason, count in tally.reasons.most_common():
            yield f"{name}: {count} {reason}"


def run(names: list[str], first: int, count: int, state: Path | None, minutes: float) -> None:
    """Takes `count` files of each format from the number `first` on, in turns; from where the state
    says that it ended, where there is one.

    SystemExit where that is of other numbers, or of other files by the same numbers.
    """
    until = time.monotonic() + 60 * minutes
    files = fingerprint()
    found = {name: Tally() for name in names}
    if state is not None and state.exists():
        told = json.loads(state.read_text())
        if (told["first"], told["originals"]) != (first, files):
            raise SystemExit(f"{state}: is of other files; give --state another name")
        found |= {name: from_json(tally) for name, tally in told["formats"].items()}
    guard = Guard()
    for block in range(first, first + count, BLOCK):
        for name in names:
            begin, end = max(block, first + found[name].count), min(block + BLOCK, first + count)
            if begin >= end or time.monotonic() > until:
                continue
            found[name] = found[name].merged(guard.tally(name, begin, end))
            if state is not None:
                formats = {name: to_json(tally) for name, tally in found.items()}
                whole = {"first": first, "originals": files, "formats": formats}
                atomic_write(state, json.dumps(whole, indent=1).encode())
    guard.close()
    report(found)


def report(found: dict[str, Tally], page: Path | None = None) -> None:
    """Prints what was found, and puts the table into a page."""
    lines = rows(HEAD, list(table(found)))
    print("\n".join([*lines, "", *sentences(found), "", processor()]))
    if page is not None:
        put(page, "mutated", lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=benchmarks.mutated.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--count", type=int, default=1000, help="files of each format")
    parser.add_argument("--seed", type=int, default=0, help="the number of the first")
    parser.add_argument("--formats", nargs="+", choices=list(originals()), metavar="NAME")
    parser.add_argument("--state", type=Path, help="keeps what was found, and goes on from there")
    parser.add_argument("--minutes", type=float, default=1e6, help="ends after so many")
    parser.add_argument("--write", action="store_true", help="puts the state's table into docs/")
    options = parser.parse_args()
    names = options.formats or list(originals())
    if options.write:
        told = json.loads(options.state.read_text())["formats"]
        report({name: from_json(tally) for name, tally in told.items()}, PAGE)
        return
    run(names, options.seed, options.count, options.state, options.minutes)


if __name__ == "__main__":
    main()
