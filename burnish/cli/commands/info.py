"""`burnish info`: a model's card, or the facts of a picture, or of all in a folder."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ...errors import InputError
from ..app import app
from ..console import answer
from ..film.facts import facts_of_film
from ..opening import training_wing
from ..options import AsJson

File = Annotated[
    str,
    typer.Argument(
        metavar="FILE",
        show_default=False,
        help="A model's name or file, a chain, a picture, a PDF, a film, or a folder of pictures.",
    ),
]


@app.command(short_help="A model's card, or a picture's or film's facts.")
def info(file: File, as_json: AsJson = False) -> None:
    """burnish info photo

    A model's card; or a picture's facts, what a look at it shows, and what `restore` would do.
    Of a folder a line for each picture, as far as its head tells.
    """
    from ...film.known import is_film
    from ...inference.pdf import is_pdf
    from ...inference.several.chain import AND

    words = [file] if Path(file).exists() else file.split(AND)
    if any(map(_is_model, words)):
        record, text = _of_model(file) if len(words) == 1 else _of_chain(file, words)
    elif Path(file).is_dir():
        _folder(Path(file), as_json)
        return
    elif is_film(Path(file)):
        record, text = facts_of_film(Path(file))
    else:
        record, text = _of_document(Path(file)) if is_pdf(file) else _of_picture(Path(file))
    answer(json.dumps(record) if as_json else text)


def _is_model(word: str) -> bool:
    """Whether a word means a model: by its name, or by the ending of its file."""
    from ...inference.classical import listed
    from ...inference.classical.painting import named
    from ...inference.zoo import DEFAULT, names

    known = word in (DEFAULT, *names()) or listed(word) or named(word)
    return known or word.endswith((".onnx", ".safetensors"))


def _of_model(word: str) -> tuple[Mapping[str, Any], str]:
    """The record and the text of what a word means."""
    from ...inference.classical import listed
    from ...inference.classical.painting import named
    from ...inference.zoo import DEFAULT, names

    if word == DEFAULT or named(word):
        return _of_many(word)
    return _of_filter(word) if listed(word) and word not in names() else _of_file(word)


def _of_chain(name: str, words: Sequence[str]) -> tuple[Mapping[str, Any], str]:
    """The record and the text of models one after another: those of each, in their order."""
    from ...inference.zoo import load

    chain = load(name)
    each = [_of_model(word) for word in words]
    record = {
        "name": name,
        "contract": chain.contract.to_dict(),
        "card": chain.card,
        "models": [one for one, _ in each],
    }
    return record, "\n\n".join([f"{name}: one after another", *(text for _, text in each)])


def _of_many(name: str) -> tuple[Mapping[str, Any], str]:
    """The record and the text of what is made of models, and has no file of its own."""
    from ...inference.zoo import load
    from ...report.cards import row, unsaid

    made = load(name)
    record = {"name": name, "contract": made.contract.to_dict(), "card": made.card}
    lines = [f"{name}: {made.card['task']}"]
    lines += [
        row("dial", f"{dial.name} {dial.low:g}..{dial.high:g}, {unsaid(dial)} ({dial.unit})")
        for dial in made.contract.dials
    ]
    known = ("range", "data", "figures", "cost", "fails", "licence")
    lines += [row(word, str(made.card[word])) for word in known if made.card.get(word)]
    return record, "\n".join(lines)


def _of_filter(words: str) -> tuple[Mapping[str, Any], str]:
    """The record and the text of a filter, with its arguments."""
    from ...inference.classical import cards

    return cards.record(words), cards.describe(words)


def _of_file(name: str) -> tuple[Mapping[str, Any], str]:
    """The record and the text of a shipped model, a model file, or weights for training."""
    from ...report.cards import describe, record

    if name.endswith(".safetensors"):
        training_wing()
        from ...training.networks.restorer import Restorer

        path = Path(name)
        restorer = Restorer.load(path)
        contract = restorer.contract
        card = restorer.card
        dials = contract.dials
    else:
        from ...inference.model import Model
        from ...inference.zoo import find, load

        path = find(name)
        model = Model(path)
        contract = model.contract
        card = model.card
        dials = load(name).contract.dials
    return record(path, contract, card), describe(path, contract, card, dials=dials, whole=True)


def _of_document(path: Path) -> tuple[Mapping[str, Any], str]:
    """The record and the text of a PDF."""
    from ...images import toned
    from ...inference.pages import listed
    from ...inference.pdf import facts as of_pdf
    from ...inference.several.automatic import choose
    from ...pipeline import Look
    from ...report.pictures import seen_in

    found = of_pdf.facts_of_pdf(path)
    seen: list[dict[str, Any]] = []
    pages_of: dict[str, list[int]] = {}
    for pages, picture in of_pdf.looked_into(path):
        if isinstance(picture, InputError):
            continue
        look = Look(toned(picture))
        record, text = seen_in(look, choose(look))
        seen.append({"pages": pages, **record})
        pages_of.setdefault(text["restore"], []).extend(pages)
    lines = [of_pdf.as_lines(found)]
    count = len(found.get("pictures", ()))
    if len(seen) < count:
        lines.append(f"{'looked at':<16} {len(seen)} of {count} pictures")
    for words, pages in pages_of.items():
        lines.append(f"{'restore':<16} {listed(pages, found['pages'])}: {words}")
    return {**found, "look": seen}, "\n".join(lines)


def _of_picture(path: Path) -> tuple[Mapping[str, Any], str]:
    """The record and the text of a picture: its facts, what it shows, and what restores it."""
    from ...images import facts, frames, toned
    from ...inference.several.automatic import choose_for
    from ...pipeline import Look
    from ...report.pictures import about, refused

    found = facts(path)
    try:
        header, pictures = frames(path)
        picture = next(pictures)
    except InputError as error:
        return refused(found, error)
    look = Look(toned(picture))
    return about(found, header, picture, look, choose_for(picture, look))


def _folder(folder: Path, as_json: bool) -> None:
    """A line for each picture of a folder. Ends with 3 where some are none that can be read."""
    from ...images import FORMATS, facts
    from ...inference.targets import passed_over, pictures_in
    from ...report.pictures import in_a_line

    failed, formats = 0, Counter[str]()
    for path in pictures_in(folder):
        try:
            found = facts(path)
        except InputError as error:
            failed += 1
            record = {"file": str(path), "error": {"code": error.code, "message": str(error)}}
            answer(json.dumps(record) if as_json else str(error))
            continue
        formats[found["format"]] += 1
        answer(json.dumps(found) if as_json else in_a_line(found))
    if not as_json:
        counted = [f"{count} {FORMATS[name].title}" for name, count in formats.most_common()]
        others = [f"{count} {ending}" for ending, count in passed_over([folder], False).items()]
        words = ", ".join(counted) or "no pictures"
        words += f"; not read: {', '.join(others)}" if others else ""
        answer(f"{folder}: {words}" + (f"; {failed} cannot be read" if failed else ""))
    if failed:
        raise typer.Exit(InputError.exit_status)
