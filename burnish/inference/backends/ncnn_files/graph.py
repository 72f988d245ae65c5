"""The graph of a model file, as the steps that a picture goes through.

What no picture has a part in (filters that a level makes, above all) is computed here, once. What
depends on a picture's size alone is left out: ncnn's layers find sizes by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from ....contract import Array, Contract
from ....errors import ModelMismatch

#: how a file names what is padded, behind its inputs and before its outputs
PADDED = ".padded"
#: operators whose result is what goes in, as long as nothing but numbers goes through
NOTHING = ("Cast", "Identity")
#: the order of axes with which sides that are parted in two become channels
UNSHUFFLED = [0, 1, 3, 5, 2, 4]


@dataclass(frozen=True)
class Step:
    """An operation on pictures, as ONNX calls it, or SpaceToDepth of PyTorch's order."""

    #: its name
    operator: str
    #: what goes in, by names; of `Expand`, the value, and what it gets the size of
    inputs: tuple[str, ...]
    #: what comes out, by names
    outputs: tuple[str, ...]
    #: what else it is told, by names
    attributes: Mapping[str, Any]


@dataclass(frozen=True)
class Graph:
    """The steps from a picture to what a network gives, and what is known before."""

    #: the name of the picture
    image: str
    #: the name of the planes of the level; "" where there are none
    level: str
    #: the name of what comes out
    result: str
    #: the steps, each behind those that it needs
    steps: tuple[Step, ...]
    #: what is known before any picture comes, by names
    known: Mapping[str, NDArray[Any]]


def read(path: Path, contract: Contract, result: str, level: Array | None = None) -> Graph:
    """Reads a model file's way from pictures to an output, whose sides are multiples already.

    result: the output, "residual" or "output". level: the settings [1, K, 1, 1], where the contract
    takes no map; with a map, its planes go in beside the picture.

    Raises ModelMismatch for what is not known how to be said without sizes.
    """
    model = onnx.load(path, load_external_data=False)
    made = {name for node in model.graph.node for name in node.output}
    image, planes, end = (
        name + PADDED if name + PADDED in made else name for name in ("input", "level", result)
    )
    told = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    if not contract.dials or contract.level != "pixel":
        planes = ""
        if level is not None:
            told["level"] = level
    nodes = _needed(model.graph.node, end, (image, planes))
    touched, sized = _sorted(nodes, (image, planes))
    alone = [node for node in nodes if node.output[0] not in touched | sized]
    known = _computed(alone, told, model.opset_import)
    steps = _Steps(nodes, touched, sized, known)
    return Graph(image, planes, steps.named(end), tuple(steps), known)


def _needed(
    nodes: Iterable[onnx.NodeProto], result: str, given: Iterable[str]
) -> list[onnx.NodeProto]:
    """The nodes that a result needs, in their order, behind what is given."""
    wanted = {result}
    kept = []
    for node in reversed(list(nodes)):
        if wanted & set(node.output) - set(given):
            kept.append(node)
            wanted.update(node.input)
    return kept[::-1]


def _sorted(nodes: Iterable[onnx.NodeProto], pictures: Iterable[str]) -> tuple[set[str], set[str]]:
    """The names of what pictures have a part in, and of what their sizes alone do."""
    touched = {name for name in pictures if name}
    sized: set[str] = set()
    for node in nodes:
        if touched & set(node.input):
            (sized if node.op_type == "Shape" else touched).update(node.output)
        elif sized & set(node.input):
            # What is spread over a picture's size is one.
            (touched if node.op_type == "Expand" else sized).update(node.output)
    return touched, sized


def _computed(
    nodes: list[onnx.NodeProto],
    told: Mapping[str, NDArray[Any]],
    versions: Iterable[onnx.OperatorSetIdProto],
) -> dict[str, NDArray[Any]]:
    """What is told, and what nodes make of it, by names. versions: of their operators."""
    made = [name for node in nodes for name in node.output if name]
    if not made:
        return dict(told)
    read = {name for node in nodes for name in node.input if name} - set(made)
    graph = helper.make_graph(
        nodes,
        "known",
        [
            helper.make_tensor_value_info(
                name, helper.np_dtype_to_tensor_dtype(told[name].dtype), told[name].shape
            )
            for name in sorted(read)
        ],
        [helper.make_value_info(name, onnx.TypeProto()) for name in made],
    )
    model = helper.make_model(graph, opset_imports=versions)
    try:
        values = ReferenceEvaluator(model).run(made, {name: told[name] for name in read})
    except RuntimeError as error:
        raise ModelMismatch(f"ONNX cannot compute its filters ({error})") from error
    return {**told, **dict(zip(made, values, strict=True))}


class _Steps:
    """The steps of nodes that pictures have a part in."""

    def __init__(
        self,
        nodes: list[onnx.NodeProto],
        touched: set[str],
        sized: set[str],
        known: Mapping[str, NDArray[Any]],
    ) -> None:
        self.nodes = [node for node in nodes if node.output[0] in touched]
        self.makers = {name: node for node in nodes for name in node.output}
        self.sized = sized
        self.known = known
        #: names that stand for others
        self.same: dict[str, str] = {}
        #: pictures laid out with their sides parted, and pictures made of such again
        self.parted: set[str] = set()
        self.again: set[str] = set()
        self.steps = [step for node in self.nodes for step in self._of(node)]

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def named(self, name: str) -> str:
        """The name of a value in the steps."""
        return self.same.get(name, name)

    def _of(self, node: onnx.NodeProto) -> Iterator[Step]:
        """The steps of a node: one, or none."""
        attributes = {one.name: helper.get_attribute_value(one) for one in node.attribute}
        inputs = tuple(self.named(name) for name in node.input)
        layout = self._layout(node, attributes)
        if layout is not None:
            yield from layout
        elif node.op_type in NOTHING:
            self.same[node.output[0]] = inputs[0]
        elif node.op_type == "Expand":
            yield from self._spread(node)
        elif (self.parted | self.sized) & set(node.input):
            raise ModelMismatch(f"ncnn's files do not say {node.op_type} of a picture's size")
        else:
            yield Step(node.op_type, inputs, tuple(node.output), attributes)

    def _layout(
        self, node: onnx.NodeProto, attributes: Mapping[str, Any]
    ) -> tuple[Step, ...] | None:
        """The step of nodes that together are `pixel_unshuffle`; None of another node.

        It is a picture laid out with its sides parted, its axes in another order, and that laid out
        as a picture again.
        """
        (name, *told), out = node.input, node.output[0]
        if node.op_type == "Reshape" and told[0] in self.sized:
            self.same[out] = self.named(name)
            (self.again if name in self.again else self.parted).add(out)
            return ()
        if node.op_type != "Transpose" or list(attributes["perm"]) != UNSHUFFLED:
            return None
        shape = self.makers[self.makers[name].input[1]]
        block = [self.known[part] for part in shape.input if part in self.known][-1]
        self.again.add(out)
        attributes = {"blocksize": int(block.item())}
        return (Step("SpaceToDepth", (self.named(name),), (out,), attributes),)

    def _spread(self, node: onnx.NodeProto) -> Iterator[Step]:
        """What is spread over the size of something: of what is as large already, nothing."""
        value, shape = node.input
        if value not in self.known:
            self.same[node.output[0]] = self.named(value)
            return
        while self.makers[shape].op_type != "Shape":
            shape = next(name for name in self.makers[shape].input if name in self.sized)
        like = self.named(self.makers[shape].input[0])
        yield Step("Expand", (value, like), tuple(node.output), {})
