"""Unprocessing to raw and back, and the noise of a sensor."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from conftest import scene
from scipy import ndimage

from burnish.contract import Array
from burnish.degrade import make
from burnish.degrade.raw import (
    CAMERAS,
    TO_XYZ,
    Metadata,
    demosaic,
    draw_metadata,
    inverse_tone_curve,
    mosaic,
    process,
    tone_curve,
    unprocess,
)
from burnish.degrade.sensor import shot_and_read, variance
from burnish.errors import UsageError


def cameras(n: int) -> list[Metadata]:
    rng = np.random.default_rng(3)
    return [draw_metadata(rng) for _ in range(n)]


def levels(*values: float) -> Array:
    return np.asarray(values, np.float32).reshape(-1, 1, 1, 1)


def smooth(n: int = 4, size: int = 64) -> Array:
    """Pictures without fine detail, of colours that are neither saturated nor near white."""
    waves = [
        [
            0.42
            + 0.12 * np.sin(np.add.outer(np.arange(size) / 19, np.arange(size) / 23) + c / 2 + i)
            for c in range(3)
        ]
        for i in range(n)
    ]
    return np.asarray(waves, np.float32)


def test_metadata_lies_where_the_paper_draws_it() -> None:
    many = cameras(300)
    assert all(1.9 <= m.red <= 2.4 and 1.5 <= m.blue <= 1.9 for m in many)
    exposures = 1 / np.array([m.exposure for m in many])
    assert exposures.mean() == pytest.approx(0.8, abs=0.02)
    assert exposures.std() == pytest.approx(0.1, abs=0.02)
    for m in many[:20]:
        np.testing.assert_allclose(np.sum(m.to_camera, 1), 1, atol=1e-12)
    assert len(set(many)) == 300, "frozen, and can be compared and hashed"
    corner = CAMERAS[0] @ TO_XYZ
    np.testing.assert_allclose(
        corner.sum(1), CAMERAS[0] @ [0.95047, 1.0, 1.08883], atol=1e-4
    )  # D65 white


def test_the_tone_curve_and_its_inverse(rng: np.random.Generator) -> None:
    x = np.linspace(0, 1, 101, dtype=np.float32)
    np.testing.assert_allclose(tone_curve(inverse_tone_curve(x)), x, atol=1e-5)
    np.testing.assert_allclose(inverse_tone_curve(tone_curve(x)), x, atol=1e-3)
    roots = [
        next(r.real for r in np.roots([-2, 3, 0, -v]) if -1e-6 <= r.real <= 1 + 1e-6)
        for v in (0.1, 0.35, 0.8)
    ]
    np.testing.assert_allclose(
        inverse_tone_curve(np.array([0.1, 0.35, 0.8], np.float32)), roots, atol=1e-5
    )


def test_grey_becomes_raw_as_the_formulas_say() -> None:
    """A grey has the same value in every camera's colours, so that only curve, gamma and gains are
    left.
    """
    camera = cameras(1)[0]
    grey = 0.4
    tone = min(r.real for r in np.roots([-2, 3, 0, -grey]) if r.real > 0)
    light = tone**2.2
    raw = unprocess(np.full((1, 3, 4, 4), grey, np.float32), [camera])
    gains = np.array([camera.red, 1, 1, camera.blue]) * camera.exposure
    np.testing.assert_allclose(raw[0, :, 0, 0], light / gains, rtol=1e-4)


def test_white_stays_white() -> None:
    raw = unprocess(np.ones((3, 3, 4, 4), np.float32), cameras(3))
    np.testing.assert_allclose(raw, 1, atol=1e-5)


def test_there_and_back_is_the_same_picture() -> None:
    """Within 0.004 where the picture is smooth and not clipped; that is one 8-bit step."""
    clean = smooth()
    metadata = cameras(len(clean))
    raw = unprocess(clean, metadata)
    assert raw.shape == (4, 4, 32, 32)
    assert 0 < raw.min() < raw.max() < 1
    back = process(raw, metadata)
    assert np.abs(back - clean)[..., 2:-2, 2:-2].max() < 0.004
    flat = np.random.default_rng(0).uniform(0.25, 0.6, (20, 3, 1, 1)).astype(np.float32) * np.ones(
        (1, 1, 6, 6), np.float32
    )
    metadata = cameras(20)
    raw = unprocess(flat, metadata)
    inside = (raw > 1e-6).all((1, 2, 3)) & (raw < 1).all((1, 2, 3))
    assert inside.sum() >= 15
    np.testing.assert_allclose(process(raw, metadata)[inside], flat[inside], atol=2e-4)


def test_black_and_white_level_are_taken_off() -> None:
    clean, metadata = smooth(1), cameras(1)
    raw = unprocess(clean, metadata)
    np.testing.assert_allclose(
        process(raw * 15000 + 600, metadata, black=600, white=15600),
        process(raw, metadata),
        atol=1e-5,
    )
    assert np.abs(process(raw, metadata, tone=False) - process(raw, metadata)).max() > 0.01


def test_mosaic_and_bilinear_demosaic() -> None:
    image = np.random.default_rng(1).random((2, 3, 10, 14), dtype=np.float32)
    raw = mosaic(image)
    assert raw.shape == (2, 4, 5, 7)
    assert raw[1, 0, 2, 3] == image[1, 0, 4, 6]
    assert raw[1, 1, 2, 3] == image[1, 1, 4, 7]
    assert raw[1, 2, 2, 3] == image[1, 1, 5, 6]
    assert raw[1, 3, 2, 3] == image[1, 2, 5, 7]
    result = demosaic(raw)
    np.testing.assert_array_equal(mosaic(result), raw)
    sparse = np.zeros_like(image)
    for channel, rows, columns in ((0, 0, 0), (1, 0, 1), (1, 1, 0), (2, 1, 1)):
        sparse[:, channel, rows::2, columns::2] = image[:, channel, rows::2, columns::2]
    quarter = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 4
    cross = np.array([[0, 1, 0], [1, 4, 1], [0, 1, 0]]) / 4
    for channel, kernel in enumerate((quarter, cross, quarter)):
        np.testing.assert_allclose(
            result[0, channel],
            ndimage.convolve(sparse[0, channel], kernel, mode="mirror"),
            atol=1e-6,
        )


def test_a_ramp_comes_through_demosaicing_unharmed() -> None:
    y, x = np.mgrid[0:12, 0:16].astype(np.float32) / 32
    image = np.stack([x, y, x / 2 + y / 3])[None]
    np.testing.assert_allclose(
        demosaic(mosaic(image))[..., 1:-1, 1:-1], image[..., 1:-1, 1:-1], atol=1e-6
    )


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(UsageError, match="even sides"):
        unprocess(np.zeros((1, 3, 5, 4), np.float32), cameras(1))
    with pytest.raises(UsageError, match="2 metadata"):
        unprocess(np.zeros((1, 3, 4, 4), np.float32), cameras(2))
    with pytest.raises(UsageError, match="packed planes"):
        process(np.zeros((1, 3, 4, 4), np.float32), cameras(1))


@pytest.mark.shared
def test_a_real_raw_file_is_developed(shared: Path) -> None:
    """Red roses before a dark background, from a camera whose levels and white balance are
    known.
    """
    plane = (
        np.fromfile(shared / "raw" / "nikon_DSC_1339_768x512_rggb_14bit_u16le.raw", "<u2")
        .reshape(512, 768)
        .astype(np.float32)
    )
    raw = np.stack([plane[::2, ::2], plane[::2, 1::2], plane[1::2, ::2], plane[1::2, 1::2]])[None]
    camera = Metadata(1.949, 1.344, 1.5, cameras(1)[0].to_camera)
    picture = process(raw, [camera], black=600, white=15520)[0]
    assert picture.shape == (3, 512, 768)
    red, green, blue = picture.mean((1, 2))
    assert red > 2 * green > 2 * blue
    assert picture[:, 250:290, 700:740].max() < 0.2


# Noise


def test_raw_noise_has_the_variance_of_the_model() -> None:
    for iso, light in ((100, 0.5), (1600, 0.02), (1600, 0.8), (12000, 0.3)):
        clean = np.full((2, 4, 128, 128), light, np.float32)
        residual = (
            make("RawNoise", spread=0).spoil(clean, levels(iso, iso), np.random.default_rng(iso))
            - clean
        )
        shot = 1e-6 * iso
        expected = shot * light + np.exp(2.18 * np.log(shot) + 1.20)
        assert residual.var() == pytest.approx(expected, rel=0.03)
        assert abs(residual.mean()) < 4 * np.sqrt(expected / residual.size)


def test_cameras_differ_in_read_noise() -> None:
    black = np.zeros((200, 1, 32, 32), np.float32)
    spoiled = make("RawNoise").spoil(black, levels(*[3200] * 200), np.random.default_rng(0))
    logs = np.log(spoiled.var((1, 2, 3)))
    assert logs.std() == pytest.approx(np.hypot(0.26, np.sqrt(2 / 1024)), rel=0.15)
    assert logs.mean() == pytest.approx(2.18 * np.log(3.2e-3) + 1.20, abs=0.06)


def test_raw_noise_takes_a_map() -> None:
    clean, level = np.full((1, 4, 32, 64), 0.4, np.float32), np.zeros((1, 1, 32, 64), np.float32)
    level[..., 32:] = 6400
    spoiled = make("RawNoise").spoil(clean, level, np.random.default_rng(0))
    np.testing.assert_array_equal(spoiled[..., :32], clean[..., :32])
    assert spoiled[..., 32:].std() > 0.02


def test_the_variance_of_the_model() -> None:
    shot, read = shot_and_read(levels(0, 100, 12000))
    np.testing.assert_allclose(shot.ravel(), [0, 1e-4, 0.012], rtol=1e-6)
    np.testing.assert_allclose(
        read.ravel(),
        [0, np.exp(2.18 * np.log(1e-4) + 1.2), np.exp(2.18 * np.log(0.012) + 1.2)],
        rtol=1e-5,
    )
    np.testing.assert_allclose(
        variance(levels(0.5, 0.5, -1), shot, read).ravel(),
        [0, 5e-5 + read[1, 0, 0, 0], read[2, 0, 0, 0]],
        rtol=1e-5,
    )


def test_camera_noise_is_stronger_in_shadows_than_in_highlights_and_correlated() -> None:
    clean = np.concatenate([np.full((4, 3, 96, 96), v, np.float32) for v in (0.25, 0.85)])
    residual = (
        make("CameraNoise").spoil(clean, levels(*[3200] * 8), np.random.default_rng(0)) - clean
    )
    assert residual[:4].std() > 1.3 * residual[4:].std()
    red = residual[0, 0] - residual[0, 0].mean()
    assert (red[:, 1:] * red[:, :-1]).mean() > 0.2 * red.var()
    assert residual[0].std(1).std() < 1


def test_camera_noise_takes_grey_and_odd_sizes_and_refuses_maps() -> None:
    noise = make("CameraNoise")
    for shape in ((1, 1, 33, 17), (1, 3, 17, 16), (1, 3, 1, 1)):
        clean = scene(*shape[2:], shape[1])
        assert noise.spoil(clean, levels(800), np.random.default_rng(0)).shape == shape
        np.testing.assert_array_equal(
            noise.spoil(clean, levels(0), np.random.default_rng(0)), clean
        )
    with pytest.raises(UsageError, match="iso is one number for a picture"):
        noise.spoil(clean, np.zeros((1, 1, 1, 4), np.float32), np.random.default_rng(0))
