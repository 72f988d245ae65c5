"""The keys of a recipe's data: the damage, the pictures and pairs, and how crops are cut.

Here is checked, too, what can be seen of them before anything is read.
"""

# ruff: noqa: RUF009 (key() is dataclasses.field() with a meaning and a range)

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ...dataset.pairs import TEMPLATE, halves
from ...degrade import DEGRADATIONS
from ...errors import BurnishError, RecipeError
from ..data import Misread
from ..parts.strict import key


@dataclass(frozen=True)
class Damage:
    """One degradation, and the levels to train on.

    As a rule these are somewhat wider than what its dial advertises.
    """

    use: str = key(doc=f"its name ({', '.join(DEGRADATIONS)}), or a dotted path")
    args: Mapping[str, Any] = key({}, doc="its arguments")
    train: tuple[float, float] | None = key(
        None, doc="lowest and highest level to train on; without it, the dial's range"
    )
    name: str | None = key(
        None, doc="what its dial is called here; needed where one kind stands twice"
    )
    share: float = key(
        1.0,
        doc=(
            "share of the pictures that it happens to; to the others its level is that at "
            "which nothing happens"
        ),
        low=0,
        high=1,
    )
    shares: Mapping[str, float] = key(
        {},
        doc=(
            "shares of the pictures whose names match a pattern, such as {*_soft*: 0.3}, in place "
            "of `share`"
        ),
    )
    unless: str | None = key(
        None,
        doc=(
            "the dial of an earlier degradation: this one does not happen to the pictures that "
            "the other happened to"
        ),
    )
    misread: Misread | None = key(
        None,
        doc=(
            "whether the network is told a wrong level now and then, so that it forgives a "
            "dial that is turned too far"
        ),
    )


@dataclass(frozen=True)
class Measured:
    """A dial whose level is measured on each crop.

    The level is the RMS, in 8-bit steps, of what several degradations changed in it, so that they
    share one dial and it means the same for all of them.
    """

    name: str = key(doc="the dial")
    of: tuple[str, ...] = key(
        doc="the dials of the degradations; it is measured from before the first to behind the last"
    )
    misread: Misread | None = key(
        None, doc="whether the network is told a wrong level now and then"
    )


@dataclass(frozen=True)
class Pairs:
    """Pairs of a spoiled and a clean picture, and what the network is told of them.

    They lie in one folder or in two.
    """

    folder: str | None = key(
        None, doc="a folder that holds LQ|LR|noisy beside GT|HR|clean, or both sides by `names`"
    )
    spoiled: str | None = key(None, doc="in place of `folder`: the folder of the spoiled side")
    clean: str | None = key(None, doc="and that of the clean side")
    names: str | None = key(
        None,
        doc=(
            "the names of the spoiled side, a comma, and those of the clean side, such as "
            f"{TEMPLATE}"
        ),
    )
    weight: float = key(
        1.0, doc="its share of the crops, in proportion to the weights of the others", low=1e-6
    )
    level: Mapping[str, float] = key(
        {},
        doc="how bad the damage is, for every dial that the network is told, such as {noise: 25}",
    )


@dataclass(frozen=True)
class Data:
    """The pictures, which of them are left out, and how crops are cut.

    Folders and files are as seen from where the command runs.
    """

    folders: tuple[str, ...] = key(
        (), doc="folders of clean pictures, which the degradations spoil"
    )
    pack: str | None = key(
        None,
        doc=(
            "one file of pictures made by `python -m burnish.dataset.pack`, in place of the folders"
        ),
    )
    weight: float = key(
        1.0,
        doc="the clean pictures' share of the crops, in proportion to the weights of the pairs",
        low=1e-6,
    )
    pairs: tuple[Pairs, ...] = key((), doc="pairs, which are trained on as they are")
    leave_out: tuple[str, ...] = key(
        (),
        doc=(
            "names of pictures that are kept out of training, with their groups, and that "
            "validation uses"
        ),
    )
    groups: str | None = key(
        None,
        doc=(
            'a JSON file {"name": "group"} or [["name", "name"], ...]: pictures that have to '
            "stay together, such as those of one page"
        ),
    )
    leave_out_groups: tuple[str, ...] = key(
        (),
        doc=(
            "groups that are left out; those of a list of lists are called by their number, "
            "from 0 on"
        ),
    )
    hold_out: float = key(
        0.0,
        doc="share of the groups (or pictures, where there are none) to leave out besides",
        low=0,
        high=0.9,
    )
    cut: Literal["random", "grid", "resize", "hybrid", "whole"] = key(
        "random",
        doc="random: a crop anywhere; grid: the tiles of a picture, each once an epoch; "
        "resize: the whole picture brought to the crop's size; "
        "hybrid: as random, and pictures that are too small are enlarged or mirrored; "
        "whole: all of each picture, padded to the largest of the batch, which does not count "
        "in the loss",
    )
    crop: int = key(96, doc="side of a crop in pixels of the clean picture", low=8, high=4096)
    small: Literal["enlarge", "pad"] = key(
        "enlarge",
        doc=(
            "what becomes of pictures smaller than the crop where the cut is hybrid; pad "
            "mirrors them"
        ),
    )
    prefer_ink: float = key(
        0.0,
        doc=(
            "share of crops that are chosen by how much ink they hold (white is none); with "
            "cut random or hybrid"
        ),
        low=0,
        high=1,
    )
    scales: tuple[float, float] | None = key(
        None,
        doc=(
            "lowest and highest factor by which crops are resized, both sides alike; with cut "
            "random or hybrid"
        ),
    )
    batch: int = key(8, doc="crops in a batch", low=1, high=65536)
    workers: int = key(
        0,
        doc="processes that cut and spoil beside the training; 0 does it in between",
        low=0,
        high=256,
    )
    flips: bool = key(True, doc="mirror half of the crops")
    rotations: bool = key(True, doc="turn crops by 0, 90, 180 or 270 degrees")
    grey: float = key(
        0.0,
        doc=(
            "share of clean crops that are made grey before they are spoiled, so that all "
            "channels hold the same"
        ),
        low=0,
        high=1,
    )

    blended: float = key(
        0.0,
        doc=(
            "share of clean crops over which a crop of another picture is laid, as on film that "
            "was exposed twice; it makes many pictures of few for a network that finds things"
        ),
        low=0,
        high=1,
    )
    raw: bool = key(
        False,
        doc=(
            "take clean crops back to what a camera's sensor saw, four packed planes of half "
            "their side, before they are spoiled (as by RawNoise)"
        ),
    )
    tones: bool = key(
        False,
        doc=(
            "with raw: take the planes on to tones in which a sensor's noise is as strong "
            "everywhere, the light's root, so that it is what Noise adds"
        ),
    )

    @property
    def clean(self) -> bool:
        """True where there are clean pictures to be spoiled."""
        return bool(self.folders or self.pack)


