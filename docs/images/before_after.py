"""Makes before_after.png, the picture in the README: the demo's example beside what the default
model makes of it, with nothing set by hand.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import numpy as np
from PIL import Image

import burnish

#: white between the two
GAP = 8


def main() -> None:
    with Image.open(Path(str(resources.files("burnish.cli.commands") / "demo.png"))) as file:
        before = np.asarray(file.convert("RGB"))
    after = burnish.restore(before)
    between = np.full((before.shape[0], GAP, 3), 255, np.uint8)
    Image.fromarray(np.concatenate([before, between, after], 1)).save(
        Path(__file__).with_name("before_after.png"), optimize=True
    )


if __name__ == "__main__":
    main()
