"""The page, in a real browser: what a hand, a keyboard and an eye do with it.

Without Chromium these are skipped; Debian's `chromium` will do, and so will what `playwright
install chromium` brings.
"""

from __future__ import annotations

import base64
import io
import itertools
import json
import re
import shlex
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

pytest.importorskip("starlette", reason="burnish[serve] is not installed")
pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from conftest import scene
from playwright.sync_api import (
    Browser,
    Error,
    FileChooser,
    Page,
    Request,
    Route,
    expect,
    sync_playwright,
)
from serving import Serving

from burnish.cli import app
from burnish.inference import zoo

#: what a browser may be called where it is installed
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
#: milliseconds that anything may take, on a machine with much else to do
PATIENCE = 15_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as play:
        try:
            chromium = play.chromium.launch(executable_path=found, args=["--no-sandbox"])
        except Error:
            pytest.skip("no Chromium is installed; `playwright install chromium` brings one")
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, server: Serving) -> Iterator[Page]:
    """The page, open; behind it nothing may have gone wrong, and nothing gone elsewhere."""
    context = browser.new_context(viewport={"width": 1300, "height": 800})
    context.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda told: wrong.append(told.text) if told.type == "error" else None)
    opened.on("request", lambda asked: addresses.append(asked.url))
    addresses: list[str] = []
    opened.goto(server.address)
    opened.wait_for_selector("body[data-ready]")
    yield opened
    context.close()
    told = [each for each in wrong if "the server responded with a status of 4" not in each]
    assert told == []
    assert {url for url in addresses if not url.startswith((server.base, "blob:"))} == set()


def noisy(path: Path, height: int = 150, width: int = 220, seed: int = 0) -> Path:
    """A file with a noisy picture."""
    rng = np.random.default_rng(seed)
    clean = scene(height, width)[0].transpose(1, 2, 0)
    spoiled = (clean + rng.normal(0, 20 / 255, clean.shape)).clip(0, 1)
    Image.fromarray(np.rint(255 * spoiled).astype(np.uint8)).save(path)
    return path


def drop(page: Page, *files: Path, on: str = "body") -> None:
    """Drops files on a part of the page, as a hand does."""
    told = [[file.name, base64.b64encode(file.read_bytes()).decode()] for file in files]
    transfer = page.evaluate_handle(
        """(files) => {
            const transfer = new DataTransfer();
            for (const [name, content] of files) {
                const bytes = Uint8Array.from(atob(content), (c) => c.charCodeAt(0));
                transfer.items.add(new File([bytes], name));
            }
            return transfer;
        }""",
        told,
    )
    page.dispatch_event(on, "drop", {"dataTransfer": transfer})


def sharp(page: Page, words: str = "") -> None:
    """Waits until what is seen is exact, with these words about how it was restored."""
    told = f"[data-shown*='{words}']" if words else ""
    page.wait_for_selector(f"#stage[data-exact=true]{told}")


def pixels(page: Page) -> Any:
    """What the picture's place shows [H, W, 3]."""
    image = Image.open(io.BytesIO(page.locator("#stage").screenshot()))
    return np.asarray(image.convert("RGB")).astype(int)


def by_command(page: Page, folder: Path) -> bytes:
    """The bytes that the command gives which the page shows, run in a folder."""
    words = shlex.split(page.locator("#command").inner_text())
    assert words[:2] == ["burnish", "restore"]
    out = folder / "by_command"
    told = [
        str(folder / word) if before == "--style" or word.endswith("_where.png") else word
        for before, word in itertools.pairwise(words[2:])
    ]
    done = CliRunner().invoke(app, ["restore", str(folder / words[2]), *told, "-o", f"{out}/"])
    assert done.exit_code == 0, done.output
    (found,) = out.iterdir()
    return found.read_bytes()


def test_a_picture_that_is_dropped_is_seen_said_and_saved_as_the_command_saves_it(
    page: Page, tmp_path: Path
) -> None:
    drop(page, noisy(tmp_path / "my photo's.png"))
    sharp(page)
    expect(page.locator("#sees")).to_contain_text("noise")
    expect(page.locator("#would")).to_contain_text("photo: noisy")
    assert page.locator("#command").inner_text() == "burnish restore 'my photo'\\''s.png'"
    with page.expect_download() as saved:
        page.click("#save")
    assert saved.value.suggested_filename == "my photo's_restored.png"
    assert Path(saved.value.path()).read_bytes() == by_command(page, tmp_path)


def test_a_dial_has_no_number_before_the_picture_was_looked_at(page: Page, tmp_path: Path) -> None:
    held: list[Route] = []
    page.route("**/v1/inspect?*", lambda route: held.append(route))
    drop(page, noisy(tmp_path / "a.png"))
    sharp(page)
    number = page.locator("#dials [data-dial=noise] input[type=number]")
    expect(number).to_have_value("")
    expect(page.locator("#sees")).to_have_text("Looking at it …")
    page.wait_for_timeout(100)
    held[0].continue_()
    expect(number).not_to_have_value("")


