"""What became of all files of a run: report.json for programs, and a page for people.

Both lie in the folder of the results. The page needs nothing else, and can be sent.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ... import __version__
from ...errors import InputCorrupt, InputTruncated
from ...ground.amounts import in_time
from ...ground.files import atomic_write
from ...report.page import paragraph, pictures, row, section, table, write_page
from ..addresses import put
from .journal import Journal, Line, State

#: their names, in the folder of the results
REPORT = "burnish-report.json"
PAGE = "burnish-report.html"
#: that of a watched folder's log, beside them
LOG = "burnish-watch.log"
#: how a run has ended, or that it has not, in words before the time that it took
ENDED = {
    "finished": "The run finished after",
    "stopped": "The run was stopped after",
    "waits": "All that came is done; the folder has been watched for",
}
#: failed files that stand on the page; all of them are in the report
LISTED = 1000
#: what results are called of which a part was missing
SALVAGED = "salvaged"
#: what --salvage restores, in words
WHAT_IS_LEFT = "what is left of files that are cut or damaged"
#: codes of files of which something may be left
DAMAGED = (InputTruncated.code, InputCorrupt.code)
#: what the states of files are called where people read it
_WORDS = {
    State.done: "restored",
    State.failed: "failed",
    State.exists: "there before",
    State.planned: "not done yet",
    State.writing: "not done yet",
}


def write_report(
    journal: Journal, root: Path, ended: str, seconds: float, address: str | None = None
) -> None:
    """Writes both into the folder of the results.

    ended: a word of `ENDED`. seconds: how long this run took. address: where the results are, if
    that is no folder; both go there, too. OutputError where they cannot be written.
    """
    results = address or str(root)
    atomic_write(root / REPORT, partial(_write_json, journal, results, ended, seconds))
    _write_page(journal, root, results, ended, seconds)
    if address is not None:
        for name in (REPORT, PAGE):
            put(root / name, os.path.join(address, name))


def _write_json(journal: Journal, root: str, ended: str, seconds: float, file: BinaryIO) -> None:
    """The report, a file a line, so that a long one never lies in memory whole."""
    head = {
        "burnish": __version__,
        "ended": ended,
        "seconds": round(seconds, 1),
        "settings": json.loads(journal.said("settings") or "{}"),
        "counts": counts_in_words(journal),
    }
    file.write(json.dumps(head, indent=1)[:-2].encode())
    file.write(b',\n "files": [')
    between = b"\n  "
    for line in journal.lines():
        file.write(between + json.dumps(_record(line, root)).encode())
        between = b",\n  "
    file.write(b"\n ]\n}\n")


def _record(line: Line, root: str) -> dict[str, Any]:
    """What became of a file, for programs."""
    record = {
        **line.record,
        "source": line.source,
        "target": os.path.join(root, line.target),
        "status": SALVAGED if _is_salvaged(line) else _WORDS[line.state],
    }
    if line.source_hash:
        record["source_sha256"] = line.source_hash
    if line.state == State.done:
        record["result_sha256"] = line.result_hash
    return record


def _is_salvaged(line: Line) -> bool:
    """Whether a result is what was left of a damaged picture."""
    return line.state == State.done and line.record.get("status") == SALVAGED


def counts_in_words(journal: Journal) -> dict[str, int]:
    """How many files there are of each kind, by the words that people read."""
    found: dict[str, int] = {}
    for state, count in journal.counts().items():
        word = _WORDS[State(state)]
        found[word] = found.get(word, 0) + count
    salvaged = len(journal.salvaged())
    if salvaged:
        found[_WORDS[State.done]] -= salvaged
        found[SALVAGED] = salvaged
    return {word: count for word, count in found.items() if count}


def _write_page(journal: Journal, root: Path, results: str, ended: str, seconds: float) -> None:
    """The page; results: the folder or address that it is of."""
    counts = counts_in_words(journal)
    settings = json.loads(journal.said("settings") or "{}")
    goes_on = " The same command goes on." if ended == "stopped" else ""
    said = f"{ENDED[ended]} {in_time(seconds)}, with Burnish {__version__}.{goes_on}"
    parts = [paragraph(said), table(("files", "how many"), list(counts.items()))]
    parts += [*_failed_section(list(_failed(journal))), *_salvaged_section(journal.salvaged())]
    shown = [_pair(line, change, before, after) for line, change, before, after in journal.shown()]
    if shown:
        parts.append(section("The most changed: before and after", [row(shown)]))
    parts.append(section("What was asked", [table(("setting", "is"), list(settings.items()))]))
    write_page(root / PAGE, f"What became of {os.path.basename(os.path.abspath(results))}", parts)


def _failed_section(failed: Sequence[tuple[str, str]]) -> list[str]:
    """The (code, sentence) of files that failed, and what to do; empty where none did."""
    if not failed:
        return []
    parts = [table(("code", "why"), failed[:LISTED]), *_more(len(failed))]
    if any(code in DAMAGED for code, _ in failed):
        parts.insert(0, paragraph(f"The same command with --salvage restores {WHAT_IS_LEFT}."))
    return [section("Failed", parts)]


def _salvaged_section(lines: Sequence[Line]) -> list[str]:
    """The files of which a part was missing, and which; empty where there are none."""
    if not lines:
        return []
    rows = [(line.target, "; ".join(line.record.get("notes", ()))) for line in lines[:LISTED]]
    return [section("Salvaged", [table(("result", "of its picture"), rows), *_more(len(lines))])]


def _more(count: int) -> list[str]:
    """That there are more than are listed, where there are."""
    return [paragraph(f"And {count - LISTED:,} more: see {REPORT}.")] if count > LISTED else []


def _failed(journal: Journal) -> Iterator[tuple[str, str]]:
    """(code, sentence) of every file that failed."""
    for line in journal.lines():
        if line.state == State.failed:
            yield str(line.record.get("code", "")), str(line.record.get("message", ""))


def _pair(line: Line, change: float, before: bytes, after: bytes) -> str:
    """A picture before and after, with its name and how much it has changed."""
    caption = f"{line.target}: changed by {change:.1f} of 255 on average"
    return pictures([_pixels(before), _pixels(after)], caption)


def _pixels(file: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(file)) as image:
        return np.asarray(image)
