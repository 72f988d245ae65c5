"""The metadata of files compared before and after, tag by tag: by exiftool where it is installed,
and always by a reader of our own that shares no code with the program.

Only what a restored file has to say anew may differ: small copies, software, the date of change,
sizes and structure.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import struct
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from odd_files import chunk, encoded, pixels
from PIL import Image, ImageCms, TiffImagePlugin
from tagged_files import tagged_files

from burnish import images

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
IPTC = (
    b"\x1c\x01\x5a\x00\x03\x1b%G"
    + b"\x1c\x02\x05\x00\x05title"
    + b"\x1c\x02\x19\x00\x03sky"
    + b"\x1c\x02\x19\x00\x03sea"
    + "\x1c\x02\x78\x00\x08l\u00e9gende".encode()
)
XMP = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    'rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4"><dc:subject><rdf:Bag><rdf:li>sky'
    "</rdf:li><rdf:li>\u00e9t\u00e9</rdf:li></rdf:Bag></dc:subject></rdf:Description></rdf:RDF>"
    '</x:xmpmeta><?xpacket end="w"?>'
).encode()

#: what may differ, by exiftool's groups and names
FREE = re.compile(
    r"ExifTool:.*|Composite:.*|"
    r"File:(File\w+|Directory|MIMEType|EncodingProcess|ColorComponents|CurrentIPTCDigest)|"
    r"QuickTime:(MediaData\w+|ImageSpatialExtent|Rotation)|GIF:(HasColorMap|BitsPerPixel)|"
    r".*:(Software|ModifyDate|ThumbnailImage|"
    r"ThumbnailOffset|ThumbnailLength|Compression|StripOffsets|StripByteCounts|RowsPerStrip|"
    r"PlanarConfiguration|Predictor|ExifByteOrder|ImageWidth|ImageHeight|MPImage\w*|BitDepth|"
    r"ColorType|Filter|Interlace|Palette|SubfileType|FillOrder|XMPToolkit|JFIFVersion|"
    r"PixelUnits|APP14Flags[01]|DCTEncodeVersion|ColorTransform|SamplesPerPixel|"
    r"BitsPerSample|PhotometricInterpretation|SampleFormat|ProfileName|HasExtendedXMP|"
    r"YCbCrPositioning|YCbCrSubSampling)$"
)


#: said of files whose EXIF is put together anew
MOVED = {"a camera maker's own note moved within the EXIF; some programs may not read it any more"}


#: files with a maker's notes
NOTED = ("canon", "nikon", "apple", "fujifilm", "panasonic")


#: files of which texts are stored in another way, or an index that says other places
ANEW = ("texts.png", "profiles.png", "ultra.jpg", "both.jpg")


def exif_block(orientation: int) -> bytes:
    """A block of EXIF with every kind of field, by Pillow."""
    made = Image.Exif()
    rational = TiffImagePlugin.IFDRational
    made[270], made[271], made[272] = "a scene", "Kern", "Paillard H16"
    made[274], made[315], made[33432] = orientation, "Ada", "(c) Ada"
    made[282], made[283], made[296] = rational(300), rational(300), 2
    made.get_ifd(34665).update(
        {
            33434: rational(1, 250),
            33437: rational(28, 10),
            34855: 400,
            36867: "1958:07:01 12:00:00",
            37121: b"\1\2\3\0",
            37510: b"ASCII\0\0\0hello",
            40961: 1,
            40962: 128,
            40963: 96,
            42036: "a lens",
        }
    )
    made.get_ifd(34853).update({1: "N", 2: (52.0, 31.0, 12.5), 3: "E", 4: (13.0, 24.0, 0.0)})
    return made.tobytes().removeprefix(b"Exif\0\0")


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def resource(number: int, data: bytes) -> bytes:
    head = b"8BIM" + struct.pack(">H", number) + b"\0\0" + struct.pack(">I", len(data))
    return head + data + b"\0" * (len(data) % 2)


def jpegs() -> Iterator[tuple[str, bytes]]:
    """JPEGs with everything beside their pixels, in many ways."""
    around = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP)
    around += segment(0xED, b"Photoshop 3.0\0" + resource(1028, IPTC) + resource(1034, b"\1"))
    around += segment(0xFE, b"a comment")
    for orientation in range(1, 9):
        block = segment(0xE1, b"Exif\0\0" + exif_block(orientation))
        for mode in ("L", "RGB"):
            plain = encoded(
                Image.fromarray(pixels()).convert(mode), "JPEG", quality=97, dpi=(300, 300)
            )
            yield f"{mode} {orientation}.jpg", plain[:20] + block + around + plain[20:]
    coloured = encoded(pixels(), "JPEG", quality=97, icc_profile=SRGB, progressive=True)
    yield "profile.jpg", coloured[:20] + around + coloured[20:]
    long = XMP.replace(b"4", b"4" * 70000, 1).replace(b"4" * 70000, b"4", 1)
    yield (
        "xmp.jpg",
        coloured[:20] + segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + long) + (coloured[20:]),
    )


def pngs() -> Iterator[tuple[str, bytes]]:
    """PNGs with everything beside their pixels, in many ways."""
    around = [
        (b"pHYs", struct.pack(">IIB", 11811, 11811, 1)),
        (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP),
        (b"tEXt", b"Author\0J\xfcrg"),
        (b"zTXt", b"Description\0\0" + zlib.compress(b"a long text")),
        (b"iTXt", b"Title\0\0\0de\0Titel\0" + "\u00dcber".encode()),
    ]
    deep = pixels().astype(np.uint16) * 257
    kinds = {
        "grey": Image.fromarray(pixels()).convert("L"),
        "colour": Image.fromarray(pixels()),
        "alpha": Image.fromarray(pixels()).convert("RGBA"),
        "deep": Image.fromarray(deep[..., 0]),
    }
    for name, image in kinds.items():
        plain = encoded(image, "PNG")
        for orientation in (1, 6, 8):
            whole = [*around, (b"eXIf", exif_block(orientation))]
            added = b"".join(chunk(*each) for each in whole)
            yield f"{name} {orientation}.png", plain[:33] + added + plain[33:]
    plain = encoded(kinds["colour"], "PNG")
    for name, added in {
        "cicp": chunk(b"cICP", bytes((9, 16, 0, 1))),
        "gamma": chunk(b"gAMA", struct.pack(">I", 100000)) + chunk(b"sRGB", b"\1"),
        "profile": chunk(b"iCCP", b"sRGB\0\0" + zlib.compress(SRGB)),
        "scale": chunk(b"sCAL", b"\0011.5\0002.5") + chunk(b"bKGD", bytes((0, 1, 0, 2, 0, 3))),
    }.items():
        yield f"{name}.png", plain[:33] + added + plain[33:]


def others() -> Iterator[tuple[str, bytes]]:
    """WebPs and TIFFs, by other programs."""
    block = exif_block(6)
    image = Image.fromarray(pixels())
    for lossless in (False, True):
        yield (
            f"{lossless}.webp",
            encoded(image, "WEBP", lossless=lossless, exif=block, xmp=XMP, icc_profile=SRGB),
        )
    for name, options in {"plain": {}, "deflate": {"compression": "tiff_adobe_deflate"}}.items():
        tags = TiffImagePlugin.ImageFileDirectory_v2()
        tags[700], tags[270], tags[315] = XMP, "a scene", "Ada"
        tags.tagtype[700] = 1
        tags[33723], tags.tagtype[33723] = IPTC, 7
        yield (
            f"{name}.tif",
            encoded(image, "TIFF", tiffinfo=tags, dpi=(300, 300), icc_profile=SRGB, **options),
        )


FILES = dict([*jpegs(), *pngs(), *others(), *tagged_files()])


def rewritten(folder: Path, name: str, data: bytes) -> tuple[Path, Path]:
    """The file as it was, and as it is written with other pixels."""
    before, after = folder / f"before {name}", folder / f"after {name}"
    before.write_bytes(data)
    picture = images.read(before)
    assert set(picture.lost) <= MOVED
    assert set(images.write(after, picture.with_pixels(picture.pixels * 0.9))) <= MOVED
    return before, after


@pytest.fixture(scope="module")
def tags(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What exiftool says of every file, before and after, but for what may differ."""
    folder = tmp_path_factory.mktemp("tags")
    for name, data in FILES.items():
        rewritten(folder, name, data)
    said = subprocess.run(
        ["exiftool", "-j", "-G0:1", "-a", "-n", "-struct", "-b", str(folder)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return {
        Path(every["SourceFile"]).name: {
            name: value
            for name, value in every.items()
            if name != "SourceFile" and not FREE.fullmatch(_short(name))
        }
        for every in json.loads(said)
    }


def _short(name: str) -> str:
    """The first of its groups and the name of a tag."""
    return f"{name.partition(':')[0]}:{name.rpartition(':')[2]}"


@pytest.mark.skipif(
    shutil.which("exiftool") is None,
    reason="exiftool (Debian's libimage-exiftool-perl) is not installed",
)
@pytest.mark.parametrize("name", FILES)
def test_exiftool_sees_the_same_tags(name: str, tags: dict[str, dict[str, Any]]) -> None:
    before, after = tags[f"before {name}"], tags[f"after {name}"]
    assert len(before) > 0
    assert after == before
    if name.partition(".")[0] in NOTED and not name.endswith(".tif"):
        assert any(each.startswith("MakerNotes:") for each in before)


def beside(data: bytes) -> list[tuple[str, bytes]]:
    """What stands beside the pixels of a JPEG or PNG, by its names in the file, sorted."""
    found = []
    if data.startswith(b"\x89PNG"):
        place = 8
        while place < len(data):
            length, letters = struct.unpack_from(">I4s", data, place)
            body = data[place + 8 : place + 8 + length]
            if letters == b"iCCP":
                body = zlib.decompress(body.partition(b"\0")[2][1:])
            if letters == b"zTXt":
                name, _, packed = body.partition(b"\0")
                letters, body = b"tEXt", name + b"\0" + zlib.decompress(packed[1:])
            if letters not in (b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS"):
                found.append((letters.decode(), body))
            place += 12 + length
        return sorted(found)
    place = 2
    while data[place + 1] != 0xDA:
        (length,) = struct.unpack_from(">H", data, place + 2)
        marker = data[place + 1]
        if marker in (0xFE, *range(0xE1, 0xEE)):
            found.append((f"{marker:X}", data[place + 4 : place + 2 + length]))
        place += 2 + length
    return sorted(found)


@pytest.mark.parametrize(
    "name", [name for name in FILES if name.endswith(("jpg", "png")) and name not in ANEW]
)
def test_what_stands_beside_the_pixels_is_the_same_to_the_byte(name: str, tmp_path: Path) -> None:
    before, after = (path.read_bytes() for path in rewritten(tmp_path, name, FILES[name]))
    assert beside(after) == beside(before)


def test_what_a_gif_draws_over_a_frame_is_listed(tmp_path: Path) -> None:
    still = encoded(Image.fromarray(pixels()).quantize(32), "GIF")
    place = 13 + (3 << (still[10] & 7) + 1)
    drawn = b"!\x01\x0c" + struct.pack("<HHHHBBBB", 0, 0, 64, 8, 8, 8, 1, 0) + b"\2hi\0"
    path = tmp_path / "drawn.gif"
    path.write_bytes(still[:place] + drawn + still[place:])
    assert images.read(path).lost == ("not kept: the text that is drawn over a frame",)


@pytest.mark.parametrize("length", [1 << 16, 1 << 20])
def test_what_stands_behind_the_header_of_a_dpx_comes_back_or_is_listed(
    length: int, tmp_path: Path
) -> None:
    whole = FILES["film.dpx"]
    (start,) = struct.unpack_from(">I", whole, 4)
    longer = bytearray(whole[:start] + b"u" * length + whole[start:])
    struct.pack_into(">I", longer, 4, start + length)
    struct.pack_into(">I", longer, 808, start + length)
    path = tmp_path / "longer.dpx"
    path.write_bytes(longer)
    picture = images.read(path)
    images.write(path, picture)
    if start + length > 1 << 20:
        assert len(picture.lost) == 1
        assert "users have put behind its header" in picture.lost[0]
    else:
        assert picture.lost == ()
        assert path.read_bytes()[2048 : start + length] == longer[2048 : start + length]


def test_there_are_enough_files() -> None:
    assert len(FILES) >= 60
    assert io.BytesIO(FILES["profile.jpg"]).read(2) == b"\xff\xd8"
