"""Commands that restore pictures, and that show with what."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InputError, UsageError, about_one
from .app import app, say
from .opening import open_model, training_wing
from .options import AsJson, Device, Dials, Full, Inputs, Megapixels, ModelName, Threads, Where
from .starting import one_thread_for_algebra, starting
from .words import parse_settings, parse_tile

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..inference.model import Model


@app.command(short_help="Restore pictures.")
def restore(
    inputs: Inputs,
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="OUT",
            show_default=False,
            help="A folder, or, for one input, a file.",
        ),
    ] = None,
    model: ModelName = "photo",
    dial: Dials = [],  # noqa: B006 (typer's way)
    strength: Annotated[
        float, typer.Option(metavar="S", help="0 (the input) to 1 (the full effect).")
    ] = 1.0,
    strength_map: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", show_default=False, help="Where: all of it in white, none in black."
        ),
    ] = None,
    tile: Annotated[
        str,
        typer.Option(
            "-t", "--tile", metavar="auto|0|N", help="Tile size in pixels; 0 is no tiles."
        ),
    ] = "auto",
    format: Annotated[
        str | None,
        typer.Option(
            "-f",
            "--format",
            metavar="EXT",
            show_default=False,
            help="jpg, png, webp or tif, instead of each input's own.",
        ),
    ] = None,
    recursive: Annotated[bool, typer.Option("-r", "--recursive", help="Subfolders too.")] = False,
    suffix: Annotated[
        str | None,
        typer.Option(
            metavar="S",
            show_default=False,
            help="Added to names ('_restored' where there is no -o).",
        ),
    ] = None,
    quality: Annotated[
        int | None,
        typer.Option(
            min=1, max=100, metavar="Q", show_default=False, help="Of JPEG and lossy WebP (95)."
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace results that exist already.")
    ] = False,
    max_megapixels: Megapixels = 200,
    device: Where = Device.auto,
    threads: Threads = None,
    fp32: Full = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Only errors.")] = False,
    verbose: Annotated[
        bool, typer.Option("-v", "--verbose", help="Device, engine, precision.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """burnish restore photo.jpg scans/ -o clean/ -d noise=25

    Restores pictures. What a dial is not told it estimates, where it can. Inputs are never changed.
    """
    one_thread_for_algebra()
    with starting():
        from ..images import endings
        from ..inference.job import Job
        from ..inference.names import not_followed, pair, passed_over
        from .console import Console

    extension = None if format is None else f".{format.lower().lstrip('.')}"
    target = None if output is None else Path(output)
    pairs = pair(
        inputs,
        target,
        as_folder=output is not None and output.endswith(("/", os.sep)),
        recursive=recursive,
        suffix=suffix,
        extension=extension,
    )
    settings, size = parse_settings(dial), parse_tile(tile)
    if not 0 <= strength <= 1:
        raise UsageError(
            f"--strength {strength:g} is out of range: from 0 (the input) to 1 (the full effect)"
        )
    if strength_map is not None and not strength_map.is_file():
        raise UsageError(f"--strength-map {strength_map}: no such file")
    mixed = None if strength_map is None else str(strength_map)
    jobs = [
        Job(
            str(s),
            str(t),
            model,
            settings,
            strength,
            mixed,
            size,
            quality,
            overwrite,
            max_megapixels or None,
        )
        for s, t in pairs
    ]
    console = Console(len(jobs), quiet=quiet, verbose=verbose, as_json=as_json)
    opened = open_model(model, settings)
    if passed := passed_over(inputs, recursive):
        console.notice(
            "passed over, of kinds that are not read: "
            + ", ".join(f"{count} {kind}" for kind, count in passed.items())
        )
    if recursive and (left := not_followed(inputs)):
        console.notice(left)
    if not jobs:
        further = "" if recursive else "; with -r, subfolders are looked into as well"
        raise InputError(f"no pictures found ({', '.join(endings())}){further}")
    if dry_run:
        raise typer.Exit(_plan_all(jobs, opened.contract.scale, console))
    raise typer.Exit(
        _restore_all(jobs, opened, console, device=device.value, threads=threads, fp32=fp32)
    )


def _restore_all(
    jobs: list[Any], model: Model, console: Any, *, device: str, threads: int | None, fp32: bool
) -> int:
    """Every job in turn. The exit status."""
    from ..inference.job import run_job

    if any(job.wanted for job in jobs):  # a folder where all is done loads no model
        with starting():
            opened = model.open(device=device, threads=threads, fp32=fp32)
        console.opened(opened)
    with console:
        status = _each(
            jobs,
            console,
            lambda job: console.done(
                run_job(job, model, progress=console.progress, notice=console.notice)
            ),
        )
    console.summary()
    return status


def _plan_all(jobs: list[Any], scale: int, console: Any) -> int:
    """What would be done, and what of it could not be, as far as the heads of the files tell.

    The exit status.
    """
    from ..inference.job import check_job

    def plan(job: Any) -> None:
        check_job(job, scale)
        console.planned(job)

    return _each(jobs, console, plan)


def _each(jobs: list[Any], console: Any, do: Callable[[Any], None]) -> int:
    """Does it to every job, whatever becomes of the others. The exit status."""
    failures = 0
    for job in jobs:
        try:
            do(job)
        except Exception as error:
            failures += 1
            console.failed(job, about_one(error))
    return 3 if failures else 0


@app.command(short_help="The models that ship.")
def models(as_json: AsJson = False) -> None:
    """burnish models

    The models that ship: task, dials, size, measured quality and speed, training data, licence.
    Then the filters, which have no weights.
    """
    from ..inference.classical import FILTERS, cards
    from ..inference.zoo import find, load, names
    from ..report.cards import describe, record

    shipped = [(find(name), load(name)) for name in names()]
    if as_json:
        for each in [
            *(record(path, model.contract, model.card) for path, model in shipped),
            *map(cards.record, FILTERS),
        ]:
            print(json.dumps(each))
        return
    print(
        "\n\n".join(
            [
                *(describe(path, model.contract, model.card) for path, model in shipped),
                cards.listing(),
            ]
        )
    )


@app.command(short_help="A model's card, or a picture's facts.")
def info(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", show_default=False, help="A model's name or file, or a picture."
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """burnish info photo

    A model's card, or a picture's facts.
    """
    from .. import images
    from ..inference.classical import cards, listed
    from ..inference.model import Model
    from ..inference.zoo import find, names
    from ..report.cards import describe, record

    if listed(file) and file not in names():
        print(json.dumps(cards.record(file)) if as_json else cards.describe(file))
        return
    if file in names() or file.endswith((".onnx", ".safetensors")):
        if file.endswith(".safetensors"):
            training_wing()
            from ..training.networks.restorer import Restorer

            restorer = Restorer.load(Path(file))
            path, contract, card = Path(file), restorer.contract, restorer.card
        else:
            path = find(file)
            model = Model(path)
            contract, card = model.contract, model.card
        print(
            json.dumps(record(path, contract, card))
            if as_json
            else describe(path, contract, card, whole=True)
        )
        return
    facts = images.facts(Path(file))
    print(
        json.dumps(facts)
        if as_json
        else "\n".join(f"{key:<12} {value}" for key, value in facts.items())
    )


@app.command(short_help="A shipped example at several dial positions.")
def demo(
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="Where the contact sheet goes.")
    ] = Path("burnish_demo.png"),
    threads: Threads = None,
) -> None:
    """burnish demo

    Restores a shipped example at several dial positions: one contact sheet, with the residual
    beside each.
    """
    from .demo import make_sheet

    print(make_sheet(output, say, threads=threads))
