"""Pages read and binarised: `document` against the page as it came and the filters.

python -m benchmarks.pages [--model document] [--write]

*Reading*: character error rate of Tesseract 5 (Debian's package tesseract-ocr) against its reading
of the clean side: edit distance (Levenshtein) over the characters of that reading, white space
counting as one space; on the pages that `recipes/document.yaml` leaves out, six of 36, four spoiled
versions each, as they are and enlarged three times by Lanczos's kernel, as 8-bit PNG, `--psm 6`;
and on the printed pages (_P) of the contests, in grey, against its reading of their ink. Where
Tesseract is not installed, a sentence says so. *Colours*: of ink in eight colours, on the clean
sides of the six pages enlarged twice, on paper of one colour with noise of 3 steps: the distance in
CIE Lab (1976) of the mean colour of its cores, which the clean side has darker than 0.1, to the
colour of ink over that of the paper. *Ink*: F-measure at "ink only", what is darker than 0.5 being
ink, on old handwriting and print of the DIBCO and MSI contests, turned grey. Every third by name,
and printed ones (_P), are left out of training, and of what limits are chosen by. Filters have
their usual settings. *Photographs*: Kodak's 24, at 0.3, 0.5 and 0.7 of their size on printed pages;
the share of each that is left alone. --only: one of the four. --write keeps the figures in
benchmarks/results/pages.json and puts the tables into docs/pages.md.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.documents import PAGES, RECIPE, SCANS
from benchmarks.markdown import put
from benchmarks.markdown import rows as table
from burnish import images
from burnish.contract import Array
from burnish.ground.channels import to_channels
from burnish.ground.files import atomic_write
from burnish.ground.resize import resize
from burnish.images import Picture
from burnish.inference.masked import Masked
from burnish.inference.zoo import load
from burnish.metrics import METRICS
from burnish.pipeline import Asked, Restores
from burnish.study.rows import open_row
from burnish.training.recipe.file import load as load_recipe
from burnish.training.recipe.resolve import resolve
from burnish.training.step.feed import held_out
from burnish.training.step.initial import initial_network
from burnish.training.validation.validate import centre_crops

RESULTS, PAGE = Path("benchmarks/results/pages.json"), Path("docs/pages.md")
#: settings of `document`, and what it is held against
CLEANING = (0, 25, 50, 75, 100)
PEERS = ("background-division", "sauvola", "otsu")
#: `document` at ink only, and with a mask that is white all over
INK, ALL = "document, cleaning 100", "the same, nothing left alone"
#: photographs, the sizes at which they lie on pages, and the colour of these
KODAK, SIZES, PAPER = Path("../shared/data/test/kodak24"), (0.3, 0.5, 0.7), (0.93, 0.9, 0.82)
#: the page as it came
AS_IT_CAME = "as it came"
#: so many times pages are enlarged before they are read, as a scan of 300 dots an inch would be
ENLARGED = 3
#: inks, as red, green and blue of 255; noise on their pages, in such steps
INKS = {
    "black": (25, 25, 25),
    "grey": (95, 95, 100),
    "blue": (30, 50, 170),
    "pale blue": (100, 130, 205),
    "red": (190, 30, 30),
    "green": (20, 110, 50),
    "violet": (110, 50, 140),
    "brown": (110, 70, 40),
}
GRAIN = 3
#: what is darker than this is the core of a stroke
CORE = 0.1
#: so much above the best peer a page has to be to count
ABOVE = 2.0
#: a photograph of which more is left alone, in percent, is whole
WHOLE = 99.9


def rows_of(model: str) -> dict[str, Restores]:
    """What restores, by its name."""
    settings = (f"{model}:cleaning={at}" for at in CLEANING)
    named = {f"document, cleaning {at}": word for at, word in zip(CLEANING, settings, strict=True)}
    every = {**named, **{peer: peer for peer in PEERS}}
    return {name: open_row(word, device="cpu") for name, word in every.items()}


def pages() -> Iterator[tuple[Array, Array]]:
    """The pages that no training saw: spoiled, and clean. [1, C, H, W]"""
    stage = resolve(load_recipe(RECIPE))[-1]
    pictures = held_out(stage, initial_network(stage).contract, print)
    assert pictures is not None
    for one in centre_crops(pictures, None):
        if one.spoiled is not None:
            yield one.spoiled[:, :1], one.clean[:, :1]


def read(page: Array, times: int) -> str:
    """What Tesseract reads on a page [1, 1, H, W], enlarged so many times."""
    height, width = page.shape[-2:]
    large = page if times == 1 else resize(page, times * height, times * width, "lanczos")
    samples = np.rint(255 * large[0, 0].clip(0, 1)).astype(np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.png"
        images.write(file, images.from_array(samples))
        words = ["tesseract", str(file), "stdout", "--psm", "6"]
        alone = {**os.environ, "OMP_THREAD_LIMIT": "1"}  # else its threads wait for each other
        said = subprocess.run(words, capture_output=True, text=True, check=True, env=alone)
    return " ".join(said.stdout.split())


def errors(found: str, true: str) -> float:
    """The character error rate of a reading, in percent of the true one's characters."""
    before = np.arange(len(true) + 1)
    letters = np.array(list(true))
    for count, letter in enumerate(found, 1):
        # Replaced or left out, and then, from left to right, put in.
        best = np.minimum(before[:-1] + (letters != letter), before[1:] + 1)
        steps = np.concatenate([[count], best]) - np.arange(len(true) + 1)
        before = np.minimum.accumulate(steps) + np.arange(len(true) + 1)
    return 100 * float(before[-1]) / max(1, len(true))


