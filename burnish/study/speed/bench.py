"""bench(): models measured on every device that is asked for, beside the machine's peaks."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...contract import Array

#: how often a picture is restored behind the first one
TURNS = 5
#: the side of the square that is restored, in pixels: a megapixel
SIDE = 1024


@dataclass(frozen=True, eq=False)
class Timed:
    """What was measured of one model on one device, in one precision."""

    #: the model's word
    model: str
    #: the backend, and what it ran on
    backend: str
    device: str
    #: in what it computed
    precision: str
    #: what it was asked for: a backend and a device, as `--device` takes them, and a precision
    where: str
    asked: str
    #: megapixels of the picture
    megapixels: float
    #: seconds to read the file and compile it, and of the first picture, with what is compiled then
    load: float
    first: float
    #: seconds of a picture, in turns; and of the network alone
    seconds: tuple[float, ...]
    network: tuple[float, ...]
    #: the most memory that the process had, in bytes; None where nobody says
    peak: int | None
    #: multiply-adds a pixel of its input; None where the card does not say
    multiply_adds: float | None
    #: bytes of memory a pixel, by the card
    bytes_per_pixel: int
    #: what was met, in sentences
    notes: tuple[str, ...]
    #: what came out, [C, H, W]
    result: Array

    @property
    def median(self) -> float:
        """Seconds of a picture, the middle of all turns."""
        return statistics.median(self.seconds)

    @property
    def spread(self) -> float:
        """From the fastest turn to the slowest, as a share of the median."""
        return (max(self.seconds) - min(self.seconds)) / self.median

    @property
    def operations(self) -> float | None:
        """Operations a second of the network, of which a multiply-add is two."""
        if self.multiply_adds is None:
            return None
        done = 2 * self.multiply_adds * self.megapixels * 1e6
        return done / statistics.median(self.network)


@dataclass(frozen=True)
class Failed:
    """A model that could not be measured."""

    model: str
    where: str
    precision: str
    #: why, in a sentence
    why: str


@dataclass(frozen=True)
class Wanted:
    """What is to be measured."""

    model: str
    #: a backend and a device, as `--device` takes them
    where: str
    precision: str
    side: int = SIDE
    turns: int = TURNS
    tile: int | None = None


def bench(wanted: Sequence[Wanted]) -> Iterator[Timed | Failed]:
    """Measures one after another, each in a process of its own."""
    for each in wanted:
        yield _measured(each)


def _measured(wanted: Wanted) -> Timed | Failed:
    with tempfile.TemporaryDirectory() as folder:
        tile = "auto" if wanted.tile is None else wanted.tile
        words = [wanted.model, wanted.where, wanted.precision, wanted.side, wanted.turns, tile]
        record = in_process("point", *words, folder)
        if isinstance(record, str):
            return Failed(wanted.model, wanted.where, wanted.precision, record)
        result = np.load(Path(folder) / "result.npy")[0]
    side = record.pop("side")
    tuples = {name: tuple(record[name]) for name in ("seconds", "network", "notes")}
    asked = {"where": wanted.where, "asked": wanted.precision}
    return Timed(**{**record, **tuples, **asked}, megapixels=side**2 / 1e6, result=result)


def in_process(module: str, *words: object) -> dict[str, Any] | str:
    """What a module beside this one prints as JSON, in a process of its own; or, where that failed,
    why.
    """
    command = [sys.executable, "-m", f"{__package__}.{module}", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"]
        return lines[-1]
    record: dict[str, Any] = json.loads(done.stdout)
    return record


def apart(one: Timed, other: Timed) -> float:
    """How far two results are from each other, in 8-bit steps: root of the mean square."""
    return 255 * float(np.sqrt(np.square(one.result - other.result).mean()))
