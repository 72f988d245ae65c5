"""Contact sheets: every picture where it belongs, captions drawn, files whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFont

from burnish.errors import OutputError, UsageError
from burnish.report.sheet import GAP, PAPER, Cell, _wrapped, residual_picture, sheet

RED = np.tile(np.array([255, 0, 0], np.uint8), (20, 30, 1))
BLUE = np.tile(np.array([0, 0, 1], np.float32), (40, 30, 1))


def drawn(path: Path) -> np.ndarray:
    with Image.open(path) as file:
        return np.asarray(file.convert("RGB"))


def test_pictures_stand_in_rows_at_one_width(tmp_path: Path) -> None:
    canvas = drawn(sheet([[Cell(RED), Cell(BLUE)], [Cell(BLUE)]], tmp_path / "sheet.png", width=60))
    assert canvas.shape == (GAP + 80 + GAP + 80 + GAP, GAP + 2 * (60 + GAP), 3)
    assert (canvas[GAP : GAP + 40, GAP : GAP + 60] == (255, 0, 0)).all()
    assert (canvas[GAP : GAP + 80, 2 * GAP + 60 : 2 * GAP + 120] == (0, 0, 255)).all()
    assert (canvas[2 * GAP + 80 : 2 * GAP + 160, GAP : GAP + 60] == (0, 0, 255)).all()
    assert (canvas[2 * GAP + 80 :, 2 * GAP + 60 :] == PAPER).all()


def test_captions_are_drawn_below_and_wrapped(tmp_path: Path) -> None:
    plain = drawn(sheet([[Cell(RED)]], tmp_path / "a.png", width=90))
    short = drawn(sheet([[Cell(RED, "noise=25")]], tmp_path / "b.png", width=90))
    long = drawn(
        sheet(
            [[Cell(RED, "a caption that is much longer than its picture is wide")]],
            tmp_path / "c.png",
            width=90,
        )
    )
    assert plain.shape[0] < short.shape[0] < long.shape[0]
    assert short[GAP + 60 :].min() < 100
    assert (long[:, -GAP:] == PAPER).all()


def test_a_word_wider_than_its_picture_is_cut_behind_a_comma(tmp_path: Path) -> None:
    wide = "bilateral:channels=4,radius=20,space=15,colour=10"
    canvas = drawn(sheet([[Cell(RED, wide), Cell(RED)]], tmp_path / "a.png", width=90))
    assert (canvas[GAP + 60 :, GAP + 90 + 1 :] == PAPER).all(), (
        "nothing runs under the next picture"
    )
    font = ImageFont.load_default(12)
    pieces = _wrapped(wide, font, 90)
    assert "".join(pieces) == wide
    assert pieces[0].endswith((",", ":"))
    assert max(font.getlength(piece) for piece in pieces) <= 90
    assert "".join(_wrapped("m" * 60, font, 30)) == "m" * 60


def test_enlarged_by_repeating_and_reduced_by_area(tmp_path: Path) -> None:
    board = ((np.indices((8, 8)).sum(0) % 2) * 255).astype(np.uint8)
    enlarged = drawn(sheet([[Cell(board)]], tmp_path / "a.png", width=32))[GAP:-GAP, GAP:-GAP]
    np.testing.assert_array_equal(enlarged[..., 0], np.kron(board, np.ones((4, 4), np.uint8)))
    reduced = drawn(sheet([[Cell(board)]], tmp_path / "b.png", width=4))[GAP:-GAP, GAP:-GAP]
    assert np.abs(reduced.astype(int) - 127.5).max() <= 1


def test_a_crop_shows_that_part_alone(tmp_path: Path) -> None:
    picture = np.zeros((20, 20, 3), np.float32)
    picture[5:9, 3:11] = 1
    canvas = drawn(sheet([[Cell(picture, crop=(3, 5, 8, 4))]], tmp_path / "a.png", width=16))
    assert (canvas[GAP : GAP + 8, GAP : GAP + 16] == 255).all()
    with pytest.raises(UsageError, match="crop"):
        sheet([[Cell(picture, crop=(18, 0, 8, 4))]], tmp_path / "b.png")


def test_the_residual_stands_around_mid_grey() -> None:
    before = np.full((2, 2, 3), 0.5, np.float32)
    np.testing.assert_array_equal(residual_picture(before, before), before)
    np.testing.assert_allclose(residual_picture(before, before - 0.1, gain=3), 0.8, atol=1e-6)
    np.testing.assert_allclose(
        residual_picture(
            np.full((2, 2, 3), 100, np.uint8), np.full((2, 2, 3), 110, np.uint8), gain=1
        ),
        0.5 - 10 / 255,
        atol=1e-6,
    )
    assert residual_picture(before, before - 0.5, gain=3).max() == 1


def test_what_cannot_be_drawn_or_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="at least one"):
        sheet([[]], tmp_path / "a.png")
    with pytest.raises(UsageError, match="shape"):
        sheet([[Cell(np.zeros((4, 4, 2), np.float32))]], tmp_path / "a.png")
    with pytest.raises(UsageError, match=r"\.png or \.jpg"):
        sheet([[Cell(RED)]], tmp_path / "a.txt")
    with pytest.raises(OutputError, match="cannot be written"):
        sheet([[Cell(RED)]], tmp_path / "missing" / "a.png")
    assert list(tmp_path.iterdir()) == []
