"""What the page shows of a picture: a part of it, as it is or restored, in pixels of a screen.

A view is computed in one of two ways. The exact one restores the part at its full size, with all
that the network sees around it, and reduces the result. The quick one reduces the part first, as
far as an answer in a tenth of a second wants, and restores that, with dials turned so far as
reducing takes damage away.
"""

from __future__ import annotations

import io
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from .. import images
from ..contract import Array
from ..ground.regions import Region
from ..ground.remarks import OnProgress
from ..images import Picture, toned
from ..images.exif import orientation
from ..inference.masked import MARKED, FindingMender, Masked
from ..inference.model import Model
from ..inference.several.automatic import Automatic
from ..inference.several.chain import AND, ModelChain
from ..pipeline import AUTO, Asked, Auto, Look, Settled, infrared_in, region
from ..pipeline.estimate import ESTIMATORS
from .strokes import painted, strengths
from .wish import Wish

#: how far a view may be reduced
REDUCTIONS = [2**power for power in range(11)]
#: how what a mask marks is shown, and what is left as it was: red, green, blue, opacity
MARK, LEFT = (232, 62, 44, 150), (52, 116, 224, 150)
#: seconds that a quick answer may take, and how much coarser than the screen it may be for that
QUICK, COARSEST = 0.08, 4
#: seconds that an exact answer may take; what would take longer is restored at the screen's size
PATIENCE = 10.0
#: what a megapixel is taken to cost before anything was measured, in seconds
FIRST_GUESS = 0.6
#: the side of the tiles of an exact answer, between which it looks whether it is still wanted
TILE = 600
#: where a dial stands for a picture reduced by a factor: averaging takes so much of the damage
REDUCED: Mapping[str, Callable[[float, int], float]] = {
    "noise": lambda value, factor: value / factor,
    "sharpen": lambda value, factor: value / factor,
    "grain": lambda value, factor: value / factor,
    "quality": lambda value, factor: 100 - (100 - value) / factor,
    "scale": lambda value, factor: min(100.0, value * factor),
}

#: the part of a picture along one axis: the first pixel, and the one behind the last
Extent1D = tuple[int, int]


@dataclass(frozen=True)
class Window:
    """A part of a picture as it is looked at, and how far it is reduced."""

    #: in pixels of the picture, from its left edge
    left: int
    #: from its top
    top: int
    #: how wide it is
    width: int
    #: how high it is
    height: int
    #: how many of its pixels, each way, become one: a power of two
    reduce: int = 1
    #: whether it is restored at its full size
    exact: bool = False


@dataclass(frozen=True)
class Pane:
    """What a window shows."""

    #: four bytes a pixel, row by row: red, green, blue in sRGB, and opacity
    rgba: bytes
    #: how many pixels wide
    width: int
    #: how many pixels high
    height: int
    #: whether these are the pixels that a restored file would have, reduced as was asked
    exact: bool


