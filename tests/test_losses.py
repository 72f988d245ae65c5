"""Losses: held against independent formulas, finite everywhere, and blind to what a mask hides."""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import inspect
import math
import re
from collections.abc import Callable
from http.client import IncompleteRead
from pathlib import Path
from typing import Any
from urllib.error import URLError

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage, signal
from skimage.metrics import structural_similarity

torch = pytest.importorskip("torch", reason="the training wing is not installed")

import torch.nn.functional as F  # noqa: E402
from conftest import scene  # noqa: E402
from torch import Tensor, nn  # noqa: E402

from burnish import metrics  # noqa: E402
from burnish.contract import Dial  # noqa: E402
from burnish.errors import (  # noqa: E402
    ModelCorrupt,
    ModelMismatch,
    ModelMissing,
    RecipeError,
    UsageError,
)
from burnish.training.losses import LOSSES  # noqa: E402
from burnish.training.networks.restorer import Restorer  # noqa: E402
from burnish.training.optimise.optim import OPTIMIZERS  # noqa: E402
from burnish.training.optimise.schedule import SHAPES  # noqa: E402
from burnish.training.parts import features  # noqa: E402
from burnish.training.parts.build import Spec, build, check_spec, find  # noqa: E402

PAGE = Path(__file__).resolve().parents[1] / "docs" / "losses.md"
HEIGHT, WIDTH = 48, 36
Files = Callable[[str], str]


def make(use: str, **args: Any) -> Any:
    return build(Spec(use, args), LOSSES, trusted=True, place="loss")


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """The weights file of a network with random weights, only as deep as the tests look: as
    parameters, and VGG16's in the old format, as public files are.
    """
    folder = tmp_path_factory.mktemp("weights")
    generator = torch.Generator().manual_seed(1)
    for network, depth in (("VGG16", 9), ("VGG19", 9), ("SqueezeNet", 7)):
        net = nn.Sequential(*(layer for _, layer in features.BACKBONES[network].layers()[:depth]))
        for p in net.parameters():
            p.data = torch.randn(p.shape, generator=generator) * (2 / max(p[0].numel(), 8)) ** 0.5
        weights = {f"features.{name}": p for name, p in net.named_parameters()}
        torch.save(
            weights, folder / f"{network}.pth", _use_new_zipfile_serialization=network != "VGG16"
        )
    painting = np.rint(scene(64, 48)[0].transpose(1, 2, 0) * 200 + 25).astype(np.uint8)
    Image.fromarray(painting).save(folder / "painting.png")
    return lambda name: str(folder / (f"{name}.png" if name == "painting" else f"{name}.pth"))


def perceptual(files: Files, **args: Any) -> dict[str, Any]:
    return {
        "network": "SqueezeNet",
        "file": files("SqueezeNet"),
        "layers": {"conv1": 0.5, "fire3": 1.0},
        **args,
    }


#: losses that learn; test_adversarial.py is about them
LEARNT = ("Adversarial",)
#: every loss in every kind that computes something else: (name, arguments, or what makes them from
#: the weights files)
KINDS: dict[str, tuple[str, Any]] = {
    **{
        name: (name, {})
        for name in LOSSES
        if name
        not in ("Grid", "MSSSIM", "Perceptual", "Style", "Paintings", "Between", "Sum", *LEARNT)
    },
    "MSSSIM": ("MSSSIM", {"scales": 2}),
    "Grid": ("Grid", {"scale": 2, "window": 3}),
    "BCE weighted": ("BCE", {"pos_weight": 0.01}),
    "BCEWithLogits weighted": ("BCEWithLogits", {"pos_weight": 0.01}),
    "Edge laplacian": ("Edge", {"kind": "laplacian"}),
    "Frequency amplitude": ("Frequency", {"kind": "amplitude"}),
    "TotalVariation squared": ("TotalVariation", {"power": 2, "reduction": "sum"}),
    "Perceptual": ("Perceptual", lambda files: perceptual(files)),
    "style": ("Perceptual", lambda files: perceptual(files, distance="Gram")),
    "Style": (
        "Style",
        lambda files: {**perceptual(files), "picture": files("painting"), "side": 48},
    ),
    "Paintings": (
        "Paintings",
        lambda files: {
            **perceptual(files),
            "pictures": [files("painting"), files("painting")],
            "content": {"conv1": 1.0},
            "side": 48,
            "variation": 0.5,
        },
    ),
    "Between": ("Between", {"first": "L1", "second": "L2"}),
    "Sum": (
        "Sum",
        lambda files: {
            "terms": {
                "pixel": "L1",
                "feature": {
                    "use": "Perceptual",
                    "args": perceptual(files, distance="L2"),
                    "weight": 0.1,
                },
            }
        },
    ),
}


@pytest.fixture(params=list(KINDS))
def loss(request: pytest.FixtureRequest, files: Files) -> Any:
    use, args = KINDS[request.param]
    return make(use, **(args(files) if callable(args) else args))


def pair(
    seed: int = 0, dtype: Any = None, height: int = HEIGHT, width: int = WIDTH
) -> tuple[Tensor, Tensor]:
    """(restored, clean), two pictures each, strictly inside [0, 1]. [2, 3, H, W]"""
    rng = np.random.default_rng(seed)
    clean = (
        np.concatenate([scene(height, width), scene(height, width)[:, :, ::-1, ::-1]]) * 0.8 + 0.1
    )
    restored = np.clip(clean + rng.normal(0, 0.05, clean.shape), 0.01, 0.99)
    return torch.tensor(restored, dtype=dtype or torch.float32), torch.tensor(
        clean, dtype=dtype or torch.float32
    )


# what holds for all of them


def test_every_loss_of_the_table_is_tried() -> None:
    assert {use for use, _ in KINDS.values()} == set(LOSSES) - set(LEARNT)
    assert all(callable(find(name, LOSSES)) for name in LOSSES)


@pytest.mark.parametrize("picture", ["scene", "grey plane", "black", "white"])
def test_value_and_gradient_are_finite_where_nothing_differs(loss: Any, picture: str) -> None:
    planes = {
        "scene": pair()[1],
        "grey plane": torch.full((2, 3, HEIGHT, WIDTH), 0.4),
        "black": torch.zeros(2, 3, HEIGHT, WIDTH),
    }
    clean = planes.get(picture, torch.ones(2, 3, HEIGHT, WIDTH))
    restored = clean.clone().requires_grad_()
    value = loss(restored, clean)
    value.backward()
    assert value.shape == ()
    assert math.isfinite(float(value.detach()))
    assert restored.grad is not None
    assert bool(torch.isfinite(restored.grad).all())


