"""`burnish spoil`: pictures in files damaged on purpose, one kind of damage after the other, with
everything of the file that has to come back.
"""

from __future__ import annotations

import inspect
import json
import os
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .. import images
from ..contract import Array
from ..errors import BurnishError, DialError, InputError, UsageError, about_one
from ..ground.files import places, prepare_folder, replaces
from ..ground.grammar import Call
from ..ground.resize import resize
from ..images.exif import orientation
from . import DEGRADATIONS, Degradation, make, owner

SUFFIX, MASK_SUFFIX = "_spoiled", "_mask.png"


@dataclass(frozen=True)
class Step:
    """One kind of damage, and how bad it is to be."""

    name: str
    degradation: Degradation
    level: float


@dataclass(frozen=True)
class Spoiled:
    """What became of a picture. status: "spoiled" or "skipped"; levels: the dials and where they
    stood, in the order of the damage; mask: its file, or None.
    """

    source: str
    target: str
    status: str
    levels: Mapping[str, float]
    seed: int
    mask: str | None = None
    notes: tuple[str, ...] = ()


def steps_of(used: Sequence[str], dials: Mapping[str, float | str]) -> list[Step]:
    """The damage, in order: first what is named (NAME, or NAME:ARGUMENT=VALUE,...), then what the
    other dials stand for.

    What no dial is set for stands at its default. UsageError for names and dials that are not
    listed, DialError for a level out of range.
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
    """Pixels [1, 1 or 3, H, W] after all the steps, and where they were damaged, [1, 1, H, W] in
    [0, 1]; None where no step's damage has a place.
    """
    mask: Array | None = None
    for step in steps:
        level = np.full((1, 1, 1, 1), step.level, np.float32)
        if step.degradation.masked is None:
            pixels = step.degradation.spoil(pixels, level, rng)
            mask = (
                mask
                if mask is None or step.degradation.scale == 1
                else resize(mask, pixels.shape[-2], pixels.shape[-1], "area")
            )
        else:
            pixels, where = step.degradation.masked(pixels, level, rng)
            mask = where if mask is None else np.maximum(mask, where)
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
    levels, mask_file = (
        {step.degradation.dial.name: step.level for step in steps},
        target.with_name(target.name + MASK_SUFFIX),
    )
    for file in (target, mask_file) if with_mask else (target,):
        if file.exists() and not overwrite:
            return Spoiled(
                str(source),
                str(target),
                "skipped",
                levels,
                seed,
                notes=(f"{file} exists already; --overwrite replaces it",),
            )
    picture = images.read(source, max_megapixels=max_megapixels)
    prepare_folder(target)
    pixels, mask = spoil(
        picture.pixels, steps, np.random.default_rng([seed, zlib.crc32(os.fsencode(source.name))])
    )
    if pixels.shape[1] != picture.pixels.shape[1]:
        raise UsageError(
            f"{target}: what {steps[-1].name} makes has {pixels.shape[1]} planes, which no "
            "picture file holds; it is there for training and Python"
        )
    if not (picture.depth == "float32" and "float32" in images.format_of(target).holds.depths):
        pixels = np.clip(pixels, 0, 1)  # as the file will hold them
    result = Spoiled(
        str(source), str(target), "spoiled", levels, seed, str(mask_file) if with_mask else None
    )
    notes = images.write(target, _with_pixels(picture, pixels))
    if with_mask and mask is not None:
        upright = images.turned(
            mask[0, 0], orientation(picture.exif)
        )  # as masks and maps are read, whether the picture is turned or its tag kept
        images.write(mask_file, images.from_array(np.rint(upright * 255).astype(np.uint8)))
    return Spoiled(**{**asdict(result), "notes": tuple(dict.fromkeys([*picture.notes, *notes]))})


def spoil_all(
    pairs: Sequence[tuple[Path, Path]],
    steps: Sequence[Step],
    say: Callable[[str], None],
    answer: Callable[[str], None] = print,
    *,
    seed: int = 0,
    with_mask: bool = False,
    overwrite: bool = False,
    max_megapixels: float | None = images.MAX_MEGAPIXELS,
    as_json: bool = False,
) -> int:
    """Every picture in turn; one bad file never stops the rest. say: takes remarks; answer:
    results.

    The exit status.
    """
    if not pairs:
        raise InputError("no pictures found; with -r, subfolders are looked into as well")
    if with_mask and not any(step.degradation.masked for step in steps):
        raise UsageError(
            f"--mask: the damage of {', '.join(step.name for step in steps)} is everywhere; "
            "--list shows which has a mask"
        )
    if with_mask:
        _check_masks(pairs)
    failures = 0
    for source, target in pairs:
        try:
            done = spoil_file(
                source,
                target,
                steps,
                seed=seed,
                with_mask=with_mask,
                overwrite=overwrite,
                max_megapixels=max_megapixels,
            )
        except Exception as error:
            failures += 1
            _failed(source, target, about_one(error), say, answer if as_json else None)
            continue
        for note in done.notes:
            say(f"{source}: {note}")
        if as_json:
            answer(json.dumps(asdict(done)))
        elif done.status == "spoiled":
            levels = "".join(f"  {name}={level:g}" for name, level in done.levels.items())
            answer(f"{source} -> {target}{levels}")
    return 3 if failures else 0


def is_mask(path: Path) -> bool:
    """Whether it is a mask that `spoil_file` wrote: `a.png_mask.png`, beside `a.png`."""
    return (
        path.name.endswith(MASK_SUFFIX)
        and path.with_name(path.name.removesuffix(MASK_SUFFIX)).is_file()
    )


def _check_masks(pairs: Sequence[tuple[Path, Path]]) -> None:
    """UsageError where a mask would take the place of an input or of another result."""
    own, targets = (
        {place for source, _ in pairs for place in places(source)},
        {target for _, target in pairs},
    )
    for _, target in pairs:
        mask = target.with_name(target.name + MASK_SUFFIX)
        if mask in targets or replaces(mask, own):
            raise UsageError(
                f"{mask}: the mask would replace "
                f"{'another result' if mask in targets else 'an input'}; choose another -o, or "
                "a --suffix"
            )


def listing() -> list[dict[str, Any]]:
    """Every listed degradation: name, arguments, dial with range, default and unit, the level at
    which nothing happens, whether it has a mask, its scale.
    """
    records = []
    for name in DEGRADATIONS:
        made, arguments = make(name), list(inspect.signature(DEGRADATIONS.find(name)).parameters)
        dial = asdict(made.dial)
        records.append(
            {"name": name, "arguments": arguments, "dial": dial.pop("name"), **dial}
            | {"neutral": made.neutral, "mask": made.masked is not None, "scale": made.scale}
        )
    return records


def listing_text() -> str:
    """The listing as lines of text."""
    lines = [("degradation", "dial", "from..to", "default", "unit")]
    for each in listing():
        extra = (
            " (mask)"
            if each["mask"]
            else f" (makes the picture {each['scale']} times smaller)"
            if each["scale"] > 1
            else ""
        )
        lines.append(
            (
                each["name"],
                each["dial"],
                f"{each['low']:g}..{each['high']:g}",
                f"{each['default']:g}",
                each["unit"] + extra,
            )
        )
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


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


def _failed(
    source: Path,
    target: Path,
    error: BurnishError,
    say: Callable[[str], None],
    answer: Callable[[str], None] | None,
) -> None:
    text = str(error) if str(source) in str(error) else f"{source}: {error}"
    if answer is not None:
        answer(
            json.dumps(
                {
                    "source": str(source),
                    "target": str(target),
                    "status": "failed",
                    "error": {"code": error.code, "message": text},
                }
            )
        )
    say(f"burnish: {text} [{error.code}]")
