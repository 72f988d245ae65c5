"""Steps of a graph as layers of ncnn: a table from ONNX's operators to functions.

What comes out of a function are the layers that make the step's result, in its name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....contract import Array
from ....errors import ModelMismatch
from .graph import Graph, Step
from .write import Layer, Told

#: what is known before any picture comes, by names
Known = Mapping[str, NDArray[Any]]

#: numbers of ncnn for operations on two values: as they stand, and the other way round
BINARY = {"Add": (0, 0), "Sub": (1, 7), "Mul": (2, 2), "Div": (3, 8), "Max": (4, 4), "Min": (5, 5)}
#: its numbers for operations on one value
UNARY = {"Abs": 0, "Neg": 1, "Floor": 2, "Ceil": 3, "Sqrt": 5, "Exp": 7, "Log": 8, "Sign": 20}
SQUARE, SIGN = 4, UNARY["Sign"]
#: where a convolution is told of an activation of its own
ACTIVATION = 9
#: operations that are layers of their own
OWN = {"Relu": "ReLU", "Sigmoid": "Sigmoid", "Tanh": "TanH", "Erf": "Erf", "Softplus": "Softplus"}
#: its numbers for what becomes one number
REDUCED = {"ReduceSum": 0, "ReduceMean": 3, "ReduceMax": 4, "ReduceMin": 5}
#: and for what stands beyond a picture's edge
BEYOND = {"constant": 0, "edge": 1, "reflect": 2}
#: the orders of axes that it is asked for, without the batch: channels last, and first again
ORDERS = {(0, 2, 3, 1): 3, (0, 3, 1, 2): 4}
#: how an enlargement counts pixels, where ncnn does so too
NEAREST, LINEAR = ("nearest", "asymmetric"), ("linear", "half_pixel")


def layers_of(graph: Graph) -> list[Layer]:
    """The layers that a graph's steps are, without its inputs.

    ModelMismatch names what ncnn has no layer for.
    """
    made: list[Layer] = []
    for step in graph.steps:
        make = TABLE.get(step.operator)
        if make is None:
            raise ModelMismatch(f"ncnn has no layer for {step.operator}")
        made.extend(make(step, graph.known))
    return list(_with_activations(made, graph.result))


def _with_activations(layers: Sequence[Layer], result: str) -> Iterator[Layer]:
    """The layers, where a convolution that a ReLU alone reads does that itself."""
    readers = Counter(name for layer in layers for name in layer.inputs)
    after = {
        layer.inputs[0]: layer.outputs
        for layer in layers
        if layer.kind == "ReLU" and not layer.told and readers[layer.inputs[0]] == 1
    }
    both = {layer.outputs[0] for layer in layers if layer.filters is not None} & set(after)
    both.discard(result)
    for layer in layers:
        name = layer.outputs[0]
        if name in both:
            yield replace(layer, outputs=after[name], told={**layer.told, ACTIVATION: 1})
        elif not (layer.kind == "ReLU" and layer.inputs[0] in both):
            yield layer


def _refuse(step: Step, what: str) -> ModelMismatch:
    return ModelMismatch(f"ncnn has no layer for {step.operator} {what}")


def _numbers(step: Step, known: Known, place: int) -> tuple[int, ...]:
    """The whole numbers of an input that is known before."""
    name = step.inputs[place] if place < len(step.inputs) else ""
    if name not in known:
        raise _refuse(step, "by what is not known before")
    return tuple(int(value) for value in known[name].reshape(-1))


def _axis(axis: int, sides: int = 4) -> int:
    """An axis of [B, C, H, W] as ncnn counts it."""
    axis = axis % sides
    if axis == 0:
        raise ModelMismatch("ncnn knows nothing of batches, and a step works along them")
    return axis - 1


def _planes(values: NDArray[Any]) -> Array:
    """Known values [1, C, H, W], or fewer of these, as [C, H, W]."""
    array: Array = np.asarray(values, np.float32)
    if array.ndim > 3 and array.shape[0] != 1:
        raise ModelMismatch("ncnn knows nothing of batches, and a step has values for each picture")
    return array.reshape((1,) * (3 - array.ndim) + array.shape[-3:])


def _held(name: str, values: NDArray[Any]) -> Layer:
    """A layer that holds known values."""
    planes = _planes(values)
    channels, height, width = planes.shape
    return Layer("MemoryData", (), (name,), {0: width, 1: height, 2: channels}, None, (planes,))


def _convolution(step: Step, known: Known) -> Iterator[Layer]:
    filters = _filters(step, known)
    group = step.attributes.get("group", 1)
    sides = _sides(step)
    told = {0: filters.shape[0], **sides, 6: filters.size}
    yield _convolved("Convolution", step, known, filters, told, group)


def _deconvolution(step: Step, known: Known) -> Iterator[Layer]:
    filters = _filters(step, known)
    group = step.attributes.get("group", 1)
    inside, outside = filters.shape[0] // group, filters.shape[1]
    # ONNX has what goes in before what comes out.
    filters = filters.reshape(group, inside, outside, *filters.shape[2:]).swapaxes(1, 2)
    more = step.attributes.get("output_padding", [0, 0])
    told = {0: outside * group, **_sides(step), 6: filters.size, 18: more[1], 19: more[0]}
    yield _convolved("Deconvolution", step, known, filters, told, group)


def _convolved(
    kind: str, step: Step, known: Known, filters: Array, told: dict[int, int], group: int
) -> Layer:
    bias = step.inputs[2] if len(step.inputs) > 2 else ""
    if bias and bias not in known:
        raise _refuse(step, "by filters that a picture makes")
    numbers = (np.asarray(known[bias], np.float32),) if bias else ()
    told = {**told, 5: len(numbers), **({} if group == 1 else {7: group})}
    kind = kind if group == 1 else f"{kind}DepthWise"
    return Layer(kind, step.inputs[:1], step.outputs, told, filters, numbers)


def _filters(step: Step, known: Known) -> Array:
    if step.inputs[1] not in known or step.inputs[0] in known:
        raise _refuse(step, "by filters that a picture makes")
    filters: Array = np.asarray(known[step.inputs[1]], np.float32)
    if filters.ndim != 4:
        raise _refuse(step, f"in {filters.ndim - 2} dimensions")
    return filters


def _sides(step: Step) -> dict[int, int]:
    """What a convolution is told of its filters' sides, steps and margins."""
    if step.attributes.get("auto_pad", b"NOTSET") != b"NOTSET":
        raise _refuse(step, "that pads by itself")
    height, width = step.attributes["kernel_shape"]
    down, across = step.attributes.get("strides", [1, 1])
    apart_down, apart_across = step.attributes.get("dilations", [1, 1])
    top, left, bottom, right = step.attributes.get("pads", [0, 0, 0, 0])
    sides = {1: width, 11: height, 2: apart_across, 12: apart_down, 3: across, 13: down}
    return {**sides, 4: left, 14: top, 15: right, 16: bottom}


