"""What the machine offers to a training run: device and precision."""

from __future__ import annotations

from pathlib import Path

import torch

from ..errors import DeviceError
from .recipe import Recipe


def chosen_device(recipe: Recipe) -> str:
    """ "cpu" or "cuda"; DeviceError where a GPU is asked for and PyTorch sees none."""
    usable = torch.cuda.is_available()
    if recipe.device == "cuda" and not usable:
        raise DeviceError("device: cuda is asked for, but PyTorch sees no CUDA GPU here; use device=cpu, or install a CUDA build of PyTorch and the driver")
    return "cuda" if usable and recipe.device != "cpu" else "cpu"


def chosen_precision(recipe: Recipe, device: str) -> str:
    """ "bf16" or "fp32". `auto` is bf16 only where the machine multiplies it in hardware: elsewhere it is slower than float32."""
    if recipe.precision != "auto":
        return recipe.precision
    fast = torch.cuda.is_bf16_supported(including_emulation=False) if device == "cuda" else _processor_has_bf16()
    return "bf16" if fast else "fp32"


def _processor_has_bf16() -> bool:
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags
