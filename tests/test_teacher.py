"""Distillation: what is learnt of a teacher, and which teachers are refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="the training wing is not installed")

from test_train import equal, same_run, state  # noqa: E402
from test_train import home as home  # noqa: E402
from test_train import recipe as recipe  # noqa: E402

from burnish.contract import Dial  # noqa: E402
from burnish.errors import RecipeError  # noqa: E402
from burnish.training.before.overfit import overfit  # noqa: E402
from burnish.training.loop.train import train  # noqa: E402
from burnish.training.losses import L2  # noqa: E402
from burnish.training.networks.restorer import Restorer  # noqa: E402
from burnish.training.parts.build import Spec  # noqa: E402
from burnish.training.recipe.recipe import Recipe  # noqa: E402
from burnish.training.recipe.resolve import resolve  # noqa: E402
from burnish.training.step.initial import build_initial  # noqa: E402
from burnish.training.step.machine import make_machine  # noqa: E402
from burnish.training.step.setup import set_up  # noqa: E402
from burnish.training.step.step import gradients  # noqa: E402
from burnish.training.step.teacher import Teacher  # noqa: E402

NOISE = (Dial("noise", 0, 75, 25, "sigma"),)
SMALL = {"widths": [4, 8], "blocks": 1}
#: it wants crops of multiples of 32
DEEP = {"widths": [4] * 5, "blocks": 1}
LARGER = Spec("LevelPlane", {"base": {"use": "ResUNet", "args": {"widths": [8, 12], "blocks": 1}}})


def teacher(home: Path, spec: Spec = LARGER, dials: tuple[Dial, ...] = NOISE) -> Path:
    """A file of a network of random weights."""
    torch.manual_seed(5)
    path = home / "teacher.safetensors"
    Restorer(spec, dials).save(path)
    return path


def test_what_is_learnt_is_the_clean_picture_mixed_with_the_answer(home: Path) -> None:
    restorer = Restorer.load(teacher(home))
    spoiled, clean = torch.rand(2, 2, 3, 16, 16)
    level = torch.full((2, 1, 1, 1), 30.0)
    answer = restorer(spoiled, level).detach()
    assert not torch.equal(answer, spoiled)
    aim = Teacher(restorer, 0.25).aim(spoiled, clean, level)
    torch.testing.assert_close(aim, 0.75 * clean + 0.25 * answer)
    assert torch.equal(Teacher(restorer, 0).aim(spoiled, clean, level), clean)


def test_to_a_squared_error_it_is_two_errors_weighted() -> None:
    clean, answer = torch.rand(2, 1, 3, 8, 8)
    restored = torch.rand(1, 3, 8, 8, requires_grad=True)
    mixed = L2()(restored, torch.lerp(clean, answer, 0.25))
    apart = 0.75 * L2()(restored, clean) + 0.25 * L2()(restored, answer)
    left, right = (torch.autograd.grad(loss, restored)[0] for loss in (mixed, apart))
    torch.testing.assert_close(left, right)


def test_a_student_learns_its_teachers_answers(home: Path, recipe: Callable[..., Recipe]) -> None:
    """With nothing but its answer, its own pictures cost its own copy nothing."""
    file = teacher(home, Spec("LevelPlane", {"base": {"use": "ResUNet", "args": SMALL}}))
    changes = (f"teacher={{file: {file}, share: 1}}", f"start={file}", "loss={use: L2}")
    (initial,) = build_initial(resolve(recipe(*changes)), 1)
    setup = set_up(initial, make_machine(recipe()))
    batch = setup.crops[(0, 0, 0, 1)]
    assert float(gradients(setup, [batch])["loss"]) == 0
    assert setup.teacher is not None
    assert not any(weight.requires_grad for weight in setup.teacher.restorer.parameters())
    alone = set_up(build_initial(resolve(recipe(*changes[1:])), 1)[0], make_machine(recipe()))
    assert float(gradients(alone, [batch])["loss"]) > 0


def test_a_network_begins_alike_with_a_teacher_or_without(
    home: Path, recipe: Callable[..., Recipe]
) -> None:
    file = teacher(home)
    (alone,) = build_initial(resolve(recipe()), 1)
    (taught,) = build_initial(resolve(recipe(f"teacher.file={file}")), 1)
    assert equal(alone.restorer.state_dict(), taught.restorer.state_dict())
    assert torch.equal(alone.random, taught.random)
    assert "by heart" not in overfit(recipe(f"teacher.file={file}"), 2, steps=20)


def test_a_run_with_a_teacher_resumes_to_the_same_bits(
    home: Path, recipe: Callable[..., Recipe]
) -> None:
    rest = ("schedule={steps: 4, warmup: 2}", "data.leave_out=[]")
    learning = recipe(f"teacher.file={teacher(home)}", *rest)
    train(learning, home / "whole")
    train(learning, home / "halves", minutes=1e-9)
    assert state(home / "halves")["progress"]["step"] < 4
    train(learning, home / "halves")
    assert same_run(home / "whole", home / "halves")


@pytest.mark.parametrize(
    ("spec", "dials", "sentence"),
    [
        (
            Spec("ResUNet", SMALL),
            (),
            "has the dials none, and the network in training has the dials noise",
        ),
        (
            Spec("LevelPlane", {"channels": 1, "base": {"use": "ResUNet", "args": SMALL}}),
            NOISE,
            "takes channels 1, and the network in training takes channels 3",
        ),
        (
            Spec("LevelPlane", {"base": {"use": "ResUNet", "args": DEEP}}),
            NOISE,
            "data.crop: 16 is not a multiple of 32, which its teacher wants",
        ),
    ],
    ids=["dials", "channels", "multiple"],
)
def test_a_teacher_of_something_else_is_refused(
    home: Path,
    recipe: Callable[..., Recipe],
    spec: Spec,
    dials: tuple[Dial, ...],
    sentence: str,
) -> None:
    file = teacher(home, spec, dials)
    with pytest.raises(RecipeError, match=sentence):
        build_initial(resolve(recipe(f"teacher.file={file}")), 1)


def test_a_teacher_that_is_not_there_is_named(recipe: Callable[..., Recipe]) -> None:
    with pytest.raises(RecipeError, match=r"teacher.file: nobody.safetensors: no such file"):
        resolve(recipe("teacher.file=nobody.safetensors"))
