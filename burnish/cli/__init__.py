"""The command line: words -> Job or Recipe; errors -> one line and an exit code.

Results go to stdout, everything else to stderr.
"""

from . import commands  # each stands in the program once it is imported
from .app import app, main

__all__ = ["app", "commands", "main"]
