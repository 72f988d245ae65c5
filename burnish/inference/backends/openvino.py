"""OpenVINO: the engine of processors; and of Intel's GPUs and NPUs where they are asked for.

Precision follows the processor: f16 where AMX has it, and, for residuals, bf16 where AMX or AVX-512
has it. Pictures of 8 bits are computed in 8 bits where the processor has VNNI or AMX for that, and
the model a file in 8 bits.
"""

from __future__ import annotations

import importlib
import os
import sys
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

# OpenVINO sends every import to its makers' statistics and leaves a folder in the home directory;
# where this package cannot be imported, it does neither.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
# It also imports what converts models of other frameworks: some hundred modules, which take as long
# as all the rest of it and which nothing here needs. While it is imported, they are kept away.
CONVERTERS = "openvino.tools.ovc"
KEPT_AWAY = sys.modules.setdefault(CONVERTERS, None) is None  # type: ignore[arg-type]
# oneDNN, with which it computes on processors, keeps what it has made for 1,024 layers and sizes,
# unless this says otherwise when it is first used. 128 are as fast where six sizes take turns, and
# 400 pictures of as many sizes end with 0.05 GB less.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "128")
import openvino  # noqa: E402

from ...contract import Array, Contract, Opened, Place, Release, Run  # noqa: E402
from ...errors import ModelCorrupt, OutOfMemory  # noqa: E402
from ...ground.processor import flags, kind  # noqa: E402
from . import kept  # noqa: E402
from .eight_bits import NOT_FAST, fast_at_eight_bits, lacking  # noqa: E402

#: what OpenVINO reports of the processor -> the precision to ask for, fastest first
PRECISIONS = (("FP16", "f16"), ("BF16", "bf16"))
#: what is said of each precision that OpenVINO can be asked for
NAMES = {"f32": "fp32", "bf16": "bf16", "f16": "f16"}
#: kernels for sizes of pictures that are kept. As it comes, OpenVINO keeps 5,000: a folder of
#: photographs of many sizes took 0.8 MiB more with each of them, and was no faster
KERNELS = 32
#: how a file names what is padded, behind its inputs and before its outputs
PADDED = ".padded"


def _converter(name: str) -> Any:
    """`openvino.convert_model`, imported when it is asked for.

    It is there for a program that converts models beside restoring.
    """
    if name != "convert_model":
        raise AttributeError(f"module 'openvino' has no attribute {name!r}")
    return importlib.import_module(CONVERTERS).convert_model


if KEPT_AWAY:
    del sys.modules[CONVERTERS]
    openvino.__getattr__ = _converter


def places() -> list[Place]:
    """The devices that OpenVINO finds, the processor first: "cpu", "gpu", "gpu.1", "npu"."""
    found = sorted(_core().available_devices, key=lambda device: device != "CPU")
    return [Place(device.lower(), _called(device)) for device in found]


def _called(device: str) -> str:
    return str(_core().get_property(device, "FULL_DEVICE_NAME")).strip()


def open_model(
    path: Path,
    contract: Contract,
    *,
    device: str,
    threads: int | None,
    precision: str,
    eight: Path | None,
) -> Opened:
    """Opens the model, compiled for a device of `places`. ModelCorrupt where OpenVINO cannot read
    it.

    On the processor, `eight` runs pictures of 8 bits where it is fast at that, and others are run
    in float. Where it is the file itself, that is all there is. Other devices compute in float;
    what one of them cannot run goes to the processor, and a note says so.
    """
    on_processor = partial(_on_processor, path, contract, threads, precision, eight)
    if device == "cpu":
        return on_processor()
    try:
        return _elsewhere(path, contract, device.upper(), precision)
    except RuntimeError as error:
        note = (
            f"OpenVINO cannot run it on {device} ({_first_line(error)}): running on the processor"
        )
    opened = on_processor()
    return replace(opened, notes=(note, *opened.notes))


