"""Job: one file's restoration as a frozen record, and run_job, which does it.

The command line, the page and a cluster all send these.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .. import images
from ..ground.files import check_target, prepare_folder
from . import maps
from .engine import Notice, Progress
from .maps import Setting
from .model import Model


@dataclass(frozen=True)
class Job:
    """What is to be done with one picture.

    `dials` holds what was asked for, maps by their paths; what is not there is estimated, or stands
    at its default.

    strength_map: the path of a picture that says where how much of the strength is wanted.
    """

    source: str
    target: str
    model: str = "photo"
    dials: Mapping[str, Setting] = field(default_factory=dict)
    strength: float = 1.0
    strength_map: str | None = None
    tile: int | None = None
    quality: int | None = None
    overwrite: bool = False
    max_megapixels: float | None = images.MAX_MEGAPIXELS

    @property
    def wanted(self) -> bool:
        """Whether there is something to do. (`Path.exists` would stumble over names that the file
        system refuses.)
        """
        return self.overwrite or not os.path.exists(self.target)

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Job:
        return cls(**json.loads(text))


@dataclass(frozen=True)
class Report:
    """What became of a job. status: "restored" or "skipped". dials: the settings that were used,
    maps by their paths; estimated: those that were found on the picture.
    """

    source: str
    target: str
    status: str
    dials: Mapping[str, float | str] = field(default_factory=dict)
    estimated: tuple[str, ...] = ()
    seconds: float = 0.0
    megapixels: float = 0.0
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def check_job(job: Job, scale: int) -> None:
    """What can be said against a job before anything is decoded, for a model that enlarges `scale`
    times.

    Raises what `run_job` would.
    """
    check_target(Path(job.target))
    if not job.wanted:
        return
    header = images.header(job.source, max_megapixels=job.max_megapixels)
    images.check_kind(
        scale * header.width,
        scale * header.height,
        header.depth,
        header.alpha,
        job.target,
        header.extras,
    )


def run_job(
    job: Job, model: Model, *, progress: Progress | None = None, notice: Notice | None = None
) -> Report:
    """Reads, restores and writes one picture, whole or not at all.

    Raises InputError kinds for the input, OutputError where the result cannot be written.
    """
    source, target = Path(job.source), Path(job.target)
    check_target(target)
    if not job.wanted:
        return Report(
            job.source, job.target, "skipped", notes=("exists already; --overwrite replaces it",)
        )
    begun = time.perf_counter()
    picture = images.read(source, max_megapixels=job.max_megapixels)
    notes = [*picture.notes, *images.check_format(picture, target, model.contract.scale)]
    prepare_folder(target)
    strength = (
        job.strength
        if job.strength_map is None
        else maps.read_strength(Path(job.strength_map), picture, job.strength, job.max_megapixels)
    )
    limit = job.max_megapixels
    restored, settings = model.through(
        picture,
        job.dials,
        strength,
        tile=job.tile,
        max_megapixels=limit,
        progress=progress,
        notice=notice,
    )
    notes += images.write(target, restored, quality=job.quality)
    names = [dial.name for dial in model.contract.dials]
    return Report(
        job.source,
        job.target,
        "restored",
        dials={
            name: str(job.dials[name]) if np.ndim(setting) else float(setting)
            for name, setting in zip(names, settings, strict=True)
        },
        estimated=tuple(n for n in names if model.estimates(n, job.dials)),
        seconds=round(time.perf_counter() - begun, 3),
        megapixels=picture.pixels.shape[-1] * picture.pixels.shape[-2] / 1e6,
        notes=tuple(dict.fromkeys(notes)),
    )
