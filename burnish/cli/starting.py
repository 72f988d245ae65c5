"""What keeps a short run short, besides importing little."""

from __future__ import annotations

import atexit
import gc
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn


@contextmanager
def starting() -> Iterator[None]:
    """A context for what a command imports and opens before its work.

    Python's collector of cycles looks again and again at the objects that imports make, all of
    which stay. Within this it rests, and afterwards it leaves them out, at the end of the process,
    too.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def one_thread_for_algebra() -> None:
    """Keeps OpenBLAS to one thread, in a process whose matrices are small.

    It would start one for each core, and these would turn round waiting for work that never comes.
    To be called before numpy is imported.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def leave(end: SystemExit) -> NoReturn:
    """Ends the process as Python would, but for taking apart, one by one, what it imported and what
    an engine compiled.

    Threads are waited for, what was to be done at the end is done, and what was printed is out.
    """
    if end.code is not None and not isinstance(end.code, int):
        raise end
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # nobody reads it any more, or it is closed
            stream.flush()
    os._exit(end.code or 0)
