"""What makes a small picture quick: what is opened ahead, what was compiled before, a quick end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import leaves
from typer.testing import CliRunner

import burnish
from burnish import images
from burnish.cli import app
from burnish.contract import level_array, predict
from burnish.errors import ModelCorrupt, ModelMissing
from burnish.ground.overlap import ahead
from burnish.inference import backends, wire
from burnish.inference.backends import files, kept
from burnish.inference.model import Model
from burnish.pipeline.estimate.quantiles import median, quantile

MODELS = sorted(files.folder().glob("**/*.onnx"))
HOW: dict[str, Any] = {"device": "openvino:cpu", "threads": 1, "precision": "fp32"}


@pytest.fixture
def compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for what is compiled."""
    folder = tmp_path / "compiled"
    monkeypatch.setenv(kept.VARIABLE, str(folder))
    return folder


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    file = tmp_path / "in.jpg"
    images.write(file, images.from_array((leaves(48, 64)[0].transpose(1, 2, 0) * 255).astype("u1")))
    return file


def test_what_is_begun_goes_on_meanwhile_and_is_waited_for() -> None:
    meanwhile = threading.Event()

    def work() -> int:
        assert meanwhile.wait(30)
        return 7

    wait = ahead(work)
    meanwhile.set()
    assert [wait(), wait()] == [7, 7]


def test_what_goes_wrong_ahead_is_raised_where_it_is_waited_for() -> None:
    def work() -> None:
        raise ModelCorrupt("no model")

    wait = ahead(work)
    for _ in range(2):
        with pytest.raises(ModelCorrupt, match="no model"):
            wait()


