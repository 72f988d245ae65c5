"""Job, the restoration of one file as a frozen record; and run_job(), which does it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np

from .. import images
from ..errors import FormatLimit, InputError, UsageError
from ..ground.files import check_target, prepare_folder
from ..ground.remarks import OnProgress, Say, part_of, silent
from ..images import Header, Picture
from ..images.format import Saving
from ..pipeline import (
    AUTO,
    FOUND,
    NOTHING,
    Asked,
    Auto,
    Restored,
    Settled,
    Size,
    in_words,
    infrared_beside,
    looked_at,
    together,
)
from .masked import Masked, Mender, write_mask
from .model import Model
from .pages import Pages, listed
from .pdf import is_pdf
from .several.raw import RawModel

#: as `Pages` has the first picture alone
FIRST = ((1, 1),)
#: bytes that the pictures of one file may have as one array
MOST_HELD = 2 << 30
#: pixels, of pictures and of their results, that may be in hand where there are several jobs: they
#: take a gigabyte while they are restored
ROOM = 50_000_000


@dataclass(frozen=True)
class Job:
    """What is to be done with the picture in a file, or with the pictures."""

    #: the path of the picture
    source: str
    #: the path of the result, whose ending says its format
    target: str
    #: what is asked of the restoration, checked against the model's contract
    asked: Asked = NOTHING
    #: the size of tiles: None is planned from free memory, 0 is no tiles
    tile: int | None = None
    #: the quality of a JPEG or lossy WebP, 1 to 100; None is the format's own
    quality: int | None = None
    #: how finely a JPEG has its colours; None is 4:4:4
    sampling: images.Sampling | None = None
    #: whether a picture is refused of which something would be lost
    strict: bool = False
    #: whether a result that exists already is replaced
    overwrite: bool = False
    #: the pages or frames that are restored, and alone come back; None is all
    pages: Pages | None = None
    #: the size of the result; None is as the model gives it
    size: Size | None = None
    #: whether each of several pictures is settled by itself, in place of one setting for all
    each: bool = False
    #: whether what is left of a damaged file is restored, in place of a refusal
    salvage: bool = False
    #: larger pictures and maps are refused; None lifts the limit
    max_megapixels: float | None = images.MAX_MEGAPIXELS

    @property
    def wanted(self) -> bool:
        """Whether there is something to do."""
        # Path.exists would stumble over names that the file system refuses.
        return self.overwrite or not os.path.exists(self.target)

    def extent(self, height: int, width: int, exif: bytes | None, scale: int) -> tuple[int, int]:
        """(height, width) of the result of a picture of that size, as both are stored.

        exif: the picture's, which says whether it lies on its side. scale: the model's.
        """
        if self.size is None:
            return scale * height, scale * width
        return self.size.of(height, width, images.lies(exif))


@dataclass(frozen=True)
class JobReport:
    """What became of a job."""

    #: the path of the picture
    source: str
    #: the path of the result
    target: str
    #: "restored", "salvaged" where the file was damaged, or "skipped"
    status: str
    #: the setting of each dial, a map by its path
    dials: Mapping[str, float | str] = field(default_factory=dict)
    #: where each setting comes from, as `burnish.pipeline.Origin` has it
    origins: Mapping[str, str] = field(default_factory=dict)
    #: the dials that were found on the picture, or told by its file
    estimated: tuple[str, ...] = ()
    #: how far off estimated settings may be: of ten pictures, nine are no further off
    margins: Mapping[str, float] = field(default_factory=dict)
    #: where a look at the picture chose: the models that it, or one of several, went through
    models: tuple[str, ...] = ()
    #: and why these, in words; "" where a model was named
    why: str = ""
    #: both in one sentence, which counts the pictures that went one way and another
    choice: str = ""
    #: the time from reading to writing
    seconds: float = 0.0
    #: megapixels of the pictures, before they are enlarged
    megapixels: float = 0.0
    #: sentences on what was met, and on what could not be kept
    notes: tuple[str, ...] = ()
    #: of a PDF, how many pictures and pages, and how large it was and is, in a line
    summary: str = ""
    #: how many pictures were restored
    pictures: int = 1
    #: how many the file has; of a PDF, as many as were restored
    of: int = 1
    #: what they are called where there are several: "pages", "frames", "pictures"
    called: str = "pictures"
    #: the settings of each picture, where each was settled by itself; `dials` has the first's
    each: tuple[Mapping[str, float | str], ...] = ()
    #: how much of the pictures the file still had, from 0 to 1
    there: float = 1.0

    def to_dict(self) -> dict[str, Any]:
        """The report as a record that JSON can hold."""
        return asdict(self)


def check_job(job: Job, scale: int) -> list[str]:
    """Sentences on what `run_job` will have to say of a job, for a model that enlarges `scale`
    times: what of the file was met, and what will not be kept. Nothing is decoded.

    Raises what `run_job` would raise. Both as far as the head of the file tells.
    """
    check_target(Path(job.target))
    if job.wanted and is_pdf(job.source):
        _check_document(job)
        from .pdf.document import check_pdf, lost_of_pdf

        check_pdf(job.source, job.target, job.pages)
        losses = lost_of_pdf(job.source)
        if job.strict:
            images.refuse_losses(losses, job.source)
        return losses
    if not job.wanted:
        return []
    header = header_of(job)
    return [*header.notes, *_losses(job, header, scale, len(_meant(job, header, scale)))]


def header_of(job: Job) -> Header:
    """What the file of a job says of itself, or what is left of it, where that will do."""
    return images.header(job.source, max_megapixels=job.max_megapixels, salvage=job.salvage)


def weight_of(job: Job, scale: int) -> int:
    """Pixels of the picture and its result that a job has in hand, for a model that enlarges
    `scale` times; more than ROOM where nothing else may be in hand.

    That is so of a PDF, whose library is not made for several at once.
    """
    if not job.wanted:
        return 0
    if is_pdf(job.source):
        return ROOM + 1
    try:
        header = header_of(job)
        height, width = job.extent(header.height, header.width, header.exif, scale)
    except (InputError, UsageError):
        # What is wrong with it is said when its turn comes.
        return 0
    return max(header.largest, header.height * header.width) + height * width


def megapixels_of(jobs: Sequence[Job]) -> float | None:
    """Megapixels of the picture that is all there is to do; None where there are more, or where
    nobody knows before it is read.
    """
    if len(jobs) != 1 or is_pdf(jobs[0].source):
        return None
    try:
        header = header_of(jobs[0])
    except (InputError, UsageError):
        # What is wrong with it is said when its turn comes.
        return None
    return header.frames * max(header.largest, header.height * header.width) / 1e6


def _frames(job: Job) -> tuple[Header, Iterator[Picture]]:
    """The header of a job's file, and its pictures, or what is left of them where that will do."""
    return images.frames(job.source, max_megapixels=job.max_megapixels, salvage=job.salvage)


