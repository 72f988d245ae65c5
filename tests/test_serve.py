"""The service behind the page: whom it obeys, what it takes in, and that it does what the command
line does.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
import signal
import socket
import sys
import time
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
import pytest
from PIL import Image
from typer.testing import CliRunner

pytest.importorskip("starlette", reason="burnish[serve] is not installed")

from serving import ROOT, TOKEN, Serving, a_file, by_command, noisy, png, serving
from starlette.requests import Request

from burnish import errors, images
from burnish.cli import app
from burnish.images import Picture
from burnish.inference import zoo
from burnish.pipeline import Size
from burnish.serve import shelf, view
from burnish.serve.desk import Desk
from burnish.serve.lane import Lane
from burnish.serve.service import sent as sending
from burnish.serve.service.about import PAGE
from burnish.serve.service.guard import HEADERS
from burnish.serve.upload import plain_name
from burnish.serve.view import InHand, Window, halved
from burnish.serve.wish import Wish
from burnish.serve.worker import Examine, Terms

# Whom it obeys.


def test_what_is_not_let_in_is_told_why(server: Serving) -> None:
    with httpx.Client(base_url=server.base, timeout=30) as stranger:
        for heads, status, code in (
            ({"Host": "example.org"}, 403, "E_HOST"),
            ({"Origin": "http://example.org"}, 403, "E_ORIGIN"),
            ({"Authorization": "Bearer wrong"}, 401, "E_TOKEN"),
        ):
            answer = stranger.post("/v1/restore", headers=heads, content=b"")
            assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
        asked = stranger.options("/v1/restore", headers={"Origin": "http://example.org"})
        assert asked.status_code == 403
        assert not [name for name in asked.headers if name.startswith("access-control")]


def test_the_files_of_the_page_come_with_a_strict_policy(server: Serving) -> None:
    with httpx.Client(base_url=server.base, timeout=30) as stranger:
        for path in PAGE:
            answer = stranger.get(f"/{path}")
            assert answer.status_code == 200
            assert {name: answer.headers[name] for name in HEADERS} == HEADERS
            assert server.token not in answer.text
            # Nothing is loaded from elsewhere, but for the names of what an SVG is written in.
            assert set(re.findall(r"https?://[\w.]+", answer.text)) <= {"http://www.w3.org"}
        for path in ("/page.py", "/../pyproject.toml", "/%2e%2e/desk.py", "/page/../desk.py"):
            assert stranger.get(path).status_code == 404


# What it takes in.


def test_a_lane_takes_so_many_and_no_more(tmp_path: Path) -> None:
    async def ask() -> None:
        lane = Lane(Terms(), at_once=1, most=0)
        with pytest.raises(errors.Busy, match="ask again"):
            await lane.ask(Examine("a"))

    asyncio.run(ask())


@pytest.mark.parametrize(
    ("shown", "busy", "chosen"),
    [
        ((800, 600), (0, 0), "restoring"),
        ((800, 600), (1, 0), "restoring small"),
        ((800, 600), (1, 2), "restoring"),
        ((2000, 1001), (9, 0), "restoring"),
    ],
)
def test_a_small_picture_waits_behind_no_large_one(
    tmp_path: Path, shown: tuple[int, int], busy: tuple[int, int], chosen: str
) -> None:
    asked: list[tuple[str, str]] = []

    class Counted(Lane):
        """A lane with so many who wait, that only says what it was asked."""

        def __init__(self, name: str, waiting: int) -> None:
            super().__init__(Terms(), at_once=1, most=99)
            self.name, self._waiting = name, waiting

        async def ask(self, question: Any, *_: Any) -> Any:
            asked.append((self.name, Path(question.source).name))
            raise errors.ProcessDied("enough")

    async def restore() -> None:
        desk = Desk(tmp_path, Terms(), Terms())
        desk._work = Counted("restoring", busy[0])
        desk._small = Counted("restoring small", busy[1])
        picture = desk.expect("a.png")
        picture.facts = {"shown": shown, "format": "png"}
        with pytest.raises(errors.ProcessDied):
            await desk.restore(picture, Wish.parse([]))

    asyncio.run(restore())
    assert asked == [(chosen, "picture.png")]


def test_names_of_clients_are_never_paths(client: httpx.Client, server: Serving) -> None:
    name = "../" * 12 + "tmp/burnish-was-here.png"
    answer = client.post("/v1/pictures", params={"name": name}, content=png(40, 60)).json()
    assert answer["name"] == "burnish-was-here.png"
    assert answer["facts"]["file"] == "burnish-was-here.png"
    assert not [path for path in server.folder.rglob("*") if "was-here" in path.name]
    assert not Path("/tmp/burnish-was-here.png").exists()
    for mode in (path.stat().st_mode & 0o077 for path in server.folder.iterdir()):
        assert mode == 0


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("a.png", "a.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\a.png", "a.png"),
        ("/", "picture"),
        ("", "picture"),
        ("..", "picture"),
        (".hidden.png", "hidden.png"),
        ("a\0b\nc.png", "abc.png"),
        ("Bäume im März.jpg", "Bäume im März.jpg"),
        ("x" * 500 + ".png", "x" * 196 + ".png"),
    ],
)
def test_the_name_of_a_client_made_plain(name: str, plain: str) -> None:
    assert plain_name(name) == plain


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"model": "/etc/passwd"}, "E_MODEL_MISSING"),
        ({"model": "../burnish/weights/photo.onnx"}, "E_MODEL_MISSING"),
        ({"model": "lanczos:scale=4"}, "E_MODEL_MISSING"),
        ({"model": "photo+/etc/passwd"}, "E_MODEL_MISSING"),
        ({"model": "photo+photo"}, "E_USAGE"),
        ({"model": "photo+jpeg+sharpen+grain+lanczos"}, "E_USAGE"),
        ({"d": "noise=/etc/passwd"}, "E_DIAL"),
        ({"d": "noise=map.png"}, "E_DIAL"),
        ({"model": "photo", "d": "noise=1000"}, "E_DIAL"),
        ({"model": "photo", "d": "blur=1"}, "E_DIAL"),
        ({"strength": "2"}, "E_USAGE"),
        ({"strength": "nan"}, "E_USAGE"),
        ({"format": "exe"}, "E_USAGE"),
        ({"to": "0.5"}, "E_USAGE"),
        ({"to": "../a.png"}, "E_USAGE"),
        ({"output": "/tmp/a.png"}, "E_USAGE"),
    ],
)
def test_words_that_are_not_taken(client: httpx.Client, words: dict[str, str], code: str) -> None:
    answer = client.post("/v1/restore", params=words, content=png(40, 60))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


# What it does.


#: a name, its picture, what the service is told, and the same for the command line
CASES: dict[str, tuple[str, Any, dict[str, Any], list[str]]] = {
    "auto": ("a.jpg", (48, 72, 3), {}, []),
    "a dial": (
        "b c.png",
        (48, 72, 3),
        {"model": "photo", "d": "noise=12", "strength": "0.5"},
        ["-m", "photo", "-d", "noise=12", "--strength", "0.5"],
    ),
    "another format": ("c.tif", (40, 33, 1), {"model": "jpeg", "d": "quality=30", "format": "png"},
                       ["-m", "jpeg", "-d", "quality=30", "-f", "png"]),
    "a size": ("f.jpg", (48, 72, 3), {"to": "100x"}, ["--to", "100x"]),
    "a chain": ("e.png", (32, 40, 3), {"model": "jpeg+upscale-x2"}, ["-m", "jpeg+upscale-x2"]),
    "marks": ("d.png", (48, 72, 3), {"model": "scratch", "d": "sensitivity=70"},
              ["-m", "scratch", "-d", "sensitivity=70"]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("sent_before", [False, True], ids=["body", "sent before"])
def test_a_restored_picture_is_the_command_lines_to_the_byte(
    case: str, sent_before: bool, client: httpx.Client, tmp_path: Path
) -> None:
    name, size, words, said = CASES[case]
    source = tmp_path / name
    pixels = noisy(*size)
    content = a_file(source, pixels if size[2] > 1 else pixels[:, :, 0])
    if sent_before:
        told = client.post("/v1/pictures", params={"name": name}, content=content).json()
        answer = client.post("/v1/restore", params={"picture": told["picture"], **words})
    else:
        answer = client.post("/v1/restore", params={"name": name, **words}, content=content)
    assert answer.status_code == 200, answer.text
    assert answer.content == by_command(source, *said)
    stem, ending = source.stem.replace(" ", "%20"), f".{words.get('format', name[-3:])}"
    assert answer.headers["content-disposition"].endswith(f"''{stem}_restored{ending}")


def test_depth_and_orientation_come_back(client: httpx.Client, tmp_path: Path) -> None:
    pixels = noisy(48, 72).astype(np.uint16) * 257
    source = tmp_path / "deep.png"
    turned = replace(images.from_array(pixels), exif=exif_of(6))
    images.write(source, turned)
    answer = client.post("/v1/restore", params={"name": "deep.png"}, content=source.read_bytes())
    assert answer.content == by_command(source)
    (tmp_path / "back.png").write_bytes(answer.content)
    back = images.read(tmp_path / "back.png")
    assert back.depth == "uint16"
    assert images.looked_at(back) == (72, 48)


def exif_of(orientation: int) -> bytes:
    """EXIF that says how a picture lies."""
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()


def test_what_it_sees_is_what_info_says(client: httpx.Client, tmp_path: Path) -> None:
    source = tmp_path / "seen.jpg"
    content = a_file(source, noisy(96, 128))
    said = json.loads(CliRunner().invoke(app, ["info", str(source), "--json"]).output)
    found = client.post("/v1/inspect", params={"name": "seen.jpg"}, content=content).json()
    assert found.pop("would") == "photo: noisy"
    assert found.pop("text").startswith("seen.jpg: JPEG, 128x96 pixels")
    assert found == {**said, "file": "seen.jpg"}


def test_the_models_come_with_their_dials(client: httpx.Client) -> None:
    told = {model["name"]: model for model in client.get("/v1/models").json()}
    assert next(iter(told)) == "auto"
    assert set(zoo.names()) - {"raw"} < set(told)
    dial = zoo.load("photo").contract.dial("noise")
    (noise,) = told["photo"]["dials"]
    assert noise == {
        "name": "noise",
        "unit": dial.unit,
        "low": dial.low,
        "high": dial.high,
        "default": dial.default,
        "auto": True,
    }


def test_a_picture_that_cannot_be_read_is_the_command_lines_sentence(
    client: httpx.Client, tmp_path: Path
) -> None:
    whole = png(64, 64)
    for name, content in (
        ("cut.png", whole[: len(whole) // 2]),
        ("page.png", b"<!doctype html><p>no picture"),
        ("empty.png", b""),
    ):
        source = tmp_path / name
        source.write_bytes(content)
        said = CliRunner().invoke(app, ["restore", str(source), "-o", f"{tmp_path}/o/", "--json"])
        record = json.loads(said.stdout.splitlines()[0])["error"]
        answer = client.post("/v1/restore", params={"name": name}, content=content)
        assert answer.status_code == 422
        found = answer.json()["error"]
        assert found["code"] == record["code"]
        assert found["message"] == record["message"].replace(str(source), name)


def test_a_pdf_is_for_the_command_line(client: httpx.Client) -> None:
    answer = client.post("/v1/pictures", params={"name": "a.pdf"}, content=b"%PDF-1.7\n%%EOF\n")
    assert answer.status_code == 422
    assert "`burnish restore` takes the file" in answer.json()["error"]["message"]


def test_what_is_gone_is_told(client: httpx.Client) -> None:
    id = client.post("/v1/pictures", params={"name": "a.png"}, content=png(40, 60)).json()[
        "picture"
    ]
    assert client.get(f"/v1/pictures/{id}").json()["halfway"] is None
    assert client.delete(f"/v1/pictures/{id}").status_code == 204
    for answer in (client.get(f"/v1/pictures/{id}"), client.post(f"/v1/inspect?picture={id}")):
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "E_INPUT_MISSING")


def test_a_zip_of_results_has_each_under_a_name_of_its_own(client: httpx.Client) -> None:
    ids, results = [], []
    for size in ((40, 60), (48, 64)):
        told = client.post("/v1/pictures", params={"name": "same.png"}, content=png(*size))
        ids.append(told.json()["picture"])
        results.append(client.post("/v1/restore", params={"picture": ids[-1]}).content)
    packed = client.post("/v1/zip", params={"picture": ids})
    with zipfile.ZipFile(io.BytesIO(packed.content)) as found:
        assert found.namelist() == ["same_restored.png", "same_restored_2.png"]
        assert [found.read(name) for name in found.namelist()] == results


# What is seen.


def sent(client: httpx.Client, content: bytes) -> str:
    """Sends a picture; the id under which it lies."""
    answer = client.post("/v1/pictures", params={"name": "a.png"}, content=content)
    return str(answer.json()["picture"])


def shown(client: httpx.Client, id: str, **words: Any) -> tuple[Any, bool]:
    """The pixels of a view [H, W, 4], and whether they are exact."""
    answer = client.post("/v1/preview", params={"picture": id, **words})
    assert answer.status_code == 200, answer.text
    width, height = map(int, answer.headers["x-size"].split("x"))
    pixels = np.frombuffer(answer.content, np.uint8).reshape(height, width, 4)
    return pixels, answer.headers["x-exact"] == "1"


@pytest.mark.parametrize("orientation", [1, 3, 6, 7])
@pytest.mark.parametrize(
    "model", ["auto", "document", "scratch", "sharpen", "grain", "auto+sharpen"]
)
def test_an_exact_view_shows_the_pixels_that_are_saved(
    orientation: int, model: str, client: httpx.Client, tmp_path: Path
) -> None:
    source = tmp_path / "a.png"
    content = a_file(source, noisy(200, 330), exif=exif_of(orientation))
    id = sent(client, content)
    restored = client.post("/v1/restore", params={"picture": id, "model": model}).content
    (tmp_path / "b.png").write_bytes(restored)
    whole = np.asarray(images.to_image(images.upright(images.read(tmp_path / "b.png"))))
    window = {"left": 70, "top": 90, "width": 100, "height": 80, "exact": 1}
    seen, exact = shown(client, id, model=model, **window)
    assert exact
    assert seen.shape == (80, 100, 4)
    apart = np.abs(seen[:, :, :3].astype(int) - whole[90:170, 70:170].astype(int))
    # Tiles in bfloat16 round otherwise here and there; marks are filled from what is near.
    assert np.percentile(apart, 99) <= 2
    assert (seen[:, :, 3] == 255).all()


DAB = json.dumps([{"marks": True, "radius": 6, "points": [[100, 120], [160, 130]]}])
SPARED = json.dumps([{"marks": False, "radius": 500, "points": [[100, 120]]}])


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("model", ["auto", "document", "scratch", "photo"])
def test_what_is_painted_counts_in_views_masks_and_results(
    orientation: int, model: str, client: httpx.Client, tmp_path: Path
) -> None:
    content = a_file(tmp_path / "a.png", noisy(200, 330), exif=exif_of(orientation))
    about = {"picture": sent(client, content), "model": model}
    upright = images.upright(images.read(tmp_path / "a.png"))
    height, width = upright.pixels.shape[-2:]
    for strokes in (DAB, SPARED):
        told = client.post("/v1/mask", params=about, content=strokes)
        assert told.headers["content-disposition"].endswith("a_where.png")
        (tmp_path / "mask.png").write_bytes(told.content)
        mask = np.asarray(Image.open(tmp_path / "mask.png"))
        assert mask.shape == (height, width)
        assert mask[122, 115] == (255 if strokes is DAB else 0)
        masked = model in ("document", "scratch")
        restored = client.post("/v1/restore", params=about, content=strokes).content
        option = "--mask-in" if masked else "--strength-map"
        words = ["restore", str(tmp_path / "a.png"), "-m", model, option]
        out = tmp_path / f"{len(strokes)}.png"
        done = CliRunner().invoke(app, [*words, str(tmp_path / "mask.png"), "-o", str(out)])
        assert done.exit_code == 0, done.output
        assert out.read_bytes() == restored
        whole = {"left": 0, "top": 0, "width": width, "height": height, "exact": 1}
        marks = client.post("/v1/preview", params={**about, **whole, "marks": 1}, content=strokes)
        shades = np.frombuffer(marks.content, np.uint8).reshape(height, width, 4)
        assert np.array_equal(shades[..., 3] > 0, (mask == 255) if masked else (mask < 254))
        seen = client.post("/v1/preview", params={**about, **whole}, content=strokes)
        view = np.frombuffer(seen.content, np.uint8).reshape(height, width, 4)[..., :3]
        saved = np.asarray(images.to_image(images.upright(images.read(out))))
        assert np.percentile(np.abs(view.astype(int) - saved.astype(int)), 99) <= 2
    assert np.array_equal(saved, np.asarray(images.to_image(upright)))  # all of it was spared


def test_more_strokes_than_a_hand_paints_are_refused() -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b" " * (1 << 20), "more_body": True}

    request = Request({"type": "http", "method": "POST", "headers": []}, receive)
    with pytest.raises(errors.InputTooLarge, match="undo some of it"):
        asyncio.run(sending.strokes(request))


def test_a_mask_that_is_reduced_shows_single_pixels(client: httpx.Client) -> None:
    dot = json.dumps([{"marks": True, "radius": 0.5, "points": [[41.5, 61.5]]}])
    words = {"model": "scratch", "d": "sensitivity=0", "marks": 1, "reduce": 8}
    window = {"left": 0, "top": 0, "width": 180, "height": 120}
    asked: dict[str, Any] = {"picture": sent(client, png(120, 180)), **words, **window}
    answer = client.post("/v1/preview", params=asked, content=dot)
    width, height = map(int, answer.headers["x-size"].split("x"))
    shades = np.frombuffer(answer.content, np.uint8).reshape(height, width, 4)[..., 3]
    assert (height, width) == (15, 23)
    assert np.argwhere(shades).tolist() == [[7, 5]]


@pytest.mark.parametrize(
    ("model", "body", "status", "words"),
    [
        ("photo", "[1]", 400, "a list of strokes"),
        ("scratch", "{}", 400, "a list of strokes"),
    ],
)
def test_what_cannot_be_painted_is_told(
    client: httpx.Client, model: str, body: str, status: int, words: str
) -> None:
    asked = {"picture": sent(client, png(40, 60)), "model": model}
    answer = client.post("/v1/mask", params=asked, content=body)
    assert answer.status_code == status
    assert words in answer.json()["error"]["message"]


def test_strength_0_shows_the_picture_as_it_is(client: httpx.Client, tmp_path: Path) -> None:
    pixels = noisy(101, 67)
    content = a_file(tmp_path / "a.png", pixels)
    id = sent(client, content)
    whole = {"left": 0, "top": 0, "width": 67, "height": 101, "strength": 0}
    assert np.array_equal(shown(client, id, **whole)[0][:, :, :3], pixels)
    reduced, _ = shown(client, id, **whole, reduce=4)
    assert reduced.shape == (26, 17, 4)
    assert abs(reduced[:25, :16, :3].mean() - pixels[:100, :64].mean()) < 0.6


@pytest.mark.parametrize(
    "words",
    [
        {"left": 0, "top": 0, "width": 61, "height": 40},
        {"left": -1, "top": 0, "width": 10, "height": 10},
        {"left": 0, "top": 0, "width": 0, "height": 10},
        {"left": 0, "top": 0, "width": 10},
        {"left": 0, "top": 0, "width": 10, "height": 10, "reduce": 3},
        {"left": 0, "top": 0, "width": 10, "height": 10, "reduce": 4096},
    ],
)
def test_a_view_is_of_a_part_of_the_picture(client: httpx.Client, words: dict[str, int]) -> None:
    answer = client.post("/v1/preview", params={"picture": sent(client, png(40, 60)), **words})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "E_USAGE")


def test_of_views_that_one_looker_wants_the_newest_is_made(server: Serving) -> None:
    async def ask() -> list[int]:
        head = {"Authorization": f"Bearer {server.token}"}
        async with httpx.AsyncClient(base_url=server.base, headers=head, timeout=120) as client:
            told = await client.post("/v1/pictures?name=a.png", content=png(400, 600))
            window = {"left": 0, "top": 0, "width": 600, "height": 400, "exact": 1}
            about = {"picture": told.json()["picture"], "looker": "me", "model": "photo", **window}
            asked = []
            for noise in range(10, 18):
                words = {**about, "d": f"noise={noise}"}
                asked.append(asyncio.create_task(client.post("/v1/preview", params=words)))
                await asyncio.sleep(0.02)
            return [answer.status_code for answer in await asyncio.gather(*asked)]

    statuses = asyncio.run(ask())
    assert statuses[-1] == 200
    assert statuses.count(204) >= 4


def test_what_would_take_too_long_is_restored_as_the_screen_shows_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def factors(seconds: float, reduce: int) -> tuple[int, int]:
        """How far a megapixel is reduced that takes so long, for a quick and an exact answer."""
        monkeypatch.setattr(view, "FIRST_GUESS", seconds)
        window = Window(0, 0, 1000, 1000, reduce)
        found = [
            view.Views()._factor("photo", replace(window, exact=exact), 1_000_000)
            for exact in (False, True)
        ]
        return found[0], found[1]

    assert factors(0.05, 1) == (1, 1)
    assert factors(0.3, 1) == (2, 1)
    assert factors(5, 2) == (8, 1)
    assert factors(20, 2) == (8, 2)
    assert factors(200, 1) == (4, 4)


def test_what_a_quick_view_takes_to_get_ready_does_not_keep_the_exact_one_away() -> None:
    views, window = view.Views(), Window(0, 0, 1000, 1000)
    one, other = (Wish(f"style-any:/{name}.png:0.5+sharpen") for name in "ab")
    views._learn(one, window, 10_000, 2.0)  # 200 s for a megapixel
    names = view._names(other)
    assert names == "style-any+sharpen"
    assert views._factor(names, window, 1_000_000) == 4
    exact = replace(window, exact=True)
    assert views._factor(names, exact, 1_000_000) == 1
    views._learn(one, exact, 1_000_000, 30.0)
    assert views._factor(names, exact, 1_000_000) == 2


def test_a_whole_that_was_painted_is_at_hand_when_another_part_is_looked_at(
    client: httpx.Client,
) -> None:
    ids = [
        client.post("/v1/pictures", content=png(*size)).json()["picture"]
        for size in ((480, 640), (100, 120))
    ]

    def look(left: int, exact: int, strokes: int = 100) -> httpx.Response:
        part = {"picture": ids[0], "left": left, "top": 0, "width": 320, "height": 480}
        words = {"model": "style-any", "style": ids[1], "d": f"strokes={strokes}", "exact": exact}
        return client.post("/v1/preview", params={**part, **words})

    assert look(0, exact=0).headers["X-Exact"] == "0"
    assert look(0, exact=1).headers["X-Exact"] == "1"
    found = look(320, exact=0)
    assert found.headers["X-Exact"] == "1"
    assert look(0, exact=0, strokes=50).headers["X-Exact"] == "0"
    again = look(320, exact=0)  # settings that were left for a moment
    assert again.headers["X-Exact"] == "1"
    assert again.content == found.content


def test_a_picture_is_halved_by_means() -> None:
    planes = np.arange(15, dtype=np.float32).reshape(1, 1, 3, 5)
    expected = [[3, 5, 6.5], [10.5, 12.5, 14]]
    assert np.array_equal(halved(planes)[0, 0], expected)
    hand = InHand(Picture(np.zeros((1, 3, 9, 5), np.float32)))
    assert hand.at(4).pixels.shape == (1, 3, 3, 2)


# What it survives.


def test_a_worker_that_dies_takes_nothing_with_it(client: httpx.Client, server: Serving) -> None:
    content = png(40, 60)
    words = {"name": "a.png", "model": "photo", "d": "noise=10"}
    first = client.post("/v1/restore", params=words, content=content)
    for worker in server.workers():
        worker.kill()
    again = client.post("/v1/restore", params=words, content=content)
    assert again.status_code == 200
    assert again.content == first.content


class Deadly:
    """A question at which a worker ends, as it would by a fault of a library."""

    source = "deadly.png"

    def __reduce__(self) -> tuple[Any, tuple[int]]:
        return os._exit, (9,)


def test_a_question_at_which_workers_die_is_set_aside_and_others_are_answered(
    tmp_path: Path,
) -> None:
    source = tmp_path / "a.png"
    a_file(source, noisy(40, 60))

    async def ask() -> tuple[BaseException | Any, Any]:
        lane = Lane(Terms(), at_once=4, most=4)
        try:
            deadly = asyncio.create_task(lane.ask(Deadly()))  # type: ignore[arg-type]
            await asyncio.sleep(0)
            other = lane.ask(Examine(str(source)))
            both = await asyncio.gather(deadly, other, return_exceptions=True)
            return both[0], both[1]
        finally:
            lane.close()

    died, answer = asyncio.run(ask())
    assert isinstance(died, errors.ProcessDied)
    assert "deadly.png: took its process down twice (exit status 9)" in str(died)
    assert answer["shown"] == (60, 40)


def test_a_client_that_goes_away_stops_the_work(client: httpx.Client, server: Serving) -> None:
    id = sent(client, png(1600, 2000))
    request = (
        f"POST /v1/restore?picture={id}&model=photo&d=noise=20 HTTP/1.1\r\n"
        f"Host: {server.base[7:-1]}\r\nAuthorization: Bearer {server.token}\r\n"
        "Content-Length: 0\r\n\r\n"
    )
    host, port = server.base[7:-1].split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(request.encode())
        until = time.monotonic() + 30
        while client.get(f"/v1/pictures/{id}").json()["halfway"] in (None, [0, 0]):
            assert time.monotonic() < until, "it never began"
            time.sleep(0.1)
            if len(server.workers()) == 2:
                break
        before = {worker.pid for worker in server.workers()}
    gone = time.monotonic() + 2
    while before <= {worker.pid for worker in server.workers()}:
        assert time.monotonic() < gone, "it works on, for nobody"
        time.sleep(0.05)
    assert client.get(f"/v1/pictures/{id}").json() == {
        "picture": id, "halfway": None, "restored": None, "report": None,
    }  # fmt: skip


def test_ctrl_c_ends_it_and_nothing_is_left(tmp_path: Path) -> None:
    with serving(tmp_path) as server, server.client() as client:
        client.post("/v1/pictures", params={"name": "a.png"}, content=png(40, 60))
        assert list(tmp_path.glob("burnish-serve-*/*"))
        workers = server.workers()
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(15) == 130
        assert server.process.stderr is not None
        assert server.process.stderr.read() == "ctrl-C ends it\n"
    assert not list(tmp_path.iterdir())
    assert not psutil.wait_procs(workers, timeout=5)[1]


def test_what_rested_longest_makes_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "MOST_KEPT", 25_000)
    content = png(60, 60)
    assert 8_000 < len(content) < 12_000

    async def send() -> list[str]:
        desk = Desk(tmp_path, Terms(), Terms())

        async def whole() -> AsyncIterator[bytes]:
            yield content

        try:
            kept = [desk.expect(f"{n}.png") for n in range(3)]
            for upload in kept[:2]:
                await desk.take_in(upload, whole())
            desk.find(kept[0].id)
            await desk.take_in(kept[2], whole())
            return [each.name for each in kept if each.folder.exists()]
        finally:
            await desk.close()

    assert asyncio.run(send()) == ["0.png", "2.png"]


# How it is begun.


def begun(*words: str) -> str:
    """What the command says that refuses to begin."""
    done = CliRunner().invoke(app, ["serve", *words])
    assert isinstance(done.exception, errors.BurnishError)
    return str(done.exception)


def test_others_reach_it_only_by_a_name_and_a_token_that_somebody_gave(tmp_path: Path) -> None:
    assert "--allow-host, and put a token into a file" in begun("--host", "0.0.0.0")
    assert "--token-file" in begun("--host", "0.0.0.0", "--allow-host", "a.example.org")
    file = tmp_path / "token"
    words = ("--token-file", str(file))
    assert "cannot be read" in begun(*words)
    file.write_text("a" * 43 + "\n")
    file.chmod(0o644)
    assert f"chmod 600 {file}" in begun(*words)
    file.chmod(0o600)
    file.write_text("short")
    assert "22 or more letters" in begun(*words)


def test_a_token_of_a_file_holds(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    file.chmod(0o600)
    with serving(tmp_path, "--token-file", str(file)) as server:
        assert TOKEN not in server.address
        base = server.address.partition(" ")[0]
        head = {"Authorization": f"Bearer {TOKEN}"}
        assert httpx.get(f"{base}v1/health", headers=head).json()["status"] == "ok"


def test_a_port_that_is_taken_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = begun("--port", str(taken.getsockname()[1]))
    assert "choose another --port" in said


@pytest.mark.parametrize("library", ["uvicorn", "prometheus_client"])
def test_without_its_libraries_one_sentence_says_what_to_install(
    library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    for name in [name for name in sys.modules if name.startswith("burnish.serve.service")]:
        monkeypatch.delitem(sys.modules, name)
    assert begun("--port", "0").endswith("pip install 'burnish[serve]' brings it")


def test_a_wish_in_words() -> None:
    words = [("model", "photo"), ("d", "noise=17"), ("strength", "0.5"), ("format", "PNG")]
    assert Wish.parse(words) == Wish("photo", {"noise": 17.0}, strength=0.5, ending=".png")
    assert Wish.parse([("to", "3000x")]).size == Size.parse("3000x")
    assert Wish.parse([("d", "noise=auto")]).dials == {"noise": "auto"}
    assert Wish.parse([]) == Wish()
    # In an address, + is a space.
    assert Wish.parse([("model", "jpeg upscale-x2")]).model == "jpeg+upscale-x2"


def test_the_page_is_in_the_package() -> None:
    assert {name for name, _ in PAGE.values()} == {
        path.name for path in (ROOT / "burnish" / "serve" / "page").iterdir()
    }