@pytest.mark.parametrize("path", MODELS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_what_was_compiled_before_gives_the_same_bits(path: Path, compiled: Path) -> None:
    contract = Model(path).contract
    image = leaves(33, 40, contract.channels_in)
    level = level_array([dial.default for dial in contract.dials])

    def made() -> np.ndarray[Any, Any]:
        words = {**HOW, "precision": "int8" if path.parent.name == files.EIGHT else "fp32"}
        opened = Model(path).open(**words)
        return predict(opened.run, contract, image, level)

    first = made()
    held = {file: file.stat().st_ino for file in compiled.iterdir()}
    assert len(held) == 1
    np.testing.assert_array_equal(made(), first)
    assert {file: file.stat().st_ino for file in compiled.iterdir()} == held


def test_what_is_compiled_is_kept_for_each_precision_and_number_of_threads(compiled: Path) -> None:
    for words in (HOW, {**HOW, "threads": 2}, {**HOW, "precision": "int8"}, HOW):
        burnish.load("photo").open(**words)
    assert len(list(compiled.iterdir())) == 3


@pytest.mark.parametrize("harm", ["a bit", "cut", "empty"])
def test_what_is_damaged_is_compiled_anew(harm: str, compiled: Path) -> None:
    burnish.load("photo").open(**HOW)
    (file,) = compiled.iterdir()
    whole = file.read_bytes()
    bit = bytes([whole[-9] ^ 1])
    file.write_bytes(
        {"a bit": whole[:-9] + bit + whole[-8:], "cut": whole[:-9], "empty": b""}[harm]
    )
    assert kept.find(file.name) is None
    burnish.load("photo").open(**HOW)
    found = kept.find(file.name)
    assert found is not None
    assert len(found) == len(whole) - kept.DIGEST


def test_what_an_engine_does_not_take_any_more_is_compiled_anew(compiled: Path) -> None:
    burnish.load("photo").open(**HOW)
    (file,) = compiled.iterdir()
    kept.keep(file.name, lambda: b"of another version")
    assert burnish.load("photo").open(**HOW).precision == "fp32"


@pytest.mark.skipif(os.name == "nt", reason="modes say nothing there")
@pytest.mark.parametrize("others", ["file", "folder", "link"])
def test_what_another_user_could_have_written_is_not_read(others: str, compiled: Path) -> None:
    kept.keep("a", lambda: b"kept")
    assert bytes(kept.find("a") or b"") == b"kept"
    if others == "link":
        (compiled / "a").rename(compiled.parent / "elsewhere")
        (compiled / "a").symlink_to(compiled.parent / "elsewhere")
    else:
        (compiled / "a" if others == "file" else compiled).chmod(0o777)
    assert kept.find("a") is None


def test_what_was_used_the_longest_ago_makes_room(
    compiled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "MOST_BYTES", 4 * 100)
    for age, name in enumerate("abc"):
        kept.keep(name, lambda: bytes(100))
        os.utime(compiled / name, (age, age))
    assert kept.find("a") is not None  # used now
    kept.keep("d", lambda: bytes(100))
    assert sorted(file.name for file in compiled.iterdir()) == ["a", "c", "d"][: 400 // 132]
    kept.keep("large", lambda: bytes(101))
    assert kept.find("large") is None


def test_nothing_is_kept_where_that_is_not_wanted_or_cannot_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never() -> bytes:
        raise AssertionError

    monkeypatch.setenv(kept.VARIABLE, kept.OFF)
    kept.keep("a", never)
    assert kept.find("a") is None
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv(kept.VARIABLE, str(tmp_path / "file"))
    kept.keep("a", never)
    assert kept.find("a") is None
    assert burnish.load("photo").open(**HOW).precision == "fp32"


def test_it_lies_in_the_users_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import platformdirs

    monkeypatch.delenv(kept.VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert kept.folder() == platformdirs.user_cache_path("burnish") / "compiled"


@pytest.mark.parametrize("word", ["auto", *files.names(), "jpeg+upscale-x2", "photo+sharpen"])
def test_who_opens_what_was_begun_has_it(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[object] = []

    def at_once(work: Callable[[], Any]) -> Callable[[], Any]:
        begun.append(work)
        return work

    monkeypatch.setattr(backends, "ahead", at_once)
    files.begin(word, **HOW)
    assert len(begun) == 1 + ("jpeg+" in word)
    burnish.load(word).open(**HOW)
    assert not backends._begun


def test_what_was_begun_otherwise_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "_begun", {})
    files.begin("photo", **{**HOW, "threads": 2})
    assert burnish.load("photo").open(**HOW).precision == "fp32"
    assert len(backends._begun) == 1


def test_what_stands_against_a_model_is_said_where_it_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "folder", lambda: tmp_path)
    (tmp_path / "photo.onnx").write_bytes(b"no model")
    files.begin("photo", **HOW)
    files.begin("auto", **{**HOW, "device": "no such device"})
    (tmp_path / "photo.onnx").unlink()
    files.begin("photo", **HOW)
    with pytest.raises(ModelMissing):
        wire.read_header(tmp_path / "photo.onnx")
    assert not backends._begun


@pytest.mark.parametrize(
    ("words", "begins"),
    [
        (["in.jpg", "-o", "out.jpg"], True),
        (["in.jpg", "-o", "out/"], True),
        (["in.jpg", "-o", "in.png", "--overwrite"], True),
        (["in.jpg", "-o", "there.jpg"], False),
        (["in.jpg", "-o", "out.jpg", "--dry-run"], False),
        (["in.jpg", "-o", "out/", "--archive"], False),
        (["none.jpg", "-o", "out.jpg"], False),
        (["in.jpg", "there.jpg", "-o", "out/"], False),
    ],
)
def test_a_model_is_begun_for_one_picture_alone(
    words: list[str], begins: bool, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(picture.parent)
    Path("there.jpg").write_bytes(picture.read_bytes())
    begun: list[str] = []
    monkeypatch.setattr(files, "begin", lambda word, **_: begun.append(word))
    CliRunner().invoke(app, ["restore", *words, "-m", "photo", "--precision", "fp32"])
    assert begun == ["photo"] * begins


def run(*words: object, **how: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "burnish.cli", *map(str, words)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **how
    )


def test_a_broken_model_ends_a_run_as_ever(picture: Path) -> None:
    broken = picture.with_name("broken.onnx")
    broken.write_bytes(b"no model")
    running = run("restore", picture, "-o", picture.with_name("out.jpg"), "-m", broken)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 1
    assert "[E_MODEL_CORRUPT]" in said


@pytest.mark.skipif(os.name == "nt", reason="sends a signal")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_run_that_opens_a_model_ahead(
    number: signal.Signals, status: int, picture: Path
) -> None:
    # The picture is a pipe: nobody writes to it, so that the run waits while the model is opened.
    pipe = picture.with_name("pipe.png")
    code = (
        "import os, signal, threading\n"
        "from burnish.cli import script\n"
        "from burnish.inference import backends\n"
        "begun = backends.ahead\n"
        "def ahead(work):\n"
        f"    os.kill(os.getpid(), {int(number)})\n"
        "    return begun(work)\n"
        "backends.ahead = ahead\n"
        "script()\n"
    )
    words = ["restore", str(picture), "-o", str(pipe), "-m", "photo"]
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, timeout=60)
    assert done.returncode == status, done.stderr
    assert not pipe.exists()


@pytest.mark.parametrize(
    ("end", "status"), [("0", 0), ("None", 0), ("7", 7), ("True", 1), ("'a sentence'", 1)]
)
def test_a_quick_end_leaves_nothing_undone(end: str, status: int) -> None:
    code = (
        "import atexit, sys, threading, time\n"
        "from burnish.cli.starting import leave\n"
        "atexit.register(lambda: print('at exit'))\n"
        "threading.Thread(target=lambda: (time.sleep(0.1), print('thread'))).start()\n"
        "print('before')\n"
        "print('error', file=sys.stderr)\n"
        f"leave(SystemExit({end}))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == status
    assert done.stdout.split("\n")[:3] == ["before", "thread", "at exit"]
    assert done.stderr.startswith("error")
    assert ("a sentence" in done.stderr) == ("sentence" in end)


def test_a_quick_end_bears_that_nobody_reads() -> None:
    running = run("--version", stdin=subprocess.DEVNULL)
    assert running.stdout is not None
    running.stdout.close()
    assert running.wait(60) in (0, 1)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 17, 1000, 12345])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_quantiles_and_medians_are_numpys(
    size: int, kind: type[np.floating[Any]], rng: np.random.Generator
) -> None:
    values = rng.random((size, 1)).astype(kind) * kind(37.3)
    assert median(values) == np.median(values)
    for share in (0.02, 0.15, 0.2, 0.5, 0.8, 0.9, 1.0):
        assert quantile(values, share) == np.quantile(values, share)
        both = [quantile(values, one, np.float64) for one in (share, 1 - share)]
        assert both == np.quantile(values, (share, 1 - share)).tolist()
