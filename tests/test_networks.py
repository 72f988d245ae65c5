"""One contract test over every listed network, its weights perturbed so that nothing is identical
by accident of a fresh start.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the training wing is not installed")

import onnx  # noqa: E402
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

from burnish.contract import LOST, Contract, Dial, Opened, Run, level_array, predict  # noqa: E402
from burnish.errors import ModelCorrupt, ModelMismatch, ModelNonFinite, RecipeError  # noqa: E402
from burnish.inference.backends import BACKENDS  # noqa: E402
from burnish.inference.backends.table import installed  # noqa: E402
from burnish.inference.engine import plan, predict_in_tiles  # noqa: E402
from burnish.inference.model import Model  # noqa: E402
from burnish.study.apart import EXACT  # noqa: E402
from burnish.study.trained import verify  # noqa: E402
from burnish.study.trained.verify import (  # noqa: E402
    export_verified,
    largest_difference,
)
from burnish.training.networks.archs import NETWORKS  # noqa: E402
from burnish.training.networks.export import example, rounded  # noqa: E402
from burnish.training.networks.initialise import initialise  # noqa: E402
from burnish.training.networks.restorer import Restorer  # noqa: E402
from burnish.training.networks.smaller.batch_norms import without_batch_norms  # noqa: E402
from burnish.training.networks.torch_backend import runner  # noqa: E402
from burnish.training.parts.build import Spec, build, find  # noqa: E402
from burnish.training.step.initial import take_over  # noqa: E402

#: side of the largest picture that goes through every backend
LARGE = 640
#: pictures, height and width of what does: the least, no multiples, several at once, a strip
SHAPES = [(1, 1, 1), (1, 17, 13), (3, 21, 34), (1, 3, 5000), (1, LARGE, LARGE)]
HOST = {"use": "AdaFMNet", "args": {"width": 8, "blocks": 2}}
NOISE = Dial("noise", 0, 75, 25, "sigma in 8-bit steps")
#: what a network can be besides what its tiny arguments make of it
VARIANTS: list[tuple[str, dict[str, Any]]] = [
    ("ResUNet", {"channels_in": 4, "channels_out": 4, "packed": True}),
    ("UNet", {"scale": 4, "norm": "batch", "pooling": "average"}),
    ("LightAutoencoder", {"norm": "none", "upsampling": "transposed"}),
    ("LightAutoencoder", {"skips": True}),
    ("LightAutoencoder", {"skips": True, "join": "sum", "upsampling": "nearest"}),
    ("ConvNeXtUNet", {"kernels": 9, "channels": 3, "pooling": "average"}),
    ("SRResNet", {"scale": 2, "norm": "batch", "residual_weight": 0.2}),
    ("SRResNet", {"scale": 8, "learned": True, "icnr": False}),
    ("TransformNet", {"norm": "batch"}),
    ("Sigmoid", {"base": "LightAutoencoder"}),
    ("LevelAffine", {"maps": True}),
    ("FTN", {"base": HOST, "groups": 4, "bias": True}),
    ("AdaFM", {"kernel": 3, "maps": True}),
    ("DynamicNet", {"base": HOST, "dual": True, "places": ["blocks.*"]}),
]
CASES: list[tuple[str, dict[str, Any]]] = [*((name, {}) for name in sorted(NETWORKS)), *VARIANTS]


def make(name: str, args: dict[str, Any] | None = None) -> Restorer:
    """The listed network with its tiny arguments, every weight moved by a tenth of its spread,
    batch norms as if they had seen pictures.
    """
    network: Any = find(name, NETWORKS)
    torch.manual_seed(3)
    dials = tuple(Dial(f"dial{i}", 0, 75, 25, "steps") for i in range(network.dials))
    restorer = Restorer(Spec(name, {**network.tiny, **(args or {})}), dials).eval()
    with torch.no_grad():
        for weight in restorer.parameters():
            weight.add_(
                0.1 * weight.std(unbiased=False) * torch.randn_like(weight)
                + 0.01 * torch.randn_like(weight)
            )
        for module in restorer.modules():
            if (
                isinstance(module, torch.nn.BatchNorm2d)
                and module.running_mean is not None
                and module.running_var is not None
            ):
                module.running_mean.uniform_(-0.2, 0.2)
                module.running_var.uniform_(0.05, 2)
    return restorer


@pytest.fixture(params=CASES, ids=[f"{name} {args}" if args else name for name, args in CASES])
def restorer(request: pytest.FixtureRequest) -> Restorer:
    return make(*request.param)


def picture(
    contract: Contract, height: int, width: int, batch: int = 1, seed: int = 0
) -> np.ndarray:
    rng = np.random.default_rng(seed)
    image = rng.random((batch, contract.channels_in, height, width), dtype=np.float32)
    if contract.gives == "filling":
        image[:, :, rng.random((height, width)) < 0.3] += LOST
    return image


def middle(contract: Contract) -> np.ndarray | None:
    return level_array(tuple(30.0 for _ in contract.dials))


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (17, 13), (5, 70)])
def test_any_size_gives_the_promised_size(restorer: Restorer, size: tuple[int, int]) -> None:
    contract = restorer.contract
    result = predict(runner(restorer), contract, picture(contract, *size), middle(contract))
    assert result.shape == (
        1,
        contract.channels_out,
        size[0] * contract.scale,
        size[1] * contract.scale,
    )
    assert np.isfinite(result).all()


def test_every_dial_changes_the_picture(restorer: Restorer) -> None:
    contract = restorer.contract
    image = picture(contract, 24, 24)
    before = predict(runner(restorer), contract, image, middle(contract))
    for index in range(len(contract.dials)):
        settings = [30.0] * len(contract.dials)
        settings[index] = 60.0
        assert (
            np.abs(
                predict(runner(restorer), contract, image, level_array(tuple(settings))) - before
            ).max()
            > 1e-4
        )


def test_identity_is_exact(restorer: Restorer) -> None:
    contract = restorer.contract
    if contract.identity is None:
        pytest.skip("declares no identity")
    image = picture(contract, 24, 25) * 3 - 1  # spoiled pictures may leave [0, 1]
    np.testing.assert_array_equal(
        predict(runner(restorer), contract, image, level_array(contract.identity)), image
    )


def test_reach_is_true_and_not_wasteful(restorer: Restorer) -> None:
    contract = restorer.contract
    if contract.reach is None:
        pytest.skip("looks at the whole picture")
    margin = -(-contract.reach // contract.multiple) * contract.multiple
    size = 2 * margin + 4 * contract.multiple
    image, run = picture(contract, size, size), runner(restorer)
    centre = size // 2 // contract.multiple * contract.multiple
    changed = image.copy()
    changed[..., centre, centre] += 1.0
    difference = np.abs(
        predict(run, contract, changed, middle(contract))
        - predict(run, contract, image, middle(contract))
    ).max(axis=(0, 1))
    rows, columns = np.nonzero(difference > 1e-7)
    furthest = max(np.abs(places // contract.scale - centre).max() for places in (rows, columns))
    assert furthest <= contract.reach
    assert furthest >= contract.reach // 3, "the declared reach is far larger than what is used"


def test_the_level_varies_as_declared(restorer: Restorer) -> None:
    contract = restorer.contract
    if not contract.dials:
        pytest.skip("has no dials")
    run, image = runner(restorer), picture(contract, 32, 32, batch=2)
    low, high = (
        np.full((1, len(contract.dials), 1, 1), value, np.float32) for value in (10.0, 60.0)
    )
    if contract.level in ("pixel", "image"):
        both = predict(run, contract, image, np.concatenate([low, high]))
        np.testing.assert_allclose(both[:1], predict(run, contract, image[:1], low), atol=1e-5)
        np.testing.assert_allclose(both[1:], predict(run, contract, image[1:], high), atol=1e-5)
    if contract.level == "pixel":
        constant = np.broadcast_to(low, (1, len(contract.dials), 32, 32))
        np.testing.assert_allclose(
            predict(run, contract, image, constant), predict(run, contract, image, low), atol=1e-6
        )
        half = constant.copy()
        half[..., 16:] = 60.0
        mixed = predict(run, contract, image, half)
        assert np.abs(mixed[..., -1] - predict(run, contract, image, low)[..., -1]).max() > 1e-5


@pytest.mark.parametrize("tile", [16, 40])
def test_tiles_equal_the_whole(restorer: Restorer, tile: int) -> None:
    contract = restorer.contract
    if contract.reach is None:
        pytest.skip("runs whole only")
    height, width = (max(side, 3 * contract.multiple - 5) for side in (75, 131))
    image, run = picture(contract, height, width), runner(restorer)
    tiles = plan(height, width, contract, tile)
    assert len(tiles) > 4
    whole = predict(run, contract, image, middle(contract))
    np.testing.assert_allclose(
        predict_in_tiles(run, contract, image, middle(contract), tile=tile), whole, atol=1e-5
    )


@pytest.mark.parametrize("half", [False, True])
def test_save_and_load_give_the_same_pixels(restorer: Restorer, tmp_path: Path, half: bool) -> None:
    path = tmp_path / "net.safetensors"
    restorer.save(path, {"task": "test"}, half=half)
    again = Restorer.load(path)
    image = picture(restorer.contract, 16, 24)
    before, after = (
        predict(runner(r), r.contract, image, middle(r.contract)) for r in (restorer, again)
    )
    np.testing.assert_allclose(after, before, atol=3e-2 if half else 0)
    assert again.card == {"task": "test"}
    assert again.contract == restorer.contract


def takes_any_size(path: Path, restorer: Restorer) -> None:
    """An exported file in a runtime by itself, without Burnish around it."""
    onnxruntime = pytest.importorskip("onnxruntime")
    contract = restorer.contract
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for height, width in ((1, 1), (3, 2), (17, 13)):
        image, *levels = (each.numpy() for each in example(contract, 1, height, width))
        level = levels[0] if levels else None
        inputs = {"input": image} | ({} if level is None else {"level": level})
        (found,) = session.run(["output"], inputs)
        wanted = predict(runner(restorer), contract, image, level)
        np.testing.assert_allclose(found, wanted, atol=1e-5 * max(1.0, float(np.abs(wanted).max())))


def every_backend_agrees(model: Model, trained: Run) -> None:
    """The contract of backends: each gives training's forward, whatever the size and the batch."""
    contract = model.contract
    runs = {}
    for backend in filter(installed, BACKENDS):
        opened = model.open(backend=backend, precision="fp32", device="cpu", threads=1)
        assert opened.backend == backend
        runs[backend] = opened.run
    for batch, height, width in SHAPES:
        if contract.reach is None and height == width == 1:
            continue  # where a picture is even, instance norms make much of its last bits
        image = picture(contract, height, width, batch)
        wanted = predict(trained, contract, image, middle(contract))
        atol = EXACT.most * max(1.0, float(np.abs(wanted).max()))
        for backend, run in runs.items():
            if backend == "torch" and height == LARGE:
                continue  # it is that forward itself
            found = predict_in_tiles(run, contract, image, middle(contract))
            np.testing.assert_allclose(found, wanted, 0, atol, err_msg=f"{backend}, {image.shape}")


