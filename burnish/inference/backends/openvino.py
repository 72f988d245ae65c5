"""OpenVINO: the engine of processors.

Precision follows the processor: f16 where AMX has it, and, for residuals, bf16 where AMX or AVX-512
has it.
"""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
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
import openvino  # noqa: E402

from ...contract import Array, Contract, Opened, Release, Run  # noqa: E402
from ...errors import ModelCorrupt, OutOfMemory  # noqa: E402
from ...ground.processor import flags  # noqa: E402

#: what OpenVINO reports of the processor -> the precision to ask for, fastest first
PRECISIONS = (("FP16", "f16"), ("BF16", "bf16"))
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


def open_model(
    path: Path, contract: Contract, *, device: str, threads: int | None, fp32: bool
) -> Opened:
    """Opens the model, compiled for this processor. ModelCorrupt where OpenVINO cannot read it.

    `device` is always the processor here.
    """
    # How it is to be compiled.
    core = _core()
    capabilities = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    precision = "f32" if fp32 else fastest(capabilities, flags(), residual=contract.residual)
    settings: dict[str, str | int] = {
        "INFERENCE_PRECISION_HINT": precision,
        "PERFORMANCE_HINT": "LATENCY",
        # A thread that is bound to a core waits for it where other programs run; and to bind them
        # takes a tenth of a small picture's time.
        "ENABLE_CPU_PINNING": "NO",
        "CPU_RUNTIME_CACHE_CAPACITY": KERNELS,
    }
    if threads:
        settings["INFERENCE_NUM_THREADS"] = str(threads)

    run, release = _turn_by_turn(partial(_compiled, path, _read(path, contract), settings))

    return Opened(
        run,
        "openvino",
        str(core.get_property("CPU", "FULL_DEVICE_NAME")).strip(),
        {"f32": "fp32"}.get(precision, precision),
        release=release,
    )


def _turn_by_turn(compiled: Callable[[], openvino.CompiledModel]) -> tuple[Run, Release]:
    """The Run of a model that is compiled by a call, and what gives its memory back.

    One request and its buffers serve all threads, in turns.
    """
    request: openvino.InferRequest | None = compiled().create_infer_request()
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


def _read(path: Path, contract: Contract) -> openvino.Model:
    """The file without what a Run of ours does not need. ModelCorrupt where it cannot be read."""
    with _refused(path):
        model = _core().read_model(path)
        _keep_only(model, "residual" if contract.residual else "output")
        _take_out_padding(model)
    return model


def _compiled(
    path: Path, model: openvino.Model, settings: dict[str, str | int]
) -> openvino.CompiledModel:
    """What was read of a file, compiled for this processor."""
    with _refused(path):
        return _core().compile_model(model, "CPU", settings)


@contextmanager
def _refused(path: Path) -> Iterator[None]:
    """Makes a ModelCorrupt of what OpenVINO says against a file."""
    try:
        yield
    except RuntimeError as error:
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


def _is_memory(error: BaseException) -> bool:
    """Whether an error means that memory was short, by its type or its words."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or "alloc" in text or "memory" in text


def _first_line(error: BaseException) -> str:
    """The first line of an error's sentence that is not empty, or the name of its type."""
    lines = (line.strip() for line in str(error).splitlines())
    return next((line for line in lines if line), type(error).__name__)
