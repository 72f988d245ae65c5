"""A telephone's folder, a scanner's and a designer's, each in one run with nothing set: every file
comes back right, by readers that are not ours, or one true sentence says what became of it.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import folders
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from pdf_files import photograph
from PIL import Image
from typer.testing import CliRunner

from burnish.cli import app

#: PSNR in dB that a picture with noise of 12 has at least when it is restored; before, it has 27
RESTORED = 34.0


@dataclass(frozen=True)
class Run:
    """What became of a folder."""

    #: where the results are
    folder: Path
    #: the notes on each file, by its name
    notes: dict[str, list[str]]
    #: the models that each file went through
    models: dict[str, list[str]]
    #: what was said of the folder
    said: str

    def read(self, name: str) -> bytes:
        """The bytes of a result."""
        return (self.folder / name).read_bytes()


def restored(tmp_path: Path, files: dict[str, bytes]) -> Run:
    """One run over these files, with nothing set, which leaves them as they are."""
    source = folders.laid_out(tmp_path / "in", files)
    words = ["restore", str(source), "-o", str(tmp_path / "out"), "--json"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.stderr
    assert {path.name: path.read_bytes() for path in source.iterdir()} == files
    records = {}
    for line in result.stdout.splitlines():
        record = json.loads(line)
        records[Path(record["source"]).name] = record
    notes = {name: record["notes"] for name, record in records.items()}
    models = {name: record["models"] for name, record in records.items()}
    return Run(tmp_path / "out", notes, models, result.stderr)


def psnr(samples: NDArray[Any], most: float = 255) -> float:
    """Of samples [240, 320, 3] against the picture without noise, in dB."""
    error = samples / most - np.asarray(photograph()) / 255
    return float(-10 * np.log10(np.mean(error**2)))


def opened(data: bytes) -> Any:
    """A picture by Pillow."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def paged(data: bytes) -> Any:
    """A TIFF by tifffile."""
    return tifffile.TiffFile(io.BytesIO(data))


def test_a_telephones_folder(tmp_path: Path) -> None:
    import imagecodecs

    pillow_heif = pytest.importorskip("pillow_heif", reason="needs burnish[heif]")
    pytest.importorskip("rawpy", reason="needs burnish[raw]")
    files = folders.telephone()
    run = restored(tmp_path, files)
    assert "passed over, of kinds that are not read: 1 .mov" in run.said
    assert "developed, and written as .tif: 1 .dng" in run.said
    (developed,) = run.notes.pop("IMG_0006.dng")
    assert "developed to 16 bits by LibRaw" in developed
    assert not any(run.notes.values())

    for name, most in (("IMG_0001.HEIC", 255), ("IMG_0002.HEIC", 1023)):
        heic = pillow_heif.open_heif(
            io.BytesIO(run.read(name)), convert_hdr_to_8bit=False, hdr_to_16bit=False
        )
        assert psnr(np.rot90(np.asarray(heic)), most) > RESTORED
        assert heic.info["icc_profile"] == folders.P3
        assert b"Maker" in heic.info["exif"]
    ten = imagecodecs.avif_decode(run.read("IMG_0003.avif"))
    assert psnr(ten, 1023) > RESTORED

    ultra = run.read("PXL_0004.jpg")
    assert psnr(np.asarray(opened(ultra))) > 33
    assert opened(ultra).getexif()[0x0112] == 6
    gain = files["PXL_0004.jpg"].rindex(b"\xff\xd8")
    assert ultra.endswith(files["PXL_0004.jpg"][gain:])
    assert b"hdrgm:Version" in ultra

    shown = opened(run.read("Screenshot 5.png"))
    assert (np.asarray(shown) == folders.screen()).all()
    assert shown.info["icc_profile"] == folders.P3
    raw = paged(run.read("IMG_0006.tif")).pages[0]
    assert (raw.shape, raw.dtype) == ((240, 320, 3), np.uint16)


def test_a_scanners_folder(tmp_path: Path) -> None:
    import pikepdf

    files = folders.scanner()
    run = restored(tmp_path, files)
    assert run.notes["slide.tif"] == []
    assert run.notes["book.tif"] == run.notes["fax.tif"] == []

    slide = paged(run.read("slide.tif")).pages[0]
    samples = slide.asarray()
    assert samples.dtype == np.uint16
    assert slide.extrasamples == (0,)
    assert psnr(samples[..., :3], 65535) > RESTORED
    assert (samples[..., 3] == paged(files["slide.tif"]).asarray()[..., 3]).all()
    assert slide.tags["InterColorProfile"].value == folders.P3
    assert slide.resolution == (300, 300)

    pages = paged(run.read("book.tif")).pages
    assert [page.shape for page in pages] == [(438, 310), (240, 320, 3), (438, 310)]
    assert psnr(pages[1].asarray()) > 33
    assert all(page.resolution == (300, 300) for page in pages)
    fax = paged(run.read("fax.tif")).pages[0]
    assert (fax.bitspersample, fax.compression) == (1, 4)
    assert (fax.asarray() == paged(files["fax.tif"]).asarray()).all()

    with pikepdf.open(io.BytesIO(run.read("letter.pdf"))) as letter:
        contents = [page.Contents.read_bytes() for page in letter.pages]
        kinds = [
            str(page.Resources.XObject["/Im0"].Filter)
            for page in (letter.pages[0], letter.pages[2])
        ]
    for said, words in zip(contents, (b"brown fox", b"(typed)", b"lazy dog"), strict=True):
        assert words in said
    assert kinds == ["/DCTDecode", "/CCITTFaxDecode"]


def test_a_designers_folder(tmp_path: Path) -> None:
    files = folders.designer()
    run = restored(tmp_path, files)
    assert run.notes["print.jpg"] == ["CMYK, converted to sRGB through its profile"]
    for name in ("turning.png", "turning.webp", "wide.tif"):
        assert run.notes[name] == []
    # Few colours stay as they are, or the format cannot hold what became of them, and says so.
    assert not run.models["icon.gif"] or "GIF holds 256 colours" in run.notes["icon.gif"][0]
    icon = np.asarray(opened(run.read("icon.gif")).convert("RGB")).astype(int)
    assert abs(icon - np.asarray(opened(files["icon.gif"]).convert("RGB"))).mean() < 1

    wide = paged(run.read("wide.tif")).pages[0]
    assert wide.dtype == np.uint16
    assert psnr(wide.asarray(), 65535) > RESTORED
    assert wide.tags["InterColorProfile"].value == folders.P3
    assert opened(run.read("print.jpg")).mode == "RGB"

    for name in ("turning.png", "turning.webp"):
        film = opened(run.read(name))
        assert film.info["loop"] == 0
        for i, frame in enumerate(folders.moving()):
            film.seek(i)
            film.load()
            assert film.info["duration"] == folders.TIMES[i]
            seen = np.asarray(film.convert("RGBA"))
            assert (seen[..., 3] == frame[..., 3]).all()
            clean = np.asarray(photograph())[:96, :128]
            inside = frame[..., 3] > 0
            errors = [
                np.square(each[..., :3][inside] - clean[inside].astype(float)).mean()
                for each in (frame, seen)
            ]
            assert errors[1] < errors[0] / 4
