"""Files as no program wrote them, through the gate that decodes: a small share of what
`python -m benchmarks.mutated` does; the guard around it; and, in files made for it, each kind of
fault that it found.
"""

from __future__ import annotations

import io
import os
import signal
import struct
import sys
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import tifffile
from odd_files import encoded, pixels, tiff
from odd_tiffs import PLAIN, STRIP, TILED, directory, placed
from PIL import Image

from benchmarks.mutated.gate import Outcome
from benchmarks.mutated.guard import Guard
from benchmarks.mutated.mutate import mutated
from benchmarks.mutated.originals import originals
from burnish import errors, images
from burnish.ground.terminal import silence
from burnish.images.formats import FORMATS

#: files of each format
FILES = 250

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
