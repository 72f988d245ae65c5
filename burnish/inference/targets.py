"""Which files a command means, and where each result goes. Nothing is read or written here."""

from __future__ import annotations

import os
from collections.abc import Container, Iterator, Sequence
from pathlib import Path

from ..errors import UsageError
from ..ground.files import linked_folders, places, replaces
from ..images import endings, format_named, unread_endings, written_ending
from .addresses import address_of, entry_at, found_below, is_address
from .pdf import ENDING

#: what is added to names where no -o says where results go
SUFFIX = "_restored"


def pair(
    inputs: Sequence[Path],
    output: Path | str | None,
    *,
    as_folder: bool = False,
    recursive: bool = False,
    suffix: str | None = None,
    extension: str | None = None,
) -> list[tuple[str, str]]:
    """Pairs every input file with its target, in a stable order.

    inputs: files, and folders, which stand for their own pictures.
    output: a folder or its address; or, for one file, a file; or None, beside sources.
    as_folder: whether the output was written with a slash at its end.
    recursive: whether folders stand for the pictures of their subfolders, too.
    suffix: what is added to names; None is SUFFIX beside the sources, and nothing elsewhere.
    extension: that of the targets, such as ".png"; None keeps that of each source.

    Returns the paths of (source, target); no two targets are the same, and none is a source.
    UsageError where that cannot be, or where an argument is none of these. A hundred thousand files
    take some seconds and less than 1 KB of memory each: hence texts in place of Path objects.
    """
    _check_words(inputs, suffix, extension)

    # Beside their sources.
    if output is None:
        mark = SUFFIX if suffix is None else suffix
        sources = [source for source, _ in _sources(inputs, recursive, inside=None, suffix=mark)]
        targets = [_renamed(source, mark, extension) for source in sources]

    # Into a folder, where each stands as it stood in the folder that was named.
    elif _is_folder(inputs, output, as_folder):
        found = list(_sources(inputs, recursive, inside=output, suffix=suffix))
        sources = [source for source, _ in found]
        targets = [
            os.path.join(output, _renamed(relative, suffix or "", extension))
            for _, relative in found
        ]

    # One file into a file.
    else:
        _check_ending(Path(output))
        sources = [str(inputs[0])]
        targets = [str(output)]
    return _without_clashes(sources, targets)


def in_place(inputs: Sequence[Path], *, recursive: bool = False) -> list[tuple[str, str]]:
    """Pairs every input file with itself, for results that take the places of their pictures.

    A link to a file stands for that file, and two ways to one file are one. inputs and recursive
    are as `pair` takes them.
    """
    sources = _sources(inputs, recursive, inside=None, suffix=None)
    files = dict.fromkeys(os.path.realpath(source) for source, _ in sources)
    return [(file, file) for file in files]


def _check_words(inputs: Sequence[Path], suffix: str | None, extension: str | None) -> None:
    """Raises UsageError for a suffix that is no part of a name, an unknown extension, and one where
    nothing but PDFs is named.
    """
    if suffix is not None and {"/", os.sep} & set(suffix):
        raise UsageError(
            f"--suffix {suffix}: it is a part of a name, without a slash; -o chooses the folder"
        )
    if extension is not None:
        said = f"-f {extension.lstrip('.')}"
        known = format_named(f"a{extension}")
        if known is None:
            names = ", ".join(ending.lstrip(".") for ending in endings(written=True))
            raise UsageError(f"{said}: the formats are {names}")
        known.encoder(said)
        _check_documents(inputs, said)


def _check_documents(inputs: Sequence[Path], said: str) -> None:
    """UsageError where nothing but PDFs is named, though another format is asked for."""
    named = [path.name for path in inputs if path.suffix.lower() == ENDING and not path.is_dir()]
    if named and len(named) == len(inputs):
        raise UsageError(
            f"{named[0]}: {said} is for pictures, and a PDF comes back as a "
            "PDF, with its text and its pages; leave -f away, or take its pictures out first "
            f"(`pdfimages -all {named[0]} page`)"
        )


