"""What a command of pictures is to do, by its words: the same words, and the same job."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from .archiving import Meant
from .masks import Masks
from .starting import starting
from .words import asked_of, parse_pages, parse_tile, precision_of, where

if TYPE_CHECKING:
    from ..inference.job import Job
    from ..inference.model import Model


def painting(model: str, paintings: Sequence[str]) -> str:
    """The model's word with the paintings of --style, if there are any: they are those of style-any
    in it, which is what paints where nothing is named. UsageError where another model is.
    """
    if not paintings:
        return model
    from ..errors import UsageError
    from ..inference.classical.painting import NAME, after
    from ..inference.zoo import DEFAULT

    steps = [NAME] if model == DEFAULT else model.split("+")
    if NAME not in steps:
        raise UsageError(f"--style: is for {NAME}, and -m {model} does not paint; leave -m out")
    return "+".join(after(steps, paintings))


def meant_by(
    model: Model, pairs: Sequence[tuple[str, str]], masks: Masks, context: typer.Context
) -> Meant:
    """What is to be restored, and with what."""
    said = context.params
    return Meant(
        pairs,
        _job(model, masks, context),
        said["model"],
        model,
        where(said["backend"], said["device"]),
        said["threads"],
        precision_of(said["precision"], said["fp32"]),
        said["format"],
        said["suffix"],
    )


def _job(model: Model, masks: Masks, context: typer.Context) -> Job:
    """What is to be done with every picture, without the picture."""
    with starting():
        from ..inference.job import Job
        from ..pipeline import size_of

    said = context.params
    how_much = said["strength"], said["strength_map"]
    asked = asked_of(model.contract, said["dial"], *how_much, not said["no_icc"])
    return Job(
        "",
        "",
        asked=masks.asked(asked),
        size=size_of(said["to"]),
        tile=parse_tile(said["tile"]),
        quality=said["quality"],
        sampling=None if said["sampling"] is None else said["sampling"].value,
        strict=said["strict"],
        pages=parse_pages(said["pages"]),
        each=said["alone"],
        salvage=said["salvage"],
        overwrite=said["overwrite"],
        max_megapixels=said["max_megapixels"] or None,
    )
