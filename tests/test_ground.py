"""What every room stands on: tables of contents, the grammar of words, channels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from burnish.degrade import DEGRADATIONS, damage_by, owner
from burnish.errors import UsageError
from burnish.ground.channels import LUMA, as_channels, from_channels, grey, to_channels
from burnish.ground.grammar import Call, Value, assigned, value_of
from burnish.ground.tables import Table, among, hint, no_such
from burnish.inference.backends import BACKENDS
from burnish.inference.classical import FILTERS

WRONG = UsageError("NAME=VALUE is wanted")


def test_a_table_finds_a_part_when_it_is_asked_for() -> None:
    table: Table[Any] = Table("number", {"pi": "math:pi", "none yet": "no.such.module:x"})
    assert table.find("pi") == pytest.approx(3.14159, abs=1e-5)
    assert list(table) == ["pi", "none yet"]
    with pytest.raises(ImportError):
        table.find("none yet")


@pytest.mark.parametrize("table", [DEGRADATIONS, FILTERS, BACKENDS], ids=lambda table: table.kind)
def test_a_name_that_is_not_listed_is_answered_with_the_nearest_and_all(table: Table[Any]) -> None:
    first = next(iter(table))
    with pytest.raises(UsageError) as caught:
        table.find(first + "x")
    said = f"there is no {table.kind} {first + 'x'!r}; did you mean {first!r}? The choices: {first}"
    assert str(caught.value).startswith(said)
    with pytest.raises(UsageError, match=f"there is no {table.kind} '0'; the choices: "):
        table.find("0")


def test_a_sentence_begins_anew_after_a_question_alone() -> None:
    assert hint("nois", ["noise", "blur"]) == "did you mean 'noise'? "
    assert hint("zzz", ["noise"]) == ""
    assert among("nois", ["noise"], "it takes") == "did you mean 'noise'? It takes: noise"
    assert among("zzz", ["noise"], "it takes") == "it takes: noise"
    assert among("zzz", [], "it takes") == "it takes: none"
    assert no_such("loss", "Edg", ["Edge"]) == (
        "there is no loss 'Edg'; did you mean 'Edge'? The choices: Edge"
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("-2", -2),
        ("0.5", 0.5),
        ("1e-3", 1e-3),
        ("0.5..2", [0.5, 2]),
        ("1..3", [1, 3]),
        ("../masks", "../masks"),
        ("a..b", "a..b"),
        ("1..2..3", "1..2..3"),
        ("auto", "auto"),
        ("", ""),
    ],
)
def test_a_value_is_a_number_a_range_or_a_word(text: str, value: Value) -> None:
    found = value_of(text)
    assert found == value
    assert type(found) is type(value)


def test_name_and_value_stand_on_both_sides_of_the_first_sign() -> None:
    assert assigned("noise=25", WRONG) == ("noise", "25")
    assert assigned(" noise = a=b.png ", WRONG) == ("noise", "a=b.png")
    for word in ("noise", "=25", " =25", ""):
        with pytest.raises(UsageError, match="NAME=VALUE is wanted"):
            assigned(word, WRONG)


def test_a_call_is_read_and_written_alike() -> None:
    for words, name, values in (
        ("otsu", "otsu", {}),
        ("otsu:", "otsu", {}),
        ("lanczos:scale=4", "lanczos", {"scale": 4}),
        ("Noise:correlated=0.5..1,grey=1", "Noise", {"correlated": [0.5, 1], "grey": 1}),
        ("FilmMasks:folder=../masks", "FilmMasks", {"folder": "../masks"}),
    ):
        call = Call.parse(words, WRONG)
        assert (call.name, call.values()) == (name, values)
        assert str(call) == words.rstrip(":")
        assert Call.parse(str(call), WRONG) == call
    with pytest.raises(UsageError, match="NAME=VALUE is wanted"):
        Call.parse("lanczos:4", WRONG)


def test_a_dial_has_one_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    assert owner("noise") == "Noise"
    assert damage_by("noise", scale=1).dial.name == "noise"
    assert damage_by("softness", scale=4).scale == 4
    for dial, said in (
        ("nose", r"-d nose: no damage has such a dial; did you mean 'noise'\? The dials: noise, "),
        ("zzz", "-d zzz: no damage has such a dial; the dials: noise, "),
    ):
        with pytest.raises(UsageError, match=said):
            owner(dial)
    with pytest.raises(UsageError, match="makes pictures smaller, and the model does not enlarge"):
        damage_by("softness", scale=1)
    monkeypatch.setitem(DEGRADATIONS, "Twin", DEGRADATIONS["Noise"])
    with pytest.raises(UsageError, match="-d noise: this is the dial of Noise, Twin"):
        damage_by("noise", scale=1)


def test_grey_is_its_own_and_colour_its_luma(rng: np.random.Generator) -> None:
    colour = rng.random((2, 3, 5, 7)).astype(np.float32)
    luma = np.einsum("c,bchw->bhw", LUMA.astype(np.float64), colour)
    np.testing.assert_allclose(to_channels(colour, 1)[:, 0], luma, atol=1e-6)
    np.testing.assert_allclose(grey(colour[0]), luma[0], atol=1e-6)
    np.testing.assert_array_equal(grey(colour[0, :1]), colour[0, 0])
    np.testing.assert_array_equal(to_channels(colour[:, :1], 3), as_channels(colour[:, :1], 3))
    apart = np.ascontiguousarray(colour.transpose(2, 3, 0, 1)).transpose(2, 3, 0, 1)
    np.testing.assert_array_equal(to_channels(apart, 1), to_channels(colour, 1))
    for change in (as_channels, from_channels, to_channels):
        np.testing.assert_array_equal(change(colour, 3), colour)
        with pytest.raises(UsageError, match="channels"):
            change(colour, 4)
