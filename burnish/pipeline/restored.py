"""through(): a picture through a network with its dials settled; and what restores in this way."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import numpy as np

from ..contract import Array, Contract, Run, mix, predict
from ..ground.channels import as_channels, bilevel, from_channels, to_input, without_copies
from ..ground.planes import Planes, WholeNumbers, floats, of_parts
from ..ground.resize import resize
from ..images import Picture, Tone, fill_hidden, tone_of
from ..images.picture import room
from .asked import NOTHING, Asked
from .even import keep_even
from .painted import ByParts, Predict, at_once, painted
from .settle import Settled, settle

#: what is said where a fax or another picture of two values got more
GREYS = "black and white before, and the result has greys; -m sauvola gives black and white"


@dataclass(frozen=True, eq=False)
class Restored:
    """What came of restoring a picture."""

    #: the picture with restored pixels, not clamped, and everything else of its file
    picture: Picture
    #: what it was restored with
    settled: Settled
    #: the time that the network alone took, padding and tiles included
    seconds: float
    #: what a model that mends took for damage, or where one cleaned a page: [H, W], 1 there and 0
    #: elsewhere; None of others
    mask: Array | None = None
    #: of a chain in a comparison: each of its models by name, and the picture behind it
    steps: tuple[tuple[str, Picture], ...] = ()


class Restores(Protocol):
    """Something that restores: a model, a chain of them, a network in training."""

    @property
    def contract(self) -> Contract:
        """What a caller must know of it."""

    def settle(self, picture: Picture, asked: Asked = NOTHING) -> Settled:
        """What the picture would be restored with."""

    def restore(self, picture: Picture, asked: Asked = NOTHING) -> Restored:
        """The picture restored, as it was asked for."""


@dataclass(frozen=True)
class Bare:
    """A network as it is: training looks at what it trains through one of these.

    It restores whole pictures, without tiles. A dial that nobody sets stands at its default.
    """

    #: what must be known to run the network
    contract: Contract
    #: what runs it
    run: Run

    def settle(self, picture: Picture, asked: Asked = NOTHING) -> Settled:
        """What the picture would be restored with."""
        defaults = {dial.name: dial.default for dial in self.contract.dials}
        return settle(self.contract, Asked({**defaults, **asked.dials}, asked.strength), picture)

    def restore(self, picture: Picture, asked: Asked = NOTHING) -> Restored:
        """The picture restored, as it was asked for."""
        by: Predict = partial(predict, self.run, self.contract)
        if self.contract.gives == "painting":
            by = painted(by)
        return through(at_once(by), self.contract, picture, self.settle(picture, asked))


def through(by: ByParts, contract: Contract, picture: Picture, settled: Settled) -> Restored:
    """Puts a picture through a network, with its dials settled.

    Hidden colours are filled, channels become those that the network takes, and come back. The
    result is mixed with the input by the strength.

    Grey goes through a colour model and comes back grey; what a model turns grey comes back in
    equal channels, and what it colours comes back in colour. What lies under full transparency
    stays as it is. A black-and-white picture that is stored in three equal channels goes as the
    grey one that it is. Where the model enlarges, what stays or is mixed with is the picture
    enlarged. The network sees tones as sRGB has them, where the picture's profile has them
    otherwise. Where one that was black and white alone got greys, a note of the result says so.

    All of this is done part by part, as the network gives them. Where that will do, the result is
    rounded at once.
    """
    share = np.asarray(settled.strength, np.float32)
    if not share.any() and contract.scale == 1 and contract.channels_out <= contract.channels_in:
        return Restored(picture, settled, 0.0)
    way = _way(contract, picture, settled, share[None, None] if share.ndim else share)
    height, width = (contract.scale * side for side in picture.size)
    made: WholeNumbers | Array
    if settled.rounded and picture.depth != "float32":
        made = room(way.stored, height, width, picture.depth, picture.bits)
    else:
        made = np.empty((1, way.stored, height, width), np.float32)

    def put(rows: slice, columns: slice, part: Array) -> None:
        made[..., rows, columns] = way.back(rows, columns, part)

    begun = time.perf_counter()
    by(way.seen, settled.level, share if contract.alike else 1.0, put)
    seconds = time.perf_counter() - begun
    result = picture.with_pixels(made, way.opaque)
    if bilevel(picture.planes) and not bilevel(of_parts(made, _in_eight_bits)):
        result = replace(result, notes=(*result.notes, GREYS))
    return Restored(result, settled, seconds)


@dataclass(frozen=True, eq=False)
class _Way:
    """The way of one picture into a network, and of each part of what comes out back from it."""

    #: what must be known of the network
    contract: Contract
    #: the pixels as they are stored
    own: Planes
    #: how they are seen, where that is another way than they are stored
    tone: Tone | None
    #: what is seen, in as few channels as it has
    pixels: Planes
    #: what the network sees
    seen: Planes
    #: what is mixed with the result and stays of the picture, at the result's size
    large: Planes
    #: how much of the change is taken here, at the result's size; 1 where the network's sum took it
    share: Array
    #: the alpha of the result; None where all is seen
    opaque: Array | None
    #: channels of the result, and those that it is stored in
    channels: int
    stored: int

    def back(self, rows: slice, columns: slice, part: Array) -> Array:
        """A part of what the network gives, as it is stored. What came in is overwritten."""
        there = (..., rows, columns)
        grey = part.shape[1] == 1
        result = part.repeat(self.channels, 1) if grey else from_channels(part, self.channels)
        if self.contract.residual and self.pixels.shape == (1, self.channels, *self.size):
            # What is perfectly even has nothing to take away.
            keep_even(self.pixels, result, rows, columns)
        if not np.all(self.share == 1):
            # Input and output are alike only now.
            before = as_channels(self.large[there], self.channels)
            result = mix(before, result, self.share[there] if self.share.ndim else self.share)
        if self.opaque is not None:
            # What cannot be seen is as it was.
            before = as_channels(self.large[there], self.channels)
            result = np.where(self.opaque[there] > 0, result, before)
        if result.shape[1] != self.stored:
            result = result.repeat(self.stored, 1)
        if self.tone is None:
            return result
        if self.own.shape != (1, self.stored, *self.size):
            return self.tone.stored(result)
        return self.tone.put_back(self.own[there], result)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the result."""
        height, width = (self.contract.scale * side for side in self.own.shape[-2:])
        return height, width


