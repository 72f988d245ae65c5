"""Reads an ONNX file's wire format (protocol buffers) without a native parser: its metadata, and
whether it is one that Burnish hands to one.

A model file from a stranger is data: of limited size, with listed operators, no functions, no
subgraphs, no external data (ONNX IR specification, onnx.proto).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import ModelCorrupt, ModelMismatch, ModelMissing, UnsafeModel

MAX_BYTES = 512 * 2**20
FORMAT = 1
#: field numbers of a message have 29 bits
MOST_FIELDS = 1 << 29

#: what a restoration network is made of; nothing that loops, branches, draws random numbers or
#: decodes files
OPERATORS = frozenset(
    """
    Abs Add AveragePool BatchNormalization Cast Ceil Clip Concat Constant ConstantOfShape Conv
    ConvTranspose Cos DepthToSpace Div Einsum Elu Equal Erf Exp Expand Flatten Floor Gather Gelu
    Gemm GlobalAveragePool Greater GroupNormalization HardSigmoid HardSwish Identity
    InstanceNormalization LayerNormalization LeakyRelu Less Log MatMul Max MaxPool Min Mod Mul
    Neg Not PRelu Pad Pow Range Reciprocal ReduceMax ReduceMean ReduceMin ReduceSum Relu Reshape
    Resize Shape Sigmoid Sign Sin Slice Softmax Softplus SpaceToDepth Split Sqrt Squeeze Sub Sum
    Tanh Tile Transpose Unsqueeze Where
    """.split()
)

# field numbers of onnx.proto
_MODEL_GRAPH, _MODEL_OPSET, _MODEL_METADATA, _MODEL_TRAINING, _MODEL_FUNCTIONS = 7, 8, 14, 20, 25
_GRAPH_NODE, _GRAPH_INITIALIZER, _GRAPH_SPARSE = 1, 5, 15
_NODE_OPERATOR, _NODE_ATTRIBUTE, _NODE_DOMAIN = 4, 5, 7
(
    _ATTRIBUTE_TENSOR,
    _ATTRIBUTE_GRAPH,
    _ATTRIBUTE_TENSORS,
    _ATTRIBUTE_GRAPHS,
    _ATTRIBUTE_SPARSE,
    _ATTRIBUTE_SPARSES,
) = 5, 6, 10, 11, 22, 23
_TENSOR_EXTERNAL, _TENSOR_LOCATION = 13, 14


def read_header(path: Path) -> dict[str, Any]:
    """Contract, card and the source's SHA-256 of a Burnish model file, after every check of this
    module.

    The keys: format, contract, card, source_sha256.
    """
    if not path.is_file():
        raise ModelMissing(f"{path}: no such model file")
    if path.stat().st_size > MAX_BYTES:
        raise UnsafeModel(
            f"{path}: {path.stat().st_size / 2**20:.0f} MiB; a model file may have "
            f"{MAX_BYTES // 2**20} MiB at most"
        )
    data = path.read_bytes()
    try:
        metadata = _check_model(memoryview(data))
        header = json.loads(metadata.get("burnish", "null"))
    except UnsafeModel as error:
        raise UnsafeModel(f"{path}: {error}") from None
    except (
        ValueError,
        IndexError,
        RecursionError,
    ) as error:  # recursion: JSON that is nested a thousand times
        raise ModelCorrupt(f"{path}: not a whole ONNX file ({error})") from error
    if header is None:
        raise ModelMismatch(
            f"{path}: an ONNX file without Burnish's contract; only files made by `burnish "
            "export` can be restored with"
        )
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        found = header.get("format") if isinstance(header, dict) else header
        raise ModelMismatch(
            f"{path}: model file format {found!r}; this version of Burnish reads {FORMAT}"
        )
    for key in ("contract", "card"):
        if not isinstance(header.get(key), dict):
            raise ModelCorrupt(f"{path}: its header has no {key}")
    return header


def _check_model(data: memoryview) -> dict[str, str]:
    """The metadata of a model whose graph holds nothing that is not listed; UnsafeModel says what
    it holds.
    """
    metadata: dict[str, str] = {}
    graphs = 0
    for field, value in _fields(data):
        if field == _MODEL_GRAPH:
            _check_graph(_message(value))
            graphs += 1
        elif field == _MODEL_METADATA:
            entry = {
                number: bytes(_message(content)).decode()
                for number, content in _fields(_message(value))
                if number in (1, 2)
            }
            metadata[entry.get(1, "")] = entry.get(2, "")
        elif field in (_MODEL_FUNCTIONS, _MODEL_TRAINING):
            raise UnsafeModel(
                "it defines functions or training graphs of its own, which model files may not"
            )
    if graphs != 1:
        raise ValueError(f"{graphs} graphs")
    return metadata


def _check_graph(data: memoryview) -> None:
    for field, value in _fields(data):
        if field == _GRAPH_NODE:
            _check_node(_message(value))
        elif field == _GRAPH_INITIALIZER:
            _check_tensor(_message(value))
        elif field == _GRAPH_SPARSE:
            raise UnsafeModel("it holds sparse weights, which model files may not")


def _check_node(data: memoryview) -> None:
    operator = domain = ""
    for field, value in _fields(data):
        if field == _NODE_OPERATOR:
            operator = bytes(_message(value)).decode()
        elif field == _NODE_DOMAIN:
            domain = bytes(_message(value)).decode()
        elif field == _NODE_ATTRIBUTE:
            _check_attribute(_message(value))
    if domain not in ("", "ai.onnx") or operator not in OPERATORS:
        raise UnsafeModel(
            f"it uses the operator {f'{domain}.' if domain else ''}{operator}, which model "
            "files may not"
        )


def _check_attribute(data: memoryview) -> None:
    for field, value in _fields(data):
        if field in (_ATTRIBUTE_GRAPH, _ATTRIBUTE_GRAPHS):
            raise UnsafeModel("it holds a subgraph (a loop or a branch), which model files may not")
        if field in (_ATTRIBUTE_SPARSE, _ATTRIBUTE_SPARSES):
            raise UnsafeModel("it holds sparse weights, which model files may not")
        if field in (_ATTRIBUTE_TENSOR, _ATTRIBUTE_TENSORS):
            _check_tensor(_message(value))


def _check_tensor(data: memoryview) -> None:
    for field, value in _fields(data):
        if field == _TENSOR_EXTERNAL or (field == _TENSOR_LOCATION and value):
            raise UnsafeModel("it keeps weights in another file, which model files may not")


def _fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """(field number, value) of one message; ValueError or IndexError where it ends early or a
    length lies.
    """
    position = 0
    while position < len(data):
        key, position = _varint(data, position)
        kind, number = key & 7, key >> 3
        if (
            not 0 < number < MOST_FIELDS
        ):  # C++ readers would cut it to 32 bits and find another field
            raise ValueError(f"a field with the number {number}")
        value: int | memoryview
        if kind == 0:
            value, position = _varint(data, position)
        else:
            length, position = (
                _varint(data, position) if kind == 2 else ({1: 8, 5: 4}.get(kind, -1), position)
            )
            if length < 0 or position + length > len(data):
                raise ValueError(f"a field of {length} bytes at {position} of {len(data)}")
            value, position = data[position : position + length], position + length
        yield number, value


def _message(value: int | memoryview) -> memoryview:
    if isinstance(value, int):
        raise ValueError("a number where a message belongs")
    return value


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    result = shift = 0
    while True:
        byte = data[position]
        position += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result, position
        shift += 7
        if shift > 63:
            raise ValueError("a number of more than 64 bits")
