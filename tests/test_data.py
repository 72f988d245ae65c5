"""Training data: crops, spoiling, packs, and what is refused before the first step."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch", reason="the training wing is not installed")

from conftest import scene  # noqa: E402

from burnish import images  # noqa: E402
from burnish.contract import Array, Contract, Dial  # noqa: E402
from burnish.dataset.pack import main, pack  # noqa: E402
from burnish.degrade import Degradation  # noqa: E402
from burnish.degrade.noise import noise  # noqa: E402
from burnish.errors import DataError, RecipeError, UsageError  # noqa: E402
from burnish.training.data import (  # noqa: E402
    Batch,
    Crops,
    Cut,
    Damaging,
    Misread,
    Pictures,
    Weigh,
    open_pictures,
    pair_sources,
    read_groups,
    sources_in,
    split,
    stream,
)
from burnish.training.data import pictures as memory  # noqa: E402
from burnish.training.data.cut import draw  # noqa: E402
from burnish.training.recipe.file import load  # noqa: E402
from burnish.training.recipe.fixed import fixed  # noqa: E402
from burnish.training.recipe.recipe import Recipe  # noqa: E402
from burnish.training.recipe.resolve import resolve  # noqa: E402
from burnish.training.step.feed import feed  # noqa: E402
from burnish.training.step.fit import check_contract  # noqa: E402

DIAL = Dial("noise", 0.5, 85, 25, "sigma")
NOISE = Damaging(Degradation(DIAL, noise(clip=0.5).spoil))


def save(path: Path, height: int = 40, width: int = 50, channels: int = 3, seed: int = 0) -> Path:
    pixels = np.rint(scene(height, width, channels)[0] * 255).astype(np.uint8).transpose(1, 2, 0)
    pixels = np.roll(pixels, 7 * seed, (0, 1)) ^ seed
    Image.fromarray(pixels if channels == 3 else pixels[:, :, 0]).save(path)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Seven pictures, one of them grey."""
    (tmp_path / "clean").mkdir()
    for i in range(7):
        save(tmp_path / "clean" / f"{i}.png", channels=1 if i == 3 else 3, seed=i)
    return tmp_path / "clean"


def opened(folder: Path, channels: int = 3) -> Pictures:
    return open_pictures(sources_in([str(folder)], None, channels), 16, lambda text: None)


@pytest.fixture
def crops(folder: Path) -> Crops:
    return Crops(opened(folder), (NOISE,), Cut(16), batch=3, seed=1)


def same(a: Batch, b: Batch) -> bool:
    return all(torch.equal(x, y) for x, y in zip(a[:3], b[:3], strict=True))


def test_a_batch_has_the_promised_shapes_and_ranges(crops: Crops) -> None:
    batch = crops[0, 0]
    assert (batch.spoiled.shape, batch.clean.shape, batch.level.shape, batch.weight) == (
        (3, 3, 16, 16),
        (3, 3, 16, 16),
        (3, 1, 1, 1),
        None,
    )
    assert {part.dtype for part in batch[:3]} == {torch.float32}
    assert batch.clean.min() >= 0
    assert batch.clean.max() <= 1
    assert torch.equal((batch.clean * 255).round(), batch.clean * 255)


def test_the_noise_is_that_of_the_level(folder: Path) -> None:
    crops = Crops(
        opened(folder), (Damaging(Degradation(DIAL, noise().spoil)),), Cut(32), batch=8, seed=1
    )
    batch = crops[0, 0]
    measured = (batch.spoiled - batch.clean).std((1, 2, 3)) * 255
    assert torch.allclose(measured, batch.level.flatten(), rtol=0.06)


def test_batches_are_the_same_with_workers_without_and_from_the_middle(crops: Crops) -> None:
    alone = list(stream(crops, 0, 7))
    assert all(same(a, b) for a, b in zip(alone, stream(crops, 0, 7, workers=2), strict=True))
    assert all(same(a, b) for a, b in zip(alone[3:], stream(crops, 3, 7, workers=1), strict=True))
    assert not same(alone[0], alone[1])
    assert not same(alone[0], next(stream(replace(crops, seed=2), 0, 1)))


def test_streaming_leaves_the_global_random_state_alone(crops: Crops) -> None:
    before = torch.get_rng_state()
    list(stream(crops, 0, 2, workers=1))
    assert torch.equal(before, torch.get_rng_state())


def test_an_epoch_takes_every_picture_once_and_the_next_one_in_another_order(folder: Path) -> None:
    crops = Crops(opened(folder), (NOISE,), Cut(16), batch=2, seed=1)
    assert crops.epoch_length == 3
    orders = [
        [picture for i in range(3) for picture, _ in crops._chosen(epoch, i)] for epoch in range(2)
    ]
    assert all(len(set(order)) == 6 for order in orders)
    assert orders[0] != orders[1]


def test_a_batch_may_be_larger_than_the_folder(folder: Path) -> None:
    crops = Crops(opened(folder), (NOISE,), Cut(16), batch=20, seed=1)
    assert crops.epoch_length == 1
    assert {picture for picture, _ in crops._chosen(0, 0)} == set(range(7))
    assert crops[4, 0].clean.shape[0] == 20


def test_levels_are_stratified_over_the_batch(folder: Path) -> None:
    level = Crops(opened(folder), (NOISE,), Cut(16), batch=16, seed=1)[0, 0].level.flatten().numpy()
    share = np.sort((level - 0.5) / 84.5)
    assert ((share >= np.arange(16) / 16) & (share <= np.arange(1, 17) / 16)).all()


def test_one_level_for_a_batch_where_the_network_wants_it(crops: Crops) -> None:
    assert replace(crops, one_level=True)[0, 0].level.shape == (1, 1, 1, 1)


def test_flips_and_rotations_can_be_turned_off(folder: Path) -> None:
    pictures = opened(folder)
    plain = Crops(pictures, (NOISE,), Cut(40, flips=False, rotations=False), batch=7, seed=1)
    for piece, (index, _) in zip(plain[0, 0].clean, plain._chosen(0, 0), strict=True):
        whole = torch.from_numpy(pictures[index][0].astype(np.float32) / 255)
        assert any(torch.equal(piece, whole[:, :, x : x + 40]) for x in range(11))
    turned = replace(plain, cut=Cut(40))[0, 0].clean
    assert sum(torch.equal(a, b) for a, b in zip(turned, plain[0, 0].clean, strict=True)) < 7


