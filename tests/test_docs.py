"""What the pages say is held against what is there: the tree, links, paths, commands with their
options, make targets.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from burnish.cli import app

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "examples" / "README.md"])

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(page: Path) -> list[str]:
    """The fenced code blocks of a page."""
    return re.findall(r"^```\w*\n(.*?)^```", text(page), re.MULTILINE | re.DOTALL)


def tree() -> list[str]:
    """The paths that the README's tree names.

    A line is some spaces, one or more names, and what they are, two spaces apart.
    """
    (block,) = [b for b in blocks(ROOT / "README.md") if b.startswith("burnish/\n")]
    found: list[str] = []
    parents: list[str] = []
    for line in filter(None, block.splitlines()):
        indent = len(line) - len(line.lstrip())
        names = re.split(r"\s{2,}", line.strip())[0].split()
        del parents[indent // 2 :]
        found += ["".join(parents) + name for name in names]
        parents.append(names[-1])
    return found


def test_the_tree_names_only_what_is_there() -> None:
    missing = [
        name
        for name in tree()
        if not (ROOT / name).exists() or (ROOT / name).is_dir() != name.endswith("/")
    ]
    assert not missing


def test_the_tree_names_every_room() -> None:
    named = {name.rstrip("/") for name in tree()}
    rooms = {
        f"burnish/{p.name}" for p in (ROOT / "burnish").iterdir() if p.is_dir() or p.suffix == ".py"
    }
    rooms -= {"burnish/__pycache__"}
    rooms |= {"recipes", "studies", "examples", "benchmarks", "tests", "docs"}
    assert rooms <= named, f"the tree misses {sorted(rooms - named)}"


@pages
def test_links_lead_somewhere(page: Path) -> None:
    targets = [
        t.partition("#")[0] for t in re.findall(r"\]\(([^)\s]+)\)", text(page)) if "://" not in t
    ]
    assert not [t for t in targets if t and not (page.parent / t).exists()]


@pages
def test_files_that_are_named_exist(page: Path) -> None:
    there = re.sub(r"Write `[^`]+`", "", text(page))  # what a page asks the reader to write
    named = re.findall(r"`((?:burnish|docs|examples|recipes|tests|benchmarks)/[\w./-]+)`", there)
    assert not [name for name in named if not (ROOT / name).exists()]


def commands(page: Path) -> list[list[str]]:
    """The `burnish ...` and `make ...` lines of a page's code blocks, as words."""
    lines = [
        line.removeprefix("$ ").partition("  #")[0]
        for block in blocks(page)
        for line in block.splitlines()
    ]
    return [shlex.split(line) for line in lines if line.startswith(("burnish ", "make "))]


def group() -> Any:
    """The command line as typer builds it; `commands` by name, each with its parameters."""
    return typer.main.get_command(app)


def options(command: Any) -> set[str]:
    return {
        name for parameter in command.params for name in parameter.opts if name.startswith("-")
    } | {"--help", "-h"}


@pages
def test_commands_are_as_the_pages_say(page: Path) -> None:
    targets = set(re.findall(r"^([\w-]+):", text(ROOT / "Makefile"), re.MULTILINE))
    for program, *words in commands(page):
        if program == "make":
            assert {w for w in words if "=" not in w} <= targets, f"make {' '.join(words)}"
        elif words[0].startswith("-"):
            assert words[0] in options(group())
        else:
            assert words[0] in group().commands, f"burnish {words[0]} is no command"
            said = {word for word in words if re.match(r"--?[A-Za-z]", word)}
            assert said <= options(group().commands[words[0]]), f"burnish {' '.join(words)}"


def test_every_command_is_in_the_readme() -> None:
    shown = {words[1] for words in commands(ROOT / "README.md") if words[0] == "burnish"}
    assert set(group().commands) <= shown


def test_examples_are_small_and_listed() -> None:
    pictures = [p for p in (ROOT / "examples").iterdir() if p.suffix in (".png", ".jpg")]
    assert 3 <= len(pictures) <= 5
    assert all(f"`{p.name}`" in text(ROOT / "examples" / "README.md") for p in pictures)
    assert (
        sum(
            p.stat().st_size
            for p in [*pictures, ROOT / "burnish" / "cli" / "commands" / "demo.png"]
        )
        < 1_500_000
    )


def prose(page: Path) -> list[str]:
    """The lines of a page that are read as text: no code, no tables, nothing that is generated."""
    left = re.sub(r"^```.*?^```", "", text(page), flags=re.MULTILINE | re.DOTALL)
    left = re.sub(r"<!-- ([\w ]+?) -->.*?<!-- end of \1 -->", "", left, flags=re.DOTALL)
    return [line for line in left.splitlines() if not line.startswith("|")]


@pages
def test_prose_has_a_sentence_a_line(page: Path) -> None:
    """Long ones go on in the next line, behind a comma or so."""
    numbered = re.compile(r"^(\*\*)?\d+\. ")
    ends = re.compile(r"[\w)`*\]][.?!]\*{0,2} +[A-Z`*\[]")
    lines = prose(page)
    assert not [line for line in lines if ends.search(numbered.sub("", line))]
    assert not [line for line in lines if len(line) > 105 and "](" not in line]


def walks() -> dict[str, list[str]]:
    """The steps of each walk in docs/walk.md, by its title."""
    page = text(ROOT / "docs" / "walk.md")
    return {
        section.partition("\n")[0]: [
            step.partition("\n\n")[0]
            for step in re.split(r"^\d+\. ", section, flags=re.MULTILINE)[1:]
        ]
        for section in page.split("\n## ")[1:]
    }


def places(step: str) -> list[str]:
    """The files and folders that a step names, below `burnish/`."""
    return re.findall(r"`((?:[a-z_]+/)+(?:[\w]+\.py)?|[a-z_]+\.py)`", step)


@pytest.mark.parametrize("walk", walks())
def test_a_walk_names_each_place_once(walk: str) -> None:
    named = [place for step in walks()[walk] for place in places(step)]
    assert len(named) >= 9
    assert len(named) == len(set(named)), "a walk goes back to a place"
    assert not [place for place in named if not (ROOT / "burnish" / place).exists()]


@pytest.mark.parametrize("walk", walks())
def test_what_a_walk_names_is_in_the_code(walk: str) -> None:
    """A name in a step stands in a file of this step, or of one before it in its walk."""
    code = ""
    for step in walks()[walk]:
        for place in places(step):
            path = ROOT / "burnish" / place
            files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
            code += "".join(map(text, files))
        names = re.findall(r"`(?:\w+\.)*([A-Za-z_]\w+)(?:\([\w, ]*\))?`", step)
        missing = [name for name in names if not re.search(rf"\b{name}\b", code)]
        assert not missing, f"{step.splitlines()[0]}: not in its files: {missing}"
