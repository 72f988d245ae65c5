"""Commands that say what a model does to pictures: along its dials, on examples, beside others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ..errors import UsageError
from .app import app, say
from .opening import as_file, open_model, training_wing
from .options import AsJson, Device, Full, Threads, Where
from .words import parse_experts, parse_levels, parse_names


@app.command(short_help="A picture along a dial, side by side.")
def dial(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL", show_default=False, help="A shipped model's name, or a model file."
        ),
    ],
    picture: Annotated[
        Path, typer.Argument(metavar="PICTURE", show_default=False, help="A picture.")
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            metavar="OUT",
            show_default=False,
            help="The strip to write (.png, .jpg).",
        ),
    ],
    dial: Annotated[
        list[str],
        typer.Option(
            "-d",
            "--dial",
            metavar="NAME=A,B,C",
            show_default=False,
            help="Which dial, and where it stands.",
        ),
    ] = [],  # noqa: B006
    whole: Annotated[
        bool, typer.Option("--whole", help="All of the picture, not the piece with most detail.")
    ] = False,
    device: Where = Device.auto,
    threads: Threads = None,
    fp32: Full = False,
) -> None:
    """burnish dial photo scan.png -o strip.png -d noise=5,15,25,50

    Shows a piece of the picture at several settings, with what each took away below it. Other dials
    are set with -d NAME=A.
    """
    from ..study.dial.strip import strip
    from .outputs import SHEET, prepare

    levels = parse_levels(dial)
    several = [name for name, values in levels.items() if len(values) > 1] or list(levels)[:1]
    if len(several) > 1:
        raise UsageError(
            f"-d: one dial at a time is turned; {' and '.join(several)} have several values"
        )
    others = {name: values[0] for name, values in levels.items() if name not in several}
    turned = several[0] if several else None
    prepare(output, "-o", SHEET, [picture])
    opened = open_model(model, {})
    opened.open(device=device.value, threads=threads, fp32=fp32)
    print(
        strip(
            opened,
            picture,
            output,
            dial=turned,
            values=levels[turned] if turned else (),
            others=dict(others),
            side=None if whole else 256,
            say=say,
        )
    )


@app.command(short_help="How a dial behaves along its range.")
def smooth(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL", show_default=False, help="A shipped model's name, or a model file."
        ),
    ],
    folder: Annotated[
        Path,
        typer.Argument(metavar="FOLDER", show_default=False, help="A folder of clean pictures."),
    ],
    dial: Annotated[
        list[str],
        typer.Option(
            "-d",
            "--dial",
            metavar="NAME=A,B,C",
            show_default=False,
            help="What to spoil them with, and how much.",
        ),
    ],
    turn: Annotated[
        str | None,
        typer.Option(
            metavar="DIAL", show_default=False, help="Which dial is turned (that of the same name)."
        ),
    ] = None,
    expert: Annotated[
        list[str],
        typer.Option(
            metavar="LEVEL=MODEL",
            show_default=False,
            help="A model for one level alone, to compare with.",
        ),
    ] = [],  # noqa: B006
    settings: Annotated[
        int, typer.Option(min=3, metavar="N", help="Settings along the range.")
    ] = 21,
    side: Annotated[
        int | None,
        typer.Option(
            min=32,
            metavar="N",
            show_default=False,
            help="The middle N pixels of each picture alone.",
        ),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(metavar="FILE", show_default=False, help="A page with curves and gates."),
    ] = None,
    calibrated: Annotated[
        Path | None,
        typer.Option(
            "--calibrate",
            metavar="OUT",
            show_default=False,
            help="Keep the best settings as the dial (.safetensors).",
        ),
    ] = None,
    threads: Threads = None,
) -> None:
    """burnish smooth photo kodak24/ -d noise=10,25,50 --html page.html

    Restores pictures of known damage at many settings: best settings, bends, jumps, drift, and what
    a wrong setting costs. With two kinds of damage: how a model's two dials get along.
    """
    from ..degrade import damage_by
    from ..study.dial.smooth import psnr_at
    from ..study.dial.smooth import smooth as measure
    from ..study.dial.smooth_page import page, text
    from ..study.evaluate import Folder
    from ..study.rows import open_row
    from .outputs import PAGE, WEIGHTS, prepare

    levels = parse_levels(dial)
    if html is not None:
        prepare(html, "--html", PAGE)
    if calibrated is not None:
        training_wing()
        prepare(calibrated, "--calibrate", WEIGHTS, [Path(model)])
    if len(levels) == 2:
        from ..study.dial import grid

        pair = list(levels)
        row = open_row(as_file(model), name=model, device="cpu", threads=threads)
        both = grid.grid(
            row,
            Folder(folder),
            [damage_by(n, row.contract.scale) for n in pair],
            [*levels.values()],
            side=side,
            say=say,
        )
        print(grid.text(both))
        if html is not None:
            say(str(grid.page(html, both)))
        return
    if len(levels) != 1:
        raise UsageError(
            "-d: one kind of damage, such as -d noise=10,25,50, or two, for a model of two dials"
        )
    (name, true), pictures = next(iter(levels.items())), list(Folder(folder))
    row = open_row(as_file(model), name=model, device="cpu", threads=threads)
    damage = damage_by(name, row.contract.scale)
    others = {
        level: open_row(as_file(file), device="cpu", threads=threads)
        for level, file in parse_experts(expert).items()
    }
    found = measure(row, pictures, damage, true, turn=turn, settings=settings, side=side, say=say)
    experts = {
        level: psnr_at(other, pictures, damage, level, side=side) for level, other in others.items()
    }
    print(text(found))
    if html is not None:
        say(str(page(html, found, experts)))
    if calibrated is not None:
        from ..study.trained.calibrate import calibrate

        for level, setting in calibrate(Path(model), calibrated, found, damage):
            print(f"{name} {level:g} is {found.dial.name} {setting:.3g}")


@app.command(short_help="Which setting a few examples ask for.")
def tune(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL", show_default=False, help="A shipped model's name, or a model file."
        ),
    ],
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="PAIRS",
            show_default=False,
            help="A folder of pairs; or of pictures that have no clean side.",
        ),
    ],
    dial: Annotated[
        list[str],
        typer.Option(
            "-d",
            "--dial",
            metavar="NAME",
            show_default=False,
            help="Which dials (all), or strength.",
        ),
    ] = [],  # noqa: B006
    metric: Annotated[
        str, typer.Option(metavar="NAME", help="What is to be best; docs/metrics.md lists them.")
    ] = "psnr",
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            metavar="FOLDER",
            help="Where strips go, where there are no clean sides.",
        ),
    ] = Path("burnish_strips"),
    whole: Annotated[
        bool, typer.Option("--whole", help="All of each picture, not the piece with most detail.")
    ] = False,
    device: Where = Device.auto,
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:
    """burnish tune photo pairs/ -d noise -d strength

    Finds the dials' best settings on pairs (noisy beside clean), with the interval they come from.
    Without clean sides, shows strips to choose from.
    """
    from dataclasses import asdict

    from ..study.dial.tune import choose, next_step
    from ..study.dial.tune import tune as fit
    from ..study.evaluate import Pairs, holds_pairs
    from ..study.rows import open_row
    from .outputs import SHEET, prepare

    names = parse_names(dial)
    if not folder.is_dir() or not holds_pairs(folder):
        prepare(output / "strip.png", "-o", SHEET, [folder])
        say("no clean sides there, so your eyes choose:")
        opened = open_model(model, {})
        opened.open(device=device.value, threads=threads)
        for made in choose(opened, folder, output, dial=names[0] if names else None, say=say):
            print(json.dumps({"strip": str(made)}) if as_json else made)
        return
    row = open_row(as_file(model), name=model, device=device.value, threads=threads)
    found = fit(row, Pairs(folder), names, metric=metric, side=None if whole else 256, say=say)
    for tuned in found:
        print(json.dumps(asdict(tuned)) if as_json else tuned.sentence())
    if not as_json:
        print(next_step(model, found))


@app.command(short_help="Measure models on clean pictures that are spoiled, or on pairs.")
def evaluate(
    model: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL... FOLDER",
            show_default=False,
            help="Models, then a folder of clean pictures, or of pairs.",
        ),
    ],
    dial: Annotated[
        list[str],
        typer.Option(
            "-d",
            "--dial",
            metavar="NAME=A,B,C",
            show_default=False,
            help="Levels to spoil with and to set.",
        ),
    ] = [],  # noqa: B006
    metrics: Annotated[
        str, typer.Option(metavar="NAME,...", help="What is measured; docs/metrics.md lists them.")
    ] = "psnr,ssim",
    features: Annotated[
        str | None,
        typer.Option(
            metavar="NET[:FILE]", show_default=False, help="The network of the metric likeness."
        ),
    ] = None,
    artefacts: Annotated[
        bool,
        typer.Option("--artefacts", help="Look for grids, smoothing, noise left, colour drift."),
    ] = False,
    clip: Annotated[
        bool,
        typer.Option("--clip", help="Clip and round the spoiled pictures, as 8-bit files are."),
    ] = False,
    crop: Annotated[
        int | None,
        typer.Option(
            min=0, metavar="N", show_default=False, help="Border that does not count (the scale)."
        ),
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option(metavar="FILE", show_default=False, help="Every picture's figures."),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", show_default=False, help="A page with table, plots and a contact sheet."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Of the test noise.")] = 0,
    device: Where = Device.auto,
    threads: Threads = None,
    fp32: Full = False,
    as_json: AsJson = False,
) -> None:
    """burnish evaluate photo nlmeans median+photo kodak24/ -d noise=15,25,50

    Spoils clean pictures (or takes pairs), restores them, and prints figures with their definition,
    and the time. A+B is B after A.
    """
    from ..study.comparison import text
    from ..study.evaluate import compared, evaluate_row, metrics_of, write_comparison, write_csv
    from ..study.rows import open_row
    from .outputs import FIGURES, PAGE, SHEET, prepare

    if len(model) < 2:
        raise UsageError(
            "name at least one model, and then a folder of pictures, as in burnish evaluate "
            "photo kodak24/ -d noise=25"
        )
    *names, folder = model
    if csv is not None:
        prepare(csv, "--csv", FIGURES)
    if html is not None:
        prepare(html, "--html", PAGE)
        prepare(
            html.with_suffix(".jpg"), "--html", SHEET, [Path(folder)]
        )  # the contact sheet beside the page
    wanted = [name.strip() for name in metrics.split(",") if name.strip()]
    if features:
        training_wing()
    measured, levels = (
        metrics_of(wanted, with_artefacts=artefacts or html is not None, features=features),
        parse_levels(dial),
    )
    rows = [
        open_row(
            as_file(name), name=name, fp32=fp32, device=device.value, threads=threads, notice=say
        )
        for name in dict.fromkeys(names)
    ]
    tables = {
        row.name: evaluate_row(
            row, Path(folder), levels, metrics=measured, clip=clip, seed=seed, crop=crop
        )
        for row in rows
    }
    if csv is not None:
        write_csv(csv, tables)
    results = compared(
        tables,
        wanted,
        {row.name: row.cost for row in rows},
        f"{', '.join(tables)} on {Path(folder).name}",
    )
    if html is not None:
        say(str(write_comparison(html, results, rows, Path(folder), levels, clip, seed)))
    if as_json:
        print(
            json.dumps(
                next(iter(tables.values())).to_dict()
                if len(tables) == 1
                else {name: table.to_dict() for name, table in tables.items()}
            )
        )
    elif len(tables) == 1:
        print("\n".join([next(iter(tables.values())).to_text(), *results.entries[0].complaints()]))
    else:
        print(text(results), next(iter(tables.values())).conditions(), sep="\n")
