"""A file of each kind that telephones write, all in one run: it comes back as it is seen by readers
that are not ours, with its depth, profile, turn and what stands beside it; or a line says what is
not kept, and nothing in the result claims it any more.
"""

from __future__ import annotations

import importlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import telephone_files as made
from folders import P3, laid_out
from numpy.typing import NDArray
from PIL import Image, ImageOps
from PIL.JpegImagePlugin import JpegImageFile
from typer.testing import CliRunner

from burnish.cli import app

GAIN = "not kept: its gain map, which makes it brighter on HDR screens"
FILM = "not kept: the film of its motion photo"
P3_CODE = "its colours are Display P3 by its CICP code, and are restored as they stand"
PQ_CODE = "its colours are BT.2020 PQ by its CICP code, and are restored as they stand"
DEVELOPED = (
    "a camera's raw file, developed to 16 bits by LibRaw, with the camera's white balance where "
    "it has one"
)
#: what is said of each when it comes back as it was, beside nothing
SAID = {
    "hdr.heic": [GAIN],
    "portrait.heic": [
        "not kept: its depth image",
        "not kept: its mattes, which cut out persons, skin or sky",
    ],
    "burst.heic": ["not kept: 1 more picture in the file, beside the main"],
    "motion.heic": [FILM],
    "p3.avif": [P3_CODE],
    "pq.avif": [PQ_CODE],
    "hdr.avif": [GAIN],
    "copies.jpg": ["not kept: the smaller copies of its picture"],
    "hdr.png": [PQ_CODE],
    "raw.dng": [DEVELOPED],
}
#: what a PNG has no place for
BEHIND = {
    "iso.jpg": "its gain map (HDR)",
    "ultra.jpg": "its gain map (HDR)",
    "apple.jpg": "its gain map (HDR)",
    "copies.jpg": "what follows the picture in its file",
    "micro.jpg": "its film",
    "motion.jpg": "its film",
    "samsung.jpg": "its film and what Samsung's camera wrote behind it",
}
#: words of which none may be left in a file that has neither gain map nor film
CLAIMS = (b"hdrgm", b"HDRGainMap", b"MotionPhoto", b"MicroVideo", b"Container:", b"SEFT", b"MPF\0")
#: those that are refused
REFUSED = {"packed.dng": "a DNG with JPEG XL inside"}
BITS = {"heic10.heic": 10, "heic12.heic": 12, "avif10.avif": 10, "avif12.avif": 12, "pq.avif": 10}


def kinds(*names: str) -> pytest.MarkDecorator:
    """One test for each of these files that there are."""
    return pytest.mark.parametrize("name", [name for name in names if name in made.every()])


@dataclass(frozen=True)
class Run:
    """What became of all the files."""

    #: the results, by the names of what they were made of
    results: dict[str, Path]
    #: what was said of each
    notes: dict[str, list[str]]
    #: why those that were refused were
    errors: dict[str, str]


def run(folder: Path, *options: str) -> Run:
    """One run over all of them in which nothing is changed of the pictures."""
    source = laid_out(folder / "in", made.every())
    words = ["restore", str(source), "-o", str(folder / "out"), "--json", "--strength", "0"]
    result = CliRunner().invoke(app, [*words, "-m", "photo", "-d", "noise=10", *options])
    refused = REFUSED.keys() & made.every().keys()
    assert result.exit_code == (3 if refused else 0), result.stderr
    records = [json.loads(line) for line in result.stdout.splitlines()]
    by_name = {Path(record["source"]).name: record for record in records}
    whole = {name: record for name, record in by_name.items() if "error" not in record}
    return Run(
        {name: Path(record["target"]) for name, record in whole.items()},
        {name: record["notes"] for name, record in whole.items()},
        {name: by_name[name]["error"]["message"] for name in by_name.keys() - whole.keys()},
    )