def test_grey_crops_have_equal_channels_before_and_after_the_spoiling(crops: Crops) -> None:
    batch = replace(crops, grey=1.0, batch=7)[0, 0]
    for image in (batch.clean, batch.spoiled):
        assert torch.equal(image[:, :1].expand(-1, 3, -1, -1), image)
    assert not torch.equal(batch.clean, batch.spoiled)
    assert torch.allclose((batch.clean * 255).round(), batch.clean * 255, atol=1e-4)
    some = [replace(crops, grey=0.5, batch=7)[epoch, 0].spoiled for epoch in range(8)]
    share = np.mean([bool((image[0] == image[1]).all()) for batch in some for image in batch])
    assert 0.25 < share < 0.85


def test_crops_that_were_exposed_twice_are_of_two_pictures(tmp_path: Path) -> None:
    (tmp_path / "flat").mkdir()
    for value in (0, 200):
        Image.new("RGB", (40, 40), (value,) * 3).save(tmp_path / "flat" / f"{value}.png")
    crops = Crops(opened(tmp_path / "flat"), (NOISE,), Cut(16), batch=8, seed=1, blended=0.5)
    values = torch.cat([crops[epoch, 0].clean[:, 0, 0, 0] for epoch in range(20)]) * 255
    between = (values > 1) & (values < 199)
    assert ((values[between] >= 0.35 * 200 - 1) & (values[between] <= 0.65 * 200 + 1)).all()
    assert 0.15 < between.float().mean() < 0.35  # half of them, of which half met their like
    assert same(crops[3, 0], crops[3, 0])


def test_crops_of_pairs_are_not_exposed_twice(loaded: Callable[..., Recipe]) -> None:
    with pytest.raises(RecipeError, match=r"data\.blended: goes with crops of clean pictures"):
        loaded("data.blended=0.5", "data.cut=whole")


def test_a_grey_picture_serves_a_colour_network_and_the_other_way_round(folder: Path) -> None:
    assert {clean.shape[0] for clean, _ in opened(folder, 3).cached or ()} == {3}
    assert {clean.shape[0] for clean, _ in opened(folder, 1).cached or ()} == {1}


def test_pictures_that_do_not_fit_into_memory_are_read_at_every_access(
    folder: Path, crops: Crops, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "_free_memory", lambda: 20_000)
    notes: list[str] = []
    pictures = open_pictures(sources_in([str(folder)], None, 3), 16, notes.append)
    assert pictures.cached is None
    assert len(notes) == 1
    assert "do not fit" in notes[0]
    assert pictures.fingerprint == crops.pictures.fingerprint
    assert same(replace(crops, pictures=pictures)[2, 1], crops[2, 1])


def test_every_bad_picture_is_named_before_the_first_step(folder: Path) -> None:
    (folder / "3.png").write_bytes((folder / "4.png").read_bytes()[:200])
    (folder / "5.png").write_bytes(b"no picture")
    save(folder / "6.png", 12, 40)
    with pytest.raises(DataError) as caught:
        opened(folder)
    text = str(caught.value)
    assert "3 of 7" in text
    assert all(f"{i}.png" in text for i in (3, 5, 6))
    assert "40x12 is smaller than the crop of 16" in text
    assert "0.png" not in text


