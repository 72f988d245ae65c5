"""Model files: where those lie that ship, and the file in 8 bits beside each."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ...contract import COMPUTES, Contract
from ...errors import BurnishError, ModelMismatch
from .. import wire
from . import begin as begin_one

#: the word for what chooses among the models that ship by a look at each picture
AUTO = "auto"
#: the folder beside model files where those in 8 bits lie, each by the name of its model
EIGHT = "int8"


def folder() -> Path:
    """The folder where the shipped model files lie."""
    return Path(__file__).resolve().parents[2] / "weights"


def names() -> list[str]:
    """The names of the shipped models that are files, the one for most pictures first."""
    found = sorted(path.stem for path in folder().glob("*.onnx"))
    return sorted(found, key=lambda name: name != "photo")


def in_eight_bits(path: Path, contract: Contract) -> Path | None:
    """The file of the same model in 8 bits, which lies in the folder `int8` beside it; or None.

    ModelMismatch for one of another contract; what `wire.read_header` raises.
    """
    eight = path.parent / EIGHT / path.name
    if not eight.is_file():
        return None
    if Contract.from_dict(wire.read_header(eight)["contract"]) != contract:
        raise ModelMismatch(
            f"{eight}: is not {path.name} in 8 bits, but another model; remove it, or use "
            "--precision bf16"
        )
    return eight


def wanted_in_eight_bits(
    path: Path, contract: Contract, card: Mapping[str, Any], precision: str
) -> Path | None:
    """The file in 8 bits that may be run for a model file: itself, or the one beside it; or None.

    card: what the file says of itself. precision: as it is asked for. Raises as `in_eight_bits`.
    """
    if card.get(COMPUTES) == "int8":
        return path
    return in_eight_bits(path, contract) if precision in ("auto", "int8") else None


def begin(words: str, *, device: str, threads: int | None, precision: str) -> None:
    """Begins to open what ships of a model's words, as in "photo" and "jpeg+upscale-x2", while the
    rest of the program is imported.

    Who then opens such a file, for the same device, threads and precision, waits for that. What
    stands against it is said then.
    """
    shipped = names()
    meant = [shipped[0] if word == AUTO else word for word in words.split("+")]
    with suppress(BurnishError):
        for name in meant:
            if name not in shipped:
                continue
            path = folder() / f"{name}.onnx"
            header = wire.read_header(path)
            contract = Contract.from_dict(header["contract"])
            eight = wanted_in_eight_bits(path, contract, header["card"], precision)
            begin_one(
                path, contract, device=device, threads=threads, precision=precision, eight=eight
            )
