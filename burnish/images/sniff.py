"""What a file holds, by its first bytes and never by its name.

What is no picture is refused here, before any decoder sees it.
"""

from __future__ import annotations

import io
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ..errors import InputEmpty, InputError, InputMissing, UnsupportedFormat
from .damage import damage, truncated
from .format import Format
from .formats import FORMATS, endings, format_named, listed
from .inside.unread import UNREAD

#: where a picture comes from: the path of a file, its bytes, or a file open for reading in bytes
#: that can seek
ImageSource = str | Path | bytes | BinaryIO
#: what bytes without a name are called in sentences
NAMELESS = "the picture"
#: bytes that tell what a file is
HEAD = 1024


def reads() -> str:
    """The sentence that says which formats are read."""
    return f"Burnish reads {listed('and')}"


def unread_endings() -> frozenset[str]:
    """How the names of pictures end that are not read.

    What lies among others is said, and not passed over in silence.
    """
    known = [ending for kind in UNREAD for ending in kind.endings]
    return frozenset(known) - set(endings())


def name_of(source: ImageSource, name: str | None = None) -> str:
    """What a source is called in sentences: as it is told, or by its path."""
    if name is not None:
        return name
    return str(source) if isinstance(source, (str, Path)) else NAMELESS


@contextmanager
def opened(source: ImageSource, name: str) -> Iterator[BinaryIO]:
    """The source, open for reading from its beginning; a file that was open already stays so.

    Raises InputMissing, InputEmpty, UnsupportedFormat for what is no file, InputError where it
    cannot be opened; what decoders raise inside becomes one sentence.
    """
    if isinstance(source, (str, Path)):
        with _open(Path(source)) as file, damage(name):
            yield file
        return
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    if file.seek(0, os.SEEK_END) == 0:
        raise _empty(name)
    file.seek(0)
    with damage(name):
        yield file


def _open(path: Path) -> BinaryIO:
    try:
        kind = os.stat(path)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputMissing(f"{path}: no such file; check the name") from error
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path}: cannot be looked at ({error}); check the name and its folder"
        ) from error
    if stat.S_ISDIR(kind.st_mode) and not os.access(path, os.R_OK | os.X_OK):
        raise InputError(f"{path}: is a folder that cannot be looked into; check its permissions")
    if not stat.S_ISREG(kind.st_mode):
        raise UnsupportedFormat(f"{path}: is {_in_words(kind.st_mode)}, not a file; {reads()}")
    if kind.st_size == 0:
        raise _empty(str(path))
    try:
        return open(path, "rb")
    except OSError as error:
        raise InputError(
            f"{path}: cannot be opened ({error.strerror}); check its permissions"
        ) from error


def _empty(name: str) -> InputEmpty:
    return InputEmpty(f"{name}: is empty; take it again from where it came")


def _in_words(mode: int) -> str:
    kinds = (
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    )
    return next((name for test, name in kinds if test(mode)), "something special")


def sniff(file: BinaryIO, name: str) -> Format:
    """The format of an open file, by its first bytes.

    Raises UnsupportedFormat, which says what it is, or InputTruncated where it ends within them.
    """
    head = file.read(HEAD)
    file.seek(0)
    claiming = (format for format in FORMATS.values() if _claimed(format, file))
    known = (format for format in FORMATS.values() if format.recognises(head))
    for format in (*claiming, *known):
        return format
    if any(format.may_become(head) for format in FORMATS.values()):
        raise truncated(name)
    for kind in UNREAD:
        if re.match(kind.begins, head, re.DOTALL | re.IGNORECASE):
            raise UnsupportedFormat(f"{name}: {kind.says.format(reads=reads())}")
    raise UnsupportedFormat(f"{name}: is of an unknown kind; {reads()}")


def _claimed(format: Format, file: BinaryIO) -> bool:
    claimed = format.claims is not None and format.claims(file)
    file.seek(0)
    return claimed


def misnamed(name: str, found: Format) -> tuple[str, ...]:
    """One sentence where the name says another format than the contents, as a tuple; else none."""
    said = format_named(name)
    if said is None or said is found:
        return ()
    return (f"named {Path(name).suffix}, but it holds a {found.name}; read as that",)