@pytest.mark.parametrize("half", [False, True])
def test_export_equals_the_training_forward(restorer: Restorer, tmp_path: Path, half: bool) -> None:
    if not half and restorer.spec.use not in ("ResUNet", "LevelPlane", "UNet"):
        pytest.skip("exports in float32 are the same way for every network, and take as long again")
    listed: list[Any] = [find(name, NETWORKS) for name in NETWORKS]
    is_variant = restorer.spec.args not in [network.tiny for network in listed]
    if is_variant and restorer.contract.scale == 1:
        pytest.skip(
            "of the variants, those that enlarge are exported: the others are made of what the "
            "listed ones are"
        )
    restorer.save(tmp_path / "net.safetensors", {"task": "test"}, half=half)
    export_verified(tmp_path / "net.safetensors", tmp_path / "net.onnx", half=half)
    model = Model(tmp_path / "net.onnx")
    assert model.contract == restorer.contract
    trained = runner(Restorer.load(tmp_path / "net.safetensors"))
    every_backend_agrees(model, trained)
    image = picture(restorer.contract, 21, 34)
    wanted = predict(trained, restorer.contract, image, middle(restorer.contract))
    takes_any_size(tmp_path / "net.onnx", Restorer.load(tmp_path / "net.safetensors"))
    default = model.open(device="cpu")
    mean_square = float(
        np.mean(
            (predict_in_tiles(default.run, model.contract, image, middle(model.contract)) - wanted)
            ** 2
        )
    ) / max(1.0, float(wanted.var()))
    assert mean_square < 10 ** (-50 / 10), f"{default.precision} is less than 50 dB from fp32"