def test_a_slider_changes_what_is_seen_and_what_is_saved(page: Page, tmp_path: Path) -> None:
    drop(page, noisy(tmp_path / "a.png"))
    sharp(page)
    page.select_option("#model", "photo")
    sharp(page, "model=photo")
    before = pixels(page)
    slider = page.locator("#dial-noise")
    slider.fill("60")
    sharp(page, "d=noise=60")
    after = pixels(page)
    half = before.shape[1] // 2
    assert np.abs(after - before)[:, : half - 20].mean() < 0.1  # left of the divider nothing moves
    assert np.abs(after - before)[:, half + 20 :].mean() > 0.5
    page.locator("#dial-strength").fill("70")
    sharp(page, "strength=0.7")
    assert page.locator("#command").inner_text() == (
        "burnish restore a.png -m photo -d noise=60 --strength 0.7"
    )
    page.select_option("#format", "jpg")
    with page.expect_download() as saved:
        page.click("#save")
    assert saved.value.suggested_filename == "a_restored.jpg"
    assert Path(saved.value.path()).read_bytes() == by_command(page, tmp_path)
    page.click("#dials [data-dial=noise] button[aria-pressed]")
    expect(page.locator("#command")).to_have_text(
        "burnish restore a.png -m photo --strength 0.7 -f jpg"
    )


def test_a_result_may_be_larger(page: Page, tmp_path: Path) -> None:
    drop(page, noisy(tmp_path / "a.png", 48, 64))
    sharp(page)
    page.select_option("#size", "3")
    assert page.locator("#command").inner_text() == "burnish restore a.png --to 3"
    with page.expect_download() as saved:
        page.click("#save")
    assert Image.open(saved.value.path()).size == (192, 144)
    assert Path(saved.value.path()).read_bytes() == by_command(page, tmp_path)
    page.click("#undo")
    expect(page.locator("#size")).to_have_value("")


def test_what_there_is_to_say_of_a_result_is_said(page: Page, tmp_path: Path) -> None:
    picture = tmp_path / "a.jpg"
    Image.open(noisy(tmp_path / "a.png", 48, 64)).save(picture)
    picture.write_bytes(picture.read_bytes()[:-2])
    drop(page, picture)
    sharp(page)
    expect(page.locator("#notes")).to_be_hidden()
    with page.expect_download():
        page.click("#save")
    expect(page.locator("#notes li")).to_contain_text(["end marker"])
    page.locator("#dial-strength").fill("50")
    expect(page.locator("#notes")).to_be_hidden()
    words = "some is left; --mask-out shows where"
    said = "async (words) => (await import('./texts.js')).texts.note(words)"
    assert page.evaluate(said, words) == "some is left"


def test_the_divider_follows_hand_and_keys(page: Page, tmp_path: Path) -> None:
    drop(page, noisy(tmp_path / "a.png"))
    sharp(page)
    divider = page.locator("#divider")
    box = page.locator("#stage").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 300)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 300)
    page.mouse.up()
    expect(divider).to_have_attribute("aria-valuenow", "80")
    divider.press("ArrowLeft")
    expect(divider).to_have_attribute("aria-valuenow", "78")
    divider.press("End")
    everything_before = pixels(page)
    divider.press("Home")
    assert np.abs(pixels(page) - everything_before).mean() > 1


def test_views_and_zoom(page: Page, tmp_path: Path) -> None:
    drop(page, noisy(tmp_path / "a.png", 500, 700))
    sharp(page)
    page.check("#modes input[value=side]", force=True)
    sharp(page)
    left, right = np.array_split(pixels(page), 2, axis=1)
    assert left.std() > right.std()  # the noise is on the left
    page.check("#modes input[value=taken]", force=True)
    expect(page.locator("#tag-after")).to_contain_text("taken away")
    page.wait_for_timeout(300)
    taken = pixels(page)[200:400, 200:400]
    assert abs(taken.mean() - 128) < 8
    assert taken.std() > 20
    page.check("#modes input[value=divider]", force=True)
    for zoom, height in (("1", 500), ("2", 1000), ("4", 2000)):
        page.check(f"#zooms input[value='{zoom}']", force=True)
        shown = page.evaluate("document.querySelector('#canvas').height")
        assert shown < height or zoom == "1"
    before = pixels(page)
    page.locator("#stage").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert np.abs(pixels(page) - before).mean() > 0.5
    page.keyboard.press("0")
    expect(page.locator("#zooms input[value=fit]")).to_be_checked()


