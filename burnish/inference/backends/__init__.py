"""Ways to run a model file, one file each.

A backend is two functions, named by dotted paths: `open_model(path, contract, device, threads,
precision, eight) -> Opened`, and `places() -> list[Place]`, the devices that it has here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ...contract import Contract, Opened
from ...errors import ModelMissing, UsageError
from ...ground.overlap import ahead
from ...ground.tables import no_such
from .choice import AUTO, CUDA, Chosen, choose
from .table import BACKENDS, LIBRARIES, opener

__all__ = ["BACKENDS", "LIBRARIES", "PRECISIONS", "begin", "open_model"]

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
    megapixels: float | None = None,
) -> Opened:
    """Opens a model file in the way that is the fastest for the device (`choose`).

    device: "auto", or the word of a device, such as "cpu", "cuda" or "gpu"; with a backend before
    it, as in "openvino:gpu", of that one alone. threads: of the processor; None is all of them.
    precision: one of PRECISIONS; what is not there falls back, and a note says so. eight: the file
    of the model in 8 bits, where there is one. backend: a name of BACKENDS, which then opens it in
    any case. megapixels: of all pictures that are to come, where that is known.

    Raises DeviceError, MissingExtra, and what the backend raises.
    """
    if precision not in PRECISIONS:
        raise UsageError(no_such("precision", precision, PRECISIONS))
    choice = partial(choose, precision=precision, residual=contract.residual, megapixels=megapixels)
    chosen = choice(device, backend)
    try:
        opened = _opened(chosen, path, contract, threads, precision, eight)
    except ModelMissing as error:
        # torch wants the trained weights; the model file is all that the others need.
        if backend or device != AUTO or chosen.backend != "torch":
            raise
        there = ", though a GPU is there" if chosen.device == CUDA else ", and not by PyTorch"
        note = f"running on the processor{there}: {error}"
        chosen = choice("cpu", without="torch")
        chosen = replace(chosen, why="the weights are not there", notes=(note,))
        opened = _opened(chosen, path, contract, threads, precision, eight)
    notes = (*chosen.notes, *opened.notes)
    return replace(opened, notes=notes, chosen=f"{chosen.backend} since {chosen.why}")


#: what `begin` has begun, by all that decides on it
_begun: dict[tuple[object, ...], Callable[[], Opened]] = {}


def begin(
    path: Path,
    contract: Contract,
    *,
    device: str,
    threads: int | None,
    precision: str,
    eight: Path | None,
) -> None:
    """Begins to open a model file in a thread, where it does not depend on the pictures how it is
    run. `open_model` waits for that, and has it; all is as there.
    """
    choice = partial(choose, device, precision=precision, residual=contract.residual)
    chosen = choice(megapixels=None)
    if chosen != choice(megapixels=0.0):
        return
    # It is imported here, since two imports at once are in each other's way.
    opener(chosen.backend)
    wanted = (chosen, path, contract, threads, precision, eight)
    _begun[wanted] = ahead(partial(_newly_opened, *wanted))


def _opened(*wanted: Any) -> Opened:
    """As `_newly_opened`; what has been begun is waited for, and is another's no more."""
    begun = _begun.pop(wanted, None)
    return _newly_opened(*wanted) if begun is None else begun()


def _newly_opened(
    chosen: Chosen,
    path: Path,
    contract: Contract,
    threads: int | None,
    precision: str,
    eight: Path | None,
) -> Opened:
    """The model, opened by the backend that was chosen, in what was asked for or was chosen."""
    return opener(chosen.backend)(
        path,
        contract,
        device=chosen.device,
        threads=threads,
        precision=chosen.precision if precision == "auto" else precision,
        eight=eight,
    )
