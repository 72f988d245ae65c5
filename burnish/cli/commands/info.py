"""`burnish info`: a model's card, or a picture's facts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from ..app import app
from ..opening import training_wing
from ..options import AsJson

File = Annotated[
    str,
    typer.Argument(
        metavar="FILE", show_default=False, help="A model's name or file, a picture, or a PDF."
    ),
]


@app.command(short_help="A model's card, or a picture's facts.")
def info(file: File, as_json: AsJson = False) -> None:
    """burnish info photo

    A model's card, or a picture's facts.
    """
    from ...inference.classical import listed
    from ...inference.pdf import is_pdf
    from ...inference.zoo import names

    if listed(file) and file not in names():
        record, text = _of_filter(file)
    elif file in names() or file.endswith((".onnx", ".safetensors")):
        record, text = _of_model(file)
    else:
        record, text = _of_document(Path(file)) if is_pdf(file) else _of_picture(Path(file))
    print(json.dumps(record) if as_json else text)


def _of_filter(words: str) -> tuple[Mapping[str, Any], str]:
    """The record and the text of a filter, with its arguments."""
    from ...inference.classical import cards

    return cards.record(words), cards.describe(words)


def _of_model(name: str) -> tuple[Mapping[str, Any], str]:
    """The record and the text of a shipped model, a model file, or weights for training."""
    from ...report.cards import describe, record

    if name.endswith(".safetensors"):
        training_wing()
        from ...training.networks.restorer import Restorer

        path = Path(name)
        restorer = Restorer.load(path)
        contract = restorer.contract
        card = restorer.card
    else:
        from ...inference.model import Model
        from ...inference.zoo import find

        path = find(name)
        model = Model(path)
        contract = model.contract
        card = model.card
    return record(path, contract, card), describe(path, contract, card, whole=True)


def _of_document(path: Path) -> tuple[Mapping[str, Any], str]:
    """The record and the text of a PDF."""
    from ...inference.pdf.facts import as_lines, facts_of_pdf

    found = facts_of_pdf(path)
    return found, as_lines(found)


def _of_picture(path: Path) -> tuple[Mapping[str, Any], str]:
    """The record and the text of a picture."""
    from ...images import facts

    found = facts(path)
    return found, "\n".join(f"{key:<12} {value}" for key, value in found.items())
