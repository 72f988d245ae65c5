"""The pictures of the page in docs/serve.md and the README: python docs/images/page.py SHARED

page.jpg is made of the pictures in examples/, page_mask.jpg of a Kodak picture with a scan of dirty
film laid over it, as mending.py has it, page_paintings.jpg of another one and of paintings by van
Gogh and Hokusai. It wants Chromium, and `pip install '.[dev]'`.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from benchmarks.scratch import damaged, held_out_masks
from burnish.images import read

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parents[1] / "examples"


def opened(page: Page, address: str, pictures: list[Path]) -> None:
    """Opens the page with pictures, the first of them seen sharply."""
    page.set_default_timeout(30_000)
    page.goto(address)
    page.wait_for_selector("body[data-ready]")
    page.set_input_files("#files", pictures)
    page.wait_for_selector("#items:not(:has(.arriving))", state="attached")
    page.wait_for_selector("#stage[data-exact=true]")
    page.wait_for_timeout(3000)


def photograph(page: Page, name: str) -> None:
    """Keeps what the page looks like now."""
    shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    shot.save(HERE / name, quality=86, optimize=True, progressive=True)


def dirty(shared: Path, folder: Path) -> Path:
    """A picture with dirt laid over it, as a file."""
    clean = read(shared / "data/test/kodak24/kodim07.webp").pixels
    scans = {"scan": held_out_masks(shared)["scan"]}
    spoiled = damaged("kodim07", clean, scans, np.random.default_rng(0)).spoiled
    samples = np.rint(255 * spoiled[0].transpose(1, 2, 0)).astype(np.uint8)
    file = folder / "window.png"
    Image.fromarray(samples).save(file)
    return file


def paint_over_shutters(page: Page) -> None:
    """Takes the model that mends, and marks with the brush what it left there."""
    page.select_option("#model", "scratch")
    page.locator("#dial-sensitivity").fill("60")
    page.evaluate("document.querySelector('#tools input[value=mark]').click()")
    page.locator("#brush-size").fill("9")
    page.evaluate("document.querySelector('#panel').scrollTo(0, 700)")
    page.wait_for_selector("#stage[data-exact=true][data-shown*='sensitivity=60']")
    box = page.locator("#stage").bounding_box()
    assert box is not None
    for number, (across, down) in enumerate(((0.245, 0.62), (0.30, 0.605), (0.345, 0.59))):
        page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"])
        if number == 0:
            page.mouse.down()
    page.mouse.up()
    page.wait_for_selector("#stage[data-exact=true][data-marks='2']")
    page.wait_for_timeout(1000)


def paint_after(page: Page, paintings: list[Path]) -> None:
    """Takes the model that paints after two paintings, the second with less weight."""
    page.select_option("#model", "style-any")
    page.set_input_files("#painting-files", paintings)
    page.wait_for_selector("#weight-2")
    page.locator("#weight-2").fill("30")
    page.wait_for_selector("#stage[data-exact=true][data-shown*='style=2:0.3']")


def main() -> None:
    """Opens the page three times, and photographs it."""
    shared = Path(sys.argv[1])
    words = [sys.executable, "-m", "burnish.cli", "serve", "--port", "0"]
    pictures = [EXAMPLES / "face_noise15.jpg", *sorted(EXAMPLES.glob("*.png"))]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server,
        sync_playwright() as play,
    ):
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        browser = play.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        size = {"width": 1280, "height": 860}
        page = browser.new_page(viewport=size)  # type: ignore[arg-type]
        opened(page, address, pictures)
        photograph(page, "page.jpg")
        page = browser.new_page(viewport=size, color_scheme="dark")  # type: ignore[arg-type]
        opened(page, address, [dirty(shared, Path(folder))])
        paint_over_shutters(page)
        photograph(page, "page_mask.jpg")
        page = browser.new_page(viewport=size)  # type: ignore[arg-type]
        opened(page, address, [shared / "data/test/kodak24/kodim04.webp"])
        paint_after(page, [shared / f"data/style/{name}.jpg" for name in ("starry_night", "wave")])
        photograph(page, "page_paintings.jpg")
        browser.close()
        server.terminate()


if __name__ == "__main__":
    main()