def run_job(
    job: Job,
    model: Model,
    *,
    progress: OnProgress | None = None,
    say: Say = silent,
    look: Callable[[Picture, Restored], object] | None = None,
    before: Callable[[Path], object] | None = None,
) -> JobReport:
    """Reads, restores and writes the pictures of one file, whole or not at all.

    Of several, each is in the result before the next one is decoded.

    progress: is told (done, total) tiles. say: is told where memory was short. look: is shown each
    picture as it was read, and what came of it. before: is given the result as a temporary file,
    before it takes its name. Raises kinds of InputError for the input, and OutputError where the
    result cannot be written.
    """
    target = Path(job.target)
    check_target(target)
    if not job.wanted:
        return JobReport(
            job.source, job.target, "skipped", notes=("exists already; --overwrite replaces it",)
        )
    begun = time.perf_counter()
    if is_pdf(job.source):
        _check_document(job)
        through = partial(_through, job, model, job.asked, say, look)
        return _run_pdf(job, through, progress, before, begun)
    header, pictures = _frames(job)

    # What stands against the result is said before the work is done, not after it.
    meant = _meant(job, header, model.contract.scale)
    _prepare(job, model)

    # The first is restored before the result is begun, the others while it is written.
    asked = _asked(job, model, meant)
    through = partial(_through, job, model, asked, say, look)
    restore = partial(_restore, job, model.contract.scale, through)
    done: list[_Done] = []
    work = _one_by_one(restore, _chosen(pictures, meant), done, len(meant), progress)
    said = _write(job, chain([next(work)], work), before)
    notes = [*_notes(done, meant, header), *said]
    report = _report(job, done, notes, time.perf_counter() - begun)
    return replace(report, of=header.frames, called=header.several)


