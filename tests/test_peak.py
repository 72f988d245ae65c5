"""The memory of a command is its own, however large the process is that starts it."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from benchmarks.peak import used_by


def test_the_peak_is_of_the_command_and_not_of_who_starts_it() -> None:
    large = np.ones(300 << 20, np.uint8)
    assert used_by([sys.executable, "-c", "pass"]).peak < 100 << 20
    assert used_by([sys.executable, "-c", "bytearray(b'1') * (200 << 20)"]).peak > 200 << 20
    assert large.all()


def test_status_and_output_are_those_of_the_command(tmp_path: Path) -> None:
    program = "import time; time.sleep(0.2); print('said'); raise SystemExit(3)"
    with open(tmp_path / "out", "wb") as out:
        used = used_by([sys.executable, "-c", program], stdout=out)
    assert used.status == 3
    assert 0.2 < used.seconds < 20
    assert (tmp_path / "out").read_bytes() == b"said\n"
