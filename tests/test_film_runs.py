"""Runs over films: what models change and what stays, shots, kills, numbered pictures, words."""

from __future__ import annotations

import gc
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from films import Kind, make, packets, shown, spoil
from numpy.typing import NDArray

from burnish import images
from burnish.contract import Contract, Dial
from burnish.errors import (
    FolderLocked,
    InputCorrupt,
    InputMissing,
    InputTruncated,
    UnsupportedFormat,
    UsageError,
)
from burnish.film.colour import changed, to_rgb
from burnish.film.cuts import cut, small
from burnish.film.fields import ByField
from burnish.film.files.codecs import CODECS
from burnish.film.files.decode import frames
from burnish.film.files.facts import film
from burnish.film.frame import Frame, Layout, Plane
from burnish.film.mending import ByMending, InTurn
from burnish.film.models import ByModel
from burnish.film.numbered import SequenceJob, restore_sequence
from burnish.film.run import FilmJob, FilmReport, restore_film
from burnish.film.state import hidden
from burnish.film.treatment import Shots, Treatment, Unchanged
from burnish.ground.lock import locked
from burnish.images import Picture
from burnish.images.picture import from_array
from burnish.pipeline import NOTHING, Asked, Restored, Settled, settle


@dataclass(frozen=True)
class Area:
    """A model that makes a rectangle brighter, by its dial, and changes nothing else."""

    #: rows and columns
    place: tuple[slice, slice] = (slice(10, 20), slice(16, 40))
    contract: Contract = Contract(dials=(Dial("noise", 0, 75, 0, "steps of 255"),))  # noqa: RUF009
    #: the settings that it was told, in order
    told: list[float] = field(default_factory=list)

    def settle(self, picture: Picture, asked: Asked = NOTHING) -> Settled:
        return settle(self.contract, asked, picture)

    def restore(self, picture: Picture, asked: Asked = NOTHING) -> Restored:
        settled = self.settle(picture, asked)
        self.told.append(float(np.max(settled.dials["noise"])))
        pixels = picture.pixels.copy()
        pixels[(..., *self.place)] += 0.2
        return Restored(picture.with_pixels(pixels), settled, 0.0)


@dataclass(frozen=True)
class Mean:
    """The mean of each frame, the two before it and the two behind it."""

    #: is told the number of each frame that it has read
    reads: Callable[[int], object] = lambda number: None
    reach: int = 2

    def __call__(self, frames: Iterator[Frame], layout: Layout, shots: Shots) -> Iterator[Frame]:
        near: deque[Frame] = deque(maxlen=5)
        waiting: deque[Frame] = deque()
        for frame in frames:
            self.reads(frame.number)
            near.append(frame)
            waiting.append(frame)
            if len(waiting) > 2:
                yield self._of(near, waiting.popleft())
        while waiting:
            yield self._of(near, waiting.popleft())

    @staticmethod
    def _of(near: deque[Frame], frame: Frame) -> Frame:
        around = [other for other in near if abs(other.number - frame.number) <= 2]
        stacked = [
            np.stack(planes).astype(np.float32)
            for planes in zip(*(f.planes for f in around), strict=True)
        ]
        kinds = [plane.dtype for plane in frame.planes]
        pairs = zip(stacked, kinds, strict=True)
        return replace(frame, planes=tuple(np.rint(s.mean(0)).astype(k) for s, k in pairs))


def through(source: Path, target: Path, treatment: Treatment, **job: Any) -> FilmReport:
    """Restores a film by a treatment."""
    return restore_film(FilmJob(source, target, **job), treatment, {"model": "test"})


# --- planes and colours


@pytest.mark.parametrize(
    "pixels", ["yuv420p", "yuv422p10le", "yuv444p12le", "yuv410p", "gray", "gbrp10le", "yuva420p"]
)
@pytest.mark.parametrize("colours", [(1, 1, 1, 1), (2, 9, 16, 9), None])
def test_what_a_model_does_not_change_stays_to_the_bit(
    pixels: str, colours: tuple[int, int, int, int] | None, tmp_path: Path
) -> None:
    source = make(tmp_path / "a.mkv", Kind(pixels=pixels, times=(0, 40, 80), colours=colours))
    through(source, tmp_path / "b.mkv", ByModel(Area(), NOTHING))
    found = film(source)
    layout = found.layout
    for before, after in zip(frames(found), frames(film(tmp_path / "b.mkv")), strict=True):
        for number, (first, second) in enumerate(zip(before.planes, after.planes, strict=True)):
            differ = first != second
            assert differ.any() == (number == 0 or layout.model != "yuv")
            down, across = (
                (layout.down, layout.across) if number and layout.model == "yuv" else (1, 1)
            )
            outside = np.ones(first.shape, bool)
            outside[
                10 // down - 1 : -(-20 // down) + 1, 16 // across - 1 : -(-40 // across) + 1
            ] = False
            assert not differ[outside].any()
    if pixels == "yuva420p":
        pairs = zip(shown(source), shown(tmp_path / "b.mkv"), strict=True)
        assert all(before[1][3] == after[1][3] for before, after in pairs)