def test_less_noise_costs_less_and_a_step_downhill_helps(loss: Any) -> None:
    restored, clean = pair()
    near = (clean + 0.2 * (restored - clean)).requires_grad_()
    value = loss(near, clean)
    if not loss.on_logits:
        assert float(value.detach()) < float(loss(restored, clean))
    (slope,) = torch.autograd.grad(value, near)
    step = 1e-4 / slope.abs().max()
    assert float(loss(near.detach() - step * slope, clean)) < float(value.detach())


def test_the_gradient_is_that_of_finite_differences(loss: Any) -> None:
    restored, clean = pair(3, torch.float64)
    loss = copy.deepcopy(loss).double()
    direction = torch.tensor(np.random.default_rng(4).normal(size=restored.shape))
    value = loss(restored.requires_grad_(), clean)
    (slope,) = torch.autograd.grad(value, restored)
    with torch.no_grad():
        step = 1e-7
        difference = (
            loss(restored + step * direction, clean) - loss(restored - step * direction, clean)
        ) / (2 * step)
    assert float((slope * direction).sum()) == pytest.approx(float(difference), rel=1e-4)


@pytest.mark.parametrize(
    "use",
    [
        "L2",
        "Charbonnier",
        "PSNR",
        "SSIM",
        "MSSSIM",
        "BCE",
        "BCEWithLogits",
        "Frequency",
        "TotalVariation",
        "Gram",
    ],
)
def test_the_whole_gradient_is_right_with_a_mask(use: str) -> None:
    args: dict[str, dict[str, Any]] = {"MSSSIM": {"scales": 1}, "TotalVariation": {"power": 2}}
    restored, clean = (x[:, :1] for x in pair(5, torch.float64, 13, 12))
    weight = torch.ones(2, 1, 13, 12, dtype=torch.float64)
    weight[0, :, :, 11:] = 0
    loss = make(use, **args.get(use, {}))
    assert torch.autograd.gradcheck(
        lambda x: loss(x, clean, weight), (restored.clone().requires_grad_(),), fast_mode=False
    )


def test_what_a_mask_hides_has_no_influence(loss: Any) -> None:
    restored, clean = pair()
    weight = torch.ones(2, 1, HEIGHT, WIDTH)
    weight[0, :, 30:], weight[1, :, :, :5] = 0, 0
    other = torch.where(
        weight == 0,
        torch.rand(restored.shape, generator=torch.Generator().manual_seed(9)),
        restored,
    )
    before, after = restored.clone().requires_grad_(), other.clone().requires_grad_()
    a, b = loss(before, clean, weight), loss(after, clean, weight)
    assert float(a.detach()) == pytest.approx(float(b.detach()), rel=1e-5)
    assert float(loss(restored, clean)) != pytest.approx(float(loss(other, clean)), rel=1e-3), (
        "the mask would not have mattered"
    )
    a.backward()
    assert before.grad is not None
    assert float((before.grad * (weight == 0)).abs().max()) == 0
    assert float((before.grad * (weight == 1)).abs().max()) > 0


def test_a_weight_of_one_is_none_and_of_two_is_twice(loss: Any) -> None:
    restored, clean = pair()
    plain = float(loss(restored, clean))
    for shape in ((2, 1, 1, 1), (2, 1, HEIGHT, WIDTH), (2, 3, HEIGHT, WIDTH)):
        assert float(loss(restored, clean, torch.ones(shape))) == pytest.approx(plain, rel=1e-5)
        assert float(loss(restored, clean, torch.full(shape, 2.0))) == pytest.approx(
            2 * plain, rel=1e-5
        )


def test_a_picture_of_weight_zero_is_left_out(loss: Any) -> None:
    restored, clean = pair()
    value = float(loss(restored, clean, torch.tensor([1.0, 0.0]).view(2, 1, 1, 1)))
    assert value == pytest.approx(float(loss(restored[:1], clean[:1])) / 2, rel=1e-4)


def test_autocast_and_half_precision_change_nothing(loss: Any) -> None:
    restored, clean = pair()
    plain = loss(restored, clean)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(loss(restored, clean), plain)
    half = loss(restored.bfloat16(), clean.bfloat16())
    assert half.dtype == torch.float32
    assert torch.equal(half, loss(restored.bfloat16().float(), clean.bfloat16().float()))


def test_a_loss_has_no_parameters_and_an_empty_state(loss: Any) -> None:
    assert list(loss.parameters()) == []
    assert loss.state_dict() == {}
    restored, clean = pair()
    assert torch.equal(copy.deepcopy(loss)(restored, clean), loss(restored, clean))


def test_pictures_of_two_shapes_are_refused(loss: Any) -> None:
    restored, clean = pair()
    with pytest.raises(
        UsageError, match=r"of one shape, not \[2, 3, 48, 36\] \(restored\) with \[2, 1, 48, 36\]"
    ):
        loss(restored, clean[:, :1])


# each against its own reference


def arrays(*tensors: Tensor) -> list[NDArray[np.float64]]:
    return [t.double().numpy() for t in tensors]


def test_pixel_losses() -> None:
    restored, clean = pair()
    weight = torch.rand(2, 1, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(2))
    a, b, w = arrays(restored, clean, weight)
    expected = {
        "L1": np.abs(a - b),
        "L2": (a - b) ** 2,
        "Charbonnier": np.hypot(a - b, 1e-3),
    }
    for use, error in expected.items():
        assert float(make(use)(restored, clean)) == pytest.approx(error.mean(), rel=1e-5)
        assert float(make(use)(restored, clean, weight)) == pytest.approx(
            (w * error).mean(), rel=1e-5
        )
    assert float(make("L1")(restored, clean)) == pytest.approx(float(F.l1_loss(restored, clean)))
    assert float(make("L2")(restored, clean)) == pytest.approx(float(F.mse_loss(restored, clean)))
    psnr = [-10 * math.log10(1 / (np.mean((a[i] - b[i]) ** 2) + 1e-6)) for i in range(2)]
    assert float(make("PSNR")(restored, clean)) == pytest.approx(np.mean(psnr), rel=1e-5)


