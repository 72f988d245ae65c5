"""The picture of the page in docs/serve.md and the README: python docs/images/page.py

It wants Chromium, and `pip install '.[dev]'`.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parents[1] / "examples"


def main() -> None:
    """Opens the page with the pictures of examples/, and photographs it."""
    words = [sys.executable, "-m", "burnish.cli", "serve", "--port", "0"]
    pictures = [EXAMPLES / "face_noise15.jpg", *sorted(EXAMPLES.glob("*.png"))]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        with sync_playwright() as play:
            found = shutil.which("chromium")
            browser = play.chromium.launch(executable_path=found, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1280, "height": 860})
            page.set_default_timeout(120_000)
            page.goto(address)
            page.wait_for_selector("body[data-ready]")
            page.set_input_files("#files", pictures)
            page.wait_for_selector("#items:not(:has(.arriving))")
            page.wait_for_selector("#stage[data-exact=true]")
            page.wait_for_timeout(3000)
            shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            browser.close()
        server.terminate()
    shot.save(HERE / "page.jpg", quality=86, optimize=True, progressive=True)


if __name__ == "__main__":
    main()
