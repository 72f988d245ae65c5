"""Degradations: the rules that every listed one keeps, and each of the plain ones against a
reference that was made elsewhere.
"""

from __future__ import annotations

import importlib
import inspect
import io
import itertools
import pickle
import re
from pathlib import Path

import numpy as np
import pytest
from conftest import scene
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage, special
from skimage import data, util

from burnish.degrade import DEGRADATIONS, Degradation, kernels, make, picture_noise
from burnish.degrade.blur import _power, blur, defocus, motion_blur, sinc
from burnish.degrade.grain import film_grain
from burnish.degrade.impulse import salt_and_pepper
from burnish.degrade.jpeg import jpeg, through_jpeg, webp
from burnish.degrade.noise import clip_and_round, correlate, noise
from burnish.degrade.resize import downscale, shrink
from burnish.degrade.shot import poisson, shot_read
from burnish.errors import UsageError
from burnish.ground.resize import KERNELS, resize
from burnish.images import read

Array = NDArray[np.float32]


def batch_of(n: int, size: int = 48, channels: int = 3) -> Array:
    return np.repeat(scene(size, size, channels), n, 0)


def flat(*values: float, size: int = 128, channels: int = 3) -> Array:
    """One picture of each value, [B, C, size, size]"""
    return np.ones((1, channels, size, size), np.float32) * levels(*values)


def levels(*values: float) -> Array:
    return np.asarray(values, np.float32).reshape(-1, 1, 1, 1)


