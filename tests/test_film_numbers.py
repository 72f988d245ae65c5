"""Films: which numbers of pictures are missing, and whose a dial is that two models have."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish.cli.film.ways import way_of
from burnish.contract import Contract
from burnish.film.mending import ByMending, InTurn
from burnish.film.models import ByModel
from burnish.film.numbered import GAPS, _gaps
from burnish.pipeline import Asked, ask


def names(numbers: list[int]) -> list[Path]:
    return [Path(f"f{number:05}.png") for number in numbers]


@pytest.mark.parametrize(
    ("numbers", "missing"),
    [
        ([7], []),
        ([1, 2, 3, 4], []),
        # Written two apart, or ten: none is missing.
        ([100, 102, 104, 106], []),
        ([0, 10, 20, 30], []),
        ([100, 102, 104, 108], ["number 106 is"]),
        ([1, 2, 4, 5], ["number 3 is"]),
        ([1, 2, 3, 7, 8], ["numbers 4 to 6 are"]),
        # Two alone have no step that can be told.
        ([1, 3], ["number 2 is"]),
    ],
)
def test_missing_numbers_are_told_by_the_step_that_most_have(
    numbers: list[int], missing: list[str]
) -> None:
    assert [said.split(" missing")[0] for said in _gaps(names(numbers))] == missing


def test_many_gaps_are_counted() -> None:
    runs = [[10 * place + n for n in range(4)] for place in range(8)]
    said = _gaps(names([number for run in runs for number in run]))
    assert len(said) == GAPS + 1
    assert said[-1] == "and 4 more gaps"


def test_a_dial_of_mending_and_of_a_model_is_the_models() -> None:
    def asked(contract: Contract) -> Asked:
        return ask(contract, {"noise": 12.0, "flicker": 30.0})

    words = {"tile": None, "device": "cpu", "threads": 1, "precision": "fp32"}
    way = way_of("film+photo", asked, opened=lambda opened: None, **words)  # type: ignore[arg-type]
    assert isinstance(way.treatment, InTurn)
    mends, model = way.treatment.parts
    assert isinstance(mends, ByMending)
    assert isinstance(model, ByModel)
    assert (mends.settings["noise"], mends.settings["flicker"]) == (0, 30)
    assert dict(model.asked.dials) == {"noise": 12}