def test_a_batch_norm_that_the_export_folds_is_not_rounded_a_second_time(tmp_path: Path) -> None:
    restorer = make("LightAutoencoder")
    restorer.save(tmp_path / "net.safetensors", {"task": "test"}, half=True)
    export_verified(tmp_path / "net.safetensors", tmp_path / "net.onnx")
    assert (
        largest_difference(Restorer.load(tmp_path / "net.safetensors"), tmp_path / "net.onnx")
        < 5e-6
    )


@pytest.mark.parametrize("name", ["Finder", "LightAutoencoder"])
def test_batch_norms_drawn_in_change_nothing_and_the_file_is_half_as_large(
    name: str, tmp_path: Path
) -> None:
    restorer = make(name)
    image = torch.from_numpy(picture(restorer.contract, 48, 64))
    plain = without_batch_norms(restorer)
    assert not any(isinstance(layer, torch.nn.BatchNorm2d) for layer in plain.modules())
    with torch.no_grad():
        assert float((plain(image) - restorer(image)).abs().max()) < 1e-5
    sizes = []
    for number, one in enumerate((restorer, plain)):
        source = tmp_path / f"{number}.safetensors"
        one.save(source, {"task": "test"}, half=True)
        export_verified(source, source.with_suffix(".onnx"))
        large = onnx.load(source.with_suffix(".onnx")).graph.initializer
        sizes.append(sum(len(part.raw_data) for part in large))
    assert sizes[1] < sizes[0]
    assert without_batch_norms(plain) is plain


