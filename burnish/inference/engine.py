"""plan() and predict_in_tiles(): one picture of any size through a Run, tile by tile, with the
result that the whole would give.

Tiles see `reach` pixels past their edge and start at multiples of `multiple`, so that the inner
part of each is what the whole picture's run computes there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from ..contract import Array, Contract, Run, finite, pad_to_multiple, predict
from ..errors import NonFiniteOutput, OutOfMemory, UsageError
from ..ground.remarks import Say, silent

Progress = Callable[[int, int], None]

#: memory that a network wants for each pixel of a tile, where its card does not say; the shipped
#: networks want less
BYTES_PER_PIXEL = 1000
#: a tile may take this share of what is free, and never more than this in all (past a megapixel or
#: so, larger tiles are no faster)
FREE_SHARE = 0.5
MOST_BYTES = 900 * 2**20
SMALLEST_TILE = 32


@dataclass(frozen=True)
class Span:
    """One tile along one axis, in input pixels: what it reads [start, stop), and the part of that
    which it keeps.
    """

    start: int
    stop: int
    keep_start: int
    keep_stop: int


@dataclass(frozen=True)
class Plan:
    """A grid of even tiles over a picture that is padded to the network's multiple."""

    rows: tuple[Span, ...]
    columns: tuple[Span, ...]

    def __len__(self) -> int:
        return len(self.rows) * len(self.columns)

    def tiles(self) -> Iterator[tuple[Span, Span]]:
        return ((row, column) for row in self.rows for column in self.columns)

    @property
    def largest(self) -> int:
        """Pixels of the largest tile, what it sees past its edge included."""
        return max(r.stop - r.start for r in self.rows) * max(
            c.stop - c.start for c in self.columns
        )


def plan(
    height: int,
    width: int,
    contract: Contract,
    tile: int | None = None,
    most_pixels: int | None = None,
) -> Plan:
    """How to cut a picture of height x width: tile None chooses the fewest tiles of at most
    `most_pixels` each, 0 is one tile, N tiles of about N x N to keep.

    A network whose reach is the whole picture gets one tile, whatever its size; asking it for
    smaller ones is a UsageError.
    """
    height, width = (
        math.ceil(side / contract.multiple) * contract.multiple for side in (height, width)
    )
    if contract.reach is None:
        if tile:
            raise UsageError(
                "this model looks at the whole picture at once and cannot run in tiles; leave "
                "-t out, or reduce the picture"
            )
        return Plan((Span(0, height, 0, height),), (Span(0, width, 0, width),))
    margin = math.ceil(contract.reach / contract.multiple) * contract.multiple
    if tile is not None:
        if tile < 0:
            raise UsageError(f"-t {tile}: a tile size is 0 (no tiles), auto, or a number of pixels")
        counts = (math.ceil(height / tile), math.ceil(width / tile)) if tile else (1, 1)
        return Plan(
            _spans(height, counts[0], margin, contract.multiple),
            _spans(width, counts[1], margin, contract.multiple),
        )
    rows = columns = 1
    while True:
        result = Plan(
            _spans(height, rows, margin, contract.multiple),
            _spans(width, columns, margin, contract.multiple),
        )
        small = max(s.keep_stop - s.keep_start for s in (*result.rows, *result.columns)) <= max(
            SMALLEST_TILE, contract.multiple
        )
        if most_pixels is None or result.largest <= most_pixels or small:
            return result
        if height / rows >= width / columns:
            rows += 1
        else:
            columns += 1