def layouts() -> list[Layout]:
    found = []
    for bits in (8, 10, 16):
        for full in (False, True):
            for across, down in ((1, 1), (2, 1), (2, 2), (4, 1), (4, 4)):
                for site in ((0.0, 0.5), (0.5, 0.5), (0.0, 0.0), (0.5, 1.0)):
                    found.append(
                        Layout("yuv", bits, 37, 26, across, down, (0.2126, 0.0722), full, site)
                    )
    return found


def test_an_even_colour_goes_there_and_back() -> None:
    """Whatever the matrix, range, depth and place of samples: white is white, red is red."""
    for layout in layouts():
        small_size = (-(-26 // layout.down), -(-37 // layout.across))
        kind: Any = np.uint8 if layout.bits == 8 else np.uint16
        step = 2 ** (layout.bits - 8)
        middle: Plane = np.full(small_size, 128 * step, kind)
        white = (2**layout.bits - 1) if layout.full else 235 * step
        luma: Plane = np.full((26, 37), white, kind)
        planes: tuple[Plane, ...] = (luma, middle, middle)
        frame = Frame(planes, Fraction(0), 0)
        assert np.allclose(to_rgb(frame, layout), 1, atol=1e-5)
        red = np.zeros((1, 3, 26, 37), np.float32)
        red[0, 1:] = -1
        turned = changed(frame, layout, red)
        seen = to_rgb(turned, layout)
        assert np.abs(seen[0, 0] - 1).max() < 2 / 2 ** (layout.bits - 8) / 100
        assert np.abs(seen[0, 1:]).max() < 2 / 2 ** (layout.bits - 8) / 100
        assert changed(frame, layout, 0 * red).planes[0] is not None


def test_colours_are_those_of_the_matrix_that_the_file_names(tmp_path: Path) -> None:
    """Against FFmpeg's own conversion of a film of 4:4:4."""
    for matrix, weights in ((1, (0.2126, 0.0722)), (6, (0.299, 0.114)), (9, (0.2627, 0.0593))):
        kind = Kind(pixels="yuv444p", times=(0,), colours=(1, 1, 1, matrix))
        found = film(make(tmp_path / f"{matrix}.mkv", kind))
        assert found.layout.weights == weights
        (frame,) = frames(found)
        held: Any = frame.held
        theirs = held.reformat(format="gbrp", src_colorspace=matrix, dst_color_range=2)
        rgb = np.stack(
            [np.frombuffer(theirs.planes[p], np.uint8).reshape(48, -1)[:, :64] for p in (2, 0, 1)]
        )
        ours = to_rgb(frame, found.layout)[0].clip(0, 1) * 255
        assert np.abs(ours - rgb).max() < 2.5


# --- shots


def still(number: int, seed: int, light: float = 1.0) -> Frame:
    """A frame of a still picture with some grain."""
    picture = np.random.default_rng(seed).random((12, 16))
    soft = np.kron(picture, np.ones((4, 4))) * 180 * light
    grain = np.random.default_rng(1000 + number).normal(0, 4, soft.shape)
    plane: Plane = (soft + grain).clip(0, 255).astype(np.uint8)
    return Frame((plane,), Fraction(number, 24), number)


GREY = Layout("grey", 8, 64, 48, full=True)


def test_a_cut_is_seen_and_flicker_and_fades_are_none() -> None:
    shots = [small(still(number, seed=1), GREY) for number in range(3)]
    other = small(still(3, seed=2), GREY)
    dim = small(still(4, seed=1, light=0.7), GREY)
    assert not cut(shots[0], shots[1])
    assert cut(shots[2], other)
    assert not cut(shots[2], dim)


def test_dials_are_settled_once_for_a_shot() -> None:
    area = Area()
    film = [still(number, seed=1 + (number >= 20)) for number in range(40)]
    shots = Shots()
    list(ByModel(area, NOTHING)(iter(film), GREY, shots))
    assert list(shots.settled) == [0, 20]
    assert len(set(area.told[:20])) == len(set(area.told[20:])) == 1
    assert area.told[0] != area.told[20]


def test_what_is_asked_is_not_settled() -> None:
    area = Area()
    film = [still(number, seed=1 + (number >= 3)) for number in range(6)]
    list(ByModel(area, Asked({"noise": 7.0}))(iter(film), GREY, Shots()))
    assert set(area.told) == {7.0}


def test_a_run_that_goes_on_has_the_settings_of_the_shot_it_is_in(tmp_path: Path) -> None:
    film = [still(number, seed=1 + (number >= 20)) for number in range(40)]
    whole = [frame.planes[0] for frame in ByModel(Area(), NOTHING)(iter(film), GREY, Shots())]
    for stop in (0, 1, 7, 19, 20, 21, 35):
        path = tmp_path / str(stop)
        begun = ByModel(Area(), NOTHING)(iter(film), GREY, Shots(path))
        before = [next(begun).planes[0] for _ in range(stop)]
        rest = iter(film[max(0, stop - 1) :])
        gone_on = [f for f in ByModel(Area(), NOTHING)(rest, GREY, Shots(path)) if f.number >= stop]
        together = [*before, *(frame.planes[0] for frame in gone_on)]
        assert all(np.array_equal(*pair) for pair in zip(whole, together, strict=True))


def test_a_line_that_a_kill_has_cut_is_passed_over(tmp_path: Path) -> None:
    shots = Shots(tmp_path / "shots")
    shots.settle(0, {"noise": (4.0, "pixels", 0.5)})
    with open(tmp_path / "shots", "a") as file:
        file.write('[20, {"noise": [7.')
    assert Shots(tmp_path / "shots").settled == {0: {"noise": (4.0, "pixels", 0.5)}}


# --- kills


def killed(work: Callable[[], object]) -> bool:
    """Does some work in a process of its own. Returns whether that was killed."""
    # A fork has no threads but one: whatever waits for those of a decoder that an earlier test left
    # behind, as closing it does, waits for ever. So it is closed before, and nothing after.
    gc.collect()
    child = os.fork()
    if child == 0:
        gc.disable()
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def kill_at(number: int) -> Callable[[int], None]:
    """What ends its process at once when it is told of a frame."""

    def told(read: int) -> None:
        if read == number:
            os.kill(os.getpid(), signal.SIGKILL)

    return told


@pytest.mark.parametrize(
    ("target", "codec", "times"), [("b.mkv", "ffv1", 12), ("b.mov", "x264", 8)]
)
def test_twenty_kills_end_with_the_frames_of_a_run_that_never_stopped(
    target: str, codec: str, times: int, tmp_path: Path
) -> None:
    count = 250
    source = make(tmp_path / "a.mkv", Kind(times=range(0, 40 * count, 40), sound=("pcm_s16le",)))
    through(source, tmp_path / f"whole{target}", Mean(), codec=codec)
    kills = 0
    for number in np.linspace(3, count - 2, times).astype(int):
        treatment = InTurn([Mean(kill_at(int(number))), Unchanged()])
        kills += killed(partial(through, source, tmp_path / target, treatment, codec=codec))
        assert not (tmp_path / target).exists()
        assert hidden(tmp_path / target).is_dir()
    assert kills == times
    report = through(source, tmp_path / target, InTurn([Mean(), Unchanged()]), codec=codec)
    assert report.before >= 120
    assert report.frames == count
    assert shown(tmp_path / target) == shown(tmp_path / f"whole{target}")
    (before,), (after,) = packets(source).values(), packets(tmp_path / target).values()
    assert [digest for _, digest in before] == [digest for _, digest in after]
    assert not hidden(tmp_path / target).exists()


#: restores a film by nothing, and prints a hash of its frames
TWICE = """
import hashlib, sys
from pathlib import Path
from burnish.film.run import FilmJob, restore_film
from burnish.film.treatment import Unchanged
sys.path.insert(0, sys.argv[4])
from films import shown
source, target = Path(sys.argv[1]), Path(sys.argv[2])
restore_film(FilmJob(source, target, codec=sys.argv[3]), Unchanged(), {})
print(hashlib.sha256(repr(shown(target)).encode()).hexdigest())
"""


@pytest.mark.parametrize("codec", list(CODECS))
def test_what_lies_in_memory_changes_no_frame(codec: str, tmp_path: Path) -> None:
    # Of libx264 it did, with AVX-512. glibc fills what it gives with a byte; other libraries do not
    # know the word.
    pixels = "yuv422p10le" if codec == "prores" else "yuv420p"
    times = range(0, 30 * 40, 40)
    source = make(tmp_path / "a.mkv", Kind(pixels=pixels, size=(352, 288), times=times))
    found = set()
    for filled in ("0", "1"):
        arguments = [
            str(source),
            str(tmp_path / f"{filled}.{'mkv' if codec == 'ffv1' else 'mov'}"),
            codec,
            str(Path(__file__).parent),
        ]
        done = subprocess.run(
            [sys.executable, "-c", TWICE, *arguments],
            env={**os.environ, "GLIBC_TUNABLES": f"glibc.malloc.perturb={filled}"},
            capture_output=True,
            text=True,
            check=True,
        )
        found.add(done.stdout)
    assert len(found) == 1


def test_a_kill_while_segments_are_joined_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make(tmp_path / "a.mkv", Kind(times=range(0, 2000, 40)))

    def die(*_: object, **__: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    with monkeypatch.context() as patched:
        patched.setattr("burnish.film.run.mux", die)
        assert killed(lambda: through(source, tmp_path / "b.mkv", Mean()))
    assert not (tmp_path / "b.mkv").exists()
    reads: list[int] = []
    report = through(source, tmp_path / "b.mkv", Mean(reads.append))
    assert report.before == report.frames == 50
    assert reads == [48, 49]
    through(source, tmp_path / "c.mkv", Mean())
    assert shown(tmp_path / "b.mkv") == shown(tmp_path / "c.mkv")


@dataclass(frozen=True)
class Stops:
    """Raises an error at a frame."""

    at: int
    error: BaseException
    reach: int = 0

    def __call__(self, frames: Iterator[Frame], layout: Layout, shots: Shots) -> Iterator[Frame]:
        for frame in frames:
            if frame.number == self.at:
                raise self.error
            yield frame


def test_what_is_done_stays_where_a_run_is_stopped(tmp_path: Path) -> None:
    source = make(tmp_path / "a.mkv", Kind(times=range(0, 2400, 40)))
    for error in (KeyboardInterrupt(), InputCorrupt("a frame"), SystemExit(143)):
        with pytest.raises(type(error)):
            through(source, tmp_path / "b.mkv", Stops(50, error))
    assert not (tmp_path / "b.mkv").exists()
    assert through(source, tmp_path / "b.mkv", Unchanged()).before == 48
    assert shown(tmp_path / "b.mkv") == shown(source)


def test_a_run_that_differs_is_refused(tmp_path: Path) -> None:
    source = make(tmp_path / "a.mkv", Kind(times=range(0, 2400, 40)))
    target = tmp_path / "b.mkv"
    with pytest.raises(KeyboardInterrupt):
        through(source, target, Stops(30, KeyboardInterrupt()))
    with pytest.raises(UsageError, match="differs in its model; --restart"):
        restore_film(FilmJob(source, target), Unchanged(), {"model": "another"})
    with pytest.raises(UsageError, match="differs in its codec"):
        through(source, target, Unchanged(), codec="x264")
    report = restore_film(FilmJob(source, target, restart=True), Unchanged(), {"model": "another"})
    assert report.before == 0


def test_a_result_that_is_there_is_left_alone(tmp_path: Path) -> None:
    source = make(tmp_path / "a.mkv", Kind())
    (tmp_path / "b.mkv").write_text("mine")
    assert through(source, tmp_path / "b.mkv", Unchanged()).status == "skipped"
    assert (tmp_path / "b.mkv").read_text() == "mine"
    assert through(source, tmp_path / "b.mkv", Unchanged(), overwrite=True).frames == 12
    with pytest.raises(UsageError, match="would replace its source"):
        through(source, source, Unchanged(), overwrite=True)


def test_two_runs_on_one_result_are_refused(tmp_path: Path) -> None:
    source = make(tmp_path / "a.mkv", Kind())
    folder = hidden(tmp_path / "b.mkv")
    folder.mkdir()
    with locked(folder, FolderLocked("busy"), 0), pytest.raises(FolderLocked, match="at work"):
        through(source, tmp_path / "b.mkv", Unchanged())


def test_a_film_is_never_read_far_ahead(tmp_path: Path) -> None:
    source = make(tmp_path / "a.mkv", Kind(times=range(0, 4000, 40)))
    read: list[int] = []
    ahead: list[int] = []

    def progress(done: int, total: int) -> None:
        assert total == 100
        ahead.append(read[-1] + 1 - done)

    job = FilmJob(source, tmp_path / "b.mkv")
    restore_film(job, Mean(read.append), {}, progress=progress)
    assert len(ahead) == 100
    assert max(ahead) <= 3


# --- fields


def test_fields_are_treated_apart_and_woven_again() -> None:
    rng = np.random.default_rng(0)
    layout = Layout("yuv", 8, 16, 24, 2, 2)
    film = [
        Frame(
            tuple(rng.integers(0, 255, shape, np.uint8) for shape in ((24, 16), (12, 8), (12, 8))),
            Fraction(n),
            n,
        )
        for n in range(9)
    ]
    woven = list(ByField(Mean())(iter(film), layout, Shots()))
    for parity in (0, 1):
        fields = [replace(f, planes=tuple(plane[parity::2] for plane in f.planes)) for f in film]
        alone = list(Mean()(iter(fields), replace(layout, height=12), Shots()))
        for whole, half in zip(woven, alone, strict=True):
            pairs = zip(whole.planes, half.planes, strict=True)
            assert all(np.array_equal(plane[parity::2], own) for plane, own in pairs)
    with pytest.raises(UnsupportedFormat, match="--interlaced frames"):
        next(ByField(Mean())(iter(film), replace(layout, height=26), Shots()))


def test_interlaced_films_are_done_by_field(tmp_path: Path) -> None:
    source = make(tmp_path / "a.mkv", Kind(fields=2))
    area = ByModel(Area((slice(0, 5), slice(0, 64))), NOTHING)
    through(source, tmp_path / "b.mkv", area, interlaced="fields")
    for before, after in zip(shown(source), shown(tmp_path / "b.mkv"), strict=True):
        first, second = (np.frombuffer(f[1][0], np.uint8).reshape(48, 64) for f in (before, after))
        assert (first[:10] != second[:10]).any(1).all()
        assert (first[10:] == second[10:]).all()
    assert film(tmp_path / "b.mkv").shown.fields == 2


# --- numbered pictures


def numbered(folder: Path, ending: str, bits: int, count: int = 12, first: int = 1001) -> Path:
    """A folder of numbered pictures of noise."""
    from burnish.images.picture import BITS

    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(first, first + count):
        kind = np.uint8 if bits == 8 else np.uint16
        picture = from_array(
            rng.integers(0, 2**8 if bits == 8 else 2**16, (24, 32, 3)).astype(kind)
        )
        if bits != BITS[picture.depth]:
            top = 2**bits - 1
            picture = replace(
                picture, bits=bits, planes=np.rint(picture.pixels * top) / np.float32(top)
            )
        images.write(folder / f"shot.{number:07}{ending}", picture)
    return folder


def in_sequence(source: Path, target: Path, treatment: Treatment, **job: Any) -> FilmReport:
    """Restores numbered pictures by a treatment."""
    return restore_sequence(SequenceJob(source, target, **job), treatment, {"model": "test"})


@pytest.mark.parametrize(
    ("ending", "bits"), [(".png", 8), (".png", 16), (".tif", 16), (".dpx", 10), (".dpx", 16)]
)
def test_numbered_pictures_come_back(ending: str, bits: int, tmp_path: Path) -> None:
    source = numbered(tmp_path / "in", ending, bits)
    report = in_sequence(source, tmp_path / "out", Unchanged())
    assert (report.status, report.frames, report.notes, report.met) == ("restored", 12, (), ())
    files = sorted(path.name for path in source.iterdir())
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == files
    for name in files:
        assert (tmp_path / "out" / name).read_bytes() == (source / name).read_bytes()


def log_dpx(path: Path, order: str, packing: int, samples: NDArray[np.uint16]) -> None:
    """Writes a DPX of 10 bits by hand: of printing densities, in words of one order and filling."""
    height, width, _ = samples.shape
    head = bytearray(2048)
    head[:8] = (b"SDPX" if order == ">" else b"XPDS") + struct.pack(order + "I", 2048)
    struct.pack_into(order + "HHII", head, 768, 0, 1, width, height)
    struct.pack_into(order + "I", head, 780, 0)
    head[800:804] = bytes([50, 1, 1, 10])  # RGB, printing density, 10 bits
    struct.pack_into(order + "HHII", head, 804, packing, 0, 2048, 0)
    struct.pack_into(order + "f", head, 1724, 24.0)  # frames a second, as television has them
    head[192:200] = b"scan.dpx"
    low = 2 if packing == 1 else 0
    places = np.array([20 + low, 10 + low, low], np.uint32)
    words = (samples.astype(np.uint32) << places).sum(-1).astype(order + "u4")
    path.write_bytes(bytes(head) + words.tobytes())


@pytest.mark.parametrize("order", [">", "<"])
@pytest.mark.parametrize("packing", [1, 2])
def test_scans_of_film_keep_their_densities_and_their_header(
    order: str, packing: int, tmp_path: Path
) -> None:
    source = tmp_path / "in"
    source.mkdir()
    rng = np.random.default_rng(0)
    given = [rng.integers(95, 686, (6, 8, 3)).astype(np.uint16) for _ in range(3)]
    for number, samples in enumerate(given):
        log_dpx(source / f"scan.{number:07}.dpx", order, packing, samples)
    in_sequence(source, tmp_path / "out", Unchanged())
    for number, samples in enumerate(given):
        path = tmp_path / "out" / f"scan.{number:07}.dpx"
        assert np.array_equal(
            np.rint(images.read(path).pixels[0].transpose(1, 2, 0) * 1023), samples
        )
        head = path.read_bytes()[:2048]
        assert head[:4] == (b"SDPX" if order == ">" else b"XPDS")
        assert head[801] == 1  # the transfer is the one that it was
        assert head[192:200] == b"scan.dpx"
        assert struct.unpack_from(order + "f", head, 1724) == (24.0,)


def test_pictures_may_become_others(tmp_path: Path) -> None:
    source = numbered(tmp_path / "in", ".dpx", 10)
    report = in_sequence(source, tmp_path / "out", Unchanged(), extension=".tif")
    assert "header" in report.notes[0]
    assert len(list((tmp_path / "out").glob("*.tif"))) == 12


def test_a_missing_number_is_named_before_the_work(tmp_path: Path) -> None:
    source = numbered(tmp_path / "in", ".png", 8)
    for number in (1004, 1005, 1009):
        (source / f"shot.{number:07}.png").unlink()
    with pytest.raises(InputMissing, match=r"numbers 1004 to 1005 are missing.*number 1009 is"):
        in_sequence(source, tmp_path / "out", Unchanged())
    assert not (tmp_path / "out").exists()
    report = in_sequence(source, tmp_path / "out", Unchanged(), salvage=True)
    assert (report.status, report.frames) == ("salvaged", 9)
    assert len(report.met) == 2


def test_a_bad_picture_stops_a_sequence_that_goes_on_once_it_is_mended(tmp_path: Path) -> None:
    source = numbered(tmp_path / "in", ".png", 8)
    bad = source / "shot.0001008.png"
    whole = bad.read_bytes()
    bad.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputTruncated, match=r"shot.0001008.png"):
        in_sequence(source, tmp_path / "out", Unchanged())
    assert len(list((tmp_path / "out").glob("*.png"))) == 7
    bad.write_bytes(whole)
    report = in_sequence(source, tmp_path / "out", Unchanged())
    assert (report.before, report.frames) == (7, 12)
    assert (tmp_path / "out" / bad.name).read_bytes() == whole
    assert in_sequence(source, tmp_path / "out", Unchanged()).status == "skipped"


def test_what_is_left_of_a_bad_picture_is_restored_if_that_will_do(tmp_path: Path) -> None:
    source = numbered(tmp_path / "in", ".png", 8)
    bad = source / "shot.0001008.png"
    bad.write_bytes(bad.read_bytes()[:1800])
    report = in_sequence(source, tmp_path / "out", Unchanged(), salvage=True)
    assert report.status == "salvaged"
    assert bad.name in report.met[0]
    assert len(list((tmp_path / "out").glob("*.png"))) == 12


def test_what_is_no_sequence_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputMissing, match="no such folder"):
        in_sequence(tmp_path / "none", tmp_path / "out", Unchanged())
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputMissing, match="holds no numbered pictures"):
        in_sequence(tmp_path / "empty", tmp_path / "out", Unchanged())
    source = numbered(tmp_path / "in", ".png", 8, 3)
    with pytest.raises(UsageError, match="would replace its picture"):
        in_sequence(source, source, Unchanged())
    shutil.copy(source / "shot.0001001.png", source / "other.0001001.png")
    with pytest.raises(UsageError, match="several sequences"):
        in_sequence(source, tmp_path / "out", Unchanged())
    (source / "other.0001001.png").rename(source / "shot.1001.png")
    with pytest.raises(UsageError, match="has the number of"):
        in_sequence(source, tmp_path / "out", Unchanged())
    (source / "shot.1001.png").rename(source / "poster.png")
    with pytest.raises(UsageError, match="has no number"):
        in_sequence(source, tmp_path / "out", Unchanged())
    (source / "poster.png").unlink()
    images.write(source / "shot.0001004.png", from_array(np.zeros((9, 9), np.uint8)))
    with pytest.raises(UnsupportedFormat, match=r"0001004.*differs"):
        in_sequence(source, tmp_path / "out", Unchanged())


