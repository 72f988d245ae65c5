"""Films read and written: what of a film's file comes back, and what is said of the rest."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from films import FILM, Kind, make, packets, shown, spoil

from burnish.errors import (
    FormatLimit,
    InputCorrupt,
    InputEmpty,
    InputMissing,
    InputTooLarge,
    InputTruncated,
    NotKept,
    UnsupportedFormat,
    UsageError,
)
from burnish.film.files.decode import frames
from burnish.film.files.facts import film
from burnish.film.known import is_film
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


def test_full_range_of_telephones_comes_back(tmp_path: Path) -> None:
    """FFmpeg decodes it to a kind of pixels of its own, yuvj420p, which FFV1 does not take."""
    kind = Kind("libx264", options=EXACT, colours=(2, 1, 1, 1))
    source = make(tmp_path / "a.mkv", kind)
    again(source, tmp_path / "b.mkv")
    assert film(source).shown.colours[0] == 2
    assert film(tmp_path / "b.mkv").shown == film(source).shown
    assert shown(tmp_path / "b.mkv") == shown(source)


CHAPTERS = tuple(
    {
        "id": number,
        "start": begin,
        "end": begin + 200,
        "time_base": Fraction(1, 1000),
        "metadata": {"title": title},
    }
    for number, begin, title in ((1, 0, "One"), (2, 200, "Two"))
)
RICH = Kind(
    sound=("pcm_s16le", "aac"),
    metadata={"title": "A film", "comment": "what of it", "MY_KEY": "mine"},
    says={"language": "deu"},
    chapters=CHAPTERS,
    attached=(("a.ttf", "font/ttf", b"a font"),),
    subtitles=((100, 300, "Hello"), (320, 460, "World")),
)


def test_all_that_is_beside_the_frames_comes_back(tmp_path: Path) -> None:
    source = make(tmp_path / "a.mkv", RICH)
    report = again(source, tmp_path / "b.mkv")
    assert report.notes == ()
    before, after = film(source), film(tmp_path / "b.mkv")
    assert packets(tmp_path / "b.mkv") == packets(source)
    assert [track.kind for track in after.tracks] == [track.kind for track in before.tracks]
    assert after.metadata == before.metadata
    assert after.track.metadata["language"] == "deu"
    assert [track.metadata.get("language") for track in after.tracks[1:3]] == ["fra", "fra"]
    assert [chapter["metadata"] for chapter in after.chapters] == [
        {"title": "One"},
        {"title": "Two"},
    ]
    with av.open(str(tmp_path / "b.mkv")) as written:
        (font,) = (stream for stream in written.streams if stream.type == "attachment")
        assert isinstance(font, av.stream.AttachmentStream)
        assert (font.metadata["filename"], font.data) == ("a.ttf", b"a font")


def test_what_a_container_does_not_hold_is_said_before_the_work(tmp_path: Path) -> None:
    source = make(tmp_path / "a.mkv", RICH)
    said: list[str] = []
    report = restore_film(FilmJob(source, tmp_path / "b.mp4"), Unchanged(), {}, say=said.append)
    assert said == list(report.notes)
    assert [words for words in said if "subtitle stream 3 (srt)" in words]
    assert [words for words in said if "attachment" in words]
    assert "not kept: what it says of itself as MY_KEY" in said
    assert not [words for words in said if "chapters" in words or "as title" in words]
    assert "MY_KEY" not in " ".join(again(source, tmp_path / "b.mov").notes)
    with pytest.raises(NotKept, match="without --strict"):
        again(source, tmp_path / "c.mp4", strict=True)
    assert not [path for path in tmp_path.iterdir() if "c.mp4" in path.name]


def test_times_that_matroska_rounds_are_said(tmp_path: Path) -> None:
    kind = Kind("libx264", base=FILM, times=range(0, 12012, 1001), sound=("aac",))
    source = make(tmp_path / "a.mp4", kind)
    report = again(source, tmp_path / "b.mkv")
    assert "thousandths" in report.notes[0]
    pairs = list(zip(shown(source), shown(tmp_path / "b.mkv"), strict=True))
    assert all(abs(before[0] - after[0]) <= Fraction(1, 2000) for before, after in pairs)
    assert [before[1] for before, _ in pairs] == [after[1] for _, after in pairs]


def test_sound_that_swings_in_before_the_beginning_moves_nothing(tmp_path: Path) -> None:
    """AAC begins 1024 samples early. By itself FFmpeg would move all streams of a Matroska."""
    kind = Kind("libx264", base=Fraction(1, 1000), sound=("aac",))
    source = make(tmp_path / "a.mp4", kind)
    again(source, tmp_path / "b.mkv")
    (before,), (after,) = packets(source).values(), packets(tmp_path / "b.mkv").values()
    assert before[0][0] == -Fraction(1024, 48000)
    assert [digest for _, digest in after] == [digest for _, digest in before]
    pairs = zip(before, after, strict=True)
    assert all(abs(first[0] - second[0]) <= Fraction(1, 1000) for first, second in pairs)
    assert shown(tmp_path / "b.mkv")[0][0] == 0


def test_a_time_code_stays(tmp_path: Path) -> None:
    kind = Kind("libx264", base=Fraction(1, 12800), times=range(0, 6144, 512))
    code = {"timecode": "01:02:03:04"}
    source = make(tmp_path / "a.mov", Kind(**{**vars(kind), "says": code}))
    assert [track.kind for track in film(source).tracks] == ["video", "data"]
    for name in ("b.mov", "b.mkv", "b.mp4"):
        assert "code" not in " ".join(again(source, tmp_path / name).notes)
        written = {k.lower(): v for k, v in film(tmp_path / name).track.metadata.items()}
        assert written["timecode"] == "01:02:03:04"
    assert packets(tmp_path / "b.mov") == packets(source)


def test_a_time_code_that_no_rate_fits_is_said(tmp_path: Path) -> None:
    source = make(tmp_path / "a.mkv", Kind(times=range(12), says={"timecode": "01:00:00:00"}))
    report = again(source, tmp_path / "b.mov")
    assert report.notes == ("not kept: its time code",)


# --- which stream


@pytest.mark.parametrize("codec", ["ffv1", "libx264"])
def test_of_two_films_in_a_file_one_is_to_be_named(codec: str, tmp_path: Path) -> None:
    """Of x264, the first packets of a Matroska have no time at which they are to be decoded."""
    source = make(tmp_path / "a.mkv", Kind(codec, videos=2, sound=("pcm_s16le",)))
    with pytest.raises(UsageError, match="2 video streams, 0 and 1.*--stream 0"):
        again(source, tmp_path / "b.mkv")
    with pytest.raises(UsageError, match="--stream 2"):
        again(source, tmp_path / "b.mkv", stream=2)
    again(source, tmp_path / "b.mkv", stream=1)
    for number in (0, 1):
        assert shown(tmp_path / "b.mkv", number) == shown(source, number)
    assert packets(tmp_path / "b.mkv", ("video",))[0] == packets(source, ("video",))[0]
    assert packets(tmp_path / "b.mkv") == packets(source)


@pytest.mark.parametrize("target", ["b.mkv", "b.mp4"])
def test_a_cover_is_no_second_film(target: str, tmp_path: Path) -> None:
    cover = make(tmp_path / "cover.mkv", Kind("mjpeg", "yuvj420p", times=(0,)))
    with av.open(str(cover)) as opened:
        jpeg = bytes(next(opened.demux(video=0)))
    source = make(tmp_path / "a.mkv", Kind(attached=(("cover.jpg", "image/jpeg", jpeg),)))
    assert [track.kind for track in film(source).tracks] == ["video", "cover"]
    report = again(source, tmp_path / target)
    assert not [words for words in report.notes if "cover" in words]
    assert [track.kind for track in film(tmp_path / target).tracks] == ["video", "cover"]
    assert packets(tmp_path / target, ("video",))[1][0][1] == packets(source, ("video",))[1][0][1]


# --- fields

FIELDS = {"flags": "+ildct+ilme", "x264-params": "tff=1"}


def test_interlaced_films_are_refused(tmp_path: Path) -> None:
    source = make(tmp_path / "a.mkv", Kind("libx264", options=FIELDS, fields=2))
    with pytest.raises(UnsupportedFormat, match="two fields.*--interlaced fields"):
        again(source, tmp_path / "b.mkv")
    assert not list(tmp_path.glob("b*"))


def test_films_whose_file_alone_says_so_are_refused(tmp_path: Path) -> None:
    source = make(tmp_path / "a.mkv", Kind(fields=3))
    with pytest.raises(UnsupportedFormat, match="bottom field first"):
        again(source, tmp_path / "b.mkv")


@pytest.mark.parametrize("order", [2, 3])
@pytest.mark.parametrize(("target", "codec"), [("b.mkv", "ffv1"), ("b.mov", "x264")])
def test_the_order_of_fields_comes_back(
    order: int, target: str, codec: str, tmp_path: Path
) -> None:
    first = "tff=1" if order == 2 else "bff=1"
    options = {**FIELDS, "x264-params": first}
    source = make(tmp_path / "a.mkv", Kind("libx264", options=options, fields=order))
    report = again(source, tmp_path / target, codec=codec, interlaced="frames")
    assert film(tmp_path / target).shown.fields == order
    assert "order of its fields" not in " ".join(report.notes)
    if codec == "ffv1":
        assert shown(tmp_path / target) == shown(source)


# --- what is damaged


def test_a_bad_frame_is_named(tmp_path: Path) -> None:
    """FFV1's decoder copies the frame before, and says so in its log alone."""
    source = spoil(make(tmp_path / "a.mkv", Kind()), 7)
    with pytest.raises(InputCorrupt, match=r"frame 7, at 0:00:00.280.*--salvage"):
        again(source, tmp_path / "b.mkv")
    assert not (tmp_path / "b.mkv").exists()
    report = again(source, tmp_path / "b.mkv", salvage=True)
    assert (report.status, report.frames) == ("salvaged", 12)
    assert "1 of its frames" in report.met[0]
    assert report.met[0].endswith(": 7")
    assert shown(tmp_path / "b.mkv") == shown(source)


