"""Files as no program wrote them, through the gate that decodes: a small share of what
`python -m benchmarks.mutated` does; the guard around it; and, in files made for it, each kind of
fault that it found.
"""

from __future__ import annotations

import io
import json
import os
import re
import signal
import struct
import sys
import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from odd_files import encoded, pixels, tiff
from odd_tiffs import PLAIN, STRIP, TILED, directory, placed
from PIL import Image

import benchmarks.mutated.__main__ as command
from benchmarks.mutated.__main__ import run
from benchmarks.mutated.gate import Outcome
from benchmarks.mutated.guard import Guard
from benchmarks.mutated.mutate import mutated
from benchmarks.mutated.originals import MADE, originals
from benchmarks.mutated.tally import from_json
from burnish import errors, images
from burnish.ground.terminal import silence
from burnish.images import Timing
from burnish.images.damage import corrupt
from burnish.images.formats import FORMATS
from burnish.images.picture import to_samples

#: files of each format
FILES = 250
#: what stands between two intervals of a JPEG
RESTART = re.compile(rb"\xff[\xd0-\xd7]")

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="the guard reads /proc"
)


@pytest.fixture(scope="module")
def guard() -> Iterator[Guard]:
    started = Guard()
    yield started
    started.close()


@pytest.mark.parametrize("format", sorted(originals()))
def test_only_our_errors_come_of_mutated_files(format: str, guard: Guard) -> None:
    tally = guard.tally(format, 0, FILES)
    assert tally.count == FILES
    assert tally.failures == []
    assert tally.differences == []
    assert tally.results["accepted"] >= 1
    assert sum(tally.results.values()) == FILES


def test_a_file_is_made_of_its_format_and_number_alone() -> None:
    first = [mutated("PNG", seed) for seed in range(40)]
    assert [mutated("PNG", seed) for seed in range(40)] == first
    assert len(set(first)) > 30
    assert all(originals()[name].good for name in originals())


def test_the_numbers_stand_for_the_same_files_whenever_the_tests_made_them() -> None:
    files = [data for each in originals().values() for data in each.good]
    times = {data[at + 20 : at + 32] for data in files for at in [data.find(b"lcms")] if at > 0}
    assert times == {MADE}


def test_a_run_goes_on_where_it_ended_and_with_the_same_files_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "state.json"
    for count in (300, 20, 500):
        run(["PNM"], 0, count, state, 1.0)
    told = json.loads(state.read_text())
    assert told["formats"]["PNM"]["count"] == 500
    assert from_json(told["formats"]["PNM"]).failures == []
    monkeypatch.setattr(command, "fingerprint", lambda: "of others")
    with pytest.raises(SystemExit, match="other files"):
        run(["PNM"], 0, 600, state, 1.0)


# the guard, by harmless work

ACCEPTED = Outcome("accepted", "", 0.0, 1, None)


def _dies(format: str, seed: int, asking: Callable[[], None] | None) -> Outcome:
    if seed == 7:
        os.kill(os.getpid(), signal.SIGKILL)
    return ACCEPTED


def _dies_elsewhere(format: str, seed: int, asking: Callable[[], None] | None) -> Outcome:
    if asking is not None:
        asking()
        if seed == 7:
            os.kill(os.getpid(), signal.SIGKILL)
    return ACCEPTED


def _never_ends(format: str, seed: int, asking: Callable[[], None] | None) -> Outcome:
    while seed == 7:
        pass
    return ACCEPTED


def test_who_kills_the_process_is_found_and_the_others_are_done() -> None:
    guard = Guard(_dies)
    tally = guard.tally("PNG", 0, 20)
    guard.close()
    assert (tally.count, tally.results["accepted"]) == (20, 19)
    assert tally.failures == [(7, "died by SIGKILL")]


def test_who_dies_in_the_other_decoder_is_none_of_ours() -> None:
    guard = Guard(_dies_elsewhere)
    tally = guard.tally("PNG", 0, 20)
    guard.close()
    assert (tally.count, tally.failures) == (20, [])
    assert list(tally.reasons) == ["died in the other decoder: died by SIGKILL"]


def test_who_never_ends_is_ended() -> None:
    guard = Guard(_never_ends, seconds=1)
    tally = guard.tally("PNG", 6, 9)
    guard.close()
    assert tally.failures == [(7, "more than 1 s")]


# what it found


def changed(fields: dict[int, tuple[int, int, int]], **pieces: bytes) -> bytes:
    return placed({8: directory(fields), STRIP: bytes(256), 600: pieces.get("values", b"")})


def test_a_tile_is_no_larger_than_its_picture_by_far() -> None:
    data = changed({**TILED, 322: (4, 1, 2**32 - 32), 259: (3, 1, 5)})
    with pytest.raises(errors.InputCorrupt, match="its tiles are 4294967264x16 pixels"):
        images.read(data)
    usual = tiff(pixels(40, 56), photometric="rgb", tile=(512, 512), compression="zlib")
    assert images.read(usual).pixels.shape == (1, 3, 40, 56)


@pytest.mark.parametrize("tag", [256, 257, 259, 262, 277])
def test_a_field_of_one_number_that_holds_many_makes_no_sense(tag: int) -> None:
    numbers = struct.pack("<9I", *range(1, 10))
    for field in ((4, 9, 600), (2, 2, 7)):
        with pytest.raises(errors.InputError) as raised:
            images.read(changed({**PLAIN, tag: field}, values=numbers))
        assert str(raised.value).isprintable()


def test_a_predictor_is_of_compressed_samples_alone() -> None:
    samples = np.arange(64, dtype=np.uint8).reshape(8, 8)
    plain = {8: directory({**PLAIN, 317: (3, 1, 2)}), STRIP: samples.tobytes()}
    read = images.read(placed(plain)).pixels
    np.testing.assert_allclose(read[0, 0] * 255, samples)