def _spans(size: int, count: int, margin: int, multiple: int) -> tuple[Span, ...]:
    """`size` cut into at most `count` even parts that start at multiples of `multiple`, each with
    its margin inside the picture.
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
    image: Array,
    level: Array | None = None,
    share: float | Array = 1.0,
    *,
    tile: int | None = None,
    bytes_per_pixel: int = BYTES_PER_PIXEL,
    progress: Progress | None = None,
    say: Say = silent,
) -> Array:
    """predict() in tiles that are planned from free memory (tile None), whole (0) or of a given
    size; halved on OutOfMemory, with one remark, and begun again.

    image [1, C, H, W] -> [1, C', scale H, scale W], float32, not clamped. Raises NonFiniteOutput
    rather than return NaN or infinity.
    """
    height, width = image.shape[-2:]
    tiles = plan(height, width, contract, tile, _affordable(bytes_per_pixel))
    said = False
    while True:
        try:
            fitted = partial(tiled, tiles=tiles, progress=progress)
            result = predict(run, contract, image, level, share, fitted)
            break
        except (OutOfMemory, MemoryError) as error:
            smaller = plan(height, width, contract, None, tiles.largest // 2)
            if len(smaller) <= len(tiles):
                raise OutOfMemory(_too_large(height, width, contract, bytes_per_pixel)) from error
            tiles = smaller
            if not said:
                say("not enough memory for tiles of that size; going on with smaller ones")
                said = True
    if not finite(result):
        raise NonFiniteOutput("the network gave NaN or infinity; nothing was written")
    return result


def tiled(run: Run, contract: Contract, tiles: Plan, progress: Progress | None = None) -> Run:
    """A Run that runs another one tile by tile: tiling is a function of a function.

    It takes pictures of any size and pads tile by tile, so that a large picture is not copied for
    it.
    """

    def run_tiles(image: Array, level: Array | None) -> Array:
        batch, _, height, width = image.shape
        scale = contract.scale

        def one(row: Span, column: Span) -> Array:
            window = np.s_[..., row.start : row.stop, column.start : column.stop]
            there = level
            if level is not None and contract.level == "pixel":
                there = pad_to_multiple(level[window], contract.multiple)
            part = run(pad_to_multiple(image[window], contract.multiple), there)
            return part[
                ..., _part(row, row.start, height, scale), _part(column, column.start, width, scale)
            ]

        if len(tiles) == 1:
            return one(*next(tiles.tiles()))
        result = np.empty((batch, contract.channels_out, height * scale, width * scale), np.float32)
        for done, (row, column) in enumerate(tiles.tiles(), 1):
            result[..., _part(row, 0, height, scale), _part(column, 0, width, scale)] = one(
                row, column
            )
            if progress:
                progress(done, len(tiles))
        return result

    return run_tiles


def _part(span: Span, origin: int, size: int, scale: int) -> slice:
    """What is kept of a span and lies in a picture of that size, counted from an origin, in pixels
    of the result.
    """
    return slice((span.keep_start - origin) * scale, (min(span.keep_stop, size) - origin) * scale)


def _affordable(bytes_per_pixel: int) -> int:
    """Pixels of a tile that free memory allows."""
    return max(SMALLEST_TILE**2, int(min(free_memory() * FREE_SHARE, MOST_BYTES) / bytes_per_pixel))


def free_memory() -> int:
    """Bytes that can be had without swapping: the machine's, or what a container's limit (cgroup
    v2) leaves, whichever is less.
    """
    free = _available()
    folder = Path("/sys/fs/cgroup")
    try:
        limit, used = (
            (folder / "memory.max").read_text().strip(),
            int((folder / "memory.current").read_text()),
        )
        if limit == "max":
            return free
        kinds = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
        used -= int(kinds.get("inactive_file", 0))  # files read before, which give way
        return min(free, max(0, int(limit) - used))
    except (OSError, ValueError):
        return free


def _available() -> int:
    """Bytes of the machine's memory that can be had without swapping."""
    try:  # what psutil reads too; its import takes longer than all else that happens here
        entries = Path("/proc/meminfo").read_text().splitlines()
        lines = dict(entry.split(":", 1) for entry in entries)
        return int(lines["MemAvailable"].removesuffix("kB")) * 1024
    except (OSError, KeyError, ValueError):  # not Linux
        import psutil

        return int(psutil.virtual_memory().available)


def _too_large(height: int, width: int, contract: Contract, bytes_per_pixel: int) -> str:
    fits = int(math.sqrt(free_memory() * FREE_SHARE / bytes_per_pixel))
    why = "this model looks at the whole picture at once; " if contract.reach is None else ""
    return (
        f"not enough memory for a picture of {width}x{height}: {why}about {fits}x{fits} would fit"
    )
