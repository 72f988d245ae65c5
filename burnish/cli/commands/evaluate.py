"""`burnish evaluate`: models measured on clean pictures that are spoiled, or on pairs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...errors import UsageError
from ..app import app, say
from ..opening import as_file, training_wing
from ..options import AsJson, Full, Precise, Precision, Threads, Where
from ..outputs import FIGURES, PAGE, SHEET, prepare
from ..words import parse_levels, precision_of

if TYPE_CHECKING:
    from ...metrics.evaluate import FigureTable
    from ...study.results import Results
    from ...study.rows import Row

ModelsAndFolder = Annotated[
    list[str],
    typer.Argument(
        metavar="MODEL... FOLDER",
        show_default=False,
        help="Models, then a folder of clean pictures, or of pairs.",
    ),
]
Levels = Annotated[
    list[str],
    typer.Option(
        "-d",
        "--dial",
        metavar="NAME=A,B,C",
        show_default=False,
        help="Levels to spoil with and to set.",
    ),
]
MetricNames = Annotated[
    str, typer.Option(metavar="NAME,...", help="What is measured; docs/metrics.md lists them.")
]
Features = Annotated[
    str | None,
    typer.Option(
        metavar="NET[:FILE]", show_default=False, help="The network of the metric likeness."
    ),
]
Artefacts = Annotated[
    bool, typer.Option("--artefacts", help="Look for grids, smoothing, noise left, colour drift.")
]
Clip = Annotated[
    bool, typer.Option("--clip", help="Clip and round the spoiled pictures, as 8-bit files are.")
]
Crop = Annotated[
    int | None,
    typer.Option(
        min=0, metavar="N", show_default=False, help="Border that does not count (the scale)."
    ),
]
Figures = Annotated[
    Path | None, typer.Option(metavar="FILE", show_default=False, help="Every picture's figures.")
]
Page = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", show_default=False, help="A page with table, plots and a contact sheet."
    ),
]
Seed = Annotated[int, typer.Option(metavar="N", min=0, help="Of the test noise.")]


@app.command(short_help="Measure models on clean pictures that are spoiled, or on pairs.")
def evaluate(
    model: ModelsAndFolder,
    dial: Levels = [],  # noqa: B006
    metrics: MetricNames = "psnr,ssim",
    features: Features = None,
    artefacts: Artefacts = False,
    clip: Clip = False,
    crop: Crop = None,
    csv: Figures = None,
    html: Page = None,
    seed: Seed = 0,
    device: Where = "auto",
    threads: Threads = None,
    precision: Precise = Precision.auto,
    fp32: Full = False,
    as_json: AsJson = False,
) -> None:
    """burnish evaluate photo nlmeans median+photo kodak24/ -d noise=15,25,50

    Spoils clean pictures (or takes pairs), restores them, and prints figures with their definition,
    and the time. A+B is B after A.
    """
    from ...study.evaluate import compared, evaluate_row, metrics_of, write_comparison, write_csv

    models, folder = _models_and_folder(model)
    _prepare_files(csv, html, folder)
    if features:
        training_wing()
    wanted = [name.strip() for name in metrics.split(",") if name.strip()]
    measured = metrics_of(wanted, with_artefacts=artefacts or html is not None, features=features)
    levels = parse_levels(dial)
    rows = _opened(models, device, threads, precision_of(precision, fp32))
    tables = {
        row.name: evaluate_row(
            row, folder, levels, metrics=measured, clip=clip, seed=seed, crop=crop
        )
        for row in rows
    }
    if csv is not None:
        write_csv(csv, tables)
    costs = {row.name: row.cost for row in rows}
    results = compared(tables, wanted, costs, f"{', '.join(tables)} on {folder.name}")
    if html is not None:
        say(str(write_comparison(html, results, tables, rows, folder, levels, clip, seed)))
    print(_in_json(tables) if as_json else _in_text(tables, results))


def _models_and_folder(words: Sequence[str]) -> tuple[list[str], Path]:
    """The models, each once, and the folder, which comes last."""
    if len(words) < 2:
        raise UsageError(
            "name at least one model, and then a folder of pictures, as in burnish evaluate "
            "photo kodak24/ -d noise=25"
        )
    *models, folder = words
    return list(dict.fromkeys(models)), Path(folder)


def _opened(models: Sequence[str], device: str, threads: int | None, precision: str) -> list[Row]:
    """The models, opened, as rows of a table."""
    from ...study.rows import open_row

    return [
        open_row(
            as_file(name), name=name, device=device, threads=threads, precision=precision, say=say
        )
        for name in models
    ]


def _prepare_files(csv: Path | None, html: Path | None, folder: Path) -> None:
    """Sees that the table and the page can be written."""
    if csv is not None:
        prepare(csv, "--csv", FIGURES)
    if html is not None:
        prepare(html, "--html", PAGE)
        # The contact sheet beside the page.
        sheet = html.with_suffix(".jpg")
        prepare(sheet, "--html", SHEET, [folder])


def _in_json(tables: Mapping[str, FigureTable]) -> str:
    """The table of one model, or those of several by their names, as JSON."""
    records = {name: table.to_dict() for name, table in tables.items()}
    (first, *others) = records.values()
    return json.dumps(records if others else first)


def _in_text(tables: Mapping[str, FigureTable], results: Results) -> str:
    """The table of one model with what is wrong with its pictures, or several side by side."""
    from ...study.comparison import text
    from ...study.steps import in_text

    (first, *others) = tables.values()
    steps = [line for name, table in tables.items() for line in in_text(name, table)]
    if others:
        return "\n".join([text(results), *steps, first.conditions(), *first.left_out()])
    return "\n".join([first.to_text(), *steps, *results.entries[0].complaints()])
