"""brought(): a picture at an address, as a file here; and its result, back to its address.

What reads and writes pictures knows files. So an object is fetched whole before, and put whole
afterwards; what is at no address stays where it is.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ...errors import BurnishError
from ..addresses import fetch, is_address, put
from ..job import JobReport


@dataclass(frozen=True)
class Brought:
    """A picture and the place of its result, as files of this machine."""

    #: the path of the picture here
    source: str
    #: the path of the result here
    target: str
    #: the path or address of the picture
    wanted_source: str
    #: the path or address of the result
    wanted_target: str

    def named(self, text: str) -> str:
        """A text with the names that the run knows, in place of those here."""
        text = text.replace(self.target, self.wanted_target)
        return text.replace(self.source, self.wanted_source)

    def take_back(self, report: JobReport) -> JobReport:
        """Puts the result where it belongs; the report, with the names that the run knows.

        OutputError where it cannot be written.
        """
        if self.target != self.wanted_target:
            put(Path(self.target), self.wanted_target)
        return replace(
            report,
            source=self.wanted_source,
            target=self.wanted_target,
            notes=tuple(map(self.named, report.notes)),
        )


@contextmanager
def brought(source: str, target: str) -> Iterator[Brought]:
    """A context in which the picture is here, and its result may be written here.

    InputError where the picture cannot be fetched; an error within says the names of the run.
    """
    if not is_address(source) and not is_address(target):
        yield Brought(source, target, source, target)
        return
    with tempfile.TemporaryDirectory(prefix="burnish-") as folder:
        files = Brought(
            _here(source, os.path.join(folder, "in")),
            _here(target, os.path.join(folder, "out")),
            source,
            target,
        )
        if files.source != source:
            fetch(source, Path(files.source))
        try:
            yield files
        except BurnishError as error:
            raise type(error)(files.named(str(error))) from error


def _here(path: str, folder: str) -> str:
    """The path of a file here; of an object, one of the same name in a folder, which is made."""
    if not is_address(path):
        return path
    os.mkdir(folder)
    return os.path.join(folder, path.rpartition("/")[2])