def _check_ending(output: Path) -> None:
    """UsageError where a file's name says no format, or none that is written."""
    if output.suffix.lower() == ENDING:
        return
    known = format_named(output)
    if known is None:
        names = ", ".join((*endings(written=True), ENDING))
        raise UsageError(
            f"{output}: a file's name must end in one of {names}; a folder's in a slash"
        )
    known.encoder(str(output))


def _is_folder(inputs: Sequence[Path], output: Path | str, as_folder: bool) -> bool:
    """Whether the output means a folder: by its slash, by what is there, or by the inputs."""
    # os.path, since Path stumbles over long names.
    several = len(inputs) > 1 or any(map(os.path.isdir, inputs))
    return as_folder or os.path.isdir(output) or several


def _sources(
    inputs: Sequence[Path], recursive: bool, inside: Path | str | None, suffix: str | None
) -> Iterator[tuple[str, str]]:
    """Finds the pictures that are meant: (file, its path relative to the folder that was named).

    inside: the output folder. suffix: what is added to the names of results.

    What an earlier run wrote is not read again: files below an output folder that lies in the
    input's, and files with the suffix beside their source.
    """
    own = inside.resolve() if isinstance(inside, Path) else None
    for path in inputs:
        address = address_of(path)
        if address is not None:
            yield from _elsewhere(address, recursive, str(inside))
            continue
        if not os.path.isdir(path):
            yield str(path), path.name
            continue
        beside = suffix if own is None or path.resolve() == own else None
        below = os.path.join(own, "") if own and path.resolve() in own.parents else None
        # By its parts, as folders are sorted in lists.
        for file in sorted(_files(path, recursive), key=lambda file: file.replace(os.sep, "\0")):
            # Not by Path.resolve, which a link in a circle stops.
            below_output = below is not None and os.path.realpath(file).startswith(below)
            if not below_output and not (beside and _is_own_output(Path(file), beside)):
                yield file, file if path == Path() else file[len(os.path.join(path, "")) :]


def _elsewhere(address: str, recursive: bool, inside: str) -> Iterator[tuple[str, str]]:
    """The picture at an address, or the pictures below it: (address, its part below).

    inside: where results go, which are not read again.
    """
    if is_restored(address.rpartition("/")[2]) and entry_at(address) is not None:
        yield address, address.rpartition("/")[2]
        return
    base = f"{address.rstrip('/')}/"
    below = (file.removeprefix(base) for file in found_below(address))
    for name in sorted(below, key=lambda name: name.replace("/", "\0")):
        own = f"{base}{name}".startswith(f"{inside.rstrip('/')}/")
        if not own and is_restored(name.rpartition("/")[2]) and (recursive or "/" not in name):
            yield base + name, name


def _files(folder: Path, recursive: bool) -> Iterator[str]:
    """The pictures in a folder; links to files are followed, links to folders are not.

    A folder that cannot be looked into stands for itself, and reading it says why.
    """
    closed: list[str] = []
    for root, folders, files in os.walk(
        folder, followlinks=False, onerror=lambda error: closed.append(str(error.filename))
    ):
        if not recursive:
            folders.clear()
        inside = _plain(os.path.join(root, ""))
        yield from (inside + name for name in files if is_restored(name))
    yield from map(_plain, closed)


def _plain(path: str) -> str:
    """A path without the dot for the folder at hand, as Path has it."""
    return path.removeprefix(os.path.join(os.curdir, ""))


def is_picture(name: str) -> bool:
    """Whether a file is a picture, by the extension of its name.

    A hidden file is none: another system puts what it says of a picture into `._a.jpg`.
    """
    return format_named(name) is not None and not name.startswith(".")


def is_restored(name: str) -> bool:
    """Whether a file is one that `restore` takes: a picture, or a PDF of pictures."""
    hidden = name.startswith(".")
    return is_picture(name) or (Path(name).suffix.lower() == ENDING and not hidden)


def pictures_in(folder: Path) -> list[Path]:
    """The pictures of a folder itself, not of its subfolders, results among them, by name."""
    return sorted(Path(file) for file in _files(folder, False) if is_picture(Path(file).name))