def check_data(data: Data) -> None:
    """RecipeError for what contradicts itself, and for folders and files that are not there."""
    if not data.clean and not data.pairs:
        raise RecipeError("data: wants `folders` of clean pictures, or a `pack`, or `pairs`")
    free = data.cut in ("random", "hybrid")
    for name, given in (("prefer_ink", data.prefer_ink > 0), ("scales", data.scales is not None)):
        if given and not free:
            raise RecipeError(f"data.{name}: goes with cut random or hybrid, not with {data.cut}")
    if data.scales is not None and not 0.1 <= data.scales[0] <= data.scales[1] <= 10:
        raise RecipeError(
            f"data.scales: from {data.scales[0]:g} to {data.scales[1]:g} is no range; it goes "
            "from a lower to a higher factor between 0.1 and 10"
        )
    if data.raw and (data.pairs or data.grey):
        raise RecipeError(
            "data.raw: goes with clean colour pictures alone; leave out "
            f"data.{'pairs' if data.pairs else 'grey'}"
        )
    if data.tones and not data.raw:
        raise RecipeError("data.tones: are those of a sensor's planes; set data.raw, too")
    if data.blended and (data.pairs or data.raw or data.cut in ("grid", "whole")):
        raise RecipeError(
            "data.blended: goes with crops of clean pictures alone; leave out data.pairs and "
            "data.raw, and let data.cut be random, hybrid or resize"
        )
    if data.leave_out_groups and data.groups is None:
        raise RecipeError(
            "data.leave_out_groups: wants `groups`, a JSON file that says which picture is in "
            "which group"
        )
    for place, folder, what in _folders(data):
        want_folder(place, folder, what)
    for place, file in (("data.pack", data.pack), ("data.groups", data.groups)):
        want_file(place, file)


def _folders(data: Data) -> Iterator[tuple[str, str, str]]:
    """(place in the recipe, folder, what it is to hold) of all folders of a recipe's data."""
    for folder in data.folders if data.pack is None else ():
        yield "data.folders", folder, "clean pictures, as in data.folders=[FOLDER]"
    for i, pairs in enumerate(data.pairs):
        place = f"data.pairs.{i}"
        if (pairs.folder is not None) == (pairs.spoiled is not None or pairs.clean is not None) or (
            pairs.spoiled is None
        ) != (pairs.clean is None):
            raise RecipeError(f"{place}: wants either `folder`, or both `spoiled` and `clean`")
        try:
            halves(pairs.names or TEMPLATE)
        except BurnishError as error:
            raise RecipeError(f"{place}.{error}") from error
        for name in ("folder", "spoiled", "clean"):
            if (folder := getattr(pairs, name)) is not None:
                yield f"{place}.{name}", folder, "pairs"


def want_folder(place: str, folder: str, what: str) -> None:
    """RecipeError where it is no folder."""
    if not Path(folder).is_dir():
        raise RecipeError(
            f"{place}: {folder} is not a folder (seen from {Path.cwd()}); name one that holds "
            f"{what}"
        )


def want_file(place: str, file: str | None) -> None:
    """RecipeError where a file is named and is not there."""
    if file is not None and not Path(file).is_file():
        raise RecipeError(f"{place}: {file}: no such file")
