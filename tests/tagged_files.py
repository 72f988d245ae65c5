"""Files with everything beside their pixels that cameras, telephones, scanners and programs write,
for `test_tags.py`: the name of each and its bytes.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from odd_files import chunk, encoded, pixels, tiff
from PIL import Image, TiffImagePlugin
from test_kept import mpf, profile_of, ultra_hdr

from burnish import images
from burnish.images import FORMATS
from burnish.images.inside.animation.gif_extensions import made

#: the primaries of Display P3
P3 = profile_of((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
#: XMP as Lightroom, Photoshop and telephones write it: bags, sequences, structures, other alphabets
XMP = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    'rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:lr="http://ns.adobe.com/lightroom/1.0/" '
    'xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/" '
    'xmlns:stEvt="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#" '
    'xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/" '
    'xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/" '
    'xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#" '
    'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" photoshop:City="\u6771\u4eac" '
    'crs:Exposure2012="+0.35" xmpMM:DocumentID="xmp.did:1234">'
    "<dc:title><rdf:Alt><rdf:li xml:lang='x-default'>Sea</rdf:li><rdf:li xml:lang='de'>Meer"
    "</rdf:li></rdf:Alt></dc:title>"
    "<lr:hierarchicalSubject><rdf:Bag><rdf:li>place|sea</rdf:li><rdf:li>sky</rdf:li></rdf:Bag>"
    "</lr:hierarchicalSubject><xmpMM:History><rdf:Seq><rdf:li rdf:parseType='Resource'>"
    "<stEvt:action>saved</stEvt:action><stEvt:when>2026-01-02T03:04:05Z</stEvt:when></rdf:li>"
    "</rdf:Seq></xmpMM:History><mwg-rs:Regions rdf:parseType='Resource'><mwg-rs:RegionList>"
    "<rdf:Bag><rdf:li rdf:parseType='Resource'><mwg-rs:Name>Ada</mwg-rs:Name><mwg-rs:Type>Face"
    "</mwg-rs:Type><mwg-rs:Area rdf:parseType='Resource'><stArea:x>0.5</stArea:x><stArea:y>0.4"
    "</stArea:y></mwg-rs:Area></rdf:li></rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>"
    '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
).encode()
#: IPTC in UTF-8, by its marker, and in Latin-1 without one
IPTC_UTF8 = b"\x1c\x01\x5a\0\x03\x1b%G\x1c\x02\x5a\0\x06" + "\u6771\u4eac".encode()
IPTC_LATIN = b"\x1c\x02\x00\0\x02\0\x04\x1c\x02\x74\0\x08(c) J\xfcrg"[:-1] + b"g"


def field(tag: int, kind: int, count: int, value: bytes, order: str) -> bytes:
    """A field of a directory whose value stands in it."""
    return struct.pack(order + "HHI", tag, kind, count) + value.ljust(4, b"\0")


def notes_of(maker: str) -> bytes:
    """A maker's notes, small, with what each lays out in its own way."""
    quality = field(1, 3, 1, struct.pack(">H", 7), ">")
    if maker == "NIKON CORPORATION":
        # a TIFF of its own
        body = struct.pack(">H", 1) + field(1, 7, 4, b"0210", ">") + bytes(4)
        return b"Nikon\0\x02\x10\0\0" + b"MM\0*" + struct.pack(">I", 8) + body
    if maker == "Apple":
        return b"Apple iOS\0\0\x01MM" + struct.pack(">H", 1) + quality + bytes(4)
    if maker == "FUJIFILM":
        body = struct.pack("<H", 1) + field(0x1000, 2, 4, b"FIN\0", "<") + bytes(4)
        return b"FUJIFILM" + struct.pack("<I", 12) + body
    if maker == "Panasonic":
        body = struct.pack("<H", 1) + field(1, 3, 1, struct.pack("<H", 2), "<")
        return b"Panasonic\0\0\0" + body + bytes(4)
    # Canon's are a directory alone, in the order of the whole
    return struct.pack("<H", 1) + field(6, 2, 4, b"IXU\0", "<") + bytes(4)


