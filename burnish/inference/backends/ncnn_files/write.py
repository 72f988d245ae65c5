"""Layers of ncnn, and how they are written: a text that names them, and their weights behind it.

The text is described in ncnn's documentation ("param and model file structure"), its layers in
"operators".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ....contract import Array

MAGIC = 7767517
#: what a key of a list of numbers is counted down from
LISTS = -23300
#: what stands before weights in float32, and in float16
FLOAT, HALF = 0, 0x01306B47

#: what a layer is told under a number
Told = int | float | str | tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Layer:
    """A layer of ncnn."""

    #: its kind, as ncnn calls it
    kind: str
    #: what goes in, by names
    inputs: tuple[str, ...]
    #: what comes out, by names; the first is the layer's own name, too
    outputs: tuple[str, ...]
    #: what it is told, by the numbers under which ncnn knows it
    told: Mapping[int, Told] = field(default_factory=dict)
    #: filters, which may be in float16
    filters: Array | None = None
    #: numbers behind them, always in float32
    numbers: tuple[Array, ...] = ()


def text_of(layers: Sequence[Layer]) -> str:
    """The text that names layers, each behind those that it needs."""
    layers = tuple(_parted(layers))
    values = sum(len(layer.outputs) for layer in layers)
    lines = [str(MAGIC), f"{len(layers)} {values}", *map(_line, layers)]
    return "\n".join(lines) + "\n"


def weights_of(layers: Sequence[Layer], half: bool = False) -> bytes:
    """The weights of layers; half: whether filters that float16 holds exactly are in it."""
    return b"".join(part for layer in layers for part in _weights(layer, half))


def _parted(layers: Sequence[Layer]) -> Iterator[Layer]:
    """The layers with a `Split` behind each value that several read, since each reads its own."""
    readers = Counter(name for layer in layers for name in layer.inputs)
    copies: dict[str, list[str]] = {}
    for layer in layers:
        inputs = [copies[name].pop(0) if name in copies else name for name in layer.inputs]
        yield replace(layer, inputs=tuple(inputs))
        for name in layer.outputs:
            if readers[name] > 1:
                copies[name] = [f"{name}.{number}" for number in range(readers[name])]
                yield Layer("Split", (name,), tuple(copies[name]))


def _line(layer: Layer) -> str:
    # Values have names of their own, so the first that comes out names the layer.
    words = [layer.kind, f"{layer.outputs[0]}.layer", len(layer.inputs), len(layer.outputs)]
    told = (_said(key, value) for key, value in sorted(layer.told.items()))
    return " ".join(map(str, (*words, *layer.inputs, *layer.outputs, *told)))


def _said(key: int, value: Told) -> str:
    """A number, a list of numbers or an expression, under its key."""
    if isinstance(value, tuple):
        return f"{LISTS - key}={','.join(map(str, (len(value), *value)))}"
    if isinstance(value, str):
        return f'{key}="{value}"'
    return f"{key}={value:.9e}" if isinstance(value, float) else f"{key}={value}"


def _weights(layer: Layer, half: bool) -> Iterator[bytes]:
    if layer.filters is not None:
        with np.errstate(over="ignore"):
            halved = layer.filters.astype("<f2")
        if half and np.array_equal(halved, layer.filters):
            data = halved.tobytes()
            yield HALF.to_bytes(4, "little") + data + bytes(-len(data) % 4)
        else:
            yield FLOAT.to_bytes(4, "little") + layer.filters.astype("<f4").tobytes()
    yield from (numbers.astype("<f4").tobytes() for numbers in layer.numbers)
