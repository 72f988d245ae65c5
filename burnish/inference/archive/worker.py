"""The process that does a run's work: what a codec or a network may break, it breaks here alone.

It is told an `Assignment` and then a `Task` for each picture, and answers with the other messages
of this file. They go as pickles through its standard input and output, between processes of one
program. Where the process that began it dies, it dies too.
"""

from __future__ import annotations

import io
import math
import os
import platform
import queue
import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from ... import images
from ...contract import Array, Opened
from ...errors import (
    BurnishError,
    InputError,
    ModelMismatch,
    OutOfMemory,
    UsageError,
    unforeseen,
)
from ...ground.files import digest
from ...ground.planes import Planes
from ...ground.process import work_off
from ...images import Picture
from ...pipeline import Asked, Finding, Restored, Settled, medians
from .. import zoo
from ..job import Job, JobReport, run_job, settings_of
from ..model import Model
from .brought import brought
from .sidecar import about_run, hash_of, settled_in, write_sidecar

#: the side of what is restored to measure how long a megapixel takes, in pixels
TRIAL = 512
#: the longest side of the small copies in the report, in pixels
SMALL = 320
#: samples of a picture that are looked at for how much it has changed
LOOKED_AT = 100_000


@dataclass(frozen=True)
class Assignment:
    """What the process is told first."""

    #: the name of a model, or the path of its file
    model: str
    #: what is to be done with every picture; its paths are those of each task
    job: Job
    #: "auto", "cpu" or "cuda"
    device: str
    #: threads of the processor; None is all
    threads: int | None
    #: in which precision it computes
    precision: str
    #: whether it is measured how long a megapixel takes
    timed: bool = False
    #: pictures on which the dials of all are settled together
    alike: tuple[str, ...] = ()
    #: settings of dials that were settled for all before
    settled: Mapping[str, float] = field(default_factory=dict)
    #: whether every result gets a sidecar
    sidecars: bool = False
    #: the SHA-256 of the model; None of one without a file
    sha256: str | None = None
    #: a folder that is there on every machine, as the one of the results has to be; None where
    #: these go to an address
    shared: str | None = None


@dataclass(frozen=True)
class Task:
    """One picture to be restored."""

    #: its number in the journal
    id: int
    #: the path of the picture
    source: str
    #: the path of the result, which replaces what is there
    target: str
    #: small copies are made where the picture has changed at least as much
    least: float


@dataclass(frozen=True)
class Name:
    """The word that lets a whole result take its name."""

    #: the number of the task
    id: int


@dataclass(frozen=True)
class Ready:
    """The model is open."""

    #: what it runs on; its function does nothing here
    opened: Opened
    #: seconds that a megapixel takes, where they were measured
    seconds: float | None
    #: settings of dials that hold for all pictures, where they were to be settled together
    settled: Mapping[str, float]


@dataclass(frozen=True)
class Told:
    """Something to be said while the work goes on."""

    #: a sentence
    remark: str


@dataclass(frozen=True)
class Tiles:
    """How far the picture in hand is."""

    #: tiles that are done
    done: int
    #: tiles in all
    total: int


@dataclass(frozen=True)
class Whole:
    """A result is whole, and waits for a `Name` to take it."""

    #: the number of the task
    id: int
    #: the SHA-256 of the picture as it was read
    source_hash: str
    #: the SHA-256 of the result
    result_hash: str
    #: the setting of each dial, a map by its words
    dials: Mapping[str, float | str]
    #: where each setting comes from
    origins: Mapping[str, str]


@dataclass(frozen=True)
class Done:
    """A picture is restored, and its result stands under its name."""

    #: the number of the task
    id: int
    #: what became of it
    report: JobReport
    #: how much it has changed: the root mean square, in steps of 1 of 255
    change: float
    #: small copies before and after, as JPEG files, where it has changed enough to be shown
    copies: tuple[bytes, bytes] | None


@dataclass(frozen=True)
class Failed:
    """A picture could not be restored; or, without a number, the model could not be opened."""

    #: the number of the task
    id: int | None
    #: why
    error: BurnishError
    #: whether the others would fail too, as on a full disk
    fatal: bool