def test_a_frame_that_cannot_be_decoded_keeps_its_place(tmp_path: Path) -> None:
    source = make(tmp_path / "a.mp4", Kind("libx264", options={"g": "1", "qp": "0"}))
    whole = shown(source)
    place = packets_at(source)[5]
    content = bytearray(source.read_bytes())
    content[place : place + 4] = b"\x7f\xff\xff\xff"  # the length of its first part
    source.write_bytes(content)
    with pytest.raises(InputCorrupt, match="damaged"):
        again(source, tmp_path / "b.mkv")
    again(source, tmp_path / "b.mkv", salvage=True)
    after = shown(tmp_path / "b.mkv")
    assert [time for time, _ in after] == [time for time, _ in whole]
    assert after[5][1] == after[4][1]
    assert after[6:] == whole[6:]


def packets_at(path: Path) -> list[int]:
    """Where the packets of the video begin in a film's file."""
    opened: Any
    with av.open(str(path)) as opened:
        return [packet.pos for packet in opened.demux(video=0) if packet.size]


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4"])
def test_a_film_that_is_cut_is_said_before_the_work(name: str, tmp_path: Path) -> None:
    codec = "ffv1" if name == "a.mkv" else "libx264"
    kind = Kind(codec, times=range(0, 40 * 80, 80))
    source = make(tmp_path / name, kind, faststart=True)
    source.write_bytes(source.read_bytes()[: source.stat().st_size * 2 // 3])
    with pytest.raises(InputTruncated, match="ends before its film does.*--salvage"):
        again(source, tmp_path / "b.mkv")
    report = again(source, tmp_path / "b.mkv", salvage=True)
    assert report.status == "salvaged"
    assert 20 < report.frames < 40
    assert "ends before" in report.met[0]
    assert len(shown(tmp_path / "b.mkv")) == report.frames


def test_a_film_without_its_end_that_says_where_all_is_is_said(tmp_path: Path) -> None:
    source = make(tmp_path / "a.mp4", Kind("libx264"))
    source.write_bytes(source.read_bytes()[:-2000])
    with pytest.raises(InputTruncated, match="moov"):
        again(source, tmp_path / "b.mkv")


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\na.mkv\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile a.mkv\n",
    ],
)
def test_a_list_of_films_is_never_opened(text: str, tmp_path: Path) -> None:
    make(tmp_path / "a.mkv", Kind())
    (tmp_path / "list.mp4").write_text(text)
    with pytest.raises((UnsupportedFormat, InputTruncated)):
        again(tmp_path / "list.mp4", tmp_path / "b.mkv")