def reading(
    rows: dict[str, Restores], some: Iterable[tuple[Array, Array]], times: int
) -> dict[str, list[float]]:
    """By its name, the error rates of every row on each page; of the page as it came, too.

    some: pages, spoiled and clean [1, 1, H, W], enlarged so many times before they are read.
    """
    found: dict[str, list[float]] = {}
    for spoiled, clean in some:
        true = read(clean, times)
        found.setdefault(AS_IT_CAME, []).append(errors(read(spoiled, times), true))
        for name, row in rows.items():
            after = row.restore(Picture(spoiled)).picture.pixels[:, :1]
            found.setdefault(name, []).append(errors(read(after, times), true))
    return found


def coloured(model: str) -> dict[str, float]:
    """By the name of an ink, how far its colour comes out from its own, in CIE Lab."""
    from skimage.color import rgb2lab

    cleaner = load(model)
    rng = np.random.default_rng(0)
    clean = {page.tobytes(): page for _, page in pages()}
    paper = np.array(PAPER, np.float32)[:, None, None]
    found: dict[str, list[float]] = {ink: [] for ink in INKS}
    for page in clean.values():
        height, width = page.shape[-2:]
        white = resize(page, 2 * height, 2 * width, "lanczos")[0].clip(0, 1)
        for name, ink in INKS.items():
            colour = np.array(ink, np.float32)[:, None, None] / 255
            drawn = colour + (paper - colour) * white
            noisy = drawn + rng.normal(0, GRAIN / 255, drawn.shape).astype(np.float32)
            after = cleaner.restore(Picture(noisy.clip(0, 1)[None])).picture.pixels[0].clip(0, 1)
            pair = np.stack([after[:, white[0] < CORE].mean(1), (colour / paper)[:, 0, 0]])
            own, wanted = rgb2lab(pair)
            found[name].append(float(np.linalg.norm(own - wanted)))
    return {name: round(float(np.mean(apart)), 2) for name, apart in found.items()}


def scanned() -> Iterator[tuple[str, Array, Array]]:
    """Old handwriting and print: name, scan in grey, and its ink, black on white. [1, 1, H, W]"""
    for file in sorted((SCANS / "source").iterdir()):
        scan, truth = (
            to_channels(images.read(SCANS / side / file.name).pixels[:, :3], 1)
            for side in ("source", "target")
        )
        yield file.name, scan, (truth >= 128 / 255).astype(np.float32)


def inked(rows: dict[str, Restores], model: str) -> dict[str, dict[str, float]]:
    """By the name of a page, the F-measures of `document` at ink only and of its peers; and of
    `document` told to leave nothing alone.
    """
    measure = METRICS["f-measure"].function
    alone = load(model)
    found: dict[str, dict[str, float]] = {}
    for name, spoiled, truth in scanned():
        picture = Picture(spoiled)
        everything = Asked(mask=np.ones(spoiled.shape[-2:], np.float32))
        after = {row: rows[row].restore(picture).picture.pixels for row in (INK, *PEERS)}
        after[ALL] = alone.restore(picture, everything).picture.pixels
        found[name] = {row: round(float(measure(a, truth, 0)), 2) for row, a in after.items()}
    return found


