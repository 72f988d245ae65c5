"""ncnn: GPUs of any maker by Vulkan, and processors; and what writes a model as ncnn's own files.

A model file's graph is written anew in ncnn's layers (`ncnn_files`). It computes in float32, and on
a GPU in float16 where it predicts a residual. A picture goes through alone, since ncnn knows
nothing of batches.
"""

from __future__ import annotations

import math
import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import ncnn
import numpy as np

from ...contract import Array, Contract, Opened, Place, Release, Run
from ...errors import ModelCorrupt, ModelMismatch, OutOfMemory
from ...ground.processor import name as processor
from .ncnn_files.graph import read
from .ncnn_files.layers import layers_of
from .ncnn_files.sides import cropped, mirrored
from .ncnn_files.sizes import DoesNotFit, Size, sizes_of
from .ncnn_files.write import Layer, text_of, weights_of

#: the word for a GPU, and the types that ncnn gives to what is none: a processor in its place
VULKAN = "vulkan"
NO_GPU = 3
#: what its calls return where memory was short
NO_MEMORY = -100
#: what ncnn takes of memory is at most so many times the largest layer, with all that goes in and
#: comes out (1.5 to 5.2 times for what ships), which are values of so many bytes
TIMES, FLOAT = 5.5, 4
#: side of a picture, in multiples, for which that is reckoned
SIDE = 16
#: networks that are kept of a model whose dials change the filters: one for each of so many levels
KEPT = 4
#: what ncnn may do in half precision
HALF = ("fp16_packed", "fp16_storage", "fp16_arithmetic")
#: and in which it would do by itself what nobody asked for
NEVER = ("bf16_packed", "bf16_storage", "int8_inference")
#: the names in a file for other programs, as Upscayl and its like ask for them
PICTURE, LEVEL, RESULT = "data", "level", "output"


def places() -> list[Place]:
    """The GPUs that Vulkan finds, and the processor: first where the only GPU is one, too."""
    found = [
        Place(VULKAN if number == 0 else f"{VULKAN}:{number}", gpu.device_name())
        for number, gpu in enumerate(_gpus())
    ]
    own = Place("cpu", processor())
    real = any(gpu.type() != NO_GPU for gpu in _gpus())
    return [*found, own] if real else [own, *found]


def open_model(
    path: Path,
    contract: Contract,
    *,
    device: str,
    threads: int | None,
    precision: str,
    eight: Path | None,
) -> Opened:
    """Opens the model on a device of `places`.

    Where a GPU cannot run it, it runs on the processor, and a note says so. It does not run
    `eight`, the file in 8 bits. ModelMismatch names what ncnn has no layer for.
    """
    number = None if device == "cpu" else int(device.partition(":")[2] or 0)
    half = number is not None and contract.residual and precision != "fp32"
    notes: tuple[str, ...] = ()
    try:
        run, release, memory = _runner(path, contract, _Options(number, half, threads))
    except RuntimeError as error:
        if number is None:
            raise
        notes = (f"ncnn cannot run it on {device} ({error}): running on the processor",)
        number, half = None, False
        run, release, memory = _runner(path, contract, _Options(None, half, threads))
    said = "f16" if half else "fp32"
    if precision in ("bf16", "int8"):
        notes = (*notes, f"ncnn does not compute in {precision} here: computing in {said}")
    called = processor() if number is None else _gpus()[number].device_name()
    return Opened(run, "ncnn", called, said, notes, bytes_per_pixel=memory, release=release)


def _bytes_per_pixel(loaded: _Loaded, contract: Contract) -> int:
    """About what ncnn takes for each pixel of a picture, by its largest layer."""
    side = SIDE * contract.multiple
    pictures = {loaded.picture: (contract.channels_in, side, side)}
    if loaded.level:
        pictures[loaded.level] = (len(contract.dials), side, side)
    sizes = _sizes(loaded, pictures)
    largest = max(
        sum(math.prod(sizes[name]) for name in (*layer.inputs, *layer.outputs))
        for layer in loaded.layers
    )
    return math.ceil(TIMES * FLOAT * largest / side**2)


def _sizes(loaded: _Loaded, pictures: Mapping[str, Size]) -> dict[str, Size]:
    """The size of every value for pictures of given sizes. ModelCorrupt where layers do not fit."""
    try:
        return sizes_of(loaded.layers, pictures)
    except DoesNotFit as error:
        raise ModelCorrupt(f"the model does not fit a picture of its own: {error}") from error


def save_as_files(path: Path, target: Path, contract: Contract, half: bool) -> None:
    """Writes a model file as ncnn's own, for pictures of any size: target, and a .bin beside it.

    The text, target, ends in .param. The picture is PICTURE in it, the planes of its dials are
    LEVEL, which is for dials that take a map, and the restored picture is RESULT. half: whether
    filters are in float16. ModelMismatch names what ncnn has no layer for.
    """
    graph = read(path, contract, RESULT)
    layers = []
    for name, inside in ((PICTURE, graph.image), (LEVEL, graph.level)):
        if inside:
            layers += [Layer("Input", (), (name,)), *mirrored(name, contract.multiple, inside)]
    layers += layers_of(graph)
    if graph.result != RESULT:
        layers.append(cropped(graph.result, PICTURE, contract.scale, RESULT))
    target.with_suffix(".bin").write_bytes(weights_of(layers, half))
    target.write_text(text_of(layers), encoding="utf-8")


