"""The machine's name, to stand beside every figure."""

from __future__ import annotations

from ..ground.processor import facts, flags, name

#: flags of Linux and what they stand for, the fastest first
UNITS = (
    ("amx_fp16", "AMX fp16"),
    ("amx_bf16", "AMX bf16"),
    ("avx512_bf16", "AVX-512 bf16"),
    ("avx512f", "AVX-512"),
    ("avx2", "AVX2"),
)


def processor() -> str:
    """Returns the processor's model name, and which fast precisions it has."""
    known = facts()
    if not known:
        return name()
    fast = [unit for flag, unit in UNITS if flag in flags()]
    which = f"family {known.get('cpu family', '?')}, model {known.get('model', '?')}"
    return f"{name()} ({which}; {', '.join(fast[:2]) or 'no vector units known'})"
