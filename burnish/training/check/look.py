"""What one file shows: its header, and, decoded once, a few small figures about its pixels. Nothing as large as a picture is kept."""

from __future__ import annotations

import contextlib
import io
import math
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ...contract import Array
from ...errors import BurnishError, InputTruncated
from ...estimate import noise
from ...images import facts, jpeg, read
from .hashes import SIDE
from .quality import jpeg_quality

#: JPEGs are decoded at half their size, and half again, as long as both sides stay this large: it costs a fraction of the time
ENOUGH = 1024
#: pixels beyond which Pillow is not asked: it has a limit of its own
MOST = 80_000_000
#: brightness up to which a bar is black
BLACK = 16
#: sides of the pieces in the middle on which fine detail is measured, grain, and noise (whose estimate takes the longest by far)
PIECE, GRAIN_PIECE, NOISE_PIECE = 256, 512, 112


@dataclass(frozen=True)
class Header:
    """What a file says of itself. error: (fault, sentence) where it cannot be read. quality: of a JPEG, 1 to 100. profile: its name; None is sRGB."""

    path: Path
    width: int = 0
    height: int = 0
    channels: int = 0
    depth: str = ""
    format: str = ""
    alpha: bool = False
    profile: str | None = None
    orientation: int = 1
    misnamed: str | None = None
    quality: int | None = None
    error: tuple[str, str] | None = None

    @property
    def size(self) -> tuple[int, int]:
        return self.width, self.height


@dataclass(frozen=True, eq=False)
class Look:
    """Figures about a picture's pixels, of brightness (BT.601) in 8-bit steps unless said otherwise.

    checksum: of all samples; small [64, 64]: the picture squeezed by area; histogram [256]; grey: all channels hold the same; eight: a 16-bit file whose
    samples are 8-bit ones; grain, tint: detail of the finest scale where the picture is calmest, in brightness and in colour (None where it is grey); detail:
    energy of the finest octave over that of the next (0.008 to 0.1 in photographs, less where they were enlarged), None where there is too little to tell;
    bars: share of a side that black bars take; noise: burnish.estimate's sigma of the middle, where it was asked for.
    """

    checksum: int
    small: NDArray[np.uint8]
    histogram: NDArray[np.int64]
    grey: bool
    eight: bool
    grain: float
    tint: float | None
    detail: float | None
    bars: float
    noise: float | None

    @property
    def mean(self) -> float:
        return float((self.histogram * np.arange(256)).sum() / self.histogram.sum())

    @property
    def deviation(self) -> float:
        values = np.arange(256) - self.mean
        return float(np.sqrt((self.histogram * values**2).sum() / self.histogram.sum()))

    @property
    def noisy(self) -> float:
        """Noise that is beyond doubt: what stands in brightness and colour alike; 0 for grey pictures, whose noise may be texture."""
        return 0.0 if self.tint is None else min(self.grain, self.tint)

    @property
    def ink(self) -> float:
        """Share of the pixels that are dark, with white = 1 and the threshold at 128."""
        return float(self.histogram[:128].sum() / self.histogram.sum())

    @property
    def paper(self) -> float:
        """Share of the pixels within two steps of the most common brightness: near 1 on a clean page."""
        most = int(self.histogram.argmax())
        return float(self.histogram[max(0, most - 2) : most + 3].sum() / self.histogram.sum())

    @property
    def document(self) -> bool:
        """Whether it looks like a clean page: mostly bright paper of one brightness, and some ink."""
        return int(self.histogram.argmax()) > 160 and self.paper > 0.5 and 0.001 < self.ink < 0.4


def header_of(path: Path) -> Header:
    """The header, or what is wrong with it; nothing is decoded."""
    try:
        found = facts(path)
        quality = _quality(path) if found["format"] == "JPEG" else None
    except BurnishError as error:
        return Header(path, error=_fault(error, path))
    names = ("width", "height", "channels", "depth", "format", "alpha", "orientation")
    profile = None if _is_srgb(found["profile"], found["channels"]) else found["profile"]
    misnamed = next((note for note in found.get("notes", ()) if note.startswith("named ")), None)
    return Header(path, **{name: found[name] for name in names}, profile=profile, misnamed=misnamed, quality=quality)


