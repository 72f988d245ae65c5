"""The engine: a picture of any size through a Run, tile by tile, as if it went through whole.

Tiles see `reach` pixels past their edge and start at multiples of `multiple`, so that the inner
part of each is what the whole picture's run computes there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..contract import Array, Contract, Run, finite, level_for, predict
from ..errors import NonFiniteOutput, OutOfMemory, UsageError
from ..ground.planes import Part, Planes, Put
from ..ground.remarks import OnProgress, Say, silent

#: bytes of memory that a network wants for each pixel of a tile, where its card does not say; the
#: shipped networks want less
BYTES_PER_PIXEL = 1000
#: the share of free memory that a tile may take
FREE_SHARE = 0.5
#: bytes that a tile may take in all: larger ones are no faster, since memory that is new costs more
#: than the edges of tiles that are computed twice
MOST_BYTES = 300 * 2**20
#: the side of a tile, in pixels, below which none is cut smaller
SMALLEST_TILE = 32


@dataclass(frozen=True)
class Span:
    """One tile along one axis, in input pixels."""

    #: the first pixel that it reads
    start: int
    #: the pixel behind the last that it reads
    stop: int
    #: the first pixel whose result is kept
    keep_start: int
    #: the pixel behind the last whose result is kept
    keep_stop: int


@dataclass(frozen=True)
class Plan:
    """A grid of even tiles over a picture that is padded to the network's multiple."""

    #: where its rows of tiles lie along the height
    rows: tuple[Span, ...]
    #: where its columns of tiles lie along the width
    columns: tuple[Span, ...]

    def __len__(self) -> int:
        return len(self.rows) * len(self.columns)

    def tiles(self) -> Iterator[tuple[Span, Span]]:
        """The tiles, row by row, each by its spans along height and width."""
        return ((row, column) for row in self.rows for column in self.columns)

    @property
    def largest(self) -> int:
        """Pixels of the largest tile, with what it sees past its edge."""
        tallest = max(row.stop - row.start for row in self.rows)
        widest = max(column.stop - column.start for column in self.columns)
        return tallest * widest


def plan(
    height: int,
    width: int,
    contract: Contract,
    tile: int | None = None,
    most_pixels: int | None = None,
) -> Plan:
    """Plans how to cut a picture of height x width into tiles.

    tile: None chooses the fewest tiles of at most `most_pixels` each; 0 is one tile; N is tiles of
    which about N x N pixels are kept.

    A network whose reach is the whole picture gets one tile, whatever its size; asking it for
    smaller ones is a UsageError.
    """
    height = math.ceil(height / contract.multiple) * contract.multiple
    width = math.ceil(width / contract.multiple) * contract.multiple
    if contract.reach is None:
        if tile:
            raise UsageError(
                "this model looks at the whole picture at once and cannot run in tiles; leave "
                "-t out, or reduce the picture"
            )
        return Plan((Span(0, height, 0, height),), (Span(0, width, 0, width),))

    margin = math.ceil(contract.reach / contract.multiple) * contract.multiple
    spans = partial(_spans, margin=margin, multiple=contract.multiple)

    if tile is None:
        return _fewest(height, width, spans, most_pixels, max(SMALLEST_TILE, contract.multiple))
    if tile < 0:
        raise UsageError(f"-t {tile}: a tile size is 0 (no tiles), auto, or a number of pixels")
    if tile == 0:
        return Plan(spans(height, 1), spans(width, 1))
    return Plan(spans(height, math.ceil(height / tile)), spans(width, math.ceil(width / tile)))


def _fewest(
    height: int,
    width: int,
    spans: Callable[[int, int], tuple[Span, ...]],
    most_pixels: int | None,
    smallest: int,
) -> Plan:
    """The fewest tiles of at most `most_pixels`, or such that keep `smallest` pixels a side.

    spans: cuts a side into a number of parts.
    """
    rows = 1
    columns = 1
    # The longer side of the tiles is cut once more until they fit.
    while True:
        result = Plan(spans(height, rows), spans(width, columns))
        kept = max(s.keep_stop - s.keep_start for s in (*result.rows, *result.columns))
        if most_pixels is None or result.largest <= most_pixels or kept <= smallest:
            return result
        if height / rows >= width / columns:
            rows += 1
        else:
            columns += 1


def _spans(size: int, count: int, margin: int, multiple: int) -> tuple[Span, ...]:
    """One axis of `size` pixels, cut into at most `count` even parts with their margins.

    Each part starts at a multiple of `multiple`, and its margin ends with the picture.
    """
    step = math.ceil(size / count / multiple) * multiple
    starts = range(0, size, step)
    return tuple(
        Span(max(0, s - margin), min(size, s + step + margin), s, min(size, s + step))
        for s in starts
    )


def predict_in_tiles(
    run: Run,
    contract: Contract,
    image: Planes,
    level: Array | None = None,
    share: float | Array = 1.0,
    **how: Any,
) -> Array:
    """Puts a picture through a network as `predict` does, but in tiles.

    how: as `by_tiles` takes it, which raises the same. An image [1, C, H, W] gives [1, C', scale H,
    scale W] in float32, which is not clamped.
    """
    height, width = (contract.scale * side for side in image.shape[-2:])
    result = np.empty((image.shape[0], contract.channels_out, height, width), np.float32)

    def put(rows: slice, columns: slice, part: Array) -> None:
        result[..., rows, columns] = part

    by_tiles(run, contract, image, level, share, put, **how)
    return result


