"""PDFs: pictures out, restored and back, seen through another reader (PDFium)."""

from __future__ import annotations

import io
import json
import re
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pdf_files as make
import pytest
from numpy.typing import NDArray
from pdf_files import Document
from PIL import Image, ImageCms

import burnish
from burnish.contract import Array
from burnish.errors import (
    BurnishError,
    FormatLimit,
    InputCorrupt,
    InputError,
    InputMissing,
    InputTruncated,
    NotKept,
    OutputError,
    UnsupportedFormat,
    UsageError,
)
from burnish.images import Picture
from burnish.inference.pages import Pages, listed
from burnish.inference.pdf import is_pdf
from burnish.inference.pdf.document import restore_pdf
from burnish.inference.pdf.exchange import Outcome
from burnish.inference.pdf.facts import facts_of_pdf
from burnish.inference.pdf.fax import decode_fax
from burnish.pipeline import Restored, Settled

pdfium: Any = pytest.importorskip("pypdfium2")
pikepdf = make.pikepdf
Name, Dictionary, Array_ = pikepdf.Name, pikepdf.Dictionary, pikepdf.Array


def by(change: Callable[[Array], Any], seen: list[Picture] | None = None) -> Any:
    """A way to restore that changes pixels, and keeps the pictures that it saw."""

    def restore(picture: Picture, progress: object = None) -> Restored:
        if seen is not None:
            seen.append(picture)
        settled = Settled({}, {})
        return Restored(picture.with_pixels(change(picture.pixels)), settled, 0.0)

    return restore


#: by less than a file can tell: what nothing changed would keep its stream
same = by(lambda pixels: np.nextafter(pixels, np.float32(0.5)))
untouched = by(lambda pixels: pixels)
paler = by(lambda pixels: np.float32(0.5) + pixels / 2)


def run(source: Path, restore: Any = same, **options: Any) -> tuple[Path, Outcome]:
    """Restores a PDF beside itself."""
    target = source.with_name(f"{source.stem}_restored.pdf")
    return target, restore_pdf(source, target, restore, **options)


def rendered(path: Path, page: int = 0) -> NDArray[np.int16]:
    """A page as PDFium shows it, at 72 dots an inch."""
    document = pdfium.PdfDocument(path)
    try:
        return np.asarray(document[page].render(scale=1).to_pil().convert("RGB")).astype(np.int16)
    finally:
        document.close()


def difference(one: Path, other: Path, page: int = 0) -> float:
    """How far two renderings are apart, at most."""
    return float(np.abs(rendered(one, page) - rendered(other, page)).max())


def images_of(path: Path, page: int = 0) -> dict[str, Any]:
    """The entries of the pictures of a page."""
    with pikepdf.open(path) as pdf:
        drawn = pdf.pages[page].Resources.XObject
        return {
            name: {key: str(stream[key]) for key in stream.stream_dict}
            for name, stream in drawn.items()
        }


# Kinds of pictures: each comes back as PDFium showed it before.


def _grey() -> NDArray[np.uint8]:
    return np.asarray(make.page(200, 283, paper=230, noise=4))


def _colour() -> NDArray[np.uint8]:
    return np.asarray(make.photograph(200, 283))


def _white() -> NDArray[np.bool_]:
    return make.bilevel(make.page(400, 566))


def _cmyk_jpeg(d: Document) -> Any:
    # as Adobe's programs write them: turned over, and turned back by /Decode
    image = make.photograph(200, 283).convert("CMYK")
    return d.of_jpeg(image, 95, Decode=Array_([1, 0] * 4))


def _cmyk_flate(d: Document) -> Any:
    samples = np.asarray(make.photograph(200, 283).convert("CMYK"))
    return d.of_flate(samples, ColorSpace=Name.DeviceCMYK)


def _rgb_jpeg_without_transform(d: Document) -> Any:
    data = make.jpeg(make.photograph(200, 283), 95, keep_rgb=True, subsampling=0)
    return d.image(data, 200, 283, ColorSpace=Name.DeviceRGB, Filter=Name.DCTDecode)


def _png_predictor(d: Document) -> Any:
    file = io.BytesIO()
    Image.fromarray(_colour()).save(file, "PNG")
    data: bytes = b""
    at = 8
    png = file.getvalue()
    while at < len(png):
        size = int.from_bytes(png[at : at + 4], "big")
        data += png[at + 8 : at + 8 + size] if png[at + 4 : at + 8] == b"IDAT" else b""
        at += size + 12
    how = Dictionary(Predictor=15, Colors=3, Columns=200, BitsPerComponent=8)
    given = {"ColorSpace": Name.DeviceRGB, "Filter": Name.FlateDecode, "DecodeParms": how}
    return d.image(data, 200, 283, **given)


def _tiff_predictor(d: Document) -> Any:
    grey = _grey()
    steps = np.diff(grey, axis=1, prepend=np.zeros((283, 1), np.uint8))
    how = Dictionary(Predictor=2, Colors=1, Columns=200, BitsPerComponent=8)
    return d.of_flate(steps.astype(np.uint8), DecodeParms=how)


def _lzw(d: Document) -> Any:
    packed = bytes(imagecodecs.lzw_encode(_grey().tobytes()))
    return d.image(packed, 200, 283, Filter=Name.LZWDecode)


def _two_filters(d: Document) -> Any:
    data = zlib.compress(_grey().tobytes()).hex().encode() + b">"
    return d.image(data, 200, 283, Filter=Array_([Name.ASCIIHexDecode, Name.FlateDecode]))


def _jpeg_in_hex(d: Document) -> Any:
    data = make.jpeg(Image.fromarray(_grey()), 95).hex().encode() + b">"
    return d.image(data, 200, 283, Filter=Array_([Name.ASCIIHexDecode, Name.DCTDecode]))


def _more_behind_fax_code(d: Document) -> Any:
    # as Pillow writes its PDFs: with the directory of the TIFF that it took the code from
    data = make.group_4(_white()) + bytes(range(90)) * 2
    how = Dictionary(K=-1, Columns=400, Rows=566)
    given = {"Filter": Name.CCITTFaxDecode, "DecodeParms": how, "BitsPerComponent": 1}
    return d.image(data, 400, 566, **given)


def _jpeg_in_flate(d: Document) -> Any:
    data = zlib.compress(make.jpeg(Image.fromarray(_grey()), 95))
    return d.image(data, 200, 283, Filter=Array_([Name.FlateDecode, Name.DCTDecode]))


def _palette(bits: int) -> Callable[[Document], Any]:
    def built(d: Document) -> Any:
        colours = 2**bits
        image = make.photograph(200, 283).quantize(min(colours, 256))
        codes = np.asarray(image)
        table = bytes(image.getpalette() or [])[: 3 * colours].ljust(3 * colours, b"\0")
        flat = np.unpackbits(codes.reshape(283, 200, 1), axis=2)[..., 8 - bits :]
        packed = np.packbits(flat.reshape(283, -1), axis=1)
        space = Array_([Name.Indexed, Name.DeviceRGB, colours - 1, pikepdf.String(table)])
        return d.of_flate(packed, Width=200, ColorSpace=space, BitsPerComponent=bits)

    return built


