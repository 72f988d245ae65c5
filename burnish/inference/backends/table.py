"""The backends by their names, and the library behind each."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable

from ...contract import Opened, Place
from ...errors import DeviceError, MissingExtra
from ...ground.tables import Table, no_such

BACKENDS: Table[Callable[..., Opened]] = Table(
    "backend",
    {
        "openvino": "burnish.inference.backends.openvino:open_model",
        "onnxruntime": "burnish.inference.backends.onnxruntime:open_model",
        "ncnn": "burnish.inference.backends.ncnn:open_model",
        "torch": "burnish.training.networks.torch_backend:open_model",
    },
)

#: the library behind each backend, and what installs it
LIBRARIES = {
    "openvino": ("openvino", "burnish"),
    "onnxruntime": ("onnxruntime", "burnish[onnx]"),
    "ncnn": ("ncnn", "burnish[ncnn]"),
    "torch": ("torch", "burnish[train]"),
}


def installed(backend: str) -> bool:
    """Whether the library of a backend could be imported; it is not."""
    return importlib.util.find_spec(LIBRARIES[backend][0]) is not None


def check_installed(backend: str) -> None:
    """Raises DeviceError for a backend that is none, MissingExtra where its library is missing."""
    if backend not in BACKENDS:
        raise DeviceError(no_such("backend", backend, BACKENDS))
    if not installed(backend):
        extra = LIBRARIES[backend][1]
        raise MissingExtra(
            f"the {backend} backend is not installed; pip install '{extra}' brings it"
        )


def opener(backend: str) -> Callable[..., Opened]:
    """The function that opens a model in a backend; raises as `check_installed`."""
    check_installed(backend)
    return BACKENDS.find(backend)


def places(backend: str) -> list[Place]:
    """The devices of a backend on this machine, the one first that it takes by itself; raises as
    `check_installed`.
    """
    module = importlib.import_module(opener(backend).__module__)
    found: list[Place] = module.places()
    return found
