"""The machine's name, to stand beside every figure."""

from __future__ import annotations

import platform
from pathlib import Path

#: flags of Linux and what they stand for, the fastest first
UNITS = (("amx_fp16", "AMX fp16"), ("amx_bf16", "AMX bf16"), ("avx512_bf16", "AVX-512 bf16"), ("avx512f", "AVX-512"), ("avx2", "AVX2"))


def processor() -> str:
    """The processor's model name, and which fast precisions it has."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    facts = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    flags = facts.get("flags", "").split()
    fast = [name for flag, name in UNITS if flag in flags]
    which = f"family {facts.get('cpu family', '?')}, model {facts.get('model', '?')}"
    return f"{facts.get('model name', platform.machine())} ({which}; {', '.join(fast[:2]) or 'no vector units known'})"