def passed_over(inputs: Sequence[Path], recursive: bool) -> dict[str, int]:
    """How many pictures of kinds that are not read the folders hold, by extension."""
    found: dict[str, int] = {}
    unread = unread_endings() - {ENDING}
    for folder in filter(os.path.isdir, inputs):
        for _, folders, files in os.walk(folder):
            if not recursive:
                folders.clear()
            for name in files:
                kind = Path(name).suffix.lower()
                if kind in unread and not name.startswith("."):
                    found[kind] = found.get(kind, 0) + 1
    return found


def never_written(pairs: Sequence[tuple[str, str]]) -> str | None:
    """A sentence on the sources whose results have another ending, since raw files are developed;
    None where there is none.
    """
    found: dict[str, int] = {}
    for source, target in pairs:
        old, new = _ending(source).lower(), _ending(target).lower()
        if new != old and written_ending(old) == new:
            found[old] = found.get(old, 0) + 1
    if not found:
        return None
    kinds = ", ".join(f"{count} {kind}" for kind, count in found.items())
    return f"developed, and written as {written_ending(next(iter(found)))}: {kinds}"


def documents_stay(pairs: Sequence[tuple[str, str]], extension: str | None) -> str | None:
    """A sentence on the PDFs among pictures, which stay PDFs whatever those become; None where
    there is none.
    """
    count = sum(_ending(source).lower() == ENDING for source, _ in pairs) if extension else 0
    if not count:
        return None
    return f"-f is for pictures: {count} {'PDFs stay PDFs' if count > 1 else 'PDF stays a PDF'}"


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
    names = [stem + case for ending in (*endings(), ENDING) for case in (ending, ending.upper())]
    return bool(stem) and any(file.with_name(name).exists() for name in names)


def _renamed(path: str, suffix: str, extension: str | None) -> str:
    """A path with its suffix and its extension: the one that is asked for, else its own, but for
    raw files, which are developed. A PDF stays one, whatever pictures become.
    """
    stem, old = os.path.splitext(path)
    own = old if old.lower() == ENDING else extension or written_ending(old)
    return f"{stem}{suffix}{own}"


def _without_clashes(sources: list[str], targets: list[str]) -> list[tuple[str, str]]:
    """Pairs sources and targets so that no two targets are the same, and none is a source.

    Where two files would have one result (a.jpg and a.png with -f png), it is that of the one which
    has the extension already, else of the first. The others keep their old extension in the name:
    a_jpg.png. UsageError where a result would replace an input.
    """
    taken: set[str] = set()

    def changes_extension(at: int) -> bool:
        return _ending(sources[at]).lower() != _ending(targets[at]).lower()

    for at in sorted(range(len(sources)), key=changes_extension):
        targets[at] = free_name(targets[at], _ending(sources[at]).lstrip("."), taken)
        taken.add(targets[at])
    _check_inputs_stay(sources, targets)
    return list(zip(sources, targets, strict=True))


def free_name(target: str, old: str, taken: Container[str]) -> str:
    """The name of a result, or the first like it that is not taken; `old` is its old extension."""
    if target not in taken:
        return target
    stem, ending = os.path.splitext(target)
    first = target = f"{stem}_{old}{ending}"
    number = 2
    while target in taken:
        target = f"{os.path.splitext(first)[0]}_{number}{ending}"
        number += 1
    return target


def _check_inputs_stay(sources: Sequence[str], targets: Sequence[str]) -> None:
    """Raises UsageError where a result would replace an input."""
    # Most of the time there is no result yet, and no source needs a look.
    there = [target for target in targets if os.path.lexists(target)]
    own = {place for source in sources for place in places(Path(source))} if there else set()
    for target in filter(is_address, set(targets) & set(sources)):
        raise UsageError(f"{target}: a result would replace an input; choose another -o")
    for target in there:
        if replaces(Path(target), own):
            raise UsageError(
                f"{target}: a result would replace an input; choose another -o, or a --suffix"
            )


def _ending(path: str) -> str:
    """The extension of a path, with its dot."""
    return os.path.splitext(path)[1]
