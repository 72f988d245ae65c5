"""What is painted over a mask on the page: how it is sent, and what becomes of it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from conftest import scene

from burnish import images
from burnish.errors import UsageError
from burnish.images import Picture
from burnish.serve.strokes import MOST_POINTS, Stroke, painted, strengths, strokes_in


def sent(*strokes: Any) -> bytes:
    return json.dumps(list(strokes)).encode()


DAB = {"marks": True, "radius": 4, "points": [[20, 10]]}


def turned(tag: int) -> Picture:
    """A picture of 40x30 pixels as it is stored, that lies as an EXIF tag says."""
    exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0" + bytes([tag]) + b"\0\0\0\0\0\0\0"
    return Picture(scene(30, 40), exif=exif)


def test_strokes_are_taken_in_order() -> None:
    found = strokes_in(sent(DAB, {"marks": False, "radius": 2.5, "points": [[1, 2], [3.5, 4]]}))
    assert found == (
        Stroke(True, 4, ((20, 10),)),
        Stroke(False, 2.5, ((1, 2), (3.5, 4))),
    )
    assert strokes_in(b"") == ()
    assert strokes_in(b"[]") == ()


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"{}",
        b"\xff\xfe",
        b"[1]",
        sent({**DAB, "marks": 1}),
        sent({**DAB, "radius": "4"}),
        sent({**DAB, "radius": True}),
        sent({**DAB, "radius": 1e9}),
        b'[{"marks": true, "radius": NaN, "points": [[1, 1]]}]',
        sent({**DAB, "points": [[1]]}),
        sent({**DAB, "points": [[1, None]]}),
        sent({**DAB, "points": {}}),
        sent({**DAB, "colour": "red"}),
        b"[" * 100_000,
    ],
)
def test_what_is_no_list_of_strokes_is_refused(body: bytes) -> None:
    with pytest.raises(UsageError, match="a list of strokes"):
        strokes_in(body)


def test_too_many_places_are_refused() -> None:
    with pytest.raises(UsageError, match="undo some"):
        strokes_in(sent({**DAB, "points": [[1, 1]] * (MOST_POINTS + 1)}))


def test_a_dab_is_round_and_stands_where_it_was_put() -> None:
    picture = Picture(scene(30, 40))
    marked = painted(np.zeros((30, 40), np.bool_), strokes_in(sent(DAB)), picture)
    rows, columns = np.nonzero(marked)
    assert (rows.mean() + 0.5, columns.mean() + 0.5) == pytest.approx((10, 20), abs=0.1)
    assert marked.sum() == pytest.approx(np.pi * 16, rel=0.15)


def test_the_last_stroke_counts_and_the_rest_of_the_mask_stays() -> None:
    picture = Picture(scene(30, 40))
    found = np.zeros((30, 40), np.bool_)
    found[:, 5] = True
    strokes = strokes_in(
        sent(
            {"marks": True, "radius": 3, "points": [[10, 15], [35, 15]]},
            {"marks": False, "radius": 3, "points": [[20, 15], [25, 15]]},
        )
    )
    marked = painted(found, strokes, picture)
    assert [bool(marked[15, column]) for column in (5, 12, 22, 33)] == [True, True, False, True]
    assert marked[:10].sum() == 10
    assert marked[14, 12]
    assert not marked[20, 12]
    assert painted(found, (), picture) is found


@pytest.mark.parametrize("tag", range(1, 9))
def test_it_is_painted_on_the_picture_as_it_is_looked_at(tag: int) -> None:
    picture = turned(tag)
    dab = {"marks": True, "radius": 2, "points": [[7, 4]]}
    marked = painted(np.zeros((30, 40), np.bool_), strokes_in(sent(dab)), picture)
    upright = images.upright(picture.with_pixels(marked[None, None].astype(np.float32)))
    rows, columns = np.nonzero(upright.pixels[0, 0])
    assert (rows.mean() + 0.5, columns.mean() + 0.5) == pytest.approx((4, 7), abs=0.1)


def test_on_a_picture_that_is_reduced_a_stroke_is_reduced_with_it() -> None:
    picture = Picture(scene(15, 20))
    marked = painted(np.zeros((15, 20), np.bool_), strokes_in(sent(DAB)), picture, factor=2)
    rows, columns = np.nonzero(marked)
    assert (rows.mean() + 0.5, columns.mean() + 0.5) == pytest.approx((5, 10), abs=0.1)
    tiny = strokes_in(sent({**DAB, "radius": 0.3}))
    assert painted(np.zeros((15, 20), np.bool_), tiny, picture, factor=2).any()


def test_less_of_the_effect_has_a_soft_border_and_more_brings_it_back() -> None:
    picture = Picture(scene(90, 120))
    less = {"marks": False, "radius": 20, "points": [[60, 45]]}
    found = strengths(strokes_in(sent(less)), picture)
    assert found[44, 60] < 0.02
    assert found[5, 5] == 1
    along = found[44, 60:110]
    assert (np.diff(along) >= 0).all()
    assert np.diff(along).max() < 0.1
    again = strengths(strokes_in(sent(less, {**less, "marks": True})), picture)
    assert again[44, 60] > 0.98
    assert (strengths((), picture) == 1).all()
    beside = strokes_in(sent({**less, "points": [[-500, -500]]}))
    assert (strengths(beside, picture) == 1).all()


@pytest.mark.parametrize("tag", range(1, 9))
def test_the_strength_is_painted_on_the_picture_as_it_is_looked_at(tag: int) -> None:
    picture = turned(tag)
    less = {"marks": False, "radius": 3, "points": [[7, 4]]}
    found = strengths(strokes_in(sent(less)), picture)
    upright = images.upright(picture.with_pixels(found[None, None])).pixels[0, 0]
    assert np.unravel_index(upright.argmin(), upright.shape) == pytest.approx((4, 7), abs=1.01)
