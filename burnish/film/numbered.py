"""restore_sequence(): numbered pictures in a folder as a film, each into a picture of its own."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np

from .. import images
from ..errors import InputMissing, UnsupportedFormat, UsageError
from ..ground.files import atomic_write, places, prepare_folder, replaces
from ..ground.remarks import OnProgress, Say, silent
from ..images import Picture
from ..images.picture import BITS, to_planes, to_samples
from .frame import Frame, Layout, Plane
from .run import FilmReport, say_losses
from .state import SHOTS, hidden, run_folder
from .treatment import Shots, Treatment

#: a name: what stands before its number, the number, and its ending
NAME = re.compile(r"(.*?)(\d+)(\.[^.\d][^.]*)")
#: how fast pictures without times are shown, in frames a second
RATE = 24
#: how many gaps are told one by one
GAPS = 3
#: how many pictures are done, in a file of the run's folder
DONE = "done"


@dataclass(frozen=True)
class SequenceJob:
    """What is to be done with a folder of numbered pictures."""

    #: the folder
    source: Path
    #: the folder of the results
    target: Path
    #: the ending of the results, such as ".tif"; None keeps that of the pictures
    extension: str | None = None
    #: whether what is left of damaged pictures is restored, and missing numbers are passed over
    salvage: bool = False
    #: whether pictures are refused of which something would be lost
    strict: bool = False
    #: whether results that exist already are replaced
    overwrite: bool = False
    #: whether what an earlier run has done is dropped
    restart: bool = False
    #: larger pictures are refused; None lifts the limit
    max_megapixels: float | None = images.MAX_MEGAPIXELS


def numbered(folder: Path) -> list[Path]:
    """The numbered pictures of a folder, in the order of their numbers.

    InputMissing where there is no such folder, UsageError where it holds several sequences, or
    pictures without a number.
    """
    if not folder.is_dir():
        raise InputMissing(f"{folder}: no such folder; --sequence takes one of numbered pictures")
    found: dict[tuple[str, str], dict[int, Path]] = {}
    for path in sorted(folder.iterdir()):
        if images.format_named(path.name) is None or path.name.startswith("."):
            continue
        parts = NAME.fullmatch(path.name)
        if parts is None:
            raise UsageError(f"{path}: has no number in its name; move it out of the sequence")
        kind = (parts[1], parts[3].lower())
        other = found.setdefault(kind, {}).setdefault(int(parts[2]), path)
        if other != path:
            raise UsageError(f"{path}: has the number of {other.name}; move one of them away")
    if not found:
        raise InputMissing(f"{folder}: holds no numbered pictures")
    if len(found) > 1:
        names = ", ".join(f"{before}...{ending}" for before, ending in found)
        raise UsageError(f"{folder}: holds several sequences ({names}); give each its own folder")
    (paths,) = found.values()
    return [paths[number] for number in sorted(paths)]


def _gaps(paths: Sequence[Path]) -> list[str]:
    """Sentences on the numbers that are missing between pictures.

    Where most numbers are two apart, or ten, that is how they were written, and none is missing.
    """
    numbers = [_number(path) for path in paths]
    steps = Counter(after - before for before, after in pairwise(numbers))
    step, times = steps.most_common(1)[0] if steps else (1, 1)
    step = step if times > 1 else 1
    said = []
    for (before, one), (after, other) in pairwise(zip(numbers, paths, strict=True)):
        first, last = before + step, after - step
        if first <= last:
            which = f"number {first} is" if first == last else f"numbers {first} to {last} are"
            said.append(f"{which} missing, between {one.name} and {other.name}")
    more = len(said) - GAPS
    return said if more <= 0 else [*said[:GAPS], f"and {more} more gaps"]


def _number(path: Path) -> int:
    parts = NAME.fullmatch(path.name)
    assert parts is not None  # as `numbered` has asked
    return int(parts[2])


def check_sequence(job: SequenceJob) -> list[str]:
    """Sentences on what `restore_sequence` will say of a folder, as far as its first picture tells.

    Raises what stands against it.
    """
    paths, gaps = _pictures(job)
    targets = [_target(path, job) for path in paths]
    lost = _lost(paths[0], targets[0])
    if job.strict:
        images.refuse_losses(lost, str(job.source))
    return [*gaps, *lost]


def _pictures(job: SequenceJob) -> tuple[list[Path], list[str]]:
    """The pictures in order, and sentences on gaps. InputMissing for gaps, unless they will do."""
    paths = numbered(job.source)
    gaps = _gaps(paths)
    if gaps and not job.salvage:
        raise InputMissing(
            f"{job.source}: {'; '.join(gaps)}; put what is missing there, or --salvage goes on "
            "without it"
        )
    return paths, gaps


def _lost(path: Path, target: Path) -> list[str]:
    """What the format of a result does not keep of a picture."""
    first = images.header(path)
    return [*first.lost, *images.check_header(first, target)]


def restore_sequence(
    job: SequenceJob,
    treatment: Treatment,
    identity: Mapping[str, str],
    *,
    progress: OnProgress | None = None,
    say: Say = silent,
) -> FilmReport:
    """Restores numbered pictures as frames of a film.

    All is as in `restore_film`; a number that is missing is an InputMissing before the work.
    """
    begun = time.perf_counter()
    paths, gaps = _pictures(job)
    targets = [_target(path, job) for path in paths]
    if _skipped(job, targets):
        notes = ("has all of it already; --overwrite replaces it",)
        return FilmReport(str(job.source), str(job.target), "skipped", notes=notes)
    lost = _lost(paths[0], targets[0])
    say_losses(lost, job.source, job.strict, say)
    prepare_folder(targets[0])
    about = {"pictures": _about(paths), "ending": str(job.extension), **identity}
    with run_folder(hidden(job.target, True), job.target, about, job.restart) as folder:
        work = _Work(job, paths, targets, folder)
        before = work.run(treatment, progress)
    return FilmReport(
        str(job.source),
        str(job.target),
        "salvaged" if work.met or gaps else "restored",
        len(paths),
        before,
        images.format_of(targets[0]).title,
        round(time.perf_counter() - begun, 3),
        tuple(lost),
        (*gaps, *work.met),
    )


def _target(path: Path, job: SequenceJob) -> Path:
    """The file of a picture's result. UsageError where it would take the picture's place."""
    target = job.target / path.with_suffix(job.extension or path.suffix).name
    if replaces(target, places(path)):
        raise UsageError(f"{target}: a result would replace its picture; choose another -o")
    images.format_of(target).encoder(str(target))
    return target


def _skipped(job: SequenceJob, targets: Sequence[Path]) -> bool:
    """Whether all is done already. UsageError where some results are there that are no run's."""
    there = [target for target in targets if target.exists()]
    if job.overwrite or not there or hidden(job.target, True).exists():
        return False
    if len(there) == len(targets):
        return True
    raise UsageError(
        f"{job.target}: holds {there[0].name} and {len(there) - 1} more results of another run; "
        "--overwrite replaces them"
    )