def test_a_batch_norm_that_stands_elsewhere_is_not_drawn_in() -> None:
    restorer = make("Finder")
    block: Any = restorer.net.get_submodule("body.0")
    block.forward = lambda x: block.conv2(block.norm1(block.conv1(x)))
    with torch.no_grad():
        block.norm2.weight.fill_(3.0)
    with pytest.raises(ModelMismatch, match="batch norms"):
        without_batch_norms(restorer)


def test_weights_that_half_precision_cannot_hold_stay_and_what_is_not_finite_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    restorer = make("DnCNN")
    with torch.no_grad():
        next(p for p in restorer.parameters() if p.ndim == 4).flatten()[0] = 7e4
    assert all(bool(value.isfinite().all()) for value in rounded(restorer).state_dict().values())
    restorer.save(tmp_path / "net.safetensors", {"task": "test"})
    broken = Opened(lambda image, level: np.full_like(image, np.nan), "test", "cpu", "fp32")
    monkeypatch.setattr(verify, "open_model", lambda *words, **named: broken)
    with pytest.raises(ModelMismatch):
        export_verified(tmp_path / "net.safetensors", tmp_path / "net.onnx")
    assert not (tmp_path / "net.onnx").exists()


def test_files_that_lie_are_refused(tmp_path: Path) -> None:
    restorer, path = make("ResUNet"), tmp_path / "net.safetensors"
    restorer.save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-10])
    with pytest.raises(ModelCorrupt):
        Restorer.load(path)
    path.write_bytes(b"\xff" * 64)
    with pytest.raises(ModelCorrupt):
        Restorer.load(path)
    path.write_bytes(whole.replace(b"ResUNet", b"NoSuchN"))
    with pytest.raises(ModelMismatch, match="NoSuchN"):
        Restorer.load(path)
    with torch.no_grad():
        next(restorer.parameters())[0, 0, 0, 0] = float("nan")
    with pytest.raises(ModelNonFinite, match=r"head\.weight"):
        restorer.save(tmp_path / "other.safetensors")
    assert not (tmp_path / "other.safetensors").exists()


def test_dials_that_do_not_match_are_refused() -> None:
    with pytest.raises(RecipeError, match=r"LevelPlane reads 1 dial\(s\), but the recipe names 0"):
        Restorer(Spec("LevelPlane", {"base": {"use": "ResUNet"}}), ())
    with pytest.raises(RecipeError, match="did you mean 'ResUNet'"):
        Restorer(Spec("LevelPlane", {"base": {"use": "ResUnet"}}), (NOISE,))
    with pytest.raises(
        RecipeError, match=r"arch\.args\.base\.args\.width: unknown argument; did you mean 'widths'"
    ):
        Restorer(Spec("LevelPlane", {"base": {"use": "ResUNet", "args": {"width": [8]}}}), (NOISE,))