def camera(maker: str) -> bytes:
    """EXIF as a camera of that maker writes it, with its notes and where it was."""
    made = Image.Exif()
    rational = TiffImagePlugin.IFDRational
    made[271], made[272], made[274] = maker, f"{maker} 1", 6
    made[306], made[305], made[531] = "2026:01:02 03:04:05", "1.0", 1
    made.get_ifd(34665).update(
        {
            33434: rational(1, 125),
            33437: rational(56, 10),
            34850: 2,
            34855: 100,
            36864: b"0232",
            36867: "2026:01:02 03:04:05",
            36880: "+01:00",
            37377: rational(6966, 1000),
            37386: rational(35, 1),
            37500: notes_of(maker),
            37521: "123",
            41989: 52,
            42033: "0001",
            42034: (rational(24), rational(70), rational(28, 10), rational(28, 10)),
        }
    )
    made.get_ifd(34853).update(
        {
            **{0: b"\2\3\0\0", 1: "N", 2: (52.0, 31.0, 12.5), 3: "E", 4: (13.0, 24.0, 0.0)},
            **{5: 0, 6: 34.5, 7: (3.0, 4.0, 5.0), 16: "T", 17: 271.5, 18: "WGS-84"},
            **{27: b"ASCII\0\0\0GPS", 29: "2026:01:02"},
        }
    )
    return made.tobytes().removeprefix(b"Exif\0\0")


def tagged_files() -> Iterator[tuple[str, bytes]]:
    yield from cameras()
    yield from programs()
    yield from texts()
    yield from tiffs()
    yield from boxes()
    yield from several()


def cameras() -> Iterator[tuple[str, bytes]]:
    """JPEGs of makers who each have notes of their own, and what a telephone's programs make."""
    image = Image.fromarray(pixels())
    for maker in ("Canon", "NIKON CORPORATION", "Apple", "FUJIFILM", "Panasonic"):
        name = maker.partition(" ")[0].lower()
        yield f"{name}.jpg", encoded(image, "JPEG", quality=97, exif=b"Exif\0\0" + camera(maker))
    block = camera("Canon")
    yield "canon.png", encoded(image, "PNG", exif=block)
    yield "canon.webp", encoded(image, "WEBP", lossless=True, exif=block, xmp=XMP, icc_profile=P3)
    seen = Image.fromarray(pixels()).convert("RGBA")
    seen.putalpha(image.convert("L"))
    yield "seen.webp", encoded(seen, "WEBP", lossless=True, exif=block, xmp=XMP)


def programs() -> Iterator[tuple[str, bytes]]:
    """What programs for pictures leave: XMP of structures, IPTC, profiles of both versions."""
    image = Image.fromarray(pixels())
    plain = encoded(image, "JPEG", quality=97)
    packet = b"http://ns.adobe.com/xap/1.0/\0" + XMP
    head, rest = plain[:20], plain[20:]
    yield "structures.jpg", head + segment(0xE1, packet) + rest
    for name, iptc in {"utf8": IPTC_UTF8, "latin": IPTC_LATIN}.items():
        body = b"Photoshop 3.0\0" + resource(0x0404, iptc) + resource(0x040A, b"\1")
        yield f"{name}.jpg", head + segment(0xED, body) + rest
    second = P3[:8] + b"\2\x40\0\0" + P3[12:]
    yield "wide.jpg", encoded(image, "JPEG", quality=97, icc_profile=P3)
    yield "second.jpg", encoded(image, "JPEG", quality=97, icc_profile=second)


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def resource(number: int, data: bytes) -> bytes:
    head = b"8BIM" + struct.pack(">H", number) + b"\0\0" + struct.pack(">I", len(data))
    return head + data + b"\0" * (len(data) % 2)


def texts() -> Iterator[tuple[str, bytes]]:
    """PNGs with text of each kind and EXIF; a GIF with a comment, XMP and a profile."""
    plain = encoded(pixels(), "PNG")
    lines = {
        b"tEXt": b"Creation Time\x002026-01-02",
        b"zTXt": b"Disclaimer\0\0" + zlib.compress(b"none " * 50),
        b"iTXt": b"Description\0\1\0ja\0\xe8\xa8\x98\0" + zlib.compress("\u6771\u4eac".encode()),
        b"tIME": struct.pack(">HBBBBB", 2026, 1, 2, 3, 4, 5),
        b"eXIf": camera("FUJIFILM"),
    }
    kept = b"".join(chunk(letters, body) for letters, body in lines.items())
    yield "texts.png", plain[:33] + kept + plain[33:]
    raw = f"\niptc\n{len(IPTC_UTF8):8d}\n{IPTC_UTF8.hex()}\n"
    packed = b"Raw profile type iptc\0\0" + zlib.compress(raw.encode())
    yield "profiles.png", plain[:33] + chunk(b"zTXt", packed) + plain[33:]
    packet = b"XML:com.adobe.xmp\0\0\0\0\0" + XMP
    yield "structures.png", plain[:33] + chunk(b"iTXt", packet) + plain[33:]
    few = Image.fromarray(pixels()).quantize(32)
    still = encoded(few, "GIF", comment="gr\u00fcn".encode())
    place = 13 + (3 << (still[10] & 7) + 1)
    yield "described.gif", still[:place] + made(P3, XMP, ()) + still[place:]


