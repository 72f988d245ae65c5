"""Forms: pictures that come as multipart/form-data, with words and maps beside them."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("starlette", reason="burnish[serve] is not installed")

import httpx
from PIL import Image
from serving import Serving, asked_directly, by_command, png

from burnish import errors
from burnish.serve import upload as uploads
from burnish.serve.desk import Desk
from burnish.serve.orders import Order
from burnish.serve.service.form import MOST_PARTS, Part, parts
from burnish.serve.upload import Upload
from burnish.serve.worker import Terms

KIND = "multipart/form-data; boundary=between"


def a_map(path: Path, height: int, width: int) -> bytes:
    """A map that grows from left to right, which is written."""
    row = np.linspace(0, 255, width).astype(np.uint8)
    Image.fromarray(np.tile(row, (height, 1))).save(path, "PNG")
    return path.read_bytes()


def part(name: str, content: bytes, file: str | None = None) -> bytes:
    """A part of a form in bytes."""
    said = "" if file is None else f'; filename="{file}"'
    head = f'--between\r\nContent-Disposition: form-data; name="{name}"{said}\r\n\r\n'
    return head.encode() + content + b"\r\n"


END = b"--between--\r\n"


@pytest.mark.parametrize("address", ["restore", "jobs"])
def test_a_form_with_words_and_maps_is_the_command_line_with_files(
    address: str, client: httpx.Client, tmp_path: Path
) -> None:
    content = png(48, 72)
    (tmp_path / "a b.png").write_bytes(content)
    for name in ("noise.png", "where.png"):
        a_map(tmp_path / name, 24, 36)
    files = {
        "noise": ("../../noise.png", (tmp_path / "noise.png").read_bytes()),
        "picture": ("../a b.png", content),
        "strength": ("x", (tmp_path / "where.png").read_bytes()),
    }
    words = {"model": "photo", "d": "noise=10..40", "strength": "0.5", "format": "tif"}
    answer = client.post(f"/v1/{address}", files=files, data=words)
    if address == "jobs":
        id = answer.json()["job"]
        with client.stream("GET", f"/v1/jobs/{id}/events") as events:
            events.read()
        record = client.get(f"/v1/jobs/{id}").json()
        assert record["report"]["dials"] == {"noise": "noise map"}
        answer = client.get(f"/v1/jobs/{id}/result")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"].endswith("''a%20b_restored.tif")
    told = ["-m", "photo", "-d", f"noise={tmp_path}/noise.png:10..40", "--strength", "0.5"]
    told += ["--strength-map", f"{tmp_path}/where.png", "-f", "tif"]
    assert answer.content == by_command(tmp_path / "a b.png", *told)


def test_a_mask_in_a_form_is_the_command_lines(client: httpx.Client, tmp_path: Path) -> None:
    content = png(48, 72)
    (tmp_path / "a.png").write_bytes(content)
    mask = a_map(tmp_path / "mask.png", 48, 72)
    files = {"picture": ("a.png", content), "mask": ("m", mask)}
    answer = client.post("/v1/restore?model=scratch", files=files)
    told = ["-m", "scratch", "--mask-in", f"{tmp_path}/mask.png"]
    assert answer.content == by_command(tmp_path / "a.png", *told)


def test_a_form_is_as_good_as_a_body_where_there_is_nothing_beside_the_picture(
    client: httpx.Client,
) -> None:
    content = png(48, 72)
    for address in ("inspect", "pictures"):
        whole = client.post(f"/v1/{address}?name=a.png", content=content).json()
        again = client.post(f"/v1/{address}", files={"picture": ("a.png", content)}).json()
        for told in (whole, again):
            told.pop("picture", None)
        assert whole == again


@pytest.mark.parametrize(
    ("files", "words", "status", "code"),
    [
        ({}, {"model": "photo"}, 400, "E_USAGE"),
        ({"file": "P"}, {}, 400, "E_USAGE"),
        ({"picture": "P", "blur": "M"}, {"model": "photo"}, 400, "E_DIAL"),
        ({"picture": "P", "noise": "M"}, {"model": "photo", "d": "noise=3"}, 400, "E_DIAL"),
        ({"picture": "P", "noise": "M"}, {"model": "photo", "d": "noise=3..999"}, 400, "E_DIAL"),
        ({"picture": "P"}, {"model": "photo", "d": "noise=10..40"}, 400, "E_DIAL"),
        ({"picture": "P"}, {"model": "photo", "d": "noise=1..2..3"}, 400, "E_DIAL"),
        ({"picture": "P", "mask": "M"}, {"model": "photo"}, 400, "E_USAGE"),
        ({"picture": "P", "strength": "not a picture"}, {"model": "photo"}, 422, "E_UNSUPPORTED"),
        ({"picture": "P", "strength": "TALL"}, {"model": "photo"}, 422, "E_INPUT"),
        ({"picture": "P"}, {"modle": "photo"}, 400, "E_USAGE"),
        ({"picture": "P"}, {"d": "x" * 20_000}, 413, "E_TOO_LARGE"),
    ],
)
def test_what_a_form_may_not_say(
    files: dict[str, str],
    words: dict[str, str],
    status: int,
    code: str,
    client: httpx.Client,
    server: Serving,
    tmp_path: Path,
) -> None:
    known = {"P": png(48, 72), "M": a_map(tmp_path / "m", 48, 72), "TALL": png(40, 10)}
    told = {name: ("f.png", known.get(what, what.encode())) for name, what in files.items()}
    before = set(server.folder.glob("burnish-serve-*/*"))
    answer = client.post("/v1/restore", files=told or {"": ""}, data=words)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"].startswith(code)) == (status, True), error
    assert str(server.folder) not in error["message"]
    assert set(server.folder.glob("burnish-serve-*/*")) == before


def test_a_picture_that_is_kept_comes_without_maps(client: httpx.Client, tmp_path: Path) -> None:
    files = {"picture": ("a.png", png(48, 72)), "noise": ("m", a_map(tmp_path / "m", 48, 72))}
    answer = client.post("/v1/pictures", files=files)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "E_USAGE")


# As it arrives.


@pytest.mark.parametrize("address", ["restore", "jobs"])
@pytest.mark.parametrize("way", ["form", "ids"])
def test_paintings_that_are_sent_are_the_command_lines(
    address: str, way: str, client: httpx.Client, tmp_path: Path
) -> None:
    contents = {"photo": png(64, 96), "a": png(100, 120), "b": png(110, 130)}
    for name, content in contents.items():
        (tmp_path / f"{name}.png").write_bytes(content)
    words = {"model": "style-any", "d": "strokes=150"}
    if way == "form":
        files = [
            ("style:0.7", ("../../a.png", contents["a"])),
            ("picture", ("photo.png", contents["photo"])),
            ("style:0.3", ("b.png", contents["b"])),
        ]
        answer = client.post(f"/v1/{address}", data=words, files=files)
    else:
        ids = {
            name: client.post("/v1/pictures", params={"name": name}, content=content).json()
            for name, content in contents.items()
        }
        styles = [f"{ids['a']['picture']}:0.7", f"{ids['b']['picture']}:0.3"]
        asked = {**words, "style": styles, "picture": ids["photo"]["picture"]}
        answer = client.post(f"/v1/{address}", params=asked)
        for name in "ab":  # a job has paintings of its own
            client.delete(f"/v1/pictures/{ids[name]['picture']}")
    result = answer.content
    if address == "jobs":
        assert answer.status_code == 202, answer.text
        job = answer.json()["job"]
        with client.stream("GET", f"/v1/jobs/{job}/events") as events:
            list(events.iter_lines())
        result = client.get(f"/v1/jobs/{job}/result").content
    styles = [f"--style={tmp_path / 'a.png'}:0.7", f"--style={tmp_path / 'b.png'}:0.3"]
    assert result == by_command(tmp_path / "photo.png", *styles, "-d", "strokes=150")


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        ({"model": "style-any"}, 400, "after which painting?"),
        ({"model": "photo", "style": "ID"}, 400, "photo does not paint"),
        ({"model": "style-any", "style": "ID:0"}, 400, "a weight is a number above 0"),
        ({"model": "style-any", "style": "ID:x"}, 400, "is no number"),
        ({"model": "style-any", "style": ["ID"] * 5}, 400, "are the most"),
        ({"model": "style-any", "style": "gone"}, 404, "no such picture is here"),
        ({"model": "style-any", "style": "../../etc/passwd"}, 404, "no such picture is here"),
        ({"model": "style-any:/etc/passwd"}, 400, "there is no model"),
    ],
)
def test_what_cannot_be_painted_after_is_told(
    words: dict[str, Any], status: int, sentence: str, client: httpx.Client
) -> None:
    answer = client.post("/v1/restore", params={"name": "a.png", **words}, content=png(40, 40))
    assert answer.status_code == status, answer.text
    assert sentence in answer.json()["error"]["message"]


def test_a_painting_is_held_to_what_a_picture_is(client: httpx.Client) -> None:
    files = [
        ("picture", ("a.png", png(40, 40))),
        ("style", ("b.png", png(64, 64)[:300])),
    ]
    answer = client.post("/v1/restore", data={"model": "style-any"}, files=files)
    assert answer.status_code == 422
    assert "the painting" in answer.json()["error"]["message"]
    assert "/tmp" not in answer.text
    files[1] = ("style", ("b.txt", b"no picture"))
    assert client.post("/v1/restore", data={"model": "style-any"}, files=files).status_code == 422
    kept = client.post("/v1/pictures", files=[files[0], ("style", ("b.png", png(64, 64)))])
    assert "style=ID names it" in kept.json()["error"]["message"]


def test_a_view_is_painted_after_what_was_sent(client: httpx.Client) -> None:
    ids = [
        client.post("/v1/pictures", params={"name": "a.png"}, content=png(*size)).json()["picture"]
        for size in ((64, 96), (100, 120))
    ]
    part = {"picture": ids[0], "left": 0, "top": 0, "width": 96, "height": 64, "exact": 1}
    plain = client.post("/v1/preview", params={**part, "strength": 0})
    words = {"model": "style-any", "style": ids[1]}
    found = client.post("/v1/preview", params={**part, **words})
    assert found.status_code == 200, found.text
    assert found.headers["X-Size"] == "96x64"
    assert found.content != plain.content


def read(content: bytes, size: int, kind: str = KIND) -> list[tuple[str, str | None, bytes]]:
    """The parts of a form that arrives so many bytes at a time."""

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(content), size):
            yield content[start : start + size]

    async def gather() -> list[tuple[str, str | None, bytes]]:
        found: list[tuple[str, str | None, bytes]] = []
        async for one in parts(chunks(), kind):
            assert isinstance(one, Part)
            found.append((one.name, one.file, b"".join([each async for each in one.chunks])))
        return found

    return asyncio.run(gather())


def test_the_parts_of_a_form_are_the_same_however_it_is_cut() -> None:
    tricky = b"\r\n--betwee\r\n--betweeX " + bytes(range(256)) + b"\r\n--"
    form = part("d", b"noise=3") + part("picture", tricky, "a.png") + part("empty", b"", "") + END
    expected = [("d", None, b"noise=3"), ("picture", "a.png", tricky), ("empty", "", b"")]
    for size in (1, 2, 3, 7, 11, 64, 10_000):
        assert read(form, size) == expected


@pytest.mark.parametrize(
    ("content", "kind", "error", "words"),
    [
        (part("a", b"x"), KIND, errors.InputTruncated, "ends before its last part"),
        (b"", KIND, errors.InputTruncated, "ends before"),
        (b"no form at all", KIND, errors.UsageError, "cannot be taken apart"),
        (END, "multipart/form-data", errors.UsageError, "what divides its parts"),
        (part("a", b"") * (MOST_PARTS + 1) + END, KIND, errors.UsageError, "more than 64 parts"),
        (b"--between\r\nX: " + b"x" * 100_000, KIND, errors.UsageError, "cannot be taken apart"),
    ],
)
def test_a_form_that_is_none(
    content: bytes, kind: str, error: type[errors.BurnishError], words: str
) -> None:
    for size in (5, 10_000):
        with pytest.raises(error, match=words):
            read(content, size, kind)


def test_all_files_of_a_form_together_are_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MOST_BYTES", 100_000)
    taken = itertools.count()

    async def endless() -> AsyncIterator[bytes]:
        yield part("mask", b"x" * 50_000, "m.png")
        yield part("picture", png(48, 72), "a.png")
        yield part("strength", b"", "s.png")[:-2]
        while True:
            next(taken)
            yield bytes(10_000)

    async def ask() -> tuple[int, dict[str, Any], dict[bytes, bytes]]:
        desk = Desk(tmp_path, Terms(), Terms())
        desk.start()
        return await asked_directly(desk, "/v1/restore", endless(), kind=KIND)

    status, record, heads = asyncio.run(ask())
    assert (status, record["error"]["code"]) == (413, "E_TOO_LARGE")
    assert heads[b"connection"] == b"close"
    assert next(taken) < 6
    assert not [each for each in tmp_path.iterdir() if each.is_dir()]


def test_an_order_is_known_again_with_its_maps(tmp_path: Path) -> None:
    upload = Upload.new(tmp_path, "a.png")
    upload.maps["noise"] = upload.folder / "map-0"
    order = Order(upload, [("d", "noise=10..40")], "")
    again = Order.from_dict(upload.id, "waiting", order.to_dict(), tmp_path)
    assert again.upload == upload
    assert again == order