def test_frames_beyond_the_limit_are_refused(tmp_path: Path) -> None:
    source = make(tmp_path / "a.mkv", Kind())
    with pytest.raises(InputTooLarge, match="--max-megapixels"):
        again(source, tmp_path / "b.mkv", max_megapixels=0.003)
    assert again(source, tmp_path / "b.mkv", max_megapixels=None).frames == 12


def test_what_is_no_film_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputMissing):
        again(tmp_path / "none.mkv", tmp_path / "b.mkv")
    (tmp_path / "empty.mkv").touch()
    with pytest.raises(InputEmpty):
        again(tmp_path / "empty.mkv", tmp_path / "b.mkv")
    (tmp_path / "text.mkv").write_text("no film at all, only words\n" * 100)
    with pytest.raises(InputCorrupt, match="cannot be read as a film"):
        again(tmp_path / "text.mkv", tmp_path / "b.mkv")
    (tmp_path / "list.mkv").write_text("ffconcat version 1.0\nfile a.mkv\n")
    with pytest.raises(UnsupportedFormat, match="list of other files"):
        again(tmp_path / "list.mkv", tmp_path / "b.mkv")
    sound = make(tmp_path / "sound.mkv", Kind(videos=0, sound=("pcm_s16le",)))
    with pytest.raises(UnsupportedFormat, match="holds no film, only audio"):
        again(sound, tmp_path / "b.mkv")


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("target", ["b.mkv", "b.mp4"])
def test_films_of_a_frame_or_two(count: int, target: str, tmp_path: Path) -> None:
    source = make(tmp_path / "a.mkv", Kind(times=range(0, 40 * count, 40)))
    report = again(source, tmp_path / target)
    assert report.frames == len(shown(tmp_path / target)) == count


