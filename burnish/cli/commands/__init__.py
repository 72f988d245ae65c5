"""The commands, one a file: a table of contents.

A command is a function; its docstring is its help, and begins with an example. `burnish --help`
lists them in the order of the import below.
"""

from . import restore, watch, serve, undo, replay, models, info, demo  # isort: skip
from . import dial, smooth, tune, evaluate, bench  # isort: skip
from . import train, sweep, plot, blend, export, verify, schema  # isort: skip
from . import spoil, check  # isort: skip

__all__ = [
    "bench",
    "blend",
    "check",
    "demo",
    "dial",
    "evaluate",
    "export",
    "info",
    "models",
    "plot",
    "replay",
    "restore",
    "schema",
    "serve",
    "smooth",
    "spoil",
    "sweep",
    "train",
    "tune",
    "undo",
    "verify",
    "watch",
]
