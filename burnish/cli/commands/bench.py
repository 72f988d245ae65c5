"""`burnish bench`: how fast models run on this machine, on one page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, fields
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
    from ...study.speed.batch import Cell
    from ...study.speed.bench import Failed, Timed

#: models that ship and take more than a picture: a mask of what is lost, or a raw file
OTHERS = ("fill", "raw")

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


Batch = Annotated[
    bool, typer.Option("--batch", help="Of one model: over batches and sizes of tiles, too.")
]
Remember = Annotated[
    bool, typer.Option("--remember", help="Have auto choose by what is found here.")
]
Forget = Annotated[bool, typer.Option("--forget", help="Forget what was remembered.")]


@app.command(short_help="How fast models run on this machine.")
def bench(
    models: Models = None,
    device: Where = "auto",
    backend: By = None,
    precision: Precisions = "auto",
    output: Page = Path("burnish_bench.html"),
    runs: Turns = 5,
    side: Side = 1024,
    batch: Batch = False,
    remember: Remember = False,
    forget: Forget = False,
    as_json: AsJson = False,
) -> None:
    """burnish bench photo jpeg --backend all --precision fp32,bf16,int8

    Time, memory, loading, and the share of what this machine does at most, on one page. --backend
    all measures every device that there is. Other work on the machine spoils the figures.
    """
    from ...inference.zoo import names
    from ...study.speed.bench import Timed, Wanted, bench
    from ...study.speed.remember import MODEL, PRECISIONS

    if forget:
        _forget()
        return
    words = models or ([MODEL] if remember else [name for name in names() if name not in OTHERS])
    if (batch or remember) and len(words) != 1:
        raise UsageError("--batch and --remember measure one model; name it, as in bench photo")
    if remember:
        backend = backend or ("all" if device == "auto" else None)
        precision = PRECISIONS if precision == "auto" else precision
    ways = [(place, each) for place in _places(backend, device) for each in _precisions(precision)]
    wanted = [Wanted(as_file(word), *way, side, runs) for word in words for way in ways]
    cells = _cells(as_file(words[0]), ways, runs, as_json) if batch else []
    found = _paged(output, _said(bench(wanted), as_json), cells)
    if remember:
        _remember([one for one in found if isinstance(one, Timed)])
    if not as_json:
        print(output)


def _paged(
    output: Path, found: Iterator[Timed | Failed], cells: list[Cell | Failed]
) -> list[Timed | Failed]:
    """Measures the machine, then what is to be found, and writes the page; returns what was."""
    from ...ground.files import prepare_folder
    from ...study.machine import processor
    from ...study.speed.page import write
    from ...study.speed.peak import peaks

    prepare_folder(output)
    say("measuring what the machine does at most")
    most = peaks()
    measured = list(found)
    write(output, measured, most, processor(), _today(), cells)
    return measured


def _today() -> str:
    from datetime import UTC, datetime

    return f"{datetime.now(UTC):%d %B %Y}"


def _cells(word: str, ways: list[tuple[str, str]], runs: int, as_json: bool) -> list[Cell | Failed]:
    """A model over batches and tiles, in the one way that is asked for, each said when there."""
    from ...study.speed.batch import over_batches
    from ...study.speed.bench import Failed

    if len(ways) != 1:
        raise UsageError("--batch measures one backend and one precision; name them")
    cells = []
    for cell in over_batches(word, *ways[0], runs):
        cells.append(cell)
        if isinstance(cell, Failed):
            say(f"{cell.model}: {cell.why}")
        else:
            print(json.dumps(_of_batch(cell)) if as_json else _batch_line(cell))
    return cells


def _remember(found: list[Timed]) -> None:
    """Keeps what was found for `auto`, and says what it takes from now on."""
    from ...study.speed.remember import remember, taken

    if not found:
        raise UsageError("nothing could be measured, so nothing is remembered")
    say(f"remembered in {remember(found, _today())}; auto takes now, for")
    for sentence in taken(found):
        say(sentence)


def _forget() -> None:
    from ...inference.backends.ways import file, forget

    say(f"forgotten: {file()}" if forget() else "nothing was remembered")


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


def _batch_line(cell: Cell) -> str:
    """What was measured of a batch, in a line."""
    memory = "" if cell.memory is None else f", {cell.memory / 2**20:,.0f} MiB"
    return (
        f"{cell.model}, {cell.backend} {cell.precision}, {cell.batch} of {cell.tile}x{cell.tile}: "
        f"{1e3 * cell.latency:.1f} ms, {cell.throughput:.2f} megapixels a second{memory} "
        f"({cell.predicted / 2**20:,.0f} predicted)"
    )


def _of_batch(cell: Cell) -> dict[str, Any]:
    """What was measured of a batch, as a record that JSON can hold."""
    derived = {"megapixels_a_second": cell.throughput, "kept": cell.kept}
    return {**asdict(cell), **derived, "predicted": cell.predicted}
