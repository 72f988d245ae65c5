"""Clips of which the clean side is known: pictures that are panned, zoomed and turned, things that
move in front of them, and what befalls a film: dirt, lines, flicker and grain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from burnish.contract import Array
from burnish.degrade.film.masks import lay_mask, read_mask
from burnish.film.frame import Frame, Layout
from burnish.ground.resize import resize
from burnish.images import read

from .scratch import held_out_masks

Marked = NDArray[np.bool_]
#: columns and rows, or some such pairs
Pairs = NDArray[np.floating[Any]]
#: frames of a clip
COUNT = 20
#: a change of so many code values of 8 bits can be seen
SEEN = 16
#: percent of the pixels of a frame that are dirty, at least and at most
SHARES = (0.1, 1.0)


@dataclass(frozen=True)
class Damage:
    """What befalls a clip."""

    #: whether there is dirt
    dirt: bool = True
    #: how many lines run down the frames
    lines: int = 2
    #: spread of the frames' brightness, as a share of it
    flicker: float = 0.05
    #: spread of the grain in 8-bit steps
    grain: float = 3.0


@dataclass(frozen=True)
class Clip:
    """A clip before and after something befell it."""

    #: its name
    name: str
    #: how its planes are laid out
    layout: Layout
    #: as it was, with its grain
    clean: list[Frame]
    #: as it was, before the grain
    smooth: list[Frame]
    #: with all damage
    spoiled: list[Frame]
    #: where dirt or a line can be seen, [frames, H, W]
    damaged: Marked


def clips(shared: Path, damage: Damage, every: int = 1) -> list[Clip]:
    """The clips of the benchmark: eight small ones, two as large as video, all of fixed seeds."""
    kodak = sorted((shared / "data/test/kodak24").iterdir())
    large = sorted((shared / "data/test/large").iterdir())
    masks = held_out_masks(shared)
    plans = [((480, 360), (kodak[3 * n], kodak[3 * n + 1], kodak[3 * n + 2])) for n in range(8)]
    plans += [((720, 576), (one, kodak[n], kodak[n + 7])) for n, one in enumerate(large)]
    return [
        made(f"{size[0]}x{size[1]} {files[0].stem}", size, files, masks, damage, number)
        for number, (size, files) in enumerate(plans)
        if number % every == 0
    ]


def made(
    name: str,
    size: tuple[int, int],
    files: Sequence[Path],
    masks: dict[str, list[str]],
    damage: Damage,
    seed: int,
) -> Clip:
    """One clip: the first picture behind, parts of the others before it."""
    rng = np.random.default_rng([2022, seed])
    pictures = [_picture(path, size) for path in files]
    layout = Layout("yuv", 8, *size, across=2, down=2)
    moved = _scene(pictures, size, rng)
    flicker = _flicker(len(moved), damage.flicker, rng)
    lines = [_Line.drawn(size, rng) for _ in range(damage.lines)]
    frames: tuple[list[Frame], list[Frame], list[Frame]] = ([], [], [])
    marked = []
    for number, smooth in enumerate(moved):
        clean = smooth + _grain(size, damage.grain, rng)
        spoiled = clean.copy()
        if damage.dirt:
            _lay_dirt(spoiled, masks, rng)
        for line in lines:
            line.lay(spoiled, number, rng)
        seen = np.abs(spoiled - clean).max(2) >= SEEN
        marked.append(seen)
        gain, lift = flicker[number]
        spoiled = gain * spoiled + lift
        for kept, pixels in zip(frames, (clean, smooth, spoiled), strict=True):
            kept.append(Frame(_planes(pixels), Fraction(number, 25), number))
    return Clip(name, layout, *frames, np.stack(marked))


def _picture(path: Path, size: tuple[int, int]) -> Array:
    """A picture that is half as large again as the frames or a little more, [H, W, 3] in 0..255."""
    pixels = read(path).pixels[0]
    times = 1.42 * max(size[0] / pixels.shape[2], size[1] / pixels.shape[1])
    if times < 0.9:
        pixels = resize(pixels[None], *(round(times * n) for n in pixels.shape[1:]))[0]
    return np.ascontiguousarray(255 * np.clip(pixels, 0, 1).transpose(1, 2, 0), np.float32)


def _scene(
    pictures: Sequence[Array], size: tuple[int, int], rng: np.random.Generator
) -> list[Array]:
    """The frames [H, W, 3] of a picture that moves, with parts of others moving before it."""
    # Two that move as people do, one that is small and fast.
    shapes = [
        _Shape.drawn(size, radius, speed, rng)
        for radius, speed in ((0.22, 0.006), (0.14, 0.015), (0.04, 0.05))
    ]
    speed = rng.uniform(-1, 1, 2) * 0.006 * size[0]
    turn = rng.uniform(-0.4, 0.4)
    zoom = rng.uniform(-0.004, 0.004)
    frames = []
    for number in range(COUNT):
        away = number - COUNT / 2
        weave = rng.normal(0, 0.25, 2)
        behind = _laid(pictures[0], size, speed * away + weave, turn * away, 1 + zoom * away)
        for shape, picture in zip(shapes, (pictures[1], pictures[2], pictures[1]), strict=True):
            behind = shape.before(behind, picture, number, weave)
        frames.append(behind)
    return frames


def _laid(
    picture: Array, size: tuple[int, int], shift: Pairs, degrees: float, zoom: float
) -> Array:
    """The picture with its middle so far from the middle of the frame, turned and enlarged."""
    width, height = size
    rows, columns = picture.shape[:2]
    least = 1.02 * max(width / columns, height / rows)
    matrix = cv2.getRotationMatrix2D((columns / 2, rows / 2), degrees, max(zoom, least))
    matrix[:, 2] = matrix[:, 2] + np.array([(width - columns) / 2, (height - rows) / 2]) + shift
    laid = cv2.warpAffine(
        picture, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101
    )
    return np.asarray(np.clip(laid, 0, 255), np.float32)


@dataclass(frozen=True)
class _Shape:
    """Something round and uneven that moves before the picture."""

    size: tuple[int, int]
    #: pixels; and by how much each of four waves around it makes it uneven
    radius: float
    waves: Pairs
    #: where its middle is in the first frame, and pixels that it moves in a frame
    start: Pairs
    speed: Pairs
    #: degrees a frame
    turn: float

    @classmethod
    def drawn(
        cls, size: tuple[int, int], radius: float, speed: float, rng: np.random.Generator
    ) -> _Shape:
        """One of a radius, and a speed, as shares of the frame's height and width."""
        way = rng.uniform(0, 2 * np.pi)
        speeds = speed * size[0] * np.array([np.cos(way), 0.5 * np.sin(way)])
        middle = np.array(size) * rng.uniform(0.3, 0.7, 2) - speeds * COUNT / 2
        waves = rng.normal(0, 0.12, (4, 2))
        return cls(size, radius * size[1], waves, middle, speeds, rng.uniform(-1, 1))

    def before(self, behind: Array, picture: Array, number: int, weave: Pairs) -> Array:
        """The frame with it before it, filled with what the picture has in its middle."""
        middle = self.start + self.speed * number + weave
        rows, columns = np.mgrid[0 : self.size[1], 0 : self.size[0]]
        angle = np.arctan2(rows - middle[1], columns - middle[0]) - np.deg2rad(self.turn * number)
        edge = np.ones_like(angle)
        for count, (even, odd) in enumerate(self.waves, 2):
            edge += even * np.cos(count * angle) + odd * np.sin(count * angle)
        away = np.hypot(rows - middle[1], columns - middle[0])
        cover = np.clip(self.radius * edge - away + 0.5, 0, 1)[..., None].astype(np.float32)
        shift = middle - np.array(self.size) / 2
        laid = _laid(picture, self.size, shift, -self.turn * number, 1)
        return np.asarray(behind + cover * (laid - behind), np.float32)


