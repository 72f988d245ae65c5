"""`burnish spoil`: damages pictures in files on purpose, one kind of damage after the other.

Everything else in the file comes back as it was.
"""

from __future__ import annotations

import inspect
import os
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from .. import images
from ..contract import Array
from ..errors import DialError, UsageError
from ..ground.files import places, prepare_folder, replaces
from ..ground.grammar import Call
from ..ground.resize import resize
from ..images.exif import orientation
from . import DEGRADATIONS, Degradation, make, owner

SUFFIX, MASK_SUFFIX = "_spoiled", "_mask.png"


@dataclass(frozen=True)
class Step:
    """One kind of damage, and how bad it is to be."""

    #: in DEGRADATIONS
    name: str
    #: the damage, with its arguments
    degradation: Degradation
    #: where its dial stands
    level: float


@dataclass(frozen=True)
class Spoiled:
    """What became of a picture."""

    #: the file that was read
    source: str
    #: the file that was written
    target: str
    #: "spoiled" or "skipped"
    status: str
    #: the dials and where they stood, in the order of the damage
    levels: Mapping[str, float]
    #: of the random numbers
    seed: int
    #: the mask's file, or None
    mask: str | None = None
    #: what there is to say about it, in sentences
    notes: tuple[str, ...] = ()


def steps_of(used: Sequence[str], dials: Mapping[str, float | str]) -> list[Step]:
    """Returns the damage in order: first what `used` names, then what the other dials stand for.

    used: NAME, or NAME:ARGUMENT=VALUE,... What no dial is set for stands at its default. Raises
    UsageError for names and dials that are not listed, DialError for a level out of range.
    """
    chosen = [(call.name, make(call.name, **call.values())) for call in map(_call, used)]
    named = {degradation.dial.name for _, degradation in chosen}
    others = [owner(dial) for dial in dials if dial not in named]
    chosen += [(name, make(name)) for name in others]
    if not chosen:
        raise UsageError(
            "no damage is named; say it by its dial, as in -d noise=25, or by --use NAME; "
            "--list shows what there is"
        )
    return [Step(name, degradation, _level(degradation, dials)) for name, degradation in chosen]


def spoil(
    pixels: Array, steps: Sequence[Step], rng: np.random.Generator
) -> tuple[Array, Array | None]:
    """Returns pixels [1, 1 or 3, H, W] after all the steps, and a mask [1, 1, H, W] in [0, 1].

    The mask says where they were damaged; it is None where no step's damage has a place.
    """
    mask: Array | None = None
    for step in steps:
        level = np.full((1, 1, 1, 1), step.level, np.float32)
        if step.degradation.masked is not None:
            pixels, where = step.degradation.masked(pixels, level, rng)
            mask = where if mask is None else np.maximum(mask, where)
            continue
        pixels = step.degradation.spoil(pixels, level, rng)
        if mask is not None and step.degradation.scale != 1:
            mask = resize(mask, pixels.shape[-2], pixels.shape[-1], "area")
    return pixels, mask


def spoil_file(
    source: Path,
    target: Path,
    steps: Sequence[Step],
    *,
    seed: int = 0,
    with_mask: bool = False,
    overwrite: bool = False,
    max_megapixels: float | None = images.MAX_MEGAPIXELS,
) -> Spoiled:
    """Reads, spoils and writes one picture, whole or not at all.

    The damage depends on the seed and the file's name, not on what else is spoiled.
    """
    result = Spoiled(
        source=str(source),
        target=str(target),
        status="spoiled",
        levels={step.degradation.dial.name: step.level for step in steps},
        seed=seed,
        mask=str(_mask_of(target)) if with_mask else None,
    )
    for file in (target, _mask_of(target)) if with_mask else (target,):
        if file.exists() and not overwrite:
            note = f"{file} exists already; --overwrite replaces it"
            return replace(result, status="skipped", mask=None, notes=(note,))
    picture = images.read(source, max_megapixels=max_megapixels)
    prepare_folder(target)
    rng = np.random.default_rng([seed, zlib.crc32(os.fsencode(source.name))])
    pixels, mask = spoil(picture.pixels, steps, rng)
    if pixels.shape[1] != picture.channels:
        raise UsageError(
            f"{target}: what {steps[-1].name} makes has {pixels.shape[1]} planes, which no "
            "picture file holds; it is there for training and Python"
        )
    if not (picture.depth == "float32" and "float32" in images.format_of(target).holds.depths):
        pixels = np.clip(pixels, 0, 1)  # as the file will hold them
    said = images.write(target, _with_pixels(picture, pixels))
    notes = [*picture.notes, *picture.lost, *said]
    if with_mask and mask is not None:
        # upright, as masks and maps are read, whether the picture is turned or its tag is kept
        upright = images.turned(mask[0, 0], orientation(picture.exif))
        whole = np.rint(upright * 255).astype(np.uint8)
        images.write(_mask_of(target), images.from_array(whole))
    return replace(result, notes=tuple(dict.fromkeys(notes)))


