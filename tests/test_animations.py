"""Animated GIF, PNG and WebP: every frame as it is seen, its time, and how often all are played."""

from __future__ import annotations

import io
import struct
import weakref
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from odd_files import SIGNATURE, chunk
from PIL import Image

import burnish
from burnish import errors, images
from burnish.images import FORMATS, Picture, Timing
from burnish.images.picture import to_samples
from burnish.inference.job import Job, run_job
from burnish.inference.pages import Pages
from burnish.pipeline import ask

ANIMATED = ("GIF", "PNG", "WEBP")
SIZE = (40, 50)
#: of the frames, in seconds
TIMES = (0.1, 0.03, 0.04, 1.0, 0.07)


def frames(channels: int, colours: int = 256) -> list[NDArray[np.uint8]]:
    """Five frames, each another than the one before it in a part; alpha all or nothing."""
    rng = np.random.default_rng(channels)
    frame = rng.integers(0, colours, (*SIZE, channels), dtype=np.uint8)
    found = []
    for i in range(5):
        frame = frame.copy()
        frame[5 * i + 1 : 5 * i + 11, 9:30] = rng.integers(0, colours, (10, 21, channels))
        if channels == 4:
            frame[..., 3] = np.where(rng.random(SIZE) < 0.3, 0, 255)
            frame[frame[..., 3] == 0] = 0
        found.append(frame)
    return found


def film(arrays: Sequence[NDArray[Any]], plays: int = 3) -> list[Picture]:
    return [
        replace(images.from_array(array), timing=Timing(seconds, plays))
        for array, seconds in zip(arrays, TIMES, strict=False)
    ]


def seen_by_pillow(data: bytes) -> list[NDArray[np.uint8]]:
    """Each frame as RGBA."""
    with Image.open(io.BytesIO(data)) as image:
        found = []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            found.append(np.array(image.convert("RGBA")))
    return found


def times_by_pillow(data: bytes) -> list[float]:
    """In milliseconds."""
    with Image.open(io.BytesIO(data)) as image:
        found = []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            image.load()
            found.append(image.info["duration"])
    return found


def opaque(array: NDArray[Any]) -> NDArray[Any]:
    """With an alpha that shows all, where there is none."""
    if array.shape[2] == 4:
        return array
    return np.dstack([array, np.full(array.shape[:2], 255, np.uint8)])


def same_where_seen(a: NDArray[Any], b: NDArray[Any]) -> bool:
    a, b = opaque(a), opaque(b)
    return bool((a[..., 3] == b[..., 3]).all() and (a == b)[a[..., 3] > 0].all())


# to and fro


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("name", ANIMATED)
def test_an_animation_that_is_written_is_what_others_see(name: str, channels: int) -> None:
    given = frames(channels, colours=6)  # 216 colours, which a GIF can hold
    data, said = images.encode(film(given), FORMATS[name])
    assert said == []
    for got, array in zip(seen_by_pillow(data), given, strict=True):
        assert same_where_seen(got, array)
    assert times_by_pillow(data) == pytest.approx([1000 * seconds for seconds in TIMES])
    with Image.open(io.BytesIO(data)) as image:
        # a GIF counts how often it is played again
        assert image.info["loop"] == (2 if name == "GIF" else 3)


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("name", ANIMATED)
def test_what_is_written_is_read_again(name: str, channels: int) -> None:
    given = frames(channels, colours=6)
    data, _ = images.encode(film(given), FORMATS[name])
    header, pictures = images.frames(data)
    again = list(pictures)
    assert (header.frames, header.alpha) == (5, channels == 4)
    assert header.timing is not None
    assert header.timing.seconds == pytest.approx(sum(TIMES))
    assert [picture.timing for picture in again] == [Timing(seconds, 3) for seconds in TIMES]
    for picture, array in zip(again, given, strict=True):
        assert same_where_seen(to_samples(picture, "uint8"), array)
    assert images.encode(again, FORMATS[name])[0] == data