def test_a_level_plane_counts_from_where_there_is_no_damage() -> None:
    quality = Dial("quality", 5, 95, 40, "JPEG quality")
    spec = Spec(
        "LevelPlane",
        {
            "base": {"use": "ResUNet", "args": {"widths": [8], "blocks": 1}},
            "zero": 100,
            "full": 100,
        },
    )
    restorer = Restorer(spec, (quality,))
    image = picture(restorer.contract, 16, 16)
    assert restorer.contract.identity == (100.0,)
    np.testing.assert_array_equal(
        predict(runner(restorer), restorer.contract, image, level_array((100.0,))), image
    )
    weak, strong = (
        np.abs(
            predict(runner(restorer), restorer.contract, image, level_array((q,))) - image
        ).mean()
        for q in (99.9, 20.0)
    )
    assert 0 < weak < 0.3 * strong
    with pytest.raises(RecipeError, match="zero wants one number, or one for each of the 1 dials"):
        Restorer(Spec("LevelPlane", {"base": {"use": "ResUNet"}, "zero": [0, 100]}), (quality,))


#: network, arguments, parameters, and multiply-adds of how large a picture, where its source says
#: them
SIZES: list[tuple[str, dict[str, Any], int, tuple[int, float] | None]] = [
    # Ronneberger et al. 2015, one channel in, two out: the paper says 23 convolutions, figure 1
    # their sizes
    ("UNet", {"channels_in": 1, "channels_out": 2}, 31_030_658, None),
    # Chen et al. 2022, and their answers on their repository (issues 51 and 60): 29.16 M and 64.9 G
    # at 512x512, 115.9 M and 254.37 G; 17.11 M for deblurring
    ("NAFNet", {}, 29_159_715, (512, 64.9e9)),
    ("NAFNet", {"width": 64}, 115_982_915, (512, 254.37e9)),
    ("NAFNet", {"down": [1, 1, 1, 28], "middle": 1, "up": [1, 1, 1, 1]}, 17_111_907, None),
    # Johnson et al. 2016 with instance norm: what other people's count too
    ("TransformNet", {}, 1_679_235, None),
    # Zhang et al. 2017 and 2018: the weights in other people's files
    ("DnCNN", {}, 668_227, None),
    ("FFDNet", {}, 852_108, None),
    # the documents' report names layers alone; the sums over them, by hand
    ("LightAutoencoder", {}, 30_385 + 176, None),
    ("LightAutoencoder", {"skips": True}, 35_689 + 240, None),
    ("LightAutoencoder", {"skips": True, "join": "sum"}, 35_689 - 1024 - 2304 - 576 + 240, None),
]


@pytest.mark.parametrize(("name", "args", "wanted", "products"), SIZES)
def test_sizes_agree_with_their_sources(
    name: str, args: dict[str, Any], wanted: int, products: tuple[int, float] | None
) -> None:
    with torch.device("meta"):
        net = build(Spec(name, args), NETWORKS)
    assert sum(p.numel() for p in net.parameters()) == wanted
    if name == "UNet":
        assert (
            sum(isinstance(m, torch.nn.Conv2d | torch.nn.ConvTranspose2d) for m in net.modules())
            == 23
        )
    if products:
        side, theirs = products
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            net.eval()(torch.zeros(1, 3, side, side, device="meta"))
        assert counter.get_total_flops() / 2 == pytest.approx(
            theirs, rel=0.02
        )  # their tool counts norms and gates as well


def test_icnr_starts_without_a_checkerboard() -> None:
    for icnr in (True, False):
        net = build(
            Spec("SRResNet", {"width": 16, "blocks": 1, "scale": 4, "icnr": icnr}), NETWORKS
        ).eval()
        for name in ("kaiming", "default"):
            initialise(net, name, torch.Generator().manual_seed(0))
            with torch.no_grad():
                large = net.enlarge(torch.rand(1, 16, 8, 8))
            cells = large.unfold(2, 2, 2).unfold(3, 2, 2)
            assert (float(cells.std((-1, -2)).max()) < 1e-5) is icnr


def test_x4_goes_on_from_x2() -> None:
    small, large = (
        Restorer(Spec("SRResNet", {"width": 8, "blocks": 1, "scale": scale})) for scale in (2, 4)
    )
    assert (
        take_over(large, small.state_dict())
        == len(small.state_dict())
        == len(large.state_dict()) - 2
    )