@pytest.mark.parametrize("kind", ["tiff_ccitt", "group3", "group4"])
@pytest.mark.parametrize("options", [{}, {266: 2}, {292: 1}, {292: 4}])
def test_a_fax_is_whole_or_its_codes_make_no_sense(kind: str, options: dict[int, int]) -> None:
    image = Image.fromarray(pixels(40, 56)[..., 0] > 100)
    if 292 in options and kind != "group3":
        return
    data = encoded(image, "TIFF", compression=kind, tiffinfo={278: 40, **options})
    seen = images.read(data).pixels[0, 0]
    assert np.array_equal(seen > 0.5, np.asarray(image))
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        (start,), (length,) = file.pages.first.dataoffsets, file.pages.first.databytecounts
    refused = 0
    for place in range(start, start + length - 4):
        flipped = bytearray(data)
        flipped[place] ^= 0x10
        try:
            images.read(bytes(flipped))
        except (errors.InputCorrupt, errors.InputTruncated):
            refused += 1
    assert refused > length / 3


def test_samples_of_a_bmp_do_not_begin_inside_its_header() -> None:
    whole = encoded(Image.fromarray(pixels(8, 8)).quantize(16), "BMP")
    assert images.read(whole).pixels.shape == (1, 3, 8, 8)
    for place in (0, 14, 54):
        data = whole[:10] + struct.pack("<I", place) + whole[14:] + bytes(64)
        with pytest.raises(errors.InputCorrupt, match="begin inside its header"):
            images.read(data)


def test_a_dpx_says_whether_it_has_signs_or_that_it_is_not_known() -> None:
    data = images.encode(images.from_array(pixels(8, 8)), FORMATS["DPX"])[0]
    unknown = data[:780] + b"\xff" * 4 + data[784:]
    assert images.read(unknown).pixels.shape == (1, 3, 8, 8)
    with pytest.raises(errors.UnsupportedFormat, match="signed"):
        images.read(data[:780] + b"\0\0\0\x13" + data[784:])


@pytest.mark.parametrize("padding", [0, 4, 12, 0xFFFFFFFF])
def test_what_stands_behind_the_rows_of_a_dpx_is_passed_over(padding: int) -> None:
    samples = pixels(6, 8)
    head = bytearray(images.encode(images.from_array(samples), FORMATS["DPX"])[0][:2048])
    struct.pack_into(">I", head, 812, padding)
    behind = b"" if padding == 0xFFFFFFFF else b"\xee" * padding
    data = bytes(head) + b"".join(row.tobytes() + behind for row in samples)
    picture = images.read(data)
    assert np.array_equal(to_samples(picture, "uint8"), samples)
    again = images.read(images.encode(picture, FORMATS["DPX"])[0])  # nothing is behind its rows
    assert np.array_equal(again.pixels, picture.pixels)


@pytest.mark.parametrize("options", [{}, {"subsampling": 2}, {"restart_marker_blocks": 7}])
@pytest.mark.parametrize("ended", [True, False])
def test_a_jpeg_whose_last_unit_is_not_whole_is_cut(options: dict[str, int], ended: bool) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    data = encoded(Image.fromarray(noise), "JPEG", quality=100, **{"subsampling": 0, **options})
    for missing in range(6, 120, 3):
        with pytest.raises(errors.InputTruncated):
            images.read(data[:-missing] + b"\xff\xd9" * ended)


@pytest.mark.parametrize("progressive", [True, False])
def test_a_jpeg_that_is_cut_between_its_restart_intervals_is_cut(progressive: bool) -> None:
    picture = Image.fromarray(pixels(64, 80))
    data = encoded(picture, "JPEG", restart_marker_blocks=1, progressive=progressive)
    start = data.index(b"\xff\xda")
    places = [at for at in range(start, len(data)) if RESTART.match(data, at)]
    assert len(places) > 10
    for place in places:
        for end in (b"", b"\xff", b"\xff\xd9"):
            with pytest.raises(errors.InputTruncated):
                images.read(data[:place] + end)


@pytest.mark.parametrize("name", ["GIF", "PNG", "WEBP"])
def test_a_frame_that_is_done_with_takes_no_memory_while_the_next_is_decoded(name: str) -> None:
    shades = (np.full((8, 8, 3), shade, np.uint8) for shade in (10, 200))
    film = [replace(images.from_array(shade), timing=Timing(0.1)) for shade in shades]
    decoded = images.frames(images.encode(film, FORMATS[name])[0])[1]
    first = weakref.ref(next(decoded).pixels)
    assert first() is None
    assert next(decoded).pixels.shape == (1, 3, 8, 8)


def test_damage_is_told_in_one_line_whatever_it_quotes() -> None:
    told = str(corrupt("a.heic", "no property 'c\x01\n\x7f'"))
    assert told == "a.heic: is damaged (no property 'c???'); take it again from where it came"


@pytest.mark.filterwarnings("error")
def test_numbers_that_are_none_are_found_without_a_warning() -> None:
    signalling = struct.pack("<I", 0x7F800001) * 3
    with pytest.raises(errors.NonFiniteInput):
        images.read(b"PF\n1 1\n-1.0\n" + signalling)
    large = images.read(b"PF\n1 1\n-1.0\n" + struct.pack("<3f", 3e38, -3e38, 0.5))
    assert images.encode(large, FORMATS["PNG"])[0].startswith(b"\x89PNG")


def test_what_libraries_say_on_the_terminal_is_not_heard(capfd: pytest.CaptureFixture[str]) -> None:
    with silence():
        os.write(2, b"not heard")
    os.write(2, b"heard")
    assert capfd.readouterr().err == "heard"
