"""What libraries of C say on the terminal by themselves, which nobody has asked for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

#: where a process tells the terminal what is wrong
STDERR = 2


@contextmanager
def silence() -> Iterator[None]:
    """What is said on the terminal meanwhile, nobody hears: for libraries that tell it what they
    think of a file and cannot be asked not to. It is that of the whole process.
    """
    try:
        terminal = os.dup(STDERR)
    except OSError:  # there is none
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, STDERR)
    os.close(nowhere)
    try:
        yield
    finally:
        os.dup2(terminal, STDERR)
        os.close(terminal)