def find_job(job: Job, model: Masked, target: Path) -> JobReport:
    """Finds the mask of the picture in a job's file, and writes it alone, to `target`.

    Raises kinds of InputError, one where the file holds several pictures that are meant.
    """
    begun = time.perf_counter()
    pictures, asked = pictures_of(job, model)
    picture, *others = pictures
    if others:
        raise several_for_a_mask(job.source)
    settled = model.settle(picture, asked)
    mask, said = model.mask(picture, asked, tile=job.tile, max_megapixels=job.max_megapixels)
    write_mask(target, picture, mask)
    seconds = round(time.perf_counter() - begun, 3)
    return JobReport(
        job.source,
        str(target),
        "restored",
        dials=settings_of(job, settled),
        origins=settled.origins,
        seconds=seconds,
        megapixels=mask.size / 1e6,
        notes=(*picture.notes, *said, *picture.lost),
    )


def several_for_a_mask(source: str) -> InputError:
    """What is said of a file of which several pictures are meant, where a mask is of one."""
    return InputError(
        f"{source}: holds several pictures, and a mask is of one; choose one by --pages"
    )


def pictures_of(job: Job, model: Model) -> tuple[Iterator[Picture], Asked]:
    """The pictures of a job's file that are meant, and what is asked for all of them.

    UsageError where they are too many to be held at once, and where there is a target, what
    `run_job` raises before the work.
    """
    header, pictures = _frames(job)
    scale = model.contract.scale
    meant = _meant(job, header, scale) if job.target else _numbers(job, header)
    height, width = job.extent(header.height, header.width, header.exif, scale)
    times = max(1.0, header.largest / (header.width * header.height))
    held = len(meant) * times * height * width * header.channels * 4
    if len(meant) > 1 and held > MOST_HELD:
        raise UsageError(
            f"{job.source}: its {len(meant)} {header.several} are {held / 1e9:.1f} GB as an array; "
            "choose some with pages=, or take `burnish restore`"
        )
    return _chosen(pictures, meant), _asked(job, model, meant)


def _write(
    job: Job, pictures: Iterable[Picture], before: Callable[[Path], object] | None
) -> list[str]:
    """Writes the result as the job says. Returns sentences on what could not be kept."""
    return images.write(
        job.target,
        pictures,
        quality=job.quality,
        sampling=job.sampling,
        strict=job.strict,
        before=before,
    )


def _prepare(job: Job, model: Model) -> None:
    """Makes the folder of the result. FormatLimit where that is a DNG, and the model leaves no
    mosaic.
    """
    format = images.format_of(job.target)
    if format.written is not None and not isinstance(model, RawModel):
        raise FormatLimit(
            f"{job.target}: {format.written[0]} holds what a sensor saw, which -m raw alone "
            "restores; add -m raw, or write .tif"
        )
    prepare_folder(Path(job.target))


def _check_document(job: Job) -> None:
    """FormatLimit where a size is wanted of what is in a PDF."""
    if job.size is not None:
        raise FormatLimit(
            f"{job.source}: the pictures of a PDF stand in places of a size of their own; leave "
            f"{job.size.words} out"
        )