@pytest.mark.parametrize("plays", [0, 1, 2, 50])
@pytest.mark.parametrize("name", ANIMATED)
def test_it_is_played_as_often(name: str, plays: int) -> None:
    data, _ = images.encode(film(frames(3, 4), plays), FORMATS[name])
    header, _ = images.frames(data)
    assert header.timing is not None
    assert header.timing.plays == plays
    assert images.facts(data)["plays"] == (plays or "endlessly")


def by_pillow(kind: str, arrays: Sequence[NDArray[Any]], **options: Any) -> bytes:
    first, *others = [Image.fromarray(array) for array in arrays]
    buffer = io.BytesIO()
    times = [round(1000 * seconds) for seconds in TIMES]
    first.save(buffer, kind, save_all=True, append_images=others, duration=times, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("disposal", [0, 1, 2, 3])
@pytest.mark.parametrize("transparent", [False, True])
def test_frames_of_a_gif_come_as_they_are_seen(disposal: int, transparent: bool) -> None:
    rng = np.random.default_rng(disposal)
    palettes = [Image.fromarray(part, "L").convert("P") for part in _numbers(transparent)]
    for image in palettes:
        image.putpalette([0, 0, 0, *rng.integers(0, 256, 24)])
    buffer = io.BytesIO()
    hole = {"transparency": 0} if transparent else {}
    first, *others = palettes
    first.save(
        buffer,
        "GIF",
        save_all=True,
        append_images=others,
        duration=[100, 30, 40, 1000, 70],
        disposal=disposal,
        optimize=False,
        **hole,
    )
    data = buffer.getvalue()
    header, pictures = images.frames(data)
    assert header.alpha == transparent
    got = [to_samples(picture, "uint8") for picture in pictures]
    for ours, theirs in zip(got, seen_by_pillow(data), strict=True):
        assert same_where_seen(ours, theirs)


def _numbers(transparent: bool) -> list[NDArray[np.uint8]]:
    """The numbers of colours of five frames; where something is transparent, most of each."""
    rng = np.random.default_rng(7)
    found = []
    for i in range(5):
        numbers = np.zeros(SIZE, np.uint8) if transparent else rng.integers(1, 9, SIZE)
        numbers[5 * i : 5 * i + 12, 8:30] = rng.integers(1, 9, (12, 22))
        found.append(np.asarray(numbers, np.uint8))
    return found


@pytest.mark.parametrize("options", [{"lossless": True}, {"quality": 80}, {"minimize_size": True}])
def test_frames_of_a_webp_come_as_they_are_seen(options: dict[str, Any]) -> None:
    data = by_pillow("WEBP", frames(3), loop=0, **options)
    header, pictures = images.frames(data)
    assert (header.frames, header.alpha) == (5, False)
    assert header.lossy == ("lossless" not in options)
    for picture, theirs in zip(pictures, seen_by_pillow(data), strict=True):
        assert same_where_seen(to_samples(picture, "uint8"), theirs)


def apng(parts: Sequence[tuple[tuple[int, ...], NDArray[Any]]], size: tuple[int, int]) -> bytes:
    """An animated PNG put together by hand.

    parts: (left, top, time, parts of a second, what becomes of it, whether it is laid over) and the
    samples [H, W, 3 or 4] of each frame.
    """

    def packed(array: NDArray[Any]) -> bytes:
        return zlib.compress(b"".join(b"\0" + row.tobytes() for row in array))

    height, width = size
    first = parts[0][1]
    bits, kind = 8 * first.dtype.itemsize, 6 if first.shape[2] == 4 else 2
    header = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0)
    data = SIGNATURE + chunk(b"IHDR", header) + chunk(b"acTL", struct.pack(">II", len(parts), 0))
    number = 0
    for (left, top, time, of, after, over), array in parts:
        place = (array.shape[1], array.shape[0], left, top)
        body = struct.pack(">IIIIIHHBB", number, *place, time, of, after, over)
        data += chunk(b"fcTL", body)
        number += 1
        if array is first:
            data += chunk(b"IDAT", packed(array))
        else:
            data += chunk(b"fdAT", struct.pack(">I", number) + packed(array))
            number += 1
    return data + chunk(b"IEND", b"")