def _pooling(step: Step, known: Known) -> Iterator[Layer]:
    if step.attributes.get("ceil_mode") or set(step.attributes.get("dilations", [1])) != {1}:
        raise _refuse(step, "that looks beyond the edge")
    sides = _sides(step)
    told = {
        0: int(step.operator == "AveragePool"),
        **{1: sides[1], 11: sides[11], 2: sides[3], 12: sides[13]},
        **{3: sides[4], 13: sides[14], 14: sides[15], 15: sides[16]},
        5: 1,
        6: step.attributes.get("count_include_pad", 0),
    }
    yield Layer("Pooling", step.inputs, step.outputs, told)


def _binary(step: Step, known: Known) -> Iterator[Layer]:
    first, second = step.inputs
    there, back = BINARY[step.operator]
    if second in known and known[second].size == 1:
        told: dict[int, Told] = {0: there, 1: 1, 2: float(known[second].item())}
        yield Layer("BinaryOp", (first,), step.outputs, told)
    elif first in known and known[first].size == 1:
        told = {0: back, 1: 1, 2: float(known[first].item())}
        yield Layer("BinaryOp", (second,), step.outputs, told)
    else:
        names = []
        for name in step.inputs:
            names.append(name)
            if name in known:
                # A name of its own, since another step may hold the same.
                names[-1] = f"{step.outputs[0]}.{name}"
                yield _held(names[-1], known[name])
        yield Layer("BinaryOp", tuple(names), step.outputs, {0: there})


def _power(step: Step, known: Known) -> Iterator[Layer]:
    if step.inputs[1] not in known or set(known[step.inputs[1]].reshape(-1).tolist()) != {2.0}:
        raise _refuse(step, "other than squares")
    yield Layer("UnaryOp", step.inputs[:1], step.outputs, {0: SQUARE})


def _unary(step: Step, known: Known) -> Iterator[Layer]:
    yield Layer("UnaryOp", step.inputs, step.outputs, {0: UNARY[step.operator]})