def scratched(path: Path) -> Path:
    """A file with a smooth picture, and a crooked bright hair across it."""
    rows, columns = np.mgrid[0:200, 0:300]
    plain = 90 + 40 * np.sin(rows / 60) + 20 * np.cos(columns / 80)
    image = np.stack([plain, plain * 0.9, plain * 0.8], 2)
    hair = 60 + 12 * np.sin(columns / 17) + 5 * np.sin(columns / 6)
    image[(np.abs(rows - hair) < 1.6) & (np.abs(columns - 150) < 110)] = 245
    Image.fromarray(np.rint(image).astype(np.uint8)).save(path)
    return path


def open_scratched(page: Page, folder: Path) -> None:
    """That picture, at its size, with the model that mends it."""
    drop(page, scratched(folder / "a.png"))
    sharp(page)
    page.select_option("#model", "scratch")
    page.check("#zooms input[value='1']", force=True)
    sharp(page, "model=scratch")


def at(page: Page, column: float, row: float) -> tuple[float, float]:
    """Where a pixel of a picture of 300x200, shown at its size, is on the screen."""
    box = page.locator("#stage").bounding_box()
    assert box is not None
    return box["x"] + (box["width"] - 300) / 2 + column, box["y"] + (box["height"] - 200) / 2 + row


def paint(page: Page, *places: tuple[float, float]) -> None:
    """Moves the pressed mouse over places of that picture."""
    for number, place in enumerate(places):
        page.mouse.move(*at(page, *place))
        if number == 0:
            page.mouse.down()
    page.mouse.up()


def painted(page: Page, state: int) -> None:
    """Waits until what is seen, and the mask over it, are those of a state of the painting."""
    page.wait_for_selector(f"#stage[data-exact=true][data-painted='{state}'][data-marks='{state}']")


def mask_saved(page: Page, folder: Path, name: str = "a_where.png", tone: int = 255) -> Any:
    """What the page saves of where it works: the pixels [H, W] that have a tone there."""
    with page.expect_download() as saved:
        page.click("#mask-save")
    assert saved.value.suggested_filename == name
    shutil.copy(saved.value.path(), folder / name)
    return np.asarray(Image.open(folder / name)) == tone


def red(page: Page, column: int, row: int) -> bool:
    """Whether a pixel of that picture is shown as marked."""
    x, y = at(page, column, row)
    clip = {"x": x - 2, "y": y - 2, "width": 4, "height": 4}
    image = Image.open(io.BytesIO(page.screenshot(clip=clip)))  # type: ignore[arg-type]
    colour = np.asarray(image.convert("RGB"), float).mean((0, 1))
    return bool(colour[0] > 1.5 * colour[1])


def test_the_mask_is_seen_painted_undone_and_saved(page: Page, tmp_path: Path) -> None:
    open_scratched(page, tmp_path)
    page.check("#tools input[value=mark]", force=True)
    expect(page.locator("#marks")).to_be_checked()
    painted(page, 1)
    page.mouse.move(*at(page, 20, 190))
    found = mask_saved(page, tmp_path)
    row, column = (int(each) for each in np.median(np.argwhere(found), 0))
    column = int(np.argmax(found[row] & (np.abs(np.arange(300) - column) < 60)))
    assert red(page, column, row)
    assert not red(page, 200, 140)

    paint(page, (100, 140), (250, 140))
    painted(page, 2)
    page.mouse.move(*at(page, 20, 190))
    assert red(page, 200, 140)
    page.check("#tools input[value=spare]", force=True)
    paint(page, (column - 9, row), (column + 9, row))
    painted(page, 3)
    page.mouse.move(*at(page, 20, 190))
    assert not red(page, column, row)
    page.keyboard.press("Control+z")
    painted(page, 2)
    assert red(page, column, row)
    page.keyboard.press("Control+Shift+z")
    painted(page, 3)

    mask = mask_saved(page, tmp_path)
    assert mask.shape == (200, 300)
    assert mask[140, 200]
    assert not mask[row, column]
    assert np.array_equal(mask[:130, : column - 15], found[:130, : column - 15])
    with page.expect_download() as result:
        page.click("#save")
    expect(page.locator("#mask-first")).to_be_visible()
    assert page.locator("#command").inner_text().endswith("-m scratch --mask-in a_where.png")
    assert Path(result.value.path()).read_bytes() == by_command(page, tmp_path)

    page.click("#mask-reset")
    painted(page, 4)  # the choice of a model was the first
    assert page.locator("#command").inner_text() == "burnish restore a.png -m scratch"


