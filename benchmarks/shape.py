"""The shape of the code, in the figures of docs/design.md:

python -m benchmarks.shape             # the figures
python -m benchmarks.shape --longest 20    # and the longest functions, by name
"""

from __future__ import annotations

import argparse
import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "burnish"
CODE = ("burnish", "benchmarks", "docs", "examples", "tests")
COLUMNS = 100
#: what is in a folder of the package because it is one
NO_ENTRIES = frozenset({"__init__.py", "py.typed", "__pycache__"})
#: Folders with a file for each part of a kind; they may have any number of entries.
TABLES_OF_PARTS = frozenset(
    {
        "burnish/cli/commands",
        "burnish/degrade",
        "burnish/degrade/document",
        "burnish/degrade/film",
        "burnish/images/formats",
        "burnish/metrics",
        "burnish/training/losses",
        "burnish/training/networks/archs",
        "burnish/training/networks/dials",
        "burnish/weights",
    }
)


@dataclass(frozen=True)
class Function:
    """A function or a method."""

    #: from its `def` to its last line, without decorators
    lines: int
    #: `burnish/contract.py:apply`
    place: str


def sources(*folders: str) -> list[Path]:
    """Every Python file in some folders of the checkout."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def wide_lines(columns: int = COLUMNS) -> list[str]:
    """`file:line` of every line of code that is too wide, unless an address makes it so."""
    return [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sources(*CODE)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > columns and "://" not in line
    ]


def functions() -> list[Function]:
    """Every function of the package, the longest first."""
    found = []
    for path in sources(PACKAGE):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                found.append(Function(lines, f"{path.relative_to(ROOT)}:{node.name}"))
    return sorted(found, key=lambda function: (-function.lines, function.place))


def entries() -> dict[str, int]:
    """Files and folders in each folder of the package, the fullest first; what every package has
    is not counted.
    """
    counts = {
        str(folder.relative_to(ROOT)): sum(1 for e in folder.iterdir() if e.name not in NO_ENTRIES)
        for folder in [ROOT / PACKAGE, *(ROOT / PACKAGE).rglob("*")]
        if folder.is_dir() and folder.name != "__pycache__"
    }
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def imports() -> dict[str, set[str]]:
    """Which modules of the package each one imports, for types alone and inside functions too."""
    names = {_name(path): path for path in sources(PACKAGE)}
    return {name: set(_imported(name, path, names)) for name, path in names.items()}


def circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """Groups of modules each of which reaches all the others of its group by imports."""
    reached = {name: _reachable(name, graph) for name in graph}
    groups = {
        tuple(sorted(other for other in graph if other in reached[name] and name in reached[other]))
        for name in graph
    }
    return [list(group) for group in sorted(groups) if group]


def _name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported(name: str, path: Path, names: Mapping[str, Path]) -> Iterator[str]:
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            source = ".".join(filter(None, [*(above if node.level else []), node.module]))
            for alias in node.names:
                module = f"{source}.{alias.name}"
                if module in names:
                    yield module
                elif source in names:
                    yield source


def _reachable(name: str, graph: Mapping[str, set[str]]) -> set[str]:
    """The modules that a module imports, and those that they import, and so on."""
    found: set[str] = set()
    waiting = list(graph[name])
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting += graph[module]
    return found


def report(longest: int) -> Iterator[str]:
    lengths = functions()
    yield f"lines over {COLUMNS} columns: {len(wide_lines())}"
    yield f"longest function: {lengths[0].lines} lines ({lengths[0].place})"
    for limit in (60, 45):
        yield f"functions over {limit} lines: {sum(1 for f in lengths if f.lines > limit)}"
    full = {folder: n for folder, n in entries().items() if folder not in TABLES_OF_PARTS}
    fullest = next(iter(full))
    yield f"entries in the fullest folder, tables of parts aside: {full[fullest]} ({fullest})"
    groups = circles(imports())
    yield f"circles of imports: {len(groups)}"
    yield from (f"  {', '.join(group)}" for group in groups)
    yield from (f"  {function.lines} {function.place}" for function in lengths[:longest])


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--longest", type=int, default=0, help="so many functions by name")
    print("\n".join(report(parser.parse_args(words).longest)))


if __name__ == "__main__":
    main()
