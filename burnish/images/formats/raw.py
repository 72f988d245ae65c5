"""Camera raw: what a sensor saw, developed into a picture.

LibRaw develops it, by rawpy, which comes with `burnish[raw]` and is imported here alone. A picture
brings along the mosaic that it was developed from, so that a model can restore that, and have it
developed again.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ...errors import FormatLimit, InputError, UnsupportedFormat
from ...ground.resize import same_shape
from ...ground.terminal import silence
from .. import exif
from ..damage import truncated
from ..format import Extra, Format, Holds, Saving
from ..mosaic import Camera, Mosaic, repeats
from ..orientation import turned
from ..picture import INFRARED, Header, Picture, Plane

if TYPE_CHECKING:
    from rawpy import RawPy
    from tifffile import TiffPage

#: fields of a TIFF: how it is compressed, what its samples are and how many, its inner directories,
#: that it follows DNG, and where EXIF's own directories are
COMPRESSION, PHOTOMETRIC, SAMPLES, INNER, DNG = 259, 262, 277, 330, 50706
#: where DNG says how strong its noise is: gain and variance in the dark, for all or for each colour
NOISE_PROFILE, DOUBLE = 51041, 12
DIRECTORIES = (34665, 34853)
#: where its strips and tiles begin, and how long they are
PIECES = ((273, 279), (324, 325))
#: what samples of a raw file are: behind a filter of colours, or linear
LINEAR = 34892
RAW_SAMPLES = frozenset({32803, LINEAR})
#: how DNG 1.7 says JPEG XL
JPEG_XL = 52546
#: inner directories that are looked at
MOST_INNER = 16
#: what a raw file of Canon's has behind the header of a TIFF
CANON = b"CR"
#: the fields of a DNG that say how samples become colours: matrices for two lights, calibration,
#: white balance, exposure, and the camera's profile
COLOURS = frozenset(
    {*range(50721, 50733), 50778, 50779, *range(50931, 50943), 50964, 50965, *range(50981, 50983)}
)
#: from linear sRGB to XYZ (D65), as LibRaw has it, and of what determinant a matrix has no way back
TO_XYZ = np.array(
    [
        [0.412453, 0.357580, 0.180423],
        [0.212671, 0.715160, 0.072169],
        [0.019334, 0.119193, 0.950227],
    ]
)
SINGULAR = 1e-6
#: from such a share of the camera's white on LibRaw takes a file's brightest sample for full
FULL_FROM = 0.75
#: how LibRaw says that a picture lies, and how EXIF does
TURNS = {3: 3, 5: 8, 6: 6}
#: LibRaw's own ways, but for the white balance, which is the camera's where it has left one
SETTINGS: dict[str, Any] = {"use_camera_wb": True, "output_bps": 16}
DEVELOPED = (
    "a camera's raw file, developed to 16 bits by LibRaw, with the camera's white balance where it "
    "has one"
)


def claims(file: BinaryIO) -> bool:
    """Whether a file that begins as a TIFF is a camera's raw file."""
    head = file.read(10)
    if head[:4] not in (b"II*\0", b"MM\0*"):
        return False
    return head[8:] == CANON or any(_is_raw(each) for each in _directories(file))


def _is_raw(directory: exif.Exif) -> bool:
    kind = directory.number("main", PHOTOMETRIC)
    return DNG in directory.directories["main"] or kind in RAW_SAMPLES


def _has_four(directory: exif.Exif) -> bool:
    """Whether a picture is of linear samples, four for each pixel, as scanners write infrared."""
    kind = directory.number("main", PHOTOMETRIC)
    return kind == LINEAR and directory.number("main", SAMPLES) == 4


def _directories(file: BinaryIO) -> Iterator[exif.Exif]:
    """The first directory of a TIFF, the inner ones of it, and the second; none of a broken one."""
    wanted = {COMPRESSION, PHOTOMETRIC, SAMPLES, INNER, DNG, NOISE_PROFILE, *chain(*PIECES)}
    try:
        first = exif.parse(file, wanted)
        if first is None:
            return
        yield first
        file.seek(first.thumbnail)
        (second,) = struct.unpack(first.order + "I", file.read(4))
        starts = [*first.numbers("main", INNER)[:MOST_INNER], second]
        for start in filter(None, starts):
            inner = exif.parse(file, wanted, start)
            if inner is not None:
                yield inner
    except (ValueError, struct.error):  # whoever reads the TIFF will say what is wrong
        return


def _is_cut(file: BinaryIO) -> bool:
    """Whether a TIFF ends before what it says that it holds."""
    size = file.seek(0, io.SEEK_END)
    ends = [
        place + length
        for directory in _directories(file)
        for starts, lengths in PIECES
        for place, length in zip(
            directory.numbers("main", starts), directory.numbers("main", lengths), strict=False
        )
    ]
    return max(ends, default=0) > size


