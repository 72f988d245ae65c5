"""One point of a sweep with one seed, in a process of its own: trained, exported, measured.

What it may break, it breaks here alone.

`python -m burnish.study.sweep.point FOLDER`, where FOLDER/order.json says what to do; what became
of it stands in FOLDER/result.json.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ...contract import Contract
from ...errors import BurnishError, RecipeError
from ...ground.channels import to_channels
from ...ground.files import atomic_write
from ...ground.process import end_with_parent
from ...images import Picture
from ...pipeline import Asked
from ...report.curves import CURVES, read_lines
from ...training.loop.lock import lock
from ...training.loop.train import train
from ...training.networks.cost import multiply_adds, parameters
from ...training.networks.restorer import Restorer
from ...training.recipe.file import from_record
from ...training.recipe.resolve import resolve
from ...training.recipe.stage import Stage
from ...training.step.feed import held_out
from ...training.step.initial import initial_network
from ...training.validation.samples import Sample, samples
from ...training.validation.validate import Held, centre_crops, marked, tables
from ..contact import corner, piece_of
from ..measures import measures
from ..results import Entry, entry_of, figures_of, to_record
from ..rows import Row, open_row
from ..trained.verify import export_verified
from .plan import Limits, Sweep

#: what a point's process is told
ORDER = "order.json"
#: what became of it
RESULT = "result.json"
#: folder of the pieces of pictures that the sheet shows
CROPS = "crops"
#: folder of the training
RUN = "run"


def main(folder: Path) -> None:
    """Does what the order says, and leaves result.json, whatever became of it.

    Only a process that was stopped leaves none.
    """
    end_with_parent()
    # a process that was left over from a sweep that was killed is waited for
    with lock(folder, patience=None):
        order = json.loads((folder / ORDER).read_text(encoding="utf-8"))
        try:
            entry = _trained(folder, order) if order["row"] is None else _given(folder, order)
        # torch says by a RuntimeError that there is no memory
        except (BurnishError, MemoryError, RuntimeError) as error:
            text = str(error).splitlines()[0] if str(error) else type(error).__name__
            entry = Entry(order["name"], order["labels"], order["seed"], failed=text)
        keep(folder, order, entry)


def keep(folder: Path, order: Mapping[str, Any], entry: Entry) -> None:
    """Writes the result, with the order that it answers."""
    atomic_write(
        folder / RESULT, json.dumps({"order": order, "entry": to_record(entry)}, indent=1).encode()
    )


def result_in(folder: Path) -> Entry | None:
    """Returns what stands in a point's folder, or None where nothing whole does."""
    try:
        return entry_of(json.loads((folder / RESULT).read_text(encoding="utf-8"))["entry"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _trained(folder: Path, order: Mapping[str, Any]) -> Entry:
    recipe = from_record(order["recipe"])
    last = resolve(recipe)[-1]  # which is what is measured
    entry = Entry(order["name"], order["labels"], order["seed"])
    restorer = initial_network(last)
    cost = {"parameters": float(parameters(restorer)), "multiply_adds": multiply_adds(restorer)}
    excess = _excess(restorer, cost, Limits(**order["limits"]))
    if excess:
        return replace(entry, cost=cost, left_out=excess)
    weights = train(recipe, folder / RUN)
    model = folder / "model.onnx"
    export_verified(weights, model, trusted=True)
    trained = Restorer.load(weights, trusted=True)
    training = trained.card["training"]
    cost |= {
        # What was pruned has less than it began with.
        "parameters": float(parameters(trained)),
        "multiply_adds": multiply_adds(trained),
        "megabytes": model.stat().st_size / 1e6,
        "steps": float(training["steps"]),
        "hours": float(training["hours"]),
    }
    return _measured(
        folder,
        order,
        last,
        restorer.contract,
        open_row(str(model), device="cpu"),
        replace(entry, cost=cost, curve=curve_of(folder / RUN)),
    )


def _given(folder: Path, order: Mapping[str, Any]) -> Entry:
    """A model that is not trained here."""
    row = open_row(order["row"], device="cpu")
    last = resolve(from_record(order["recipe"]))[-1]
    return _measured(
        folder,
        order,
        last,
        initial_network(last).contract,
        row,
        Entry(order["name"], order["labels"], cost=row.cost),
    )


def _measured(
    folder: Path,
    order: Mapping[str, Any],
    stage: Stage,
    contract: Contract,
    row: Row,
    entry: Entry,
) -> Entry:
    """stage: the last one; contract: of what it trains, which the held out pictures are cut
    for.
    """
    others = held_out(stage, contract, lambda text: print(text, file=sys.stderr))
    if others is None:
        raise RecipeError(
            "data: nothing is left out to measure on; name data.hold_out, data.leave_out or "
            "validation.folders"
        )
    data = stage.data
    held = centre_crops(others, stage.validation.crop, contract.scale, data.raw, data.tones)
    if contract.gives == "mask":
        held = marked(held, stage.validation)
    metrics = measures(order["metrics"], order["artefacts"], **(order["features"] or {}))
    found = figures_of(tables(row, stage.validation, held, metrics))
    seconds = found.pop("seconds")
    _keep_crops(
        folder / CROPS,
        order["sheet"],
        samples(row, stage.validation, held, shown(order["sheet"], held)),
    )
    return replace(entry, **found, cost={**entry.cost, "seconds": seconds})


def shown(sheet: Mapping[str, Any], held: Sequence[Held]) -> list[str]:
    """Returns the names of the pictures on the sheet.

    Raises RecipeError for one that is not held out.
    """
    names = [one.name for one in held]
    for name in sheet["pictures"]:
        if name not in names:
            raise RecipeError(
                f"sheet.pictures: {name} is none of the validation pictures; they are "
                f"{', '.join(names[:10])}{' ...' if len(names) > 10 else ''}"
            )
    return list(sheet["pictures"]) or names[:3]


def _keep_crops(folder: Path, sheet: Mapping[str, Any], found: Sequence[Sample]) -> None:
    """The piece of each picture that the sheet shows: restored, and beside it spoiled and clean."""
    folder.mkdir(exist_ok=True)
    first = {sample.name: sample for sample in reversed(found)}
    for i, sample in enumerate(reversed(first.values())):
        clean = to_channels(sample.clean, sample.restored.shape[1])
        place = corner(clean, sheet["crop"], sheet["corner"].get(sample.name))
        smaller = clean.shape[-1] // sample.spoiled.shape[-1]
        for kind, picture, times in (
            ("restored", sample.restored, 1),
            ("clean", clean, 1),
            ("spoiled", sample.spoiled, smaller),
        ):
            values = piece_of(picture, *place, times)
            atomic_write(
                folder / f"{i}.{kind}.png",
                partial(_png, values[:, :, 0] if values.shape[2] == 1 else values),
            )
    atomic_write(folder / "names.json", json.dumps(list(reversed(first))).encode())


def _png(values: Any, file: Any) -> None:
    Image.fromarray(values).save(file, "PNG")


def _excess(restorer: Restorer, cost: Mapping[str, float], limits: Limits) -> str | None:
    """What the untrained network costs too much of, in words."""
    if limits.parameters is not None and cost["parameters"] > limits.parameters:
        return (
            f"{cost['parameters'] / 1e6:.2f} M parameters, more than {limits.parameters / 1e6:g} M"
        )
    if limits.megabytes is None and limits.seconds is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        weights, model = Path(folder) / "net.safetensors", Path(folder) / "net.onnx"
        restorer.eval().save(weights, {})
        export_verified(weights, model, trusted=True)
        megabytes = model.stat().st_size / 1e6
        if limits.megabytes is not None and megabytes > limits.megabytes:
            return f"a model file of {megabytes:.1f} MB, more than {limits.megabytes:g} MB"
        if (
            limits.seconds is not None
            and (seconds := _seconds(open_row(str(model), device="cpu"))) > limits.seconds
        ):
            return f"{seconds:.2f} s a megapixel, more than {limits.seconds:g} s"
    return None


def _seconds(row: Row, side: int = 512) -> float:
    """The time for a megapixel of the row's result, the quickest of three."""
    contract = row.contract
    image = np.random.default_rng(0).random((1, contract.channels_in, side, side), dtype=np.float32)
    told = Asked({dial.name: dial.default for dial in contract.dials})
    times = [row.restore(Picture(image), told).seconds for _ in range(3)]
    return min(times) * 1e6 / (side * contract.scale) ** 2


def curve_of(run: Path) -> list[list[float]]:
    """Returns (step, mean of the first table's first figures) at every validation."""
    curve = []
    for line in read_lines(run / CURVES):
        names = [name for name in line if "PSNR[" in name]
        if names:
            values = [line[name] for name in names if line[name] is not None]
            curve.append([float(line["step"]), sum(values) / max(1, len(values))])
    return curve


def order_of(
    name: str,
    labels: Mapping[str, str],
    seed: int | None,
    recipe: Mapping[str, Any],
    sweep: Sweep,
    row: str | None = None,
) -> dict[str, Any]:
    """Returns what a point's process is told, as plain values that can be compared."""
    return {
        "name": name,
        "labels": dict(labels),
        "seed": seed,
        "row": row,
        "recipe": recipe,
        "limits": asdict(sweep.limits),
        "metrics": list(sweep.metrics),
        "features": None if sweep.features is None else asdict(sweep.features),
        "artefacts": list(sweep.artefacts),
        "sheet": {
            "pictures": list(sweep.sheet.pictures),
            "crop": sweep.sheet.crop,
            "corner": {n: list(c) for n, c in sweep.sheet.corner.items()},
        },
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
