"""The figures of the code in docs/design.md: what `python -m benchmarks.shape` counts stays within
their limits.
"""

from __future__ import annotations

from benchmarks import shape


def test_lines_fit() -> None:
    assert not shape.wide_lines()


def test_functions_are_short() -> None:
    lengths = shape.functions()
    assert not [function for function in lengths if function.lines > 60]
    assert len([function for function in lengths if function.lines > 45]) < 10


def test_folders_are_small() -> None:
    full = {folder: n for folder, n in shape.entries().items() if n > 16}
    assert full.keys() <= shape.TABLES_OF_PARTS


def test_nothing_imports_itself_in_a_circle() -> None:
    graph = shape.imports()
    assert "burnish.errors" in graph["burnish.contract"]
    assert "burnish.training.recipe.recipe" in graph["burnish.training.recipe.resolve"]
    assert not shape.circles(graph)


def test_a_circle_is_found() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}
    assert shape.circles(graph) == [["b", "c"]]
