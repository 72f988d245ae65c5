"""Which files a command means, and where each result goes. Nothing is read or written here."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..errors import UsageError
from ..ground.files import linked_folders, places, replaces
from ..images import endings, format_named, unread_endings

#: what is added to names where no -o says where results go
SUFFIX = "_restored"


def pair(
    inputs: Sequence[Path],
    output: Path | None,
    *,
    as_folder: bool = False,
    recursive: bool = False,
    suffix: str | None = None,
    extension: str | None = None,
) -> list[tuple[Path, Path]]:
    """Pairs every input file with its target, in a stable order.

    inputs: files, and folders, which stand for their own pictures.
    output: a folder; or, for one file, a file; or None for results beside their sources.
    as_folder: whether the output was written with a slash at its end.
    recursive: whether folders stand for the pictures of their subfolders, too.
    suffix: what is added to names; None is SUFFIX beside the sources, and nothing elsewhere.
    extension: that of the targets, such as ".png"; None keeps that of each source.

    Returns (source, target); no two targets are the same, and none is a source. UsageError where
    that cannot be, or where an argument is none of these.
    """
    _check_words(suffix, extension)

    # Beside their sources.
    if output is None:
        mark = SUFFIX if suffix is None else suffix
        sources = [source for source, _ in _sources(inputs, recursive, inside=None, suffix=mark)]
        targets = [source.with_name(_renamed(source, mark, extension)) for source in sources]
        return _without_clashes(sources, targets)

    # Into a folder, where each stands as it stood in the folder that was named.
    if _is_folder(inputs, output, as_folder):
        found = list(_sources(inputs, recursive, inside=output, suffix=suffix))
        targets = [
            output / relative.with_name(_renamed(relative, suffix or "", extension))
            for _, relative in found
        ]
        return _without_clashes([source for source, _ in found], targets)

    # One file into a file.
    _check_ending(output)
    return _without_clashes([inputs[0]], [output])


def _check_words(suffix: str | None, extension: str | None) -> None:
    """Raises UsageError for a suffix that is no part of a name, and an unknown extension."""
    if suffix is not None and {"/", os.sep} & set(suffix):
        raise UsageError(
            f"--suffix {suffix}: it is a part of a name, without a slash; -o chooses the folder"
        )
    if extension is not None and extension.lower() not in endings():
        raise UsageError(
            f"-f {extension.lstrip('.')}: the formats are "
            f"{', '.join(e.lstrip('.') for e in endings())}"
        )


def _check_ending(output: Path) -> None:
    """UsageError where a file's name says no format."""
    if output.suffix.lower() not in endings():
        raise UsageError(
            f"{output}: a file's name must end in one of {', '.join(endings())}; a "
            "folder's in a slash"
        )


def _is_folder(inputs: Sequence[Path], output: Path, as_folder: bool) -> bool:
    """Whether the output means a folder: by its slash, by what is there, or by the inputs."""
    # os.path, since Path stumbles over long names.
    several = len(inputs) > 1 or any(map(os.path.isdir, inputs))
    return as_folder or os.path.isdir(output) or several


def _sources(
    inputs: Sequence[Path], recursive: bool, inside: Path | None, suffix: str | None
) -> Iterator[tuple[Path, Path]]:
    """Finds the pictures that are meant: (file, its path relative to the folder that was named).

    inside: the output folder. suffix: what is added to the names of results.

    What an earlier run wrote is not read again: files below an output folder that lies in the
    input's, and files with the suffix beside their source.
    """
    own = inside.resolve() if inside is not None else None
    for path in inputs:
        if not os.path.isdir(path):
            yield path, Path(path.name)
            continue
        beside = suffix if own is None or path.resolve() == own else None
        holds_output = own is not None and path.resolve() in own.parents
        for file in sorted(_files(path, recursive)):
            below_output = holds_output and own in file.resolve().parents
            if not below_output and not (beside and _is_own_output(file, beside)):
                yield file, file.relative_to(path)


