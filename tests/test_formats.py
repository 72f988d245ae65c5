"""Every format that is listed, held to what it says of itself; and one that is added in a test."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pytest
import typer
from numpy.typing import NDArray
from odd_files import pixels
from PIL import ImageCms

import burnish
from burnish import errors, images
from burnish.cli import app
from burnish.dataset.check import CheckSource, check
from burnish.dataset.check.gather import gather
from burnish.dataset.pairs import pictures_below
from burnish.images import FORMATS, Format, Header, Picture, Plane, exif
from burnish.images.picture import BITS, Depth, to_samples
from burnish.inference.targets import pair

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


PAGE = Path(__file__).resolve().parents[1] / "docs" / "add.md"


def printed() -> Format:
    """The format that docs/add.md prints, made of what stands there and of nothing else."""
    text = PAGE.read_text(encoding="utf-8").partition("## A file format\n")[2].partition("\n## ")[0]
    code, line = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    entry = re.fullmatch(r"from \.(\w+) import (\w+)\n", line)
    assert entry is not None
    module, name = entry.groups()
    assert f"Write `burnish/images/formats/{module}.py`:" in text
    inside: dict[str, Any] = {
        "__name__": f"{FORMATS_FOLDER}.{module}",
        "__package__": FORMATS_FOLDER,
    }
    exec(compile(code, str(PAGE), "exec"), inside)
    found: Format = inside[name]
    return found


FORMATS_FOLDER = "burnish.images.formats"
ADDED = printed()


#: those that hold any picture; a camera's raw file holds a mosaic alone
HOLD_ANY = [f for f in FORMATS.values() if f.holds_any]


@pytest.fixture(params=[*(f.name for f in HOLD_ANY), ADDED.name])
def format(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Format:
    """Each format that is written, and the one that the page adds, for as long as the test runs."""
    monkeypatch.setitem(FORMATS, ADDED.name, ADDED)
    found = FORMATS[request.param]
    if found.extra is not None and not found.here:
        pytest.skip(f"needs burnish[{found.extra.name}]: {found.extra.brought}")
    return found


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch) -> Format:
    """The page's format in the table: all that it is to the program."""
    assert ADDED.name not in FORMATS
    monkeypatch.setitem(FORMATS, ADDED.name, ADDED)
    return ADDED


def some(shape: tuple[int, ...], depth: str, bits: int | None = None) -> NDArray[Any]:
    """Smooth samples with every second value of their range, so that lossy files come near."""
    ramp = np.linspace(0.1, 0.9, int(np.prod(shape))).reshape(shape)
    if depth == "float32":
        return ramp.astype(np.float32)
    highest = np.iinfo(depth).max if bits is None else 2**bits - 1
    return np.rint(ramp * highest).astype(depth)


def kinds_of_samples(format: Format) -> Iterator[tuple[Depth, int | None]]:
    """(depth, bits that count, None for all) of everything that the format says it holds."""
    for depth in format.holds.depths:
        if depth == "float32" or not format.holds.bits:
            yield depth, None
    for bits in format.holds.bits:
        depth = "uint8" if bits <= 8 else "uint16"
        yield depth, None if bits == BITS[depth] else bits


def held(format: Format) -> Iterator[tuple[str, Picture]]:
    """A picture of every kind that the format says it holds, in its own orientation."""
    for depth, bits in kinds_of_samples(format):
        for channels in (1, 2, 3, 4):
            grey, alpha = channels < 3, channels in (2, 4)
            if (grey and not format.holds.keeps_grey(alpha)) or (alpha and not format.holds.alpha):
                continue
            samples = within(format, some((19, 23, channels), depth, bits))
            header = Header(format.name, 23, 19, channels, depth, alpha, "samples", bits=bits)
            yield f"{depth} ({bits}) x {channels}", header.picture(samples)


def within(format: Format, samples: NDArray[Any]) -> NDArray[Any]:
    """Samples with no more colours than the format holds, and then without half-transparency."""
    if format.holds.colours is None:
        return samples
    few: NDArray[Any] = samples // 64 * 64
    if few.shape[2] in (2, 4):
        few[..., -1] = np.where(few[..., -1] > 99, 255, 0)
        few[few[..., -1] == 0] = 0
    return few


def small_picture(format: Format) -> Picture:
    return images.from_array(within(format, pixels(24, 32)))


def small(format: Format) -> bytes:
    return images.encode(small_picture(format), format)[0]


def made(folder: Path) -> Path:
    (folder / "set").mkdir(exist_ok=True)
    return folder / "set"