def _icc(d: Document) -> Any:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    stream = d.pdf.make_stream(profile, N=3)
    return d.of_flate(_colour(), ColorSpace=Array_([Name.ICCBased, stream]))


def _cal_rgb(d: Document) -> Any:
    how = Dictionary(WhitePoint=Array_([0.9505, 1.0, 1.089]), Gamma=Array_([2.2, 2.2, 2.2]))
    return d.of_flate(_colour(), ColorSpace=Array_([Name.CalRGB, how]))


def _lab(d: Document) -> Any:
    # L falls from left to right, a from top to bottom
    y, x = np.mgrid[0:283, 0:200]
    samples = np.stack([240 - x, 110 + y // 8, np.full_like(x, 135)], -1).astype(np.uint8)
    how = Dictionary(WhitePoint=Array_([0.9642, 1.0, 0.8249]), Range=Array_([-90, 90, -80, 80]))
    return d.of_flate(samples, ColorSpace=Array_([Name.Lab, how]))


def _sixteen(d: Document) -> Any:
    samples = (_grey().astype(">u2") * 257).astype(">u2")
    data = zlib.compress(samples.tobytes())
    return d.image(data, 200, 283, BitsPerComponent=16, Filter=Name.FlateDecode)


def _four_bits(d: Document) -> Any:
    codes = _grey() >> 4
    return d.of_flate(codes[:, ::2] << 4 | codes[:, 1::2], Width=200, BitsPerComponent=4)


def _inverted(d: Document) -> Any:
    return d.of_flate(_grey(), Decode=Array_([1, 0]))


def _fax_black_is_1(d: Document) -> Any:
    how = Dictionary(K=-1, Columns=400, Rows=566, BlackIs1=True)
    return d.of_fax(_white(), DecodeParms=how, Decode=Array_([1, 0]))


def _group_3(options: int) -> Callable[[Document], Any]:
    def built(d: Document) -> Any:
        file = io.BytesIO()
        white = _white()
        tags = {278: len(white), 292: options}
        Image.fromarray(~white).save(file, "TIFF", compression="group3", tiffinfo=tags)
        found: Any = Image.open(file)
        start, count = found.tag_v2[273][0], found.tag_v2[279][0]
        data = file.getvalue()[start : start + count]
        how = Dictionary(K=options, Columns=400, Rows=566, EndOfLine=True)
        given = {"Filter": Name.CCITTFaxDecode, "DecodeParms": how}
        return d.image(data, 400, 566, BitsPerComponent=1, **given)

    return built


def _jbig2(d: Document) -> Any:
    data = make.jbig2(_white())
    return d.image(data, 400, 566, BitsPerComponent=1, Filter=Name.JBIG2Decode)


def _one_bit(d: Document) -> Any:
    packed = np.packbits(_white(), axis=1)
    return d.of_flate(packed, Width=400, BitsPerComponent=1)


def _jpeg_2000(lossless: bool) -> Callable[[Document], Any]:
    def built(d: Document) -> Any:
        how: dict[str, Any] = {"level": 90, "reversible": lossless, "codecformat": "jp2"}
        data = bytes(imagecodecs.jpeg2k_encode(_colour(), **how))
        return d.image(
            data, 200, 283, ColorSpace=None, BitsPerComponent=None, Filter=Name.JPXDecode
        )

    return built


def _stencil(d: Document) -> Any:
    return d.of_fax(_white(), ColorSpace=None, ImageMask=True)


def _stencil_inverted(d: Document) -> Any:
    packed = np.packbits(~_white(), axis=1)
    given = {"ColorSpace": None, "ImageMask": True, "Decode": Array_([1, 0])}
    return d.of_flate(packed, Width=400, BitsPerComponent=1, **given)


def _soft_mask(d: Document) -> Any:
    ramp = np.tile(np.linspace(0, 255, 200).astype(np.uint8), (283, 1))
    return d.of_flate(_colour(), SMask=d.of_flate(ramp))


KINDS: dict[str, Callable[[Document], Any]] = {
    "grey JPEG": lambda d: d.of_jpeg(Image.fromarray(_grey()), 95),
    "colour JPEG": lambda d: d.of_jpeg(Image.fromarray(_colour()), 95),
    "RGB JPEG": _rgb_jpeg_without_transform,
    "CMYK JPEG": _cmyk_jpeg,
    "JPEG in deflate": _jpeg_in_flate,
    "JPEG in hexadecimal": _jpeg_in_hex,
    "group 4 with more behind": _more_behind_fax_code,
    "grey": lambda d: d.of_flate(_grey()),
    "colour": lambda d: d.of_flate(_colour()),
    "CMYK": _cmyk_flate,
    "PNG's predictors": _png_predictor,
    "TIFF's predictor": _tiff_predictor,
    "LZW": _lzw,
    "two filters": _two_filters,
    "palette of 256": _palette(8),
    "palette of 16": _palette(4),
    "palette of 4": _palette(2),
    "palette of 2": _palette(1),
    "ICC": _icc,
    "CalRGB": _cal_rgb,
    "Lab": _lab,
    "16 bits": _sixteen,
    "4 bits": _four_bits,
    "inverted": _inverted,
    "group 4": lambda d: d.of_fax(_white()),
    "group 4, black is 1": _fax_black_is_1,
    "group 3": _group_3(0),
    "group 3 in two dimensions": _group_3(1),
    "JBIG2": _jbig2,
    "1 bit": _one_bit,
    "JPEG 2000": _jpeg_2000(lossless=False),
    "lossless JPEG 2000": _jpeg_2000(lossless=True),
    "stencil": _stencil,
    "inverted stencil": _stencil_inverted,
    "soft mask": _soft_mask,
}
#: how far a page may be off where a picture was packed with loss, or its colours converted
LOSSY = {"JPEG": 12.0, "CMYK": 60.0, "Lab": 14.0}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_comes_back_as_another_reader_shows_it(kind: str, tmp_path: Path) -> None:
    document = Document()
    document.add_scan(KINDS[kind](document))
    source = document.save(tmp_path / "scan.pdf")
    target, outcome = run(source)
    allowed = max((value for word, value in LOSSY.items() if word in kind), default=2.0)
    assert difference(source, target) <= (2.0 if "lossless" in kind else allowed)
    assert rendered(source).std() > 5
    assert len(outcome.done) == 1
    # and what is seen is the result, not what was there before
    if "stencil" not in kind:
        target, _ = run(source, paler)
        assert rendered(target).min() >= 126


# What is put back, and how it is packed.


def scan(tmp_path: Path, build: Callable[[Document], Any], **options: Any) -> Path:
    """A PDF of one page that is one picture."""
    document = Document()
    document.add_scan(build(document), **options)
    return document.save(tmp_path / "scan.pdf")


def test_a_fax_page_whose_result_is_black_and_white_stays_fax_code(tmp_path: Path) -> None:
    source = scan(tmp_path, KINDS["group 4"])
    target, _ = run(source)
    found = images_of(target)["/Im0"]
    assert (found["/Filter"], found["/BitsPerComponent"]) == ("/CCITTFaxDecode", "1")
    assert target.stat().st_size <= source.stat().st_size + 100


def test_a_jbig2_page_comes_back_as_fax_code_and_small(tmp_path: Path) -> None:
    source = scan(tmp_path, KINDS["JBIG2"])
    target, _ = run(source)
    assert images_of(target)["/Im0"]["/Filter"] == "/CCITTFaxDecode"
    assert target.stat().st_size < 1.1 * source.stat().st_size


def test_a_grey_page_made_black_and_white_becomes_fax_code(tmp_path: Path) -> None:
    source = scan(tmp_path, lambda d: d.of_jpeg(make.page(noise=10)))
    target, outcome = run(source, by(lambda pixels: np.float32(pixels > 0.5)))
    assert images_of(target)["/Im0"]["/Filter"] == "/CCITTFaxDecode"
    assert target.stat().st_size < source.stat().st_size / 5
    assert "1 picture restored, on 1 page; 0." in outcome.summary


def test_a_fax_page_whose_result_is_grey_becomes_grey_and_is_said(tmp_path: Path) -> None:
    target, outcome = run(scan(tmp_path, KINDS["group 4"]), paler)
    assert images_of(target)["/Im0"]["/BitsPerComponent"] == "8"
    assert any("8-bit grey in the result, which has greys" in note for note in outcome.notes)


def test_a_stencil_whose_result_is_grey_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedFormat, match="it is a stencil, which holds black and white"):
        run(scan(tmp_path, KINDS["stencil"]), paler)


def test_a_jpeg_stays_one_of_its_quality_and_lossless_stays_lossless(tmp_path: Path) -> None:
    document = Document()
    document.add_scan(document.of_jpeg(make.photograph(), 98))
    document.add_scan(document.of_flate(_colour()))
    source = document.save(tmp_path / "scan.pdf")
    target, _ = run(source)
    assert images_of(target, 0)["/Im0"]["/Filter"] == "/DCTDecode"
    assert images_of(target, 1)["/Im0"]["/Filter"] == "/FlateDecode"
    with pikepdf.open(target) as pdf:
        stored = pdf.pages[1].Resources.XObject.Im0.read_bytes()
    assert stored == _colour().tobytes()


def test_what_needs_nothing_keeps_its_bytes(tmp_path: Path) -> None:
    document = Document()
    for build in (_jbig2, _cmyk_jpeg, _jpeg_2000(lossless=False)):
        document.add_scan(build(document)).Thumb = document.of_jpeg(make.page(60, 90))
    document.add_scan(document.of_flate(_grey()))
    source = document.save(tmp_path / "scan.pdf")
    seen: list[Picture] = []
    target, outcome = run(source, by(lambda pixels: pixels * (0.9 if len(seen) > 3 else 1), seen))
    assert outcome.summary.startswith("1 picture restored and 3 left as they were, on 4 pages; ")
    with pikepdf.open(source) as before, pikepdf.open(target) as after:
        for number in range(4):
            ((old,), (new,)) = (
                file.pages[number].Resources.XObject.values() for file in (before, after)
            )
            assert (old.read_raw_bytes() == new.read_raw_bytes()) == (number < 3)
            assert old.Filter == new.Filter
            assert ("/Thumb" in after.pages[number]) == (number < 3)
    # nothing was converted, so there is nothing to say
    assert outcome.notes == []
    assert run(source, untouched)[1].summary.startswith("0 pictures restored and 4 left as they")


def test_sixteen_bits_stay_sixteen(tmp_path: Path) -> None:
    target, _ = run(scan(tmp_path, _sixteen))
    with pikepdf.open(target) as pdf:
        stream = pdf.pages[0].Resources.XObject.Im0
        assert stream.BitsPerComponent == 16
        stored = np.frombuffer(stream.read_bytes(), ">u2").reshape(283, 200)
    assert (stored == _grey().astype(np.uint16) * 257).all()


def test_a_profile_stays_and_goes_with_the_picture(tmp_path: Path) -> None:
    seen: list[Picture] = []
    source = scan(tmp_path, _icc)
    target, _ = run(source, by(lambda pixels: pixels, seen))
    assert seen[0].icc is not None
    assert images_of(target)["/Im0"]["/ColorSpace"] == images_of(source)["/Im0"]["/ColorSpace"]


def test_cmyk_comes_back_as_srgb_and_is_said(tmp_path: Path) -> None:
    target, outcome = run(scan(tmp_path, _cmyk_jpeg))
    assert "ICCBased" in images_of(target)["/Im0"]["/ColorSpace"]
    assert any("CMYK, converted to sRGB" in note for note in outcome.notes)


def test_a_model_that_enlarges_fills_the_same_place(tmp_path: Path) -> None:
    def enlarge(picture: Picture, progress: object) -> Restored:
        large = picture.pixels.repeat(2, -1).repeat(2, -2)
        return Restored(picture.with_pixels(large), Settled({}, {}), 0.0)

    source = scan(tmp_path, KINDS["colour"])
    target, _ = run(source, enlarge)
    assert images_of(target)["/Im0"]["/Width"] == "400"
    assert difference(source, target) <= 12


# What stays.


def rich(tmp_path: Path) -> Path:
    """A document with all that may come to harm: text, outlines, metadata, links, a form."""
    document = Document()
    document.add_scan(document.of_jpeg(make.page(noise=8)), text=make.WORDS)
    document.add_scan(document.of_fax(_white()), text="second", size=(842, 595))
    document.add("0 0 1 rg 100 100 50 50 re f", text="no picture here")
    pdf = document.pdf
    pdf.pages[1].Rotate = 90
    with pdf.open_outline() as outline:
        outline.root.append(pikepdf.OutlineItem("Chapter", 1))
    pdf.docinfo["/Title"] = "A title"
    pdf.docinfo["/Producer"] = "a scanner"
    packet = b"<?xpacket begin='' id='x'?><x:xmpmeta xmlns:x='adobe:ns:meta/'/><?xpacket end='w'?>"
    pdf.Root.Metadata = pdf.make_stream(packet, Type=Name.Metadata, Subtype=Name.XML)
    pdf.pages[0].Annots = Array_(
        [Dictionary(Type=Name.Annot, Subtype=Name.Text, Rect=Array_([9, 9, 29, 29]), Contents="n")]
    )
    pdf.Root.AcroForm = Dictionary(
        Fields=Array_([pdf.make_indirect(Dictionary(FT=Name.Tx, T="name", V="Anna"))])
    )
    return document.save(tmp_path / "rich.pdf")


def looks(path: Path) -> list[Any]:
    """All that another reader finds beside the pictures."""
    document = pdfium.PdfDocument(path)
    pages = [document[n] for n in range(len(document))]
    texts = [page.get_textpage().get_text_range() for page in pages]
    outline = [(item.get_title(), item.get_dest().get_index()) for item in document.get_toc()]
    sizes = [(page.get_size(), page.get_rotation()) for page in pages]
    return [texts, outline, sizes, document.get_metadata_dict()]


def test_text_outlines_metadata_sizes_annotations_and_forms_stay(tmp_path: Path) -> None:
    source = rich(tmp_path)
    target, _ = run(source, paler)
    assert looks(target) == looks(source)
    assert looks(source)[0][0].strip() == make.WORDS
    assert looks(source)[1] == [("Chapter", 1)]
    with pikepdf.open(source) as before, pikepdf.open(target) as after:
        assert after.Root.Metadata.read_raw_bytes() == before.Root.Metadata.read_raw_bytes()
        assert str(after.Root.AcroForm.Fields[0].V) == "Anna"
        assert str(after.pages[0].Annots[0].Contents) == "n"
        for old, new in zip(before.pages, after.pages, strict=True):
            assert new.Contents.read_raw_bytes() == old.Contents.read_raw_bytes()
    assert difference(source, target, page=2) == 0


def test_the_input_stays_and_the_same_document_gives_the_same_bytes(tmp_path: Path) -> None:
    source = rich(tmp_path)
    before = source.read_bytes()
    first = run(source, paler)[0].read_bytes()
    assert run(source, paler)[0].read_bytes() == first
    assert source.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"rich.pdf", "rich_restored.pdf"}


