"""The cards of filters, for `burnish models` and `burnish info NAME`."""

from __future__ import annotations

import inspect
from typing import Any

from ...contract import Dial
from ...report.cards import row, unsaid
from . import FILTERS, make


def record(words: str) -> dict[str, Any]:
    """All that is known of one filter, for --json, with the keys of a model's record.

    UsageError for arguments that do not fit.
    """
    made = make(words)
    return {
        "name": words,
        "file": None,
        "bytes": None,
        "contract": made.contract.to_dict(),
        "card": dict(made.card),
    }


def listing() -> str:
    """A line for each filter: its name, its task, and its dials with range and default."""
    lines = []
    for name in FILTERS:
        made = make(name)
        task = made.card["task"].partition(":")[0].partition(",")[0]
        dials = ", ".join(map(_short, made.contract.dials))
        lines.append((name, task, dials))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rows = ["  " + "  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]
    return "\n".join(["filters, without weights:", *rows])


def describe(words: str) -> str:
    """The card of one filter, in lines to read. UsageError for arguments that do not fit."""
    made = make(words)
    contract = made.contract
    card = made.card
    reach = "the whole picture" if contract.reach is None else f"{contract.reach} pixels at most"
    lines = [f"{words}: {card['task']}"]
    lines += [
        row("dial", f"{d.name} {d.low:g}..{d.high:g}, {unsaid(d)} when nothing is said ({d.unit})")
        for d in contract.dials
    ]
    lines.append(row("arguments", _arguments(words)))
    lines += [row(key, str(card[key])) for key in ("source", "library", "licence")]
    lines.append(
        row(
            "contract",
            f"{contract.channels_in} channels in, {contract.channels_out} out, scale "
            f"{contract.scale}, reach {reach}",
        )
    )
    return "\n".join(lines)


def _arguments(words: str) -> str:
    """The arguments that the name of a filter may carry, each with what it is without a word."""
    function = FILTERS.find(words.partition(":")[0])
    taken = inspect.signature(function).parameters.values()
    said = ", ".join(f"{one.name}={one.default}" for one in taken)
    return f"{said} when nothing is said"


def _short(dial: Dial) -> str:
    """A dial in few words: its name, its range, and where it stands when nothing is said."""
    return f"{dial.name} {dial.low:g}..{dial.high:g} ({unsaid(dial)})"