@contextmanager
def one_sentence(name: str) -> Iterator[None]:
    """Lets InputErrors pass that are one line about the file, and nothing else."""
    try:
        yield
    except errors.InputError as error:
        if not str(error).startswith(f"{name}: ") or "\n" in str(error):
            raise AssertionError(str(error)) from error


# to and fro


def test_what_it_holds_comes_back(format: Format) -> None:
    kinds = 0
    for kind, picture in held(format):
        data, said = images.encode(picture, format)
        again = images.read(data)
        assert said == [], kind
        assert (again.format, again.depth) == (format.name, picture.depth), kind
        assert again.bits == picture.bits, kind
        assert again.pixels.shape == picture.pixels.shape, kind
        assert (again.alpha is None) == (picture.alpha is None), kind
        if again.lossy:
            assert np.abs(again.pixels - picture.pixels).mean() < 0.02, kind
        else:
            assert (again.pixels == picture.pixels).all()
            assert again.alpha is None or (again.alpha == picture.alpha).all()
        assert images.encode(again, format)[0] == data or again.lossy, kind
        kinds += 1
    assert kinds >= len(format.holds.depths)


def test_its_header_says_what_is_decoded(format: Format) -> None:
    for kind, picture in held(format):
        data, _ = images.encode(picture, format)
        said, got = images.header(data), images.read(data)
        height, width = got.pixels.shape[-2:]
        assert (said.width, said.height, said.channels) == (width, height, got.pixels.shape[1]), (
            kind
        )
        assert (said.depth, said.alpha) == (got.depth, got.alpha is not None), kind
        assert said.bits == got.bits, kind
        assert (said.frames, said.format, said.lossy) == (1, format.name, got.lossy), kind
        assert images.facts(data)["bytes"] == len(data), kind


def test_what_it_does_not_hold_is_said_or_refused(format: Format) -> None:
    holds, name = format.holds, f"a{format.endings[0]}"
    kinds: list[tuple[Depth, int | None]] = [("uint8", None), ("uint16", None), ("float32", None)]
    for depth, bits in [*kinds, ("uint16", 10), ("uint16", 12)]:
        said = images.check_kind(9, 9, depth, False, name, bits=bits)
        assert bool(said) == (holds.stored(depth, bits)[1] < (bits or BITS[depth]))
    if not holds.alpha:
        with pytest.raises(errors.FormatLimit, match="has no alpha"):
            images.encode(images.from_array(some((9, 9, 4), "uint8")), format)
    if holds.side is not None:
        with pytest.raises(errors.FormatLimit, match=rf"at most {holds.side} pixels"):
            images.check_kind(holds.side + 1, 1, "uint8", False, name)
    _, said = images.encode(images.from_array(some((9, 9), "uint8")), format)
    assert (said == []) == holds.grey


def test_extra_planes_come_back_or_are_said_to_be_lost(format: Format) -> None:
    infrared = some((9, 7), "uint8")
    picture = replace(
        images.from_array(some((9, 7, 3), "uint8")), extras=(Plane("infrared", infrared),)
    )
    data, said = images.encode(picture, format)
    again = images.read(data)
    assert again.alpha is None
    if format.holds.extras:
        assert said == []
        assert (again.extras[0].samples == infrared).all()
    else:
        assert again.extras == ()
        assert said == [f"not kept: its infrared channel, for which {format.title} has no place"]
    assert images.check_format(picture, f"a{format.endings[0]}") == said


def test_profile_exif_and_xmp_come_back_or_are_said_to_be_lost(format: Format) -> None:
    given = replace(
        images.from_array(pixels(24, 32)), icc=SRGB, exif=exif.oriented(1), xmp=b"<x:xmpmeta/>"
    )
    data, said = images.encode(given, format)
    again = images.read(data)
    lost = {words.removeprefix("not kept: its ").split(",")[0] for words in said}
    assert again.icc == SRGB or "profile" in lost
    assert again.xmp == given.xmp or "XMP" in lost
    assert exif.parse(again.exif or b"") is not None or "EXIF" in lost


def test_ten_bits_that_count_lose_nothing_in_sixteen() -> None:
    """What a 10 or 12-bit file holds is divided by its own highest value, and comes back."""
    for bits in (10, 12):
        ramp = np.arange(2**bits, dtype=np.uint16).reshape(32, -1)
        height, width = ramp.shape
        header = Header("PNG", width, height, 1, "uint16", False, "samples", bits=bits)
        picture = header.picture(ramp)
        assert picture.pixels.max() == 1
        assert (to_samples(picture, "uint16", bits) == ramp).all()
        data, said = images.encode(picture, FORMATS["PNG"])
        assert said == []
        assert (to_samples(images.read(data), "uint16", bits) == ramp).all()
        _, said = images.encode(picture, FORMATS["JPEG"])
        assert said == [f"JPEG holds 8 bits: the {bits} of this picture are rounded"]


