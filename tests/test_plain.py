"""Words of the command line that become values without typer's converters."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer

from burnish.cli.plain import LEFT, convert_plainly, plain


class Colour(StrEnum):
    red = "red"
    blue = "blue"


@pytest.mark.parametrize(
    ("word", "kind", "value"),
    [
        ("a", str, "a"),
        ("", str, ""),
        ("a b", Path, Path("a b")),
        (Path("x"), Path, Path("x")),
        ("3", int, 3),
        ("-1", int, -1),
        ("2.5", float, 2.5),
        (200, float, 200.0),
        ("red", Colour, Colour.red),
        (Colour.blue, Colour, Colour.blue),
        (None, int, None),
        (False, bool, False),
        (["a", "b"], list[Path], [Path("a"), Path("b")]),
        ((), list[str], []),
    ],
)
def test_what_is_plain_becomes_a_value(word: Any, kind: Any, value: Any) -> None:
    found = plain(word, kind, None, None)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("x", int),
        ("2.5", int),
        ("", float),
        ("nan", float),
        ("inf", float),
        ("0", int),
        ("11", float),
        ("green", Colour),
        ("yes", bool),
        (["1", "x"], list[int]),
        ("1", complex),
    ],
)
def test_what_is_not_is_left_to_typer(word: Any, kind: Any) -> None:
    assert plain(word, kind, 1, 10) is LEFT


@pytest.mark.parametrize(
    "words",
    [
        "a b --share 0.5",
        "a --colour blue --name x",
        "a --share 2",
        "a --share x",
        "a --colour green",
        "--name x",
        "--help",
    ],
)
def test_values_and_sentences_are_those_of_typer(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    program = typer.Typer(rich_markup_mode=None, add_completion=False)

    @program.command()
    def paint(
        many: list[Path],
        colour: Colour = Colour.red,
        share: Annotated[float, typer.Option(min=0, max=1)] = 1,
        name: str | None = None,
    ) -> None:
        print(repr((many, colour, share, name)))

    said = []
    for plainly in (False, True):
        command: Any = typer.main.get_command(program)
        if plainly:
            convert_plainly(command)
        with pytest.raises(SystemExit) as end:
            command(words.split(), prog_name="paint")
        said.append((end.value.code, capsys.readouterr()))
    assert said[0] == said[1]