def photographs(model: str) -> dict[str, float]:
    """By its name, the share of a photograph on a page of print that is left alone, in percent."""
    cleaner = load(model)
    assert isinstance(cleaner, Masked)
    clean = sorted((PAGES / "dirty_docs/clean").iterdir())
    found: dict[str, float] = {}
    for at, file in enumerate(sorted(KODAK.iterdir())):
        page = images.read(clean[7 * at % len(clean)]).pixels[0, :1]
        page = np.tile(page, (3, 2, 2)) * np.array(PAPER, np.float32)[:, None, None]
        photograph = images.read(file).pixels[0]
        height, width = (round(SIZES[at % len(SIZES)] * side) for side in photograph.shape[1:])
        height, width = min(height, page.shape[1] - 20), min(width, page.shape[2] - 20)
        there = (slice(None), slice(10, 10 + height), slice(10, 10 + width))
        page[there] = resize(photograph, height, width, "area")
        mask, _ = cleaner.mask(Picture(page[None]))
        found[file.stem] = round(100 * float((mask[there[1:]] == 0).mean()), 2)
    return found


def never_seen(names: Sequence[str]) -> list[str]:
    """Those that are left out: every third by name, and those that are printed."""
    return [name for at, name in enumerate(sorted(names)) if at % 3 == 2 or "_P" in name]


def of_reading(found: dict[str, dict[str, list[float]]]) -> list[str]:
    """The table of reading."""
    body = []
    for name in found["as they are"]:
        cells = [name]
        for rates in (each[name] for each in found.values()):
            cells += [f"{np.mean(rates):.2f}", f"{max(rates):.1f}"]
        body.append(cells)
    heads = [head for kind in found for head in (f"{kind}: mean, %", "worst, %")]
    return table(["", *heads], body)


def of_colours(found: dict[str, float]) -> list[str]:
    """The table of colours."""
    body = [[name, f"{apart:.1f}"] for name, apart in found.items()]
    return table(["ink", "distance in Lab"], body)


def of_ink(found: dict[str, dict[str, float]]) -> list[str]:
    """The table of ink."""
    left = never_seen(list(found))
    body = []
    for name in next(iter(found.values())):
        means = [np.mean([found[page][name] for page in some]) for some in (left, list(found))]
        body.append([name, *(f"{value:.1f}" for value in means)])
    return table(["", f"the {len(left)} pages left out", f"all {len(found)}"], body)


def above(found: dict[str, dict[str, float]]) -> str:
    """On how many pages `document` is so far above the best peer."""
    left = never_seen(list(found))

    def count(some: Sequence[str]) -> int:
        return sum(found[page][ALL] >= max(found[page][p] for p in PEERS) + ABOVE for page in some)

    return (
        f"With nothing left alone, {count(left)} of {len(left)} pages, and {count(list(found))} "
        f"of all {len(found)}, are "
        f"{ABOVE:g} points or more above the best of the three filters for that page."
    )


def of_photographs(found: dict[str, float]) -> str:
    """How many photographs stay whole."""
    cut = {name: share for name, share in found.items() if share < WHOLE}
    others = ", ".join(f"{share:.0f} % of {name}" for name, share in cut.items())
    return f"{len(found) - len(cut)} of {len(found)} are left alone whole; of the others, {others}."


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="document")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--only", choices=("ink", "photographs", "colours", "reading"))
    args = parser.parse_args()
    record = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    parts: dict[str, list[str]] = {}
    rows = rows_of(args.model)
    if args.only in (None, "ink"):
        record["f-measure"] = inked(rows, args.model)
        parts["ink"] = [*of_ink(record["f-measure"]), "", above(record["f-measure"])]
    if args.only in (None, "photographs"):
        record["photographs, % left alone"] = photographs(args.model)
        parts["photographs"] = [of_photographs(record["photographs, % left alone"])]
    if args.only in (None, "colours"):
        record["distance in Lab"] = coloured(args.model)
        parts["colours"] = of_colours(record["distance in Lab"])
    if args.only in (None, "reading") and shutil.which("tesseract"):
        printed = [(spoiled, ink) for name, spoiled, ink in scanned() if "_P" in name]
        record["character error rate, %"] = {
            "as they are": reading(rows, pages(), 1),
            f"enlarged {ENLARGED} times": reading(rows, pages(), ENLARGED),
            "printed": reading(rows, printed, 1),
        }
        parts["reading"] = of_reading(record["character error rate, %"])
    elif args.only in (None, "reading"):
        print("Tesseract is not installed (Debian: tesseract-ocr), so nothing is read.")
    for name, lines in parts.items():
        print(*lines, sep="\n")
        if args.write:
            put(PAGE, name, lines)
    if args.write:
        atomic_write(RESULTS, json.dumps(record, indent=1).encode())


if __name__ == "__main__":
    main()
