"""Scans with infrared, made: the picture, dirt that takes its share of all light, and the plane."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from conftest import leaves
from numpy.typing import NDArray
from scipy import ndimage

from burnish.contract import Array

Deep = NDArray[np.uint16]
#: height and width
SIZE = (192, 256)
#: bytes of a tag that says what a page is to others, little-endian, as tifffile can write it and
#: as scanning programs do
KIND, MARKED = (b"\xfe\x00\x04\x00\x01\x00\x00\x00" + bytes([kind, 0, 0, 0]) for kind in (2, 4))


@dataclass(frozen=True)
class Scan:
    """A scan, and what is known of it."""

    #: light without dirt [3, H, W]
    clean: Array
    #: the share of the light that gets through dirt [H, W]
    through: Array
    #: infrared in 0..1 [h, w]
    plane: Array

    @property
    def dirty(self) -> Array:
        """Light with dirt, [3, H, W]."""
        found: Array = self.clean * self.through
        return found

    @property
    def deep(self) -> Deep:
        """The picture in 16 bits, [H, W, 3]."""
        return deep(self.dirty.transpose(1, 2, 0))

    @property
    def infrared(self) -> Deep:
        """Infrared in 16 bits, [h, w]."""
        return deep(self.plane)


def deep(values: NDArray[Any]) -> Deep:
    """Values in 0..1 in 16 bits."""
    return np.asarray(np.rint(np.clip(values, 0, 1) * 65535), np.uint16)


def specks(size: tuple[int, int] = SIZE) -> Array:
    """The share of the light that gets through a hair, a scratch, a thick speck and a thin one."""
    rows, columns = np.mgrid[: size[0], : size[1]]
    hair = 0.95 * (np.abs(columns - 60 - 25 * np.sin(rows / 30)) < 1.5)
    scratch = 0.6 * (np.abs(rows - 40 - columns // 9) < 1.2)
    thick = 0.97 * (np.hypot(rows - 120, columns - 190) < 5)
    thin = 0.4 * (np.hypot(rows - 140, columns - 120) < 12)
    lost = np.maximum.reduce([hair, scratch, thick, thin])
    soft: Array = 1 - ndimage.gaussian_filter(lost, 0.6).astype(np.float32)
    return soft


def scanned(
    leak: float = 0.1,
    off: tuple[float, float] = (0.0, 0.0),
    noise: float = 0.01,
    half: bool = False,
    through: Array | None = None,
) -> Scan:
    """A scan. leak: how much of red's density stands in infrared. off: how far that lies beside the
    picture, down and to the right. noise: of the plane. half: whether it is half as large.
    """
    rng = np.random.default_rng(4)
    clean = (0.05 + 0.9 * leaves(*SIZE)[0] ** 2).astype(np.float32)
    through = specks() if through is None else through
    rows, columns = np.mgrid[-1 : 1 : SIZE[0] * 1j, -1 : 1 : SIZE[1] * 1j]
    seen = ndimage.shift(through * clean[0] ** leak, off, order=3, mode="nearest")
    lamp = 0.7 * (1 - 0.1 * rows + 0.05 * columns - 0.05 * rows**2)
    plane = lamp * (seen + rng.normal(0, noise, seen.shape))
    if half:
        plane = plane.reshape(SIZE[0] // 2, 2, SIZE[1] // 2, 2).mean(axis=(1, 3))
    return Scan(clean, through, plane.clip(0, 1).astype(np.float32))


# Files of scanning programs


def four(path: Path, scan: Scan) -> None:
    """Four samples, the last of which the file says nothing of (VueScan)."""
    samples = np.dstack([scan.deep, scan.infrared])
    tifffile.imwrite(path, samples, photometric="rgb", extrasamples=["unspecified"], metadata=None)


def untagged(path: Path, scan: Scan) -> None:
    """Four samples without a tag that names the last (Nikon Scan, SANE)."""
    four(path, scan)
    data = path.read_bytes()
    tag = (338).to_bytes(2, "little")
    assert data.count(tag + b"\x03\x00\x01\x00\x00\x00") == 1
    other = (65000).to_bytes(2, "little")  # the last tag, one that nobody knows
    path.write_bytes(data.replace(tag + b"\x03\x00\x01\x00\x00\x00", other + b"\x03\x00\x01\0\0\0"))


def second(path: Path, scan: Scan) -> None:
    """A second page without a mark."""
    with tifffile.TiffWriter(path) as file:
        file.write(scan.deep, photometric="rgb", metadata=None)
        file.write(scan.infrared, photometric="minisblack", metadata=None)


def marked(path: Path, scan: Scan) -> None:
    """A second page with the mark of a transparency mask (SilverFast HDRi)."""
    with tifffile.TiffWriter(path, byteorder="<") as file:
        file.write(scan.deep, photometric="rgb", metadata=None)
        file.write(scan.infrared, photometric="minisblack", subfiletype=2, metadata=None)
    mark(path)


def beside(path: Path, scan: Scan, name: str = "_ir.tif") -> None:
    """A second file."""
    tifffile.imwrite(path, scan.deep, photometric="rgb", metadata=None)
    other = path.with_name(path.stem + name)
    tifffile.imwrite(other, scan.infrared, photometric="minisblack", metadata=None)


def mark(path: Path) -> None:
    """Marks pages as transparency masks, which tifffile writes of one bit alone."""
    data = path.read_bytes()
    assert KIND in data
    path.write_bytes(data.replace(KIND, MARKED))


#: the layouts of TIFFs, each a function of a path and a scan
LAYOUTS: dict[str, Callable[[Path, Scan], None]] = {
    "four": four,
    "untagged": untagged,
    "second": second,
    "marked": marked,
    "beside": beside,
}


def digital_negative(path: Path, scan: Scan, turn: int = 1, places: str = "below") -> None:
    """A DNG (SilverFast HDRi): linear samples and infrared below a small picture, or as pages."""
    unit = (1, 1)
    matrix = [n for row in np.eye(3, dtype=int) for value in row for n in (int(value), 1)]
    tags = [
        (50706, "B", 4, (1, 4, 0, 0), True),
        (50708, "s", 0, "Scanner", True),
        (50721, "2i", 9, tuple(matrix), True),
        (50728, "2I", 3, unit * 3, True),
        (274, "H", 1, turn, True),
    ]
    linear: dict[str, Any] = {"photometric": 34892, "metadata": None}
    with tifffile.TiffWriter(path, byteorder="<") as file:
        if places == "below":
            small = (scan.deep[::8, ::8] >> 8).astype(np.uint8)
            first: dict[str, Any] = {"subfiletype": 1, "subifds": 2, "extratags": tags}
            file.write(small, photometric="rgb", metadata=None, **first)
            file.write(scan.deep, **linear)
        else:
            file.write(scan.deep, extratags=tags, **linear)
        file.write(scan.infrared, photometric="minisblack", subfiletype=2, metadata=None)
    mark(path)
