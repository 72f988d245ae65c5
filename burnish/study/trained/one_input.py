"""A model file of one input and one output, as VapourSynth and many node editors want it.

The dials are further channels behind the picture's, each in its own unit; what comes out is the
picture.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import onnx
from onnx import helper, numpy_helper

from ...contract import Contract

#: where channels stand in [B, C, H, W]
CHANNELS = 1
#: the axes of a level that become one number where it is no map
ALIKE = {"pixel": [], "image": [2, 3], "batch": [0, 2, 3]}


def take_one_input(model: onnx.ModelProto, contract: Contract) -> None:
    """Makes one input of a graph's picture and level, and leaves it the picture as its output.

    Of a dial that takes no map, the mean of its channel counts. What a file of ours says of itself
    goes, since Burnish does not restore with such a file.
    """
    graph = model.graph
    kept = [output for output in graph.output if output.name == "output"]
    del graph.output[:]
    graph.output.extend(kept)
    del model.metadata_props[:]
    if not contract.dials:
        return
    channels = contract.channels_in + len(contract.dials)
    graph.input[0].type.tensor_type.shape.dim[CHANNELS].dim_value = channels
    del graph.input[1:]
    nodes = list(graph.node)
    for node in nodes:
        node.input[:] = ["picture" if name == "input" else name for name in node.input]
    del graph.node[:]
    graph.node.extend([*_apart(contract), *nodes])
    ends = {"first": [0], "dials": [contract.channels_in], "all": [channels]}
    for name, value in (ends | {"axis": [CHANNELS], "alike": ALIKE[contract.level]}).items():
        array = np.array(value, np.int64)
        graph.initializer.append(numpy_helper.from_array(array, f"split.{name}"))


def _apart(contract: Contract) -> Iterator[onnx.NodeProto]:
    """The nodes that take picture and level out of the one input."""
    level = "level" if contract.level == "pixel" else "level.planes"
    yield _slice("picture", "first", "dials")
    yield _slice(level, "dials", "all")
    if contract.level != "pixel":
        yield helper.make_node("ReduceMean", [level, "split.alike"], ["level"], keepdims=1)


def _slice(name: str, first: str, last: str) -> onnx.NodeProto:
    ends = [f"split.{first}", f"split.{last}", "split.axis"]
    return helper.make_node("Slice", ["input", *ends], [name], f"{name}.slice")
