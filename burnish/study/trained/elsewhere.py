"""Exports for other programs: one input, OpenVINO's or ncnn's own files, or plain PyTorch."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from safetensors.torch import save

from ...contract import Array, Contract, predict
from ...errors import DialError, UsageError
from ...ground.files import atomic_write, places, replaces
from ...inference.backends.table import check_installed
from ...inference.wire import read_header
from ...training.networks.export import example, halved, rounded
from ...training.networks.restorer import Restorer
from ...training.networks.torch_backend import runner
from .one_input import take_one_input
from .plain import plain_source
from .verify import allowed_of, apart, export_verified, folded, said_of

#: the words for what a model is exported as, and the ending of each file
WAYS = {
    "plain": ".onnx",
    "one-input": ".onnx",
    "openvino": ".xml",
    "ncnn": ".param",
    "torch": ".py",
}


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
    if way == "torch":
        return _torch(source, target, half=half, at=at)
    if way == "ncnn" and at is None:
        _check_planes(Restorer.load(source).contract, target)
    with tempfile.TemporaryDirectory(prefix="burnish-") as folder:
        plain = Path(folder) / target.with_suffix(".onnx").name
        said = export_verified(source, plain, half=half, at=at)
        header = read_header(plain)
        texts = {name: json.dumps(header[name]) for name in ("contract", "card")}
        if way == "one-input":
            _one_input(plain, target, Contract.from_dict(header["contract"]), texts)
        elif way == "ncnn":
            said = _ncnn(plain, target, source, half=half, at=at)
            atomic_write(target.with_suffix(".json"), json.dumps(texts).encode())
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


def _check_planes(contract: Contract, target: Path) -> None:
    """DialError for dials that are no planes beside the picture, which ncnn's files want."""
    if contract.dials and contract.level != "pixel":
        at = " ".join(f"--at {dial.name}={dial.default:g}" for dial in contract.dials)
        raise DialError(
            f"{target}: a file of ncnn's has dials that are planes beside the picture, and those "
            f"of this model are not; fold them at a setting, such as {at}"
        )


def _ncnn(
    plain: Path, target: Path, source: Path, *, half: bool, at: Mapping[str, float] | None
) -> str:
    """Writes a plain file as ncnn's own, held against training's forward at three sizes."""
    check_installed("ncnn")
    from ...inference.backends.ncnn import run_of_files, save_as_files

    contract = Contract.from_dict(read_header(plain)["contract"])
    whole = plain.with_suffix(".param")
    save_as_files(plain, whole, contract, half)
    restorer = _as_exported(source, half=half, at=at)
    run = run_of_files(whole, contract)
    worst = 0.0
    for height, width in ((1, 1), (3, 5), (17, 13)):
        image, *levels = (each.numpy() for each in example(contract, 2, height, width))
        level = levels[0] if levels else None
        wanted = predict(runner(restorer), contract, image, level)
        worst = float(np.maximum(worst, allowed_of(restorer).apart(run(image, level), wanted)))
    said = said_of(worst, restorer, source)
    # The weights first, so that a text never stands beside none.
    for ending in (".bin", ".param"):
        atomic_write(target.with_suffix(ending), whole.with_suffix(ending).read_bytes())
    return said


def _as_exported(source: Path, *, half: bool, at: Mapping[str, float] | None) -> Restorer:
    """Trained weights as a file holds them: at a setting where that is asked, and rounded."""
    restorer = Restorer.load(source)
    if at is not None:
        restorer = folded(restorer, at, str(source))
    return rounded(restorer) if half else restorer


def _torch(source: Path, target: Path, *, half: bool, at: Mapping[str, float] | None) -> str:
    """Writes a Python file, and its weights beside it, as in `export_as`."""
    restorer = _as_exported(source, half=half, at=at)
    weights = target.with_name(f"{target.stem}_weights.safetensors")
    if replaces(weights, places(source)):
        raise UsageError(f"{weights}: would replace the weights that it is made of; rename -o")
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    text, tensors = plain_source(restorer, weights.name, digest, target.stem)
    program: dict[str, Any] = {"__name__": target.stem, "__file__": str(target)}
    exec(compile(text, str(target), "exec"), program)

    def run(image: Array, level: Array | None) -> Array:
        told = None if level is None else torch.from_numpy(level)
        with torch.no_grad():
            result: Array = program["network"](tensors, torch.from_numpy(image), told).numpy()
        return result

    said = said_of(apart(restorer, run), restorer, source)
    kept = {name: halved(tensor) if half else tensor for name, tensor in tensors.items()}
    texts = {"contract": json.dumps(restorer.contract.to_dict()), "card": json.dumps(restorer.card)}
    # The weights first, so that a program never stands beside none.
    atomic_write(weights, save(kept, metadata=texts))
    atomic_write(target, text.encode())
    return said
