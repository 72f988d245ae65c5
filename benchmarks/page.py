"""How long the page of `burnish serve` takes from a slider's move to pixels.

    python -m benchmarks.page

In Chromium without a window, a viewport of 1000x700 at 100 %, the model `photo`. The quick answer
is the first frame with the new setting, and the sharp one that with the pixels of the saved file.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

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


def measure(address: str, picture: Path) -> tuple[list[float], list[float], float]:
    """Milliseconds to the quick and to the sharp frame for each move, and from the choice of a
    picture to its first sight.
    """
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=found, args=["--no-sandbox"])
        size = {"width": VIEWPORT[0] + PANEL, "height": VIEWPORT[1] + HEAD}
        page = browser.new_page(viewport=size)  # type: ignore[arg-type]
        page.set_default_timeout(120_000)
        page.goto(address)
        page.wait_for_selector("body[data-ready]")
        page.evaluate("window.begun = performance.now()")
        page.set_input_files("#files", picture)
        page.wait_for_selector("#canvas[data-drawn]")
        first = page.evaluate("performance.now() - window.begun")
        page.select_option("#model", "photo")
        page.check("#zooms input[value='1']", force=True)
        page.wait_for_selector("#stage[data-exact=true][data-shown='model=photo']")
        times = [page.evaluate(MOVE, 10 + move) for move in range(MOVES)]
        browser.close()
    quick, sharp = zip(*times[2:], strict=True)
    return list(quick), list(sharp), float(first)


def main() -> None:
    """Measures, and prints the medians."""
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "picture.png"
        tile = np.asarray(Image.open(EXAMPLE))
        Image.fromarray(np.tile(tile, (4, 4, 1))).save(picture)
        words = [sys.executable, "-m", "burnish.cli", "serve", "--port", "0"]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            try:
                quick, sharp, first = measure(server.stdout.readline().strip(), picture)
            finally:
                server.terminate()
    print(f"processor: {facts().get('model name', 'unknown')}")
    print(f"first sight of a picture of 1536x1024: {first:.0f} ms")
    for name, times in (("quick", quick), ("sharp", sharp)):
        spread = f"{min(times):.0f} to {max(times):.0f}"
        print(f"{name}: median {statistics.median(times):.0f} ms of {len(times)} ({spread})")


if __name__ == "__main__":
    main()
