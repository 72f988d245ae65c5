"""choose(): the way in which a model runs, backend, device and precision, and why this one."""

from __future__ import annotations

import importlib
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...errors import DeviceError
from .table import BACKENDS, LIBRARIES, installed, places
from .ways import SHIPPED, Known, Way, known

#: the word that leaves the choice to us
AUTO = "auto"
#: the word for a GPU by NVIDIA
CUDA = "cuda"
#: a way is taken in place of one before it in the table where it takes less of its time than this:
#: measured again, two that are alike would change places
CLEARLY = 0.9


@dataclass(frozen=True)
class Chosen:
    """Where a model is to run."""

    #: the name of the backend
    backend: str
    #: the word for the device, as the backend has it
    device: str
    #: why, as the end of a sentence
    why: str
    #: the precision that it is asked for where nobody asked for one
    precision: str = "auto"
    #: sentences on what stood in the way of another choice
    notes: tuple[str, ...] = ()


def listing() -> Iterator[str]:
    """A line for each backend and device of this machine, by the words that ask for them."""
    for backend in BACKENDS:
        if not installed(backend):
            yield f"{backend}: not installed; pip install '{LIBRARIES[backend][1]}' brings it"
            continue
        for place in places(backend):
            yield f"{backend}:{place.word}  {place.called}".rstrip()


def split(words: str) -> tuple[str | None, str]:
    """A backend, or None, and a device of words such as "openvino:gpu", "torch" and "cuda:1"."""
    backend, colon, device = words.partition(":")
    if backend in BACKENDS:
        return backend, device if colon else AUTO
    return None, words


def choose(
    device: str,
    backend: str | None = None,
    *,
    precision: str = "auto",
    residual: bool = True,
    megapixels: float | None = None,
    without: str = "",
) -> Chosen:
    """Chooses how a model runs.

    device: AUTO, or the word of a device; with a backend before it, as in "openvino:gpu", of that
    one alone. backend: its name; None chooses one that has the device, by the table of `ways.py`.
    precision: as it is asked for. residual: whether the network predicts what is added to its
    input. megapixels: of all pictures that are to come; None where nobody knows. without: the name
    of a backend that cannot run it.

    A GPU is taken unasked only where it stands in the table and can be used, and what stands in the
    way is said. Raises DeviceError with what there is, and MissingExtra.
    """
    named, device = split(device)
    backend = backend or named
    if backend is not None:
        return _of_backend(backend, device)
    found = known()
    notes = (found.note,) if found.note else ()
    if device == AUTO and gpu_present() and not gpu_usable():
        notes = (*notes, f"{_why_no_gpu()}; running on the processor")
    for table in dict.fromkeys((found, SHIPPED)):
        those = (way for way in table.ways if way.backend != without)
        ways = [way for way in those if _fits(way, device, precision, residual)]
        if ways:
            way = fastest(ways, megapixels)
            return Chosen(way.backend, way.device, _why(way, table), way.precision, notes)
    for name in reversed(BACKENDS):  # what is made for GPUs first
        if installed(name) and device in (place.word for place in places(name)):
            return Chosen(name, device, f"it has {device}", notes=notes)
    if device == CUDA:
        raise DeviceError(f"--device cuda: {_why_no_gpu()}")
    raise DeviceError(f"--device {device}: no backend has it here; {_there_is()}")


def fastest(ways: Sequence[Way], megapixels: float | None) -> Way:
    """The first of some ways, or one that is clearly faster for so many megapixels."""
    best = ways[0]
    for way in ways[1:]:
        if way.seconds(megapixels) < CLEARLY * best.seconds(megapixels):
            best = way
    return best


def _fits(way: Way, device: str, precision: str, residual: bool) -> bool:
    """Whether a way is one for what was asked, and can be gone here."""
    # The 8 bits of bf16 do for a residual, not for a picture.
    exact = residual or way.precision != "bf16"
    asked = precision == "auto" or way.precision in ("auto", precision)
    if not (device in (AUTO, way.device) and exact and asked and installed(way.backend)):
        return False
    if way.device == CUDA and way.backend == "torch":
        return gpu_usable()
    return way.device == "cpu" or way.device in (place.word for place in places(way.backend))


def _why(way: Way, table: Known) -> str:
    """Why a way was taken, as the end of a sentence."""
    if table.measured:
        return f"it was the fastest here on {table.measured}"
    return "PyTorch can use the GPU" if way.device == CUDA else "it is the fastest on processors"


def _of_backend(backend: str, device: str) -> Chosen:
    """A backend that was asked for, on a device that it has."""
    words = [place.word for place in places(backend)]
    if device == AUTO:
        return Chosen(backend, words[0], "it was asked for")
    if device not in words:
        raise DeviceError(
            f"--device {device}: the {backend} backend has {', '.join(words)} here; {_there_is()}"
        )
    return Chosen(backend, device, "it was asked for")


def _there_is() -> str:
    """What there is, in words."""
    found = [line.split("  ")[0] for line in listing() if "not installed" not in line]
    return f"there are {', '.join(found)}"


def gpu_present() -> bool:
    """Whether an NVIDIA driver shows a device, without loading anything heavy."""
    return os.path.exists("/dev/nvidia0") or shutil.which("nvidia-smi") is not None


def gpu_usable() -> bool:
    """Whether torch can use an NVIDIA GPU. It is loaded only where there is one."""
    if not (gpu_present() and installed("torch")):
        return False
    usable: bool = importlib.import_module("burnish.training.networks.torch_backend").gpu_usable()
    return usable


def _why_no_gpu() -> str:
    """Why no NVIDIA GPU can be used, and what mends that."""
    if not gpu_present():
        return "no NVIDIA GPU was found on this machine"
    reason = "the installed PyTorch cannot use it (a CPU build, or too old a driver)"
    if not installed("torch"):
        reason = "PyTorch is not installed"
    mend = "pip install 'burnish[train]' with a CUDA build of PyTorch mends that"
    return f"a GPU is there, but {reason}; {mend}"
