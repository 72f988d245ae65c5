"""Ways to run a model file, one file each.

A backend is one function, `open_model(path, contract, device, threads, precision, eight) ->
Opened`, named by a dotted path.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ...contract import Contract, Opened
from ...errors import DeviceError, MissingExtra, ModelMissing, UsageError
from ...ground.tables import Table, no_such

#: the words for where a model runs
DEVICES = ("auto", "cpu", "cuda")
#: the words for in what a model computes; "auto" is the fastest that is exact enough
PRECISIONS = ("auto", "fp32", "bf16", "int8")

BACKENDS: Table[Callable[..., Opened]] = Table(
    "backend",
    {
        "openvino": "burnish.inference.backends.openvino:open_model",
        "onnxruntime": "burnish.inference.backends.onnxruntime:open_model",
        "torch": "burnish.training.networks.torch_backend:open_model",
    },
)

#: the library behind each backend, and what installs it
LIBRARIES = {
    "openvino": ("openvino", "burnish"),
    "onnxruntime": ("onnxruntime", "burnish[onnx]"),
    "torch": ("torch", "burnish[train]"),
}


def open_model(
    path: Path,
    contract: Contract,
    *,
    device: str = "auto",
    threads: int | None = None,
    precision: str = "auto",
    eight: Path | None = None,
    backend: str | None = None,
) -> Opened:
    """Opens a model file with the backend that fits the device.

    That is OpenVINO (else ONNX Runtime) on a processor, and torch on a GPU.

    device: one of DEVICES. threads: of the processor; None is all of them. precision: one of
    PRECISIONS; what is not there falls back, and a note says so. eight: the file of the model in 8
    bits, where there is one. backend: a name of BACKENDS, which then opens it in any case.

    Raises DeviceError, MissingExtra, and what the backend raises.
    """
    if precision not in PRECISIONS:
        raise UsageError(no_such("precision", precision, PRECISIONS))
    if device not in DEVICES:
        raise DeviceError(no_such("device", device, DEVICES))
    name, notes = (backend, ()) if backend else _choose(device)
    if name not in BACKENDS:
        raise DeviceError(no_such("backend", name, BACKENDS))
    how = {"threads": threads, "precision": precision, "eight": eight}
    where = "cuda" if name == "torch" and device != "cpu" and _gpu_usable() else "cpu"
    try:
        opened = _opener(name)(path, contract, device=where, **how)
    except ModelMissing as error:
        # torch wants the trained weights; the model file is all that a processor needs.
        if backend or device != "auto" or name != "torch":
            raise
        notes = (f"running on the processor, though a GPU is there: {error}",)
        opened = _opener(_for_processor())(path, contract, device="cpu", **how)
    return replace(opened, notes=(*notes, *opened.notes))


def _opener(name: str) -> Callable[..., Opened]:
    """The function of a backend. MissingExtra where its library is not installed."""
    library, extra = LIBRARIES[name]
    if not _installed(library):
        raise MissingExtra(f"the {name} backend is not installed; pip install '{extra}' brings it")
    return BACKENDS.find(name)


def _for_processor() -> str:
    return "openvino" if _installed("openvino") else "onnxruntime"


def _choose(device: str) -> tuple[str, tuple[str, ...]]:
    """Chooses a backend for a device: (its name, notes).

    A GPU is taken only where it can be used; what stands in the way is said.
    """
    if device == "cpu":
        return _for_processor(), ()
    if _gpu_usable():
        return "torch", ()

    # There is no GPU, or PyTorch cannot use it.
    present = _gpu_present()
    reason = "the installed PyTorch cannot use it (a CPU build, or too old a driver)"
    if not _installed("torch"):
        reason = "PyTorch is not installed"
    mend = "pip install 'burnish[train]' with a CUDA build of PyTorch mends that"
    if device == "cuda":
        said = "no NVIDIA GPU was found on this machine"
        if present:
            said = f"a GPU is there, but {reason}; {mend}"
        raise DeviceError(f"--device cuda: {said}")
    if not present:
        return _for_processor(), ()
    note = f"a GPU is there, but {reason}: running on the processor; {mend}"
    return _for_processor(), (note,)


def _installed(library: str) -> bool:
    """Whether a library could be imported; it is not."""
    return importlib.util.find_spec(library) is not None


def _gpu_present() -> bool:
    """Whether an NVIDIA driver shows a device, without loading anything heavy."""
    return os.path.exists("/dev/nvidia0") or shutil.which("nvidia-smi") is not None


def _gpu_usable() -> bool:
    """Whether torch can use an NVIDIA GPU. It is loaded only where there is one."""
    if not (_gpu_present() and _installed("torch")):
        return False
    usable: bool = importlib.import_module("burnish.training.networks.torch_backend").gpu_usable()
    return usable
