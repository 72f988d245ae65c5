"""The data check at the start of a run: what headers alone tell of its pictures, before any of them
is decoded.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ...dataset.check import Source, quick
from ...dataset.check.report import in_words
from ..recipe.recipe import Recipe


def check_pictures(recipe: Recipe, scale: int, notice: Callable[[str], None]) -> None:
    """Says what is odd about the pictures of a recipe (of one stage).

    DataError where they cannot be trained on.
    """
    data = recipe.data
    clean = [Source(Path(folder)) for folder in data.folders] if data.pack is None else []
    pairs = [
        Source(_path(p.folder), spoiled=_path(p.spoiled), clean=_path(p.clean), names=p.names)
        for p in data.pairs
    ]
    held = [Source(Path(folder)) for folder in recipe.validation.folders]
    if not (clean or pairs):
        return
    report = quick(
        clean, pairs=pairs, validation=held, scale=scale
    )  # sizes: when they are cut, those left out may be small
    report.refuse()
    for finding in report.findings:
        if finding.severity == "warning":
            notice(in_words(finding))


def _path(place: str | None) -> Path | None:
    return Path(place) if place else None
