"""Which piece of a painting each place of a picture takes."""

from __future__ import annotations

import numpy as np

from ....contract import Array
from .palette import BOOKS, Numbers, Palette, Pieces

#: rounds in which neighbours learn of one another's pieces
ROUNDS = 6
#: a piece that continues a neighbour's may look so many times worse, for each neighbour
FAVOUR = 1.5
#: and so much worse beside that
GRACE = 2e-4
#: the four neighbours, as cells down and across
NEIGHBOURS = ((0, 1), (0, -1), (1, 0), (-1, 0))


def chosen(palette: Palette, looks: Array, books: Numbers) -> Pieces:
    """The pieces [h, w] that places with these looks [h, w, LOOKS] take.

    books: the number of the book that each place begins with, [h, w]; neighbours with one book
    would take the same piece again and again, and make a lattice. In each round a place may take
    what continues the piece of a neighbour, so that pieces grow together to stretches of the
    painting (Ashikhmin, "Synthesizing natural textures", 2001). A place depends on no other that
    is further away than ROUNDS.
    """
    pieces, apart = _nearest(palette, looks, books)
    for _ in range(ROUNDS):
        offers = [
            _offered(palette, looks, pieces, apart, down, across) for down, across in NEIGHBOURS
        ]
        own = pieces, apart
        least = np.full(apart.shape, np.inf, np.float32)
        for offer, distance in (own, *offers):
            votes = np.sum([offer.same(other) for other, _ in offers], 0, dtype=np.float32)
            score = distance * np.float32(FAVOUR) ** -votes - np.float32(GRACE) * votes
            better = score < least
            least = np.where(better, score, least)
            pieces = offer.where(better, pieces)
            apart = np.where(better, distance, apart)
    return pieces


def _nearest(palette: Palette, looks: Array, books: Numbers) -> tuple[Pieces, Array]:
    """The pieces of each place's book that look most like it, and how far they are from it."""
    shape = looks.shape[:2]
    turn, y, x = (np.zeros(shape, np.int64) for _ in range(3))
    apart = np.zeros(shape, np.float32)
    # Row by row, so that the last bit of a product does not depend on how many rows there are.
    for row, (line, numbers) in enumerate(zip(looks, books, strict=True)):
        for number in range(BOOKS):
            places = np.flatnonzero(numbers == number)
            known, their = palette.books[number]
            wanted = line[places]
            nearest = (wanted @ their.T - np.square(their).sum(1) / 2).argmax(1)
            turn[row, places] = known.turn[nearest]
            y[row, places] = known.y[nearest]
            x[row, places] = known.x[nearest]
            apart[row, places] = np.square(wanted - their[nearest]).sum(1)
    return Pieces(turn, y, x), apart


def _offered(
    palette: Palette, looks: Array, pieces: Pieces, apart: Array, down: int, across: int
) -> tuple[Pieces, Array]:
    """What continues the pieces of neighbours that lie that way before each place, and how far it
    is from what is wanted; a place's own piece where the painting ends.
    """
    height, width = apart.shape
    rows = np.clip(np.arange(height) - down, 0, height - 1)[:, None]
    columns = np.clip(np.arange(width) - across, 0, width - 1)[None]
    further = pieces[rows, columns].moved(down, across)
    offer = further.where(palette.inside(further), pieces)
    return offer, np.square(looks - palette.looks(offer)).sum(-1)
