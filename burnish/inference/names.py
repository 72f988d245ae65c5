"""Which files a command means, and where each result goes. Nothing is read or written here."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..errors import UsageError
from ..ground.files import linked_folders, places, replaces
from ..images import endings, format_named, unread_endings

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
    """(source, target) for every input file, in a stable order; no two targets are the same, and
    none is a source.

    inputs: files and folders (their own pictures; with `recursive`, those of their subfolders).
    output: None (beside each, with a suffix), a folder, or, for one file, a file. `as_folder` says
    that the output was written with a slash at its end. extension: ".png" and the like, or None to
    keep each input's.
    """
    if suffix is not None and {"/", os.sep} & set(suffix):
        raise UsageError(
            f"--suffix {suffix}: it is a part of a name, without a slash; -o chooses the folder"
        )
    if extension is not None and extension.lower() not in endings():
        raise UsageError(
            f"-f {extension.lstrip('.')}: the formats are "
            f"{', '.join(e.lstrip('.') for e in endings())}"
        )
    if output is not None and _is_folder(inputs, output, as_folder):
        sources = list(_sources(inputs, recursive, inside=output, suffix=suffix))
        targets = [
            output / relative.with_name(_renamed(relative, suffix or "", extension))
            for _, relative in sources
        ]
    elif output is not None:
        sources, targets = [(inputs[0], Path(inputs[0].name))], [output]
        if output.suffix.lower() not in endings():
            raise UsageError(
                f"{output}: a file's name must end in one of {', '.join(endings())}; a "
                "folder's in a slash"
            )
    else:
        mark = SUFFIX if suffix is None else suffix
        sources = list(_sources(inputs, recursive, inside=None, suffix=mark))
        targets = [source.with_name(_renamed(source, mark, extension)) for source, _ in sources]
    return _without_clashes([source for source, _ in sources], targets)


def _is_folder(inputs: Sequence[Path], output: Path, as_folder: bool) -> bool:
    return (
        as_folder or os.path.isdir(output) or len(inputs) > 1 or any(map(os.path.isdir, inputs))
    )  # not Path's, which stumbles over long names


def _sources(
    inputs: Sequence[Path], recursive: bool, inside: Path | None, suffix: str | None
) -> Iterator[tuple[Path, Path]]:
    """(file, its path relative to the folder that was named).

    What an earlier run wrote is not read again: files below an output folder that lies in the
    input's, and suffixed ones beside their source.
    """
    own = inside.resolve() if inside is not None else None
    for path in inputs:
        if not os.path.isdir(path):
            yield path, Path(path.name)
            continue
        beside = suffix if own is None or path.resolve() == own else None
        for file in sorted(_files(path, recursive)):
            below_output = (
                own is not None and path.resolve() in own.parents and own in file.resolve().parents
            )
            if not below_output and not (beside and _is_own_output(file, beside)):
                yield file, file.relative_to(path)


def _files(folder: Path, recursive: bool) -> Iterator[Path]:
    """Pictures in a folder; links to files are followed, links to folders are not.

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
    """By its extension.

    Hidden files are none: another system puts what it says of a picture into `._a.jpg`.
    """
    return format_named(name) is not None and not name.startswith(".")


def own_pictures(folder: Path) -> list[Path]:
    """Those of a folder itself, in the order of their names."""
    return sorted(file for file in folder.iterdir() if is_picture(file.name))


def passed_over(inputs: Sequence[Path], recursive: bool) -> dict[str, int]:
    """How many files there are in the folders of each kind of picture that is not read, by
    extension.
    """
    found: dict[str, int] = {}
    unread = unread_endings()
    for folder in filter(os.path.isdir, inputs):
        for _, folders, files in os.walk(folder):
            if not recursive:
                folders.clear()
            for kind in (Path(name).suffix.lower() for name in files if not name.startswith(".")):
                if kind in unread:
                    found[kind] = found.get(kind, 0) + 1
    return found


def not_followed(inputs: Sequence[Path]) -> str | None:
    """A sentence on the links to folders below the folders, whose pictures are left out unless they
    are named themselves; None where there is none.
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
    if not file.stem.endswith(suffix):
        return False
    stem = file.stem.removesuffix(suffix)
    return bool(stem) and any(
        file.with_name(stem + e).exists() or file.with_name(stem + e.upper()).exists()
        for e in endings()
    )


def _renamed(path: Path, suffix: str, extension: str | None) -> str:
    return f"{path.stem}{suffix}{extension or path.suffix}"


def _without_clashes(sources: list[Path], targets: list[Path]) -> list[tuple[Path, Path]]:
    """Where two files would have one result (a.jpg and a.png with -f png), it is that of the one
    which has the extension already, else of the first; the others keep their old extension in the
    name: a_jpg.png.
    """
    taken: set[Path] = set()
    own = {place for source in sources for place in places(source)}
    result: dict[int, tuple[Path, Path]] = {}
    for at in sorted(
        range(len(sources)), key=lambda i: sources[i].suffix.lower() != targets[i].suffix.lower()
    ):
        source, target = sources[at], targets[at]
        if target in taken:
            target = target.with_name(f"{target.stem}_{source.suffix.lstrip('.')}{target.suffix}")
        number, first = 2, target
        while target in taken:
            target, number = first.with_name(f"{first.stem}_{number}{first.suffix}"), number + 1
        if replaces(target, own):
            raise UsageError(
                f"{target}: a result would replace an input; choose another -o, or a --suffix"
            )
        taken.add(target)
        result[at] = source, target
    return [result[at] for at in range(len(sources))]
