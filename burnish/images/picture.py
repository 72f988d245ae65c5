"""Picture: the pixels of a file, and everything else of it that has to come back with them."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..contract import Array
from ..errors import UsageError
from ..ground.planes import ROWS, Planes, WholeNumbers, floats
from ..ground.resize import resize
from .exif import set_size, without_thumbnail
from .inside.tiff_insides import Insides
from .metadata import Part, Text, xmp
from .mosaic import Mosaic

if TYPE_CHECKING:
    from PIL.Image import Image

Depth = Literal["uint8", "uint16", "float32"]
#: what the pictures of one file are to each other: pages are looked at one by one and may differ
#: in size, frames are of one size and make an animation
Several = Literal["pages", "frames"]

#: what a sample of that depth is divided by on the way in, and multiplied with on the way out
SCALES: dict[str, float] = {"uint8": 255.0, "uint16": 65535.0, "float32": 1.0}
#: the bits of a sample of that depth
BITS: dict[str, int] = {"uint8": 8, "uint16": 16, "float32": 32}
#: small copies of a picture inside XMP
_THUMBNAILS = (b"xmp:Thumbnails", b"xap:Thumbnails")


#: what planes are called of which the file does not say what they are, and a scanner's infrared
EXTRA, INFRARED = "extra", "infrared"


@dataclass(frozen=True, eq=False)
class Plane:
    """A plane of a picture that is neither colour nor alpha, such as a film scanner's infrared.

    It is carried from file to file as it is, and hides nothing of the picture.
    """

    #: what it is, as far as that is known: EXTRA where the file does not say
    name: str
    #: [H, W] of uint8, uint16 or float32, value for value as they stand in the file
    samples: NDArray[Any]
    #: what the file calls it, in the words of its format
    called: str = ""

    def at(self, depth: Depth) -> Plane:
        """The plane with samples of that depth; its own samples where they have it."""
        if self.samples.dtype == depth:
            return self
        return replace(self, samples=_from_plane(to_planes(self.samples)[0, 0], depth))

    def resized(self, height: int, width: int) -> Plane:
        """The plane at another size, by the bicubic kernel, at its own depth."""
        planes = resize(to_planes(self.samples), height, width)
        return replace(self, samples=_from_plane(planes[0, 0], self.samples.dtype.name))


@dataclass(frozen=True)
class Timing:
    """How an animation is played, as far as one of its frames, or all of them, are concerned."""

    #: for how long it is shown, in seconds
    seconds: float
    #: how often the whole animation is played; 0 is endlessly
    plays: int = 0


@dataclass(frozen=True, eq=False)
class Left:
    """What is left of a picture whose file is damaged."""

    #: [H, W], true where the file no longer says what was there
    missing: NDArray[np.bool_]
    #: what else is to be known of what is left, in words; "" where nothing is
    but: str = ""
    #: which of several pictures are there, in words; "" where all are
    frames: str = ""

    @property
    def share(self) -> float:
        """How much of the picture is there, from 0 to 1."""
        return 1.0 - float(self.missing.mean())

    def resized(self, height: int, width: int) -> Left:
        """The same of the picture at another size."""
        rows = np.arange(height) * self.missing.shape[0] // height
        columns = np.arange(width) * self.missing.shape[1] // width
        return replace(self, missing=self.missing[rows[:, None], columns])


@dataclass(frozen=True, eq=False, kw_only=True)
class Beside:
    """What a file says beside its pixels, before they are decoded and after."""

    #: how many bits of a sample count, where they are fewer than its depth has, such as 10 of 16:
    #: the file's samples are 0 to 2**bits - 1; None where all count
    bits: int | None = None
    #: whether the file was compressed with loss
    lossy: bool = False
    #: its ICC profile, as it is in the file
    icc: bytes | None = None
    #: its EXIF, from "II" or "MM" on; the orientation is in it, and, of a Picture, no thumbnail
    exif: bytes | None = None
    #: its XMP packet
    xmp: bytes | None = None
    #: dots an inch, (across, down)
    dpi: tuple[float, float] | None = None
    #: the quality of a JPEG by its tables, 1 to 100
    quality: int | None = None
    #: its IPTC data (IIM: records of names, places, captions), as they are in the file
    iptc: bytes | None = None
    #: its Photoshop image resources ("8BIM"), without IPTC data and small copies of the picture
    photoshop: bytes | None = None
    #: its texts and comments, in the order of the file
    text: tuple[Text, ...] = ()
    #: how its numbers are colours (ITU-T H.273): primaries, transfer, matrix, 1 for full range;
    #: None where the profile, or nothing, says it
    cicp: tuple[int, int, int, int] | None = None
    #: what of the file only its own format has a place for
    parts: tuple[Part, ...] = ()
    #: how a TIFF stores it; None of other files
    insides: Insides | None = None
    #: sentences on what was met while reading
    notes: tuple[str, ...] = ()
    #: sentences on what of the file is not kept, whatever format it is written in
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Picture(Beside):
    """One picture as it stands in its file: not turned, not clamped."""

    #: [1, C, H, W], C = 1 (grey) or 3 (RGB): whole numbers as they were read; floats as they are
    planes: Planes
    #: float32 [1, 1, H, W], 0 where nothing is seen; None where everything is
    alpha: Array | None = None
    #: the depth of the samples in the file
    depth: Depth = "uint8"
    #: the name of the file's format, as `FORMATS` has it
    format: str = "PNG"
    #: the planes beside colour and alpha, in the order of the file
    extras: tuple[Plane, ...] = ()
    #: when it is shown, as a frame of an animation; None for a picture by itself, for a page, and
    #: for what an animated PNG shows where nothing is animated
    timing: Timing | None = None
    #: what is left of it, where its file is damaged; None where it is whole
    left: Left | None = None
    #: of a raw file, what its pixels were developed from; None where they are not, or no more
    mosaic: Mosaic | None = None

    @property
    def pixels(self) -> Array:
        """All of its pixels in float32 [1, C, H, W]: whole numbers divided by the highest that
        their bits can say, 255 or 1023 or 65535, and floats as they are.

        What is in whole numbers is made for each call, and is not to be written to, as that would
        be lost. Of a large picture, `planes` gives a part.
        """
        if isinstance(self.planes, np.ndarray):
            return self.planes
        pixels = floats(self.planes)
        pixels.flags.writeable = False
        return pixels

    @property
    def size(self) -> tuple[int, int]:
        """(height, width), as they are stored."""
        height, width = self.planes.shape[-2:]
        return height, width

    @property
    def channels(self) -> int:
        """Channels of colour: 1 or 3."""
        return self.planes.shape[1]

    def known(self) -> dict[str, float]:
        """Settings of dials that the file itself tells."""
        return {} if self.quality is None else {"quality": float(self.quality)}

    def with_pixels(self, pixels: Planes, alpha: Array | None = None) -> Picture:
        """The same picture with other pixels [1, 1 or 3, H, W], and with another alpha [1, 1, H, W]
        where one is given.

        Where the size is another, EXIF and XMP say the new one and the extra planes get it. They
        are no longer what a mosaic was developed into.
        """
        alpha = self.alpha if alpha is None else alpha
        height, width = pixels.shape[-2:]
        if (height, width) == self.size:
            return replace(self, planes=pixels, alpha=alpha, mosaic=None)
        down, across = height / self.size[0], width / self.size[1]
        return replace(
            self,
            planes=pixels,
            alpha=alpha,
            exif=None if self.exif is None else set_size(self.exif, width, height),
            xmp=None if self.xmp is None else xmp.resized(self.xmp, across, down),
            extras=tuple(plane.resized(height, width) for plane in self.extras),
            left=None if self.left is None else self.left.resized(height, width),
            mosaic=None,
        )


@dataclass(frozen=True)
class Header(Beside):
    """What a file says of its picture before a pixel is decoded; of several, of the first."""

    #: the name of its format, as `FORMATS` has it
    format: str
    #: pixels across, as stored: not turned
    width: int
    #: pixels down, as stored: not turned
    height: int
    #: channels of colour after decoding: 1 or 3
    channels: int
    #: the depth of the samples after decoding
    depth: Depth
    #: whether it has transparency
    alpha: bool
    #: how the file has its samples, in words
    stored: str
    #: how the file packs its samples, in words; empty where `stored` says all
    packed: str = ""
    #: the names of the planes beside colour and alpha
    extras: tuple[str, ...] = ()
    #: how many pictures the file holds: frames, or pages that are no smaller copies of another
    frames: int = 1
    #: pixels of the largest of them, where they differ in size
    largest: int = 0
    #: of an animation, for how long all its frames are shown together; None for other files
    timing: Timing | None = None
    #: of several pictures of which only the first can be had, what the file is, and why so, as the
    #: end of a sentence; None where all can
    only_first: str | None = None

    @property
    def several(self) -> Several:
        """What its pictures are, where there are several."""
        return "pages" if self.timing is None else "frames"

    def picture(
        self,
        samples: NDArray[Any],
        extras: tuple[Plane, ...] = (),
        timing: Timing | None = None,
    ) -> Picture:
        """The Picture of decoded samples [H, W] or [H, W, 1 to 4], the second or fourth channel
        being alpha.

        timing: that of a frame.

        Small copies of it, in EXIF and XMP, are left out: they would go on showing it as it was,
        whatever becomes of it.
        """
        samples = samples.reshape(*samples.shape[:2], -1)
        colours = 3 if samples.shape[2] >= 3 else 1
        beside = {field.name: getattr(self, field.name) for field in fields(Beside)}
        beside["exif"] = None if self.exif is None else without_thumbnail(self.exif)
        beside["xmp"] = None if self.xmp is None else _without_copies(self.xmp)
        return Picture(
            _held(samples[..., :colours], self.bits),
            to_planes(samples[..., colours:], self.bits) if samples.shape[2] > colours else None,
            depth=self.depth,
            format=self.format,
            extras=extras,
            timing=timing,
            **beside,
        )


def _without_copies(packet: bytes) -> bytes:
    for name in _THUMBNAILS:
        packet = xmp.without_element(packet, name)
    return packet


def from_array(array: NDArray[Any]) -> Picture:
    """The Picture of an array of uint8, uint16 or float32.

    array: [H, W] or [H, W, 1 to 4] (grey, grey + alpha, RGB, RGBA). UsageError for others.
    """
    channels = array.shape[2] if array.ndim == 3 else 1
    if (
        array.dtype.name not in SCALES
        or array.ndim not in (2, 3)
        or not 1 <= channels <= 4
        or array.size == 0
    ):
        raise UsageError(
            f"an array of shape {list(array.shape)} and type {array.dtype} is no picture: [H, "
            "W] or [H, W, 1 to 4] of uint8, uint16 or float32 is wanted"
        )
    depth: Depth = array.dtype.name  # type: ignore[assignment]
    height, width = array.shape[:2]
    header = Header(
        "PNG", width, height, 3 if channels >= 3 else 1, depth, channels in (2, 4), "array"
    )
    return header.picture(array)


def to_planes(samples: NDArray[Any], bits: int | None = None) -> Array:
    """The planes, float32 [1, C, H, W], of samples [H, W] or [H, W, C].

    The samples are of uint8, uint16 or float32, and are read one channel at a time. bits: how many
    of theirs count; None is all.
    """
    if samples.ndim == 2:
        samples = samples[..., None]
    height, width, channels = samples.shape
    divisor = _scale(samples.dtype.name, bits)
    planes = np.empty((1, channels, height, width), np.float32)
    with np.errstate(invalid="ignore"):  # a NaN may signal that it is one, which is found later
        for c in range(channels):
            np.divide(samples[..., c], divisor, out=planes[0, c], dtype=np.float32)
    return planes


def to_samples(picture: Picture, depth: Depth, bits: int | None = None) -> NDArray[Any]:
    """The samples of a picture: [H, W] for grey alone, else [H, W, 2 to 4] with alpha last.

    depth: their type. bits: how many of theirs count; None is all. Integers are clamped once and
    rounded half to even; floats are as they are. The result may be the picture's own, and is not to
    be written to.
    """
    kept = _kept(picture, depth, bits)
    if kept is None:
        kept = np.empty((*picture.size, picture.channels + (picture.alpha is not None)), depth)
        for c in range(picture.channels):
            for top in range(0, len(kept), ROWS):
                rows = picture.planes[0, c, top : top + ROWS]
                _put(rows, kept[top : top + ROWS, :, c], bits)
        if picture.alpha is not None:
            _put(picture.alpha[0, 0], kept[..., -1], bits)
    return kept[..., 0] if kept.shape[2] == 1 else kept


def _kept(picture: Picture, depth: Depth, bits: int | None) -> NDArray[Any] | None:
    """The samples [H, W, C] that a picture holds, where they are such as are wanted."""
    held = picture.planes
    if picture.alpha is not None or not isinstance(held, WholeNumbers):
        return None
    if held.samples.dtype != depth or held.highest != _scale(depth, bits):
        return None
    return np.ascontiguousarray(np.moveaxis(held.samples[0], 0, -1))


def room(channels: int, height: int, width: int, depth: Depth, bits: int | None) -> WholeNumbers:
    """Room for the pixels [1, C, H, W] of a picture, of which parts can be set: whole numbers of
    a depth, of which so many bits count, lying as a file has them.
    """
    samples = np.empty((height, width, channels), depth)
    return WholeNumbers(np.moveaxis(samples, -1, 0)[None], _scale(depth, bits))


def _held(samples: NDArray[Any], bits: int | None) -> Planes:
    """Samples [H, W, C] as a picture holds them: whole numbers as they are, and floats as planes.

    Nobody may change them any more.
    """
    depth = samples.dtype.name
    if depth == "float32":
        return to_planes(samples)
    if samples.flags.writeable or not samples.dtype.isnative:
        samples = np.array(samples, depth, order="C")
        samples.flags.writeable = False
    return WholeNumbers(np.moveaxis(samples, -1, 0)[None], _scale(depth, bits))


def to_image(picture: Picture) -> Image:
    """The colours of a picture, in 8 bits, as Pillow has them: mode L or RGB."""
    from PIL import Image

    return Image.fromarray(to_samples(replace(picture, alpha=None), "uint8"))


def _from_plane(plane: Array, depth: str) -> NDArray[Any]:
    samples = np.empty(plane.shape, depth)
    _put(plane, samples)
    return samples


def _scale(depth: str, bits: int | None) -> np.float32:
    """What samples of that depth, of which so many bits count, are divided by on the way in."""
    return np.float32(SCALES[depth] if bits is None else 2**bits - 1)


def _put(plane: Array, samples: NDArray[Any], bits: int | None = None) -> None:
    """Puts a plane [H, W] into samples of the same shape, as their type and bits want them."""
    depth = samples.dtype.name
    scale = _scale(depth, bits)
    for top in range(0, len(plane), ROWS):
        rows = plane[top : top + ROWS]
        samples[top : top + ROWS] = (
            rows if depth == "float32" else np.rint(np.clip(rows, 0, 1) * scale)
        )