@contextmanager
def _opened(file: BinaryIO, name: str) -> Iterator[RawPy]:
    """The file as LibRaw opens it. Raises InputTruncated, and UnsupportedFormat where LibRaw does
    not know what to do with it, as it may find late.
    """
    RAW.needed(name)
    import rawpy

    if _is_cut(file):
        raise truncated(name)
    if any(each.number("main", COMPRESSION) == JPEG_XL for each in _directories(file)):
        raise _cannot(name, " (a DNG with JPEG XL inside)")
    if any(map(_has_four, _directories(file))):
        raise _cannot(name, ": of its four linear samples it takes infrared for a colour")
    file.seek(0)
    try:
        # LibRaw tells the terminal what it thinks of a file, besides the error that it gives.
        with silence(), rawpy.imread(file) as raw:
            yield raw
    except rawpy.LibRawFileUnsupportedError as error:
        raise _cannot(name) from error
    except rawpy.LibRawIOError as error:
        raise _cannot(name, " (it comes to its end too early)") from error


def _cannot(name: str, why: str = "") -> UnsupportedFormat:
    return UnsupportedFormat(
        f"{name}: is a raw file that LibRaw cannot develop{why}; develop it in another program, "
        "and save a TIFF of 16 bits"
    )


def examine(file: BinaryIO, name: str) -> Header:
    """The header of the picture that it will be, upright; nothing is developed."""
    with _opened(file, name) as raw:
        height, width = _size(raw)
        channels = 1 if raw.num_colors == 1 else 3
    block, lost = _exif(file)
    infrared = _infrared_page(file, (height, width), name)
    return Header(
        "RAW",
        width,
        height,
        channels=channels,
        depth="uint16",
        alpha=False,
        stored="a sensor's samples",
        exif=block,
        extras=() if infrared is None else (INFRARED,),
        notes=(DEVELOPED, *lost),
    )


def _infrared_page(file: BinaryIO, size: tuple[int, int], name: str) -> tuple[TiffPage, int] | None:
    """The page that is a scanner's infrared of a picture of that height and width, upright, and how
    it is to be turned, 1 to 8, as EXIF counts; None where there is none.
    """
    parsed = exif.parse(file, {exif.ORIENTATION, DNG})
    if parsed is None or DNG not in parsed.directories["main"]:
        return None
    from ..inside.tiff.pages import infrared_page
    from ..inside.tiff.structure import open_tiff

    try:
        with open_tiff(file, name) as tiff:
            page = infrared_page(tiff, name)
    except InputError:  # what is wrong with a raw file, LibRaw says
        return None
    if page is None:
        return None
    height, width = page.imagelength, page.imagewidth
    turn = exif.turn_of(parsed)
    if turn >= 5:
        height, width = width, height
    return (page, turn) if same_shape((height, width), size) else None


def _infrared(file: BinaryIO, size: tuple[int, int], name: str) -> tuple[Plane, ...]:
    """The plane of that page, upright, alone; nothing where there is none."""
    infrared = _infrared_page(file, size, name)
    if infrared is None:
        return ()
    from ..inside.tiff.planes import page_plane

    page, turn = infrared
    plane = page_plane(page, file, name)
    upright = turned(plane.samples, turn)
    return (replace(plane, samples=np.ascontiguousarray(upright)),)


def _size(raw: RawPy) -> tuple[int, int]:
    """Height and width of what LibRaw makes: turned, and stretched to square pixels."""
    sizes = raw.sizes
    height, width = sizes.iheight, sizes.iwidth
    if sizes.pixel_aspect < 1:
        height = round(height / sizes.pixel_aspect)
    elif sizes.pixel_aspect > 1:
        width = round(width * sizes.pixel_aspect)
    return (width, height) if sizes.flip in (5, 6) else (height, width)


def _exif(file: BinaryIO) -> tuple[bytes | None, list[str]]:
    """The EXIF of a raw file that is a TIFF, upright as what LibRaw makes is; and what was lost."""
    parsed = exif.parse(file, {*exif.SHARED, *DIRECTORIES})
    if parsed is None:
        return None, ["not kept: its EXIF, which stands where it is not looked for"]
    if not parsed.directories["main"]:
        return None, []
    return exif.set_orientation(exif.pack(parsed), 1), exif.moved(parsed)


def decode(file: BinaryIO, header: Header, name: str) -> Iterator[Picture]:
    """The developed picture, with its mosaic. Raises InputTruncated or InputCorrupt."""
    with _opened(file, name) as raw:
        mosaic = _mosaic(raw, file, name)
        samples: Any = raw.postprocess(**SETTINGS)
    extras = _infrared(file, samples.shape[:2], name)
    picture = header.picture(np.ascontiguousarray(samples[..., : header.channels]), extras)
    yield replace(picture, mosaic=mosaic)


def _mosaic(raw: RawPy, file: BinaryIO, name: str) -> Mosaic | None:
    """What the sensor saw; None of a file that has colours already, or a filter without a pattern
    that repeats.
    """
    if raw.raw_type.name != "Flat" or raw.num_colors != 3:
        return None
    # LibRaw tells the second green from the first.
    pattern = repeats(np.where(raw.raw_colors_visible == 3, 1, raw.raw_colors_visible))
    if pattern is None:
        return None
    place = raw.raw_colors_visible[: len(pattern), : len(pattern[0])]
    black = tuple(tuple(float(raw.black_level_per_channel[at]) for at in row) for row in place)
    white = float(raw.white_level)
    if white <= max(map(max, black)):
        return None
    file.seek(0)
    data = file.read()
    return Mosaic(
        samples=raw.raw_image_visible.copy(),
        pattern=pattern,
        black=black,
        white=white,
        camera=_camera(raw, file),
        develop=partial(_developed, data, name),
        told=_told(file),
    )


