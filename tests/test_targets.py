"""Which files a command means, and where results go."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from burnish.errors import UsageError
from burnish.inference.targets import pair, passed_over


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("in/a.jpg", "in/b.PNG", "in/notes.txt", "in/sub/c.tif", "in/sub/deeper/d.webp"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return tmp_path


def names(pairs: list[tuple[str, str]], folder: Path) -> list[str]:
    return [
        f"{Path(source).relative_to(folder)} -> {Path(target).relative_to(folder)}"
        for source, target in pairs
    ]


def test_beside_the_input_with_a_suffix(tree: Path) -> None:
    assert names(pair([tree / "in/a.jpg"], None), tree) == ["in/a.jpg -> in/a_restored.jpg"]
    assert names(pair([tree / "in/a.jpg"], None, suffix="_x", extension=".png"), tree) == [
        "in/a.jpg -> in/a_x.png"
    ]
    with pytest.raises(UsageError, match="replace an input"):
        pair([tree / "in/a.jpg"], None, suffix="")


def test_into_a_folder_with_relative_paths(tree: Path) -> None:
    assert names(pair([tree / "in"], tree / "out"), tree) == [
        "in/a.jpg -> out/a.jpg",
        "in/b.PNG -> out/b.PNG",
    ]
    deep = names(pair([tree / "in"], tree / "out", recursive=True), tree)
    assert deep[2:] == [
        "in/sub/c.tif -> out/sub/c.tif",
        "in/sub/deeper/d.webp -> out/sub/deeper/d.webp",
    ]
    assert names(pair([tree / "in/a.jpg"], tree / "out", as_folder=True), tree) == [
        "in/a.jpg -> out/a.jpg"
    ]
    assert names(pair([tree / "in/a.jpg", tree / "in/b.PNG"], tree / "out"), tree) == [
        "in/a.jpg -> out/a.jpg",
        "in/b.PNG -> out/b.PNG",
    ]
    assert (
        names(pair([tree / "in"], tree / "out", extension=".png"), tree)[0]
        == "in/a.jpg -> out/a.png"
    )


def test_hidden_files_are_no_pictures_and_other_kinds_are_counted(tree: Path) -> None:
    for name in ("in/._a.jpg", "in/.b.png", "in/e.PSD", "in/sub/f.psd", "in/g.svg", "in/.h.psd"):
        (tree / name).write_bytes(b"x")
    assert names(pair([tree / "in"], tree / "out"), tree) == [
        "in/a.jpg -> out/a.jpg",
        "in/b.PNG -> out/b.PNG",
    ]
    assert (
        len(pair([tree / "in/._a.jpg"], tree / "out", as_folder=True)) == 1
    )  # named by itself, it was meant
    assert passed_over([tree / "in"], recursive=False) == {".psd": 1, ".svg": 1}
    assert passed_over([tree / "in", tree / "in/a.jpg"], recursive=True) == {".psd": 2, ".svg": 1}


def test_a_suffix_is_a_part_of_a_name(tree: Path) -> None:
    with pytest.raises(UsageError, match="without a slash"):
        pair([tree / "in/a.jpg"], None, suffix="/../x")


def test_no_way_to_an_input_leads_past_the_check(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tree / "link").symlink_to(tree / "in")
    monkeypatch.chdir(tree / "in")
    there, here = tree / "link/a.jpg", Path("a.jpg")
    for source, output in (
        (Path(), Path("../in")),
        (tree / "in", tree / "link"),
        (here, Path("../link/a.jpg")),
        (there, here),
    ):
        with pytest.raises(UsageError, match="replace an input"):
            pair([source], output)
    (tree / "in/c.jpg").symlink_to(tree / "in/a.jpg")
    with pytest.raises(UsageError, match="replace an input"):
        pair([Path("c.jpg")], Path("a.jpg"))
    (tree / "out.jpg").symlink_to(tree / "in/a.jpg")  # the link is replaced, not what it leads to
    assert pair([tree / "in/a.jpg"], tree / "out.jpg")


def test_an_output_folder_above_the_input_hides_nothing(tree: Path) -> None:
    assert names(pair([tree / "in"], tree), tree) == ["in/a.jpg -> a.jpg", "in/b.PNG -> b.PNG"]
    assert names(pair([tree / "in/sub"], tree / "in"), tree) == ["in/sub/c.tif -> in/c.tif"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root looks into every folder")
def test_a_folder_that_cannot_be_looked_into_is_named(tree: Path) -> None:
    (tree / "in/sub").chmod(0)
    try:
        assert str(tree / "in/sub") in [
            source for source, _ in pair([tree / "in"], tree / "out", recursive=True)
        ]
    finally:
        (tree / "in/sub").chmod(0o755)


def test_into_a_file(tree: Path) -> None:
    assert names(pair([tree / "in/a.jpg"], tree / "clean.png"), tree) == ["in/a.jpg -> clean.png"]
    with pytest.raises(UsageError, match="a folder's in a slash"):
        pair([tree / "in/a.jpg"], tree / "clean")


def test_two_files_never_share_a_result(tree: Path) -> None:
    (tree / "in/a.png").write_bytes(b"x")
    got = names(pair([tree / "in"], tree / "out", extension=".png"), tree)
    assert got[:2] == [
        "in/a.jpg -> out/a_jpg.png",
        "in/a.png -> out/a.png",
    ]  # as it was before there was an a.jpg
    assert len({line.split(" -> ")[1] for line in got}) == len(got)


def test_own_results_are_not_read_again(tree: Path) -> None:
    (tree / "in/a_restored.jpg").write_bytes(b"x")
    (tree / "in/out").mkdir()
    (tree / "in/out/a.jpg").write_bytes(b"x")
    assert names(pair([tree / "in"], None), tree) == [
        "in/a.jpg -> in/a_restored.jpg",
        "in/b.PNG -> in/b_restored.PNG",
    ]
    inside = names(pair([tree / "in"], tree / "in/out", recursive=True), tree)
    assert not any(line.startswith("in/out") for line in inside)


def test_links_to_files_are_followed_and_to_folders_not(tree: Path) -> None:
    (tree / "in/link.jpg").symlink_to(tree / "in/a.jpg")
    (tree / "in/folder").symlink_to(tree / "in/sub")
    got = names(pair([tree / "in"], tree / "out", recursive=True), tree)
    assert "in/link.jpg -> out/link.jpg" in got
    assert not any("folder" in line for line in got)


def test_an_unknown_format_is_refused(tree: Path) -> None:
    with pytest.raises(UsageError, match="the formats are"):
        pair([tree / "in/a.jpg"], None, extension=".xyz")


def test_a_folder_restored_into_itself_goes_on_with_the_same_command(tree: Path) -> None:
    first = pair([tree / "in"], tree / "in", suffix="_r")
    assert names(first, tree) == ["in/a.jpg -> in/a_r.jpg", "in/b.PNG -> in/b_r.PNG"]
    Path(first[0][1]).write_bytes(b"x")
    assert pair([tree / "in"], tree / "in", suffix="_r") == first
    (tree / "in/own_r.jpg").write_bytes(b"x")  # nothing is called own
    assert len(pair([tree / "in"], tree / "in", suffix="_r")) == 3
    assert (
        len(pair([tree / "in"], tree / "out", suffix="_r")) == 4
    )  # elsewhere, a_r.jpg is a picture like any other


def test_the_folder_at_hand_gives_names_without_a_dot(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tree / "in")
    found = [source for source, _ in pair([Path()], Path("../out"), recursive=True)]
    assert found == ["a.jpg", "b.PNG", "sub/c.tif", "sub/deeper/d.webp"]


def test_files_stand_in_the_order_of_their_folders(tmp_path: Path) -> None:
    for name in ("a/z.png", "a-b/y.png", "a.png"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(b"x")
    found = pair([tmp_path / "in"], tmp_path / "out", recursive=True)
    assert names(found, tmp_path) == [
        "in/a/z.png -> out/a/z.png",
        "in/a-b/y.png -> out/a-b/y.png",
        "in/a.png -> out/a.png",
    ]


def test_names_too_long_to_look_up_are_names(tree: Path) -> None:
    long = tree / ("n" * 300 + ".png")
    result = tree / "out" / long.name
    assert pair([tree / "in/a.jpg", long], tree / "out")[1] == (str(long), str(result))
