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
from .maps import Setting
from .model import Model, given
from .zoo import DEFAULT, load


def restore(
    source: str | Path | NDArray[Any],
    target: str | Path | None = None,
    *,
    model: str | Path | Model = DEFAULT,
    strength: float | Array = 1.0,
    tile: int | None = None,
    max_megapixels: float | None = images.MAX_MEGAPIXELS,
    **dials: Setting | None,
) -> NDArray[Any]:
    """The restored picture as an array; with `target`, written there too, with the source's depth,
    alpha and metadata.

    source: a file, or an array as `Model.__call__` takes them. An array gives one of its own type
    and layout; a file gives float32 [H, W, C], without alpha, turned as the picture is to be looked
    at. Maps for a file stand upright as well. model: a shipped name, the path of an .onnx file, or
    a Model that was loaded once for many pictures. strength: 0 (the input) to 1, or a map of it,
    [H, W]. max_megapixels: of a file, maps too; larger ones are refused, None lifts the limit.
    dials: each in its own unit, such as noise=25 (sigma in 8-bit steps); one that is not given,
    None or "auto" is estimated where that is possible; where the model's contract says "pixel", a
    map [H, W] in the dial's unit or the path of one ("map.png": black is the low end of the dial,
    white the high one). What a format does not keep is said as a warning. Raises kinds of
    BurnishError: UsageError where the result would replace the source, InputError for a file that
    cannot be read, DialError, ModelError, OutputError.
    """
    model = model if isinstance(model, Model) else load(model)
    out = None if target is None else Path(target)
    if isinstance(source, np.ndarray):
        notes = [] if out is None else _ready(images.from_array(_writable(source)), out, model)
        result = model(source, strength=strength, tile=tile, **dials)
        if out is not None:
            _warn([*notes, *images.write(out, images.from_array(_writable(result)))])
        return result
    if out is not None and replaces(out, places(Path(source))):
        raise UsageError(f"{target}: the result would replace its input; choose another name")
    picture = images.read(Path(source), max_megapixels=max_megapixels)
    notes = [] if out is None else [*picture.notes, *_ready(picture, out, model)]
    settings = {name: _as_stored(value, picture) for name, value in given(dials).items()}
    restored, _ = model.through(
        picture, settings, _as_stored(strength, picture), tile=tile, max_megapixels=max_megapixels
    )
    if out is not None:
        _warn([f"{source}: {note}" for note in [*notes, *images.write(out, restored)]])
    return np.ascontiguousarray(images.upright(restored).pixels[0].transpose(1, 2, 0))


def _warn(notes: Iterable[str]) -> None:
    for note in dict.fromkeys(notes):
        warnings.warn(note, stacklevel=3)


def _as_stored(value: Any, picture: Picture) -> Any:
    """A map [H, W] as the picture's pixels lie in its file; anything else as it is."""
    return (
        np.ascontiguousarray(images.stored(value, picture))
        if isinstance(value, np.ndarray) and value.ndim == 2
        else value
    )


def _ready(picture: Picture, target: Path, model: Model) -> list[str]:
    """What can be said before the work: sentences on what the target's format will not keep;
    FormatLimit, OutputError.
    """
    notes = images.check_format(picture, target, model.contract.scale)
    prepare_folder(target)
    return notes


def _writable(image: NDArray[Any]) -> NDArray[Any]:
    """An array as picture files know them: without float64."""
    return image.astype(np.float32) if image.dtype == np.float64 else image
