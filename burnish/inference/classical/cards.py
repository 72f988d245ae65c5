"""The filters as lines to read and as records: what `burnish models` ends with, and `burnish info
NAME` says.
"""

from __future__ import annotations

from typing import Any

from ...contract import Dial
from ...report.cards import row, unsaid
from . import FILTERS, make


def record(words: str) -> dict[str, Any]:
    """Everything of one filter, for --json; with the keys of a model's record, and no file.

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
    """A line for each filter: name, task, dials with range and default."""
    lines = []
    for name in FILTERS:
        made = make(name)
        lines.append(
            (
                name,
                made.card["task"].partition(":")[0].partition(",")[0],
                ", ".join(map(_short, made.contract.dials)),
            )
        )
    widths = [max(len(line[column]) for line in lines) for column in range(3)]
    return "\n".join(
        [
            "filters, without weights:",
            *("  " + "  ".join(map(str.ljust, line, widths)).rstrip() for line in lines),
        ]
    )


def describe(words: str) -> str:
    """One filter's card. UsageError for arguments that do not fit."""
    made = make(words)
    contract, card = made.contract, made.card
    reach = "the whole picture" if contract.reach is None else f"{contract.reach} pixels at most"
    lines = [f"{words}: {card['task']}"]
    lines += [
        row("dial", f"{d.name} {d.low:g}..{d.high:g}, {unsaid(d)} when nothing is said ({d.unit})")
        for d in contract.dials
    ]
    lines += [row(key, str(card[key])) for key in ("source", "library", "licence")]
    lines.append(
        row(
            "contract",
            f"{contract.channels_in} channels in, {contract.channels_out} out, scale "
            f"{contract.scale}, reach {reach}",
        )
    )
    return "\n".join(lines)


def _short(dial: Dial) -> str:
    return f"{dial.name} {dial.low:g}..{dial.high:g} ({unsaid(dial)})"
