"""Remarks: what is said beside a result.

There are two ways, and no third. What hands something back puts its remarks on it, as `notes`. What
works for long takes `say`, and tells them while it works. Where they go, whoever calls decides: on
the command line to stderr, in Python, by `burnish.restore`, into warnings.
"""

from __future__ import annotations

from collections.abc import Callable

#: takes a remark, one sentence
Say = Callable[[str], None]
#: is told (done, total) while something works for long; total is 0 where it is not known before
OnProgress = Callable[[int, int], None]


def silent(remark: str) -> None:
    """Takes a remark where nobody wants to know it, and does nothing."""


def part_of(progress: OnProgress | None, number: int, count: int) -> OnProgress | None:
    """What is told of the progress of one part, of `count` after one another; counted from 0."""
    if progress is None:
        return None
    return lambda done, total: progress(number * total + done, count * total)
