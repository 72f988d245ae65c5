"""The models that ship, and how a name or a path becomes a Model.

What ships is what stands in `burnish/weights`, and the filters, which have no file.
"""

from __future__ import annotations

from pathlib import Path

from ..errors import ModelMissing
from ..ground.tables import hint
from .backends.files import folder, names
from .classical import FILTERS, listed, make
from .classical.painting import NAME as STYLE
from .classical.painting import made, named
from .masked import Cleaner, FindingMender, Mender
from .model import Model
from .several import automatic
from .several.automatic import Automatic
from .several.chain import AND, ModelChain
from .several.enlarger import Enlarger
from .several.raw import RawModel, takes_mosaics

__all__ = ["DEFAULT", "FILLER", "filler", "find", "folder", "load", "names"]

#: what is loaded where nothing is named
DEFAULT = automatic.NAME
#: the name of what fills lost places where a model finds them, or a mask marks them
FILLER = "fill"


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
    if listed(name) or named(name):
        raise ModelMissing(f"{name} is a filter, which has no model file")
    if name == DEFAULT:
        raise ModelMissing(
            f"{name} chooses a model for each picture, and has no file of its own; here, name one "
            f"of {', '.join(names())}"
        )
    choices = (
        f"{DEFAULT}, {', '.join([*names(), STYLE])}; the filters {', '.join(FILTERS)}; or the "
        "path of an .onnx or .safetensors file"
    )
    near = hint(name, [DEFAULT, *names(), STYLE, *FILTERS])
    the = "The" if near else "the"
    raise ModelMissing(f"there is no model {name!r}; {near}{the} choices: {choices}")


def load(name: str | Path = DEFAULT) -> Model:
    """Loads a model, as in `model = burnish.load("photo")`, to call as `model(image, noise=25)`.

    name: that of a shipped model; "auto", which looks at each picture and chooses; "raw", for
    cameras' raw files; "style-any:painting.jpg", which paints after it; that of a filter, with
    arguments as in "lanczos:scale=4"; the path of an .onnx file; or several of these with + between
    them, which a picture goes through in turn. Raises ModelMissing, ModelCorrupt, ModelMismatch,
    UnsafeModel, UsageError for arguments that a filter does not take, and InputMissing for a
    painting that is not there.
    """
    name = str(name)
    if name == DEFAULT:
        return Automatic(load)
    if AND in name and not Path(name).is_file():
        words = name.split(AND)
        return ModelChain(words, [load(word) for word in words])
    if named(name):
        return Model(made(name))
    model = Model(make(name) if listed(name) and name not in names() else find(name))
    if takes_mosaics(model.contract):
        return RawModel(model)
    if model.contract.gives == "filling":
        return Mender(model)
    if model.contract.gives == "paper":
        return Cleaner(model)
    if model.contract.gives == "mask":
        return FindingMender(model, filler())
    return Enlarger(find(name)) if model.path and model.contract.scale > 1 else model


def filler() -> Model | None:
    """The network that fills what is lost of a picture; None where none ships."""
    return Model(find(FILLER)) if FILLER in names() else None