def _on_processor(
    path: Path, contract: Contract, threads: int | None, precision: str, eight: Path | None
) -> Opened:
    """As `open_model`, on the processor."""
    fast = fast_at_eight_bits(flags())
    hint, notes = _float(precision, contract)
    if eight == path:
        if fast is None or precision in ("fp32", "bf16"):
            return _opened(path, contract, "f32", threads)
        return _in_eight_bits(path, contract, threads, fast)
    in_float = partial(_opened, path, contract, hint, threads)
    if eight is None or fast is None:
        if precision == "int8":
            return in_float((f"{lacking(path, eight)}: computing in {NAMES[hint]}",))
        return replace(in_float(notes), why="" if eight is None else NOT_FAST)
    if precision in ("fp32", "bf16"):
        return in_float(notes)
    coarse = _in_eight_bits(eight, contract, threads, fast)
    if precision == "int8":
        return coarse
    finer = in_float(at_once=False)

    def release() -> None:
        coarse.release()
        finer.release()

    return replace(coarse, finer=finer, release=release)


def _elsewhere(path: Path, contract: Contract, device: str, precision: str) -> Opened:
    """The model on a GPU or an NPU. RuntimeError where that cannot run it."""
    hint = "f32" if precision == "fp32" or not contract.residual else "f16"
    settings: dict[str, str | int] = {
        "INFERENCE_PRECISION_HINT": hint,
        "PERFORMANCE_HINT": "LATENCY",
    }
    model = _read(path, contract)
    run, release = _turn_by_turn(lambda: _core().compile_model(model, device, settings), True)
    notes: tuple[str, ...] = ()
    if precision in ("bf16", "int8"):
        notes = (f"OpenVINO does not compute in {precision} there: computing in {NAMES[hint]}",)
    return Opened(run, "openvino", _called(device), NAMES[hint], notes, release=release)


def _float(precision: str, contract: Contract) -> tuple[str, tuple[str, ...]]:
    """The hint for what is computed in float, and what is to be said of it."""
    capabilities = _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    if precision == "fp32":
        return "f32", ()
    if precision != "bf16":
        return fastest(capabilities, flags(), residual=contract.residual), ()
    if "BF16" in capabilities:
        return "bf16", ()
    # OpenVINO would not refuse it, and take three times as long as for fp32.
    return "f32", ("this processor does not compute in bf16: computing in fp32",)


def _in_eight_bits(path: Path, contract: Contract, threads: int | None, why: str) -> Opened:
    """A file in 8 bits; what of it is in float is in fp32, which costs no time."""
    opened = _opened(path, contract, "f32", threads, whole=True)
    return replace(opened, precision="int8", why=why)


def _opened(
    path: Path,
    contract: Contract,
    hint: str,
    threads: int | None,
    notes: tuple[str, ...] = (),
    *,
    at_once: bool = True,
    whole: bool = False,
) -> Opened:
    """A file, compiled at once, or when it is first run.

    whole: whether a file in 8 bits is computed with whole numbers, and not in float.
    """
    settings: dict[str, str | int] = {
        "INFERENCE_PRECISION_HINT": hint,
        "PERFORMANCE_HINT": "LATENCY",
        # A thread that is bound to a core waits for it where other programs run; and to bind them
        # takes a tenth of a small picture's time.
        "ENABLE_CPU_PINNING": "NO",
        "CPU_RUNTIME_CACHE_CAPACITY": KERNELS,
    }
    if threads:
        settings["INFERENCE_NUM_THREADS"] = str(threads)
    run, release = _turn_by_turn(partial(_compiled, path, contract, settings, whole), at_once)
    return Opened(run, "openvino", _called("CPU"), NAMES[hint], notes, release=release)


