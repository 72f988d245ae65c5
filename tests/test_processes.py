"""Two processes that train together, started by torchrun: what they compute, and that they resume to the same bits."""

from __future__ import annotations

import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="the training wing is not installed")

from test_train import home as home  # noqa: E402
from test_train import recipe as recipe  # noqa: E402
from test_train import same_run, state  # noqa: E402

from burnish.training.checkpoint import snapshot  # noqa: E402
from burnish.training.data import stream  # noqa: E402
from burnish.training.machine import make_machine  # noqa: E402
from burnish.training.recipe import Recipe  # noqa: E402
from burnish.training.setup import set_up  # noqa: E402
from burnish.training.step import backward, update  # noqa: E402
from burnish.training.train import train  # noqa: E402

SGD = ("optimizer={use: SGD, args: {lr: 0.1}}", "schedule={steps: 10, warmup: 0}", "data.batch=4", "data.leave_out=[]", "precision=fp32")
KILLED = """
    train, seen = step.average, []
    def dying(*arguments):
        train(*arguments)
        seen.append(1)
        if len(seen) == 5 and os.environ["RANK"] == "1":
            os.kill(os.getpid(), signal.SIGKILL)
    step.average = dying
"""


def pair(home: Path, out: Path, *changes: str, before: str = "") -> int:
    """A run of two processes; the exit status."""
    script = home / f"run_{out.name}.py"
    script.write_text(
        textwrap.dedent(f"""
        import os, signal
        from pathlib import Path
        from burnish.training import step
        from burnish.training.recipe_file import load
        from burnish.training.train import train as run
        {textwrap.indent(textwrap.dedent(before), " " * 8).strip()}
        run(load(Path({str(home / "tiny.yaml")!r}), {list(changes)!r}), Path({str(out)!r}))
    """)
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2", "--master_addr", "127.0.0.1", "--master_port", str(port), str(script)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=home, timeout=200, check=False)
    assert done.returncode == 0 or before, done.stderr
    return done.returncode


def test_two_processes_are_one_with_the_batch_joined(home: Path, recipe: Callable[..., Recipe]) -> None:
    assert pair(home, home / "two", *SGD, "accumulate=2") == 0
    train(recipe(*SGD, "accumulate=2"), home / "one")
    one, two = state(home / "one")["net"], state(home / "two")["net"]
    assert max(float((one[name] - two[name]).abs().max()) for name in one) < 1e-5
    start = train(recipe(*SGD, "optimizer.args.lr=0"), home / "start")
    assert start.exists()
    assert max(float((one[name] - still).abs().max()) for name, still in state(home / "start")["net"].items()) > 1e-3


def test_two_processes_killed_and_resumed_mid_epoch_end_with_the_same_bits(home: Path) -> None:
    changes = ("schedule={steps: 9, warmup: 2}", "data.batch=2", "data.workers=2", "save_every=3", "validation.every=100")
    assert pair(home, home / "whole", *changes) == 0
    assert pair(home, home / "killed", *changes, before=KILLED) != 0
    assert state(home / "killed")["progress"]["step"] == 3
    assert pair(home, home / "killed", *changes) == 0
    assert same_run(home / "whole", home / "killed")
    assert (home / "whole" / "tiny.safetensors").exists()


def test_processes_that_step_alone_meet_in_the_mean_of_their_states(home: Path, recipe: Callable[..., Recipe]) -> None:
    """Two steps of each alone, made here one after the other, and the mean of what they come to."""
    changes = ("optimizer={use: Muon, args: {lr: 1e-3}}", "schedule={steps: 2, warmup: 0}", "data.batch=4", "data.leave_out=[]", "precision=fp32")
    assert pair(home, home / "two", *changes, "local_steps=2") == 0
    ends = []
    for rank in range(2):
        setup = set_up(recipe(*changes), make_machine(recipe(*changes)))
        rates = setup.rates(2)
        for step, batch in enumerate(stream(setup.crops, 0, 2, rank=rank, world=2)):
            update(setup, rates, step, backward(setup, batch))
        ends.append(snapshot(setup.restorer, setup.ema, setup.optimizer))
    found, apart = state(home / "two"), 0.0
    for part in ("net", "ema"):
        for name, value in found[part].items():
            a, b = (end[part][name] for end in ends)
            torch.testing.assert_close(value, (a + b) / 2, rtol=1e-4, atol=1e-6)
            apart = max(apart, float((a - b).abs().max()))
    assert apart > 1e-4
    momenta = [end["optimizer"]["state"][0]["momentum"] for end in ends]
    torch.testing.assert_close(found["optimizer"]["state"][0]["momentum"], (momenta[0] + momenta[1]) / 2, rtol=1e-3, atol=1e-6)


def test_processes_that_step_alone_resume_to_the_same_bits(home: Path) -> None:
    changes = ("schedule={steps: 9, warmup: 2}", "data.batch=2", "save_every=3", "validation.every=5", "local_steps=2")
    assert pair(home, home / "whole", *changes) == 0
    assert pair(home, home / "killed", *changes, before=KILLED) != 0
    assert state(home / "killed")["progress"]["step"] == 4  # where they met after the third
    assert pair(home, home / "killed", *changes) == 0
    assert same_run(home / "whole", home / "killed")


def test_a_step_that_one_process_cannot_make_is_left_out_by_it_alone(home: Path) -> None:
    broken = """
        from burnish.training import train as loop
        made = loop.backward
        seen = []
        def broken(setup, batch):
            losses = made(setup, batch)
            seen.append(1)
            if os.environ["RANK"] == "1" and len(seen) > FROM:
                for p in setup.restorer.parameters():
                    p.grad.fill_(float("nan"))
            return losses
        loop.backward = broken
    """
    changes = ("data.batch=2", "local_steps=2")
    for start in ("0", "1"):
        assert pair(home, home / start, *changes, "schedule={steps: 2, warmup: 0}", before=broken.replace("FROM", start)) == 0
        found = state(home / start)
        assert found["progress"]["broken"] == 0  # of the first process
        assert all(torch.isfinite(value).all() for value in found["net"].values())
    assert pair(home, home / "lost", *changes, "schedule={steps: 40, warmup: 0}", before=broken.replace("FROM", "0")) != 0


def test_a_batch_that_cannot_be_divided_is_refused(home: Path) -> None:
    assert pair(home, home / "odd", "data.batch=3", before="# it is to fail") != 0
    assert not (home / "odd").exists()
