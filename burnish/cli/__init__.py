"""The command line: words become a Job or a Recipe, and errors one line and an exit status.

Results go to stdout, everything else to stderr.
"""

from . import commands  # each stands in the program once it is imported
from .app import app, main, script

__all__ = ["app", "commands", "main", "script"]
