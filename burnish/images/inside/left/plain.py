"""What is left of a file of plain rows, one behind another, that ends before its last."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO, cast

import numpy as np

from ...picture import Header, Left, Picture


@dataclass(frozen=True)
class Rows:
    """Where the rows of a file's last picture stand."""

    #: the place of the first in the file
    start: int
    #: bytes of a row
    length: int
    #: how many there are
    count: int
    #: whether the first in the file is the lowest of the picture
    upwards: bool = False


def salvage(
    file: BinaryIO,
    name: str,
    rows: Rows,
    examine: Callable[[BinaryIO, str], Header],
    decode: Callable[[BinaryIO, Header, str], Iterator[Picture]],
) -> tuple[Header, Iterator[Picture]]:
    """What is left of a file, by a copy that is as long as it should be.

    examine, decode: those of the format.
    """
    there = max(0, file.seek(0, os.SEEK_END) - rows.start) // rows.length
    copy = copied(file)
    copy.truncate(rows.start + rows.length * rows.count)
    copy.seek(0)
    header = examine(copy, name)
    copy.seek(0)
    return header, _left(decode(copy, header, name), header.frames, rows, there)


def copied(file: BinaryIO) -> BinaryIO:
    """A copy of a file that is gone when it is closed, or nobody has it any more."""
    # with a name, which tifffile asks for
    copy = tempfile.NamedTemporaryFile()  # noqa: SIM115 (whoever reads it closes it)
    file.seek(0)
    shutil.copyfileobj(file, copy)
    return cast(BinaryIO, copy)


def _left(pictures: Iterator[Picture], count: int, rows: Rows, there: int) -> Iterator[Picture]:
    """The pictures, the last of which has so many of its rows."""
    for number, picture in enumerate(pictures, 1):
        if number < count:
            yield picture
            continue
        missing = np.arange(rows.count) >= there
        missing = missing[::-1] if rows.upwards else missing
        shape = picture.size
        yield replace(picture, left=Left(np.broadcast_to(missing[:, None], shape)))
