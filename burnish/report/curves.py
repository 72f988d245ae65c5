"""metrics.jsonl, the curves of a run: one line for each step at which something was measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

#: the name of the file in the folder of a run
CURVES = "metrics.jsonl"


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The records of a file of curves, each with its "step"; none where there is no file.

    A line that is no record, such as a last one that was cut off, is left out.
    """
    if not path.is_file():
        return []
    records = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict) and isinstance(record.get("step"), int):
            records.append(record)
    return records
