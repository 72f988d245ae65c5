"""What one picture shows: decoded once, and a few small figures about its pixels.

Nothing as large as a picture is kept.
"""

from __future__ import annotations

import contextlib
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ...contract import Array
from ...images import FORMATS, Picture, read, to_image
from ...pipeline.estimate import noise
from .hashes import SIDE
from .header import CheckedHeader
from .texture import bars_of, detail_of, grain_of, middle

#: JPEGs are decoded at half their size, and half again, as long as both sides stay this large: it
#: costs a fraction of the time
ENOUGH = 1024
#: pixels beyond which Pillow is not asked: it has a limit of its own
MOST = 80_000_000
#: side of the piece in the middle whose noise is estimated, which takes the longest by far
NOISE_PIECE = 112


@dataclass(frozen=True, eq=False)
class Look:
    """Figures about a picture's pixels.

    They are figures of brightness (BT.601) in 8-bit steps, unless a field says otherwise.
    """

    #: CRC-32 of all samples
    checksum: int
    #: the picture squeezed by area, [64, 64]
    small: NDArray[np.uint8]
    #: how many pixels have each brightness, [256]
    histogram: NDArray[np.int64]
    #: whether all channels hold the same
    grey: bool
    #: whether a 16-bit file holds 8-bit samples
    eight: bool
    #: whether alpha is not 1 everywhere
    transparent: bool
    #: detail of the finest scale where the picture is calmest, or None where it cannot be told
    grain: float | None
    #: the same of colour instead of brightness; None in grey pictures too
    tint: float | None
    #: energy of the finest octave over that of the next, or None where there is too little to tell;
    #: 0.008 to 0.1 in photographs, less where they were enlarged
    detail: float | None
    #: share of a side that black bars take
    bars: float
    #: sigma of the middle by burnish.pipeline.estimate, where it was asked for
    noise: float | None

    @property
    def mean(self) -> float:
        """The mean brightness."""
        return float((self.histogram * np.arange(256)).sum() / self.histogram.sum())

    @property
    def deviation(self) -> float:
        """The standard deviation of the brightness."""
        values = np.arange(256) - self.mean
        return float(np.sqrt((self.histogram * values**2).sum() / self.histogram.sum()))

    @property
    def noisy(self) -> float:
        """Noise that is beyond doubt: what stands in brightness and in colour alike.

        It is 0 for grey pictures, whose noise may be texture.
        """
        return 0.0 if self.grain is None or self.tint is None else min(self.grain, self.tint)

    @property
    def ink(self) -> float:
        """The share of the pixels that are dark, with white = 1 and the threshold at 128."""
        return float(self.histogram[:128].sum() / self.histogram.sum())

    @property
    def paper(self) -> float:
        """The share of the pixels within two steps of the most common brightness.

        It is near 1 on a clean page.
        """
        most = int(self.histogram.argmax())
        return float(self.histogram[max(0, most - 2) : most + 3].sum() / self.histogram.sum())

    @property
    def document(self) -> bool:
        """Whether it looks like a clean page: mostly paper of one bright tone, and some ink."""
        return int(self.histogram.argmax()) > 160 and self.paper > 0.5 and 0.001 < self.ink < 0.4


def look_at(header: CheckedHeader, with_noise: bool = False) -> tuple[Look, Array]:
    """Returns the figures, and the brightness [H, W] in 0..255 to compare and drop.

    Raises InputError where the file cannot be decoded.
    """
    decoded = _decoded(header)
    image = decoded.image
    luma = image if image.mode == "L" else image.convert("L")
    samples = np.asarray(image)
    pixels = samples if luma is image else np.asarray(luma)
    grain, tint = grain_of(samples, pixels)
    return Look(
        checksum=zlib.crc32(np.ascontiguousarray(samples).data),
        small=np.asarray(luma.resize((SIDE, SIDE), Image.Resampling.BOX)),
        histogram=np.asarray(luma.histogram(), np.int64),
        grey=image.mode == "L" or _is_grey(image),
        eight=decoded.eight,
        transparent=decoded.transparent,
        grain=grain,
        tint=tint,
        detail=detail_of(pixels),
        bars=bars_of(pixels),
        noise=_noise(image) if with_noise else None,
    ), pixels.astype(np.float32)


@dataclass(frozen=True)
class _Decoded:
    """An image in mode L or RGB, and what Look says of `eight` and `transparent`."""

    image: Image.Image
    eight: bool = False
    transparent: bool = False


def _decoded(header: CheckedHeader) -> _Decoded:
    """The decoded picture; large JPEGs are reduced.

    Raises InputError where it cannot be decoded.
    """
    if header.depth == "uint8" and header.width * header.height <= MOST:
        with contextlib.suppress(OSError, SyntaxError, ValueError, EOFError):
            if (found := _by_pillow(header)) is not None:
                return found
    # the slow way; it says in a sentence what is wrong
    picture = read(header.path, max_megapixels=None)
    return _Decoded(
        to_image(picture),
        _holds_eight(picture),
        picture.alpha is not None and float(picture.alpha.min()) < 1,
    )


def _by_pillow(header: CheckedHeader) -> _Decoded | None:
    """The quick way; None where the format has none for this file."""
    glance = FORMATS[header.format].glance
    if glance is None:
        return None
    found = glance(header.path.read_bytes(), str(header.path))
    if found is None:
        return None
    with found as image:
        factor = max(1, min(header.size) // ENOUGH)
        image.draft(None, (header.width // factor, header.height // factor))
        transparent = header.alpha and bool(np.asarray(image.convert("RGBA"))[..., 3].min() < 255)
        return _Decoded(
            image.convert("L" if header.channels == 1 else "RGB"), transparent=transparent
        )


def _holds_eight(picture: Picture) -> bool:
    """Whether the samples of a 16-bit file are 8-bit ones, times 257 or 256."""
    if picture.depth != "uint16" or picture.bits is not None:
        return False
    samples = np.rint(picture.pixels * 65535).astype(np.int64)
    return not (samples % 257).any() or not (samples % 256).any()


def _is_grey(image: Image.Image) -> bool:
    """Whether all channels are equal, but for the rounding of a compressed file.

    A small copy is looked at first.
    """
    for copy in (image.resize((SIDE, SIDE), Image.Resampling.BOX), image):
        pixels = np.asarray(copy).astype(np.int16)
        if np.abs(pixels[..., 1:] - pixels[..., :1]).max() > 2:
            return False
    return True


def _noise(image: Image.Image) -> float:
    """The noise of the middle of the picture, in colour, by the estimator of restoring."""
    piece = middle(np.asarray(image), NOISE_PIECE) / np.float32(255)
    planes = piece[None] if piece.ndim == 2 else piece.transpose(2, 0, 1)
    return noise(np.ascontiguousarray(planes[None])).value
