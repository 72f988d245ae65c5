"""The models that ship, and how a name or a path becomes a model file. What ships is what stands in `burnish/weights`."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from ..errors import ModelMissing
from .model import Model

DEFAULT = "photo"


def folder() -> Path:
    """Where the shipped model files lie."""
    return Path(str(resources.files("burnish") / "weights"))


def names() -> list[str]:
    """The shipped models, the default one first."""
    found = sorted(path.stem for path in folder().glob("*.onnx"))
    return sorted(found, key=lambda name: name != DEFAULT)


def find(name: str) -> Path:
    """The model file of a shipped name, or at a path; ModelMissing with the choices."""
    if name in names():
        return folder() / f"{name}.onnx"
    path = Path(name)
    if path.suffix == ".onnx" and path.is_file():
        return path
    if path.suffix == ".onnx":
        raise ModelMissing(f"{name}: no such model file")
    raise ModelMissing(f"there is no model {name!r}; the choices: {', '.join(names()) or 'none'}, or the path of an .onnx or .safetensors file")


def load(name: str = DEFAULT) -> Model:
    """The model of a shipped name, or of a path to an .onnx file.

    `model = burnish.load("photo")`, then `model(image, noise=25)`. Raises ModelMissing, ModelCorrupt, ModelMismatch, UnsafeModel.
    """
    return Model(find(name))
