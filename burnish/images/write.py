"""write(): a picture into the format that the name says, whole or not at all; and check_format(),
which says before the work what will not fit.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from ..contract import finite
from ..errors import FormatLimit, NonFiniteOutput, UsageError
from ..ground.files import atomic_write
from . import tiff_write
from .formats import jpeg, png, webp
from .orientation import upright
from .picture import Depth, Format, Picture
from .sniff import EXTENSIONS

#: float values beyond 0..1 by more than this are no rounding: an integer format would lose them
OVERSHOOT = 0.1


def format_of(path: str | Path) -> Format:
    """The format that a name's extension says; UsageError with the list where it says none."""
    found = EXTENSIONS.get(Path(path).suffix.lower())
    if found is None:
        raise UsageError(
            f"{path}: the name of a picture to write must end in one of {', '.join(EXTENSIONS)}"
        )
    return found


def check_format(picture: Picture, path: str | Path, scale: int = 1) -> list[str]:
    """Sentences on what the format of `path` will not keep of the picture, enlarged `scale` times.

    FormatLimit where it cannot hold it at all: alpha in a JPEG, or its size.
    """
    path, wanted = Path(path), format_of(path)
    if picture.depth == "float32" and wanted != "TIFF":
        low, high = float(picture.pixels.min()), float(picture.pixels.max())
        if low < -OVERSHOOT or high > 1 + OVERSHOOT:
            raise FormatLimit(
                f"{path}: float values from {low:.3g} to {high:.3g} do not fit a {wanted}, "
                "which holds 0 to 1; write .tif, or scale them first"
            )
    height, width = picture.pixels.shape[-2:]
    return check_kind(scale * width, scale * height, picture.depth, picture.alpha is not None, path)


def check_kind(width: int, height: int, depth: Depth, alpha: bool, path: str | Path) -> list[str]:
    """The same of any picture of that size and kind, whatever its values."""
    path, wanted = Path(path), format_of(path)
    if alpha and wanted == "JPEG":
        raise FormatLimit(
            f"{path}: a JPEG has no alpha, and this picture does; write .png, .webp or .tif"
        )
    sizes = {"JPEG": jpeg.check_size, "PNG": png.check_size, "WEBP": webp.check_size}
    if wanted in sizes:
        sizes[wanted](width, height, path)
    if depth == "float32" and wanted != "TIFF":
        return [
            (
                f"{wanted} has no float: rounded to {16 if wanted == 'PNG' else 8} bits, and "
                "clamped to 0..1"
            )
        ]
    return (
        [f"{wanted} holds 8 bits: the 16 of this picture are rounded"]
        if depth == "uint16" and wanted in ("JPEG", "WEBP")
        else []
    )


def write(path: str | Path, picture: Picture, *, quality: int | None = None) -> list[str]:
    """Writes the picture in the format of the name's extension, and returns sentences on what could
    not be kept.

    In its own format, pixels stay as stored and the orientation tag with them; in another, they are
    turned upright and the tag says so. quality: 1 to 100, of JPEG (None: 95, always 4:4:4) and WebP
    (None: lossless, or 95 where the input was lossy itself). Raises UsageError, FormatLimit,
    NonFiniteOutput for NaN or infinity among the pixels, OutputError where the file cannot be
    written.
    """
    path, (height, width) = Path(path), picture.pixels.shape[-2:]
    said = check_kind(
        width, height, picture.depth, picture.alpha is not None, path
    )  # values beyond 0..1 are a kernel's overshoot by now, and clamped
    _check_finite(picture, path)
    wanted = format_of(path)
    if wanted != picture.format:
        picture = upright(picture)
    if wanted == "TIFF":

        def encode(file: BinaryIO) -> None:
            said.extend(tiff_write.encode(file, picture))

        atomic_write(path, encode)
        return said
    if wanted == "PNG":
        atomic_write(path, png.encode(picture))
        return said
    encoded = jpeg.encode(picture, quality) if wanted == "JPEG" else webp.encode(picture, quality)
    atomic_write(path, encoded[0])
    return said + encoded[1]


def _check_finite(picture: Picture, path: Path) -> None:
    for planes in (picture.pixels, picture.alpha):
        if planes is not None and not finite(planes):
            raise NonFiniteOutput(
                f"{path}: not written, since the result holds NaN or infinity; try --fp32, or "
                "another model"
            )
