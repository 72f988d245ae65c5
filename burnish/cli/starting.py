"""What keeps a short run short, besides importing little."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager


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
