"""The data check at the start of a run.

It says what headers alone tell of its pictures, before any of them is decoded.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...dataset.check import CheckSource, quick
from ...dataset.check.report import in_words
from ...ground.remarks import Say
from ..recipe.data import Data


def check_pictures(data: Data, validation: Sequence[str], scale: int, say: Say) -> None:
    """Says what is odd about the pictures of a stage.

    `validation` are folders of clean pictures to validate on; `scale` says how many times larger
    the clean side is. DataError where they cannot be trained on.
    """
    clean = [CheckSource(Path(folder)) for folder in data.folders] if data.pack is None else []
    pairs = [
        CheckSource(_path(p.folder), spoiled=_path(p.spoiled), clean=_path(p.clean), names=p.names)
        for p in data.pairs
    ]
    held = [CheckSource(Path(folder)) for folder in validation]
    if not (clean or pairs):
        return
    # Sizes are checked when crops are cut: pictures that are left out may be small.
    report = quick(clean, pairs=pairs, validation=held, scale=scale)
    report.refuse()
    for finding in report.findings:
        if finding.severity == "warning":
            say(in_words(finding))


def _path(place: str | None) -> Path | None:
    return Path(place) if place else None
