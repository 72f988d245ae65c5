"""Commands about pictures to train on: how to damage them, and what is wrong with them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from ..errors import UsageError
from .app import app, say
from .opening import training_wing
from .options import AsJson, Megapixels
from .words import parse_settings


@app.command(short_help="Damage pictures on purpose.")
def spoil(
    inputs: Annotated[
        list[Path],
        typer.Argument(metavar="INPUT", show_default=False, help="Pictures, or folders of them."),
    ] = [],  # noqa: B006
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
    dial: Annotated[
        list[str],
        typer.Option(
            "-d",
            "--dial",
            metavar="NAME=VALUE",
            show_default=False,
            help="What damage, and how bad.",
        ),
    ] = [],  # noqa: B006
    use: Annotated[
        list[str],
        typer.Option(
            "--use",
            metavar="NAME[:ARG=VALUE,...]",
            show_default=False,
            help="Damage by its name; comes first.",
        ),
    ] = [],  # noqa: B006
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Of all that is drawn.")] = 0,
    mask: Annotated[
        bool, typer.Option("--mask", help="Write where the damage is, as NAME_mask.png.")
    ] = False,
    format: Annotated[
        str | None,
        typer.Option(
            "-f", "--format", metavar="EXT", show_default=False, help="jpg, png, webp or tif."
        ),
    ] = None,
    recursive: Annotated[bool, typer.Option("-r", "--recursive", help="Subfolders too.")] = False,
    suffix: Annotated[
        str | None,
        typer.Option(
            metavar="S",
            show_default=False,
            help="Added to names ('_spoiled' where there is no -o).",
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace results that exist already.")
    ] = False,
    max_megapixels: Megapixels = 200,
    listing: Annotated[
        bool, typer.Option("--list", help="Every kind of damage, with its dial.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """burnish spoil photo.png -d blur=1.5,noise=25,quality=30 -o spoiled/

    Damages pictures on purpose, in the order of the dials. Inputs are never changed.
    """
    from ..degrade.files import SUFFIX, is_mask, listing_text, spoil_all, steps_of
    from ..degrade.files import listing as records
    from ..inference.names import not_followed, pair
    from .console import answer

    if listing:
        print("\n".join(json.dumps(record) for record in records()) if as_json else listing_text())
        return
    if not inputs:
        raise UsageError(
            "name the pictures to damage, or folders of them; --list shows every kind of damage"
        )
    steps, target = steps_of(use, parse_settings(dial)), None if output is None else Path(output)
    folder, extension = (
        output is not None and output.endswith(("/", os.sep)),
        None if format is None else f".{format.lower().lstrip('.')}",
    )
    mark = SUFFIX if suffix is None and target is None else suffix
    found = pair(
        inputs, target, as_folder=folder, recursive=recursive, suffix=mark, extension=extension
    )
    if recursive and (left := not_followed(inputs)):
        say(left)
    pairs = [
        (source, result) for source, result in found if source in inputs or not is_mask(source)
    ]
    raise typer.Exit(
        spoil_all(
            pairs,
            steps,
            say,
            answer,
            seed=seed,
            with_mask=mask,
            overwrite=overwrite,
            max_megapixels=max_megapixels or None,
            as_json=as_json,
        )
    )


@app.command(short_help="What is wrong with a data set.")
def check(
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA",
            show_default=False,
            help="Clean pictures, or pairs: lq|lr|noisy beside gt|hr|clean.",
        ),
    ],
    pairs: Annotated[
        str | None,
        typer.Option(
            metavar="TEMPLATE",
            show_default=False,
            help='Names, as in "{name}_real.jpg,{name}_mean.jpg".',
        ),
    ] = None,
    val: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", show_default=False, help="Validation: nothing of DATA may be in it."
        ),
    ] = None,
    scale: Annotated[
        int,
        typer.Option(metavar="N", min=1, max=16, help="How many times larger the clean side is."),
    ] = 1,
    crop: Annotated[
        int, typer.Option(metavar="N", min=8, help="Side of a crop, in clean pixels.")
    ] = 128,
    html: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", show_default=False, help="A page with the files shown, and plots."
        ),
    ] = None,
    recipe: Annotated[
        Path | None,
        typer.Option(metavar="FILE", show_default=False, help="Propose a recipe (YAML)."),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a recipe that exists already.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """burnish check pairs/ --val validation/ --html page.html

    Says what is wrong with a data set before it is trained on. Exit status 3 where a training
    should not start.
    """
    from ..dataset.check import Source
    from ..dataset.check import check as look
    from .console import counting
    from .outputs import PAGE, RECIPE, prepare

    if html is not None:
        prepare(html, "--html", PAGE)
    if recipe is not None:
        training_wing()
        prepare(recipe, "--recipe", RECIPE)
        if recipe.exists() and not overwrite:
            raise UsageError(f"--recipe {recipe}: exists already; --overwrite replaces it")
    with counting("looking") as progress:
        validation = Source(val) if val is not None else None
        report = look(
            Source(data, names=pairs),
            validation=validation,
            scale=scale,
            crop=crop,
            progress=progress,
        )
    if html is not None:
        from ..dataset.check.show import write_report

        write_report(report, html)
    print(
        json.dumps(report.to_dict())
        if as_json
        else report.to_text(None if html is None else str(html))
    )
    if recipe is not None:
        from ..dataset.check.propose import write_recipe

        say("written: " + ", ".join(map(str, write_recipe(report, recipe))))
    raise typer.Exit(3 if report.errors else 0)
