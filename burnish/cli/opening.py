"""Models by the words that name them on the command line.

A word names a shipped model, a model file, or what training made, which is exported first.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import MissingExtra, ModelMissing
from .starting import one_thread_for_algebra, starting
from .words import precision_of, where

if TYPE_CHECKING:
    from ..inference.model import Model


def open_model(name: str) -> Model:
    """Opens the model of a name or path.

    A .safetensors file is exported first, and the result is kept in the user's cache.
    """
    from ..inference.zoo import load

    return load(as_file(name))


def begin_opening(inputs: Sequence[Path], said: Mapping[str, Any]) -> None:
    """Begins to open what ships of the model's words, where one picture is all that is to be done:
    half of the time of a small one is what is imported meanwhile.

    said: the options of `burnish restore`. To be called before numpy is imported.
    """
    one_thread_for_algebra()
    done = said["output"] is not None and os.path.isfile(said["output"])
    elsewhere = any(said[name] for name in ("archive", "in_place", "dry_run", "mask_in"))
    if len(inputs) != 1 or not inputs[0].is_file() or elsewhere or (done and not said["overwrite"]):
        return
    with starting():
        from ..inference.backends.files import begin

        precision = precision_of(said["precision"], said["fp32"])
        device = where(said["backend"], said["device"])
        begin(said["model"], device=device, threads=said["threads"], precision=precision)


def _exported(path: Path) -> Path:
    """The model file made of trained weights, from the cache where it is there already."""
    import hashlib
    import tempfile
    from contextlib import suppress

    from ..ground.files import cache_folder

    if not path.is_file():
        raise ModelMissing(f"{path}: no such model file")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    kept = cache_folder() / "models" / f"{digest[:32]}.onnx"
    if not kept.is_file():
        training_wing()
        from ..study.trained.verify import export_verified

        with suppress(OSError):
            kept.parent.mkdir(parents=True, exist_ok=True)
        if not os.access(kept.parent, os.W_OK):
            # Without a cache it is exported again each time.
            kept = Path(tempfile.mkdtemp(prefix="burnish-")) / kept.name
        export_verified(path, kept)
    return kept


def as_file(words: str) -> str:
    """The words of a row, with every .safetensors file in them exported."""
    # The name of a folder may hold a +.
    parts = [words] if Path(words).is_file() else words.split("+")
    files = [str(_exported(Path(p))) if p.endswith(".safetensors") else p for p in parts]
    return "+".join(files)


def training_wing() -> None:
    """Raises MissingExtra where PyTorch, or what comes with it, is not installed."""
    import importlib.util

    missing = [
        name
        for name in ("torch", "safetensors", "onnx", "onnxscript", "accelerate", "yaml")
        if importlib.util.find_spec(name) is None
    ]
    if missing:
        raise MissingExtra(
            f"this needs the training wing, and {', '.join(missing)} is not installed; pip "
            "install 'burnish[train]' brings it"
        )