SSIM_OF_THE_FIELD: dict[str, Any] = {
    "gaussian_weights": True,
    "sigma": 1.5,
    "use_sample_covariance": False,
    "data_range": 1.0,
}


def test_ssim_is_that_of_scikit_image_and_of_the_metrics_room() -> None:
    restored, clean = ((x * 255).round() / 255 for x in pair())
    value = float(make("SSIM")(restored, clean))
    ours = [metrics.ssim(restored[i].numpy(), clean[i].numpy()) for i in range(2)]
    assert 1 - value == pytest.approx(np.mean(ours), abs=2e-6)
    theirs = []
    for a, b in zip(*arrays(*pair()), strict=True):
        whole = structural_similarity(a, b, channel_axis=0, full=True, **SSIM_OF_THE_FIELD)[1]
        theirs.append(whole[:, 5:-5, 5:-5].mean())
    assert 1 - float(make("SSIM")(*pair())) == pytest.approx(np.mean(theirs), abs=2e-6)


def test_ms_ssim_is_its_published_formula() -> None:
    """Five scales by SciPy's convolution, moments not taken by sum and difference."""
    restored, clean = pair(7, None, 180, 190)
    taps = np.exp(-0.5 * (np.arange(-5, 6) / 1.5) ** 2)
    window = np.outer(taps, taps) / taps.sum() ** 2

    def mean(plane: NDArray[np.float64]) -> Any:
        return signal.convolve2d(plane, window, "valid")

    def halved(plane: NDArray[np.float64]) -> Any:
        height, width = (side // 2 * 2 for side in plane.shape)
        return plane[:height, :width].reshape(height // 2, 2, width // 2, 2).mean((1, 3))

    values = []
    for x, y in zip(*(a.reshape(-1, 180, 190) for a in arrays(restored, clean)), strict=True):
        value = 1.0
        for i, power in enumerate((0.0448, 0.2856, 0.3001, 0.2363, 0.1333)):
            mx, my = mean(x), mean(y)
            structure = (2 * (mean(x * y) - mx * my) + 0.03**2) / (
                mean(x * x) - mx**2 + mean(y * y) - my**2 + 0.03**2
            )
            luminance = (2 * mx * my + 0.01**2) / (mx**2 + my**2 + 0.01**2)
            value *= (structure * luminance if i == 4 else structure).mean() ** power
            x, y = halved(x), halved(y)
        values.append(value)
    assert 1 - float(make("MSSSIM")(restored, clean)) == pytest.approx(np.mean(values), abs=1e-5)


def test_ms_ssim_of_one_scale_is_ssim_and_small_pictures_are_refused() -> None:
    restored, clean = pair()
    one = [float(make("SSIM")(restored[:1, c : c + 1], clean[:1, c : c + 1])) for c in range(3)]
    assert float(make("MSSSIM", scales=1)(restored[:1], clean[:1])) == pytest.approx(
        np.mean(one), rel=1e-5
    )
    with pytest.raises(
        UsageError,
        match=r"MSSSIM of 5 scales wants pictures of 176x176 and more, not 36x48; "
        r"take fewer scales, a larger data\.crop, or SSIM",
    ):
        make("MSSSIM")(restored, clean)
    with pytest.raises(UsageError, match="SSIM wants pictures of 11x11 and more, not 10x48"):
        make("SSIM")(restored[..., :10], clean[..., :10])


def test_a_loss_says_the_smallest_picture_that_it_can_compare(files: Files) -> None:
    nested = make(
        "Sum",
        terms={
            "pixel": "L1",
            "inner": {
                "use": "Sum",
                "args": {"terms": {"a": {"use": "MSSSIM", "args": {"scales": 3}}, "b": "SSIM"}},
            },
        },
    )
    losses = (
        make("L1"),
        make("SSIM"),
        make("MSSSIM"),
        nested,
        make("Perceptual", **perceptual(files)),
    )
    assert [loss.least for loss in losses] == [1, 11, 176, 44, 32]
    for loss in losses[1:]:
        least = loss.least
        restored, clean = pair(0, None, least, least)
        assert math.isfinite(float(loss(restored, clean)))
        with pytest.raises(UsageError, match=f"{least}x{least} and more"):
            loss(restored[..., 1:], clean[..., 1:])


def test_a_grid_costs_itself_and_detail_of_single_blocks_nearly_nothing() -> None:
    clean = torch.full((1, 3, 48, 48), 0.5)
    grid = torch.zeros_like(clean)
    grid[..., ::2, ::2] = 0.04  # one of four places lighter: they lie 0.03 and 0.01 from their mean
    grain = 0.02 * torch.randn(clean.shape, generator=torch.Generator().manual_seed(0))
    loss = make("Grid", scale=2)
    assert float(loss(clean + grid, clean)) == pytest.approx((0.03 + 3 * 0.01) / 4, rel=1e-4)
    assert float(loss(clean + grain, clean)) < 0.2 * float(grain.abs().mean())
    assert float(loss(clean + 0.1, clean)) == pytest.approx(0, abs=1e-6)  # all places alike
    with pytest.raises(RecipeError, match="scale and window are 2 or more, not 1 and 6"):
        make("Grid", scale=1)


def test_ms_ssim_survives_a_negative_structure() -> None:
    clean = pair()[1]
    restored = (1 - clean).requires_grad_()
    value = make("MSSSIM", scales=2)(restored, clean)
    (slope,) = torch.autograd.grad(value, restored)
    assert 0.9 < float(value.detach()) <= 1
    assert bool(torch.isfinite(slope).all())


@pytest.mark.parametrize("pos_weight", [None, 0.01, 3.0])
def test_cross_entropies_are_those_of_torch(pos_weight: float | None) -> None:
    logits, clean = 12 * (pair()[0] - 0.5), pair()[1].round()
    weighing = None if pos_weight is None else torch.tensor(pos_weight)
    expected = F.binary_cross_entropy_with_logits(logits, clean, pos_weight=weighing)
    assert float(make("BCEWithLogits", pos_weight=pos_weight)(logits, clean)) == pytest.approx(
        float(expected), rel=1e-5
    )
    assert float(make("BCE", pos_weight=pos_weight)(torch.sigmoid(logits), clean)) == pytest.approx(
        float(expected), rel=1e-5
    )
    if pos_weight is None:
        soft = pair()[1]
        assert float(make("BCE")(torch.sigmoid(logits), soft)) == pytest.approx(
            float(F.binary_cross_entropy(torch.sigmoid(logits), soft)), rel=1e-5
        )


def test_pos_weight_weighs_the_white_pixels() -> None:
    paper, ink = torch.ones(1, 1, 4, 4), torch.zeros(1, 1, 4, 4)
    wrong = torch.full((1, 1, 4, 4), 0.5)
    for light, heavy in ((make("BCE"), make("BCE", pos_weight=0.01)),):
        assert float(heavy(wrong, paper)) == pytest.approx(0.01 * float(light(wrong, paper)))
        assert float(heavy(wrong, ink)) == pytest.approx(float(light(wrong, ink)))


def test_cross_entropy_at_the_ends() -> None:
    """Certain and wrong: finite, and on logits still with a slope; what is no probability is
    refused.
    """
    ends, wrong = (
        torch.tensor([0.0, 1.0]).view(1, 1, 1, 2).requires_grad_(),
        torch.tensor([1.0, 0.0]).view(1, 1, 1, 2),
    )
    value = make("BCE")(ends, wrong)
    value.backward()
    assert math.isfinite(float(value.detach()))
    logits = torch.tensor([-80.0, 80.0]).view(1, 1, 1, 2).requires_grad_()
    value = make("BCEWithLogits")(logits, wrong)
    value.backward()
    assert float(value.detach()) == pytest.approx(80)
    assert logits.grad is not None
    assert logits.grad.flatten().tolist() == [-0.5, 0.5]
    with pytest.raises(
        UsageError, match=r"BCE wants a network whose output lies in \[0, 1\].*BCEWithLogits"
    ):
        make("BCE")(torch.full((1, 1, 1, 2), 1.01), wrong)


def test_edge_is_that_of_numpy_and_scipy() -> None:
    restored, clean = pair()
    a, b = arrays(restored, clean)
    gradient = (
        np.abs(np.diff(a, axis=3) - np.diff(b, axis=3)).mean()
        + np.abs(np.diff(a, axis=2) - np.diff(b, axis=2)).mean()
    )
    assert float(make("Edge")(restored, clean)) == pytest.approx(gradient, rel=1e-5)
    kernel = np.array([[0, -1, 0], [-1, 4, -1], [0, -1, 0]], float)[None, None]
    laplacian = np.abs(ndimage.convolve(a, kernel) - ndimage.convolve(b, kernel))[
        :, :, 1:-1, 1:-1
    ].mean()
    assert float(make("Edge", kind="laplacian")(restored, clean)) == pytest.approx(
        laplacian, rel=1e-5
    )
    assert float(make("Edge")(clean + 0.1, clean)) == pytest.approx(0, abs=1e-6), (
        "an edge loss sees no brightness"
    )


def test_total_variation_is_that_of_numpy() -> None:
    restored, clean = pair()
    (a,) = arrays(restored)
    rows, columns = np.diff(a, axis=3), np.diff(a, axis=2)
    assert float(make("TotalVariation")(restored, clean)) == pytest.approx(
        np.abs(rows).mean() + np.abs(columns).mean(), rel=1e-5
    )
    squared = (rows**2).sum((1, 2, 3)).mean() + (columns**2).sum((1, 2, 3)).mean()
    assert float(
        make("TotalVariation", power=2, reduction="sum")(restored, clean)
    ) == pytest.approx(squared, rel=1e-5)


def test_frequency_is_that_of_numpy() -> None:
    restored, clean = pair()
    a, b = (np.fft.rfft2(x, norm="ortho") for x in arrays(restored, clean))
    assert float(make("Frequency")(restored, clean)) == pytest.approx(
        (np.abs((a - b).real) + np.abs((a - b).imag)).mean() / 2, rel=1e-5
    )
    assert float(make("Frequency", kind="amplitude")(restored, clean)) == pytest.approx(
        np.abs(np.abs(a) - np.abs(b)).mean(), rel=1e-5
    )
    assert float(make("Frequency", kind="amplitude")(clean.roll(5, 3), clean)) == pytest.approx(
        0, abs=1e-6
    ), "an amplitude sees no shift"


def test_gram_is_the_paper_s() -> None:
    restored, clean = pair()
    a, b = (
        np.einsum("bchw,bdhw->bcd", x, x) / (3 * HEIGHT * WIDTH) for x in arrays(restored, clean)
    )
    assert float(make("Gram")(restored, clean)) == pytest.approx(
        ((a - b) ** 2).sum((1, 2)).mean(), rel=1e-4
    )
    assert float(make("Gram")(clean.flip(2), clean)) == pytest.approx(0, abs=1e-10), (
        "a Gram matrix does not know where"
    )


# frozen networks


@pytest.mark.parametrize("network", ["VGG16", "VGG19"])
def test_vgg_features_are_those_of_its_formula(network: str, files: Files) -> None:
    """By hand: convolution 0, 2 | pool | 5, 7, on ImageNet's normalisation."""
    picture, _ = pair()
    weights = {
        name: p.detach() for name, p in torch.load(files(network), weights_only=True).items()
    }
    mean, spread = (
        torch.tensor(v).view(1, 3, 1, 1) for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    )
    x = (picture - mean) / spread
    expected = {}
    for key, name in ((0, "1_1"), (2, "1_2"), (5, "2_1"), (7, "2_2")):
        expected[f"conv{name}"] = x = F.conv2d(
            x, weights[f"features.{key}.weight"], weights[f"features.{key}.bias"], padding=1
        )
        expected[f"relu{name}"] = x = F.relu(x)
        if name == "1_2":
            expected["pool1"] = x = F.max_pool2d(x, 2)
    found = features.FeatureExtractor(network, list(expected), files(network))(picture)
    assert list(found) == list(expected)
    for name, values in found.items():
        torch.testing.assert_close(values, expected[name], msg=name)


@pytest.mark.parametrize(
    ("network", "keys", "pools"), [("VGG16", 13, 5), ("VGG19", 16, 5), ("SqueezeNet", 1 + 3 * 8, 3)]
)
def test_the_networks_are_torchvision_s(network: str, keys: int, pools: int) -> None:
    """As many convolutions as published, at torchvision's places: VGG-16's last is features.28,
    VGG-19's features.34, SqueezeNet's last block features.12.
    """
    layers = features.BACKBONES[network].layers()
    net = nn.Sequential(*(layer for _, layer in layers))
    weights = [name for name, _ in net.named_parameters() if name.endswith("weight")]
    assert len(weights) == keys
    assert sum(name.startswith("pool") for name, _ in layers) == pools
    assert (
        weights[-1]
        == {"VGG16": "28.weight", "VGG19": "34.weight", "SqueezeNet": "12.expand3x3.weight"}[
            network
        ]
    )
    assert (
        sum(p.numel() for p in net.parameters())
        == {"VGG16": 14_714_688, "VGG19": 20_024_384, "SqueezeNet": 722_496}[network]
    )


def squeezenet_by_hand(picture: Tensor, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """fire2 and fire3 of SqueezeNet 1.1 from Caffe's input: BGR, 0..255, less its mean."""

    def convolve(x: Tensor, key: str, **settings: Any) -> Tensor:
        return F.relu(
            F.conv2d(
                x,
                weights[f"features.{key}.weight"].detach(),
                weights[f"features.{key}.bias"].detach(),
                **settings,
            )
        )

    x = picture[:, [2, 1, 0]] * 255 - torch.tensor([103.939, 116.779, 123.68]).view(1, 3, 1, 1)
    x = F.max_pool2d(convolve(x, "0", stride=2), 3, 2, ceil_mode=True)
    found = {}
    for key, name in ((3, "fire2"), (4, "fire3")):
        small = convolve(x, f"{key}.squeeze")
        found[name] = x = torch.cat(
            [convolve(small, f"{key}.expand1x1"), convolve(small, f"{key}.expand3x3", padding=1)], 1
        )
    return found


def test_squeezenet_features_are_those_of_its_formula(files: Files) -> None:
    expected = squeezenet_by_hand(pair()[0], torch.load(files("SqueezeNet"), weights_only=True))
    found = features.FeatureExtractor("SqueezeNet", ["fire2", "fire3"], files("SqueezeNet"))(
        pair()[0]
    )
    for name in expected:
        torch.testing.assert_close(found[name], expected[name], msg=name)


def test_a_perceptual_loss_is_the_weighted_sum_of_its_layers_distances(files: Files) -> None:
    restored, clean = pair()
    weights = torch.load(files("SqueezeNet"), weights_only=True)
    a, b = squeezenet_by_hand(restored, weights), squeezenet_by_hand(clean, weights)
    for distance, reference in (
        ("L1", F.l1_loss),
        ("L2", F.mse_loss),
        ({"use": "Charbonnier", "args": {"eps": 0.5}}, None),
    ):
        loss = make(
            "Perceptual",
            network="SqueezeNet",
            file=files("SqueezeNet"),
            layers={"fire2": 0.25, "fire3": 2},
            distance=distance,
        )
        terms = loss.terms(restored, clean)
        assert list(terms) == ["fire2", "fire3"]
        assert float(loss(restored, clean)) == pytest.approx(
            sum(float(value) for value in terms.values())
        )
        for (name, value), share in zip(terms.items(), (0.25, 2), strict=True):
            expected = (
                reference(a[name], b[name])
                if reference
                else ((a[name] - b[name]) ** 2 + 0.25).sqrt().mean()
            )
            assert float(value) == pytest.approx(share * float(expected), rel=1e-4)


def test_directions_are_two_less_twice_the_cosine_and_know_no_strength() -> None:
    loss = make("Direction")
    one = torch.tensor([3.0, 4.0]).view(1, 2, 1, 1).expand(1, 2, 2, 3)
    other = torch.tensor([4.0, 3.0]).view(1, 2, 1, 1).expand(1, 2, 2, 3)
    assert float(loss(one, other)) == pytest.approx(2 - 2 * 24 / 25)
    assert float(loss(one, 7 * one)) == pytest.approx(0, abs=1e-12)
    right = torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]).view(1, 1, 2, 3)
    assert float(loss(one, other, right)) == pytest.approx((2 - 2 * 24 / 25) / 6)


def test_a_perceptual_loss_looks_from_another_place_each_time(files: Files) -> None:
    restored, clean = pair(height=80, width=70)
    plain, shifted = (make("Perceptual", **perceptual(files, shift=n)) for n in (0, 6))
    torch.manual_seed(3)
    found = [float(shifted(restored, clean)) for _ in range(12)]
    torch.manual_seed(3)
    for value in found:
        top, left = torch.randint(6, (2,)).tolist()
        expected = float(plain(restored[..., top:, left:], clean[..., top:, left:]))
        assert value == pytest.approx(expected, rel=1e-5)
    assert len({round(value, 6) for value in found}) > 3
    mask = torch.ones(1, 1, 80, 70)
    mask[..., 40:] = 0
    torch.manual_seed(3)
    top, left = torch.randint(6, (2,)).tolist()
    expected = float(
        plain(restored[..., top:, left:], clean[..., top:, left:], mask[..., top:, left:])
    )
    torch.manual_seed(3)
    assert float(shifted(restored, clean, mask)) == pytest.approx(expected, rel=1e-5)
    with pytest.raises(RecipeError, match="shift"):
        make("Perceptual", **perceptual(files, shift=-1))
    assert (plain.least, shifted.least) == (32, 37)


def test_a_grey_picture_is_repeated(files: Files) -> None:
    restored, clean = (x[:, :1] for x in pair())
    loss = make("Perceptual", **perceptual(files))
    assert float(loss(restored, clean)) == pytest.approx(
        float(loss(restored.expand(-1, 3, -1, -1), clean.expand(-1, 3, -1, -1)))
    )
    for wrong in (torch.zeros(1, 4, 40, 40), torch.zeros(1, 3, 40, 31)):
        with pytest.raises(
            UsageError,
            match=(
                "a feature network wants pictures of 1 or 3 channels and 32x32 and more, not "
                "of shape"
            ),
        ):
            loss(wrong, wrong)


def test_building_a_frozen_network_draws_nothing_and_it_moves_with_its_module(files: Files) -> None:
    before = torch.get_rng_state()
    loss = make("Perceptual", **perceptual(files))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(not t.requires_grad and t.device.type == "cpu" for t in loss.buffers())
    assert {t.device.type for t in loss.to("meta").buffers()} == {"meta"}


@pytest.mark.shared
def test_the_real_squeezenet_sees_structure_rather_than_noise(shared: Path) -> None:
    """The real weights: the activations of the formula; and a blur costs more than brightness that
    is as far away in squares.
    """
    file = shared / "weights" / "squeezenet11_features.pth"
    clean = torch.from_numpy(scene(96, 96))
    expected = squeezenet_by_hand(clean, torch.load(file, weights_only=True))
    found = features.FeatureExtractor("SqueezeNet", ["fire2", "fire3", "fire9"], str(file))(clean)
    torch.testing.assert_close(found["fire3"], expected["fire3"])
    assert found["fire9"].shape == (1, 512, 5, 5)
    loss = make("Perceptual", network="SqueezeNet", file=str(file), layers={"fire3": 1, "fire5": 1})
    blurred = F.avg_pool2d(clean, 3, 1, 1, count_include_pad=False)
    brighter = clean + float((blurred - clean).square().mean().sqrt())
    assert float(loss(blurred, clean)) > 2 * float(loss(brighter, clean)) > 0


# weights files


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(features, "cache_folder", lambda: tmp_path / "burnish")
    return tmp_path / "burnish" / "features"


def test_public_weights_are_fetched_once_and_held_against_their_checksum(
    cache: Path, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = Path(files("VGG16")).read_bytes()
    name = f"tiny-{hashlib.sha256(data).hexdigest()[:8]}.pth"
    monkeypatch.setitem(
        features.BACKBONES, "VGG16", dataclasses.replace(features.BACKBONES["VGG16"], public=name)
    )
    asked = []

    def fetch(url: str, target: str, hash_prefix: str, progress: bool) -> None:
        asked.append((url, hash_prefix))
        Path(target).write_bytes(data)

    monkeypatch.setattr("torch.hub.download_url_to_file", fetch)
    for _ in range(2):
        make("Perceptual", layers={"relu2_2": 1})(*pair())
    assert asked == [(f"https://download.pytorch.org/models/{name}", name[5:13])]
    (cache / name).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(
        ModelCorrupt, match="not the file that its name says, by its checksum; remove it"
    ):
        make("Perceptual", layers={"relu2_2": 1})


@pytest.mark.parametrize("trouble", [URLError("no route to host"), IncompleteRead(b"")])
def test_offline_one_sentence_says_where_the_file_belongs(
    cache: Path, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    def fetch(*args: Any, **settings: Any) -> None:
        raise trouble

    monkeypatch.setattr("torch.hub.download_url_to_file", fetch)
    with pytest.raises(ModelMissing) as raised:
        make("Perceptual", layers={"conv5_4": 1}, network="VGG19")
    for word in (
        "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth",
        str(trouble),
        str(cache / "vgg19-dcbb9e9d.pth"),
        "`file`",
    ):
        assert word in str(raised.value)
    assert "\n" not in str(raised.value)


def test_files_that_do_not_fit_are_named(tmp_path: Path, files: Files) -> None:
    with pytest.raises(ModelMissing, match=r"none\.pth: no such file"):
        make("Perceptual", layers={"relu1_1": 1}, file=str(tmp_path / "none.pth"))
    with pytest.raises(ModelMissing, match="SqueezeNet has no public file.*`file`"):
        make("Perceptual", layers={"fire3": 1}, network="SqueezeNet")
    with pytest.raises(
        ModelMismatch,
        match=r"SqueezeNet\.pth: features\.2\.weight is missing, but this network wants "
        r"\[64, 64, 3, 3\]",
    ):
        make("Perceptual", layers={"relu1_2": 1}, file=files("SqueezeNet"))
    (tmp_path / "bad.pth").write_bytes(b"no tensors")
    with pytest.raises(ModelCorrupt, match=r"bad\.pth: not a file of plain tensors"):
        make("Perceptual", layers={"relu1_1": 1}, file=str(tmp_path / "bad.pth"))


class Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("exploded"),))


def test_a_file_with_code_in_it_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"features.0.weight": Bomb()}, tmp_path / "bomb.pth")
    with pytest.raises(ModelCorrupt):
        make("Perceptual", layers={"relu1_1": 1}, file="bomb.pth")
    assert not (tmp_path / "exploded").exists()


