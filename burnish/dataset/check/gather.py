"""The units of a data set, each a picture or a pair, and what is wrong with its files' names.

No file is opened.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import DataError
from ...ground.files import linked_folders
from ...images import endings, unread_endings
from ..pairs import Matched, has_pairs, match, pictures_below
from .findings import Found


@dataclass(frozen=True)
class Unit:
    """One thing to train on: a picture or a pair."""

    #: the clean file as seen from its folder, with slashes
    name: str
    #: the clean file
    clean: Path
    #: the spoiled file, or None where the training spoils the picture itself
    spoiled: Path | None = None

    @property
    def files(self) -> tuple[Path, ...]:
        """The files of the unit, the spoiled side first."""
        return (self.clean,) if self.spoiled is None else (self.spoiled, self.clean)


@dataclass(frozen=True)
class CheckSource:
    """Where pictures come from: one folder, or `spoiled` and `clean`."""

    #: the folder of clean pictures, or of both sides
    folder: Path | None = None
    #: the folder of the spoiled side
    spoiled: Path | None = None
    #: the folder of the clean side
    clean: Path | None = None
    #: a template of names for pairs, such as "{name}_real.jpg,{name}_mean.jpg"
    names: str | None = None

    @property
    def words(self) -> str:
        """The folders, as a sentence names them."""
        return ", ".join(
            str(path) for path in (self.folder, self.spoiled, self.clean) if path is not None
        )


def gather(source: CheckSource, pairs: bool | None = None) -> tuple[list[Unit], list[Found]]:
    """Returns the units of a source, in order, and what is wrong with its names.

    pairs: whether the source holds pairs; None looks whether it does. Raises DataError where a
    folder is missing.
    """
    for path in (source.folder, source.spoiled, source.clean):
        if path is not None and not path.is_dir():
            raise DataError(f"{path}: not a folder; name one that holds pictures")
    if pairs is None:
        pairs = source.names is not None or source.folder is None or has_pairs(source.folder)

    # what is wrong with any file
    folders = [f for f in (source.folder, source.spoiled, source.clean) if f is not None]
    files = [path for folder in folders for path in _files(folder)]
    found = [*_unsupported(files), *_same_but_case(files)]

    # the units, and what is in none
    known = endings()
    pictures = [path for path in files if path.suffix.lower() in known]
    units: list[Unit] = []
    if not pictures:
        found.append(Found("empty", (source.words,)))
    elif pairs:
        matched = match(
            source.folder, spoiled=source.spoiled, clean=source.clean, names=source.names
        )
        units = [Unit(pair.name, pair.clean, pair.spoiled) for pair in matched.pairs]
        found += _problems(matched)
        found += _outside(matched, pictures) if source.names else ()
    elif source.folder is not None:
        units = [
            Unit(path.relative_to(source.folder).as_posix(), path)
            for path in pictures_below(source.folder)
        ]
        found += _perhaps_pairs(source.folder, units)
    return units, [*found, *_linked(folders, units)]


def _files(folder: Path) -> list[Path]:
    """Everything below a folder that is not hidden and no folder itself; dead links too."""
    found = (path for path in folder.rglob("*") if not path.is_dir())
    return sorted(
        path
        for path in found
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def _unsupported(files: Iterable[Path]) -> Iterator[Found]:
    unread = unread_endings()
    yield from (
        Found("unsupported", (str(path),)) for path in files if path.suffix.lower() in unread
    )


def _same_but_case(files: Iterable[Path]) -> Iterator[Found]:
    same = defaultdict(list)
    for path in files:
        same[str(path).lower()].append(str(path))
    yield from (Found("case", tuple(names)) for names in same.values() if len(names) > 1)


def _linked(folders: Iterable[Path], units: Sequence[Unit]) -> Iterator[Found]:
    """Links to folders from which nothing is used.

    One side of a set of pairs may be such a link, and is followed.
    """
    used = {above for unit in units for path in unit.files for above in path.parents}
    for folder in folders:
        for link in linked_folders(folder):
            hidden = any(part.startswith(".") for part in link.relative_to(folder).parts)
            if not hidden and link not in used:
                yield Found("linked-folder", (str(link),))


def _problems(matched: Matched) -> Iterator[Found]:
    for problem in matched.problems:
        yield Found(problem.kind, tuple(map(str, problem.files)), f"on the {problem.side} side")


def _outside(matched: Matched, pictures: Sequence[Path]) -> Iterator[Found]:
    used = {path for pair in matched.pairs for path in (pair.spoiled, pair.clean)}
    used |= {path for problem in matched.problems for path in problem.files}
    yield from (Found("outside-template", (str(path),)) for path in pictures if path not in used)


def _perhaps_pairs(folder: Path, units: Sequence[Unit]) -> Iterator[Found]:
    """Two folders beside each other that hold the same names, nearly all."""
    names = defaultdict(set)
    for unit in units:
        first, _, rest = unit.name.partition("/")
        if rest:
            names[first].add(Path(rest).with_suffix(""))
    if len(names) == 2:
        (first, mine), (second, theirs) = sorted(names.items())
        if len(mine & theirs) > 0.8 * max(len(mine), len(theirs)):
            yield Found(
                "perhaps-pairs",
                (str(folder / first), str(folder / second)),
                f'--pairs "{first}/{{name}},{second}/{{name}}", the spoiled side first',
            )