def test_kills_among_pictures_end_with_equal_pictures(tmp_path: Path) -> None:
    source = numbered(tmp_path / "in", ".tif", 16, 30)
    in_sequence(source, tmp_path / "whole", Mean())
    for number in (4, 5, 11, 20, 29):
        treatment = Mean(kill_at(number))
        assert killed(partial(in_sequence, source, tmp_path / "out", treatment))
    report = in_sequence(source, tmp_path / "out", Mean())
    assert report.before == 27
    for path in sorted((tmp_path / "whole").iterdir()):
        assert (tmp_path / "out" / path.name).read_bytes() == path.read_bytes()


# --- the command line


def burnish(
    *words: str | Path, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """`burnish restore` with these words."""
    command = [sys.executable, "-m", "burnish.cli", "restore", *map(str, words)]
    return subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **(env or {})}
    )


def test_the_command_line_restores_films(tmp_path: Path) -> None:
    source = make(tmp_path / "a.mkv", Kind(times=(0, 40, 80), sound=("pcm_s16le",)))
    done = burnish(source, "-o", tmp_path / "b.mkv", "-m", "photo", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["status"], report["frames"]) == ("restored", 3)
    assert shown(tmp_path / "b.mkv") != shown(source)
    assert packets(tmp_path / "b.mkv") == packets(source)
    same = burnish(source, "-m", "photo+jpeg", "-d", "noise=0", "-d", "quality=100")
    assert "a_restored.mkv  3 frames  ffv1, without loss" in same.stdout, same.stderr
    pairs = zip(shown(source), shown(tmp_path / "a_restored.mkv"), strict=True)
    for before, after in pairs:
        for first, second in zip(before[1], after[1], strict=True):
            steps = np.frombuffer(first, np.uint8).astype(int) - np.frombuffer(second, np.uint8)
            assert np.abs(steps).max() <= 1


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["--archive"], 2, "--archive: is for pictures"),
        (["--pages", "1"], 2, "--pages: is for pictures"),
        (["-m", "fohto"], 2, "there is no model"),
        (["-m", "photo", "-d", "nose=3"], 2, "no dial"),
        (["-m", "photo", "--codec", "x264:crf=99"], 2, "0 (best) to 51"),
        (["--sequence"], 2, "is for folders of pictures"),
        (["-o", "b.png"], 2, "must end in one of .mkv"),
        (["-m", "lanczos:scale=2"], 2, "frames keep their size"),
    ],
)
def test_words_that_films_do_not_take_are_said(
    words: list[str], status: int, says: str, tmp_path: Path
) -> None:
    source = make(tmp_path / "a.mkv", Kind(times=(0,)))
    done = burnish(source, *words)
    assert done.returncode == status
    assert says in done.stderr


