"""Archive mode: what is done stays done, however often the run dies; nothing torn, nothing lost."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from benchmarks import archive
from burnish.errors import FolderLocked, InputError, OutputError, UsageError
from burnish.ground.files import digest
from burnish.ground.lock import locked
from burnish.inference.archive.journal import FOLDER, NAME, Journal, Stamp, State
from burnish.inference.archive.plan import plan
from burnish.inference.archive.sidecar import replay, sidecar_of
from burnish.inference.archive.undo import undo
from burnish.inference.targets import pair

#: kills everything that reads a picture with "deadly" in its name
DEADLY = """
import os, signal
import burnish.images

frames = burnish.images.frames

def deadly(source, **words):
    if "deadly" in str(source):
        os.kill(os.getpid(), signal.SIGSEGV)
    return frames(source, **words)

burnish.images.frames = deadly
"""


def picture(path: Path, seed: int = 0, height: int = 24, width: int = 32) -> Path:
    """Draws a small noisy picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = np.random.default_rng(seed).integers(60, 200, (height, width, 3)).astype(np.uint8)
    Image.fromarray(samples).save(path)
    return path


def run(*words: object, expect: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
    """`burnish restore WORDS -m median --threads 1` as its own process."""
    start = [sys.executable, "-m", "burnish.cli", "restore", "-m", archive.QUICK, "--threads", "1"]
    done = subprocess.run(
        [*start, *map(str, words)],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )
    assert done.returncode == expect, f"{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr
    return done


def report(folder: Path) -> dict[str, Any]:
    """The report of a run, with its files by the names of their results."""
    found = json.loads((folder / "burnish-report.json").read_text())
    found["files"] = {Path(file["target"]).name: file for file in found["files"]}
    return dict(found)


@pytest.fixture
def album(tmp_path: Path) -> Path:
    for number, name in enumerate(("a.png", "b.png", "sub/c.png")):
        picture(tmp_path / "in" / name, number)
    return tmp_path


def test_a_run_leaves_results_sidecars_and_a_report(album: Path) -> None:
    (album / "in/broken.png").write_bytes((album / "in/a.png").read_bytes()[:900])
    before = archive.tree(album / "in")
    ran = run(album / "in", "-o", album / "out", "-r", "--archive", expect=3).stderr
    assert f"what became of every file: {album / 'out/burnish-report.html'}\n" in ran
    run(album / "in", "-o", album / "plain", "-r", expect=3)
    found = archive.tree(album / "out")
    results = {name for name in found if not name.endswith(".burnish.json")}
    assert results == {"a.png", "b.png", "sub/c.png"}
    assert {name + ".burnish.json" for name in results} == found.keys() - results
    assert {name: found[name] for name in results} == archive.tree(album / "plain")
    assert archive.tree(album / "in") == before

    said = report(album / "out")
    assert said["ended"] == "finished"
    assert said["counts"] == {"restored": 3, "failed": 1}
    assert said["files"]["broken.png"]["code"] == "E_TRUNCATED"
    assert said["files"]["a.png"]["result_sha256"] == digest(album / "out/a.png")
    assert said["files"]["a.png"]["source_sha256"] == digest(album / "in/a.png")
    page = (album / "out/burnish-report.html").read_text()
    assert page.count("data:image/jpeg") == 6
    assert "E_TRUNCATED" in page


def test_the_ten_most_changed_are_shown(tmp_path: Path) -> None:
    for number in range(12):
        flat = np.full((24, 24, 3), 100, np.uint8)
        flat[:: 12 - number] = 200  # the closer its lines, the more a median changes it
        Image.fromarray(flat).save(tmp_path / f"p{number:02d}.png")
    run(tmp_path, "-o", tmp_path / "out", "--archive")
    changes = {name: file["change"] for name, file in report(tmp_path / "out")["files"].items()}
    page = (tmp_path / "out/burnish-report.html").read_text()
    shown = [name for name in changes if f"<figcaption>{name}" in page]
    assert len(shown) == 10
    assert min(changes[name] for name in shown) >= max(
        change for name, change in changes.items() if name not in shown
    )


def test_killed_at_random_moments_nothing_is_torn_and_the_tree_is_the_same(tmp_path: Path) -> None:
    found = archive.kill(int(os.environ.get("BURNISH_KILLS", "20")), tmp_path, seed=os.getpid())
    assert found["killed"] >= 20
    assert found["torn"] == found["differed"] == 0


@pytest.mark.parametrize(("call", "number"), archive.FAULTS)
def test_calls_that_fail_tear_nothing(tmp_path: Path, call: str, number: int) -> None:
    library = archive.compiled(tmp_path)
    if library is None:
        pytest.skip("needs a C compiler, for the library that makes calls fail")
    archive.pictures(tmp_path / "in", 3)
    subprocess.run(
        archive.command(tmp_path / "in", tmp_path / "whole"), env=archive.environment(), check=True
    )
    whole = archive.tree(tmp_path / "whole")
    for every in (2, 5):
        found = archive.fail(tmp_path, library, call, number, every, whole)
        assert found["status"] in (0, 4)
        assert (found["torn"], found["status after"], found["differs"]) == (0, 0, 0)
        if number == errno.ENOSPC and call != "fsync":
            assert found["status"] == 4


def test_a_picture_that_takes_its_process_down_is_set_aside(album: Path) -> None:
    picture(album / "in/deadly.png")
    (album / "site").mkdir()
    (album / "site/sitecustomize.py").write_text(DEADLY)
    path = os.pathsep.join([str(album / "site"), str(archive.ROOT)])
    words = (album / "in", "-o", album / "out", "-r", "--archive")
    said = run(*words, expect=3, PYTHONPATH=path).stderr
    assert "SIGSEGV" in said
    assert "tried once more, alone" in said
    files = report(album / "out")["files"]
    assert files["deadly.png"]["code"] == "E_PROCESS_DIED"
    assert {name for name, file in files.items() if file["status"] == "restored"} == {
        "a.png",
        "b.png",
        "c.png",
    }

    # It is left alone until it is another file.
    assert "set aside" in run(*words, expect=3).stderr
    picture(album / "in/deadly.png", seed=9, width=40)
    run(*words)
    assert (album / "out/deadly.png").exists()


def test_other_settings_are_refused_with_the_difference(album: Path) -> None:
    words = (album / "in", "-o", album / "out", "--archive")
    run(*words)
    first = archive.tree(album / "out")
    said = run(*words, "--strength", "0.5", expect=2).stderr
    assert "strength was 1.0, and is 0.5" in said
    assert archive.tree(album / "out") == first

    # Dropped, the journal knows nothing of these results, which are left alone like any others.
    said = run(*words, "--strength", "0.5", "--restart").stderr
    assert "left alone, since other files stand where their results would: 2 pictures" in said
    assert archive.tree(album / "out") == first
    run(*words, "--overwrite")
    assert archive.tree(album / "out") == first
    run(*words, "--strength", "0.5", "--overwrite")
    assert archive.tree(album / "out")["a.png"] != first["a.png"]


@pytest.mark.parametrize("naming", [("-f", "webp"), ("--suffix", "_clean")])
def test_other_names_are_refused_whatever_is_asked(naming: tuple[str, str], album: Path) -> None:
    words = (album / "in", "-o", album / "out", "--archive")
    run(*words)
    first = archive.tree(album / "out")
    for more in ((), ("--overwrite",)):
        said = run(*words, *naming, *more, expect=2).stderr
        assert f"was None, and is {naming[1].replace('webp', '.webp')}" in said
        assert "--overwrite does" not in said
    assert archive.tree(album / "out") == first
    run(*words, *naming, "--restart")
    assert len(archive.tree(album / "out")) > len(first)


def test_what_is_done_is_not_done_again_and_what_changed_is(album: Path) -> None:
    words = (album / "in", "-o", album / "out", "-r", "--archive")
    run(*words)
    inodes = {name: (album / "out" / name).stat().st_ino for name in ("a.png", "b.png")}
    picture(album / "in/a.png", seed=7)
    os.utime(album / "in/b.png")  # touched, not changed
    (album / "out/sub/c.png").unlink()
    picture(album / "in/new.png", seed=8)
    assert "2 pictures" not in run(*words).stderr
    assert (album / "out/a.png").stat().st_ino != inodes["a.png"]
    assert (album / "out/b.png").stat().st_ino == inodes["b.png"]
    assert (album / "out/sub/c.png").exists()
    assert (album / "out/new.png").exists()

    # A result that was spoiled behind its back is seen by its hash alone.
    whole = (album / "out/a.png").read_bytes()
    (album / "out/a.png").write_bytes(whole[:-1] + b"x")
    run(*words)
    assert (album / "out/a.png").read_bytes() != whole
    run(*words, "--verify")
    assert (album / "out/a.png").read_bytes() == whole


def test_one_run_at_a_time(album: Path) -> None:
    (album / "out" / FOLDER).mkdir(parents=True)
    with locked(album / "out" / FOLDER, FolderLocked("busy"), 0):
        said = run(album / "in", "-o", album / "out", "--archive", expect=11).stderr
    assert "another run is at work there" in said
    run(album / "in", "-o", album / "out", "--archive")


@pytest.mark.parametrize(
    ("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["int", "term"]
)
def test_signals_end_it_in_time_with_a_report(tmp_path: Path, sent: int, status: int) -> None:
    archive.pictures(tmp_path / "in", 200)
    words = [*archive.command(tmp_path / "in", tmp_path / "out")]
    words.remove("-q")
    with subprocess.Popen(
        words,
        env=archive.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as work:
        until = time.monotonic() + 60
        while not list((tmp_path / "out").rglob("IMG*.png")) and time.monotonic() < until:
            time.sleep(0.05)
        work.send_signal(sent)
        begun = time.monotonic()
        _, said = work.communicate(timeout=30)
    assert time.monotonic() - begun < 10
    assert work.returncode == status
    assert b"Traceback" not in said
    assert b"stopped; the same command goes on" in said
    assert report(tmp_path / "out")["ended"] == "stopped"
    assert "The same command goes on." in (tmp_path / "out/burnish-report.html").read_text()
    assert not list((tmp_path / "out").rglob(".burnish-*"))
    assert not list((tmp_path / "out").rglob("*.part"))


def test_what_was_done_before_says_nothing_of_the_time_left() -> None:
    from burnish.cli.console import Console, _bar

    console = Console(1000)
    console._bar = _bar()
    console._task = console._bar.add_task("restoring", total=1000, rate="")
    console.passed(900)
    (task,) = console._bar.tasks
    assert task.completed == 900
    assert task.total == 1000
    assert task.speed is None


def test_in_place_each_picture_is_restored_once(album: Path) -> None:
    run(album / "in", "-o", album / "out", "-r", "--archive", "--no-sidecar")
    (album / "link.png").symlink_to(album / "in/a.png")
    (album / "in/again.png").symlink_to("b.png")
    words = (album / "in", "-r", "--in-place", "--no-sidecar")
    run(*words)
    wanted = archive.tree(album / "out")
    assert archive.tree(album / "in") == {**wanted, "again.png": wanted["b.png"]}
    assert (album / "in/again.png").is_symlink()
    run(*words)
    assert archive.tree(album / "in") == {**wanted, "again.png": wanted["b.png"]}
    with pytest.raises(UsageError, match="in place"):
        undo(album / "in")
    assert "keeps every name" in run(*words, "-f", "png", expect=2).stderr


def test_in_place_a_kill_between_name_and_journal_restores_nothing_twice(album: Path) -> None:
    run(album / "in", "--in-place", "--no-sidecar")
    restored = archive.tree(album / "in")
    journal = Journal(album / "in")
    line = journal.find(str(album / "in/a.png"))
    assert line is not None
    # As the journal is when the machine stops right behind the rename.
    journal.put(line.id, State.writing)
    journal.restamp(line.id, Stamp(1, 1, 1))
    journal.close()
    run(album / "in", "--in-place", "--no-sidecar")
    assert archive.tree(album / "in") == restored


def test_undo_takes_back_what_the_run_wrote_and_nothing_else(album: Path) -> None:
    picture(album / "out/b.png", seed=3)
    (album / "out/mine.txt").write_text("mine")
    before = archive.tree(album / "out")
    run(album / "in", "-o", album / "out", "-r", "--archive")
    (album / "out/sub/also mine.txt").write_text("mine, too")
    changed = picture(album / "out/a.png", seed=12)
    found = undo(album / "out", dry=True)
    assert found.results == (str(album / "out/sub/c.png"),)
    assert found.changed == (str(changed),)
    assert (album / "out/sub/c.png").exists()
    undo(album / "out")
    left = archive.tree(album / "out")
    assert left.keys() - before.keys() == {"a.png", "a.png.burnish.json", "sub/also mine.txt"}
    assert not (album / "out" / FOLDER).exists()
    assert not (album / "out/burnish-report.json").exists()
    with pytest.raises(UsageError, match="no journal"):
        undo(album / "out")


def test_undo_leaves_no_folder_that_the_run_made(album: Path) -> None:
    run(album / "in", "-o", album / "out", "-r", "--archive")
    undo(album / "out")
    assert not (album / "out").exists()


def test_replay_gives_the_same_bytes(album: Path) -> None:
    start = (sys.executable, "-m", "burnish.cli", "restore", str(album / "in"), "--archive")
    subprocess.run([*start, "-o", str(album / "out"), "--threads", "1"], check=True)
    sidecar = Path(sidecar_of(str(album / "out/a.png")))
    record = json.loads(sidecar.read_text())
    assert record["dials"]["noise"]["from"] == "pixels"
    assert record["model"]["name"] == "auto"
    made = replay(sidecar, album / "again.png")
    assert made.same
    assert made.differs == ()
    assert (album / "again.png").read_bytes() == (album / "out/a.png").read_bytes()
    with pytest.raises(UsageError, match="exists already"):
        replay(sidecar, album / "again.png")
    picture(album / "in/a.png", seed=99)
    with pytest.raises(InputError, match="not the picture that was restored"):
        replay(sidecar, album / "other.png")
    (album / "x.burnish.json").write_text("{}")
    with pytest.raises(InputError, match="no sidecar"):
        replay(album / "x.burnish.json")


def test_a_run_without_a_journal_writes_sidecars_when_asked(album: Path) -> None:
    run(album / "in/a.png", "-o", album / "a.png", "--sidecar")
    assert replay(Path(sidecar_of(str(album / "a.png")))).same
    assert "say --archive" in run(album / "in", "--restart", expect=2).stderr


def test_the_same_setting_for_all_pictures(album: Path) -> None:
    start = [sys.executable, "-m", "burnish.cli", "restore", str(album / "in"), "-r", "--archive"]
    words = [*start, "-o", str(album / "out"), "--threads", "1", "--same"]
    subprocess.run(words, check=True)
    said = [json.loads(p.read_text())["dials"] for p in (album / "out").rglob("*.burnish.json")]
    assert len(said) == 3
    assert {dials["noise"]["setting"] for dials in said} == {said[0]["noise"]["setting"]}
    assert said[0]["noise"]["from"] == "alike"

    # A picture that comes later gets what was settled then.
    picture(album / "in/later.png", seed=5)
    subprocess.run(words, check=True)
    later = json.loads(Path(sidecar_of(str(album / "out/later.png"))).read_text())
    assert later["dials"] == said[0]


def test_what_was_settled_for_all_goes_the_same_way_in_a_later_run(tmp_path: Path) -> None:
    """What was found once stays found, so that the same models are chosen by it."""
    first = tmp_path / "in" / "a.jpg"
    first.parent.mkdir()
    with Image.open(picture(tmp_path / "drawn.png", height=96, width=96)) as drawn:
        drawn.save(first, quality=50)
    start = [sys.executable, "-m", "burnish.cli", "restore", str(first.parent), "--archive"]
    words = [*start, "-o", str(tmp_path / "out"), "--threads", "1", "--same"]
    subprocess.run(words, check=True)
    (first.parent / "later.jpg").write_bytes(first.read_bytes())
    subprocess.run(words, check=True)
    files = report(tmp_path / "out")["files"]
    assert files["later.jpg"]["models"] == files["a.jpg"]["models"] != []
    assert digest(tmp_path / "out" / "later.jpg") == digest(tmp_path / "out" / "a.jpg")


ODD = {
    "Japanese": "スキャン.png",
    "Cyrillic": "фото.png",
    "Arabic": "صورة.png",
    "a letter and its accent": "e\u0301.png",
    "signs that shells and formats heed": "a b%[1]{c}#.png",
    "a newline": "line\nbreak.png",
    "a leading dash": "-dash.png",
    "255 bytes": "n" * 251 + ".png",
    "not UTF-8": os.fsdecode(b"caf\xe9.png"),
}


def test_odd_names(tmp_path: Path) -> None:
    for number, name in enumerate(ODD.values()):
        picture(tmp_path / "in" / name, number)
    run(tmp_path / "in", "-o", tmp_path / "out", "--archive")
    results = {file.name for file in (tmp_path / "out").glob("*.png")}
    assert [what for what, name in ODD.items() if name not in results] == []
    assert results == set(ODD.values())
    sidecars = list((tmp_path / "out").glob("*.burnish.json"))
    assert len(sidecars) == len(ODD)
    for sidecar in sidecars:
        assert replay(sidecar, tmp_path / f"{len(sidecar.name)}.png", overwrite=True).same
    assert len(report(tmp_path / "out")["files"]) == len(ODD)
    run(tmp_path / "in", "-o", tmp_path / "out", "--archive")
    undo(tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.fixture(scope="module")
def maze(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A folder with circles, a pipe, two pictures of one name and its own output, run twice; and
    the files of the second run's report.
    """
    folder = tmp_path_factory.mktemp("maze")
    picture(folder / "in/a.png")
    picture(folder / "in/a.jpg")
    (folder / "in/loop").symlink_to("..")
    (folder / "in/round.png").symlink_to("round.png")
    os.mkfifo(folder / "in/pipe.png")
    words = (folder / "in", "-o", folder / "in/out", "-r", "-f", "png", "--archive")
    run(*words, expect=3)
    first = set(report(folder / "in/out")["files"])
    run(*words, expect=3)
    files = report(folder / "in/out")["files"]
    assert set(files) == first
    return folder, files


def test_links_in_a_circle(maze: tuple[Path, dict[str, Any]]) -> None:
    """A folder that leads to the one above it is not entered, and a link to itself is named."""
    assert maze[1]["round.png"]["status"] == "failed"
    assert "round.png" in maze[1]["round.png"]["message"]
    assert not [name for name in maze[1] if "loop" in name]


def test_a_pipe(maze: tuple[Path, dict[str, Any]]) -> None:
    assert maze[1]["pipe.png"]["code"] == "E_UNSUPPORTED_FORMAT"


def test_two_pictures_of_one_name(maze: tuple[Path, dict[str, Any]]) -> None:
    """a.jpg and a.png, both as PNG, are two results."""
    assert maze[1]["a.png"]["status"] == maze[1]["a_jpg.png"]["status"] == "restored"
    assert maze[1]["a.png"]["source"].endswith("a.png")
    assert maze[1]["a_jpg.png"]["source"].endswith("a.jpg")


def test_an_output_inside_the_input(maze: tuple[Path, dict[str, Any]]) -> None:
    """What the first run wrote is no input of the second."""
    assert set(maze[1]) == {"a.png", "a_jpg.png", "pipe.png", "round.png"}


def on_a_disk_of_its_own(script: str, disk: Path) -> None:
    """Runs a shell script that may mount a small disk at a folder: nobody else sees it."""
    disk.mkdir()
    words = ["unshare", "--map-root-user", "--mount", "sh", "-ec"]
    try_it = f"mount -t tmpfs -o size=300k none '{disk}'"
    with contextlib.suppress(FileNotFoundError):
        if not subprocess.run([*words, try_it], capture_output=True, check=False).returncode:
            subprocess.run([*words, f"{try_it}\n{script}"], check=True)
            return
    pytest.skip("needs unshare, and leave to mount a disk")


def test_a_full_disk(tmp_path: Path) -> None:
    """Exit status 4, nothing torn, and with more room the same command goes on."""
    for number in range(6):
        picture(tmp_path / "in" / f"{number}.png", number, 200, 200)
    whole = archive.command(tmp_path / "in", tmp_path / "room" / "out")
    subprocess.run(whole, env=archive.environment(), check=True)
    disk = tmp_path / "disk"
    words = shlex.join(archive.command(tmp_path / "in", disk / "out"))
    script = f"""
        export PYTHONPATH='{archive.ROOT}'
        status=0; {words} || status=$?
        test $status -eq 4
        cp -r '{disk}/out' '{tmp_path}/first'
        mount -o remount,size=20m '{disk}'
        {words}
        cp -r '{disk}/out' '{tmp_path}/second'
    """
    on_a_disk_of_its_own(script, disk)
    expected = archive.tree(tmp_path / "room" / "out")
    first = archive.tree(tmp_path / "first")
    assert 0 < len(first) < len(expected)
    assert archive.torn(first, expected) == []
    assert archive.tree(tmp_path / "second") == expected


def test_a_disk_that_cannot_be_written(tmp_path: Path) -> None:
    """It is said before a model is loaded, whether the folder is there or not."""
    picture(tmp_path / "in/a.png")
    disk = tmp_path / "disk"
    commands = [
        shlex.join(archive.command(tmp_path / "in", disk / name)) for name in ("there", "new")
    ]
    tries = "\n".join(
        f"status=0; {words} 2>'{tmp_path}/said' || status=$?\n"
        f"test $status -eq 4\ngrep -q 'cannot be written to' '{tmp_path}/said'"
        for words in commands
    )
    script = f"""
        export PYTHONPATH='{archive.ROOT}'
        mkdir '{disk}/there'
        mount -o remount,ro '{disk}'
        {tries}
    """
    on_a_disk_of_its_own(script, disk)


def test_a_name_that_is_taken_by_an_earlier_run_is_not_given_again(tmp_path: Path) -> None:
    picture(tmp_path / "one/a.png", 1)
    picture(tmp_path / "two/a.png", 2)
    for source in ("one", "two", "one"):
        run(tmp_path / source, "-o", tmp_path / "out", "--archive", "--no-sidecar")
    assert len(archive.tree(tmp_path / "out")) == 2
    run(tmp_path / "one", "-o", tmp_path / "alone", "--no-sidecar")
    assert archive.tree(tmp_path / "out")["a.png"] == archive.tree(tmp_path / "alone")["a.png"]


def test_an_output_that_cannot_be_written_is_said_before_the_work(
    album: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (album / "file").write_text("")
    said = run(album / "in", "-o", album / "file/out", "--archive", expect=4).stderr
    assert "cannot be written to" in said

    (album / "out" / FOLDER).mkdir(parents=True)
    journal = Journal(album / "out")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(OutputError, match="not writable"):
        plan(journal, album / "out", pair([album / "in"], album / "out"))
    journal.close()


def test_a_disk_that_is_too_full_is_said_before_the_work(
    album: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from burnish.inference.archive import plan as planning
    from burnish.inference.job import Job

    (album / "out" / FOLDER).mkdir(parents=True)
    journal = Journal(album / "out")
    plan(journal, album / "out", pair([album / "in"], album / "out"))
    found = planning.extent(journal, album / "out", Job("", ""), 1)
    assert found.pictures == 2
    assert found.megapixels == pytest.approx(2 * 24 * 32 / 1e6)
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 10}))
    with pytest.raises(OutputError, match="will not fit"):
        planning.extent(journal, album / "out", Job("", ""), 1)
    journal.close()


def test_a_journal_that_is_none_is_said(album: Path) -> None:
    (album / "out" / FOLDER).mkdir(parents=True)
    (album / "out" / FOLDER / NAME).write_bytes(b"no database" * 100)
    said = run(album / "in", "-o", album / "out", "--archive", expect=4).stderr
    assert "--restart" in said
    run(album / "in", "-o", album / "out", "--archive", "--restart")


def test_words_that_do_not_fit_together(album: Path) -> None:
    assert "say -o and a folder" in run(album / "in", "--archive", expect=2).stderr
    picture(album / "else/x.png")
    said = run(album / "in/a.png", album / "else/x.png", "--in-place", expect=2).stderr
    assert "one folder at a time" in said
