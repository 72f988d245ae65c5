"""docs/pairs.md, run: every command of the page, in order, with smaller pictures, a smaller network
and fewer steps.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from burnish import images

pytest.importorskip("torch", reason="the training wing is not installed")

ROOT = Path(__file__).resolve().parents[1]
SIDE = 144
SMALLER = {
    "schedule.steps=600": "schedule.steps=6",
    "arch.args.widths=[24,48,96]": "arch.args.widths=[8,16]",
}

#: one process for all of them, as each would take seconds to start; and not that of the tests,
#: which engines and workers would stay in
CHILD = """
import json, sys
from typer.testing import CliRunner
from burnish.cli import app
for words in json.loads(sys.argv[1]):
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, f"{words}\\n{done.output}\\n{done.exception!r}"
"""


def commands() -> list[list[str]]:
    """The words of each command in the page's blocks."""
    blocks = re.findall(
        r"^```sh\n(.*?)^```", (ROOT / "docs" / "pairs.md").read_text(), re.DOTALL | re.MULTILINE
    )
    return [shlex.split(line) for block in blocks for line in block.splitlines()]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with the middle of every example."""
    (tmp_path / "examples").mkdir()
    for path in (ROOT / "examples").iterdir():
        if path.suffix in (".jpg", ".png"):
            picture = images.read(path)
            top, left = ((whole - SIDE) // 2 for whole in picture.pixels.shape[2:])
            images.write(
                tmp_path / "examples" / path.name,
                replace(picture, planes=picture.pixels[..., top : top + SIDE, left : left + SIDE]),
            )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(
        "XDG_CACHE_HOME", str(tmp_path / "cache")
    )  # where `restore` keeps what it exports
    return tmp_path


def test_the_page_of_pairs_works_as_it_stands(place: Path) -> None:
    steps = commands()
    assert [words[1] for words in steps] == [
        "restore",
        "spoil",
        "check",
        "train",
        "train",
        "train",
        "plot",
        "restore",
        "export",
        "restore",
    ]
    assert {words[0] for words in steps} == {"burnish"}
    smaller = [[SMALLER.get(word, word) for word in words[1:]] for words in steps]
    done = subprocess.run(
        [sys.executable, "-c", CHILD, json.dumps(smaller)],
        cwd=place,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert {path.name for path in (place / "restored").iterdir()} == {
        path.name for path in (place / "pairs" / "noisy").iterdir()
    }
    assert {path.name for path in (place / "again").iterdir()} == {
        path.name for path in (place / "restored").iterdir()
    }
    assert (place / "pairs.html").stat().st_size > 10_000
    assert (place / "curves.png").is_file()
    assert {word for words in steps for word in words} >= set(SMALLER)
