"""The whole state of a run in one file.

It is plain tensors and numbers, written whole, and read without running code.
"""

from __future__ import annotations

import io
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ...errors import RecipeError, TrainingError
from ...ground.files import atomic_write
from ..recipe.fixed import as_begun, fixed
from ..recipe.recipe import Recipe
from ..recipe.renamed import new_place
from ..step.setup import Setup

FORMAT = 1


def snapshot(setup: Setup) -> dict[str, Any]:
    """What learns, the weights' average, the optimizer and the random states, in main memory."""
    return {
        "net": _copied(setup.restorer.state_dict()),
        "ema": _copied(setup.ema.state_dict()),
        "critics": _copied(setup.critics.state_dict()),
        "optimizer": _copied(setup.optimizer.state_dict()),
        "random": {
            "torch": torch.get_rng_state(),
            "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
            "python": random.getstate(),
        },
    }


def restore(kept: dict[str, Any], setup: Setup, *, rewind: bool = True) -> None:
    """The inverse of `snapshot`. Without `rewind` the random states go on from where they are."""
    setup.restorer.load_state_dict(kept["net"])
    setup.ema.load_state_dict(kept["ema"])
    setup.critics.load_state_dict(kept["critics"])
    # A copy, since the optimizer keeps and changes the very tensors that it is given.
    setup.optimizer.load_state_dict(_copied(kept["optimizer"]))
    if rewind:
        torch.set_rng_state(kept["random"]["torch"])
        if len(kept["random"]["cuda"]) == torch.cuda.device_count():
            torch.cuda.set_rng_state_all(kept["random"]["cuda"])
        random.setstate(kept["random"]["python"])


def finite(*modules: nn.Module) -> bool:
    """True where every weight and every running statistic is a number."""
    return all(
        bool(torch.isfinite(value).all())
        for module in modules
        for value in module.state_dict().values()
    )


def write(
    path: Path, recipe: Recipe, pictures: str, progress: dict[str, Any], kept: dict[str, Any]
) -> None:
    """Whole or not at all; what was there before stays until then.

    OutputError where the disk is full.
    """
    buffer = io.BytesIO()
    torch.save(
        {
            "format": FORMAT,
            "recipe": fixed(recipe),
            "pictures": pictures,
            "progress": progress,
            **kept,
        },
        buffer,
    )
    atomic_write(path, buffer.getvalue())


@dataclass(frozen=True)
class Checkpoint:
    """The contents of a file of a run's state."""

    #: where the run stood, as plain values
    progress: dict[str, Any]
    #: weights, average, critics, optimizer and random states, as `snapshot` gives them
    state: dict[str, Any]
    #: the fingerprint of the pictures
    pictures: str


def read(path: Path, recipe: Recipe) -> Checkpoint:
    """The checkpoint in a file.

    TrainingError for a file that cannot be read; RecipeError for a recipe that changed.
    """
    try:
        record = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # damaged bytes make the reader stumble in a dozen ways
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise TrainingError(
            f"{path}: not a whole checkpoint ({reason}); remove it, or train with --fresh, to "
            "begin again"
        ) from error
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise TrainingError(
            f"{path}: not a checkpoint that this version of Burnish reads; remove it, or train "
            "with --fresh, to begin again"
        )
    now = fixed(recipe)
    stored = {new_place(name): value for name, value in record["recipe"].items()}
    before = as_begun(stored, now)
    if change := _difference(before, now):
        raise RecipeError(
            f"{path}: {change} since this run began, so it cannot go on; "
            f"{_ways_on(path.with_name(f'{recipe.name}.safetensors'))}"
        )
    state = {part: record[part] for part in ("net", "ema", "optimizer", "random")}
    state["critics"] = record.get("critics", {})  # runs begun before there were any have none
    return Checkpoint(record["progress"], state, record["pictures"])


def same_pictures(path: Path, weights: Path, before: str, now: str) -> None:
    """RecipeError where the pictures are not those that the stage began with.

    They are told by their fingerprints. `weights` is the file of the averaged weights, for what is
    said.
    """
    if before != now:
        raise RecipeError(
            f"{path}: the training pictures are not those that this run began with; "
            f"{_ways_on(weights)}"
        )


def _ways_on(weights: Path) -> str:
    """The ways to go on where a run cannot."""
    start = f", and start={weights} begins it with these weights" if weights.exists() else ""
    return f"--fresh begins again; another --out keeps both{start}"


def _difference(before: dict[str, Any], now: dict[str, Any]) -> str | None:
    for name in [*now, *before]:
        if before.get(name) != now.get(name):
            return f"{name} changed from {before.get(name)!r} to {now.get(name)!r}"
    return None


def _copied(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.detach().to("cpu", copy=True)
    if isinstance(value, dict):
        return {name: _copied(inner) for name, inner in value.items()}
    return [_copied(inner) for inner in value] if isinstance(value, list) else value