def tiffs() -> Iterator[tuple[str, bytes]]:
    """TIFFs with fields of maps, of their makers, of Photoshop; large ones, and big-endian ones."""
    colour = pixels()
    place: list[Any] = [
        (33550, "d", 3, (10.0, 10.0, 0.0), True),
        (33922, "d", 6, (0.0, 0.0, 0.0, 400000.0, 5800000.0, 0.0), True),
        (34735, "H", 8, (1, 1, 0, 1, 1024, 0, 1, 1), True),
        (34737, "s", 0, "WGS 84|", True),
        (42113, "s", 0, "0", True),
    ]
    own: list[Any] = [
        (65000, "s", 0, "of its maker", True),
        (65001, "d", 2, (1.5, -2.5), True),
        (65002, "H", 3, (1, 2, 3), True),
        (50341, "B", 4, b"Prnt", True),
    ]
    said: list[Any] = [
        (315, "s", 0, "Ada", True),
        (33432, "s", 0, "(c) Ada", True),
        (269, "s", 0, "a document", True),
        (700, "B", len(XMP), XMP, True),
        (33723, "B", len(IPTC_UTF8), IPTC_UTF8, True),
        (34377, "B", 14, resource(0x040A, b"\1"), True),
    ]
    resolution: dict[str, Any] = {"resolution": (600, 600), "resolutionunit": "INCH"}
    options: dict[str, dict[str, Any]] = {
        "map": {"extratags": place},
        "private": {"extratags": own, **resolution},
        "said": {"extratags": said, "iccprofile": P3, "compression": "zlib"},
        "large": {"extratags": said + own, "bigtiff": True, **resolution},
        "big-endian": {"extratags": said + place, "byteorder": ">"},
    }
    for name, each in options.items():
        yield f"{name}.tif", tiff(colour, photometric="rgb", description="a scene", **each)
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[271], tags[272] = "Canon", "Canon 1"
    exif = Image.Exif()
    exif.load(b"Exif\0\0" + camera("Canon"))
    yield "camera.tif", encoded(Image.fromarray(colour), "TIFF", exif=exif, dpi=(300, 300))


def boxes() -> Iterator[tuple[str, bytes]]:
    """AVIF, HEIC and JPEG XL with EXIF and XMP, some with a profile; DPX and BMP."""
    picture = images.from_array(pixels())
    for name, beside in {
        "AVIF": {"exif": camera("Apple"), "xmp": XMP, "icc": P3},
        "HEIC": {"exif": camera("Apple"), "xmp": XMP, "icc": P3},
        "JXL": {"exif": camera("Apple"), "xmp": XMP},
    }.items():
        if FORMATS[name].writable:
            described = images.Picture(**{**vars(picture), **beside, "format": name})
            ending = FORMATS[name].endings[0]
            yield f"apple{ending}", images.encode(described, FORMATS[name])[0]
    dpx = bytearray(images.encode(picture, FORMATS["DPX"])[0])
    dpx[36:52], dpx[160:172] = b"scan_0001.dpx\0\0\0", b"a scanner\0\0\0"
    # what users put behind the header, and where everything stands then
    users = b"a program".ljust(32, b"\0") + b"take 3".ljust(96, b"\0")
    start = len(dpx) - pixels().size
    struct.pack_into(">I", dpx, 4, start + len(users))
    struct.pack_into(">I", dpx, 16, len(dpx) + len(users))
    struct.pack_into(">II", dpx, 24, start - 384, 384 + len(users))
    struct.pack_into(">I", dpx, 808, start + len(users))
    yield "film.dpx", bytes(dpx[:start]) + users + bytes(dpx[start:])
    resolved = images.Picture(**{**vars(picture), "dpi": (300.0, 300.0), "format": "BMP"})
    yield "resolved.bmp", images.encode(resolved, FORMATS["BMP"])[0]


def several() -> Iterator[tuple[str, bytes]]:
    """JPEGs behind which others stand."""
    yield "ultra.jpg", ultra_hdr()
    shot = encoded(pixels(), "JPEG", quality=97, exif=b"Exif\0\0" + camera("Canon"))
    other = encoded(255 - np.asarray(pixels()), "JPEG", quality=80)
    yield "both.jpg", mpf(shot, (0x020002, other))
