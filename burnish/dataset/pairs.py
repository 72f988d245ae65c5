"""Which files are pairs, a spoiled picture and its clean one, and which have no partner, or two.

They are told by folders or by a template of names.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from ..errors import DataError
from ..images import endings

#: names of the folder of the spoiled side, in any case
SPOILED = ("lq", "lr", "noisy")
#: names of the folder of the clean side, in any case
CLEAN = ("gt", "hr", "clean")
TEMPLATE = '"{name}_real.jpg,{name}_mean.jpg"'

#: key -> the files of one side that have it: (name as seen from their folder, path)
Side = dict[str, list[tuple[str, Path]]]


@dataclass(frozen=True)
class Pair:
    """Two files of one picture."""

    #: the clean file as seen from the folder it was found in, with slashes; unique in its set
    name: str
    #: the spoiled file
    spoiled: Path
    #: the clean file
    clean: Path


@dataclass(frozen=True)
class Problem:
    """Files that make no pair: they have no partner, or there are several of one name."""

    #: what is wrong with them
    kind: Literal["unmatched", "doubled"]
    #: where they stand
    side: Literal["spoiled", "clean"]
    #: the files
    files: tuple[Path, ...]
    #: all of it in words
    text: str


@dataclass(frozen=True)
class Matched:
    """What `match` found, in the order of the names. A file in a problem is in no pair."""

    #: the pairs that were found
    pairs: tuple[Pair, ...]
    #: the files that are in no pair
    problems: tuple[Problem, ...]


def match(
    folder: Path | None = None,
    *,
    spoiled: Path | None = None,
    clean: Path | None = None,
    names: str | None = None,
) -> Matched:
    """Returns the pairs in one folder, in two folders, or by a template of names.

    folder: holds `LQ|LR|lq|lr|noisy` beside `GT|HR|gt|hr|clean`, at any depth. spoiled, clean: the
    two folders. names: the names of the spoiled side first, then those of the clean side, such as
    "{name}_real.jpg,{name}_mean.jpg"; in the one folder, or each half in its own of the two. A half
    without an extension takes any. Files are matched by their path inside their folder; what is
    left then, by the bare name, where one file alone has it on each side. The extension may differ,
    in case or altogether. Raises DataError where there is no such folder, or no picture in it.
    """
    if names:
        left, right = _by_template(spoiled or folder, clean or folder, names)
    elif spoiled is not None and clean is not None:
        left, right = _keyed(spoiled), _keyed(clean)
    elif folder is not None:
        left, right = _beside(folder)
    else:
        raise DataError(
            "pairs want one folder that holds both sides, or two: one of spoiled and one of "
            "clean pictures"
        )
    if not left and not right:
        where = ", ".join(str(path) for path in (folder, spoiled, clean) if path is not None)
        raise DataError(
            f"{where}: no pictures there{f' that are called as in {names}' if names else ''}; "
            f"what counts: {', '.join(endings())}"
        )
    return _matched(left, right)


def has_pairs(folder: Path) -> bool:
    """Whether folders of both sides stand beside each other anywhere in it."""
    return next(_side_folders(folder), None) is not None


def pictures_below(folder: Path) -> list[Path]:
    """Returns all pictures in a folder and below it, by name; what is hidden does not count.

    Raises DataError where it is no folder.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: not a folder; name one that holds pictures")
    known = endings()
    found = [path for path in folder.rglob("*") if path.suffix.lower() in known and path.is_file()]
    return sorted(
        path
        for path in found
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def _side_folders(folder: Path) -> Iterator[tuple[str, Path, Path]]:
    """(what is before their names, the spoiled side's, the clean side's), wherever both stand
    beside each other.

    DataError where one side has two.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: not a folder; name one that holds both sides of the pairs")
    for above in sorted([folder, *(path for path in folder.rglob("*") if path.is_dir())]):
        inside = sorted(path for path in above.iterdir() if path.is_dir())
        bad, good = (
            [path for path in inside if path.name.lower() in side] for side in (SPOILED, CLEAN)
        )
        if len(bad) > 1 or len(good) > 1:
            listed = ", ".join(path.name for path in bad + good)
            raise DataError(
                f"{above}: {listed} stand beside each other, and which two are the pairs is not "
                "clear; name the two folders"
            )
        if bad and good:
            yield "".join(f"{part}/" for part in above.relative_to(folder).parts), bad[0], good[0]


def _beside(folder: Path) -> tuple[Side, Side]:
    left: Side = {}
    right: Side = {}
    for before, bad, good in _side_folders(folder):
        left.update(_keyed(bad, before))
        right.update(_keyed(good, before))
    if not left and not right:
        kinds = f"{'|'.join(SPOILED)} beside {'|'.join(CLEAN)}"
        raise DataError(
            f"{folder}: holds no pictures in folders {kinds}; name the two folders, or give a "
            f"template of names such as {TEMPLATE}"
        )
    return left, right


def _keyed(folder: Path, before: str = "") -> Side:
    """The pictures below a folder, by their path in it without the extension."""
    result: Side = defaultdict(list)
    for path in pictures_below(folder):
        name = PurePosixPath(before + path.relative_to(folder).as_posix())
        result[str(name.with_suffix(""))].append((str(name), path))
    return result


def halves(names: str) -> tuple[str, str]:
    """Returns the two halves of a template of names: of the spoiled side, of the clean side.

    Raises DataError where they make no sense.
    """
    parts = [half.strip() for half in names.split(",")]
    if len(parts) != 2 or any(half.count("{name}") != 1 for half in parts):
        raise DataError(
            f"names: {names!r} wants the spoiled side's names, a comma, and the clean side's, "
            f"each with {{name}} in it once, as in {TEMPLATE}"
        )
    return parts[0], parts[1]


def _by_template(spoiled: Path | None, clean: Path | None, names: str) -> tuple[Side, Side]:
    bad, good = halves(names)
    if spoiled is None or clean is None:
        raise DataError(f"names: {names!r} wants one folder that holds both sides, or one for each")
    if spoiled == clean and bad == good:
        raise DataError(
            f"names: {names!r} calls both sides the same; in one folder they have to differ, as "
            f"in {TEMPLATE}"
        )
    left, right = _named(spoiled, bad), _named(clean, good)
    if (
        spoiled == clean
    ):  # "{name}.png" takes "1_noisy.png" too, which is the other side's where that asks for more
        loose, strict = (right, left) if len(bad) > len(good) else (left, right)
        taken = {path for files in strict.values() for _, path in files}
        for key in [key for key, files in loose.items() if any(path in taken for _, path in files)]:
            loose[key] = [(name, path) for name, path in loose[key] if path not in taken]
    return _without_empty(left), _without_empty(right)


def _named(folder: Path, template: str) -> Side:
    before, _, after = template.partition("{name}")
    suffix = next((s for s in endings() if after.lower().endswith(s)), "")
    extension = re.escape(suffix) if suffix else f"(?:{'|'.join(map(re.escape, endings()))})"
    stem = after[: len(after) - len(suffix)]
    pattern = re.compile(f"((?:.*/)?){re.escape(before)}([^/]+){re.escape(stem)}(?i:{extension})")
    result: Side = defaultdict(list)
    for path in pictures_below(folder):
        name = path.relative_to(folder).as_posix()
        if found := pattern.fullmatch(name):
            result[found[1] + found[2]].append((name, path))
    return result


def _without_empty(side: Side) -> Side:
    return {key: files for key, files in side.items() if files}


def _matched(left: Side, right: Side) -> Matched:
    partner = {key: key for key in left if key in right} | _by_bare_name(
        [k for k in left if k not in right], [k for k in right if k not in left]
    )
    pairs = []
    problems = [
        *_alone(left, set(partner), "spoiled"),
        *_alone(right, set(partner.values()), "clean"),
    ]
    for key, other in partner.items():
        doubled = [*_doubled(left[key], "spoiled"), *_doubled(right[other], "clean")]
        problems += doubled
        if not doubled:
            [(_, bad)], [(name, good)] = left[key], right[other]
            pairs.append(Pair(name, bad, good))
    return Matched(
        tuple(sorted(pairs, key=lambda pair: pair.name)),
        tuple(sorted(problems, key=lambda problem: problem.files)),
    )


def _by_bare_name(left: list[str], right: list[str]) -> dict[str, str]:
    """Keys of both sides that end in the same name, where each side has it once."""
    mine, theirs = (Counter(key.rpartition("/")[2] for key in keys) for keys in (left, right))
    there = {key.rpartition("/")[2]: key for key in right}
    return {
        key: there[bare]
        for key in left
        if (bare := key.rpartition("/")[2]) in there and mine[bare] == theirs[bare] == 1
    }


def _alone(side: Side, matched: set[str], which: Literal["spoiled", "clean"]) -> Iterator[Problem]:
    other = "clean" if which == "spoiled" else "spoiled"
    for key in side:
        if key not in matched:
            files = tuple(path for _, path in side[key])
            yield Problem(
                "unmatched",
                which,
                files,
                f"{', '.join(map(str, files))}: no {other} picture of that name",
            )


def _doubled(
    files: list[tuple[str, Path]], which: Literal["spoiled", "clean"]
) -> Iterator[Problem]:
    if len(files) > 1:
        paths = tuple(path for _, path in files)
        yield Problem(
            "doubled",
            which,
            paths,
            f"{' and '.join(map(str, paths))}: {len(paths)} files of one name",
        )