@pytest.fixture(scope="module")
def same(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Each into its own format."""
    return run(tmp_path_factory.mktemp("same"))


@pytest.fixture(scope="module")
def flat(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Each into a PNG."""
    return run(tmp_path_factory.mktemp("flat"), "-f", "png")


def shown(data: bytes) -> NDArray[np.float64]:
    """The picture as a reader that is not ours shows it, upright, from 0 to 1. [H, W, 3]"""
    if data[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1"):
        opened = by_libheif(data)
        samples: NDArray[Any] = np.asarray(opened)
        return samples[..., :3] / float((1 << opened.info["bit_depth"]) - 1)
    with Image.open(io.BytesIO(data)) as image:
        if image.format != "PNG":
            return np.asarray(ImageOps.exif_transpose(image).convert("RGB")) / 255
        turned = image.getexif().get(0x0112, 1)
    samples = np.asarray(imagecodecs.png_decode(data))  # Pillow has 8 bits of colour alone
    quarters = {1: 0, 6: -1, 8: 1}[turned]
    return np.rot90(samples, quarters)[..., :3] / np.iinfo(samples.dtype).max


def by_libheif(data: bytes) -> Any:
    """A HEIC by pillow-heif."""
    heif: Any = importlib.import_module("pillow_heif")
    return heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=False, hdr_to_16bit=False)


@kinds(*sorted(made.every()))
def test_it_comes_back_as_it_is_seen(name: str, same: Run) -> None:
    if name in REFUSED:
        assert REFUSED[name] in same.errors[name]
        return
    assert same.notes[name] == SAID.get(name, [])
    if name == "raw.dng":
        return  # by what it is developed is LibRaw's; tests/test_modern.py
    assert same.results[name].name == name
    result = shown(same.results[name].read_bytes())
    assert np.abs(shown(made.every()[name]) - result).mean() < 0.02


@kinds(*sorted(made.every().keys() - REFUSED.keys()))
def test_a_png_of_it_is_the_same_and_claims_nothing_that_is_gone(name: str, flat: Run) -> None:
    gone = [f"not kept: {BEHIND[name]}, for which PNG has no place"] if name in BEHIND else []
    assert flat.notes[name] == [*SAID.get(name, []), *gone]
    result = flat.results[name].read_bytes()
    assert not [claim for claim in CLAIMS if claim in result]
    if name != "raw.dng":
        assert np.abs(shown(made.every()[name]) - shown(result)).mean() < 0.01


@kinds(*sorted(BITS))
def test_the_bits_that_it_had_count(name: str, same: Run, flat: Run) -> None:
    data = same.results[name].read_bytes()
    if name.endswith(".heic"):
        assert by_libheif(data).info["bit_depth"] == BITS[name]
    else:
        assert data[data.index(b"av1C") + 6] & 0x60 == {10: 0x40, 12: 0x60}[BITS[name]]
    samples = imagecodecs.png_decode(flat.results[name].read_bytes())
    assert samples.dtype == np.uint16
    assert len(np.unique(samples)) > 256


@kinds("heic8.heic", "heic10.heic", "heic12.heic", "tiles.heic", "hdr.heic")
def test_profile_and_exif_of_a_heic_are_there(name: str, same: Run) -> None:
    info = by_libheif(same.results[name].read_bytes()).info
    assert info["icc_profile"] == P3
    assert (b"Maker" in info["exif"]) == (name != "tiles.heic")


def test_profiles_exif_and_codes_of_colour_are_there(same: Run) -> None:
    for name in ("ultra.jpg", "turned.jpg", "screen.png"):
        with Image.open(same.results[name]) as image:
            assert image.info["icc_profile"] == P3
            assert name == "screen.png" or image.getexif()[0x010F] == "Maker"
    assert b"cICP" + bytes([9, 16, 0, 1]) in same.results["hdr.png"].read_bytes()
    for name, code in (("p3.avif", (12, 13)), ("pq.avif", (9, 16))):
        data = same.results[name].read_bytes()
        place = data.index(b"nclx") + 4
        assert tuple(data[place : place + 4]) == (0, code[0], 0, code[1])


@kinds("iso.jpg", "ultra.jpg", "apple.jpg", "copies.jpg")
def test_the_index_of_a_jpeg_says_where_its_pictures_are(name: str, same: Run) -> None:
    given, result = made.every()[name], same.results[name].read_bytes()
    last = given[given.rindex(b"\xff\xd8\xff") :]
    with JpegImageFile(io.BytesIO(result)) as image:
        index: Any = image._getmp()
        start = image.info["mpoffset"]
    _, second = index[0xB002]
    place = start + second["DataOffset"]
    assert result[place : place + second["Size"]] == last
    assert result.endswith(last)


@kinds("micro.jpg", "motion.jpg", "samsung.jpg")
def test_a_film_behind_a_jpeg_is_there_to_the_byte(name: str, same: Run) -> None:
    given, result = made.every()[name], same.results[name].read_bytes()
    behind = given[given.index(b"\xff\xd9", given.index(b"\xff\xda")) :]
    assert len(behind) > len(made.FILM)
    assert result.endswith(behind)


@kinds("ultra.jpg", "micro.jpg", "motion.jpg", "depth.jpg")
def test_xmp_says_what_is_still_true(name: str, same: Run) -> None:
    with Image.open(io.BytesIO(made.every()[name])) as given, Image.open(same.results[name]) as is_:
        if name == "depth.jpg":
            parts = same.results[name].read_bytes().split(made.MORE_XMP)[1:]
            assert sum(len(part) for part in parts) > 100_000
            assert b"GDepth:Data" in parts[0]
        else:
            assert is_.info["xmp"] == given.info["xmp"]
    assert made.KEPT in same.results[name].read_bytes()


@kinds("hdr.heic", "motion.heic", "hdr.avif")
def test_xmp_claims_nothing_that_is_gone(name: str, same: Run) -> None:
    result = same.results[name].read_bytes()
    assert [claim for claim in CLAIMS if claim in made.every()[name]]
    assert not [claim for claim in CLAIMS if claim in result]
    assert made.KEPT in result


def test_a_thumbnail_is_not_the_picture_of_before(same: Run) -> None:
    assert made.every()["turned.jpg"].count(b"\xff\xd8\xff") == 2
    assert same.results["turned.jpg"].read_bytes().count(b"\xff\xd8\xff") == 1
