"""Restorer -> model file: an ONNX graph with contract and card inside, ready for any runtime.

The weights are in half precision where asked. Inputs are `input` [B, C, H, W] and, with dials,
`level`; outputs are `output` and, where the network predicts one, `residual`; B, H and W are free
(`any_size.py`).
"""

from __future__ import annotations

import contextlib
import copy
import hashlib
import io
import json
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from ...contract import COMPUTES, LOST, Contract
from ...ground.files import atomic_write
from .any_size import take_any_size
from .archs.quantised import WholeConv
from .eight_bits import take_whole_numbers, whole_convolutions
from .restorer import Restorer, added

FORMAT = 1
OPSET = 18
#: weights below this many elements stay in float32: they weigh nothing
SMALLEST_HALVED = 256


class _Graph(nn.Module):
    """The module that is traced: it gives the picture, and the residual where there is one."""

    def __init__(self, restorer: Restorer) -> None:
        super().__init__()
        self.net = restorer.net
        self.residual = restorer.contract.residual
        self.scale = restorer.contract.scale

    def forward(self, image: Tensor, level: Tensor | None = None) -> tuple[Tensor, ...]:
        predicted = self.net(image) if level is None else self.net(image, level)
        if not self.residual:
            return (predicted,)
        return added(image, predicted, self.scale), predicted


def export(
    restorer: Restorer, path: Path, *, source: Path | None = None, half: bool = True
) -> None:
    """Writes the model file, whole or not at all.

    `source` is the safetensors file whose SHA-256 it carries.

    `half` stores weights as float16, cast in the graph; they are first rounded in a copy, so a
    comparison is to be made with what `rounded` gives.
    """
    subject = rounded(restorer) if half else restorer
    model = _trace(subject)
    whole = whole_convolutions(_Graph(subject))
    take_whole_numbers(model, whole)
    take_any_size(model, restorer.contract)
    if half:
        _halve_weights(model.graph)
    _strip(model)
    header = {
        "format": FORMAT,
        "contract": restorer.contract.to_dict(),
        "card": {**restorer.card, "sizes": "any", **({COMPUTES: "int8"} if whole else {})},
        "source_sha256": hashlib.sha256(source.read_bytes()).hexdigest() if source else None,
    }
    onnx.helper.set_model_props(model, {"burnish": json.dumps(header)})
    onnx.checker.check_model(model, full_check=True)
    atomic_write(path, model.SerializeToString())


def source_digest(path: Path) -> str | None:
    """The SHA-256 of the safetensors file that a model file was made from.

    None where it does not say.
    """
    properties = {p.key: p.value for p in onnx.load(path, load_external_data=False).metadata_props}
    digest: str | None = json.loads(properties["burnish"])["source_sha256"]
    return digest


def rounded(restorer: Restorer) -> Restorer:
    """A copy whose large weights went through float16 and back.

    Those that float16 cannot hold stay.
    """
    result = copy.deepcopy(restorer).eval()
    with torch.no_grad():
        for weight in result.net.state_dict().values():
            weight.copy_(halved(weight))
    return result


def halved(weight: Tensor) -> Tensor:
    """A weight in float16; as it is where it is small, or float16 cannot hold it."""
    if weight.dtype != torch.float32 or weight.numel() < SMALLEST_HALVED:
        return weight
    half = weight.half()
    return half if bool(half.isfinite().all()) else weight


def _trace(restorer: Restorer) -> onnx.ModelProto:
    """The graph of a network; convolutions of whole numbers are traced as the plain ones."""
    contract = restorer.contract
    graph = copy.deepcopy(_Graph(restorer)).eval()
    for layer in graph.modules():
        if isinstance(layer, WholeConv):
            layer.floating = True
    inputs = example(contract, 2, 4 * contract.multiple, 6 * contract.multiple)
    names = ["input", *(["level"] if contract.dials else [])]
    outputs = ["output", *(["residual"] if contract.residual else [])]
    with _quietly():
        program = torch.onnx.export(
            graph,
            inputs,
            dynamo=True,
            input_names=names,
            output_names=outputs,
            dynamic_shapes=dynamic_sizes(contract),
            opset_version=OPSET,
            optimize=True,
            verbose=False,
        )
    assert program is not None
    return program.model_proto


def example(contract: Contract, batch: int, height: int, width: int) -> tuple[Tensor, ...]:
    """A random picture and a level in the middle of its range, in the graph's shapes.

    Of the picture for a network that fills, a third is lost.
    """
    generator = torch.Generator().manual_seed(0)
    image = torch.rand(batch, contract.channels_in, height, width, generator=generator)
    if contract.gives == "filling":
        lost = torch.rand(batch, 1, height, width, generator=generator) < 1 / 3
        image = torch.where(lost, image + LOST, image)
    if not contract.dials:
        return (image,)
    middle = torch.tensor(
        [(d.low + d.high) / 2 for d in contract.dials], dtype=torch.float32
    ).reshape(1, -1, 1, 1)
    shape = {
        "pixel": (batch, -1, height, width),
        "image": (batch, -1, 1, 1),
        "batch": (1, -1, 1, 1),
    }[contract.level]
    return image, middle.expand(shape).contiguous()


def dynamic_sizes(contract: Contract) -> tuple[dict[int, Any], ...]:
    """Which sides of `example` are free, as `torch.export` wants it."""
    batch = torch.export.Dim("batch", max=4096)
    height = torch.export.Dim("h", max=65536)
    width = torch.export.Dim("w", max=65536)
    sides = (
        {2: contract.multiple * height, 3: contract.multiple * width}
        if contract.multiple > 1
        else {2: height, 3: width}
    )
    level = {"pixel": {0: batch, **sides}, "image": {0: batch}, "batch": {}}[contract.level]
    return ({0: batch, **sides}, *([level] if contract.dials else []))


def _halve_weights(graph: onnx.GraphProto) -> None:
    """Makes large float32 initialisers float16 ones with a Cast.

    Runtimes fold it away when they load the file. One that float16 does not hold exactly stays: the
    exporter made it of rounded weights and a batch norm, and to round it again would change the
    result.
    """
    casts = []
    for tensor in graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT or np.prod(tensor.dims) < SMALLEST_HALVED:
            continue
        name = tensor.name
        values = numpy_helper.to_array(tensor)
        halved = values.astype(np.float16)
        if not np.array_equal(halved, values):
            continue
        tensor.CopyFrom(numpy_helper.from_array(halved, f"{name}.half"))
        casts.append(
            onnx.helper.make_node(
                "Cast", [f"{name}.half"], [name], to=onnx.TensorProto.FLOAT, name=f"{name}.cast"
            )
        )
    nodes = list(graph.node)
    del graph.node[:]
    graph.node.extend([*casts, *nodes])


def _strip(model: onnx.ModelProto) -> None:
    """Removes the exporter's notes (stack traces with paths of this machine)."""
    del model.metadata_props[:]
    model.graph.ClearField("metadata_props")
    model.graph.ClearField("doc_string")
    del model.graph.value_info[:]
    for part in (
        *model.graph.node,
        *model.graph.initializer,
        *model.graph.input,
        *model.graph.output,
    ):
        part.ClearField("doc_string")
        part.ClearField("metadata_props")


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """The exporter prints and warns about its own progress."""
    logger = logging.getLogger("torch.onnx")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)