def test_the_pixels_that_a_fresh_one_makes_of_one_are_alike() -> None:
    for scale in (2, 3, 4):
        args = {"width": 8, "blocks": 1, "scale": scale}
        net = build(Spec("SubPixel", args), NETWORKS).eval()
        initialise(net, "kaiming", torch.Generator().manual_seed(0))
        with torch.no_grad():
            added = net(torch.rand(1, 3, 6, 6))
        assert added.shape == (1, 3, 6 * scale, 6 * scale)
        cells = added.unfold(2, scale, scale).unfold(3, scale, scale)
        assert float(cells.std((-1, -2)).max()) < 1e-6
        assert 0 < float(added.abs().max()) < 1  # it starts near the picture itself


def test_contest_networks_start_as_the_identity_and_learn_from_there() -> None:
    net = build(Spec("ConvNeXtUNet", {"widths": [4, 8], "kernels": 3}), NETWORKS)
    assert [block.amount.item() for block in (*net.body.down, *net.body.merge)] == [0.0] * 3
    net(torch.rand(1, 4, 8, 8)).square().mean().backward()
    assert all(float(block.amount.grad.abs()) > 0 for block in (*net.body.down, *net.body.merge))


def test_a_sigmoid_offers_logits() -> None:
    net = build(Spec("Sigmoid", {"base": {"use": "LightAutoencoder"}}), NETWORKS).eval()
    image = torch.rand(1, 3, 8, 8)
    with torch.no_grad():
        torch.testing.assert_close(net.logits(image).sigmoid(), net(image))
    assert (net.channels_in, net.channels_out, net.multiple, net.reach) == (3, 1, 2, 14)
    with pytest.raises(RecipeError, match="wants a base without dials"):
        build(Spec("Sigmoid", {"base": {"use": "FFDNet"}}), NETWORKS)


@pytest.mark.parametrize(
    ("name", "args", "words"),
    [
        ("UNet", {"norm": "layer"}, "there is no norm 'layer'; the choices: none, batch"),
        ("UNet", {"pooling": "median"}, "there is no pooling 'median'; the choices: max, average"),
        ("UNet", {"widths": [8]}, "two scales and more"),
        ("SRResNet", {"scale": 3}, "scale is 1, 2, 4 or 8, not 3"),
        ("SubPixel", {"scale": 1}, "scale is a whole number from 2 to 8, not 1"),
        ("LightAutoencoder", {"join": "add"}, "there is no join 'add'"),
        ("LightAutoencoder", {"upsampling": "bilinear"}, "there is no upsampling 'bilinear'"),
        (
            "ConvNeXtUNet",
            {"kernels": [4, 4, 4, 4]},
            "one odd number, or one for each of the 4 widths",
        ),
        ("NAFNet", {"down": [1, 1], "up": [1]}, "one number of blocks for each scale"),
    ],
)
def test_arguments_that_make_no_network_are_refused_in_words(
    name: str, args: dict[str, Any], words: str
) -> None:
    with pytest.raises(RecipeError, match=words):
        build(Spec(name, args), NETWORKS)


def test_adain_brings_features_to_the_statistics_of_its_paintings(tmp_path: Path) -> None:
    restorer = make("AdaIN")
    net: Any = restorer.net
    weights = {
        f"features.{name}": weight.clone() + 0.01
        for name, weight in net.encoder.state_dict().items()
    }
    torch.save(weights, tmp_path / "encoder.pth")
    torch.manual_seed(1)
    first, second = torch.rand(1, 3, 40, 48), 0.2 * torch.rand(1, 3, 64, 32)
    net.begin(tmp_path / "encoder.pth", [first, second])
    seen = []
    net.decoder.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].detach()))
    with torch.no_grad():
        for level, painting in ((0.0, first), (75.0, second)):
            net(torch.rand(1, 3, 32, 32), torch.full((1, 1, 1, 1), level))
            wanted = net._encoded(painting)
            torch.testing.assert_close(
                seen[-1].mean((2, 3)), wanted.mean((2, 3)), atol=1e-3, rtol=1e-3
            )
            lively = seen[-1].std((2, 3)) > 0.02  # what does not vary in the picture stays even
            assert lively.sum() > 64
            torch.testing.assert_close(
                seen[-1].std((2, 3), correction=0)[lively],
                wanted.std((2, 3), correction=0)[lively],
                atol=1e-2,
                rtol=5e-2,
            )
    assert all(weight.requires_grad for weight in net.decoder.parameters())
    assert not any(weight.requires_grad for weight in net.encoder.parameters())
