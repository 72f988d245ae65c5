"""restore(): a picture, as a path or an array, through a model, in one call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import images
from ..contract import Array
from .job import prepare_folder
from .maps import Setting
from .model import Model
from .zoo import DEFAULT, load


def restore(
    source: str | Path | NDArray[Any],
    target: str | Path | None = None,
    *,
    model: str | Model = DEFAULT,
    strength: float | Array = 1.0,
    tile: int | None = None,
    **dials: Setting,
) -> NDArray[Any]:
    """The restored picture as an array; with `target`, written there too, with the source's depth, alpha and metadata.

    source: a file, or an array as `Model.__call__` takes them. An array gives one of its own type and layout; a file gives float32 [H, W, C], without alpha.
    model: a shipped name, the path of an .onnx file, or a Model that was loaded once for many pictures. strength: 0 (the input) to 1,
    or a map of it, [H, W].
    dials: each in its own unit, such as noise=25 (sigma in 8-bit steps); one that is not given, or is "auto", is estimated where that is possible; where the
    model's contract says "pixel", a map [H, W] in the dial's unit or the path of one ("map.png": black is the low end of the dial, white the high one).
    Raises kinds of BurnishError: InputError for a file that cannot be read, DialError, ModelError, OutputError.
    """
    model = load(model) if isinstance(model, str) else model
    if isinstance(source, np.ndarray):
        result = model(source, strength=strength, tile=tile, **dials)
        if target is not None:
            images.write(Path(target), images.from_array(result))
        return result
    picture = images.read(Path(source))
    if target is not None:
        images.check_format(picture, Path(target))
        prepare_folder(Path(target))
    restored, _ = model.through(picture, dials, strength, tile=tile)
    if target is not None:
        images.write(Path(target), restored)
    return np.ascontiguousarray(restored.pixels[0].transpose(1, 2, 0))
