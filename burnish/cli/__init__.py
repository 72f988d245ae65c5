"""The command line: words -> Job or Recipe; errors -> one line and an exit code.

Results go to stdout, everything else to stderr.

A command is a function in the file of its kind; its docstring is its help, and begins with an
example. `--help` lists them in the order of the import below.
"""

from . import restoring, measuring, training, damaging  # isort: skip
from .app import app, main

__all__ = ["app", "damaging", "main", "measuring", "restoring", "training"]
