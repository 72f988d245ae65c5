"""Writing pictures: into files with write(), and into bytes with encode().

check_format() says before the work what will not fit.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from ..errors import FormatLimit, NonFiniteOutput, NotKept
from ..ground.channels import channels_of
from ..ground.files import atomic_write
from ..ground.planes import all_finite
from . import exif
from .colour.codes import profile_of_code
from .colour.profiles import misfit
from .format import Format, Holds, Metadata, Sampling, Saving
from .formats import FORMATS, format_of
from .metadata import xmp
from .orientation import upright
from .picture import BITS, Depth, Header, Picture, Several

#: float values beyond 0..1 by more than this are no rounding: an integer format would lose them
OVERSHOOT = 0.1
#: what bytes without a name are called in sentences
NAMELESS = "the result"
#: what each kind of metadata is called where it is not kept
WORDS: dict[Metadata, str] = {
    "icc": "its profile",
    "exif": "its EXIF",
    "xmp": "its XMP",
    "iptc": "its IPTC data",
    "photoshop": "its Photoshop data",
    "text": "its text",
    "dpi": "its resolution",
    "cicp": "its cICP colour space, without which its colours may look wrong",
}


def check_format(
    picture: Picture, path: str | Path, size: tuple[int, int] | None = None
) -> list[str]:
    """Sentences on what the format of `path` will not keep of the picture.

    size: (height, width) that it will have there; None is its own. FormatLimit where it cannot
    hold it at all: alpha in a JPEG, or its size.
    """
    format = format_of(path)
    if picture.depth == "float32" and "float32" not in format.holds.depths:
        low, high = float(picture.pixels.min()), float(picture.pixels.max())
        if low < -OVERSHOOT or high > 1 + OVERSHOOT:
            instead = _instead(lambda holds: "float32" in holds.depths)
            raise FormatLimit(
                f"{path}: float values from {low:.3g} to {high:.3g} do not fit {format.one}, "
                f"which holds 0 to 1; write {instead}, or scale them first"
            )
    said = _check_picture(picture, format, str(path), size)
    return said + _beside(picture, format, picture.channels)[1]


def check_header(
    header: Header,
    path: str | Path,
    size: tuple[int, int] | None = None,
    count: int | None = None,
    saving: Saving | None = None,
) -> list[str]:
    """As `check_format`, of what is not decoded yet, as far as its header tells.

    size: as in `check_format`. count: how many of its pictures go into the file; None is all.
    saving: how it is to be written; None is the usual way. FormatLimit where there are several and
    the format holds one, or frames and these are pages.
    """
    format = format_of(path)
    many = header.frames if count is None else count
    said = _check_several(many, header.several, format, str(path))
    height, width = size or (header.height, header.width)
    said += check_kind(width, height, header.depth, header.alpha, path, header.extras, header.bits)
    said += _beside(header, format, header.channels)[1]
    if format.foretell is not None:
        said += format.foretell(header, saving or Saving())
    return said


def keeps_samples(picture: Picture, path: str | Path) -> bool:
    """Whether the format of `path` stores the samples of a picture as they are once its pixels are
    rounded to its depth, and wants them no finer.
    """
    holds = format_of(path).holds
    inside = picture.insides
    changed = inside is not None and (inside.lab or inside.premultiplied)
    exact = (picture.depth, picture.bits or BITS[picture.depth])
    return not changed and holds.stored(picture.depth, picture.bits) == exact


def refuse_losses(losses: Sequence[str], name: str) -> None:
    """NotKept with the sentences on what would be lost, where there are any."""
    if losses:
        raise NotKept(f"{name}: {'; '.join(losses)}; without --strict it is written all the same")


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
    pictures: Picture | Iterable[Picture],
    *,
    quality: int | None = None,
    sampling: Sampling | None = None,
    strict: bool = False,
    before: Callable[[Path], object] | None = None,
) -> list[str]:
    """Writes a picture, or several, in the format of the name's ending, whole or not at all.

    pictures: of several, each is asked for when those before it are in the file.

    The file is as `encode` makes it. strict: a file that does not keep everything is not written.
    before: as `ground.files.atomic_write` takes it. Returns sentences on what could not be kept,
    each once.

    Raises UsageError, FormatLimit, NonFiniteOutput for NaN or infinity among the pixels, NotKept,
    and OutputError where the file cannot be written.
    """
    format = format_of(path)
    said: list[str] = []

    def fill(file: BinaryIO) -> None:
        _encode(file, pictures, format, Saving(quality, sampling), str(path), said)
        if strict:
            refuse_losses(said, str(path))

    atomic_write(path, fill, before)
    return list(dict.fromkeys(said))


def encode(
    pictures: Picture | Iterable[Picture],
    format: Format,
    *,
    quality: int | None = None,
    sampling: Sampling | None = None,
    name: str = NAMELESS,
) -> tuple[bytes, list[str]]:
    """The bytes of a file of that format with a picture, or several, and sentences on what could
    not be kept, each once.

    In its own format, pixels stay as stored and the orientation tag with them; in another, they are
    turned upright and the tag says so. quality: 1 to 100, of JPEG (None: 95, or that of the
    picture's own file where it was higher) and WebP (None: lossless, or 95 where the input was
    lossy itself). sampling: of the colours of a JPEG (None: 4:4:4). name: what the result is called
    in sentences. Raises FormatLimit, NonFiniteOutput for NaN or infinity among the pixels.
    """
    said: list[str] = []
    buffer = io.BytesIO()
    _encode(buffer, pictures, format, Saving(quality, sampling), name, said)
    return buffer.getvalue(), list(dict.fromkeys(said))


def _encode(
    file: BinaryIO,
    pictures: Picture | Iterable[Picture],
    format: Format,
    saving: Saving,
    name: str,
    said: list[str],
) -> None:
    """Writes the pictures into an open file, and appends to `said` what could not be kept."""
    encoder = format.encoder(name)
    ready = _all_ready(pictures, format, name, said)
    said += encoder(file, ready, saving)
    # A format that holds one picture takes one: of a second, it is said here that it has no place.
    next(ready, None)


def _all_ready(
    pictures: Picture | Iterable[Picture], format: Format, name: str, said: list[str]
) -> Iterator[Picture]:
    """The pictures as the format can hold them, one by one; `said` is told what that cost."""
    first: Picture | None = None
    given = iter([pictures] if isinstance(pictures, Picture) else pictures)
    if "frames" in format.holds.several and not format.holds.stand_in:
        given = _without_stand_in(given, format, said)
    for number, picture in enumerate(given):
        several: Several = "pages" if picture.timing is None else "frames"
        said += _check_several(number + 1, several, format, name)
        first = first or picture
        if "frames" in format.holds.several and not _alike(first, picture):
            raise FormatLimit(
                f"{name}: the frames of {format.one} are of one size and kind, and these are "
                "not; write each into a file of its own with --pages"
            )
        ready, lost = _ready(picture, format, name)
        said += lost
        yield ready


def _without_stand_in(
    pictures: Iterator[Picture], format: Format, said: list[str]
) -> Iterator[Picture]:
    """The pictures but for the first where it only stands in for the frames behind it."""
    first = next(pictures)
    second = next(pictures, None)
    if second is None or first.timing is not None or second.timing is None:
        yield first
    else:
        what = "the picture that is shown where nothing is animated"
        said.append(f"not kept: {what}, for which {format.title} has no place")
    if second is not None:
        yield second
    yield from pictures


def _alike(first: Picture, picture: Picture) -> bool:
    """Whether both may be frames of one animation: of one size, in colour or not, with alpha or
    not.
    """
    same_alpha = (first.alpha is None) == (picture.alpha is None)
    return first.planes.shape == picture.planes.shape and same_alpha


def _check_several(count: int, several: Several, format: Format, name: str) -> list[str]:
    """Sentences on what a format does not keep of so many pictures.

    Pages go where there are pages, and frames where there are frames, or become pages. FormatLimit
    where a format has neither.
    """
    if count == 1 or several in format.holds.several:
        return []
    if several == "frames" and "pages" in format.holds.several:
        return [f"{format.title} has no animation: its frames become pages, and are not timed"]
    what = "frames of an animation" if format.holds.several else "one picture"
    raise FormatLimit(
        f"{name}: there are {count} {several}, and {format.one} holds {what}; write "
        f"{_instead(lambda holds: several in holds.several)}, or choose one with --pages 1"
    )


def _check_picture(
    picture: Picture, format: Format, name: str, result: tuple[int, int] | None = None
) -> list[str]:
    """Sentences on what a format does not keep of a picture's size and samples, as `_check`.

    result: (height, width) that it will have; None is its own.
    """
    height, width = result or picture.size
    size = (width, height)
    alpha = picture.alpha is not None
    extras = [plane.name for plane in picture.extras]
    return _check(format, name, size, picture.depth, alpha, extras, picture.bits)


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

    FormatLimit where it cannot hold it, UsageError where it is never written, or not yet.
    """
    format.encoder(name)
    holds = format.holds
    longest = max(size)
    if alpha and not holds.alpha:
        raise FormatLimit(
            f"{name}: {format.one} has no alpha, and this picture does; write "
            f"{_instead(lambda other: other.alpha and _fits(other, longest))}"
        )
    if not _fits(holds, longest):
        instead = _instead(lambda other: _fits(other, longest) and (other.alpha or not alpha))
        raise FormatLimit(
            f"{name}: {format.one} is at most {holds.side} pixels wide and high, and this is "
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
    written = [f for f in FORMATS.values() if f.holds_any and f.extra is None]
    *some, last = (format.endings[0] for format in written if can(format.holds))
    return f"{', '.join(some)} or {last}" if some else last


def _ready(picture: Picture, format: Format, name: str) -> tuple[Picture, list[str]]:
    """The picture as the format can hold it, but for its depth, and sentences on what that cost.

    Values beyond 0..1 are a kernel's overshoot by now, and are clamped later.
    """
    said = _check_picture(picture, format, name)
    _check_finite(picture, name)
    if format.name != picture.format:
        picture = upright(picture)
    if picture.extras and not format.holds.extras:
        picture = replace(picture, extras=())
    without, lost = _beside(picture, format, picture.channels)
    picture = replace(picture, **without)
    if picture.channels == 1 and not format.holds.keeps_grey(picture.alpha is not None):
        picture = replace(picture, planes=channels_of(picture.planes, 3))
    return picture, said + lost


def _beside(
    held: Header | Picture, format: Format, channels: int
) -> tuple[dict[str, Any], list[str]]:
    """What stands beside a picture and does not come into a file of a format, as the fields of a
    Picture that is without it; and a sentence for each.

    channels: the picture's own, of colour.
    """
    without: dict[str, Any] = {}
    said, lost = [], []
    alpha = held.alpha if isinstance(held, Header) else held.alpha is not None
    if channels == 1 and not format.holds.keeps_grey(alpha):
        kind = "grey with alpha" if format.holds.grey else "grey"
        said.append(f"{format.title} has no {kind}: stored as three equal channels")
        channels = 3
    if profile := misfit(held.icc, channels):
        without["icc"] = None
        said.append(f"not kept: {profile}")
    known = format.holds.metadata
    if held.cicp is not None and held.icc is None and "cicp" not in known and "icc" in known:
        # a profile says the same where the file has no code
        alike = profile_of_code(held.cicp, grey=channels == 1)
        without |= {} if alike is None else {"icc": alike, "cicp": None}
    if held.dpi is not None and "dpi" not in known and "exif" in known:
        # EXIF says it where the file itself cannot
        block = exif.with_resolution(held.exif, held.dpi)
        without |= {} if block is None else {"exif": block, "dpi": None}
    for field, words in WORDS.items():
        if getattr(held, field) and field not in {*known, *without}:
            without[field] = () if field == "text" else None
            lost.append(words)
    if held.parts and held.format != format.name:
        without["parts"] = ()
        if held.xmp is not None and "xmp" not in without:
            without["xmp"] = xmp.without_claims(held.xmp)
        lost += dict.fromkeys(part.name for part in held.parts if part.name)
    nowhere = f"for which {format.title} has no place"
    return without, [*said, *(f"not kept: {words}, {nowhere}" for words in lost)]


def _check_finite(picture: Picture, name: str) -> None:
    for planes in (picture.planes, picture.alpha):
        if planes is not None and not all_finite(planes):
            raise NonFiniteOutput(
                f"{name}: not written, since the result holds NaN or infinity; try --fp32, or "
                "another model"
            )