def _run_pdf(
    job: Job,
    through: Callable[[Picture, OnProgress | None], Restored],
    progress: OnProgress | None,
    before: Callable[[Path], object] | None,
    begun: float,
) -> JobReport:
    """Restores the pictures of a PDF, each with settings of its own, and puts them back."""
    from .pdf.document import restore_pdf

    outcome = restore_pdf(
        job.source,
        job.target,
        through,
        pages=job.pages,
        saving=Saving(job.quality, job.sampling),
        strict=job.strict,
        max_megapixels=job.max_megapixels,
        progress=progress,
        before=before,
    )
    done = [_Done(settled, megapixels, ()) for settled, megapixels in outcome.done]
    seconds = time.perf_counter() - begun
    report = _report(replace(job, each=True), done, outcome.notes, seconds)
    return replace(report, summary=outcome.summary)


@dataclass(frozen=True)
class _Done:
    """What is kept of a picture that was restored, when its pixels are gone."""

    settled: Settled
    megapixels: float
    notes: tuple[str, ...]
    #: how much of it was there, from 0 to 1; None of a picture whose file is whole
    there: float | None = None


def _notes(done: Sequence[_Done], meant: Sequence[int], header: Header) -> list[str]:
    """What was met with the pictures: each sentence once, with the pages that it is true of where
    it is not true of all.
    """
    on: dict[str, list[int]] = {}
    # of a damaged file, not all that were meant need be there
    for number, one in zip(meant, done, strict=False):
        for note in dict.fromkeys(one.notes):
            on.setdefault(note, []).append(number + 1)
    called = header.several.removesuffix("s")
    return [
        note if len(numbers) == len(done) else f"{listed(numbers, header.frames, called)}: {note}"
        for note, numbers in on.items()
    ]


def _report(job: Job, done: Sequence[_Done], notes: Sequence[str], seconds: float) -> JobReport:
    """The report on pictures that are restored, with sentences on what was met, and not kept."""
    first = done[0].settled
    choices = [each.settled.choice for each in done]
    megapixels = sum(each.megapixels for each in done)
    left = [each.there for each in done if each.there is not None]
    there = sum(each.megapixels * (1 if each.there is None else each.there) for each in done)
    return JobReport(
        job.source,
        job.target,
        "salvaged" if left else "restored",
        dials=settings_of(job, first),
        origins=first.origins,
        estimated=tuple(name for name, origin in first.origins.items() if origin in FOUND),
        margins=first.margins,
        models=tuple(dict.fromkeys(name for each in done for name in each.settled.models)),
        why=", or ".join(dict.fromkeys(filter(None, (choice.sentence for choice in choices)))),
        choice=in_words(choices),
        seconds=round(seconds, 3),
        megapixels=megapixels,
        notes=tuple(dict.fromkeys(notes)),
        pictures=len(done),
        of=len(done),
        each=tuple(settings_of(job, each.settled) for each in done) if job.each else (),
        there=round(there / megapixels, 4) if left else 1.0,
    )


def _meant(job: Job, header: Header, scale: int) -> list[int]:
    """Which pictures of the file are meant, counted from 0.

    InputError where they are not there, FormatLimit where the result's format cannot hold them.
    """
    meant = _numbers(job, header)
    if job.asked.mask is not None and len(meant) > 1:
        raise several_for_a_mask(job.source)
    losses = _losses(job, header, scale, len(meant))
    if job.strict:
        images.refuse_losses(losses, job.source)
    return meant


def _losses(job: Job, header: Header, scale: int, count: int) -> list[str]:
    """Sentences on what will not be kept of so many pictures, as far as the file's head tells."""
    saving = Saving(job.quality, job.sampling)
    size = job.extent(header.height, header.width, header.exif, scale)
    said = images.check_header(header, job.target, size, count, saving)
    return list(dict.fromkeys([*header.lost, *said]))


def _numbers(job: Job, header: Header) -> list[int]:
    """The numbers of the pictures that are meant, counted from 0. InputError where they are not
    there.
    """
    count = header.frames
    if job.pages is None or job.pages.runs != FIRST:
        images.check_whole(header, job.source)
    return list(range(count)) if job.pages is None else job.pages.among(count, job.source)