# whole, or refused


def test_cut_anywhere_it_is_refused_or_the_very_picture(format: Format) -> None:
    whole = small(format)
    picture = images.read(whole)
    step = max(1, len(whole) // 400)
    for length in [*range(0, len(whole) - 40, step), *range(len(whole) - 40, len(whole))]:
        try:
            cut = images.read(whole[:length])
        except (
            errors.InputTruncated,
            errors.InputEmpty,
            errors.InputCorrupt,
            errors.UnsupportedFormat,
        ):
            continue
        assert length > len(whole) - 3, length  # an end marker, or a byte that fills up
        assert (cut.pixels == picture.pixels).all(), length


def test_with_bits_flipped_it_is_a_picture_or_one_sentence(
    format: Format, rng: np.random.Generator
) -> None:
    whole = small(format)
    for place in rng.integers(0, len(whole), 200):
        broken = bytearray(whole)
        broken[place] ^= 1 << int(rng.integers(8))
        with one_sentence("flipped"):
            assert np.isfinite(images.read(bytes(broken), name="flipped").pixels).all()


# by what it is known


def test_it_is_known_by_its_contents_and_its_endings(format: Format, tmp_path: Path) -> None:
    data = small(format)
    assert [other.name for other in FORMATS.values() if other.recognises(data)] == [format.name]
    for ending in format.endings:
        for name in (f"a{ending}", f"a{ending.upper()}"):
            (tmp_path / name).write_bytes(data)
            assert images.read(tmp_path / name).notes == ()
            assert images.format_of(name) is format
    other = next(f for f in FORMATS.values() if f is not format)
    (tmp_path / f"b{other.endings[0]}").write_bytes(data)
    assert "read as that" in images.read(tmp_path / f"b{other.endings[0]}").notes[0]


def test_every_ending_is_found_in_folders_by_every_room(format: Format, tmp_path: Path) -> None:
    names = [
        f"{i}{ending}"
        for i, lower in enumerate(format.endings)
        for ending in (lower, lower.upper())
    ]
    for name in names:
        (made(tmp_path) / name).write_bytes(small(format))
    found = {file.name for file in pictures_below(tmp_path / "set")}
    restored = {
        Path(source).name for source, _ in pair([tmp_path / "set"], tmp_path, as_folder=True)
    }
    units, faults = gather(CheckSource(tmp_path / "set"))
    assert found == restored == {unit.name for unit in units} == set(names)
    assert {fault.fault for fault in faults} <= {"case"}


def test_endings_belong_to_one_format_each() -> None:
    assert len(images.endings()) == len(set(images.endings()))
    assert not images.unread_endings() & set(images.endings())
    assert all(e == e.lower() and e.startswith(".") for e in images.endings())


def test_bytes_a_path_and_an_open_file_give_the_same(format: Format, tmp_path: Path) -> None:
    data = small(format)
    path = tmp_path / f"a{format.endings[0]}"
    assert images.write(path, small_picture(format)) == []
    assert path.read_bytes() == data
    with open(path, "rb") as file:
        for source in (path, str(path), data, file, io.BytesIO(data)):
            assert (images.read(source).pixels == images.read(data).pixels).all()
            assert images.read(source, max_megapixels=None).format == format.name
            header, pictures = images.frames(source)
            assert header.frames == len(list(pictures)) == 1
        assert not file.closed


@pytest.mark.parametrize("name", [name for name in FORMATS if FORMATS[name].glance])
def test_a_first_look_shows_what_is_decoded(name: str) -> None:
    format = FORMATS[name]
    assert format.glance is not None
    image = format.glance(small(format), "a")
    assert image is not None
    with image:
        assert (np.asarray(image) == to_samples(images.read(small(format)), "uint8")).all()


def test_bytes_are_called_as_one_says() -> None:
    for name, said in ((None, "the picture: is empty"), ("upload.jpg", "upload.jpg: is empty")):
        with pytest.raises(errors.InputEmpty, match=said):
            images.read(b"", name=name)
    with pytest.raises(errors.FormatLimit, match="^download: a JPEG has no alpha"):
        images.encode(images.from_array(some((9, 9, 4), "uint8")), FORMATS["JPEG"], name="download")


def test_the_sentences_name_every_format(added: Format) -> None:
    *titles, last = [format.title for format in FORMATS.values() if format.extra is None]
    with pytest.raises(errors.UnsupportedFormat, match=f"reads {', '.join(titles)} and {last}"):
        images.read(b"8BPS" + bytes(40))
    plain = [f for f in FORMATS.values() if f.extra is None]
    wide = [f for f in plain if f.holds.side is None or f.holds.side >= 17_000]
    *some, last = [format.endings[0] for format in wide]
    with pytest.raises(errors.FormatLimit, match=re.escape(f"write {', '.join(some)} or {last}")):
        images.check_kind(17_000, 9, "uint8", False, "a.webp")


@pytest.mark.parametrize("name", ["restore", "spoil"])
def test_the_help_names_every_format(name: str) -> None:
    commands: Any = typer.main.get_command(app)
    (said,) = [each.help for each in commands.commands[name].params if each.name == "format"]
    usual = {f.endings[0].removeprefix(".") for f in HOLD_ANY}
    assert usual <= set(re.findall(r"\w+", said))


# a format is one object


def test_it_restores(added: Format, tmp_path: Path) -> None:
    images.write(tmp_path / "a.ras", images.from_array(pixels(24, 32)))
    burnish.restore(tmp_path / "a.ras", tmp_path / "b.SUN", noise=10)
    burnish.restore(tmp_path / "a.ras", tmp_path / "b.png", noise=10)
    restored = images.read(tmp_path / "b.SUN")
    assert restored.format == "RAS"
    assert (restored.pixels == images.read(tmp_path / "b.png").pixels).all()
    assert (restored.pixels != images.read(tmp_path / "a.ras").pixels).any()


def test_they_are_found_in_folders_and_checked(added: Format, tmp_path: Path) -> None:
    for i in range(3):
        images.write(made(tmp_path) / f"{i}.ras", images.from_array(pixels(140 + i, 150)))
    found = pair([tmp_path / "set"], tmp_path / "out", as_folder=True)
    assert [Path(target).name for _, target in found] == ["0.ras", "1.ras", "2.ras"]
    report = check(CheckSource(tmp_path / "set"))
    assert [unit.name for unit in report.units] == ["0.ras", "1.ras", "2.ras"]
    assert not report.errors
    (tmp_path / "set" / "1.ras").write_bytes((tmp_path / "set" / "1.ras").read_bytes()[:-9])
    assert [finding.fault for finding in check(CheckSource(tmp_path / "set")).errors] == [
        "truncated"
    ]


def test_they_are_trained_on(added: Format, tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="the training wing is not installed")
    from burnish.training.loop.train import train
    from burnish.training.recipe.file import load

    for i in range(3):
        images.write(made(tmp_path) / f"{i}.ras", images.from_array(pixels(32, 40 + i)))
    (tmp_path / "one.yaml").write_text(f"""
name: one
arch: {{use: LevelPlane, args: {{base: {{use: ResUNet, args: {{widths: [4, 8], blocks: 1}}}}}}}}
dials: [{{name: noise, low: 0, high: 75, default: 25, unit: sigma}}]
degradations: [{{use: Noise, train: [0, 55]}}]
data: {{folders: [{str(tmp_path / "set")!r}], leave_out: [0.ras], crop: 16, batch: 2, workers: 0}}
schedule: {{steps: 2}}
threads: 1
precision: fp32
""")
    train(load(tmp_path / "one.yaml", []), tmp_path / "run")
    assert (tmp_path / "run" / "one.safetensors").is_file()


def test_they_are_damage_masks_and_in_packs(added: Format, tmp_path: Path) -> None:
    from burnish.dataset.pack import pack
    from burnish.degrade.film.masks import film_masks, read_mask

    mask = np.zeros((40, 40), np.uint8)
    mask[10:20] = 255
    images.write(made(tmp_path) / "mask.ras", images.from_array(mask))
    assert (read_mask(str(tmp_path / "set" / "mask.ras")) == mask).all()
    assert film_masks(str(tmp_path / "set")).dial.name == "film"
    (entry,) = pack([tmp_path / "set"], tmp_path / "one.pack", 1_000_000)
    assert entry.name == "mask.ras"


def test_what_wants_an_image_gets_one_of_a_format_that_pillow_does_not_know(
    added: Format, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def as_added(file: BinaryIO) -> BinaryIO:
        return io.BytesIO(b"Y" + file.read()[1:])

    unknown = replace(
        added,
        begins=(b"N" + added.begins[0][1:],),
        examine=lambda file, name: added.examine(as_added(file), name),
        decode=lambda file, header, name: added.decode(as_added(file), header, name),
    )
    monkeypatch.setitem(FORMATS, added.name, unknown)
    data = b"N" + images.encode(images.from_array(pixels(24, 32)), added)[0][1:]
    assert (np.asarray(images.open_image(data)) == pixels(24, 32)).all()
    for broken in (data[:-9], b"no picture"):
        with pytest.raises(OSError, match="cannot identify"):
            images.open_image(broken)