def seeded(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def is_as_in_a_file(image: Array) -> bool:
    return bool(
        (image >= 0).all()
        and (image <= 1).all()
        and (np.abs(image * 255 - np.rint(image * 255)) < 1e-4).all()
    )


#: damage that has a mask, which is 1 everywhere
ALL_OVER = ("Flicker", "OldPaper", "FadedInk")

every = pytest.mark.parametrize("name", DEGRADATIONS)


def at(degradation: Degradation, share: float, n: int) -> Array:
    """The level that far along the dial, for n pictures."""
    dial = degradation.dial
    return np.full((n, 1, 1, 1), dial.low + share * (dial.high - dial.low), np.float32)


@every
def test_a_recipe_may_name_it_without_arguments_and_send_it_to_workers(name: str) -> None:
    module, _, attribute = DEGRADATIONS[name].partition(":")
    function = getattr(importlib.import_module(module), attribute)
    parameters = inspect.signature(function).parameters.values()
    assert all(p.default is not p.empty or p.kind is p.VAR_KEYWORD for p in parameters)
    degradation = make(name)
    clean, level = batch_of(2), at(degradation, 0.7, 2)
    np.testing.assert_array_equal(
        degradation.spoil(clean, level, seeded()),
        pickle.loads(pickle.dumps(degradation)).spoil(clean, level, seeded()),
    )


@every
@pytest.mark.parametrize(("height", "width", "channels"), [(33, 47, 3), (32, 48, 1)])
def test_it_is_a_function_of_picture_level_and_seed(
    name: str, height: int, width: int, channels: int
) -> None:
    degradation = make(name)
    clean = np.repeat(scene(height, width, channels), 2, 0)
    kept, level = clean.copy(), at(degradation, 0.7, 2)
    spoiled, again, other = (degradation.spoil(clean, level, seeded(seed)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(spoiled, again)
    np.testing.assert_array_equal(clean, kept)
    assert spoiled.dtype == np.float32
    assert np.isfinite(spoiled).all()
    assert spoiled.shape == (2, channels, height // degradation.scale, width // degradation.scale)
    assert other.shape == spoiled.shape


@pytest.mark.parametrize("name", [name for name in DEGRADATIONS if make(name).neutral is not None])
def test_the_neutral_level_gives_the_picture_back(name: str) -> None:
    degradation = make(name)
    assert degradation.neutral is not None
    clean = batch_of(2)
    clean[1] *= 1.5  # not clipped either
    level = levels(degradation.neutral, degradation.neutral)
    np.testing.assert_array_equal(degradation.spoil(clean, level, seeded()), clean)
    if degradation.masked is not None:
        assert not degradation.masked(clean, level, seeded())[1].any()


@pytest.mark.parametrize("name", [name for name in DEGRADATIONS if name != "Nothing"])
def test_the_damage_grows_with_the_dial(name: str) -> None:
    """From the end of the dial that is nearest to neutral; for a quality that is the upper one."""
    degradation = make(name)
    clean, (mildest, *others) = batch_of(4, 64), np.linspace(0, 1, 5)
    if degradation.neutral == degradation.dial.high:
        mildest, *others = 1.0, 0.75, 0.5, 0.25, 0.0
    reference = degradation.spoil(clean, at(degradation, mildest, 4), seeded())
    changes = [
        float(
            np.abs(degradation.spoil(clean, at(degradation, share, 4), seeded()) - reference).mean()
        )
        for share in others
    ]
    assert changes[0] > 5e-5
    assert changes == sorted(changes)
    assert changes[-1] > 1.2 * changes[0]


@pytest.mark.parametrize("name", [name for name in DEGRADATIONS if make(name).masked is not None])
def test_the_mask_is_exact(name: str) -> None:
    degradation = make(name)
    assert degradation.masked is not None
    clean, level = batch_of(3, 64), at(degradation, 0.5, 3)
    spoiled, mask = degradation.masked(clean, level, seeded())
    assert mask.shape == (3, 1, 64, 64)
    assert mask.dtype == np.float32
    assert 0 <= mask.min() <= mask.max() <= 1
    np.testing.assert_array_equal(spoiled, degradation.spoil(clean, level, seeded()))
    outside = np.broadcast_to(mask == 0, clean.shape)
    assert outside.any() or name in ALL_OVER
    np.testing.assert_array_equal(spoiled[outside], clean[outside])
    assert (spoiled != clean).any()


@pytest.mark.parametrize("shape", [(), (1,), (1, 1), (1, 1, 1)])
def test_a_level_of_another_shape_is_refused_in_a_sentence(shape: tuple[int, ...]) -> None:
    degradation = make("Blur")
    with pytest.raises(UsageError, match=r"a level has the shape \[pictures, 1, 1, 1\], not"):
        degradation.spoil(batch_of(1, 32), np.ones(shape, np.float32), seeded())


@every
def test_a_map_of_one_value_is_that_value_or_is_refused(name: str) -> None:
    degradation = make(name)
    clean = batch_of(1, 64)
    level = np.repeat(np.repeat(at(degradation, 0.5, 1), 64, 2), 64, 3)
    try:
        spoiled = degradation.spoil(clean, level, seeded())
    except UsageError:
        with pytest.raises(
            UsageError, match=rf"{degradation.dial.name} is one number for a picture"
        ):
            degradation.spoil(clean, level, seeded())
    else:
        np.testing.assert_allclose(
            spoiled, degradation.spoil(clean, at(degradation, 0.5, 1), seeded()), atol=1e-6
        )


def test_make_says_what_it_takes() -> None:
    assert make("Noise", clip=1).neutral is None
    with pytest.raises(UsageError, match=r"did you mean 'Noise'\? The choices: Noise, "):
        make("Nois")
    with pytest.raises(
        UsageError,
        match=(
            "Noise: got an unexpected keyword argument 'grain'; its arguments: low, high, "
            "default, clip"
        ),
    ):
        make("Noise", grain=1)


def test_the_page_describes_every_degradation() -> None:
    page = (Path(__file__).resolve().parents[1] / "docs" / "degradations.md").read_text(
        encoding="utf-8"
    )
    rows = set(re.findall(r"^\| `(\w+)` \| `(\w+)`", page, re.MULTILINE))
    assert rows == {(name, make(name).dial.name) for name in DEGRADATIONS}


# Tones


def test_a_negative_is_one_at_any_level_and_the_share_of_them_is_kept() -> None:
    clean = np.tile(np.linspace(0, 1, 32, dtype=np.float32), (64, 3, 32, 1))
    level = np.full((64, 1, 1, 1), 0.2, np.float32)
    toned = make("Tones", negative=0.25).spoil(clean, level, seeded())
    falls = toned[:, 0, 0, 0] > toned[:, 0, 0, -1]
    assert 8 <= falls.sum() <= 24
    rises = np.diff(toned[:, 0, 0] * np.where(falls, -1, 1)[:, None], axis=1)
    assert (rises >= 0).all()
    assert not make("Tones").spoil(clean, level, seeded())[:, 0, 0, 0].max() > 0.5
    with pytest.raises(UsageError, match="negative=2 does not fit"):
        make("Tones", negative=2)


# Noise


def test_noise_has_the_level_of_each_picture_and_is_white(rng: np.random.Generator) -> None:
    clean = batch_of(3, 96)
    residual = noise().spoil(clean, levels(5, 25, 75), rng) - clean
    np.testing.assert_allclose(residual.std((1, 2, 3)) * 255, [5, 25, 75], rtol=0.03)
    assert abs(residual.mean()) < 0.002
    a, b = residual[2, 0].ravel(), residual[2, 1].ravel()
    assert abs(np.corrcoef(a, b)[0, 1]) < 0.05
    assert abs(np.corrcoef(a[:-1], a[1:])[0, 1]) < 0.05


def test_a_map_gives_each_place_its_own_level(rng: np.random.Generator) -> None:
    clean = batch_of(1, 96)
    level = np.zeros((1, 1, 96, 96), np.float32)
    level[..., 48:] = 40
    residual = noise().spoil(clean, level, rng) - clean
    assert (residual[..., :48] == 0).all()
    assert residual[..., 48:].std() * 255 == pytest.approx(40, rel=0.03)
    level /= 4
    for other in (shot_read(), poisson(), film_grain(), salt_and_pepper()):
        spoiled = other.spoil(clean, level, rng)
        np.testing.assert_array_equal(spoiled[..., :48], clean[..., :48])
        assert (spoiled[..., 48:] != clean[..., 48:]).any()


def test_a_share_of_the_pictures_is_clipped_and_rounded() -> None:
    clean = batch_of(64, 16)
    level = np.full((64, 1, 1, 1), 60, np.float32)
    spoiled = noise(clip=0.5).spoil(clean, level, seeded())
    files = np.array([is_as_in_a_file(image) for image in spoiled])
    assert 20 <= files.sum() <= 44
    plain = noise().spoil(clean, level, seeded())
    np.testing.assert_array_equal(spoiled[~files], plain[~files])
    np.testing.assert_array_equal(spoiled[files], clip_and_round(plain[files]))
    assert all(is_as_in_a_file(image) for image in noise(clip=1).spoil(clean, level, seeded()))


def test_a_share_of_the_noise_is_grey() -> None:
    clean = batch_of(64, 16)
    residual = (
        noise(grey=0.4).spoil(clean, np.full((64, 1, 1, 1), 25, np.float32), seeded()) - clean
    )
    grey = np.array([np.abs(image - image[:1]).max() < 1e-6 for image in residual])
    assert 15 <= grey.sum() <= 37


@pytest.mark.parametrize("sigma", [0.4, 1.0, 2.5])
def test_correlated_noise_is_blurred_noise_as_strong_as_white(sigma: float) -> None:
    """Against SciPy's Gaussian filter around the edges, of the same white noise, brought to the
    same strength.
    """
    white = seeded().standard_normal((1, 1, 256, 255)).astype(np.float32)
    found = correlate(white, np.array([sigma], np.float32))
    assert found.std() == pytest.approx(1, rel=0.03)
    row = ndimage.fourier_gaussian(np.ones((256, 255)), sigma)
    expected = np.fft.ifft2(np.fft.fft2(white[0, 0]) * row).real
    np.testing.assert_allclose(found[0, 0], expected / np.sqrt((row**2).mean()), atol=1e-5)


#: of five cameras and of cc15, from pairs with a clean side: the least and the greatest share of
#: the noise's power in bands of spatial frequency, and the correlation between pixels 1, 2, 4 apart
BANDS = (0, 0.03, 0.06, 0.125, 0.25, 0.36, 1)
CAMERAS = {
    "luma": ((0.02, 0.03, 0.11, 0.33, 0.14, 0.07), (0.08, 0.08, 0.21, 0.44, 0.32, 0.18)),
    "chroma": ((0.13, 0.23, 0.16, 0.04, 0.01, 0.02), (0.53, 0.31, 0.38, 0.18, 0.04, 0.03)),
}
RHO = {
    "luma": ((0.51, 0.12, 0.01), (0.65, 0.25, 0.12)),
    "chroma": ((0.88, 0.7, 0.36), (0.95, 0.9, 0.77)),
}


def test_noise_of_saved_pictures_has_the_spectra_of_cameras() -> None:
    """The mean of 200 draws lies among the cameras, give or take .02 (.1 for correlations), and the
    draws spread at least as wide as the cameras do.
    """
    rng = np.random.default_rng(0)
    found = {"luma": [], "chroma": []}  # type: dict[str, list[list[float]]]
    for _ in range(200):
        red, green, blue = picture_noise.field(picture_noise.KINDS["camera"], 3, (192, 192), rng)
        luma = 0.299 * red + 0.587 * green + 0.114 * blue
        found["luma"].append(spectrum(luma))
        found["chroma"].append(spectrum(blue - luma))
    for part, draws in found.items():
        low, high = (np.array(ends) for ends in CAMERAS[part])
        table = np.array(draws)
        assert (table[:, :6].mean(0) > low - 0.02).all()
        assert (table[:, :6].mean(0) < high + 0.02).all()
        assert (np.ptp(table[:, :6], 0) > high - low).all()
        least, most = (np.array(ends) for ends in RHO[part])
        assert (table[:, 6:].mean(0) > least - 0.1).all()
        assert (table[:, 6:].mean(0) < most + 0.1).all()


def spectrum(noise: Array) -> list[float]:
    """The share of the power in each band, and the correlation at 1, 2 and 4 pixels. [H, W]"""
    power = np.abs(np.fft.fft2(noise - noise.mean())) ** 2
    height, width = noise.shape
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width))
    bands = [
        power[(frequency >= low) & (frequency < high)].sum() / power.sum()
        for low, high in itertools.pairwise(BANDS)
    ]
    return bands + [
        float(np.corrcoef(noise[:, n:].ravel(), noise[:, :-n].ravel())[0, 1]) for n in (1, 2, 4)
    ]


def test_noise_of_saved_pictures_has_the_rms_of_its_dial() -> None:
    clean = np.repeat(scene(96, 96, 3), 24, 0)
    change = make("PictureNoise").spoil(clean, levels(*[8] * 24), seeded()) - clean
    assert 255 * np.sqrt(np.square(change).mean()) == pytest.approx(8, rel=0.05)
    with pytest.raises(UsageError, match="there is no 'camara'; the choices: camera, phone, scan"):
        make("PictureNoise", kinds={"camara": 1})
    with pytest.raises(UsageError, match="kinds wants shares from 0 on"):
        make("PictureNoise", kinds={"camera": 0})


def test_bits_are_steps_in_a_file() -> None:
    clean = batch_of(2) * 1.2
    eight, sixteen = make("Bits").spoil(clean, levels(8, 16), seeded())
    np.testing.assert_array_equal(eight, np.rint(np.clip(clean[0], 0, 1) * 255) / np.float32(255))
    np.testing.assert_array_equal(sixteen, clean[1])


def test_arguments_that_make_no_sense_are_refused() -> None:
    with pytest.raises(UsageError, match="clip=1.5"):
        noise(clip=1.5)
    with pytest.raises(UsageError, match="range"):
        noise(low=30, high=20)
    with pytest.raises(
        UsageError,
        match=r"correlated=\[2, 1\] does not fit: a number from 0 to 8, or a range "
        r"\[lowest, highest\]",
    ):
        noise(correlated=[2, 1])
    with pytest.raises(
        UsageError, match="subsampling=4:1:0 is not known; the choices: 4:4:4, 4:2:2, 4:2:0"
    ):
        jpeg(subsampling=["4:4:4", "4:1:0"])
    for profiles in ({"gauss": 1}, {"gaussian": 0}, "gaussian"):
        with pytest.raises(UsageError, match="profiles"):
            blur(profiles=profiles)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="scale=1"):
        downscale(1)


def test_a_word_where_a_number_belongs_is_refused_in_one_sentence() -> None:
    for name, arguments in (
        ("Noise", {"high": "much"}),
        ("FilmMasks", {"most": "x"}),
        ("Blur", {"stretch": "wide"}),
        ("JPEG", {"first": None}),
    ):
        with pytest.raises(UsageError) as raised:
            make(name, **arguments)
        assert "does not fit" in str(raised.value)
        assert "\n" not in str(raised.value)


def test_shot_and_read_noise_have_their_variances() -> None:
    clean, sigma = flat(0, 0.25, 1), 20
    residual = shot_read(read=0.2).spoil(clean, levels(sigma, sigma, sigma), seeded()) - clean
    variance = (residual * 255).astype(np.float64).var((1, 2, 3))
    np.testing.assert_allclose(
        variance, [0.2 * sigma**2, (0.8 * 0.25 + 0.2) * sigma**2, sigma**2], rtol=0.03
    )


def test_electrons_are_counted() -> None:
    """Poisson: whole numbers of electrons, of which the variance is the mean; the same mean as
    before.
    """
    clean, gain = flat(0.1, 0.6), 6.0
    electrons = poisson().spoil(clean, levels(gain, gain), seeded()).astype(np.float64) * 255 / gain
    np.testing.assert_allclose(electrons, np.rint(electrons), atol=1e-4)
    expected = clean[:, 0, 0, 0] * 255 / gain
    np.testing.assert_allclose(electrons.mean((1, 2, 3)), expected, rtol=0.01)
    np.testing.assert_allclose(electrons.var((1, 2, 3)), expected, rtol=0.03)


def test_what_is_drawn_after_counting_does_not_depend_on_the_picture() -> None:
    after = []
    for value in (0.1, 0.9):
        rng = seeded()
        poisson().spoil(flat(value), levels(5), rng)
        after.append(rng.random())
    assert after[0] == after[1]


def test_salt_and_pepper_are_as_many_as_the_dial_says() -> None:
    clean = flat(0.5, 0.5, size=200)
    spoiled = salt_and_pepper(salt=0.3).spoil(clean, levels(10, 40), seeded())
    assert set(np.unique(spoiled)) == {0, 0.5, 1}
    np.testing.assert_allclose((spoiled != 0.5).mean((1, 2, 3)), [0.1, 0.4], rtol=0.05)
    np.testing.assert_allclose((spoiled == 1).mean((1, 2, 3)), [0.03, 0.12], rtol=0.1)
    assert (spoiled == spoiled[:, :1]).all()
    reference = util.random_noise(clean[0, 0], "s&p", rng=1, amount=0.1, salt_vs_pepper=0.3)
    assert (spoiled[0, 0] == 1).mean() == pytest.approx((reference == 1).mean(), rel=0.15)
    assert (
        salt_and_pepper(grey=0).spoil(clean, levels(10, 10), seeded()) != 0.5
    ).mean() == pytest.approx(0.1, rel=0.05)


def test_grain_is_strongest_in_the_middle_tones_and_coarse() -> None:
    clean, sigma = flat(0, 0.25, 0.5, 1, size=200), 20
    residual = (
        film_grain(size=1.0, grey=1).spoil(
            clean, np.full((4, 1, 1, 1), sigma, np.float32), seeded()
        )
        - clean
    ) * 255
    np.testing.assert_allclose(residual.std((1, 2, 3)), [0, 0.75 * sigma, sigma, 0], rtol=0.05)
    plane = residual[2, 0]
    neighbours = np.corrcoef(plane[:, :-1].ravel(), plane[:, 1:].ravel())[0, 1]
    assert neighbours == pytest.approx(
        np.exp(-0.25), abs=0.05
    )  # of white noise blurred by a Gaussian of sigma 1
    np.testing.assert_array_equal(residual[2, 0], residual[2, 1])


# Blur


def test_bessel_agrees_with_scipy() -> None:
    x = np.linspace(0, 60, 500)
    np.testing.assert_allclose(kernels.bessel_j1(x), special.j1(x), atol=1e-13)


@pytest.mark.parametrize(
    "kernel",
    [
        kernels.gaussian(2, 1.7, 0.5),
        kernels.line(9, 1.0),
        kernels.disc(3.3),
        kernels.circular_lowpass(1.2, 10),
    ],
)
def test_convolution_agrees_with_scipy(kernel: kernels.Kernel) -> None:
    assert kernel.sum() == pytest.approx(1)
    image = seeded().random((2, 3, 19, 50), dtype=np.float32)  # smaller than some kernels
    expected = [
        [ndimage.convolve(plane.astype(np.float64), kernel, mode="reflect") for plane in picture]
        for picture in image
    ]
    np.testing.assert_allclose(kernels.convolve(image, kernel), expected, atol=1e-6)


def test_pieces_of_a_large_picture_fit_together() -> None:
    image, kernel = seeded().random((1, 520, 1030), dtype=np.float32), kernels.gaussian(1.5, 2, 0.4)
    np.testing.assert_allclose(
        kernels.convolve(image, kernel)[0],
        ndimage.convolve(image[0].astype(np.float64), kernel, mode="reflect"),
        atol=1e-6,
    )


def test_gaussian_blur_agrees_with_scipy() -> None:
    clean = batch_of(2, 64)
    found = blur().spoil(clean, levels(0.8, 3), seeded())
    for picture, sigma, result in zip(clean, (0.8, 3), found, strict=True):
        np.testing.assert_allclose(
            result,
            ndimage.gaussian_filter(picture.astype(np.float64), (0, sigma, sigma), truncate=5),
            atol=2e-4,
        )


def moments(kernel: kernels.Kernel) -> tuple[float, float]:
    """Standard deviations along its longest and across."""
    radius = kernel.shape[0] // 2
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    covariance = [[(kernel * a * b).sum() for a in (x, y)] for b in (x, y)]
    across, along = np.sqrt(np.maximum(np.linalg.eigvalsh(covariance), 0))
    return float(along), float(across)


def test_kernels_have_the_size_that_the_dial_says() -> None:
    assert moments(kernels.gaussian(3, 2, 0.7)) == pytest.approx((3, 1.5), rel=0.01)
    assert moments(kernels.line(12, 0.4))[0] == pytest.approx(12 / np.sqrt(12), rel=0.02)
    assert moments(kernels.line(12, 0.4))[1] < 0.5
    assert moments(kernels.disc(6)) == pytest.approx(
        (3, 3), rel=0.03
    )  # a disc's is half of its radius
    disc = kernels.disc(5)
    assert disc.max() == pytest.approx(1 / (np.pi * 5**2), rel=0.02)
    np.testing.assert_allclose(kernels.generalised(2, 1.5, 0.3, 1), kernels.gaussian(2, 1.5, 0.3))
    assert kernels.plateau(2)[8, 8] > kernels.plateau(2)[8, 10] > kernels.plateau(2)[8, 12]


def test_directions_and_shapes_are_drawn_for_each_picture() -> None:
    point = np.zeros((40, 1, 41, 41), np.float32)
    point[..., 20, 20] = 1
    spread = [
        moments(k[0].astype(np.float64))
        for k in blur(stretch=[2, 3], isotropic=0.5).spoil(
            point, np.full((40, 1, 1, 1), 3, np.float32), seeded()
        )
    ]
    ratios = np.array([along / across for along, across in spread])
    assert 10 <= (ratios < 1.05).sum() <= 30
    assert ((ratios < 1.05) | ((ratios > 1.9) & (ratios < 3.1))).all()
    mixed = blur(profiles={"gaussian": 1, "generalised": 1, "plateau": 1}, power=[0.5, 2]).spoil(
        point, np.full((40, 1, 1, 1), 2, np.float32), seeded()
    )
    assert len({float(k.max()) for k in mixed}) > 20
    powers = [
        _power(*ends, along)
        for ends in ((0.5, 4.0), (1.0, 2.0), (2.0, 3.0))
        for along in (0, 0.25, 0.5, 0.75, 1)
    ]
    assert powers == [
        0.5,
        0.75,
        1,
        2.5,
        4,
        1,
        1,
        1,
        1.5,
        2,
        2,
        2.25,
        2.5,
        2.75,
        3,
    ]  # for the first two as in Real-ESRGAN: half of them below 1
    lines = motion_blur().spoil(point, np.full((40, 1, 1, 1), 12, np.float32), seeded())
    assert len({k.tobytes() for k in lines}) == 40


def test_the_ringing_filter_passes_long_waves_and_stops_short_ones() -> None:
    x = np.arange(256)
    long, short = (
        np.tile(0.5 + 0.3 * np.sin(2 * np.pi * x / wave), (1, 1, 64, 1)).astype(np.float32)
        for wave in (12.8, 3.2)
    )
    np.testing.assert_allclose(
        sinc(radius=10).spoil(long, levels(6), seeded())[..., 20:-20], long[..., 20:-20], atol=0.04
    )
    assert np.abs(sinc(radius=10).spoil(short, levels(6), seeded())[..., 20:-20] - 0.5).max() < 0.05
    edge = (np.arange(64) >= 32).astype(np.float32) * np.ones((1, 1, 64, 1), np.float32)
    ringing = sinc(radius=10).spoil(edge, levels(5), seeded())
    assert ringing.max() > 1.04  # it overshoots
    assert ringing.min() < -0.04
    np.testing.assert_array_equal(sinc().spoil(edge, levels(2), seeded()), edge)


def test_defocus_of_half_a_pixel_is_none() -> None:
    clean = batch_of(1)
    np.testing.assert_array_equal(defocus().spoil(clean, levels(0.5), seeded()), clean)


# Resizing

PILLOW = {
    "area": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
    "nearest": Image.Resampling.NEAREST,
}


@pytest.mark.parametrize(
    ("kernel", "height", "width"),
    [
        (kernel, *size)
        for kernel in KERNELS
        for size in ((27, 11), (40, 50), (162, 242), (131, 97))
        if kernel != "area" or size == (27, 11)
    ],
)
def test_resize_agrees_with_pillow_inside_the_border(kernel: str, height: int, width: int) -> None:
    """Its box takes whole pixels only, so that `area` is the same where the size divides."""
    image = (
        seeded().normal(0.5, 0.5, (81, 121)).astype(np.float32)
    )  # not clipped; odd, so that "nearest" is never a tie
    found = resize(image[None, None], height, width, kernel)[0, 0]
    expected = np.asarray(Image.fromarray(image).resize((width, height), PILLOW[kernel]))
    down, right = int(np.ceil(3 * max(1, height / 81))), int(np.ceil(3 * max(1, width / 121)))
    np.testing.assert_allclose(
        found[down:-down, right:-right], expected[down:-down, right:-right], atol=2e-5
    )


def test_area_is_the_mean_of_what_a_pixel_covers() -> None:
    image = seeded().random((1, 3, 12, 20), dtype=np.float32)
    means = image.reshape(1, 3, 4, 3, 5, 4).mean((3, 5))
    np.testing.assert_allclose(resize(image, 4, 5, "area"), means, atol=1e-6)
    row = np.array([[1, 2, 4]], np.float32)  # two pixels of 1.5 each
    np.testing.assert_allclose(
        resize(row, 1, 2, "area"), [[(1 + 0.5 * 2) / 1.5, (0.5 * 2 + 4) / 1.5]], rtol=1e-6
    )


def test_bicubic_is_exact_for_polynomials_and_mirrors_its_border() -> None:
    """Keys's cubic gives a parabola back exactly; MATLAB's imresize([1 2 3 4], 0.5), worked out by
    hand with mirrored borders.
    """
    x = np.arange(40, dtype=np.float64)
    fine = (np.arange(80) + 0.5) / 2 - 0.5
    found = resize((0.01 * x**2 + 0.3 * x)[None].astype(np.float32), 1, 80)[0]
    np.testing.assert_allclose(found[8:-8], (0.01 * fine**2 + 0.3 * fine)[8:-8], rtol=1e-5)
    distances = np.abs(np.arange(-4, 8) - 0.5) / 2
    a = -0.5
    cubic = np.where(
        distances < 1,
        (a + 2) * distances**3 - (a + 3) * distances**2 + 1,
        a * distances**3 - 5 * a * distances**2 + 8 * a * distances - 4 * a,
    )
    weights = np.where(distances < 2, cubic, 0)
    mirrored = np.array([4, 3, 2, 1, 1, 2, 3, 4, 4, 3, 2, 1], np.float64)
    assert resize(np.array([[1, 2, 3, 4]], np.float32), 1, 2)[0, 0] == pytest.approx(
        (weights * mirrored).sum() / weights.sum(), rel=1e-6
    )


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_flat_picture_stays_flat_and_tiny_ones_work(kernel: str) -> None:
    for shape, size in (((1, 1, 1, 1), (5, 3)), ((1, 3, 2, 7), (9, 1)), ((1, 1, 33, 47), (7, 90))):
        np.testing.assert_allclose(
            resize(np.full(shape, 0.7, np.float32), *size, kernel),
            np.full((*shape[:2], *size), 0.7),
            rtol=1e-5,
        )
    same = batch_of(1)
    np.testing.assert_array_equal(resize(same, 48, 48, kernel), same)
    with pytest.raises(UsageError, match="0x5"):
        resize(same, 5, 0, kernel)


def test_without_antialiasing_a_kernel_keeps_its_width() -> None:
    image = seeded().random((1, 1, 40, 40), dtype=np.float32)
    np.testing.assert_allclose(
        resize(image, 8, 8, "bilinear", antialias=False), image[..., 2::5, 2::5], atol=1e-6
    )


def test_downscaling_is_bicubic_after_a_blur() -> None:
    clean, degradation = batch_of(2), downscale(3)
    assert degradation.scale == 3
    np.testing.assert_array_equal(
        degradation.spoil(clean, levels(0, 0), seeded()), resize(clean, 16, 16, "bicubic")
    )
    soft = degradation.spoil(clean, levels(1, 1), seeded())
    np.testing.assert_allclose(
        soft, resize(ndimage.gaussian_filter(clean, (0, 0, 3, 3), truncate=5), 16, 16), atol=1e-3
    )
    assert degradation.spoil(clean[..., :47, :46], levels(0, 0), seeded()).shape == (2, 3, 15, 15)
    with pytest.raises(UsageError, match="too small"):
        degradation.spoil(clean[..., :2, :], levels(0, 0), seeded())


def test_shrinking_draws_its_kernels() -> None:
    clean = batch_of(30, 32)
    spoiled = shrink(down=["nearest", "area"], up=["nearest", "bicubic"]).spoil(
        clean, np.full((30, 1, 1, 1), 2.5, np.float32), seeded()
    )
    expected = {
        resize(resize(clean[:1], 13, 13, d), 32, 32, u).tobytes()
        for d in ("nearest", "area")
        for u in ("nearest", "bicubic")
    }
    assert {picture.tobytes() for picture in spoiled} == expected


# Compression


def through_pillow(picture: Array, kind: str = "JPEG", **settings: object) -> Array:
    """A file written and read here, [C, H, W]"""
    file = io.BytesIO()
    samples = np.rint(picture * 255).astype(np.uint8)
    Image.fromarray(samples[0] if len(samples) == 1 else samples.transpose(1, 2, 0)).save(
        file, kind, **settings
    )
    values = np.asarray(Image.open(file), np.float32) / np.float32(255)
    return values[None] if values.ndim == 2 else values.transpose(2, 0, 1)


def photo() -> Array:
    """A cut of a photograph, [1, 3, 96, 96]"""
    picture = data.astronaut()[60:156, 180:276]
    planes: Array = (picture.transpose(2, 0, 1)[None] / 255).astype(np.float32)
    return planes


@pytest.mark.parametrize("subsampling", [0, 1, 2])
def test_jpeg_is_what_the_encoder_makes(subsampling: int) -> None:
    word = ("4:4:4", "4:2:2", "4:2:0")[subsampling]
    spoiled = jpeg(subsampling=word).spoil(photo(), levels(30.4), seeded())
    np.testing.assert_array_equal(
        spoiled[0], through_pillow(photo()[0], quality=30, subsampling=subsampling)
    )
    grey = photo()[:, :1]
    np.testing.assert_array_equal(
        jpeg().spoil(grey, levels(10), seeded())[0], through_pillow(grey[0], quality=10)
    )


def test_subsampling_is_drawn_for_each_picture() -> None:
    clean = np.repeat(photo(), 24, 0)
    spoiled = jpeg(subsampling=["4:4:4", "4:2:0"]).spoil(
        clean, np.full((24, 1, 1, 1), 50, np.float32), seeded()
    )
    assert len({picture.tobytes() for picture in spoiled}) == 2


def test_a_float_picture_is_clipped_by_the_encoder() -> None:
    spoiled = jpeg().spoil(photo() * 2 - 0.5, levels(80), seeded())
    assert is_as_in_a_file(spoiled)


def blockiness(picture: Array) -> NDArray[np.float64]:
    """The mean step between neighbouring columns, by the column's place in the grid. [8]"""
    steps = np.abs(np.diff(picture, axis=-1)).mean((0, 1, 2))
    return np.array([steps[phase::8].mean() for phase in range(8)])


def test_a_shifted_grid_begins_elsewhere() -> None:
    clean = np.repeat(photo()[:, 1:2], 32, 0)
    level = np.full((32, 1, 1, 1), 8, np.float32)
    aligned = jpeg().spoil(clean, level, seeded())
    assert blockiness(aligned).argmax() == 7  # the step into column 8
    shifted = jpeg(shifted=1).spoil(clean, level, seeded())
    assert len({int(blockiness(picture[None]).argmax()) for picture in shifted}) == 8
    assert shifted.shape == clean.shape


def test_double_compression_has_two_grids() -> None:
    """A strong first compression leaves its own grid, which begins anywhere, under a weak second
    one.
    """
    clean = np.repeat(photo()[:, 1:2], 32, 0)
    level = np.full((32, 1, 1, 1), 90, np.float32)
    spoiled = jpeg(double=0.5, first=8).spoil(clean, level, seeded())
    once = jpeg().spoil(clean[:1], level[:1], seeded())[0]
    single = np.array([np.array_equal(picture, once) for picture in spoiled])
    assert 8 <= single.sum() <= 24
    assert len({int(blockiness(picture[None]).argmax()) for picture in spoiled[~single]}) >= 5
    assert np.abs(spoiled[~single] - clean[~single]).mean() > 2 * np.abs(once - clean[0]).mean()


def test_a_shifted_grid_is_that_of_a_picture_that_was_cut() -> None:
    """Compressed whole, then cut: mirrored by 3 and 6 here, and compressed by Pillow."""
    mirrored = np.pad(photo()[0], ((0, 0), (3, 0), (6, 0)), mode="symmetric")
    once = through_pillow(mirrored, quality=20, subsampling=2)[:, 3:, 6:]
    np.testing.assert_array_equal(through_jpeg(photo()[0], 20, "4:2:0", (3, 6)), once)
    twice = through_pillow(once, quality=70, subsampling=2)
    candidates = {
        through_pillow(
            through_jpeg(photo()[0], 20, "4:2:0", (d, r)), quality=70, subsampling=2
        ).tobytes()
        for d in range(8)
        for r in range(8)
    }
    spoiled = jpeg(double=1, first=20).spoil(
        np.repeat(photo(), 6, 0), np.full((6, 1, 1, 1), 70, np.float32), seeded()
    )
    assert twice.tobytes() in candidates
    assert {picture.tobytes() for picture in spoiled} <= candidates


def test_webp_is_what_the_encoder_makes() -> None:
    np.testing.assert_array_equal(
        webp().spoil(photo(), levels(30.4), seeded())[0],
        through_pillow(photo()[0], "WEBP", quality=30, method=2),
    )


def test_webp_is_lossy_and_keeps_grey_grey() -> None:
    errors = [
        float(np.abs(webp().spoil(photo(), levels(quality), seeded()) - photo()).mean())
        for quality in (5, 50, 95)
    ]
    assert errors == sorted(errors, reverse=True)
    assert 0.002 < errors[1] < 0.05
    grey = photo()[:, :1]
    assert webp().spoil(grey, levels(50), seeded()).shape == grey.shape
    assert np.abs(webp().spoil(grey, levels(90), seeded()) - grey).mean() < 0.02


@pytest.mark.shared
def test_jpeg_has_the_published_psnr(shared: Path) -> None:
    """Classic5, grey: what the papers from DnCNN to FBCNN print for the JPEG files themselves."""
    pictures = [
        read(path).pixels[:, :1] for path in sorted((shared / "test" / "classic5").iterdir())
    ]
    for quality, published in {10: 27.82, 20: 30.12, 30: 31.48, 40: 32.43}.items():
        errors = [
            np.mean(
                (jpeg().spoil(picture, levels(quality), seeded()).astype(np.float64) - picture) ** 2
            )
            for picture in pictures
        ]
        assert np.mean(-10 * np.log10(errors)) == pytest.approx(published, abs=0.005)


def test_the_chain_of_real_esrgan_is_a_recipe(tmp_path: Path) -> None:
    """Twelve kinds of damage, one after the other, each to its share of the pictures; the network
    is told of three.
    """
    pytest.importorskip("torch", reason="recipes belong to the training wing")
    from burnish.training.networks.restorer import Restorer
    from burnish.training.recipe.file import load
    from burnish.training.recipe.resolve import resolve

    recipe = load(
        Path(__file__).resolve().parents[1] / "recipes" / "chain.yaml",
        [f"data.folders=[{tmp_path}]"],
    )
    (stage,) = resolve(recipe)
    made = [part.degradation for part in stage.damage]
    assert [dial.name for dial in recipe.dials] == ["blur", "noise", "quality"]
    assert Restorer(recipe.arch, recipe.dials, trusted=True).contract.identity == (0, 0, 100)
    assert [each.dial.name for each in made].count("quality") == 1
    assert len(made) == 12
    assert all(
        part.share == 1 or each.neutral is not None
        for part, each in zip(recipe.degradations, made, strict=True)
    )
    clean = spoiled = photo()
    for each in made:
        spoiled = each.spoil(spoiled, at(each, 0.5, 1), seeded())
    assert is_as_in_a_file(spoiled)  # the last JPEG's
    assert 0.02 < np.abs(spoiled - clean).mean() < 0.2
