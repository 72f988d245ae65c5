"""Networks that give masks: what they are trained on, how they are measured, and what they find."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import scene
from PIL import Image

torch = pytest.importorskip("torch", reason="the training wing is not installed")

from burnish.contract import Array, Contract, Dial  # noqa: E402
from burnish.degrade import Degradation, make  # noqa: E402
from burnish.degrade.film.masks import mask_files  # noqa: E402
from burnish.degrade.lookalikes import KINDS, lookalikes  # noqa: E402
from burnish.degrade.marks import FULL, SEEN, spoil_marked  # noqa: E402
from burnish.errors import ModelMismatch, RecipeError, UsageError  # noqa: E402
from burnish.images import Picture  # noqa: E402
from burnish.inference.model import Model  # noqa: E402
from burnish.metrics.masks import MASKS, f1, precision, recall  # noqa: E402
from burnish.study.trained.verify import export_verified  # noqa: E402
from burnish.training.data import Crops, Cut, Damaging, open_pictures, sources_in  # noqa: E402
from burnish.training.loop.train import train  # noqa: E402
from burnish.training.networks.archs.finder import Finder  # noqa: E402
from burnish.training.networks.initialise import initialise  # noqa: E402
from burnish.training.networks.restorer import Restorer  # noqa: E402
from burnish.training.parts.build import Spec  # noqa: E402
from burnish.training.recipe.file import load  # noqa: E402
from burnish.training.recipe.recipe import Recipe  # noqa: E402
from burnish.training.recipe.resolve import resolve  # noqa: E402
from burnish.training.step.initial import build_initial  # noqa: E402

FINDER = {"widths": [8, 12], "blocks": 1}
RECIPE = """
name: finder
arch: {use: Finder, args: {widths: [8, 12], blocks: 1}}
degradations:
  - {use: Lookalikes, train: [0.2, 0.6], share: 0.5}
  - {use: Dust, train: [0.2, 0.6]}
  - {use: Noise, train: [0, 5]}
