"""through(): a picture through a network with its dials settled; and what restores in this way."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import numpy as np

from ..contract import Array, Contract, Run, mix, predict
from ..ground.channels import as_channels, bilevel, from_channels, to_input, without_copies
from ..ground.resize import resize
from ..images import Picture, fill_hidden, tone_of
from .asked import NOTHING, Asked
from .even import keep_even
from .painted import Predict, painted
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
        return through(by, self.contract, picture, self.settle(picture, asked))


def through(by: Predict, contract: Contract, picture: Picture, settled: Settled) -> Restored:
    """Puts a picture through a network, with its dials settled.

    Hidden colours are filled, channels become those that the network takes, and come back. The
    result is mixed with the input by the strength.

    Grey goes through a colour model and comes back grey; what a model turns grey comes back in
    equal channels, and what it colours comes back in colour. What lies under full transparency
    stays as it is. A black-and-white picture that is stored in three equal channels goes as the
    grey one that it is. Where the model enlarges, what stays or is mixed with is the picture
    enlarged. The network sees tones as sRGB has them, where the picture's profile has them
    otherwise. Where one that was black and white alone got greys, a note of the result says so.
    """
    tone = tone_of(picture) if settled.icc else None
    if tone is None:
        restored = _through(by, contract, picture, settled)
    else:
        shown = replace(picture, pixels=tone.seen(picture.pixels))
        restored = _through(by, contract, shown, settled)
        pixels = tone.put_back(picture.pixels, restored.picture.pixels)
        restored = replace(restored, picture=replace(restored.picture, pixels=pixels))
    if not bilevel(picture.pixels) or bilevel(_rounded(restored.picture.pixels)):
        return restored
    notes = (*restored.picture.notes, GREYS)
    return replace(restored, picture=replace(restored.picture, notes=notes))


def _through(by: Predict, contract: Contract, picture: Picture, settled: Settled) -> Restored:
    """As `through`, of numbers that a network can see as they are."""
    alpha = picture.alpha
    colours = contract.channels_out > contract.channels_in
    pixels = picture.pixels if colours else without_copies(picture.pixels)
    stored = contract.channels_out if colours else picture.pixels.shape[1]
    share = np.asarray(settled.strength, np.float32)
    if share.ndim:
        share = share[None, None]
    if not share.any() and contract.scale == 1 and not colours:
        return Restored(picture, settled, 0.0)

    # In: what the network sees. Where input and output are alike, the sum is made at the strength.
    seen = to_input(contract, pixels if alpha is None else fill_hidden(pixels, alpha))
    begun = time.perf_counter()
    result = by(seen, settled.level, share if contract.alike else 1.0)
    seconds = time.perf_counter() - begun

    # Out: channels as they came, and, where only now they are alike, the strength. What is
    # perfectly even has nothing to take away.
    channels = contract.channels_out if colours else pixels.shape[1]
    result = from_channels(result, channels) if result.shape[1] > 1 else result.repeat(channels, 1)
    if contract.residual and pixels.shape == result.shape:
        keep_even(pixels, result)
    if not contract.alike and not np.all(share == 1):
        large = enlarged(share, contract.scale).clip(0, 1) if share.ndim else share
        result = mix(as_channels(enlarged(pixels, contract.scale), channels), result, large)
    if alpha is None:
        return Restored(picture.with_pixels(_repeated(result, stored)), settled, seconds)

    # What cannot be seen is as it was.
    opaque = enlarged(alpha, contract.scale)
    before = as_channels(enlarged(pixels, contract.scale), channels)
    result = np.where(opaque > 0, result, before)
    if contract.scale > 1:
        opaque = opaque.clip(0, 1)
    return Restored(picture.with_pixels(_repeated(result, stored), opaque), settled, seconds)


def _rounded(pixels: Array) -> Array:
    """Pixels as a file of 8 bits has them."""
    return np.asarray(np.rint(pixels.clip(0, 1) * 255) / 255, np.float32)


def _repeated(pixels: Array, channels: int) -> Array:
    """Grey in as many equal channels as the picture is stored in."""
    return pixels if pixels.shape[1] == channels else pixels.repeat(channels, 1)


def enlarged(planes: Array, scale: int) -> Array:
    """Planes [1, C, H, W] enlarged `scale` times by the bicubic kernel, or as they are for 1."""
    if scale == 1:
        return planes
    return resize(planes, planes.shape[-2] * scale, planes.shape[-1] * scale)
