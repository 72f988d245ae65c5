"""What must not be lost of JPEG and PNG files: everything that stands beside the pixels, held
against an independent reader, tag by tag; and every kind of JPEG that people have.
"""

from __future__ import annotations

import base64
import io
import struct
import time
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from odd_files import chunk, encoded, pixels, tiff
from PIL import Image

from burnish import errors, images
from burnish.images import FORMATS, Picture, exif
from burnish.images.jpeg import index
from burnish.images.jpeg.quality import MOZJPEG, jpeg_quality, table_at
from burnish.images.metadata import Text, photoshop, xmp
from burnish.images.picture import to_samples

RDF = b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">%s</rdf:RDF>'
PACKET = b'<?xpacket begin=""?><x:xmpmeta xmlns:x="adobe:ns:meta/">%s</x:xmpmeta>'
#: a caption and a keyword (IIM 2:120 and 2:25)
IPTC = b"\x1c\x02\x78\x00\x07caption" + b"\x1c\x02\x19\x00\x03sky"
#: a copyright flag and an address, as Photoshop writes them
RESOURCES = b"8BIM\x04\x0a\0\0\0\0\0\x01\x01\0" + b"8BIM\x04\x0b\0\0\0\0\0\x0bhttp://a.eu\0"

#: `pixels(24, 32)` at quality 50 by Pillow, arithmetically coded by jpegtran: sequential, and
#: progressive
ARITHMETIC = (
    (
        "|JeWF01!$>Nk#wx0RR9200961|JwjV01yid4h#wq4h;?x5fBp?C>j_R78o%jB^@X_Gd(;xGdMRuNL)@p"
        "L{~*OI8bd-S6^ahXlFi6ad~iLcwA*?WB=O#Lje&I5*QU2FB%#zV?sDWV`F1uV`F1uV`F1uV`F1uV`F1u"
        "V`F1uV`F1uV`F1uV`F1uV`F1uV`F1uV`F1uV`Klx01*fP7yuvx0U`hb5di}c0sqVZ3IGrg1pyEd1^?Or"
        "3<CiG0ucid06zf#0Hp}CA*wbYQ?2%bFQnqlKpgKcu22i7CEJS&;G#Xg;LJs#QLdkH*-UPP8@d*N9LD4F"
        ")ezn3JYk4u#p}#Un}~ztO^{nRp7wwWnbhU@y>ktdL*XpvfdAP"
    ),
    (
        "|JeWF01!$>Nk#wx0RR9200961|JwjV01yid4h#wq4h;?x5fBp?C>j_R78o%jB^@X_Gd(;xGdMRuNL)@p"
        "L{~*OI8bd-S6^ahXlFi6ad~iLcwA*?WB=O#Lje&I5*QU2FB%#zV?sDWV`F1uV`F1uV`F1uV`F1uV`F1u"
        "V`F1uV`F1uV`F1uV`F1uV`F1uV`F1uV`F1uV`Kly01*fP7yuvx0U`hb5di}c0sqVZ1^^HN5dYc$3<CiG"
        "0uTcb0006107~Z9>!=Cr{!)Or3CVE(%m4%s1^?Or2mt{A0R;lU|I7dc5e5I+00;pC0RcY&4hM2T|I7dc"
        "5e5I+00;pB0RcY&UypSaHlCpW%m4%s1^?Or2mt{A20sG8|I7dc5C#9*00;pA00BQC{{Xzu!vRkJ+5ij#"
        "0RRF30{{R35TJ!3|I7dc5e5I+00;pC0RcY{VKlYC|I7dc5e5I+00;pB0RcY{ylp-I03525u_yezs7{0b"
        "%m4%s1^?Or2mt{A0Y4A{N7u}hEiL=z9Rn_eP7XLZm(-p&biio2ATvHle@!6&*#"
    ),
)


def segments_of(data: bytes) -> list[tuple[int, bytes]]:
    """(marker, body) of each segment of a JPEG before its first scan, by a reader of our own."""
    place, found = 2, []
    while data[place + 1] != 0xDA:
        length = int.from_bytes(data[place + 2 : place + 4], "big")
        found.append((data[place + 1], data[place + 4 : place + 2 + length]))
        place += 2 + length
    return found


