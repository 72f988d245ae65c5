"""Models by their names, as rows of a comparison: a shipped model, a file, a filter with arguments
and dial settings, or several in a chain.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ..contract import Array, Contract, Dial, Run, apply
from ..errors import DialError, UsageError
from ..estimate import ESTIMATORS
from ..ground.channels import to_channels
from ..ground.grammar import Call
from ..inference.engine import restore
from ..inference.model import Model
from ..inference.zoo import load


@dataclass(frozen=True)
class Row:
    """Something that restores. cost: what is known of it: megabytes of its file, parameters,
    multiply_adds a pixel. given: the dials that its words set.
    """

    name: str
    contract: Contract
    run: Run
    cost: Mapping[str, float] = field(default_factory=dict)
    given: frozenset[str] = frozenset()


def open_row(
    words: str,
    *,
    name: str = "",
    fp32: bool = True,
    device: str = "auto",
    threads: int | None = None,
    notice: Callable[[str], None] = lambda _: None,
) -> Row:
    """`photo`, `runs/x/x.onnx`, `bilateral:radius=20,space=15`, `median+photo` (median first).

    Settings are dials of the model, or arguments of a filter.

    `photo:noise=auto` is told no noise: it finds it on every picture.

    name: what it is called, without it the words; notice: is told where it runs. UsageError,
    DialError, ModelMissing.
    """
    parts = [
        _opened(word, fp32, device, threads, notice)
        for word in ([words] if _is_file(words) else words.split("+"))
    ]
    return replace(parts[0] if len(parts) == 1 else _chain(parts), name=name or words)


def _opened(
    words: str, fp32: bool, device: str, threads: int | None, notice: Callable[[str], None]
) -> Row:
    call = Call(words) if _is_file(words) else Call.parse(words, _written_otherwise(words))
    name, given = call.name, call.arguments
    model = load(name)
    dials = {dial.name for dial in model.contract.dials}
    if arguments := {key: value for key, value in given.items() if key not in dials}:
        model = load(str(Call(name, arguments)))
    opened = model.open(device=device, threads=threads, fp32=fp32)
    notice(f"{name}: on {opened.device}, {opened.backend}, {opened.precision}")
    found = [key for key, value in given.items() if key in dials and value == "auto"]
    settings = {
        key: _number(words, value)
        for key, value in given.items()
        if key in dials and key not in found
    }
    contract = replace(
        model.contract, dials=tuple(_standing_at(dial, settings) for dial in model.contract.dials)
    )
    known: dict[str, float] = {
        key: float(model.card[key]) for key in ("parameters", "multiply_adds") if key in model.card
    }
    size = {"megabytes": model.path.stat().st_size / 1e6} if model.path else {}
    row = Row(words, contract, _tiled(model, opened.run), {**known, **size}, frozenset(settings))
    if wrong := set(found) - set(ESTIMATORS):
        raise DialError(f"{words}: {min(wrong)} cannot be estimated; give a number")
    return automatic(row, found) if found else row


def automatic(row: Row, names: Collection[str] | None = None) -> Row:
    """The row without these dials (without names: all but those that its words set), each of which
    is found on the picture, as `burnish restore` does; one that cannot be found stays.
    """
    dials = row.contract.dials
    wanted = [
        dial
        for dial in dials
        if dial.name in ESTIMATORS
        and (dial.name not in row.given if names is None else dial.name in names)
    ]
    if not wanted:
        return row
    rest = tuple(dial for dial in dials if dial not in wanted)

    def run(image: Array, level: Array | None) -> Array:
        seen = (
            image[:, :1] if (image == image[:, :1]).all() else image
        )  # a grey picture in a colour model's channels
        size = (1, 1) if level is None else level.shape[-2:]
        found = {dial: np.clip(ESTIMATORS[dial.name](seen), dial.low, dial.high) for dial in wanted}
        planes = [
            np.full(size, found[dial])
            if dial in found or level is None
            else level[0, rest.index(dial)]
            for dial in dials
        ]
        return row.run(image, np.stack(planes)[None].astype(np.float32))

    return replace(row, contract=replace(row.contract, dials=rest), run=run)


def _is_file(words: str) -> bool:
    """Whether they are a model's path, whatever + or : the names of its folders hold."""
    return words.endswith(".onnx") and Path(words).is_file()


def _tiled(model: Model, run: Run) -> Run:
    """A Run that bounds its memory as `burnish restore` does. The residual stays one."""
    bare = replace(model.contract, residual=False)

    def bounded(image: Array, level: Array | None) -> Array:
        return restore(run, bare, image, level, bytes_per_pixel=model.bytes_per_pixel)

    return bounded


def _standing_at(dial: Dial, settings: Mapping[str, float]) -> Dial:
    return replace(dial, default=dial.check(settings[dial.name])) if dial.name in settings else dial


def _chain(parts: Sequence[Row]) -> Row:
    """One after the other; a dial of several of them is one dial, which all of them are told."""
    dials = {dial.name: dial for part in reversed(parts) for dial in part.contract.dials}
    names = list(dials)

    def run(image: Array, level: Array | None) -> Array:
        for i, part in enumerate(parts):
            given = to_channels(np.clip(image, 0, 1) if i else image, part.contract.channels_in)
            own = [names.index(dial.name) for dial in part.contract.dials]
            image = apply(
                part.run, part.contract, given, level[:, own] if level is not None and own else None
            )
        return image

    first, last = parts[0].contract, parts[-1].contract
    keys = sorted(
        {key for part in parts for key in part.cost if key != "multiply_adds"}
    )  # those are for a pixel, of pictures of different sizes
    cost = {key: sum(part.cost.get(key, 0.0) for part in parts) for key in keys}
    scale = math.prod(part.contract.scale for part in parts)
    given = frozenset[str]().union(*(part.given for part in parts))
    return Row(
        "",
        Contract(
            first.channels_in,
            last.channels_out,
            scale=scale,
            reach=None,
            dials=tuple(dials.values()),
        ),
        run,
        cost,
        given,
    )


def _written_otherwise(words: str) -> UsageError:
    return UsageError(
        f"{words}: settings are written NAME=VALUE, as in bilateral:radius=20,space=15"
    )


def _number(words: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise UsageError(f"{words}: {value!r} is no number") from None
