"""Films read and written: what of a film's file comes back, and what is said of the rest."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from films import FILM, Kind, make, packets, shown

from burnish.film.files.facts import film
from burnish.film.run import FilmJob, FilmReport, restore_film
from burnish.film.treatment import Unchanged

#: x264 without loss, so that frames can be compared
EXACT = {"qp": "0"}
VARIABLE = (0, 40, 55, 160, 161, 400, 410, 980, 1000, 1500)


def again(source: Path, target: Path, **job: Any) -> FilmReport:
    """Writes a film again, with nothing done to its frames."""
    return restore_film(FilmJob(source, target, **job), Unchanged(), {"model": "none"})


@pytest.mark.parametrize(
    "pixels",
    "yuv420p yuv422p yuv444p yuv410p yuv420p10le yuv422p10le yuv444p12le yuv420p16le gray gray10le "
    "gbrp10le gbrp16le bgr0 yuva420p yuva444p10le".split(),
)
def test_every_sample_comes_back_under_ffv1(pixels: str, tmp_path: Path) -> None:
    source = make(tmp_path / "a.mkv", Kind(pixels=pixels))
    report = again(source, tmp_path / "b.mkv")
    assert (report.frames, report.notes) == (12, ())
    assert shown(tmp_path / "b.mkv") == shown(source)


@pytest.mark.parametrize("size", [(64, 48), (63, 47), (33, 50), (5, 4)])
def test_odd_sizes_come_back(size: tuple[int, int], tmp_path: Path) -> None:
    source = make(tmp_path / "a.mkv", Kind(size=size))
    again(source, tmp_path / "b.mkv")
    assert shown(tmp_path / "b.mkv") == shown(source)


def test_how_a_film_is_shown_comes_back(tmp_path: Path) -> None:
    kind = Kind(
        aspect=Fraction(16, 15),
        turned=90,
        colours=(2, 9, 16, 9),
        siting="topleft",
        sound=("pcm_s16le",),
    )
    source = make(tmp_path / "a.mkv", kind)
    again(source, tmp_path / "b.mkv")
    before = film(source)
    assert before.shown.turned is not None
    assert before.shown.siting == "topleft"
    after = film(tmp_path / "b.mkv")
    assert (after.shown, after.rate, after.layout) == (before.shown, before.rate, before.layout)


@pytest.mark.parametrize("name", ["a.mkv", "a.mov", "a.mp4"])
@pytest.mark.parametrize("aspect", [Fraction(16, 15), Fraction(8, 9), Fraction(118, 81)])
def test_the_shape_of_pixels_is_in_every_container(
    name: str, aspect: Fraction, tmp_path: Path
) -> None:
    """FFmpeg's writer of Matroska is given none by PyAV."""
    kind = Kind("libx264", base=FILM, times=range(0, 12012, 1001), aspect=aspect)
    source = make(tmp_path / "source.mp4", kind)
    again(source, tmp_path / name, codec="ffv1" if name == "a.mkv" else None)
    assert film(tmp_path / name).shown.aspect == aspect


@pytest.mark.parametrize("pixels", ["yuv420p", "yuv420p10le", "yuv422p10le"])
@pytest.mark.parametrize("target", ["b.mov", "b.mp4"])
def test_times_of_any_rate_come_back(pixels: str, target: str, tmp_path: Path) -> None:
    times = tuple(7 * time for time in VARIABLE)
    kind = Kind("libx264", pixels, FILM, times, options=EXACT, sound=("aac",))
    source = make(tmp_path / "a.mov", kind)
    report = again(source, tmp_path / target)
    assert report.notes == ()
    before = shown(source)
    assert [time for time, _ in before] == [time * FILM for time in times]
    assert [time for time, _ in shown(tmp_path / target)] == [time for time, _ in before]
    assert packets(tmp_path / target) == packets(source)


def test_variable_rates_and_sound_come_back_in_matroska(tmp_path: Path) -> None:
    source = make(tmp_path / "a.mkv", Kind(times=VARIABLE, sound=("pcm_s16le", "aac")))
    again(source, tmp_path / "b.mkv")
    assert shown(tmp_path / "b.mkv") == shown(source)
    assert packets(tmp_path / "b.mkv") == packets(source)
    assert len(packets(source)) == 2
