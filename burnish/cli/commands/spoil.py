"""`burnish spoil`: pictures damaged on purpose."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...errors import InputError, UsageError
from ..app import app, each, say
from ..options import FORMATS, AsJson, Inputs, Megapixels, Output, Overwrite, Recursive
from ..outputs import pairs_of
from ..words import parse_settings

if TYPE_CHECKING:
    from ...degrade.files import Spoiled
    from ..console import Console

Dials = Annotated[
    list[str],
    typer.Option(
        "-d",
        "--dial",
        metavar="NAME=VALUE",
        show_default=False,
        help="What damage, and how bad.",
    ),
]
Use = Annotated[
    list[str],
    typer.Option(
        "--use",
        metavar="NAME[:ARG=VALUE,...]",
        show_default=False,
        help="Damage by its name; comes first.",
    ),
]
Seed = Annotated[int, typer.Option(metavar="N", min=0, help="Of all that is drawn.")]
Mask = Annotated[bool, typer.Option("--mask", help="Write where the damage is, as NAME_mask.png.")]
Format = Annotated[
    str | None,
    typer.Option(
        "-f",
        "--format",
        metavar="EXT",
        show_default=False,
        help=f"{FORMATS}.",
    ),
]
Suffix = Annotated[
    str | None,
    typer.Option(
        metavar="S", show_default=False, help="Added to names ('_spoiled' where there is no -o)."
    ),
]
List = Annotated[bool, typer.Option("--list", help="Every kind of damage, with its dial.")]


@app.command(short_help="Damage pictures on purpose.")
def spoil(
    inputs: Inputs = [],  # noqa: B006
    output: Output = None,
    dial: Dials = [],  # noqa: B006
    use: Use = [],  # noqa: B006
    seed: Seed = 0,
    mask: Mask = False,
    format: Format = None,
    recursive: Recursive = False,
    suffix: Suffix = None,
    overwrite: Overwrite = False,
    max_megapixels: Megapixels = 200,
    listing: List = False,
    as_json: AsJson = False,
) -> None:
    """burnish spoil photo.png -d blur=1.5,noise=25,quality=30 -o spoiled/

    Damages pictures on purpose, in the order of the dials. Inputs are never changed.
    """
    from ...degrade.files import check_masks, spoil_file, steps_of
    from ..console import Console

    if listing:
        print(_listing(as_json))
        return
    _want_inputs(inputs)
    steps = steps_of(use, parse_settings(dial))
    pairs = _pairs(inputs, output, recursive=recursive, suffix=suffix, format=format)
    if mask:
        check_masks(pairs, steps)
    console = Console(len(pairs), as_json=as_json)
    spoil_one = partial(
        spoil_file,
        steps=steps,
        seed=seed,
        with_mask=mask,
        overwrite=overwrite,
        max_megapixels=max_megapixels or None,
    )
    status = each(
        pairs,
        lambda pair: _say_what_became(spoil_one(*pair), console),
        lambda pair, error: console.failed(*pair, error),
    )
    raise typer.Exit(status)


def _want_inputs(inputs: list[Path]) -> None:
    """Raises UsageError where no picture is named."""
    if not inputs:
        raise UsageError(
            "name the pictures to damage, or folders of them; --list shows every kind of damage"
        )


def _pairs(
    inputs: list[Path],
    output: str | None,
    *,
    recursive: bool,
    suffix: str | None,
    format: str | None,
) -> list[tuple[Path, Path]]:
    """Pairs every picture with its target.

    A mask that an earlier run wrote is no picture, unless it is named.
    """
    from ...degrade.files import SUFFIX, is_mask
    from ...inference.targets import not_followed

    mark = SUFFIX if suffix is None and output is None else suffix
    found = pairs_of(inputs, output, recursive=recursive, suffix=mark, format=format)
    left = not_followed(inputs) if recursive else None
    if left:
        say(left)
    paths = [(Path(source), Path(target)) for source, target in found]
    pairs = [pair for pair in paths if pair[0] in inputs or not is_mask(pair[0])]
    if not pairs:
        raise InputError("no pictures found; with -r, subfolders are looked into as well")
    return pairs


def _say_what_became(done: Spoiled, console: Console) -> None:
    """Says what became of one picture, with the levels that were drawn."""
    for note in done.notes:
        console.aside(f"{done.source}: {note}")
    levels = "".join(f"  {name}={level:g}" for name, level in done.levels.items())
    said = f"{done.source} -> {done.target}{levels}" if done.status == "spoiled" else None
    console.result(asdict(done), said)


def _listing(as_json: bool) -> str:
    """Every kind of damage, as a table or as a JSON object a line."""
    from ...degrade.files import listing

    if as_json:
        return "\n".join(json.dumps(record) for record in listing())
    lines = [("degradation", "dial", "from..to", "default", "unit")]
    for kind in listing():
        remark = ""
        if kind["mask"]:
            remark = " (mask)"
        elif kind["scale"] > 1:
            remark = f" (makes the picture {kind['scale']} times smaller)"
        lines.append(
            (
                kind["name"],
                kind["dial"],
                f"{kind['low']:g}..{kind['high']:g}",
                f"{kind['default']:g}",
                kind["unit"] + remark,
            )
        )
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)
