"""restore(): a picture, as a path or an array, through a model, in one call."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import images
from ..contract import Array
from ..errors import UsageError
from ..ground.files import places, prepare_folder, replaces
from ..images import Picture
from ..pipeline import Word, ask
from .arrays import as_array, as_picture
from .model import Model
from .zoo import DEFAULT, load


def restore(
    source: str | Path | NDArray[Any],
    target: str | Path | None = None,
    *,
    model: str | Path | Model = DEFAULT,
    strength: float | Array = 1.0,
    tile: int | None = None,
    max_megapixels: float | None = images.MAX_MEGAPIXELS,
    **dials: Word,
) -> NDArray[Any]:
    """Restores a picture, and returns it as an array.

    source: the path of a file, or an array as `Model.__call__` takes them. An array gives one of
    its own type and layout. A file gives float32 [H, W, C], without alpha, turned as the picture is
    to be looked at; maps for it stand upright as well.
    target: a path where the result is written, too, with the source's depth, alpha and metadata.
    What its format does not keep is said as a warning.
    model: a shipped name; "auto", which chooses by the picture; the path of an .onnx file; or a
    Model that was loaded once for many pictures.
    strength: 0 (the input) to 1 (the full effect), or a map [H, W] of it.
    tile: None plans tiles from free memory, 0 is none, N is the size of a tile in pixels.
    max_megapixels: larger files, maps too, are refused; None lifts the limit.
    dials: each in its own unit, such as noise=25 (sigma in 8-bit steps). One that is not given,
    None or "auto" is estimated where that is possible. Where the model's contract says "pixel", it
    may be a map [H, W] in the dial's unit, or the path of one ("map.png": black is the low end of
    the dial, white the high one).

    Raises kinds of BurnishError: UsageError where the result would replace the source, InputError
    for a file that cannot be read, DialError, ModelError, OutputError.
    """
    model = model if isinstance(model, Model) else load(model)
    out = None if target is None else Path(target)
    array = source if isinstance(source, np.ndarray) else None

    # What is there, and what is asked of it.
    if array is not None:
        picture = as_picture(array)
        asked = ask(model.contract, dials, strength)
    else:
        path = Path(str(source))
        if out is not None and replaces(out, places(path)):
            raise UsageError(f"{target}: the result would replace its input; choose another name")
        picture = images.read(path, max_megapixels=max_megapixels)
        stored = {name: _as_stored(word, picture) for name, word in dials.items()}
        asked = ask(model.contract, stored, _as_stored(strength, picture))
    # What stands against the result is said before the work is done, not after it.
    if out is not None:
        images.check_format(picture, out, model.contract.scale)
        prepare_folder(out)

    restored = model.restore(picture, asked, tile=tile, max_megapixels=max_megapixels)

    # The result, as a file and as an array.
    if out is not None:
        notes = (*picture.notes, *picture.lost, *images.write(out, restored.picture))
        _warn(notes if array is not None else [f"{source}: {note}" for note in notes])
    if array is not None:
        return as_array(restored, array)
    upright = images.upright(restored.picture)
    return np.ascontiguousarray(upright.pixels[0].transpose(1, 2, 0))


def _warn(notes: Iterable[str]) -> None:
    """Says the notes as warnings of the line that called `restore`."""
    for note in notes:
        warnings.warn(note, stacklevel=3)


def _as_stored(value: Any, picture: Picture) -> Any:
    """A map [H, W] as the picture's pixels lie in its file; anything else as it is."""
    if isinstance(value, np.ndarray) and value.ndim == 2:
        return np.ascontiguousarray(images.stored(value, picture))
    return value