def is_mask(path: Path) -> bool:
    """Whether it is a mask that `spoil_file` wrote: `a.png_mask.png`, beside `a.png`."""
    return (
        path.name.endswith(MASK_SUFFIX)
        and path.with_name(path.name.removesuffix(MASK_SUFFIX)).is_file()
    )


def check_masks(pairs: Sequence[tuple[Path, Path]], steps: Sequence[Step]) -> None:
    """Raises UsageError where the damage has no mask, or a mask would replace another file.

    pairs: every input and its result; neither another result nor an input may be replaced.
    """
    if not any(step.degradation.masked for step in steps):
        raise UsageError(
            f"--mask: the damage of {', '.join(step.name for step in steps)} is everywhere; "
            "--list shows which has a mask"
        )
    own = {place for source, _ in pairs for place in places(source)}
    targets = {target for _, target in pairs}
    for target in targets:
        mask = _mask_of(target)
        if mask in targets or replaces(mask, own):
            taken = "another result" if mask in targets else "an input"
            raise UsageError(
                f"{mask}: the mask would replace {taken}; choose another -o, or a --suffix"
            )


def _mask_of(target: Path) -> Path:
    """Where the mask of a result goes."""
    return target.with_name(target.name + MASK_SUFFIX)


def listing() -> list[dict[str, Any]]:
    """Returns every listed degradation as plain values.

    They are its name, its arguments, its dial with range, default and unit, the level at which
    nothing happens, whether it has a mask, and its scale.
    """
    records = []
    for name in DEGRADATIONS:
        made = make(name)
        arguments = list(inspect.signature(DEGRADATIONS.find(name)).parameters)
        dial = asdict(made.dial)
        records.append(
            {"name": name, "arguments": arguments, "dial": dial.pop("name"), **dial}
            | {"neutral": made.neutral, "mask": made.masked is not None, "scale": made.scale}
        )
    return records


def _call(word: str) -> Call:
    return Call.parse(
        word,
        UsageError(
            f"--use {word}: arguments are written NAME:ARGUMENT=VALUE, as in "
            "Noise:correlated=0.5..1,grey=1"
        ),
    )


def _level(degradation: Degradation, dials: Mapping[str, float | str]) -> float:
    dial = degradation.dial
    value = dials.get(dial.name, dial.default)
    if isinstance(value, str) or not dial.low <= value <= dial.high:
        said = value if isinstance(value, str) else f"{value:g}"
        raise DialError(
            f"{dial.name}={said} does not fit: a number from {dial.low:g} to {dial.high:g} is "
            f"wanted ({dial.unit})"
        )
    return float(value)


def _with_pixels(picture: images.Picture, pixels: Array) -> images.Picture:
    """The picture with other pixels; its alpha becomes as small as they are."""
    alpha = picture.alpha
    if alpha is not None and alpha.shape[-2:] != pixels.shape[-2:]:
        alpha = resize(alpha, pixels.shape[-2], pixels.shape[-1], "area")
    return picture.with_pixels(pixels, alpha)
