"""docs/pairs.md, run: every command of the page, in order, with fewer steps."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="the training wing is not installed")

ROOT = Path(__file__).resolve().parents[1]


def commands() -> list[list[str]]:
    """The words of each command in the page's blocks."""
    blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / "docs" / "pairs.md").read_text(), re.DOTALL | re.MULTILINE)
    return [shlex.split(line) for block in blocks for line in block.splitlines()]


def test_the_page_of_pairs_works_as_it_stands(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    steps = commands()
    assert [words[1] for words in steps] == ["restore", "spoil", "check", "train", "train", "train", "plot", "restore", "export", "restore"]
    for words in steps:
        assert words[0] == "burnish"
        fewer = ["schedule.steps=6" if word.startswith("schedule.steps=") else word for word in words[1:]]
        done = subprocess.run([sys.executable, "-m", "burnish.cli", *fewer], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{shlex.join(words)}\n{done.stdout}\n{done.stderr}"
    assert {path.name for path in (tmp_path / "restored").iterdir()} == {path.name for path in (tmp_path / "pairs" / "noisy").iterdir()}
    assert (tmp_path / "pairs.html").stat().st_size > 10_000
    assert (tmp_path / "curves.png").is_file()
