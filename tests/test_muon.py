"""Muon against its formula, written out independently in float64 numpy; and AdamW against
torch's.
"""

from __future__ import annotations

import copy

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the training wing is not installed")

from torch import nn  # noqa: E402

from burnish.contract import Dial  # noqa: E402
from burnish.training.networks.restorer import Restorer  # noqa: E402
from burnish.training.optimise.muon import Muon, muon_groups, orthogonalise  # noqa: E402
from burnish.training.parts.build import Spec  # noqa: E402


def net() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.Conv2d(8, 6, 3), nn.ConvTranspose2d(6, 10, 2), nn.Conv2d(10, 3, 3)
    ).double()


def gradients(module: nn.Module, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    for p in module.parameters():
        p.grad = torch.randn(p.shape, generator=generator, dtype=p.dtype)


def reference(weight: np.ndarray, grads: list[np.ndarray], lr: float) -> np.ndarray:
    momentum = np.zeros_like(weight)
    for g in grads:
        momentum = 0.95 * momentum + 0.05 * g
        x = (0.05 * g + 0.95 * momentum).reshape(weight.shape[0], -1)
        shape = x.shape
        x = x.T if shape[0] > shape[1] else x
        x = x / np.linalg.norm(x)
        for _ in range(5):
            a = x @ x.T
            x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
        x = x.T if shape[0] > shape[1] else x
        weight = weight - lr * 0.2 * np.sqrt(max(shape)) * x.reshape(weight.shape)
    return weight


def test_groups_are_the_inner_convolutions() -> None:
    module = net()
    hidden, rest = muon_groups(module)
    assert [tuple(p.shape) for p in hidden["params"]] == [(6, 8, 3, 3), (6, 10, 2, 2)]
    assert len(rest["params"]) == 6
    assert hidden["orthogonal"]
    assert not rest["orthogonal"]


def named_groups(spec: Spec) -> set[str]:
    restorer = Restorer(spec, (Dial("noise", 0, 75, 25, "sigma"),))
    hidden = {id(p) for p in muon_groups(restorer, restorer.net.weight_sets())[0]["params"]}
    return {name.removeprefix("net.") for name, p in restorer.named_parameters() if id(p) in hidden}


def test_what_wraps_a_network_has_its_ends_in_every_set_of_weights() -> None:
    base = {"use": "ResUNet", "args": {"widths": [4, 6], "blocks": 1}}
    alone = named_groups(Spec("LevelPlane", {"base": base}))
    assert "base.head.weight" not in alone
    assert "base.tail.weight" not in alone
    convolutions = [
        name
        for name, value in Restorer(
            Spec("LevelPlane", {"base": base}), (Dial("noise", 0, 75, 25, "sigma"),)
        ).named_parameters()
        if value.ndim == 4
    ]
    assert len(alone) == len(convolutions) - 2
    curve = named_groups(Spec("SplineBank", {"base": base, "levels": [0, 75]}))
    assert {name for name in curve if name.startswith("base.")} == alone
    assert len(curve) == 3 * len(alone)
    assert len(named_groups(Spec("Blend", {"base": base, "levels": [0, 75]}))) == 2 * len(alone)


def test_steps_follow_the_formula() -> None:
    module, twin = net(), net()
    optimizer = Muon(muon_groups(module), lr=0.01)
    peer = torch.optim.AdamW(twin.parameters(), lr=0.01, betas=(0.9, 0.99), weight_decay=0)
    kept = {name: p.detach().numpy().copy() for name, p in module.named_parameters()}
    grads: dict[str, list[np.ndarray]] = {name: [] for name in kept}
    for seed in range(3):
        gradients(module, seed)
        gradients(twin, seed)
        for name, p in module.named_parameters():
            assert p.grad is not None
            grads[name].append(p.grad.numpy().copy())
        optimizer.step()
        peer.step()
    for name, p in module.named_parameters():
        if name in ("1.weight", "2.weight"):
            np.testing.assert_allclose(
                p.detach().numpy(), reference(kept[name], grads[name], 0.01), atol=2e-6
            )
        else:
            np.testing.assert_allclose(
                p.detach().numpy(), twin.get_parameter(name).detach().numpy(), atol=1e-12
            )


def test_orthogonalised_singular_values_are_near_one() -> None:
    torch.manual_seed(1)
    for shape in ((48, 432), (60, 16)):
        values = torch.linalg.svdvals(orthogonalise(torch.randn(shape)))
        assert 0.6 < values.min() <= values.max() < 1.3


def test_state_survives_saving() -> None:
    module, again = net(), net()
    first, second = Muon(muon_groups(module), lr=0.01), Muon(muon_groups(again), lr=0.01)
    gradients(module, 0)
    first.step()
    again.load_state_dict(module.state_dict())
    second.load_state_dict(copy.deepcopy(first.state_dict()))  # torch shares the tensors otherwise
    for m, o in ((module, first), (again, second)):
        gradients(m, 1)
        o.step()
    assert all(
        torch.equal(a, b) for a, b in zip(module.parameters(), again.parameters(), strict=True)
    )
