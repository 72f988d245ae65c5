"""The contact sheet of a sweep, from the pieces that the points left in their folders."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from ...metrics import facts
from ..contact import Pixels, Shown, contact_sheet
from ..results import Entry
from .plan import Sweep
from .point import CROPS, result_in


def write_sheet(path: Path, folders: Sequence[tuple[str, Path]], sweep: Sweep) -> Path | None:
    """Writes the contact sheet and returns its path, or None where nothing was measured.

    folders: (name, folder of a point or row), in the order of the columns; the first seed of a name
    is shown.
    """
    columns: dict[str, tuple[Path, Entry]] = {}
    for name, folder in folders:
        wanted = not sweep.sheet.points or name in sweep.sheet.points
        entry = result_in(folder)
        if wanted and entry is not None and entry.measured:
            columns.setdefault(name, (folder / CROPS, entry))
    if not columns:
        return None
    places = {
        name: json.loads((crops / "names.json").read_text(encoding="utf-8"))
        for name, (crops, _) in columns.items()
    }
    first = next(iter(columns.values()))[0]
    several = []
    for i, picture in enumerate(next(iter(places.values()))):
        clean = _read(first / f"{i}.clean.png")
        restored = {}
        for name, (crops, entry) in columns.items():
            if picture not in places[name]:
                continue  # measured before other pictures were asked for
            piece = _read(crops / f"{places[name].index(picture)}.restored.png")
            if piece.shape[:2] == clean.shape[:2]:
                restored[name] = piece, _words(entry, picture, sweep.metrics[:2])
        several.append(Shown(picture, _read(first / f"{i}.spoiled.png"), clean, restored))
    return contact_sheet(path, several)


def _words(entry: Entry, picture: str, metrics: Sequence[str]) -> str:
    """The picture's own figures at the setting in the middle, which is the one that is shown."""
    settings = list(next(iter(entry.pictures.values())).values())
    figures = settings[len(settings) // 2].get(picture, {})
    known = [name for name in metrics if name in figures]
    return ", ".join(f"{name} {figures[name]:.{facts(name)[0]}f}" for name in known)


def _read(path: Path) -> Pixels:
    pixels = np.asarray(Image.open(path))
    return pixels if pixels.ndim == 3 else pixels[:, :, None]
