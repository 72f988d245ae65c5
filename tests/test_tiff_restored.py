"""TIFFs of all insides, restored: each as the same picture in a plain file is."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from conftest import scene
from numpy.typing import NDArray
from odd_files import tiff
from PIL import Image
from test_tiff import by_hand, lab_of, page_of, ycbcr_of

import burnish
from burnish import images
from burnish.images.inside.tiff import tags
from burnish.inference.job import Job, JobReport, run_job
from burnish.inference.model import Model
from burnish.pipeline import ask


@pytest.fixture(scope="module")
def photo() -> Model:
    """In float: pictures of 8 bits would be computed otherwise than their twins of 16."""
    model = burnish.load("photo")
    model.open(precision="fp32")
    return model


def noisy(channels: int = 3, sigma: float = 8) -> NDArray[np.uint8]:
    """A picture with white noise. [H, W] or [H, W, 3]"""
    clean = scene(72, 96, channels)[0].transpose(1, 2, 0).clip(0, 1) * 200 + 25
    spoiled = clean + np.random.default_rng(1).normal(0, sigma, clean.shape)
    samples: NDArray[np.uint8] = np.rint(spoiled.clip(0, 255)).astype(np.uint8)
    return samples.squeeze()


def saved(folder: Path, data: bytes, name: str = "in.tif") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def run(model: Model, source: Path, target: Path, **dials: float) -> JobReport:
    return run_job(Job(str(source), str(target), ask(model.contract, dials), overwrite=True), model)


def result(model: Model, folder: Path, data: bytes, noise: float = 8) -> NDArray[Any]:
    """The samples of the TIFF that a TIFF becomes, as tifffile reads them."""
    run(model, saved(folder, data), folder / "out.tif", noise=noise)
    with tifffile.TiffFile(folder / "out.tif") as file:
        return file.pages.first.asarray()


def page_of_writing(bits: bool = True) -> NDArray[Any]:
    page = np.full((120, 160), 255, np.uint8)
    for top in range(12, 108, 16):
        for left in range(12, 140, 10):
            page[top : top + 8, left : left + 2 + (top + left) % 5] = 0
    return page > 127 if bits else page


def test_white_as_zero_is_restored_as_its_upright_twin(photo: Model, tmp_path: Path) -> None:
    upright = noisy(1)
    right = result(photo, tmp_path, tiff(upright))
    turned = result(photo, tmp_path, tiff(255 - upright, photometric="miniswhite"))
    deep = (65535 - upright.astype(np.uint16) * 257).astype(np.uint16)
    fine = result(photo, tmp_path, tiff(deep, photometric="miniswhite"))
    assert abs(right.astype(int) - (255 - turned.astype(int))).max() <= 1
    assert abs(right.astype(int) - (65535 - fine.astype(int)) / 257).max() <= 1


def test_a_fax_page_is_restored_as_the_same_page_in_a_png(photo: Model, tmp_path: Path) -> None:
    page = Image.fromarray(page_of_writing())
    page.save(tmp_path / "in.tif", compression="group4", tiffinfo={262: 0})
    page.save(tmp_path / "in.png")
    for ending in (".tif", ".png"):
        run(photo, tmp_path / f"in{ending}", tmp_path / f"out{ending}", noise=15)
    assert (
        images.read(tmp_path / "out.tif").pixels == images.read(tmp_path / "out.png").pixels
    ).all()


def test_a_fax_page_stays_one_where_the_model_leaves_black_and_white(tmp_path: Path) -> None:
    page = Image.fromarray(page_of_writing())
    page.save(tmp_path / "in.tif", compression="group4", dpi=(204, 196))
    run(burnish.load("sauvola"), tmp_path / "in.tif", tmp_path / "out.tif")
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        written = file.pages.first
        assert (written.bitspersample, written.compression) == (1, tags.CCITT_4)
        assert written.tags.valueof(tags.ACROSS) == (204, 1)
    assert (tmp_path / "out.tif").stat().st_size < 4000


@pytest.mark.parametrize("deep", [False, True])
def test_cmyk_without_a_profile_has_the_colours_of_its_rgb(
    deep: bool, photo: Model, tmp_path: Path
) -> None:
    rgb = noisy().astype(np.float64)
    black = 255 - rgb.max(-1, keepdims=True)
    inks = (255 - black - rgb) / np.maximum(255 - black, 1) * 255
    cmyk = np.rint(np.concatenate([inks, black], -1) * (257 if deep else 1))
    data = tiff(cmyk.astype(np.uint16 if deep else np.uint8), photometric="separated")
    report = run(photo, saved(tmp_path, data), tmp_path / "out.tif", noise=0)
    seen = tifffile.imread(tmp_path / "out.tif") / (257 if deep else 1)
    assert abs(seen - rgb).max() <= 3
    assert any("approximate" in note for note in (*report.notes, *getattr(report, "lost", ())))


def test_infrared_steers_nothing(photo: Model, tmp_path: Path) -> None:
    picture = noisy().astype(np.uint16) * 257
    infrared = np.full((72, 96, 1), 52000, np.uint16)
    infrared[:, :30] = 0
    four = np.concatenate([picture, infrared], 2)
    seen = result(
        photo, tmp_path, tiff(four, photometric="rgb", extrasamples=["unspecified"]), noise=12
    )
    assert (seen[..., 3] == infrared[..., 0]).all()
    alone = result(photo, tmp_path, tiff(picture, photometric="rgb"), noise=12)
    assert (seen[..., :3] == alone).all()
    assert (seen[:, :30, :3] != picture[:, :30]).any()


@pytest.mark.parametrize("marker", [0, 4])
def test_infrared_on_a_page_comes_back_on_a_page(marker: int, photo: Model, tmp_path: Path) -> None:
    picture, infrared = noisy().astype(np.uint16) * 257, np.full((72, 96), 52000, np.uint16)
    infrared[20:30] = 900
    with tifffile.TiffWriter(tmp_path / "in.tif") as file:
        file.write(picture, photometric="rgb", metadata=None)
        file.write(infrared, photometric="minisblack", subfiletype=2, metadata=None)
    with tifffile.TiffFile(tmp_path / "in.tif", mode="r+") as patched:
        page_of(patched, 1).tags["NewSubfileType"].overwrite(marker)
    run(photo, tmp_path / "in.tif", tmp_path / "out.tif", noise=12)
    with tifffile.TiffFile(tmp_path / "out.tif") as written:
        assert len(written.pages) == 2
        assert (written.pages[1].asarray() == infrared).all()
        assert (written.pages[0].asarray() != picture).any()


def test_highlights_above_one_keep_value_and_hue(photo: Model, tmp_path: Path) -> None:
    light = (noisy() / np.float32(255)) ** np.float32(2.2)
    light[20:40, 50:80] += np.array([3.0, 2.4, 1.5], np.float32)
    for given in (light, light.astype(np.float16)):
        seen = result(photo, tmp_path, tiff(given, photometric="rgb"), noise=6)
        assert seen.dtype == given.dtype
        hot = light.max(-1) > 1
        assert abs(seen[hot].mean(0) - light[hot].mean(0)).max() < 0.02


@pytest.mark.parametrize("bits", [10, 12, 14])
def test_packed_samples_are_restored_at_their_own_scale(
    bits: int, photo: Model, tmp_path: Path
) -> None:
    full = noisy(1).astype(np.uint16) * 257
    given = full >> (16 - bits)
    seen = result(photo, tmp_path, tiff(given, bitspersample=bits))
    right = result(photo, tmp_path, tiff(full))
    assert seen.max() < 2**bits
    assert abs(seen / (2**bits - 1) - right / 65535).max() < 2 / 2**bits


@pytest.mark.parametrize("kind", ["planes", "tiles", "jpeg rgb", "jpeg 4:2:0", "palette", "ycbcr"])
def test_other_insides_are_restored_as_the_plain_picture(
    kind: str, photo: Model, tmp_path: Path
) -> None:
    given = noisy()
    right = result(photo, tmp_path, tiff(given, photometric="rgb")).astype(int)
    jpeg: dict[str, Any] = {"photometric": "rgb", "compression": "jpeg"}
    if kind == "planes":
        planes = np.moveaxis(given, -1, 0).copy()
        data = tiff(
            planes, photometric="rgb", planarconfig="separate", compression="lzw", predictor=True
        )
    elif kind == "tiles":
        deep = given.astype(np.uint16) * 257
        data = tiff(deep, photometric="rgb", tile=(32, 48), compression="zlib", byteorder=">")
    elif kind == "jpeg rgb":
        data = tiff(given, **jpeg, compressionargs={"level": 97, "outcolorspace": "rgb"})
    elif kind == "jpeg 4:2:0":
        data = tiff(given, **jpeg, compressionargs={"level": 95}, subsampling=(2, 2))
    elif kind == "palette":
        buffer = io.BytesIO()
        Image.fromarray(given).quantize(256).save(buffer, "TIFF")
        data = buffer.getvalue()
    else:
        fields = {262: (3, [6]), 258: (3, [8, 8, 8]), 277: (3, [3]), 530: (3, [1, 1])}
        data = by_hand(96, 72, ycbcr_of(given).tobytes(), 1, fields)
    most = {"planes": 0, "tiles": 1, "jpeg rgb": 8, "jpeg 4:2:0": 40, "palette": 40, "ycbcr": 4}
    seen = result(photo, tmp_path, data)
    seen = seen / 257 if kind == "tiles" else seen.astype(int)
    if kind == "jpeg 4:2:0":
        seen = np.asarray(Image.open(tmp_path / "out.tif").convert("RGB")).astype(int)
    assert abs(seen - right).max() <= most[kind]


def test_lab_is_restored_and_comes_back_as_lab(photo: Model, tmp_path: Path) -> None:
    given = lab_of(noisy())
    given[..., 1:] ^= 0x80
    right = result(photo, tmp_path, tiff(noisy(), photometric="rgb")).astype(int)
    run(photo, saved(tmp_path, tiff(given, photometric="cielab")), tmp_path / "out.tif", noise=8)
    assert tifffile.TiffFile(tmp_path / "out.tif").pages.first.photometric == tags.CIELAB
    back = images.read(tmp_path / "out.tif").pixels[0].transpose(1, 2, 0) * 255
    assert abs(back - right).mean() < 1.5
    assert abs(back - right).max() < 14, "8 bits of Lab are coarse"