# sums, and specs within specs


def test_a_sum_is_its_terms_and_names_those_of_its_terms(files: Files) -> None:
    restored, clean = pair()
    inner = {
        "use": "Sum",
        "args": {"terms": {"a": "L1", "b": {"use": "Edge", "weight": 3}}},
        "weight": 2,
    }
    loss = make(
        "Sum",
        terms={
            "pixel": "L2",
            "more": inner,
            "feature": {"use": "Perceptual", "args": perceptual(files), "weight": 0.1},
        },
    )
    terms = loss.terms(restored, clean)
    assert list(terms) == ["pixel", "more/a", "more/b", "feature/conv1", "feature/fire3"]
    assert float(terms["more/b"]) == pytest.approx(6 * float(make("Edge")(restored, clean)))
    assert float(terms["feature/conv1"]) == pytest.approx(
        0.1 * float(make("Perceptual", **perceptual(files)).terms(restored, clean)["conv1"])
    )
    assert float(loss(restored, clean)) == pytest.approx(
        sum(float(value) for value in terms.values())
    )


def test_a_sum_with_a_loss_on_logits_gives_the_others_their_sigmoid() -> None:
    logits, clean = 6 * (pair()[0] - 0.5), pair()[1]
    loss = make("Sum", terms={"bce": "BCEWithLogits", "pixel": "L1"})
    terms = loss.terms(logits, clean)
    assert loss.on_logits
    assert float(terms["bce"]) == pytest.approx(
        float(F.binary_cross_entropy_with_logits(logits, clean)), rel=1e-5
    )
    assert float(terms["pixel"]) == pytest.approx(
        float(F.l1_loss(torch.sigmoid(logits), clean)), rel=1e-5
    )
    assert make("Sum", terms={"outer": loss_spec("BCEWithLogits")}).on_logits
    assert not make("Sum", terms={"pixel": "L1"}).on_logits


