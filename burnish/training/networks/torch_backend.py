"""Restorer -> Run: the torch backend, which is the way to a GPU.

It reads the safetensors file beside the ONNX one, held against its SHA-256.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import torch

from ...contract import Array, Contract, Opened, Place, Run
from ...errors import ModelMissing, OutOfMemory
from ...ground import processor
from .export import source_digest
from .restorer import Restorer


def gpu_usable() -> bool:
    """True where this PyTorch can use an NVIDIA GPU."""
    return torch.cuda.is_available()


def places() -> list[Place]:
    """The devices that this PyTorch can use, an NVIDIA GPU first."""
    found = [
        Place("cuda" if number == 0 else f"cuda:{number}", torch.cuda.get_device_name(number))
        for number in range(torch.cuda.device_count() if gpu_usable() else 0)
    ]
    found.append(Place("cpu", processor.name()))
    if torch.backends.mps.is_available():
        found.append(Place("mps", "Apple's GPU"))
    return found


def open_model(
    path: Path,
    contract: Contract,
    *,
    device: str,
    threads: int | None,
    precision: str,
    eight: Path | None,
) -> Opened:
    """Opens the trained network itself, on a device of `places`.

    On a GPU it runs in bf16 (fp16 where it has no bf16) unless fp32 is asked for. It does not run
    `eight`, the file in 8 bits.
    """
    source = path.with_suffix(".safetensors")
    if not source.is_file():
        raise ModelMissing(
            f"{source}: the torch backend wants the trained weights beside {path.name}, and "
            "they are not there; --device cpu does without"
        )
    if hashlib.sha256(source.read_bytes()).hexdigest() != source_digest(path):
        raise ModelMissing(
            f"{source}: not the weights that {path.name} was made from; export it again, or "
            "restore on the processor (--device cpu)"
        )
    if threads and device == "cpu":
        torch.set_num_threads(threads)
    on_cuda = device.startswith("cuda")
    half = torch.bfloat16 if on_cuda and torch.cuda.is_bf16_supported() else torch.float16
    # Of Apple's GPUs nobody has measured what half precision costs there.
    computed = half if on_cuda and precision != "fp32" else None
    name = next(place.called for place in places() if place.word == device)
    said = {torch.bfloat16: "bf16", torch.float16: "f16", None: "fp32"}[computed]
    asked = precision in ("bf16", "int8") and said != precision
    notes = (f"PyTorch does not compute in {precision} here: computing in {said}",) if asked else ()
    return Opened(runner(Restorer.load(source), device, computed), "torch", name, said, notes)


def runner(
    restorer: Restorer, device: str | torch.device = "cpu", precision: torch.dtype | None = None
) -> Run:
    """A Run of the restorer as it is.

    Its weights may go on changing: validation uses this during training.
    """
    kind = torch.device(device).type
    memory_format: torch.memory_format = torch.channels_last
    restorer.to(device)

    def run(image: Array, level: Array | None) -> Array:
        was_training = restorer.training
        restorer.eval()
        try:
            with (
                torch.inference_mode(),
                torch.autocast(kind, dtype=precision, enabled=precision is not None),
            ):
                x = _tensor(image, device).contiguous(memory_format=memory_format)
                result = restorer.predict(x, None if level is None else _tensor(level, device))
            array: Array = result.float().cpu().numpy()
        except torch.OutOfMemoryError as error:
            raise OutOfMemory(
                f"a picture of {image.shape[-1]}x{image.shape[-2]} does not fit into the GPU's "
                "memory"
            ) from error
        except RuntimeError as error:
            if "can't allocate memory" in str(error):
                raise OutOfMemory(
                    f"a picture of {image.shape[-1]}x{image.shape[-2]} does not fit into memory"
                ) from error
            raise
        finally:
            restorer.train(was_training)
        return array

    return run


def _tensor(array: Array, device: str | torch.device) -> torch.Tensor:
    return torch.from_numpy(np.require(array, requirements=["C", "W"])).to(device)
