"""A model file that computes in 8 bits: what a `Quantised` network does, as ONNX writes it.

What goes into a convolution is divided by the step of each channel, rounded by QuantizeLinear and
given back by DequantizeLinear, and the filters are kept as whole numbers behind a DequantizeLinear.
An engine that computes with whole numbers takes the three for one convolution in int8; to any other
they are what they say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import onnx
from onnx import helper, numpy_helper
from torch import nn

from ...contract import Array
from .archs.quantised import WholeConv


def whole_convolutions(net: nn.Module) -> dict[str, WholeConv]:
    """The convolutions of a network that compute with whole numbers, by their names."""
    return {
        name: layer
        for name, layer in net.named_modules()
        if isinstance(layer, WholeConv) and layer.range.known
    }


def take_whole_numbers(model: onnx.ModelProto, layers: Mapping[str, WholeConv]) -> None:
    """Makes convolutions of the graph those of whole numbers.

    layers: what they are in the network that was traced, by their names there, `NAME.weight` being
    what the graph calls their filters.
    """
    graph = model.graph
    by_filters = {f"{name}.weight": layer for name, layer in layers.items()}
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        if node.op_type == "Conv" and (layer := by_filters.pop(node.input[1], None)) is not None:
            nodes += _whole(graph, node, layer)
        else:
            nodes.append(node)
    assert not by_filters, f"the graph has no {', '.join(by_filters)}"
    del graph.node[:]
    graph.node.extend(nodes)


def _whole(
    graph: onnx.GraphProto, node: onnx.NodeProto, layer: WholeConv
) -> Iterator[onnx.NodeProto]:
    """The nodes in place of a convolution's."""
    source, name = node.input[:2]
    steps, lowest, _ = layer.range.steps()
    filters, units = layer.whole_filters(steps)
    zero = np.int8(0) if lowest < 0 else np.uint8(0)

    # What goes in, and how it is rounded: the engine takes the division into the rounding.
    _keep(graph, f"{name}.shares", (1 / steps).view(1, -1, 1, 1).numpy())
    _keep(graph, f"{name}.one", np.ones((), np.float32))
    _keep(graph, f"{name}.zero", np.array(zero))
    scale = [f"{name}.one", f"{name}.zero"]
    yield helper.make_node("Mul", [source, f"{name}.shares"], [f"{name}.divided"])
    yield helper.make_node("QuantizeLinear", [f"{name}.divided", *scale], [f"{name}.rounded"])
    yield helper.make_node("DequantizeLinear", [f"{name}.rounded", *scale], [f"{name}.input"])

    # The filters, in place of those in float.
    _drop(graph, name)
    _keep(graph, f"{name}.whole", filters.detach().numpy().astype(np.int8))
    _keep(graph, f"{name}.units", units.numpy())
    kept = [f"{name}.whole", f"{name}.units"]
    yield helper.make_node("DequantizeLinear", kept, [f"{name}.filters"], axis=0)

    node.input[:2] = [f"{name}.input", f"{name}.filters"]
    yield node


def _keep(graph: onnx.GraphProto, name: str, values: Array) -> None:
    graph.initializer.append(numpy_helper.from_array(np.asarray(values), name))


def _drop(graph: onnx.GraphProto, name: str) -> None:
    kept = [tensor for tensor in graph.initializer if tensor.name != name]
    del graph.initializer[:]
    graph.initializer.extend(kept)