def test_less_is_painted_of_any_other_model(page: Page, tmp_path: Path) -> None:
    drop(page, noisy(tmp_path / "a.png", 200, 300))
    sharp(page)
    page.select_option("#model", "photo")
    page.check("#zooms input[value='1']", force=True)
    page.locator("#dial-noise").fill("40")
    page.locator("#mask summary").click()
    page.check("#tools input[value=spare]", force=True)
    painted(page, 1)
    setting = page.locator("#brush-size")
    setting.fill("20")
    paint(page, (60, 150), (110, 150))
    painted(page, 2)
    blue = np.asarray(Image.open(io.BytesIO(page.locator("#stage").screenshot())).convert("RGB"))
    assert (blue[..., 2] > 1.5 * blue[..., 0].astype(float)).sum() > 1000
    where = mask_saved(page, tmp_path, "a_where.png", 0)
    assert where[150, 85]
    assert not where[50, 85]
    with page.expect_download() as result:
        page.click("#save")
    assert "--strength-map a_where.png" in page.locator("#command").inner_text()
    content = Path(result.value.path()).read_bytes()
    assert content == by_command(page, tmp_path)
    after = np.asarray(Image.open(io.BytesIO(content)))
    before = np.asarray(Image.open(tmp_path / "a.png"))
    assert np.array_equal(after[145:155, 70:100], before[145:155, 70:100])
    assert not np.array_equal(after[45:55, 70:100], before[45:55, 70:100])


def test_the_mask_is_painted_by_keyboard(page: Page, tmp_path: Path) -> None:
    open_scratched(page, tmp_path)
    page.locator("#stage").focus()
    page.keyboard.press("m")
    for _ in range(20):  # each by half the brush's width, 2 pixels
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowRight")
    page.keyboard.press("]")
    page.keyboard.press("Space")
    painted(page, 2)
    page.keyboard.press("v")
    expect(page.locator("#brush")).to_be_hidden()
    assert red(page, 190, 140)


def test_a_strip_compares_settings_and_a_click_takes_one(page: Page, tmp_path: Path) -> None:
    drop(page, noisy(tmp_path / "a.png"))
    sharp(page)
    page.select_option("#model", "photo")
    sharp(page, "model=photo")
    page.click("#dials [data-dial=noise] .strip")
    page.wait_for_selector("#stage[data-strip=noise]")
    cells = page.locator("#strip-cells button")
    expect(cells).to_have_count(6)
    last = page.locator("#dial-noise").get_attribute("max")
    assert [cells.nth(n).get_attribute("aria-label") for n in (0, 5)] == [
        "noise 0",
        f"noise {last}",
    ]
    spread = page.evaluate(
        """() => [...document.querySelectorAll("#strip-cells canvas")].map((canvas) => {
            const { width, height } = canvas;
            const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
            let sum = 0;
            for (let i = 4; i < data.length; i += 4) sum += Math.abs(data[i] - data[i - 4]);
            return sum / data.length;
        })"""
    )
    assert spread[0] > 1.5 * spread[2] > 0  # the noise is there at first
    cells.nth(1).click()
    wanted = cells.nth(1).get_attribute("aria-label")
    assert wanted is not None
    setting = wanted.split()[1]
    expect(page.locator("#command")).to_have_text(
        f"burnish restore a.png -m photo -d noise={setting}"
    )
    expect(page.locator("#dial-noise")).to_have_value(setting)
    expect(cells.nth(1)).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    expect(page.locator("#strip")).to_be_hidden()


def test_settings_are_undone_too(page: Page, tmp_path: Path) -> None:
    drop(page, noisy(tmp_path / "a.png"))
    sharp(page)
    expect(page.locator("#undo")).to_be_disabled()
    page.select_option("#model", "photo")
    page.locator("#dial-noise").fill("60")
    sharp(page, "d=noise=60")
    page.click("#undo")
    expect(page.locator("#command")).to_have_text("burnish restore a.png -m photo")
    page.click("#undo")
    expect(page.locator("#command")).to_have_text("burnish restore a.png")
    expect(page.locator("#model")).to_have_value("auto")
    page.click("#redo")
    page.click("#redo")
    expect(page.locator("#command")).to_have_text("burnish restore a.png -m photo -d noise=60")
    expect(page.locator("#dial-noise")).to_have_value("60")
    expect(page.locator("#redo")).to_be_disabled()


def test_a_bad_file_is_told_in_a_sentence_and_the_others_go_on(page: Page, tmp_path: Path) -> None:
    whole = noisy(tmp_path / "whole.png").read_bytes()
    bad = tmp_path / "bad.png"
    bad.write_bytes(whole[:2000])
    drop(page, bad, tmp_path / "whole.png")
    expect(page.locator("#wrong")).to_contain_text("bad.png: ")
    expect(page.locator("#items li").first).to_have_class("failed")
    expect(page.locator("#save")).to_be_disabled()
    page.click("#items li:nth-child(2) .pick")
    sharp(page)
    expect(page.locator("#save")).to_be_enabled()


#: remembers what is said of progress
SAID_OF_PROGRESS = """
() => {
    window.said = [];
    const left = document.getElementById("left");
    const note = () => window.said.push(left.textContent);
    new MutationObserver(note).observe(left, { childList: true });
}
"""