def run_of_files(path: Path, contract: Contract) -> Run:
    """The Run of a text that `save_as_files` wrote, in float32 on the processor.

    It takes pictures of any size, and gives RESULT.
    """
    loaded = _Loaded(_network(path, _Options(None, False, None)), PICTURE, LEVEL, RESULT)
    return lambda image, level: _each(lambda told: loaded, image, level)


@dataclass(frozen=True)
class _Options:
    """How a network is run."""

    #: the number of a GPU; None is the processor
    gpu: int | None
    #: whether in half precision
    half: bool
    #: of the processor; None is all of them
    threads: int | None


@dataclass(frozen=True, eq=False)
class _Loaded:
    """A network that ncnn has read, and what it calls what goes in and comes out."""

    net: ncnn.Net
    picture: str
    #: the planes of its dials; "" where it takes none
    level: str
    result: str
    #: its layers; () where they are known to fit a picture of any size
    layers: tuple[Layer, ...] = ()


def _runner(path: Path, contract: Contract, options: _Options) -> tuple[Run, Release, int]:
    """The Run of a model file, what gives its memory back, and its bytes for each pixel.

    What a dial changes in the filters is computed for each level, and kept of the last few.
    """
    kept: dict[bytes, _Loaded] = {}
    turn = threading.Lock()
    planes = contract.level == "pixel"

    def loaded(level: Array | None) -> _Loaded:
        own = None if level is None or planes else level
        key = b"" if own is None else own.tobytes()
        with turn:
            if key not in kept:
                while len(kept) >= KEPT:
                    del kept[next(iter(kept))]
                kept[key] = _load(path, contract, own, options)
            return kept[key]

    def run(image: Array, level: Array | None) -> Array:
        return _each(loaded, image, level)

    def release() -> None:
        with turn:
            kept.clear()

    # What cannot be read, or not be run there, is found at once.
    defaults = np.array([dial.default for dial in contract.dials], np.float32)
    first = loaded(defaults.reshape(1, -1, 1, 1) if contract.dials else None)
    return run, release, _bytes_per_pixel(first, contract)


def _each(loaded: Callable[[Array | None], _Loaded], image: Array, level: Array | None) -> Array:
    """Pictures [B, C, H, W], one by one through the network that is loaded for their level."""
    told: list[Array | None] = [None] * len(image)
    if level is not None:
        told = [*np.broadcast_to(level, (len(image), *level.shape[1:]))[:, None]]
    return np.stack([_run(loaded(each), image[place], each) for place, each in enumerate(told)])


def _run(loaded: _Loaded, image: Array, level: Array | None) -> Array:
    """One picture [C, H, W] through a network; level: its planes, or its settings [1, K, 1, 1]."""
    extractor = loaded.net.create_extractor()
    given = {loaded.picture: image}
    if level is not None and loaded.level:
        given[loaded.level] = level[0]
    if loaded.layers:
        _sizes(loaded, {name: values.shape for name, values in given.items()})
    for name, values in given.items():
        # Named, since a Mat does not keep what it is made of; and copied, since ncnn wants each
        # channel to begin where it is fast to read.
        held = np.ascontiguousarray(values)
        extractor.input(name, ncnn.Mat(held).clone())
    status, result = extractor.extract(loaded.result)
    if status == NO_MEMORY:
        height, width = image.shape[-2:]
        raise OutOfMemory(f"a picture of {width}x{height} does not fit into memory")
    if status:
        raise RuntimeError(f"ncnn returned {status}")
    return np.array(result, np.float32)


def _load(path: Path, contract: Contract, level: Array | None, options: _Options) -> _Loaded:
    """The network of a model file at a level. RuntimeError where a device does not take it."""
    try:
        graph = read(path, contract, "residual" if contract.residual else "output", level)
        layers = layers_of(graph)
    except ModelMismatch as error:
        raise ModelMismatch(f"{path}: {error}; another backend runs it") from error
    except (LookupError, TypeError, ValueError) as error:
        raise ModelCorrupt(f"{path}: its graph makes no sense ({error!r})") from error
    inputs = [Layer("Input", (), (name,)) for name in (graph.image, graph.level) if name]
    with tempfile.TemporaryDirectory(prefix="burnish-") as folder:
        text = Path(folder) / "network.param"
        text.with_suffix(".bin").write_bytes(weights_of(layers))
        text.write_text(text_of([*inputs, *layers]), encoding="utf-8")
        net = _network(text, options)
        return _Loaded(net, graph.image, graph.level, graph.result, tuple(layers))


def _network(path: Path, options: _Options) -> ncnn.Net:
    """The network of a text, and of the weights beside it."""
    net = ncnn.Net()
    net.opt.use_vulkan_compute = options.gpu is not None
    for name in (*HALF, *NEVER):
        setattr(net.opt, f"use_{name}", options.half and name in HALF)
    if options.threads:
        net.opt.num_threads = options.threads
    if options.gpu is not None:
        if options.gpu >= len(_gpus()):
            # ncnn would take another one.
            raise RuntimeError("there is no such GPU")
        net.set_vulkan_device(options.gpu)
    if net.load_param(str(path)) or net.load_model(str(path.with_suffix(".bin"))):
        raise RuntimeError(f"ncnn does not take what was written as {path.name}")
    return net


@cache
def _gpus() -> list[ncnn.GpuInfo]:
    """The GPUs that Vulkan finds."""
    with _quietly():
        return [ncnn.get_gpu_info(number) for number in range(ncnn.get_gpu_count())]


@contextmanager
def _quietly() -> Iterator[None]:
    """Without what ncnn writes of its own about each GPU that it finds."""
    before = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(before, 2)
        os.close(before)
        os.close(nowhere)