def by_tiles(
    run: Run,
    contract: Contract,
    image: Planes,
    level: Array | None,
    share: float | Array,
    put: Put,
    *,
    tile: int | None = None,
    bytes_per_pixel: int = BYTES_PER_PIXEL,
    progress: OnProgress | None = None,
    say: Say = silent,
) -> None:
    """Puts a picture through a network as `predict` does, but in tiles, and gives each to `put`.

    put: is given one again where memory was short. tile: None plans them from free memory, 0 is
    none, and N is the size of a tile in pixels. bytes_per_pixel: the memory that the network takes.
    progress: is told (done, total) tiles. say: is told once where memory was short.

    Raises OutOfMemory where no tile is small enough, and NonFiniteOutput rather than give NaN or
    infinity.
    """
    height, width = image.shape[-2:]
    tiles = plan(height, width, contract, tile, affordable(bytes_per_pixel))
    said = False
    while True:
        try:
            _each_tile(run, contract, image, level, share, put, tiles, progress)
            return
        except (OutOfMemory, MemoryError) as error:
            # All over again with tiles of half the pixels, as long as there are smaller ones.
            smaller = plan(height, width, contract, None, tiles.largest // 2)
            if len(smaller) <= len(tiles):
                raise OutOfMemory(_too_large(height, width, contract, bytes_per_pixel)) from error
            tiles = smaller
            if not said:
                say("not enough memory for tiles of that size; going on with smaller ones")
                said = True


def _each_tile(
    run: Run,
    contract: Contract,
    image: Planes,
    level: Array | None,
    share: float | Array,
    put: Put,
    tiles: Plan,
    progress: OnProgress | None,
) -> None:
    """Puts the tiles of a picture through a network, each with what it sees past its edge, and
    gives the inner part of each to `put`.
    """
    height, width = image.shape[-2:]
    level = level_for(contract, level, image.shape)
    for done, (row, column) in enumerate(tiles.tiles(), 1):
        window = np.s_[..., row.start : row.stop, column.start : column.stop]
        levels, shares = (_within(window, each) for each in (level, share))
        seen = predict(run, contract, image[window], levels, shares)
        down = _kept(row, row.start, height, contract.scale)
        across = _kept(column, column.start, width, contract.scale)
        part = seen[..., down, across]
        if not finite(part):
            raise NonFiniteOutput("the network gave NaN or infinity; nothing was written")
        rows = _kept(row, 0, height, contract.scale)
        put(rows, _kept(column, 0, width, contract.scale), part)
        if progress and len(tiles) > 1:
            progress(done, len(tiles))


def _within(window: Part, values: Any) -> Any:
    """What of a map lies within a window; one value for all of the picture, or none, as it is."""
    return values[window] if np.shape(values)[-2:] not in ((), (1, 1)) else values


def _kept(span: Span, origin: int, size: int, scale: int) -> slice:
    """The pixels of the result that are kept of a span, counted from an origin.

    The picture has `size` input pixels along that axis, and what was padded behind is cut off.
    """
    return slice((span.keep_start - origin) * scale, (min(span.keep_stop, size) - origin) * scale)


def affordable(bytes_per_pixel: int) -> int:
    """Pixels of a tile that free memory allows."""
    most = min(free_memory() * FREE_SHARE, MOST_BYTES)
    return max(SMALLEST_TILE**2, int(most / bytes_per_pixel))


def free_memory() -> int:
    """Bytes of memory that can be had without swapping.

    They are the machine's, or what a container's limit (cgroup v2) leaves, whichever is less.
    """
    free = _available()
    folder = Path("/sys/fs/cgroup")
    try:
        limit = (folder / "memory.max").read_text().strip()
        used = int((folder / "memory.current").read_text())
        if limit == "max":
            return free
        kinds = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
        # Files that were read before give way.
        used -= int(kinds.get("inactive_file", 0))
        return min(free, max(0, int(limit) - used))
    except (OSError, ValueError):
        return free


def _available() -> int:
    """Bytes of the machine's memory that can be had without swapping."""
    # psutil reads the same, and its import takes longer than all else that happens here.
    try:
        entries = Path("/proc/meminfo").read_text().splitlines()
        lines = dict(entry.split(":", 1) for entry in entries)
        return int(lines["MemAvailable"].removesuffix("kB")) * 1024
    except (OSError, KeyError, ValueError):
        # This is not Linux.
        import psutil

        return int(psutil.virtual_memory().available)


def _too_large(height: int, width: int, contract: Contract, bytes_per_pixel: int) -> str:
    """The sentence on a picture that does not fit, with the size that would."""
    fits = int(math.sqrt(free_memory() * FREE_SHARE / bytes_per_pixel))
    why = "this model looks at the whole picture at once; " if contract.reach is None else ""
    return (
        f"not enough memory for a picture of {width}x{height}: {why}about {fits}x{fits} would fit"
    )