def test_a_queue_of_pictures_is_restored_and_zipped(page: Page, tmp_path: Path) -> None:
    files = [noisy(tmp_path / f"{name}.png", seed=seed) for seed, name in enumerate("abc")]
    drop(page, *files)
    expect(page.locator("#items li")).to_have_count(3)
    sharp(page)
    page.select_option("#model", "document")
    page.click("#same")
    page.click("#items li:nth-child(3) .remove")
    expect(page.locator("#items li")).to_have_count(2)
    expect(page.locator("#items li.arriving")).to_have_count(0)
    cut = tmp_path / "cut.png"
    cut.write_bytes(files[0].read_bytes()[:500])
    drop(page, cut)
    expect(page.locator("#items li.failed")).to_have_count(1)
    page.evaluate(SAID_OF_PROGRESS)
    page.click("#save-all")
    expect(page.locator("#items li.done")).to_have_count(2)
    expect(page.locator("#said")).to_have_text("2 restored.")
    with page.expect_download() as saved:
        page.click("#zip")
    with zipfile.ZipFile(saved.value.path()) as packed:
        assert packed.namelist() == ["a_restored.png", "b_restored.png"]
        assert packed.read("a_restored.png") == by_command(page, tmp_path)
    said = page.evaluate("window.said")
    assert [which for which in ("1 of 2", "2 of 2") if any(s.startswith(which) for s in said)] == [
        "1 of 2",
        "2 of 2",
    ]
    with page.expect_download() as saved:
        page.click("#report")
    assert saved.value.suggested_filename == "burnish-report.json"
    report = json.loads(Path(saved.value.path()).read_text())
    assert report["counts"] == {"restored": 2, "failed": 1}
    one, _, failed = report["files"]
    assert (one["source"], one["target"], one["dials"]["cleaning"]) == (
        "a.png",
        "a_restored.png",
        zoo.load("document").contract.dial("cleaning").default,
    )
    assert failed["message"].startswith("cut.png: ")


def painting(path: Path, seed: int = 5) -> Path:
    """A file with a picture of a painting: strokes this way and that, in a few colours."""
    rng = np.random.default_rng(seed)
    palette = np.asarray(rng.integers(0, 256, (6, 3)))
    canvas = np.full((120, 140, 3), palette[0])
    for top, left, colour in rng.integers(0, (116, 120, 6), (400, 3)):
        canvas[top : top + 4, left : left + 20] = palette[colour]
    Image.fromarray(canvas.astype(np.uint8)).save(path)
    return path


def open_painted(page: Page, *pictures: Path) -> None:
    """These pictures, the first of which is to be painted; after what, nobody said yet."""
    drop(page, *pictures)
    sharp(page)
    page.select_option("#model", "style-any")
    page.wait_for_selector("#stage[data-exact=false]")


def test_nothing_is_painted_before_a_painting_is_chosen(page: Page, tmp_path: Path) -> None:
    picture = noisy(tmp_path / "a.png", 64, 96)
    drop(page, picture)
    sharp(page)
    expect(page.locator("#paintings")).to_be_hidden()
    open_painted(page)
    expect(page.locator("#paintings")).to_be_visible()
    expect(page.locator("#save")).to_be_disabled()
    expect(page.locator("#save")).to_have_accessible_description(
        "Nothing is painted yet: add a painting."
    )
    expect(page.locator("#busy")).to_have_text("Nothing is painted yet: add a painting.")
    expect(page.locator("#tag-after")).to_be_hidden()
    expect(page.locator("#dials .strip").first).to_be_disabled()
    expect(page.locator("#command")).to_have_text(
        "burnish restore a.png -m style-any --style PAINTING"
    )
    page.set_input_files("#painting-files", painting(tmp_path / "p.png"))
    sharp(page, "style=1:1")
    expect(page.locator("#save")).to_be_enabled()
    expect(page.locator("#why")).to_be_hidden()
    expect(page.locator("#busy")).to_be_hidden()
    page.select_option("#model", "photo")
    sharp(page, "model=photo")
    expect(page.locator("#paintings")).to_be_hidden()
    assert "style=" not in str(page.locator("#stage").get_attribute("data-shown"))