@dataclass(frozen=True)
class _Line:
    """A scratch that runs down the film."""

    column: float
    slant: float
    drift: float
    width: float
    opacity: float
    tone: float
    #: from which frame, and to which
    frames: tuple[int, int]

    @classmethod
    def drawn(cls, size: tuple[int, int], rng: np.random.Generator) -> _Line:
        """One of 0.7 to 3 pixels, black or white, that lasts for half of the clip or longer."""
        first = int(rng.integers(0, COUNT // 3))
        return cls(
            column=rng.uniform(0.1, 0.9) * size[0],
            slant=rng.uniform(-3, 3),
            drift=rng.uniform(-0.3, 0.3),
            width=rng.uniform(0.7, 3.0),
            opacity=rng.uniform(0.3, 0.9),
            tone=255.0 if rng.random() < 0.5 else 0.0,
            frames=(first, first + int(rng.integers(COUNT // 2, COUNT))),
        )

    def lay(self, pixels: Array, number: int, rng: np.random.Generator) -> None:
        """Lays it on the frame [H, W, 3], in place; it trembles, and is not as dense everywhere."""
        if not self.frames[0] <= number < self.frames[1]:
            return
        height, width = pixels.shape[:2]
        share = np.linspace(0, 1, height)[:, None]
        middle = self.column + self.drift * number + self.slant * share + rng.normal(0, 0.2)
        cover = np.clip(self.width / 2 + 0.5 - np.abs(np.arange(width) - middle), 0, 1)
        wave = 0.8 + 0.2 * np.sin(2 * np.pi * (3 * share + rng.uniform()))
        cover = (self.opacity * wave * cover)[..., None].astype(np.float32)
        pixels += cover * (np.float32(self.tone) - pixels)


def _flicker(count: int, spread: float, rng: np.random.Generator) -> Array:
    """The gain and what is added, in 8-bit steps, of each frame: [count, 2]."""
    gain = 1 + spread * rng.normal(0, 1, count).clip(-2, 2)
    lift = 0.2 * spread * 255 * rng.normal(0, 1, count).clip(-2, 2)
    return np.stack([gain, lift], 1).astype(np.float32)


def _grain(size: tuple[int, int], spread: float, rng: np.random.Generator) -> Array:
    """Grain [H, W, 3] that is a little coarser than pixels, and mostly the same in all colours."""
    width, height = size
    alike = rng.standard_normal((height, width, 1), np.float32)
    apart = rng.standard_normal((height, width, 3), np.float32)
    grain = cv2.GaussianBlur(0.85 * alike + 0.5 * apart, (0, 0), 0.6)
    return np.asarray(spread / max(float(grain.std()), 1e-6) * grain, np.float32)


def _lay_dirt(pixels: Array, masks: dict[str, list[str]], rng: np.random.Generator) -> None:
    """Lays masks of damage on a frame [H, W, 3], in place, until enough of it is covered."""
    size = (pixels.shape[0], pixels.shape[1])
    wanted = rng.uniform(*SHARES) / 100
    cover = np.zeros(size, np.float32)
    for _ in range(60):
        kind = str(rng.choice(list(masks)))
        file = str(rng.choice(masks[kind]))
        times = rng.uniform(0.1, 0.3) if kind == "scan" else rng.uniform(0.2, 0.6)
        mask = lay_mask(read_mask(file), size, times * size[0] / 360, rng)
        opacity = np.float32(rng.uniform(0.5, 1.0))
        tone = np.float32(
            255 * (rng.uniform(0.85, 1) if rng.random() < 0.5 else rng.uniform(0, 0.15))
        )
        joint = np.maximum(cover, mask)
        if (joint >= 0.5).mean() > 2 * SHARES[1] / 100:
            continue
        cover = joint
        pixels += (opacity * mask)[..., None] * (tone - pixels)
        if (cover >= 0.5).mean() >= wanted:
            break


def _planes(pixels: Array) -> tuple[NDArray[np.uint8], ...]:
    """Luma and halved colour differences of a frame [H, W, 3], as video has them (BT.601)."""
    red, green, blue = np.moveaxis(np.clip(pixels, 0, 255), 2, 0)
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    planes = [16 + luma * 219 / 255]
    for colour, weight in ((blue, 1.772), (red, 1.402)):
        whole = (colour - luma) / weight * 224 / 255 + 128
        height, width = whole.shape
        planes.append(whole.reshape(height // 2, 2, width // 2, 2).mean((1, 3)))
    return tuple(np.rint(plane).astype(np.uint8) for plane in planes)
