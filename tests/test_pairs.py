"""Pairs: which files belong together, and what is said of those that do not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from burnish.dataset.pairs import has_pairs, match, pictures_below
from burnish.errors import DataError


def put(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")
    return folder


@pytest.mark.parametrize(
    ("spoiled", "clean"), [("LQ", "GT"), ("lr", "hr"), ("noisy", "clean"), ("Lr", "GT")]
)
def test_folders_beside_each_other_are_found_by_their_names(
    tmp_path: Path, spoiled: str, clean: str
) -> None:
    found = match(
        put(tmp_path, f"{spoiled}/1.png", f"{clean}/1.png", f"{spoiled}/2.png", f"{clean}/2.png")
    )
    assert [
        (pair.name, pair.spoiled.parent.name, pair.clean.parent.name) for pair in found.pairs
    ] == [("1.png", spoiled, clean), ("2.png", spoiled, clean)]
    assert found.problems == ()
    assert has_pairs(tmp_path)


def test_extension_case_and_nesting_do_not_matter(tmp_path: Path) -> None:
    put(
        tmp_path,
        "LQ/a/1.JPG",
        "GT/a/1.png",
        "LQ/b/1.jpg",
        "GT/b/1.PNG",
        "LQ/deep/er/2.tif",
        "GT/2.TIFF",
        "LQ/notes.txt",
        "LQ/.hidden/3.png",
    )
    found = match(tmp_path)
    assert [(pair.name, pair.spoiled.name) for pair in found.pairs] == [
        ("2.TIFF", "2.tif"),
        ("a/1.png", "1.JPG"),
        ("b/1.PNG", "1.jpg"),
    ]
    assert found.problems == ()


def test_several_sets_below_one_folder_keep_apart(tmp_path: Path) -> None:
    found = match(put(tmp_path, "x/LQ/1.png", "x/GT/1.png", "y/LQ/1.png", "y/GT/1.png"))
    assert [(pair.name, pair.spoiled.relative_to(tmp_path).as_posix()) for pair in found.pairs] == [
        ("x/1.png", "x/LQ/1.png"),
        ("y/1.png", "y/LQ/1.png"),
    ]


def test_two_folders_of_any_name(tmp_path: Path) -> None:
    put(tmp_path, "source/1.png", "target/1.png")
    [pair] = match(spoiled=tmp_path / "source", clean=tmp_path / "target").pairs
    assert (pair.spoiled, pair.clean) == (
        tmp_path / "source" / "1.png",
        tmp_path / "target" / "1.png",
    )


@pytest.mark.parametrize(
    ("names", "spoiled", "clean"),
    [
        ("{name}_real.jpg,{name}_mean.jpg", "s/1_real.JPG", "s/1_mean.jpg"),
        ("{name}_noisy.png, {name}.png", "1_noisy.png", "1.png"),
        ("noisy_{name},clean_{name}", "a/noisy_1.webp", "a/clean_1.png"),
    ],
)
def test_a_template_says_the_spoiled_side_first(
    tmp_path: Path, names: str, spoiled: str, clean: str
) -> None:
    found = match(put(tmp_path, spoiled, clean, "other.jpg.txt"), names=names)
    assert [(pair.spoiled, pair.clean, pair.name) for pair in found.pairs] == [
        (tmp_path / spoiled, tmp_path / clean, clean)
    ]
    assert found.problems == ()


def test_a_template_over_two_folders(tmp_path: Path) -> None:
    put(tmp_path, "small/0801x2.png", "large/0801.png")
    [pair] = match(
        spoiled=tmp_path / "small", clean=tmp_path / "large", names="{name}x2.png,{name}.png"
    ).pairs
    assert (pair.name, pair.spoiled.name) == ("0801.png", "0801x2.png")


def test_files_without_partner_and_doubled_names_are_problems_and_in_no_pair(
    tmp_path: Path,
) -> None:
    put(
        tmp_path,
        *(f"{side}/{i}.png" for side in ("LQ", "GT") for i in range(4)),
        "LQ/0.jpg",
        "GT/1.webp",
        "LQ/8.png",
        "GT/9.png",
        "GT/x/2.png",
    )
    found = match(tmp_path)
    assert [pair.name for pair in found.pairs] == ["2.png", "3.png"]
    said = {
        (problem.kind, problem.side, tuple(path.name for path in problem.files))
        for problem in found.problems
    }
    assert said == {
        ("doubled", "spoiled", ("0.jpg", "0.png")),
        ("doubled", "clean", ("1.png", "1.webp")),
        ("unmatched", "spoiled", ("8.png",)),
        ("unmatched", "clean", ("9.png",)),
        ("unmatched", "clean", ("2.png",)),
    }
    assert all(
        problem.files[0].name in problem.text and "\n" not in problem.text
        for problem in found.problems
    )


def test_what_is_no_set_of_pairs_is_one_sentence(tmp_path: Path) -> None:
    put(
        tmp_path,
        "only/1.png",
        "two/LQ/1.png",
        "two/LR/1.png",
        "two/GT/1.png",
        "blank/LQ/readme.txt",
        "blank/GT/readme.txt",
    )
    cases: dict[str, Callable[[], object]] = {
        "holds no pictures in folders": lambda: match(tmp_path / "only"),
        "LQ, LR, GT stand beside": lambda: match(tmp_path / "two"),
        "not a folder": lambda: match(tmp_path / "none"),
        "one folder that holds both": lambda: match(spoiled=tmp_path / "only"),
        "a comma": lambda: match(tmp_path / "only", names="{name}.png"),
        "with {name} in it once": lambda: match(tmp_path / "only", names="a.png,{name}.png"),
        "the same": lambda: match(tmp_path / "only", names="{name}.png,{name}.png"),
        "called as in": lambda: match(tmp_path / "only", names="{name}_a.png,{name}_b.png"),
    }
    for words, call in cases.items():
        with pytest.raises(DataError, match=words) as caught:
            call()
        assert "\n" not in str(caught.value)
    with pytest.raises(DataError, match="holds no pictures"):
        match(tmp_path / "blank")
    assert not has_pairs(tmp_path / "only")
    assert [path.name for path in pictures_below(tmp_path / "only")] == ["1.png"]


@pytest.mark.shared
def test_the_dirty_documents_are_144_pairs(shared: Path) -> None:
    found = match(shared / "documents" / "dirty_docs")
    assert (len(found.pairs), found.problems) == (144, ())