def test_options_of_films_are_not_for_pictures(tmp_path: Path) -> None:
    folder = numbered(tmp_path / "in", ".png", 8, 1)
    done = burnish(folder, "--codec", "x264")
    assert done.returncode == 2
    assert "--codec: is for films" in done.stderr
    film = make(tmp_path / "a.mkv", Kind(times=(0,)))
    done = burnish(film, folder / "shot.0001001.png")
    assert done.returncode == 2
    assert "is no film" in done.stderr


def test_without_the_extra_one_sentence_says_what_to_install(tmp_path: Path) -> None:
    source = make(tmp_path / "a.mkv", Kind(times=(0,)))
    absent = tmp_path / "absent"
    absent.mkdir()
    (absent / "av.py").write_text("raise ImportError('not here')")
    path = os.pathsep.join([str(absent), *sys.path])
    done = burnish(source, "-m", "photo", env={"PYTHONPATH": path})
    assert done.returncode == 2
    assert "pip install 'burnish[video]'" in done.stderr


def test_a_stop_by_the_keyboard_goes_on(tmp_path: Path) -> None:
    source = make(tmp_path / "a.mkv", Kind(times=range(0, 40 * 120, 40)))
    words = [str(source), "-o", str(tmp_path / "b.mkv"), "-m", "photo"]
    command = [sys.executable, "-m", "burnish.cli", "restore", *words]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    folder = hidden(tmp_path / "b.mkv")
    while not list(folder.glob("*.segment")):
        assert running.poll() is None
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "the same command goes on" in said
    assert not (tmp_path / "b.mkv").exists()
    done = burnish(*words)
    assert done.returncode == 0, done.stderr
    assert "of them before" in done.stdout


