"""How long the page of `burnish serve` takes from a slider's move to pixels.

    python -m benchmarks.page

In Chromium without a window, a viewport of 1000x700 at 100 %, the model `photo`. The quick answer
is the first frame with the new setting, and the sharp one that with the pixels of the saved file.
Then a picture of 25 megapixels is moved at 100 % by 60 pixels a frame, up and down, while its parts
are restored: how many frames a second are drawn.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from burnish.ground.processor import facts

#: how often the slider is moved
MOVES = 25
#: the viewport in CSS pixels, and what the page has beside it
VIEWPORT, PANEL, HEAD = (1000, 700), 336, 53
EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "face_noise15.jpg"
#: moves the slider and gives the milliseconds to the quick frame and to the sharp one
MOVE = """
(noise) => new Promise((done) => {
    const stage = document.getElementById("stage");
    const slider = document.getElementById("dial-noise");
    const begun = performance.now();
    let quick = null;
    const watching = new MutationObserver(() => {
        if (!stage.dataset.shown.includes(`noise=${noise}`)) return;
        const exact = stage.dataset.exact === "true";
        requestAnimationFrame(() => {
            quick ??= performance.now() - begun;
            if (!exact) return;
            watching.disconnect();
            done([quick, performance.now() - begun]);
        });
    });
    watching.observe(stage, { attributes: true });
    slider.value = noise;
    slider.dispatchEvent(new Event("input"));
})
"""
#: moves the picture for so many frames, and gives the milliseconds between them
PAN = """
(frames) => new Promise((done) => {
    const stage = document.getElementById("stage");
    const times = [];
    const step = (now) => {
        times.push(now);
        if (times.length > frames) {
            done(times.slice(1).map((time, at) => time - times[at]));
            return;
        }
        const key = times.length % 60 < 30 ? "ArrowDown" : "ArrowUp";
        stage.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
        requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
})
"""
#: frames for which it is moved
FRAMES = 180


@dataclass(frozen=True)
class Times:
    """What was measured, in milliseconds."""

    #: from each move of the slider to the quick frame
    quick: list[float]
    #: and to the sharp one
    sharp: list[float]
    #: from the choice of a picture to its first sight
    first: float
    #: between frames while a large picture is moved
    frames: list[float]


def measure(address: str, picture: Path, large: Path) -> Times:
    """Measures with a picture, and moves a large one."""
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=found, args=["--no-sandbox"])
        page, first = _opened(browser, address, picture)
        page.select_option("#model", "photo")
        page.check("#zooms input[value='1']", force=True)
        page.wait_for_selector("#stage[data-exact=true][data-shown='model=photo']")
        times = [page.evaluate(MOVE, 10 + move) for move in range(MOVES)]
        page.close()
        page, _ = _opened(browser, address, large)
        page.check("#zooms input[value='1']", force=True)
        page.wait_for_selector("#stage[data-exact=true]")
        frames = page.evaluate(PAN, FRAMES)
        browser.close()
    quick, sharp = zip(*times[2:], strict=True)
    return Times(list(quick), list(sharp), first, frames)


def _opened(browser: Any, address: str, picture: Path) -> tuple[Any, float]:
    """The page with a picture, and milliseconds from its choice to its first sight."""
    size = {"width": VIEWPORT[0] + PANEL, "height": VIEWPORT[1] + HEAD}
    page = browser.new_page(viewport=size)
    page.set_default_timeout(120_000)
    page.goto(address)
    page.wait_for_selector("body[data-ready]")
    page.evaluate("window.begun = performance.now()")
    page.set_input_files("#files", picture)
    page.wait_for_selector("#canvas[data-drawn]")
    return page, float(page.evaluate("performance.now() - window.begun"))


def main() -> None:
    """Measures, and prints the medians."""
    with tempfile.TemporaryDirectory() as folder:
        picture, large = Path(folder) / "picture.png", Path(folder) / "large.jpg"
        tile = np.asarray(Image.open(EXAMPLE))
        Image.fromarray(np.tile(tile, (4, 4, 1))).save(picture)
        Image.fromarray(np.tile(tile, (16, 16, 1))).save(large)
        words = [sys.executable, "-m", "burnish.cli", "serve", "--port", "0"]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            try:
                found = measure(server.stdout.readline().strip(), picture, large)
            finally:
                server.terminate()
    print(f"processor: {facts().get('model name', 'unknown')}")
    print(f"first sight of a picture of 1536x1024: {found.first:.0f} ms")
    for name, times in (("quick", found.quick), ("sharp", found.sharp)):
        spread = f"{min(times):.0f} to {max(times):.0f}"
        print(f"{name}: median {statistics.median(times):.0f} ms of {len(times)} ({spread})")
    pace, slowest = 1000 / statistics.mean(found.frames), sorted(found.frames)[-FRAMES // 20]
    print(f"moved: {pace:.0f} frames a second, {slowest:.0f} ms for the slowest of 20")


if __name__ == "__main__":
    main()