def test_packed_objects_stay_packed_and_linearised_stays_linearised(tmp_path: Path) -> None:
    document = Document()
    document.add_scan(document.of_jpeg(make.page()))
    packed = document.save(
        tmp_path / "packed.pdf",
        object_stream_mode=pikepdf.ObjectStreamMode.generate,
        linearize=True,
    )
    target, outcome = run(packed)
    assert b"/ObjStm" in target.read_bytes()
    with pikepdf.open(target) as pdf:
        assert pdf.is_linearized
    assert not any("earlier version" in note for note in outcome.notes)


def test_earlier_versions_in_the_file_are_said_to_go(tmp_path: Path) -> None:
    source = scan(tmp_path, KINDS["grey"])
    data = source.read_bytes()
    last = int(data.rpartition(b"startxref")[2].split()[0])
    with pikepdf.open(source) as pdf:
        number, root = len(pdf.objects), pdf.Root.objgen[0]
    added = f"{number + 1} 0 obj\n(new)\nendobj\n".encode()
    table = f"xref\n{number + 1} 1\n{len(data):010d} 00000 n \n"
    trailer = f"trailer\n<< /Size {number + 2} /Root {root} 0 R /Prev {last} >>\n"
    end = f"startxref\n{len(data) + len(added)}\n%%EOF\n"
    source.write_bytes(data + added + (table + trailer + end).encode())
    _, outcome = run(source)
    assert any("not kept: 1 earlier version " in note for note in outcome.notes)