def _own(step: Step, known: Known) -> Iterator[Layer]:
    yield Layer(OWN[step.operator], step.inputs, step.outputs)


def _softmax(step: Step, known: Known) -> Iterator[Layer]:
    # 1 says that axes are counted as ncnn counts them since 2018.
    told: dict[int, Told] = {0: _axis(step.attributes.get("axis", -1)), 1: 1}
    yield Layer("Softmax", step.inputs, step.outputs, told)


def _leaky(step: Step, known: Known) -> Iterator[Layer]:
    yield Layer("ReLU", step.inputs, step.outputs, {0: float(step.attributes["alpha"])})


def _below(step: Step, known: Known) -> Iterator[Layer]:
    """1 where a value is below (or above) a number, and else 0."""
    value, limit = step.inputs
    if limit not in known or known[limit].size != 1:
        raise _refuse(step, "than what a picture makes")
    out = step.outputs[0]
    operation = BINARY["Sub"][step.operator == "Less"]
    told: dict[int, Told] = {0: operation, 1: 1, 2: float(known[limit].item())}
    yield Layer("BinaryOp", (value,), (f"{out}.apart",), told)
    yield Layer("UnaryOp", (f"{out}.apart",), (f"{out}.sign",), {0: SIGN})
    yield Layer("ReLU", (f"{out}.sign",), step.outputs)


def _chosen(step: Step, known: Known) -> Iterator[Layer]:
    """One value where a mask is 1, and another where it is 0; to the last bit."""
    mask, first, second = step.inputs
    if known.keys() & set(step.inputs):
        raise _refuse(step, "of known values")
    out = step.outputs[0]
    yield Layer("BinaryOp", (mask,), (f"{out}.rest",), {0: BINARY["Sub"][1], 1: 1, 2: 1.0})
    yield Layer("BinaryOp", (first, mask), (f"{out}.first",), {0: BINARY["Mul"][0]})
    yield Layer("BinaryOp", (second, f"{out}.rest"), (f"{out}.second",), {0: BINARY["Mul"][0]})
    yield Layer("BinaryOp", (f"{out}.first", f"{out}.second"), step.outputs, {0: BINARY["Add"][0]})


def _spread(step: Step, known: Known) -> Iterator[Layer]:
    """Known values as planes of a picture's size: a convolution of nothing, and a bias."""
    value, like = step.inputs
    planes = _planes(known[value])
    if planes.shape[1:] != (1, 1):
        raise _refuse(step, "of more than a number for each channel")
    # The mean over channels has one, whatever the picture has.
    out = step.outputs[0]
    one: dict[int, Told] = {0: REDUCED["ReduceMean"], 1: 0, 3: (0,), 4: 1, 5: 1}
    yield Layer("Reduction", (like,), (f"{out}.plane",), one)
    told = {0: len(planes), 1: 1, 5: 1, 6: len(planes)}
    nothing = np.zeros((len(planes), 1, 1, 1), np.float32)
    yield Layer("Convolution", (f"{out}.plane",), step.outputs, told, nothing, (planes.ravel(),))


def _reduced(step: Step, known: Known) -> Iterator[Layer]:
    if not step.attributes.get("keepdims", 1):
        raise _refuse(step, "that drops an axis")
    axes = step.attributes.get("axes") or _numbers(step, known, 1)
    along = tuple(_axis(axis) for axis in axes)
    told: dict[int, Told] = {0: REDUCED[step.operator], 1: 0, 3: along, 4: 1, 5: 1}
    yield Layer("Reduction", step.inputs[:1], step.outputs, told)


def _joined(step: Step, known: Known) -> Iterator[Layer]:
    if known.keys() & set(step.inputs):
        raise _refuse(step, "of known values")
    yield Layer("Concat", step.inputs, step.outputs, {0: _axis(step.attributes["axis"])})


def _split(step: Step, known: Known) -> Iterator[Layer]:
    count = len(step.outputs)
    parts = _numbers(step, known, 1) if len(step.inputs) > 1 else (-233,) * count
    told: dict[int, Told] = {0: parts, 1: _axis(step.attributes.get("axis", 0))}
    yield Layer("Slice", step.inputs[:1], step.outputs, told)


