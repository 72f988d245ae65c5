"""A model file for pictures of any size: it pads by mirroring and crops inside its own graph.

A network wants heights and widths that are multiples of a number. Burnish pads for it, tile by tile
(`contract.pad_to_multiple`); whoever runs the file in another program need not know of it.

ONNX's own Pad mirrors about the edge pixel, not beside it, and never by more than a picture has. So
rows and columns are gathered by their numbers: of n rows, the one at place p of the padded picture
is q = p mod 2n on the way down and 2n - 1 - q on the way back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from ...contract import Contract

#: where height and width stand in [B, C, H, W]
SIDES = {"height": 2, "width": 3}


def take_any_size(model: onnx.ModelProto, contract: Contract) -> None:
    """Puts the padding in front of the graph's picture, and the crop behind each output.

    Its map of levels is padded, too. A picture whose sides are multiples already passes unchanged.
    """
    graph = model.graph
    inner = list(graph.node)
    padded = ["input", *(["level"] if contract.dials and contract.level == "pixel" else [])]
    outputs = [output.name for output in graph.output]
    if contract.multiple > 1:
        _rename(inner, {name: f"{name}.padded" for name in (*padded, *outputs)})
        del graph.node[:]
        graph.node.extend([*_mirror(padded), *inner, *_crop(outputs)])
        numbers = {"1": 1, "multiple": contract.multiple}
        lists = {"corner": [0, 0], "sides": [*SIDES.values()], "scale": [contract.scale] * 2}
        for name, value in (numbers | lists).items():
            array = np.array(value, np.int64)
            graph.initializer.append(numpy_helper.from_array(array, f"size.{name}"))
    _free_sides([graph.input[padded.index(name)] for name in padded], 1)
    _free_sides(list(graph.output), contract.scale)


def _mirror(names: list[str]) -> Iterator[onnx.NodeProto]:
    """The nodes that make NAME.padded of each name; all have the size of `input`."""
    for side, axis in SIDES.items():
        yield from _mirrored(side, axis)
    for name in names:
        yield from _longer(name, "width", f"{name}.wide")
        yield from _longer(f"{name}.wide", "height", f"{name}.padded")


def _longer(name: str, side: str, result: str) -> Iterator[onnx.NodeProto]:
    """The nodes that put behind the rows (or columns) of a value those that are mirrored."""
    axis = SIDES[side]
    yield _node("Gather", [name, f"size.{side}.mirrored"], f"{name}.{side}.more", axis=axis)
    yield _node("Concat", [name, f"{name}.{side}.more"], result, axis=axis)


def _mirrored(side: str, axis: int) -> Iterator[onnx.NodeProto]:
    """The nodes that compute which rows (or columns) stand beyond the picture's own.

    They go up to the next multiple: none where there is one already.
    """
    at = f"size.{side}"
    yield _node("Shape", ["input"], f"{at}.list", start=axis, end=axis + 1)
    yield _node("Squeeze", [f"{at}.list"], at)
    yield _node("Add", [at, "size.multiple"], f"{at}.beyond")
    yield _node("Sub", [f"{at}.beyond", "size.1"], f"{at}.most")
    yield _node("Div", [f"{at}.most", "size.multiple"], f"{at}.parts")
    yield _node("Mul", [f"{at}.parts", "size.multiple"], f"{at}.padded")
    yield _node("Range", [at, f"{at}.padded", "size.1"], f"{at}.places")
    # there and back
    yield _node("Add", [at, at], f"{at}.twice")
    yield _node("Mod", [f"{at}.places", f"{at}.twice"], f"{at}.there")
    yield _node("Sub", [f"{at}.twice", f"{at}.there"], f"{at}.rest")
    yield _node("Sub", [f"{at}.rest", "size.1"], f"{at}.back")
    yield _node("Min", [f"{at}.there", f"{at}.back"], f"{at}.mirrored")


def _crop(names: list[str]) -> Iterator[onnx.NodeProto]:
    """The nodes that make each output of NAME.padded."""
    yield _node("Shape", ["input"], "size.both", start=2, end=4)
    yield _node("Mul", ["size.both", "size.scale"], "size.result")
    for name in names:
        wanted = [f"{name}.padded", "size.corner", "size.result", "size.sides"]
        yield _node("Slice", wanted, name)


def _node(operator: str, inputs: list[str], output: str, **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(operator, inputs, [output], f"{output}.node", **attributes)


def _rename(nodes: list[onnx.NodeProto], names: dict[str, str]) -> None:
    """Gives values of the graph other names, wherever they are made or read."""
    for node in nodes:
        for values in (node.input, node.output):
            values[:] = [names.get(value, value) for value in values]


def _free_sides(values: list[onnx.ValueInfoProto], scale: int) -> None:
    """Says of inputs or outputs that their height and width are free."""
    for value in values:
        for side, axis in SIDES.items():
            name = side if scale == 1 else f"{scale}*{side}"
            value.type.tensor_type.shape.dim[axis].dim_param = name