def _files(folder: Path, recursive: bool) -> Iterator[Path]:
    """The pictures in a folder; links to files are followed, links to folders are not.

    A folder that cannot be looked into stands for itself, and reading it says why.
    """
    closed: list[Path] = []
    for root, folders, files in os.walk(
        folder, followlinks=False, onerror=lambda error: closed.append(Path(error.filename))
    ):
        if not recursive:
            folders.clear()
        yield from (Path(root) / name for name in files if is_picture(name))
    yield from closed


def is_picture(name: str) -> bool:
    """Whether a file is a picture, by the extension of its name.

    A hidden file is none: another system puts what it says of a picture into `._a.jpg`.
    """
    return format_named(name) is not None and not name.startswith(".")


def own_pictures(folder: Path) -> list[Path]:
    """The pictures of a folder itself, not of its subfolders, sorted by name."""
    return sorted(file for file in folder.iterdir() if is_picture(file.name))


def passed_over(inputs: Sequence[Path], recursive: bool) -> dict[str, int]:
    """How many pictures of kinds that are not read the folders hold, by extension."""
    found: dict[str, int] = {}
    unread = unread_endings()
    for folder in filter(os.path.isdir, inputs):
        for _, folders, files in os.walk(folder):
            if not recursive:
                folders.clear()
            for name in files:
                kind = Path(name).suffix.lower()
                if kind in unread and not name.startswith("."):
                    found[kind] = found.get(kind, 0) + 1
    return found


def not_followed(inputs: Sequence[Path]) -> str | None:
    """A sentence on the links to folders below the inputs; None where there is none.

    Their pictures are left out unless they are named themselves.
    """
    own = {place for path in inputs for place in places(path)}
    found = [
        link
        for folder in filter(os.path.isdir, inputs)
        for link in linked_folders(folder)
        if not own.issuperset(places(link)[1:])
    ]
    if not found:
        return None
    if len(found) == 1:
        return f"1 linked folder is not followed ({found[0]}); name it too to have its pictures"
    return (
        f"{len(found)} linked folders are not followed ({found[0]} and {len(found) - 1} more); "
        "name them too to have their pictures"
    )


def _is_own_output(file: Path, suffix: str) -> bool:
    """Whether a file has the suffix, and its source stands beside it."""
    if not file.stem.endswith(suffix):
        return False
    stem = file.stem.removesuffix(suffix)
    names = [stem + case for ending in endings() for case in (ending, ending.upper())]
    return bool(stem) and any(file.with_name(name).exists() for name in names)


def _renamed(path: Path, suffix: str, extension: str | None) -> str:
    return f"{path.stem}{suffix}{extension or path.suffix}"


def _without_clashes(sources: list[Path], targets: list[Path]) -> list[tuple[Path, Path]]:
    """Pairs sources and targets so that no two targets are the same, and none is a source.

    Where two files would have one result (a.jpg and a.png with -f png), it is that of the one which
    has the extension already, else of the first. The others keep their old extension in the name:
    a_jpg.png. UsageError where a result would replace an input.
    """
    taken: set[Path] = set()
    own = {place for source in sources for place in places(source)}

    def changes_extension(at: int) -> bool:
        return sources[at].suffix.lower() != targets[at].suffix.lower()

    result: dict[int, Path] = {}
    for at in sorted(range(len(sources)), key=changes_extension):
        target = targets[at]
        if target in taken:
            old = sources[at].suffix.lstrip(".")
            target = target.with_name(f"{target.stem}_{old}{target.suffix}")
        first = target
        number = 2
        while target in taken:
            target = first.with_name(f"{first.stem}_{number}{first.suffix}")
            number += 1
        if replaces(target, own):
            raise UsageError(
                f"{target}: a result would replace an input; choose another -o, or a --suffix"
            )
        taken.add(target)
        result[at] = target
    return [(source, result[at]) for at, source in enumerate(sources)]
