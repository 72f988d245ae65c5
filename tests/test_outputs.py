"""Where results may go: every command that takes a name, before it does any work."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from conftest import scene
from typer.testing import CliRunner

from burnish import images
from burnish.cli import app
from burnish.cli.outputs import PAGE, SHEET, prepare
from burnish.errors import BurnishError, OutputError, UsageError


@pytest.fixture
def album(tmp_path: Path) -> Path:
    folder = tmp_path / "album"
    folder.mkdir()
    for name in ("a.png", "b.png"):
        images.write(
            folder / name,
            images.from_array(np.rint(scene(48, 64)[0].transpose(1, 2, 0) * 255).astype(np.uint8)),
        )
    return folder


def test_a_result_takes_no_input_s_place_by_whatever_name(album: Path) -> None:
    (album.parent / "link.png").symlink_to(album / "a.png")
    prepare(album.parent / "strip.png", "-o", SHEET, [album / "a.png"])
    prepare(
        album.parent / "link.png", "-o", SHEET, [album / "a.png"]
    )  # the link is replaced, not what it leads to
    for target, source in (
        (album / "a.png", album / "a.png"),
        (album / ".." / "album" / "a.png", album / "a.png"),
        (album / "a.png", album.parent / "link.png"),
    ):
        with pytest.raises(UsageError, match="replace an input"):
            prepare(target, "-o", SHEET, [source])
    with pytest.raises(UsageError, match="among the pictures"):
        prepare(album / "new.png", "-o", SHEET, [album])
    prepare(album / "page.html", "--html", PAGE, [album])


def test_kind_folder_and_permission_are_seen_before_the_work(tmp_path: Path) -> None:
    prepare(tmp_path / "deep" / "down" / "sheet.PNG", "-o", SHEET)
    assert (tmp_path / "deep" / "down").is_dir()
    with pytest.raises(UsageError, match=r"-o .*sheet.gif: .*\.png or \.jpg"):
        prepare(tmp_path / "sheet.gif", "-o", SHEET)
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(OutputError, match="folder"):
        prepare(tmp_path / "folder.png", "-o", SHEET)
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be made"):
        prepare(tmp_path / "file" / "sheet.png", "-o", SHEET)


@pytest.mark.parametrize(
    "words",
    [
        "demo -o sheet.gif",
        "dial photo album/a.png -o album/a.png",
        "dial photo album/a.png -o strip.txt",
        "evaluate photo album -d noise=25 --csv album/a.png",
        "evaluate photo album -d noise=25 --html page.txt",
        "evaluate photo album -d noise=25 --html album/a.html",
        "tune photo album -o album",
        "smooth photo album -d noise=25 --html page.png",
        "export photo -o album/a.png",
        "check album --html album/a.png",
        "check album --recipe album/a.png",
        "plot album -o curves.txt",
        "restore album -o out/ --suffix ../x",
    ],
)
def test_no_command_begins_what_it_could_not_write(
    words: str, album: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if words.split()[0] in ("check", "export", "plot"):
        pytest.importorskip("torch", reason="comes with the training wing")
    monkeypatch.chdir(album.parent)
    before = {path: path.read_bytes() for path in album.iterdir()}
    done = CliRunner().invoke(app, words.split())
    assert isinstance(done.exception, BurnishError), done.output
    assert {path: path.read_bytes() for path in album.iterdir()} == before
    assert done.output == ""


def test_a_recipe_that_is_there_stays(album: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch", reason="comes with the training wing")
    monkeypatch.chdir(album.parent)
    Path("mine.yaml").write_text("name: mine\n")
    done = CliRunner().invoke(app, ["check", "album", "--recipe", "mine.yaml"])
    assert "--overwrite" in str(done.exception)
    assert Path("mine.yaml").read_text() == "name: mine\n"
    CliRunner().invoke(app, ["check", "album", "--recipe", "mine.yaml", "--overwrite"])
    assert "degradations" in Path("mine.yaml").read_text()
