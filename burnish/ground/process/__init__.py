"""Processes of our own: workers of this machine, and, in `elsewhere`, on those of a Ray cluster."""

from __future__ import annotations

from .worker import Send, WorkerDied, WorkerProcess, end_with_parent, signals_noted, work_off

__all__ = [
    "Send",
    "WorkerDied",
    "WorkerProcess",
    "end_with_parent",
    "signals_noted",
    "work_off",
]
