"""The table from which `auto` chooses: what ships, what is remembered of a machine, and when that
does not count any more.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import platformdirs
import pytest
from test_bench import ONE
from test_bench import small as small
from typer.testing import CliRunner

import burnish
from burnish.cli import app
from burnish.ground.files import state_folder
from burnish.inference.backends import choice, ways
from burnish.inference.backends.choice import choose, fastest
from burnish.inference.backends.table import places
from burnish.inference.backends.ways import SHIPPED, Way
from burnish.study.speed.remember import remember, taken, way_of

SLOW_TO_START = Way("torch", "cpu", "auto", start=3.0, rate=0.1)
SLOW = Way("openvino", "cpu", "auto", start=0.2, rate=0.3)
HALF = Way("openvino", "cpu", "bf16", start=0.2, rate=0.2)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user with a folder of their own, and a machine with every backend and no GPU."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(choice, "gpu_present", lambda: False)
    monkeypatch.setattr(choice, "gpu_usable", lambda: False)
    monkeypatch.setattr(choice, "installed", lambda name: True)
    return tmp_path


def changed(change: Callable[[Any], object]) -> None:
    """Changes the file of what is remembered."""
    record = json.loads(ways.file().read_text())
    change(record)
    ways.file().write_text(json.dumps(record))


def test_what_is_kept_for_a_user_lies_where_the_platform_wants_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert state_folder() == platformdirs.user_state_path("burnish")
    for told in ("", " "):
        monkeypatch.setenv("XDG_STATE_HOME", told)
        assert state_folder() == platformdirs.user_state_path("burnish")


def test_the_table_that_ships_takes_openvino_on_processors_and_a_gpu_where_it_can(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert ways.known() is SHIPPED
    alone = choose("auto")
    assert (alone.backend, alone.device, alone.precision) == ("openvino", "cpu", "auto")
    assert choose("cpu", without="openvino").backend == "onnxruntime"
    monkeypatch.setattr(choice, "installed", lambda name: name != "openvino")
    assert choose("auto").backend == "onnxruntime"
    monkeypatch.setattr(choice, "gpu_present", lambda: True)
    note = "the installed PyTorch cannot use it"
    assert note in choose("auto").notes[0]
    assert not choose("cpu").notes
    monkeypatch.setattr(choice, "gpu_usable", lambda: True)
    for megapixels in (None, 0.01, 100.0):
        assert choose("auto", megapixels=megapixels).device == "cuda"
    assert choose("cpu").device == "cpu"


def test_what_starts_sooner_is_taken_for_a_small_picture() -> None:
    ways.remember([SLOW, SLOW_TO_START], "1 May 2026")
    assert choose("auto", megapixels=1.0).backend == "openvino"
    assert choose("auto", megapixels=100.0).backend == "torch"
    many = choose("auto")
    assert many.backend == "torch"
    assert many.why == "it was the fastest here on 1 May 2026"
    assert choose("openvino:cpu").why == "it was asked for"


def test_what_is_hardly_faster_is_not_taken() -> None:
    near = replace(SLOW_TO_START, rate=0.95 * SLOW.rate)
    assert fastest([SLOW, near], None) is SLOW
    assert fastest([near, SLOW], None) is near


def test_a_precision_is_chosen_too_where_it_is_exact_enough() -> None:
    ways.remember([SLOW, HALF], "today")
    assert choose("auto").precision == "bf16"
    assert choose("auto", residual=False).precision == "auto"
    assert choose("auto", precision="fp32").precision == "auto"


def test_a_remembered_precision_is_what_a_model_computes_in() -> None:
    backend = SHIPPED.ways[1].backend
    ways.remember([Way(backend, "cpu", "fp32", 0.1, 0.1)], "today")
    opened = burnish.load("photo").open()
    assert opened.precision == "fp32"
    assert opened.chosen == f"{backend} since it was the fastest here on today"
    assert opened.finer is None


def test_without_the_weights_for_pytorch_another_backend_is_taken(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="the training wing is not installed")
    ways.remember([SLOW_TO_START], "today")
    lone = tmp_path / "mine.onnx"
    lone.write_bytes((Path(burnish.__file__).parent / "weights" / "photo.onnx").read_bytes())
    opened = burnish.load(lone).open(precision="fp32")
    assert opened.backend == "openvino"
    assert "running on the processor, and not by PyTorch" in opened.notes[0]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda record: record.update(processor="another"), "measured on another processor"),
        (
            lambda record: record["libraries"].update(openvino=["openvino-1.0.dist-info"]),
            "openvino changed since it was measured",
        ),
        (lambda record: record.update(form=99), "another version of Burnish wrote it"),
        (lambda record: record.update(ways=[{"backend": "openvino"}]), "it cannot be read"),
        (lambda record: record["ways"][0].update(backend="nobody"), "it cannot be read"),
        (lambda record: record["ways"][0].update(rate="fast"), "it cannot be read"),
        (lambda record: record.pop("form"), "it cannot be read"),
    ],
    ids=["processor", "library", "form", "ways", "backend", "rate", "nothing"],
)
def test_what_does_not_count_any_more_is_ignored_with_a_sentence(
    change: Callable[[Any], object], why: str
) -> None:
    ways.remember([SLOW_TO_START], "today")
    changed(change)
    chosen = choose("auto")
    assert chosen.backend == "openvino"
    (note,) = chosen.notes
    assert note.startswith(f"{ways.file()} is ignored: ")
    assert why in note
    assert note.endswith("`burnish bench --remember` measures again, and --forget forgets it")


def test_a_file_that_is_no_text_is_ignored_too() -> None:
    ways.remember([SLOW_TO_START], "today")
    for content in (b"nothing", b"\xff\xfe", b"[]"):
        ways.file().write_bytes(content)
        assert "it cannot be read" in choose("auto").notes[0]


def test_libraries_are_told_by_the_folders_that_say_their_version() -> None:
    libraries = ways.machine()["libraries"]
    names = [name for found in libraries.values() for name in found]
    assert any(name.startswith(("openvino-", "onnxruntime-")) for name in names)


def test_a_bench_becomes_ways() -> None:
    here = replace(ONE, device=places(ONE.backend)[0].called)
    way = way_of(here)
    assert way is not None
    assert way == Way("openvino", "cpu", "fp32", way.start, way.rate)
    assert way.start == pytest.approx(0.1 + 0.5 - 0.002)
    assert way.rate == pytest.approx(0.002)
    assert way_of(replace(here, where="openvino:auto")) == way_of(replace(here, where="cpu")) == way
    assert way_of(replace(here, device="what it fell back on")) is None
    other = replace(here, asked="bf16")
    remember([other, here, replace(here, asked="auto")], "today")
    assert [each.precision for each in ways.known().ways] == ["auto", "bf16", "fp32"]
    assert [sentence.partition(":")[0] for sentence in taken([here])] == [
        "one picture of 0.1 megapixels",
        "one picture of 12 megapixels",
        "many pictures",
    ]


def run(words: Sequence[str], tmp_path: Path) -> str:
    done = CliRunner().invoke(app, ["bench", *words, "-o", str(tmp_path / "page.html")])
    assert done.exit_code == 0, done.stderr
    return done.stderr


def test_the_command_remembers_and_forgets(tmp_path: Path, small: None) -> None:
    backend = SHIPPED.ways[1].backend
    words = ["--remember", "--backend", backend, "--precision", "fp32", "--runs", "1"]
    said = run([*words, "--side", "64"], tmp_path)
    assert f"remembered in {ways.file()}" in said
    assert f"many pictures: {backend}:cpu, --precision fp32" in said
    (way,) = ways.known().ways
    assert way.rate > 0
    picture = tmp_path / "in.png"
    picture.write_bytes((Path(__file__).parents[1] / "burnish/cli/commands/demo.png").read_bytes())
    restore = ["restore", str(picture), "-o", str(tmp_path / "out.png"), "-v", "-m", "photo"]
    done = CliRunner().invoke(app, [*restore, "-d", "noise=25"])
    assert f"{backend} since it was the fastest here on" in done.stderr
    assert f"forgotten: {ways.file()}" in run(["--forget"], tmp_path)
    assert ways.known() is SHIPPED
    assert "nothing was remembered" in run(["--forget"], tmp_path)
