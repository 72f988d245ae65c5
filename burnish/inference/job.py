"""Job, the restoration of one file as a frozen record; and run_job(), which does it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .. import images
from ..ground.files import check_target, prepare_folder
from ..ground.remarks import OnProgress, Say, silent
from ..images import Picture
from ..pipeline import FOUND, NOTHING, Asked, Restored
from .model import Model


@dataclass(frozen=True)
class Job:
    """What is to be done with one picture in a file."""

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
    #: larger pictures and maps are refused; None lifts the limit
    max_megapixels: float | None = images.MAX_MEGAPIXELS

    @property
    def wanted(self) -> bool:
        """Whether there is something to do."""
        # Path.exists would stumble over names that the file system refuses.
        return self.overwrite or not os.path.exists(self.target)


@dataclass(frozen=True)
class JobReport:
    """What became of a job."""

    #: the path of the picture
    source: str
    #: the path of the result
    target: str
    #: "restored" or "skipped"
    status: str
    #: the setting of each dial, a map by its path
    dials: Mapping[str, float | str] = field(default_factory=dict)
    #: where each setting comes from, as `burnish.pipeline.Origin` has it
    origins: Mapping[str, str] = field(default_factory=dict)
    #: the dials that were found on the picture, or told by its file
    estimated: tuple[str, ...] = ()
    #: the time from reading to writing
    seconds: float = 0.0
    #: megapixels of the picture, before it is enlarged
    megapixels: float = 0.0
    #: sentences on what was met, and on what could not be kept
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The report as a record that JSON can hold."""
        return asdict(self)


def check_job(job: Job, scale: int) -> None:
    """Checks a job before anything is decoded, for a model that enlarges `scale` times.

    Raises what `run_job` would raise, as far as the head of the file tells.
    """
    check_target(Path(job.target))
    if not job.wanted:
        return
    header = images.header(job.source, max_megapixels=job.max_megapixels)
    losses = [*header.lost, *images.check_header(header, job.target, scale)]
    if job.strict:
        images.refuse_losses(losses, job.source)


def run_job(
    job: Job,
    model: Model,
    *,
    progress: OnProgress | None = None,
    say: Say = silent,
    look: Callable[[Picture, Restored], object] | None = None,
    before: Callable[[Path], object] | None = None,
) -> JobReport:
    """Reads, restores and writes one picture, whole or not at all.

    progress: is told (done, total) tiles. say: is told where memory was short. look: is shown the
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
    picture = images.read(Path(job.source), max_megapixels=job.max_megapixels)

    # What stands against the result is said before the work is done, not after it.
    losses = [*picture.lost, *images.check_format(picture, target, model.contract.scale)]
    if job.strict:
        images.refuse_losses(losses, job.source)
    prepare_folder(target)

    restored = model.restore(
        picture,
        job.asked,
        tile=job.tile,
        max_megapixels=job.max_megapixels,
        progress=progress,
        say=say,
    )
    if look is not None:
        look(picture, restored)
    said = images.write(
        target,
        restored.picture,
        quality=job.quality,
        sampling=job.sampling,
        strict=job.strict,
        before=before,
    )
    return _report(job, picture, restored, said, time.perf_counter() - begun)


def _report(
    job: Job, picture: Picture, restored: Restored, said: Sequence[str], seconds: float
) -> JobReport:
    """The report on a picture that is restored; said: what writing it could not keep."""
    origins = restored.settled.origins
    return JobReport(
        job.source,
        job.target,
        "restored",
        dials=_said(job, restored),
        origins=origins,
        estimated=tuple(name for name, origin in origins.items() if origin in FOUND),
        seconds=round(seconds, 3),
        megapixels=picture.pixels.shape[-1] * picture.pixels.shape[-2] / 1e6,
        notes=(*picture.notes, *picture.lost, *said),
    )


def _said(job: Job, restored: Restored) -> dict[str, float | str]:
    """The settings as a report has them: numbers, and maps by the words that asked for them."""
    return {
        name: str(job.asked.dials[name]) if np.ndim(value) else float(value)
        for name, value in restored.settled.dials.items()
    }
