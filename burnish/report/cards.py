"""Model cards: what a model file says of itself, as lines to read and as a record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..contract import Contract, Dial
from ..pipeline.estimate import ESTIMATORS


def record(path: Path, contract: Contract, card: Mapping[str, Any]) -> dict[str, Any]:
    """All that is known of a model file, for --json.

    path: the file. card: what it says of itself.
    """
    return {
        "name": path.stem,
        "file": str(path),
        "bytes": path.stat().st_size,
        "contract": contract.to_dict(),
        "card": dict(card),
    }


def describe(
    path: Path,
    contract: Contract,
    card: Mapping[str, Any],
    *,
    dials: Sequence[Dial] | None = None,
    whole: bool = False,
) -> str:
    """A model's card, in lines to read.

    dials: those that a person turns, where they are others than the network's.
    whole: whether what only some readers want is there, too: what was measured along the dial, the
    contract, and how the model was trained.
    """
    lines = [f"{path.stem}: {card.get('task', 'a model without a card')}"]
    lines += [
        row("dial", f"{d.name} {d.low:g}..{d.high:g}, {unsaid(d)} when nothing is said ({d.unit})")
        for d in (contract.dials if dials is None else dials)
    ]
    if card.get("folded"):
        settings = ", ".join(f"at {name} {value:g}" for name, value in card["folded"].items())
        lines.append(row("folded", settings))
    lines.append(row("size", _size(path, card)))
    lines += [
        row("quality", f"{name}: {_figures(values)}")
        for name, values in card.get("quality", {}).items()
    ]
    lines += [
        row(label, str(card[key]))
        for key, label in (("speed", "speed"), ("training_data", "data"), ("licence", "licence"))
        if card.get(key)
    ]
    if not whole:
        return "\n".join(lines)

    if card.get("flaws"):
        lines.append(row("known flaws", str(card["flaws"])))
    if card.get("dial"):
        lines += _dial(card["dial"])
    if path.suffix == ".onnx":
        lines += _interface(contract, card)
    lines.append(row("contract", _contract(contract)))
    lines.append(row("trained", _training(card)))
    lines.append(row("file", str(path)))
    return "\n".join(lines)


def unsaid(dial: Dial) -> str:
    """Where a dial stands when nobody sets it, in words."""
    return "auto" if dial.name in ESTIMATORS else f"{dial.default:g}"


def _dial(found: Mapping[str, Any]) -> list[str]:
    """What was measured along the dial, gate by gate."""
    lines = [row("along it", str(found["on"]))]
    lines += [row("", f"{what}: {figure}") for what, figure in found["gates"].items()]
    for what, values in found.items():
        if what not in ("on", "gates"):
            lines.append(row("", f"{what}: {_figures(values)}"))
    return lines


def row(label: str, text: str) -> str:
    """A line of a card: a label, and what is said under it."""
    return f"  {label:<12}{text}"


def _size(path: Path, card: Mapping[str, Any]) -> str:
    """The size of the file, and, where the card says so, of the network."""
    parts = [f"{path.stat().st_size / 2**20:.1f} MiB"]
    if card.get("parameters"):
        parts.append(f"{card['parameters'] / 1e6:.2f} M parameters")
    if card.get("multiply_adds"):
        parts.append(f"{card['multiply_adds'] / 1e6:.3f} M multiply-adds a pixel")
    return ", ".join(parts)


def _figures(values: Any) -> str:
    """Figures by their names, in words; what is no table of them as it is."""
    if not isinstance(values, Mapping):
        return str(values)
    return ", ".join(
        f"{key} {value:.4g}".strip() if isinstance(value, float) else f"{key} {value}"
        for key, value in values.items()
    )


def _interface(contract: Contract, card: Mapping[str, Any]) -> list[str]:
    """What a program must know that runs a model file by itself.

    It is shapes, ranges and units of what goes in and comes out.
    """
    # What goes in.
    picture = f"input: float32 [B, {contract.channels_in}, H, W], {_colours(contract.channels_in)}"
    lost = ", or a guess less 2 where it is lost" if contract.gives == "filling" else ""
    lines = [row("inputs", f"{picture} in 0..1{lost}")]
    if contract.dials:
        shape = {"pixel": "B, {}, H, W", "image": "B, {}, 1, 1", "batch": "1, {}, 1, 1"}
        sides = shape[contract.level].format(len(contract.dials))
        meaning = ", ".join(f"{d.name} {d.low:g}..{d.high:g} ({d.unit})" for d in contract.dials)
        lines.append(row("", f"level: float32 [{sides}], {meaning}"))

    # What comes out.
    sides = "H, W" if contract.scale == 1 else f"{contract.scale} H, {contract.scale} W"
    result = f"float32 [B, {contract.channels_out}, {sides}]"
    colours = f"{_colours(contract.channels_out)}, not clamped"
    sure = {"mask": "how sure it is of damage, 0..1", "paper": "how sure it is of paper, 0..1"}
    values = sure.get(contract.gives, colours)
    lines.append(row("outputs", f"output: {result}, {values}"))
    if contract.residual:
        times = f", each pixel {contract.scale}x{contract.scale} times"
        before = "input" if contract.scale == 1 else f"input{times}"
        lines.append(row("", f"residual: {result}, output - {before}"))

    # Which sizes of pictures the file takes.
    if card.get("sizes") == "any":
        return [*lines, row("sizes", "any; padded by mirroring and cropped inside the file")]
    if contract.multiple == 1:
        return [*lines, row("sizes", "any")]
    return [*lines, row("sizes", f"H and W are multiples of {contract.multiple}")]


def _colours(channels: int) -> str:
    return {1: "grey", 3: "RGB"}.get(channels, f"{channels} channels")


def _contract(contract: Contract) -> str:
    """The contract in a line."""
    reach = "the whole picture" if contract.reach is None else f"{contract.reach} pixels"
    settings = zip(contract.dials, contract.identity or (), strict=False)
    identity = ", ".join(f"{dial.name}={value:g}" for dial, value in settings) or "none"
    channels = (
        f"{contract.channels_in} channels in, {contract.channels_out} out, scale {contract.scale}"
    )
    return f"{channels}, reach {reach}, a level for each {contract.level}, identity at {identity}"


def _training(card: Mapping[str, Any]) -> str:
    """How the model was trained, as far as that goes into a line."""
    short = [
        f"{key} {value}"
        for key, value in card.get("training", {}).items()
        if not isinstance(value, (dict, list)) and "\n" not in str(value)
    ]
    return ", ".join(short) or "not said"
