"""restore(): a picture, as a path or an array, through a model, in one call."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import images
from ..contract import Array
from ..errors import UsageError
from ..ground.files import places, prepare_folder, replaces
from ..images import Picture
from ..pipeline import Asked, Restored, Word, ask, size_of
from .arrays import as_array, as_picture
from .job import Job, pictures_of, run_job
from .model import Model
from .pages import Pages
from .pdf import is_pdf
from .zoo import DEFAULT, load


def restore(
    source: str | Path | NDArray[Any],
    target: str | Path | None = None,
    *,
    model: str | Path | Model = DEFAULT,
    strength: float | Array = 1.0,
    tile: int | None = None,
    max_megapixels: float | None = images.MAX_MEGAPIXELS,
    pages: int | str | None = None,
    salvage: bool = False,
    to: float | str | None = None,
    **dials: Word,
) -> NDArray[Any] | Any:
    """Restores a picture, or those of one file, and returns it as an array.

    source: the path of a file, or an array as `Model.__call__` takes them, which gives one of its
    own type and layout. A file gives float32 [H, W, C], upright and without alpha, in 0 to 1 where
    it holds whole numbers; maps for it stand upright as well. Several pictures of one size in it
    give [N, H, W, C], restored with one setting of each dial.
    target: where the result is written, too, with the source's depth, alpha and metadata; what its
    format does not keep is said as a warning. A PDF, which no array is, needs it and gives None.
    model: a shipped name; "auto", which chooses by the picture; the path of an .onnx file; or a
    Model that was loaded once for many pictures.
    strength: 0 (the input) to 1 (the full effect), or a map [H, W] of it.
    tile: None plans tiles from free memory, 0 is none, N is the size of a tile in pixels.
    max_megapixels: larger files, maps too, are refused; None lifts the limit.
    pages: which pictures of a file are meant, as in 3 or "3,5-7"; None is all.
    salvage: whether what is left of a damaged file is restored: what is missing is grey, and a
    warning says how much is there. Files of several pictures may give fewer.
    to: how large the result is: so many times as large, as 3, or "3000x" (so wide), "x2000" (so
    high) or "3000x2000" (inside). "auto" enlarges by a network; what another model leaves of it, a
    filter does. Without it, the result is as the model gives it.
    dials: each in its own unit, such as noise=25 (sigma in 8-bit steps). One that is not given,
    None or "auto" is estimated where that is possible. Where the model's contract says "pixel", it
    may be a map [H, W] in the dial's unit, or the path of one ("map.png": black is the low end of
    the dial, white the high one).

    Raises kinds of BurnishError: UsageError where the result would replace the source or is no one
    array, InputError for a file that cannot be read, DialError, ModelError, OutputError.
    """
    model = model if isinstance(model, Model) else load(model)
    asked = ask(model.contract, dials, strength)
    job = Job("", str(target or ""), asked, tile, salvage=salvage, size=size_of(to))
    job = replace(job, max_megapixels=max_megapixels)
    if isinstance(source, np.ndarray):
        by = partial(_restored, job, model)
        (restored,), notes = _results([as_picture(source)], by, job, model)
        _warn(notes)
        return as_array(restored, source)
    result, said = _of_file(replace(job, source=str(source)), model, pages)
    _warn(f"{source}: {note}" for note in said)
    return result


def _of_file(
    job: Job, model: Model, pages: int | str | None
) -> tuple[NDArray[Any] | None, Sequence[str]]:
    """The pictures of a job's file as an array, None of a PDF; and sentences on what was met."""
    path = Path(job.source)
    if job.target and replaces(Path(job.target), places(path)):
        raise UsageError(f"{job.target}: the result would replace its input; choose another name")
    some = None if pages is None else Pages.parse(str(pages))
    job = replace(job, pages=some)
    if is_pdf(path):
        return None, _of_document(job, model)
    given, asked = pictures_of(job, model)
    results, said = _results(given, partial(_by, job, model, asked), job, model)
    arrays = [_as_seen(restored.picture) for restored in results]
    return arrays[0] if len(arrays) == 1 else np.stack(arrays), said