def test_a_claim_to_be_an_archive_file_is_said(tmp_path: Path) -> None:
    document = Document()
    document.add_scan(document.of_jpeg(make.page()))
    packet = b"<rdf pdfaid:part='2' pdfaid:conformance='B'/>"
    document.pdf.Root.Metadata = document.pdf.make_stream(packet)
    _, outcome = run(document.save(tmp_path / "a.pdf"))
    assert any("claims to be PDF/A-2b, which nobody has checked" in n for n in outcome.notes)


# Which pictures: what is drawn how, and what is left alone.


def test_a_picture_on_several_pages_is_restored_once(tmp_path: Path) -> None:
    document = Document()
    shared = document.of_jpeg(make.page())
    for _ in range(3):
        document.add_scan(shared)
    seen: list[Picture] = []
    target, _ = run(document.save(tmp_path / "s.pdf"), by(lambda p: p * 0.5 + 0.5, seen))
    assert len(seen) == 1
    assert all(rendered(target, page).min() >= 120 for page in range(3))


def strips(document: Document, samples: NDArray[Any], rows: int) -> None:
    """A page whose picture is cut into strips of so many rows."""
    height, width = samples.shape[:2]
    scale = 595 / width
    content, drawn = "", {}
    for number, top in enumerate(range(0, height, rows)):
        part = samples[top : top + rows]
        drawn[f"/S{number}"] = document.of_flate(part)
        low, tall = (height - top - len(part)) * scale, len(part) * scale
        content += f"q 595 0 0 {tall:.3f} 0 {low:.3f} cm /S{number} Do Q\n"
    document.add(content, drawn, size=(595, height * scale))


@pytest.mark.parametrize("samples", [_grey(), _colour()], ids=["grey", "colour"])
def test_strips_are_one_picture(samples: NDArray[np.uint8], tmp_path: Path) -> None:
    document = Document()
    strips(document, samples, rows=16)
    seen: list[Picture] = []
    source = document.save(tmp_path / "strips.pdf")
    # what depends on where in the whole picture something stands
    ramp = np.linspace(0.2, 1, 283, dtype=np.float32)[:, None]
    target, outcome = run(source, by(lambda pixels: pixels * ramp, seen))
    assert [picture.pixels.shape[-2:] for picture in seen] == [(283, 200)]
    wanted = Document()
    expected = samples * ramp.reshape(283, *[1] * (samples.ndim - 1))
    strips(wanted, np.rint(expected).astype(np.uint8), rows=16)
    assert difference(wanted.save(tmp_path / "wanted.pdf"), target) <= 1
    assert "1 picture restored" in outcome.summary


def test_tiles_on_a_turned_page_are_one_picture(tmp_path: Path) -> None:
    document = Document()
    samples = np.asarray(make.page(300, 450))
    content, drawn = "", {}
    for number, (row, column) in enumerate(np.ndindex(3, 2)):
        tile = samples[150 * row : 150 * row + 150, 150 * column : 150 * column + 150]
        drawn[f"/T{number}"] = document.of_flate(tile)
        # on its side: what is right in the picture is up on the page
        content += f"q 0 150 -150 0 {150 * row + 150} {150 * column} cm /T{number} Do Q\n"
    document.add(content, drawn, size=(450, 300)).Rotate = 90
    seen: list[Picture] = []
    source = document.save(tmp_path / "tiles.pdf")
    target, _ = run(source, by(lambda pixels: pixels, seen))
    assert len(seen) == 1
    assert (np.rint(seen[0].pixels[0, 0] * 255) == samples).all()
    assert difference(source, target) == 0


def test_pages_that_are_not_meant_stay_as_they_are(tmp_path: Path) -> None:
    document = Document()
    for _ in range(3):
        document.add_scan(document.of_flate(_grey()))
    source = document.save(tmp_path / "pages.pdf")
    target, _ = run(source, paler, pages=Pages.parse("2"))
    assert [difference(source, target, page) > 50 for page in range(3)] == [False, True, False]
    with pytest.raises(InputError, match="has 3 pages, and --pages 4 asks for more"):
        run(source, pages=Pages.parse("4"))


