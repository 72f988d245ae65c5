"""Models by the words that name them on the command line: a shipped one, a model file, or what
training made, which is exported first.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import MissingExtra, ModelMissing

if TYPE_CHECKING:
    from ..inference.model import Model


def open_model(name: str) -> Model:
    """The model of a name or path.

    A .safetensors file is exported first, and the result kept in the cache.
    """
    from ..inference.zoo import load

    return load(str(_exported(Path(name))) if name.endswith(".safetensors") else name)


def _exported(path: Path) -> Path:
    import hashlib
    import tempfile
    from contextlib import suppress

    import platformdirs

    if not path.is_file():
        raise ModelMissing(f"{path}: no such model file")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    kept = platformdirs.user_cache_path("burnish") / "models" / f"{digest[:32]}.onnx"
    if not kept.is_file():
        training_wing()
        from ..study.trained.verify import export_verified

        with suppress(OSError):
            kept.parent.mkdir(parents=True, exist_ok=True)
        if not os.access(kept.parent, os.W_OK):  # it is exported again each time, then
            kept = Path(tempfile.mkdtemp(prefix="burnish-")) / kept.name
        export_verified(path, kept)
    return kept


def as_file(words: str) -> str:
    """The words of a row, with every .safetensors file in them exported."""
    parts = [words] if Path(words).is_file() else words.split("+")  # a folder's name may hold a +
    return "+".join(
        str(_exported(Path(part))) if part.endswith(".safetensors") else part for part in parts
    )


def training_wing() -> None:
    """MissingExtra, in a sentence, where PyTorch and what comes with it are not installed."""
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