def with_segments(data: bytes, *added: tuple[int, bytes]) -> bytes:
    """A JPEG with segments behind its first."""
    place = 4 + int.from_bytes(data[4:6], "big")
    put = b"".join(struct.pack(">BBH", 0xFF, m, len(body) + 2) + body for m, body in added)
    return data[:place] + put + data[place:]


def again(data: bytes, kind: str = "JPEG", **options: Any) -> tuple[bytes, Picture]:
    """The file read and written in a format, and the picture that was read."""
    picture = images.read(data)
    return images.encode(picture, FORMATS[kind], **options)[0], picture


def jpeg(**options: Any) -> bytes:
    return encoded(pixels(), "JPEG", **{"quality": 90, **options})


# which JPEGs are read


def test_arithmetic_coding_is_read_whole_and_refused_where_it_ends_early() -> None:
    for coded in ARITHMETIC:
        data = base64.b85decode(coded)
        assert (to_samples(images.read(data), "uint8") == np.asarray(pillow(data))).all()
        with pytest.raises(errors.InputTruncated):
            images.read(data[: len(data) // 2])
        with pytest.raises(errors.InputTruncated):
            images.read(data[:-2])


def test_12_bits_come_as_12_bits() -> None:
    from imagecodecs import jpeg8_encode

    for given in (deep(), deep()[..., 0].copy()):
        data = bytes(jpeg8_encode(given, level=98, bitspersample=12))
        picture = images.read(data)
        assert (picture.depth, picture.bits) == ("uint16", 12)
        assert np.abs(to_samples(picture, "uint16", 12).astype(int) - given).mean() < 12
        assert images.facts(data)["stored"] == f"12-bit {'colour' if given.ndim == 3 else 'grey'}"
        with pytest.raises(errors.InputTruncated):
            images.read(data[: len(data) * 3 // 4])
        _, said = images.encode(picture, FORMATS["JPEG"])
        assert said == ["JPEG holds 8 bits: the 12 of this picture are rounded"]


@pytest.mark.parametrize("sampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("progressive", [False, True])
def test_every_sampling_is_read(sampling: str, progressive: bool) -> None:
    data = jpeg(subsampling=sampling, progressive=progressive)
    assert (to_samples(images.read(data), "uint8") == np.asarray(pillow(data))).all()


def test_xyb_comes_through_its_profile() -> None:
    # a profile whose red is green and whose green is red, called as cjpegli's is
    swapped = profile_of((0.265, 0.690), (0.680, 0.320), (0.150, 0.060), name="XYB_Per")
    green_first = np.ascontiguousarray(pixels()[..., [1, 0, 2]])
    data = encoded(green_first, "JPEG", quality=98, subsampling=0, icc_profile=swapped)
    picture = images.read(data)
    assert picture.notes == ("XYB, converted to sRGB through its profile",)
    assert picture.quality is None
    assert images.facts(encoded(picture_of(picture), "PNG", icc_profile=picture.icc))["profile"]
    red, green = (picture.pixels[0, c] for c in (0, 1))
    given = pixels() / 255
    assert np.corrcoef(red.ravel(), given[..., 0].ravel())[0, 1] > 0.9
    assert np.corrcoef(green.ravel(), given[..., 1].ravel())[0, 1] > 0.9


def test_the_quality_of_mozjpegs_tables_is_known() -> None:
    # as measured: the first eight steps of its table at 75
    assert list(table_at(75, MOZJPEG)[:8]) == [8, 8, 8, 9, 13, 19, 28, 43]
    for quality in (30, 50, 75, 90):
        table = table_at(quality, MOZJPEG).tolist()
        data = encoded(pixels(), "JPEG", qtables=[table, table])
        assert images.facts(data)["quality"] == quality
    for quality in range(1, 101):
        table = pillow(encoded(pixels(8, 8), "JPEG", quality=quality)).quantization[0]
        assert jpeg_quality(table) == quality


# how they are written


@pytest.mark.parametrize(("had", "gets"), [(60, 95), (95, 95), (98, 98), (100, 100)])
def test_a_jpeg_keeps_the_quality_that_it_had(had: int, gets: int) -> None:
    data, picture = again(jpeg(quality=had))
    assert images.facts(data)["quality"] == gets
    assert images.facts(images.encode(picture, FORMATS["JPEG"], quality=40)[0])["quality"] == 40


@pytest.mark.parametrize(
    ("asked", "first"), [(None, 0x11), ("444", 0x11), ("422", 0x21), ("420", 0x22)]
)
def test_colours_are_as_fine_as_is_asked(asked: Any, first: int) -> None:
    data, _ = again(jpeg(subsampling="4:2:0"), sampling=asked)
    (frame,) = (body for marker, body in segments_of(data) if marker == 0xC0)
    assert [frame[7 + 3 * c] for c in range(3)] == [first, 0x11, 0x11]


# what stands beside the picture


def test_comments_iptc_resources_and_segments_of_others_come_back() -> None:
    block = photoshop.joined(IPTC, RESOURCES)
    put = [
        (0xFE, b"a comment"),
        (0xFE, "d\u00e9j\u00e0 vu".encode("latin-1")),
        (0xED, b"Photoshop 3.0\0" + block),
        (0xE5, b"RMETA\0something"),
        (0xE1, b"FLIR\0\1\0\0"),
    ]
    given = with_segments(jpeg(), *put)
    data, picture = again(given)
    assert picture.lost == ()
    assert (picture.iptc, picture.photoshop) == (IPTC, RESOURCES)
    assert [text.clean for text in picture.text] == ["a comment", "d\u00e9j\u00e0 vu"]
    assert set(put) <= set(segments_of(data))
    facts = images.facts(given)
    assert (facts["iptc"], facts["photoshop"]) == (True, True)
    assert facts["texts"] == ["Comment", "Comment"]
    assert facts["besides"] == ["its APP5 segment (RMETA)", "its APP1 segment (FLIR)"]
    assert again(data)[1].text == picture.text
    _, said = images.encode(picture, FORMATS["WEBP"])
    assert {s for s in said if "for which WebP has no place" in s} >= {
        "not kept: its IPTC data, for which WebP has no place",
        "not kept: its text, for which WebP has no place",
        "not kept: its APP5 segment (RMETA), for which WebP has no place",
    }


def test_small_copies_among_photoshops_resources_are_let_go() -> None:
    small = b"8BIM" + struct.pack(">H", 1036) + b"\0\0" + struct.pack(">I", 3) + b"abc\0"
    block = small + photoshop.joined(IPTC, RESOURCES)
    data, _ = again(with_segments(jpeg(), (0xED, b"Photoshop 3.0\0" + block)))
    assert (0xED, b"Photoshop 3.0\0" + photoshop.joined(IPTC, RESOURCES)) in segments_of(data)
    broken = images.read(with_segments(jpeg(), (0xED, b"Photoshop 3.0\0" + small[:-4])))
    assert broken.lost == ("not kept: its Photoshop data, which cannot be read",)


def test_xmp_longer_than_a_segment_is_put_together_and_parted() -> None:
    long = b"".join(b"<rdf:Description a%d='%s'/>" % (n, b"x" * 900) for n in range(200))
    whole = PACKET % (RDF % long)
    data, said = images.encode(replace(images.read(jpeg()), xmp=whole), FORMATS["JPEG"])
    assert said == []
    assert max(len(body) for marker, body in segments_of(data) if marker == 0xE1) <= 65533
    read = images.read(data)
    assert read.lost == ()
    assert read.xmp is not None
    assert long in read.xmp
    assert b"HasExtendedXMP" not in read.xmp
    assert images.read(again(data)[0]).xmp == read.xmp
    png, _ = images.encode(read, FORMATS["PNG"])
    assert images.read(png).xmp == read.xmp
    # without its end it is said to be lost, and nothing says that there is more
    segments = [s for s in segments_of(data) if s[1].startswith(b"http://ns.adobe.com/xmp")]
    torn = with_segments(jpeg(), (0xE1, segments_of(data)[1][1]), segments[1])
    read = images.read(torn)
    assert read.lost == ("not kept: the second part of its XMP, which cannot be read",)
    assert b"HasExtendedXMP" not in (read.xmp or b"")


def test_xmp_that_would_take_forever_takes_no_time() -> None:
    blanks = PACKET % (
        RDF % (b'<a xmlns:h="http://ns.adobe.com/hdr-gain-map/1.0/"' + b" " * 300_000 + b"/>")
    )
    opened = PACKET % (RDF % (b"<xmp:Thumbnails>" * 200_000))
    begun = time.perf_counter()
    for packet in (blanks, opened, b"<rdf:RDF" * 300_000):
        xmp.without_claims(packet)
        xmp.joined(packet, [b" " * 32 + struct.pack(">II", len(packet), 0) + packet])
        name = b"0" * 32
        xmp.joined(name + packet, [name + struct.pack(">II", len(packet), 0) + packet])
        given = replace(images.header(jpeg()), xmp=packet)
        assert given.picture(pixels()).xmp is not None
    assert time.perf_counter() - begun < 5


# pictures behind the picture


def ultra_hdr() -> bytes:
    """An Ultra HDR JPEG, by libultrahdr: a gain map behind an index (MPF)."""
    from imagecodecs import ultrahdr_encode

    light = np.dstack([pixels() / 255 * 4, np.ones(pixels().shape[:2])]).astype(np.float16)
    return bytes(ultrahdr_encode(np.ascontiguousarray(light)))


def test_a_gain_map_is_carried_with_an_index_that_is_right() -> None:
    from imagecodecs import ultrahdr_decode

    given = ultra_hdr()
    map_of = given[given.rindex(b"\xff\xd8\xff") :]
    picture = images.read(given)
    assert [part.name for part in picture.parts] == ["its gain map (HDR)"] * 3
    darker = picture.with_pixels(picture.pixels * 0.5)
    data, said = images.encode(darker, FORMATS["JPEG"], quality=100)
    assert said == []
    assert data.endswith(map_of)
    with Image.open(io.BytesIO(data)) as opened:
        assert opened.format == "MPO"
        opened.seek(1)
        assert (np.asarray(opened) == np.asarray(pillow(map_of))).all()
    before, after = (ultrahdr_decode(each)[..., :3].astype(float) for each in (given, data))
    assert after.mean() < 0.5 * before.mean()  # as the base is darker, so is the whole
    # in a format that has no place for it, and in strict words
    path = "a.png"
    assert "not kept: its gain map (HDR), for which PNG has no place" in images.check_format(
        picture, path
    )
    assert images.read(images.encode(picture, FORMATS["PNG"])[0]).parts == ()


def test_claims_of_a_gain_map_go_where_it_goes() -> None:
    claims = (
        b'<rdf:Description rdf:about="" xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" '
        b'xmlns:Container="http://ns.google.com/photos/1.0/container/" '
        b'xmlns:Item="http://ns.google.com/photos/1.0/container/item/" '
        b'xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" xmlns:dc="dc" '
        b'hdrgm:Version="1.0" GCamera:MotionPhoto="1" GCamera:HdrPlusMakernote="x" dc:title="kept">'
        b'<Container:Directory><rdf:Seq><rdf:li><Container:Item Item:Semantic="GainMap" '
        b'Item:Length="60"/></rdf:li></rdf:Seq></Container:Directory></rdf:Description>'
    )
    given = with_segments(
        jpeg(), (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + PACKET % (RDF % claims))
    )
    carried, picture = again(given + jpeg(quality=50))
    assert picture.parts[0].name == "its gain map (HDR) and its film"
    assert carried.endswith(jpeg(quality=50))
    assert claims in (images.read(carried).xmp or b"")
    # elsewhere, and where nothing follows the picture after all
    for left in (
        images.read(images.encode(picture, FORMATS["PNG"])[0]).xmp,
        images.read(given).xmp,
    ):
        assert left is not None
        for gone in (b"hdrgm", b"Container", b"Item", b"MotionPhoto"):
            assert gone not in left
        assert b'GCamera:HdrPlusMakernote="x" dc:title="kept"' in left


def mpf(first: bytes, *others: tuple[int, bytes]) -> bytes:
    """A JPEG with others behind it, (kind, bytes), and an index of them."""
    size = 8 + 2 + 12 * 3 + 4 + 16 * (len(others) + 1)
    head = 4 + int.from_bytes(first[4:6], "big")
    start, end = head + 8, len(first) + 4 + 4 + size
    entries = struct.pack("<IIIHH", 0x030000, end, 0, 0, 0)
    for kind, data in others:
        entries += struct.pack("<IIIHH", kind, len(data), end - start, 0, 0)
        end += len(data)
    fields = (
        struct.pack("<HHI4s", 0xB000, 7, 4, b"0100")
        + struct.pack("<HHII", 0xB001, 4, 1, len(others) + 1)
        + struct.pack("<HHII", 0xB002, 7, len(entries), 50)
    )
    block = b"II*\0" + struct.pack("<IH", 8, 3) + fields + bytes(4) + entries
    return with_segments(first, (0xE2, b"MPF\0" + block)) + b"".join(data for _, data in others)


def test_small_copies_in_an_index_are_let_go_and_the_rest_is_where_it_says() -> None:
    small, other = jpeg(quality=20), jpeg(quality=30)
    picture = images.read(mpf(jpeg(), (0x010001, small), (0, other)))
    assert picture.lost == ("not kept: the smaller copies of its picture",)
    data, _ = images.encode(picture, FORMATS["JPEG"])
    assert small not in data
    assert data.endswith(other)
    with Image.open(io.BytesIO(data)) as opened:
        opened.seek(1)
        assert (np.asarray(opened) == np.asarray(pillow(other))).all()
        with pytest.raises(EOFError):
            opened.seek(2)
    alone = images.read(mpf(jpeg(), (0x010002, small)))
    assert alone.parts == ()
    assert b"MPF\0" not in images.encode(alone, FORMATS["JPEG"])[0]


def test_an_index_that_is_wrong_is_said_and_not_carried(rng: np.random.Generator) -> None:
    other = jpeg(quality=30)
    given = mpf(jpeg(), (0, other))
    picture = images.read(given[:-9])
    assert picture.lost == ("not kept: the index of its pictures (MPF), which is wrong",)
    assert images.encode(picture, FORMATS["JPEG"])[0].endswith(other[:-9])
    start = given.index(b"MPF\0")
    for place in rng.integers(start, start + 90, 60):
        broken = bytearray(given)
        broken[place] ^= 1 << int(rng.integers(8))
        try:
            found = images.read(bytes(broken))
        except errors.InputError:
            continue
        data = images.encode(found, FORMATS["JPEG"])[0]
        for part in (part for part in found.parts if part.place == "MPF"):
            entries = index.entries_of(part.body)
            assert entries is not None
            assert all(each.offset + each.size <= len(data) for each in entries[1:])


def test_what_follows_a_picture_comes_back_to_the_byte() -> None:
    film = b"\0\0\0\x18ftypmp42" + bytes(50)
    data, picture = again(jpeg() + film)
    assert data.endswith(b"\xff\xd9" + film)
    assert [part.name for part in picture.parts] == ["its film"]
    assert again(jpeg() + bytes(99))[1].parts == ()
    # as Samsung's telephones have it: blocks with a name each, and at the very end where they are
    block = struct.pack("<HHI", 0, 0x0A30, 16) + b"MotionPhoto_Data" + film
    entries = struct.pack("<HHII", 0, 0x0A30, len(block), len(block))
    places = b"SEFH" + struct.pack("<II", 106, 1) + entries
    trailer = block + places + struct.pack("<I", len(places)) + b"SEFT"
    data, picture = again(jpeg() + trailer)
    assert data.endswith(b"\xff\xd9" + trailer)
    assert [part.name for part in picture.parts] == [
        "its film and what Samsung's camera wrote behind it"
    ]


def test_what_xmp_counts_in_pixels_is_counted_anew_where_the_size_is_another() -> None:
    told = (
        b'<rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" '
        b'xmlns:g="http://ns.google.com/photos/1.0/panorama/" '
        b'xmlns:e="http://ns.adobe.com/exif/1.0/" '
        b'tiff:ImageWidth="128" tiff:XResolution="72/1" g:ProjectionType="equirectangular" '
        b'g:FullPanoWidthPixels = \'400\' g:FullPanoHeightPixels="200" g:PoseHeadingDegrees="90">'
        b"<tiff:ImageLength>96</tiff:ImageLength>"
        b"<g:CroppedAreaLeftPixels>7</g:CroppedAreaLeftPixels>"
        b"<g:CroppedAreaTopPixels>5</g:CroppedAreaTopPixels><e:PixelXDimension>128"
        b"</e:PixelXDimension></rdf:Description>"
    )
    given = with_segments(jpeg(), (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + PACKET % (RDF % told)))
    picture = images.read(given)
    assert picture.xmp == PACKET % (RDF % told)
    assert picture.with_pixels(picture.pixels * 0.5).xmp == picture.xmp
    large = picture.with_pixels(picture.pixels.repeat(2, -1).repeat(3, -2))
    anew = images.read(images.encode(large, FORMATS["JPEG"])[0]).xmp
    right = told
    for old, new in (
        (b'ImageWidth="128"', b'ImageWidth="256"'),
        (b"'400'", b"'800'"),
        (b'FullPanoHeightPixels="200"', b'FullPanoHeightPixels="600"'),
        (b">96<", b">288<"),
        (b">7<", b">14<"),
        (b">5<", b">15<"),
        (b">128<", b">256<"),
    ):
        assert right.count(old) == 1
        right = right.replace(old, new)
    assert anew == PACKET % (RDF % right)


# PNG


def chunks_of(data: bytes) -> list[tuple[bytes, bytes]]:
    """(letters, body) of each chunk of a PNG, by a reader of our own that checks the sums."""
    place, found = 8, []
    while place < len(data):
        length, letters = struct.unpack_from(">I4s", data, place)
        body = data[place + 8 : place + 8 + length]
        (checksum,) = struct.unpack_from(">I", data, place + 8 + length)
        assert checksum == zlib.crc32(letters + body)
        found.append((letters, body))
        place += 12 + length
    return found


def with_chunks(*added: tuple[bytes, bytes], image: Any = None) -> bytes:
    """A PNG by Pillow with chunks behind its header."""
    plain = encoded(pixels() if image is None else image, "PNG")
    return plain[:33] + b"".join(chunk(*each) for each in added) + plain[33:]


def test_chunks_come_back_in_a_png_and_are_said_to_be_lost_elsewhere() -> None:
    kept = [
        (b"cICP", bytes((9, 16, 0, 1))),
        (b"gAMA", struct.pack(">I", 100000)),
        (b"cHRM", struct.pack(">8I", 31270, 32900, 70800, 29200, 17000, 79700, 13100, 4600)),
        (b"mDCV", bytes(24)),
        (b"bKGD", bytes(6)),
        (b"pHYs", struct.pack(">IIB", 2, 1, 0)),
        (b"teSt", b"safe to copy"),
    ]
    gone = [
        (b"teST", b"not safe to copy"),
        (b"caBX", b"jumbf"),
        (b"tIME", bytes(7)),
    ]
    data, picture = again(with_chunks(*kept, *gone), "PNG")
    assert set(kept) <= set(chunks_of(data))
    assert not {letters for letters, _ in gone} & {letters for letters, _ in chunks_of(data)}
    assert picture.cicp == (9, 16, 0, 1)
    assert picture.lost == (
        "not kept: its teST chunk, its content credentials (C2PA), which are not true of other "
        "pixels",
    )
    said = images.check_format(picture, "a.jpg")
    assert (
        "not kept: its cICP colour space, without which its colours may look wrong, for which "
        "JPEG has no place" in said
    )
    assert "not kept: its gamma, for which JPEG has no place" in said


def test_texts_of_every_kind_come_back() -> None:
    long = "word " * 900
    put = [
        (b"tEXt", b"Author\0J\xfcrg"),
        (b"zTXt", b"Description\0\0" + zlib.compress(long.encode())),
        (b"iTXt", b"Title\0\0\0ja\0\xe9\xa1\x8c\0" + "\u6771\u4eac".encode()),
        (b"iTXt", b"Copyright\0\1\0\0\0" + zlib.compress("\u00a9 \u2603".encode())),
    ]
    expected = (
        Text("Author", "J\u00fcrg"),
        Text("Description", long),
        Text("Title", "\u6771\u4eac", "ja", "\u984c"),
        Text("Copyright", "\u00a9 \u2603"),
    )
    data, picture = again(with_chunks(*put), "PNG")
    assert picture.text == images.read(data).text == expected
    with Image.open(io.BytesIO(data)) as opened:
        seen: Any = opened
        assert seen.text == {text.keyword: text.text for text in expected}
    there = images.read(images.encode(picture, FORMATS["JPEG"])[0])
    assert there.text[0] == Text("Comment", "Author: J\u00fcrg")
    comment = images.read(with_segments(jpeg(), (0xFE, b"\xe9t\xe9")))
    assert images.read(images.encode(comment, FORMATS["PNG"])[0]).text == (
        Text("Comment", "\u00e9t\u00e9"),
    )


def test_texts_that_are_bombs_or_broken_are_said_and_not_kept() -> None:
    bomb = (b"zTXt", b"a\0\0" + zlib.compress(bytes(40 << 20)))
    for put in ([bomb], [(b"zTXt", b"a\0\0broken")], [(b"iTXt", b"a\0")]):
        assert images.read(with_chunks(*put)).lost == ("not kept: a text that cannot be read",)
    many = [(b"zTXt", b"a\0\0" + zlib.compress(b"x" * (9 << 20)))] * 3
    read = images.read(with_chunks(*many))
    assert len(read.text) == 1
    assert read.lost == ("not kept: a text that cannot be read",)


def test_small_copies_among_the_resources_of_a_tiff_are_let_go() -> None:
    small = b"8BIM" + struct.pack(">H", 1036) + b"\0\0" + struct.pack(">I", 3) + b"abc\0"
    block = small + photoshop.joined(IPTC, RESOURCES)
    data = tiff(pixels(), photometric="rgb", extratags=[(34377, 1, len(block), block, True)])
    picture = images.read(data)
    assert (picture.iptc, picture.photoshop) == (IPTC, RESOURCES)
    torn = tiff(pixels(), photometric="rgb", extratags=[(34377, 1, 14, small[:14], True)])
    assert images.read(torn).lost == ("not kept: its Photoshop data, which cannot be read",)


@pytest.mark.parametrize("source", ["JPEG", "PNG", "TIFF"])
@pytest.mark.parametrize("target", ["JPEG", "PNG", "TIFF"])
def test_iptc_and_resources_go_to_and_fro(source: str, target: str) -> None:
    given = replace(images.from_array(pixels()), iptc=IPTC, photoshop=RESOURCES)
    first = images.read(images.encode(given, FORMATS[source])[0])
    second = images.read(images.encode(first, FORMATS[target])[0])
    for picture in (first, second):
        assert (picture.iptc, picture.photoshop) == (IPTC, RESOURCES)
        assert picture.text == ()
    alone = replace(given, photoshop=None)
    assert images.read(images.encode(alone, FORMATS[source])[0]).iptc == IPTC


def test_exif_among_the_texts_of_a_png_is_found() -> None:
    block = exif.oriented(6)
    text = f"\nexif\n{len(block) + 6:8d}\n" + (b"Exif\0\0" + block).hex()
    put = (b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(text.encode()))
    assert images.read(with_chunks(put)).exif == block


# profiles


LINEAR = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
DISPLAY_P3 = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
ADOBE = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
PROPHOTO = ((0.734699, 0.265301), (0.159597, 0.840403), (0.036598, 0.000105))


def wide(icc: bytes | None, shape: tuple[int, ...] = (64, 80, 3)) -> Picture:
    """A picture of every colour that its profile has."""
    rng = np.random.default_rng(2)
    samples = rng.integers(0, 65535, shape, endpoint=True, dtype=np.uint16)
    return replace(images.from_array(samples), icc=icc)


@pytest.mark.parametrize(
    ("primaries", "gamma", "differs"),
    [
        (DISPLAY_P3, 2.2, False),
        (ADOBE, 2.19921875, False),
        (PROPHOTO, 1.8, True),
        (LINEAR, 1, True),
    ],
)
def test_tones_are_seen_as_srgb_has_them(primaries: Any, gamma: float, differs: bool) -> None:
    picture = wide(profile_of(*primaries, gamma=gamma))
    tone = images.tone_of(picture)
    assert (tone is not None) == differs
    if tone is None:
        assert images.toned(picture) is picture
        return
    # as the definition of sRGB has it (IEC 61966-2-1), of greys
    greys = np.linspace(0.05, 0.95, 12, dtype=np.float32).reshape(1, 1, 3, 4)
    light = greys.astype(float) ** gamma
    expected = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    np.testing.assert_allclose(tone.seen(greys), expected, atol=1e-3)
    np.testing.assert_allclose(tone.stored(tone.seen(greys)), greys, atol=1e-4)
    # what nobody changed comes back to the last bit, and what is darker comes back darker
    seen = tone.seen(picture.pixels)
    assert (tone.put_back(picture.pixels, seen) == picture.pixels).all()
    np.testing.assert_allclose(tone.put_back(greys, tone.seen(greys * 0.8)), greys * 0.8, atol=1e-4)
    assert tone.put_back(picture.pixels, seen[..., ::2]).shape == seen[..., ::2].shape


def test_a_wide_picture_comes_back_wide_whatever_the_network_sees() -> None:
    from burnish.contract import Contract
    from burnish.pipeline import Settled, at_once, through

    shown: list[Any] = []

    def by(image: Any, level: Any, share: Any) -> Any:
        shown.append(image)
        return image

    contract = Contract()
    for icc in (profile_of(*PROPHOTO, gamma=1.8), profile_of(*DISPLAY_P3), None):
        picture = wide(icc)
        restored = through(at_once(by), contract, picture, Settled({}, {}))
        assert (to_samples(restored.picture, "uint16") == to_samples(picture, "uint16")).all()
        assert restored.picture.icc == icc
        data, said = images.encode(restored.picture, FORMATS["PNG"])
        assert said == []
        assert images.read(data).icc == icc
    assert np.abs(shown[0] - wide(None).pixels).max() > 0.02  # ProPhoto's tones
    assert (shown[1] == wide(None).pixels).all()
    through(
        at_once(by), contract, wide(profile_of(*PROPHOTO, gamma=1.8)), Settled({}, {}, icc=False)
    )
    assert (shown[-1] == wide(None).pixels).all()


def test_profiles_that_nobody_can_use_change_nothing() -> None:
    for icc in (b"no profile", profile_of(*PROPHOTO, gamma=1.8)[:200] + bytes(400)):
        assert images.toned(wide(icc)).pixels is not None
        assert images.tone_of(wide(icc)) is None
    grey = wide(profile_of(*PROPHOTO, gamma=1.8), (9, 9))
    assert images.tone_of(grey) is None  # a profile for colour


# strict words


def test_strict_refuses_what_would_be_lost_before_the_model_runs(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from burnish.cli import app

    (tmp_path / "a.jpg").write_bytes(with_segments(jpeg(), (0xED, b"Photoshop 3.0\0" + RESOURCES)))
    (tmp_path / "b.jpg").write_bytes(jpeg())
    words = ["restore", str(tmp_path / "a.jpg"), "-m", "photo", "-d", "noise=0"]
    for more in ([], ["--dry-run"]):
        done = CliRunner().invoke(app, [*words, "-o", str(tmp_path / "a.webp"), "--strict", *more])
        assert done.exit_code == 3
        assert "E_NOT_KEPT" in done.output
        assert "its Photoshop data, for which WebP has no place" in done.output
        assert not (tmp_path / "a.webp").exists()
    both = ["restore", str(tmp_path), "-o", str(tmp_path / "out"), "-m", "photo", "-d", "noise=0"]
    done = CliRunner().invoke(app, [*both, "-f", "webp", "--strict", "--no-icc"])
    assert done.exit_code == 3
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["b.webp"]
    done = CliRunner().invoke(app, [*words, "-o", str(tmp_path / "c.jpg"), "--strict"])
    assert done.exit_code == 0


# helpers of the tests


def deep() -> NDArray[np.uint16]:
    """A smooth colour picture of 12 bits."""
    y, x = np.mgrid[0:96, 0:128]
    samples: NDArray[np.uint16] = np.stack([x * 31, y * 42, (x + y) * 18], -1).astype(np.uint16)
    return samples


def profile_of(red: Any, green: Any, blue: Any, *, name: str = "", gamma: float = 2.2) -> bytes:
    """A profile of these primaries (x, y) under D65, by littlecms."""
    from imagecodecs import cms_profile

    primaries = [*red, 1, *green, 1, *blue, 1]
    made = bytes(
        cms_profile("rgb", whitepoint=[0.3127, 0.3290, 1], primaries=primaries, gamma=gamma)
    )
    called = "RGB built-in".encode("utf-16-be")
    assert called in made
    return made.replace(called, name.ljust(12)[:12].encode("utf-16-be")) if name else made


def pillow(data: bytes) -> Any:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def picture_of(picture: Picture) -> Image.Image:
    return images.to_image(picture)
