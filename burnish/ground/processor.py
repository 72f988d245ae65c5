"""What the system says of its processor; nothing where it does not say it as Linux does."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def facts() -> dict[str, str]:
    """The lines of /proc/cpuinfo, by their names."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    return {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}


def flags() -> frozenset[str]:
    """What it can do, by Linux's names: avx2, amx_bf16, ..."""
    return frozenset(facts().get("flags", "").split())
