"""The encoder that losses look through: its scales, and the one that learns to tell photographs
apart.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from conftest import scene  # noqa: E402

from benchmarks.learnt_encoder import ARCH, SIDE, WAYS, Learner, batch  # noqa: E402
from burnish.training.networks.archs.encoder import Encoder  # noqa: E402


@pytest.mark.parametrize(
    ("args", "sides", "multiple"),
    [
        ({}, [(32, 48), (16, 24)], 2),
        ({"pool": "maximum"}, [(32, 48), (16, 24)], 2),
        ({"first": 2, "pool": "maximum"}, [(16, 24), (8, 12)], 4),
    ],
)
def test_each_scale_has_half_the_sides_of_the_one_before(
    args: dict[str, Any], sides: list[tuple[int, int]], multiple: int
) -> None:
    encoder = Encoder(**Encoder.tiny, **args)
    picture = torch.rand(1, 3, 32, 48)
    features = encoder.encoded(picture)
    assert [tuple(one.shape[-2:]) for one in features] == sides
    assert all(float(one.detach().min()) >= 0 for one in features)
    assert encoder.multiple == multiple
    assert encoder(picture).shape == picture.shape


@pytest.mark.parametrize("args", [{"first": 3}, {"pool": "median"}, {"widths": [4]}])
def test_what_does_not_fit_is_refused(args: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="first|depths"):
        Encoder(**{**Encoder.tiny, **args})


def test_an_encoder_learns_of_which_picture_a_piece_is_and_keeps_that_without_its_norms() -> None:
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    pictures = [
        np.rint(scene(90, 100) * shade).astype(np.uint8).clip(0, 255) for shade in (250, 90)
    ]
    pieces, which, spoiled = batch(pictures, rng)
    assert pieces.shape[1:] == (3, SIDE, SIDE)
    assert float(pieces.min()) >= 0
    assert float(pieces.max()) <= 1
    assert set(which.tolist()) == {0, 1}
    ways = (spoiled > 0).sum(1)
    assert int(ways.max()) == 1
    assert {int(way) for way in spoiled.argmax(1)[ways == 1]} == set(range(len(WAYS)))

    encoder = Encoder(**{**ARCH.args, "widths": [8, 8, 8, 8]})
    learner = Learner(encoder, len(pictures))
    optimizer = torch.optim.AdamW(learner.parameters(), 3e-3)
    losses = []
    for _ in range(6):
        loss = torch.nn.functional.cross_entropy(learner(pieces)[0], which)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0]
    learner.eval()
    with torch.no_grad():
        before = learner(pieces)[1]
        features = learner.learnt().encoded(pieces)
        after = learner.how(torch.cat([one.mean((2, 3)) for one in features], 1))
    assert float((after - before).abs().max()) < 1e-3
