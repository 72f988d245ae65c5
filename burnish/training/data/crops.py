"""Batches of spoiled crops: what a training step gets to see.

Every crop depends on (seed, epoch, index, its place in the batch) alone, whoever makes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from ...contract import Array, Gives
from ...degrade.marks import spoil_marked
from ...ground.channels import grey
from .cut import Cut, Window, darkness, draw, mirrored, take, tiles
from .damaging import Damaging, Measuring, Weigh
from .order import Indices, epoch_order
from .pictures import Pictures, Sides, floats
from .sensor import on_sensor
from .sources import Pixels

#: the least and the most that a crop counts where another picture is laid over it
EXPOSED = (0.35, 0.65)


class Batch(NamedTuple):
    """What one training step sees, in float32; with a scale the clean sides are larger by it."""

    #: what the network is given, [B, C, H, W] in [0, 1]
    spoiled: Tensor
    #: what it should give, [B, C, H, W], times the scale in height and width: the picture as it
    #: was, or the mask of the damage
    clean: Tensor
    #: the levels of the dials that the network is told, [B or 1, K, 1, 1]
    level: Tensor
    #: what each place counts in the loss, [B, 1, 1 or H, 1 or W] (its picture's level, and 0 where
    #: it is padding); None is 1 everywhere
    weight: Tensor | None


@dataclass(frozen=True)
class Crops(Dataset[Batch]):
    """Batches by (epoch, index), or by (epoch, index, rank, world) for a process's share of one.

    An epoch takes every picture about once; where they are of several sources (`Source.pool`),
    these have shares of the crops by their `weights`. Clean pictures are spoiled by `damage` in
    order; pairs are as they are.
    """

    #: the pictures and pairs that crops are cut from
    pictures: Pictures
    #: what spoils clean pictures, in this order
    damage: tuple[Damaging, ...]
    #: how crops are cut
    cut: Cut
    #: crops in a batch, of all processes together
    batch: int
    #: with the epoch and the place of a crop, this decides everything that is drawn
    seed: int
    #: the share of clean crops that are made grey before they are spoiled
    grey: float = 0.0
    #: the share of clean crops over which another picture is laid, before they are made grey
    blended: float = 0.0
    #: whether a whole batch has one level; it comes from one source of pictures then
    one_level: bool = False
    #: the channels of the spoiled side
    channels_in: int = 3
    #: the channels of the clean side
    channels_out: int = 3
    #: the shares of the crops that the sources of pictures have, by their number
    weights: tuple[float, ...] = (1.0,)
    #: what a picture's level makes it count in the loss; None is 1
    weigh: Weigh | None = None
    #: the dials that a batch has the levels of; None is those of `damage` that are told
    dials: tuple[str, ...] | None = None
    #: whether clean crops become what some camera's sensor saw before they are spoiled: four packed
    #: planes of half their size (the scale of `cut` is 2 then)
    raw: bool = False
    #: and whether these are taken on to tones in which a sensor's noise is the same everywhere
    tones: bool = False
    #: the dials whose level is measured in the spoiled crop
    measured: tuple[Measuring, ...] = ()
    #: what the clean side is: the picture, or a mask of what damaged it
    gives: Gives = "picture"

    @property
    def told(self) -> tuple[str, ...]:
        """The dials that a batch has the levels of, in their order."""
        return (
            tuple(part.name for part in self.damage if part.told)
            if self.dials is None
            else self.dials
        )

    @cached_property
    def _names(self) -> list[str]:
        """All dials: of the degradations in order, those measured, then those of pairs alone."""
        names = [part.name for part in self.damage]
        names += [measuring.dial.name for measuring in self.measured]
        return names + [name for name in self.told if name not in names]

    @cached_property
    def _items(self) -> Indices:
        """The number of the first item of each picture, and at the end the number of all, [P + 1].

        With a grid every tile is an item, otherwise every picture.
        """
        return np.concatenate(
            [[0], np.cumsum([tiles(self.cut, size) for size in self.pictures.sizes])]
        )

    @cached_property
    def _pools(self) -> tuple[int, ...]:
        """How many items each source of pictures has."""
        pools = np.bincount(
            [source.pool for source in self.pictures.sources],
            np.diff(self._items),
            len(self.weights),
        )
        return tuple(int(size) for size in pools)

    @property
    def epoch_length(self) -> int:
        """How many batches an epoch has."""
        return max(1, int(self._items[-1]) // self.batch)

    def __getitem__(self, where: tuple[int, int] | tuple[int, int, int, int]) -> Batch:
        epoch, index, rank, world = (*where, 0, 1)[:4]
        # Every process draws the levels of the whole batch, and cuts its own part of it.
        chosen = self._chosen(epoch, index)
        levels = self._levels(chosen, np.random.default_rng([self.seed, 1, epoch, index]))
        mine = range(rank * self.batch // world, (rank + 1) * self.batch // world)
        crops = [self._crop(chosen[j], levels[j], self._generator(epoch, index, j)) for j in mine]
        size = (
            self._padded(chosen, epoch, index)
            if self.cut.rule == "whole"
            else (self.cut.side, self.cut.side)
        )
        told = self._told_levels(
            chosen, levels, np.random.default_rng([self.seed, 2, epoch, index])
        )
        return self._batch(crops, levels[list(mine)], told[list(mine)], size)

    def _chosen(self, epoch: int, index: int) -> list[tuple[int, int]]:
        """(picture, tile) of the crops of a batch: a stretch of the epoch's order."""
        slots = self.epoch_length * self.batch
        together = self.batch if self.one_level else 1
        order = epoch_order(self.seed, epoch, self._pools, self.weights, slots, together)
        items = order[index * self.batch : (index + 1) * self.batch]
        pictures = np.searchsorted(self._items, items, side="right") - 1
        return [
            (int(picture), int(item - self._items[picture]))
            for picture, item in zip(pictures, items, strict=True)
        ]

    def _levels(self, chosen: list[tuple[int, int]], rng: np.random.Generator) -> Array:
        """The level of every dial for every crop of a batch, [B, D].

        Those of a pair are what it says of itself, or NaN.
        """
        levels = np.full((self.batch, len(self._names)), np.nan, np.float32)
        alike = chosen[:1] if self.one_level else chosen
        names = [PurePath(self.pictures.sources[picture].name).name for picture, _ in alike]
        for k, part in enumerate(self.damage):
            levels[:, k] = part.levels(names, rng)
            if part.unless is not None:
                other = self._names.index(part.unless)
                levels[self.damage[other].happens(levels[:, other]), k] = part.absent
        for j, (picture, _) in enumerate(chosen):
            source = self.pictures.sources[picture]
            if source.read_spoiled:
                levels[j] = [source.level.get(name, np.nan) for name in self._names]
        return levels

    def _told_levels(
        self, chosen: list[tuple[int, int]], levels: Array, rng: np.random.Generator
    ) -> Array:
        """What the network is told of these levels, [B, D]; now and then it is wrong."""
        told = levels.copy()
        drawn = [not self.pictures.sources[picture].read_spoiled for picture, _ in chosen]
        for k, part in enumerate(self.damage):
            if part.misread is not None and any(drawn):
                told[drawn, k] = part.misread(
                    levels[drawn, k][: 1 if self.one_level else None],
                    part.degradation.dial,
                    rng,
                    part.degradation.neutral or 0.0,
                )
        for k, measuring in enumerate(self.measured, len(self.damage)):
            if measuring.misread is not None and any(drawn):
                told[drawn, k] = measuring.misread(levels[drawn, k], measuring.dial, rng)
        return told

    def _crop(
        self, item: tuple[int, int], levels: Array, rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """The two sides of one crop, spoiled and clean, [C, H, W]; fills in measured `levels`.

        In place of the clean one comes the mask [1, H, W] where that is what the network gives.
        """
        picture, tile = item
        sides = self.pictures[picture]
        window = self._window(picture, tile, sides, rng)
        clean = _floats(take(sides[0], window, self.cut.scale))
        if sides[1] is not None:
            return _floats(take(sides[1], window, 1)), clean
        if self.raw:
            planes = on_sensor(clean[None], rng, self.tones)[0]
            return self._degraded(planes, levels, rng)[0], planes
        if self.blended and rng.random() < self.blended:
            clean = self._under_another(clean, rng)
        if len(clean) == 3 and self.grey and rng.random() < self.grey:
            clean = np.rint(_fewer(clean, 1) * 255).astype(np.float32) / np.float32(255)
        spoiled, mask = self._degraded(_fewer(clean, self.channels_in), levels, rng)
        return spoiled, mask if self.gives == "mask" else _fewer(clean, self.channels_out)

    def _under_another(self, clean: Array, rng: np.random.Generator) -> Array:
        """The clean crop [C, H, W], exposed twice: the other exposure is a crop of any picture."""
        picture = int(rng.integers(len(self.pictures.sources)))
        sides = self.pictures[picture]
        window = self._window(picture, 0, sides, rng)
        other = _fewer(_floats(take(sides[0], window, self.cut.scale)), len(clean))
        share = np.float32(rng.uniform(*EXPOSED))
        return share * clean + (1 - share) * other

    def _window(
        self, picture: int, tile: int, sides: Sides | None, rng: np.random.Generator
    ) -> Window:
        def ink(window: Window) -> float:
            return darkness((sides or self.pictures[picture])[0], window, self.cut.scale)

        return draw(self.cut, self.pictures.sizes[picture], tile, rng, ink)

    def _degraded(
        self, clean: Array, levels: Array, rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """The crop [C, H, W] after all damage, and where it can be seen [1, H, W]."""
        steps: list[Array] = [clean[None]]
        mask = np.zeros((1, 1, *clean.shape[1:]), np.float32)
        for part, level in zip(self.damage, levels, strict=False):
            spoiled = steps[-1]
            if part.happens(level):
                at = level.reshape(1, 1, 1, 1)
                if self.gives == "mask":
                    spoiled, found = spoil_marked(part.degradation, spoiled, at, rng)
                    np.maximum(mask, found, out=mask)
                else:
                    spoiled = part.degradation.spoil(spoiled, at, rng)
            steps.append(spoiled)
        for k, measuring in enumerate(self.measured, len(self.damage)):
            change = steps[measuring.last + 1] - steps[measuring.first]
            levels[k] = 255 * np.sqrt(np.square(change).mean())
        return steps[-1][0], mask[0]

    def _padded(self, chosen: list[tuple[int, int]], epoch: int, index: int) -> tuple[int, int]:
        """The (height, width) of the spoiled side that the whole pictures of a batch are padded to.

        It is the same in every process.
        """
        shapes = [
            self._window(picture, tile, None, self._generator(epoch, index, j)).shape
            for j, (picture, tile) in enumerate(chosen)
        ]
        height, width = (
            -(-max(sides) // self.cut.multiple) * self.cut.multiple
            for sides in zip(*shapes, strict=True)
        )
        return height, width

    def _generator(self, epoch: int, index: int, place: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, 1, epoch, index, place])

    def _batch(
        self, crops: list[tuple[Array, Array]], levels: Array, told: Array, size: tuple[int, int]
    ) -> Batch:
        scale = 1 if self.raw else self.cut.scale
        spoiled = np.empty((len(crops), self.channels_in, *size), np.float32)
        clean = np.empty(
            (len(crops), self.channels_out, scale * size[0], scale * size[1]), np.float32
        )
        for j, (bad, good) in enumerate(crops):
            spoiled[j] = (
                bad if bad.shape[1:] == spoiled.shape[2:] else mirrored(bad, *spoiled.shape[2:])
            )
            clean[j] = (
                good if good.shape[1:] == clean.shape[2:] else mirrored(good, *clean.shape[2:])
            )
        names = self._names
        level = torch.from_numpy(
            told[
                : 1 if self.one_level else None,
                [names.index(name) for name in self.told],
                None,
                None,
            ]
        )
        return Batch(
            torch.from_numpy(spoiled),
            torch.from_numpy(clean),
            level,
            self._weight(levels, [good.shape[1:] for _, good in crops], clean.shape[2:]),
        )

    def _weight(
        self, levels: Array, shapes: list[tuple[int, ...]], size: tuple[int, ...]
    ) -> Tensor | None:
        """The weights by level, times 0 in the padding of crops of those shapes.

        None where neither has a say, which is 1 everywhere.
        """
        weight = None
        if self.weigh is not None:
            level = torch.from_numpy(
                levels[:, self._names.index(self.weigh.dial), None, None, None]
            )
            weight = torch.where(level.isnan(), torch.ones_like(level), self.weigh.weight(level))
        if self.cut.rule != "whole":
            return weight
        mask = torch.zeros(len(shapes), 1, *size)
        for j, (height, width) in enumerate(shapes):
            mask[j, :, :height, :width] = 1
        return mask if weight is None else weight * mask


def _floats(piece: Pixels | Array) -> Array:
    if piece.dtype == np.float32:
        return piece  # type: ignore[return-value]
    return floats(piece)  # type: ignore[arg-type]


def _fewer(image: Array, channels: int) -> Array:
    """The image [C, H, W], turned grey where it has more channels than that."""
    if len(image) <= channels:
        return image
    return grey(image)[None]
