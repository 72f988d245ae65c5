"""`burnish undo`: takes back what a run with a journal wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ...inference.addresses import address_of
from ..app import app, say
from ..archiving import journal_of
from ..console import answer
from ..options import AsJson

Folder = Annotated[
    Path, typer.Argument(metavar="OUT", show_default=False, help="The place of the results.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be taken away.")]


@app.command(short_help="Take back what a run with --archive wrote.")
def undo(output: Folder, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """burnish undo clean/

    Takes back what runs with --archive wrote into a folder or to an address, and nothing else:
    results as they were written, their sidecars, the report, the journal, and folders that are
    empty then.
    """
    from ...inference.archive.undo import undo

    address = address_of(output)
    undone = undo(output if address is None else journal_of(address), address, dry=dry_run)
    if as_json:
        answer(json.dumps({"results": undone.results, "changed": undone.changed, "dry": dry_run}))
        return
    if dry_run:
        for path in undone.results:
            answer(path)
    for path in undone.changed:
        say(f"{path}: changed since it was written, and left where it is")
    done = "would be taken away" if dry_run else "taken away"
    many = "1 result" if len(undone.results) == 1 else f"{len(undone.results):,} results"
    say(f"{many} {done}")
