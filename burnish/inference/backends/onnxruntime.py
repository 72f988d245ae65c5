"""ONNX Runtime: where there is no OpenVINO, and for comparison.

It computes in float32 only, since it has no fast half precision on processors.
"""

from __future__ import annotations

import platform
from pathlib import Path

import numpy as np
import onnxruntime

from ...contract import Array, Contract, Opened
from ...errors import ModelCorrupt, OutOfMemory


def open_model(
    path: Path, contract: Contract, *, device: str, threads: int | None, fp32: bool
) -> Opened:
    """Opens the model on the processor. ModelCorrupt where ONNX Runtime cannot read it.

    `device` is always the processor here, and the precision always float32.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors only
    if threads:
        options.intra_op_num_threads = threads
    try:
        session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:
        # Its types of errors are private; all of them mean that this file cannot be run.
        why = str(error).splitlines()[0]
        raise ModelCorrupt(f"{path}: ONNX Runtime cannot read it ({why})") from error
    output = "residual" if contract.residual else "output"

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

    return Opened(run, "onnxruntime", platform.processor() or platform.machine(), "fp32")
