"""`burnish check`: what is wrong with a data set."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ...errors import UsageError
from ..app import app, say
from ..options import AsJson
from ..outputs import PAGE, RECIPE, prepare

Data = Annotated[
    Path,
    typer.Argument(
        metavar="DATA",
        show_default=False,
        help="Clean pictures, or pairs: lq|lr|noisy beside gt|hr|clean.",
    ),
]
Template = Annotated[
    str | None,
    typer.Option(
        metavar="TEMPLATE",
        show_default=False,
        help='Names, as in "{name}_real.jpg,{name}_mean.jpg".',
    ),
]
Validation = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER", show_default=False, help="Validation: nothing of DATA may be in it."
    ),
]
Scale = Annotated[
    int, typer.Option(metavar="N", min=1, max=16, help="How many times larger the clean side is.")
]
Crop = Annotated[int, typer.Option(metavar="N", min=8, help="Side of a crop, in clean pixels.")]
Page = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", show_default=False, help="A page with the files shown, and plots."
    ),
]
Recipe = Annotated[
    Path | None, typer.Option(metavar="FILE", show_default=False, help="Propose a recipe (YAML).")
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace a recipe that exists already.")
]


@app.command(short_help="What is wrong with a data set.")
def check(
    data: Data,
    pairs: Template = None,
    val: Validation = None,
    scale: Scale = 1,
    crop: Crop = 128,
    html: Page = None,
    recipe: Recipe = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """burnish check pairs/ --val validation/ --html page.html

    Says what is wrong with a data set before it is trained on. Exit status 3 where a training
    should not start.
    """
    from ...dataset.check import CheckSource
    from ...dataset.check import check as look
    from ..console import counting

    if html is not None:
        prepare(html, "--html", PAGE)
    if recipe is not None:
        _prepare_recipe(recipe, overwrite)
    with counting("looking") as progress:
        validation = CheckSource(val) if val is not None else None
        source = CheckSource(data, names=pairs)
        report = look(source, validation=validation, scale=scale, crop=crop, progress=progress)
    if html is not None:
        from ...dataset.check.show import write_report

        write_report(report, html)
    page = None if html is None else str(html)
    print(json.dumps(report.to_dict()) if as_json else report.to_text(page))
    if recipe is not None:
        from ...dataset.check.propose import write_recipe

        say("written: " + ", ".join(map(str, write_recipe(report, recipe))))
    raise typer.Exit(3 if report.errors else 0)


def _prepare_recipe(recipe: Path, overwrite: bool) -> None:
    """Sees that the recipe can be written, and replaces none that is there."""
    from ...dataset.check.propose import want_yaml

    want_yaml()
    prepare(recipe, "--recipe", RECIPE)
    if recipe.exists() and not overwrite:
        raise UsageError(f"--recipe {recipe}: exists already; --overwrite replaces it")
