"""What a command has taken: its time, and the most memory that it had.

A program begins with the high-water mark of the process that started it: Linux counts what stood
there before `exec`, so that getrusage() of a command that pytest starts is at least pytest's. So a
small process stands between, which starts the command and says what it had.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

#: about 11 MB by itself
_BETWEEN = """
import json, os, subprocess, sys, time
# As it is installed: with what Python compiled of it.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
begun = time.perf_counter()
process = subprocess.Popen(sys.argv[2:])
_, status, used = os.wait4(process.pid, 0)
seconds = time.perf_counter() - begun
peak = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
cpu = used.ru_utime + used.ru_stime
status = os.waitstatus_to_exitcode(status)
with open(sys.argv[1], "w") as file:
    json.dump({"status": status, "seconds": seconds, "cpu": cpu, "peak": peak}, file)
"""


@dataclass(frozen=True)
class Used:
    """What a command has taken."""

    #: its exit status; below 0, the signal that ended it
    status: int
    #: how long it ran
    seconds: float
    #: seconds of all processors together, its own and the system's for it
    cpu: float
    #: the most memory that it, or one of its own children, had, in bytes
    peak: int


def used_by(
    command: Sequence[str | Path],
    cwd: Path | None = None,
    stdout: IO[bytes] | None = None,
    stderr: IO[bytes] | None = None,
) -> Used:
    """Runs a command to its end, whatever its status. Needs os.wait4, so no Windows."""
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "used.json"
        between: list[str | Path] = [sys.executable, "-c", _BETWEEN, found, *command]
        subprocess.run(between, cwd=cwd, stdout=stdout, stderr=stderr, check=True)
        return Used(**json.loads(found.read_text()))


def own_peak() -> int:
    """The most memory that this process has had since its program began, in bytes. Linux's."""
    status = Path("/proc/self/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+)", status)
    assert found is not None, "Linux says it of every process"
    return 1024 * int(found[1])