def test_a_picture_is_painted_after_several_as_the_command_does(page: Page, tmp_path: Path) -> None:
    open_painted(page, noisy(tmp_path / "a.png", 64, 96))
    page.set_input_files("#painting-files", painting(tmp_path / "my wave.png", seed=5))
    sharp(page, "style=1:1")
    alone = pixels(page)
    expect(page.locator("#paintings input")).to_have_count(0)  # one counts, whatever its weight
    drop(page, painting(tmp_path / "night.png", seed=6), on="#paintings")
    sharp(page, "style=1:1&style=2:1")
    expect(page.locator("#items li")).to_have_count(1)
    both = pixels(page)
    half = both.shape[1] // 2
    assert np.abs(both - alone)[:, half + 20 :].mean() > 1
    page.get_by_role("slider", name="weight of night.png").fill("25")
    sharp(page, "style=1:1&style=2:0.25")
    page.locator("#dial-strokes").fill("150")
    page.locator("#dial-strength").fill("80")
    sharp(page, "d=strokes=150&strength=0.8")
    with page.expect_download() as saved:
        page.click("#save")
    assert page.locator("#command").inner_text() == (
        "burnish restore a.png -m style-any -d strokes=150 --strength 0.8 "
        "--style 'my wave.png:1' --style night.png:0.25"
    )
    assert Path(saved.value.path()).read_bytes() == by_command(page, tmp_path)

    page.get_by_role("button", name="Paint no more after my wave.png").click()
    sharp(page, "style=2:0.25")
    expect(page.locator("#painted-after li")).to_have_count(1)
    expect(page.locator("#paintings .remove")).to_be_focused()
    page.click("#undo")
    expect(page.locator("#painted-after li")).to_have_count(2)
    sharp(page, "style=1:1&style=2:0.25")


def test_what_is_no_painting_is_told_beside_the_others(page: Page, tmp_path: Path) -> None:
    open_painted(page, noisy(tmp_path / "a.png", 64, 96))
    whole = painting(tmp_path / "p.png")
    told = page.locator("#paintings-wrong")
    for name, content in (("no.png", b"no picture"), ("cut.png", whole.read_bytes()[:200])):
        (tmp_path / name).write_bytes(content)
        drop(page, tmp_path / name, on="#paintings")
        expect(told).to_contain_text(f"{name}: ")
    expect(page.locator("#painted-after li")).to_have_count(0)
    expect(page.locator("#wrong")).to_be_hidden()
    expect(page.locator("#save")).to_be_disabled()

    drop(page, *(painting(tmp_path / f"{seed}.png", seed) for seed in range(5)), on="#paintings")
    expect(told).to_have_text("4 paintings at a time are the most; take one off first.")
    expect(page.locator("#painted-after li span")).to_have_text([f"{n}.png" for n in range(4)])
    page.locator("#paintings .remove").last.click()
    expect(told).to_be_hidden()
    sharp(page, "style=3:1")


def test_what_is_wrong_with_a_picture_is_taken_before_it_is_enlarged(
    page: Page, tmp_path: Path
) -> None:
    clean = tmp_path / "clean.png"
    Image.fromarray(np.full((40, 60, 3), 120, np.uint8)).save(clean)
    drop(page, noisy(tmp_path / "a.png", 40, 60), clean)
    expect(page.locator("#would")).to_contain_text("photo: noisy")
    expect(page.locator("#first-offer")).to_be_hidden()
    page.select_option("#model", "upscale-x2")
    sharp(page, "model=upscale-x2")
    page.get_by_label("Take photo first, or the damage comes along.").check()
    sharp(page, "model=auto+upscale-x2")
    with page.expect_download() as saved:
        page.click("#save")
    assert page.locator("#command").inner_text() == "burnish restore a.png -m auto+upscale-x2"
    assert Path(saved.value.path()).read_bytes() == by_command(page, tmp_path)
    page.select_option("#model", "photo")
    expect(page.locator("#first-offer")).to_be_hidden()
    expect(page.locator("#command")).to_have_text("burnish restore a.png -m photo")
    page.click("#items li:nth-child(2) .pick")
    expect(page.locator("#would")).to_contain_text("leaves this as it is")
    page.select_option("#model", "upscale-x2")
    expect(page.locator("#first-offer")).to_be_hidden()


def test_of_a_large_picture_it_is_said_that_strokes_come_out_finer(
    page: Page, tmp_path: Path
) -> None:
    open_painted(page, noisy(tmp_path / "a.png", 64, 96))

    def reduced(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, headers={**answer.headers, "x-exact": "0"})

    page.route(re.compile(r"/v1/preview\?.*style="), reduced)
    page.set_input_files("#painting-files", painting(tmp_path / "p.png"))
    expect(page.locator("#busy")).to_have_text("approximate here; what is saved has finer strokes")


