"""Metrics against closed forms and independent implementations: scikit-image and SciPy as the tests
run, others by constants that name where they came from.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import scene
from scipy import ndimage
from skimage.color import rgb2ycbcr
from skimage.metrics import mean_squared_error, peak_signal_noise_ratio, structural_similarity
from skimage.morphology import skeletonize

from burnish.errors import MissingExtra, UsageError
from burnish.metrics import DEFAULT, METRICS, psnr, ssim
from burnish.metrics.mosaic import score


def noisy(clean: np.ndarray, sigma: float, rng: np.random.Generator) -> np.ndarray:
    return (clean + rng.normal(0, sigma / 255, clean.shape)).astype(np.float32)


def reference_ssim(restored: np.ndarray, clean: np.ndarray) -> float:
    a, b = (
        np.rint(np.clip(x[0], 0, 1).astype(np.float64) * 255).transpose(1, 2, 0)
        for x in (restored, clean)
    )
    kind: dict[str, Any] = {
        "gaussian_weights": True,
        "sigma": 1.5,
        "use_sample_covariance": False,
        "win_size": 11,
    }
    return float(structural_similarity(a, b, channel_axis=2, data_range=255, **kind))


def test_psnr_of_a_known_difference() -> None:
    clean = np.full((1, 3, 20, 20), 100 / 255, np.float32)
    assert psnr(clean + np.float32(5 / 255), clean) == pytest.approx(
        10 * math.log10(255**2 / 25), abs=1e-9
    )
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
def test_ssim_equals_the_independent_one(
    channels: int, sigma: float, rng: np.random.Generator
) -> None:
    clean = scene(61, 84, channels)
    restored = noisy(clean, sigma, rng)
    assert ssim(restored, clean) == pytest.approx(reference_ssim(restored, clean), abs=1e-6)


def test_ssim_with_a_crop_is_that_of_the_cropped_pictures(rng: np.random.Generator) -> None:
    clean = scene(40, 50)
    restored = noisy(clean, 20, rng)
    assert ssim(restored, clean, 7) == pytest.approx(
        ssim(restored[..., 7:-7, 7:-7], clean[..., 7:-7, 7:-7]), abs=1e-12
    )


def test_ssim_of_equal_pictures_is_one_and_small_ones_are_refused() -> None:
    assert ssim(scene(11, 11), scene(11, 11)) == pytest.approx(1, abs=1e-12)
    with pytest.raises(UsageError, match="11x11"):
        ssim(scene(11, 10), scene(11, 10))


def figure(name: str, restored: np.ndarray, clean: np.ndarray, crop: int = 0) -> float:
    return METRICS[name].function(restored, clean, crop)


def rounded(picture: np.ndarray) -> np.ndarray:
    """[1, C, H, W] in 0..1 -> [C, H, W] in 0..255"""
    result: np.ndarray = np.rint(np.clip(picture[0], 0, 1) * np.float32(255)).astype(np.float64)
    return result


def test_rmse_is_clipped_and_not_rounded(rng: np.random.Generator) -> None:
    clean = scene(40, 50)
    restored = noisy(clean, 0.2, rng)
    expected = math.sqrt(
        mean_squared_error(np.clip(restored, 0, 1).astype(np.float64), clean.astype(np.float64))
    )
    assert 0 < figure("rmse", restored, clean) == pytest.approx(expected, rel=1e-12)
    plain = np.full((1, 8, 8), 100 / 255, np.float32)
    assert figure("rmse", plain + np.float32(0.1 / 255), plain) == pytest.approx(
        0.1 / 255, rel=1e-4
    )
    assert psnr(plain + np.float32(0.1 / 255), plain) == math.inf
    assert figure("rmse", clean + 2, clean) == pytest.approx(figure("rmse", clean + 1, clean))


def scaled_similarity(a: np.ndarray, b: np.ndarray) -> float:
    """MS-SSIM of two planes in 0..255 as the paper has it, with SciPy's filters."""

    def local(x: np.ndarray) -> np.ndarray:
        result: np.ndarray = ndimage.gaussian_filter(x, 1.5, truncate=3.4)[
            5:-5, 5:-5
        ]  # 3.4 * 1.5 rounds to 5: a window of 11
        return result

    product = 1.0
    for scale, power in enumerate((0.0448, 0.2856, 0.3001, 0.2363, 0.1333)):
        if scale:
            a, b = (
                ndimage.uniform_filter(x, 2, origin=-1)[
                    : len(x) // 2 * 2 : 2, : x.shape[1] // 2 * 2 : 2
                ]
                for x in (a, b)
            )
        mean_a, mean_b = local(a), local(b)
        structure = (2 * (local(a * b) - mean_a * mean_b) + 58.5225) / (
            local(a * a) - mean_a**2 + local(b * b) - mean_b**2 + 58.5225
        )
        luminance = (2 * mean_a * mean_b + 6.5025) / (mean_a**2 + mean_b**2 + 6.5025)
        product *= float(np.mean(structure if scale < 4 else structure * luminance)) ** power
    return product