def _cut(step: Step, known: Known) -> Iterator[Layer]:
    starts, ends = _numbers(step, known, 1), _numbers(step, known, 2)
    axes = _numbers(step, known, 3) if len(step.inputs) > 3 else tuple(range(len(starts)))
    steps = _numbers(step, known, 4) if len(step.inputs) > 4 else (1,) * len(starts)
    along = tuple(_axis(axis) for axis in axes)
    if set(steps) == {-1} and set(starts) == {-1} and all(end < -(2**31) for end in ends):
        yield Layer("Flip", step.inputs[:1], step.outputs, {0: along})
        return
    if set(steps) != {1}:
        raise _refuse(step, "with steps")
    most = 2**31 - 1
    told: dict[int, Told] = {9: starts, 10: tuple(min(end, most) for end in ends), 11: along}
    yield Layer("Crop", step.inputs[:1], step.outputs, told)


def _padded(step: Step, known: Known) -> Iterator[Layer]:
    pads = _numbers(step, known, 1)
    mode = step.attributes.get("mode", b"constant").decode()
    if len(pads) != 8 or any(pads[place] for place in (0, 1, 4, 5)) or mode not in BEYOND:
        raise _refuse(step, "other than of sides")
    if len(step.inputs) > 2 and np.any(known[step.inputs[2]]):
        raise _refuse(step, "with another number than 0")
    top, left, bottom, right = pads[2], pads[3], pads[6], pads[7]
    told: dict[int, Told] = {0: top, 1: bottom, 2: left, 3: right, 4: BEYOND[mode]}
    yield Layer("Padding", step.inputs[:1], step.outputs, told)


def _turned(step: Step, known: Known) -> Iterator[Layer]:
    order = ORDERS.get(tuple(step.attributes["perm"]))
    if order is None:
        raise _refuse(step, "in this order")
    yield Layer("Permute", step.inputs, step.outputs, {0: order})


def _normalised(step: Step, known: Known) -> Iterator[Layer]:
    """Each pixel's channels, which stand last, or each channel's pixels."""
    own = step.operator == "InstanceNormalization"
    if not own and step.attributes.get("axis", -1) not in (-1, 3):
        raise _refuse(step, "over more than channels")
    numbers = tuple(np.asarray(known[name], np.float32) for name in step.inputs[1:3])
    told: dict[int, Told] = {0: numbers[0].size, 1: float(step.attributes["epsilon"]), 2: 1}
    kind = "InstanceNorm" if own else "LayerNorm"
    yield Layer(kind, step.inputs[:1], step.outputs, told, None, numbers)


def _shuffled(step: Step, known: Known) -> Iterator[Layer]:
    block = step.attributes["blocksize"]
    if step.operator == "SpaceToDepth":
        yield Layer("Reorg", step.inputs, step.outputs, {0: block, 1: 0})
        return
    other = int(step.attributes.get("mode", b"DCR") != b"CRD")
    yield Layer("PixelShuffle", step.inputs, step.outputs, {0: block, 1: other})


def _enlarged(step: Step, known: Known) -> Iterator[Layer]:
    scales = step.inputs[2] if len(step.inputs) > 2 else ""
    how = tuple(
        step.attributes.get(name, b"").decode()
        for name in ("mode", "coordinate_transformation_mode")
    )
    if scales not in known or how not in (NEAREST, LINEAR):
        raise _refuse(step, "in this way")
    down, across = (float(scale) for scale in known[scales][2:])
    told: dict[int, Told] = {0: 1 if how == NEAREST else 2, 1: down, 2: across}
    yield Layer("Interp", step.inputs[:1], step.outputs, told)


#: operators of ONNX -> what makes layers of their steps
TABLE: dict[str, Callable[[Step, Known], Iterator[Layer]]] = {
    "Conv": _convolution,
    "ConvTranspose": _deconvolution,
    "AveragePool": _pooling,
    "MaxPool": _pooling,
    **dict.fromkeys(BINARY, _binary),
    **dict.fromkeys(UNARY, _unary),
    **dict.fromkeys(OWN, _own),
    **dict.fromkeys(REDUCED, _reduced),
    "Pow": _power,
    "Softmax": _softmax,
    "LeakyRelu": _leaky,
    "Less": _below,
    "Greater": _below,
    "Where": _chosen,
    "Expand": _spread,
    "Concat": _joined,
    "Split": _split,
    "Slice": _cut,
    "Pad": _padded,
    "Transpose": _turned,
    "LayerNormalization": _normalised,
    "InstanceNormalization": _normalised,
    "DepthToSpace": _shuffled,
    "SpaceToDepth": _shuffled,
    "Resize": _enlarged,
}
