"""Model cards: what a model file says of itself, as lines to read and as a record."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..contract import Contract, Dial
from ..pipeline.estimate import ESTIMATORS


def record(path: Path, contract: Contract, card: Mapping[str, Any]) -> dict[str, Any]:
    """Everything, for --json."""
    return {
        "name": path.stem,
        "file": str(path),
        "bytes": path.stat().st_size,
        "contract": contract.to_dict(),
        "card": dict(card),
    }


def describe(
    path: Path, contract: Contract, card: Mapping[str, Any], *, whole: bool = False
) -> str:
    """A few lines to read; `whole` adds the contract's rest and how it was trained."""
    lines = [f"{path.stem}: {card.get('task', 'a model without a card')}"]
    lines += [
        row("dial", f"{d.name} {d.low:g}..{d.high:g}, {unsaid(d)} when nothing is said ({d.unit})")
        for d in contract.dials
    ]
    lines += (
        [row("folded", ", ".join(f"at {name} {value:g}" for name, value in card["folded"].items()))]
        if card.get("folded")
        else []
    )
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
    if whole:
        lines += [row("known flaws", str(card["flaws"]))] if card.get("flaws") else []
        lines += _dial(card["dial"]) if card.get("dial") else []
        lines += [
            *(_interface(contract, card) if path.suffix == ".onnx" else []),
            row("contract", _contract(contract)),
            row("trained", _training(card)),
            row("file", str(path)),
        ]
    return "\n".join(lines)


def unsaid(dial: Dial) -> str:
    """Where a dial stands that is not set."""
    return "auto" if dial.name in ESTIMATORS else f"{dial.default:g}"


def _dial(found: Mapping[str, Any]) -> list[str]:
    """What was measured along the dial, gate by gate."""
    lines = [
        row("along it", str(found["on"])),
        *(row("", f"{what}: {figure}") for what, figure in found["gates"].items()),
    ]
    return lines + [
        row("", f"{what}: {_figures(values)}")
        for what, values in found.items()
        if what not in ("on", "gates")
    ]


def row(label: str, text: str) -> str:
    return f"  {label:<12}{text}"


def _size(path: Path, card: Mapping[str, Any]) -> str:
    parts = [f"{path.stat().st_size / 2**20:.1f} MiB"]
    if card.get("parameters"):
        parts.append(f"{card['parameters'] / 1e6:.2f} M parameters")
    if card.get("multiply_adds"):
        parts.append(f"{card['multiply_adds'] / 1e6:.3f} M multiply-adds a pixel")
    return ", ".join(parts)


def _figures(values: Any) -> str:
    if not isinstance(values, Mapping):
        return str(values)
    return ", ".join(
        f"{key} {value:.4g}".strip() if isinstance(value, float) else f"{key} {value}"
        for key, value in values.items()
    )


def _interface(contract: Contract, card: Mapping[str, Any]) -> list[str]:
    """What a program that runs a model file by itself must know: shapes, ranges and units of what
    goes in and comes out.
    """
    picture = f"input: float32 [B, {contract.channels_in}, H, W], {_colours(contract.channels_in)}"
    lines = [row("inputs", f"{picture} in 0..1")]
    if contract.dials:
        shape = {"pixel": "B, {}, H, W", "image": "B, {}, 1, 1", "batch": "1, {}, 1, 1"}
        sides = shape[contract.level].format(len(contract.dials))
        meaning = ", ".join(f"{d.name} {d.low:g}..{d.high:g} ({d.unit})" for d in contract.dials)
        lines.append(row("", f"level: float32 [{sides}], {meaning}"))
    sides = "H, W" if contract.scale == 1 else f"{contract.scale} H, {contract.scale} W"
    result = f"float32 [B, {contract.channels_out}, {sides}]"
    lines.append(
        row("outputs", f"output: {result}, {_colours(contract.channels_out)}, not clamped")
    )
    if contract.residual:
        lines.append(row("", f"residual: {result}, output - input"))
    if card.get("sizes") == "any":
        return [*lines, row("sizes", "any; padded by mirroring and cropped inside the file")]
    if contract.multiple == 1:
        return [*lines, row("sizes", "any")]
    return [*lines, row("sizes", f"H and W are multiples of {contract.multiple}")]


def _colours(channels: int) -> str:
    return {1: "grey", 3: "RGB"}.get(channels, f"{channels} channels")


def _contract(contract: Contract) -> str:
    reach = "the whole picture" if contract.reach is None else f"{contract.reach} pixels"
    settings = zip(contract.dials, contract.identity or (), strict=False)
    identity = ", ".join(f"{dial.name}={value:g}" for dial, value in settings) or "none"
    channels = (
        f"{contract.channels_in} channels in, {contract.channels_out} out, scale {contract.scale}"
    )
    return f"{channels}, reach {reach}, a level for each {contract.level}, identity at {identity}"


def _training(card: Mapping[str, Any]) -> str:
    training = card.get("training", {})
    return (
        ", ".join(
            f"{key} {value}"
            for key, value in training.items()
            if not isinstance(value, (dict, list)) and "\n" not in str(value)
        )
        or "not said"
    )
