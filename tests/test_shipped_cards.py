"""Cards of what ships say what a user decides by: what it is for, terms, cost, and failures."""

from __future__ import annotations

import pytest

from burnish.inference import zoo
from burnish.inference.model import Model


@pytest.mark.parametrize("name", zoo.names())
def test_a_card_says_what_it_is_for_on_what_terms_at_what_cost_and_where_it_fails(
    name: str,
) -> None:
    card = Model(zoo.find(name)).card
    for key in ("task", "training_data", "licence", "flaws"):
        assert len(card[key]) > 5, key
    assert card["parameters"] > 0
    assert card["multiply_adds"] > 0
    assert card["quality"]