def test_info_says_what_a_film_is(tmp_path: Path) -> None:
    kind = Kind(
        colours=(1, 1, 1, 1),
        fields=2,
        sound=("pcm_s16le",),
        videos=2,
    )
    source = make(tmp_path / "a.mkv", kind)
    command = [sys.executable, "-m", "burnish.cli", "info", str(source)]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for words in ("64x48", "25 frames a second", "BT.709", "top field first", "pcm_s16le"):
        assert words in text
    assert "2 video streams; --stream 0" in text
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, check=True)
    record = json.loads(done.stdout)
    assert (record["width"], record["rate"], record["interlaced"]) == (64, "25", True)
    assert [each["kind"] for each in record["streams"]] == ["video", "video", "audio"]


def test_a_dry_run_says_what_would_not_be_kept_and_leaves_nothing(tmp_path: Path) -> None:
    kind = Kind(times=(0, 40), subtitles=((0, 40, "Hello"),))
    source = make(tmp_path / "a.mkv", kind)
    folder = numbered(tmp_path / "in", ".dpx", 10, 3)
    done = burnish(source, "-o", tmp_path / "out" / "b.mp4", "--dry-run")
    assert (done.returncode, "subtitle" in done.stderr) == (0, True)
    assert (
        burnish(source, "-o", tmp_path / "out" / "b.mp4", "--dry-run", "--strict").returncode == 3
    )
    done = burnish(folder, "-o", tmp_path / "out", "--sequence", "-f", "tif", "--dry-run")
    assert (done.returncode, "header" in done.stderr) == (0, True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mkv", "in"]


@dataclass(frozen=True)
class Dies:
    """Changes nothing, and kills its process at a frame."""

    at: int
    reach: int = 0

    def __call__(self, frames: Iterator[Frame], layout: Layout, shots: Shots) -> Iterator[Frame]:
        for frame in frames:
            kill_at(self.at)(frame.number)
            yield frame


def test_a_mended_film_that_was_killed_has_the_frames_of_one_that_was_not(tmp_path: Path) -> None:
    """What mends looks far around each frame, and a run that goes on begins so many earlier."""
    source = make(tmp_path / "a.mkv", Kind(times=range(0, 40 * 52, 40), dirty=True))
    parts = (ByMending({}), ByModel(Area(), NOTHING))
    through(source, tmp_path / "whole.mkv", InTurn([*parts, Unchanged()]))
    for number in (30, 49):
        treatment = InTurn([*parts, Dies(number)])
        assert killed(partial(through, source, tmp_path / "b.mkv", treatment))
    report = through(source, tmp_path / "b.mkv", InTurn([*parts, Unchanged()]))
    assert report.before == 48
    whole = shown(tmp_path / "whole.mkv")
    assert shown(tmp_path / "b.mkv") == whole
    below = [
        np.frombuffer(one[1][0], np.uint8).reshape(48, 64)[24:].min()
        for one in (*whole, *shown(source))
    ]
    assert min(below[:52]) > 0 == min(below[52:])


def test_without_a_model_a_film_is_mended(tmp_path: Path) -> None:
    source = make(tmp_path / "a.mkv", Kind(times=range(0, 400, 40), dirty=True))
    done = burnish(source, "-o", tmp_path / "b.mkv")
    assert done.returncode == 0, done.stderr
    same = burnish(source, "-o", tmp_path / "c.mkv", "-m", "film")
    assert same.returncode == 0, same.stderr
    assert shown(tmp_path / "b.mkv") == shown(tmp_path / "c.mkv") != shown(source)


def test_a_film_among_pictures_is_said_to_want_its_name(tmp_path: Path) -> None:
    folder = numbered(tmp_path / "in", ".png", 8, 1)
    make(folder / "a.mkv", Kind(times=(0,)))
    done = burnish(folder, "-o", tmp_path / "out", "-m", "photo", "-d", "noise=0")
    assert done.returncode == 0, done.stderr
    assert "1 .mkv" in done.stderr
    assert "films are restored by name" in done.stderr


def bad_frame(folder: Path) -> list[str | Path]:
    return [spoil(make(folder / "a.mkv", Kind()), 7)]


def truncated(folder: Path) -> list[str | Path]:
    source = make(folder / "a.mkv", Kind(times=range(0, 4000, 80)))
    source.write_bytes(source.read_bytes()[:-30000])
    return [source]


def two_streams(folder: Path) -> list[str | Path]:
    return [make(folder / "a.mkv", Kind(videos=2))]


def interlaced(folder: Path) -> list[str | Path]:
    return [make(folder / "a.mkv", Kind(fields=2))]


def missing_number(folder: Path) -> list[str | Path]:
    source = numbered(folder / "in", ".png", 8)
    (source / "shot.0001006.png").unlink()
    return [source, "--sequence"]


def one_frame(folder: Path) -> list[str | Path]:
    return [make(folder / "a.mkv", Kind(times=(0,)))]


@pytest.mark.parametrize(
    ("made", "status", "says"),
    [
        (bad_frame, 3, "frame 7, at 0:00:00.280, is damaged"),
        (truncated, 3, "ends before its film does"),
        (two_streams, 3, "2 video streams, 0 and 1"),
        (interlaced, 3, "two fields"),
        (missing_number, 3, "number 1006 is missing"),
        (one_frame, 0, ""),
    ],
)
def test_bad_inputs_have_a_sentence_and_a_status(
    made: Callable[[Path], list[str | Path]], status: int, says: str, tmp_path: Path
) -> None:
    words = made(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    target = tmp_path / ("out" if "--sequence" in words else "out.mkv")
    done = burnish(*words, "-o", target)
    assert done.returncode == status, done.stderr
    assert says in done.stderr
    assert len(done.stderr.splitlines()) <= 2
    assert target.exists() == (status == 0)
    assert all(path.read_bytes() == content for path, content in before.items())


def test_a_run_that_is_at_work_has_a_status_of_its_own(tmp_path: Path) -> None:
    source = make(tmp_path / "a.mkv", Kind())
    folder = hidden(tmp_path / "b.mkv")
    folder.mkdir()
    with locked(folder, FolderLocked("busy"), 0):
        done = burnish(source, "-o", tmp_path / "b.mkv")
    assert done.returncode == 11
    assert "another run is at work" in done.stderr
