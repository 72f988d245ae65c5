"""Metrics against closed forms and an independent implementation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from conftest import scene
from skimage.metrics import structural_similarity

from burnish.errors import UsageError
from burnish.metrics import METRICS, psnr, ssim


def noisy(clean: np.ndarray, sigma: float, rng: np.random.Generator) -> np.ndarray:
    return (clean + rng.normal(0, sigma / 255, clean.shape)).astype(np.float32)


def reference_ssim(restored: np.ndarray, clean: np.ndarray) -> float:
    a, b = (np.rint(np.clip(x[0], 0, 1).astype(np.float64) * 255).transpose(1, 2, 0) for x in (restored, clean))
    kind: dict[str, Any] = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "win_size": 11}
    return float(structural_similarity(a, b, channel_axis=2, data_range=255, **kind))  # type: ignore[no-untyped-call]


def test_psnr_of_a_known_difference() -> None:
    clean = np.full((1, 3, 20, 20), 100 / 255, np.float32)
    assert psnr(clean + np.float32(5 / 255), clean) == pytest.approx(10 * math.log10(255**2 / 25), abs=1e-9)
    assert psnr(clean, clean) == math.inf


def test_psnr_clips_and_rounds_both_pictures_first() -> None:
    clean = np.full((3, 8, 8), 250 / 255, np.float32)
    assert psnr(clean + np.float32(0.4 / 255), clean) == math.inf
    assert psnr(clean + 1, clean) == pytest.approx(10 * math.log10(255**2 / 25), abs=1e-9)


def test_crop_leaves_the_border_out() -> None:
    clean = np.full((1, 1, 30, 40), 0.5, np.float32)
    spoiled = clean.copy()
    spoiled[..., :4, :] = 0
    assert psnr(spoiled, clean) < 20
    assert psnr(spoiled, clean, 3) < 30
    assert psnr(spoiled, clean, 4) == math.inf
    with pytest.raises(UsageError, match="crop of 15"):
        psnr(spoiled, clean, 15)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("sigma", [2, 25, 90])
def test_ssim_equals_the_independent_one(channels: int, sigma: float, rng: np.random.Generator) -> None:
    clean = scene(61, 84, channels)
    restored = noisy(clean, sigma, rng)
    assert ssim(restored, clean) == pytest.approx(reference_ssim(restored, clean), abs=1e-6)


def test_ssim_with_a_crop_is_that_of_the_cropped_pictures(rng: np.random.Generator) -> None:
    clean = scene(40, 50)
    restored = noisy(clean, 20, rng)
    assert ssim(restored, clean, 7) == pytest.approx(ssim(restored[..., 7:-7, 7:-7], clean[..., 7:-7, 7:-7]), abs=1e-12)


def test_ssim_of_equal_pictures_is_one_and_small_ones_are_refused() -> None:
    assert ssim(scene(11, 11), scene(11, 11)) == pytest.approx(1, abs=1e-12)
    with pytest.raises(UsageError, match="11x11"):
        ssim(scene(11, 10), scene(11, 10))


def test_a_picture_that_is_not_finite_gets_no_figure() -> None:
    clean = scene(16, 16)
    broken = clean.copy()
    broken[0, 1, 8, 8] = np.nan
    assert math.isnan(psnr(broken, clean))
    assert math.isnan(ssim(broken, clean))


def test_shapes_must_agree() -> None:
    for metric in METRICS.values():
        with pytest.raises(UsageError, match="one shape"):
            metric.function(scene(16, 16), scene(16, 17), 0)
        with pytest.raises(UsageError, match="one shape"):
            metric.function(np.zeros((2, 3, 16, 16), np.float32), np.zeros((2, 3, 16, 16), np.float32), 0)


def test_every_metric_says_its_definition() -> None:
    assert METRICS["psnr"].stamp(3, 0, 68) == "PSNR[RGB, 8-bit, crop 0, mean of 68]"
    assert METRICS["psnr"].stamp(1, 4) == "PSNR[grey, 8-bit, crop 4]"
    assert METRICS["ssim"].stamp(3) == "SSIM[RGB, 8-bit, 11x11 Gaussian 1.5, valid, crop 0]"
    assert METRICS["psnr"].stamp(None, 0, 2) == "PSNR[RGB and grey, 8-bit, crop 0, mean of 2]"
    assert all(name == metric.name for name, metric in METRICS.items())
