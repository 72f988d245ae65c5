"""Cutting whole channels from a network: what is left of its weights, and the spec that says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ....errors import ModelMismatch, RecipeError
from ...parts.build import Spec
from ..restorer import Restorer, load_weights
from .ties import Channel

#: how the network is called that gives another fewer channels
NARROWED = "Narrowed"

#: of each weight that was cut, by its name in the network that no other network is in, how many
#: channels are left along each axis; None is all
Cuts = Mapping[str, Sequence[int | None]]


def cuts_of(spec: Spec) -> dict[str, list[int | None]]:
    """The cuts that a spec names, at whatever depth; none where it names none."""
    if spec.use == NARROWED:
        return {name: list(left) for name, left in spec.args["cuts"].items()}
    base = _base(spec)
    return {} if base is None else cuts_of(base)


def with_cuts(spec: Spec, cuts: Cuts) -> Spec:
    """The spec with these cuts, in place of those that it names.

    They stand around the network that no other network is in: what wraps it fits itself to it.
    """
    base = _base(spec)
    if spec.use == NARROWED:
        assert base is not None
        return with_cuts(base, cuts)
    if base is not None:
        return Spec(spec.use, {**spec.args, "base": with_cuts(base, cuts).to_dict()})
    if not cuts:
        return spec
    plain = {name: list(left) for name, left in cuts.items()}
    return Spec(NARROWED, {"base": spec.to_dict(), "cuts": plain})


def whole(restorer: Restorer) -> Restorer:
    """The network as it was before anything was cut from it, with fresh weights."""
    return _fresh(with_cuts(restorer.spec, {}), restorer)


def without(restorer: Restorer, gone: Iterable[Channel]) -> Restorer:
    """The network without some of its channels: smaller weights, with the same values.

    Its mode, its dials and its card are those of the network, whose weights are not touched.
    RecipeError where what wraps the network does not become narrower with it.
    """
    dropped: dict[tuple[str, int], set[int]] = {}
    for channel in gone:
        for name, axis, place in channel.slices:
            dropped.setdefault((name, axis), set()).add(place)
    state = dict(restorer.net.state_dict())
    inner = _inner(restorer.spec)
    cuts = cuts_of(restorer.spec)
    for (name, axis), places in dropped.items():
        size = state[name].shape[axis]
        kept = torch.tensor([place for place in range(size) if place not in places])
        state[name] = state[name].index_select(axis, kept.to(state[name].device))
        if name.startswith(inner):
            left = cuts.setdefault(name.removeprefix(inner), [None] * state[name].ndim)
            left[axis] = len(kept)
    return _built(restorer, state, cuts)


def _built(restorer: Restorer, state: Mapping[str, Tensor], cuts: Cuts) -> Restorer:
    """The narrower network with its weights."""
    spec = with_cuts(restorer.spec, cuts)
    try:
        narrow = _fresh(spec, restorer)
        load_weights(narrow.net, state, spec.use)
    except (RecipeError, ModelMismatch) as error:
        raise RecipeError(
            f"prune: what wraps the network does not become narrower with it ({error}); prune the "
            "network before it is wrapped"
        ) from error
    narrow.card = restorer.card
    return narrow.train(restorer.training)


def _fresh(spec: Spec, like: Restorer) -> Restorer:
    """The network of a spec, with the dials of another one.

    Its weights are drawn aside: a run that resumes has to find its random numbers as they were.
    """
    with torch.random.fork_rng(devices=[]):
        return Restorer(spec, like.contract.dials, trusted=True)


def _base(spec: Spec) -> Spec | None:
    """The spec of the network that another one wraps."""
    base: Any = spec.args.get("base")
    return None if base is None else Spec.parse(base)


def _inner(spec: Spec) -> str:
    """What the names of the weights begin with of the network that no other network is in."""
    base = _base(spec)
    return "" if base is None or spec.use == NARROWED else f"base.{_inner(base)}"
