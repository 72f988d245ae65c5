"""Words of the command line: `-d` means the same in every command that has it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from conftest import scene
from typer.testing import CliRunner

from burnish import images
from burnish.cli import app
from burnish.cli.words import (
    parse_experts,
    parse_fold,
    parse_levels,
    parse_names,
    parse_settings,
    parse_tile,
)
from burnish.errors import UsageError

#: what is set, by the name of its dial
Found = dict[str, list[float]]
#: words after a command -> what it sets; its runs are real or end where the work would begin
Command = Callable[[Sequence[str]], Found]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "clean"
    home.mkdir()
    pixels = np.rint(scene(48, 64)[0].transpose(1, 2, 0) * 255).astype(np.uint8)
    images.write(home / "a.png", images.from_array(pixels))
    return home


def run(*words: object) -> str:
    """What a command prints. Raises what it raises."""
    done = CliRunner().invoke(app, [*map(str, words)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.stdout


@pytest.fixture
def commands(folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Command]:
    pytest.importorskip("cv2")
    picture, seen = folder / "a.png", dict[str, Any]()

    def stop(*arguments: Any, **named: Any) -> None:
        seen.update(named, arguments=arguments)
        raise typer.Exit

    for place in ("strip.strip", "smooth.smooth", "grid.grid"):
        monkeypatch.setattr(f"burnish.study.dial.{place}", stop)

    def restore(words: Sequence[str]) -> Found:
        out = folder.parent / "restored.png"
        said = run("restore", picture, "-o", out, "-m", "bilateral", "--json", *words)
        dials = json.loads(said)["dials"]
        return {name: [dials[name]] for name in ("radius", "space")}

    def spoil(words: Sequence[str]) -> Found:
        out = folder.parent / "spoiled.png"
        levels = json.loads(run("spoil", picture, "-o", out, "--json", *words))["levels"]
        return {name: [level] for name, level in levels.items()}

    def evaluate(words: Sequence[str]) -> Found:
        means = json.loads(run("evaluate", "otsu", folder, "--json", *words))["means"]
        settings = [mean["settings"] for mean in means]
        return {name: list(dict.fromkeys(s[name] for s in settings)) for name in settings[0]}

    def dial(words: Sequence[str]) -> Found:
        run("dial", "bilateral", picture, "-o", folder.parent / "strip.png", *words)
        others = {name: [value] for name, value in seen["others"].items()}
        return {seen["dial"]: list(seen["values"]), **others}

    def smooth(words: Sequence[str]) -> Found:
        run("smooth", "bilateral", folder, *words)
        damage, levels = seen["arguments"][2:4]
        if not isinstance(damage, list):
            return {damage.dial.name: list(levels)}
        return {one.dial.name: list(several) for one, several in zip(damage, levels, strict=True)}

    return {
        "restore": restore,
        "spoil": spoil,
        "evaluate": evaluate,
        "dial": dial,
        "smooth": smooth,
    }


#: the two dials that each command is asked for
DIALS = {
    "restore": ("radius", "space"),
    "spoil": ("noise", "blur"),
    "evaluate": ("noise", "blur"),
    "dial": ("radius", "space"),
    "smooth": ("noise", "blur"),
}
#: commands that take several values of one dial
SEVERAL = ("evaluate", "dial", "smooth")
every = pytest.mark.parametrize("command", list(DIALS))


def worded(command: str, *words: str) -> list[str]:
    """`-d` before each of the words, in which A and B stand for the command's dials."""
    a, b = DIALS[command]
    return [part for word in words for part in ("-d", word.replace("A", a).replace("B", b))]


@every
@pytest.mark.parametrize("words", [("A=3", "B=2"), ("A=3,B=2",), ("A = 3, B = 2,",)])
def test_another_dial_is_another_word_or_begins_after_a_comma(
    commands: dict[str, Command], command: str, words: tuple[str, ...]
) -> None:
    a, b = DIALS[command]
    assert commands[command](worded(command, *words)) == {a: [3], b: [2]}


@every
@pytest.mark.parametrize("words", [("A=3,5", "B=2"), ("A=3,5,B=2",), ("A=3", "B=2", "A=5")])
def test_several_values_stand_behind_commas_where_a_command_takes_them(
    commands: dict[str, Command], command: str, words: tuple[str, ...]
) -> None:
    a, b = DIALS[command]
    if command in SEVERAL:
        assert commands[command](worded(command, *words)) == {a: [3, 5], b: [2]}
        return
    with pytest.raises(UsageError, match=f"-d {a}=3,5: one value is wanted here; a dial is set by"):
        commands[command](worded(command, *words))


@every
def test_what_sets_nothing_is_said(commands: dict[str, Command], command: str) -> None:
    for word in ("A", "=3", "3"):
        said = worded(command, word)[1]
        with pytest.raises(UsageError, match=f"-d {said}: .*NAME="):
            commands[command](worded(command, word))


@pytest.mark.parametrize("command", SEVERAL)
def test_levels_are_numbers(commands: dict[str, Command], command: str) -> None:
    a, _ = DIALS[command]
    with pytest.raises(UsageError, match=f"-d {a}=3,auto: 'auto' is no number"):
        commands[command](worded(command, "A=3,auto"))


def test_tune_takes_names_alone(folder: Path) -> None:
    assert parse_names(["noise", "strength"]) == ["noise", "strength"]
    with pytest.raises(UsageError, match="-d noise=10: .*a dial has no value; name it alone"):
        run("tune", "photo", folder, "-d", "noise=10")


def test_what_is_no_number_is_left_to_the_model() -> None:
    assert parse_settings(["noise=auto,quality=map.png:5..40"]) == {
        "noise": "auto",
        "quality": "map.png:5..40",
    }
    assert parse_settings(["noise=a=b.png"]) == {"noise": "a=b.png"}
    assert parse_settings([]) == {}
    assert parse_levels([]) == {}


def test_a_fold_wants_numbers() -> None:
    assert parse_fold(["noise=25"]) == {"noise": 25}
    for word, said in (
        ("noise=auto", "--at noise=auto: a number is wanted, since there is no picture"),
        ("noise=5,10", "--at noise=5,10: one value is wanted here"),
        ("noise", "--at noise: a dial is set by NAME=VALUE"),
    ):
        with pytest.raises(UsageError, match=said):
            parse_fold([word])


def test_experts_and_tiles() -> None:
    assert parse_experts(["20=a.onnx", "30=b=c.onnx"]) == {20: "a.onnx", 30: "b=c.onnx"}
    for word in ("20", "20=", "=a.onnx"):
        with pytest.raises(UsageError, match=f"--expert {word}: .*LEVEL=MODEL"):
            parse_experts([word])
    with pytest.raises(UsageError, match="--expert low=a.onnx: 'low' is no number"):
        parse_experts(["low=a.onnx"])
    assert [parse_tile(word) for word in ("auto", "0", "512")] == [None, 0, 512]
    with pytest.raises(UsageError, match="-t big: a tile size is"):
        parse_tile("big")
