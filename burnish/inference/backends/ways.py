"""The ways to run a model, and how fast each is: the table from which `auto` chooses.

It ships with what is known of machines in general. `burnish bench --remember` measures this one,
and what it finds takes the place of that, as long as processor and libraries are what they were.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...ground.files import atomic_write, state_folder
from ...ground.processor import kind
from .table import LIBRARIES

#: the file of what was measured, among what this user's programs keep
FILE = "ways.json"
#: its form; another one is not read
FORM = 1


@dataclass(frozen=True)
class Way:
    """A way to run a model, and how fast it is."""

    #: the name of a backend, and the word of a device that it has
    backend: str
    device: str
    #: the precision that it is asked for
    precision: str
    #: seconds until it runs
    start: float
    #: seconds a megapixel, from then on
    rate: float

    def seconds(self, megapixels: float | None) -> float:
        """Seconds for so many megapixels; for one of very many where their number is not known."""
        return self.rate if megapixels is None else self.start + self.rate * megapixels


@dataclass(frozen=True)
class Known:
    """The ways that are known, that one first which is taken unless another is clearly faster."""

    ways: tuple[Way, ...]
    #: when they were measured on this machine, in words; "" for what ships
    measured: str = ""
    #: a sentence on why what was measured here does not count any more
    note: str = ""


#: What ships, for machines in general: `burnish bench photo --backend all` on an AMD EPYC with VNNI
#: (docs/speed.md). A GPU by NVIDIA was not at hand, and is taken wherever it is. What is missing
#: here is not taken unasked.
SHIPPED = Known(
    (
        Way("torch", "cuda", "auto", 0.0, 0.02),
        Way("openvino", "cpu", "auto", 0.15, 0.20),
        Way("onnxruntime", "cpu", "auto", 0.25, 0.62),
    )
)


def file() -> Path:
    """Where what was measured is kept."""
    return state_folder() / FILE


def known() -> Known:
    """What was measured on this machine, where that still counts; else what ships."""
    try:
        text = file().read_bytes()
    except OSError:
        return SHIPPED
    try:
        record = json.loads(text)
        found = Known(tuple(_way(way) for way in record["ways"]), record["measured"])
        changed = _changed(record)
    except (ValueError, KeyError, TypeError):
        changed = "it cannot be read"
    if changed:
        mend = "`burnish bench --remember` measures again, and --forget forgets it"
        return Known(SHIPPED.ways, note=f"{file()} is ignored: {changed}; {mend}")
    return found


def remember(ways: Sequence[Way], measured: str) -> Path:
    """Keeps what was measured on this machine; returns the file. measured: when, in words.

    OutputError where it cannot be written.
    """
    record = {**machine(), "measured": measured, "ways": [asdict(way) for way in ways]}
    file().parent.mkdir(parents=True, exist_ok=True)
    atomic_write(file(), (json.dumps(record, indent=1) + "\n").encode())
    return file()


def forget() -> bool:
    """Forgets what was measured on this machine; whether there was anything to forget."""
    there = file().is_file()
    file().unlink(missing_ok=True)
    return there


def machine() -> dict[str, Any]:
    """What has to stay as it is for measurements to count."""
    return {
        "form": FORM,
        "processor": kind(),
        "libraries": {backend: _installed(library) for backend, (library, _) in LIBRARIES.items()},
    }


def _way(record: dict[str, Any]) -> Way:
    """A way of a record. KeyError, TypeError or ValueError where it is none."""
    backend, device, precision = (str(record[key]) for key in ("backend", "device", "precision"))
    if backend not in LIBRARIES:
        raise ValueError(f"there is no backend {backend}")
    return Way(backend, device, precision, float(record["start"]), float(record["rate"]))


def _changed(record: dict[str, Any]) -> str:
    """What of the machine is another than it was, in words; "" for nothing."""
    now = machine()
    if record["form"] != now["form"]:
        return "another version of Burnish wrote it"
    if record["processor"] != now["processor"]:
        return "it was measured on another processor"
    before = record["libraries"]
    others = [each for each in now["libraries"] if before.get(each) != now["libraries"][each]]
    return f"{', '.join(others)} changed since it was measured" if others else ""


def _installed(library: str) -> list[str]:
    """Which versions of a library lie beside it, by the names of the folders that say so.

    `importlib.metadata` would say it too, and takes longer than opening a model.
    """
    spec = importlib.util.find_spec(library)
    if spec is None or spec.origin is None:
        return []
    return sorted(path.name for path in Path(spec.origin).parents[1].glob(f"{library}*.dist-info"))
