"""Whether layers fit a picture, and one another: ncnn computes without looking, past the end of
its memory where they do not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .write import Layer

#: channels, height and width
Size = tuple[int, int, int]


class DoesNotFit(Exception):
    """A layer that does not fit what goes into it."""


def sizes_of(layers: Sequence[Layer], pictures: Mapping[str, Size]) -> dict[str, Size]:
    """The size of every value, by names, for inputs of given sizes.

    DoesNotFit names a layer that does not fit.
    """
    sizes = dict(pictures)
    for layer in layers:
        if layer.kind == "Input":
            continue
        try:
            inputs = [sizes[name] for name in layer.inputs]
            outputs = TABLE.get(layer.kind, _same)(layer, inputs)
        except (LookupError, ValueError, ZeroDivisionError) as error:
            raise DoesNotFit(f"{layer.outputs[0]} does not fit what it reads") from error
        if any(side < 1 for size in outputs for side in size):
            raise DoesNotFit(f"nothing is left of a picture at {layer.outputs[0]}")
        sizes.update(zip(layer.outputs, outputs, strict=True))
    return sizes


def _need(so: bool) -> None:
    if not so:
        raise ValueError


def _told(layer: Layer, key: int, other: int = 0) -> int:
    value: Any = layer.told.get(key, other)
    return int(value)


def _listed(layer: Layer, key: int) -> tuple[int, ...]:
    value: Any = layer.told[key]
    return tuple(value)


def _same(layer: Layer, inputs: list[Size]) -> list[Size]:
    return [inputs[0]] * len(layer.outputs)


def _held(layer: Layer, inputs: list[Size]) -> list[Size]:
    return [(_told(layer, 2), _told(layer, 1), _told(layer, 0))]


def _binary(layer: Layer, inputs: list[Size]) -> list[Size]:
    sides = list(zip(*inputs, strict=True))
    _need(all(len({*of_all} - {1}) < 2 for of_all in sides))
    channels, height, width = (max(of_all) for of_all in sides)
    return [(channels, height, width)]


def _convolved(layer: Layer, inputs: list[Size]) -> list[Size]:
    ((channels, height, width),) = inputs
    across, down = _told(layer, 1), _told(layer, 11, _told(layer, 1))
    group, outside = _told(layer, 7, 1), _told(layer, 0)
    _need(channels % group == 0 and outside % group == 0 and layer.filters is not None)
    assert layer.filters is not None
    _need(layer.filters.size == outside * (channels // group) * across * down)
    _need(all(numbers.size == outside for numbers in layer.numbers))
    wide = _told(layer, 2, 1) * (across - 1) + 1
    tall = _told(layer, 12, 1) * (down - 1) + 1
    beside, above = _told(layer, 4) + _told(layer, 15), _told(layer, 14) + _told(layer, 16)
    step, fall = _told(layer, 3, 1), _told(layer, 13, 1)
    if layer.kind.startswith("De"):
        width = (width - 1) * step + wide - beside + _told(layer, 18)
        height = (height - 1) * fall + tall - above + _told(layer, 19)
        return [(outside, height, width)]
    return [(outside, (height + above - tall) // fall + 1, (width + beside - wide) // step + 1)]


def _pooled(layer: Layer, inputs: list[Size]) -> list[Size]:
    ((channels, height, width),) = inputs
    beside, above = _told(layer, 3) + _told(layer, 14), _told(layer, 13) + _told(layer, 15)
    return [
        (
            channels,
            (height + above - _told(layer, 11)) // _told(layer, 12) + 1,
            (width + beside - _told(layer, 1)) // _told(layer, 2) + 1,
        )
    ]


def _padded(layer: Layer, inputs: list[Size]) -> list[Size]:
    ((channels, height, width),) = inputs
    above, below, left, right = (_told(layer, key) for key in range(4))
    # What is mirrored about the edge has to be there.
    _need(_told(layer, 4) != 2 or (max(above, below) < height and max(left, right) < width))
    return [(channels, height + above + below, width + left + right)]


def _joined(layer: Layer, inputs: list[Size]) -> list[Size]:
    axis = _told(layer, 0)
    _need(len({size[:axis] + size[axis + 1 :] for size in inputs}) == 1)
    return [_with(inputs[0], axis, sum(size[axis] for size in inputs))]


def _split(layer: Layer, inputs: list[Size]) -> list[Size]:
    axis, parts = _told(layer, 1), list(_listed(layer, 0))
    side = inputs[0][axis]
    if set(parts) == {-233}:
        _need(side % len(parts) == 0)
        parts = [side // len(parts)] * len(parts)
    _need(sum(parts) == side and len(parts) == len(layer.outputs))
    return [_with(inputs[0], axis, part) for part in parts]


def _cut(layer: Layer, inputs: list[Size]) -> list[Size]:
    size = inputs[0]
    ends = zip(*(_listed(layer, key) for key in (11, 9, 10)), strict=True)
    for axis, start, end in ends:
        side = size[axis]
        first, last = (place if place >= 0 else side + place for place in (start, end))
        _need(first >= 0 and end != 0)
        size = _with(size, axis, min(side, last) - first)
    return [size]


def _parted(layer: Layer, inputs: list[Size]) -> list[Size]:
    ((channels, height, width),) = inputs
    block = _told(layer, 0)
    _need(height % block == 0 and width % block == 0)
    return [(channels * block**2, height // block, width // block)]


def _shuffled(layer: Layer, inputs: list[Size]) -> list[Size]:
    ((channels, height, width),) = inputs
    block = _told(layer, 0)
    _need(channels % block**2 == 0)
    return [(channels // block**2, height * block, width * block)]


def _enlarged(layer: Layer, inputs: list[Size]) -> list[Size]:
    ((channels, height, width),) = inputs
    return [(channels, height * _told(layer, 1), width * _told(layer, 2))]


def _reduced(layer: Layer, inputs: list[Size]) -> list[Size]:
    size = inputs[0]
    for axis in _listed(layer, 3):
        size = _with(size, axis, 1)
    return [size]


def _turned(layer: Layer, inputs: list[Size]) -> list[Size]:
    ((first, second, third),) = inputs
    return [(second, third, first) if _told(layer, 0) == 3 else (third, first, second)]


def _normalised(layer: Layer, inputs: list[Size]) -> list[Size]:
    side = inputs[0][0 if layer.kind == "InstanceNorm" else 2]
    _need(all(numbers.size == side for numbers in layer.numbers))
    return inputs


def _with(size: Size, axis: int, side: int) -> Size:
    """A size with another side."""
    sides = list(size)
    sides[axis] = side
    channels, height, width = sides
    return channels, height, width


#: kinds of layers -> what comes out of them; others leave the size as it is
TABLE: dict[str, Callable[[Layer, list[Size]], list[Size]]] = {
    "MemoryData": _held,
    "BinaryOp": _binary,
    "Convolution": _convolved,
    "ConvolutionDepthWise": _convolved,
    "Deconvolution": _convolved,
    "DeconvolutionDepthWise": _convolved,
    "Pooling": _pooled,
    "Padding": _padded,
    "Concat": _joined,
    "Slice": _split,
    "Crop": _cut,
    "Reorg": _parted,
    "PixelShuffle": _shuffled,
    "Interp": _enlarged,
    "Reduction": _reduced,
    "Permute": _turned,
    "InstanceNorm": _normalised,
    "LayerNorm": _normalised,
}
