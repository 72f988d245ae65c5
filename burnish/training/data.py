"""Clean pictures, crops of them, and the spoiling: what a training step gets to see. A batch depends on (seed, epoch, index) alone, whoever computes it."""

from __future__ import annotations

import hashlib
import io
import json
import multiprocessing
import os
import signal
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from ..contract import Array
from ..degrade import Degradation
from ..errors import BurnishError, DataError, InputError

Pixels = NDArray[np.uint8]

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff")
#: ITU-R BT.601, what "grey" means throughout
LUMA = np.array([0.299, 0.587, 0.114], np.float32)


class Batch(NamedTuple):
    """spoiled and clean [B, C, H, W]; level [B or 1, K, 1, 1]; weight [B, 1 or C, H, W], where the loss counts, or None for everywhere. float32."""

    spoiled: Tensor
    clean: Tensor
    level: Tensor
    weight: Tensor | None


@dataclass(frozen=True)
class Source:
    """A picture that can be read: its file name, where it comes from, and how to get its pixels [C, H, W]."""

    name: str
    place: str
    read: Callable[[], Pixels]


@dataclass(frozen=True)
class Pictures:
    """Pictures in a fixed order. `cached` holds them decoded, or None where they do not fit into memory and are read at every access."""

    sources: tuple[Source, ...]
    cached: tuple[Pixels, ...] | None
    fingerprint: str

    def __len__(self) -> int:
        return len(self.sources)

    def __getitem__(self, index: int) -> Pixels:
        return self.cached[index] if self.cached is not None else self.sources[index].read()


def sources_in(folders: Sequence[str], pack: str | None, channels: int) -> list[Source]:
    """All pictures of the folders (by name, folder after folder), or of the pack. DataError where there is none."""
    found = _packed(Path(pack), channels) if pack else [_filed(path, channels) for folder in folders for path in list_pictures(Path(folder))]
    if not found:
        raise DataError(f"{pack or ', '.join(folders)}: no pictures there; what counts: {', '.join(SUFFIXES)}")
    return found


def list_pictures(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)


def split(sources: Sequence[Source], left_out: Sequence[str]) -> tuple[list[Source], list[Source]]:
    """(those to train on, those whose file names are left out). DataError for a name that no picture has."""
    names = {source.name for source in sources}
    for name in left_out:
        if name not in names:
            near = get_close_matches(name, names, 1)
            raise DataError(f"data.leave_out: no picture is called {name}" + (f"; did you mean {near[0]}?" if near else ""))
    chosen = set(left_out)
    return [s for s in sources if s.name not in chosen], [s for s in sources if s.name in chosen]


def open_pictures(sources: Sequence[Source], smallest: int, notice: Callable[[str], None]) -> Pictures:
    """Decodes every picture, and keeps them where they fit into half of the free memory. DataError names those that cannot be used, before the first step."""
    room = _free_memory() // 2
    cached: list[Pixels] | None = []
    sums, problems = [], []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for source, result in zip(sources, pool.map(partial(_try_reading, smallest=smallest), sources), strict=True):
            if isinstance(result, str):
                problems.append(f"{source.place} ({result})")
                continue
            pixels, checksum = result
            sums.append([source.name, list(pixels.shape), checksum])
            room -= pixels.nbytes
            if cached is not None and room < 0:
                notice("the pictures do not fit into half of the free memory, so each is read again whenever a crop of it is wanted; more data.workers help")
                cached = None
            if cached is not None:
                cached.append(pixels)
    if problems:
        more = f", and {len(problems) - 10} more" if len(problems) > 10 else ""
        raise DataError(f"{len(problems)} of {len(sources)} pictures cannot be trained on; mend or remove them: {'; '.join(problems[:10])}{more}")
    if not sources:
        raise DataError("no picture is left to train on; data.leave_out names all of them")
    return Pictures(tuple(sources), None if cached is None else tuple(cached), hashlib.sha256(json.dumps(sums).encode()).hexdigest())


def _try_reading(source: Source, smallest: int) -> tuple[Pixels, int] | str:
    try:
        pixels = source.read()
    except BurnishError as error:
        return str(error).removeprefix(f"{source.place}: ")
    if min(pixels.shape[1:]) < smallest:
        return f"{pixels.shape[2]}x{pixels.shape[1]} is smaller than the crop of {smallest}"
    return pixels, zlib.crc32(pixels.data)


def _filed(path: Path, channels: int) -> Source:
    return Source(path.name, str(path), partial(_read_file, path, channels))


def _read_file(path: Path, channels: int) -> Pixels:
    from ..images import read

    pixels = np.rint(np.clip(read(path).pixels[0], 0, 1) * 255).astype(np.uint8)
    return _with_channels(pixels, channels)


def _packed(pack: Path, channels: int) -> list[Source]:
    """The pictures of a pack, whose files are JPEGs; they stay in memory as they are."""
    try:
        with zipfile.ZipFile(pack) as file:
            entries = json.loads(file.read("manifest.json"))["pictures"]
            return [Source(entry["name"], f"{pack}:{entry['file']}", partial(_read_jpeg, file.read(entry["file"]), channels)) for entry in entries]
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise DataError(f"{pack}: not a whole pack of pictures ({error}); make it with `python -m burnish.training.pack`") from error


def _read_jpeg(data: bytes, channels: int) -> Pixels:
    from PIL import Image

    try:
        picture = np.asarray(Image.open(io.BytesIO(data)))
    except OSError as error:
        raise InputError(str(error)) from error
    return _with_channels(picture[None] if picture.ndim == 2 else picture.transpose(2, 0, 1), channels)