def _turn_by_turn(
    compiled: Callable[[], openvino.CompiledModel], at_once: bool
) -> tuple[Run, Release]:
    """The Run of a model that is compiled by a call, and what gives its memory back.

    One request and its buffers serve all threads, in turns. It is made at once, or when the first
    picture comes.
    """
    request: openvino.InferRequest | None = compiled().create_infer_request() if at_once else None
    turn = threading.Lock()

    def release() -> None:
        nonlocal request
        with turn:
            # All of it goes: what OpenVINO has for this (`release_memory`, 2026.4) works once.
            request = None

    def run(image: Array, level: Array | None) -> Array:
        nonlocal request
        inputs = {"input": np.ascontiguousarray(image)}
        if level is not None:
            inputs["level"] = np.ascontiguousarray(level)
        try:
            with turn:
                if request is None:
                    request = compiled().create_infer_request()
                result = request.infer(inputs, share_inputs=True, share_outputs=True)[0]
                # A copy, since the next tile is written into the request's buffer again.
                return np.array(result, np.float32)
        except (RuntimeError, MemoryError) as error:
            if _is_memory(error):
                raise OutOfMemory(
                    f"a picture of {image.shape[-1]}x{image.shape[-2]} does not fit into memory"
                ) from error
            raise

    return run, release


def _read(path: Path, contract: Contract, *, whole: bool = False) -> openvino.Model:
    """The file without what a Run of ours does not need. ModelCorrupt where it cannot be read.

    whole: whether a file in 8 bits is to be computed with whole numbers.
    """
    with _refused(path):
        model = _core().read_model(path)
        _keep_only(model, "residual" if contract.residual else "output")
        _take_out_padding(model)
        if not whole:
            _round_in_float(model)
    return model


def _compiled(
    path: Path, contract: Contract, settings: dict[str, str | int], whole: bool
) -> openvino.CompiledModel:
    """A file compiled for this processor, now or before. whole: as in `_read`."""
    with _refused(path):
        # This file, too, says what becomes of a model before it is compiled.
        ours = (path.read_bytes(), Path(__file__).read_bytes(), str(whole), str(settings))
        name = kept.name_of(*ours, openvino.get_version(), kind())
        if (found := kept.find(name)) is not None:
            with suppress(RuntimeError):  # it says so where it cannot take what it wrote itself
                data = openvino.Tensor(np.frombuffer(found, np.uint8))
                return _core().import_model(data, "CPU", settings)
        model = _read(path, contract, whole=whole)
        compiled = _core().compile_model(model, "CPU", settings)
    kept.keep(name, lambda: compiled.export_model().getvalue())
    return compiled