def test_an_empty_folder_and_nothing_left_are_refused(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no pictures there"):
        sources_in([str(tmp_path / "empty")], None, 3)
    with pytest.raises(DataError, match="take all of them"):
        open_pictures([], 16, lambda text: None)


def test_a_file_that_two_folders_hold_counts_once(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("b.png", "sub/a.png"):
        Image.new("RGB", (16, 16)).save(tmp_path / name)
    assert [
        source.name for source in sources_in([str(tmp_path), str(tmp_path / "sub")], None, 3)
    ] == ["b.png", "sub/a.png"]
    assert [
        source.name for source in sources_in([str(tmp_path / "sub"), str(tmp_path)], None, 3)
    ] == ["a.png", "b.png"]


def test_left_out_pictures_are_kept_apart_and_a_wrong_name_is_refused(folder: Path) -> None:
    sources = sources_in([str(folder)], None, 3)
    chosen, left_out = split(sources, ["2.png", "5.png"])
    assert [s.name for s in left_out] == ["2.png", "5.png"]
    assert [s.name for s in chosen] == ["0.png", "1.png", "3.png", "4.png", "6.png"]
    with pytest.raises(DataError, match=r"22\.png; did you mean '2\.png'\?"):
        split(sources, ["22.png"])


def test_other_pictures_have_another_fingerprint(folder: Path) -> None:
    before = opened(folder).fingerprint
    assert opened(folder).fingerprint == before
    save(folder / "0.png", seed=9)
    assert opened(folder).fingerprint != before


def die(clean: Array, level: Array, rng: np.random.Generator) -> Array:
    os._exit(7)


def test_a_worker_that_dies_ends_the_run_with_a_sentence(crops: Crops) -> None:
    with pytest.raises(DataError, match="died") as caught:
        list(stream(replace(crops, damage=(Damaging(Degradation(DIAL, die)),)), 0, 4, workers=1))
    assert "\n" not in str(caught.value)


def test_a_picture_that_vanishes_while_training_ends_the_run_with_its_name(
    folder: Path, crops: Crops
) -> None:
    pictures = replace(crops.pictures, cached=None)
    for path in folder.iterdir():
        path.unlink()
    for workers in (0, 1):
        with pytest.raises(DataError, match=r"\d\.png") as caught:
            list(stream(replace(crops, pictures=pictures), 0, 2, workers=workers))
        assert "\n" not in str(caught.value)


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """Two folders of JPEGs and a PNG, one picture of each name in both."""
    folders = [tmp_path / "small", tmp_path / "large"]
    for folder, width in zip(folders, (64, 640), strict=True):
        folder.mkdir()
        for i in range(3):
            pixels = np.random.default_rng(i).integers(0, 255, (64, width, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(folder / f"{i}.jpg", quality=95, subsampling=0)
    save(folders[0] / "lossless.png")
    return folders


def test_a_pack_that_fits_holds_the_jpegs_as_they_are(photos: list[Path], tmp_path: Path) -> None:
    entries = pack(photos, tmp_path / "a.pack", 10**7)
    assert [entry.done for entry in entries] == ["as it is"] * 3 + ["JPEG 4:4:4 at quality 90"] + [
        "as it is"
    ] * 3
    packed = sources_in([], str(tmp_path / "a.pack"), 3)
    filed = sources_in([str(folder) for folder in photos], None, 3)
    assert [s.name for s in packed] == [s.name for s in filed]
    assert all(
        np.array_equal(a.read(), b.read())
        for a, b in zip(packed, filed, strict=True)
        if a.name != "lossless.png"
    )


def test_a_pack_stays_under_its_limit_says_what_was_done_and_is_deterministic(
    photos: list[Path], tmp_path: Path
) -> None:
    whole = sum(path.stat().st_size for folder in photos for path in folder.iterdir())
    limit = whole // 2
    entries = pack(photos, tmp_path / "a.pack", limit)
    assert (tmp_path / "a.pack").stat().st_size <= limit
    assert [entry.done.startswith("scaled to") for entry in entries] == [False] * 4 + [True] * 3
    pack(photos, tmp_path / "b.pack", limit)
    assert (tmp_path / "a.pack").read_bytes() == (tmp_path / "b.pack").read_bytes()
    with pytest.raises(UsageError, match="do not fit"):
        pack(photos, tmp_path / "c.pack", 20_000)
    assert not (tmp_path / "c.pack").exists()


def test_a_pack_keeps_16_bits_of_grey_and_two_pictures_of_one_stem(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "deeper").mkdir(parents=True)
    ramp = np.linspace(0, 65535, 64 * 64).reshape(64, 64).astype(np.uint16)
    images.write(folder / "a.png", images.from_array(ramp))
    Image.fromarray(np.full((64, 64), 40, np.uint8)).save(folder / "a.jpg")
    Image.fromarray(np.full((64, 64), 200, np.uint8)).save(folder / "deeper" / "b.png")
    (folder / "._a.jpg").write_bytes(b"not a picture")
    pack([folder], tmp_path / "a.pack", 10**7)
    packed = {source.name: source.read() for source in sources_in([], str(tmp_path / "a.pack"), 1)}
    assert (
        list(packed)
        == ["a.jpg", "a.png", "deeper/b.png"]
        == [source.name for source in sources_in([str(folder)], None, 1)]
    )
    assert [round(pixels.mean()) for pixels in packed.values()] == pytest.approx(
        [40, 127, 200], abs=1
    )


def test_a_damaged_pack_is_refused(photos: list[Path], tmp_path: Path) -> None:
    pack(photos, tmp_path / "a.pack", 10**7)
    whole = (tmp_path / "a.pack").read_bytes()
    for damaged in (whole[: len(whole) // 2], whole[:9000] + bytes(99) + whole[9099:], b""):
        (tmp_path / "b.pack").write_bytes(damaged)
        with pytest.raises(DataError, match=r"b\.pack: not a whole pack"):
            sources_in([], str(tmp_path / "b.pack"), 3)


def test_packing_is_a_command(
    photos: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*map(str, photos), "-o", str(tmp_path / "a.pack"), "--limit-mb", "9"]) == 0
    assert "7 pictures: 6 as they are" in capsys.readouterr().out
    (tmp_path / "bare").mkdir()
    assert main([str(tmp_path / "bare"), "-o", str(tmp_path / "b.pack")]) == DataError.exit_status
    assert "no pictures there" in capsys.readouterr().err


@pytest.mark.shared
def test_the_real_training_pictures_all_decode(shared: Path) -> None:
    sources = sources_in([str(shared / "train" / "bsd")], None, 3)
    assert len(open_pictures(sources[:20], 96, lambda text: None)) == 20


def test_reading_data_needs_no_torchvision() -> None:
    code = (
        "import sys; sys.modules['torchvision'] = None; import burnish.training.data, "
        "burnish.dataset.pack"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def paired(folder: Path, n: int = 6, scale: int = 1, grey: bool = False) -> Path:
    """n pairs; the spoiled side is the clean one, `scale` times smaller by leaving out, its values
    halved.
    """
    for side in ("LQ", "GT"):
        (folder / side).mkdir(parents=True)
    for i in range(n):
        clean = np.asarray(Image.open(save(folder / "GT" / f"{i}.png", 40 + 4 * i, 52, seed=i)))
        small = clean[::scale, ::scale] // 2
        Image.fromarray(small[:, :, 0] if grey else small).save(folder / "LQ" / f"{i}.png")
    return folder


def pairs_of(
    folder: Path,
    channels_in: int = 3,
    channels_out: int = 3,
    pool: int = 0,
    scale: int = 1,
    **level: float,
) -> Pictures:
    found = pair_sources(
        str(folder),
        None,
        None,
        None,
        channels_in=channels_in,
        channels_out=channels_out,
        level=level,
        pool=pool,
    )
    return open_pictures(found, 16, lambda text: None, scale)


def mixed(folder: Path, tmp_path: Path, **settings: Any) -> Crops:
    """Pictures and pairs, one to three."""
    found = sources_in([str(folder)], None, 3)
    found += pair_sources(
        str(paired(tmp_path / "pairs")),
        None,
        None,
        None,
        channels_in=3,
        channels_out=3,
        level={"noise": 7.0},
        pool=1,
    )
    return Crops(
        open_pictures(found, 16, lambda text: None),
        (NOISE,),
        Cut(16),
        batch=4,
        seed=1,
        weights=(1.0, 3.0),
        **settings,
    )


@pytest.mark.parametrize(
    "cut",
    [
        Cut(16),
        Cut(16, "grid"),
        Cut(16, scales=(0.5, 2.0)),
        Cut(16, prefer_ink=1.0),
        Cut(48, "hybrid", small="pad"),
        Cut(16, "whole"),
    ],
)
def test_both_sides_of_a_pair_are_cut_alike(tmp_path: Path, cut: Cut) -> None:
    crops = Crops(pairs_of(paired(tmp_path)), (), cut, batch=6, seed=1)
    for index in range(3):
        batch = crops[index, 0]
        assert batch.level.shape[1] == 0
        assert float((batch.spoiled * 2 - batch.clean).abs().max()) < 3.1 / 255
        assert float(batch.clean.std()) > 0.05


def test_pairs_of_two_sizes_are_cut_alike(tmp_path: Path) -> None:
    for cut in (
        Cut(16, scale=2),
        Cut(16, "grid", scale=2),
        Cut(32, "hybrid", scale=2),
        Cut(16, "whole", scale=2, multiple=4),
    ):
        batch = Crops(
            pairs_of(paired(tmp_path / cut.rule / str(cut.crop), scale=2), scale=2),
            (),
            cut,
            batch=6,
            seed=1,
        )[0, 0]
        assert batch.clean.shape[-1] == 2 * batch.spoiled.shape[-1]
        cells = batch.clean.reshape(
            *batch.spoiled.shape[:3], 2, batch.spoiled.shape[3], 2
        ).transpose(3, 4)  # the kept one of four stands in a corner of its cell, turned with it
        corners = (
            torch.stack([cells[:, :, :, :, a, b] for a in (0, 1) for b in (0, 1)])
            - 2 * batch.spoiled
        )
        corners *= 1 if batch.weight is None else batch.weight[:, :, ::2, ::2]
        assert float(corners.abs().amax((2, 3, 4)).min(0).values.max()) < 3.1 / 255


def test_sides_whose_sizes_do_not_agree_are_named(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"6 of 6 .*26x20, and should be as large as the clean one, which is 52x40"
    ):
        pairs_of(paired(tmp_path, scale=2))
    with pytest.raises(DataError, match="should be 4 times smaller"):
        pairs_of(tmp_path, scale=4)


def test_pairs_that_lack_a_side_are_named(tmp_path: Path) -> None:
    paired(tmp_path)
    (tmp_path / "LQ" / "2.png").unlink()
    with pytest.raises(DataError, match=r"GT/2\.png: no spoiled picture of that name"):
        pairs_of(tmp_path)


def test_colour_in_and_grey_out(tmp_path: Path, folder: Path) -> None:
    batch = Crops(
        pairs_of(paired(tmp_path / "pairs"), 3, 1), (), Cut(16), batch=2, seed=1, channels_out=1
    )[0, 0]
    assert (batch.spoiled.shape[1], batch.clean.shape[1]) == (3, 1)
    still = Damaging(Degradation(DIAL, lambda clean, level, rng: clean))
    batch = Crops(opened(folder), (still,), Cut(16), batch=2, seed=1, channels_out=1)[0, 0]
    assert torch.allclose(
        batch.clean,
        torch.einsum("c,bchw->bhw", torch.tensor([0.299, 0.587, 0.114]), batch.spoiled)[:, None],
        atol=1e-6,
    )


def test_sources_have_their_share_of_the_crops_in_every_epoch(folder: Path, tmp_path: Path) -> None:
    crops = mixed(folder, tmp_path)
    assert crops.epoch_length == 3
    for epoch in range(5):
        chosen = [picture for index in range(3) for picture, _ in crops._chosen(epoch, index)]
        assert sum(picture >= 7 for picture in chosen) == 9
        assert len(set(chosen)) == 3 + 6  # the six pairs run out, and begin again
    assert all(
        len({picture >= 7 for picture, _ in replace(crops, one_level=True)._chosen(0, i)}) == 1
        for i in range(3)
    )


def test_a_pair_is_told_its_own_level_and_stays_as_it_is(folder: Path, tmp_path: Path) -> None:
    batch, chosen = (crops := mixed(folder, tmp_path))[0, 0], crops._chosen(0, 0)
    for j, (picture, _) in enumerate(chosen):
        assert (float(batch.level[j]) == 7.0) == (picture >= 7)
        assert (float((batch.spoiled[j] * 2 - batch.clean[j]).abs().max()) < 3.1 / 255) == (
            picture >= 7
        )


@pytest.mark.filterwarnings("ignore:This DataLoader will create 3 worker processes")
def test_mixes_are_the_same_with_any_number_of_workers_and_of_processes(
    folder: Path, tmp_path: Path
) -> None:
    crops = mixed(folder, tmp_path, grey=0.3)
    alone = list(stream(crops, 0, 6))
    for workers in (1, 3):
        assert all(
            same(a, b) for a, b in zip(alone, stream(crops, 0, 6, workers=workers), strict=True)
        )
    for variant in (
        crops,
        replace(crops, cut=Cut(16, "whole"), weigh=Weigh("noise", lambda level: level)),
    ):
        joined = list(stream(variant, 0, 6))
        parts = [list(stream(variant, 0, 6, rank=rank, world=2, workers=rank)) for rank in range(2)]
        for whole, *halves in zip(joined, *parts, strict=True):
            assert all(
                torch.equal(torch.cat([half[k] for half in halves]), whole[k])
                for k in range(3 if whole.weight is None else 4)
            )
    with pytest.raises(UsageError, match=r"data\.batch: 4 crops cannot be divided among 3"):
        next(stream(crops, 0, 1, rank=0, world=3))


def test_a_grid_takes_every_tile_once_an_epoch_and_covers_the_picture(folder: Path) -> None:
    crops = Crops(opened(folder), (NOISE,), Cut(16, "grid"), batch=4, seed=1)
    assert crops.epoch_length == 7 * 3 * 4 // 4
    items = [item for index in range(crops.epoch_length) for item in crops._chosen(2, index)]
    assert len(set(items)) == len(items) == 84
    windows = [
        draw(crops.cut, (40, 50), tile, np.random.default_rng(0), lambda window: 0.0)
        for tile in range(12)
    ]
    seen = np.zeros((40, 50))
    for window in windows:
        seen[window.top : window.top + 16, window.left : window.left + 16] += 1
    assert seen.min() == 1


def test_a_picture_is_resized_whole_and_a_small_one_enlarged_or_mirrored(folder: Path) -> None:
    pictures = opened(folder)
    still = Cut(32, "resize", flips=False, rotations=False)
    batch, chosen = (
        (crops := Crops(pictures, (NOISE,), still, batch=2, seed=1))[0, 0],
        crops._chosen(0, 0),
    )
    expected = (
        np.asarray(
            Image.fromarray(pictures[chosen[0][0]][0].transpose(1, 2, 0)).resize(
                (32, 32), Image.Resampling.BICUBIC
            ),
            np.float32,
        )
        / 255
    )
    assert (
        float(
            (
                batch.clean[0, :, 3:-3, 3:-3]
                - torch.from_numpy(expected.transpose(2, 0, 1))[:, 3:-3, 3:-3]
            )
            .abs()
            .max()
        )
        < 1.1 / 255
    )
    padded = Crops(
        pictures,
        (NOISE,),
        Cut(64, "hybrid", flips=False, rotations=False, small="pad"),
        batch=2,
        seed=1,
    )[0, 0].clean
    assert torch.equal(padded[:, :, 40:], padded[:, :, 16:40].flip(2))
    enlarged = Crops(pictures, (NOISE,), Cut(80, "hybrid"), batch=2, seed=1)[0, 0].clean
    assert (tuple(enlarged.shape[2:]), float(enlarged.min()) >= 0, float(enlarged.max()) <= 1) == (
        (80, 80),
        True,
        True,
    )


def test_whole_pictures_are_padded_to_a_multiple_and_the_padding_does_not_count(
    tmp_path: Path,
) -> None:
    crops = Crops(
        pairs_of(paired(tmp_path, 4)),
        (),
        Cut(rule="whole", rotations=False, flips=False, multiple=8),
        batch=4,
        seed=1,
    )
    batch = crops[0, 0]
    assert (batch.clean.shape, batch.weight is not None) == ((4, 3, 56, 56), True)
    for j, (picture, _) in enumerate(crops._chosen(0, 0)):
        height, width = crops.pictures.sizes[picture]
        assert batch.weight is not None
        assert (
            int(batch.weight[j].sum())
            == int(batch.weight[j, :, :height, :width].sum())
            == height * width
        )
        assert torch.equal(
            batch.clean[j, :, :height, :width],
            torch.from_numpy(crops.pictures[picture][0] / np.float32(255)),
        )


def test_crops_that_prefer_ink_hold_more_of_it(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    page = np.full((200, 200), 255, np.uint8)
    page[20:40, 20:60] = 0
    Image.fromarray(page).save(tmp_path / "pages" / "1.png")
    crops = Crops(
        opened(tmp_path / "pages", 1),
        (NOISE,),
        Cut(32),
        batch=64,
        seed=1,
        channels_in=1,
        channels_out=1,
    )
    without, some, all_ = (
        float(1 - replace(crops, cut=Cut(32, prefer_ink=share))[0, 0].clean.mean())
        for share in (0, 0.5, 1)
    )
    assert without < 0.08
    assert all_ > 4 * without
    assert without < some < all_


def test_sixteen_bits_and_floats_stay_finer_than_eight(tmp_path: Path) -> None:
    import tifffile

    ramp = np.linspace(0, 1, 40 * 40, dtype=np.float32).reshape(40, 40)
    tifffile.imwrite(tmp_path / "16.tif", np.rint(ramp * 65535).astype(np.uint16))
    tifffile.imwrite(tmp_path / "float.tif", ramp * 1.5)
    pictures = opened(tmp_path, 1)
    assert [pictures[i][0].dtype for i in range(2)] == [np.uint16, np.uint16]
    clean = Crops(
        pictures,
        (NOISE,),
        Cut(40, flips=False, rotations=False),
        batch=2,
        seed=1,
        channels_in=1,
        channels_out=1,
    )[0, 0].clean
    assert float((clean[:, 0] - torch.from_numpy(ramp)).abs().amax((1, 2)).min()) < 1e-5
    assert float(clean.max()) == 1.0


def test_a_share_of_the_pictures_stays_as_it_is_at_the_neutral_level(folder: Path) -> None:
    told = Damaging(Degradation(DIAL, noise().spoil, neutral=0.0), share=0.5)
    hidden = Damaging(
        Degradation(replace(DIAL, name="other"), noise(clip=1.0).spoil), share=0.5, told=False
    )
    batch = Crops(opened(folder), (told,), Cut(16), batch=64, seed=1)[0, 0]
    unchanged = (batch.spoiled == batch.clean).flatten(1).all(1)
    assert torch.equal(unchanged, batch.level.flatten() == 0)
    assert 20 < int(unchanged.sum()) < 44
    both = Crops(opened(folder), (told, hidden), Cut(16), batch=64, seed=1)
    assert (both.told, both[0, 0].level.shape) == (("noise",), (64, 1, 1, 1))
    assert 6 < int((both[0, 0].spoiled == both[0, 0].clean).flatten(1).all(1).sum()) < 28


def test_a_share_can_go_by_the_names_of_the_pictures(folder: Path) -> None:
    first, *others = (source.name for source in opened(folder).sources)
    never = {f"*{Path(first).stem}*": 0.0}
    told = Damaging(Degradation(DIAL, noise().spoil, neutral=0.0), shares=never)
    assert not told.always
    with pytest.raises(RecipeError, match="shares: a: 2 is no share"):
        replace(told, shares={"a": 2.0})
    assert not told.levels([first] * 8, np.random.default_rng(1)).any()
    assert told.levels(others, np.random.default_rng(1)).all()
    crops = Crops(opened(folder), (told,), Cut(16), batch=64, seed=1)
    unchanged = (crops[0, 0].spoiled == crops[0, 0].clean).flatten(1).all(1)
    assert int(unchanged.sum()) == sum(picture == 0 for picture, _ in crops._chosen(0, 0))
    assert 0 < int(unchanged.sum()) < 64


def test_a_hidden_dial_weighs_the_loss(folder: Path) -> None:
    hidden = Damaging(NOISE.degradation, told=False)
    crops = Crops(
        opened(folder),
        (hidden,),
        Cut(16),
        batch=8,
        seed=1,
        weigh=Weigh("noise", lambda level: level * 2),
    )
    batch, level = crops[0, 0], replace(crops, damage=(NOISE,))[0, 0].level
    assert batch.level.shape == (8, 0, 1, 1)
    assert batch.weight is not None
    assert torch.equal(batch.weight, 2 * level)


def test_a_smaller_spoiled_side_comes_from_the_degradations(folder: Path) -> None:
    from burnish.degrade import make

    pictures = open_pictures(sources_in([str(folder)], None, 3), 16, lambda text: None, 2)
    batch = Crops(
        pictures,
        (Damaging(make("Downscale", scale=2)),),
        Cut(16, scale=2),
        batch=3,
        seed=1,
        grey=0.5,
    )[0, 0]
    assert (batch.spoiled.shape, batch.clean.shape) == ((3, 3, 8, 8), (3, 3, 16, 16))
    assert float((batch.spoiled.mean((2, 3)) - batch.clean.mean((2, 3))).abs().max()) < 0.05


def test_groups_go_to_one_side_as_a_whole(folder: Path, tmp_path: Path) -> None:
    sources = sources_in([str(folder)], None, 3)
    (tmp_path / "groups.json").write_text('[["0.png", "1.png", "2.png"], ["3.png", "4.png"]]')
    groups = read_groups(tmp_path / "groups.json")
    assert groups == {"0.png": "0", "1.png": "0", "2.png": "0", "3.png": "1", "4.png": "1"}
    (tmp_path / "named.json").write_text('{"0.png": "page a", "1.png": "page a"}')
    assert read_groups(tmp_path / "named.json") == {"0.png": "page a", "1.png": "page a"}
    assert [s.name for s in split(sources, ["1.png"], groups)[1]] == ["0.png", "1.png", "2.png"]
    assert [s.name for s in split(sources, (), groups, ["1"])[1]] == ["3.png", "4.png"]
    for share in (0.2, 0.5, 0.8):
        chosen, left_out = split(sources, (), groups, hold_out=share)
        assert len(chosen) + len(left_out) == 7
        owners = [{groups.get(s.name, s.name) for s in side} for side in (chosen, left_out)]
        assert not owners[0] & owners[1]
        assert len(owners[1]) == max(1, round(share * 4))
        assert split(list(reversed(sources)), (), groups, hold_out=share)[1] == left_out[::-1]


def test_groups_that_make_no_sense_are_refused(folder: Path, tmp_path: Path) -> None:
    sources = sources_in([str(folder)], None, 3)
    for text, words in (
        ("[1]", "wants"),
        ("[[", "cannot be read"),
        ('[["a"], ["a"]]', "a stands in two groups"),
    ):
        (tmp_path / "groups.json").write_text(text)
        with pytest.raises(DataError, match=words):
            read_groups(tmp_path / "groups.json")
    with pytest.raises(DataError, match=r"no picture is called 77\.png"):
        split(sources, (), {"77.png": "x"})
    with pytest.raises(DataError, match=r"data\.leave_out_groups: no group is called y"):
        split(sources, (), {"1.png": "x"}, ["y"])


@pytest.mark.shared
def test_the_dirty_documents_split_by_page(shared: Path) -> None:
    home = shared / "documents" / "dirty_docs"
    found = pair_sources(
        str(home), None, None, None, channels_in=1, channels_out=1, level={}, pool=0
    )
    groups = read_groups(home / "groups_same_clean_page.json")
    chosen, left_out = split(found, (), groups, hold_out=6 / 36)
    assert (len(chosen), len(left_out)) == (120, 24)
    pages = [{s.read().tobytes() for s in side} for side in (chosen, left_out)]
    assert (len(pages[0]), len(pages[1]), len(pages[0] & pages[1])) == (30, 6, 0)


RECIPE = """
name: small
arch: {use: LevelPlane, args: {base: {use: ResUNet, args: {widths: [4, 8], blocks: 1}}}}
dials: [{name: noise, low: 0, high: 75, default: 25, unit: sigma}]
degradations: [{use: Noise, train: [0.5, 85]}, {use: JPEG, name: hidden}]
data: {folders: [CLEAN], pairs: [{folder: PAIRS, level: {noise: 10}}], leave_out: [0.png],
       crop: 16, batch: 2}
schedule: {steps: 2}
precision: fp32
threads: 1
"""


@pytest.fixture
def loaded(folder: Path, tmp_path: Path) -> Callable[..., Recipe]:
    paired(tmp_path / "pairs")
    (tmp_path / "small.yaml").write_text(
        RECIPE.replace("CLEAN", str(folder)).replace("PAIRS", str(tmp_path / "pairs"))
    )
    return lambda *changes: load(tmp_path / "small.yaml", changes)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("data.pairs.0.wieght=2", ["data.pairs.0.wieght", "'weight'"]),
        ("data.pairs.0.folder=/no/such", ["data.pairs.0.folder", "/no/such", "not a folder"]),
        ("data.pairs.0.spoiled=/tmp", ["data.pairs.0", "either `folder`", "`clean`"]),
        ("data.pairs.0.names='{name}.png'", ["data.pairs.0.names", "a comma"]),
        ("data.pairs.0.level={}", ["data.pairs.0.level", "noise"]),
        ("data.pairs.0.level.noise=90", ["data.pairs.0.level.noise", "0 to 75"]),
        ("data.pairs.0.level.fog=1", ["data.pairs.0.level.fog", "noise, hidden"]),
        ("data.pairs.0.weight=0", ["data.pairs.0.weight", "out of range"]),
        ("data={pairs: []}", ["data", "folders", "pack", "pairs"]),
        ("data.cut=randm", ["data.cut", "'random'", "whole"]),
        ("data.scales=[2, 1]", ["data.scales", "no range"]),
        (
            "data={folders: [/tmp], cut: grid, prefer_ink: 0.5}",
            ["data.prefer_ink", "random or hybrid", "grid"],
        ),
        ("data.groups=none.json", ["data.groups", "no such file"]),
        ("data.leave_out_groups=[a]", ["data.leave_out_groups", "groups"]),
        ("degradations.0.share=1.5", ["degradations.0.share", "0 to 1"]),
        (
            "degradations.0={use: Noise, args: {clip: 1}, share: 0.5}",
            ["degradations.0.share", "noise", "told"],
        ),
        ("degradations.1={use: Noise}", ["degradations.1", "noise", "`name`"]),
        ("degradations.0.args.clp=1", ["degradations.0", "clp", "'clip'"]),
        ("dials.0.name=hiden", ["dials", "hiden", "noise, hidden"]),
        ("validation.degradations=[JPEG]", ["validation.degradations", "noise"]),
        ("loss.level_weight={dial: fog}", ["loss.level_weight.dial", "fog"]),
    ],
)
def test_wrong_data_in_a_recipe_is_refused_in_one_sentence(
    loaded: Callable[..., Recipe], change: str, words: list[str]
) -> None:
    with pytest.raises(RecipeError) as caught:
        loaded(change)
    assert "\n" not in str(caught.value)
    assert all(word in str(caught.value) for word in words), str(caught.value)


@pytest.mark.parametrize(
    ("contract", "words"),
    [
        (Contract(channels_in=4), "takes 4 channels; pictures and pairs to train on have 1 or 3"),
        (
            Contract(scale=2),
            "degradations: they make pictures 1 times smaller, and .* 2 times larger; .*Downscale",
        ),
        (Contract(multiple=5), "data.crop: 16 is not a multiple of 5"),
    ],
)
def test_a_network_that_does_not_fit_the_data_is_refused(
    loaded: Callable[..., Recipe], contract: Contract, words: str
) -> None:
    with pytest.raises(RecipeError, match=words):
        check_contract(resolve(loaded())[0], contract)


def test_a_recipe_of_pictures_and_pairs_with_a_hidden_dial_trains_and_validates(
    loaded: Callable[..., Recipe], tmp_path: Path
) -> None:
    from burnish.training.loop.train import train
    from burnish.training.networks.restorer import Restorer

    recipe = loaded("validation.levels={hidden: [20, 60]}", "loss.level_weight={dial: hidden}")
    figures = Restorer.load(train(recipe, tmp_path / "out")).card["validation"]
    psnr = {name: list(row) for name, row in figures.items() if "PSNR" in name}
    assert psnr == {
        "float, PSNR[RGB, 8-bit, crop 0, mean of 1]": ["noise 25 hidden 20", "noise 25 hidden 60"],
        "pairs, PSNR[RGB, 8-bit, crop 0, mean of 1]": ["noise 10"],
    }


#: white noise or that of saved pictures, then perhaps JPEG; one dial, measured, for both kinds
MEASURED = (
    "degradations=[{use: Noise, name: white, train: [0.5, 85], share: 0.5}, "
    "{use: PictureNoise, name: saved, train: [1, 20], unless: white}, "
    "{use: JPEG, name: hidden, unless: white}]",
    "measured=[{name: noise, of: [white, saved]}]",
    "data.pairs=[]",
    "data.batch=16",
    "validation.degradations=[Noise]",
)


def test_a_level_is_measured_on_each_crop_whatever_made_the_noise(
    loaded: Callable[..., Recipe],
) -> None:
    """The told level is the RMS of what was added before compression; a crop has one kind of it."""
    recipe = loaded(*MEASURED)
    contract = Contract(dials=recipe.dials, level="pixel")
    (stage,) = resolve(recipe)
    crops, _ = feed(stage, contract, lambda text: None)
    plain = replace(crops, damage=crops.damage[:2])  # as it was before JPEG
    for epoch in range(3):
        batch, before = crops[epoch, 0], plain[epoch, 0]
        change = (before.spoiled - before.clean).square().mean((1, 2, 3)).sqrt() * 255
        torch.testing.assert_close(batch.level.flatten(), change, rtol=1e-5, atol=1e-5)
        compressed = (batch.spoiled != before.spoiled).flatten(1).any(1)
        white, saved = replace(crops, dials=("white", "saved"))[epoch, 0].level.flatten(1).T
        assert torch.equal(white > 0, saved == 0)
        assert torch.equal(white > 0, ~compressed)
    wrong = replace(crops.measured[0], misread=Misread(0.5, 0.5, 2.0, anything=0.1))
    misread = replace(crops, measured=(wrong,))
    assert torch.equal(misread[0, 0].spoiled, crops[0, 0].spoiled)
    levels = torch.stack([misread[i, 0].level - crops[i, 0].level for i in range(3)])
    assert 0.3 < float((levels != 0).float().mean()) < 0.8
    more = replace(crops.measured[0], misread=Misread(0.0, anything=1.0))
    true = crops[0, 0].level.clamp(max=more.dial.high)
    told = replace(crops, measured=(more,))[0, 0].level
    assert (told >= true).all()
    assert (told > true + 1).any()
    shares = [crops[0, 0, rank, 2] for rank in range(2)]
    assert torch.equal(torch.cat([share.level for share in shares]), crops[0, 0].level)


def test_what_cannot_be_measured_is_refused(loaded: Callable[..., Recipe]) -> None:
    for change, words in {
        "measured=[{name: noise, of: [white, fog]}]": "measured.0.of: no degradation has .* 'fog'",
        "measured=[{name: noise, of: []}]": "measured.0.of: name the dial",
        "measured=[{name: white, of: [saved]}]": "measured.0.name: 'white' must be one of `dials`",
        "degradations.0.unless=saved": "degradations.0.unless: no earlier .* 'saved'",
    }.items():
        with pytest.raises(RecipeError, match=words):
            loaded(*MEASURED, change)
    recipe = loaded(*MEASURED)
    with pytest.raises(RecipeError, match="measured: .* a level for each picture"):
        check_contract(resolve(recipe)[0], Contract(dials=recipe.dials, level="batch"))


def test_a_recipe_of_pairs_alone_needs_no_degradations(loaded: Callable[..., Recipe]) -> None:
    recipe = loaded("degradations=[]", "data.folders=[]")
    (stage,) = resolve(recipe)
    crops, held = feed(stage, Contract(dials=recipe.dials, level="image"), lambda text: None)
    assert (crops[0, 0].level.flatten().tolist(), len(crops.pictures), len(held or ())) == (
        [10.0, 10.0],
        5,
        1,
    )


RAW = (
    (
        "arch={use: LevelPlane, args: {channels: 4, full: 12800, base: {use: ResUNet, args: "
        "{widths: [4, 8], blocks: 1}}}}"
    ),
    "dials=[{name: raw_iso, low: 0, high: 12800, default: 1600, unit: ISO}]",
    "degradations=[{use: RawNoise, train: [100, 12800]}]",
    "data.pairs=[]",
    "data.raw=true",
)


def test_clean_pictures_become_noisy_raw_planes(
    loaded: Callable[..., Recipe], tmp_path: Path
) -> None:
    """Taken back to raw with the metadata of the crop's own generator; the noise is that of the
    sensor at the level that the network is told.
    """
    from burnish.degrade.raw import draw_metadata, unprocess
    from burnish.degrade.sensor import shot_and_read, variance
    from burnish.training.loop.train import train
    from burnish.training.networks.restorer import Restorer

    recipe = loaded(
        *RAW,
        "data.crop=32",
        "degradations.0.args.spread=0",
        "data.flips=false",
        "data.rotations=false",
    )
    contract = Contract(channels_in=4, channels_out=4, dials=recipe.dials, level="pixel")
    (stage,) = resolve(recipe)
    crops, held = feed(stage, contract, lambda text: None)
    batch = crops[0, 0]
    assert (batch.spoiled.shape, batch.clean.shape, len(held or ())) == (
        (2, 4, 16, 16),
        (2, 4, 16, 16),
        1,
    )
    rng = crops._generator(0, 0, 0)
    picture = crops._chosen(0, 0)[0][0]
    window = crops._window(picture, 0, crops.pictures[picture], rng)
    pixels = crops.pictures[picture][0][
        None, :, 2 * window.top : 2 * window.top + 32, 2 * window.left : 2 * window.left + 32
    ].astype(np.float32) / np.float32(255)
    assert np.allclose(unprocess(pixels, [draw_metadata(rng)])[0], batch.clean[0], atol=1e-6)
    many = [replace(crops, batch=16)[epoch, 0] for epoch in range(4)]
    noise = [
        (
            (b.spoiled - b.clean).numpy()
            / np.sqrt(variance(b.clean.numpy(), *shot_and_read(b.level.numpy())))
        ).std()
        for b in many
    ]
    assert noise == pytest.approx([1] * 4, abs=0.03)
    restorer = Restorer.load(train(loaded(*RAW), tmp_path / "out"))
    assert restorer.contract.channels_in == 4
    assert any("PSNR" in name for name in restorer.card["validation"])
    with pytest.raises(RecipeError, match=r"takes 3 channels; raw planes \(data\.raw\) are 4"):
        check_contract(stage, Contract())
    with pytest.raises(
        RecipeError, match=r"data\.raw: goes with clean colour pictures alone; leave out data\.grey"
    ):
        loaded(*RAW, "data.grey=0.5")


def test_raw_planes_go_on_to_tones_in_which_noise_is_white(loaded: Callable[..., Recipe]) -> None:
    """0 is black and 1 is full all the same; dark tones are spread, and Noise is added to them."""
    white = (
        "dials=[{name: noise, low: 0, high: 75, default: 5, unit: sigma}]",
        "degradations=[{use: Noise, train: [5, 6]}]",
        "data.crop=32",
    )
    (light,), (tones,) = (
        resolve(loaded(*RAW, *white, *more)) for more in ((), ("data.tones=true",))
    )
    contract = Contract(channels_in=4, channels_out=4, dials=light.dials, level="pixel")
    of_light, of_tones = (feed(one, contract, lambda text: None)[0][0, 0] for one in (light, tones))
    assert of_light.clean.shape == of_tones.clean.shape
    assert 0 <= float(of_tones.clean.min()) <= float(of_tones.clean.max()) <= 1
    inside = (of_light.clean > 0.01) & (of_light.clean < 0.9)
    assert (of_tones.clean > of_light.clean)[inside].all()
    deviation = 255 * (of_tones.spoiled - of_tones.clean).std((1, 2, 3))
    np.testing.assert_allclose(deviation, of_tones.level.flatten(), rtol=0.1)
    with pytest.raises(RecipeError, match=r"data\.tones: are those of a sensor's planes; set data"):
        loaded("data.tones=true")


def test_where_pairs_lie_may_change_and_what_they_are_told_may_not(
    loaded: Callable[..., Recipe], tmp_path: Path
) -> None:
    (tmp_path / "pairs").rename(tmp_path / "moved")
    (tmp_path / "pairs").mkdir()
    assert fixed(loaded(f"data.pairs.0.folder={tmp_path / 'moved'}")) == fixed(loaded())
    assert fixed(loaded("data.pairs.0.level.noise=11")) != fixed(loaded())
    assert fixed(loaded("data.pairs.0.weight=2")) != fixed(loaded())


def test_a_network_is_told_wrong_levels_now_and_then_and_the_damage_stays_what_it_was(
    folder: Path,
) -> None:
    plain = Crops(
        opened(folder),
        (Damaging(Degradation(DIAL, noise().spoil, neutral=0.0)),),
        Cut(32),
        batch=8,
        seed=1,
    )
    misread = Misread(0.5, 0.5, 2.0)
    crops = replace(plain, damage=(replace(plain.damage[0], misread=misread),))
    batches = [(plain[i, 0], crops[i, 0]) for i in range(40)]
    assert all(torch.equal(a.spoiled, b.spoiled) for a, b in batches)
    ratios = np.concatenate([(b.level / a.level).flatten().numpy() for a, b in batches])
    wrong = ratios[ratios != 1]
    assert 0.4 < len(wrong) / len(ratios) < 0.6
    assert 0.5 <= wrong.min() < 0.6
    assert 1.5 < wrong.max() <= 2.001
    assert max(float(b.level.max()) for _, b in batches) <= DIAL.high
    together = replace(crops, one_level=True)
    assert {tuple(together[i, 0].level.shape) for i in range(3)} == {(1, 1, 1, 1)}
    quality = Degradation(Dial("quality", 10, 95, 40, "JPEG quality"), noise().spoil, neutral=100.0)
    told = Misread(1.0, 2.0, 2.0)(
        np.array([80.0, 30.0], np.float32), quality.dial, np.random.default_rng(0), 100.0
    )
    np.testing.assert_allclose(
        told, [60, 10]
    )  # twice as far from no damage, and not beyond the range