KEEP, CLEAR, RESTORE = 0, 1, 2
IN_PLACE, OVER = 0, 1


def test_frames_of_a_png_are_laid_as_the_standard_says() -> None:
    red, green, blue = (np.zeros((4, 6, 4), np.uint8) for _ in range(3))
    for colour, array in enumerate((red, green, blue)):
        array[..., colour] = array[..., 3] = 255
    nothing = np.zeros((4, 6, 4), np.uint8)
    holed = green[:2, :3].copy()
    holed[0, 0, 3] = 0
    half = blue[:1, :2].copy()
    half[..., 3] = 51
    data = apng(
        [
            ((0, 0, 1, 10, KEEP, IN_PLACE), red),
            ((1, 1, 1, 10, RESTORE, OVER), holed),  # red is seen in its hole, and after it
            ((1, 1, 1, 10, CLEAR, IN_PLACE), holed),  # its hole is seen, and after it more
            ((0, 0, 1, 0, KEEP, OVER), half),  # a fifth of blue over red; a hundredth of a second
        ],
        (4, 6),
    )
    first = red.copy()
    second = red.copy()
    second[1:3, 1:4] = green[:2, :3]
    second[1, 1] = red[1, 1]
    third = second.copy()
    third[1, 1] = nothing[0, 0]
    fourth = red.copy()
    fourth[1:3, 1:4] = 0
    fourth[0, :2] = (204, 0, 51, 255)
    header, pictures = images.frames(data)
    assert header.alpha
    got = list(pictures)
    for picture, array in zip(got, (first, second, third, fourth), strict=True):
        assert same_where_seen(to_samples(picture, "uint8"), array)
    seconds = [0 if picture.timing is None else picture.timing.seconds for picture in got]
    assert seconds == [0.1, 0.1, 0.1, 0.01]


def test_a_png_of_sixteen_bits_keeps_them_in_every_frame() -> None:
    rng = np.random.default_rng(1)
    whole = rng.integers(0, 65536, (6, 9, 3)).astype(np.uint16)
    part = rng.integers(0, 65536, (2, 4, 3)).astype(np.uint16)
    data = apng(
        [
            ((0, 0, 1, 30, KEEP, IN_PLACE), whole.byteswap()),
            ((3, 2, 1, 3, KEEP, OVER), part.byteswap()),
        ],
        (6, 9),
    )
    header, pictures = images.frames(data)
    assert (header.depth, header.alpha) == ("uint16", False)
    first, second = pictures
    laid = whole.copy()
    laid[2:4, 3:7] = part
    assert (to_samples(first, "uint16") == whole).all()
    assert (to_samples(second, "uint16") == laid).all()
    again, _ = images.encode([first, second], FORMATS["PNG"])
    assert again.count(struct.pack(">HH", 1, 30)) == again.count(struct.pack(">HH", 1, 3)) == 1
    _, pictures = images.frames(again)
    for got, array in zip(pictures, (whole, laid), strict=True):
        assert (to_samples(got, "uint16") == array).all()


def test_what_is_shown_where_nothing_is_animated_comes_back() -> None:
    given = frames(3)
    data = by_pillow("PNG", given, default_image=True)
    header, pictures = images.frames(data)
    got = list(pictures)
    assert header.frames == 5
    assert got[0].timing is None
    assert all(picture.timing for picture in got[1:])
    again, said = images.encode(got, FORMATS["PNG"])
    assert said == []
    with Image.open(io.BytesIO(again)) as image:
        assert image.info["default_image"]
    for ours, theirs in zip(seen_by_pillow(again), given, strict=True):
        assert same_where_seen(ours, theirs)
    for name in ("GIF", "WEBP"):
        data, said = images.encode(got, FORMATS[name])
        assert images.header(data).frames == 4
        assert any("where nothing is animated" in words for words in said)


