"""What the system says of its processor, where it says it as Linux does."""

from __future__ import annotations

import hashlib
import os
import platform
from functools import cache
from pathlib import Path


@cache
def facts() -> dict[str, str]:
    """The lines of /proc/cpuinfo, by their names. Empty where there is no such file."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    parts = [line.partition(":") for line in lines]
    return {key.strip(): value.strip() for key, _, value in parts}


def flags() -> frozenset[str]:
    """What the processor can do, by Linux's names, such as avx2 and amx_bf16."""
    return frozenset(facts().get("flags", "").split())


def name() -> str:
    """What the processor is called."""
    return facts().get("model name") or platform.processor() or platform.machine()


def kind() -> str:
    """What of it decides on how fast, and by which instructions, a network is computed: its name,
    its cores, and a digest of what it can do.
    """
    able = hashlib.sha256(" ".join(sorted(flags())).encode()).hexdigest()[:16]
    return f"{name()}, {os.cpu_count()} cores, {able}"