def _with_channels(pixels: Pixels, channels: int) -> Pixels:
    """[1 or 3, H, W] -> [channels, H, W]: a grey picture is repeated, a colour one turned grey."""
    if pixels.shape[0] == channels:
        return np.ascontiguousarray(pixels)
    if channels == 1:
        return np.rint(np.tensordot(LUMA, pixels.astype(np.float32), 1)[None]).astype(np.uint8)
    return np.repeat(pixels, channels, 0)


def _free_memory() -> int:
    import psutil

    return int(psutil.virtual_memory().available)


@dataclass(frozen=True)
class Crops(Dataset[Batch]):
    """Batches of spoiled crops. One item is a whole batch, asked for by (epoch, index), so that workers have little to do for each crop but its pixels.

    An epoch takes every picture about once. grey: the share of crops that are made grey before they are spoiled. one_level: one draw for the whole batch.
    """

    pictures: Pictures
    degradations: tuple[Degradation, ...]
    crop: int
    batch: int
    seed: int
    flips: bool = True
    rotations: bool = True
    grey: float = 0.0
    one_level: bool = False

    @property
    def epoch_length(self) -> int:
        """Batches in an epoch."""
        return max(1, len(self.pictures) // self.batch)

    def __getitem__(self, where: tuple[int, int]) -> Batch:
        epoch, index = where
        rng = np.random.default_rng([self.seed, 1, epoch, index])
        clean = self._clean(self._chosen(epoch, index), rng)
        level = np.stack([d.dial.sample(1 if self.one_level else self.batch, rng) for d in self.degradations], 1)[:, :, None, None]
        spoiled = self._spoil(clean, level, rng)
        return Batch(torch.from_numpy(spoiled), torch.from_numpy(clean), torch.from_numpy(level), None)

    def _chosen(self, epoch: int, index: int) -> NDArray[np.int64]:
        """The pictures of a batch: a stretch of the epoch's order. [B]"""
        order = np.random.default_rng([self.seed, 0, epoch, 0]).permutation(len(self.pictures))
        return np.resize(order, self.epoch_length * self.batch)[index * self.batch : (index + 1) * self.batch]

    def _clean(self, chosen: NDArray[np.int64], rng: np.random.Generator) -> Array:
        crops = np.stack([self._cut(self.pictures[i], rng) for i in chosen])
        return np.divide(crops, np.float32(255), dtype=np.float32)

    def _cut(self, pixels: Pixels, rng: np.random.Generator) -> Pixels:
        size = self.crop
        y, x = (int(rng.integers(0, side - size + 1)) for side in pixels.shape[1:])
        turn, flip = int(rng.integers(4)), bool(rng.integers(2))
        piece = pixels[:, y : y + size, x : x + size]
        if self.rotations:
            piece = np.rot90(piece, turn, (1, 2))
        return piece[:, :, ::-1] if self.flips and flip else piece

    def _spoil(self, clean: Array, level: Array, rng: np.random.Generator) -> Array:
        """All degradations in order. Grey crops go through them with one channel; `clean` becomes grey in place for those."""
        level = np.broadcast_to(level, (self.batch, *level.shape[1:]))
        grey = rng.random(self.batch) < (self.grey if clean.shape[1] == 3 else 0)
        if not grey.any():
            return self._degrade(clean, level, rng)
        spoiled = np.empty_like(clean)
        if not grey.all():
            spoiled[~grey] = self._degrade(clean[~grey], level[~grey], rng)
        luma = np.rint(np.einsum("c,bchw->bhw", LUMA, clean[grey])[:, None] * 255) / np.float32(255)
        clean[grey] = luma
        spoiled[grey] = self._degrade(luma, level[grey], rng)
        return spoiled

    def _degrade(self, clean: Array, level: Array, rng: np.random.Generator) -> Array:
        spoiled = clean
        for i, degradation in enumerate(self.degradations):
            spoiled = degradation.spoil(spoiled, level[:, i : i + 1], rng)
        return spoiled.copy() if spoiled is clean else spoiled


@dataclass(frozen=True)
class _Order(Sampler[tuple[int, int]]):
    """(epoch, index) of the batches first..last - 1 of a run."""

    first: int
    last: int
    epoch_length: int

    def __len__(self) -> int:
        return self.last - self.first

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return (divmod(i, self.epoch_length) for i in range(self.first, self.last))


def stream(crops: Crops, first: int, last: int, *, workers: int = 0, pinned: bool = False) -> Iterator[Batch]:
    """The batches first..last - 1 of a run, in order, made by `workers` processes ahead of time, or in between by none. DataError where a worker fails."""
    settings: dict[str, Any] = {}
    if workers:
        # Forked, workers share the decoded pictures instead of each getting a copy.
        context = "fork" if "fork" in multiprocessing.get_all_start_methods() and os.name == "posix" else None
        settings = {"num_workers": workers, "prefetch_factor": 4, "worker_init_fn": _calm, "multiprocessing_context": context}
    # A generator of its own: the loader would draw its workers' seeds from the global one, and a run would depend on how often it was resumed.
    loader = DataLoader(crops, batch_size=None, sampler=_Order(first, last, crops.epoch_length), generator=torch.Generator(), pin_memory=pinned, **settings)
    try:
        yield from loader
    except BurnishError as error:
        raise DataError(f"a picture cannot be read any more: {str(error).strip().rpartition(chr(10))[2]}") from error
    except RuntimeError as error:
        if "DataLoader worker" not in str(error):
            raise
        raise DataError(f"a process that makes batches died ({' '.join(str(error).split())}); where memory is short, use fewer data.workers") from error


def _calm(worker: int) -> None:
    """A process group of its own: what stops the group of the main process, such as Ctrl-C, reaches that one alone, which saves and then ends its workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)
