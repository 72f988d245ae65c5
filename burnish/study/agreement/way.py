"""A way through a model, what training's forward gives for the same, and how far they are apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from ...contract import Array
from ...ground.evened import evened
from ...training.data.cut import mirrored
from ...training.networks.restorer import Restorer
from ..apart import Allowed

COLOURS = ("red", "green", "blue")


@dataclass(frozen=True, eq=False)
class Case:
    """What goes into a network at once, and what comes out in training."""

    #: [B, C, H, W]
    image: Array
    #: [B or 1, K, 1, 1] or a map [B, K, H, W]; None without dials
    level: Array | None
    #: what training's forward makes of it, [B, C', scale H, scale W], not clamped
    wanted: Array

    @classmethod
    def of(cls, restorer: Restorer, image: Array, level: Array | None) -> Case:
        """The case of an image of any size: sides that are no multiples are mirrored as the loader
        does with whole pictures, and what comes of it is cropped. The colours of what is painted
        are evened before, since what is mirrored beyond a picture's edge has no say in them.
        """
        contract = restorer.contract
        height, width = image.shape[-2:]
        sides = [-(-side // contract.multiple) * contract.multiple for side in (height, width)]

        def whole(batch: Array) -> torch.Tensor:
            return torch.from_numpy(np.stack([mirrored(one, *sides) for one in batch]))

        told = None
        if level is not None:
            told = torch.from_numpy(level) if level.shape[-1] == 1 else whole(level)
        with torch.no_grad():
            if contract.gives == "painting":
                result = restorer.predict(whole(evened(image)), told).numpy()
            else:
                result = restorer(whole(image), told).numpy()
        scale = contract.scale
        return cls(image, level, result[..., : height * scale, : width * scale])


@dataclass(frozen=True, eq=False)
class Way:
    """A way through a model."""

    #: what it is called, such as "openvino fp32, tiles of 32"
    name: str
    #: what goes in, and what is wanted
    case: Case
    #: how far it may be apart
    allowed: Allowed
    #: takes it, and gives what came out, of the shape of what is wanted
    go: Callable[[], Array]


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came of taking a way."""

    #: the way that was taken
    way: Way
    #: what came out; None where it failed
    got: Array | None
    #: why it failed
    failed: str = ""

    @cached_property
    def apart(self) -> float:
        """How far what came out is from what was wanted; infinity where nothing came out."""
        if self.got is None:
            return float("inf")
        return self.way.allowed.apart(self.got, self.way.case.wanted)

    @property
    def agrees(self) -> bool:
        """Whether that is as little as it may be; NaN is not."""
        return self.apart <= self.way.allowed.most

    @property
    def comparable(self) -> bool:
        """Whether what came out is of the shape of what was wanted."""
        return self.got is not None and self.got.shape == self.way.case.wanted.shape

    @cached_property
    def difference(self) -> Array:
        """The size of the difference at each sample, infinity where it is none: [B, C, H, W]."""
        assert self.got is not None
        apart: Array = np.abs(self.got - self.way.case.wanted)
        return np.where(np.isnan(apart), np.float32(np.inf), apart)

    @property
    def place(self) -> tuple[int, int, int, int]:
        """Where the difference is largest: crop, channel, row and column of what came out."""
        where = np.unravel_index(int(self.difference.argmax()), self.difference.shape)
        crop, channel, row, column = (int(index) for index in where)
        return crop, channel, row, column

    @property
    def where(self) -> str:
        """Where the difference is largest, in words, or why there is none to speak of."""
        if self.failed:
            return self.failed
        wanted = self.way.case.wanted.shape
        if not self.comparable:
            got = None if self.got is None else list(self.got.shape)
            return f"a result of shape {got} in place of {list(wanted)}"
        crop, channel, row, column = self.place
        colour = f"{COLOURS[channel]}, " if wanted[1] == len(COLOURS) else ""
        number = f"crop {crop + 1}, " if wanted[0] > 1 else ""
        return f"{number}{colour}{column} across, {row} down"