def _fault(error: BurnishError, path: Path) -> tuple[str, str]:
    text = str(error).removeprefix(f"{path}: ").split(";")[0]
    return ("truncated" if isinstance(error, InputTruncated) else "unreadable"), text


def _is_srgb(profile: str | None, channels: int) -> bool:
    """Names of sRGB, whoever wrote them; what grey pictures carry says nothing of colours."""
    name = (profile or "srgb").lower()
    return channels == 1 or "srgb" in name or "iec61966" in name or name == "c2"


def _quality(path: Path) -> int | None:
    try:
        with Image.open(path) as image:
            tables: dict[int, list[int]] = getattr(image, "quantization", {})
            return jpeg_quality(tables[min(tables)]) if tables else None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None


def look_at(header: Header, with_noise: bool = False) -> tuple[Look, Array] | tuple[str, str]:
    """The figures, and the brightness [H, W] in 0..255 for the caller to compare and drop; or (fault, sentence) where the file cannot be decoded."""
    try:
        image, eight = _decoded(header)
    except BurnishError as error:
        return _fault(error, header.path)
    luma = image if image.mode == "L" else image.convert("L")
    samples = np.asarray(image)
    pixels = samples if luma is image else np.asarray(luma)
    piece = _middle(pixels, PIECE)
    grain, tint = _grain(samples, pixels)
    return Look(
        checksum=zlib.crc32(np.ascontiguousarray(samples).data),
        small=np.asarray(luma.resize((SIDE, SIDE), Image.Resampling.BOX)),
        histogram=np.asarray(luma.histogram(), np.int64),
        grey=image.mode == "L" or _is_grey(image),
        eight=eight,
        grain=grain,
        tint=tint,
        detail=_detail(piece),
        bars=_bars(pixels),
        noise=_noise(image) if with_noise else None,
    ), pixels.astype(np.float32)


