"""The planes of a frame as RGB, and a change of RGB put back into the planes.

Only the change goes back. What no model changed is never converted twice, so that it keeps its
values, those beyond black and white too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from ..contract import Array
from .frame import Frame, Layout, Plane

#: of 8 bits: black and the span to white of luma, the span of colour difference, and its middle
BLACK, LUMA, CHROMA, MIDDLE = 16, 219, 224, 128


def to_rgb(frame: Frame, layout: Layout) -> Array:
    """A frame as float32 [1, 3, H, W], RGB, or [1, 1, H, W] of one in grey; black is 0, white 1.

    Values beyond these come as they are.
    """
    if layout.model != "yuv":
        low, span = _luma(layout)
        return np.stack([(plane - low) / span for plane in map(_floats, frame.planes)])[None]
    luma, blue, red = _yuv(frame, layout)
    of_red, of_blue = layout.weights
    r = luma + 2 * (1 - of_red) * red
    b = luma + 2 * (1 - of_blue) * blue
    g = (luma - of_red * r - of_blue * b) / (1 - of_red - of_blue)
    return np.stack([r, g, b])[None]


def changed(frame: Frame, layout: Layout, change: Array) -> Frame:
    """A frame of which RGB, or grey, was changed by so much: float32 as `to_rgb` gives it.

    Where that is 0, the planes keep their samples.
    """
    _, span = _luma(layout)
    if layout.model != "yuv":
        shares = [plane * span for plane in change[0]]
    else:
        of_red, of_blue = layout.weights
        r, g, b = change[0]
        luma = of_red * r + (1 - of_red - of_blue) * g + of_blue * b
        blue = (b - luma) / (2 * (1 - of_blue))
        red = (r - luma) / (2 * (1 - of_red))
        colours = [_fewer(plane, layout) * _chroma(layout) for plane in (blue, red)]
        shares = [luma * span, *colours]
    highest = 2**layout.bits - 1
    pairs = zip(frame.planes, shares, strict=True)
    return replace(frame, planes=tuple(_moved(plane, by, highest) for plane, by in pairs))


def _moved(plane: Plane, by: Array, highest: int) -> Plane:
    moved: Plane = np.rint(plane + by).clip(0, highest).astype(plane.dtype)
    return moved


def _luma(layout: Layout) -> tuple[float, float]:
    """The sample that is black, and how many lie between it and white."""
    if layout.full:
        return 0.0, float(2**layout.bits - 1)
    step = 2.0 ** (layout.bits - 8)
    return BLACK * step, LUMA * step


def _chroma(layout: Layout) -> float:
    """How many samples lie between the ends of a colour difference."""
    return float(2**layout.bits - 1) if layout.full else CHROMA * 2.0 ** (layout.bits - 8)


def _floats(plane: Plane) -> Array:
    return np.asarray(plane, np.float32)


def _yuv(frame: Frame, layout: Layout) -> tuple[Array, Array, Array]:
    """Luma from 0 to 1, and colour differences from -0.5 to 0.5, in the size of luma."""
    low, span = _luma(layout)
    middle = MIDDLE * 2.0 ** (layout.bits - 8)
    luma, *colours = map(_floats, frame.planes)
    blue, red = (_more((plane - middle) / _chroma(layout), layout) for plane in colours)
    return (luma - low) / span, blue, red


def _more(plane: Array, layout: Layout) -> Array:
    """A plane of colour difference in the size of luma, by straight lines between its samples."""
    rows = _along(plane, layout.down, layout.siting[1], layout.height, _spread)
    return _along(rows.T, layout.across, layout.siting[0], layout.width, _spread).T


def _fewer(plane: Array, layout: Layout) -> Array:
    """A plane in the size of luma as one of colour difference: what `_more` gives, taken back."""
    rows = _along(plane, layout.down, layout.siting[1], layout.height, _gathered)
    return _along(rows.T, layout.across, layout.siting[0], layout.width, _gathered).T


def _along(
    plane: Array, share: int, site: float, size: int, by: Callable[[Array, int, float, int], Array]
) -> Array:
    """A plane turned into the other size along its rows; as it is where there is but one size."""
    return plane if share == 1 else by(plane, share, site, size)


def _spread(plane: Array, share: int, site: float, size: int) -> Array:
    padded = np.concatenate([plane[:1], plane, plane[-1:]])
    result = np.empty((size, plane.shape[1]), np.float32)
    for phase, before, weight in _phases(share, site):
        own = result[phase::share]
        near = padded[before : before + len(own)]
        far = padded[before + 1 : before + 1 + len(own)]
        own[:] = near * (1 - weight) + far * weight
    return result


def _gathered(plane: Array, share: int, site: float, size: int) -> Array:
    count = -(-size // share)
    total = np.zeros((count + 2, plane.shape[1]), np.float32)
    weights = np.zeros((count + 2, 1), np.float32)
    for phase, before, weight in _phases(share, site):
        own = plane[phase::share]
        for place, part in ((before, 1 - weight), (before + 1, weight)):
            total[place : place + len(own)] += (own * part).astype(np.float32)
            weights[place : place + len(own)] += part
    for edge, inner in ((0, 1), (-1, -2)):
        total[inner] += total[edge]
        weights[inner] += weights[edge]
    return np.asarray((total / np.maximum(weights, 1e-6))[1:-1], np.float32)


def _phases(share: int, site: float) -> Iterator[tuple[int, int, float]]:
    """For each sample of luma among those that share one of colour difference: its place, which
    sample of a plane with one more at its beginning stands before it, and the next one's weight.
    """
    for phase in range(share):
        place = (phase - site * (share - 1)) / share
        before = int(np.floor(place))
        yield phase, before + 1, place - before
