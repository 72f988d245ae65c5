"""Makes docs/gallery.md and its pictures: every shipped model, its dial, a filter, and failures.

    python -m benchmarks.gallery [--only NAME ...] [--page]

It wants ../shared beside the checkout, for Kodak's pictures and the shapes of dirt. --only makes
some pictures anew. --page writes the page alone, from the words in exhibits.py.
"""

from __future__ import annotations

import argparse
import io
import tempfile
from pathlib import Path

from PIL import Image

from benchmarks.gallery.exhibits import EXHIBITS, Exhibit
from burnish.ground.files import atomic_write
from burnish.report.sheet import sheet

PAGE = Path("docs/gallery.md")
PICTURES = Path("docs/images/gallery")
#: bytes that a picture may take, and the qualities of WebP that are tried for it
LARGEST = 150_000
QUALITIES = (80, 75, 70, 60)

BEGIN = """\
# Gallery

Every model that ships, on pictures that can be looked at: what it makes of them, along its dial,
beside a filter that nobody trained, and where it fails.
`python -m benchmarks.gallery` makes this page and all that is on it.

In the upper row is a part of the picture as it came, of each result, and of the picture as it was.
In the lower row is what was taken away: the picture as it came, less what stands above, about grey,
and so many times as strong as it says; below "as it was" is what there was to take away.
dB are of the whole picture, PSNR[RGB, 8-bit, crop 0].
Nothing was set by hand where nothing is said.

The photographs are Kodak's (unrestricted use), most of them damaged on purpose.
Dirt has the shapes of scans of film by FilmDamageSimulator (MIT); the page of print is drawn;
strokes are of paintings in the public domain.
Pictures of your own show more: `burnish dial MODEL FILE -o strip.png` makes such a strip of them.
"""


def text() -> str:
    """The page in Markdown."""
    parts = [BEGIN]
    for model in dict.fromkeys(exhibit.model for exhibit in EXHIBITS):
        parts.append(f"## {model}\n")
        parts += [_hung(exhibit) for exhibit in EXHIBITS if exhibit.model == model]
    return "\n".join(parts)


def _hung(exhibit: Exhibit) -> str:
    """A picture of the page, with its title and what is to be seen."""
    alt = exhibit.title.replace("`", "")
    link = f"![{alt}](images/gallery/{exhibit.name}.webp)"
    return f"### {exhibit.title}\n\n{link}\n\n{exhibit.seen.strip()}\n"


def make(exhibit: Exhibit) -> Path:
    """Makes a picture of the gallery, as good as it may be large, and returns where it is.

    ValueError where no quality makes it small enough.
    """
    with tempfile.TemporaryDirectory() as folder:
        drawn = sheet(exhibit.rows(), Path(folder) / "sheet.png", exhibit.width)
        picture = Image.open(drawn).convert("RGB")
    for quality in QUALITIES:
        file = io.BytesIO()
        picture.save(file, "WEBP", quality=quality, method=6)
        if file.tell() <= LARGEST:
            PICTURES.mkdir(exist_ok=True)
            target = PICTURES / f"{exhibit.name}.webp"
            atomic_write(target, file.getvalue())
            return target
    raise ValueError(f"{exhibit.name}: no quality makes it smaller than {LARGEST} bytes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=[exhibit.name for exhibit in EXHIBITS])
    parser.add_argument("--page", action="store_true")
    options = parser.parse_args()
    for exhibit in EXHIBITS:
        if not options.page and exhibit.name in options.only:
            target = make(exhibit)
            print(f"{target}: {target.stat().st_size} bytes", flush=True)
    atomic_write(PAGE, text().encode())


if __name__ == "__main__":
    main()