def test_ms_ssim_equals_the_independent_ones() -> None:
    clean = scene(200, 232, 1)
    restored = noisy(clean, 12, np.random.default_rng(11))
    # torchmetrics 1.9.0, multiscale_structural_similarity_index_measure on these two, 8-bit,
    # data_range 255: 0.9724721. At the coarsest scale alone it also averages over mirrored borders.
    # sewar 0.4.10 has 0.9694591: its halved pictures are every other pixel of a mean that reaches
    # back by one.
    assert figure("ms-ssim", restored, clean) == pytest.approx(0.9724721431933918, abs=1e-5)
    for channels in (1, 3):
        clean = scene(187, 203, channels)
        restored = noisy(clean, 25, np.random.default_rng(11))
        expected = [
            scaled_similarity(a, b) for a, b in zip(rounded(restored), rounded(clean), strict=True)
        ]
        assert figure("ms-ssim", restored, clean) == pytest.approx(np.mean(expected), abs=1e-9)


def test_ms_ssim_wants_room_for_five_scales() -> None:
    assert figure("ms-ssim", scene(176, 176), scene(176, 176)) == pytest.approx(1, abs=1e-12)
    assert figure("ms-ssim", 1 - scene(176, 176), scene(176, 176)) == 0
    with pytest.raises(UsageError, match="176x176"):
        figure("ms-ssim", scene(176, 175), scene(176, 175))


