"""Training data: crops, spoiling, packs, and what is refused before the first step."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch", reason="the training wing is not installed")

from conftest import scene  # noqa: E402

from burnish.contract import Array, Dial  # noqa: E402
from burnish.degrade import Degradation  # noqa: E402
from burnish.degrade.noise import noise  # noqa: E402
from burnish.errors import DataError, UsageError  # noqa: E402
from burnish.training import data  # noqa: E402
from burnish.training.data import Batch, Crops, open_pictures, sources_in, split, stream  # noqa: E402
from burnish.training.pack import main, pack  # noqa: E402

NOISE = Degradation(Dial("noise", 0.5, 85, 25, "sigma"), noise(clip=0.5).spoil)


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


def opened(folder: Path, channels: int = 3) -> data.Pictures:
    return open_pictures(sources_in([str(folder)], None, channels), 16, lambda text: None)


@pytest.fixture
def crops(folder: Path) -> Crops:
    return Crops(opened(folder), (NOISE,), crop=16, batch=3, seed=1)


def same(a: Batch, b: Batch) -> bool:
    return all(torch.equal(x, y) for x, y in zip(a[:3], b[:3], strict=True))


def test_a_batch_has_the_promised_shapes_and_ranges(crops: Crops) -> None:
    batch = crops[0, 0]
    assert (batch.spoiled.shape, batch.clean.shape, batch.level.shape, batch.weight) == ((3, 3, 16, 16), (3, 3, 16, 16), (3, 1, 1, 1), None)
    assert {part.dtype for part in batch[:3]} == {torch.float32}
    assert batch.clean.min() >= 0
    assert batch.clean.max() <= 1
    assert torch.equal((batch.clean * 255).round(), batch.clean * 255)


def test_the_noise_is_that_of_the_level(folder: Path) -> None:
    crops = Crops(opened(folder), (Degradation(NOISE.dial, noise().spoil),), crop=32, batch=8, seed=1)
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
    crops = Crops(opened(folder), (NOISE,), crop=16, batch=2, seed=1)
    assert crops.epoch_length == 3
    orders = [np.concatenate([crops._chosen(epoch, i) for i in range(3)]) for epoch in range(2)]
    assert all(len(set(order)) == 6 for order in orders)
    assert list(orders[0]) != list(orders[1])


def test_a_batch_may_be_larger_than_the_folder(folder: Path) -> None:
    crops = Crops(opened(folder), (NOISE,), crop=16, batch=20, seed=1)
    assert crops.epoch_length == 1
    assert set(crops._chosen(0, 0)) == set(range(7))
    assert crops[4, 0].clean.shape[0] == 20


def test_levels_are_stratified_over_the_batch(folder: Path) -> None:
    level = Crops(opened(folder), (NOISE,), crop=16, batch=16, seed=1)[0, 0].level.flatten().numpy()
    share = np.sort((level - 0.5) / 84.5)
    assert ((share >= np.arange(16) / 16) & (share <= np.arange(1, 17) / 16)).all()


def test_one_level_for_a_batch_where_the_network_wants_it(crops: Crops) -> None:
    assert replace(crops, one_level=True)[0, 0].level.shape == (1, 1, 1, 1)


def test_flips_and_rotations_can_be_turned_off(folder: Path) -> None:
    pictures = opened(folder)
    plain = Crops(pictures, (NOISE,), crop=40, batch=7, seed=1, flips=False, rotations=False)
    for piece, index in zip(plain[0, 0].clean, plain._chosen(0, 0), strict=True):
        whole = torch.from_numpy(pictures[index].astype(np.float32) / 255)
        assert any(torch.equal(piece, whole[:, :, x : x + 40]) for x in range(11))
    turned = replace(plain, flips=True, rotations=True)[0, 0].clean
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


def test_a_grey_picture_serves_a_colour_network_and_the_other_way_round(folder: Path) -> None:
    assert {pixels.shape[0] for pixels in opened(folder, 3).cached or ()} == {3}
    assert {pixels.shape[0] for pixels in opened(folder, 1).cached or ()} == {1}


def test_pictures_that_do_not_fit_into_memory_are_read_at_every_access(folder: Path, crops: Crops, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "_free_memory", lambda: 20_000)
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
    with pytest.raises(DataError, match="names all of them"):
        open_pictures([], 16, lambda text: None)


def test_left_out_pictures_are_kept_apart_and_a_wrong_name_is_refused(folder: Path) -> None:
    sources = sources_in([str(folder)], None, 3)
    chosen, left_out = split(sources, ["2.png", "5.png"])
    assert [s.name for s in left_out] == ["2.png", "5.png"]
    assert [s.name for s in chosen] == ["0.png", "1.png", "3.png", "4.png", "6.png"]
    with pytest.raises(DataError, match=r"22\.png; did you mean 2\.png"):
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
        list(stream(replace(crops, degradations=(Degradation(NOISE.dial, die),)), 0, 4, workers=1))
    assert "\n" not in str(caught.value)


def test_a_picture_that_vanishes_while_training_ends_the_run_with_its_name(folder: Path, crops: Crops) -> None:
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
    assert [entry.done for entry in entries] == ["as it is"] * 3 + ["JPEG 4:4:4 at quality 90"] + ["as it is"] * 3
    packed = sources_in([], str(tmp_path / "a.pack"), 3)
    filed = sources_in([str(folder) for folder in photos], None, 3)
    assert [s.name for s in packed] == [s.name for s in filed]
    assert all(np.array_equal(a.read(), b.read()) for a, b in zip(packed, filed, strict=True) if a.name != "lossless.png")


def test_a_pack_stays_under_its_limit_says_what_was_done_and_is_deterministic(photos: list[Path], tmp_path: Path) -> None:
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


def test_a_damaged_pack_is_refused(photos: list[Path], tmp_path: Path) -> None:
    pack(photos, tmp_path / "a.pack", 10**7)
    whole = (tmp_path / "a.pack").read_bytes()
    for damaged in (whole[: len(whole) // 2], whole[:9000] + bytes(99) + whole[9099:], b""):
        (tmp_path / "b.pack").write_bytes(damaged)
        with pytest.raises(DataError, match=r"b\.pack: not a whole pack"):
            sources_in([], str(tmp_path / "b.pack"), 3)


def test_packing_is_a_command(photos: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*map(str, photos), "-o", str(tmp_path / "a.pack"), "--limit-mb", "9"]) == 0
    assert "7 pictures: 6 as they are" in capsys.readouterr().out
    assert main([str(tmp_path), "-o", str(tmp_path / "b.pack")]) == DataError.exit_status
    assert "no pictures there" in capsys.readouterr().err


@pytest.mark.shared
def test_the_real_training_pictures_all_decode(shared: Path) -> None:
    sources = sources_in([str(shared / "train" / "bsd")], None, 3)
    assert len(open_pictures(sources[:20], 96, lambda text: None)) == 20


def test_reading_data_needs_no_torchvision() -> None:
    code = "import sys; sys.modules['torchvision'] = None; import burnish.training.data, burnish.training.pack"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
