"""Ways to give a network a dial: sizes of their papers, where they start, what folding leaves, and
that a frozen base stays what it was.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the training wing is not installed")

from torch.overrides import TorchFunctionMode  # noqa: E402

from burnish.contract import Dial  # noqa: E402
from burnish.errors import DialError, RecipeError, UsageError  # noqa: E402
from burnish.training.networks.archs.lightautoencoder import LightAutoencoder  # noqa: E402
from burnish.training.networks.dials.amount import Amount  # noqa: E402
from burnish.training.networks.dials.level_affine import Splines  # noqa: E402
from burnish.training.networks.dials.places import convolutions  # noqa: E402
from burnish.training.networks.initialise import initialise  # noqa: E402
from burnish.training.networks.restorer import Restorer  # noqa: E402
from burnish.training.parts.build import Spec  # noqa: E402
from burnish.training.step.initial import take_over  # noqa: E402

NOISE = Dial("noise", 0, 75, 25, "sigma in 8-bit steps")
LINE: dict[str, Any] = {"levels": [0, 75]}
HOSTS: dict[str, dict[str, Any]] = {
    "ResUNet": {"use": "ResUNet", "args": {"widths": [8, 12], "blocks": 1}},
    "AdaFMNet": {"use": "AdaFMNet", "args": {"width": 8, "blocks": 2, "residual": True}},
}
#: what folds, and how many convolutions gain a bias in a host without any (all, all but the first
#: and the last, the first)
FOLDING: list[tuple[str, dict[str, Any]]] = [
    ("LevelPlane", {}),
    ("LevelAffine", {}),
    ("LevelAffine", {"maps": True}),
    ("Blend", LINE),
    ("FTN", LINE),
    ("FTN", {**LINE, "groups": 4, "bias": True}),
    ("SplineBank", LINE),
    ("AdaFM", LINE),
]
#: networks that are their base, exactly, at the level where they start
ADAPTERS: list[tuple[str, dict[str, Any]]] = [
    *FOLDING[3:],
    ("AdaFM", {**LINE, "kernel": 3}),
    ("DynamicNet", {**LINE, "dual": True}),
]


def moved(method: str, args: dict[str, Any], host: dict[str, Any]) -> Restorer:
    """The method on that host, with every weight moved away from where it starts."""
    torch.manual_seed(1)
    restorer = Restorer(Spec(method, {"base": host, **args}), (NOISE,)).eval()
    with torch.no_grad():
        for weight in restorer.parameters():
            weight.add_(0.1 * (weight.std(unbiased=False) + 0.05) * torch.randn_like(weight))
    return restorer


def level(value: float) -> Any:
    return torch.full((1, 1, 1, 1), value)


def image(batch: int = 1) -> Any:
    return torch.rand(batch, 3, 24, 36, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("host", HOSTS.values(), ids=HOSTS)
@pytest.mark.parametrize(("method", "args"), FOLDING)
def test_a_fold_is_the_plain_network_of_one_level(
    method: str, args: dict[str, Any], host: dict[str, Any]
) -> None:
    restorer = moved(method, args, host)
    plain = restorer.fold(noise=40)
    with torch.no_grad():
        worst = float((plain(image()) - restorer(image(), level(40.0))).abs().max())
        other = float((plain(image()) - restorer(image(), level(10.0))).abs().max())
    assert worst < 1e-5
    assert other > 1e-4
    bare = Restorer(Spec.parse(host))
    biases = sum(
        weight.numel() for name, weight in plain.named_parameters() if name.endswith("bias")
    )
    assert not plain.contract.dials
    assert (plain.contract.residual, plain.contract.reach) == (
        bare.contract.residual,
        bare.contract.reach,
    )
    assert sum(
        weight.numel() for name, weight in plain.named_parameters() if not name.endswith("bias")
    ) == sum(
        weight.numel() for name, weight in bare.named_parameters() if not name.endswith("bias")
    )
    if plain.spec.use == host["use"]:
        assert biases == sum(
            weight.numel() for name, weight in bare.named_parameters() if name.endswith("bias")
        )
    assert _operators(plain) == _operators(bare)
    assert plain.card["folded"] == {"noise": 40.0}


def test_a_folded_network_claims_what_was_measured_at_its_setting_alone() -> None:
    restorer = moved("LevelPlane", {}, next(iter(HOSTS.values())))
    restorer.card = {
        "dial": {"on": "8 pieces"},
        "quality": {"PSNR": {"noise=40": 28.0, "noise=50": 27.0}},
        "validation": {"PSNR": {"noise 25": 30.0}},
    }
    assert restorer.fold(noise=40).card == {
        "quality": {"PSNR": {"noise=40": 28.0}},
        "validation": {},
        "folded": {"noise": 40.0},
    }
    assert restorer.fold(noise=25).card == {
        "quality": {},
        "validation": {"PSNR": {"noise 25": 30.0}},
        "folded": {"noise": 25.0},
    }


def _operators(restorer: Restorer) -> list[str]:
    """What the network does to a picture, call by call."""
    called: list[str] = []

    class Noted(TorchFunctionMode):
        def __torch_function__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            name = getattr(func, "__name__", str(func))
            if not name.startswith("__"):
                called.append(name)
            return func(*args, **(kwargs or {}))

    with torch.no_grad(), Noted():
        restorer.net(image())
    return called


@pytest.mark.parametrize(
    ("method", "args", "host", "words"),
    [
        ("AdaFM", {**LINE, "kernel": 3}, HOSTS["ResUNet"], "AdaFM with 3x3 filters does not fold"),
        ("DynamicNet", LINE, HOSTS["ResUNet"], "its blocks have ReLUs of their own"),
        (
            "LevelPlane",
            {},
            {"use": "DnCNN", "args": {"width": 8, "depth": 3}},
            "does not say which of its convolutions",
        ),
    ],
)
def test_what_does_not_fold_says_why(
    method: str, args: dict[str, Any], host: dict[str, Any], words: str
) -> None:
    restorer = moved(method, args, host)
    with pytest.raises(DialError, match=words):
        restorer.fold(noise=40)
    with pytest.raises(DialError, match=r"noise=80 is out of range"):
        restorer.fold(noise=80)
    if method == "DynamicNet":
        assert torch.equal(restorer.fold(noise=0)(image()), restorer(image(), level(0.0)))
    with pytest.raises(DialError, match="it is no network that wraps another"):
        Restorer(Spec("ResUNet", {"widths": [8]})).fold()


@pytest.mark.parametrize("host", HOSTS.values(), ids=HOSTS)
@pytest.mark.parametrize(("method", "args"), ADAPTERS)
def test_an_adapter_is_its_base_to_the_last_bit_where_it_starts(
    method: str, args: dict[str, Any], host: dict[str, Any]
) -> None:
    bare = Restorer(Spec.parse(host)).eval()
    restorer = Restorer(Spec(method, {"base": host, **args}), (NOISE,)).eval()
    taken = take_over(restorer, bare.state_dict())
    assert taken == len(bare.state_dict())
    with torch.no_grad():
        wanted = bare(image())
        assert torch.equal(restorer(image(), level(0.0)), wanted)
        if method not in ("FTN", "DynamicNet"):  # of which what is fresh computes something
            assert torch.equal(restorer(image(), level(75.0)), wanted)
        if method == "FTN":
            assert torch.allclose(restorer(image(), level(75.0)), wanted, atol=1e-6)
        for name, weight in restorer.named_parameters():
            if not name.startswith("net.base"):
                weight.add_(0.1 * torch.randn_like(weight))
        assert torch.equal(restorer(image(), level(0.0)), wanted)
        assert not torch.allclose(restorer(image(), level(75.0)), wanted, atol=1e-4)


def test_sizes_are_those_of_the_papers() -> None:
    def size(method: str, **args: Any) -> int:
        spec = Spec(method, {"base": "AdaFMNet", **args})
        return sum(weight.numel() for weight in Restorer(spec, (NOISE,)).parameters())

    host = sum(weight.numel() for weight in Restorer(Spec("AdaFMNet")).parameters())
    assert host == 1_406_787
    convolved = 1 + 2 * 16 + 1 + 1 + 2  # each has a slope besides
    assert size("FTN") - host - convolved == 422_808  # arXiv 2010.02270, table 3: 1.41 -> 1.83 M
    assert size("FTN", groups=16) - host - convolved == 31_128  # 1.44 M
    assert size("AdaFM", places=["blocks.*", "after"]) - host == 33 * 2 * 64
    assert size("Blend") == 2 * host


def test_a_copy_of_a_network_is_told_its_own_level() -> None:
    import copy

    restorer = moved("AdaFM", LINE, HOSTS["ResUNet"])
    again = copy.deepcopy(restorer)
    with torch.no_grad():
        wanted = restorer(image(), level(50.0))
        for weight in restorer.parameters():
            weight.zero_()
        restorer(image(), level(0.0))
        assert torch.equal(again(image(), level(50.0)), wanted)


def test_pictures_of_a_batch_have_their_own_levels_where_the_contract_says_so() -> None:
    restorer = moved("AdaFM", LINE, HOSTS["AdaFMNet"])
    several = torch.tensor([10.0, 60.0]).view(2, 1, 1, 1)
    with torch.no_grad():
        both = restorer(image(2), several)
        each = [restorer(image(2)[i : i + 1], several[i : i + 1]) for i in range(2)]
    assert torch.allclose(both, torch.cat(each), atol=1e-6)


def test_a_frozen_base_stays_what_it_was_with_its_statistics(tmp_path: Path) -> None:
    from burnish.training.networks.freezing import freeze

    base = {"use": "UNet", "args": {"widths": [8, 12], "norm": "batch"}}
    restorer = Restorer(Spec("FTN", {"base": base, **LINE}), (NOISE,)).train()
    freeze(restorer, ["net.base.*"])
    inside = restorer.net.base
    assert isinstance(inside, torch.nn.Module)
    before = {name: value.clone() for name, value in inside.state_dict().items()}
    optimizer = torch.optim.Adam(
        [weight for weight in restorer.parameters() if weight.requires_grad], 1e-2
    )
    for _ in range(3):
        optimizer.zero_grad()
        restorer(image(2), level(75.0)).square().mean().backward()
        optimizer.step()
    after = restorer.net.base.state_dict()  # type: ignore[union-attr]
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    assert any(
        float(weight.detach().abs().sum()) > 0
        for name, weight in restorer.named_parameters()
        if "bias" in name and "transitions" in name
    )


def test_amounts_go_in_straight_lines_through_their_points() -> None:
    amount = Amount([20, 40, 80], [0, 0.7, 1])
    found = amount(torch.tensor([10.0, 20, 30, 40, 60, 80, 120]))
    assert found.tolist() == pytest.approx([-0.35, 0, 0.35, 0.7, 0.85, 1, 1.3])
    assert float(amount(torch.tensor(20.0))) == 0
    for levels, amounts in (([0, 0], [0, 1]), ([0], [0]), ([0, 1], [0, 1, 2])):
        with pytest.raises(ValueError, match="levels and amounts want"):
            Amount(levels, amounts)


def test_splines_pass_their_knots_and_are_straight_outside() -> None:
    interpolate = pytest.importorskip("scipy.interpolate")
    import numpy as np

    splines, at = Splines(6), np.linspace(-0.4, 1.5, 39)
    found = splines(torch.from_numpy(at).float().view(-1, 1, 1, 1))[:, :, 0, 0].numpy()
    inside = (at >= 0) & (at <= 1)
    for k in range(6):
        wanted = interpolate.CubicSpline(np.linspace(0, 1, 6), np.eye(6)[k], bc_type="natural")(at)
        np.testing.assert_allclose(found[inside, k], wanted[inside], atol=1e-4)
        for side in (at < 0, at > 1):
            np.testing.assert_allclose(np.diff(found[side, k], 2), 0, atol=1e-3)
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-4)


def test_places_are_found_in_the_order_of_the_picture() -> None:
    found = convolutions(Restorer(Spec.parse(HOSTS["AdaFMNet"])).net)
    assert [place.name for place in found][:2] == ["head", "blocks.0.conv1"]
    assert [place.name for place in found][-2:] == ["fine", "tail"]
    assert [place.shrunk for place in found] == [2.0] * 7 + [1.0] * 2
    with pytest.raises(ValueError, match="no convolution's name is like nothing"):
        convolutions(Restorer(Spec.parse(HOSTS["AdaFMNet"])).net, ["nothing"])


def relatives(tmp_path: Path, amount: float = 0.02) -> list[Path]:
    """A network, one that was moved a little from it, and one that was drawn by itself."""
    files = [tmp_path / f"{name}.safetensors" for name in ("first", "second", "stranger")]
    torch.manual_seed(5)
    restorer = Restorer(Spec("ResUNet", {"widths": [8, 12], "blocks": 1}))
    restorer.save(files[0], {"task": "noise"})
    with torch.no_grad():
        for weight in restorer.parameters():
            weight.add_(amount * torch.randn_like(weight))
    restorer.save(files[1])
    Restorer(Spec("ResUNet", {"widths": [8, 12], "blocks": 1})).save(files[2])
    return files


def test_a_blend_of_relatives_is_each_of_them_at_its_end(tmp_path: Path) -> None:
    from burnish.study.trained.blend import blend, draw

    first, second, _ = relatives(tmp_path)
    restorer, (related,) = blend([first, second])
    assert 0.8 < related.mean < 1
    with torch.no_grad():
        for mix, file in ((0.0, first), (1.0, second)):
            assert torch.equal(restorer(image(), level(mix)), Restorer.load(file)(image()))
        assert not torch.equal(restorer(image(), level(0.5)), Restorer.load(first)(image()))
    restorer.save(tmp_path / "both.safetensors")
    again = Restorer.load(tmp_path / "both.safetensors")
    assert [(dial.name, dial.low, dial.high) for dial in again.contract.dials] == [("mix", 0, 1)]
    assert again.card["task"].startswith("blend of first, second")
    draw(tmp_path / "kin.png", [first, second], [related])
    three, _ = blend([first, second, first])
    assert [dial.name for dial in three.contract.dials] == ["mix1", "mix2"]
    with torch.no_grad():
        assert torch.allclose(
            three(image(), torch.tensor([0.0, 1.0]).view(1, 2, 1, 1)), Restorer.load(first)(image())
        )


def test_filters_along_a_dial_are_drawn(tmp_path: Path) -> None:
    from burnish.study.trained.filters import draw, moved

    host = {"use": "AdaFMNet", "args": {"width": 8, "blocks": 1}}
    torch.manual_seed(3)
    restorer = Restorer(
        Spec("FTN", {"base": host, "levels": [20, 80]}), (Dial("noise", 20, 80, 20, "sigma"),)
    )
    still = moved(restorer, [20.0, 80.0])
    assert (
        max(distance for points in still.values() for _, distance in points) == 0
    )  # FTN starts as the identity
    with torch.no_grad():
        for weight in restorer.parameters():
            weight.add_(0.05 * torch.randn_like(weight))
    curves = moved(restorer, [20.0, 50.0, 80.0])
    assert all(
        points[1][1] == 0 and points[0][1] > 0 and points[2][1] > 0 for points in curves.values()
    )
    restorer.save(tmp_path / "dialled.safetensors")
    assert draw(tmp_path / "dialled.safetensors", tmp_path / "filters.png").stat().st_size > 10_000
    Restorer(Spec.parse(host)).save(tmp_path / "plain.safetensors")
    with pytest.raises(DialError, match="has no dial"):
        draw(tmp_path / "plain.safetensors", tmp_path / "filters.png")


def test_between_two_relatives_lies_the_mean_of_their_weights_with_their_own_dial(
    tmp_path: Path,
) -> None:
    from burnish.study.trained.blend import between, blend

    first, second = tmp_path / "first.safetensors", tmp_path / "second.safetensors"
    restorer = moved("LevelPlane", {}, next(iter(HOSTS.values())))
    card = {
        "quality": {"PSNR": {"noise=25": 30.0}},
        "training": {"steps": 10, "hours": 0.1, "seed": 0, "before": [{"steps": 7}]},
    }
    restorer.save(first, card)
    with torch.no_grad():
        for weight in restorer.net.parameters():
            weight.mul_(1.1)
    restorer.save(
        second, {"training": {"steps": 20, "hours": 0.2, "seed": 1, "before": [{"steps": 7}]}}
    )
    middle, _ = between([first, second], 0.25)
    for weight, value in zip(
        middle.net.state_dict().values(),
        Restorer.load(first).net.state_dict().values(),
        strict=True,
    ):
        torch.testing.assert_close(weight, 1.025 * value)
    assert [dial.name for dial in middle.contract.dials] == ["noise"]
    assert "quality" not in middle.card
    assert (middle.card["training"]["steps"], middle.card["training"]["before"]) == (
        30,
        [{"steps": 7}],
    )
    assert middle.card["training"]["blended"] == {
        "at": 0.25,
        "with": {"steps": 20, "hours": 0.2, "seed": 1},
    }
    with pytest.raises(UsageError, match="--at MIX"):
        blend([first, second])
    with pytest.raises(UsageError, match="two networks"):
        between([first, second, first], 0.5)


def test_a_blend_of_strangers_is_refused_with_the_reason(tmp_path: Path) -> None:
    from burnish.errors import ModelMismatch
    from burnish.study.trained.blend import blend

    first, _, stranger = relatives(tmp_path)
    with pytest.raises(
        ModelMismatch, match=r"its filters correlate by -?0\.\d\d with those of .*first"
    ):
        blend([first, stranger])
    other = tmp_path / "other.safetensors"
    Restorer(Spec("ResUNet", {"widths": [8], "blocks": 1})).save(other)
    with pytest.raises(ModelMismatch, match="not built alike"):
        blend([first, other])


def test_export_at_a_level_folds_and_says_so(tmp_path: Path) -> None:
    from burnish.inference.model import Model
    from burnish.study.trained.verify import export_verified

    moved("LevelAffine", {}, HOSTS["ResUNet"]).save(tmp_path / "net.safetensors", {"task": "test"})
    export_verified(tmp_path / "net.safetensors", tmp_path / "net.onnx", at={"noise": 25})
    model = Model(tmp_path / "net.onnx")
    assert model.contract.dials == ()
    assert model.card["folded"] == {"noise": 25.0}
    with pytest.raises(DialError, match="no dial 'blur'"):
        export_verified(tmp_path / "net.safetensors", tmp_path / "net.onnx", at={"blur": 1})


def test_a_transition_that_is_drawn_does_not_begin_at_the_base() -> None:
    image = torch.rand(1, 3, 16, 16)
    arch = {"base": {"use": "ResUNet", "args": {"widths": [8], "blocks": 1}}, "levels": [0, 1]}
    for fresh, begins in (("identity", True), ("default", False)):
        torch.manual_seed(0)
        net = Restorer(
            Spec("FTN", {**arch, "fresh": fresh}), (Dial("mix", 0, 1, 0, "share"),)
        ).eval()
        with torch.no_grad():
            low, high = (net(image, torch.full((1, 1, 1, 1), float(level))) for level in (0, 1))
        assert torch.allclose(low, high, atol=1e-6) == begins
    with pytest.raises(RecipeError, match="fresh is identity or default"):
        Restorer(Spec("FTN", {**arch, "fresh": "zero"}), ())


def test_a_blend_begins_as_one_network_whatever_its_base_does_with_fresh_weights() -> None:
    net: Any = Restorer(Spec("Blend", {"base": HOSTS["ResUNet"], **LINE}), (NOISE,)).net
    initialise(net, "kaiming", torch.Generator().manual_seed(1))
    own = net.base.state_dict()
    for name, value in zip(net.names, net.corners[0].weights, strict=True):
        assert torch.equal(value, own[name]), name


def test_a_blend_in_training_gathers_statistics() -> None:
    net: Any = Restorer(
        Spec("Blend", {"base": {"use": "LightAutoencoder", "args": LightAutoencoder.tiny}, **LINE}),
        (NOISE,),
    ).net
    before = {
        name: value.clone() for name, value in net.base.named_buffers() if value.is_floating_point()
    }
    net(torch.rand(2, 3, 16, 16), torch.full((1, 1, 1, 1), 30.0))
    after = dict(net.base.named_buffers())
    assert before
    for i, name in enumerate(net.statistics):
        assert not torch.equal(before[name], after[name]), name
        assert torch.equal(net.corners[0].get_buffer(f"statistic{i}"), after[name]), name


def test_a_bank_of_several_dials_has_a_curve_for_each() -> None:
    args = {
        "base": HOSTS["ResUNet"],
        "dials": 2,
        "levels": [[0, 10, 50], [5, 100]],
        "amounts": [[0, 0.5, 1], [1, 0]],
    }
    quality = Dial("quality", 5, 100, 100, "JPEG quality")
    torch.manual_seed(1)
    restorer = Restorer(Spec("SplineBank", args), (NOISE, quality)).eval()
    with torch.no_grad():
        for weight in restorer.parameters():
            weight.add_(0.05 * torch.randn_like(weight))
    net: Any = restorer.net
    picture = image()

    def at(noise: float, grade: float) -> Any:
        with torch.no_grad():
            return restorer(picture, torch.tensor([noise, grade]).view(1, 2, 1, 1))

    # Where both stand at an amount of 0 it is the base, bit for bit, and one alone is its own.
    with torch.no_grad():
        assert torch.equal(at(0, 100), picture + net.base(picture))
    noisy = at(50, 100)
    compressed = at(0, 5)
    assert not torch.allclose(noisy, at(0, 100), atol=1e-3)
    assert not torch.allclose(compressed, noisy, atol=1e-3)
    with torch.no_grad():
        for point in net.bank[2:]:
            for weight in point:
                weight.zero_()
    assert torch.equal(at(50, 5), noisy)
    assert torch.equal(at(0, 5), at(0, 100))
    plain = restorer.fold(noise=10, quality=30)
    with torch.no_grad():
        torch.testing.assert_close(plain(picture), at(10, 30), atol=1e-5, rtol=0)


def test_a_curve_of_two_points_is_a_straight_line_beside_a_longer_one() -> None:
    lines = {"dials": 2, "levels": [[0, 1], [0, 100]], "amounts": [[0, 1], [0, 1]]}
    crisp = Dial("crisp", 0, 100, 0, "percent")
    args = {"base": HOSTS["ResUNet"], "points": [3, 2], **lines}
    restorer = Restorer(Spec("SplineBank", args), (Dial("softness", 0, 1, 0, "pixels"), crisp))
    net: Any = restorer.net
    with torch.no_grad():
        for weight in net.bank.parameters():
            weight.normal_()
    assert len(net.bank) == 3
    own = dict(net.base.named_parameters())
    for at in (0.0, 25.0, 100.0):
        for i, (name, moved) in enumerate(net.filters(torch.tensor([[[[0.0]], [[at]]]])).items()):
            torch.testing.assert_close(moved, own[name] + at / 100 * net.bank[2][i])
    for wrong in ([3], [3, 1], 1):
        with pytest.raises(RecipeError, match=r"two points or more, for each of 2 dial\(s\)"):
            Restorer(Spec("SplineBank", {**args, "points": wrong}), (NOISE, crisp))


@pytest.mark.parametrize(
    "args",
    [
        {"dials": 2},
        {"dials": 2, "levels": [[0, 1]], "amounts": [[0, 1]]},
        {"dials": 0, "levels": [], "amounts": []},
    ],
)
def test_lines_for_other_dials_are_refused(args: dict[str, Any]) -> None:
    with pytest.raises(RecipeError, match="a list for each of the"):
        Restorer(Spec("SplineBank", {"base": HOSTS["ResUNet"], **args}), (NOISE,))
