"""The plan of a run, made before its work: what is to be done, and what stands against it.

Names and clashes are `inference.targets`' affair. Here they are held against the journal and the
disk: what is done is not done again, what has changed is, and what could not be written is said
before a model is loaded.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from ...errors import BurnishError, OutputError, ProcessDied
from ...ground.files import PREFIX, SUFFIX, digest
from ...images import check_kind, format_of
from ..addresses import digest_at, entry_of, found_below, is_address
from ..job import Job, header_of
from ..pdf import is_pdf
from ..pdf.document import check_pdf
from ..targets import free_name
from .journal import Journal, Line, Stamp, State

#: the most files whose heads are read for the plan; of more, so many evenly spread ones
HEADS = 1000
#: bytes of a result for each pixel of 8 bits and three channels, as photographs take them, by the
#: name of the format; `benchmarks.archive sizes` measures them
BYTES_A_PIXEL = {"JPEG": 0.6, "PNG": 1.5, "WEBP": 1.0, "TIFF": 2.2}
#: the same for a format that is not in the table
BYTES_OF_OTHERS = 1.5
#: times its size that a PDF may have with JPEGs of quality 95
PDF_GROWS = 2.0
#: times that space for deeper samples
DEEPER = {"uint8": 1.0, "uint16": 2.5, "float32": 4.0}


@dataclass(frozen=True)
class Extent:
    """How much a run has to do, estimated from the heads of its files."""

    #: pictures to be restored
    pictures: int
    #: their megapixels, before they are enlarged
    megapixels: float
    #: bytes that their results take
    size: float
    #: bytes that are free where these go
    free: int
    #: sentences on files that will not be restored, by their heads
    against: tuple[str, ...]


def stamp_of(path: str) -> Stamp:
    """By what a file is known without being read; an object, by what a listing said of it."""
    if is_address(path):
        entry = entry_of(path)
        return Stamp() if entry is None else Stamp(entry.size, entry.mtime, entry.tag)
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return Stamp()
    return Stamp(found.st_size, found.st_mtime_ns, found.st_ino)


def plan(
    journal: Journal,
    root: str | Path,
    pairs: Iterable[tuple[str, str]],
    *,
    overwrite: bool = False,
    verify: bool = False,
) -> None:
    """Holds pictures and results against the journal, and plans what is to be done.

    root: the folder of the results, or its address. pairs: (source, target) as `targets.pair` gives
    them, or (source, source) for what is restored in place. overwrite: whether files that were
    there before the run are replaced. verify: whether what is done is hashed again, and done again
    where it is not what it was.
    """
    folders = set()
    root = str(root)
    inside = os.path.join(root, "")
    is_there = _look_over(root)
    # A new journal need not be asked about every file.
    known_before = journal if journal.counts() else None
    for source, target in pairs:
        absolute = source if is_address(source) else os.path.abspath(source)
        name = target.removeprefix(inside)
        folders.add(os.path.dirname(target))
        known = None if known_before is None else known_before.find(absolute)
        if known is None:
            taken = name in (known_before or ())
            if taken and os.path.join(root, name) != absolute:
                old = os.path.splitext(absolute)[1].lstrip(".")
                name = free_name(name, old, journal)
            _plan_new(journal, absolute, name, os.path.join(root, name), is_there, overwrite)
        else:
            _plan_known(journal, root, known, is_there, verify)
    if not is_address(root):
        _plan_folders(journal, root, folders)
    journal.commit()


def _look_over(root: str) -> Callable[[str], bool]:
    """What says whether there is a file, or below an address an object: by one listing of it."""
    return found_below(root).__contains__ if is_address(root) else os.path.lexists


def _plan_new(
    journal: Journal,
    source: str,
    name: str,
    result: str,
    is_there: Callable[[str], bool],
    overwrite: bool,
) -> None:
    """Plans a picture that the journal does not know. result: the whole path of its name."""
    there = result != source and is_there(result)
    state = State.exists if there and not overwrite else State.planned
    journal.add(source, name, stamp_of(source), state)


def _plan_known(
    journal: Journal, root: str, line: Line, is_there: Callable[[str], bool], verify: bool
) -> None:
    """Plans a picture again where it, or its result, is not what the journal knows."""
    stamp = stamp_of(line.source)
    result = os.path.join(root, line.target)
    in_place = result == line.source
    if line.state == State.done:
        same = stamp == line.stamp
        if not same or verify:
            same = hash_or_none(line.source) == (line.result_hash if in_place else line.source_hash)
        if same and verify:
            same = hash_or_none(result) == line.result_hash
        if not same or not is_there(result):
            journal.put(line.id, State.planned)
        journal.restamp(line.id, stamp)
    elif line.state == State.failed:
        # A file that took its process down is left alone until it is another one.
        if line.record.get("code") != ProcessDied.code or stamp != line.stamp:
            journal.put(line.id, State.planned)
        journal.restamp(line.id, stamp)
    else:
        if line.state == State.exists and not is_there(result):
            journal.put(line.id, State.planned)
        journal.restamp(line.id, stamp)


def hash_or_none(path: str) -> str | None:
    """The SHA-256 of a file, or an object; None where it cannot be read."""
    if is_address(path):
        return digest_at(path)
    try:
        return digest(path)
    except OSError:
        return None


def _plan_folders(journal: Journal, root: str, folders: Iterable[str]) -> None:
    """Remembers which folders the run will make. OutputError where one cannot be written to.

    What a killed run left of a result that was not whole yet is taken away.
    """
    for folder in folders:
        if not os.path.isdir(folder):
            journal.make(_missing(folder, root))
            continue
        if not os.access(folder, os.W_OK):
            raise OutputError(f"{folder}: not writable; choose another -o")
        sweep(folder)


def _missing(folder: str, root: str) -> list[str]:
    """The folders that have to be made for one to be there, in the root, by their paths in it."""
    found = []
    while folder != root and not os.path.lexists(folder):
        found.append(os.path.relpath(folder, root))
        folder = os.path.dirname(folder)
    return found


def sweep(folder: str) -> None:
    """Takes away the temporary files of ours that lie in a folder.

    To be called by who holds the lock of the run there: the files of another's would go as well.
    """
    try:
        names = [entry.name for entry in os.scandir(folder)]
    except OSError:
        return
    for name in names:
        if name.startswith(PREFIX) and name.endswith(SUFFIX):
            try:
                os.unlink(os.path.join(folder, name))
            except OSError as error:
                raise OutputError(
                    f"{os.path.join(folder, name)}: a file of a killed run cannot be taken away "
                    f"({error.strerror}); see to the folder's permissions"
                ) from error


def extent(journal: Journal, root: Path, job: Job, scale: int) -> Extent:
    """How much there is to do, for a model that enlarges `scale` times.

    OutputError where the results will not fit on the disk, even if they take half of what is
    estimated.
    """
    waiting = journal.counts().get(State.planned, 0)
    sizes: list[tuple[float, float]] = []
    against: list[str] = []
    looked = 0
    for line in journal.some_planned(HEADS):
        looked += 1
        try:
            sizes.append(_size(line, job, scale))
        except BurnishError as error:
            against.append(f"{error} [{error.code}]")
    free = shutil.disk_usage(root).free
    share = waiting / max(1, looked)
    megapixels = share * sum(size[0] for size in sizes)
    room = share * sum(size[1] for size in sizes)
    if room / 2 > free:
        raise OutputError(
            f"{root}: about {room / 1e9:.1f} GB of results will not fit, and {free / 1e9:.1f} GB "
            "are free; make room, or choose another -o"
        )
    return Extent(waiting, megapixels, room, free, tuple(against))


def _size(line: Line, job: Job, scale: int) -> tuple[float, float]:
    """Megapixels of a picture, and bytes of its result, by its head. What `check_job` raises."""
    if is_pdf(line.source):
        chosen = check_pdf(line.source, line.target, job.pages)
        return chosen.megapixels, PDF_GROWS * os.path.getsize(line.source)
    found = header_of(replace(job, source=line.source))
    height, width = job.extent(found.height, found.width, found.exif, scale)
    check_kind(width, height, found.depth, found.alpha, line.target, found.extras)
    each = BYTES_A_PIXEL.get(format_of(line.target).name, BYTES_OF_OTHERS)
    channels = (found.channels + found.alpha) / 3
    size = width * height * each * channels * DEEPER[found.depth]
    return found.width * found.height / 1e6, size
