"""Which processors are fast at 8 bits.

Those are not that lack VNNI: sums of two products of 8 bits overflow there in every engine, so that
the result is wrong, too.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

#: what is said where a processor is not fast at 8 bits
NOT_FAST = "the processor has no VNNI for int8"
#: what makes one fast at 8 bits: the system's flag -> how it is called
EIGHT_BITS = {"amx_int8": "AMX", "avx512_vnni": "AVX-512 VNNI", "avx_vnni": "AVX-VNNI"}


def lacking(path: Path, eight: Path | None) -> str:
    """Why a model file is not computed in int8: its file in 8 bits is not there, or, where that is,
    the processor for it.
    """
    return f"{path.stem} has no file in 8 bits" if eight is None else NOT_FAST


def fast_at_eight_bits(flags: Collection[str]) -> str | None:
    """What of the processor makes 8 bits the fastest, in words; None where there is nothing.

    flags: what the system says of the processor. With VNNI int8 takes 0.34 of the time of fp32 and
    0.7 of that of bf16 in AVX-512 (docs/speed.md); with AMX, a U-Net of residual blocks took 0.67
    of that of its bf16.
    """
    return next((words for flag, words in EIGHT_BITS.items() if flag in flags), None)
