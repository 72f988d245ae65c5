"""`raw`: noise taken off a raw file before it is developed, against `photo` behind it.

    python -m benchmarks.raw [--every 8] [--write]
    python -m benchmarks.raw --speed
    python -m benchmarks.raw --sheet raw.jpg

Kodak's pictures as raw files: taken back to what some camera saw (Brooks et al., CVPR 2019), with
the noise of an ISO, rounded to 14 bits, in a DNG that LibRaw develops, its automatic brightness
off, since noise would turn it. Sharp ones are as they are; soft ones were blurred (sigma 0.8), as a
lens does it. PSNR[RGB, 8-bit, crop 0] against the same without noise. `raw` finds the noise on the
mosaic by itself, and PMRID (`benchmarks.pmrid`), the peer, is told what it found. Of Kodak's 24
pictures the 5th, 13th and 21st are taken: settings were chosen on the 1st, 9th and 17th. The last
column has processor seconds a megapixel, with developing. --sheet: parts of the Canon's raw
file in ../shared/data/raw at 100 %. --speed: seconds and memory of a file of 24 megapixels. --write
puts the tables into docs/raw.md, and what a card says into benchmarks/results/raw.json.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

import burnish
from benchmarks import pmrid
from benchmarks.markdown import put
from benchmarks.markdown import rows as table
from benchmarks.ship import weights_digest
from burnish import images
from burnish.contract import Array
from burnish.degrade.raw import draw_metadata, unprocess
from burnish.degrade.sensor import shot_and_read, variance
from burnish.images import FORMATS, Picture
from burnish.images.formats import raw as formats
from burnish.images.mosaic import Camera, Mosaic
from burnish.images.picture import to_planes
from burnish.inference import zoo
from burnish.inference.model import Model
from burnish.metrics import psnr
from burnish.pipeline.mosaic import noise_of
from burnish.pipeline.mosaic.packed import packed, unpacked

KODAK = Path("../shared/data/test/kodak24")
WEIGHTS = Path("../shared/data/weights/pmrid_raw.ckp")
REAL = Path("../shared/data/raw/canon_kissx4_colorchart.dng")
PAGE = Path("docs/raw.md")
RESULTS = Path("benchmarks/results/raw.json")
#: what the network was made of
OURS = zoo.find("raw").with_suffix(".safetensors")
ISOS = (100, 400, 1600, 6400, 12800)
#: the samples of no light and of a full sensor
BLACK, WHITE = 512.0, 16383.0
#: of the sheet, where its parts begin
PARTS = ((300, 500), (700, 1000))
Way = Callable[["Shot"], Array]


@dataclass(frozen=True)
class Shot:
    """A raw file with noise, and how it would have been developed without."""

    #: the file as it is read
    noisy: Picture
    #: [1, 3, H, W]
    clean: Array


def shots(iso: float, every: int, blur: float) -> Iterator[Shot]:
    """The pictures, each by a camera of its own, blurred by so much."""
    for number, path in enumerate(sorted(KODAK.iterdir())[every // 2 :: every]):
        yield shot(images.read(path).pixels, number, iso, blur)


def shot(pixels: Array, seed: int, iso: float, blur: float = 0.0) -> Shot:
    """A picture [1, 3, H, W] as some camera would save it raw, with the noise of an ISO."""
    rng = np.random.default_rng(seed)
    metadata = draw_metadata(rng)
    if blur:
        pixels = ndimage.gaussian_filter(pixels, (0, 0, blur, blur))
    planes = unprocess(pixels, [metadata])
    gain, still = shot_and_read(np.full((1, 1, 1, 1), iso, np.float32))
    deviation = np.sqrt(variance(planes, gain, still))
    noisy = planes + rng.standard_normal(planes.shape, np.float32) * deviation
    to_camera = np.array(metadata.to_camera) @ np.linalg.inv(formats.TO_XYZ)
    light = (1 / metadata.red, 1.0, 1 / metadata.blue)
    camera = Camera("Kodak", 1, light, tuple(to_camera.ravel()))
    clean = developed(planes[0], camera)
    return Shot(developed(noisy[0].clip(None, 1), camera), clean.pixels)


def developed(planes: Array, camera: Camera) -> Picture:
    """A DNG of planes [4, h, w] as it is read."""
    light = unpacked(planes, (2 * planes.shape[1], 2 * planes.shape[2]))
    level = ((BLACK, BLACK), (BLACK, BLACK))
    empty = Mosaic(np.zeros(light.shape, np.uint16), ((0, 1), (1, 2)), level, WHITE, camera, _never)
    picture = Picture(
        np.zeros((1, 3, *light.shape), np.float32),
        depth="uint16",
        format="RAW",
        mosaic=empty.with_light(light),
    )
    data, _ = images.encode(picture, FORMATS["RAW"], name="a.dng")
    return images.read(data)


def _never(samples: NDArray[np.uint16]) -> NDArray[np.uint16]:
    raise AssertionError("nothing is developed of a mosaic that was made here")


def by(name: str) -> Way:
    """By a model, with nothing set."""
    model = burnish.load(name)
    return lambda shot: model.restore(shot.noisy).picture.pixels


def by_pmrid(model: Model) -> Way:
    """By PMRID's network, which is told the noise that is found on the mosaic."""

    def way(shot: Shot) -> Array:
        mosaic = shot.noisy.mosaic
        assert mosaic is not None
        light = mosaic.light()
        planes = pmrid.denoise(model, noise_of(mosaic)[0])(packed(light), 0.0)
        clean = mosaic.with_light(unpacked(planes, light.shape))
        return to_planes(clean.develop(clean.samples))

    return way


