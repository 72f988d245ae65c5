"""Where results go: never into the place of an input, and whole or not at all.

What is written is a temporary file in the same folder, flushed to disk and renamed; then the
folder is flushed too.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import stat
import sys
import uuid
from collections.abc import Callable, Collection
from pathlib import Path
from typing import BinaryIO

from ..errors import OutputError, UsageError

#: how the names of temporary files begin and end: they are short, whatever the length of the final
#: name, and never like a picture's
PREFIX = ".burnish-"
SUFFIX = ".part"


def atomic_write(
    path: str | Path,
    content: bytes | bytearray | memoryview | Callable[[BinaryIO], object],
    before: Callable[[Path], object] | None = None,
) -> None:
    """Writes a file whole or not at all.

    content: bytes, or a function that writes them into the binary file it is given. before: is
    given the temporary file, whole and flushed, before it takes the name; where it raises, nothing
    happens to what stands there.

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
        if before is not None:
            before(temporary)
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


def atomic_move(path: Path, target: Path) -> None:
    """Gives a whole file another name on the same file system, for good.

    A file of that name is replaced at once. OutputError where that cannot be done; then both are as
    they were.
    """
    try:
        if target.is_dir():
            raise IsADirectoryError(None, "it is a folder")
        os.replace(path, target)
        _flush_folder(target.parent)
    except OSError as error:
        raise OutputError(
            f"{target}: cannot be written ({error.strerror or error}); choose another place"
        ) from error


def digest(path: str | Path) -> str:
    """The SHA-256 of a file, in hexadecimal. OSError where it cannot be read."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_target(target: Path) -> None:
    """Raises UsageError where no file can have that name: a folder has it, or it is too long.

    The sentences are for one result among many, of which each gets its name by a rule.
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
    """Makes the folder that a result goes to. OutputError where it cannot be made or written to."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{target.parent}: cannot be made ({error.strerror}); choose another -o"
        ) from error
    if not os.access(target.parent, os.W_OK):
        raise OutputError(f"{target.parent}: not writable; choose another -o")


def replaces(target: Path, own: Collection[tuple[int, int]]) -> bool:
    """Whether a result of that name would take the place of a file that `places` gave as `own`."""
    return any(place in own for place in places(target)[:1])


def places(path: Path) -> list[tuple[int, int]]:
    """The entries (device, inode) by which the file system knows a name, whatever way leads to it.

    The first is the entry that a result of that name would replace, and the second the file that
    it leads to where it is a link. The list is empty where there is no such file.
    """
    found = []
    for look in (os.lstat, os.stat):
        with contextlib.suppress(OSError, ValueError):
            entry = look(path)
            found.append((entry.st_dev, entry.st_ino))
    return found


def linked_folders(folder: Path) -> list[Path]:
    """The links to folders anywhere below a folder, sorted by name.

    Nothing follows them, since they may lead round in a circle. Whoever wants what they lead to
    names them.
    """
    return sorted(
        Path(root, name)
        for root, folders, _ in os.walk(folder)
        for name in folders
        if os.path.islink(os.path.join(root, name))
    )


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
        # Some network file systems refuse it, with the file in place.
        with contextlib.suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)


def state_folder() -> Path:
    """The folder for what Burnish keeps for a user from one run to the next; it need not be there.

    On Linux that is XDG's, as platformdirs has it, whose import takes longer than opening a model.
    """
    if sys.platform == "linux":
        return _of_xdg("XDG_STATE_HOME", "~/.local/state")
    import platformdirs

    return platformdirs.user_state_path("burnish")


def cache_folder() -> Path:
    """The folder for what Burnish can make again at any time; as `state_folder`."""
    if sys.platform == "linux":
        return _of_xdg("XDG_CACHE_HOME", "~/.cache")
    import platformdirs

    return platformdirs.user_cache_path("burnish")


def _of_xdg(variable: str, usual: str) -> Path:
    """Our folder within one of those that the variables of XDG name."""
    told = os.environ.get(variable, "").strip()
    return Path(told or usual).expanduser() / "burnish"