def _chosen(pictures: Iterator[Picture], numbers: Collection[int]) -> Iterator[Picture]:
    """The pictures of these numbers, counted from 0; what stands behind them is not decoded."""
    wanted = frozenset(numbers)
    some = islice(pictures, max(wanted) + 1)
    return (picture for number, picture in enumerate(some) if number in wanted)


def _asked(job: Job, model: Model, meant: Sequence[int]) -> Asked:
    """What is asked for all pictures, with what is found on some of them, unless each picture is
    asked; of one picture, with the file of its infrared where that stands beside it.
    """
    own = _with_infrared(job, model) if len(meant) == 1 else job.asked
    dials = model.contract.dials
    unknown = any(isinstance(job.asked.dials.get(dial.name, AUTO), Auto) for dial in dials)
    if len(meant) == 1 or job.each or not unknown:
        return own
    some = [meant[place] for place in looked_at(len(meant))]
    _, pictures = _frames(job)
    settle = partial(model.settle, asked=job.asked, max_megapixels=job.max_megapixels)
    return together(job.asked, _chosen(pictures, some), settle)


def _with_infrared(job: Job, model: Model) -> Asked:
    """What is asked of a picture, by a model that mends with the infrared beside its file."""
    wants = isinstance(model, Mender) and isinstance(job.asked.infrared, Auto)
    beside = infrared_beside(job.source) if wants else None
    return job.asked if beside is None else replace(job.asked, infrared=beside)


def _restore(
    job: Job,
    scale: int,
    through: Callable[[Picture, OnProgress | None], Restored],
    picture: Picture,
    progress: OnProgress | None,
) -> Restored:
    """One picture restored, which the result's format can hold, enlarged `scale` times."""
    height, width = picture.size
    size = job.extent(height, width, picture.exif, scale)
    losses = [*picture.lost, *images.check_format(picture, job.target, size)]
    if job.strict:
        images.refuse_losses(losses, job.source)
    return through(picture, progress)


def _through(
    job: Job,
    model: Model,
    asked: Asked,
    say: Say,
    look: Callable[[Picture, Restored], object] | None,
    picture: Picture,
    progress: OnProgress | None,
) -> Restored:
    """One picture through the model, and shown to who wants to see it."""
    # Whoever looks, or resizes, wants more than the file will have.
    rounded = look is None and job.size is None and not is_pdf(job.source)
    rounded = rounded and images.keeps_samples(picture, job.target)
    asked = replace(asked, rounded=rounded)
    parts = 1 if job.size is None else 2
    restored = model.restore(
        picture,
        asked,
        tile=job.tile,
        max_megapixels=job.max_megapixels,
        progress=part_of(progress, 0, parts),
        say=say,
    )
    rest = part_of(progress, parts - 1, parts)
    restored = model.at_size(restored, job.size, picture, tile=job.tile, progress=rest, say=say)
    # What is not there is no part of the result, whatever a network makes of it.
    restored = replace(restored, picture=images.greyed(restored.picture))
    if look is not None:
        look(images.greyed(picture), restored)
    return restored


def _one_by_one(
    restore: Callable[[Picture, OnProgress | None], Restored],
    pictures: Iterable[Picture],
    done: list[_Done],
    count: int,
    progress: OnProgress | None,
) -> Iterator[Picture]:
    """So many pictures restored, each when it is asked for; what is kept of it is appended to
    `done`.
    """
    for number, picture in enumerate(pictures):
        restored = restore(picture, part_of(progress, number, count))
        height, width = picture.size
        there = None if picture.left is None else picture.left.share
        result = restored.picture
        notes = (*result.notes, *result.lost)
        done.append(_Done(restored.settled, height * width / 1e6, notes, there))
        yield result


def settings_of(job: Job, settled: Settled) -> dict[str, float | str]:
    """The settings as a report has them: numbers, and maps by the words that asked for them."""
    return {
        name: str(job.asked.dials[name]) if np.ndim(value) else float(value)
        for name, value in settled.dials.items()
    }
