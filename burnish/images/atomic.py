"""A file under its final name is whole: written beside it, flushed to the disk, then renamed; otherwise nothing."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from ..errors import OutputError


def atomic_write(path: Path, data: bytes | memoryview) -> None:
    """The bytes under that name, or OutputError and nothing (what stood there before stays)."""
    path = Path(path)
    partial: str | None = None
    try:
        handle, partial = tempfile.mkstemp(dir=path.parent, prefix=".burnish-", suffix=".part")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(partial, 0o666 & ~_umask())
        os.replace(partial, path)
    except OSError as error:
        if partial is not None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(partial)
        raise OutputError(f"{path}: cannot be written ({error.strerror or error}); is there room, and may you write there?") from error
    except BaseException:
        if partial is not None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(partial)
        raise
    _flush_folder(path.parent)


def _umask() -> int:
    """The process's mask for new files; temporary ones are made private, finished ones are as any other program's."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _flush_folder(folder: Path) -> None:
    """So that the rename, too, survives a loss of power; a system that cannot flush folders (Windows) goes without."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
