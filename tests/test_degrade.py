"""Degradations: what they do to a picture, and that they are pure functions of their generator."""

from __future__ import annotations

import importlib
import inspect
import pickle

import numpy as np
import pytest
from conftest import scene

from burnish.degrade import DEGRADATIONS, Degradation
from burnish.degrade.noise import clip_and_round, noise
from burnish.errors import UsageError


def batch_of(n: int, size: int = 48) -> np.ndarray:
    return np.repeat(scene(size, size), n, 0)


def levels(*values: float) -> np.ndarray:
    return np.asarray(values, np.float32).reshape(-1, 1, 1, 1)


def is_as_in_a_file(image: np.ndarray) -> bool:
    return bool((image >= 0).all() and (image <= 1).all() and (np.abs(image * 255 - np.rint(image * 255)) < 1e-4).all())


@pytest.mark.parametrize("name", DEGRADATIONS)
def test_every_listed_degradation_keeps_the_rules(name: str) -> None:
    module, _, attribute = DEGRADATIONS[name].partition(":")
    make = getattr(importlib.import_module(module), attribute)
    assert all(p.default is not p.empty for p in inspect.signature(make).parameters.values()), "a recipe may name it without arguments"
    degradation = make()
    assert isinstance(degradation, Degradation)
    clean = batch_of(2)
    kept = clean.copy()
    level = np.full((2, 1, 1, 1), degradation.dial.high, np.float32)
    spoiled = [pickle.loads(pickle.dumps(degradation)).spoil(clean, level, np.random.default_rng(3)) for _ in range(2)]
    np.testing.assert_array_equal(*spoiled)
    np.testing.assert_array_equal(clean, kept)
    assert spoiled[0].dtype == np.float32
    assert np.abs(spoiled[0] - clean).max() > 0.01


def test_noise_has_the_level_of_each_picture_and_is_white(rng: np.random.Generator) -> None:
    clean = batch_of(3, 96)
    residual = noise().spoil(clean, levels(5, 25, 75), rng) - clean
    np.testing.assert_allclose(residual.std((1, 2, 3)) * 255, [5, 25, 75], rtol=0.03)
    assert abs(residual.mean()) < 0.002
    a, b = residual[2, 0].ravel(), residual[2, 1].ravel()
    assert abs(np.corrcoef(a, b)[0, 1]) < 0.05
    assert abs(np.corrcoef(a[:-1], a[1:])[0, 1]) < 0.05


def test_level_zero_leaves_the_picture_as_it_is(rng: np.random.Generator) -> None:
    clean = batch_of(2)
    np.testing.assert_array_equal(noise().spoil(clean, levels(0, 0), rng), clean)


def test_a_map_gives_each_place_its_own_level(rng: np.random.Generator) -> None:
    clean = batch_of(1, 96)
    level = np.zeros((1, 1, 96, 96), np.float32)
    level[..., 48:] = 40
    residual = noise().spoil(clean, level, rng) - clean
    assert (residual[..., :48] == 0).all()
    assert residual[..., 48:].std() * 255 == pytest.approx(40, rel=0.03)


def test_a_share_of_the_pictures_is_clipped_and_rounded() -> None:
    clean = batch_of(64, 16)
    level = np.full((64, 1, 1, 1), 60, np.float32)
    spoiled = noise(clip=0.5).spoil(clean, level, np.random.default_rng(1))
    files = np.array([is_as_in_a_file(image) for image in spoiled])
    assert 20 <= files.sum() <= 44
    plain = noise().spoil(clean, level, np.random.default_rng(1))
    np.testing.assert_array_equal(spoiled[~files], plain[~files])
    np.testing.assert_array_equal(spoiled[files], clip_and_round(plain[files]))
    assert all(is_as_in_a_file(image) for image in noise(clip=1).spoil(clean, level, np.random.default_rng(1)))


def test_arguments_that_make_no_sense_are_refused() -> None:
    with pytest.raises(UsageError, match="clip=1.5"):
        noise(clip=1.5)
    with pytest.raises(UsageError, match="range"):
        noise(low=30, high=20)
