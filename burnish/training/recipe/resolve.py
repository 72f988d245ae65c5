"""From a recipe to its stages: every name found, every value that can be checked checked, before
anything large is read or built.
"""

from __future__ import annotations

from ...errors import RecipeError
from ..losses import LOSSES
from ..networks.archs import NETWORKS
from ..optimise.optim import check_optimizer
from ..optimise.schedule import shape_of
from ..parts.build import Spec, check_spec
from .damage import (
    check_damage,
    check_told,
    check_validation,
    damage_of,
    measured_of,
    validation_of,
    weigh_of,
)
from .data import Data, check_data, want_file, want_folder
from .recipe import Recipe, Schedule
from .stage import Stage
from .stages import check_names, count, stage_recipe, with_place


def resolve(recipe: Recipe) -> tuple[Stage, ...]:
    """The stages of a run: those that the recipe names, or the one that it is.

    RecipeError says the place in the recipe, such as `stages.1.data.crop`, and what is allowed.
    """
    check_names(recipe.stages)
    stages = []
    for number in range(count(recipe)):
        name = recipe.stages[number].name if recipe.stages else ""
        try:
            stages.append(_stage(stage_recipe(recipe, number), number, name))
        except RecipeError as error:
            raise with_place(error, number) if recipe.stages else error from None
    return tuple(stages)


def _stage(recipe: Recipe, number: int, name: str) -> Stage:
    """The stage of a recipe that is one stage alone."""
    # The pictures: what spoils them, what the network is told of it, what is measured.
    damage = damage_of(recipe)
    check_damage(recipe, damage)
    measured = measured_of(recipe, damage)
    owned = [part.name for part in damage] + [part.dial.name for part in measured]
    check_told(recipe, owned)
    validation = validation_of(recipe)
    weigh = weigh_of(recipe, owned)
    check_validation(recipe, validation, weigh, owned)

    # What learns, and how.
    loss = Spec(recipe.loss.use, recipe.loss.args)
    _check_parts(recipe, loss)
    _check_paths(recipe)

    return Stage(
        number=number,
        name=name,
        seed=recipe.seed,
        arch=recipe.arch,
        dials=recipe.dials,
        initialise=recipe.initialise,
        start=recipe.start,
        reinit=recipe.reinit,
        prune=recipe.prune,
        freeze=recipe.freeze,
        data=recipe.data,
        damage=damage,
        measured=measured,
        weigh=weigh,
        validation=validation,
        loss=loss,
        teacher=recipe.teacher,
        optimizer=recipe.optimizer,
        schedule=recipe.schedule,
        shape=shape_of(recipe.schedule.shape, recipe.schedule.args),
        accumulate=recipe.accumulate,
        local_steps=recipe.local_steps,
        clip_gradient=recipe.clip_gradient,
        ema=recipe.ema,
        checkpoint_activations=recipe.checkpoint_activations,
        compile=recipe.compile,
    )


def _check_parts(recipe: Recipe, loss: Spec) -> None:
    """RecipeError where network, loss, optimizer or schedule is none that there is."""
    check_spec(recipe.arch, NETWORKS, trusted=True, place="arch")
    check_spec(loss, LOSSES, trusted=True, place="loss")
    check_optimizer(recipe.optimizer)
    _check_schedule(recipe.schedule, recipe.data, recipe.validation.folders)


def _check_paths(recipe: Recipe) -> None:
    """RecipeError where a folder or file that the recipe names is not there."""
    check_data(recipe.data)
    what = "clean pictures, as in validation.folders=[FOLDER]"
    for folder in recipe.validation.folders:
        want_folder("validation.folders", folder, what)
    want_file("start", recipe.start)
    want_file("teacher.file", recipe.teacher.file if recipe.teacher else None)


def _check_schedule(schedule: Schedule, data: Data, folders: tuple[str, ...]) -> None:
    if len(schedule.lengths) != 1:
        raise RecipeError(
            "schedule: give either `steps`, `hours` or `epochs`, not "
            f"{' and '.join(schedule.lengths) or 'none of them'}"
        )
    held_out = data.leave_out or data.leave_out_groups or data.hold_out or folders
    if schedule.shape == "ReduceLROnPlateau" and not held_out:
        raise RecipeError(
            "schedule.shape: ReduceLROnPlateau listens to validation, and there is nothing to "
            "validate on; name data.leave_out or validation.folders"
        )
