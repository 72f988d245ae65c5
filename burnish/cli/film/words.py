"""Films by the words of `burnish restore`: their options, what they mean together, and the run."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...errors import UsageError
from ..console import Console
from ..options import MENDS, Precision
from ..outputs import ending

if TYPE_CHECKING:
    from ...film.numbered import SequenceJob
    from ...film.run import FilmJob, FilmReport
    from ...ground.remarks import OnProgress
    from .ways import Way


class Interlaced(StrEnum):
    """What is done with frames that are made of two fields."""

    refuse = "refuse"
    fields = "fields"
    frames = "frames"


Sequenced = Annotated[
    bool, typer.Option("--sequence", help="A folder of numbered pictures is a film.")
]
CodecName = Annotated[
    str | None,
    typer.Option(
        "--codec",
        metavar="NAME",
        show_default=False,
        help="Of a film: ffv1, x264:crf=12, x265 or prores.",
    ),
]
# The sentence that refuses a film without one of these names it; so they need no line of --help.
StreamNumber = Annotated[int | None, typer.Option("--stream", min=0, metavar="N", hidden=True)]
Fields = Annotated[Interlaced, typer.Option("--interlaced", metavar="WHAT", hidden=True)]


@dataclass(frozen=True)
class Films:
    """What the options of `burnish restore` say that films have. Others are of pictures."""

    #: the films, or a folder of numbered pictures
    inputs: list[Path]
    #: a file, or a folder
    output: str | None
    #: the model's word
    model: str
    #: settings of dials, in words
    dial: list[str]
    #: 0 (the input) to 1 (the full effect)
    strength: float
    #: the side of a tile, in words
    tile: str
    #: the ending of the results
    format: str | None
    #: what is added to names
    suffix: str | None
    #: whether a film is refused of which something would be lost
    strict: bool
    #: whether what is left of a damaged film is restored
    salvage: bool
    #: whether a result that exists already is replaced
    overwrite: bool
    #: whether what an earlier run has done is dropped
    restart: bool
    #: larger frames are refused; 0 lifts the limit
    max_megapixels: float
    #: where models run
    device: str
    #: what runs them; None is what has the device
    backend: str | None
    #: threads of the processor; None is all
    threads: int | None
    #: in which precision models compute
    precision: Precision
    #: whether that is full precision, said the short way
    fp32: bool
    #: whether a folder of numbered pictures is a film
    sequence: bool
    #: a codec, with its quality, in words; None is the container's own
    codec: str | None
    #: the number of the video stream that is meant; None where there is one
    stream: int | None
    #: what is done with frames that are made of two fields
    interlaced: Interlaced
    #: whether nothing is done, and only said what would be
    dry_run: bool
    #: whether only errors are said
    quiet: bool
    #: whether the engine and its precision are named
    verbose: bool
    #: whether results are objects for programs
    as_json: bool

    @classmethod
    def of(cls, context: typer.Context) -> Films:
        """The options as they were given. UsageError for one that is of pictures alone."""
        own = {each.name for each in fields(cls)}
        for name in context.params:
            if name not in own and _is_given(context, name):
                word = f"--{name.replace('_', '-')}"
                raise UsageError(f"{word}: is for pictures; of a film, leave it out")
        values = {name: context.params[name] for name in own}
        if not _is_given(context, "model"):
            values["model"] = MENDS
        return cls(**values)

    def jobs(self) -> Sequence[FilmJob | SequenceJob]:
        """What is to be done with each film. UsageError where several would have one result."""
        from ...film.files.codecs import codec
        from ...film.files.library import pyav
        from ...film.run import FilmJob

        if self.sequence:
            return [self._sequence()]
        pyav()
        targets = [self._target(source) for source in self.inputs]
        for target in targets:
            how, crf = codec(self.codec, target)
            how.says(crf)
            if targets.count(target) > 1:
                raise UsageError(f"-o {target}: several films would have one result; name a folder")
        return [
            FilmJob(
                source,
                target,
                self.codec,
                self.stream,
                self.interlaced.value,
                self.salvage,
                self.strict,
                self.overwrite,
                self.restart,
                self.max_megapixels or None,
            )
            for source, target in zip(self.inputs, targets, strict=True)
        ]

    def _sequence(self) -> SequenceJob:
        """What is to be done with the folder of numbered pictures."""
        from ...film.numbered import SequenceJob

        given = {"--codec": self.codec, "--stream": self.stream, "--suffix": self.suffix}
        for word in (word for word, value in given.items() if value is not None):
            raise UsageError(f"{word}: is for films in a file; with --sequence, leave it out")
        if len(self.inputs) > 1 or self.output is None:
            raise UsageError("--sequence: takes one folder, and -o with another for its results")
        return SequenceJob(
            self.inputs[0],
            Path(self.output),
            ending(self.format),
            self.salvage,
            self.strict,
            self.overwrite,
            self.restart,
            self.max_megapixels or None,
        )

    def _target(self, source: Path) -> Path:
        """The file of a film's result: of the source's kind where that is written, or Matroska."""
        from ...film.files.codecs import CONTAINERS
        from ...inference.targets import SUFFIX

        own = source.suffix.lower()
        kind = ending(self.format) or (own if own in CONTAINERS else ".mkv")
        if kind not in CONTAINERS:
            raise UsageError(f"-f {self.format}: films are written as {', '.join(CONTAINERS)}")
        if self.output is None:
            mark = SUFFIX if self.suffix is None else self.suffix
            return source.with_name(f"{source.stem}{mark}{kind}")
        if self.output.endswith(("/", os.sep)) or os.path.isdir(self.output):
            return Path(self.output) / f"{source.stem}{self.suffix or ''}{kind}"
        return Path(self.output)

    def way(self, console: Console) -> Way:
        """What is done to the frames of the films."""
        from ..words import asked_of, parse_tile, precision_of, where
        from .ways import way_of

        return way_of(
            self.model,
            lambda contract: asked_of(contract, self.dial, self.strength, None, True),
            tile=parse_tile(self.tile),
            device=where(self.backend, self.device),
            threads=self.threads,
            precision=precision_of(self.precision, self.fp32),
            opened=console.opened,
        )


def _is_given(context: typer.Context, name: str) -> bool:
    """Whether an option stands on the command line."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def films_meant(context: typer.Context) -> bool:
    """Whether films are meant. UsageError where only some of the inputs are films, or where options
    of films stand with pictures.
    """
    from ...film.known import is_film

    inputs: list[Path] = context.params["inputs"]
    sequence: bool = context.params["sequence"]
    films = [path for path in inputs if is_film(path)]
    if sequence and films:
        raise UsageError(f"--sequence: is for folders of pictures, and {films[0]} is a film")
    if films and len(films) < len(inputs):
        other = next(path for path in inputs if path not in films)
        raise UsageError(f"{other}: is no film, and {films[0]} is; restore them one by one")
    for name in ("codec", "stream"):
        if context.params[name] is not None and not films:
            raise UsageError(f"--{name}: is for films; of pictures, leave it out")
    return bool(films) or sequence