def loss_spec(use: str) -> dict[str, Any]:
    return {"use": "Sum", "args": {"terms": {"inner": use}}}


@pytest.mark.parametrize(
    ("use", "args", "words"),
    [
        (
            "Charbonier",
            {},
            ["loss.use", "'Charbonier'", "did you mean 'Charbonnier'", "TotalVariation"],
        ),
        ("L2", {"eps": 1}, ["loss.args.eps", "unknown argument"]),
        ("Charbonnier", {"epsilon": 1}, ["loss.args.epsilon", "did you mean 'eps'"]),
        (
            "Sum",
            {"terms": {"pixel": "L1", "feature": {"use": "Perceptal"}}},
            ["loss.args.terms.feature.use", "did you mean 'Perceptual'"],
        ),
        ("Sum", {"terms": {"pixel": "l1"}}, ["loss.args.terms.pixel.use", "'l1'", "L1"]),
        (
            "Sum",
            {"terms": {"pixel": {"use": "L1", "wieght": 1}}},
            ["loss.args.terms.pixel", "`use`", "wieght"],
        ),
        (
            "Sum",
            {"terms": {"pixel": {"use": "L1", "weight": -1}}},
            ["loss.args.terms.pixel.weight", "0 or more", "-1"],
        ),
        (
            "Sum",
            {"terms": {"pixel": {"use": "L1", "weight": True}}},
            ["loss.args.terms.pixel.weight", "True"],
        ),
        (
            "Sum",
            {"terms": {"edge": {"use": "Edge", "args": {"kid": 1}}}},
            ["loss.args.terms.edge.args.kid", "did you mean 'kind'"],
        ),
        (
            "Sum",
            {
                "terms": {
                    "f": {"use": "Perceptual", "args": {"layers": {"relu2_2": 1}, "distance": "L4"}}
                }
            },
            ["loss.args.terms.f.args.distance.use", "'L4'", "Gram"],
        ),
        (
            "Perceptual",
            {"layers": {}, "distance": {"use": "L1", "args": {"eps": 1}}},
            ["loss.args.distance.args.eps", "unknown argument"],
        ),
        ("Sum", {"term": {}}, ["loss.args.term", "did you mean 'terms'"]),
    ],
)
def test_a_typo_at_any_depth_is_named_before_anything_is_built(
    use: str, args: dict[str, Any], words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: nn.Module) -> None:
        raise AssertionError("something was built")

    with pytest.raises(RecipeError) as raised:
        check_spec(Spec(use, args), LOSSES, trusted=True, place="loss")
    monkeypatch.setattr(nn.Module, "__init__", refuse)
    with pytest.raises(RecipeError) as again:
        make(use, **args)
    assert str(again.value) == str(raised.value)
    for word in words:
        assert word in str(raised.value)


