"""Strokes: what a hand paints over a picture with a round brush.

Where a model works where a mask says, they change the mask; of any other model they say where it
works with less than its full strength.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from .. import images
from ..contract import Array
from ..errors import UsageError
from ..ground.regions import Region
from ..images import Picture

#: bytes that all strokes of a picture may have as they are sent, and points in all of them
MOST_BYTES, MOST_POINTS = 4 << 20, 100_000
#: pixels that a brush may be wide on either side, and columns or rows that a point may be off
LARGEST = 1e5
#: of a stroke that says how strongly, how soft its border is, as a share of its radius
SOFT = 0.25
#: what a stroke leaves on the plane that it is drawn on
MARKED, SPARED = 255, 128


@dataclass(frozen=True)
class Stroke:
    """One movement of the brush over a picture as it is looked at."""

    #: whether the model is to work there; else it is not
    marks: bool
    #: of the brush, in pixels of the picture
    radius: float
    #: column and row of each place that it passed, in pixels from the upper left corner
    points: tuple[tuple[float, float], ...]


def strokes_in(body: bytes) -> tuple[Stroke, ...]:
    """The strokes of a request, in order: a list in JSON, as of {"marks": true, "radius": 6.5,
    "points": [[10, 20], [12, 20.5]]}; none where it is empty. UsageError for anything else.
    """
    if not body:
        return ()
    wrong = UsageError(
        "the body of a request about a picture is empty, or a list of strokes: "
        '{"marks": true or false, "radius": PIXELS, "points": [[COLUMN, ROW], ...]}'
    )
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise wrong from None
    if not isinstance(told, list):
        raise wrong
    strokes = tuple(_stroke(each, wrong) for each in told)
    if sum(len(stroke.points) for stroke in strokes) > MOST_POINTS:
        raise UsageError(f"the strokes pass more than {MOST_POINTS:,} places; undo some of them")
    return strokes


def _stroke(told: Any, wrong: UsageError) -> Stroke:
    fits = isinstance(told, dict) and set(told) == {"marks", "radius", "points"}
    if not (fits and isinstance(told["marks"], bool) and isinstance(told["points"], list)):
        raise wrong
    points = told["points"]
    pairs = all(isinstance(point, list) and len(point) == 2 for point in points)
    if not pairs or not all(map(_is_number, (told["radius"], *chain(*points)))):
        raise wrong
    return Stroke(told["marks"], abs(told["radius"]), tuple((x, y) for x, y in points))


def _is_number(value: Any) -> bool:
    known = isinstance(value, int | float) and not isinstance(value, bool)
    return known and math.isfinite(value) and abs(value) <= LARGEST


def painted(marked: Region, strokes: Sequence[Stroke], picture: Picture, factor: int = 1) -> Region:
    """What is marked of a picture [H, W], as it is stored, with the strokes drawn over it.

    factor: how many pixels of the picture that was painted on became one of this, each way.
    """
    if not strokes:
        return marked
    height, width = images.looked_at(picture)
    plane = Image.new("L", (width, height))
    draw = ImageDraw.Draw(plane)
    for stroke in strokes:
        _draw(draw, stroke, factor, (0, 0), MARKED if stroke.marks else SPARED)
    drawn = images.stored(np.asarray(plane, np.float32), picture)
    return np.asarray((drawn == MARKED) | (marked & (drawn != SPARED)), np.bool_)


def strengths(strokes: Sequence[Stroke], picture: Picture, factor: int = 1) -> Array:
    """How much of a model's effect each pixel gets [H, W], as the picture is stored, in 0..1.

    It is 1 where nothing was painted. Strokes have soft borders, so that none shows. It is in steps
    of 1/255, as in a file of it. factor: as of `painted`.
    """
    height, width = images.looked_at(picture)
    plane = Image.new("L", (width, height), 255)
    for stroke in strokes:
        soft = max(0.0, SOFT * stroke.radius / factor)
        box = _box(stroke, factor, 3 * soft + 2, plane.size)
        hard = Image.new("L", (box[2] - box[0], box[3] - box[1]))
        _draw(ImageDraw.Draw(hard), stroke, factor, box[:2], MARKED)
        cover = hard.filter(ImageFilter.GaussianBlur(soft))
        under = plane.crop(box)
        if not stroke.marks:
            done = ImageChops.multiply(under, ImageChops.invert(cover))
        else:
            done = ImageChops.screen(under, cover)
        plane.paste(done, box)
    values = np.asarray(plane, np.float32) / np.float32(255)
    return np.ascontiguousarray(images.stored(values, picture))


def _box(
    stroke: Stroke, factor: int, margin: float, size: tuple[int, int]
) -> tuple[int, int, int, int]:
    """The part of a picture, left, upper, right, lower, that a stroke may change."""
    reach = stroke.radius / factor + margin
    places = np.array(stroke.points or ((0.0, 0.0),)) / factor
    low = np.floor(places.min(0) - reach)
    high = np.ceil(places.max(0) + reach)
    (left, upper), (right, lower) = np.clip((low, high), 0, size).astype(int)
    return int(left), int(upper), max(int(right), int(left) + 1), max(int(lower), int(upper) + 1)


def _draw(
    draw: ImageDraw.ImageDraw, stroke: Stroke, factor: int, corner: tuple[int, int], tone: int
) -> None:
    """Draws a stroke with round ends and joints. Pillow counts from the middles of pixels."""
    radius = max(0.5, stroke.radius / factor)
    left, upper = corner
    points = [(x / factor - left - 0.5, y / factor - upper - 0.5) for x, y in stroke.points]
    if len(points) > 1:
        draw.line(points, tone, max(1, round(2 * radius)))
    reach = radius - 0.5
    for x, y in points:
        draw.ellipse((x - reach, y - reach, x + reach, y + reach), tone)
        draw.point((math.floor(x + 0.5), math.floor(y + 0.5)), tone)
