"""Ways to run a model file, one file each.

A backend is two functions, named by dotted paths: `open_model(path, contract, device, threads,
precision, eight) -> Opened`, and `places() -> list[Place]`, the devices that it has here.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ...contract import Contract, Opened
from ...errors import ModelMissing, UsageError
from ...ground.tables import no_such
from .choice import AUTO, Chosen, choose, for_processor
from .table import BACKENDS, LIBRARIES, opener

__all__ = ["BACKENDS", "LIBRARIES", "PRECISIONS", "open_model"]

#: the words for in what a model computes; "auto" is the fastest that is exact enough
PRECISIONS = ("auto", "fp32", "bf16", "int8")


def open_model(
    path: Path,
    contract: Contract,
    *,
    device: str = AUTO,
    threads: int | None = None,
    precision: str = "auto",
    eight: Path | None = None,
    backend: str | None = None,
) -> Opened:
    """Opens a model file with the backend that fits the device.

    That is OpenVINO (else ONNX Runtime) on a processor, and torch on a GPU by NVIDIA.

    device: "auto", or the word of a device, such as "cpu", "cuda" or "gpu"; with a backend before
    it, as in "openvino:gpu", of that one alone. threads: of the processor; None is all of them.
    precision: one of PRECISIONS; what is not there falls back, and a note says so. eight: the file
    of the model in 8 bits, where there is one. backend: a name of BACKENDS, which then opens it in
    any case.

    Raises DeviceError, MissingExtra, and what the backend raises.
    """
    if precision not in PRECISIONS:
        raise UsageError(no_such("precision", precision, PRECISIONS))
    chosen = choose(device, backend)
    how = {"threads": threads, "precision": precision, "eight": eight}
    try:
        opened = opener(chosen.backend)(path, contract, device=chosen.device, **how)
    except ModelMissing as error:
        # torch wants the trained weights; the model file is all that a processor needs.
        if backend or device != AUTO or chosen.backend != "torch":
            raise
        note = f"running on the processor, though a GPU is there: {error}"
        chosen = Chosen(for_processor(), "cpu", "the weights are not there", (note,))
        opened = opener(chosen.backend)(path, contract, device="cpu", **how)
    notes = (*chosen.notes, *opened.notes)
    return replace(opened, notes=notes, chosen=f"{chosen.backend} since {chosen.why}")