def _developed(data: bytes, name: str, samples: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """What LibRaw makes of a file with these samples in place of its own."""
    with _opened(io.BytesIO(data), name) as raw:
        full = _full(raw)
        raw.raw_image_visible[:] = samples
        settings = {**SETTINGS, "adjust_maximum_thr": 0.0, "user_sat": full}
        developed: Any = raw.postprocess(**settings)
    result: NDArray[np.uint16] = developed
    return result


def _full(raw: RawPy) -> int | None:
    """What LibRaw takes for full of the file's own samples: the brightest, where that is not far
    below what the camera's are; None where it keeps these.

    So a picture stays as bright when its brightest sample, which noise had made so, is restored.
    """
    black, white = min(raw.black_level_per_channel), int(raw.white_level)
    most = int(raw.raw_image_visible.max())
    above = most - black  # LibRaw counts from black
    return above if FULL_FROM * (white - black) < above < white - black else None


def _camera(raw: RawPy, file: BinaryIO) -> Camera:
    """What the camera tells of its colours: its white balance, or that of daylight."""
    balance = np.array([raw.camera_whitebalance, raw.daylight_whitebalance], float)[:, :3]
    own = next((each for each in balance if (each > 0).all()), np.ones(3))
    neutral = own.min() / own
    parsed = exif.parse(file, {exif.MAKE, exif.MODEL, DNG, *COLOURS})
    main = {} if parsed is None else parsed.directories["main"]
    told = [] if parsed is None else [parsed.text("main", tag) for tag in (exif.MAKE, exif.MODEL)]
    return Camera(
        name=" ".join(filter(None, told)) or "a camera",
        turn=TURNS.get(raw.sizes.flip, 1),
        neutral=tuple(map(float, neutral)),
        matrix=tuple(map(float, _from_xyz(raw).ravel())),
        fields={tag: main[tag] for tag in COLOURS & set(main)} if DNG in main else {},
        order="<" if parsed is None else parsed.order,
    )


def _from_xyz(raw: RawPy) -> NDArray[np.float64]:
    """The matrix [3, 3] from XYZ to the camera's colours.

    LibRaw has the way from these, balanced for daylight, to sRGB.
    """
    to_srgb = np.asarray(raw.color_matrix, float)[:, :3]
    daylight = np.array(raw.daylight_whitebalance[:3], float)
    if abs(np.linalg.det(to_srgb)) < SINGULAR or (daylight <= 0).any():
        to_srgb, daylight = np.eye(3), np.ones(3)
    matrix: NDArray[np.float64] = np.linalg.inv(TO_XYZ @ to_srgb) / daylight[:, None]
    return matrix


def _told(file: BinaryIO) -> tuple[tuple[float, float], ...]:
    """What a DNG tells of its noise, for all colours or for each; nothing where it does not."""
    for directory in _directories(file):
        field = directory.directories["main"].get(NOISE_PROFILE)
        if field is None or field.kind != DOUBLE or field.count % 2:
            continue
        numbers = struct.unpack(f"{directory.order}{field.count}d", field.value)
        pairs = tuple(zip(numbers[::2], numbers[1::2], strict=True))
        if all(0 < gain < 1 and 0 <= still < 1 for gain, still in pairs):
            return pairs
    return ()


def encode(file: BinaryIO, pictures: Iterator[Picture], saving: Saving) -> list[str]:
    """A DNG of the picture's mosaic; the file is open for reading, too."""
    from ..inside.dng import encode

    return encode(file, pictures)


def _foretell(held: Header | Picture, saving: Saving) -> Iterable[str]:
    """FormatLimit of what was no raw file, whatever is done with it."""
    if held.format != RAW.name:
        raise FormatLimit(
            f"a DNG holds what a sensor saw, and this comes from a {held.format}; write .tif or "
            ".png"
        )
    return ()


RAW = Format(
    name="RAW",
    title="camera's raw file",
    endings=(
        *(".dng", ".nef", ".nrw", ".cr2", ".cr3", ".arw", ".raf", ".orf", ".rw2"),
        *(".pef", ".srw", ".x3f", ".kdc", ".dcr", ".erf", ".3fr", ".iiq", ".mrw", ".rwl"),
    ),
    begins=(
        *(b"....ftypcrx ", b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0"),
        *(b"\0MRM", b"FOVb"),
    ),
    written=(".dng",),
    holds=Holds(depths=("uint16",), grey=False, alpha=False, metadata=frozenset({"exif", "xmp"})),
    examine=examine,
    decode=decode,
    encode=encode,
    foretell=_foretell,
    extra=Extra("rawpy", "raw", "rawpy (MIT), with LibRaw (LGPL-2.1 or CDDL-1.0)"),
    claims=claims,
)
