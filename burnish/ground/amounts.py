"""Amounts as people say them."""

from __future__ import annotations

#: an estimate that may as well be nothing is called unsure where it may be off by so much
UNSURE = 2.0


def in_bytes(size: float) -> str:
    """A number of bytes in words."""
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{max(1, size / 1e6):,.0f} MB"


def in_time(seconds: float) -> str:
    """A time in words."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def sureness(value: float, margin: float) -> str:
    """In words: how far off an estimate may be, or that it cannot tell."""
    if margin >= max(value, UNSURE):
        return f"unsure: 0 to {value + margin:.2g}"
    return f"give or take {margin:.2g}"
