"""The samples of a page: decoded, every strip and tile looked for before, and made grey, RGB or
Lab of one scale.
"""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ...damage import corrupt, truncated
from ...picture import Left
from ..left.tiff import raw_left
from . import tags
from .colours import LUMA, ycbcr_to_rgb
from .fax import check_fax
from .kinds import Kind
from .streams import check_streams
from .whole import check_whole

if TYPE_CHECKING:
    from tifffile import TiffPage

#: black and white of each channel of YCbCr, where a file does not say them (TIFF 6.0, section 20)
FULL = (0.0, 255.0, 128.0, 255.0, 128.0, 255.0)


def samples_of(page: TiffPage, kind: Kind, file: BinaryIO, name: str) -> NDArray[Any]:
    """The samples of a page, [H, W] or [H, W, 1 to 4], of the depth of its kind: palettes looked
    up, YCbCr as RGB, white the highest value. Errors as from `raw_samples`.
    """
    return _plain(raw_samples(page, kind, file, name), page, kind, name)


def samples_left(
    page: TiffPage, kind: Kind, file: BinaryIO, name: str
) -> tuple[NDArray[Any], Left]:
    """What is left of the samples of a damaged page, else as `samples_of` gives them.

    InputCorrupt where nothing is.
    """
    if kind.photometric == tags.YCBCR and _subsampling(page) != (1, 1):
        raise corrupt(name, "its YCbCr is not whole")
    samples, left = raw_left(page, file, name)
    return _plain(_as_stored(samples, page, name), page, kind, name), left


def raw_samples(page: TiffPage, kind: Kind, file: BinaryIO, name: str) -> NDArray[Any]:
    """The samples of a page, [H, W] or [H, W, C], as they stand in the file.

    InputTruncated or InputCorrupt where they are not all there.
    """
    check_segments(page, file.seek(0, os.SEEK_END), name)
    check_streams(page, file, name)
    check_whole(page, file, name)
    check_fax(page, file, name)
    if page.compression == tags.NONE:
        # A predictor is of compressed data alone (TIFF 6.0, section 14), and tifffile undoes any.
        page.predictor = 1
    if kind.photometric == tags.YCBCR and _subsampling(page) != (1, 1):
        samples = _subsampled(page, file, name)
        return _checked(samples, page, name)
    return _as_stored(page.asarray(), page, name)


def _as_stored(samples: NDArray[Any], page: TiffPage, name: str) -> NDArray[Any]:
    """Samples [H, W] or [H, W, C] of what tifffile makes of a page."""
    if page.planarconfig == 2 and page.samplesperpixel > 1:
        samples = np.moveaxis(samples, 0, -1)
    return _checked(samples, page, name)


def _checked(samples: NDArray[Any], page: TiffPage, name: str) -> NDArray[Any]:
    if samples.shape[:2] != (page.imagelength, page.imagewidth):
        raise corrupt(name, f"it decodes to {samples.shape}")
    return samples.astype(np.uint8) if samples.dtype == bool else samples


def check_segments(page: TiffPage, size: int, name: str) -> None:
    """InputTruncated unless every strip or tile is there, inside the file, and, where it is not
    compressed, long enough.
    """
    offsets, counts = page.dataoffsets, page.databytecounts
    if len(offsets) < math.prod(page.chunked) or len(counts) < len(offsets):
        raise truncated(name)
    if any(
        not count or not offset or offset + count > size
        for offset, count in zip(offsets, counts, strict=False)
    ):
        raise truncated(name)
    pixels = page.imagewidth * page.imagelength
    samples = pixels * page.samplesperpixel
    if page.is_subsampled:
        across, down = _subsampling(page)
        samples = pixels + 2 * pixels // (across * down)
    bits = sum(page.bitspersample) if isinstance(page.bitspersample, tuple) else page.bitspersample
    if page.compression == tags.NONE and sum(counts) * 8 < samples * bits:
        raise truncated(name)


