"""Which channels of a network can only go together.

A picture is sent through it, and every operation is looked at on its way. Each axis of each weight
begins with as many numbers as it has channels, and wherever two axes meet, in a convolution, a sum
or a product, their numbers are tied to each other. A concatenation puts numbers side by side, a
part of it has a part of them, and a shuffle ties those that become one channel. So what is tied in
the end goes together, whatever the layers are called and however they are wired (the graph of
Fang et al., "DepGraph: towards any structural pruning", CVPR 2023, for single channels).

What goes through an operation that is not known here stays: nothing is ever guessed.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from ..export import example
from ..restorer import Restorer

#: the numbers of an axis; None where it has none: sizes of pictures, single channels, what no
#: weight has
Axis = npt.NDArray[np.int64] | None


@dataclass(frozen=True)
class Channel:
    """What is cut where one channel goes: a slice of every weight that makes or reads it."""

    #: the weight's name in the network, the axis, and the place along it
    slices: tuple[tuple[str, int, int], ...]
    #: multiply-adds that are saved by it, in any unit
    cost: float


#: channels of the same places in the same weights, such as those that a layer makes
Family = tuple[Channel, ...]


def families(restorer: Restorer) -> list[Family]:
    """The channels of a network that can be cut: made by a convolution, read by one, and nowhere
    seen from outside.
    """
    contract = restorer.contract
    was_training = restorer.training
    trace = _Trace()
    for name, weight in restorer.net.state_dict(keep_vars=True).items():
        trace.begin(name, weight)
    inputs = example(contract, 1, 8 * contract.multiple, 6 * contract.multiple)
    try:
        with torch.no_grad(), trace:
            result = restorer.eval().predict(*inputs)
    finally:
        restorer.train(was_training)
    trace.stay(trace.axes(result))
    return trace.families()


class _Trace(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Looks at every operation, and ties the numbers of axes that meet."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        # By the id of a tensor, which is held so that no other gets that id: its axes.
        self.seen: dict[int, tuple[Tensor, list[Axis]]] = {}
        self.weights: dict[str, list[Axis]] = {}
        # Of each number: whom it is tied to, whether it has to stay, whether a convolution makes
        # it and reads it, and what it costs.
        self.parent: list[int] = []
        self.stays: set[int] = set()
        self.made: set[int] = set()
        self.read: set[int] = set()
        self.cost: list[float] = []

    # Numbers.

    def begin(self, name: str, weight: Tensor) -> None:
        """Gives each axis of a weight its numbers."""
        axes = [None if size == 1 else self.numbers(size) for size in weight.shape]
        self.weights[name] = self.give(weight, axes)

    def numbers(self, count: int) -> npt.NDArray[np.int64]:
        """So many new ones."""
        first = len(self.parent)
        self.parent += range(first, first + count)
        self.cost += [0.0] * count
        return np.arange(first, first + count)

    def give(self, tensor: Tensor, axes: Sequence[Axis]) -> list[Axis]:
        self.seen[id(tensor)] = tensor, list(axes)
        return list(axes)

    def axes(self, tensor: Tensor) -> list[Axis]:
        """The numbers of a tensor's axes, as a list of one's own."""
        return list(self.seen[id(tensor)][1]) if id(tensor) in self.seen else [None] * tensor.ndim

    def root(self, number: int) -> int:
        while self.parent[number] != number:
            self.parent[number] = self.parent[self.parent[number]]
            number = self.parent[number]
        return number

    def tie(self, one: npt.NDArray[np.int64], other: npt.NDArray[np.int64]) -> None:
        for a, b in zip(one.tolist(), other.tolist(), strict=True):
            self.parent[self.root(a)] = self.root(b)

    def stay(self, axes: Iterable[Axis]) -> None:
        """Keeps all that has these numbers."""
        for axis in axes:
            if axis is not None:
                self.stays.update(axis.tolist())

    def met(self, axes: Sequence[Axis]) -> Axis:
        """The axis that comes of several of one size that meet.

        Where one of them has no numbers, it would not become narrower with the others.
        """
        numbered = [axis for axis in axes if axis is not None]
        if len(numbered) < len(axes):
            self.stay(numbered)
        for one, other in itertools.pairwise(numbered):
            self.tie(one, other)
        return numbered[0] if numbered else None

    def families(self) -> list[Family]:
        """What is tied, in order, and where it lies, by whether that is the same."""
        slices: dict[int, list[tuple[str, int, int]]] = {}
        for name, axes in self.weights.items():
            for axis, numbers in enumerate(axes):
                for place, number in enumerate([] if numbers is None else numbers.tolist()):
                    slices.setdefault(self.root(number), []).append((name, axis, place))
        costs: defaultdict[int, float] = defaultdict(float)
        for number, cost in enumerate(self.cost):
            costs[self.root(number)] += cost
        stays, made, read = (
            {self.root(number) for number in numbers}
            for numbers in (self.stays, self.made, self.read)
        )
        alike: dict[frozenset[tuple[str, int]], list[Channel]] = {}
        for root, found in slices.items():
            if root in made and root in read and root not in stays:
                lies = frozenset((name, axis) for name, axis, _ in found)
                alike.setdefault(lies, []).append(Channel(tuple(found), costs[root]))
        return [tuple(channels) for channels in alike.values()]

    # Operations.

    def __torch_dispatch__(
        self, operation: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        result = operation(*args, **(kwargs or {}))
        # What works in place, such as relu_, does the same.
        name = operation.overloadpacket.__name__
        rule = RULES.get(name) or RULES.get(name.removesuffix("_"), _Trace.unknown)
        rule(self, (*args, *_tensors((kwargs or {}).values())), result)
        return result

    def unknown(self, args: Sequence[Any], result: Any) -> None:
        for tensor in _tensors(args):
            self.stay(self.axes(tensor))

    def same(self, args: Sequence[Any], result: Tensor) -> None:
        self.give(result, self.axes(args[0]))

    def point_by_point(self, args: Sequence[Any], result: Tensor) -> None:
        axes = []
        for back in range(-result.ndim, 0):
            axes.append(
                self.met(
                    [
                        self.axes(tensor)[back]
                        for tensor in _tensors(args)
                        if -back <= tensor.ndim and tensor.shape[back] > 1
                    ]
                )
            )
        self.give(result, axes)

    def place_by_place(self, args: Sequence[Any], result: Any) -> None:
        """Pools, padding and enlarging: of planes of two sizes, each channel by itself."""
        image = args[0]
        given = result if isinstance(result, Tensor) else result[0]
        if given.shape[:-2] != image.shape[:-2]:
            self.unknown(args, result)
            return
        self.give(given, [*self.axes(image)[:-2], None, None])

    def reduced(self, args: Sequence[Any], result: Tensor) -> None:
        """Means and sums over some axes, whose channels then have to stay."""
        image = args[0]
        axes = self.axes(image)
        gone = [axis % image.ndim for axis in (args[1] if len(args) > 1 else range(image.ndim))]
        self.stay(axes[axis] for axis in gone)
        kept = result.ndim == image.ndim
        left = [None if i in gone else axis for i, axis in enumerate(axes) if kept or i not in gone]
        self.give(result, left)

    def permuted(self, args: Sequence[Any], result: Tensor) -> None:
        self.give(result, [self.axes(args[0])[axis] for axis in args[1]])

    def transposed(self, args: Sequence[Any], result: Tensor) -> None:
        axes = self.axes(args[0])
        one, other = args[1:] or (0, 1)
        axes[one], axes[other] = axes[other], axes[one]
        self.give(result, axes)

    def laid(self, args: Sequence[Any], result: Tensor) -> None:
        """Another layout of the same numbers, where only axes of one channel come or go."""
        given = args[0]
        wide = [size for size in given.shape if size > 1]
        if wide != [size for size in result.shape if size > 1]:
            self.unknown(args, result)
            return
        axes = [axis for axis, size in zip(self.axes(given), given.shape, strict=True) if size > 1]
        left = iter(axes)
        self.give(result, [next(left) if size > 1 else None for size in result.shape])

    def expanded(self, args: Sequence[Any], result: Tensor) -> None:
        axes = self.axes(args[0])
        self.give(result, [*(None for _ in range(result.ndim - len(axes))), *axes])

    def joined(self, args: Sequence[Any], result: Tensor) -> None:
        tensors, along = args[0], (args[1] if len(args) > 1 else 0) % result.ndim
        each = [self.axes(tensor) for tensor in tensors]
        axes = [
            None if i == along else self.met(met) for i, met in enumerate(zip(*each, strict=True))
        ]
        parts = []
        for tensor, own in zip(tensors, each, strict=True):
            part = own[along]
            if part is None:  # what no weight has, which stays
                part = self.numbers(tensor.shape[along])
                self.stay([part])
            parts.append(part)
        axes[along] = np.concatenate(parts)
        self.give(result, axes)

    def parted(self, args: Sequence[Any], result: Sequence[Tensor]) -> None:
        axes = self.axes(args[0])
        along = (args[2] if len(args) > 2 else 0) % len(axes)
        first = 0
        for part in result:
            size = part.shape[along]
            whole = axes[along]
            taken = None if whole is None else whole[first : first + size]
            self.give(part, [*axes[:along], taken, *axes[along + 1 :]])
            first += size

    def sliced(self, args: Sequence[Any], result: Tensor) -> None:
        axes = self.axes(args[0])
        standing: Sequence[Any] = (0, 0, None, 1)
        along, first, last, step = [*args[1:], *standing[len(args) - 1 :]]
        whole = axes[along]
        axes[along] = None if whole is None else whole[first:last:step]
        self.give(result, axes)

    def shuffled(self, args: Sequence[Any], result: Tensor) -> None:
        channels = self.axes(args[0])[-3]
        if channels is not None:
            together = channels.reshape(-1, args[1] ** 2)
            for other in range(1, together.shape[1]):
                self.tie(together[:, 0], together[:, other])
            self.give(result, [None, together[:, 0], None, None])

    def unshuffled(self, args: Sequence[Any], result: Tensor) -> None:
        channels = self.axes(args[0])[-3]
        if channels is not None:
            self.give(result, [None, channels.repeat(args[1] ** 2), None, None])

    def convolved(self, args: Sequence[Any], result: Tensor) -> None:
        image, filters, bias, *_, turned, _, groups = args
        channels, axes = self.axes(image)[1], self.axes(filters)
        inward, outward = (0, 1) if turned else (1, 0)
        self.stay(axes[2:])
        taps = filters[0, 0].numel() * (image if turned else result)[0, 0].numel()
        if groups == 1:
            met = self.met([channels, axes[inward]]) if filters.shape[inward] > 1 else None
            made = axes[outward]
            self.note(self.read, met, taps * filters.shape[outward])
            self.note(self.made, made, taps * filters.shape[inward])
        elif groups == image.shape[1] and not turned:  # each channel has filters of its own
            each = len(filters) // groups
            own = None if channels is None else channels.repeat(each)
            made = self.met([own, axes[0]])
            self.note(None, made, taps)
        else:
            self.unknown(args, result)
            return
        if bias is not None and len(bias) > 1:
            made = self.met([made, self.axes(bias)[0]])
        self.give(result, [None, made, None, None])

    def note(self, kind: set[int] | None, axis: Axis, cost: float) -> None:
        """Notes what a convolution does with channels, and what each of them costs there."""
        for number in [] if axis is None else axis.tolist():
            self.cost[number] += cost
            if kind is not None:
                kind.add(number)

    def evened(self, args: Sequence[Any], result: Sequence[Tensor]) -> None:
        """Layer norm over the last axis: a factor and a shift for each channel."""
        axes = self.axes(args[0])
        if len(args[1]) != 1:
            self.unknown(args, result)
            return
        last = [axes[-1], *(self.axes(each)[0] for each in args[2:4] if each is not None)]
        self.give(result[0], [*axes[:-1], self.met(last)])

    def normed(self, args: Sequence[Any], result: Sequence[Tensor]) -> None:
        """Batch norm and instance norm: factors, shifts and statistics for each channel."""
        axes = self.axes(args[0])
        own = [self.axes(each)[0] for each in args[1:5] if isinstance(each, Tensor)]
        self.give(result[0], [axes[0], self.met([axes[1], *own]), *axes[2:]])


def _tensors(args: Iterable[Any]) -> Iterable[Tensor]:
    """The tensors among the arguments of an operation."""
    for each in args:
        if isinstance(each, Tensor):
            yield each
        elif isinstance(each, list | tuple):
            yield from _tensors(each)


Rule = Callable[[_Trace, Any, Any], None]

_KINDS: list[tuple[Rule, str]] = [
    (_Trace.same, "clone detach alias contiguous _to_copy lift_fresh"),
    (
        _Trace.point_by_point,
        "add sub rsub mul div neg relu leaky_relu gelu sigmoid tanh silu exp log log1p sqrt rsqrt "
        "abs pow clamp clamp_min clamp_max maximum minimum where lt le gt ge eq ne round",
    ),
    (
        _Trace.place_by_place,
        "max_pool2d_with_indices avg_pool2d upsample_nearest2d upsample_bilinear2d "
        "replication_pad2d reflection_pad2d constant_pad_nd",
    ),
    (_Trace.reduced, "mean sum amax"),
    (_Trace.permuted, "permute"),
    (_Trace.transposed, "transpose t"),
    (_Trace.laid, "view _unsafe_view reshape squeeze unsqueeze repeat"),
    (_Trace.expanded, "expand"),
    (_Trace.joined, "cat"),
    (_Trace.parted, "split split_with_sizes"),
    (_Trace.sliced, "slice"),
    (_Trace.shuffled, "pixel_shuffle"),
    (_Trace.unshuffled, "pixel_unshuffle"),
    (_Trace.convolved, "convolution"),
    (_Trace.evened, "native_layer_norm"),
    (
        _Trace.normed,
        "native_batch_norm _native_batch_norm_legit _native_batch_norm_legit_no_training",
    ),
]
#: the name of each operation of PyTorch that is known, and what it does to axes
RULES: dict[str, Rule] = {name: rule for rule, names in _KINDS for name in names.split()}