def test_photographs_that_stand_apart_are_pictures_of_their_own(tmp_path: Path) -> None:
    document = Document()
    drawn = {f"/P{n}": document.of_jpeg(make.photograph()) for n in range(3)}
    content = "".join(f"q 200 0 0 150 50 {600 - 200 * n} cm /P{n} Do Q\n" for n in range(3))
    document.add(content, drawn)
    seen: list[Picture] = []
    run(document.save(tmp_path / "p.pdf"), by(lambda pixels: pixels, seen))
    assert [picture.pixels.shape for picture in seen] == [(1, 3, 240, 320)] * 3


def test_a_picture_in_a_form_on_a_turned_page_is_found(tmp_path: Path) -> None:
    document = Document()
    form = document.pdf.make_stream(
        b"q 500 0 0 700 0 0 cm /Im0 Do Q",
        Type=Name.XObject,
        Subtype=Name.Form,
        BBox=Array_([0, 0, 600, 900]),
        Matrix=Array_([0.5, 0, 0, 0.5, 10, 20]),
        Resources=Dictionary(XObject=Dictionary(Im0=document.of_jpeg(make.page()))),
    )
    document.add("q /Fm Do Q", {"/Fm": form}).Rotate = 270
    source = document.save(tmp_path / "form.pdf")
    target, _ = run(source, paler)
    assert abs(rendered(target).mean() - 255) < abs(rendered(source).mean() - 255)


def test_small_pictures_are_left_alone(tmp_path: Path) -> None:
    document = Document()
    drawn = {
        "/A": document.of_jpeg(make.page()),
        "/B": document.of_jpeg(make.photograph(63, 500)),
        "/C": document.of_jpeg(make.photograph(100, 100)),
    }
    large = "q 400 0 0 600 50 200 cm /A Do Q q 200 0 0 100 0 0 cm /B Do Q"
    document.add(f"{large} q 50 0 0 50 500 0 cm /C Do Q", drawn)
    source = document.save(tmp_path / "small.pdf")
    target, outcome = run(source, paler)
    with pikepdf.open(source) as before, pikepdf.open(target) as after:
        for name in ("/B", "/C"):
            old, new = (pdf.pages[0].Resources.XObject[name] for pdf in (before, after))
            assert old.read_raw_bytes() == new.read_raw_bytes()
    assert any("small pictures (under 64 pixels" in note for note in outcome.notes)


def layered(document: Document) -> None:
    """A page of three layers, as programs that make scans small write them."""
    mask = document.of_fax(_white(), ColorSpace=None, ImageMask=True)
    drawn = {
        "/Back": document.of_jpeg(make.photograph(200, 283)),
        "/Front": document.of_jpeg(make.photograph(100, 141), Mask=mask),
    }
    document.add("q 595 0 0 842 0 0 cm /Back Do /Front Do Q", drawn)


def test_layers_are_left_alone_and_said(tmp_path: Path) -> None:
    document = Document()
    document.add_scan(document.of_jpeg(make.page()))
    layered(document)
    source = document.save(tmp_path / "layers.pdf")
    target, outcome = run(source, paler)
    assert difference(source, target, page=1) == 0
    assert any(note.startswith("page 2: left alone: made of layers") for note in outcome.notes)


def _colour_key(d: Document) -> Any:
    return d.of_flate(_grey(), Mask=Array_([0, 10]))


def _matte(d: Document) -> Any:
    mask = d.of_flate(_grey(), Matte=Array_([0, 0, 0]))
    return d.of_flate(_colour(), SMask=mask)


def _separation(d: Document) -> Any:
    how = Dictionary(FunctionType=2, Domain=Array_([0, 1]), N=1, C0=Array_([0]), C1=Array_([1]))
    space = Array_([Name.Separation, Name("/Gold"), Name.DeviceGray, how])
    return d.of_flate(_grey(), ColorSpace=space)


def _inks(d: Document) -> Any:
    """Three inks, of which a function makes CMYK."""
    code = b"{ 0 }"
    numbers = {"Domain": Array_([0, 1] * 3), "Range": Array_([0, 1] * 4)}
    how = d.pdf.make_stream(code, FunctionType=4, **numbers)
    return Array_([Name.DeviceN, Array_([Name.Cyan, Name.Gold, Name.Black]), Name.DeviceCMYK, how])


def _device_n(d: Document) -> Any:
    return d.of_flate(_colour(), ColorSpace=_inks(d))


def _palette_of_inks(d: Document) -> Any:
    table = pikepdf.String(bytes(range(256)) * 3)
    return d.of_flate(_grey(), ColorSpace=Array_([Name.Indexed, _inks(d), 255, table]))


def _odd_profile(d: Document) -> Any:
    return d.of_flate(_grey(), ColorSpace=Array_([Name.ICCBased, d.pdf.make_stream(b"", N=5)]))


def _pattern(d: Document) -> Any:
    return d.of_flate(_grey(), ColorSpace=Name.Pattern)


def _odd_filter(d: Document) -> Any:
    return d.of_flate(_grey(), Filter=Name.Nonesuch)


def _elsewhere(d: Document) -> Any:
    return d.of_flate(_grey(), F=pikepdf.String("other.jpg"))


