"""What `burnish evaluate` does: tables of models on a folder, and a page that compares them.

The folder holds clean pictures, or pairs.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from .. import images
from ..contract import Contract
from ..dataset.pairs import match
from ..degrade import Degradation, damage_by, owned
from ..errors import DataError, DialError, InputMissing, UsageError
from ..ground.channels import from_channels
from ..ground.files import atomic_write
from ..ground.tables import no_such
from ..images import Picture
from ..inference.targets import pictures_in
from ..metrics import LIKENESS, METRICS, Metric
from ..metrics.artefacts import OF_PICTURES
from ..metrics.evaluate import (
    FigureTable,
    Settings,
    evaluate,
    evaluate_pairs,
    spoiled_picture,
    told,
    wish,
)
from ..pipeline import Asked, ask
from ..report.page import paragraph, picture_file, section, write_page
from .comparison import artefacts, figures, fronts
from .contact import Shown, contact_sheet, corner, piece_of
from .machine import processor
from .measures import measures
from .results import Entry, Results, figures_of
from .rows import Row
from .steps import on_page

#: pictures on the contact sheet
SHOWN = 3
#: side of their pieces, in pixels
SIDE = 160


class Folder:
    """The pictures of a folder, as (name, clean) in the order of their names.

    They are read one at a time.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_dir():
            raise InputMissing(f"{path}: no such folder; evaluate wants a folder of clean pictures")
        self.files = pictures_in(path)
        if not self.files:
            raise InputMissing(f"{path}: no pictures in this folder")

    def __length_hint__(self) -> int:
        return len(self.files)

    def __iter__(self) -> Iterator[tuple[str, Picture]]:
        return ((file.name, images.read(file)) for file in self.files)


class PicturePairs:
    """The pairs of a folder that holds noisy (LQ, LR) beside clean (GT, HR), read one at a time.

    Each is (name, spoiled, clean, nothing that is told).
    """

    def __init__(self, path: Path) -> None:
        found = match(path)
        if found.problems or not found.pairs:
            raise DataError(
                f"{path}: {found.problems[0].text if found.problems else 'no pairs there'}"
            )
        self.pairs = found.pairs

    def __iter__(self) -> Iterator[tuple[str, Picture, Picture, Settings]]:
        return (
            (pair.name, images.read(pair.spoiled), images.read(pair.clean), {})
            for pair in self.pairs
        )


def holds_pairs(folder: Path) -> bool:
    """Whether it has no pictures of its own, but two folders of them that make pairs."""
    try:
        return not pictures_in(folder) and bool(match(folder).pairs)
    except (OSError, DataError):
        return False


def evaluate_row(
    row: Row,
    folder: Path,
    levels: Mapping[str, Sequence[float]],
    *,
    metrics: Sequence[Metric],
    clip: bool = False,
    seed: int = 0,
    crop: int | None = None,
) -> FigureTable:
    """Measures a row on every clean picture at every combination of levels, or on every pair.

    levels: such as {"noise": [15, 25, 50]}; without them the folder's pairs are taken as they are,
    and the dials are found on each. crop: border that does not count; without it, the scale of a
    model that enlarges. Raises UsageError for a level that no degradation owns.
    """
    grey = np.full((1, row.contract.channels_in, 64, 64), 0.5, np.float32)
    defaults = Asked({dial.name: dial.default for dial in row.contract.dials})
    row.restore(Picture(grey), defaults)  # what is loaded at the first picture is not timed
    scale = row.contract.scale
    usual = scale if scale > 1 else 0
    border = usual if crop is None else crop
    if not levels and holds_pairs(folder):
        return evaluate_pairs(row, PicturePairs(folder), metrics, crop=border)
    damage, settings = _damage(levels, row.contract)
    return evaluate(
        row, Folder(folder), settings, damage, metrics, clip=clip, seed=seed, crop=border
    )


def _damage(
    levels: Mapping[str, Sequence[float]], contract: Contract
) -> tuple[list[Degradation], list[dict[str, float]]]:
    if not levels:
        raise UsageError(
            "say what to spoil the pictures with, such as -d noise=15,25,50; or name a folder "
            "of pairs (noisy beside clean)"
        )
    damage = [_by_level(name, contract) for name in levels]
    for degradation in damage:
        dial = degradation.dial
        for level in levels[dial.name]:
            if not degradation.possible(level):
                raise DialError(
                    f"-d {dial.name}={level:g}: there is no such damage; the dial goes from "
                    f"{dial.low:g} to {dial.high:g} ({dial.unit})"
                )
    return damage, [
        dict(zip(levels, point, strict=True)) for point in itertools.product(*levels.values())
    ]


def _by_level(name: str, contract: Contract) -> Degradation:
    """The damage that a dial of this name stands for; or, where none does, a dial of the model that
    is set and spoils nothing.
    """
    dials = {dial.name: dial for dial in contract.dials}
    if name in dials and not owned(name):
        return wish(dials[name])
    return damage_by(name, contract.scale)


