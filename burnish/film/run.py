"""restore_film(): a film through a treatment, into a file that is whole or absent.

Segments of the result lie in a hidden folder beside it until all are there, and are joined without
coding them again. What is done is what lies there, so that a run that was killed goes on with the
same command, behind its last segment.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from .. import images
from ..errors import UnsupportedFormat, UsageError
from ..ground.files import atomic_move, atomic_write, places, prepare_folder, replaces
from ..ground.remarks import OnProgress, Say, silent
from .fields import ByField
from .files.code import Coding, coded
from .files.codecs import codec, container
from .files.decode import INTERLACED, Damaged, Survey, check, frames, survey
from .files.facts import FIELDS, film
from .files.library import versions
from .files.losses import losses
from .files.mux import Kept, mux
from .files.segments import segments, timed, write_segment
from .frame import Frame
from .state import SHOTS, hidden, run_folder
from .treatment import Shots, Treatment

#: what is done with frames that are made of two fields
Interlaced = Literal["refuse", "fields", "frames"]


@dataclass(frozen=True)
class FilmJob:
    """What is to be done with a film."""

    #: its file
    source: Path
    #: the file of the result, whose ending says its container
    target: Path
    #: a codec, with its quality, as in "x264:crf=12"; None is the container's usual one
    codec: str | None = None
    #: the number of the video stream that is meant; None where there is one
    stream: int | None = None
    #: what is done with frames that are made of two fields
    interlaced: Interlaced = "refuse"
    #: whether what is left of a damaged film is restored
    salvage: bool = False
    #: whether a film is refused of which something would be lost
    strict: bool = False
    #: whether a result that exists already is replaced
    overwrite: bool = False
    #: whether what an earlier run has done is dropped
    restart: bool = False
    #: larger frames are refused; None lifts the limit
    max_megapixels: float | None = images.MAX_MEGAPIXELS


@dataclass(frozen=True)
class FilmReport:
    """What became of a film."""

    #: the path of the film
    source: str
    #: the path of the result
    target: str
    #: "restored", "salvaged" where the film was damaged, or "skipped"
    status: str
    #: frames of the result
    frames: int = 0
    #: how many of them an earlier run had done
    before: int = 0
    #: how it was coded, in words
    coded: str = ""
    #: the time from reading to writing, in seconds
    seconds: float = 0.0
    #: sentences on what could not be kept, which were said before the work
    notes: tuple[str, ...] = ()
    #: sentences on what was met
    met: tuple[str, ...] = ()


def restore_film(
    job: FilmJob,
    treatment: Treatment,
    identity: Mapping[str, str],
    *,
    progress: OnProgress | None = None,
    say: Say = silent,
) -> FilmReport:
    """Restores a film.

    treatment: what is done to its frames. identity: what makes two treatments the same, in words:
    a run goes on only where this, the film and how it is coded are what they were.

    progress: is told (done, total) frames. say: is told what will not be kept before the work.
    Raises InputErrors for the film, UsageError for what does not fit, FolderLocked where another
    run is at work on the result, and OutputError where it cannot be written.
    """
    if job.target.exists() and not job.overwrite:
        notes = ("exists already; --overwrite replaces it",)
        return FilmReport(str(job.source), str(job.target), "skipped", notes=notes)
    begun = time.perf_counter()
    plan = _planned(job)
    say_losses(plan.lost, job.source, job.strict, say)
    prepare_folder(job.target)
    if plan.coding.film.in_fields and job.interlaced == "fields":
        treatment = ByField(treatment)
    about = _about(job, plan.coding, identity)
    damage = Damaged()
    with run_folder(hidden(job.target), job.target, about, job.restart) as folder:
        before, done = _write_segments(job, plan, treatment, folder, damage, progress)
        _join(job, plan, folder)
    return FilmReport(
        str(job.source),
        str(job.target),
        "salvaged" if damage.frames or plan.found.cut else "restored",
        done,
        before,
        plan.coding.words,
        round(time.perf_counter() - begun, 3),
        tuple(plan.lost),
        tuple(_of_damage(plan.found, damage)),
    )


def check_film(job: FilmJob) -> list[str]:
    """Sentences on what `restore_film` will say that a film's result does not keep. Nothing stays.

    Raises what stands against it, as far as that is known before the work.
    """
    plan = _planned(job)
    say_losses(plan.lost, job.source, job.strict, silent)
    return plan.lost


@dataclass(frozen=True)
class _Plan:
    """What is known of a run before its work."""

    #: how the result is coded
    coding: Coding
    #: what a look at all packets says of the film
    found: Survey
    #: the streams that go along
    streams: Kept
    #: sentences on what will not be kept
    lost: list[str]


def _planned(job: FilmJob) -> _Plan:
    """What is known before the work. Raises what stands against it; nothing is left behind."""
    coding = _coding(job)
    found = survey(coding.film)
    if not job.salvage:
        check(coding.film, found)
    with TemporaryDirectory() as folder:
        streams, lost = losses(coding, job.target, Path(folder), found)
    return _Plan(coding, found, streams, lost)


def _coding(job: FilmJob) -> Coding:
    """How the result is coded. Says what stands against it before anything is written."""
    how, crf = codec(job.codec, job.target)
    source = film(job.source, job.stream, job.max_megapixels)
    if replaces(job.target, places(job.source)):
        raise UsageError(f"{job.target}: the result would replace its source; choose another -o")
    if source.in_fields and job.interlaced == "refuse":
        order = FIELDS.get(source.shown.fields, "as its frames say")
        raise UnsupportedFormat(f"{job.source}: {INTERLACED} ({order})")
    coding = Coding(source, how, crf)
    coding.options  # noqa: B018 (a quality or fields that the codec does not take)
    how.pixels(source)
    return coding


def say_losses(lost: list[str], source: Path, strict: bool, say: Say) -> None:
    """Says what will not be kept of a source. NotKept where that is to be refused."""
    if strict:
        images.refuse_losses(lost, str(source))
    for each in lost:
        say(each)


def _about(job: FilmJob, coding: Coding, identity: Mapping[str, str]) -> dict[str, str]:
    """What makes two runs the same, in words."""
    entry = job.source.stat()
    return {
        "film": f"{entry.st_size} bytes of {entry.st_mtime_ns}, stream {coding.film.number}",
        "codec": f"{coding.codec.name} {coding.options}",
        "interlaced": job.interlaced,
        **versions(),
        **identity,
    }


def _write_segments(
    job: FilmJob,
    plan: _Plan,
    treatment: Treatment,
    folder: Path,
    damage: Damaged,
    progress: OnProgress | None,
) -> tuple[int, int]:
    """Writes the segments that are not there yet. Returns how many frames were done before, and
    are done now.
    """
    coding = plan.coding
    before = done = sum(len(part.index) for part in segments(folder))
    interlaced = job.interlaced != "refuse"
    all_of_them = frames(coding.film, damage if job.salvage else None, interlaced)
    first = done - treatment.reach
    needed = (frame for frame in all_of_them if frame.number >= first)
    treated = treatment(needed, coding.film.layout, Shots(folder / SHOTS))
    wanted = (frame for frame in treated if frame.number >= before)
    while (head := next(wanted, None)) is not None:
        stretch = chain([head], islice(wanted, coding.codec.segment - 1))
        counted = _counted(stretch, progress, plan.found.packets)
        done += write_segment(folder, head.number, coded(counted, coding))
    return before, done


def _counted(stretch: Iterator[Frame], progress: OnProgress | None, total: int) -> Iterator[Frame]:
    """The frames, of which each is told."""
    for frame in stretch:
        yield frame
        if progress is not None:
            progress(frame.number + 1, total)


def _join(job: FilmJob, plan: _Plan, folder: Path) -> None:
    """Joins the segments to the film."""
    source = plan.coding.film
    usual = round(1 / (source.rate * source.base)) if source.rate else 1
    packets = timed(segments(folder), plan.found.last or usual)
    home = container(job.target)
    # In the folder, where it is no litter if the run is killed: a film may be long.
    joined = folder / f"joined{job.target.suffix}"
    with_all = partial(mux, plan.coding, plan.streams, packets, home=home)
    atomic_write(joined, lambda file: with_all(Path(file.name)))
    atomic_move(joined, job.target)


def _of_damage(found: Survey, damage: Damaged) -> list[str]:
    """Sentences on what was found to be damaged, and restored all the same."""
    said = []
    if found.cut:
        said.append(f"it ends before its film does ({found.damage}); what is there was restored")
    elif found.damage:
        said.append(f"it is damaged ({found.damage})")
    if damage.frames:
        numbers = ", ".join(f"{number:,}" for number in damage.frames[:8])
        more = f" and {len(damage.frames) - 8:,} more" if len(damage.frames) > 8 else ""
        said.append(
            f"{len(damage.frames):,} of its frames are damaged, and as the decoder made them: "
            f"{numbers}{more}"
        )
    return said