def main() -> NoReturn:
    """Does what it is told by its standard input, until that says None. It does not return."""
    tasks: queue.SimpleQueue[Any] = queue.SimpleQueue()
    names: queue.SimpleQueue[Name] = queue.SimpleQueue()

    def take(message: Any) -> None:
        if isinstance(message, Name):
            names.put(message)
        else:
            tasks.put(message)

    work_off(take, partial(work, tasks.get, names.get))


def work(
    next_task: Callable[[], Any], wait_for_name: Callable[[], Name], send: Callable[[object], None]
) -> None:
    """Opens the model, and does all tasks.

    next_task: gives the `Assignment`, then each `Task`, and None at the end. wait_for_name: waits
    for the `Name` of the result that was told of. send: is told all that is to be said.
    """
    told: Assignment = next_task()
    try:
        model, ready = _open(told)
    except BurnishError as error:
        send(Failed(None, error, True))
        return
    settled = {**told.settled, **ready.settled}
    job = replace(told.job, asked=agreed(told.job.asked, settled), overwrite=True)
    beside = None
    if told.sidecars:
        about = about_run(told.model, model, told.job, ready.opened, told.threads)
        beside = partial(_write_beside, about, settled)
    send(ready)
    while (task := next_task()) is not None:
        send(_done(task, job, model, send, wait_for_name, beside))


def _write_beside(
    about: Mapping[str, Any], alike: Mapping[str, float], hashes: tuple[str, str], report: JobReport
) -> None:
    """Writes the sidecar of a result that stands under its name."""
    dials = settled_in(report.dials, report.origins, alike)
    there = report.there if report.status == "salvaged" else None
    write_sidecar(about, report.source, report.target, hashes, dials, there)


def elsewhere(image: Array, level: Array | None) -> Array:
    """Stands for the model where it is told of, and not run."""
    raise RuntimeError("the model is open in another process")


def _open(told: Assignment) -> tuple[Model, Ready]:
    _check_shared(told.shared)
    model = zoo.load(told.model)
    if hash_of(model) != told.sha256:
        raise ModelMismatch(
            f"{told.model}: is another model on {platform.node()} (its hash is another); install "
            "the same Burnish, and put the same file there"
        )
    opened = model.open(device=told.device, threads=told.threads, precision=told.precision)
    seconds = _seconds_a_megapixel(model) if told.timed else None
    settled = settled_alike(model, told.job, told.alike)
    # what holds the network stays in this process
    return model, Ready(opened.told_of(elsewhere), seconds, settled)


def _check_shared(folder: str | None) -> None:
    """UsageError where the folder of the results is not the one that the run began."""
    if folder is not None and not os.path.isdir(folder):
        raise UsageError(
            f"{folder}: is not there on {platform.node()}; take a folder that all machines share, "
            "or an address, such as s3://bucket/clean"
        )


def _seconds_a_megapixel(model: Model) -> float:
    """How long the network takes for a megapixel, by the quicker of two small pictures."""
    noise = np.random.default_rng(0).random((1, 3, TRIAL, TRIAL), np.float32)
    told = Asked({dial.name: dial.default for dial in model.contract.dials})
    return min(model.restore(Picture(noise), told).seconds for _ in range(2)) * 1e6 / TRIAL**2


def settled_alike(model: Model, job: Job, sources: Sequence[str]) -> dict[str, float]:
    """One setting for each dial that pictures would settle differently: the median of them.

    sources: the pictures that are looked at; one that cannot be read is passed over. Empty where
    there are none, or where nothing is left to the pictures.
    """
    each: list[Settled] = []
    for source in sources:
        try:
            picture = images.read(source, max_megapixels=job.max_megapixels)
        except InputError:
            continue
        each.append(model.settle(picture, job.asked, job.max_megapixels))
    return {name: finding.value for name, finding in medians(each).items()}


def agreed(asked: Asked, settled: Mapping[str, float]) -> Asked:
    """What is asked for all pictures, with what was settled for all of them.

    It was found, and so chooses models as what is found does.
    """
    found = {name: Finding(value, "pixels") for name, value in settled.items()}
    return replace(asked, dials={**asked.dials, **found}) if found else asked