def test_pictures_are_painted_after_the_same(page: Page, tmp_path: Path) -> None:
    names = ("a", "b", "c")
    open_painted(page, *(noisy(tmp_path / f"{n}.png", 64, 96, i) for i, n in enumerate(names)))
    page.click("#items li:nth-child(3) .pick")
    page.select_option("#model", "style-any")
    page.click("#items li:nth-child(1) .pick")
    page.set_input_files("#painting-files", painting(tmp_path / "p.png"))
    sharp(page, "style=1:1")
    page.click("#save-all")  # c has no painting yet, and b is no picture to be painted
    expect(page.locator("#said")).to_have_text("2 restored, and 1 not: each says why.")
    expect(page.locator("#items li:nth-child(3) small")).to_have_text("not restored")
    expect(page.locator("#items li:nth-child(3) .pick")).to_have_attribute(
        "title", "Nothing is painted yet: add a painting."
    )
    page.click("#same")
    page.click("#save-all")
    expect(page.locator("#items li.done")).to_have_count(3)
    page.click("#items li:nth-child(3) .pick")
    expect(page.locator("#painted-after li span")).to_have_text("p.png")
    with page.expect_download() as saved:
        page.click("#save")
    assert saved.value.suggested_filename == "c_restored.png"
    assert Path(saved.value.path()).read_bytes() == by_command(page, tmp_path)
    drop(page, noisy(tmp_path / "d.png", 64, 96, 7))
    expect(page.locator("#items li")).to_have_count(4)
    page.click("#items li:nth-child(4) .pick")
    page.select_option("#model", "style-any")  # what was chosen last is taken for the next, too
    sharp(page, "style=1:1")


