"""The wire format of ONNX files (protocol buffers), read and checked without a native parser.

A model file from a stranger is data: of limited size, with listed operators, no functions, no
subgraphs, no external data (ONNX IR specification, onnx.proto). Only a file that passes is handed
to a native parser.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import ModelCorrupt, ModelMismatch, ModelMissing, UnsafeModel

#: bytes that a model file may have
MAX_BYTES = 512 * 2**20
#: the version of what Burnish writes into a model file
FORMAT = 1
#: field numbers of a message are below this, since they have 29 bits
MOST_FIELDS = 1 << 29

#: what a restoration network is made of; nothing that loops, branches, draws random numbers or
#: decodes files
OPERATORS = frozenset(
    """
    Abs Add AveragePool BatchNormalization Cast Ceil Clip Concat Constant ConstantOfShape Conv
    ConvTranspose Cos DepthToSpace DequantizeLinear Div Einsum Elu Equal Erf Exp Expand Flatten
    Floor Gather Gelu Gemm GlobalAveragePool Greater GroupNormalization HardSigmoid HardSwish
    Identity InstanceNormalization LayerNormalization LeakyRelu Less Log MatMul Max MaxPool Min Mod
    Mul Neg Not PRelu Pad Pow QuantizeLinear Range Reciprocal ReduceMax ReduceMean ReduceMin
    ReduceSum Relu Reshape Resize Shape Sigmoid Sign Sin Slice Softmax Softplus SpaceToDepth Split
    Sqrt Squeeze Sub Sum Tanh Tile Transpose Unsqueeze Where
    """.split()
)

# Field numbers of onnx.proto.
_MODEL_GRAPH = 7
_MODEL_METADATA = 14
_MODEL_TRAINING = 20
_MODEL_FUNCTIONS = 25

_GRAPH_NODE = 1
_GRAPH_INITIALIZER = 5
_GRAPH_SPARSE = 15

_NODE_OPERATOR = 4
_NODE_ATTRIBUTE = 5
_NODE_DOMAIN = 7

_ATTRIBUTE_TENSOR = 5
_ATTRIBUTE_GRAPH = 6
_ATTRIBUTE_TENSORS = 10
_ATTRIBUTE_GRAPHS = 11
_ATTRIBUTE_SPARSE = 22
_ATTRIBUTE_SPARSES = 23

_TENSOR_EXTERNAL = 13
_TENSOR_LOCATION = 14

# How a field's value is written, by the lowest three bits of its key.
_VARINT = 0
_LENGTH_FIRST = 2
#: bytes of the values that have a fixed size
_FIXED = {1: 8, 5: 4}


def read_header(path: Path) -> dict[str, Any]:
    """Reads what Burnish wrote into a model file, after every check of this module.

    The keys of the record are format, contract, card and source_sha256. Raises ModelMissing,
    UnsafeModel, ModelCorrupt, ModelMismatch.
    """
    if not path.is_file():
        raise ModelMissing(f"{path}: no such model file")
    if path.stat().st_size > MAX_BYTES:
        raise UnsafeModel(
            f"{path}: {path.stat().st_size / 2**20:.0f} MiB; a model file may have "
            f"{MAX_BYTES // 2**20} MiB at most"
        )
    data = path.read_bytes()

    # The file as ONNX. A RecursionError is JSON that is nested a thousand times.
    try:
        metadata = _check_model(memoryview(data))
        header = json.loads(metadata.get("burnish", "null"))
    except UnsafeModel as error:
        raise UnsafeModel(f"{path}: {error}") from None
    except (ValueError, IndexError, RecursionError) as error:
        raise ModelCorrupt(f"{path}: not a whole ONNX file ({error})") from error

    # The header as Burnish's.
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
    """The metadata of a model whose graph holds nothing that is not listed.

    UnsafeModel says what else it holds.
    """
    metadata: dict[str, str] = {}
    graphs = 0
    for field, value in _fields(data):
        if field == _MODEL_GRAPH:
            _check_graph(_message(value))
            graphs += 1
        elif field == _MODEL_METADATA:
            # An entry has its key in field 1, and its value in field 2.
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
    """The fields of one message: (field number, value).

    ValueError or IndexError where the message ends early, or a length lies.
    """
    position = 0
    while position < len(data):
        key, position = _varint(data, position)
        kind = key & 7
        number = key >> 3
        # C++ readers would cut a larger number to 32 bits, and find another field.
        if not 0 < number < MOST_FIELDS:
            raise ValueError(f"a field with the number {number}")
        if kind == _VARINT:
            value, position = _varint(data, position)
            yield number, value
            continue
        length = _FIXED.get(kind, -1)
        if kind == _LENGTH_FIRST:
            length, position = _varint(data, position)
        if length < 0 or position + length > len(data):
            raise ValueError(f"a field of {length} bytes at {position} of {len(data)}")
        yield number, data[position : position + length]
        position += length


def _message(value: int | memoryview) -> memoryview:
    """The value of a field as a message; ValueError where it is a number."""
    if isinstance(value, int):
        raise ValueError("a number where a message belongs")
    return value


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    """The number at a position, written seven bits a byte, and the position behind it."""
    result = 0
    shift = 0
    while True:
        byte = data[position]
        position += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result, position
        shift += 7
        if shift > 63:
            raise ValueError("a number of more than 64 bits")
