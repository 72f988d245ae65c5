"""The models that ship, and how a name or a path becomes a Model.

What ships is what stands in `burnish/weights`, and the filters, which have no file.
"""

from __future__ import annotations

from pathlib import Path

from ..errors import ModelMissing
from ..ground.tables import hint
from .classical import FILTERS, listed, make
from .model import Model

DEFAULT = "photo"


def folder() -> Path:
    """The folder where the shipped model files lie."""
    return Path(__file__).resolve().parents[1] / "weights"


def names() -> list[str]:
    """The names of the shipped models that are files, the default one first."""
    found = sorted(path.stem for path in folder().glob("*.onnx"))
    return sorted(found, key=lambda name: name != DEFAULT)


def find(name: str) -> Path:
    """The model file of a shipped name, or at a path. ModelMissing, with the choices, for none."""
    if name in names():
        return folder() / f"{name}.onnx"
    path = Path(name)
    if path.suffix == ".onnx" and path.is_file():
        return path
    if path.suffix == ".safetensors":
        raise ModelMissing(
            f"{name}: holds weights for training; `burnish export {name} -o {path.stem}.onnx` "
            "makes a model file of them"
        )
    if path.suffix == ".onnx":
        raise ModelMissing(f"{name}: no such model file")
    if listed(name):
        raise ModelMissing(f"{name} is a filter, which has no model file")
    choices = (
        f"{', '.join(names()) or 'none'}; the filters {', '.join(FILTERS)}; or the path "
        "of an .onnx or .safetensors file"
    )
    near = hint(name, [*names(), *FILTERS])
    the = "The" if near else "the"
    raise ModelMissing(f"there is no model {name!r}; {near}{the} choices: {choices}")


def load(name: str | Path = DEFAULT) -> Model:
    """Loads a model, as in `model = burnish.load("photo")`, to call as `model(image, noise=25)`.

    name: that of a shipped model; that of a filter, with arguments as in "lanczos:scale=4"; or the
    path of an .onnx file. Raises ModelMissing, ModelCorrupt, ModelMismatch, UnsafeModel, and
    UsageError for arguments that a filter does not take.
    """
    name = str(name)
    return Model(make(name) if listed(name) and name not in names() else find(name))
