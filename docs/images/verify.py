"""Draws docs/images/verify.png: what `burnish verify photo examples/ -o FOLDER` draws of a seam.

The seam is planted: tiles do not see past their edge.

    python docs/images/verify.py
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from burnish.inference import engine, zoo
from burnish.study.agreement.show import draw
from burnish.study.agreement.verify import verify

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    right = engine._spans

    def without_margin(size: int, count: int, margin: int, multiple: int) -> Any:
        return right(size, count, 0, multiple)

    setattr(engine, "_spans", without_margin)  # noqa: B010 (mypy lets nothing else replace it)
    pictures = [ROOT / "examples"]
    outcomes = list(verify(zoo.find("photo"), pictures, precisions=["fp32"]))
    with tempfile.TemporaryDirectory() as folder:
        first, *_ = draw(outcomes, Path(folder))
        shutil.copyfile(first, Path(__file__).with_suffix(".png"))


if __name__ == "__main__":
    main()