def _about(paths: Sequence[Path]) -> str:
    """Which pictures are a sequence, in words. One that was damaged may be put right meanwhile."""
    return f"{len(paths)} from {paths[0].name} to {paths[-1].name} in {paths[0].parent.resolve()}"


@dataclass
class _Work:
    """The work on a sequence."""

    #: what is to be done
    job: SequenceJob
    #: the pictures, in order
    paths: Sequence[Path]
    #: the file of each result
    targets: Sequence[Path]
    #: the folder of the run
    folder: Path
    #: sentences on what was met, each once
    met: list[str] = field(default_factory=list)

    def run(self, treatment: Treatment, progress: OnProgress | None) -> int:
        """Restores what is not done yet. Returns how many pictures were done before."""
        kept = self.folder / DONE
        before = int(kept.read_text(encoding="ascii")) if kept.exists() else 0
        begins = max(0, before - treatment.reach)
        layout = _layout_of(self._read(0))
        treated = treatment(self._frames(begins, layout), layout, Shots(self.folder / SHOTS))
        for frame in treated:
            if frame.number < before:
                continue
            self._write(frame, layout)
            atomic_write(kept, str(frame.number + 1).encode())
            if progress is not None:
                progress(frame.number + 1, len(self.paths))
        return before

    def _frames(self, begins: int, layout: Layout) -> Iterator[Frame]:
        """The pictures as frames, from one on."""
        for number in range(begins, len(self.paths)):
            picture = self._read(number)
            if _layout_of(picture) != layout:
                raise UnsupportedFormat(
                    f"{self.paths[number]}: differs from {self.paths[0].name} in its size, its "
                    "depth or its colours; the pictures of a film are alike"
                )
            yield Frame(_planes(picture, layout), Fraction(number, RATE), number, _beside(picture))

    def _read(self, number: int) -> Picture:
        """A picture, or what is left of it where that will do."""
        path = self.paths[number]
        if not self.job.salvage:
            return images.read(path, max_megapixels=self.job.max_megapixels)
        most = self.job.max_megapixels
        _, pictures = images.frames(path, max_megapixels=most, salvage=True)
        picture = next(pictures)
        if picture.left is not None:
            self._meet(f"{path.name}: {picture.notes[-1]}")
        return picture

    def _write(self, frame: Frame, layout: Layout) -> None:
        """Writes a frame as a picture, with all that the picture had beside its pixels."""
        held = frame.held
        assert isinstance(held, Picture)
        bits = held.bits if layout.bits != BITS[held.depth] else None
        pixels = to_planes(np.stack(frame.planes, axis=-1), bits)
        picture = images.greyed(replace(held, planes=pixels))
        target = self.targets[frame.number]
        for said in images.write(target, picture, strict=self.job.strict):
            self._meet(said)

    def _meet(self, said: str) -> None:
        if said not in self.met:
            self.met.append(said)


def _layout_of(picture: Picture) -> Layout:
    """How the planes of a picture are laid out. UnsupportedFormat for one of floats."""
    if picture.depth == "float32":
        raise UnsupportedFormat(
            "the pictures of a film have 8 to 16 bits, and these are floats; write them as TIFFs "
            "or DPX of 16 bits first"
        )
    height, width = picture.size
    bits = picture.bits or BITS[picture.depth]
    return Layout("rgb" if picture.channels == 3 else "grey", bits, width, height, full=True)


def _planes(picture: Picture, layout: Layout) -> tuple[Plane, ...]:
    """The samples of a picture as its file has them, in planes."""
    bits = layout.bits if layout.bits != BITS[picture.depth] else None
    samples = to_samples(replace(picture, alpha=None), picture.depth, bits)
    return tuple(np.ascontiguousarray(plane) for plane in np.atleast_3d(samples).transpose(2, 0, 1))


def _beside(picture: Picture) -> Picture:
    """A picture without its pixels, which the planes have."""
    return replace(picture, planes=picture.planes[..., :0, :0].copy())
