"""`burnish models`: what ships, and the filters."""

from __future__ import annotations

import json

from ..app import app
from ..options import AsJson


@app.command(short_help="The models that ship.")
def models(as_json: AsJson = False) -> None:
    """burnish models

    The models that ship: task, dials, size, measured quality and speed, training data, licence.
    Then the filters, which have no weights.
    """
    from ...inference.classical import FILTERS, cards
    from ...inference.zoo import DEFAULT, find, load, names
    from ...report.cards import describe, record

    shipped = [(find(name), load(name)) for name in names()]
    if as_json:
        for path, model in shipped:
            print(json.dumps(record(path, model.contract, model.card)))
        for name in FILTERS:
            print(json.dumps(cards.record(name)))
        return
    described = [describe(path, model.contract, model.card) for path, model in shipped]
    chooses = f"{DEFAULT}, where no model is named, {load(DEFAULT).card['task']}"
    print("\n\n".join([*described, chooses, cards.listing()]))