def test_a_painting_that_the_server_let_go_is_sent_or_asked_for_again(
    page: Page, server: Serving, tmp_path: Path
) -> None:
    open_painted(page, noisy(tmp_path / "a.png", 64, 96))
    file = painting(tmp_path / "p.png")

    ids: list[str] = []  # by which the server is asked to paint after it

    def note(asked: Request) -> None:
        styles = parse_qs(urlsplit(asked.url).query).get("style", [])
        ids.extend(style.partition(":")[0] for style in styles)

    def let_the_last_go() -> None:
        with server.client() as client:
            assert client.delete(f"/v1/pictures/{ids[-1]}").status_code == 204

    page.on("request", note)
    page.set_input_files("#painting-files", file)
    sharp(page, "style=1:1")
    let_the_last_go()
    with page.expect_download() as saved:
        page.click("#save")
    assert len(set(ids)) == 2
    assert Path(saved.value.path()).read_bytes() == by_command(page, tmp_path)

    let_the_last_go()
    painting(file, seed=9)  # so the page cannot read what it was given
    page.locator("#dial-detail").fill("60")
    sentence = "p.png was moved or changed and cannot be read any more; add it again."
    expect(page.locator("#painted-after .lost")).to_have_text(sentence)
    expect(page.locator("#why")).to_have_text(sentence)
    expect(page.locator("#save")).to_be_disabled()
    page.set_input_files("#painting-files", file)
    sharp(page, "d=detail=60&style=1:1")
    expect(page.locator("#painted-after li")).to_have_count(1)
    expect(page.locator("#painted-after .lost")).to_have_count(0)
    shutil.rmtree(tmp_path / "by_command")
    with page.expect_download() as saved:
        page.click("#save")
    assert Path(saved.value.path()).read_bytes() == by_command(page, tmp_path)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_paintings_by_keyboard_for_whoever_listens_and_on_a_telephone(
    page: Page, scheme: Literal["light", "dark"], tmp_path: Path
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 390, "height": 844})
    open_painted(page, noisy(tmp_path / "a.png", 64, 96))
    paintings = [painting(tmp_path / f"a-long-name-of-a-painting-{n}.png", n) for n in range(4)]
    choosers: list[FileChooser] = []
    page.on("filechooser", lambda chooser: choosers.append(chooser))
    page.wait_for_timeout(500)
    expect(page.locator("#first-offer")).to_be_visible()  # the picture is noisy
    page.locator("#model").focus()
    page.keyboard.press("Tab")
    expect(page.locator("#first")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#add-painting")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(PATIENCE // 100):
        page.wait_for_timeout(100)
        if choosers:
            break
    choosers[0].set_files(paintings[:2])
    sharp(page, "style=1:1&style=2:1")
    expect(page.locator("#said")).to_have_text(f"It is painted after {paintings[1].name}.")
    expect(page.locator("#add-painting")).to_be_focused()
    page.keyboard.press("Shift+Tab")  # the number
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowLeft")
    sharp(page, "style=1:1&style=2:0.99")
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no picture")
    drop(page, *paintings[2:], bad, on="#paintings")
    expect(page.locator("#paintings-wrong")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    found = axe.Axe().run(page).response["violations"]
    assert [f"{each['id']}: {node['html']}" for each in found for node in each["nodes"]] == []
    page.locator("#add-painting").focus()
    page.keyboard.press("Enter")  # four are there, and no window for files is opened
    expect(page.locator("#paintings-wrong")).to_contain_text("are the most")
    assert len(choosers) == 1
    for left in (3, 2, 1, 0):
        page.locator("#paintings .remove").last.press("Enter")
        expect(page.locator("#painted-after li")).to_have_count(left)
    expect(page.locator("#add-painting")).to_be_focused()


def test_work_can_be_stopped(page: Page, tmp_path: Path) -> None:
    drop(page, noisy(tmp_path / "large.png", 900, 1200))
    expect(page.locator("#save")).to_be_enabled()
    page.click("#save")
    page.click("#cancel")
    expect(page.locator("#said")).to_have_text("Stopped.")
    expect(page.locator("#going")).to_be_hidden()
    expect(page.locator("#save")).to_be_enabled()


def test_a_picture_that_the_server_let_go_is_sent_again(
    page: Page, server: Serving, tmp_path: Path
) -> None:
    with page.expect_response("**/v1/pictures?*") as sent:
        drop(page, noisy(tmp_path / "a.png"))
    expect(page.locator("#would")).not_to_be_empty()
    with server.client() as client:
        client.delete(f"/v1/pictures/{sent.value.json()['picture']}")
    with page.expect_download() as saved:
        page.click("#save")
    assert Path(saved.value.path()).read_bytes() == by_command(page, tmp_path)


def test_it_works_by_keyboard_alone(page: Page, tmp_path: Path) -> None:
    picture = noisy(tmp_path / "a.png")

    def tab_to(id: str) -> None:
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id") == id:
                return
        raise AssertionError(f"Tab never comes to {id}")

    # From here on the browser opens no window of its own for files.
    choosers: list[FileChooser] = []
    page.on("filechooser", lambda chooser: choosers.append(chooser))
    page.wait_for_timeout(500)
    tab_to("choose")
    page.keyboard.press("Enter")
    for _ in range(PATIENCE // 100):
        page.wait_for_timeout(100)
        if choosers:
            break
    choosers[0].set_files(picture)
    sharp(page)
    page.locator("#stage").focus()
    tab_to("divider")
    tab_to("model")
    page.keyboard.press("p")  # chooses photo, as in any list
    sharp(page, "model=photo")
    tab_to("dial-noise")
    page.keyboard.press("Home")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    sharp(page, "d=noise=5")
    tab_to("save")
    with page.expect_download() as saved:
        page.keyboard.press("Enter")
    assert Path(saved.value.path()).read_bytes() == by_command(page, tmp_path)


def test_everything_that_can_be_used_has_a_name(page: Page, tmp_path: Path) -> None:
    drop(page, noisy(tmp_path / "a.png"), noisy(tmp_path / "b.png", seed=1))
    sharp(page)
    expect(page.locator("#items li")).to_have_count(2)
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("button, select, input, [tabindex], progress")]
            .filter((each) => each.checkVisibility())
            .filter((each) => !(each.getAttribute("aria-label") || each.innerText?.trim() ||
                each.labels?.[0]?.innerText.trim() || each.getAttribute("aria-labelledby")))
            .map((each) => each.outerHTML)"""
    )
    assert nameless == []
    assert page.locator("h1").inner_text() == "Burnish"
    assert page.locator("#said").get_attribute("aria-live") == "polite"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_has_nothing_to_say_against_it(
    page: Page, scheme: Literal["light", "dark"], tmp_path: Path
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")

    def findings() -> list[str]:
        found = axe.Axe().run(page).response["violations"]
        return [f"{each['id']}: {node['html']}" for each in found for node in each["nodes"]]

    page.emulate_media(color_scheme=scheme)
    assert findings() == []
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no picture")
    drop(page, scratched(tmp_path / "a.png"), bad)
    expect(page.locator("#wrong")).to_contain_text("bad.png: ")
    page.select_option("#model", "scratch")
    sharp(page, "model=scratch")
    page.check("#tools input[value=mark]", force=True)
    page.click("#dials [data-dial=size] .strip")
    page.wait_for_selector("#stage[data-strip=size]")
    assert findings() == []


@pytest.mark.parametrize(("width", "height"), [(390, 844), (768, 1024), (1920, 1080)])
def test_it_fits_screens(page: Page, width: int, height: int, tmp_path: Path) -> None:
    drop(page, noisy(tmp_path / "a.png"), noisy(tmp_path / "b.png", seed=1))
    page.set_viewport_size({"width": width, "height": height})
    sharp(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator("#save").scroll_into_view_if_needed()
    box = page.locator("#save").bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= width


def test_dark_and_light(page: Page) -> None:
    def paper() -> str:
        return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    light = paper()
    page.emulate_media(color_scheme="dark")
    dark = paper()
    assert light != dark
    page.click("#theme")
    assert paper() == light
    page.reload()
    assert paper() == light


def test_without_the_token_it_says_what_to_do(browser: Browser, server: Serving) -> None:
    page = browser.new_page()
    page.goto(server.base)
    expect(page.locator("#wrong")).to_contain_text("Open the address that burnish serve printed")
    page.close()


def test_the_token_does_not_stay_in_the_address(page: Page, server: Serving) -> None:
    assert page.url == server.base
    page.reload()
    page.wait_for_selector("body[data-ready]")