@pytest.mark.parametrize(
    ("use", "args", "words"),
    [
        ("Sum", {"terms": {}}, ["loss: Sum cannot be built", "mapping of names to losses"]),
        ("Sum", {"terms": "L1"}, ["loss: Sum cannot be built", "mapping of names to losses"]),
        (
            "Sum",
            {"terms": {"c": {"use": "Charbonnier", "args": {"eps": 0}}}},
            ["loss.args.terms.c: Charbonnier cannot be built", "above 0"],
        ),
        ("Perceptual", {}, ["loss.args: layers missing"]),
        ("Perceptual", {"layers": ["relu2_2"]}, ["mapping of layers to weights", "relu2_2"]),
        ("Perceptual", {"layers": {"relu2_2": 0}}, ["weights above 0"]),
        ("Perceptual", {"layers": {"relu2_3": 1}}, ["VGG16 has no 'relu2_3'", "relu2_2"]),
        (
            "Perceptual",
            {"layers": {"relu2_2": 1}, "network": "VGG17"},
            ["there is no 'VGG17'", "VGG16, VGG19, SqueezeNet"],
        ),
        ("MSSSIM", {"scales": 6}, ["scales is a whole number from 1 to 5, not 6"]),
        ("MSSSIM", {"scales": 2.5}, ["whole number from 1 to 5, not 2.5"]),
        ("BCE", {"pos_weight": 0}, ["pos_weight is a number above 0"]),
        ("BCEWithLogits", {"pos_weight": [1, 2]}, ["pos_weight is a number above 0"]),
        ("Edge", {"kind": "sobel"}, ["'sobel'", "gradient, laplacian"]),
        ("Frequency", {"kind": "phase"}, ["'phase'", "complex, amplitude"]),
        ("TotalVariation", {"power": 3}, ["power is 1 or 2"]),
    ],
)
def test_a_wrong_value_is_named(use: str, args: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(RecipeError) as raised:
        make(use, **args)
    for word in words:
        assert word in str(raised.value)


def test_the_page_names_every_loss_optimizer_and_schedule_with_its_arguments() -> None:
    page = PAGE.read_text(encoding="utf-8")
    rows = {
        name: row
        for row in page.splitlines()
        if row.startswith("| `")
        for name in re.findall(r"`(\w+)`", row.split("|")[1])
    }
    arguments = {name: list(inspect.signature(find(name, LOSSES)).parameters) for name in LOSSES}
    arguments.update(
        {name: [f.name for f in dataclasses.fields(kind)] for name, kind in SHAPES.items()}
    )
    assert set(rows) == set(arguments)
    for name, given in arguments.items():
        assert [f"`{a}`" for a in given if f"`{a}`" not in rows[name]] == [], name
    assert [name for name in OPTIMIZERS if f"`{name}`" not in page] == []


def test_between_mixes_two_losses_by_each_pictures_level() -> None:
    restored, clean = pair()
    loss, first, second = (
        make("Between", first="L1", second="L2", low=0, high=2),
        make("L1"),
        make("L2"),
    )
    level = torch.tensor([0.5, 2.0]).view(2, 1, 1, 1)
    terms = loss.terms(restored, clean, None, level)
    assert float(terms["first"]) == pytest.approx(
        0.75 * float(first(restored[:1], clean[:1])) / 2, rel=1e-5
    )
    assert float(terms["second"]) == pytest.approx(
        (0.25 * float(second(restored[:1], clean[:1])) + float(second(restored[1:], clean[1:])))
        / 2,
        rel=1e-5,
    )
    assert float(loss(restored, clean, None, level)) == pytest.approx(
        sum(map(float, terms.values())), rel=1e-6
    )
    assert float(loss(restored, clean)) == pytest.approx(
        (float(first(restored, clean)) + float(second(restored, clean))) / 2, rel=1e-5
    )
    mask = torch.tensor([1.0, 0.0]).view(2, 1, 1, 1)
    assert float(loss(restored, clean, mask, level)) == pytest.approx(
        (
            0.75 * float(first(restored[:1], clean[:1]))
            + 0.25 * float(second(restored[:1], clean[:1]))
        )
        / 2,
        rel=1e-5,
    )
    with pytest.raises(RecipeError, match="neither of the two may want logits"):
        make("Between", first="BCEWithLogits", second="L1")
    with pytest.raises(RecipeError, match="the Sum goes inside it"):
        make("Sum", terms={"a": {"use": "Between", "args": {"first": "L1", "second": "L2"}}})


def test_style_is_that_of_the_painting_and_not_of_the_clean_picture(files: Files) -> None:
    restored, clean = pair()
    args = {**perceptual(files), "picture": files("painting"), "side": 48}
    loss = make("Style", **args)
    with Image.open(files("painting")) as file:
        painting = torch.from_numpy(
            np.asarray(file, np.float32).transpose(2, 0, 1)[None].copy() / 255
        )
    assert float(loss(painting, painting)) == pytest.approx(0, abs=1e-10)
    assert float(loss(restored, clean)) == pytest.approx(
        float(loss(restored, clean.flip(-1))), rel=1e-6
    )
    assert float(loss(painting, painting)) < float(loss(restored, clean))
    reference = make("Perceptual", **perceptual(files, distance="Gram"))
    both = torch.cat([painting, painting])[..., :HEIGHT, :WIDTH]
    with torch.no_grad():
        grams = {name: ours for name, ours in loss.named_buffers() if name.startswith("gram_")}
    assert set(grams) == {"gram_conv1", "gram_fire3"}
    assert float(reference(restored, both)) > 0
    with pytest.raises(RecipeError, match="side 8 is too small"):
        make("Style", **{**args, "side": 8})


def test_paintings_are_mixed_by_each_pictures_level(files: Files, tmp_path: Path) -> None:
    restored, clean = pair()
    other = tmp_path / "other.png"
    Image.fromarray(np.rint(scene(64, 48)[0, ::-1].transpose(1, 2, 0) * 255).astype(np.uint8)).save(
        other
    )
    args = {**perceptual(files), "content": {"conv1": 1}, "side": 48}

    def style(pictures: list[str], level: list[float] | None, which: slice) -> float:
        loss = make("Paintings", pictures=pictures, high=100, **args)
        told = None if level is None else torch.tensor(level).view(-1, 1, 1, 1)
        return float(loss.terms(restored[which], clean[which], None, told)["style"])

    first, second = files("painting"), str(other)
    a = style([first], None, slice(0, 1))
    b = style([second], None, slice(1, 2))
    middle = (style([first], None, slice(1, 2)) + b) / 2
    assert a != pytest.approx(b, rel=0.01)
    assert style([first, second], [0, 100], slice(0, 2)) == pytest.approx((a + b) / 2, rel=1e-5)
    assert style([first, second], [0, 50], slice(0, 2)) == pytest.approx((a + middle) / 2, rel=1e-5)
    assert style([first, second], None, slice(1, 2)) == pytest.approx(middle, rel=1e-5)
    with pytest.raises(RecipeError, match="low below high"):
        make("Paintings", pictures=[first], low=1, high=1, **args)


def test_content_costs_nothing_where_nothing_changed(files: Files) -> None:
    restored, clean = pair()
    loss = make(
        "Paintings",
        **{**perceptual(files), "pictures": [files("painting")], "content": {"fire3": 1}},
    )
    assert float(loss.terms(clean, clean)["content"]) == 0
    grey = torch.einsum("c,bchw->bhw", torch.tensor([0.299, 0.587, 0.114]), clean)[:, None]
    paler = 0.3 + 0.5 * grey.expand(-1, 3, -1, -1)
    kept = float(loss.terms(paler, clean)["content"])
    assert kept < 0.01 * float(loss.terms(restored, clean)["content"])
    assert float(loss.terms(restored, clean)["content"]) > 0
    assert float(loss.terms(restored, clean)["variation"]) == 0
    loss = make(
        "Paintings", **{**perceptual(files), "pictures": [files("painting")], "content": {}}
    )
    assert float(loss.terms(restored, clean)["content"]) == 0
    assert float(loss.terms(restored, clean)["style"]) > 0


def test_one_of_our_networks_tells_two_pictures_apart(tmp_path: Path) -> None:
    torch.manual_seed(0)
    base = {"use": "ResUNet", "args": {"widths": [8, 12], "blocks": 1}}
    dial = Dial("noise", 0, 75, 25, "sigma in 8-bit steps")
    file = tmp_path / "own.safetensors"
    Restorer(Spec("LevelPlane", {"base": base}), (dial,)).save(file)
    found: dict[float, float] = {}
    clean = torch.rand(2, 3, 45, 50)
    for noise in (10.0, 25.0):
        loss = make("Perceptual", network=str(file), layers={"base.body": 1}, at={"noise": noise})
        assert not list(loss.parameters())
        assert not loss.state_dict()
        assert float(loss(clean, clean)) == 0
        other = (clean + 0.1 * torch.randn(2, 3, 45, 50)).requires_grad_()
        error = loss(other, clean)
        error.backward()
        assert float(other.grad.abs().max()) > 0
        found[noise] = float(error.detach())
    assert found[10.0] != found[25.0]
    grey = make("Perceptual", network=str(file), layers={"base.body": 1})
    assert float(grey(clean[:, :1], clean[:, :1] * 0.5)) > 0
    with pytest.raises(RecipeError, match="has no module 'fire2'"):
        make("Perceptual", network=str(file), layers={"fire2": 1})
    with pytest.raises(UsageError, match="32x32"):
        grey(clean[..., :20], clean[..., :20])
