"""The plan of the house is held to what checks it: docs/design.md to import-linter's contracts."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def contracts() -> list[dict[str, Any]]:
    """The contracts that say what may import what by floors."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found = tomllib.loads(text)["tool"]["importlinter"]["contracts"]
    return [contract for contract in found if contract["type"] == "layers"]


def plan() -> list[str]:
    """The lines of the block in docs/design.md that draws the floors."""
    text = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```\n(cli\n.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [line for line in block.splitlines() if line]


def test_the_plan_draws_the_floors_that_are_checked() -> None:
    inside = {}
    floors = []
    for line in plan():
        if line.startswith("inside "):
            room, _, layers = line.removeprefix("inside ").partition(":")
            inside[room] = layers.strip().split(" -> ")
        else:
            floors.append(re.split(r"\s{2,}", line)[0])
    checked = {
        contract["containers"][0].removeprefix("burnish").lstrip(".").replace(".", "/"): contract
        for contract in contracts()
    }
    assert floors == checked.pop("")["layers"]
    assert inside == {room: contract["layers"] for room, contract in checked.items()}


def test_every_contract_of_floors_is_exhaustive() -> None:
    assert [c["name"] for c in contracts() if not c.get("exhaustive")] == []