def blocky(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """A grey picture whose 8x8 blocks each have another brightness, and the clean one."""
    clean, steps = (
        scene(height, width, 1),
        np.random.default_rng(11).normal(0, 6 / 255, (-(-height // 8), -(-width // 8))),
    )
    return (clean + np.kron(steps, np.ones((8, 8)))[:height, :width]).astype(np.float32), clean


def psnr_b_by_hand(
    restored: np.ndarray,
    clean: np.ndarray,
    crop: int = 0,
    *,
    counts: tuple[float, float] | None = None,
) -> float:
    """The paper's sums, pixel pair by pixel pair, on planes in 0..255. counts: of the pairs across
    boundaries and of the others, in place of the true ones.
    """
    height, width = restored.shape
    sums, pairs = [0.0, 0.0], [0, 0]
    for y in range(crop, height - crop):
        for x in range(crop, width - crop):
            for (v, u), place in (((y, x + 1), x), ((y + 1, x), y)):
                if v < height - crop and u < width - crop:
                    elsewhere = int(place % 8 != 7)
                    sums[elsewhere] += (restored[y, x] - restored[v, u]) ** 2
                    pairs[elsewhere] += 1
    across, others = (total / count for total, count in zip(sums, counts or pairs, strict=True))
    effect = math.log2(8) / math.log2(min(height, width) - 2 * crop) * max(across - others, 0)
    inside = slice(crop, height - crop), slice(crop, width - crop)
    return 10 * math.log10(255**2 / (np.mean((restored - clean)[inside] ** 2) + effect))


@pytest.mark.parametrize(
    ("size", "crop"), [((96, 120), 0), ((93, 117), 0), ((93, 117), 5), ((30, 25), 8)]
)
def test_psnr_b_is_the_papers(size: tuple[int, int], crop: int) -> None:
    restored, clean = blocky(*size)
    assert figure("psnr-b", restored, clean, crop) == pytest.approx(
        psnr_b_by_hand(rounded(restored)[0], rounded(clean)[0], crop), abs=1e-9
    )
    assert figure("psnr-b", restored, clean, crop) < psnr(restored, clean, crop) - 1


def test_psnr_b_of_others_counts_other_pairs() -> None:
    """torchmetrics 1.9.0 (data_range 255) and sewar 0.4.10 (psnrb, MAX 255) both give 21.5382202:
    they divide by H (W / 8) - 1, the paper by H (W / 8 - 1).
    """
    restored, clean = blocky(96, 120)
    across = (96 * 120 / 8 - 1) + (120 * 96 / 8 - 1)
    theirs = across, 96 * 119 + 120 * 95 - across
    assert psnr_b_by_hand(rounded(restored)[0], rounded(clean)[0], counts=theirs) == pytest.approx(
        21.538220176584947, abs=1e-9
    )
    assert figure("psnr-b", restored, clean) == pytest.approx(21.219223, abs=1e-6)


def test_psnr_b_is_the_psnr_of_the_brightness_where_there_are_no_blocks(
    rng: np.random.Generator,
) -> None:
    clean = scene(104, 128, 1)[..., 4:-4, 4:-4]  # its edges lie within blocks
    steps = np.kron(rng.normal(0, 6 / 255, (12, 15)), np.ones((8, 8))).astype(np.float32)
    assert figure("psnr-b", clean, clean + steps) == psnr(
        clean, clean + steps
    )  # the clean picture's blocks count nothing
    colour = scene(40, 56)
    spoiled = noisy(colour, 20, rng)
    a, b = (np.tensordot([0.299, 0.587, 0.114], rounded(x), 1) for x in (spoiled, colour))
    assert figure("psnr-b", spoiled, colour) == pytest.approx(psnr_b_by_hand(a, b), abs=1e-9)
    with pytest.raises(UsageError, match="9x9"):
        figure("psnr-b", scene(8, 20), scene(8, 20))
    with pytest.raises(UsageError, match="not 4 planes"):
        figure("psnr-b", scene(20, 20, 4), scene(20, 20, 4))


def sensor(planes: np.ndarray) -> np.ndarray:
    """Raw planes [1, 4, H, W] as the contest's file: a mosaic [2H, 2W] of 14 bits."""
    mosaic = np.empty((2 * planes.shape[2], 2 * planes.shape[3]))
    mosaic[0::2, 0::2], mosaic[0::2, 1::2], mosaic[1::2, 0::2], mosaic[1::2, 1::2] = planes[
        0
    ].astype(np.float64)
    return np.floor(np.clip(mosaic, 0, 1) * 15359 + 1024 + 0.5).astype(np.uint16)


def test_the_contests_figures_are_those_of_scikit_image_on_the_mosaic(
    rng: np.random.Generator,
) -> None:
    clean = scene(30, 41, 4)
    restored = noisy(clean, 6, rng)
    a, b = sensor(restored), sensor(clean)
    # What multichannel=True has become.
    similarity = structural_similarity(a, b, channel_axis=1, data_range=16383)
    assert figure("ssim-columns", restored, clean) == pytest.approx(similarity, abs=1e-9)
    decibel = 10 * math.log10(16383**2 / mean_squared_error(a, b))
    assert figure("psnr-mosaic", restored, clean) == pytest.approx(decibel, abs=1e-9)
    assert figure("contest", restored, clean) == pytest.approx(
        100 * (0.8 * (decibel - 30) / 30 + 0.2 * (similarity - 0.8) / 0.2), abs=1e-6
    )
    half = np.full((1, 4, 8, 8), 0.5, np.float32)  # 8703.5 in the sensor's numbers
    assert figure("psnr-mosaic", half, half + np.float32(0.5 / 15359)) == math.inf


@pytest.mark.parametrize("channels", [1, 3])
def test_the_contests_figures_of_a_developed_picture_are_those_of_its_channels(
    channels: int, rng: np.random.Generator
) -> None:
    clean = scene(30, 41, channels)
    restored = noisy(clean, 6, rng)
    planes = zip(rounded(restored), rounded(clean), strict=True)
    expected = [structural_similarity(a, b, channel_axis=1, data_range=255) for a, b in planes]
    assert figure("ssim-columns", restored, clean) == pytest.approx(np.mean(expected), abs=1e-9)
    assert figure("psnr-mosaic", restored, clean) == pytest.approx(psnr(restored, clean), abs=1e-5)
    with pytest.raises(UsageError, match="7 rows"):
        figure("ssim-columns", scene(6, 20), scene(6, 20))


def test_the_score_is_that_of_a_contestants_log() -> None:
    """A run's log of 2022: PSNR 37.683, SSIM 0.902 (0.90191 before rounding), score 30.679."""
    assert score(37.683, 0.902) == pytest.approx(30.688, abs=5e-4)
    assert score(37.683, 0.90191) == pytest.approx(30.679, abs=5e-4)
    assert score(60, 1) == pytest.approx(100)
    assert score(20, 0.5) == 0


def page(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """A page of strokes with 3 % of its pixels turned round, and the clean one. [1, 1, H, W]"""
    y, x = np.mgrid[:height, :width]
    ink = ((x + y) % 40 < 4) | (abs(y - 30 - 8 * np.sin(x / 9)) < 2.5) | (x > width - 3)
    turned = np.random.default_rng(11).random((height, width)) < 0.03
    spoiled, clean = (
        np.where(mask, 0, 1).astype(np.float32)[None, None] for mask in (ink ^ turned, ink)
    )
    return spoiled, clean


@pytest.mark.parametrize(
    ("size", "f_measure", "distortion"),
    [
        ((96, 120), 91.50491555331483, 3.04113790625),
        ((93, 117), 91.49560117302053, 3.564397911392405),
    ],  # doxapy 0.9.2, calculate_performance: fm, drdm
)
def test_documents_are_measured_as_doxa_does(
    size: tuple[int, int], f_measure: float, distortion: float
) -> None:
    restored, clean = page(*size)
    assert figure("f-measure", restored, clean) == pytest.approx(f_measure, abs=1e-9)
    assert figure("drd", restored, clean) == pytest.approx(
        distortion, abs=1e-6
    )  # doxa's weights are whole millionths
    assert figure(
        "f-measure", np.repeat(restored, 3, 1) * 0.8 + 0.1, np.repeat(clean, 3, 1)
    ) == pytest.approx(f_measure, abs=1e-9)


def test_pseudo_f_measure_asks_for_the_skeleton() -> None:
    restored, clean = page(90, 110)
    result, truth = restored[0, 0] < 0.5, clean[0, 0] < 0.5
    precision, recall = truth[result].mean(), result[skeletonize(truth)].mean()
    assert figure("pseudo-f-measure", restored, clean) == pytest.approx(
        200 * precision * recall / (precision + recall), abs=1e-9
    )
    bar, line = np.ones((1, 1, 30, 60), np.float32), np.ones((1, 1, 30, 60), np.float32)
    bar[..., 10:15, 8:50] = 0
    line[..., 12, 8:50] = 0
    assert figure("pseudo-f-measure", line, bar) == pytest.approx(
        100, abs=3
    )  # but for the fork at an end
    assert figure("f-measure", line, bar) == pytest.approx(100 * 2 / 6)
    assert figure(
        "pseudo-f-measure", np.where(np.arange(60) < 29, line, 1).astype(np.float32), bar
    ) == pytest.approx(100 * 2 / 3, abs=2)  # half of it


def test_pseudo_f_measure_of_lines_a_pixel_wide_is_what_doxa_calls_f_measure() -> None:
    """Such lines are their own skeleton by any way of thinning, so here another implementation's
    F-measure is a golden number.
    """
    clean = np.ones((1, 1, 64, 80), np.float32)
    for row in (8, 20, 32, 44):
        clean[..., row, 6:70] = 0
    for column in (10, 30, 50):
        clean[..., 50:60, column] = 0
    restored = clean.copy()
    restored[..., 8, 20:40] = 1  # lost
    restored[..., 52:56, 30] = 1
    restored[..., 21, 6:30] = 0  # twice as wide
    restored[..., 40:42, 72:76] = 0  # dirt
    assert figure("pseudo-f-measure", restored, clean) == pytest.approx(
        90.34482758620689, abs=1e-9
    )  # doxapy 0.9.2, calculate_performance: fm


def test_pages_without_ink() -> None:
    blank, written = np.ones((1, 1, 20, 20), np.float32), np.ones((1, 1, 20, 20), np.float32)
    written[..., 8:11, 3:17] = 0
    for name in ("f-measure", "pseudo-f-measure"):
        assert [
            figure(name, a, b)
            for a, b in ((blank, blank), (written, written), (blank, written), (written, blank))
        ] == [100, 100, 0, 0]
    assert figure("drd", blank, blank) == 0
    assert figure("drd", written, blank) == math.inf
    assert figure("drd", blank, written) > 0


def test_a_skeleton_without_scikit_image_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "skimage.morphology", None)
    with pytest.raises(MissingExtra, match=r"pip install 'burnish\[classical\]'"):
        figure("pseudo-f-measure", *page(30, 40))


def test_likeness_is_the_formula_by_hand(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="the training wing is not installed")
    from burnish.training.losses.likeness import LAYERS, likeness
    from burnish.training.parts.features import BACKBONES, FeatureExtractor

    torch.manual_seed(1)
    net = torch.nn.Sequential(*(layer for _, layer in BACKBONES["SqueezeNet"].layers()))
    torch.save({f"features.{name}": p for name, p in net.named_parameters()}, tmp_path / "net.pth")
    metric = likeness(file=str(tmp_path / "net.pth"))
    clean = scene(48, 64)
    spoiled = noisy(clean, 30, np.random.default_rng(11))
    features, total = (
        FeatureExtractor("SqueezeNet", LAYERS["SqueezeNet"], str(tmp_path / "net.pth")),
        0.0,
    )
    found, wanted = (
        features(torch.from_numpy((rounded(x) / 255).astype(np.float32)[None]))
        for x in (spoiled, clean)
    )
    for name in LAYERS["SqueezeNet"]:
        a, b = (x[name][0].numpy().astype(np.float64) for x in (found, wanted))
        lengths = [np.sqrt((x**2).sum(0)) + 1e-10 for x in (a, b)]
        total += ((a / lengths[0] - b / lengths[1]) ** 2).sum(0).mean()
    assert 0 < metric.function(spoiled, clean, 0) == pytest.approx(total, rel=1e-4)
    assert metric.function(clean, clean, 0) == 0
    assert metric.function(spoiled[..., 8:-8, 8:-8], clean[..., 8:-8, 8:-8], 0) == metric.function(
        spoiled, clean, 8
    )
    assert metric.stamp(3).startswith("likeness[RGB, 8-bit, SqueezeNet relu1 fire3 ")
    assert metric.better == "lower"
    with pytest.raises(ValueError, match="VGG19 are to be looked at has to be said"):
        likeness("VGG19")


@pytest.mark.parametrize("name", METRICS)
def test_a_picture_that_is_not_finite_gets_no_figure(name: str) -> None:
    clean = scene(176, 177)
    broken = clean.copy()
    broken[0, 1, 88, 88] = np.nan
    assert math.isnan(figure(name, broken, clean))
    assert math.isfinite(figure(name, clean * np.float32(0.9), clean))


@pytest.mark.parametrize("name", sorted(set(METRICS) - {"psnr-b"}))
def test_a_crop_measures_the_cropped_pictures(name: str, rng: np.random.Generator) -> None:
    clean = scene(190, 195)
    restored = noisy(clean, 20, rng)
    assert figure(name, restored, clean, 7) == pytest.approx(
        figure(name, restored[..., 7:-7, 7:-7], clean[..., 7:-7, 7:-7]), abs=1e-12
    )


@pytest.mark.parametrize("name", METRICS)
def test_more_noise_is_worse(name: str) -> None:
    clean, sigmas = (
        (page(180, 190)[1], (60, 120))
        if name in ("f-measure", "pseudo-f-measure", "drd")
        else (scene(180, 190, 1), (2, 5))
    )
    better, worse = (
        figure(name, noisy(clean, sigma, np.random.default_rng(11)), clean) for sigma in sigmas
    )
    assert (better > worse) == (METRICS[name].better == "higher")


def test_shapes_must_agree() -> None:
    for metric in METRICS.values():
        with pytest.raises(UsageError, match="one shape"):
            metric.function(scene(16, 16), scene(16, 17), 0)
        with pytest.raises(UsageError, match="one shape"):
            metric.function(
                np.zeros((2, 3, 16, 16), np.float32), np.zeros((2, 3, 16, 16), np.float32), 0
            )


def test_every_metric_says_its_definition() -> None:
    assert METRICS["psnr"].stamp(3, 0, 68) == "PSNR[RGB, 8-bit, crop 0, mean of 68]"
    assert METRICS["psnr"].stamp(1, 4) == "PSNR[grey, 8-bit, crop 4]"
    assert METRICS["ssim"].stamp(3) == "SSIM[RGB, 8-bit, 11x11 Gaussian 1.5, valid, crop 0]"
    assert METRICS["psnr"].stamp(None, 0, 2) == "PSNR[RGB and grey, 8-bit, crop 0, mean of 2]"
    assert (
        METRICS["rmse"].stamp(3, 0, 2) == "RMSE[RGB, 0..1, clipped, not rounded, crop 0, mean of 2]"
    )
    assert METRICS["psnr-mosaic"].stamp(4) == "PSNR[RGGB mosaic, 1024..16383 of 16383, crop 0]"
    assert (
        METRICS["ssim-columns"].stamp(3)
        == "SSIM-columns[RGB as three frames, 8-bit, 7 uniform along each column, valid, crop 0]"
    )
    assert all(
        name == metric.name and "crop 3, mean of 5]" in metric.stamp(1, 3, 5)
        for name, metric in METRICS.items()
    )
    assert list(METRICS)[:2] == [*DEFAULT] == ["psnr", "ssim"]
    assert {name for name, metric in METRICS.items() if metric.better == "lower"} == {"rmse", "drd"}


@pytest.mark.parametrize("crop", [0, 4])
def test_luma_as_super_resolution_has_it_agrees_with_scikit_image(crop: int) -> None:
    """skimage's rgb2ycbcr is MATLAB's matrix; PSNR and SSIM of its Y."""
    rng = np.random.default_rng(5)
    clean = scene(40, 52, 3)
    restored = noisy(clean, 12, rng)
    a, b = (
        np.rint(np.clip(x[0], 0, 1).astype(np.float64) * 255).transpose(1, 2, 0) / 255
        for x in (restored, clean)
    )
    y, z = (rgb2ycbcr(x)[crop : 40 - crop, crop : 52 - crop, 0] for x in (a, b))
    expected = peak_signal_noise_ratio(z, y, data_range=255)
    found = METRICS["psnr-y"].function(restored, clean, crop)
    assert found == pytest.approx(expected, abs=1e-4)
    kind: dict[str, Any] = {
        "gaussian_weights": True,
        "sigma": 1.5,
        "use_sample_covariance": False,
        "win_size": 11,
        "full": True,
    }
    _, whole = structural_similarity(z, y, data_range=255, **kind)
    assert METRICS["ssim-y"].function(restored, clean, crop) == pytest.approx(
        whole[5:-5, 5:-5].mean(), abs=1e-6
    )
    grey, other = clean[:, :1], restored[:, :1]
    assert METRICS["psnr-y"].function(other, grey, crop) == psnr(other, grey, crop)