# --- codecs


@pytest.mark.parametrize(
    ("words", "target", "kind", "says"),
    [
        ("ffv1", "b.mp4", Kind(), "MP4 does not hold it; write .mkv"),
        ("prores", "b.mp4", Kind(), "MP4 does not hold it; write .mkv"),
        ("ffv2", "b.mkv", Kind(), "did you mean 'ffv1'"),
        ("x264:crf=60", "b.mkv", Kind(), "0 (best) to 51"),
        ("x264:preset=slow", "b.mkv", Kind(), "x264:crf=12"),
        ("ffv1:crf=3", "b.mkv", Kind(), "no quality to choose"),
        (None, "b.avi", Kind(), ".mkv, .mov, .mp4"),
    ],
)
def test_words_that_do_not_fit_are_said(
    words: str | None, target: str, kind: Kind, says: str, tmp_path: Path
) -> None:
    source = make(tmp_path / "a.mkv", kind)
    with pytest.raises(UsageError) as caught:
        again(source, tmp_path / target, codec=words)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("words", "kind", "says"),
    [
        ("x264", Kind(pixels="yuv420p12le"), "--codec ffv1 or x265 can"),
        ("x264", Kind(size=(63, 47)), "63x47"),
        ("x264", Kind(pixels="bgr0"), "--codec ffv1 or x265 can"),
        ("prores", Kind(), "--codec ffv1 or x264 or x265 can"),
    ],
)
def test_what_a_codec_cannot_hold_is_refused_and_never_converted(
    words: str, kind: Kind, says: str, tmp_path: Path
) -> None:
    source = make(tmp_path / "a.mkv", kind)
    with pytest.raises(FormatLimit) as caught:
        again(source, tmp_path / "b.mkv", codec=words)
    assert says in str(caught.value)


def test_each_frame_of_ffv1_stands_by_itself(tmp_path: Path) -> None:
    again(make(tmp_path / "a.mkv", Kind()), tmp_path / "b.mkv")
    with av.open(str(tmp_path / "b.mkv")) as written:
        assert all(packet.is_keyframe for packet in written.demux(video=0) if packet.size)


def test_frames_are_coded_as_the_encoder_thinks_best(tmp_path: Path) -> None:
    """A frame that was decoded says of what type it was, and x264 would obey."""
    source = make(tmp_path / "a.mkv", Kind("libx264", options={"g": "1"}))
    again(source, tmp_path / "b.mp4")
    with av.open(str(tmp_path / "b.mp4")) as written:
        keys = [packet.is_keyframe for packet in written.demux(video=0) if packet.size]
    assert sum(keys) == 1


