"""run_folder(): the hidden folder of a run, made or found again; and how far the run is."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ..errors import FolderLocked, OutputError, UsageError
from ..ground.files import PREFIX, SUFFIX, atomic_write
from ..ground.lock import locked

#: the files of a run: what it is, and what is settled for each shot
RUN, SHOTS = "run.json", "shots"


def hidden(target: Path, inside: bool = False) -> Path:
    """The folder of the run that makes a result: beside it, or inside it where that is a folder."""
    return target / f"{PREFIX}film" if inside else target.parent / f"{PREFIX}{target.name}"


@contextmanager
def run_folder(
    folder: Path, target: Path, about: Mapping[str, str], restart: bool
) -> Iterator[Path]:
    """The folder of a run as long as the work lasts; it is gone where the work is done.

    folder: where it is. target: the result, for sentences. about: what makes two runs the same, in
    words. restart: whether what an earlier run has done is dropped.

    Raises UsageError where it is that of a run that was another, FolderLocked where another is at
    work in it, and OutputError where it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{folder}: cannot be made ({error.strerror}); choose another -o"
        ) from error
    busy = FolderLocked(f"{target}: another run is at work on it; wait for it")
    with locked(folder, busy, patience=0):
        if restart:
            _empty(folder)
        for part in folder.glob(f"{PREFIX}*{SUFFIX}"):
            part.unlink()  # of a run that was killed
        _check_same(folder, about, target)
        yield folder
        _empty(folder)
        folder.rmdir()


def _check_same(folder: Path, about: Mapping[str, str], target: Path) -> None:
    """Raises UsageError where a folder is that of a run that was another; else keeps what it is."""
    path = folder / RUN
    if path.exists():
        before = json.loads(path.read_text(encoding="utf-8"))
        differ = [key for key in {**before, **about} if before.get(key) != about.get(key)]
        if differ:
            raise UsageError(
                f"{target}: a run was stopped here that differs in its {' and '.join(differ)}; "
                "--restart drops what it has done, the same settings go on"
            )
    atomic_write(path, json.dumps(about, indent=1).encode())


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