def _of_document(job: Job, model: Model) -> Sequence[str]:
    """Restores a PDF into the job's target. Returns sentences on what was met, and not kept."""
    if not job.target:
        raise UsageError(
            f"{job.source}: a PDF comes back as a PDF, which no array is; say where it is to go, "
            "as in burnish.restore('scan.pdf', 'clean.pdf')"
        )
    return run_job(replace(job, overwrite=True), model).notes


def _restored(job: Job, model: Model, picture: Picture) -> Restored:
    """A picture restored as a job says, at the size that it says."""
    restored = model.restore(picture, job.asked, tile=job.tile, max_megapixels=job.max_megapixels)
    return model.at_size(restored, job.size, picture, tile=job.tile)


def _by(job: Job, model: Model, asked: Asked, picture: Picture) -> Restored:
    """A picture of a file restored; maps [H, W] that are asked for stand upright."""
    dials = {name: _as_stored(value, picture) for name, value in asked.dials.items()}
    own = replace(asked, dials=dials, strength=_as_stored(asked.strength, picture))
    restored = _restored(replace(job, asked=own), model, picture)
    return replace(restored, picture=images.greyed(restored.picture))


def _results(
    pictures: Iterable[Picture],
    by: Callable[[Picture], Restored],
    job: Job,
    model: Model,
) -> tuple[list[Restored], list[str]]:
    """The pictures restored, and written where the job has a target; and sentences on what was met
    and could not be kept.
    """
    results: list[Restored] = []
    work = _one_by_one(pictures, by, job, model.contract.scale, results)
    first = next(work)
    if not job.target:
        for _ in work:
            pass
        return results, _notes(each.picture for each in results if each.picture.left is not None)
    prepare_folder(Path(job.target))
    said = images.write(job.target, chain([first], work))
    notes = _notes(each.picture for each in results)
    return results, list(dict.fromkeys([*notes, *said]))


def _notes(pictures: Iterable[Picture]) -> list[str]:
    """Sentences on what was met while pictures were read, each once."""
    notes = (note for picture in pictures for note in (*picture.notes, *picture.lost))
    return list(dict.fromkeys(notes))


def _one_by_one(
    pictures: Iterable[Picture],
    by: Callable[[Picture], Restored],
    job: Job,
    scale: int,
    results: list[Restored],
) -> Iterator[Picture]:
    """The pictures restored, each when it is asked for; what comes of it is appended to `results`.

    UsageError where no one array can hold them.
    """
    for picture in pictures:
        # What stands against the result is said before the work is done, not after it.
        if job.target:
            height, width = picture.size
            size = job.extent(height, width, picture.exif, scale)
            images.check_format(picture, job.target, size)
        restored = by(picture)
        if results and restored.picture.planes.shape != results[0].picture.planes.shape:
            raise UsageError(
                "the pictures of this file differ in size or colour, which no one array can hold; "
                "choose one with pages=, or take `burnish restore`"
            )
        results.append(restored)
        yield restored.picture


def _as_seen(picture: Picture) -> Array:
    """The colours of a picture as it is looked at, [H, W, C].

    What came from whole numbers is clamped to what they can say: a network's -0.004 would be 255
    for who writes it as a byte. Floats may mean more than white, and are left alone.
    """
    seen = np.ascontiguousarray(images.upright(picture).pixels[0].transpose(1, 2, 0))
    return seen if picture.depth == "float32" else np.clip(seen, 0, 1)


def _warn(notes: Iterable[str]) -> None:
    """Says the notes as warnings of the line that called `restore`."""
    for note in notes:
        warnings.warn(note, stacklevel=3)


def _as_stored(value: Any, picture: Picture) -> Any:
    """A map [H, W] as the picture's pixels lie in its file; anything else as it is."""
    if isinstance(value, np.ndarray) and value.ndim == 2:
        return np.ascontiguousarray(images.stored(value, picture))
    return value
