"""`burnish info FILE`: what is in a file, in words that can be read, and as a record."""

from __future__ import annotations

import io
import json
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from odd_files import encoded, pixels
from odd_good import Good, odd_good
from PIL import Image
from test_jxl import animated
from test_kept import ADOBE, DISPLAY_P3, PROPHOTO, profile_of
from test_modern import dng
from typer.testing import CliRunner

from burnish import images
from burnish.cli import app
from burnish.images import FORMATS, exif
from burnish.images.colour.gamut import gamut
from burnish.images.picture import Header
from burnish.report.pictures import LABEL, TURNS, in_bytes


def info(path: Path | str, *words: str, status: int = 0) -> str:
    done = CliRunner().invoke(app, ["info", str(path), *words])
    assert done.exit_code == status, done.output
    return done.output


def lines(text: str) -> dict[str, str]:
    """What is said under each label."""
    told = (line[2:] for line in text.splitlines()[1:] if line[2] != " ")
    return {line[:LABEL].strip(): line[LABEL:] for line in told}


def camera(orientation: int) -> Image.Exif:
    made = Image.Exif()
    made[271], made[272], made[306], made[274] = (
        "Kern",
        "Paillard",
        "2020:01:02 03:04:05",
        orientation,
    )
    return made


def test_a_jpeg_is_told_from_its_size_to_what_comes_back(tmp_path: Path) -> None:
    Image.fromarray(pixels(120, 160)).save(
        tmp_path / "a.jpg",
        quality=70,
        exif=camera(6),
        dpi=(300, 300),
        icc_profile=profile_of(*DISPLAY_P3, name="Display P3"),
        comment="sea",
        progressive=True,
    )
    text = info(tmp_path / "a.jpg")
    size = (tmp_path / "a.jpg").stat().st_size
    first = f"{tmp_path}/a.jpg: JPEG, 160x120 pixels, {in_bytes(size)}"
    assert text.splitlines()[0] == first
    said = lines(text)
    assert said["stored"] == "8-bit colour, progressive, 4:2:0, quality 70"
    assert said["shown"] == "turned by 90° to the right (orientation 6)"
    assert said["profile"] == "Display P3 (its colours: wider than sRGB)"
    assert said["dpi"] == "300: 1.4 x 1.0 cm on paper"
    assert said["metadata"].startswith("EXIF (")
    assert said["metadata"].endswith(" bytes), profile (600 bytes), texts (3 bytes)")
    assert (said["camera"], said["taken"]) == ("Kern Paillard", "2020:01:02 03:04:05")
    assert said["compressed"] == "as by a JPEG of quality 70, by its file"
    assert said["result"] == "a .jpg, with all that is in this file"
    record = json.loads(info(tmp_path / "a.jpg", "--json"))
    assert record["packed"] == "progressive, 4:2:0"
    assert record["metadata"]["icc"] == 600
    assert (record["result"], record["lost"], record["bytes"]) == (".jpg", [], size)
    assert record["look"]["quality"] == 70


@pytest.mark.parametrize(
    ("subsampling", "said"), [("4:4:4", "4:4:4"), ("4:2:2", "4:2:2"), ("4:2:0", "4:2:0")]
)
def test_the_sampling_of_a_jpeg_is_told(subsampling: str, said: str) -> None:
    data = encoded(pixels(), "JPEG", subsampling=subsampling)
    assert images.header(data).packed == f"baseline, {said}"
    assert images.header(encoded(pixels()[..., 0], "JPEG")).packed == "baseline"


def tiff_of(array: NDArray[Any], **options: Any) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, array, metadata=None, **options)
    return file.getvalue()


def test_a_scan_is_told_with_its_planes_its_pages_and_its_packing(tmp_path: Path) -> None:
    four = np.dstack([pixels(64, 64), pixels(64, 64)[..., :1]]).astype(np.uint16) * 257
    data = tiff_of(
        four,
        photometric="rgb",
        extrasamples=[0],
        resolution=(3200, 1600),
        resolutionunit="INCH",
        compression="lzw",
        tile=(32, 16),
        byteorder=">",
        bigtiff=True,
    )
    (tmp_path / "a.tif").write_bytes(data)
    said = lines(info(tmp_path / "a.tif"))
    stored = "16-bit colour and a channel of another kind, LZW, tiles of 16x32, BigTIFF, big-endian"
    assert said["stored"] == stored
    assert said["planes"] == "of an unknown kind, which may be infrared; carried as they are"
    assert said["dpi"].startswith("3200 across, 1600 down: ")
    with tifffile.TiffWriter(tmp_path / "b.tif") as many:
        for _ in range(3):
            many.write(pixels(64, 64), photometric="rgb", compression="deflate")
    said = lines(info(tmp_path / "b.tif"))
    assert said["pages"] == "3 pages"
    assert said["stored"] == "8-bit colour, deflate"
    assert said["looked at"] == "the first of 3 pages"