def restore_films(context: typer.Context) -> int:
    """Restores films, one after another. Returns the exit status."""
    from ...film.numbered import SequenceJob, restore_sequence
    from ...film.run import restore_film
    from ..app import each

    films = Films.of(context)
    jobs = films.jobs()
    console = Console(len(jobs), quiet=films.quiet, verbose=films.verbose, as_json=films.as_json)
    if films.dry_run:
        return _plan(jobs, console)
    way = films.way(console)

    def one(job: FilmJob | SequenceJob) -> None:
        way_there = (way.treatment, way.identity)
        with _told(console) as progress:
            if isinstance(job, SequenceJob):
                report = restore_sequence(job, *way_there, progress=progress, say=console.say)
            else:
                report = restore_film(job, *way_there, progress=progress, say=console.say)
        _tell(report, console)

    try:
        return each(jobs, one, lambda job, error: console.failed(job.source, job.target, error))
    except (KeyboardInterrupt, SystemExit):
        console.aside("stopped; the same command goes on")
        raise


def _plan(jobs: Sequence[FilmJob | SequenceJob], console: Console) -> int:
    """Says what would be done. Returns the exit status."""
    from ...film.numbered import SequenceJob, check_sequence
    from ...film.run import check_film
    from ..app import each

    def one(job: FilmJob | SequenceJob) -> None:
        notes = check_sequence(job) if isinstance(job, SequenceJob) else check_film(job)
        for note in notes:
            console.aside(f"{job.source}: {note}")
        names = {"source": str(job.source), "target": str(job.target)}
        record = {**names, "status": "planned", "notes": notes}
        console.result(record, f"{job.source} -> {job.target}")

    return each(jobs, one, lambda job, error: console.failed(job.source, job.target, error))


def _tell(report: FilmReport, console: Console) -> None:
    """Says what became of a film."""
    if report.status == "skipped":
        text = f"{report.source}: skipped, {report.target} {report.notes[0]}"
    else:
        new = report.frames - report.before
        rate = f", {new / report.seconds:.2f} a second" if new and report.seconds else ""
        before = f", {report.before:,} of them before" if report.before else ""
        text = (
            f"{report.source} -> {report.target}  {report.frames:,} frames{before}  "
            f"{report.coded}  {report.seconds:.2f} s{rate}"
        )
    for note in report.met:
        console.aside(f"{report.source}: {note}")
    console.result(asdict(report), text)


@contextmanager
def _told(console: Console) -> Iterator[OnProgress]:
    """A context that gives a function to tell (done, total) frames: a bar on a terminal, with
    frames a second and the time that is left.
    """
    first: list[tuple[float, int]] = []
    with console.frames() as show:

        def told(done: int, total: int) -> None:
            first[:] = first or [(time.perf_counter(), done)]
            begun, at = first[0]
            passed = time.perf_counter() - begun
            rate = f"{(done - at) / passed:.2f} frames/s" if done > at and passed else ""
            show(done, total, rate)

        yield told