# what is lost is said


def test_more_colours_than_a_gif_holds_are_rounded_and_said() -> None:
    down, across = np.mgrid[0:64, 0:96]
    smooth = np.stack([2 * across, 4 * down, across + down], -1).astype(np.uint8)
    data, said = images.encode(film([smooth, smooth[::-1]]), FORMATS["GIF"])
    assert len(said) == 1
    assert re_said(said[0], "GIF holds 256 colours a frame", ".webp or .png")
    for ours, array in zip(seen_by_pillow(data), (smooth, smooth[::-1]), strict=True):
        assert np.abs(ours[..., :3].astype(int) - array).mean() < 4


def re_said(words: str, *parts: str) -> bool:
    return all(part in words for part in parts)


def test_half_transparency_and_short_times_are_rounded_and_said() -> None:
    half = np.full((8, 8, 4), 200, np.uint8)
    half[:4, :, 3] = 100
    pictures = [
        replace(images.from_array(half), timing=Timing(1 / 60)),
        replace(images.from_array(half), timing=Timing(1 / 60)),
        replace(images.from_array(half), timing=Timing(1 / 60)),
    ]
    data, said = images.encode(pictures, FORMATS["GIF"])
    assert any("half-transparency" in words for words in said)
    assert any("hundredths of a second" in words for words in said)
    assert sum(times_by_pillow(data)) == 50
    assert (seen_by_pillow(data)[0][..., 3] == np.where(np.arange(8) < 4, 0, 255)[:, None]).all()


def test_frames_become_pages_of_a_tiff_and_that_is_said() -> None:
    data, said = images.encode(film(frames(3)), FORMATS["TIFF"])
    assert said == ["TIFF has no animation: its frames become pages, and are not timed"]
    _, pages = images.frames(data)
    for page, array in zip(pages, frames(3), strict=True):
        assert (to_samples(page, "uint8") == array).all()


def test_frames_that_differ_in_kind_are_no_animation() -> None:
    odd = [*film(frames(3)[:1]), *film([frames(3)[1][:-1]])]
    for name in ANIMATED:
        with pytest.raises(errors.FormatLimit, match="are of one size and kind"):
            images.encode(odd, FORMATS[name])


def test_pages_are_no_animation(tmp_path: Path) -> None:
    pages = [images.from_array(array) for array in frames(3)]
    images.write(tmp_path / "a.tif", pages)
    for name in ("b.webp", "b.gif"):
        with pytest.raises(errors.FormatLimit, match="holds frames of an animation; write .tif"):
            images.write(tmp_path / name, pages)
    assert [path.name for path in tmp_path.iterdir()] == ["a.tif"]


# whole, or refused


@contextmanager
def one_sentence(name: str) -> Iterator[None]:
    """Lets InputErrors pass that are one line about the file, and nothing else."""
    try:
        yield
    except errors.InputError as error:
        if not str(error).startswith(f"{name}: ") or "\n" in str(error):
            raise AssertionError(str(error)) from error