@contextmanager
def _refused(path: Path) -> Iterator[None]:
    """Makes a ModelCorrupt of what OpenVINO says against a file."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        raise ModelCorrupt(f"{path}: OpenVINO cannot read it ({_first_line(error)})") from error


def fastest(capabilities: Collection[str], flags: Collection[str], *, residual: bool) -> str:
    """The hint for the fastest precision that is exact enough: "f16", "bf16" or "f32".

    capabilities: what OpenVINO reports of the processor. flags: what the system does. residual:
    whether the network predicts what is to be added to its input.
    """
    left_out = set()
    if "BF16" in capabilities and "amx_fp16" not in flags:
        # A processor with bf16 has AVX-512 fp16 too, as a rule, which is three to five times slower
        # than its AMX bf16. So fp16 is taken where AMX has it, or where there is no bf16 (ARM).
        left_out.add("FP16")
    if not residual:
        # The 8 bits of bf16 do for a residual, not for a picture.
        left_out.add("BF16")
    for name, hint in PRECISIONS:
        if name in capabilities and name not in left_out:
            return hint
    return "f32"


@cache
def _core() -> openvino.Core:
    """The one core of the process, which is never let go.

    Compiling gives the thread at hand another stack for its signals, and the end of the core frees
    that memory from whichever thread it ends in: were that not the same one, the next signal
    (Ctrl-C, the end of a child) would be a segmentation fault.
    """
    return openvino.Core()


def _keep_only(model: openvino.Model, name: str) -> None:
    """Drops the outputs that are not asked for.

    So the sum, which predict() makes in float32, is not made here as well.
    """
    for result in model.get_results():
        if name not in result.get_output_tensor(0).get_names():
            model.remove_result(result)


def _take_out_padding(model: openvino.Model) -> None:
    """Takes out what a file does to take pictures of any size (`training/networks/any_size.py`).

    What comes from `contract.predict` and from the engine is padded already, tile by tile.
    """
    inputs = {source.get_any_name(): source for source in model.inputs}
    for operation in model.get_ops():
        for output in operation.outputs():
            padded = [name for name in output.get_names() if name.endswith(PADDED)]
            if padded and (source := inputs.get(padded[0].removesuffix(PADDED))) is not None:
                output.replace(source)
    for result in model.get_results():
        crop = result.input_value(0).get_node()
        if any(name.endswith(PADDED) for name in crop.input_value(0).get_names()):
            result.input(0).replace_source_output(crop.input_value(0))
    model.validate_nodes_and_infer_types()


def save_as_ir(path: Path, target: Path, texts: Mapping[str, str]) -> None:
    """Writes a model file as OpenVINO's own format: target, an .xml, and a .bin beside it.

    texts: what it says of itself, by names. ModelCorrupt where OpenVINO cannot read it.
    """
    with _refused(path):
        model = _core().read_model(path)
    for name, text in texts.items():
        model.set_rt_info(text, ["burnish", name])
    openvino.save_model(model, target, compress_to_fp16=False)


def _round_in_float(model: openvino.Model) -> None:
    """Makes what a file in 8 bits rounds plain operations, so that it is computed in float.

    Without VNNI, sums of two products of 8 bits overflow. (OpenVINO's own way to leave whole
    numbers out, LP_TRANSFORMS_MODE=NO, gives wrong results in 2026.4.)
    """
    rounding = [node for node in model.get_ops() if node.get_type_name() == "FakeQuantize"]
    if not rounding:
        return
    from openvino import opset13

    for node in rounding:
        lowest, highest = (float(node.input_value(i).get_node().data.min()) for i in (1, 2))
        clamped = opset13.clamp(node.input_value(0), lowest, highest)
        node.output(0).replace(opset13.round(clamped, "half_to_even").output(0))
    model.validate_nodes_and_infer_types()


def convolution(channels: int, side: int, precision: str) -> Callable[[], object] | None:
    """What runs a convolution of 3x3 from so many channels to as many, over a square of that side,
    compiled as models are; None where the processor does not compute in that precision.

    So `burnish bench` finds what a processor does at most.
    """
    from openvino import opset13

    capabilities = _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    whole = precision == "int8"
    if (precision == "bf16" and "BF16" not in capabilities) or (
        whole and fast_at_eight_bits(flags()) is None
    ):
        return None
    rng = np.random.default_rng(0)
    values = rng.random((1, channels, side, side), np.float32)
    filters = rng.random((channels, channels, 3, 3), np.float32) - np.float32(0.5)
    image = opset13.parameter(values.shape, np.float32)
    factors = [image, opset13.constant(filters)]
    if whole:
        # Whole numbers of 8 bits, without a sign for the picture, and with one for filters.
        factors = [_rounded(image, 0.0, 1.0, 256), _rounded(factors[1], -0.5, 0.5, 255)]
    result = opset13.convolution(*factors, [1, 1], [1, 1], [1, 1], [1, 1])
    hint = "bf16" if precision == "bf16" else "f32"
    compiled = _core().compile_model(
        openvino.Model([result], [image]), "CPU", {"INFERENCE_PRECISION_HINT": hint}
    )
    request = compiled.create_infer_request()
    request.set_input_tensor(openvino.Tensor(values))
    infer: Callable[[], object] = request.infer
    return infer


def _rounded(node: openvino.Node, low: float, high: float, levels: int) -> openvino.Node:
    """What a node gives, rounded to so many steps from low to high."""
    from openvino import opset13

    ends = [opset13.constant(np.float32(end)) for end in (low, high)]
    return opset13.fake_quantize(node, *ends, *ends, levels)


def _is_memory(error: BaseException) -> bool:
    """Whether an error means that memory was short, by its type or its words."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or "alloc" in text or "memory" in text


def _first_line(error: BaseException) -> str:
    """The first line of an error's sentence that is not empty, or the name of its type."""
    lines = (line.strip() for line in str(error).splitlines())
    return next((line for line in lines if line), type(error).__name__)
