"""ONNX Runtime: where there is no OpenVINO, on the devices of its other builds, and for comparison.

It computes in float32 where nothing else is asked for, since it has no fast half precision on
processors.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime

from ...contract import Array, Contract, Opened, Place, Run
from ...errors import ModelCorrupt, OutOfMemory
from ...ground.processor import flags, name
from .eight_bits import fast_at_eight_bits, lacking

#: the word for each of its providers that is a device, those first that it takes by itself
PROVIDERS = {
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "directml": "DmlExecutionProvider",
    "cpu": "CPUExecutionProvider",
}
CPU = PROVIDERS["cpu"]


def places() -> list[Place]:
    """The devices that this build of ONNX Runtime was made for."""
    built = onnxruntime.get_available_providers()
    return [
        Place(word, name() if provider == CPU else provider)
        for word, provider in PROVIDERS.items()
        if provider in built
    ]


def open_model(
    path: Path,
    contract: Contract,
    *,
    device: str,
    threads: int | None,
    precision: str,
    eight: Path | None,
) -> Opened:
    """Opens the model on a device of `places`. ModelCorrupt where ONNX Runtime cannot read it.

    Where the device cannot be used after all, it runs on the processor, and a note says so. The
    precision is float32; or, on the processor, int8 where that is asked for, and `eight`, the file
    in 8 bits, is there.
    """
    fast = fast_at_eight_bits(flags()) if device == "cpu" else None
    notes: tuple[str, ...] = ()
    if precision == "int8" and eight is not None and fast is not None:
        path = eight
    elif precision in ("bf16", "int8"):
        why = "ONNX Runtime does not compute in bf16 on processors"
        if precision == "int8":
            why = lacking(path, eight)
        notes = (f"{why}: computing in fp32",)
    whole = eight == path and fast is not None
    wanted = PROVIDERS[device]
    session = _session(path, threads, whole, wanted)
    found = session.get_providers()[0]
    if found != wanted:
        notes = (*notes, f"ONNX Runtime could not use {device}: running on the processor")
    called = name() if found == CPU else found
    run = _runner(session, "residual" if contract.residual else "output")
    return Opened(run, "onnxruntime", called, "int8" if whole else "fp32", notes)


def _session(
    path: Path, threads: int | None, whole: bool, provider: str
) -> onnxruntime.InferenceSession:
    """The file, read. whole: whether a file in 8 bits is computed with whole numbers."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors only
    if threads:
        options.intra_op_num_threads = threads
    if not whole:
        # Without VNNI, sums of two products of 8 bits overflow.
        options.add_session_config_entry("session.disable_quant_qdq", "1")
    try:
        providers = list(dict.fromkeys([provider, CPU]))
        return onnxruntime.InferenceSession(str(path), options, providers=providers)
    except Exception as error:
        # Its types of errors are private; all of them mean that this file cannot be run.
        why = str(error).splitlines()[0]
        raise ModelCorrupt(f"{path}: ONNX Runtime cannot read it ({why})") from error


def _runner(session: onnxruntime.InferenceSession, output: str) -> Run:
    """The Run of a session, which gives one of its outputs."""

    def run(image: Array, level: Array | None) -> Array:
        inputs = {"input": np.ascontiguousarray(image)}
        if level is not None:
            inputs["level"] = np.ascontiguousarray(level)
        try:
            result: Array = session.run([output], inputs)[0]
        except Exception as error:
            # Private types again, which are told apart by their sentences.
            if "alloc" in str(error).lower() or "memory" in str(error).lower():
                raise OutOfMemory(
                    f"a picture of {image.shape[-1]}x{image.shape[-2]} does not fit into memory"
                ) from error
            raise
        return result

    return run