def test_an_animation_is_told_with_its_time(tmp_path: Path) -> None:
    frames = [Image.fromarray(np.roll(pixels(), n, 0)) for n in range(3)]
    for plays, words in ((0, "endlessly"), (1, "once"), (3, "3 times")):
        frames[0].save(
            tmp_path / "a.webp",
            save_all=True,
            append_images=frames[1:],
            duration=[100, 200, 400],
            loop=plays,
        )
        said = lines(info(tmp_path / "a.webp"))
        assert said["frames"] == f"3 frames, shown for 0.7 s, played {words}"
    frames[0].save(tmp_path / "a.png", save_all=True, append_images=frames[1:])
    said = lines(info(tmp_path / "a.png"))
    assert said["frames"] == "3 frames, of no set time, played endlessly"
    (tmp_path / "a.jxl").write_bytes(animated())
    said = lines(info(tmp_path / "a.jxl"))
    assert said["result"].startswith("none: is an animated JPEG XL")
    assert "refused" in json.loads(info(tmp_path / "a.jxl", "--json"))


def test_what_a_restored_file_would_not_keep_is_told(tmp_path: Path) -> None:
    Image.fromarray(pixels()).convert("CMYK").save(tmp_path / "a.jpg")
    text = info(tmp_path / "a.jpg")
    assert lines(text)["profile"] == "none: its inks are of no known kind"
    lost = "CMYK, converted to sRGB without a profile that fits, so its colours are approximate"
    assert text.splitlines()[-1].strip() == lost
    assert json.loads(info(tmp_path / "a.jpg", "--json"))["lost"] == [lost]
    # a profile for colour does not fit a picture in grey
    Image.fromarray(pixels()[..., 0]).save(tmp_path / "b.png", icc_profile=profile_of(*DISPLAY_P3))
    assert "which does not fit a picture in grey" in info(tmp_path / "b.png").splitlines()[-1]
    whole = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "c.jpg").write_bytes(whole[: len(whole) // 2])
    said = lines(info(tmp_path / "c.jpg"))
    assert said["result"].startswith("none: ends before its picture does")
    assert "restore" not in said


def test_what_follows_a_picture_is_told(tmp_path: Path) -> None:
    film = b"\0\0\0\x18ftypmp42" + bytes(50)
    (tmp_path / "a.jpg").write_bytes(encoded(pixels(), "JPEG") + film)
    assert lines(info(tmp_path / "a.jpg"))["holds also"] == "its film"
    assert json.loads(info(tmp_path / "a.jpg", "--json"))["besides"] == ["its film"]


def test_a_file_that_is_only_read_and_one_without_red_green_and_blue(tmp_path: Path) -> None:
    pytest.importorskip("rawpy", reason="needs burnish[raw]")
    (tmp_path / "a.dng").write_bytes(dng())
    said = lines(info(tmp_path / "a.dng"))
    assert said["result"] == (
        "a .tif, since raw files are developed; -m raw writes a .dng, too, where one asks"
    )
    assert "profile" not in said
    lab = tiff_of(pixels(), photometric="cielab")
    (tmp_path / "a.tif").write_bytes(lab)
    said = lines(info(tmp_path / "a.tif"))
    assert said["stored"] == "8-bit Lab, not compressed"
    assert "profile" not in said


def test_a_thumbnail_is_told_and_that_it_is_left_out(tmp_path: Path) -> None:
    main = camera(1)
    block = main.tobytes().removeprefix(b"Exif\0\0")
    assert images.facts(encoded(pixels(), "PNG", exif=main.tobytes()))["metadata"].keys() == {
        "exif"
    }
    small = encoded(pixels(8, 8), "JPEG")
    with_small = _with_thumbnail(block, small)
    found = images.facts(encoded(pixels(), "PNG", exif=b"Exif\0\0" + with_small))
    assert found["metadata"]["thumbnail"] >= len(small)
    (tmp_path / "a.png").write_bytes(encoded(pixels(), "PNG", exif=b"Exif\0\0" + with_small))
    assert lines(info(tmp_path / "a.png"))["thumbnail"].endswith(
        "bytes, left out: it shows what was before"
    )


def _with_thumbnail(block: bytes, small: bytes) -> bytes:
    """A block of EXIF with a small JPEG in its second directory."""
    parsed = exif.parse(block)
    assert parsed is not None
    order = parsed.order
    start = len(block) + len(block) % 2
    at = start + 2 + 2 * 12 + 4
    entries = struct.pack(order + "HHII", 513, 4, 1, at)
    entries += struct.pack(order + "HHII", 514, 4, 1, len(small))
    directory = struct.pack(order + "H", 2) + entries + bytes(4) + small
    patched = bytearray(block.ljust(start, b"\0"))
    struct.pack_into(order + "I", patched, parsed.thumbnail, start)
    return bytes(patched) + directory


@pytest.mark.parametrize(
    ("primaries", "gamma", "said"),
    [
        (DISPLAY_P3, 2.2, "wider than sRGB"),
        (ADOBE, 2.2, "wider than sRGB"),
        (PROPHOTO, 1.8, "wider than sRGB"),
        (((0.64, 0.33), (0.3, 0.6), (0.15, 0.06)), 2.2, "sRGB"),
        (((0.5, 0.33), (0.3, 0.5), (0.2, 0.15)), 2.2, "narrower than sRGB"),
    ],
)
def test_a_gamut_is_told_against_srgb(primaries: Any, gamma: float, said: str) -> None:
    icc = profile_of(*primaries, gamma=gamma)
    header = Header("PNG", 4, 4, 3, "uint8", False, "", icc=icc)
    assert gamut(header) == said
    assert gamut(replace(header, icc=None)) == "sRGB"
    assert gamut(replace(header, icc=None, channels=1)) == "grey"
    assert gamut(replace(header, icc=None, cicp=(9, 16, 0, 1))) == "wider than sRGB, and brighter"
    assert gamut(replace(header, icc=b"none")) == ""


def test_a_folder_is_told_in_a_line_each(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(encoded(pixels(), "JPEG", quality=80))
    (tmp_path / "b.png").write_bytes(encoded(pixels()[..., 0], "PNG"))
    (tmp_path / "c.jpg").write_bytes(b"no picture at all")
    (tmp_path / "d.mov").write_bytes(b"a film")
    (tmp_path / "e.txt").write_bytes(b"text")
    text = info(tmp_path, status=3).splitlines()
    assert text[0] == f"{tmp_path}/a.jpg: JPEG, 128x96, 8-bit colour, baseline, 4:2:0, quality 80"
    assert text[1] == f"{tmp_path}/b.png: PNG, 128x96, 8-bit grey"
    assert text[2].startswith(f"{tmp_path}/c.jpg: is text, not a picture")
    assert text[3] == f"{tmp_path}: 1 JPEG, 1 PNG; not read: 1 .mov; 1 cannot be read"
    records = [json.loads(line) for line in info(tmp_path, "--json", status=3).splitlines()]
    assert [record["file"][-5:] for record in records] == ["a.jpg", "b.png", "c.jpg"]
    assert records[2]["error"]["code"] == "E_UNSUPPORTED_FORMAT"
    (tmp_path / "c.jpg").unlink()
    assert len(info(tmp_path).splitlines()) == 3


@pytest.mark.parametrize("good", list(odd_good()), ids=lambda good: good.name)
def test_every_file_that_is_read_is_told(good: Good, tmp_path: Path) -> None:
    path = tmp_path / f"a{good.extension}"
    path.write_bytes(good.data)
    found = images.facts(path)
    assert json.loads(json.dumps(found)) == found
    text = "\n".join(info(path.parent).splitlines()[:-1])
    assert text.startswith(f"{path}: {FORMATS[found['format']].title}, ")
    assert "None" not in text
    assert "uint" not in text


def test_words_of_sizes_and_turns() -> None:
    assert [in_bytes(n) for n in (0, 9999, 10_000, 9_999_999, 12_000_000)] == [
        "0 bytes",
        "9999 bytes",
        "10 kB",
        "10000 kB",
        "12 MB",
    ]
    assert TURNS.keys() == set(range(2, 9))


def test_what_a_terminal_would_obey_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "a\x1b[31m\x9b2J.png"
    Image.fromarray(pixels()).save(path)
    (tmp_path / "b\x07.png").write_bytes(b"")
    whole = ["restore", str(path), "-o", f"{tmp_path}/out/", "-d", "noise=5"]
    for words in (["info", str(path)], ["info", str(tmp_path)], whole):
        output = CliRunner().invoke(app, words).output
        assert "a\\x1b[31m\\x9b2J.png" in output
        assert not {"\x1b", "\x9b", "\x07"} & {*output}
    assert "b\\x07.png: is empty" in CliRunner().invoke(app, ["info", str(tmp_path)]).output