def test_quality_is_heeded(tmp_path: Path) -> None:
    source = make(tmp_path / "a.mkv", Kind())
    sizes = []
    for crf in (4, 40):
        report = again(source, tmp_path / f"{crf}.mp4", codec=f"x264:crf={crf}")
        assert report.coded == f"x264, crf {crf}, with loss"
        sizes.append((tmp_path / f"{crf}.mp4").stat().st_size)
    assert sizes[0] > 2 * sizes[1]


def test_films_are_known_by_what_they_hold(tmp_path: Path) -> None:
    source = make(tmp_path / "a.mkv", Kind(times=(0,)))
    named = source.rename(tmp_path / "film")
    assert is_film(named)
    assert not is_film(tmp_path)
    assert not is_film(tmp_path / "absent.mkv")
    picture = tmp_path / "picture.mkv"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    assert not is_film(picture)
    (tmp_path / "odd.ts").write_bytes(bytes([0x47]) + bytes(300))
    assert is_film(tmp_path / "odd.ts")


@pytest.mark.parametrize("pixels", ["rgb24", "bgr24", "uyvy422", "yuyv422", "bgra"])
def test_other_orders_of_the_same_samples_come_back(pixels: str, tmp_path: Path) -> None:
    kind = Kind("rawvideo", pixels, base=Fraction(1, 12800), times=range(0, 2560, 512))
    source = make(tmp_path / "a.mov", kind)
    again(source, tmp_path / "b.mkv")
    pairs = zip(frames(film(source)), frames(film(tmp_path / "b.mkv")), strict=True)
    for before, after in pairs:
        assert len(before.planes) == 3
        assert all(map(np.array_equal, before.planes, after.planes))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.avi", Kind("libx264", options={"bf": "3"}, sound=("mp3",))),
        ("a.avi", Kind("mpeg4", options={"bf": "2"}, sound=("pcm_s16le",))),
        ("a.mpg", Kind("mpeg2video", aspect=Fraction(16, 15), sound=("mp2",))),
        ("a.ts", Kind("libx264", sound=("mp2",))),
        ("a.mxf", Kind("mpeg2video", "yuv422p", options={"bf": "2"})),
        ("a.m2v", Kind("mpeg2video")),
        ("a.y4m", Kind("rawvideo")),
    ],
)
def test_films_of_other_containers_come_back(name: str, kind: Kind, tmp_path: Path) -> None:
    kind = replace(kind, base=Fraction(1, 25), times=range(20))
    source = make(tmp_path / name, kind)
    again(source, tmp_path / "b.mkv")
    before = list(frames(film(source)))
    after = list(frames(film(tmp_path / "b.mkv")))
    assert len(before) == len(after) == 20
    start = before[0].time
    assert [frame.time - start for frame in before] == [Fraction(n, 25) for n in range(20)]
    assert [frame.time for frame in after] == [frame.time for frame in before]
    for first, second in zip(before, after, strict=True):
        assert all(map(np.array_equal, first.planes, second.planes))
    hashes = [[digest for _, digest in each] for each in packets(source).values()]
    assert [[d for _, d in each] for each in packets(tmp_path / "b.mkv").values()] == hashes


def test_chapters_of_quicktime_are_no_stream_to_be_copied(tmp_path: Path) -> None:
    kind = Kind("libx264", base=Fraction(1, 12800), times=range(0, 6144, 512), chapters=CHAPTERS)
    source = make(tmp_path / "a.mov", kind)
    assert [track.kind for track in film(source).tracks] == ["video", "chapters"]
    for name in ("b.mov", "b.mkv", "b.mp4"):
        report = again(source, tmp_path / name)
        assert not [words for words in report.notes if "data" in words or "chapters" in words]
        titles = [each["metadata"]["title"] for each in film(tmp_path / name).chapters]
        assert titles == ["One", "Two"]


def test_sound_may_be_longer_than_the_film(tmp_path: Path) -> None:
    """What says how long a Matroska is, is its longest stream."""
    source = make(tmp_path / "a.mkv", replace(Kind(sound=("pcm_s16le",)), times=(0, 40), lasts=3))
    assert (film(source).seconds or 0) > 2
    assert again(source, tmp_path / "b.mkv").frames == 2
