"""Where results may go: never into the place of an input.

What stands against a name is said before the work is done, not after it.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path

from ..errors import OutputError, UsageError
from ..images.sniff import EXTENSIONS

#: what an option's file may be called, by what goes into it
SHEET, PLOT, PAGE = (".png", ".jpg", ".jpeg"), (".png",), (".html",)
FIGURES, RECIPE, WEIGHTS, MODEL = (".csv",), (".yaml", ".yml"), (".safetensors",), (".onnx",)


def prepare(
    target: Path, option: str, endings: Collection[str], inputs: Iterable[Path] = ()
) -> None:
    """Sees that a result can be written as `target`, and makes its folder.

    option: the word of the command line that named it. endings: those of its kind, one of which the
    name must have. inputs: files, which it must not replace, and folders of pictures, among which
    no picture may come to lie. UsageError, OutputError.
    """
    if target.suffix.lower() not in endings:
        raise UsageError(f"{option} {target}: the name must end in {' or '.join(endings)}")
    for source in inputs:
        if replaces(target, places(source)):
            raise UsageError(
                f"{option} {target}: the result would replace an input; choose another name"
            )
        if (
            target.suffix.lower() in EXTENSIONS
            and source.is_dir()
            and source.resolve() in target.resolve().parents
        ):
            raise UsageError(
                f"{option} {target}: the result would lie among the pictures of {source}, as if "
                "it were one of them; choose another folder"
            )
    if target.is_dir():
        raise OutputError(f"{target}: cannot be written (it is a folder); choose another name")
    prepare_folder(target)


def check_target(target: Path) -> None:
    """UsageError where no file can have that name, of one result among many: a folder has it, or it
    is too long.
    """
    try:
        if stat.S_ISDIR(os.stat(target).st_mode):
            raise UsageError(
                f"{target}: a folder has the name of the result; choose another -o, or a --suffix"
            )
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise UsageError(
                f"{target}: this name is too long; choose another -o, or a shorter --suffix"
            ) from error


def prepare_folder(target: Path) -> None:
    """Makes the folder that a result goes to; OutputError where it cannot be made or written to."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{target.parent}: cannot be made ({error.strerror}); choose another -o"
        ) from error
    if not os.access(target.parent, os.W_OK):
        raise OutputError(f"{target.parent}: not writable; choose another -o")


def replaces(target: Path, own: Collection[tuple[int, int]]) -> bool:
    """Whether a result of that name would take the place of one of these (see `places`)."""
    return any(place in own for place in places(target)[:1])


def places(path: Path) -> list[tuple[int, int]]:
    """By what the file system knows a name, whatever way leads to it: the entry, which a result of
    that name replaces, and the file that a link leads to.

    Empty where there is none.
    """
    found = []
    for look in (os.lstat, os.stat):
        with suppress(OSError, ValueError):
            entry = look(path)
            found.append((entry.st_dev, entry.st_ino))
    return found
