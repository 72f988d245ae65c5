"""Several files in hand at once: the order, the bounds, the errors, and the bytes of one by one."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest
from conftest import scene
from PIL import Image
from typer.testing import CliRunner

from burnish.cli import app
from burnish.cli.console import Console
from burnish.ground.overlap import GoOn, Stopped, overlapped
from burnish.inference.job import ROOM, Job, weight_of

#: seconds after which a test that waits has failed
LONG = 20


def test_results_come_in_the_order_of_the_items_though_later_ones_are_done_first() -> None:
    last = threading.Event()

    def work(item: int, go_on: GoOn) -> int:
        if item == 0:
            assert last.wait(LONG), "the others were not begun while the first was in hand"
        if item == 4:
            last.set()
        return item * item

    with overlapped(range(5), work, lambda _: 1, 100, hands=2) as results:
        assert [(item, result()) for item, result in results] == [(n, n * n) for n in range(5)]


@pytest.mark.parametrize(("room", "hands", "most"), [(100, 3, 3), (2, 8, 2), (0, 8, 1)])
def test_no_more_are_in_hand_than_hands_and_room_allow(room: int, hands: int, most: int) -> None:
    lock = threading.Lock()
    together = threading.Barrier(most)
    now: list[int] = []
    seen: list[int] = []

    def work(item: int, go_on: GoOn) -> None:
        with lock:
            now.append(item)
            seen.append(len(now))
        # That many are in hand at once; one more would break the barrier's count.
        together.wait(LONG)
        with lock:
            now.remove(item)

    with overlapped(range(4 * most), work, lambda _: 1, room, hands) as results:
        for _, result in results:
            result()
    assert max(seen) == most


def test_an_error_is_that_of_its_item_alone() -> None:
    def work(item: int, go_on: GoOn) -> int:
        if item == 1:
            raise ValueError("the second")
        return item

    with overlapped(range(3), work, lambda _: 1, 100, hands=2) as results:
        found = list(results)
    assert [found[0][1](), found[2][1]()] == [0, 2]
    with pytest.raises(ValueError, match="the second"):
        found[1][1]()


def test_when_nobody_waits_any_more_work_stops_and_nothing_is_begun() -> None:
    begun: list[int] = []
    ended: list[int] = []
    second = threading.Event()

    def work(item: int, go_on: GoOn) -> None:
        begun.append(item)
        if item == 0:
            assert second.wait(LONG)
            return
        second.set()
        try:
            while True:
                go_on()
        except Stopped:
            ended.append(item)
            raise

    def run() -> None:
        with overlapped(range(100), work, lambda _: 1, 100, hands=2) as results:
            for _, result in results:
                result()
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run()
    assert sorted(begun) == [0, *sorted(ended)]
    assert 1 <= len(ended) <= 2


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Small pictures of several sizes and formats, and one that is damaged."""
    source = tmp_path / "in"
    source.mkdir()
    rng = np.random.default_rng(0)
    for number in range(6):
        clean = scene(40 + 8 * number, 50, 3)[0].transpose(1, 2, 0)
        pixels = np.rint(255 * np.clip(clean + rng.normal(0, 0.05, clean.shape), 0, 1))
        ending = "png" if number % 2 else "jpg"
        Image.fromarray(pixels.astype(np.uint8)).save(source / f"{number}.{ending}")
    (source / "3.png").write_bytes((source / "3.png").read_bytes()[:500])
    return source


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_a_folder_gives_the_bytes_of_its_files_one_by_one(folder: Path, tmp_path: Path) -> None:
    how = ["--precision", "fp32", "--json"]
    done = CliRunner().invoke(app, ["restore", str(folder), "-o", str(tmp_path / "out"), *how])
    assert done.exit_code == 3
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [Path(one["source"]).name[0] for one in records] == list("012345")
    assert [one["status"] for one in records].index("failed") == 3
    for path in folder.iterdir():
        target = tmp_path / "single" / path.name
        CliRunner().invoke(app, ["restore", str(path), "-o", str(target), *how])
    assert files(tmp_path / "out") == files(tmp_path / "single")


def test_an_interrupted_folder_leaves_whole_results_alone(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["restore", str(folder), "--precision", "fp32", "-o"]
    CliRunner().invoke(app, [*words, str(tmp_path / "all")])

    def interrupted(console: Console, report: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Console, "done", interrupted)
    CliRunner().invoke(app, [*words, str(tmp_path / "some")])
    every = files(tmp_path / "all")
    assert all(every[name] == content for name, content in files(tmp_path / "some").items())


def test_a_large_picture_or_a_pdf_is_in_hand_alone(tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    Image.new("RGB", (60, 40)).save(picture)
    assert weight_of(Job(str(picture), str(tmp_path / "b.png")), 1) == 2 * 60 * 40
    assert weight_of(Job(str(picture), str(tmp_path / "b.png")), 4) == (1 + 16) * 60 * 40
    document = tmp_path / "a.pdf"
    document.write_bytes(b"%PDF-1.7\n")
    assert weight_of(Job(str(document), str(tmp_path / "b.pdf")), 1) > ROOM
    # What is there already takes none, and what is wrong with a file is said later.
    assert weight_of(Job(str(picture), str(picture)), 1) == 0
    assert weight_of(Job(str(tmp_path / "no.png"), str(tmp_path / "b.png")), 1) == 0