def _way(contract: Contract, picture: Picture, settled: Settled, share: Array) -> _Way:
    """The way of a picture through a network. share: a number, or a map [1, 1, H, W]."""
    own, alpha = picture.planes, picture.alpha
    colours = contract.channels_out > contract.channels_in
    tone = tone_of(picture) if settled.icc else None
    pixels = own if tone is None else of_parts(own, tone.seen)
    pixels = pixels if colours else without_copies(pixels)
    share = np.ones((), np.float32) if contract.alike else share
    large = pixels
    if contract.scale > 1 and (alpha is not None or not np.all(share == 1)):
        large = enlarged(floats(pixels), contract.scale)
    opaque = None if alpha is None else enlarged(alpha, contract.scale)
    return _Way(
        contract,
        own,
        tone,
        pixels,
        to_input(contract, pixels if alpha is None else fill_hidden(pixels, alpha)),
        large,
        enlarged(share, contract.scale).clip(0, 1) if share.ndim else share,
        opaque.clip(0, 1) if opaque is not None and contract.scale > 1 else opaque,
        contract.channels_out if colours else pixels.shape[1],
        contract.channels_out if colours else picture.channels,
    )


def _in_eight_bits(pixels: Array) -> Array:
    """Pixels as a file of 8 bits has them."""
    return np.asarray(np.rint(pixels.clip(0, 1) * 255) / 255, np.float32)


def enlarged(planes: Array, scale: int) -> Array:
    """Planes [1, C, H, W] enlarged `scale` times by the bicubic kernel, or as they are for 1."""
    if scale == 1:
        return planes
    return resize(planes, planes.shape[-2] * scale, planes.shape[-1] * scale)
