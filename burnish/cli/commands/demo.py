"""`burnish demo`, the first look: a shipped example restored at several dial positions, and one
that is dirty mended."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...ground.remarks import Say
from ..app import app, say
from ..options import Threads
from ..outputs import SHEET, prepare

if TYPE_CHECKING:
    from ...images import Picture
    from ...report.sheet import Cell

#: the example beside this file: a photograph with noise 25, in 8 bits
EXAMPLE = "demo.png"
#: the dial positions that are shown besides the estimated one
LEVELS = (10.0, 25.0, 50.0)
#: how much the residual is amplified on the sheet
GAIN = 3.0
#: how much dust, and how many hairs, lie on the example for `scratch`
DIRT = 0.25


Sheet = Annotated[
    Path, typer.Option("-o", "--output", metavar="FILE", help="Where the contact sheet goes.")
]


@app.command(short_help="A shipped example at several dial positions.")
def demo(output: Sheet = Path("burnish_demo.png"), threads: Threads = None) -> None:
    """burnish demo

    Restores a shipped example at several dial positions: one contact sheet, with the residual
    beside each. Below, dirt that is drawn over it is found, shown as a mask, and mended.
    """
    print(make_sheet(output, say, threads=threads))


def make_sheet(target: Path, say: Say, *, threads: int | None = None) -> Path:
    """Writes the sheet as `target`, and returns that.

    say: is told the device, and each setting when it is done. threads: of the processor.
    """
    from importlib import resources

    import numpy as np

    from ... import images
    from ...inference.zoo import load
    from ...pipeline import ask
    from ...report.sheet import Cell, residual_picture, sheet

    # The example, and what its noise is.
    prepare(target, "-o", SHEET)
    picture = images.read(Path(str(resources.files(__package__) / EXAMPLE)))
    model = load()
    opened = model.open(threads=threads)
    say(f"on {opened.device}, {opened.backend}, {opened.precision}")
    found = float(np.max(model.settle(picture).dials["noise"]))
    before = np.ascontiguousarray(picture.pixels[0].transpose(1, 2, 0))

    # Each setting, with what it took away beside it.
    rows = [
        [
            Cell(before, "the example: a photograph with noise 25, 8 bits"),
            Cell(np.full_like(before, 0.5), f"what was taken away, x{GAIN:g}"),
        ]
    ]
    positions = [(found, 1.0, f"noise=auto: {found:.1f} was found")]
    positions += [(level, 1.0, f"noise={level:g}") for level in LEVELS]
    positions += [(found, 0.6, "noise=auto, --strength 0.6")]
    for level, strength, caption in positions:
        restored = model.restore(picture, ask(model.contract, {"noise": level}, strength))
        after = np.clip(restored.picture.pixels[0].transpose(1, 2, 0), 0, 1)
        say(caption)
        rows.append([Cell(after, caption), Cell(residual_picture(before, after, GAIN), "")])

    # Two settings beside each other.
    pairs = [[*rows[at], *rows[at + 1]] for at in range(0, len(rows), 2)]
    restored = model.restore(picture, ask(model.contract, {"noise": found}))
    sheet([*pairs, mending_row(restored.picture, say, threads=threads)], target)
    return target


def mending_row(picture: Picture, say: Say, *, threads: int | None = None) -> list[Cell]:
    """The picture with dirt drawn over it, what is found, the picture mended, and the change."""
    import numpy as np

    from ...degrade.film import dust, hair
    from ...inference.zoo import load
    from ...report.sheet import Cell, residual_picture

    # Dust and hairs, always the same.
    dirty = picture.pixels
    amount = np.full((1, 1, 1, 1), DIRT, np.float32)
    for kind in (dust.dust(bright=1.0), hair.hair()):
        dirty = kind.spoil(dirty, amount, np.random.default_rng(1))

    # Found and mended.
    model = load("scratch")
    model.open(threads=threads)
    restored = model.restore(picture.with_pixels(dirty))
    assert restored.mask is not None  # a model that mends gives what it mended
    say("-m scratch")
    before, after = (
        np.clip(pixels[0].transpose(1, 2, 0), 0, 1) for pixels in (dirty, restored.picture.pixels)
    )
    return [
        Cell(before, "dust and a hair, drawn over it"),
        Cell(restored.mask, "-m scratch --mask-out: what was found"),
        Cell(after, "-m scratch: mended"),
        Cell(residual_picture(before, after, GAIN), ""),
    ]