def ways(folder: Path) -> dict[str, Way]:
    """What is compared, by its name. folder: of files that are made on the way."""
    return {
        "developed, noise and all": lambda shot: shot.noisy.pixels,
        "developed, then `photo`": by("photo"),
        "PMRID, then developed": by_pmrid(pmrid.opened(WEIGHTS, folder)),
        "`raw`, then developed": by("raw"),
    }


def measure(compared: Mapping[str, Way], every: int, blur: float) -> list[list[str]]:
    """A line for each way: its name, its mean at each ISO, and what a megapixel takes."""
    lines = [[name] for name in compared]
    spent = np.zeros(len(lines))
    pixels = 0
    for iso in ISOS:
        several = list(shots(iso, every, blur))
        pixels += sum(one.clean[0, 0].size for one in several)
        for number, way in enumerate(compared.values()):
            found = []
            for one in several:
                begun = time.process_time()
                restored = way(one)
                spent[number] += time.process_time() - begun
                found.append(psnr(restored.clip(0, 1), one.clean, 0))
            lines[number].append(f"{np.mean(found):.2f}")
    return [[*line, f"{1e6 * each / pixels:.1f}"] for line, each in zip(lines, spent, strict=True)]


def sheet(path: Path) -> None:
    """Parts of a real raw file: as it is, with `photo` behind developing, and by `raw`."""
    picture = images.read(REAL)
    each = [picture, *(burnish.load(name).restore(picture).picture for name in ("photo", "raw"))]
    shown = [np.asarray(images.to_image(one)) for one in each]
    rows = [
        np.concatenate([one[top : top + 300, left : left + 420] for one in shown], 1)
        for top, left in PARTS
    ]
    Image.fromarray(np.concatenate(rows)).save(path, quality=90)


def speed() -> str:
    """Seconds and memory of a raw file of 24 megapixels, noise of ISO 6400, by this process."""
    rng = np.random.default_rng(0)
    light = (0.2 + 0.05 * rng.standard_normal((4000, 6000), np.float32)).clip(0, 1)
    camera = Camera("Grey", 1, (0.5, 1.0, 0.7), tuple(np.eye(3).ravel()))
    picture = developed(packed(light), camera)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    model = burnish.load("raw")
    opened = model.open()
    begun = time.perf_counter()
    model.restore(picture)
    seconds = time.perf_counter() - begun
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return (
        f"24 megapixels: {seconds:.0f} s ({opened.precisions}), {most:.1f} GiB at its peak, where "
        f"reading the file alone takes {before:.1f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--every", type=int, default=8)
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    if options.speed:
        print(speed())
        return
    if options.sheet:
        sheet(options.sheet)
        return
    formats.SETTINGS["no_auto_bright"] = True
    with tempfile.TemporaryDirectory() as folder:
        compared = ways(Path(folder))
        results: dict[str, Any] = {"weights": weights_digest(OURS), "figures": {}}
        for name, blur in (("sharp", 0.0), ("soft", 0.8)):
            heading = [name, *(f"ISO {iso}" for iso in ISOS), "s a megapixel"]
            found = measure(compared, options.every, blur)
            lines = table(heading, found)
            print("\n".join(lines))
            results["figures"][name] = {
                way.replace("`", ""): dict(zip(heading[1:-1], map(float, line[:-1]), strict=True))
                for way, *line in found
            }
            if options.write:
                put(PAGE, name, lines)
    if options.write:
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
