"""`burnish verify`: whether every way through a model gives what training's forward gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ...errors import ModelDiffers
from ...ground.files import prepare_folder
from ..app import app, say
from ..opening import as_file, training_wing
from ..options import AsJson, Model
from .demo import EXAMPLE

Pictures = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="PICTURE...",
        show_default=False,
        help="Pictures, or folders of them; without, a photograph that ships.",
    ),
]
Backend = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        show_default=False,
        help="openvino, onnxruntime, ncnn, torch; all: every one that is installed.",
    ),
]
Against = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", show_default=False, help="The weights (.safetensors), if not beside it."
    ),
]
Crops = Annotated[int, typer.Option(min=1, max=64, metavar="N", help="Crops that go through.")]
Seed = Annotated[int, typer.Option(min=0, metavar="N", help="Of how they are cut and spoiled.")]
Maps = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        metavar="FOLDER",
        show_default=False,
        help="Heat maps of what differs.",
    ),
]


@app.command(short_help="Whether every way to run a model gives what it learned.")
def verify(
    model: Model,
    pictures: Pictures = None,
    backend: Backend = None,
    against: Against = None,
    crops: Crops = 4,
    seed: Seed = 0,
    output: Maps = None,
    as_json: AsJson = False,
) -> None:
    """burnish verify photo holiday/ --backend all -o differences/

    Feeds a model what the training loader would, by every backend, size, tile and kind of file, and
    holds what comes out against training's forward. Exit status 3 where something differs.
    """
    training_wing()
    from importlib import resources

    from ...inference.zoo import find
    from ...study.agreement.show import draw, line, record, summed
    from ...study.agreement.verify import verify as ways

    if output is not None:
        prepare_folder(output / "any.png")
    path = find(as_file(model))
    weights = Path(model) if against is None and model.endswith(".safetensors") else against
    chosen = pictures or [Path(str(resources.files(__package__) / EXAMPLE))]
    outcomes = []
    for outcome in ways(
        path, chosen, weights=weights, backend=backend, crops=crops, seed=seed, say=say
    ):
        outcomes.append(outcome)
        print(json.dumps(record(outcome)) if as_json else line(outcome), flush=True)
    said = summed(model, outcomes)
    if all(outcome.agrees for outcome in outcomes):
        say(said)
        return
    if output is not None:
        for sheet in draw(outcomes, output):
            say(str(sheet))
    raise ModelDiffers(said)