def compared(
    tables: Mapping[str, FigureTable],
    names: Sequence[str],
    costs: Mapping[str, Mapping[str, float]],
    title: str,
) -> Results:
    """Returns the tables of several models as results.

    names: of the metrics; costs: by model, what is known of it besides its time.
    """
    entries = []
    for model, table in tables.items():
        kind = {None: "pairs", True: "8-bit", False: "float"}[table.clip]
        found = figures_of({kind: table})
        seconds = found.pop("seconds")
        entries.append(Entry(model, cost={**costs.get(model, {}), "seconds": seconds}, **found))
    return Results(title, list(names), entries, processor())


def write_csv(path: Path, tables: Mapping[str, FigureTable]) -> None:
    """Writes the tables' lines below each other, whole or not at all.

    With several models, the model's name comes first; and where they are not measured alike (grey
    of one, colour of another), the definitions stand behind each line.
    """
    if len(tables) == 1:
        atomic_write(path, next(iter(tables.values())).to_csv().encode(errors="backslashreplace"))
        return
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    (header, *_), *others = (table.lines() for table in tables.values())
    alike = all(header == other[0] for other in others)
    if not alike:
        bare = {
            stamp: metric
            for metric, stamp in next(iter(tables.values())).definitions(of_means=False).items()
        }
        header = [*(bare.get(word, word) for word in header), "definitions"]
    writer.writerow(["model", *header])
    for name, table in tables.items():
        behind = [] if alike else ["; ".join(table.definitions(of_means=False).values())]
        writer.writerows([name, *line, *behind] for line in table.lines()[1:])
    atomic_write(path, text.getvalue().encode(errors="backslashreplace"))


def write_comparison(
    path: Path,
    results: Results,
    tables: Mapping[str, FigureTable],
    rows: Sequence[Row],
    folder: Path,
    levels: Mapping[str, Sequence[float]],
    clip: bool,
    seed: int,
) -> Path:
    """Writes the page with the table, each step of a chain, quality against time, the artefacts
    and the contact sheet.

    The sheet is written beside it as .jpg too.
    """
    sheet = contact_sheet(path.with_suffix(".jpg"), list(_shown(rows, folder, levels, clip, seed)))
    parts = [
        section("Figures", figures(results)),
        *on_page(tables),
        section("Quality and cost", fronts(results)),
        section("What is wrong with the results", artefacts(results)),
    ]
    parts.append(
        section(
            "Pictures",
            [
                paragraph("At the setting in the middle; below each, what is left of the error."),
                picture_file(sheet),
            ],
        )
    )
    return write_page(path, results.title, parts)


def _shown(
    rows: Sequence[Row], folder: Path, levels: Mapping[str, Sequence[float]], clip: bool, seed: int
) -> Iterator[Shown]:
    for name, spoiled, clean, setting in itertools.islice(
        _spoiled(rows[0], folder, levels, clip, seed), SHOWN
    ):
        times = clean.size[1] // spoiled.size[1]
        place = corner(clean.pixels, SIDE, times=times)
        restored = {}
        for row in rows:
            asked = ask(row.contract, told(row.contract, setting))
            pixels = row.restore(spoiled, asked).picture.pixels
            pixels = from_channels(pixels, min(pixels.shape[1], row.contract.channels_out))
            restored[row.name] = (piece_of(pixels, *place), "")
        yield Shown(
            name,
            piece_of(spoiled.pixels, *place, times),
            piece_of(clean.pixels, *place),
            restored,
        )


def _spoiled(
    row: Row, folder: Path, levels: Mapping[str, Sequence[float]], clip: bool, seed: int
) -> Iterator[tuple[str, Picture, Picture, Settings]]:
    """(name, spoiled, clean, setting) at the setting in the middle."""
    if not levels:
        yield from PicturePairs(folder)
        return
    damage, settings = _damage(levels, row.contract)
    setting = settings[len(settings) // 2]
    for place, (name, clean) in enumerate(Folder(folder)):
        yield name, spoiled_picture(clean, setting, damage, seed, place, clip), clean, setting


def metrics_of(
    names: Sequence[str], *, with_artefacts: bool = False, features: str | None = None
) -> list[Metric]:
    """Returns the metrics (and usual artefacts) of these names.

    features: NETWORK or NETWORK:FILE, for likeness. Raises UsageError with the choices.
    """
    for name in names:
        if name not in [*METRICS, LIKENESS]:
            raise UsageError(f"--metrics: {no_such('metric', name, [*METRICS, LIKENESS])}")
    if LIKENESS in names and not features:
        raise UsageError(
            "--metrics likeness wants a network: --features VGG16, or --features SqueezeNet:FILE"
        )
    network, _, file = (features or "").partition(":")
    try:
        return measures(names, OF_PICTURES if with_artefacts else (), network, file or None)
    except ValueError as error:
        raise UsageError(f"--features {features}: {error}") from error
