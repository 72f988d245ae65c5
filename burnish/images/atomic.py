"""Files that are whole or not there: a temporary file in the same folder, flushed to disk, renamed,
and the folder flushed too.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from ..errors import OutputError

#: how temporary files are named: short, whatever the length of the final name, and never like a
#: picture
PREFIX, SUFFIX = ".burnish-", ".part"


def atomic_write(
    path: str | Path, content: bytes | bytearray | memoryview | Callable[[BinaryIO], object]
) -> None:
    """Puts bytes, or what a function writes into the binary file it is given, under `path`, whole
    or not at all.

    A file of that name is replaced at once and keeps its permissions; a symbolic link of that name
    is replaced, not followed. OutputError where the folder is absent, not writable or full; then
    nothing is left behind, and what stood there before still does.
    """
    path = Path(path)
    temporary = path.parent / f"{PREFIX}{uuid.uuid4().hex}{SUFFIX}"
    try:
        if path.is_dir():
            raise IsADirectoryError(None, "it is a folder")
        _fill(temporary, content)
        if path.is_file() and not path.is_symlink():
            shutil.copymode(path, temporary)
        os.replace(temporary, path)
        _flush_folder(path.parent)
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be written ({error.strerror or error}); choose another place, or "
            "make room"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def _fill(
    temporary: Path, content: bytes | bytearray | memoryview | Callable[[BinaryIO], object]
) -> None:
    with open(temporary, "xb+") as file:
        if callable(content):
            content(file)
        else:
            file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    """Makes the new name itself last; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(
            OSError
        ):  # some network file systems refuse it, with the file in place
            os.fsync(handle)
    finally:
        os.close(handle)
