"""Writing pictures: into files with write(), and into bytes with encode().

check_format() says before the work what will not fit.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from ..contract import finite
from ..errors import FormatLimit, NonFiniteOutput
from ..ground.channels import as_channels
from ..ground.files import atomic_write
from .colour import misfit
from .format import Format, Holds
from .formats import FORMATS, format_of
from .orientation import upright
from .picture import BITS, Depth, Picture

#: float values beyond 0..1 by more than this are no rounding: an integer format would lose them
OVERSHOOT = 0.1
#: what bytes without a name are called in sentences
NAMELESS = "the result"


def check_format(picture: Picture, path: str | Path, scale: int = 1) -> list[str]:
    """Sentences on what the format of `path` will not keep of the picture, enlarged `scale` times.

    FormatLimit where it cannot hold it at all: alpha in a JPEG, or its size.
    """
    format = format_of(path)
    if picture.depth == "float32" and "float32" not in format.holds.depths:
        low, high = float(picture.pixels.min()), float(picture.pixels.max())
        if low < -OVERSHOOT or high > 1 + OVERSHOOT:
            instead = _instead(lambda holds: "float32" in holds.depths)
            raise FormatLimit(
                f"{path}: float values from {low:.3g} to {high:.3g} do not fit a {format.name}, "
                f"which holds 0 to 1; write {instead}, or scale them first"
            )
    height, width = picture.pixels.shape[-2:]
    alpha = picture.alpha is not None
    extras = [plane.name for plane in picture.extras]
    size = (scale * width, scale * height)
    return check_kind(*size, picture.depth, alpha, path, extras, picture.bits)


def check_kind(
    width: int,
    height: int,
    depth: Depth,
    alpha: bool,
    path: str | Path,
    extras: Sequence[str] = (),
    bits: int | None = None,
) -> list[str]:
    """Sentences on what the format of `path` will not keep of a picture of that size and kind.

    extras: the names of its extra planes. bits: how many of its samples' count; None is all.
    FormatLimit where the format cannot hold it at all.
    """
    return _check(format_of(path), str(path), (width, height), depth, alpha, extras, bits)


def write(
    path: str | Path,
    picture: Picture,
    *,
    quality: int | None = None,
    before: Callable[[Path], object] | None = None,
) -> list[str]:
    """Writes the picture in the format of the name's ending, whole or not at all.

    The file is as `encode` makes it. before: as `ground.files.atomic_write` takes it. Returns
    sentences on what could not be kept.

    Raises UsageError, FormatLimit, NonFiniteOutput for NaN or infinity among the pixels, and
    OutputError where the file cannot be written.
    """
    format = format_of(path)
    ready, said = _ready(picture, format, str(path))
    atomic_write(path, lambda file: said.extend(format.encode(file, ready, quality)), before)
    return said


def encode(
    picture: Picture, format: Format, *, quality: int | None = None, name: str = NAMELESS
) -> tuple[bytes, list[str]]:
    """The bytes of a file of that format, and sentences on what could not be kept.

    In its own format, pixels stay as stored and the orientation tag with them; in another, they are
    turned upright and the tag says so. quality: 1 to 100, of JPEG (None: 95, always 4:4:4) and WebP
    (None: lossless, or 95 where the input was lossy itself). name: what the result is called in
    sentences. Raises FormatLimit, NonFiniteOutput for NaN or infinity among the pixels.
    """
    ready, said = _ready(picture, format, name)
    buffer = io.BytesIO()
    said += format.encode(buffer, ready, quality)
    return buffer.getvalue(), said


def _check(
    format: Format,
    name: str,
    size: tuple[int, int],
    depth: Depth,
    alpha: bool,
    extras: Sequence[str],
    bits: int | None,
) -> list[str]:
    """Sentences on what a format does not keep of such a picture.

    FormatLimit where it cannot hold it.
    """
    holds = format.holds
    longest = max(size)
    if alpha and not holds.alpha:
        raise FormatLimit(
            f"{name}: a {format.title} has no alpha, and this picture does; write "
            f"{_instead(lambda other: other.alpha and _fits(other, longest))}"
        )
    if not _fits(holds, longest):
        instead = _instead(lambda other: _fits(other, longest) and (other.alpha or not alpha))
        raise FormatLimit(
            f"{name}: a {format.title} is at most {holds.side} pixels wide and high, and this is "
            f"{size[0]}x{size[1]}; write {instead}"
        )
    said = []
    kept, kept_bits = holds.stored(depth, bits)
    given_bits = bits or BITS[depth]
    if depth == "float32" and kept != depth:
        said.append(f"{format.name} has no float: rounded to {kept_bits} bits, and clamped to 0..1")
    elif kept_bits < given_bits:
        said.append(
            f"{format.name} holds {kept_bits} bits: the {given_bits} of this picture are rounded"
        )
    if extras and not holds.extras:
        said += [
            f"not kept: its {e} channel, for which {format.title} has no place" for e in extras
        ]
    return said


def _fits(holds: Holds, longest: int) -> bool:
    return holds.side is None or longest <= holds.side


def _instead(can: Callable[[Holds], bool]) -> str:
    """The usual endings of the formats that can hold it, in words: ".png, .webp or .tif"."""
    *some, last = (format.endings[0] for format in FORMATS.values() if can(format.holds))
    return f"{', '.join(some)} or {last}" if some else last


def _ready(picture: Picture, format: Format, name: str) -> tuple[Picture, list[str]]:
    """The picture as the format can hold it, but for its depth, and sentences on what that cost.

    Values beyond 0..1 are a kernel's overshoot by now, and are clamped later.
    """
    height, width = picture.pixels.shape[-2:]
    alpha = picture.alpha is not None
    extras = [plane.name for plane in picture.extras]
    said = _check(format, name, (width, height), picture.depth, alpha, extras, picture.bits)
    _check_finite(picture, name)
    if format.name != picture.format:
        picture = upright(picture)
    if picture.extras and not format.holds.extras:
        picture = replace(picture, extras=())
    if picture.pixels.shape[1] == 1 and not format.holds.grey:
        said.append(f"{format.title} has no grey: stored as three equal channels")
        picture = replace(picture, pixels=as_channels(picture.pixels, 3))
    if lost := misfit(picture.icc, picture.pixels.shape[1]):
        said.append(f"not kept: {lost}")
        picture = replace(picture, icc=None)
    return picture, said


def _check_finite(picture: Picture, name: str) -> None:
    for planes in (picture.pixels, picture.alpha):
        if planes is not None and not finite(planes):
            raise NonFiniteOutput(
                f"{name}: not written, since the result holds NaN or infinity; try --fp32, or "
                "another model"
            )