@dataclass
class InHand:
    """A picture that is looked at, with what was found out about it so far."""

    #: the picture, as it is stored
    picture: Picture
    #: it reduced by powers of two
    reduced: dict[int, Picture] = field(default_factory=dict)
    #: what was settled for it, by wish
    settled: dict[str, Settled] = field(default_factory=dict)
    #: the last of it that was restored as a whole, reduced by each factor, with what it was
    #: restored with
    whole: dict[int, tuple[Any, Picture]] = field(default_factory=dict)
    #: how sure a model that finds damage is of it, by the model and by how far it is reduced, with
    #: the scale at which it was last looked at
    found: dict[tuple[str, int], tuple[float, Array]] = field(default_factory=dict)

    @cached_property
    def look(self) -> Look:
        """A look at the whole of it."""
        return Look(toned(self.picture))

    def has_whole(self, factor: int, key: Any) -> bool:
        """Whether it is there restored as a whole, reduced by a factor, with a key's settings."""
        return factor in self.whole and self.whole[factor][0] == key

    def at(self, factor: int) -> Picture:
        """The picture reduced by a power of two, each pixel the mean of those it stands for."""
        if factor == 1:
            return self.picture
        if factor not in self.reduced:
            larger = self.at(factor // 2)
            alpha = None if larger.alpha is None else halved(larger.alpha)
            pixels = halved(larger.pixels)
            bare = replace(larger, extras=(), left=None, mosaic=None)
            self.reduced[factor] = replace(bare, planes=pixels, alpha=alpha)
        return self.reduced[factor]


def halved(planes: Array) -> Array:
    """Planes [..., H, W] at half their size, rounded up; each pixel is the mean of four."""
    bottom, right = planes.shape[-2] % 2, planes.shape[-1] % 2
    if bottom or right:
        edges = [(0, 0)] * (planes.ndim - 2) + [(0, bottom), (0, right)]
        planes = np.pad(planes, edges, mode="edge")
    rows = planes[..., ::2, :] + planes[..., 1::2, :]
    return np.asarray((rows[..., ::2] + rows[..., 1::2]) / 4, np.float32)


class Views:
    """Makes views of pictures, and learns how long a model takes."""

    def __init__(self) -> None:
        #: what a megapixel costs in seconds, by the models' names and by whether the view is exact:
        #: a quick one is of few pixels, and most of its time may go into getting ready
        self._cost: dict[tuple[str, bool], float] = {}

    def pane(
        self, hand: InHand, wish: Wish, model: Model, window: Window, wanted: OnProgress
    ) -> Pane:
        """What a window shows of a picture under a wish, whose model is given.

        wanted: is told of every tile, and may raise what ends the work. Strength 0 is the picture
        as it is. Raises as `Model.restore` does.
        """
        asked = wish.asked(model)
        if wish.strength == 0:
            return _pane(_cut(hand.at(window.reduce), _at(window, window.reduce)), exact=True)
        settled = self._settled(hand, wish, model, asked)
        factor = self._reduced_by(hand, wish, model, settled, window)
        is_there = hand.has_whole(factor, _whole_key(wish, settled, factor))
        worked = _worked(hand, model, settled, window)
        exact = factor == 1
        begun = time.perf_counter()
        restored = _restored(hand, wish, model, settled, window, factor, wanted)
        if not is_there:
            self._learn(wish, window, worked / factor**2, time.perf_counter() - begun)
        while restored.size[1] > window.width * model.contract.scale / window.reduce + 1:
            alpha = None if restored.alpha is None else halved(restored.alpha)
            restored = replace(restored, planes=halved(restored.pixels), alpha=alpha)
        return _pane(restored, exact)

    def marks(
        self, hand: InHand, wish: Wish, model: Model, window: Window, wanted: OnProgress
    ) -> Pane:
        """Where the wish's model works in a window of a picture, in MARK, where that is by a mask;
        of another, where it does not, in LEFT. All else is clear.

        All is as of `pane`; of pixels that become one, one that is marked is enough.
        """
        asked = wish.asked(model)
        if isinstance(model, Masked):
            settled = self._settled(hand, wish, model, asked)
            factor = self._reduced_by(hand, wish, model, settled, window)
            where = _marked(hand, wish, model, settled, factor, wanted).astype(np.float32)
            colour = MARK
            exact = factor == 1
        else:
            factor = window.reduce
            where = 1 - strengths(wish.strokes, hand.at(factor), factor)
            colour = LEFT
            exact = True
        laid = replace(hand.at(factor).with_pixels(where[None, None]), alpha=None)
        shown = _cut(laid, _at(window, factor)).pixels[0, 0]
        while shown.shape[1] > window.width / window.reduce + 1:
            shown = _most_of_four(shown)
        return _shades(shown, colour, exact)

    def _settled(self, hand: InHand, wish: Wish, model: Model, asked: Asked) -> Settled:
        """What the whole picture is restored with. What was found on it once counts."""
        key = repr((wish.model, sorted(wish.dials.items()), wish.strength))
        if key not in hand.settled:
            # A dial that is set chooses the model, and then auto does not look at the picture.
            looks = not (isinstance(model, Automatic) and asked.dials)
            # What a mosaic shows of its noise, its own model finds.
            looks = looks and hand.picture.mosaic is None
            found = {
                dial.name: hand.look.finding(dial.name)
                for dial in model.contract.dials
                if looks and dial.name in ESTIMATORS and _left_open(asked, dial.name)
            }
            told = replace(asked, dials={**asked.dials, **found})
            hand.settled[key] = model.settle(hand.picture, told)
        return hand.settled[key]

    def _reduced_by(
        self, hand: InHand, wish: Wish, model: Model, settled: Settled, window: Window
    ) -> int:
        """How far the picture is reduced for a window under a wish's model: 1 is exact."""
        if _by_infrared(hand, model) or "raw" in settled.models:
            return 1
        if hand.has_whole(1, _whole_key(wish, settled, 1)):
            return 1
        return self._factor(_names(wish), window, _worked(hand, model, settled, window))

    def _factor(self, name: str, window: Window, pixels: int) -> int:
        """How far the picture is reduced before it is restored: 1 is exact.

        pixels: how many the model would have to restore at full size.
        """
        cost = self._cost.get((name, window.exact), FIRST_GUESS) * pixels / 1e6
        if window.exact and cost <= PATIENCE:
            return 1
        limit = PATIENCE if window.exact else QUICK
        factor = window.reduce
        while cost / factor**2 > limit and factor < COARSEST * window.reduce:
            factor *= 2
        return factor

    def _learn(self, wish: Wish, window: Window, pixels: float, seconds: float) -> None:
        """Takes in how long so many pixels took."""
        cost = seconds / (pixels / 1e6)
        key = _names(wish), window.exact
        self._cost[key] = 0.5 * self._cost.get(key, cost) + 0.5 * cost


def _names(wish: Wish) -> str:
    """The names of a wish's models, without the paintings that one of them paints after."""
    return AND.join(step.partition(":")[0] for step in wish.model.split(AND))


def _whole_key(wish: Wish, settled: Settled, factor: int) -> Any:
    """What the whole picture, reduced by a factor, is restored with."""
    dials = settled.dials if factor == 1 else _turned_down(settled.dials, factor)
    return wish.model, tuple(dials.items()), wish.strength, wish.strokes


def _worked(hand: InHand, model: Model, settled: Settled, window: Window) -> int:
    """How many pixels a model has to restore at full size, to show a window."""
    if _is_whole(model, settled):
        return math.prod(images.looked_at(hand.picture))
    return window.width * window.height


def _by_infrared(hand: InHand, model: Model) -> bool:
    """Whether the model finds dirt by the picture's infrared, which lies on it as it came alone."""
    return isinstance(model, FindingMender) and infrared_in(hand.picture) is not None


def _left_open(asked: Asked, dial: str) -> bool:
    """Whether a dial is left to what the picture shows."""
    return isinstance(asked.dials.get(dial, AUTO), Auto)


def _restored(
    hand: InHand,
    wish: Wish,
    model: Model,
    settled: Settled,
    window: Window,
    factor: int,
    wanted: OnProgress,
) -> Picture:
    """The part of the picture that a window shows, reduced by a factor and restored, upright."""
    whole = hand.at(factor)
    key = _whole_key(wish, settled, factor)
    if isinstance(model, FindingMender) and (wish.strokes or not _by_infrared(hand, model)):
        marked = _marked(hand, wish, model, settled, factor, wanted)
        return _mended(whole, marked, model, settled, _at(window, factor))
    if factor > 1:
        settled = replace(settled, dials=_turned_down(settled.dials, factor))
    reach = _reach(model, settled)
    settled = replace(settled, strength=_strength(whole, wish, model, settled, factor))
    if _is_whole(model, settled) or reach is None:
        if not hand.has_whole(factor, key):
            asked = _asked(wish, model, settled, factor)
            if wish.strokes and isinstance(model, Masked):
                marked = _marked(hand, wish, model, settled, factor, wanted)
                asked = replace(asked, mask=marked.astype(np.float32))
            hand.whole[factor] = (key, model.restore(whole, asked, progress=wanted).picture)
        return _cut(hand.whole[factor][1], _at(window, factor, model.contract.scale))

    # Only as much around it as the network sees, beginning where its tiles would.
    inner = _stored(_at(window, factor), whole)
    margin = reach if factor == 1 else 0
    outer = _wider(inner, margin, whole)
    tile = TILE if factor == 1 else None
    part = _part(whole, *outer)
    if isinstance(settled.strength, np.ndarray):
        cut = np.s_[slice(*outer[0]), slice(*outer[1])]
        settled = replace(settled, strength=settled.strength[cut])
    restored = model.restore_settled(part, settled, tile=tile, progress=wanted).picture
    scale = model.contract.scale
    rows, columns = (
        ((start - around[0]) * scale, (stop - around[0]) * scale)
        for (start, stop), around in zip(inner, outer, strict=True)
    )
    return images.upright(_part(restored, rows, columns))


def _asked(wish: Wish, model: Model, settled: Settled, factor: int) -> Asked:
    """What is asked for a whole picture, reduced by a factor.

    In a chain, one that chooses does so by what it was told, and not by what was settled.
    """
    if not isinstance(model, ModelChain):
        return Asked(dict(settled.dials), settled.strength, settled.icc)
    told = wish.asked(model)
    numbers = {name: value for name, value in told.dials.items() if isinstance(value, float)}
    turned = {**told.dials, **_turned_down(numbers, factor)}
    return replace(told, dials=turned, strength=settled.strength)


def _marked(
    hand: InHand,
    wish: Wish,
    model: Masked,
    settled: Settled,
    factor: int,
    wanted: OnProgress,
) -> Region:
    """Where a model works in the picture reduced by a factor [H, W], as it is stored.

    What a network finds at a scale is looked for once, whatever the other dials.
    """
    whole = hand.at(factor)
    if isinstance(model, FindingMender) and not _by_infrared(hand, model):
        turned = _turned_down(settled.dials, factor)
        dials = {name: float(value) for name, value in turned.items()}
        scale = dials["scale"]
        last, sure = hand.found.get((wish.model, factor), (None, None))
        if sure is None or last != scale:
            sure = model.find(whole, icc=settled.icc, scale=scale, progress=wanted)
            hand.found[wish.model, factor] = (scale, sure)
        marked = region(sure, dials["sensitivity"], dials["size"], scale)
    else:
        mask, _ = model.mask(whole, Asked(dict(settled.dials), icc=settled.icc))
        marked = mask >= MARKED
    return painted(marked, wish.strokes, whole, factor)


def _strength(
    whole: Picture, wish: Wish, model: Model, settled: Settled, factor: int
) -> float | Array:
    """How strongly a model works, everywhere or at each pixel of a picture reduced by a factor."""
    if not wish.strokes or isinstance(model, Masked):
        return settled.strength
    return np.float32(wish.strength) * strengths(wish.strokes, whole, factor)


def _mended(
    whole: Picture,
    marked: Region,
    model: FindingMender,
    settled: Settled,
    part: tuple[Extent1D, Extent1D],
) -> Picture:
    """A part of a picture with what is marked of it mended, upright."""
    rows, columns = _stored(part, whole)
    mask = marked[slice(*rows), slice(*columns)].astype(np.float32)
    asked = Asked(strength=settled.strength, icc=settled.icc, mask=mask)
    return images.upright(model.restore(_part(whole, rows, columns), asked).picture)


def _shades(share: Array, colour: tuple[int, int, int, int], exact: bool) -> Pane:
    """A colour to lay over a picture, as opaque as a share [H, W] says, in 0..1."""
    rgba = np.empty((*share.shape, 4), np.uint8)
    rgba[...] = colour
    rgba[..., 3] = np.rint(colour[3] * share)
    return Pane(rgba.tobytes(), share.shape[1], share.shape[0], exact)


def _most_of_four(share: Array) -> Array:
    """A share [H, W] at half the size, rounded up: each pixel is the highest of four."""
    height, width = share.shape
    even = np.pad(share, ((0, height % 2), (0, width % 2)))
    rows = np.maximum(even[::2], even[1::2])
    return np.maximum(rows[:, ::2], rows[:, 1::2])


def _turned_down(dials: Mapping[str, Any], factor: int) -> dict[str, Any]:
    """Settings for a picture that is reduced by a factor."""
    return {
        name: REDUCED[name](value, factor) if name in REDUCED else value
        for name, value in dials.items()
    }


def _is_whole(model: Model, settled: Settled) -> bool:
    """Whether a model has to see the whole picture, whatever part of it is wanted."""
    return isinstance(model, Masked) or _reach(model, settled) is None


def _reach(model: Model, settled: Settled) -> int | None:
    """How far from a pixel its result depends on the picture; None is all of it."""
    models = [model]
    if isinstance(model, Automatic):
        models = [model.models[name] for name in settled.models]
    # The colours of what is painted are evened as a whole.
    reaches = [
        None if each.contract.gives == "painting" else each.contract.reach for each in models
    ]
    known = [reach for reach in reaches if reach is not None]
    return sum(known) if len(known) == len(reaches) else None


#: parts of networks' tiles begin at multiples of it, which all of them share
STEP = 64


def _wider(
    inner: tuple[Extent1D, Extent1D], margin: int, whole: Picture
) -> tuple[Extent1D, Extent1D]:
    """A part with a margin around it, from a multiple of STEP on, within the picture."""
    height, width = whole.size
    (top, bottom), (left, right) = inner
    rows = (max(0, top - margin) // STEP * STEP, min(height, bottom + margin))
    return rows, (max(0, left - margin) // STEP * STEP, min(width, right + margin))


def _at(window: Window, factor: int, scale: int = 1) -> tuple[Extent1D, Extent1D]:
    """Rows and columns of a window in a picture that is reduced by a factor, then enlarged."""

    def along(start: int, size: int) -> Extent1D:
        first = start // factor
        return first * scale, max(first + 1, math.ceil((start + size) / factor)) * scale

    return along(window.top, window.height), along(window.left, window.width)


def _stored(part: tuple[Extent1D, Extent1D], picture: Picture) -> tuple[Extent1D, Extent1D]:
    """Rows and columns of a part as the picture is stored, of those as it is looked at."""
    height, width = images.looked_at(picture)
    (top, bottom), (left, right) = part
    # which pixels belong to it, by what they are along each axis, turned as pixels are
    rows = np.arange(height, dtype=np.float32)[:, None]
    columns = np.arange(width, dtype=np.float32)[None]
    tag = orientation(picture.exif)
    lain = images.stored(rows if tag < 5 else columns, picture)[:, 0]
    across = images.stored(columns if tag < 5 else rows, picture)[0]
    one, other = ((top, bottom), (left, right)) if tag < 5 else ((left, right), (top, bottom))
    return _where(lain, one), _where(across, other)


def _where(places: Array, part: Extent1D) -> Extent1D:
    """The places, counted, that lie in a part."""
    inside = np.flatnonzero((places >= part[0]) & (places < part[1]))
    return int(inside[0]), int(inside[-1]) + 1


def _cut(picture: Picture, part: tuple[Extent1D, Extent1D]) -> Picture:
    """A part of a picture, by rows and columns as it is looked at, upright."""
    return images.upright(_part(picture, *_stored(part, picture)))


def _part(picture: Picture, rows: Extent1D, columns: Extent1D) -> Picture:
    """A part of a picture as it is stored, without its extra planes."""
    part = np.s_[..., slice(*rows), slice(*columns)]
    pixels = np.ascontiguousarray(picture.planes[part])
    alpha = None if picture.alpha is None else np.ascontiguousarray(picture.alpha[part])
    return replace(picture, planes=pixels, alpha=alpha, extras=(), left=None)


def _pane(picture: Picture, exact: bool) -> Pane:
    """A picture that stands upright, as a screen shows it."""
    image = images.to_image(picture)
    if picture.icc is not None:
        image = _as_srgb(image, picture.icc)
    image = image.convert("RGBA")
    if picture.alpha is not None:
        opaque = images.to_image(replace(picture, planes=picture.alpha, icc=None))
        image.putalpha(opaque)
    return Pane(image.tobytes(), image.width, image.height, exact)


def _as_srgb(image: Any, icc: bytes) -> Any:
    """An image of Pillow's in sRGB, or as it is where its profile does not fit."""
    from PIL import ImageCms

    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        standard = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, own, standard, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
