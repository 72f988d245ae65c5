"""`burnish replay`: a result made again, as its sidecar says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ...errors import InputError
from ..app import app, say
from ..console import answer
from ..options import AsJson, Overwrite
from ..starting import one_thread_for_algebra, starting

Sidecar = Annotated[
    Path,
    typer.Argument(metavar="NAME.burnish.json", show_default=False, help="A result's sidecar."),
]
Target = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        metavar="FILE",
        show_default=False,
        help="Where it goes (NAME_replayed, beside the sidecar).",
    ),
]


@app.command(short_help="Make a result again, as its sidecar says.")
def replay(
    sidecar: Sidecar, output: Target = None, overwrite: Overwrite = False, as_json: AsJson = False
) -> None:
    """burnish replay clean/photo.jpg.burnish.json

    Makes a result again from its picture, as its sidecar says, on the processor, and says whether
    it has the same bytes; if not, the exit status is 3.
    """
    one_thread_for_algebra()
    with starting():
        from ...inference.archive.sidecar import replay

    made = replay(sidecar, output, overwrite=overwrite)
    if as_json:
        record = {"target": made.report.target, "same": made.same, "differs": made.differs}
        answer(json.dumps(record))
    elif made.same:
        answer(f"{made.report.target}: the same bytes as the first time")
    if not made.same:
        why = "; ".join(made.differs) or "nothing is known that differs"
        say(f"{made.report.target}: other bytes than the first time ({why})")
        raise typer.Exit(InputError.exit_status)