data: {folders: [FOLDER], leave_out: [0.png], crop: 32, batch: 2}
loss: {use: BCEWithLogits}
schedule: {steps: 4, warmup: 1}
validation: {every: 2, crop: 32}
threads: 1
precision: fp32
"""


def level(value: float, n: int = 1) -> Array:
    return np.full((n, 1, 1, 1), value, np.float32)


def black_square() -> Degradation:
    """Damage that makes the square from 4 to 12 black, and covers it by the level."""

    def masked(clean: Array, level: Array, rng: np.random.Generator) -> tuple[Array, Array]:
        mask = np.zeros((len(clean), 1, *clean.shape[-2:]), np.float32)
        mask[:, :, 4:12, 4:12] = level
        return clean * (1 - mask), mask

    return Degradation(
        Dial("square", 0, 1, 0.5, "cover"), lambda *all_: masked(*all_)[0], masked, neutral=0.0
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "clean").mkdir()
    for i in range(4):
        pixels = np.rint(np.roll(scene(48, 56)[0], 5 * i, 2) * 255).astype(np.uint8)
        Image.fromarray(pixels.transpose(1, 2, 0)).save(tmp_path / "clean" / f"{i}.png")
    return tmp_path / "clean"


def recipe(folder: Path, *changes: str) -> Recipe:
    file = folder.parent / "finder.yaml"
    file.write_text(RECIPE.replace("FOLDER", str(folder)))
    return load(file, changes)


def test_what_cannot_be_seen_is_no_damage() -> None:
    rng = np.random.default_rng(0)
    picture = np.full((1, 3, 16, 16), 0.5, np.float32)
    picture[..., 8:] = 0.0  # black under black
    spoiled, mask = spoil_marked(black_square(), picture, level(0.3), rng)
    assert mask[0, 0, 4:12, 4:8] == pytest.approx(0.3 / FULL)
    assert mask.sum() == pytest.approx(0.3 / FULL * 8 * 4)
    assert (np.abs(spoiled - picture).max(1, keepdims=True)[mask > 0] >= SEEN).all()
    faint = spoil_marked(black_square(), picture, level(1.9 * SEEN), rng)  # half of it on grey
    assert not faint[1].any()


def test_what_is_covered_by_a_half_is_damaged_as_a_whole() -> None:
    picture = np.full((1, 3, 16, 16), 0.5, np.float32)
    for cover in (FULL, 0.75, 1.0):
        mask = spoil_marked(black_square(), picture, level(cover), np.random.default_rng(0))[1]
        assert (mask[0, 0, 4:12, 4:12] == 1).all()
        assert mask.sum() == 8 * 8


@pytest.mark.parametrize("name", ["Noise", "Lookalikes", "JPEG"])
def test_what_has_no_place_or_is_none_marks_nothing(name: str) -> None:
    degradation = make(name)
    clean = scene(32, 40)
    amount = level(degradation.dial.default)
    spoiled, mask = spoil_marked(degradation, clean, amount, np.random.default_rng(1))
    wanted = degradation.spoil(clean, amount, np.random.default_rng(1))
    np.testing.assert_array_equal(spoiled, wanted)
    assert (spoiled != clean).any()
    assert mask.shape == (1, 1, 32, 40)
    assert not mask.any()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_lookalike_is_drawn(kind: str) -> None:
    clean = np.full((1, 3, 96, 96), 0.5, np.float32)
    drawn = [
        lookalikes(kinds=kind).spoil(clean, level(0.7), np.random.default_rng(seed))
        for seed in range(4)
    ]
    changed = [(picture != clean).any(1).mean() for picture in drawn]
    assert max(changed) > 0.002
    assert all(np.isfinite(picture).all() for picture in drawn)


def test_a_kind_of_lookalike_that_there_is_not_is_refused() -> None:
    with pytest.raises(UsageError, match="kinds=sleet is not known; the choices: stars, snow"):
        make("Lookalikes", kinds="sleet")


def test_every_so_manieth_mask_of_each_folder_is_left(tmp_path: Path) -> None:
    for kind in ("hair", "dust"):
        (tmp_path / kind).mkdir()
        for i in range(7):
            Image.new("L", (8, 8), 255).save(tmp_path / kind / f"{i}.png")
    names = [Path(path).relative_to(tmp_path).as_posix() for path in mask_files(tmp_path, 3)]
    assert names == [f"{kind}/{i}.png" for kind in ("dust", "hair") for i in (0, 1, 3, 4, 6)]
    assert len(mask_files(tmp_path)) == 14
    with pytest.raises(UsageError, match="leave=1 does not fit"):
        make("FilmMasks", folder=str(tmp_path), leave=1)


def test_the_target_of_a_crop_is_its_mask(folder: Path) -> None:
    pictures = open_pictures(sources_in([str(folder)], None, 3), 32, print)
    damage = (Damaging(black_square(), told=False), Damaging(make("Noise"), told=False))
    cut = Cut(32, flips=False, rotations=False)
    crops = Crops(pictures, damage, cut, 2, 0, channels_out=1, gives="mask")
    batch = crops[(0, 0)]
    assert batch.spoiled.shape == (2, 3, 32, 32)
    assert batch.clean.shape == (2, 1, 32, 32)
    inside = batch.clean[:, :, 4:12, 4:12].numpy()
    assert (inside > 0).any((1, 2, 3)).all()
    assert batch.clean.sum().item() == pytest.approx(inside.sum(), rel=1e-6)


def test_a_fresh_finder_takes_nearly_nothing_for_damage() -> None:
    net = Restorer(Spec("Finder", FINDER)).eval()
    initialise(net.net, "kaiming", torch.Generator().manual_seed(0))
    contract = net.contract
    assert (contract.gives, contract.channels_out, contract.residual) == ("mask", 1, False)
    assert Contract.from_dict(contract.to_dict()) == contract
    with torch.no_grad():
        dark, grey = (net(torch.full((1, 3, 16, 16), tone)) for tone in (0.0, 0.5))
    assert dark.shape == (1, 1, 16, 16)
    assert float(dark.mean()) < 0.1
    assert float(grey.mean()) < 0.1


def test_a_finder_depends_on_no_pixel_beyond_its_reach() -> None:
    torch.manual_seed(0)
    net = Restorer(Spec("Finder", {"widths": [8], "blocks": 1})).eval()
    initialise(net.net, "kaiming", torch.Generator().manual_seed(0))
    reach = net.contract.reach
    assert reach is not None
    side = 16 * (2 * reach // 16 + 2)
    picture = torch.rand(1, 3, side, side)
    other = picture.clone()
    centre = side // 2
    other[..., centre, centre] += 1
    with torch.no_grad():
        changed = (net(picture) != net(other))[0, 0].nonzero() - centre
    assert changed.abs().max() <= reach
    assert changed.abs().max() > 7  # the mean of the square around a pixel


def test_contracts_of_pictures_say_what_they_said_before() -> None:
    record = Contract().to_dict()
    assert "gives" not in record
    assert Contract.from_dict(record) == Contract()
    for wrong in (
        {**record, "gives": "sound"},
        {**record, "gives": "mask"},  # of three channels
        {**record, "gives": "mask", "channels_out": 1, "residual": True},
    ):
        with pytest.raises(ModelMismatch, match="residual or gives are what no network has"):
            Contract.from_dict(wrong)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ("degradations=[{use: Noise}]", "degradations: Finder learns where damage lies"),
        ("validation.degradations=[{use: Noise}]", "validation.degradations: Finder learns"),
        ("data.raw=true", "data.raw"),
    ],
)
def test_what_a_finder_cannot_learn_from_is_refused(folder: Path, change: str, place: str) -> None:
    with pytest.raises(RecipeError, match=place):
        build_initial(resolve(recipe(folder, change)), 1)


def test_a_finder_is_trained_measured_exported_and_finds(folder: Path, tmp_path: Path) -> None:
    weights = train(recipe(folder), tmp_path / "run")
    figures = Restorer.load(weights).card["validation"]
    assert {name.split("[")[0] for name in figures} == {
        "pairs, F1",
        "pairs, precision",
        "pairs, recall",
    }
    assert all(0 <= value <= 1 for row in figures.values() for value in row.values())

    export_verified(weights, tmp_path / "finder.onnx")
    model = Model(tmp_path / "finder.onnx")
    pixels = scene(50, 70)
    mask = model.find(Picture(pixels))
    assert mask.shape == (50, 70)
    assert mask.dtype == np.float32
    assert (mask >= 0).all()
    assert (mask <= 1).all()
    np.testing.assert_allclose(model.find(Picture(pixels), tile=32), mask, atol=2e-2)
    alpha = np.ones((1, 1, 50, 70), np.float32)
    alpha[..., :20] = 0
    assert not model.find(Picture(pixels, alpha=alpha))[:, :20].any()


def test_what_gives_pictures_finds_nothing() -> None:
    from burnish.inference.zoo import load

    with pytest.raises(UsageError, match="restores pictures, and finds nothing"):
        load("photo").find(Picture(scene(16, 16)))


def test_masks_are_measured_by_what_they_say_and_by_what_is_true() -> None:
    found = np.zeros((4, 4), bool)
    found[0] = True
    true = np.zeros((4, 4), bool)
    true[:2, :3] = True
    assert precision(found, true) == pytest.approx(3 / 4)
    assert recall(found, true) == pytest.approx(3 / 6)
    assert f1(found, true) == pytest.approx(2 * 3 / (4 + 6))
    nothing = np.zeros((4, 4), bool)
    assert (precision(nothing, true), recall(nothing, true), f1(nothing, true)) == (1, 0, 0)
    assert (recall(found, nothing), f1(nothing, nothing)) == (1, 1)
    masks = {metric.name: metric for metric in MASKS}
    mask = np.where(found, np.float32(0.6), np.float32(0.3))[None]
    covered = np.where(true, np.float32(0.52), np.float32(0.48))[None]
    assert masks["precision-0.5"].function(mask, covered, 0) == pytest.approx(3 / 4)
    assert masks["recall-0.25"].function(mask, covered, 0) == 1
    assert masks["recall-0.75"].function(mask, covered, 0) == 0


def test_dice_is_one_minus_the_f1_of_each_picture() -> None:
    from burnish.training.losses.dice import Dice

    rng = np.random.default_rng(0)
    found, true = (torch.from_numpy(rng.integers(0, 2, (3, 1, 9, 7))).float() for _ in range(2))
    true[2] = 0
    found[2] = 0

    def f1_of(a: Any, b: Any) -> float:
        return float(2 * (a * b).sum() / (a.sum() + b.sum()))

    lost = Dice(empty=1e-6)(found, true)
    of_each = [f1_of(true[i], found[i]) for i in (0, 1)]
    wanted = (2 - sum(of_each)) / 3  # nothing found where nothing is: nothing lost
    assert float(lost) == pytest.approx(wanted, abs=1e-5)
    # A false pixel where nothing is: half is lost where `empty` is one pixel.
    found[2, 0, 4, 4] = 1
    assert float(Dice(empty=1)(found[2:], true[2:])) == pytest.approx(0.5)


def test_dice_wants_a_number_of_pixels() -> None:
    from burnish.training.losses.dice import Dice

    for empty in (0.0, -1.0, float("inf")):
        with pytest.raises(ValueError, match="above 0"):
            Dice(empty)


def test_a_finder_is_less_sure_where_damage_is_rarer_than_in_training() -> None:
    image = torch.rand(1, 3, 32, 32)
    plain = Finder(widths=(8, 12)).eval()
    rarer = Finder(widths=(8, 12), rarer=4).eval()
    rarer.load_state_dict(plain.state_dict())
    odds = [mask / (1 - mask) for mask in (plain(image), rarer(image))]
    torch.testing.assert_close(odds[1], odds[0] / 4)
    torch.testing.assert_close(rarer.logits(image), plain.logits(image))
    with pytest.raises(UsageError, match="rarer: 0 is no ratio"):
        Finder(widths=(8, 12), rarer=0)
