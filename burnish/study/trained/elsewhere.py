"""Exports for other programs: a file of one input, or OpenVINO's own format."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

import onnx

from ...contract import Contract
from ...ground.files import atomic_write
from ...inference.wire import read_header
from .one_input import take_one_input
from .verify import export_verified

#: the words for what a model is exported as, and the ending of each file
WAYS = {"plain": ".onnx", "one-input": ".onnx", "openvino": ".xml"}


def export_as(
    way: str,
    source: Path,
    target: Path,
    *,
    half: bool = True,
    at: Mapping[str, float] | None = None,
) -> str:
    """Writes trained weights as one of WAYS, and says how the graph was held against them.

    What it raises, `half` and `at` are as in `export_verified`. What a file says of itself stands
    in its metadata, as `contract` and `card`; Burnish restores with a plain one alone.
    """
    if way == "plain":
        return export_verified(source, target, half=half, at=at)
    with tempfile.TemporaryDirectory(prefix="burnish-") as folder:
        plain = Path(folder) / target.with_suffix(".onnx").name
        said = export_verified(source, plain, half=half, at=at)
        header = read_header(plain)
        texts = {name: json.dumps(header[name]) for name in ("contract", "card")}
        if way == "one-input":
            _one_input(plain, target, Contract.from_dict(header["contract"]), texts)
        else:
            _openvino(plain, target, texts)
    return said


def _one_input(plain: Path, target: Path, contract: Contract, texts: Mapping[str, str]) -> None:
    model = onnx.load(plain)
    take_one_input(model, contract)
    onnx.helper.set_model_props(model, dict(texts))
    onnx.checker.check_model(model, full_check=True)
    atomic_write(target, model.SerializeToString())


def _openvino(plain: Path, target: Path, texts: Mapping[str, str]) -> None:
    from ...inference.backends.openvino import save_as_ir

    whole = plain.with_suffix(".xml")
    save_as_ir(plain, whole, texts)
    # The weights first, so that a whole .xml never stands beside none.
    for ending in (".bin", ".xml"):
        atomic_write(target.with_suffix(ending), whole.with_suffix(ending).read_bytes())
