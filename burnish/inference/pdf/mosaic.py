"""Pictures that are cut into strips or tiles: found by how they touch on a page, and made one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from ...contract import Array
from .places import Place

#: pixels by which the edges of neighbours may miss each other
SLACK = 1.0
#: share by which the sizes of pixels of neighbours may differ
ALIKE = 0.01


@dataclass(frozen=True, eq=False)
class Piece:
    """A stream as a part of a picture."""

    #: where a page draws it first
    place: Place
    #: its pixels across
    width: int
    #: its pixels down
    height: int
    #: pixels of the picture left of it
    left: int = 0
    #: pixels of the picture above it
    top: int = 0

    def of(self, planes: Array, scale: int = 1) -> Array:
        """Its part of the picture's planes [..., H, W], which may be enlarged. A view."""
        top, left = scale * self.top, scale * self.left
        return planes[..., top : top + scale * self.height, left : left + scale * self.width]


@dataclass(frozen=True, eq=False)
class Mosaic:
    """A picture, of one piece or of several that touch."""

    #: its pieces
    pieces: tuple[Piece, ...]
    #: pixels across, over all of them
    width: int
    #: pixels down, over all of them
    height: int
    #: where it stands among the others of its page: pixels of its own from some place at the left
    x: float = 0.0
    #: and from some place at the top
    y: float = 0.0

    @property
    def share(self) -> float:
        """Its share of the area of the page that draws it first."""
        return sum(piece.place.share for piece in self.pieces)


def alone(place: Place, width: int, height: int) -> Mosaic:
    """The picture of one stream."""
    return Mosaic((Piece(place, width, height),), width, height)


def joined(pictures: Iterable[Mosaic]) -> list[Mosaic]:
    """The pictures of one page, those that touch with whole edges made one.

    First rows are made of neighbours of the same height, then of rows, and of strips, columns.
    Pictures that lie in another direction, or have pixels of another size, stay by themselves.
    """
    found: list[Mosaic] = []
    for alike in _alike(list(pictures)):
        rows = list(_chained(alike, across=True))
        found += _chained(rows, across=False)
    return found


def _alike(pictures: Sequence[Mosaic]) -> Iterator[list[Mosaic]]:
    """Pictures whose pixels have one size and direction, each where it stands by those pixels."""
    left = list(pictures)
    while left:
        first = left[0]
        base = _pixel(first)
        group = [other for other in left if _same(base, _pixel(other))]
        left = [other for other in left if not _same(base, _pixel(other))]
        yield [_stands(other, base) for other in group]


def _pixel(picture: Mosaic) -> tuple[float, float, float, float]:
    """How far a pixel goes on the page: to the right in the picture, and up in it."""
    piece = picture.pieces[0]
    a, b, c, d, _, _ = piece.place.matrix
    return a / piece.width, b / piece.width, c / piece.height, d / piece.height


def _same(one: Sequence[float], other: Sequence[float]) -> bool:
    size = max(map(abs, one))
    return all(math.isclose(a, b, abs_tol=ALIKE * size) for a, b in zip(one, other, strict=True))


def _stands(picture: Mosaic, base: Sequence[float]) -> Mosaic:
    """The picture with its upper left corner in pixels; it stays at 0 where pixels have no area."""
    a, b, c, d = base
    *_, e, f = picture.pieces[0].place.matrix
    area = a * d - b * c
    if not area:
        return picture
    right = (e * d - f * c) / area
    up = (f * a - e * b) / area
    return replace(picture, x=right, y=-(up + picture.height))


def _chained(pictures: Iterable[Mosaic], *, across: bool) -> Iterator[Mosaic]:
    """The pictures, each with those that follow it edge to edge, across or down."""

    def line(picture: Mosaic) -> tuple[int, int]:
        """What those have in common that can follow each other."""
        beside = picture.y if across else picture.x
        size = picture.height if across else picture.width
        return math.floor((beside + 0.37) / (2 * SLACK)), size

    def start(picture: Mosaic) -> float:
        return picture.x if across else picture.y

    def end(picture: Mosaic) -> float:
        return start(picture) + (picture.width if across else picture.height)

    ordered = sorted(pictures, key=lambda picture: (line(picture), start(picture)))
    for _, members in groupby(ordered, key=line):
        current: Mosaic | None = None
        for picture in members:
            if current is not None and abs(start(picture) - end(current)) <= SLACK:
                current = _together(current, picture, across=across)
                continue
            if current is not None:
                yield current
            current = picture
        if current is not None:
            yield current


def _together(first: Mosaic, second: Mosaic, *, across: bool) -> Mosaic:
    right = first.width if across else 0
    down = 0 if across else first.height
    moved = (replace(p, left=p.left + right, top=p.top + down) for p in second.pieces)
    return replace(
        first,
        pieces=(*first.pieces, *moved),
        width=first.width + (second.width if across else 0),
        height=first.height + (0 if across else second.height),
    )