@pytest.mark.parametrize("name", ANIMATED)
def test_cut_anywhere_it_is_refused_or_has_whole_frames(name: str) -> None:
    data, _ = images.encode(film(frames(3, 6)), FORMATS[name])
    given = [to_samples(picture, "uint8") for picture in images.frames(data)[1]]
    for length in range(12, len(data) - 1, max(1, len(data) // 150)):
        try:
            header, pictures = images.frames(data[:length])
            got = [to_samples(picture, "uint8") for picture in pictures]
        except (errors.InputTruncated, errors.InputCorrupt):
            continue
        assert name == "GIF"  # whose frames stand alone
        assert "its end marker is missing" in header.notes[0]
        for ours, array in zip(got, given, strict=False):
            assert (ours == array).all()


@pytest.mark.parametrize("name", ANIMATED)
def test_with_bits_flipped_it_is_frames_or_one_sentence(name: str) -> None:
    data, _ = images.encode(film(frames(4, 6)), FORMATS[name])
    rng = np.random.default_rng(3)
    for place in rng.integers(0, len(data), 150):
        broken = bytearray(data)
        broken[place] ^= 1 << int(rng.integers(8))
        with one_sentence("flipped"):
            for picture in images.frames(bytes(broken), name="flipped")[1]:
                assert np.isfinite(picture.pixels).all()


def test_a_gif_without_its_end_marker_is_read_and_said() -> None:
    data, _ = images.encode(film(frames(3, 6)), FORMATS["GIF"])
    header, pictures = images.frames(data[:-1])
    assert header.notes == ("its end marker is missing; what stands before it is whole",)
    assert len(list(pictures)) == 5


def test_a_million_small_frames_on_a_large_screen_are_refused() -> None:
    screen = b"GIF89a" + struct.pack("<HH", 14000, 14000) + b"\x80\0\0" + bytes(6)
    frame = b"," + struct.pack("<HHHH", 0, 0, 1, 1) + b"\0\x02\x02\x44\x01\0"
    with pytest.raises(errors.InputTooLarge, match="has 1000 frames of up to"):
        images.header(screen + 1000 * frame + b";")


# restored


@pytest.mark.parametrize("name", ANIMATED)
def test_every_frame_is_as_if_restored_alone_at_the_same_level(name: str, tmp_path: Path) -> None:
    photo = burnish.load("photo")
    source = tmp_path / f"a{FORMATS[name].endings[0]}"
    images.write(source, film(frames(3, 6)))
    given = [to_samples(picture, "uint8") for picture in images.frames(source)[1]]
    target = tmp_path / "out.png"
    report = run_job(Job(str(source), str(target)), photo)
    assert report.pictures == 5
    level = report.dials["noise"]
    assert isinstance(level, float)
    data = target.read_bytes()
    for got, array in zip(seen_by_pillow(data), given, strict=True):
        assert (got[..., :3] == photo(array, noise=level)).all()
    assert times_by_pillow(data) == pytest.approx([1000 * seconds for seconds in TIMES])

    asked = ask(photo.contract, {"noise": 5})
    run_job(Job(str(source), str(tmp_path / "one.jpg"), asked, pages=Pages.parse("2")), photo)
    assert images.header(tmp_path / "one.jpg").frames == 1


def test_a_still_format_is_refused_before_the_model_runs(tmp_path: Path) -> None:
    images.write(tmp_path / "a.gif", film(frames(3, 6)))
    said = "there are 5 frames, and a JPEG holds one picture; write .*webp.*, or choose one with"
    with pytest.raises(errors.FormatLimit, match=said):
        run_job(Job(str(tmp_path / "a.gif"), str(tmp_path / "a.jpg")), burnish.load("photo"))


def test_one_frame_is_no_animation(tmp_path: Path) -> None:
    for name in ANIMATED:
        data, _ = images.encode(film(frames(3, 6))[:1], FORMATS[name])
        assert images.read(data).timing is None
        assert images.header(data).timing is None


@pytest.mark.parametrize("name", [*ANIMATED, "TIFF", "PNM"])
def test_a_film_of_twelve_is_never_held_whole(name: str) -> None:
    rng = np.random.default_rng(0)
    alive: weakref.WeakSet[Picture] = weakref.WeakSet()
    most = 0

    def made() -> Iterator[Picture]:
        nonlocal most
        for _ in range(12):
            array = rng.integers(0, 6, (*SIZE, 3), dtype=np.uint8)
            timing = Timing(0.1) if name in ANIMATED else None
            picture = replace(images.from_array(array), timing=timing)
            alive.add(picture)
            most = max(most, len(alive))
            yield picture

    data, _ = images.encode(made(), FORMATS[name])
    assert images.header(data).frames == 12
    assert most <= 4, most
