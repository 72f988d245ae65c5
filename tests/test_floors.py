"""The plan of the house is held to what checks it: docs/design.md to import-linter's contracts, and
what these do not see: circles, type checking included, and how many entries a room has.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
#: rooms that are a table of parts, one file each, and so may hold as many as there are
TABLES = {
    "burnish/cli/commands",
    "burnish/degrade",
    "burnish/training/losses",
    "burnish/training/networks/archs",
}
#: a face hands names on and imports them when they are asked for
FACE = "burnish"


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


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports() -> dict[str, set[str]]:
    """What each module of the package imports of it, at its top, in its functions, and for type
    checking alone.
    """
    files = {module_of(path): path for path in (ROOT / "burnish").rglob("*.py")}
    found = {}
    for module, path in files.items():
        package = module if path.name == "__init__.py" else module.rpartition(".")[0]
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found[module] = {name for name in _named(tree, package) if name in files} - {module}
    return found


def _named(tree: ast.AST, package: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            source = ".".join([*(above if node.level else []), *filter(None, [node.module])])
            yield from (f"{source}.{alias.name}" for alias in node.names)
            yield source


def test_the_reader_of_imports_sees_them_all() -> None:
    found = imports()
    assert "burnish.training.recipe.recipe" in found["burnish.training.recipe.resolve"]
    assert "burnish.errors" in found["burnish.contract"]
    assert "burnish.training.loop.checkpoint" in found["burnish.training.loop.guard"]


def test_no_modules_import_each_other_in_a_circle() -> None:
    """A package's face is left out where a module only passes through it to a neighbour."""
    left = {
        module: {name for name in names if name != FACE and not module.startswith(f"{name}.")}
        for module, names in imports().items()
        if module != FACE
    }
    while free := [module for module, names in left.items() if not names & left.keys()]:
        for module in free:
            del left[module]
    assert not left, f"these import each other: {sorted(left)}"


def test_a_room_has_sixteen_entries_at_most() -> None:
    rooms = [path.parent for path in (ROOT / "burnish").rglob("__init__.py")]
    full = {}
    for room in rooms:
        entries = {p.name for p in room.iterdir()} - {"__init__.py", "py.typed", "__pycache__"}
        if len(entries) > 16 and room.relative_to(ROOT).as_posix() not in TABLES:
            full[room.relative_to(ROOT).as_posix()] = len(entries)
    assert not full
