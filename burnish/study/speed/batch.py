"""One model over batches and sizes of tiles: throughput, latency and memory."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass

from .bench import Failed, in_process

#: sides of tiles in pixels, and pictures in a batch
TILES = (64, 128, 256, 512, 1024)
BATCHES = (1, 2, 4, 8, 16)
#: pixels of a batch in all, beyond which nothing is measured
MOST = 2 * 2**20


@dataclass(frozen=True)
class Cell:
    """What was measured of the network alone, for one size of tiles and one of batches."""

    model: str
    #: the backend, what it ran on, and in what it computed
    backend: str
    device: str
    precision: str
    #: the side of the tiles, in pixels; how many go through at once
    tile: int
    batch: int
    #: pixels past its edge that a tile sees, on each side
    margin: int
    #: seconds of a batch, in turns behind the first one
    seconds: tuple[float, ...]
    #: bytes that the process took for it beyond those that it had; None where nobody says
    memory: int | None
    #: bytes a pixel, by the card of the file that ran
    bytes_per_pixel: int

    @property
    def latency(self) -> float:
        """Seconds of a batch, the middle of all turns."""
        return statistics.median(self.seconds)

    @property
    def throughput(self) -> float:
        """Megapixels a second."""
        return self.batch * self.tile**2 / 1e6 / self.latency

    @property
    def kept(self) -> float:
        """Megapixels a second of a large picture, of whose tiles the inner part is kept."""
        return self.throughput * max(0, self.tile - 2 * self.margin) ** 2 / self.tile**2

    @property
    def predicted(self) -> int:
        """Bytes that it was to take: what tiles are planned by."""
        return self.batch * self.tile**2 * self.bytes_per_pixel


def over_batches(model: str, where: str, precision: str, turns: int) -> Iterator[Cell | Failed]:
    """Measures every size of tiles in every batch, each in a process of its own, and yields what
    was found. Sizes of batches go on until one fails, or more than MOST pixels are in it.
    """
    for tile in TILES:
        for batch in BATCHES:
            if batch * tile**2 > MOST:
                break
            record = in_process("batch_point", model, where, precision, tile, batch, turns)
            if isinstance(record, str):
                yield Failed(f"{model}, {batch} tiles of {tile}", where, precision, record)
                break
            yield Cell(**{**record, "seconds": tuple(record["seconds"])})
