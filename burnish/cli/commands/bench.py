"""`burnish bench`: how fast models run on this machine, on one page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ...errors import UsageError
from ...ground.tables import no_such
from ..app import app, say
from ..opening import as_file
from ..options import AsJson, By, Where
from ..words import where

if TYPE_CHECKING:
    from ...study.speed.bench import Failed, Timed

Models = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="MODEL...", show_default=False, help="Names or files; without, what ships."
    ),
]
Precisions = Annotated[
    str,
    typer.Option("--precision", metavar="P,P", help="auto, fp32, bf16, int8; several with commas."),
]
Page = Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The page.")]
Turns = Annotated[int, typer.Option("--runs", min=1, metavar="N", help="Turns of each.")]
Side = Annotated[
    int, typer.Option("--side", min=64, max=8192, metavar="N", help="Of the picture, in pixels.")
]


@app.command(short_help="How fast models run on this machine.")
def bench(
    models: Models = None,
    device: Where = "auto",
    backend: By = None,
    precision: Precisions = "auto",
    output: Page = Path("burnish_bench.html"),
    runs: Turns = 5,
    side: Side = 1024,
    as_json: AsJson = False,
) -> None:
    """burnish bench photo jpeg --backend all --precision fp32,bf16,int8

    Time, memory, loading, and the share of what this machine does at most, on one page. --backend
    all measures every device that there is. Other work on the machine spoils the figures.
    """
    from datetime import UTC, datetime

    from ...ground.files import prepare_folder
    from ...inference.zoo import names
    from ...study.machine import processor
    from ...study.speed.bench import Wanted, bench
    from ...study.speed.page import write
    from ...study.speed.peak import peaks

    prepare_folder(output)
    at = _places(backend, device)
    precise = _precisions(precision)
    words = models or [name for name in names() if name != "fill"]
    wanted = [
        Wanted(as_file(word), place, each, side, runs)
        for word in words
        for place in at
        for each in precise
    ]
    say("measuring what the machine does at most")
    most = peaks()
    found = list(_said(bench(wanted), as_json))
    date = f"{datetime.now(UTC):%d %B %Y}"
    write(output, found, most, processor(), date)
    if not as_json:
        print(output)


def _said(found: Iterable[Timed | Failed], as_json: bool) -> Iterator[Timed | Failed]:
    """What was measured, each said when it is there; what fell back on another is left out."""
    from ...study.speed.bench import Failed

    known = set()
    for one in found:
        if isinstance(one, Failed):
            say(f"{one.model} on {one.where}, {one.precision}: {one.why}")
            yield one
            continue
        for note in one.notes:
            say(f"{one.model}, {one.backend}: {note}")
        which = (one.model, one.backend, one.device, one.precision)
        if which not in known:
            known.add(which)
            print(json.dumps(_record(one)) if as_json else _line(one))
            yield one


def _places(backend: str | None, device: str) -> list[str]:
    """Where models are measured, as `--device` takes it: every place there is, or one."""
    from ...inference.backends.table import BACKENDS, installed, places

    if backend != "all":
        return [where(backend, device)]
    return [
        f"{name}:{place.word}" for name in BACKENDS if installed(name) for place in places(name)
    ]


def _precisions(words: str) -> list[str]:
    from ...inference.backends import PRECISIONS

    precisions = words.split(",")
    for each in precisions:
        if each not in PRECISIONS:
            raise UsageError(no_such("precision", each, PRECISIONS))
    return precisions


def _line(one: Timed) -> str:
    """What was measured, in a line."""
    a_megapixel = one.median / one.megapixels
    memory = "" if one.peak is None else f", {one.peak / 2**20:,.0f} MiB at most"
    return (
        f"{one.model}, {one.backend} {one.precision}: {a_megapixel:.3f} s a megapixel (spread "
        f"{one.spread:.0%}){memory}, loaded in {one.load:.2f} s, first picture {one.first:.2f} s"
    )


def _record(one: Timed) -> dict[str, Any]:
    """What was measured, as a record that JSON can hold."""
    record = {field.name: getattr(one, field.name) for field in fields(one)}
    del record["result"]
    return {**record, "seconds_a_megapixel": one.median / one.megapixels, "spread": one.spread}