def _cut_jpeg(d: Document) -> Any:
    data = make.jpeg(make.page())
    return d.image(data[: len(data) // 2], 620, 877, Filter=Name.DCTDecode)


def _short_rows(d: Document) -> Any:
    return d.image(zlib.compress(bytes(200 * 100)), 200, 283, Filter=Name.FlateDecode)


def _cut_fax(d: Document) -> Any:
    data = make.group_4(_white())
    how = Dictionary(K=-1, Columns=400, Rows=566)
    given = {"Filter": Name.CCITTFaxDecode, "DecodeParms": how, "BitsPerComponent": 1}
    return d.image(data[: len(data) // 2], 400, 566, **given)


def _damaged_fax(d: Document) -> Any:
    data = bytearray(make.group_4(_white()))
    data[len(data) // 2 : len(data) // 2 + 4] = bytes(4)
    how = Dictionary(K=-1, Columns=400, Rows=566)
    given = {"Filter": Name.CCITTFaxDecode, "DecodeParms": how, "BitsPerComponent": 1}
    return d.image(bytes(data), 400, 566, **given)


def _other_size(d: Document) -> Any:
    data = make.jpeg(make.photograph())
    return d.image(data, 400, 566, ColorSpace=Name.DeviceRGB, Filter=Name.DCTDecode)


def _other_channels(d: Document) -> Any:
    return d.of_jpeg(make.page(), ColorSpace=Name.DeviceRGB)


def _bomb(d: Document) -> Any:
    data = zlib.compress(bytes(30 << 20))
    return d.image(data, 100, 100, Filter=Name.FlateDecode)


LEFT: dict[str, tuple[Callable[[Document], Any], str]] = {
    "colour key": (_colour_key, "a colour in it stands for what cannot be seen"),
    "matte": (_matte, "its colours were mixed with those of a matte"),
    "separation": (_separation, r"its colours are 1 ink \(Separation\), where grey, RGB and CMYK"),
    "DeviceN": (_device_n, r"its colours are 3 inks \(DeviceN\), .* convert a copy to RGB"),
    "palette of inks": (_palette_of_inks, r"its colours are 3 inks \(DeviceN\)"),
    "profile": (_odd_profile, "its colours have a profile that is not of 1, 3 or 4 channels"),
    "another kind": (_pattern, r"its colours are of a kind that is not read \(Pattern\)"),
    "another filter": (_odd_filter, "it is packed with Nonesuch, which is not read"),
    "another file": (_elsewhere, "its data stand in another file"),
    "cut JPEG": (_cut_jpeg, "it ends before its picture does"),
    "short rows": (_short_rows, "its data end before its last row"),
    "cut fax code": (_cut_fax, "it ends before its picture does"),
    "damaged fax code": (
        _damaged_fax,
        "it is damaged .what stands behind an error in its fax code cannot be read",
    ),
    "another size": (_other_size, "its data are 320x240, where the PDF says 400x566"),
    "other channels": (_other_channels, "its data have 1 channels, where the PDF says 3"),
    "bomb": (_bomb, "its data cannot be unpacked"),
}


@pytest.mark.parametrize("kind", LEFT)
def test_what_cannot_be_restored_is_left_alone_and_the_rest_goes_on(
    kind: str, tmp_path: Path
) -> None:
    build, sentence = LEFT[kind]
    document = Document()
    document.add_scan(document.of_flate(_grey()))
    document.add_scan(build(document))
    source = document.save(tmp_path / "left.pdf")
    target, outcome = run(source, paler)
    assert rendered(target, 0).min() >= 126
    assert difference(source, target, page=1) == 0
    assert any(n.startswith("page 2: left alone, since ") for n in outcome.notes)
    with pytest.raises(UnsupportedFormat, match=sentence):
        run(scan(tmp_path, build))


def test_a_picture_among_the_commands_is_said(tmp_path: Path) -> None:
    document = Document()
    drawn = document.of_jpeg(make.page())
    inline = "BI /W 100 /H 100 /CS /G /BPC 8 /F /AHx ID\n" + "80" * 10000 + ">\nEI"
    document.add(f"q 595 0 0 842 0 0 cm /A Do Q q 90 0 0 90 0 0 cm {inline} Q", {"/A": drawn})
    _, outcome = run(document.save(tmp_path / "inline.pdf"))
    (said,) = (note for note in outcome.notes if "among the page's commands (inline)" in note)
    assert "`qpdf --externalize-inline-images` makes a copy" in said
    # in which it is a picture like others
    document.pdf.pages[0].externalize_inline_images()
    _, outcome = run(document.save(tmp_path / "outside.pdf"))
    assert (len(outcome.done), outcome.notes) == (2, [])


def test_pictures_in_patterns_and_stamps_are_said(tmp_path: Path) -> None:
    document = Document()
    document.add_scan(document.of_jpeg(make.page()))
    inside = Dictionary(XObject=Dictionary(Im0=document.of_jpeg(make.photograph())))
    form = document.pdf.make_stream(b"/Im0 Do", Subtype=Name.Form, Resources=inside)
    form = document.pdf.make_indirect(form)
    document.add("/Pattern cs /P0 scn 0 0 9 9 re f").Resources.Pattern = Dictionary(P0=form)
    document.add("").Annots = Array_([Dictionary(Subtype=Name.Stamp, AP=Dictionary(N=form))])
    states = Dictionary(On=form)
    document.add("").Annots = Array_([Dictionary(AP=Dictionary(N=states)), Dictionary(), None])
    document.add("").Annots = Array_([Dictionary(AP=Dictionary(N=7)), 3])
    _, outcome = run(document.save(tmp_path / "beside.pdf"))
    assert outcome.notes == [
        "pages 2-4: left alone: a picture in a pattern, or in a note or stamp on the page"
    ]


def test_flips_in_fax_code_are_found() -> None:
    white, random = _white(), np.random.default_rng(5)
    data, how = make.group_4(white), {"/K": -1, "/Columns": 400}
    assert (decode_fax(data, how, 400, 566) == white).all()
    found = 0
    for _ in range(40):
        flipped = bytearray(data)
        flipped[int(random.integers(len(data) - 20))] ^= 1 << int(random.integers(8))
        try:
            decode_fax(bytes(flipped), how, 400, 566)
        except (InputCorrupt, InputTruncated):
            found += 1
    # a flip can leave a code that is as long, and then nothing but the picture shows it
    assert found >= 24


def test_small_copies_of_pages_go(tmp_path: Path) -> None:
    document = Document()
    document.add_scan(document.of_jpeg(make.page())).Thumb = document.of_jpeg(make.page(60, 90))
    document.add("").Thumb = document.of_jpeg(make.page(60, 90))
    target, _ = run(document.save(tmp_path / "thumbs.pdf"))
    with pikepdf.open(target) as pdf:
        assert ["/Thumb" in page for page in pdf.pages] == [False, True]


def test_a_form_that_draws_itself_ends(tmp_path: Path) -> None:
    document = Document()
    document.add_scan(document.of_jpeg(make.page()))
    form = document.pdf.make_stream(b"/Fm Do /Fm Do", Type=Name.XObject, Subtype=Name.Form)
    form.Resources = Dictionary(XObject=Dictionary(Fm=form))
    document.add("/Fm Do", {"/Fm": form})
    _, outcome = run(document.save(tmp_path / "circle.pdf"))
    assert any(note.startswith("page 2: left alone: it cannot be looked") for note in outcome.notes)


def test_large_pictures_are_left_alone(tmp_path: Path) -> None:
    document = Document()
    strips(document, _grey(), rows=50)
    # 0.06 megapixels in all, 0.01 in each strip
    with pytest.raises(UnsupportedFormat, match="it is 200x283, 0 megapixels, and at most 0.02"):
        run(document.save(tmp_path / "strips.pdf"), max_megapixels=0.02)
    with pytest.raises(UnsupportedFormat, match="--max-megapixels 0"):
        run(scan(tmp_path, KINDS["grey"]), max_megapixels=0.01)


def test_a_result_that_is_no_number_is_not_put_back(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedFormat, match="NaN or infinity"):
        run(scan(tmp_path, KINDS["grey"]), by(lambda pixels: pixels * np.nan))


# Documents that are refused.


def refused(source: Path, kind: type[BurnishError], sentence: str) -> None:
    target = source.with_name("out.pdf")
    with pytest.raises(kind, match=sentence):
        restore_pdf(source, target, same)
    assert not target.exists()
    assert not list(source.parent.glob(".burnish-*"))


@pytest.mark.parametrize("password", ["", "secret"])
def test_encrypted_documents_are_refused(password: str, tmp_path: Path) -> None:
    document = Document()
    document.add_scan(document.of_jpeg(make.page()))
    hidden = pikepdf.Encryption(owner="owner", user=password)
    source = document.save(tmp_path / "e.pdf", encryption=hidden)
    refused(source, UnsupportedFormat, "is encrypted, and its result would not be")
    assert facts_of_pdf(source)["encrypted"] is True


def signed(tmp_path: Path, value: Any) -> Path:
    document = Document()
    document.add_scan(document.of_jpeg(make.page()))
    inner = Dictionary(T="Signature", **({} if value is None else {"V": value}))
    outer = document.pdf.make_indirect(Dictionary(FT=Name.Sig, T="s", Kids=Array_([inner])))
    document.pdf.Root.AcroForm = Dictionary(Fields=Array_([outer]))
    return document.save(tmp_path / "signed.pdf")


def test_signed_documents_are_refused(tmp_path: Path) -> None:
    source = signed(tmp_path, Dictionary(Type=Name.Sig, Name="Anna Lind", Contents="x"))
    refused(source, UnsupportedFormat, r"is signed \(Anna Lind\), and restoring it would break")
    assert facts_of_pdf(source)["signed"] == ["Anna Lind"]


def test_a_place_for_a_signature_is_no_signature(tmp_path: Path) -> None:
    assert len(run(signed(tmp_path, None))[1].done) == 1


def test_documents_without_pictures_are_refused(tmp_path: Path) -> None:
    document = Document()
    document.add("", text="words")
    source = document.save(tmp_path / "text.pdf")
    refused(source, UnsupportedFormat, "has no picture to restore; Burnish restores pictures")


def test_cut_documents_are_refused(tmp_path: Path) -> None:
    source = rich(tmp_path)
    source.write_bytes(source.read_bytes()[:-3000])
    refused(source, InputCorrupt, "mend a copy first, as `qpdf ")


def test_other_results_than_pdfs_are_refused(tmp_path: Path) -> None:
    source = scan(tmp_path, KINDS["grey"])
    with pytest.raises(FormatLimit, match="a PDF comes back as a PDF"):
        restore_pdf(source, tmp_path / "out.png", same)
    with pytest.raises(InputMissing, match="no such file"):
        restore_pdf(tmp_path / "none.pdf", tmp_path / "out.pdf", same)


def test_a_result_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    source = scan(tmp_path, KINDS["grey"])
    (tmp_path / "out.pdf").write_bytes(b"old")

    def full(path: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="No space left"):
        restore_pdf(source, tmp_path / "out.pdf", same, before=full)
    assert (tmp_path / "out.pdf").read_bytes() == b"old"
    assert not list(tmp_path.glob(".burnish-*"))


def test_a_disk_that_is_full_on_the_way_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = scan(tmp_path, KINDS["grey"])

    def full(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    refused(source, OutputError, "cannot be written to .No space left on device.; make room")


def test_what_is_a_pdf_is_known_by_its_contents(tmp_path: Path) -> None:
    source = scan(tmp_path, KINDS["grey"])
    other = tmp_path / "named.jpg"
    other.write_bytes(b"\n" + source.read_bytes())
    assert is_pdf(source)
    assert is_pdf(other)
    picture = tmp_path / "picture.pdf"
    Image.fromarray(_grey()).save(picture, "PNG")
    assert not is_pdf(picture)
    assert not is_pdf(tmp_path)
    assert not is_pdf(tmp_path / "none")


def test_strict_makes_an_error_of_what_would_be_lost(tmp_path: Path) -> None:
    source = scan(tmp_path, _cmyk_jpeg)
    with pytest.raises(NotKept, match="page 1: CMYK, converted to sRGB"):
        run(source, strict=True)
    assert not list(tmp_path.glob(".burnish-*"))
    assert run(scan(tmp_path, KINDS["grey"]), strict=True)[1].done


# From the command line, and what is said of a file.


def cli(*words: object, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """The exit status of the program, and what it said."""
    from burnish.cli import main

    status = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["burnish", *map(str, words)])
        try:
            main()
        except SystemExit as stopped:
            status = int(stopped.code or 0)
    said = capsys.readouterr()
    return status, said.out, said.err


def test_the_command_line_restores_a_pdf(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("skimage")
    source, target = rich(tmp_path), tmp_path / "clean.pdf"
    planned = cli("restore", source, "-o", target, "-m", "sauvola", "--dry-run", capsys=capsys)
    assert planned[:2] == (0, f"{source} -> {target}\n")
    status, out, err = cli("restore", source, "-o", target, "-m", "sauvola", capsys=capsys)
    assert status == 0
    assert "window=15" in out
    assert "1 picture restored and 1 left as it was, on 3 pages" in err
    assert looks(target) == looks(source)
    for page in range(2):
        assert images_of(target, page)["/Im0"]["/Filter"] == "/CCITTFaxDecode"


def test_python_restores_a_pdf_in_the_same_call(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = Document()
    document.add_scan(document.of_flate(np.asarray(make.page(100, 140, noise=20))), text="words")
    document.add_scan(document.of_flate(_grey(), Mask=Array_([0, 10])))
    source = document.save(tmp_path / "scan.pdf")
    with pytest.warns(UserWarning, match="page 2: left alone, since a colour in it stands for"):
        assert burnish.restore(source, tmp_path / "python.pdf", noise=20) is None
    line = tmp_path / "line.pdf"
    assert cli("restore", source, "-o", line, "-d", "noise=20", capsys=capsys)[0] == 0
    assert (tmp_path / "python.pdf").read_bytes() == line.read_bytes()
    with pytest.raises(UsageError, match=r"a PDF comes back as a PDF, .* burnish\.restore\('scan"):
        burnish.restore(source)


def test_archive_mode_plans_pdfs_and_a_sidecar_gives_the_same_bytes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = Document()
    for noise in (5, 40):
        document.add_scan(document.of_flate(np.asarray(make.page(100, 140, noise=noise))))
    (folder := tmp_path / "in").mkdir()
    document.save(folder / "two.pdf")
    out = tmp_path / "out"
    status, said, err = cli("restore", folder, "-o", out, "--archive", capsys=capsys)
    assert (status, "is a PDF" in err) == (0, False)
    # one level for each page
    assert re.search(r"2 pictures  noise=[\d.]+\.\.[\d.]+ \(estimated\)", said)
    again = tmp_path / "again.pdf"
    status, _, err = cli("replay", out / "two.pdf.burnish.json", "-o", again, capsys=capsys)
    assert status == 0, err
    assert again.read_bytes() == (out / "two.pdf").read_bytes()


def test_a_folder_of_pictures_and_pdfs_keeps_both_kinds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("skimage")
    (folder := tmp_path / "scans").mkdir()
    scan(folder, KINDS["group 4"])
    make.page(200, 300).save(folder / "page.jpg")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 and nothing else")
    words = ("restore", folder, "-o", tmp_path / "out", "-f", "png", "-m", "sauvola")
    status, _, err = cli(*words, capsys=capsys)
    assert status == 3
    assert "broken.pdf: is damaged" in err
    assert "-f is for pictures: 2 PDFs stay PDFs" in err
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["page.png", "scan.pdf"]


def test_a_pdf_named_as_a_picture_and_a_picture_as_a_pdf_are_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = scan(tmp_path, KINDS["group 4"])
    status, _, err = cli("restore", source, "-o", tmp_path / "out.png", capsys=capsys)
    assert (status, "a PDF comes back as a PDF" in err) == (3, True)
    named = source.rename(tmp_path / "named.jpg")
    status, _, err = cli("restore", named, "-o", f"{tmp_path}/named/", capsys=capsys)
    assert (status, "named.jpg: is a PDF, whatever its name says; let the name" in err) == (3, True)
    source = named.rename(source)
    status, _, err = cli("restore", source, "-f", "png", "--dry-run", capsys=capsys)
    assert (status, "leave -f away, or take its pictures out first" in err) == (2, True)
    picture = tmp_path / "page.png"
    make.page(200, 300).save(picture)
    status, _, err = cli("restore", picture, "-o", tmp_path / "out.pdf", capsys=capsys)
    assert status != 0
    assert "out.pdf" in err


def test_without_pikepdf_one_sentence_says_what_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = scan(tmp_path, KINDS["group 4"])
    monkeypatch.setitem(sys.modules, "pikepdf", None)
    status, _, err = cli("restore", source, "-o", tmp_path / "out.pdf", capsys=capsys)
    assert status == 3
    assert "PDFs need pikepdf, which is not installed; pip install 'burnish[pdf]' brings it" in err


def test_without_pdfium_a_jbig2_page_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = scan(tmp_path, KINDS["JBIG2"])
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    with pytest.raises(UnsupportedFormat, match="JBIG2 pages need PDFium, which is not installed"):
        run(source)


def test_info_says_what_is_in_a_pdf(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = Document()
    document.add_scan(document.of_jpeg(make.page(620, 877), 80))
    strips(document, _grey(), rows=100)
    layered(document)
    source = document.save(tmp_path / "info.pdf")
    status, out, _ = cli("info", source, "--json", capsys=capsys)
    found = json.loads(out)
    assert status == 0
    assert (found["format"], found["pages"], found["encrypted"]) == ("PDF", 3, False)
    first, second = found["pictures"]
    assert (first["width"], first["height"], first["pages"]) == (620, 877, [1])
    assert first["stored"] == "8-bit grey, JPEG"
    assert first["dpi"] == pytest.approx([75, 75], abs=0.1)
    assert (second["pieces"], second["height"], second["stored"]) == (
        3,
        283,
        "8-bit grey, lossless",
    )
    assert found["left alone"] == [
        "page 3: left alone: made of layers (a background, a mask, a foreground), none of which "
        "is the page's picture"
    ]
    _, out, _ = cli("info", source, capsys=capsys)
    assert "page 2: 200x283 at 24.2 dpi, 8-bit grey, lossless in 3 pieces" in out


def test_info_says_what_auto_would_do_with_the_pages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = Document()
    for noise in (20, 20, 0):
        document.add_scan(document.of_flate(np.asarray(make.page(200, 283, noise=noise))))
    document.add_scan(document.of_fax(_white()))
    document.add_scan(_cut_fax(document))
    source = document.save(tmp_path / "scan.pdf")
    status, out, _ = cli("info", source, capsys=capsys)
    assert status == 0
    said = [" ".join(line.split()) for line in out.splitlines()]
    assert any(line.startswith("restore pages 1-2: photo: noisy") for line in said)
    assert "restore page 4: left as it is: nothing but black and white" in said
    assert "looked at 4 of 5 pictures" in said
    found = json.loads(cli("info", source, "--json", capsys=capsys)[1])
    assert [look["pages"] for look in found["look"]] == [[1], [2], [3], [4]]
    assert [look["models"] for look in found["look"]][:2] == [["photo"], ["photo"]]
    # and that is what is done
    target = tmp_path / "clean.pdf"
    done = json.loads(cli("restore", source, "-o", target, "--json", capsys=capsys)[1])
    assert done["choice"].startswith("2 by photo (noisy), ")
    assert "left as they are" not in done["choice"] or done["pictures"] == 4


def test_pages_are_listed_in_words() -> None:
    assert listed([3], 9) == "page 3"
    assert listed([1, 2, 3, 7, 9, 9], 9) == "pages 1-3, 7 and 9"
    assert listed([2, 1], 2) == "all pages"
    assert listed([1], 1) == "page 1"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc to see memory")
def test_a_long_document_does_not_hold_its_pages(tmp_path: Path) -> None:
    """Results wait on the disk: thirty pages of half a megabyte each take less than six more."""

    def memory() -> int:
        found = re.search(r"RssAnon:\s+(\d+)", Path("/proc/self/status").read_text())
        assert found is not None
        return int(found[1]) >> 10

    document = Document()
    grain = np.random.default_rng(1)
    for _ in range(30):
        samples = grain.integers(0, 256, (700, 700), np.uint8)
        document.add_scan(document.image(samples.tobytes(), 700, 700))
    source = document.save(tmp_path / "long.pdf")
    del document
    seen: list[int] = []

    def restore(picture: Picture, progress: object) -> Restored:
        seen.append(memory())
        return Restored(picture.with_pixels(picture.pixels * 0.9), Settled({}, {}), 0.0)

    run(source, restore)
    assert len(seen) == 30
    assert max(seen[5:]) - seen[2] < 6


def test_mutated_documents_end_in_a_result_or_a_sentence(tmp_path: Path) -> None:
    document = Document()
    kinds = ("colour JPEG", "group 4", "palette of 16", "JPEG 2000", "soft mask", "16 bits")
    for kind in kinds:
        document.add_scan(KINDS[kind](document))
    layered(document)
    whole = document.save(tmp_path / "whole.pdf").read_bytes()
    # where no data of pictures stand: what tears the structure apart
    marks = [at for at in range(len(whole) - 1) if whole[at : at + 1].isdigit()]
    marks = [at for at in marks if whole[at - 1 : at] in (b" ", b"[", b"/")]
    random = np.random.default_rng(7)
    source, done = tmp_path / "mutated.pdf", 0
    for _ in range(20):
        data = bytearray(whole)
        for _ in range(3):
            data[marks[random.integers(len(marks))]] = int(random.integers(48, 58))
        data[int(random.integers(len(data)))] = int(random.integers(256))
        source.write_bytes(data)
        try:
            target, _ = run(source, paler)
            done += pikepdf.open(target).is_encrypted is False
        except BurnishError:
            continue
    assert 0 < done < 20