def _plain(samples: NDArray[Any], page: TiffPage, kind: Kind, name: str) -> NDArray[Any]:
    """Palettes looked up, floats of 32 bits, and white as the highest value."""
    if kind.photometric == tags.PALETTE:
        colours = page.colormap
        if colours is None:
            raise corrupt(name, "its palette is not there")
        fine = kind.depth == "uint16" or int(colours.max(initial=0)) < 256
        table = np.ascontiguousarray((colours if fine else colours >> 8).astype(kind.depth).T)
        # one bit comes as true and false
        looked_up: NDArray[Any] = table[samples.astype(np.uint8)]
        return looked_up
    samples = samples.astype(kind.depth, copy=False)
    if kind.photometric == tags.YCBCR:
        return _rgb(page, samples, name)
    if kind.photometric == tags.WHITE_IS_ZERO:
        samples = samples.copy()
        grey = samples if samples.ndim == 2 else samples[..., 0]
        np.subtract(1 if kind.float else 2**kind.bits - 1, grey, out=grey)
    return samples


# YCbCr that is not inside a JPEG


def _subsampling(page: TiffPage) -> tuple[int, int]:
    """By how many columns and rows its colours are coarser; by two where the file does not say."""
    found = page.tags.valueof(tags.SUBSAMPLING, (2, 2))
    across, down = (int(found[0]), int(found[1])) if len(found) == 2 else (0, 0)
    return across, down


def _subsampled(page: TiffPage, file: BinaryIO, name: str) -> NDArray[np.uint8]:
    """YCbCr [H, W, 3] of units, each a block of brightness and then one Cb and one Cr (TIFF 6.0,
    section 21).
    """
    from tifffile import TIFF

    across, down = _subsampling(page)
    if not {across, down} <= {1, 2, 4} or page.is_tiled or page.planarconfig == 2:
        raise corrupt(name, f"its colours are coarser by {across}x{down}, or in tiles")
    wide, rows = -(-page.imagewidth // across), page.rowsperstrip or page.imagelength
    full = np.empty((page.imagelength, page.imagewidth, 3), np.uint8)
    tops = range(0, page.imagelength, rows)
    segments = zip(tops, page.dataoffsets, page.databytecounts, strict=False)
    for top, offset, count in segments:
        strip = full[top : top + rows]
        high = -(-len(strip) // down)
        size = high * wide * (across * down + 2)
        file.seek(offset)
        data = file.read(count)
        if page.compression != tags.NONE:
            data = bytes(TIFF.DECOMPRESSORS[int(page.compression)](data, out=size))
        if len(data) < size:
            raise truncated(name)
        units = np.frombuffer(data, np.uint8, size).reshape(high, wide, -1)
        y = units[..., :-2].reshape(high, wide, down, across).swapaxes(1, 2)
        strip[..., 0] = y.reshape(high * down, wide * across)[: len(strip), : page.imagewidth]
        colour = units[..., -2:].repeat(down, 0).repeat(across, 1)
        strip[..., 1:] = colour[: len(strip), : page.imagewidth]
    return full


def _rgb(page: TiffPage, samples: NDArray[Any], name: str) -> NDArray[Any]:
    """RGB of YCbCr by the coefficients that the file says; what stands beside it stays."""
    luma = _ratios(page.tags.valueof(tags.COEFFICIENTS), LUMA)
    limits = _ratios(page.tags.valueof(tags.BLACK_WHITE), FULL)
    flat = any(black == white for black, white in zip(limits[::2], limits[1::2], strict=True))
    if flat or not luma[1]:
        raise corrupt(name, "its YCbCr has no white")
    rgb = ycbcr_to_rgb(samples[..., :3], luma, limits)
    return rgb if samples.shape[2] == 3 else np.concatenate([rgb, samples[..., 3:]], 2)


def _ratios(found: Any, usual: tuple[float, ...]) -> tuple[float, ...]:
    """The values of a field of ratios; the usual ones where it is not there, or not whole."""
    if found is None or len(found) != 2 * len(usual) or not all(found[1::2]):
        return usual
    return tuple(above / below for above, below in zip(found[::2], found[1::2], strict=True))
