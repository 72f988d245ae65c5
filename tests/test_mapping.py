"""What stands beside a picture, in a file of another format: the same, or a sentence says what is
not kept, and, but for what only the pixels tell, before the work.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from odd_files import encoded, pixels
from PIL import Image
from test_cli import run
from test_tags import FILES, SRGB

from burnish import errors, images
from burnish.images import FORMATS, Header, Picture, exif
from burnish.images.exif import fields
from burnish.images.format import Format, Saving
from burnish.images.picture import Beside
from burnish.images.write import WORDS

#: what is told by the result's pixels alone
LATE = ("GIF holds 256 colours", "GIF has no half-transparency")
#: fields of EXIF that a result says anew: orientation, resolution, and sizes
ANEW: dict[fields.Name, set[int]] = {
    "main": {274, 282, 283, 296, 34665, 34853},
    "exif": {40962, 40963},
    "gps": set(),
}
#: what a result may be written as
WRITTEN = [format for format in FORMATS.values() if format.writable]


def _sources() -> dict[str, bytes]:
    """A file of each kind that has much beside its pixels."""
    names = ("RGB 6.jpg", "L 3.jpg", "colour 6.png", "alpha 8.png", "cicp.png", "scale.png")
    found = {name: FILES[name] for name in (*names, "True.webp", "plain.tif")}
    full = replace(images.read(FILES["RGB 6.jpg"]), icc=SRGB)
    for name in ("AVIF", "HEIC", "JXL", "PNG", "TIFF"):
        if FORMATS[name].writable:
            data = images.encode(replace(full, format=name), FORMATS[name])[0]
            found[f"full{FORMATS[name].endings[0]}"] = data
    found["few.gif"] = encoded(Image.fromarray(pixels()).quantize(32), "GIF", comment=b"hello")
    return found


SOURCES = _sources()


def foretold(header: Header, format: Format) -> list[str] | None:
    """What is said before the work; None where the format cannot hold the picture at all."""
    try:
        return [*header.lost, *images.check_header(header, f"a{format.endings[0]}")]
    except errors.FormatLimit:
        return None


@pytest.mark.parametrize("name", SOURCES)
def test_all_is_kept_or_named_and_that_before_the_work(name: str) -> None:
    header, picture = images.header(SOURCES[name]), images.read(SOURCES[name])
    for format in WRITTEN:
        before = foretold(header, format)
        if before is None:
            continue
        data, said = images.encode(picture.with_pixels(picture.pixels * 0.9), format)
        late = [sentence for sentence in said if not sentence.startswith(LATE)]
        assert set(late) <= set(before), format.name
        after = images.read(data)
        for field, words in WORDS.items():
            if getattr(picture, field) and not getattr(after, field):
                # a code of colours may become a profile, and texts one comment
                assert field == "cicp" or any(words in each for each in said), format.name
        if picture.format != format.name:
            for part in picture.parts:
                assert any(part.name in each for each in said), format.name
        _same(picture, after)


def _same(before: Picture, after: Picture) -> None:
    """Holds what came along against what was there."""
    if before.exif and after.exif:
        held, kept = (exif.parse(block) for block in (before.exif, after.exif))
        assert held is not None
        assert kept is not None
        for directory, anew in ANEW.items():
            for tag, field in held.directories.get(directory, {}).items():
                if tag not in anew:
                    found = kept.directories[directory][tag]
                    assert (found.kind, found.count) == (field.kind, field.count), tag
                    assert found.value == field.value or held.order != kept.order, tag
        assert exif.orientation(after.exif) == 1 or before.format == after.format
    for name in ("xmp", "iptc", "photoshop"):
        if getattr(after, name):
            assert getattr(after, name) == getattr(before, name)
    if after.icc and before.icc:
        assert after.icc == before.icc
    if before.dpi and after.dpi:
        assert sorted(after.dpi) == pytest.approx(sorted(before.dpi), abs=0.3)


def test_what_a_format_says_of_its_own_is_foretold() -> None:
    """EXIF and texts that a segment of a JPEG has no room for; colours of a HEIC with loss."""
    made = images.read(FILES["colour 6.png"])
    block = Image.Exif()
    block[270] = "a" * 70_000
    long = images.Picture(
        **{
            **vars(made),
            "exif": block.tobytes().removeprefix(b"Exif\0\0"),
            "text": (replace(made.text[0], text="b" * 70_000),),
        }
    )
    data = images.encode(long, FORMATS["PNG"])[0]
    before = foretold(images.header(data), FORMATS["JPEG"])
    assert before is not None
    assert [each.split()[:4] for each in before] == [
        ["not", "kept:", "its", "EXIF"],
        ["not", "kept:", "its", "text"],
    ]
    assert images.encode(images.read(data), FORMATS["JPEG"])[1] == before
    if FORMATS["HEIC"].writable:
        header, asked = images.header(FILES["colour 6.png"]), Saving(quality=80)
        assert not any("4:2:0" in each for each in images.check_header(header, "a.heic"))
        said = images.check_header(header, "a.heic", saving=asked)
        assert any("4:2:0" in each for each in said)


def test_a_dry_run_lists_what_the_run_will_say(tmp_path: Path) -> None:
    for name in ("RGB 6.jpg", "colour 6.png", "plain.tif"):
        (tmp_path / name).write_bytes(FILES[name])
    (tmp_path / "named.jpg").write_bytes(FILES["grey 1.png"])
    words = ("restore", tmp_path, "-o", f"{tmp_path}/out/", "-f", "webp", "-m", "median", "--json")
    planned = _notes(run(*words, "--dry-run").stdout)
    assert not (tmp_path / "out").exists()
    restored = _notes(run(*words).stdout)
    assert len(planned) == 4
    assert planned == restored
    assert "not kept: its IPTC data, for which WebP has no place" in planned["RGB 6.jpg"]
    assert any("holds a PNG" in note for note in planned["named.jpg"])
    # to people, too; in strict words both refuse, each with the same sentence
    said = run(*words[:-1], "--dry-run", "--overwrite").stderr
    assert f"{tmp_path / 'plain.tif'}: not kept: its IPTC data" in said
    again = ("restore", tmp_path / "plain.tif", "-o", f"{tmp_path}/again/", *words[4:8])
    strict = [run(*again, "--strict", *more, expect=3).stderr for more in ((), ("--dry-run",))]
    refused = [each.splitlines()[-1] for each in strict]
    assert refused[0] == refused[1]
    assert "E_NOT_KEPT" in refused[0]


def _notes(said: str) -> dict[str, list[str]]:
    """The notes of each file, by its name."""
    records = [json.loads(line) for line in said.splitlines()]
    return {Path(each["source"]).name: each["notes"] for each in records if "source" in each}


def test_every_kind_of_metadata_has_words() -> None:
    fields = set(WORDS) & set(Beside.__dataclass_fields__)
    assert fields == set(WORDS)
