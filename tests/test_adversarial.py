"""A loss that learns: its critic tells restored from clean, and a run with one resumes exactly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

torch = pytest.importorskip("torch", reason="the training wing is not installed")

from conftest import scene  # noqa: E402
from test_train import equal, same_run, state  # noqa: E402
from test_train import home as home  # noqa: E402
from test_train import recipe as recipe  # noqa: E402
from torch import Tensor  # noqa: E402

from burnish.errors import RecipeError  # noqa: E402
from burnish.training.loop.train import train  # noqa: E402
from burnish.training.losses import LOSSES  # noqa: E402
from burnish.training.losses.loss import learnt  # noqa: E402
from burnish.training.parts.build import Spec, build  # noqa: E402
from burnish.training.recipe.recipe import Recipe  # noqa: E402

#: of a recipe: a pixel loss, and a small critic beside it
WITH_CRITIC = (
    "loss={use: Sum, args: {terms: {pixel: L1, "
    "critic: {use: Adversarial, weight: 0.5, args: {rate: 1e-3, width: 4, border: 2}}}}}"
)


def adversarial(**args: Any) -> Any:
    torch.manual_seed(0)
    return build(Spec("Adversarial", {"width": 8, "border": 2, **args}), LOSSES, place="loss")


def pair(seed: int = 0) -> tuple[Tensor, Tensor]:
    """(restored, clean): grain, and what is left of it behind a blur, [4, 3, 48, 48]."""
    rng = np.random.default_rng(seed)
    clean = np.clip(scene(48, 48) + rng.normal(0, 0.05, (4, 3, 48, 48)), 0, 1)
    blurred = ndimage.gaussian_filter(clean, (0, 0, 1, 1))
    return torch.tensor(blurred, dtype=torch.float32), torch.tensor(clean, dtype=torch.float32)


def test_the_critic_learns_what_a_blur_takes_away_and_a_step_downhill_brings_it_back() -> None:
    loss = adversarial()
    optimizer = torch.optim.Adam(loss.parameters(), 3e-3, betas=(0.9, 0.99))
    lessons = []
    for step in range(60):
        optimizer.zero_grad()
        lesson = loss.lesson(*pair(step))
        lesson.backward()
        optimizer.step()
        lessons.append(float(lesson.detach()))
    assert lessons[0] == pytest.approx(np.log(2), abs=0.1)  # it cannot tell them apart
    assert lessons[-1] < 0.3
    restored, clean = pair(1000)  # which it has not seen
    before = loss(restored, clean)
    assert float(before) > 1.0
    moved = restored.clone().requires_grad_()
    for _ in range(5):
        (slope,) = torch.autograd.grad(loss(moved, clean), moved)
        moved = (moved - 0.02 * slope / slope.square().mean().sqrt()).detach().requires_grad_()
    assert float(loss(moved, clean).detach()) < 0.5 * float(before)


def test_its_gradient_is_as_long_as_that_of_l1_and_leaves_the_critic_alone() -> None:
    loss = adversarial()
    restored, clean = pair()
    restored.requires_grad_()
    value = loss(restored, clean)
    with torch.no_grad():
        assert float(loss(restored, clean)) == pytest.approx(float(value.detach()), rel=1e-6)
    value.backward()
    (of_l1,) = torch.autograd.grad((restored - clean).abs().mean(), restored)
    assert restored.grad is not None
    assert float(restored.grad.norm()) == pytest.approx(float(of_l1.norm()), rel=1e-3)
    assert all(p.grad is None for p in loss.parameters())


def test_judging_changes_nothing_and_a_lesson_brings_no_gradient_to_the_picture() -> None:
    loss = adversarial()
    before = {name: value.clone() for name, value in loss.state_dict().items()}
    restored, clean = pair()
    loss(restored, clean)
    assert equal(before, dict(loss.state_dict()))
    lesson = loss.lesson(restored, clean)
    lesson.backward()
    assert restored.grad is None
    assert all(p.grad is not None for p in loss.parameters())


def test_what_a_mask_hides_and_the_border_have_no_influence() -> None:
    loss = adversarial()
    restored, clean = pair()
    weight = torch.ones(4, 1, 48, 48)
    weight[:, :, 20:] = 0
    other = torch.where(weight == 0, torch.rand_like(restored), restored)
    assert float(loss(restored, clean, weight)) == float(loss(other, clean, weight))
    framed = restored.clone()
    framed[..., :2, :], framed[..., -2:, :] = 0, 1
    assert float(loss(restored, clean)) == float(loss(framed, clean))
    masked = restored.clone().requires_grad_()
    loss(masked, clean, weight).backward()
    assert masked.grad is not None
    assert float(masked.grad[..., 20:, :].abs().max()) == 0


def test_a_run_with_a_critic_in_slices_is_the_whole_run(
    home: Path, recipe: Callable[..., Recipe]
) -> None:
    changes = (WITH_CRITIC, "data.crop=24", "schedule.steps=4", "data.grey=0")
    train(recipe(*changes), home / "whole")
    for _ in range(4):
        train(recipe(*changes), home / "slices", minutes=0)
    assert same_run(home / "whole", home / "slices")
    critics = state(home / "whole")["critics"]
    whole = state(home / "whole")
    assert len(critics) == 24  # six layers: weight, bias, and the two vectors of its norm
    assert whole["optimizer"]["param_groups"][-1]["highest_lr"] == 1e-3
    assert (home / "whole" / "tiny.safetensors").read_bytes().find(b"critic.layers") < 0


def test_a_crop_that_is_too_small_for_the_critic_is_refused(
    home: Path, recipe: Callable[..., Recipe]
) -> None:
    with pytest.raises(RecipeError, match=r"data\.crop: 16 is too small for Sum, which wants 20"):
        train(recipe(WITH_CRITIC), home / "out")


def test_only_losses_that_learn_are_taught() -> None:
    both = build(
        Spec("Sum", {"terms": {"a": "L1", "b": {"use": "Adversarial", "args": {"width": 4}}}}),
        LOSSES,
        place="loss",
    )
    assert [type(part).__name__ for part in learnt(both)] == ["Adversarial"]
    assert learnt(build(Spec("L1"), LOSSES, place="loss")) == []
