"""Recipes: strict reading, changes from the command line, and the schema."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

torch = pytest.importorskip("torch", reason="the training wing is not installed")

from burnish.errors import BurnishError, RecipeError  # noqa: E402
from burnish.training.parts.build import Spec  # noqa: E402
from burnish.training.parts.strict import plain, read  # noqa: E402
from burnish.training.recipe.file import load, schema  # noqa: E402
from burnish.training.recipe.fixed import fixed  # noqa: E402
from burnish.training.recipe.recipe import Recipe  # noqa: E402
from burnish.training.recipe.resolve import resolve  # noqa: E402

RECIPES = sorted((Path(__file__).resolve().parents[1] / "recipes").glob("*.yaml"))
SMALL = """
name: small
arch: {use: LevelPlane, args: {base: ResUNet}}
dials: [{name: noise, low: 0, high: 75, default: 25, unit: sigma}]
degradations: [{use: Noise, args: {clip: 0.5}, train: [0.5, 85]}]
data: {folders: [FOLDER]}
loss: {use: L1, level_weight: {power: 0.75}}
optimizer: {use: Muon, args: {lr: 1e-3}}
schedule: {steps: 10}
"""


@pytest.fixture
def loaded(tmp_path: Path) -> Callable[..., Recipe]:
    """Writes the small recipe, with replacements, and loads it with changes."""

    def make(*changes: str, old: str = "", new: str = "") -> Recipe:
        path = tmp_path / "small.yaml"
        assert old in SMALL
        path.write_text(SMALL.replace(old, new).replace("FOLDER", str(tmp_path)))
        return load(path, changes)

    return make


def elsewhere(path: Path, folder: Path) -> Path:
    """A shipped recipe, with empty folders and files in place of the pictures that it names."""
    text = path.read_text()
    for name in re.findall(r"\.\./shared/([\w/.-]+)", text):
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("[]") if place.suffix else place.mkdir(exist_ok=True)
        if place.name == "damage_masks":  # which are counted when the recipe is read
            Image.new("L", (8, 8), 255).save(place / "mask.png")
    for name in re.findall(r"(?<![\w/])data/(\w+)(?=[],])", text):
        (folder / name).mkdir(exist_ok=True)
        text = re.sub(rf"(?<![\w/])data/{name}(?=[],])", str(folder / name), text)
    (folder / path.name).write_text(text.replace("../shared", str(folder)))
    return folder / path.name


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_shipped_recipes_load_and_keep_pictures_out_for_validation(
    path: Path, tmp_path: Path
) -> None:
    recipe = load(elsewhere(path, tmp_path))
    assert recipe.name == path.stem
    left_out = len(set(recipe.data.leave_out))
    assert recipe.data.hold_out or left_out > 0
    if recipe.name in ("photo", "photo-white", "photo-large"):
        assert left_out == 20
    assert read(Recipe, json.loads(json.dumps(plain(recipe))), "") == recipe


def test_numbers_such_as_1e_3_are_numbers(loaded: Callable[..., Recipe]) -> None:
    assert loaded().optimizer.args == {"lr": 0.001}
    assert loaded("optimizer.args.lr=5e-4").optimizer.args == {"lr": 0.0005}


def test_changes_reach_into_mappings_lists_and_specs(loaded: Callable[..., Recipe]) -> None:
    recipe = loaded(
        "degradations.0.train=[1, 50]",
        "optimizer=AdamW",
        "optimizer.args.lr=2e-4",
        "schedule.steps=null",
        "schedule.hours=2",
        "data.crop=64",
    )
    assert recipe.degradations[0].train == (1.0, 50.0)
    assert recipe.optimizer == Spec("AdamW", {"lr": 0.0002})
    assert (recipe.schedule.hours, recipe.schedule.steps, recipe.data.crop) == (2.0, None, 64)


def test_a_key_below_what_the_recipe_leaves_to_its_default_can_be_set(
    loaded: Callable[..., Recipe], tmp_path: Path
) -> None:
    """As in the example of `burnish train --help`, on the command line and in the file."""
    path = tmp_path / "short.yaml"
    whole = loaded()
    record = {
        "name": "short",
        "arch": whole.arch.to_dict(),
        "dials": [{"name": "noise", "low": 0, "high": 75, "default": 25, "unit": "sigma"}],
        "degradations": [{"use": "Noise"}],
        "data": {"folders": list(whole.data.folders)},
        "schedule": {"steps": 9},
    }
    path.write_text(json.dumps(record))
    assert load(path, ["optimizer.args.lr=1e-5"]).optimizer == Spec("Muon", {"lr": 1e-5})
    assert load(path, ["optimizer.use=AdamW"]).optimizer == Spec("AdamW")
    changed = load(
        path,
        [
            "loss.level_weight.power=0.5",
            "validation.levels.noise=[5]",
            "card.task=none",
            "degradations.0.misread.share=0.2",
        ],
    )
    assert changed.loss.level_weight is not None
    assert (changed.loss.use, changed.loss.level_weight.power) == ("L1", 0.5)
    assert changed.validation.levels == {"noise": (5.0,)}
    assert changed.degradations[0].misread is not None
    path.write_text(json.dumps({**record, "optimizer": {"args": {"lr": 1e-5}}}))
    assert load(path).optimizer == Spec("Muon", {"lr": 1e-5})
    path.write_text(json.dumps({**record, "stages": [{"name": "a"}, {"name": "b"}]}))
    stages = resolve(load(path, ["stages.1.optimizer.args.lr=1e-5"]))
    assert [stage.optimizer.args for stage in stages] == [{}, {"lr": 1e-5}]
    with pytest.raises(RecipeError, match=r"optimizer\.args\.rate: unknown argument"):
        load(path, ["optimizer.args.rate=1"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("data.bacth=4", ["data.bacth", "unknown key", "'batch'"]),
        ("scedule={steps: 1}", ["scedule", "'schedule'"]),
        ("data.batch=0", ["data.batch", "out of range", "1 to 65536"]),
        ("data.batch=1.5", ["data.batch", "a whole number", "1.5"]),
        ("data.batch=true", ["data.batch", "a whole number"]),
        ("data.flips=1", ["data.flips", "true or false"]),
        ("data.grey=.nan", ["data.grey", "a number"]),
        ("data.folders=photos", ["data.folders", "a list", "'photos'"]),
        ("data.folders=[/no/such/folder]", ["data.folders", "/no/such/folder", "not a folder"]),
        ("data.folders=[]", ["data", "folders", "pack"]),
        ("data.pack=nowhere.pack", ["data.pack", "nowhere.pack", "no such file"]),
        ("start=nowhere.safetensors", ["start", "no such file"]),
        ("degradations.0.train=[1]", ["degradations.0.train", "a list of 2"]),
        ("degradations.0.train=[50, 1]", ["degradations.0.train", "no range"]),
        ("degradations.0.train=[-1, 50]", ["degradations.0.train", "more than there is", "noise"]),
        ("degradations.0.use=Noize", ["degradations.0.use", "'Noise'"]),
        ("degradations.0.args.clip=2", ["clip=2", "0 to 1"]),
        ("degradations.3.use=Noise", ["degradations.3.use", "counted from 0"]),
        ("degradations=[]", ["degradations", "at least one"]),
        ("dials.0.name=blur", ["blur", "noise", "same order"]),
        ("dials.0.low=90", ["dials.0", "makes no sense"]),
        ("schedule.hours=1", ["schedule", "either"]),
        ("schedule.steps=null", ["schedule", "either"]),
        (
            "schedule={steps: 5, shape: StepLR, args: {step_sise: 3}}",
            ["schedule.args.step_sise", "unknown key", "'step_size'"],
        ),
        (
            "schedule={steps: 5, shape: ReduceLROnPlateau}",
            ["schedule.shape", "nothing to validate on", "leave_out"],
        ),
        (
            "loss={use: Sum, args: {terms: {a: {use: L3}}}}",
            ["loss.args.terms.a.use", "'L3'", "Charbonnier"],
        ),
        (
            "loss={use: Charbonnier, args: {epsilon: 1}}",
            ["loss.args.epsilon", "unknown argument", "It takes"],
        ),
        ("stages=[{name: a, steps: 3, freze: []}]", ["stages.0.freze", "unknown key", "'freeze'"]),
        (
            "stages=[{name: a, steps: 3, data: {crpo: 16}}]",
            ["stages.0.data.crpo", "unknown key", "'crop'"],
        ),
        (
            "stages=[{name: a, steps: 3, hours: 1}]",
            ["stages.0.schedule", "either", "steps and hours"],
        ),
        ("stages=[{name: a}, {name: a}]", ["stages.1.name", "stages.0"]),
        (
            "stages=[{name: a, optimizer: {use: Adan}}]",
            ["stages.0.optimizer.use", "'Adan'", "AdamW"],
        ),
        (
            "stages=[{name: a, loss: {use: Charbonnier, args: {delta: 1}}}]",
            ["stages.0.loss.args.delta", "unknown argument"],
        ),
        (
            "stages=[{name: a, degradations: [{use: Noise, train: [9, 1]}]}]",
            ["stages.0.degradations.0.train", "no range"],
        ),
        ("stages=[{name: a, start: nowhere.safetensors}]", ["stages.0.start", "no such file"]),
        ("stages=[{name: a/b}]", ["stages.0", "a/b"]),
        ("schedule.shape=cosin", ["schedule", "cosin", "cosine, constant, linear"]),
        ("precision=fp16", ["precision", "auto, fp32, bf16"]),
        ("compile=1", ["compile", "auto, True, False"]),
        ("initialise=xavier", ["initialise", "kaiming, orthogonal, default"]),
        ("name=a/b", ["name", "a/b"]),
        ("arch.use=LevelPlan", ["arch.use", "'LevelPlane'"]),
        ("arch.use=mine.Nowhere", ["arch.use", "mine.Nowhere", "PYTHONPATH"]),
        ("optimizer.args.lr=abc", ["optimizer.args.lr", "wants a number", "'abc'"]),
        ("optimizer.args.lr=-1", ["optimizer.args.lr", "0 or more"]),
        (
            "optimizer={use: AdamW, args: {groups: [{match: '*', lr: abc}]}}",
            ["optimizer.args.groups.0.lr", "wants a number"],
        ),
        ("optimizer.args.momentum=abc", ["optimizer.args.momentum", "a number", "'abc'"]),
        (
            "arch.args.base={use: ResUNet, args: {widths: [48, x]}}",
            ["arch.args.base.args.widths.1", "a number", "'x'"],
        ),
        ("optimizer.args.rate=1", ["optimizer.args.rate", "unknown argument"]),
        ("loss.level_weight.dial=blur", ["loss.level_weight.dial", "blur"]),
        ("validation.levels={blur: [1]}", ["validation.levels.blur", "noise"]),
        ("validation.levels={noise: [90]}", ["noise=90", "0 to 75"]),
        ("seed", ["KEY=VALUE"]),
        ("seed=[", ["not YAML"]),
        ("name.first=x", ["name"]),
    ],
)
def test_a_wrong_recipe_is_refused_in_one_sentence_with_its_place(
    loaded: Callable[..., Recipe], change: str, words: list[str]
) -> None:
    with pytest.raises(RecipeError) as caught:
        loaded(change)
    text = str(caught.value)
    assert "small.yaml" in text
    assert "\n" not in text
    assert all(word in text for word in words), text


def test_a_missing_key_a_doubled_key_and_no_file_are_refused(
    loaded: Callable[..., Recipe], tmp_path: Path
) -> None:
    with pytest.raises(
        RecipeError, match="schedule: give either `steps`, `hours` or `epochs`, not none of them"
    ):
        loaded(old="schedule: {steps: 10}")
    with pytest.raises(RecipeError, match="'lr' stands twice"):
        loaded(old="{lr: 1e-3}", new="{lr: 1e-3, lr: 2e-3}")
    with pytest.raises(RecipeError, match="cannot be read"):
        load(tmp_path / "none.yaml")
    (tmp_path / "empty.yaml").write_text("")
    with pytest.raises(RecipeError, match="wants a mapping"):
        load(tmp_path / "empty.yaml")


def test_yaml_cannot_make_objects(tmp_path: Path) -> None:
    (tmp_path / "evil.yaml").write_text("name: !!python/object/apply:os.getcwd []")
    with pytest.raises(RecipeError, match="not YAML"):
        load(tmp_path / "evil.yaml")


def test_what_may_change_between_two_slices_is_not_fixed(loaded: Callable[..., Recipe]) -> None:
    free = [
        "data.workers=3",
        "threads=2",
        "save_every=7",
        "out=elsewhere",
        "validation.every=5",
        "device=cpu",
        "card.task=x",
    ]
    assert fixed(loaded(*free)) == fixed(loaded())
    for change in (
        "seed=1",
        "data.batch=4",
        "optimizer.args.lr=2e-3",
        "schedule.steps=11",
        "arch.args.base={use: ResUNet, args: {blocks: 1}}",
    ):
        assert fixed(loaded(change)) != fixed(loaded()), change
    assert "data.folders" not in fixed(loaded())
    staged = [
        "stages=[{name: a, steps: 5, data: {workers: 1}}]",
        "stages=[{name: a, steps: 5, data: {workers: 2}}]",
        "stages=[{name: a, steps: 6}]",
    ]
    assert fixed(loaded(staged[0])) == fixed(loaded(staged[1])) != fixed(loaded(staged[2]))


def test_the_schema_knows_every_key_of_the_shipped_recipes(loaded: Callable[..., Recipe]) -> None:
    def holds(value: Any, part: dict[str, Any], place: str) -> None:
        if isinstance(value, dict) and part.get("additionalProperties") is False:
            assert set(value) <= set(part["properties"]), place
            assert set(part["required"]) <= set(value), place
            for name, inner in value.items():
                holds(inner, part["properties"][name], f"{place}.{name}")
        if isinstance(value, list) and isinstance(part.get("items"), dict):
            for inner in value:
                holds(inner, part["items"], place)

    described = json.loads(json.dumps(schema()))
    holds(plain(loaded()), described, "")
    assert described["properties"]["data"]["properties"]["batch"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": 65536,
        "description": "crops in a batch",
        "default": 8,
    }
    assert "LevelPlane" in json.dumps(described["properties"]["arch"])


def test_the_schema_beside_the_recipes_is_that_of_the_code() -> None:
    path = RECIPES[0].parent / "recipe.schema.json"
    assert json.loads(path.read_text()) == json.loads(json.dumps(schema())), (
        "burnish schema > recipes/recipe.schema.json brings it up to date"
    )


def test_every_recipe_error_is_a_usage_error() -> None:
    assert issubclass(RecipeError, BurnishError)
    assert (RecipeError.code, RecipeError.exit_status) == ("E_RECIPE", 2)
