"""undo(): takes back what runs wrote into a folder, or to an address, and nothing else.

A result counts as the run's while its content is what the journal says it wrote. What somebody has
changed since is left where it is, and so is all that was there before.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from ...errors import OutputError, UsageError
from ..addresses import content_of, is_address, remove
from .journal import FOLDER, NAME, Journal, Line, State
from .plan import hash_or_none, sweep
from .report import LOG, PAGE, REPORT
from .run import drop, journal_of
from .sidecar import sidecar_of


@dataclass(frozen=True)
class Undone:
    """What was taken back, or would be."""

    #: the paths of results that are gone
    results: tuple[str, ...]
    #: the paths of results that have changed since, and stay
    changed: tuple[str, ...]


def undo(root: Path, address: str | None = None, *, dry: bool = False) -> Undone:
    """Takes back the results, sidecars, reports, folders and journal of runs.

    root: the folder of the results, or, where they went to an address, that of the journal. dry:
    whether nothing is taken away, and only said what would be. UsageError where the folder has no
    journal, or where pictures were restored in place, which nothing takes back; FolderLocked where
    a run is at work there; OutputError where something cannot be taken away.
    """
    place = address or str(root)
    if not (root / FOLDER / NAME).is_file():
        where = f" on this machine ({root})" if address else ""
        raise UsageError(
            f"{place}: has no journal of a run with --archive{where}; name the place of its results"
        )
    results: list[str] = []
    changed: list[str] = []
    with journal_of(root) as (journal, _):
        _check_not_in_place(journal, place)
        for line in journal.lines():
            if line.result_hash is None:
                continue
            path = os.path.join(place, line.target)
            found = hash_or_none(path)
            if found == line.result_hash:
                results.append(path)
            elif found is not None and line.state != State.writing:
                changed.append(path)
            if not dry:
                _take_away(line, path, found)
        made = [] if dry or address else _parts_and_folders(journal, root)
    if not dry:
        # The report lies beside the journal, and at an address a copy of it does.
        for name in (REPORT, PAGE, LOG):
            for folder in {str(root), place}:
                _unlink(os.path.join(folder, name))
        drop(root)
        for folder in (FOLDER, *made, *([""] if address else [])):
            _remove_if_empty(root / folder)
    return Undone(tuple(results), tuple(changed))


def _check_not_in_place(journal: Journal, place: str) -> None:
    if any(os.path.join(place, line.target) == line.source for line in journal.lines()):
        raise UsageError(
            f"{place}: its pictures were restored in place, so there is nothing to go back to; "
            "take them from your copies"
        )


def _take_away(line: Line, path: str, found: str | None) -> None:
    """Takes away a result with that hash, if it is as it was written, and its sidecar."""
    if found == line.result_hash:
        _unlink(path)
    beside = sidecar_of(path)
    try:
        ours = json.loads(_read(beside))["result"]["sha256"] == line.result_hash
    except (OSError, ValueError, KeyError, TypeError):
        return
    if ours and found in (line.result_hash, None):
        _unlink(beside)


def _read(path: str) -> bytes:
    return (content_of(path) or b"") if is_address(path) else Path(path).read_bytes()


def _parts_and_folders(journal: Journal, root: Path) -> list[str]:
    """Takes away what a killed run left; returns the folders that runs made, the deepest first."""
    made = journal.made()
    for folder in {os.path.dirname(line.target) for line in journal.lines()}:
        sweep(os.path.join(root, folder))
    return made


def _unlink(path: str) -> None:
    if is_address(path):
        remove(path)
        return
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise OutputError(f"{path}: cannot be taken away ({error.strerror})") from error


def _remove_if_empty(folder: Path) -> None:
    """Takes a folder away, unless something of somebody else's lies in it."""
    try:
        folder.rmdir()
    except OSError:
        return
