"""`burnish smooth`: what a dial does along its range, or what a model's two dials do together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...errors import UsageError
from ..app import app, say
from ..opening import as_file, training_wing
from ..options import Model, Threads
from ..outputs import PAGE, WEIGHTS, prepare
from ..words import parse_experts, parse_levels

if TYPE_CHECKING:
    from ...degrade import Degradation
    from ...study.dial.smooth import Smoothness
    from ...study.evaluate import Folder
    from ...study.rows import Row

Clean = Annotated[
    Path,
    typer.Argument(metavar="FOLDER", show_default=False, help="A folder of clean pictures."),
]
Levels = Annotated[
    list[str],
    typer.Option(
        "-d",
        "--dial",
        metavar="NAME=A,B,C",
        show_default=False,
        help="What to spoil them with, and how much.",
    ),
]
Turn = Annotated[
    str | None,
    typer.Option(
        metavar="DIAL", show_default=False, help="Which dial is turned (that of the same name)."
    ),
]
Experts = Annotated[
    list[str],
    typer.Option(
        metavar="LEVEL=MODEL",
        show_default=False,
        help="A model for one level alone, to compare with.",
    ),
]
Settings = Annotated[int, typer.Option(min=3, metavar="N", help="Settings along the range.")]
Side = Annotated[
    int | None,
    typer.Option(
        min=32, metavar="N", show_default=False, help="The middle N pixels of each picture alone."
    ),
]
Page = Annotated[
    Path | None,
    typer.Option(metavar="FILE", show_default=False, help="A page with curves and gates."),
]
Calibrated = Annotated[
    Path | None,
    typer.Option(
        "--calibrate",
        metavar="OUT",
        show_default=False,
        help="Keep the best settings as the dial (.safetensors).",
    ),
]


@app.command(short_help="How a dial behaves along its range.")
def smooth(
    model: Model,
    folder: Clean,
    dial: Levels,
    turn: Turn = None,
    expert: Experts = [],  # noqa: B006
    settings: Settings = 21,
    side: Side = None,
    html: Page = None,
    calibrated: Calibrated = None,
    threads: Threads = None,
) -> None:
    """burnish smooth photo kodak24/ -d noise=10,25,50 --html page.html

    Restores pictures of known damage at many settings: best settings, bends, jumps, drift, and what
    a wrong setting costs. With two kinds of damage: how a model's two dials get along.
    """
    from ...degrade import damage_by
    from ...study.evaluate import Folder
    from ...study.rows import open_row

    # What is asked, checked before the work.
    levels = parse_levels(dial)
    _check_options(levels, turn=turn, expert=expert, calibrated=calibrated)
    if html is not None:
        prepare(html, "--html", PAGE)
    if calibrated is not None:
        training_wing()
        prepare(calibrated, "--calibrate", WEIGHTS, [Path(model)])

    # The model, and the damage that it is measured on.
    pictures = Folder(folder)
    row = open_row(as_file(model), name=model, device="cpu", threads=threads)
    damages = [damage_by(name, row.contract.scale) for name in levels]
    if len(levels) == 2:
        _measure_two(row, pictures, damages, levels, side=side, html=html)
        return
    (true,) = levels.values()
    experts = _experts(expert, threads)
    found = _measure_one(
        row, pictures, damages[0], true, experts, turn=turn, settings=settings, side=side, html=html
    )
    if calibrated is not None:
        _calibrate(Path(model), calibrated, found, damages[0])


def _experts(words: Sequence[str], threads: int | None) -> dict[float, Row]:
    """The networks for one level each, by their level."""
    from ...study.rows import open_row

    return {
        level: open_row(as_file(file), device="cpu", threads=threads)
        for level, file in parse_experts(words).items()
    }


def _check_options(
    levels: Mapping[str, Sequence[float]],
    *,
    turn: str | None,
    expert: Sequence[str],
    calibrated: Path | None,
) -> None:
    """Raises UsageError for options that do not go together.

    There have to be one or two kinds of damage, and two leave no place for some options.
    """
    if len(levels) not in (1, 2):
        raise UsageError(
            "-d: one kind of damage, such as -d noise=10,25,50, or two, for a model of two dials"
        )
    given = {"--turn": turn is not None, "--expert": expert, "--calibrate": calibrated is not None}
    for option, there in given.items():
        if len(levels) == 2 and there:
            raise UsageError(f"{option}: goes with one kind of damage; leave it out, or name one")


def _measure_one(
    row: Row,
    pictures: Folder,
    damage: Degradation,
    levels: Sequence[float],
    experts: Mapping[float, Row],
    *,
    turn: str | None,
    settings: int,
    side: int | None,
    html: Path | None,
) -> Smoothness:
    """Turns one dial, says what was found, and writes the page of it."""
    from ...study.dial.smooth import psnr_at
    from ...study.dial.smooth import smooth as measure
    from ...study.dial.smooth_page import page, text

    held = list(pictures)
    found = measure(row, held, damage, levels, turn=turn, settings=settings, side=side, say=say)
    reached = {
        level: psnr_at(expert, held, damage, level, side=side) for level, expert in experts.items()
    }
    print(text(found))
    if html is not None:
        say(str(page(html, found, reached)))
    return found


def _calibrate(model: Path, target: Path, found: Smoothness, damage: Degradation) -> None:
    """Keeps the best settings that were found as the dial of another file."""
    from ...study.trained.calibrate import calibrate

    for level, setting in calibrate(model, target, found, damage):
        print(f"{damage.dial.name} {level:g} is {found.dial.name} {setting:.3g}")


def _measure_two(
    row: Row,
    pictures: Folder,
    damages: Sequence[Degradation],
    levels: Mapping[str, Sequence[float]],
    *,
    side: int | None,
    html: Path | None,
) -> None:
    """Turns both dials of a model, says what was found, and writes the page of it."""
    from ...study.dial import grid

    found = grid.grid(row, pictures, damages, [*levels.values()], side=side, say=say)
    print(grid.text(found))
    if html is not None:
        say(str(grid.page(html, found)))