class _Eye:
    """Looks at a task's pictures while they are restored, and at its result before its naming."""

    def __init__(
        self,
        task: Task,
        job: Job,
        send: Callable[[object], None],
        wait_for_name: Callable[[], Name],
    ) -> None:
        self._task = task
        self._job = job
        self._send = send
        self._wait_for_name = wait_for_name
        self._stamp = _stamp(task.source)
        # The file's head is read again right after this, out of the system's memory.
        self._source_hash = "" if self._stamp is None else digest(task.source)
        self._settled: Settled | None = None
        #: the SHA-256 of the picture and of its result, as they are told of
        self.hashes = ("", "")
        #: how much the picture has changed; of several in a file, the most changed
        self.change = 0.0
        #: its small copies, where it has changed enough
        self.copies: tuple[bytes, bytes] | None = None

    def look(self, picture: Picture, restored: Restored) -> None:
        """Looks at a picture and what came of it."""
        first = self._settled is None
        self._settled = self._settled or restored.settled
        change = _change(picture.planes, restored.picture.planes)
        if not first and change <= self.change:
            return
        self.change = change
        if change >= self._task.least:
            self.copies = (_copy(picture), _copy(restored.picture))

    def before(self, temporary: Path) -> None:
        """Tells of a whole result, and waits for the word that lets it take its name."""
        source = self._task.source
        if _stamp(source) != self._stamp:
            raise InputError(f"{source}: changed while it was read; run the same again")
        settled = self._settled or Settled({}, {})
        dials = settings_of(self._job, settled)
        self.hashes = (self._source_hash, digest(temporary))
        self._send(Whole(self._task.id, *self.hashes, dials, settled.origins))
        self._wait_for_name()


def _done(
    task: Task,
    job: Job,
    model: Model,
    send: Callable[[object], None],
    wait_for_name: Callable[[], Name],
    beside: Callable[[tuple[str, str], JobReport], None] | None,
) -> Done | Failed:
    """Restores one picture, and tells what it comes to on the way.

    beside: writes the sidecar of a result, by the hashes of both and the report.
    """
    try:
        with brought(task.source, task.target) as here:
            eye = _Eye(replace(task, source=here.source), job, send, wait_for_name)
            report = run_job(
                replace(job, source=here.source, target=here.target),
                model,
                progress=lambda done, total: send(Tiles(done, total)),
                say=lambda remark: send(Told(here.named(remark))),
                look=eye.look,
                before=eye.before,
            )
            report = here.take_back(report)
        if beside is not None:
            beside(eye.hashes, report)
    except (InputError, UsageError, OutOfMemory) as error:
        return Failed(task.id, error, False)
    except BurnishError as error:
        return Failed(task.id, error, True)
    except Exception as error:
        return Failed(task.id, unforeseen(error), False)
    return Done(task.id, report, round(eye.change, 3), eye.copies)


def _stamp(source: str) -> tuple[int, int, int] | None:
    """By what a file is seen to be the same; None for what cannot be read as a file."""
    try:
        found = os.stat(source)
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(found.st_mode) or not os.access(source, os.R_OK):
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino


def _change(before: Planes, after: Planes) -> float:
    """How much a picture has changed, where its size has not: the root mean square of a part of its
    samples, in steps of 1 of 255. Infinite samples count as unchanged.
    """
    if before.shape[-2:] != after.shape[-2:]:
        return 0.0
    step = math.ceil(math.sqrt(before.shape[-1] * before.shape[-2] / LOOKED_AT))
    part = np.s_[:, :, ::step, ::step]
    difference = after[part].mean(1) - before[part].mean(1)
    return 255 * float(np.sqrt(np.mean(np.square(np.nan_to_num(difference, posinf=0, neginf=0)))))


def _copy(picture: Picture) -> bytes:
    """A small copy of a picture as one looks at it, as a JPEG file."""
    step = max(1, max(picture.size) // (2 * SMALL))
    pixels = picture.planes[:, :, ::step, ::step]
    small = images.upright(replace(picture, planes=pixels, alpha=None, extras=()))
    image = images.to_image(small)
    image.thumbnail((SMALL, SMALL))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()