def _decoded(header: Header) -> tuple[Image.Image, bool]:
    """The picture in mode L or RGB, large JPEGs reduced; and whether its 16 bits hold 8. BurnishError where it cannot be decoded."""
    plain = header.depth == "uint8" and header.format in ("JPEG", "PNG", "WEBP") and header.width * header.height <= MOST
    if plain:
        with contextlib.suppress(OSError, SyntaxError, ValueError, EOFError):
            data = header.path.read_bytes()
            if header.format == "JPEG":
                jpeg.check_scans(data, header.path)
            with Image.open(io.BytesIO(data)) as image:
                if image.mode != "CMYK":
                    factor = max(1, min(header.size) // ENOUGH)
                    image.draft(None, (header.width // factor, header.height // factor))
                    return image.convert("L" if header.channels == 1 else "RGB"), False
    picture = read(header.path, max_megapixels=None)  # the slow way; it says in a sentence what is wrong
    samples = np.rint(picture.pixels[0].transpose(1, 2, 0) * 65535).astype(np.int64) if picture.depth == "uint16" else None
    eight = samples is not None and bool(not (samples % 257).any() or not (samples % 256).any())
    pixels = np.rint(np.clip(picture.pixels[0], 0, 1) * 255).astype(np.uint8)
    return Image.fromarray(pixels[0] if len(pixels) == 1 else np.ascontiguousarray(pixels.transpose(1, 2, 0))), eight


def _is_grey(image: Image.Image) -> bool:
    """All channels equal, but for the rounding of a compressed file; looked at in a small copy first."""
    for copy in (image.resize((SIDE, SIDE), Image.Resampling.BOX), image):
        pixels = np.asarray(copy).astype(np.int16)
        if np.abs(pixels[..., 1:] - pixels[..., :1]).max() > 2:
            return False
    return True


def _middle(pixels: NDArray[np.uint8], side: int) -> Array:
    """[H, W] or [H, W, 3]"""
    top, left = (max(0, (whole - side) // 2) for whole in pixels.shape[:2])
    return pixels[top : top + side, left : left + side].astype(np.float32)


def _noise(image: Image.Image) -> float:
    """The estimate of the whole wing, on the middle of the picture, in colour."""
    piece = _middle(np.asarray(image), NOISE_PIECE) / np.float32(255)
    return noise(np.ascontiguousarray(piece[None, None] if piece.ndim == 2 else piece.transpose(2, 0, 1)[None]))


def _grain(samples: NDArray[np.uint8], pixels: NDArray[np.uint8]) -> tuple[float, float | None]:
    """The finest detail of the calmest tenth of all 16x16 blocks, in brightness and in colour: noise is everywhere, and texture has little colour."""
    piece = _middle(pixels, GRAIN_PIECE)
    planes = [piece]
    if samples.ndim == 3:
        colour = _middle(samples, GRAIN_PIECE)
        planes.append((colour[..., 0] - colour[..., 1]) / np.float32(math.sqrt(2)))
    if min(piece.shape) < 16:
        return 0.0, 0.0 if len(planes) > 1 else None
    blocks = _blocks(piece)
    inside = (blocks.min((2, 3)) > 5) & (blocks.max((2, 3)) < 250)  # clipping takes noise away
    floors = [_floor(_blocks(plane)[inside]) for plane in planes]
    return floors[0], floors[1] if len(floors) > 1 else None


def _blocks(plane: Array) -> Array:
    height, width = (side // 16 * 16 for side in plane.shape)
    return plane[:height, :width].reshape(height // 16, 16, width // 16, 16).swapaxes(1, 2)


def _floor(blocks: Array) -> float:
    """The lower tenth of the blocks' diagonal Haar coefficients' size. [N, 16, 16]"""
    if len(blocks) < 10:
        return 0.0
    diagonal = (blocks[:, ::2, ::2] - blocks[:, ::2, 1::2] - blocks[:, 1::2, ::2] + blocks[:, 1::2, 1::2]) / 2
    return float(np.quantile(np.sqrt((diagonal**2).mean((1, 2))), 0.1))


def _detail(piece: Array) -> float | None:
    """Energy of the frequencies above 0.3 cycles a pixel over that from 0.1 to 0.2, along both axes; None for small or flat pieces."""
    if min(piece.shape) < 64 or piece.std() < 4:
        return None
    if _repeated(piece) or _repeated(piece.T):
        return 0.0
    power = np.abs(np.fft.rfft2(piece * np.outer(np.hanning(piece.shape[0]), np.hanning(piece.shape[1])))) ** 2
    radius = np.maximum(np.abs(np.fft.fftfreq(piece.shape[0]))[:, None], np.fft.rfftfreq(piece.shape[1])[None])
    fine, coarse = power[radius > 0.3].mean(), power[(radius > 0.1) & (radius < 0.2)].mean()
    return float(fine / coarse) if coarse > 1e-3 else None


def _repeated(piece: Array) -> bool:
    """Whether every row stands twice: enlarged by repeating pixels."""
    equal = (np.diff(piece, axis=0) == 0).all(1)
    return bool(equal[::2].all() or equal[1::2].all())


def _bars(pixels: NDArray[np.uint8]) -> float:
    """The share of a side that black bars at two opposite edges take (letterbox); 0 where there are none."""
    shares = []
    for lines in (pixels, pixels.T):
        brightest = lines.max(1)
        lit = np.flatnonzero(brightest > BLACK)
        if not len(lit):
            continue
        first, last = int(lit[0]), int(lit[-1])
        abrupt = first > 0 and last < len(lines) - 1 and min(lines[first].mean(), lines[last].mean()) > 2 * BLACK
        shares.append(min(first, len(lines) - 1 - last) / len(lines) if abrupt else 0.0)
    return max(shares, default=0.0)
