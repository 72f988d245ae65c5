"""The first look: a shipped example restored at several dial positions, on one contact sheet with
the residual beside each.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from pathlib import Path

import numpy as np

from .. import images
from ..inference.zoo import load
from ..report.sheet import Cell, residual_picture, sheet
from .outputs import SHEET, prepare

EXAMPLE = "demo.png"
LEVELS = (10.0, 25.0, 50.0)
#: how much the residual is amplified on the sheet
GAIN = 3.0


def make_sheet(target: Path, say: Callable[[str], None], *, threads: int | None = None) -> Path:
    """Writes the sheet and returns where it is."""
    prepare(target, "-o", SHEET)
    pixels = images.read(Path(str(resources.files("burnish.cli") / EXAMPLE))).pixels
    model = load()
    opened = model.open(threads=threads)
    say(f"on {opened.device}, {opened.backend}, {opened.precision}")
    found = model.settings({}, pixels)
    before = np.ascontiguousarray(pixels[0].transpose(1, 2, 0))
    rows = [
        [
            Cell(before, "the example: a photograph with noise 25, 8 bits"),
            Cell(np.full_like(before, 0.5), f"what was taken away, x{GAIN:g}"),
        ]
    ]
    positions = [(found, 1.0, f"noise=auto: {found[0]:.1f} was found")]
    positions += [((level,), 1.0, f"noise={level:g}") for level in LEVELS]
    positions += [(found, 0.6, "noise=auto, --strength 0.6")]
    for settings, strength, caption in positions:
        after = np.clip(model.restore(pixels, settings, strength)[0].transpose(1, 2, 0), 0, 1)
        say(caption)
        rows.append([Cell(after, caption), Cell(residual_picture(before, after, GAIN), "")])
    sheet(
        [[cell for row in pair for cell in row] for pair in (rows[0:2], rows[2:4], rows[4:6])],
        target,
    )
    return target
