"""choose(): the backend and the device that a model runs on, and why these."""

from __future__ import annotations

import importlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

from ...errors import DeviceError
from .table import BACKENDS, LIBRARIES, installed, places

#: the word that leaves the choice to us
AUTO = "auto"
#: the word for a GPU by NVIDIA
CUDA = "cuda"


@dataclass(frozen=True)
class Chosen:
    """Where a model is to run."""

    #: the name of the backend
    backend: str
    #: the word for the device, as the backend has it
    device: str
    #: why, as the end of a sentence
    why: str
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


def choose(device: str, backend: str | None = None) -> Chosen:
    """Chooses where a model runs.

    device: AUTO, or the word of a device; with a backend before it, as in "openvino:gpu", of that
    one alone. backend: its name; None chooses one that has the device.

    A GPU is taken unasked only where PyTorch can use it, and what stands in the way is said. Raises
    DeviceError with what there is, and MissingExtra.
    """
    named, device = split(device)
    backend = backend or named
    if backend is not None:
        return _of_backend(backend, device)
    if device == AUTO:
        return _unasked()
    if device == "cpu":
        return Chosen(for_processor(), "cpu", "it is the fastest on processors")
    if device == CUDA and gpu_usable():
        return Chosen("torch", CUDA, "PyTorch can use the GPU")
    for name in reversed(BACKENDS):  # what is made for GPUs first
        if installed(name) and device in (place.word for place in places(name)):
            return Chosen(name, device, f"it has {device}")
    if device == CUDA:
        raise DeviceError(f"--device cuda: {_why_no_gpu()}")
    raise DeviceError(f"--device {device}: no backend has it here; {_there_is()}")


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


def _unasked() -> Chosen:
    """Where nothing was asked for."""
    if gpu_usable():
        return Chosen("torch", CUDA, "a GPU is there that PyTorch can use")
    notes: tuple[str, ...] = ()
    if gpu_present():
        notes = (f"{_why_no_gpu()}; running on the processor",)
    return Chosen(for_processor(), "cpu", "it is the fastest on processors", notes)


def for_processor() -> str:
    """The backend for processors."""
    return "openvino" if installed("openvino") else "onnxruntime"


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
